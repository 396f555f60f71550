//! The address by which a caller knows this endpoint.

use axum::http::HeaderMap;
use axum::http::header::HOST;

/// Scheme and host without a slash at the end: the `Host` header, or `fallback` where that is
/// missing or malformed; https where a proxy in front says so.
pub(super) fn own(headers: &HeaderMap, fallback: &str) -> String {
    let forwarded = headers.get("x-forwarded-proto");
    let first = forwarded
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(',').next())
        .map(str::trim);
    let scheme = match first {
        Some(https) if https.eq_ignore_ascii_case("https") => "https",
        _ => "http",
    };
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let host = host.filter(|host| is_host(host)).unwrap_or(fallback);
    format!("{scheme}://{host}")
}

/// `name`, `name:port`, `1.2.3.4:port` or `[::1]:port`.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let digits = |port: &str| port.parse::<u16>().is_ok() && !port.starts_with('+');
    if !port.is_none_or(digits) {
        return false;
    }
    if let Some(rest) = host.strip_prefix('[') {
        rest.strip_suffix(']')
            .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
    } else {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        !host.is_empty() && host.len() <= 255 && host.chars().all(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_headers as headers;
    use super::*;

    #[test]
    fn the_own_address_is_the_one_the_caller_used() {
        let table: [(&[(&'static str, &str)], &str); 9] = [
            (
                &[("host", "search.example:8443")],
                "http://search.example:8443",
            ),
            (&[("host", "[::1]:8080")], "http://[::1]:8080"),
            (&[("host", "[::1]")], "http://[::1]"),
            (
                &[("host", "h"), ("x-forwarded-proto", "https, http")],
                "https://h",
            ),
            (
                &[("host", "h"), ("x-forwarded-proto", "javascript")],
                "http://h",
            ),
            (&[("host", "h/evil?")], "http://127.0.0.1:1"),
            (&[("host", "user@h")], "http://127.0.0.1:1"),
            (&[("host", "h:99999")], "http://127.0.0.1:1"),
            (&[], "http://127.0.0.1:1"),
        ];
        for (pairs, expected) in table {
            assert_eq!(own(&headers(pairs), "127.0.0.1:1"), expected, "{pairs:?}");
        }
    }
}
