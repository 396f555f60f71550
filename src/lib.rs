//! clip-bot finds pictures by meaning: `/query a red bus at night` in a Telegram chat becomes an
//! album of pictures that CLIP found.
//!
//! # The way of one query
//!
//! ```text
//!  Telegram ──getUpdates──▶ telegram::poll ──▶ bot::intake ──▶ bot::queue ──▶ bot::worker
//!     ▲                                        │        │                         │
//!     │                      bot::handler (pure)    inbox (on disk)               │
//!     │                                                                           │
//!     │                                             search::client ──GET /search──┤
//!     └── sendMessage / sendMediaGroup / edit ── telegram::delivery ◀── bot::album, bot::reply
//!
//!  GET /search ──▶ endpoint ──▶ search::Engine:  clip (ours)  ·  space (Gradio)  ·  mock (by words)
//! ```
//!
//! Data flows one way. The same nouns travel everywhere: [`search::Query`], [`search::Hit`],
//! [`search::Failure`].
//!
//! # The bot
//!
//! - [`telegram`] speaks the Bot API: [`telegram::poll`] fetches updates, [`telegram::request`]
//!   builds requests, [`telegram::client`] sends one, [`telegram::delivery`] sends it with the
//!   patience each failure deserves.
//! - [`inbox`] keeps what was accepted on disk until it is answered, so that a kill loses nothing.
//! - [`bot`] decides and does: [`bot::handler`] turns an update into tasks and [`bot::reply`] words
//!   the answers (both pure), [`bot::intake`] puts them into the inbox before Telegram is told that
//!   we have them, [`bot::queue`] keeps the order of each chat and serves users in turn,
//!   [`bot::worker`] does the tasks, [`bot::searches`] asks the same only once, [`bot::album`] gets
//!   every picture through in the best form that works, [`bot::asleep`] is the waiting room while a
//!   Space wakes up.
//! - [`search::client`] asks the endpoint, with a bearer token or signed for [`aws`].
//!
//! # The endpoint (feature `search`)
//!
#![cfg_attr(
    feature = "search",
    doc = "- [`endpoint`] serves the search contract of [`search`] over HTTP, with any
  [`search::Engine`] behind it: on a socket, or as a function on AWS Lambda (feature `lambda`).
- [`space`] is the engine that asks a Hugging Face Space by Gradio's protocols."
)]
#![cfg_attr(
    feature = "clip",
    doc = "- [`clip`] is the engine that runs CLIP itself: [`clip::tokenizer`] and [`clip::preprocess`] turn
  texts and pictures into what the towers of [`clip::model`] read, [`clip::kernel`] does the arithmetic
  in the widest instructions there are, [`clip::convert`] makes the mapped file it reads,
  [`clip::models`] fetches known ones, and [`clip::store`] finds what is alike: in [`clip::index`] on
  this machine, or in [`clip::qdrant`]."
)]
#![cfg_attr(
    feature = "drawings",
    doc = "- [`mock`] is the one with a thousand built-in drawings, found by their words; `clip::sample` finds
  them by meaning, with a small model that is built in, too."
)]
//!
//! # The playground (feature `playground`)
//!
#![cfg_attr(
    feature = "playground",
    doc = "[`playground`] runs all of it on one machine: the bot and the endpoint, a strict Bot API
server ([`playground::bot_api`], which the tests script too), and a chat page."
)]
//!
//! # Shared
//!
//! [`config`] (every setting and default), [`cli`], [`error`] (what a caller may do next),
//! [`http`] (outgoing requests), [`secret`], [`digest`], [`media`], [`log`], [`systemd`], [`shutdown`], [`backoff`].
//!
//! # Invariants
//!
//! - One outside system, one module: only [`http`] names `ureq`, only [`systemd`] `sd_notify`, only
//!   [`log`] `tracing_journald`, only the endpoint's socket `sd_listen_fds` and its function `lambda_http`; only the binaries read
//!   the environment. `tests/it/tidy.rs` checks.
//! - [`telegram`] knows neither [`bot`] nor [`search`]; [`bot`] knows no engine.
//! - Every request has a deadline and a size limit. No token is ever printed.
//! - `unsafe` stands in `clip::mapped` and `clip::kernel` alone, each block argued.
//! - Nothing panics on what comes from outside, and a fault in one chat's job ends only that job.

#![forbid(unsafe_code)]

pub mod aws;
pub mod backoff;
pub mod bot;
#[cfg(feature = "clip")]
pub mod collection;
pub mod config;
pub mod digest;
#[cfg(feature = "clip")]
pub mod download;
#[cfg(feature = "search")]
pub mod endpoint;
#[cfg(feature = "search")]
pub mod engine;
pub mod error;
pub mod http;
pub mod inbox;
pub(crate) mod locked;
pub mod log;
pub mod media;
#[cfg(feature = "clip")]
pub mod models;
#[cfg(feature = "clip")]
pub mod picture;
#[cfg(feature = "playground")]
pub mod playground;
pub mod program;
#[cfg(feature = "clip")]
pub mod progress;
pub mod search;
pub mod secret;
pub mod shutdown;
pub mod systemd;
pub mod telegram;
