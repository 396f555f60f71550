//! A proxy that stands between the bot and one of its peers, and makes calls go wrong.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::faults::{self, Fault, Side, Trouble};

/// Younger connections to the peer are used again; its own limit is longer.
const FRESH: Duration = Duration::from_secs(1);
/// Methods that put something new into a chat.
const SENDING: [&str; 4] = ["sendMessage", "sendPhoto", "sendMediaGroup", "sendDocument"];

/// The proxy. Its address stays the same while it is down.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    seed: u64,
    side: Side,
    /// `None`: nobody is there.
    peer: Mutex<Option<SocketAddr>>,
    calls: AtomicU64,
    played: Mutex<Played>,
}

/// What was played so far.
#[derive(Debug, Clone, Default)]
pub struct Played {
    /// How often, by name of the trouble.
    pub faults: BTreeMap<String, usize>,
    /// Messages that Telegram did send while the bot was not told so.
    pub lost_answers: usize,
    /// Those of them with pictures.
    pub lost_albums: usize,
}

impl Proxy {
    pub fn start(seed: u64, side: Side, peer: SocketAddr) -> Self {
        let mut proxy = Self {
            address: "127.0.0.1:0".parse().expect("an address"),
            shared: Arc::new(Shared {
                seed,
                side,
                peer: Mutex::new(None),
                calls: AtomicU64::new(0),
                played: Mutex::default(),
            }),
            accepting: None,
        };
        proxy.up(peer);
        proxy
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn played(&self) -> Played {
        self.shared
            .played
            .lock()
            .expect("no panic while held")
            .clone()
    }

    pub fn calls(&self) -> u64 {
        self.shared.calls.load(Ordering::Relaxed)
    }

    /// From now on connections are refused.
    pub fn down(&mut self) {
        self.shared.set_peer(None);
        // Wakes the accepting thread, which then lets go of the port.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.accepting.take() {
            thread.join().expect("accepting does not panic");
        }
    }

    /// Passes calls on to `peer` again.
    pub fn up(&mut self, peer: SocketAddr) {
        let until = Instant::now() + Duration::from_secs(20);
        let listener = loop {
            match TcpListener::bind(self.address) {
                Ok(listener) => break listener,
                // Somebody else's connection has our port as its own end for a moment.
                Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
                Err(error) => panic!("{}: {error}", self.address),
            }
        };
        self.address = listener.local_addr().expect("bound");
        self.shared.set_peer(Some(peer));
        let shared = Arc::clone(&self.shared);
        self.accepting = Some(std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.peer().is_none() {
                    return;
                }
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(client));
            }
        }));
    }
}

impl Shared {
    fn peer(&self) -> Option<SocketAddr> {
        *self.peer.lock().expect("no panic while held")
    }

    fn set_peer(&self, peer: Option<SocketAddr>) {
        *self.peer.lock().expect("no panic while held") = peer;
    }

    /// Answers the calls of one connection, until one of them ends it.
    fn serve(&self, client: TcpStream) {
        let _ = client.set_nodelay(true);
        let mut client = BufReader::new(client);
        let mut kept = None;
        while self.one_call(&mut client, &mut kept).is_some() {}
    }

    /// `None`: the connection is to be closed.
    fn one_call(
        &self,
        client: &mut BufReader<TcpStream>,
        kept: &mut Option<(BufReader<TcpStream>, Instant)>,
    ) -> Option<()> {
        let mut start = [0; 512];
        let count = client.get_ref().peek(&mut start).ok().filter(|n| *n > 0)?;
        let method = method(&start[..count]);
        let fault = self.fate(&method);
        if fault == Fault::Before(Trouble::Reset) {
            // Closing before the request was read makes the system send a reset.
            return None;
        }
        let request = read_message(client)?;
        if let Fault::Before(trouble) = fault {
            match trouble {
                Trouble::Slow(time) => std::thread::sleep(time),
                trouble => return self.spoil(client.get_mut(), trouble, b"HTTP/1.1 200 OK\r\n"),
            }
        }
        let answer = self.ask_peer(&request, kept)?;
        if let Fault::After(trouble) = fault {
            if self.side == Side::Telegram && SENDING.contains(&&*method) && is_ok(&answer) {
                let mut played = self.played.lock().expect("no panic while held");
                played.lost_answers += 1;
                played.lost_albums += usize::from(method != "sendMessage");
            }
            return self.spoil(client.get_mut(), trouble, &answer);
        }
        client.get_mut().write_all(&answer).ok()
    }

    fn fate(&self, method: &str) -> Fault {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let fault = faults::decide(self.seed, self.side, number);
        // There are five pictures to a search.
        if method.contains(".jpg") && !number.is_multiple_of(5) {
            return Fault::Nothing;
        }
        let name = match fault {
            Fault::Nothing => return fault,
            Fault::Before(trouble) => trouble.name(),
            Fault::After(trouble) => format!("{} after the effect", trouble.name()),
        };
        let mut played = self.played.lock().expect("no panic while held");
        *played.faults.entry(name).or_default() += 1;
        fault
    }

    /// `answer` is what a cut one is cut from.
    fn spoil(&self, client: &mut TcpStream, trouble: Trouble, answer: &[u8]) -> Option<()> {
        if let Some(played) = trouble.answer(self.side) {
            return client.write_all(&played).ok();
        }
        match trouble {
            Trouble::Cut => client.write_all(&answer[..answer.len() * 2 / 3]).ok()?,
            Trouble::Stall(time) => std::thread::sleep(time),
            _ => {}
        }
        None
    }

    fn ask_peer(
        &self,
        request: &[u8],
        kept: &mut Option<(BufReader<TcpStream>, Instant)>,
    ) -> Option<Vec<u8>> {
        let used = kept.take().filter(|(_, last)| last.elapsed() < FRESH);
        let mut peer = if let Some((peer, _)) = used {
            peer
        } else {
            let peer = TcpStream::connect(self.peer()?).ok()?;
            peer.set_nodelay(true).ok()?;
            BufReader::new(peer)
        };
        peer.get_mut().write_all(request).ok()?;
        let answer = read_message(&mut peer)?;
        *kept = Some((peer, Instant::now()));
        Some(answer)
    }
}

/// The last segment of the path in the first line of a request.
fn method(start: &[u8]) -> String {
    let line = String::from_utf8_lossy(start);
    let target = line.split(' ').nth(1).unwrap_or_default();
    let path = target.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn is_ok(answer: &[u8]) -> bool {
    let ok = br#""ok":true"#;
    answer.starts_with(b"HTTP/1.1 200") && answer.windows(ok.len()).any(|part| part == ok)
}

/// Head and body, as they came.
fn read_message(stream: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    let mut length = 0;
    loop {
        let start = message.len();
        stream
            .read_until(b'\n', &mut message)
            .ok()
            .filter(|n| *n > 0)?;
        let line = String::from_utf8_lossy(&message[start..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let head = message.len();
    message.resize(head + length, 0);
    stream.read_exact(&mut message[head..]).ok()?;
    Some(message)
}
