//! A thin, lenient client for the part of the Telegram Bot API that this bot uses.
//!
//! Requests are JSON objects ([`request::Call`]); answers are read field by field, so that a new
//! Bot API version (one comes every few weeks) breaks nothing. This module knows neither what
//! the bot says nor what it searches for.

pub mod client;
pub mod delivery;
pub mod members;
pub mod poll;
mod refusal;
pub mod request;
pub mod types;
pub mod upload;

pub use refusal::{Refusal, number_after, refusal};
