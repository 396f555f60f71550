//! Who may use the page's interface: only the page itself.
//!
//! Any web page can make a browser send requests to a loopback address. So: requests that change
//! something have a media type that a foreign page cannot send without asking first (and nobody
//! answers that question), an `Origin` must be our own, and `Host` must be a loopback name, since
//! a foreign name can be made to resolve to 127.0.0.1.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
];

/// Refuses requests that do not come from the page, and adds [`HEADERS`] to each response.
pub(super) async fn page(request: Request, next: Next) -> Response {
    let mut response = match refusal(&request) {
        Some((status, words)) => (status, words).into_response(),
        None => next.run(request).await,
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

fn refusal(request: &Request) -> Option<(StatusCode, &'static str)> {
    let headers = request.headers();
    let Some(host) = text(headers, &HOST).filter(|host| is_loopback(host)) else {
        return Some((StatusCode::FORBIDDEN, "Host must be a loopback address"));
    };
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return None;
    }
    let foreign = |origin: &str| origin != format!("http://{host}");
    if headers.contains_key(ORIGIN) && text(headers, &ORIGIN).is_none_or(foreign) {
        return Some((StatusCode::FORBIDDEN, "another page must not do this"));
    }
    let kind = text(headers, &CONTENT_TYPE).unwrap_or_default();
    let right = match request.uri().path() {
        "/api/photo" => kind.starts_with("image/"),
        _ => kind.split(';').next().map(str::trim) == Some("application/json"),
    };
    (!right).then_some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong content type"))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether `host`, with or without a port, can only be this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'));
    let address = address.unwrap_or(name).parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn only_loopback_names_count() {
        for good in [
            "localhost",
            "LocalHost:80",
            "127.0.0.1:8081",
            "127.8.9.1",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "",
            "example.org",
            "127.0.0.1.example.org:80",
            "10.0.0.1",
            "localhost.",
            "::",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }

    fn status(path: &str, headers: &[(&str, &str)]) -> Option<u16> {
        let mut request = axum::http::Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("well-formed");
        refusal(&request).map(|(status, _)| status.as_u16())
    }

    #[test]
    fn other_pages_and_names_are_shut_out() {
        let (host, json) = (
            ("host", "localhost:8000"),
            ("content-type", "application/json"),
        );
        let say = |headers: &[(&str, &str)]| status("/api/say", headers);
        assert_eq!(say(&[host, json]), None);
        assert_eq!(
            say(&[host, json, ("origin", "http://localhost:8000")]),
            None
        );
        assert_eq!(
            say(&[host, json, ("origin", "http://localhost:8001")]),
            Some(403)
        );
        assert_eq!(
            say(&[host, json, ("origin", "https://localhost:8000")]),
            Some(403)
        );
        assert_eq!(say(&[host, json, ("origin", "null")]), Some(403));
        assert_eq!(
            say(&[("host", "rebound.example.org:8000"), json]),
            Some(403)
        );
        assert_eq!(say(&[json]), Some(403));
        assert_eq!(say(&[host]), Some(415));
        assert_eq!(say(&[host, ("content-type", "text/plain")]), Some(415));
        assert_eq!(say(&[host, ("content-type", "image/png")]), Some(415));
        let photo = |kind: &str| status("/api/photo", &[host, ("content-type", kind)]);
        assert_eq!(
            (photo("image/png"), photo("application/json")),
            (None, Some(415))
        );
    }
}
