//! Which hosts are reached without the proxy, as `NO_PROXY` names them. Pure, but for the one list of this
//! process, which the program sets at its start.
//!
//! | entry | hosts |
//! |---|---|
//! | `*` | all |
//! | `example.org`, `.example.org`, `*.example.org` | that one and those below it |
//! | `192.168.1.7`, `fd00::1`, `[fd00::1]` | that address |
//! | `192.168.0.0/16`, `fd00::/8` | addresses of that network |
//! | any of them with `:8080` | the same, at that port alone (an IPv6 address then needs brackets) |

use std::net::IpAddr;
use std::sync::OnceLock;

use super::Place;

static OF_THIS_PROCESS: OnceLock<NoProxy> = OnceLock::new();

/// A list of hosts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    hosts: Hosts,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    All,
    /// That name, and those that end with a dot and it.
    Below(String),
    /// Addresses that begin with so many bits of this one.
    Network(IpAddr, u8),
}

impl NoProxy {
    /// Reads a list with commas or blanks between its entries; what is none names nobody.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let entries = text
            .split([',', ' ', '\t', ';'])
            .filter(|entry| !entry.is_empty());
        Self(entries.filter_map(Entry::read).collect())
    }

    /// Whether `place` is on the list.
    #[must_use]
    pub fn has(&self, place: &Place) -> bool {
        let (host, port) = place.host_and_port();
        self.0.iter().any(|entry| entry.has(&host, port))
    }
}

impl Entry {
    fn read(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let all = |hosts| Some(Self { hosts, port: None });
        if let Some(hosts) = Hosts::read(&text) {
            return all(hosts);
        }
        let (hosts, port) = text.rsplit_once(':')?;
        Some(Self {
            hosts: Hosts::read(hosts)?,
            port: Some(port.parse().ok()?),
        })
    }

    fn has(&self, host: &str, port: u16) -> bool {
        if self.port.is_some_and(|own| own != port) {
            return false;
        }
        match &self.hosts {
            Hosts::All => true,
            Hosts::Below(name) => host
                .strip_suffix(name.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
            Hosts::Network(network, bits) => host
                .parse::<IpAddr>()
                .is_ok_and(|address| shares(address.to_canonical(), *network, *bits)),
        }
    }
}

impl Hosts {
    fn read(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let bare = address
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        if let Ok(address) = bare.unwrap_or(address).parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.unwrap_or(most);
            return (bits <= most).then_some(Self::Network(address, bits));
        }
        let name = text.trim_start_matches('*').trim_start_matches('.');
        let name = name.trim_end_matches('.');
        let is_name = !name.is_empty() && !name.contains([':', '/', '[', ']', '*']);
        is_name.then(|| Self::Below(name.to_owned()))
    }
}

fn shares(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.checked_shr(32 - u32::from(bits)).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let differs = address.to_bits() ^ network.to_bits();
            differs.checked_shr(128 - u32::from(bits)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Reads the list of this process; `get` reads the environment. The first call counts.
pub fn set<'a>(get: impl Fn(&str) -> Option<&'a str>) {
    let text = get("NO_PROXY").or_else(|| get("no_proxy"));
    let _ = OF_THIS_PROCESS.set(NoProxy::read(text.unwrap_or_default()));
}

/// Whether a request to `url` goes out without the proxy: none leads to this machine itself.
pub(super) fn is_direct(url: &str) -> bool {
    let list = OF_THIS_PROCESS.get();
    Place::of(url)
        .is_some_and(|place| place.is_loopback() || list.is_some_and(|list| list.has(&place)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_named_in_every_way_that_people_write() {
        for (list, url, expected) in [
            ("*", "https://api.telegram.org", true),
            ("", "https://api.telegram.org", false),
            ("example.org", "https://example.org", true),
            ("example.org", "https://a.b.example.org", true),
            ("example.org", "https://badexample.org", false),
            (".example.org", "http://a.example.org", true),
            (".example.org", "http://example.org", true),
            ("*.Example.org", "http://A.EXAMPLE.ORG.", true),
            ("a.org, b.org", "http://b.org", true),
            ("a.org b.org", "http://b.org", true),
            ("192.168.0.0/16", "http://192.168.7.9:8080", true),
            ("192.168.0.0/16", "http://192.169.7.9", false),
            ("10.0.0.0/8,172.16.0.0/12", "http://172.31.255.255", true),
            ("10.0.0.0/8,172.16.0.0/12", "http://172.32.0.0", false),
            ("0.0.0.0/0", "http://8.8.8.8", true),
            ("0.0.0.0/0", "http://[2001:db8::1]", false),
            ("192.168.1.7", "http://192.168.1.7", true),
            ("192.168.1.7", "http://192.168.1.70", false),
            ("fd00::/8", "http://[fd12::1]:9", true),
            ("fd00::/8", "http://[fe80::1]", false),
            ("fd00::1", "http://[fd00::1]", true),
            ("[fd00::1]", "http://[fd00:0::1]:80", true),
            ("[fd00::1]:81", "http://[fd00::1]:80", false),
            ("[fd00::1]:80", "http://[fd00::1]:80", true),
            ("example.org:8080", "http://example.org:8080", true),
            ("example.org:8080", "http://example.org", false),
            ("192.168.1.7:443", "https://192.168.1.7", true),
            ("192.168.0.0/99,/8,:,a:b", "http://192.168.0.1", false),
        ] {
            let place = Place::of(url).expect("a place");
            assert_eq!(NoProxy::read(list).has(&place), expected, "{list}: {url}");
        }
    }

    #[test]
    fn this_machine_is_reached_directly() {
        for (url, expected) in [
            ("http://127.0.0.1:8080/search", true),
            ("http://127.9.9.9", true),
            ("http://localhost", true),
            ("http://[::1]:9", true),
            ("https://api.telegram.org", false),
            ("no address", false),
        ] {
            assert_eq!(is_direct(url), expected, "{url}");
        }
    }
}
