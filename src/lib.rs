//! clip-bot finds pictures by meaning: `/query a red bus at night` in a Telegram chat becomes an
//! album of pictures that CLIP found.
//!
//! # The way of one query
//!
//! ```text
//!  Telegram ──getUpdates──▶ telegram::poll ──▶ bot::intake ──▶ bot::queue ──▶ bot::worker
//!     ▲                                        │        │                         │
//!     │                      bot::handler (pure)    inbox (on disk)      bot::search_job (pure)
//!     │                                                                           │
//!     │                                        bot::search_client ──GET /search──┤
//!     └── sendMessage / sendMediaGroup / edit ── telegram::delivery ◀── bot::album, bot::reply
//!
//!  GET /search ──▶ endpoint ──▶ search::Engine:  clip (ours)  ·  space (Gradio)  ·  mock (by words)
//! ```
//!
//! Data flows one way. The same nouns travel everywhere: [`search::Query`], [`search::Hit`],
//! [`search::Failure`].
//!
//! # The programs
//!
//! [`program`] is what `clip-bot`, `clip-search` and `playground` do: their command lines, from
//! settings to exit code.
//!
//! # The bot
//!
//! - [`telegram`] speaks the Bot API: [`telegram::poll`] fetches updates, [`telegram::request`]
//!   builds requests, [`telegram::client`] sends one, [`telegram::delivery`] retries it as its
//!   failure allows.
//! - [`inbox`] keeps accepted updates on disk until they are answered, so that a kill loses nothing.
//! - [`bot`] decides and acts: [`bot::handler`] turns an update into tasks and [`bot::reply`] words
//!   the answers (both pure); [`bot::intake`] writes updates to the inbox before they are confirmed to
//!   Telegram; [`bot::queue`] keeps the order of each chat and serves users in turn;
//!   [`bot::worker`] does the tasks; [`bot::searches`] shares one search among those who ask the same;
//!   [`bot::album`] sends every picture in the best form that works; [`bot::asleep`] is the waiting
//!   room while a Space wakes up; [`bot::search_client`] asks the endpoint.
//!
//! # The endpoint (feature `search`)
//!
#![cfg_attr(
    feature = "search",
    doc = "- [`endpoint`] serves the search contract of [`search`] over HTTP, with any
  [`search::Engine`] behind it: on a socket, or as a function on AWS Lambda (feature `lambda`).
- [`engine`] chooses the engine; `engine::space` asks a Hugging Face Space by Gradio's protocols."
)]
#![cfg_attr(
    feature = "clip",
    doc = "- [`engine::clip`] runs CLIP by the crate [`clip`](::clip), over a [`collection`]: the
  user's pictures in [`collection::index`] on this machine or in [`collection::qdrant`], brought up to
  date by [`collection::add`]. [`models`] fetches trained models; [`picture`] decodes pictures."
)]
#![cfg_attr(
    feature = "drawings",
    doc = "- [`engine::mock`] finds a thousand built-in drawings by their words; `engine::sample` finds
  them by meaning, with a small built-in model."
)]
//!
//! # The playground (feature `playground`)
//!
#![cfg_attr(
    feature = "playground",
    doc = "[`playground`] is a strict Bot API server ([`playground::bot_api`], which the tests script, too)
and a chat page; the program runs the real bot and the real endpoint beside it."
)]
//!
//! # Glossary
//!
//! | word | meaning |
//! |---|---|
//! | update | one message, button press or inline query, as Telegram hands it out |
//! | task | one thing that the bot has to do for an update; a search is one |
//! | inbox | the file of accepted updates that are not answered yet |
//! | query | what somebody searches for: words or a picture, with limit and offset |
//! | hit | one picture in an answer |
//! | failure | why a search gave no answer, from a closed list of reasons ([`search::Reason`]) |
//! | error | why something else did not work, by what its caller can do ([`error::Kind`]) |
//! | refusal | another system's answer that it will not do what was asked |
//! | album | the pictures of an answer, sent together |
//! | endpoint | `clip-search`, or any server of the same contract |
//! | engine | what the endpoint searches with: `clip`, `space` or `mock` |
//! | Space | an application on Hugging Face, with Gradio's API |
//! | picture | an image: its file, or its decoded pixels |
//! | checkpoint | the files of a trained model as its authors publish them |
//! | encoder, tower | the model's function from text or picture to vector; its half for one of them |
//! | vector | a list of numbers of length 1; similar things have a large dot product (cosine, score) |
//! | collection | the user's pictures, wherever their vectors are kept |
//! | index | a collection in a folder on this machine |
//! | segment, row | a file of the index; one picture's vector and record in it. A dead row is deleted |
//! | manifest, snapshot | the list of valid segments on disk; one state of all of them in memory |
//! | near-duplicate | a picture of the same shape whose vector is nearly that of a hit; the largest of them is shown |
//! | threshold | the lowest score with which words find a picture |
//! | drawings | the built-in pictures |
//! | the reference | the public Python demo that this project does the job of |
//!
//! # Shared
//!
//! [`config`] (every setting and default), [`error`] (what a caller can do next), [`http`] (outgoing
//! requests), [`aws`], [`secret`], [`digest`], [`media`], [`log`], [`systemd`], [`shutdown`],
//! [`backoff`], [`quantity`].
//!
//! # Invariants
//!
//! - A module uses only modules of the layers below its own; CONTRIBUTING.md has the drawing.
//! - One outside system, one file that names its crate; only the binaries read the environment.
//! - [`telegram`] knows neither [`bot`] nor [`search`]; [`bot`] knows no engine; [`search`] uses
//!   [`error`] alone.
//! - Every request has a deadline and a size limit. No token is ever printed.
//! - `unsafe` stands in `crates/clip` alone, each block argued.
//! - Nothing panics on what comes from outside, and a fault in one chat's task ends only that task.
//!
//! `tests/it/tidy.rs` checks what of this a program can check.

#![forbid(unsafe_code)]

pub mod aws;
pub mod backoff;
pub mod bot;
#[cfg(feature = "clip")]
pub mod budget;
pub mod clock;
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
pub mod metrics;
#[cfg(feature = "clip")]
pub mod models;
#[cfg(feature = "search")]
pub mod multipart;
#[cfg(feature = "clip")]
pub mod picture;
#[cfg(feature = "playground")]
pub mod playground;
pub mod private;
pub mod program;
#[cfg(feature = "clip")]
pub mod progress;
pub mod quantity;
pub mod search;
pub mod secret;
pub mod shutdown;
pub mod systemd;
pub mod telegram;
#[cfg(feature = "clip")]
pub(crate) mod together;
