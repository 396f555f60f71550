//! A connection that sends exactly the bytes it is told to, and reads answers one by one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::PATIENCE;

/// One connection.
pub struct Raw {
    reader: BufReader<TcpStream>,
}

/// One answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Raw {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the server listens");
        stream
            .set_read_timeout(Some(PATIENCE))
            .expect("not a zero time");
        stream.set_nodelay(true).expect("a TCP socket");
        Self {
            reader: BufReader::new(stream),
        }
    }

    /// Sends `bytes`, as many of them as the server takes.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.reader.get_mut().write_all(bytes.as_ref());
        self
    }

    /// Sends a request without body.
    pub fn ask(&mut self, method: &str, target: &str, headers: &str) -> &mut Self {
        self.send(format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n"
        ))
    }

    /// Reads one answer.
    pub fn reply(&mut self) -> Reply {
        self.read(true)
    }

    /// Reads one answer to HEAD, which has a length but no body.
    pub fn reply_to_head(&mut self) -> Reply {
        self.read(false)
    }

    fn read(&mut self, with_body: bool) -> Reply {
        let line = self.line();
        let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: {line:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut reply = Reply {
            status,
            headers,
            body: Vec::new(),
        };
        if with_body {
            let length = reply.header("content-length");
            let length = length.map_or(0, |text| text.parse().expect("a length"));
            reply.body.resize(length, 0);
            self.reader
                .read_exact(&mut reply.body)
                .expect("the whole body");
        }
        reply
    }

    /// Reads one line.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("an answer in time");
        line.trim_end().to_owned()
    }

    /// Whether nothing came so far and the connection is open.
    pub fn is_silent(&mut self) -> bool {
        self.peek()
            .is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }

    /// Whether the server has closed, after skipping what it sent before that.
    pub fn is_closed(&mut self) -> bool {
        loop {
            match self.peek() {
                Ok(0) => return true,
                Ok(count) => self
                    .reader
                    .get_mut()
                    .read_exact(&mut vec![0; count])
                    .expect("is there"),
                Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
            }
        }
    }

    fn peek(&mut self) -> std::io::Result<usize> {
        let stream = self.reader.get_mut();
        stream.set_nonblocking(true)?;
        let count = stream.peek(&mut [0; 1024]);
        stream.set_nonblocking(false)?;
        count
    }

    /// Everything that still comes until the server closes; fails when it does not.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => rest,
            result => result.map(|_| rest).expect("the server closes in time"),
        }
    }
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// Status and code of an answer that must be an error of the contract.
    #[track_caller]
    pub fn error(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = self.json();
        let message = body["error"]["message"].as_str();
        assert!(message.is_some_and(|text| !text.is_empty()), "{body}");
        let code = body["error"]["code"].as_str().expect("a code");
        (self.status, code.to_owned())
    }
}
