//! In which chats pictures are collected, and were, kept in the state folder.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::collection_of;
use crate::error::Result;
use crate::locked::locked;
use crate::private;

const FILE: &str = "collected-chats";

/// All chats with a collection.
#[derive(Debug, Default)]
pub struct Chats {
    file: Option<PathBuf>,
    chats: Mutex<BTreeMap<i64, Chat>>,
}

/// What is known about one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Chat {
    /// Pictures posted there are saved.
    is_on: bool,
    /// Who said so.
    by: i64,
    /// Ids that it had before: what was saved then is in their collections.
    before: Vec<i64>,
    /// When the bot was removed from it, in seconds since 1970.
    left: Option<u64>,
}

impl Chats {
    /// Those in `folder`; without one they last as long as the process.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn open(folder: Option<PathBuf>) -> Result<Self> {
        let file = folder.map(|folder| folder.join(FILE));
        let loss = "nothing is collected, and nothing found, where /collect is not said again";
        let chats = file.as_deref().map(|file| private::read(file, loss));
        let chats = Mutex::new(chats.transpose()?.unwrap_or_default());
        Ok(Self { file, chats })
    }

    /// Whether what is posted in `chat` is saved, and who said so.
    #[must_use]
    pub fn collected_by(&self, chat: i64) -> Option<i64> {
        let chats = locked(&self.chats);
        let chat = chats.get(&chat)?;
        (chat.is_on && chat.left.is_none()).then_some(chat.by)
    }

    /// Who said last that what is posted in `chat` is saved, whether it is now or not.
    #[must_use]
    pub fn turned_on_by(&self, chat: i64) -> Option<i64> {
        locked(&self.chats).get(&chat).map(|known| known.by)
    }

    /// The collections of `chat`, unless the bot was removed from it; none for a chat that never had any.
    #[must_use]
    pub fn collections(&self, chat: i64) -> Vec<String> {
        let chats = locked(&self.chats);
        let there = chats.get(&chat).filter(|known| known.left.is_none());
        there.map(|known| names(chat, known)).unwrap_or_default()
    }

    /// Every chat that has collections, and that the bot is in.
    #[must_use]
    pub fn all(&self) -> Vec<i64> {
        let chats = locked(&self.chats);
        let there = chats.iter().filter(|(_, chat)| chat.left.is_none());
        there.map(|(id, _)| *id).collect()
    }

    /// From now on what is posted in `chat` is saved, as `by` said.
    ///
    /// # Errors
    /// The system's, when that cannot be kept.
    pub fn turn_on(&self, chat: i64, by: i64) -> io::Result<()> {
        self.change(|chats| {
            let known = chats.entry(chat).or_default();
            (known.is_on, known.by, known.left) = (true, by, None);
        })
    }

    /// From now on nothing is.
    ///
    /// # Errors
    /// As [`Chats::turn_on`].
    pub fn turn_off(&self, chat: i64) -> io::Result<()> {
        self.change(|chats| {
            if let Some(known) = chats.get_mut(&chat) {
                known.is_on = false;
            }
        })
    }

    /// All pictures of `chat` were forgotten.
    ///
    /// # Errors
    /// As [`Chats::turn_on`].
    pub fn forgot(&self, chat: i64) -> io::Result<()> {
        self.change(|chats| {
            if chats.get(&chat).is_some_and(|known| !known.is_on) {
                chats.remove(&chat);
            } else if let Some(known) = chats.get_mut(&chat) {
                known.before.clear();
            }
        })
    }

    /// The group `old` has the id `new` from now on.
    ///
    /// # Errors
    /// As [`Chats::turn_on`].
    pub fn migrate(&self, old: i64, new: i64) -> io::Result<()> {
        self.change(|chats| {
            let Some(moved) = chats.remove(&old) else {
                return;
            };
            let known = chats.entry(new).or_default();
            if known.by == 0 {
                (known.is_on, known.by) = (moved.is_on, moved.by);
            }
            let before = moved.before.into_iter().chain([old]);
            known.before.extend(before);
        })
    }

    /// The bot was removed from `chat` at `now`, or is in it again.
    ///
    /// # Errors
    /// As [`Chats::turn_on`].
    pub fn is_in(&self, chat: i64, is_in: bool, now: SystemTime) -> io::Result<()> {
        self.change(|chats| {
            let Some(known) = chats.get_mut(&chat) else {
                return;
            };
            if is_in {
                known.left = None;
            } else if known.left.is_none() {
                (known.left, known.is_on) = (Some(seconds(now)), false);
            }
        })
    }

    /// Chats whose pictures are to be forgotten, since the bot was removed from them `after` ago.
    #[must_use]
    pub fn due(&self, now: SystemTime, after: Duration) -> Vec<i64> {
        let until = seconds(now).saturating_sub(after.as_secs());
        let chats = locked(&self.chats);
        let is_due = |chat: &Chat| chat.left.is_some_and(|left| left <= until);
        let due = chats.iter().filter(|(_, chat)| is_due(chat));
        due.map(|(id, _)| *id).collect()
    }

    /// The collections of `chat`, whether the bot is in it or not.
    #[must_use]
    pub fn to_forget(&self, chat: i64) -> Vec<String> {
        let chats = locked(&self.chats);
        let known = chats.get(&chat).cloned().unwrap_or_default();
        names(chat, &known)
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<i64, Chat>)) -> io::Result<()> {
        let mut chats = locked(&self.chats);
        let mut new = chats.clone();
        change(&mut new);
        if new == *chats {
            return Ok(());
        }
        if let Some(path) = &self.file {
            let beside = path.with_extension("new");
            private::replace(path, &beside, &serde_json::to_vec(&new)?)?;
        }
        *chats = new;
        Ok(())
    }
}

fn names(chat: i64, known: &Chat) -> Vec<String> {
    let ids = std::iter::once(&chat).chain(&known.before);
    ids.map(|id| collection_of(*id)).collect()
}

fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    #[test]
    fn what_is_collected_outlasts_a_restart_and_a_new_id() {
        let folder = std::env::temp_dir().join(format!("collected-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let first = Chats::open(Some(folder.clone())).expect("readable");
        assert!(first.collected_by(-5).is_none() && first.collections(-5).is_empty());
        first.turn_on(-5, 7).expect("room");
        assert_eq!(first.collected_by(-5), Some(7));
        first.migrate(-5, -1005).expect("room");

        let second = Chats::open(Some(folder.clone())).expect("readable");
        assert_eq!(second.collected_by(-1005), Some(7));
        assert_eq!(second.collected_by(-5), None);
        assert_eq!(second.collections(-1005), ["chat:-1005", "chat:-5"]);
        second.turn_off(-1005).expect("room");
        assert_eq!(
            (second.collected_by(-1005), second.all()),
            (None, vec![-1005])
        );
        second.forgot(-1005).expect("room");
        let third = Chats::open(Some(folder.clone())).expect("readable");
        assert!(third.all().is_empty());
        std::fs::remove_dir_all(&folder).expect("our own folder");
    }

    #[test]
    fn a_chat_that_the_bot_was_removed_from_is_hidden_and_then_due() {
        let chats = Chats::default();
        let now = SystemTime::now();
        chats.turn_on(-5, 7).expect("no disk");
        chats.is_in(-5, false, now).expect("no disk");
        assert!(chats.collections(-5).is_empty() && chats.all().is_empty());
        assert_eq!(chats.to_forget(-5), ["chat:-5"]);
        assert!(chats.due(now + DAY * 29, DAY * 30).is_empty());
        chats.is_in(-5, false, now + DAY).expect("no disk");
        assert_eq!(
            chats.due(now + DAY * 30, DAY * 30),
            [-5],
            "the first time counts"
        );
        chats.is_in(-5, true, now + DAY * 29).expect("no disk");
        assert_eq!(chats.collections(-5), ["chat:-5"]);
        assert_eq!(chats.collected_by(-5), None, "until somebody says so again");
        assert!(chats.due(now + DAY * 99, DAY * 30).is_empty());
        chats.is_in(-6, false, now).expect("no disk");
        assert!(
            chats.due(now + DAY * 99, DAY * 30).is_empty(),
            "never collected"
        );
    }

    #[test]
    fn what_cannot_be_kept_is_not_pretended_to_be() {
        let nowhere = std::env::temp_dir().join("collected-without-a-folder");
        let chats = Chats::open(Some(nowhere)).expect("none there");
        assert!(chats.turn_on(-5, 7).is_err());
        assert_eq!(chats.collected_by(-5), None);
    }
}
