//! Forgets the pictures of chats that the bot was removed from, once it was away for long enough. Needs no
//! traffic: it looks by itself.

use std::time::{Duration, SystemTime};

use super::ChatWorker;

/// How often it looks, at least.
const LONGEST: Duration = Duration::from_hours(1);
const SHORTEST: Duration = Duration::from_millis(200);

impl ChatWorker {
    /// Looks until shutdown; the pictures of a chat are forgotten `after` the bot was removed from it.
    pub fn forget_left_chats(&self, after: Duration) {
        let pause = (after / 4).clamp(SHORTEST, LONGEST);
        loop {
            for chat in self.tools.members.chats.due(SystemTime::now(), after) {
                match self.forget_chat(chat) {
                    Ok(count) => tracing::info!(
                        "the bot was removed from chat {chat}: its {count} pictures are forgotten"
                    ),
                    // It is tried again.
                    Err(failure) => tracing::warn!(
                        "the bot was removed from chat {chat}, and its pictures are not forgotten yet: \
                         {failure}"
                    ),
                }
            }
            self.part.rest();
            if self.tools.shutdown.wait(pause) {
                return;
            }
        }
    }
}
