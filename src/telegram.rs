//! The Telegram Bot API, as far as this bot speaks it: a thin, lenient client.
//!
//! Requests are JSON objects ([`request::Call`]); answers are read field by field, so that a new
//! Bot API version (one comes every few weeks) breaks nothing. This module knows neither what
//! the bot says nor what it searches for.

pub mod client;
pub mod delivery;
pub mod poll;
mod refusal;
pub mod request;
pub mod types;
pub mod upload;

pub use refusal::{Refusal, number_after, refusal};
