//! Outgoing HTTP: every request has a deadline and a size limit, and every failure says whether
//! the request can have reached the other side.
//!
//! ureq has no timeouts of its own and follows redirects; here a [`Request`] always has a total
//! timeout, and redirects are followed where files are fetched only: by [`Client::for_downloads`]
//! (three, each address checked) and by [`Client::for_files`] (three).

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::time::Duration;

use serde::de::DeserializeSeed;
use serde_json::Value;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

use crate::aws::signature::Signable;
use crate::error::{Error, Kind, Result};

pub mod address;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const REDIRECTS: u32 = 3;
/// A connection keeps both buffers, and ureq fills them with zeros: its 128 KiB each would be most
/// of what a connection costs, twice with TLS. The head of an answer has to fit into the first; the
/// longest header of a request into the second.
const INPUT_BUFFER: usize = 32 << 10;
const OUTPUT_BUFFER: usize = 16 << 10;

/// Decides whether an address may be connected to.
pub type AddressFilter = fn(IpAddr) -> bool;

/// One request. Built by [`Request::get`] or [`Request::post`].
#[derive(Clone)]
pub struct Request {
    method: &'static str,
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Option<Vec<u8>>,
    timeout: Duration,
    silence: Option<Duration>,
    limit: u64,
}

impl Request {
    /// A GET of `url`.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET",
            url: url.into(),
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_secs(30),
            silence: None,
            limit: 10 << 20,
        }
    }

    /// A POST of `body` to `url`.
    #[must_use]
    pub fn post(url: impl Into<String>, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            method: "POST",
            body: Some(body),
            ..Self::get(url)
        }
        .header("content-type", content_type)
    }

    /// A PUT without a body to `url`.
    #[must_use]
    pub fn put(url: impl Into<String>) -> Self {
        Self {
            method: "PUT",
            body: Some(Vec::new()),
            ..Self::get(url)
        }
    }

    /// A POST of `value` as JSON to `url`.
    #[must_use]
    pub fn post_json(url: impl Into<String>, value: &Value) -> Self {
        Self::post(url, "application/json", value.to_string().into_bytes())
    }

    /// A PUT of `value` as JSON to `url`.
    #[must_use]
    pub fn put_json(url: impl Into<String>, value: &Value) -> Self {
        Self {
            method: "PUT",
            ..Self::post_json(url, value)
        }
    }

    /// Appends `?name=value` or `&name=value`, percent-encoded, to the address.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url
            .push(if self.url.contains('?') { '&' } else { '?' });
        self.url.push_str(&percent_encode(name, b""));
        self.url.push('=');
        self.url.push_str(&percent_encode(value, b""));
        self
    }

    /// What a signature covers.
    #[must_use]
    pub fn signable(&self) -> Signable<'_> {
        Signable {
            method: self.method,
            url: &self.url,
            body: self.body.as_deref().unwrap_or_default(),
        }
    }

    /// Adds a header; `value` may be secret and is never printed.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Total time for connecting, sending and reading the whole answer. Default: 30 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Longest time in which nothing arrives, for large files. Default: the whole timeout.
    #[must_use]
    pub fn silence(mut self, silence: Duration) -> Self {
        self.silence = Some(silence);
        self
    }

    /// Largest body accepted, in bytes. Default: 10 MiB.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit;
        self
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request (address and headers may hold secrets)")
    }
}

/// Percent-encodes everything but unreserved characters (RFC 3986 §2.3) and those in `keep`.
#[must_use]
pub fn percent_encode(text: &str, keep: &[u8]) -> String {
    use fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Status and headers of an answer.
#[derive(Debug)]
pub struct Head {
    /// HTTP status code.
    pub status: u16,
    headers: ureq::http::HeaderMap,
}

impl Head {
    /// The first value of the header `name`, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All values of the header `name` that are text.
    pub fn header_values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
    }

    /// The `Retry-After` header where it is a number of seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds: f64 = self.header("retry-after")?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }

    /// Whether the body calls itself HTML.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.header("content-type")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
    }
}

/// A whole answer, whatever its status.
#[derive(Debug)]
pub struct Response {
    /// Status and headers.
    pub head: Head,
    /// The body, at most as long as the request's limit.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as JSON.
    ///
    /// # Errors
    /// [`Kind::Garbled`] when it is none.
    pub fn json(&self) -> Result<Value> {
        self.json_by(PhantomData)
    }

    /// What `seed` takes from the body, which is JSON.
    ///
    /// # Errors
    /// [`Kind::Garbled`] when it is none.
    pub fn json_by<'a, S: DeserializeSeed<'a>>(&'a self, seed: S) -> Result<S::Value> {
        let status = self.head.status;
        let mut reader = serde_json::Deserializer::from_slice(&self.body);
        let found = seed.deserialize(&mut reader);
        let whole = found.and_then(|found| reader.end().map(|()| found));
        whole.map_err(|cause| {
            let what = if self.head.is_html() {
                "an HTML page"
            } else {
                "something"
            };
            let context = format!("{what} instead of JSON came with status {status}");
            Error::new(Kind::Garbled { status }, context).because(cause)
        })
    }
}

/// An answer whose body is still arriving.
pub struct Answer {
    /// Status and headers.
    pub head: Head,
    body: Box<dyn Read>,
    limit: u64,
}

impl Answer {
    /// The body as it arrives; reading fails at the request's timeout or limit with an error that
    /// [`read_error`] translates.
    #[must_use]
    pub fn into_body(self) -> impl BufRead {
        BufReader::new(self.body)
    }

    /// Reads the whole body.
    ///
    /// # Errors
    /// [`Kind::Lost`] when the connection breaks or the time is over, [`Kind::TooLarge`].
    pub fn read(mut self) -> Result<Response> {
        let mut body = Vec::new();
        // One byte more than allowed tells "too large" from "exactly as large as allowed".
        self.body
            .by_ref()
            .take(self.limit + 1)
            .read_to_end(&mut body)
            .map_err(read_error)?;
        if body.len() as u64 > self.limit {
            return Err(Error::new(
                Kind::TooLarge,
                format!("the answer is larger than {} bytes", self.limit),
            ));
        }
        Ok(Response {
            head: self.head,
            body,
        })
    }
}

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
        Self {
            agent: Self::config(connections).max_redirects(0).build().into(),
        }
    }

    /// A client for a service on the same machine: never by a proxy.
    #[must_use]
    pub fn direct() -> Self {
        Self {
            agent: Self::config(1).max_redirects(0).proxy(None).build().into(),
        }
    }

    /// A client for files at addresses that somebody else chose: at most three redirects, no
    /// proxy (it would look up the names for us), and only addresses that `allowed` accepts,
    /// checked after name resolution and at every hop.
    #[must_use]
    pub fn for_downloads(allowed: AddressFilter) -> Self {
        let config = Self::config(1).max_redirects(REDIRECTS).proxy(None).build();
        let resolver = FilteredResolver {
            allowed,
            inner: DefaultResolver::default(),
        };
        Self {
            agent: ureq::Agent::with_parts(config, DefaultConnector::default(), resolver),
        }
    }

    /// A client for files of a service that the operator chose, which may keep them elsewhere: at
    /// most three redirects. Not for requests with secrets.
    #[must_use]
    pub fn for_files() -> Self {
        Self {
            agent: Self::config(1).max_redirects(REDIRECTS).build().into(),
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

    /// Sends `request` and returns as soon as the head of the answer is there.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub fn open(&self, request: &Request) -> Result<Answer> {
        let answer = match &request.body {
            None => self.run(request, ()),
            Some(body) => self.run(request, &body[..]),
        };
        let (parts, body) = answer.map_err(call_error)?.into_parts();
        let head = Head {
            status: parts.status.as_u16(),
            headers: parts.headers,
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
        let outgoing = self.agent.configure_request(outgoing.body(body)?);
        let outgoing = outgoing
            .timeout_global(Some(request.timeout))
            .timeout_per_read(request.silence)
            .build();
        self.agent.run(outgoing)
    }

    /// Interrupts every request under way in this client and its clones; later ones fail.
    pub fn shut_down(&self) {
        self.agent.clone().shutdown();
    }
}

#[derive(Debug)]
struct FilteredResolver {
    allowed: AddressFilter,
    inner: DefaultResolver,
}

impl Resolver for FilteredResolver {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let all = self.inner.resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for address in all.iter().filter(|address| (self.allowed)(address.ip())) {
            kept.push(*address);
        }
        if kept.is_empty() {
            Err(ureq::Error::Other(Box::new(AddressBlocked)))
        } else {
            Ok(kept)
        }
    }
}

#[derive(Debug)]
struct AddressBlocked;

impl fmt::Display for AddressBlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this program does not connect to that address")
    }
}

impl std::error::Error for AddressBlocked {}

/// The error of a body that broke while it was read as it arrived.
#[must_use]
pub fn read_error(error: std::io::Error) -> Error {
    match ureq::Error::from(error) {
        ureq::Error::BodyExceedsLimit(limit) => Error::new(
            Kind::TooLarge,
            format!("the answer is larger than {limit} bytes"),
        ),
        ureq::Error::Timeout(_) => Error::new(Kind::Lost, "the time for the answer is over"),
        cause => Error::new(Kind::Lost, "the answer was cut off").because(cause.into_io()),
    }
}

/// What a failed call means. The address is left out: a bad one is named by who configured it.
fn call_error(error: ureq::Error) -> Error {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, NotConnected,
    };
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
            Error::new(Kind::NotSent, "the connection was not made in time")
        }
        ureq::Error::Timeout(_) => Error::new(Kind::Lost, "the time for the answer is over"),
        ureq::Error::HostNotFound => {
            Error::new(Kind::NotSent, "no address found for the host name")
        }
        ureq::Error::BadUri(_) => Error::new(Kind::Config, "the address is not a valid URL"),
        ureq::Error::Http(_) => Error::new(Kind::Config, "the address or a header is not valid"),
        ureq::Error::Other(cause) if cause.is::<AddressBlocked>() => {
            Error::new(Kind::Blocked, cause.to_string())
        }
        ureq::Error::Rustls(cause) => {
            Error::new(Kind::NotSent, "the TLS handshake failed").because(cause)
        }
        ureq::Error::Tls(cause) => {
            Error::new(Kind::NotSent, "the TLS handshake failed").because(cause)
        }
        ureq::Error::ConnectionFailed => Error::new(Kind::NotSent, "the connection failed"),
        ureq::Error::ConnectProxyFailed(_) => {
            Error::new(Kind::NotSent, "the proxy refused the connection")
        }
        ureq::Error::InvalidProxyUrl => Error::new(
            Kind::Config,
            "the proxy address in the environment (HTTPS_PROXY) is not a valid URL",
        ),
        ureq::Error::Io(cause) => {
            // A failed name look-up has no code of its own; std words it like this on every Unix.
            let lookup = cause.to_string().starts_with("failed to lookup address");
            let refused = [
                ConnectionRefused,
                HostUnreachable,
                NetworkUnreachable,
                AddrNotAvailable,
                NotConnected,
            ];
            if lookup || refused.contains(&cause.kind()) {
                Error::new(Kind::NotSent, "the connection was not made").because(cause)
            } else {
                Error::new(Kind::Lost, "the connection broke").because(cause)
            }
        }
        cause => Error::new(Kind::Lost, "the exchange failed").because(cause),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn query_parameters_are_percent_encoded() {
        let request = Request::get("http://h/search")
            .query("query", "red bus & más+#")
            .query("limit", "5");
        assert_eq!(
            request.url,
            "http://h/search?query=red%20bus%20%26%20m%C3%A1s%2B%23&limit=5"
        );
    }

    #[test]
    fn a_request_prints_neither_address_nor_headers() {
        let request =
            Request::get("http://h/bot42:TOKEN/x").header("authorization", "Bearer TOKEN");
        assert!(!format!("{request:?}").contains("TOKEN"));
    }

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
