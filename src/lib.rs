//! clip-bot
#![forbid(unsafe_code)]
pub mod backoff;
pub mod bot;
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
pub mod systemd;
pub mod telegram;
