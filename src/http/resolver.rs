//! Name resolution that leaves out the addresses which must not be reached.

use std::fmt;
use std::net::IpAddr;

use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Decides whether an address may be connected to.
pub type AddressFilter = fn(IpAddr) -> bool;

/// The system's resolver, without the addresses that `allowed` refuses.
#[derive(Debug)]
pub(super) struct FilteredResolver {
    allowed: AddressFilter,
    inner: DefaultResolver,
}

impl FilteredResolver {
    pub(super) fn new(allowed: AddressFilter) -> Self {
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

/// The failure when `allowed` refuses every address of a name.
#[derive(Debug)]
pub(super) struct AddressBlocked;

impl fmt::Display for AddressBlocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this program does not connect to that address")
    }
}

impl std::error::Error for AddressBlocked {}
