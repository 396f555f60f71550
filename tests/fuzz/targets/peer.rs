//! A server whose answers each case says anew. It remembers nothing, so that a million cases fit.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<String>,
    pub body: Vec<u8>,
    /// Size of the pieces it is sent in; 0 for a body of known length.
    pub pieces: usize,
}

impl Answer {
    /// Status 200 and `body` as JSON.
    pub fn json(body: impl ToString) -> Self {
        Self {
            status: 200,
            headers: vec!["content-type: application/json".into()],
            body: body.to_string().into_bytes(),
            pieces: 0,
        }
    }

    /// A status, headers line by line up to an empty one, and a body, as the case has them.
    pub fn of(input: &mut super::Input) -> Self {
        const STATUSES: [u16; 17] = [
            200, 200, 200, 204, 302, 400, 401, 403, 404, 413, 422, 429, 500, 501, 502, 503, 504,
        ];
        let status = STATUSES[usize::from(input.byte()) % STATUSES.len()];
        let is_header = |line: &String| {
            let name = line.split_once(':').map(|(name, _)| name);
            // The frame of the answer is not what is tested.
            line.chars().all(|c| !c.is_control())
                && name.is_some_and(|name| {
                    let name = name.to_ascii_lowercase();
                    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
                    plain && !name.is_empty() && !FRAMING.contains(&name.as_str())
                })
        };
        Self {
            status,
            headers: input.lines().into_iter().filter(is_header).collect(),
            body: input.0.to_vec(),
            pieces: 0,
        }
    }
}

const FRAMING: [&str; 6] = [
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
];

type Script = Box<dyn FnMut(&str, &[u8]) -> Answer + Send>;

/// The server. It lives as long as the process.
pub struct Peer {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

impl Peer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let script: Script = Box::new(|_, _| Answer::json("{}"));
        let script = Arc::new(Mutex::new(script));
        let inside = Arc::clone(&script);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let script = Arc::clone(&inside);
                std::thread::spawn(move || serve(&stream, &script));
            }
        });
        Self { address, script }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on answers what `script` makes of path and body.
    pub fn answer(&self, script: impl FnMut(&str, &[u8]) -> Answer + Send + 'static) {
        *self.script.lock().expect("no panic while held") = Box::new(script);
    }
}

/// Answers one connection until its client is gone.
fn serve(mut stream: &TcpStream, script: &Mutex<Script>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let target = line.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.parse().ok()?;
                }
                Some(_) => {}
                None => break,
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body).ok()?;
        let answer = script.lock().expect("no panic while held")(&target, &body);
        stream.write_all(&bytes_of(&answer)).ok()?;
    }
}

fn bytes_of(answer: &Answer) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {} Status\r\n", answer.status).into_bytes();
    for header in &answer.headers {
        bytes.extend([header.as_bytes(), b"\r\n"].concat());
    }
    if answer.status == 204 {
        bytes.extend(b"\r\n");
    } else if answer.pieces == 0 {
        bytes.extend(format!("content-length: {}\r\n\r\n", answer.body.len()).as_bytes());
        bytes.extend(&answer.body);
    } else {
        bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
        for piece in answer.body.chunks(answer.pieces) {
            bytes.extend(format!("{:x}\r\n", piece.len()).as_bytes());
            bytes.extend([piece, b"\r\n"].concat());
        }
        bytes.extend(b"0\r\n\r\n");
    }
    bytes
}
