//! What is saved beside the owner's folders, and forgotten again: [`NewImage`], [`Forget`].

use super::{Failure, Reason, Taken};

/// The name that stands for the owner's folders among those of collections.
pub const FOLDERS: &str = "folders";
/// Longest name of a collection and longest key, in characters.
pub const MAX_NAME_CHARS: usize = 200;
/// Longest caption that is saved, in characters.
pub const MAX_CAPTION_CHARS: usize = 4096;
/// Most collections that one search names.
pub const MAX_COLLECTIONS: usize = 20;

/// The number of the bot that got a `file_id`, and that id, where the bot wrote its number before it: an id
/// is worth something to one bot alone.
#[must_use]
pub fn bot_and_file(file_id: &str) -> Option<(&str, &str)> {
    let is_number = |bot: &str| !bot.is_empty() && bot.bytes().all(|byte| byte.is_ascii_digit());
    file_id.split_once(':').filter(|(bot, _)| is_number(bot))
}

/// A picture to be saved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewImage {
    /// The file.
    pub bytes: Vec<u8>,
    /// The name of its collection.
    pub collection: String,
    /// The caller's own name for it, which its collection has once.
    pub key: Option<String>,
    /// What it is found by beside what it shows; may be empty.
    pub caption: String,
    /// When it was taken.
    pub taken: Option<Taken>,
    /// Telegram's id of its file; may be empty.
    pub file_id: String,
    /// Address of the message it came with; may be empty.
    pub link: String,
    /// Who posted it, as the caller calls them; may be empty.
    pub by: String,
    /// Its file is kept, without metadata.
    pub keep: bool,
    /// It is not saved again if its collection has the same file already.
    pub once: bool,
}

/// A picture that is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedImage {
    /// Its id at the endpoint.
    pub id: String,
    /// Whether it was not there before.
    pub is_new: bool,
}

/// What is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forget {
    /// The picture with this id.
    Id(String),
    /// The picture with this key.
    Key {
        /// The name of its collection.
        collection: String,
        /// See [`NewImage::key`].
        key: String,
        /// It is forgotten only if they posted it, where somebody is named.
        by: Option<String>,
    },
    /// A whole collection.
    Collection(String),
}

/// Checks the name of a collection.
///
/// # Errors
/// [`Reason::BadQuery`], saying what is wrong with it.
pub fn check_collection(name: &str) -> Result<(), Failure> {
    check("collection", name)
}

/// Checks a key.
///
/// # Errors
/// [`Reason::BadQuery`], saying what is wrong with it.
pub fn check_key(key: &str) -> Result<(), Failure> {
    check("key", key)
}

fn check(what: &str, text: &str) -> Result<(), Failure> {
    let problem = if text.trim().is_empty() {
        format!("{what} is empty; name one, as in {what}=user:42")
    } else if text.chars().count() > MAX_NAME_CHARS {
        format!("{what} is longer than {MAX_NAME_CHARS} characters")
    } else if text.contains(char::is_control) {
        format!("{what} holds control characters")
    } else {
        return Ok(());
    };
    Err(Failure::new(Reason::BadQuery, problem))
}
