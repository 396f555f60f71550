//! Chats that take no pictures, and could be given no links to them: no search is made for them until
//! an administrator may have changed that.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::locked::locked;

/// How long a chat is believed to take no pictures.
const TIME: Duration = Duration::from_mins(10);
const MAX_REMEMBERED: usize = 1000;

/// The chats, each until when.
#[derive(Debug, Default)]
pub struct WithoutPictures(Mutex<HashMap<i64, Instant>>);

impl WithoutPictures {
    /// `chat` took no pictures `now`.
    pub fn insert(&self, chat: i64, now: Instant) {
        let mut chats = locked(&self.0);
        chats.retain(|_, until| *until > now);
        if chats.len() < MAX_REMEMBERED {
            chats.insert(chat, now + TIME);
        }
    }

    /// Whether `chat` is believed to take no pictures `now`.
    #[must_use]
    pub fn contains(&self, chat: i64, now: Instant) -> bool {
        locked(&self.0).get(&chat).is_some_and(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_is_tried_again_after_a_while() {
        let chats = WithoutPictures::default();
        let now = Instant::now();
        chats.insert(-7, now);
        assert!(chats.contains(-7, now) && !chats.contains(-8, now));
        assert!(!chats.contains(-7, now + TIME));
    }
}
