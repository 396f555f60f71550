//! clip-bot
#![forbid(unsafe_code)]
pub mod backoff;
pub mod bot;
pub mod cli;
pub mod config;
pub mod error;
pub mod http;
pub mod log;
pub mod search;
pub mod secret;
pub mod shutdown;
pub mod systemd;
pub mod telegram;
