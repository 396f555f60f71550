//! Pictures that people keep with the bot, to find them again: what a picture without a question means,
//! and what is saved of it.
//!
//! | a picture in private, without `/query` | what it means |
//! |---|---|
//! | from somebody who has not chosen yet | the question which of the two below, with two buttons; until then it waits |
//! | from somebody who chose to save | it is saved in the collection of that person alone; its caption is what words find |
//! | from somebody who chose to search | pictures like that one; the caption counts, too |
//! | the endpoint saves nothing | the same |
//!
//! `/settings` changes the choice. What is saved is the vector, the caption and Telegram's name of the
//! file, at the endpoint; an answer sends that file again, so that nothing is uploaded twice.

pub mod habits;

use serde::{Deserialize, Serialize};

use super::collecting;
use crate::telegram::types::Message;

/// What a picture without a question means to who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// It is saved.
    Save,
    /// Pictures like that one are searched.
    Find,
}

/// A picture that may be saved.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPicture {
    /// Telegram's name of a size that is large enough to be understood.
    pub fetched: String,
    /// Telegram's name of its largest size, to be sent in answers.
    pub sent: String,
    /// The name that stays.
    pub key: String,
    /// What was written below it; may be empty.
    pub caption: String,
    /// It was sent as a file, not as a photo.
    #[serde(default)]
    pub is_file: bool,
    /// When the message was written, in seconds since 1970.
    pub date: Option<i64>,
    /// The album it came in.
    pub album: Option<String>,
    /// Address of the message it was posted in; empty where that has none.
    #[serde(default)]
    pub link: String,
    /// Who posted it where others see it.
    #[serde(default)]
    pub by: Option<i64>,
}

/// What is asked for beside a search, or before one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    /// A picture without a question.
    Bare {
        /// The picture.
        picture: NewPicture,
        /// What a button said that it means.
        choice: Option<Choice>,
        /// An earlier picture of the same album was asked about, or is searched by.
        follows: bool,
    },
    /// To forget what is saved.
    Forget(Forget),
    /// To search, though the owner did not let them in: who is in a collected chat finds its pictures.
    Enter,
    /// Something about the pictures of a chat.
    Collect(collecting::Request),
}

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// The picture with this name that stays.
    Picture(String),
    /// Everything of who asks.
    All,
}

/// How many pictures were saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SavedCount {
    /// Saved now.
    pub new: usize,
    /// Saved before.
    pub known: usize,
}

impl NewPicture {
    /// The picture in `message`, where it shows one.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        let fetched = message.picture()?;
        let largest = message.largest_size();
        let sent = largest.map_or(&fetched.file_id, |size| &size.file_id);
        let key = largest.map_or(&fetched.unique_id, |size| &size.file_unique_id);
        Some(Self {
            sent: sent.clone(),
            key: key.clone(),
            fetched: fetched.file_id,
            caption: message.caption.clone().unwrap_or_default(),
            is_file: largest.is_none(),
            date: message.date,
            album: message.media_group_id.clone(),
            link: String::new(),
            by: None,
        })
    }
}

/// The collection of a person at the endpoint.
#[must_use]
pub fn collection_of(user: i64) -> String {
    format!("user:{user}")
}
