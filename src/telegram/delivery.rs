//! Sends requests to chats, and tries again as the kind of failure demands.
//!
//! - 429: nothing is sent to the chat for exactly `retry_after`; other chats are not affected.
//! - no connection, 5xx: two more attempts, after growing pauses.
//! - no answer in time, or an unreadable one with a good status: one more attempt only, since the
//!   message may have been sent.
//! - 400 for a vanished topic or message: one more attempt without naming it.
//! - 400 for a caption: one more attempt without captions.
//! - a group that became a supergroup: sent to its new id, from then on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::Client;
use super::refusal::{Refusal, refusal};
use super::request::Call;
use crate::backoff::{self, Backoff};
use crate::error::{Class, Error, Kind, Result};
use crate::locked::locked;
use crate::log::events;
use crate::shutdown::Shutdown;

/// Longest flood wait that [`Delivery::send`] waits out itself. A longer one is left to the caller,
/// who can serve other chats meanwhile.
const MAX_WAIT: Duration = Duration::from_secs(5);
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(5),
};
const MAX_ATTEMPTS: u32 = 3;
const MAX_FLOODS: u32 = 5;

/// Sends requests to chats. Clones share what is known about each chat.
#[derive(Debug, Clone)]
pub struct Delivery {
    client: Client,
    shutdown: Shutdown,
    chats: Arc<Mutex<ChatStates>>,
}

#[derive(Debug, Default)]
struct ChatStates {
    /// Chats that nothing may be sent to before this time.
    gates: HashMap<i64, Instant>,
    /// The new ids of groups that became supergroups.
    moved: HashMap<i64, i64>,
}

/// Whether the refusal needs no second attempt: the message already has this text, or the button
/// has stopped spinning by itself.
fn is_as_good_as_done(error: &Error) -> bool {
    refusal(error).is_some_and(|Refusal { description, .. }| {
        description.contains("message is not modified") || description.contains("query is too old")
    })
}

/// Whether the request may have been carried out, although its answer did not come.
#[must_use]
pub fn may_have_arrived(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Lost
            | Kind::Garbled {
                status: None | Some(200..300)
            }
    )
}

impl Delivery {
    /// Sends by `client`; waits end early when `shutdown` is raised.
    #[must_use]
    pub fn new(client: Client, shutdown: Shutdown) -> Self {
        Self {
            client,
            shutdown,
            chats: Arc::default(),
        }
    }

    /// Sends `call` and returns its result.
    ///
    /// # Errors
    /// The last failure. Its class is `Retry` with a time when the chat is to be left alone for
    /// longer than is waited for here, `Retry` without when the network or Telegram is down, and
    /// `GiveUp` when the same request would fail again.
    pub fn send(&self, call: Call) -> Result<Value> {
        self.attempt(call, MAX_ATTEMPTS)
    }

    /// As [`Delivery::send`], but gives up at once where the network or Telegram is down.
    ///
    /// # Errors
    /// As [`Delivery::send`].
    pub fn send_once(&self, call: Call) -> Result<Value> {
        self.attempt(call, 1)
    }

    fn attempt(&self, mut call: Call, attempts: u32) -> Result<Value> {
        let (mut failures, mut floods) = (0, 0);
        loop {
            self.redirect(&mut call);
            self.pass_gate(&call)?;
            let error = match self.client.call(&call) {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            if is_as_good_as_done(&error) {
                return Ok(Value::Bool(true));
            }
            match error.class() {
                Class::Retry { after: Some(after) } => {
                    self.close_gate(&call, after);
                    floods += 1;
                    if floods >= MAX_FLOODS {
                        return Err(error);
                    }
                }
                Class::Retry { after: None } => {
                    failures += 1;
                    let ambiguous = may_have_arrived(&error) && !call.is_idempotent();
                    if failures >= if ambiguous { attempts.min(2) } else { attempts } {
                        return Err(error);
                    }
                    if self
                        .shutdown
                        .wait(BACKOFF.delay(failures, backoff::chance()))
                    {
                        return Err(error);
                    }
                }
                Class::GiveUp if self.adapt(&mut call, &error) => {}
                Class::GiveUp | Class::Fatal => return Err(error),
            }
        }
    }

    /// As [`Client::download`].
    ///
    /// # Errors
    /// As [`Client::download`].
    pub fn download(&self, path: &str, limit: u64) -> Result<Vec<u8>> {
        self.client.download(path, limit)
    }

    /// Sends `call` once, unless its chat is in a flood wait; failures are ignored.
    pub fn send_if_possible(&self, mut call: Call) {
        self.redirect(&mut call);
        if self.gate_of(&call).is_none()
            && let Err(error) = self.client.call(&call)
            && let Class::Retry { after: Some(after) } = error.class()
        {
            self.close_gate(&call, after);
        }
    }

    fn redirect(&self, call: &mut Call) {
        let moved = |chat| self.lock().moved.get(&chat).copied();
        if let Some(new) = call.chat().and_then(moved) {
            call.parameters.insert("chat_id".into(), new.into());
        }
    }

    /// The flood wait that is left for the chat of `call`.
    fn gate_of(&self, call: &Call) -> Option<Duration> {
        let chat = call.chat()?;
        let mut chats = self.lock();
        let left = chats
            .gates
            .get(&chat)?
            .saturating_duration_since(Instant::now());
        if left.is_zero() {
            chats.gates.remove(&chat);
            return None;
        }
        Some(left)
    }

    fn pass_gate(&self, call: &Call) -> Result<()> {
        while let Some(left) = self.gate_of(call) {
            if left > MAX_WAIT || self.shutdown.wait(left) {
                let kind = Kind::Deferred {
                    retry_after: Some(left),
                };
                let wait = backoff::in_words(left);
                let context = format!(
                    "{}: Telegram asks to leave this chat alone for {wait}",
                    call.method
                );
                return Err(Error::new(kind, context));
            }
        }
        Ok(())
    }

    fn close_gate(&self, call: &Call, after: Duration) {
        let after = after.clamp(Duration::from_secs(1), Duration::from_hours(7 * 24));
        match call.chat() {
            Some(chat) => {
                let wait = backoff::in_words(after);
                tracing::warn!(
                    message_id = events::FLOOD_WAIT,
                    clip_chat = chat,
                    "flood wait in chat {chat}: {} after {wait}",
                    call.method
                );
                self.lock().gates.insert(chat, Instant::now() + after);
            }
            // A request to no chat (a button's answer): wait here, there is no gate for it.
            None => {
                self.shutdown.wait(after.min(MAX_WAIT));
            }
        }
    }

    /// Changes `call` so that it does not fail with `error` again; `false` where that is
    /// impossible.
    fn adapt(&self, call: &mut Call, error: &Error) -> bool {
        let Some(Refusal {
            description,
            migrate_to,
            ..
        }) = refusal(error)
        else {
            return false;
        };
        if let (&Some(new), Some(old)) = (migrate_to, call.chat()) {
            tracing::info!("chat {old} is now {new}");
            return self.lock().moved.insert(old, new) != Some(new);
        }
        if description.contains("message thread not found") {
            return call.parameters.remove("message_thread_id").is_some();
        }
        if description.contains("message to be replied not found")
            || description.contains("replied message not found")
        {
            return call.parameters.remove("reply_parameters").is_some();
        }
        if description
            .to_ascii_lowercase()
            .replace('_', " ")
            .contains("caption too long")
            || description.contains("caption is too long")
        {
            return call.drop_captions();
        }
        false
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, ChatStates> {
        locked(&self.chats)
    }
}
