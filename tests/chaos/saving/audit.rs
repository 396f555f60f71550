//! The judge of saved pictures: what was forwarded, what the bot said about it, and what the endpoint and
//! the bot find afterwards. Pure, so that each rule can be shown to fail.

use std::collections::{BTreeMap, BTreeSet};

/// What was sent and said.
#[derive(Debug, Default)]
pub struct Forwarded {
    /// By picture: its sender and the only word of its caption.
    pictures: BTreeMap<String, (i64, String)>,
    /// The sender of each word.
    words: BTreeMap<String, i64>,
    /// The picture in each message, by chat and number.
    messages: BTreeMap<(i64, i64), String>,
    /// Pictures that the bot said it could not save.
    refused: BTreeSet<String>,
    /// Senders to whom the bot said that something is saved.
    told: BTreeSet<i64>,
    /// Pictures that the bot showed to somebody else than their sender.
    shown: Vec<String>,
}

/// What is broken.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SavedFindings {
    /// Pictures that their sender does not find, and was not told so.
    pub lost: Vec<String>,
    /// Saved more often than sent.
    pub double: usize,
    /// Found by, or shown to, somebody else.
    pub leaked: Vec<String>,
    /// Who was never told that something is saved.
    pub untold: Vec<i64>,
    /// Pictures that are saved.
    pub saved: usize,
    /// Pictures that the bot honestly did not save.
    pub refused: usize,
}

impl Forwarded {
    /// `user` sent the picture with this lasting name, in their private chat.
    pub fn sent(&mut self, user: i64, message: i64, picture: &str, word: &str) {
        self.pictures
            .insert(picture.to_owned(), (user, word.to_owned()));
        self.words.insert(word.to_owned(), user);
        self.messages.insert((user, message), picture.to_owned());
    }

    /// The bot wrote `text` below `message`, or anywhere in that chat.
    pub fn said(&mut self, chat: i64, message: Option<i64>, text: &str) {
        if text.contains("saved.") || text.contains("Saved.") || text.contains("here already.") {
            self.told.insert(chat);
        }
        let picture = message.and_then(|message| self.messages.get(&(chat, message)));
        if let Some(picture) = picture.filter(|_| text.contains("could not be saved")) {
            self.refused.insert(picture.clone());
        }
    }

    /// The bot showed a picture with this caption in a chat.
    pub fn shown(&mut self, chat: i64, caption: &str) {
        if let Some(word) = self.foreign(chat, caption) {
            self.shown.push(format!("{word}, shown in chat {chat}"));
        }
    }

    /// The first word in `caption` that is somebody else's than `user`'s.
    pub fn foreign(&self, user: i64, caption: &str) -> Option<String> {
        let mut words = caption.split(|letter: char| !letter.is_ascii_lowercase());
        let foreign = |word: &&str| self.words.get(*word).is_some_and(|owner| *owner != user);
        words.find(foreign).map(str::to_owned)
    }

    /// All pictures: sender and word.
    pub fn all(&self) -> Vec<(i64, String)> {
        self.pictures.values().cloned().collect()
    }

    /// Those that waits are worth for: nobody was told that they are not saved.
    pub fn expected(&self) -> Vec<(i64, String)> {
        let pictures = self.pictures.iter();
        let open = pictures.filter(|(picture, _)| !self.refused.contains(*picture));
        open.map(|(_, about)| about.clone()).collect()
    }

    /// Judges. `found` are the words that their owners found at the endpoint, `leaked` what somebody else
    /// found there, and `stored` counts the pictures in the store.
    pub fn audit(
        &self,
        found: &BTreeSet<String>,
        leaked: &[String],
        stored: usize,
    ) -> SavedFindings {
        let expected = self.expected();
        let lost = expected.iter().filter(|(_, word)| !found.contains(word));
        let senders: BTreeSet<i64> = expected.iter().map(|(user, _)| *user).collect();
        SavedFindings {
            lost: lost
                .map(|(user, word)| format!("{word} of user {user}"))
                .collect(),
            double: stored.saturating_sub(found.len()),
            leaked: leaked.iter().chain(&self.shown).cloned().collect(),
            untold: senders.difference(&self.told).copied().collect(),
            saved: found.len(),
            refused: self.refused.len(),
        }
    }
}
