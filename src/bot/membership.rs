//! Who sees the pictures of which chats. Pure: what Telegram says, and the time, are passed in.
//!
//! | where somebody asks | chats whose pictures are searched |
//! |---|---|
//! | in a chat that is collected | that one |
//! | in private, and inline | those of which Telegram said within the last minute that who asks is in them |
//! | elsewhere | none |
//!
//! Telegram tells the bot of each change where the bot is an administrator: what was known of that user
//! is then dropped at once, also an answer that is still on its way. What Telegram does not say, or says in
//! words that nobody knows yet, is no: then nothing is shown.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::collecting::chats::Chats;
use crate::locked::locked;

/// How long Telegram's word is believed.
pub const MAX_AGE: Duration = Duration::from_mins(1);
/// Words of Telegram that are remembered.
const MAX_KNOWN: usize = 20_000;

/// What is known of who is in which chat.
#[derive(Debug, Default)]
pub struct Memberships {
    known: HashMap<(i64, i64), Known>,
    asked: u64,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    /// When Telegram was asked.
    since: Instant,
    number: u64,
    /// What it said; nothing as long as it did not answer.
    is_in: Option<bool>,
}

/// What is known of one user in one chat.
#[derive(Debug, PartialEq, Eq)]
pub enum Word {
    /// Telegram said so, a moment ago.
    Known(bool),
    /// It is to be asked; its answer goes to [`Memberships::told`].
    Ask(Question),
}

/// A question to Telegram that is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    chat: i64,
    user: i64,
    number: u64,
}

impl Memberships {
    /// What is known of `user` in `chat`, at `now`.
    pub fn word(&mut self, chat: i64, user: i64, now: Instant) -> Word {
        let is_fresh = |known: &Known| now.saturating_duration_since(known.since) < MAX_AGE;
        let known = self
            .known
            .get(&(chat, user))
            .filter(|known| is_fresh(known));
        if let Some(is_in) = known.and_then(|known| known.is_in) {
            return Word::Known(is_in);
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.retain(|_, known| is_fresh(known));
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.asked += 1;
        let number = self.asked;
        let asked = Known {
            since: now,
            number,
            is_in: None,
        };
        self.known.insert((chat, user), asked);
        Word::Ask(Question { chat, user, number })
    }

    /// Telegram answered `question`, or said nothing that can be understood. Returns whether the user is in
    /// the chat for certain: not, if something changed since it was asked.
    pub fn told(&mut self, question: Question, is_in: Option<bool>) -> bool {
        let key = (question.chat, question.user);
        let known = self.known.get_mut(&key);
        let Some(known) = known.filter(|known| known.number == question.number) else {
            return false;
        };
        match is_in {
            Some(is_in) => known.is_in = Some(is_in),
            None => drop(self.known.remove(&key)),
        }
        is_in == Some(true)
    }

    /// Telegram told of a change of `user` in `chat`.
    pub fn changed(&mut self, chat: i64, user: i64) {
        self.known.remove(&(chat, user));
    }

    /// Nothing that was known of `chat` counts any more: the bot itself was removed, or moved.
    pub fn left(&mut self, chat: i64) {
        self.known.retain(|(known, _), _| *known != chat);
    }
}

/// What is known of collected chats and who is in them. Shared by all who search.
#[derive(Debug, Default)]
pub struct Members {
    /// The chats.
    pub chats: Arc<Chats>,
    known: Mutex<Memberships>,
}

impl Members {
    /// Those of `chats`.
    #[must_use]
    pub fn new(chats: Arc<Chats>) -> Self {
        Self {
            chats,
            known: Mutex::default(),
        }
    }

    /// The collections of those of `chats` that `user` is in, as `ask` (chat and user) says where Telegram
    /// must be asked; at most `most` of them.
    pub fn seen_by(
        &self,
        user: i64,
        chats: &[i64],
        most: usize,
        ask: impl Fn(i64, i64) -> Option<bool>,
    ) -> Vec<String> {
        let mut seen = Vec::new();
        for chat in chats {
            let own = self.chats.collections(*chat);
            if own.is_empty() || seen.len() + own.len() > most {
                continue;
            }
            let word = locked(&self.known).word(*chat, user, Instant::now());
            let is_in = match word {
                Word::Known(is_in) => is_in,
                Word::Ask(question) => {
                    let said = ask(*chat, user);
                    locked(&self.known).told(question, said)
                }
            };
            if is_in {
                // It may have been left meanwhile.
                seen.extend(self.chats.collections(*chat));
            }
        }
        seen
    }

    /// See [`Memberships::changed`].
    pub fn changed(&self, chat: i64, user: i64) {
        locked(&self.known).changed(chat, user);
    }

    /// See [`Memberships::left`].
    pub fn left(&self, chat: i64) {
        locked(&self.known).left(chat);
    }
}

#[cfg(test)]
mod tests;
