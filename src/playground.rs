//! The whole system on one machine: a Bot API server, the bot, the endpoint, and a web page.
//!
//! ```text
//!  page ── /api ──▶ server ──▶ bot_api::BotApi ◀── getUpdates, sendMessage … ── the bot
//!    ▲                │             │
//!    └── /api/events ─┴── events ───┘     traffic: what was asked     faults: what is to fail
//! ```
//!
//! - [`bot_api`] behaves like `api.telegram.org` for one bot, a few users and a group; it knows
//!   nothing of the page.
//! - [`server`] is the page and its JSON interface.
//! - [`crate::program::playground`] is the program; it starts the bot and the endpoint beside the server.
//! - [`traffic`] is the list of requests the page shows, [`faults`] are the page's switches.

pub mod bot_api;
pub mod faults;
pub mod server;
pub mod traffic;
pub mod transcript;
