//! Who sends: [`Client`], over connections that are kept for reuse.

use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{HeaderName, HeaderValue};
use ureq::unversioned::resolver::{DefaultResolver, Resolver};
use ureq::unversioned::transport::{
    ConnectProxyConnector, Connector, RustlsConnector, SocksConnector,
};

use super::connector::QuickConnector;
use super::failure::call_error;
use super::request::Body;
use super::resolver::{Allowed, FilteredResolver, NamingResolver};
use super::{Answer, Bytes, Head, Request, Response, no_proxy};
#[cfg(doc)]
use crate::error::Kind;
use crate::error::Result;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: u32 = 3;
/// Each connection keeps both buffers, and ureq fills them with zeros: its default of 128 KiB each
/// would be most of the memory of a connection, twice with TLS. The head of an answer must fit into
/// the first, the longest header of a request into the second.
const INPUT_BUFFER: usize = 32 << 10;
const OUTPUT_BUFFER: usize = 16 << 10;

/// Sends requests over kept-alive connections. Clones share them.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    /// A client for one service: redirects are not followed (they would carry secrets along),
    /// up to `connections` connections to a host are kept for reuse.
    #[must_use]
    pub fn new(connections: usize) -> Self {
        let config = Self::config(connections).max_redirects(0).build();
        Self::with(config, DefaultResolver::default())
    }

    /// A client for a service on the same machine: never by a proxy.
    #[must_use]
    pub fn direct() -> Self {
        let config = Self::config(1).max_redirects(0).proxy(None).build();
        Self::with(config, DefaultResolver::default())
    }

    /// A client for files at addresses that somebody else chose: at most three redirects, no
    /// proxy (it would look up the names for us), and only addresses that `allowed` accepts,
    /// checked after name resolution and at every hop.
    #[must_use]
    pub fn for_downloads(allowed: Allowed) -> Self {
        let config = Self::config(1)
            .max_redirects(MAX_REDIRECTS)
            .proxy(None)
            .build();
        Self::with(config, FilteredResolver::new(allowed))
    }

    /// A client for files of a service that the operator chose, which may keep them elsewhere: at
    /// most three redirects. Not for requests with secrets.
    #[must_use]
    pub fn for_files() -> Self {
        let config = Self::config(1).max_redirects(MAX_REDIRECTS).build();
        Self::with(config, DefaultResolver::default())
    }

    fn with(config: ureq::config::Config, resolver: impl Resolver) -> Self {
        let connector =
            ().chain(SocksConnector::default())
                .chain(ConnectProxyConnector::default())
                .chain(QuickConnector::default())
                .chain(RustlsConnector::default());
        let resolver = NamingResolver(resolver);
        Self {
            agent: ureq::Agent::with_parts(config, connector, resolver),
        }
    }

    fn config(connections: usize) -> ureq::config::ConfigBuilder<ureq::typestate::AgentScope> {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects_will_error(false)
            .max_idle_connections(connections + 1)
            .max_idle_connections_per_host(connections)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .input_buffer_size(INPUT_BUFFER)
            .output_buffer_size(OUTPUT_BUFFER)
            .user_agent(concat!("clip-bot/", env!("CARGO_PKG_VERSION")))
    }

    /// Sends `request` and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// [`Kind::NotSent`], [`Kind::Lost`], [`Kind::TooLarge`] or [`Kind::Blocked`]; never with the
    /// address in the message, since it can hold a token.
    pub fn send(&self, request: &Request) -> Result<Response> {
        self.open(request)?.read()
    }

    /// Sends `request` and returns as soon as the head of the answer has arrived.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn open(&self, request: &Request) -> Result<Answer> {
        let answer = match &request.body {
            None => self.run(request, ()),
            Some(Body::Whole(body)) => self.run(request, &body[..]),
            Some(Body::Parts(parts)) => {
                let mut reader = PartsReader::new(parts);
                let length = reader.left();
                let request = request.clone().header("content-length", length.to_string());
                self.run(&request, ureq::SendBody::from_reader(&mut reader))
            }
        };
        let (parts, body) = answer.map_err(call_error)?.into_parts();
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        let head = Head {
            status: parts.status.as_u16(),
            headers: parts.headers.iter().filter_map(text).collect(),
        };
        // ureq's own limit must lie above ours, which tells the error apart.
        let body = body
            .into_with_config()
            .limit(request.limit.saturating_add(2))
            .reader();
        Ok(Answer {
            head,
            body: Box::new(body),
            limit: request.limit,
        })
    }

    fn run(
        &self,
        request: &Request,
        body: impl ureq::AsSendBody,
    ) -> std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut outgoing = ureq::http::Request::builder()
            .method(request.method)
            .uri(&request.url);
        for (name, value) in &request.headers {
            outgoing = outgoing.header(*name, value);
        }
        let mut outgoing = self.agent.configure_request(outgoing.body(body)?);
        if no_proxy::is_direct(&request.url) {
            outgoing = outgoing.proxy(None);
        }
        let outgoing = outgoing
            .timeout_global(Some(request.timeout))
            .timeout_per_read(request.silence)
            .build();
        self.agent.run(outgoing)
    }

    /// Interrupts all running requests of this client and its clones; later ones fail.
    pub fn shut_down(&self) {
        self.agent.clone().shutdown();
    }
}

/// Reads parts one after the other.
struct PartsReader<'a> {
    parts: &'a [Bytes],
    /// Read of the first part.
    read: usize,
}

impl<'a> PartsReader<'a> {
    fn new(parts: &'a [Bytes]) -> Self {
        Self { parts, read: 0 }
    }

    /// Bytes that are not read yet.
    fn left(&self) -> usize {
        let all: usize = self.parts.iter().map(|part| part.as_slice().len()).sum();
        all - self.read
    }
}

impl Read for PartsReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some((first, rest)) = self.parts.split_first() {
            let count = (&first.as_slice()[self.read..]).read(buffer)?;
            if count > 0 || buffer.is_empty() {
                self.read += count;
                return Ok(count);
            }
            (self.parts, self.read) = (rest, 0);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::error::Kind;

    /// Larger than any that the hub, AWS and Telegram are known to send or to need.
    #[test]
    fn large_heads_and_bodies_pass_the_buffers() {
        const HEADER: usize = 8 << 10;
        let body: String = ('a'..='z').cycle().take(300 << 10).collect();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let answer = body.clone();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let (mut request, mut part) = (Vec::new(), [0; 4096]);
            let whole = answer.as_bytes();
            while !request.ends_with(whole) {
                let read = stream.read(&mut part).expect("a part of the request");
                assert_ne!(read, 0, "the request ends early");
                request.extend_from_slice(&part[..read]);
            }
            let headers: String = (1..=3)
                .map(|number| format!("x-{number}: {}\r\n", "y".repeat(HEADER)))
                .collect();
            let length = whole.len();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n{headers}\r\n");
            stream.write_all(head.as_bytes()).expect("the head");
            stream.write_all(whole).expect("the body");
            request
        });
        let request = Request::post(
            format!("http://{address}/"),
            "a/b",
            body.clone().into_bytes(),
        )
        .query("query", &"ж".repeat(500))
        .header("x-1", "1".repeat(HEADER))
        .header("x-2", "2".repeat(HEADER));
        let response = Client::direct().send(&request).expect("an answer");
        assert_eq!(response.head.header("x-3").map(str::len), Some(HEADER));
        assert!(response.body == body.as_bytes(), "another body came");
        let asked = String::from_utf8(server.join().expect("the server ends")).expect("text");
        for header in [format!("x-1: {}", "1".repeat(HEADER)), "2".repeat(HEADER)] {
            assert!(asked.contains(&header), "{}…", &header[..10]);
        }
    }

    #[test]
    fn parts_are_sent_as_one_body_of_known_length() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let (mut request, mut part) = (Vec::new(), [0; 4096]);
            while !request.ends_with(b"end") {
                let read = stream.read(&mut part).expect("a part of the request");
                assert_ne!(read, 0, "the request ends early");
                request.extend_from_slice(&part[..read]);
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).expect("the answer");
            String::from_utf8(request).expect("text")
        });
        let middle = Bytes::new("x".repeat(100_000));
        let parts = vec![
            Bytes::new("start "),
            Bytes::new(""),
            middle,
            Bytes::new(" end"),
        ];
        let request = Request::post_parts(format!("http://{address}/"), "a/b", parts);
        let answer = Client::direct().send(&request).expect("an answer");
        assert_eq!(answer.head.status, 200);
        let asked = server.join().expect("the server ends");
        let (head, body) = asked.split_once("\r\n\r\n").expect("a head");
        let lengths = head.matches("content-length: 100010").count();
        assert!(lengths == 1 && !head.contains("chunked"), "{head}");
        assert!(
            body == format!("start {} end", "x".repeat(100_000)),
            "{} bytes",
            body.len()
        );
    }

    #[test]
    fn a_bad_address_is_not_repeated_in_the_error() {
        let error = Client::new(1)
            .send(&Request::get("http:// 42:TOKEN/"))
            .expect_err("no URL");
        assert!(!error.chain().contains("TOKEN"), "{}", error.chain());
        let error = Client::new(1)
            .send(&Request::get("42:TOKEN/getMe"))
            .expect_err("no scheme");
        assert_eq!(*error.kind(), Kind::Config);
        assert!(!error.chain().contains("TOKEN"), "{}", error.chain());
    }
}
