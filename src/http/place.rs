//! Where an address leads: host and port, however they are written.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::is_public;

/// Host and port of an http(s) address. Two ways to write one host are equal: case, a dot at the
/// end, percent-encoding, user names, other digits, and IPv4 addresses as one number, in
/// hexadecimal or in octal, as the system's resolver reads them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Host {
    Address(IpAddr),
    /// In lower case, without a dot at the end.
    Name(String),
}

/// Names that mean something in a local network only: these, and what ends with a dot and one of
/// them.
const LOCAL_NAMES: [&str; 11] = [
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
];

impl Place {
    /// Where `url` leads; `None` where it is not http(s), or readers disagree about its host.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let default = match scheme.to_ascii_lowercase().as_str() {
            "https" => 443,
            "http" => 80,
            _ => return None,
        };
        let authority = rest.split(['/', '?', '#', '\\']).next()?;
        let host_and_port = authority.rsplit('@').next()?;
        let (host, port) = if host_and_port.starts_with('[') {
            let (host, port) = host_and_port.split_once(']')?;
            (Host::v6(&host[1..])?, port.strip_prefix(':'))
        } else {
            let decoded = decoded(host_and_port);
            match decoded.split_once(':') {
                Some((host, _)) => (
                    Host::read(host)?,
                    host_and_port.rsplit_once(':').map(|p| p.1),
                ),
                None => (Host::read(&decoded)?, None),
            }
        };
        let port = match port {
            None | Some("") => default,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().ok()?
            }
            Some(_) => return None,
        };
        Some(Self { host, port })
    }

    /// Whether this is surely out of reach for others: an address that is not public, or a name
    /// that only means something in a local network. Asks no resolver.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match &self.host {
            Host::Address(address) => !is_public(*address),
            Host::Name(name) => {
                let ends = |local: &&str| {
                    let rest = name.strip_suffix(*local);
                    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
                };
                !name.contains('.') || LOCAL_NAMES.iter().any(ends)
            }
        }
    }

    /// Whether the host is this address.
    #[must_use]
    pub fn has_address(&self, address: IpAddr) -> bool {
        self.host == Host::Address(address.to_canonical())
    }

    /// Whether the host is an IP address and no name.
    #[must_use]
    pub fn is_address(&self) -> bool {
        matches!(self.host, Host::Address(_))
    }

    /// Whether this is the machine itself: `localhost` or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Address(address) => address.to_canonical().is_loopback(),
            Host::Name(name) => name == "localhost",
        }
    }

    /// Whether both are one server: equal, or one port of the machine itself.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self == other || self.port == other.port && self.is_loopback() && other.is_loopback()
    }

    /// Whether the hosts are equal, whatever the ports.
    #[must_use]
    pub fn has_host_of(&self, other: &Self) -> bool {
        self.host == other.host || self.is_loopback() && other.is_loopback()
    }

    /// Host, as the system's resolver takes it, and port.
    #[must_use]
    pub fn host_and_port(&self) -> (String, u16) {
        let host = match &self.host {
            Host::Address(address) => address.to_string(),
            Host::Name(name) => name.clone(),
        };
        (host, self.port)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            Host::Address(address) => write!(f, "{address}:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

impl Host {
    /// `text` is decoded.
    fn read(text: &str) -> Option<Self> {
        let name = text.to_lowercase();
        let name = name.trim_end_matches('.');
        if name.is_empty()
            || name.contains(|c: char| {
                c.is_whitespace() || c.is_control() || "%/?#@\\[]<>^|`{}\"'".contains(c)
            })
        {
            return None;
        }
        let last = name.rsplit('.').next()?;
        if last.starts_with(|c: char| c.is_ascii_digit()) {
            return v4(name).map(|address| Self::Address(IpAddr::V4(address)));
        }
        Some(Self::Name(name.to_owned()))
    }

    /// What stands between brackets.
    fn v6(text: &str) -> Option<Self> {
        let address = decoded(text);
        let address = address.split('%').next()?;
        let address = address.parse::<Ipv6Addr>().ok()?;
        let same = |v4: Ipv4Addr| IpAddr::V4(v4);
        Some(Self::Address(
            address.to_ipv4_mapped().map_or(IpAddr::V6(address), same),
        ))
    }
}

/// An IPv4 address of one to four parts, as `inet_aton` reads it: the last part fills what is left.
fn v4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, first) = parts.split_last()?;
    if first.len() > 3 {
        return None;
    }
    let mut bits: u32 = 0;
    for (index, part) in (0u32..).zip(first) {
        let octet = u8::try_from(number(part)?).ok()?;
        bits |= u32::from(octet) << (24 - 8 * index);
    }
    let rest = number(last)?;
    let room = 32 - 8 * u32::try_from(first.len()).ok()?;
    (room == 32 || rest < 1 << room).then(|| Ipv4Addr::from_bits(bits | rest))
}

/// A number as C writes it.
fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some("") => return Some(0),
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if digits.starts_with('+') {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

/// `text` without percent-encoding, with the digits, letters and dots that browsers take for ASCII
/// ones, and without characters that nobody sees.
#[must_use]
pub fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = bytes
            .get(at + 1..at + 3)
            .and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits
            .filter(|two| bytes[at] == b'%' && two.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        plain.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    let seen = |c: char| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}');
    String::from_utf8_lossy(&plain)
        .chars()
        .filter(|c| seen(*c))
        .map(plain_character)
        .collect()
}

/// The ASCII character that `c` is another form of, else `c`.
fn plain_character(c: char) -> char {
    const SUPERSCRIPTS: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
    let digit = |value: u32| char::from_digit(value % 10, 10).unwrap_or(c);
    let code = u32::from(c);
    match c {
        '。' | '．' | '｡' => '.',
        '⁄' | '∕' | '⧸' => '/',
        // Full width.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code - 0xfee0).unwrap_or(c),
        // In circles, below, and of mathematics.
        '①'..='⑨' => digit(code - 0x2460 + 1),
        '⓪' => '0',
        '₀'..='₉' => digit(code - 0x2080),
        '\u{1d7ce}'..='\u{1d7ff}' => digit(code - 0x1d7ce),
        'ⓐ'..='ⓩ' => char::from_u32(code - 0x24d0 + 0x61).unwrap_or(c),
        _ => match SUPERSCRIPTS.chars().position(|above| above == c) {
            Some(value) => digit(u32::try_from(value).unwrap_or(0)),
            None => c,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> String {
        Place::of(url).map_or_else(|| "none".to_owned(), |place| place.to_string())
    }

    #[test]
    fn one_host_has_many_looks() {
        for url in [
            "http://127.0.0.1/x",
            "HTTP://127.0.0.1:80",
            "http://127.0.0.1:/x",
            "http://127.1/x",
            "http://127.0.1?x",
            "http://2130706433#x",
            "http://0x7f000001/",
            "http://0x7F.0.0.1/",
            "http://0177.0.0.01/",
            "http://017700000001/",
            "http://127.0.0.1./x",
            "http://user@127.0.0.1/",
            "http://a:b@evil.example@127.0.0.1/",
            "http://127.0.0.1\\@evil.example/",
            "http://%31%32%37.0.0.1/",
            "http://127%2e0%2e0%2e1/",
            "http://１２７.0。0．1/",
            "http://①②⑦.0.0.1/",
            "http://𝟏𝟐𝟕.0.0.1/",
            "http://127.0.0.\u{200b}1/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
        ] {
            assert_eq!(place(url), "127.0.0.1:80", "{url}");
        }
        let table = [
            ("https://Example.ORG./a", "example.org:443"),
            ("http://example.org:8080?x", "example.org:8080"),
            ("http://[::1]:8080/", "[::1]:8080"),
            ("http://[fe80::1%25eth0]/", "[fe80::1]:80"),
            ("http://1.2.3.4.example/", "1.2.3.4.example:80"),
            ("ftp://example.org/", "none"),
            ("//example.org/", "none"),
            ("http:///x", "none"),
            ("http://./x", "none"),
            ("http://a b/", "none"),
            ("http://h:99999/", "none"),
            ("http://h:+80/", "none"),
            ("http://1.2.3.4.5/", "none"),
            ("http://256.1.1.1/", "none"),
            ("http://127.0.0.08/", "none"),
            ("http://evil.example%2f@h/", "h:80"),
            ("http://evil.example%2f.h/", "none"),
            ("http://[::1/", "none"),
        ];
        for (url, expected) in table {
            assert_eq!(place(url), expected, "{url}");
        }
    }

    #[test]
    fn local_places_are_known_by_sight() {
        let local = |url: &str| Place::of(url).is_none_or(|place| place.is_local());
        for url in [
            "http://127.0.0.1:8080/1.jpg",
            "http://[::1]/1.jpg",
            "http://localhost/1.jpg",
            "http://nas:80/1.jpg",
            "http://nas.lan/1.jpg",
            "http://a.b.internal/1.jpg",
            "http://Printer.LOCAL./x",
            "http://192.168.1.5:7860/file=/tmp/a b",
            "http://user@10.0.0.1/x",
            "http://0x7f.1/x",
            "http://[64:ff9b::7f00:1]/x",
            "ftp://example.org/1.jpg",
        ] {
            assert!(local(url), "{url}");
        }
        for url in [
            "https://a.example.org/1.jpg",
            "http://8.8.8.8/x",
            "https://u-s.hf.space/file=/tmp/x",
            "https://vocal.example/x",
        ] {
            assert!(!local(url), "{url}");
        }
    }

    #[test]
    fn a_server_is_known_by_host_and_port() {
        let same = |one: &str, other: &str| {
            let place = |url| Place::of(url).expect("a place");
            place(one).is_same(&place(other))
        };
        assert!(same("http://nas.lan/a", "https://NAS.lan:80/b"));
        assert!(same("http://localhost:8080", "http://127.0.0.1:8080/x"));
        assert!(same("http://[::1]:8080", "http://127.0.0.1:8080/x"));
        assert!(!same("http://localhost:8080", "http://127.0.0.1:8081/"));
        assert!(!same("http://nas.lan", "http://192.168.0.2/"));
        assert!(!same("http://nas.lan", "https://nas.lan/"));
    }
}
