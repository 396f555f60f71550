//! Name resolution that leaves out the addresses which must not be reached. What passes here is
//! what is connected to: nobody asks for the name a second time.

use std::fmt;
use std::net::IpAddr;

use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::Place;
use super::address::{is_forbidden, is_public};

/// Decides whether an address may be connected to.
pub type AddressFilter = fn(IpAddr) -> bool;

/// Where a client connects to, at the first request and at each redirect.
#[derive(Debug, Clone)]
pub enum Allowed {
    /// To addresses that the function accepts.
    Addresses(AddressFilter),
    /// To public addresses, and to this server wherever it is.
    PublicOr(Option<Place>),
    /// To these servers alone, wherever they are.
    Only(Vec<Place>),
}

impl Allowed {
    fn takes(&self, place: Option<&Place>, address: IpAddr) -> bool {
        let is_one_of = |own: &[Place]| {
            place.is_some_and(|place| own.iter().any(|own| own.is_same(place)))
                && !is_forbidden(address)
        };
        match self {
            Self::Addresses(accept) => accept(address),
            Self::PublicOr(own) => is_public(address) || is_one_of(own.as_slice()),
            Self::Only(own) => is_one_of(own),
        }
    }
}

/// The system's resolver, without the addresses that `allowed` refuses.
#[derive(Debug)]
pub(super) struct FilteredResolver {
    allowed: Allowed,
    inner: DefaultResolver,
}

impl FilteredResolver {
    pub(super) fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            inner: DefaultResolver::default(),
        }
    }
}

impl Resolver for FilteredResolver {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let place = Place::of(&uri.to_string());
        if let Allowed::Only(own) = &self.allowed
            && !place
                .as_ref()
                .is_some_and(|place| own.iter().any(|own| own.is_same(place)))
        {
            return Err(blocked());
        }
        let all = self.inner.resolve(uri, config, timeout)?;
        let mut kept = self.empty();
        for address in all
            .iter()
            .filter(|address| self.allowed.takes(place.as_ref(), address.ip()))
        {
            kept.push(*address);
        }
        if kept.is_empty() {
            Err(blocked())
        } else {
            Ok(kept)
        }
    }
}

/// A resolver that names the host whose address it does not find.
#[derive(Debug)]
pub(super) struct NamingResolver<R>(pub(super) R);

impl<R: Resolver> Resolver for NamingResolver<R> {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        self.0.resolve(uri, config, timeout).map_err(|error| {
            let cause = match error {
                ureq::Error::HostNotFound => None,
                // A failed name look-up has no code of its own; std words it like this on every Unix.
                ureq::Error::Io(cause)
                    if cause.to_string().starts_with("failed to lookup address") =>
                {
                    Some(cause)
                }
                other => return other,
            };
            let host = uri.host().unwrap_or_default().to_owned();
            ureq::Error::Other(Box::new(UnknownHost { host, cause }))
        })
    }
}

/// The failure when a name has no address.
#[derive(Debug)]
pub(super) struct UnknownHost {
    host: String,
    pub(super) cause: Option<std::io::Error>,
}

impl fmt::Display for UnknownHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no address found for the host name {}", self.host)
    }
}

impl std::error::Error for UnknownHost {}

fn blocked() -> ureq::Error {
    ureq::Error::Other(Box::new(AddressBlocked))
}

/// The failure when every address of a name is refused.
#[derive(Debug)]
pub(super) struct AddressBlocked;

impl fmt::Display for AddressBlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this program does not connect to that address")
    }
}

impl std::error::Error for AddressBlocked {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_address_is_reached_at_its_own_host_and_port_alone() {
        let place = |url| Place::of(url).expect("a place");
        let own = place("http://search.lan:8080/search");
        let table = [
            ("http://search.lan:8080/images/1", "192.168.1.2", true, true),
            (
                "http://SEARCH.lan.:8080/images/1",
                "192.168.1.2",
                true,
                true,
            ),
            ("http://search.lan:8080/images/1", "127.0.0.1", true, true),
            (
                "http://search.lan:8081/images/1",
                "192.168.1.2",
                false,
                false,
            ),
            (
                "http://other.lan:8080/images/1",
                "192.168.1.2",
                false,
                false,
            ),
            (
                "http://192.168.1.2:8080/images/1",
                "192.168.1.2",
                false,
                false,
            ),
            (
                "http://search.lan:8080/latest",
                "169.254.169.254",
                false,
                false,
            ),
            ("http://search.lan:8080/latest", "192.0.0.192", false, false),
            ("https://a.example/1.jpg", "8.8.8.8", true, false),
            ("https://a.example/1.jpg", "10.0.0.1", false, false),
        ];
        for (url, address, by_bot, by_endpoint) in table {
            let address = address.parse().expect("an address");
            let asked = Some(place(url));
            let public_or = Allowed::PublicOr(Some(own.clone()));
            assert_eq!(public_or.takes(asked.as_ref(), address), by_bot, "{url}");
            let only = Allowed::Only(vec![own.clone()]);
            assert_eq!(only.takes(asked.as_ref(), address), by_endpoint, "{url}");
        }
    }
}
