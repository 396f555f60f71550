//! A scripted HTTP/1.1 server on port 0: the test says what it answers, and reads what was asked.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::PATIENCE;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    /// Path and query, still encoded.
    pub target: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Request {
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

/// What the server does with a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A whole answer.
    Whole {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// The head and `body`, announced as longer than it is; then the connection is closed.
    Cut { status: u16, body: Vec<u8> },
    /// A chunked 200 answer, step by step.
    Stream {
        content_type: &'static str,
        steps: Vec<Step>,
    },
    /// Nothing at all until the client goes away or the server is dropped.
    Stall,
    /// The connection is closed without an answer.
    Close,
}

/// One step of a streamed answer.
#[derive(Debug, Clone)]
pub enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// The connection is closed without the last chunk.
    Cut,
    /// Nothing more comes, and the connection stays open.
    Hold,
}

impl Reply {
    pub fn json(status: u16, value: &Value) -> Self {
        Self::bytes(status, "application/json", value.to_string().into_bytes())
    }

    pub fn html(status: u16, text: &str) -> Self {
        Self::bytes(status, "text/html", text.as_bytes().to_vec())
    }

    pub fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self::Whole {
            status,
            headers: vec![("content-type".into(), content_type.into())],
            body,
        }
    }

    /// Adds a header to a whole answer.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Whole { headers, .. } = &mut self {
            headers.push((name.into(), value.into()));
        }
        self
    }
}

#[derive(Default)]
struct Shared {
    requests: Mutex<Vec<Request>>,
    connections: AtomicUsize,
    changed: Condvar,
    closed: Mutex<bool>,
    closing: Condvar,
}

/// The server; dropping it ends its connections.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Starts answering with `answer`, one thread a connection.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let shared = Arc::new(Shared::default());
        let (inside, answer) = (Arc::clone(&shared), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if inside.is_closed() {
                    return;
                }
                let (shared, answer) = (Arc::clone(&inside), Arc::clone(&answer));
                shared.connections.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || serve(&stream, &shared, answer.as_ref()));
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:port` followed by `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Everything asked so far.
    pub fn requests(&self) -> Vec<Request> {
        self.shared
            .requests
            .lock()
            .expect("no panic while held")
            .clone()
    }

    /// Waits until `enough` holds for the requests so far and returns them.
    pub fn wait_until(&self, what: &str, enough: impl Fn(&[Request]) -> bool) -> Vec<Request> {
        let until = Instant::now() + PATIENCE;
        let mut requests = self.shared.requests.lock().expect("no panic while held");
        while !enough(&requests) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{what} did not happen; requests: {requests:#?}"
            );
            requests = self
                .shared
                .changed
                .wait_timeout(requests, left)
                .expect("no panic while held")
                .0;
        }
        requests.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        *self.shared.closed.lock().expect("no panic while held") = true;
        self.shared.closing.notify_all();
        // Wakes the accept loop, which then sees the flag.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn is_closed(&self) -> bool {
        *self.closed.lock().expect("no panic while held")
    }

    fn wait_closed(&self, delay: Duration) {
        let closed = self.closed.lock().expect("no panic while held");
        let _ = self
            .closing
            .wait_timeout_while(closed, delay, |closed| !*closed);
    }
}

fn serve(stream: &TcpStream, shared: &Shared, answer: &dyn Fn(&Request) -> Reply) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream.try_clone().expect("a socket can be cloned"));
    while let Some(request) = read_request(&mut reader) {
        // Recorded before it is answered, so that whoever sees the answer finds it here.
        shared
            .requests
            .lock()
            .expect("no panic while held")
            .push(request.clone());
        shared.changed.notify_all();
        if shared.is_closed() || write_reply(stream, &answer(&request), shared).is_none() {
            break;
        }
    }
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

fn read_request(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|length| *length > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        target,
        headers,
        body,
        at: Instant::now(),
    })
}

/// Returns `None` when the connection is to be closed.
fn write_reply(mut stream: &TcpStream, reply: &Reply, shared: &Shared) -> Option<()> {
    match reply {
        Reply::Whole {
            status,
            headers,
            body,
        } => {
            let mut head = format!(
                "HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n",
                body.len()
            );
            for (name, value) in headers {
                head.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
            }
            stream
                .write_all(&[head.as_bytes(), b"\r\n", body].concat())
                .ok()
        }
        Reply::Cut { status, body } => {
            let length = body.len() + 100;
            let head = format!(
                "HTTP/1.1 {status} Status\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            );
            stream.write_all(&[head.as_bytes(), body].concat()).ok()?;
            None
        }
        Reply::Stream {
            content_type,
            steps,
        } => {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).ok()?;
            for step in steps {
                match step {
                    Step::Send(bytes) => {
                        let size = format!("{:x}\r\n", bytes.len());
                        stream
                            .write_all(&[size.as_bytes(), bytes, b"\r\n"].concat())
                            .ok()?;
                    }
                    Step::Pause(delay) => shared.wait_closed(*delay),
                    Step::Cut => return None,
                    Step::Hold => {
                        shared.wait_closed(PATIENCE * 4);
                        return None;
                    }
                }
            }
            stream.write_all(b"0\r\n\r\n").ok()
        }
        Reply::Stall => {
            shared.wait_closed(PATIENCE * 4);
            None
        }
        Reply::Close => None,
    }
}
