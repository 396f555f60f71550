//! Chats whose pictures are collected: once an administrator of a group or channel said `/collect`,
//! pictures that are posted there are saved, silently, in the collection of that chat alone.
//!
//! | who says | what happens |
//! |---|---|
//! | `/collect` | pictures posted from now on are saved; the chat is told so |
//! | `/collect off` | none any more; what was saved stays |
//! | `/collect forget` | what was saved is forgotten, after a button was pressed |
//! | `/forget` in reply to a picture | that one is forgotten, if who says it posted it or leads the chat |
//!
//! Only where the owner let the chat in. What is on, and where, is in [`chats`]; what is saved, at the endpoint.

pub mod chats;

use super::saving::NewPicture;
use crate::telegram::types::Message;

/// What somebody asks of a collected chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What.
    pub what: Asked,
    /// Who asks leads the chat for certain: speaks in its name. Others are asked about.
    pub leads: bool,
}

/// See [`Request`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// To save what is posted from now on.
    On,
    /// To save nothing any more.
    Off,
    /// To forget everything: asked once more.
    ForgetAll,
    /// The same, after that.
    SurelyForgetAll,
    /// To forget the picture with this key.
    Forget(String),
    /// `/forget` without a picture.
    ForgetWhat,
}

/// A picture that was posted in a collected chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Where.
    pub chat: i64,
    /// What.
    pub picture: NewPicture,
    /// It was posted before, and what is written below it has changed.
    pub is_edit: bool,
}

impl Post {
    /// The picture in `message`, where it shows one.
    #[must_use]
    pub fn of(message: &Message, is_edit: bool) -> Option<Self> {
        let picture = NewPicture::of(message)?;
        Some(Self {
            chat: message.chat.id,
            picture: NewPicture {
                link: message.link().unwrap_or_default(),
                by: message.speaker().or(Some(message.chat.id)),
                ..picture
            },
            is_edit,
        })
    }
}

/// The collection of a chat at the endpoint.
#[must_use]
pub fn collection_of(chat: i64) -> String {
    format!("chat:{chat}")
}
