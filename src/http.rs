//! Outgoing HTTP: every request has a deadline and a size limit, and every failure says whether
//! the request can have reached the other side.
//!
//! ureq has no timeouts of its own and follows redirects; here a [`Request`] always has a total
//! timeout, and only the clients that fetch files follow redirects, at most three:
//! [`Client::for_downloads`] (which checks each address) and [`Client::for_files`].

pub mod address;
mod bytes;
mod client;
mod connection;
mod connector;
mod failure;
mod no_proxy;
mod place;
mod proxy;
mod request;
mod resolver;
mod response;

pub use bytes::Bytes;
pub use client::Client;
pub use failure::read_error;
pub use no_proxy::set as set_no_proxy;
pub use place::{Place, decoded};
pub use proxy::proxy_in_words;
pub use request::{Request, percent_encode};
pub use resolver::{AddressFilter, Allowed};
pub use response::{Answer, Head, Response};
