//! clip-bot
pub mod backoff;
pub mod cli;
pub mod config;
pub mod error;
pub mod http;
pub mod log;
pub mod search;
pub mod secret;
pub mod shutdown;
#[cfg(feature = "search")]
pub mod space;
