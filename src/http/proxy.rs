//! The proxy that the environment names for outgoing requests.

use ureq::{Proxy, ProxyProtocol};

use crate::error::{Error, Result};

/// Where a proxy is looked for, as ureq does: the first that is set counts.
const VARIABLES: [&str; 6] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
];

/// What requests go through, in words for the log; `None` without a proxy. `get` reads the
/// environment.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a value that is no proxy: it would be ignored otherwise, and
/// the requests would go out directly.
pub fn proxy_in_words<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Option<String>> {
    let given = |name: &'static str| {
        let value = get(name)?.trim();
        (!value.is_empty()).then_some((name, value))
    };
    for (name, value) in VARIABLES.into_iter().filter_map(given) {
        // The message leaves the value out, which may hold a password.
        Proxy::new(value).map_err(|_| {
            Error::config(format!(
                "{name} is not a proxy that can be used: write http://, https://, socks4://, \
                 socks4a://, socks5:// or socks5h://, then host:port"
            ))
        })?;
    }
    let Some((name, value)) = VARIABLES.into_iter().find_map(given) else {
        return Ok(None);
    };
    // Parsed before.
    let Ok(proxy) = Proxy::new(value) else {
        return Ok(None);
    };
    let kind = proxy.protocol();
    let lookup = match kind {
        ProxyProtocol::Socks4 => {
            "; host names are looked up on this machine (socks4a:// has the proxy do that)"
        }
        ProxyProtocol::Socks5 => {
            "; host names are looked up on this machine (socks5h:// has the proxy do that)"
        }
        _ => "",
    };
    Ok(Some(format!(
        "the {kind} proxy {}:{} ({name}){lookup}",
        proxy.host(),
        proxy.port()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_proxy_is_used_or_refused_in_words() {
        let words = |name: &str, value| {
            let found = proxy_in_words(|asked| (asked == name).then_some(value));
            match found {
                Ok(found) => found.unwrap_or_else(|| "none".to_owned()),
                Err(error) => error.chain(),
            }
        };
        for (value, start) in [
            ("", "none"),
            (" ", "none"),
            (
                "proxy.lan:3128",
                "the HTTP proxy proxy.lan:3128 (ALL_PROXY)",
            ),
            ("http://u:secret@proxy.lan", "the HTTP proxy proxy.lan:80 ("),
            ("https://proxy.lan", "the HTTPS proxy proxy.lan:443 ("),
            ("socks://proxy.lan", "the SOCKS5 proxy proxy.lan:1080 ("),
            ("socks4://proxy.lan:9", "the SOCKS4 proxy proxy.lan:9 ("),
            ("socks4a://proxy.lan:9", "the SOCKS4a proxy proxy.lan:9 ("),
            (
                "socks5://u:secret@127.0.0.1:9",
                "the SOCKS5 proxy 127.0.0.1:9 (",
            ),
            ("SOCKS5H://[::1]:9", "the SOCKS5h proxy [::1]:9 ("),
            (
                "socks6://u:secret@h",
                "ALL_PROXY is not a proxy that can be used",
            ),
            ("ftp://secret", "ALL_PROXY is not a proxy that can be used"),
            ("http://", "ALL_PROXY is not a proxy that can be used"),
            ("secret word", "ALL_PROXY is not a proxy that can be used"),
        ] {
            let said = words("ALL_PROXY", value);
            assert!(said.starts_with(start), "{value}: {said}");
            assert!(!said.contains("secret"), "{said}");
        }
        assert!(words("socks5", "x") == "none");
        assert!(words("https_proxy", "socks5://h").contains("socks5h:// has the proxy"));
    }
}
