//! What is sent: [`Request`], and [`percent_encode`] for its address.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::Bytes;

/// What a request carries.
#[derive(Clone)]
pub(super) enum Body {
    Whole(Vec<u8>),
    /// One after the other.
    Parts(Vec<Bytes>),
}

/// One request. Built by [`Request::get`] or [`Request::post`].
#[derive(Clone)]
pub struct Request {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<Body>,
    pub(super) timeout: Duration,
    pub(super) silence: Option<Duration>,
    pub(super) limit: u64,
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
            body: Some(Body::Whole(body)),
            ..Self::get(url)
        }
        .header("content-type", content_type)
    }

    /// A POST of `parts`, one after the other, to `url`: they are read where they are, and not
    /// copied into one piece.
    #[must_use]
    pub fn post_parts(url: impl Into<String>, content_type: &str, parts: Vec<Bytes>) -> Self {
        Self {
            method: "POST",
            body: Some(Body::Parts(parts)),
            ..Self::get(url)
        }
        .header("content-type", content_type)
    }

    /// A DELETE of `url`.
    #[must_use]
    pub fn delete(url: impl Into<String>) -> Self {
        Self {
            method: "DELETE",
            ..Self::get(url)
        }
    }

    /// A PUT without a body to `url`.
    #[must_use]
    pub fn put(url: impl Into<String>) -> Self {
        Self {
            method: "PUT",
            body: Some(Body::Whole(Vec::new())),
            ..Self::get(url)
        }
    }

    /// A POST of `value` as JSON to `url`.
    #[must_use]
    pub fn post_json(url: impl Into<String>, value: &Value) -> Self {
        Self::post(url, "application/json", value.to_string().into_bytes())
    }

    /// A PATCH of `value` as JSON to `url`.
    #[must_use]
    pub fn patch_json(url: impl Into<String>, value: &Value) -> Self {
        Self {
            method: "PATCH",
            ..Self::post_json(url, value)
        }
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

    /// The method, in capitals.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The whole address with its query; it may hold secrets.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The body; empty where there is none, or where it has parts.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match &self.body {
            Some(Body::Whole(body)) => body,
            Some(Body::Parts(_)) | None => &[],
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

    /// Longest time without any data, for large files. Default: the whole timeout.
    #[must_use]
    pub fn silence(mut self, silence: Duration) -> Self {
        self.silence = Some(silence);
        self
    }

    /// Largest body accepted in the answer, in bytes. Default: 10 MiB.
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

#[cfg(test)]
mod tests {
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
}
