//! clip-bot
pub mod backoff;
pub mod cli;
pub mod config;
#[cfg(feature = "search")]
pub mod endpoint;
pub mod error;
pub mod http;
pub mod log;
#[cfg(feature = "search")]
pub mod mock;
pub mod search;
pub mod secret;
pub mod shutdown;
#[cfg(feature = "search")]
pub mod space;
