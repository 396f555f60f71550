//! A Telegram Bot API server for one bot, as a library: chats and users in memory, every method a
//! bot like ours calls, long polling, files, and a record of all requests.
//!
//! It is stricter than Telegram: an unknown parameter, which Telegram ignores, is refused as well,
//! and so is a number in quotes. Otherwise it answers as Telegram does and in Telegram's words
//! (those of `tdlib/telegram-bot-api`). What it leaves out: channels, but for the bot's own storage, which
//! the page does not show; topics other than those that
//! an update from outside brings, webhooks (an address is kept, nothing is sent to it), formatting
//! by `parse_mode`, limits on how much may be sent, which [`BotApi::inject`] can play.
//!
//! - [`Call`] is one request, [`Answer`] what it gets. `http` takes requests apart (`form`) and
//!   keeps a poll waiting; `methods` is the table of what each may look like, in the language of
//!   `schema`; `perform` does them.
//! - `state` is everything remembered: `updates`, `chats`, `files`. `people` is what users do.

mod call;
mod chats;
mod event;
mod files;
mod form;
mod http;
mod members;
mod methods;
mod people;
mod perform;
mod schema;
mod state;
mod updates;

use crate::locked::{locked, unpoisoned};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use serde_json::{Value, json};
use tokio::sync::{Notify, broadcast};

pub use call::{Answer, Call};
pub use event::Event;
pub(super) use http::{RefusalWords, unanswered};

use state::ServerState;

/// How the server gets the content of a picture's address, as Telegram would. It may block; an
/// error is told to the bot in Telegram's words, not in these.
pub type Fetch = Arc<dyn Fn(&str) -> Result<Vec<u8>, String> + Send + Sync>;

/// How many events a subscriber may lag behind.
const EVENTS: usize = 1024;

/// The server. Clones are the same one.
#[derive(Clone)]
pub struct BotApi(Arc<Inner>);

struct Inner {
    token: String,
    fetch: Fetch,
    state: Mutex<ServerState>,
    /// A request was recorded.
    recorded: Condvar,
    /// Something changed that a waiting poll must see.
    news: Notify,
    events: broadcast::Sender<Event>,
}

impl BotApi {
    /// A server for the bot with this token, called `@playground_bot`. Users 1 "Ada" (English)
    /// and 2 "Bob" (Spanish) have a private chat each, and share the group -100 "Friends".
    #[must_use]
    pub fn new(token: &str, fetch: Fetch) -> Self {
        let id = token.split(':').next().and_then(|id| id.parse().ok());
        Self(Arc::new(Inner {
            token: token.to_owned(),
            fetch,
            state: Mutex::new(ServerState::new(id.unwrap_or(42))),
            recorded: Condvar::new(),
            news: Notify::new(),
            events: broadcast::Sender::new(EVENTS),
        }))
    }

    /// `/bot{token}/{method}` and `/file/bot{token}/{path}`.
    pub fn router(&self) -> Router {
        http::router(self)
    }

    /// Gives the bot another user name, without `@`.
    pub fn rename(&self, username: &str) {
        self.lock().me["username"] = username.into();
    }

    /// Adds a user, or changes one.
    pub fn add_user(&self, id: i64, first_name: &str, language: &str) {
        self.lock().chats.add_user(id, first_name, language);
    }

    /// Adds a chat unless it is there. `chat` is Telegram's `Chat`.
    pub fn add_chat(&self, chat: &Value, members: &[i64]) {
        if let Some(chat) = self.lock().chats.add_chat(chat) {
            chat.members.extend(members);
        }
    }

    /// `user` writes `text` in `chat`. Returns the number of the update; in a group, a text that
    /// is neither a command nor names the bot nor replies to it does not reach the bot.
    #[expect(clippy::must_use_candidate, reason = "what counts is that it happens")]
    pub fn say(&self, user: i64, chat: i64, text: &str, reply_to: Option<i64>) -> i64 {
        let happened = people::say(&mut self.lock(), user, chat, text, reply_to);
        self.happened(happened)
    }

    /// `user` sends a picture to `chat`. Returns the number of the update.
    ///
    /// # Errors
    /// When the bytes are no picture that Telegram takes.
    pub fn send_picture(
        &self,
        user: i64,
        chat: i64,
        bytes: Vec<u8>,
        caption: &str,
    ) -> Result<i64, String> {
        let happened = people::send_picture(&mut self.lock(), user, chat, &bytes, caption)?;
        Ok(self.happened(happened))
    }

    /// `user` becomes this in `chat`, in Telegram's words: `administrator`, `member`, `left` or `kicked`. It
    /// may be the bot, too, which is told of itself, and of others where it is an administrator. Returns the
    /// number of the update.
    #[expect(clippy::must_use_candidate, reason = "what counts is that it happens")]
    pub fn set_member(&self, user: i64, chat: i64, status: &'static str) -> i64 {
        let happened = members::set(&mut self.lock(), user, chat, status);
        self.happened(happened)
    }

    /// What is written below message number `message` becomes `caption`. Returns the number of the update.
    #[expect(clippy::must_use_candidate, reason = "what counts is that it happens")]
    pub fn edit_caption(&self, chat: i64, message: i64, caption: &str) -> i64 {
        let happened = people::edit_caption(&mut self.lock(), chat, message, caption);
        self.happened(happened)
    }

    /// `user` presses the button with `data` under `message`. Returns the number of the update,
    /// which is also the id of the callback query.
    ///
    /// # Errors
    /// When there is no such button.
    pub fn press(&self, user: i64, chat: i64, message: i64, data: &str) -> Result<i64, String> {
        let happened = people::press(&mut self.lock(), user, chat, message, data)?;
        Ok(self.happened(happened))
    }

    /// `user` types `query` behind the bot's name. Returns the number of the update, which is
    /// also the id of the inline query.
    #[expect(clippy::must_use_candidate, reason = "what counts is that it happens")]
    pub fn ask_inline(&self, user: i64, query: &str, offset: &str) -> i64 {
        let id = people::ask_inline(&mut self.lock(), user, query, offset);
        self.happened((id, Vec::new()))
    }

    /// Adds an update as it is, even one that Telegram would not send; returns its number. Chats,
    /// users, messages and queries in it exist from then on.
    #[expect(clippy::must_use_candidate, reason = "what counts is that it happens")]
    pub fn push(&self, event: Value) -> i64 {
        let mut state = self.lock();
        let id = state.updates.number();
        state.chats.learn(&event);
        for (kind, inline) in [("callback_query", false), ("inline_query", true)] {
            if let Some(query) = event[kind]["id"].as_str() {
                state.open_query(query, inline);
            }
        }
        state.updates.push(id, event);
        drop(state);
        self.0.news.notify_waiters();
        id
    }

    /// From now on, requests for which `fault` has an answer get that one. The first fault with
    /// an answer counts.
    pub fn inject(&self, fault: impl FnMut(&Call) -> Option<Answer> + Send + 'static) {
        self.lock().faults.push(Box::new(fault));
    }

    /// The recorded requests: at most the last 20,000.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.iter().cloned().collect()
    }

    /// Waits until `count` recorded requests fit, and returns all that do.
    ///
    /// # Errors
    /// All recorded requests, when `patience` is over.
    pub fn wait_for(
        &self,
        patience: Duration,
        count: usize,
        fits: impl Fn(&Call) -> bool,
    ) -> Result<Vec<Call>, Vec<Call>> {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            let fitting = || state.calls.iter().filter(|call| fits(call));
            if fitting().count() >= count {
                return Ok(fitting().cloned().collect());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(state.calls.iter().cloned().collect());
            }
            let waited = self.0.recorded.wait_timeout(state, left);
            state = unpoisoned(waited).0;
        }
    }

    /// What a chat shows now, in order.
    #[must_use]
    pub fn messages(&self, chat: i64) -> Vec<Value> {
        let state = self.lock();
        let chat = state.chats.get(chat);
        chat.map_or_else(Vec::new, |chat| chat.messages().cloned().collect())
    }

    /// Media type and content of a file.
    #[must_use]
    pub fn file(&self, file_id: &str) -> Option<(String, Arc<[u8]>)> {
        let state = self.lock();
        let file = state.files.get(file_id)?;
        Some((file.media_type.to_owned(), Arc::clone(&file.bytes)))
    }

    /// Whether `user` is in `chat`.
    #[must_use]
    pub fn is_member(&self, user: i64, chat: i64) -> bool {
        let state = self.lock();
        let chat = state.chats.get(chat);
        chat.is_some_and(|chat| chat.members.contains(&user))
    }

    /// Numbers of the updates that the bot has not confirmed.
    #[must_use]
    pub fn unconfirmed(&self) -> Vec<i64> {
        self.lock().updates.ids()
    }

    /// Sets a webhook, as another program with the same token would; empty: none.
    pub fn set_webhook(&self, url: &str) {
        url.clone_into(&mut self.lock().webhook);
        self.0.news.notify_waiters();
    }

    /// Subscribes to all events from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.0.events.subscribe()
    }

    /// Ends every request that waits, so that the HTTP server can stop at once.
    pub fn close(&self) {
        self.lock().closed = true;
        self.0.news.notify_waiters();
    }

    /// Resolves when [`Self::close`] was called.
    pub(super) async fn closed(&self) {
        loop {
            let news = self.0.news.notified();
            if self.lock().closed {
                return;
            }
            news.await;
        }
    }

    /// The bot, users, chats, commands and messages, as the page wants them at its start.
    pub(super) fn snapshot(&self) -> Value {
        let state = self.lock();
        let chats = state.chats.all().filter(|chat| !chat.is_channel());
        let members: serde_json::Map<String, Value> = chats
            .map(|chat| (chat.id().to_string(), json!(chat.members)))
            .collect();
        let shown = || state.chats.all().filter(|chat| !chat.is_channel());
        let messages = shown().flat_map(chats::Chat::messages);
        json!({
            "me": state.me,
            "users": state.chats.users(),
            "chats": shown().map(|chat| &chat.json).collect::<Vec<_>>(),
            "members": members,
            "commands": state.shown_commands(),
            "messages": messages.collect::<Vec<_>>(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, ServerState> {
        locked(&self.0.state)
    }

    fn publish(&self, events: Vec<Event>) {
        for event in events {
            if event.data["message"]["chat"]["type"] == "channel" {
                continue;
            }
            // An error means that nobody has subscribed.
            let _ = self.0.events.send(event);
        }
    }

    fn happened(&self, (id, events): people::Happened) -> i64 {
        self.publish(events);
        self.0.news.notify_waiters();
        id
    }
}

#[cfg(test)]
mod tests;
