//! What comes several times and is answered once: the messages of one album, and a button that is
//! pressed again while its page is on the way. Pure: the time is passed in.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::button::{Act, Button};
use crate::telegram::types::{Event, Update};

/// Telegram sends the messages of one album within a moment; after an outage, a batch later.
const ALBUM: Duration = Duration::from_mins(10);
/// A page is there, or its failure was said, within this time.
const PRESSED: Duration = Duration::from_mins(1);
const MAX_REMEMBERED: usize = 2000;

/// What was answered a moment ago.
#[derive(Debug, Default)]
pub struct Recent {
    answered: VecDeque<Answered>,
}

#[derive(Debug)]
struct Answered {
    key: Key,
    update: i64,
    until: Instant,
}

#[derive(Debug, PartialEq, Eq)]
enum Key {
    /// Chat and `media_group_id`.
    Album(i64, String),
    /// Chat and message of a button.
    Pressed(i64, i64),
}

impl Recent {
    /// Whether `update`, which asks for something, was answered as part of an earlier one; else it
    /// is remembered.
    pub fn repeats(&mut self, update: &Update, now: Instant) -> bool {
        let Some((key, time)) = key_of(update) else {
            return false;
        };
        while self.answered.len() >= MAX_REMEMBERED
            || self
                .answered
                .front()
                .is_some_and(|first| first.until <= now)
        {
            self.answered.pop_front();
        }
        let mut same = self.answered.iter().filter(|old| old.key == key);
        if let Some(old) = same.find(|old| old.until > now) {
            return old.update != update.id;
        }
        self.answered.push_back(Answered {
            key,
            update: update.id,
            until: now + time,
        });
        false
    }
}

fn key_of(update: &Update) -> Option<(Key, Duration)> {
    match &update.event {
        Event::Message(message) => {
            let album = message.media_group_id.clone()?;
            Some((Key::Album(message.chat.id, album), ALBUM))
        }
        Event::Callback(callback) => {
            let button = Button::read(callback.data.as_deref()?)?;
            let message = callback.message.as_ref()?;
            let key = Key::Pressed(message.chat.id, message.message_id);
            (button.act == Act::More).then_some((key, PRESSED))
        }
        Event::Edited(_)
        | Event::Inline(_)
        | Event::Member(_)
        | Event::OwnMembership(_)
        | Event::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn update(id: i64, mut event: Value) -> Update {
        event["update_id"] = id.into();
        Update::from_json(&event).expect("a good update")
    }

    fn album(id: i64, chat: i64, group: &str) -> Update {
        let message = json!({"chat": {"id": chat}, "photo": [], "media_group_id": group});
        update(id, json!({"message": message}))
    }

    fn pressed(id: i64, data: &str) -> Update {
        let message = json!({"message_id": 5, "chat": {"id": 7}});
        update(
            id,
            json!({"callback_query": {"id": "c", "from": {"id": 7}, "data": data, "message": message}}),
        )
    }

    #[test]
    fn an_album_is_one_question() {
        let mut recent = Recent::default();
        let now = Instant::now();
        assert!(!recent.repeats(&album(1, 7, "a"), now));
        assert!(
            !recent.repeats(&album(1, 7, "a"), now),
            "the same, replayed"
        );
        assert!((2..11).all(|id| recent.repeats(&album(id, 7, "a"), now)));
        assert!(!recent.repeats(&album(11, 8, "a"), now), "another chat");
        assert!(!recent.repeats(&album(12, 7, "b"), now), "another album");
        assert!(!recent.repeats(&album(13, 7, "a"), now + ALBUM));
    }

    #[test]
    fn a_page_is_shown_once() {
        let mut recent = Recent::default();
        let now = Instant::now();
        assert!(!recent.repeats(&pressed(1, "m5:bus"), now));
        assert!(recent.repeats(&pressed(2, "m5:bus"), now));
        assert!(!recent.repeats(&pressed(3, "m5:bus"), now + PRESSED));
        for id in 4..6 {
            assert!(!recent.repeats(&pressed(id, "r:bus"), now), "in place");
        }
    }
}
