//! What went wrong, translated from ureq's errors into what the caller can do.

use super::resolver::{AddressBlocked, UnknownHost};
use crate::error::{Error, Kind};

/// The error of a body that broke off while [`super::Answer::into_body`] was read.
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

/// The error of a failed request. It names a host that has no address, and never a whole address, which
/// can hold a token.
pub(super) fn call_error(error: ureq::Error) -> Error {
    use std::io::ErrorKind::{
        AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable, NotConnected,
    };
    match error {
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
            Error::new(Kind::NotSent, "the connection was not made in time")
        }
        ureq::Error::Timeout(_) => Error::new(Kind::Lost, "the time for the answer is over"),
        ureq::Error::BadUri(_) => Error::new(Kind::Config, "the address is not a valid URL"),
        ureq::Error::Http(_) => Error::new(Kind::Config, "the address or a header is not valid"),
        ureq::Error::Other(cause) if cause.is::<AddressBlocked>() => {
            Error::new(Kind::Blocked, cause.to_string())
        }
        ureq::Error::Other(cause) if cause.is::<UnknownHost>() => unknown_host(cause),
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
            let refused = [
                ConnectionRefused,
                HostUnreachable,
                NetworkUnreachable,
                AddrNotAvailable,
                NotConnected,
            ];
            if refused.contains(&cause.kind()) {
                Error::new(Kind::NotSent, "the connection was not made").because(cause)
            } else {
                Error::new(Kind::Lost, "the connection broke").because(cause)
            }
        }
        cause => Error::new(Kind::Lost, "the exchange failed").because(cause),
    }
}

fn unknown_host(cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    let error = Error::new(Kind::NotSent, cause.to_string());
    let cause = cause.downcast::<UnknownHost>().ok();
    match cause.and_then(|unknown| unknown.cause) {
        Some(cause) => error.because(cause),
        None => error,
    }
}
