//! The parts of Telegram's objects that this bot reads. Everything else is ignored, and what may
//! be absent is optional, so that unknown kinds of updates, chats and fields never break polling.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::members::MemberUpdate;
use crate::error::{Error, Kind, Result};

/// Fields of a message that hold what a person made. A message without one tells of an event in the
/// chat, or is of a kind that this bot does not know.
const CONTENT: [&str; 22] = [
    "animation",
    "audio",
    "checklist",
    "contact",
    "dice",
    "document",
    "game",
    "giveaway",
    "invoice",
    "live_photo",
    "location",
    "paid_media",
    "photo",
    "poll",
    "rich_message",
    "sticker",
    "story",
    "text",
    "venue",
    "video",
    "video_note",
    "voice",
];

/// What the shorter side of a picture needs to search by it, in pixels: as large as any model sees.
const ENOUGH: u32 = 384;

/// One update: an event that Telegram reports to the bot.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// `update_id`; asking for the updates after it confirms it.
    pub id: i64,
    /// What happened.
    pub event: Event,
}

/// What an update is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// A new message, or a channel's new post.
    Message(Message),
    /// The same, changed.
    Edited(Message),
    /// What a user may do in a chat has changed.
    Member(MemberUpdate),
    /// The same of this bot itself.
    OwnMembership(MemberUpdate),
    /// An inline button was pressed.
    Callback(Callback),
    /// Somebody types words behind the bot's name, in whatever chat.
    Inline(InlineQuery),
    /// Anything else.
    Other,
}

impl Update {
    /// The `update_id` of an undecoded update.
    #[must_use]
    pub fn id_of(update: &Value) -> Option<i64> {
        update.get("update_id")?.as_i64()
    }

    /// Decodes one update.
    ///
    /// # Errors
    /// [`Kind::Garbled`] where a part this bot needs is missing or of another type.
    pub fn from_json(update: &Value) -> Result<Self> {
        let id = Self::id_of(update).ok_or_else(|| garbled("the update has no update_id"))?;
        let event = if let Some(message) = update.get("message") {
            Event::Message(message_in(message)?)
        } else if let Some(post) = update.get("channel_post") {
            Event::Message(post_in(post)?)
        } else if let Some(message) = update.get("edited_message") {
            Event::Edited(message_in(message)?)
        } else if let Some(post) = update.get("edited_channel_post") {
            Event::Edited(post_in(post)?)
        } else if let Some(callback) = update.get("callback_query") {
            Event::Callback(read(callback, "the callback query")?)
        } else if let Some(query) = update.get("inline_query") {
            Event::Inline(read(query, "the inline query")?)
        } else if let Some(member) = update.get("chat_member") {
            Event::Member(read(member, "the change of a member")?)
        } else if let Some(member) = update.get("my_chat_member") {
            Event::OwnMembership(read(member, "the bot's own membership")?)
        } else {
            Event::Other
        };
        Ok(Self { id, event })
    }
}

fn garbled(what: impl Into<String>) -> Error {
    Error::new(Kind::Garbled { status: None }, what)
}

fn read<T: serde::de::DeserializeOwned>(value: &Value, what: &str) -> Result<T> {
    T::deserialize(value).map_err(|cause| garbled(format!("{what} cannot be read")).because(cause))
}

fn message_in(value: &Value) -> Result<Message> {
    Ok(Message {
        is_service: !CONTENT.iter().any(|kind| value.get(kind).is_some()),
        ..read(value, "the message")?
    })
}

/// What stands in a channel, whatever its chat says of itself.
fn post_in(value: &Value) -> Result<Message> {
    let mut post = message_in(value)?;
    "channel".clone_into(&mut post.chat.kind);
    Ok(post)
}

/// A message, received or just sent.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Message {
    /// Number within the chat; 0 for ephemeral and inaccessible ones, which cannot be replied to.
    #[serde(default)]
    pub message_id: i64,
    /// When it was sent, in seconds since 1970 by Telegram's clock; 0 for inaccessible ones.
    #[serde(default, deserialize_with = "number_or_none")]
    pub date: Option<i64>,
    /// Whether it tells of an event in the chat, such as a pinned message.
    #[serde(skip)]
    pub is_service: bool,
    /// Whether a channel's post was repeated in its discussion group.
    #[serde(default)]
    pub is_automatic_forward: bool,
    /// What the messages of one album have in common.
    #[serde(default)]
    pub media_group_id: Option<String>,
    /// Where it is.
    pub chat: Chat,
    /// Who wrote it; absent in channels.
    #[serde(default)]
    pub from: Option<User>,
    /// The group or channel in whose name it was written; `from` is then an account that all such
    /// senders share.
    #[serde(default)]
    pub sender_chat: Option<Chat>,
    /// The id that this group has from now on.
    #[serde(default)]
    pub migrate_to_chat_id: Option<i64>,
    /// The id that this group had before.
    #[serde(default)]
    pub migrate_from_chat_id: Option<i64>,
    /// Its text; absent for pictures and the like.
    #[serde(default)]
    pub text: Option<String>,
    /// Topic, together with `is_topic_message`.
    #[serde(default)]
    pub message_thread_id: Option<i64>,
    /// Whether the message belongs to a topic, so that the answer must too.
    #[serde(default)]
    pub is_topic_message: bool,
    /// The message it replies to.
    #[serde(default)]
    pub reply_to_message: Option<Box<Message>>,
    /// The bot through whose inline mode it was written.
    #[serde(default)]
    pub via_bot: Option<User>,
    /// The picture in several sizes.
    #[serde(default)]
    pub photo: Vec<PhotoSize>,
    /// A file that was sent as one.
    #[serde(default)]
    pub document: Option<Document>,
    /// What is written below a picture or a file.
    #[serde(default)]
    pub caption: Option<String>,
}

/// A number; nothing where something else stands.
fn number_or_none<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Option<i64>, D::Error> {
    Value::deserialize(deserializer).map(|value| value.as_i64())
}

/// A chat.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Chat {
    /// Positive for private chats, negative for groups.
    pub id: i64,
    /// `private`, `group`, `supergroup`, `channel`, or something newer.
    #[serde(default, rename = "type")]
    pub kind: String,
    /// Public name without `@`.
    #[serde(default)]
    pub username: Option<String>,
    /// Name of a group.
    #[serde(default)]
    pub title: Option<String>,
    /// Whether people write here to the owners of a channel.
    #[serde(default)]
    pub is_direct_messages: bool,
}

impl Chat {
    /// Whether the bot is alone with one user.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.kind == "private"
    }

    /// Whether its administrators post there, and the others read.
    #[must_use]
    pub fn is_channel(&self) -> bool {
        self.kind == "channel"
    }
}

/// A user or bot.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct User {
    /// Number of the account.
    pub id: i64,
    /// Whether it is a bot.
    #[serde(default)]
    pub is_bot: bool,
    /// Name as the user wrote it.
    #[serde(default)]
    pub first_name: String,
    /// Rest of the name.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Name without `@`; every bot has one.
    #[serde(default)]
    pub username: Option<String>,
    /// IETF tag of the user's app, such as `es` or `pt-br`.
    #[serde(default)]
    pub language_code: Option<String>,
    /// Of ourselves: whether privacy mode was ended at `@BotFather`.
    #[serde(default)]
    pub can_read_all_group_messages: bool,
    /// Of ourselves: whether inline mode was allowed at `@BotFather`.
    #[serde(default)]
    pub supports_inline_queries: bool,
}

/// A file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Document {
    /// Name by which this bot can fetch it.
    #[serde(default)]
    pub file_id: String,
    /// Name that stays, and by which nobody can fetch it.
    #[serde(default)]
    pub file_unique_id: String,
    /// What its sender's app believes it to be.
    #[serde(default)]
    pub mime_type: Option<String>,
    /// In bytes.
    #[serde(default, deserialize_with = "number_or_none")]
    pub file_size: Option<i64>,
}

/// A picture that somebody sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SentPicture {
    /// Name by which this bot can fetch it.
    pub file_id: String,
    /// Name that stays.
    pub unique_id: String,
    /// In bytes, where that is known.
    pub size: Option<i64>,
}

/// One size of a picture.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct PhotoSize {
    /// Name by which this bot can send the picture again.
    pub file_id: String,
    /// Name that stays, and by which nobody can fetch it.
    #[serde(default)]
    pub file_unique_id: String,
    /// In pixels.
    #[serde(default)]
    pub width: u32,
    /// In pixels.
    #[serde(default)]
    pub height: u32,
}

/// A pressed inline button.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Callback {
    /// To be named in the answer.
    pub id: String,
    /// Who pressed it.
    pub from: User,
    /// The message the button is on; absent when it is too old.
    #[serde(default)]
    pub message: Option<Message>,
    /// What the button carries. Anybody can send anything here.
    #[serde(default)]
    pub data: Option<String>,
}

/// Words behind the bot's name, typed in any chat.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct InlineQuery {
    /// To be named in the answer, within seconds.
    pub id: String,
    /// Who types.
    pub from: User,
    /// The words so far, at most 256 characters.
    #[serde(default)]
    pub query: String,
    /// The `next_offset` of the answer before, where the next page is wanted. Anybody can send
    /// anything here.
    #[serde(default)]
    pub offset: String,
}

impl User {
    /// The whole name, with the name that people can search for.
    #[must_use]
    pub fn full_name(&self) -> String {
        let last = self.last_name.as_deref().unwrap_or_default();
        let at = self.username.as_deref().map(|name| format!("@{name}"));
        [&self.first_name, last, &at.unwrap_or_default()].join(" ")
    }
}

impl Message {
    /// Who speaks: the sender, or the chat that somebody speaks for; none in channels.
    #[must_use]
    pub fn speaker(&self) -> Option<i64> {
        let chat = self.sender_chat.as_ref().map(|chat| chat.id);
        chat.or(self.from.as_ref().map(|user| user.id))
    }

    /// The address at which members of its chat see it; none in private chats and small groups.
    #[must_use]
    pub fn link(&self) -> Option<String> {
        if self.message_id <= 0 || self.chat.is_private() {
            return None;
        }
        let number = self.message_id;
        if let Some(name) = self
            .chat
            .username
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            return Some(format!("https://t.me/{name}/{number}"));
        }
        // Supergroups and channels have numbers beyond that.
        let id = -self.chat.id.checked_add(1_000_000_000_000)?;
        if id <= 0 {
            return None;
        }
        Some(format!("https://t.me/c/{id}/{number}"))
    }

    /// The old and the new id of a group that became a supergroup, where it tells of that.
    #[must_use]
    pub fn migration(&self) -> Option<(i64, i64)> {
        let chat = self.chat.id;
        let from = self.migrate_from_chat_id.map(|old| (old, chat));
        from.or(self.migrate_to_chat_id.map(|new| (chat, new)))
    }

    /// The picture that it shows, to search by: the smallest size that is large enough; or an image
    /// that was sent as a file.
    #[must_use]
    pub fn picture(&self) -> Option<SentPicture> {
        let is_enough = |size: &&PhotoSize| size.width.min(size.height) >= ENOUGH;
        let area = |size: &&PhotoSize| u64::from(size.width) * u64::from(size.height);
        let enough = self.photo.iter().filter(is_enough).min_by_key(area);
        if let Some(size) = enough.or(self.photo.iter().max_by_key(area)) {
            return Some(SentPicture {
                file_id: size.file_id.clone(),
                unique_id: size.file_unique_id.clone(),
                size: None,
            });
        }
        let file = self.document.as_ref()?;
        let is_image = file
            .mime_type
            .as_ref()
            .is_some_and(|kind| kind.starts_with("image/"));
        is_image.then(|| SentPicture {
            file_id: file.file_id.clone(),
            unique_id: file.file_unique_id.clone(),
            size: file.file_size,
        })
    }

    /// Its picture in the largest size.
    #[must_use]
    pub fn largest_size(&self) -> Option<&PhotoSize> {
        let area = |size: &&PhotoSize| u64::from(size.width) * u64::from(size.height);
        self.photo.iter().max_by_key(area)
    }

    /// The `file_id` of its picture in the largest size.
    #[must_use]
    pub fn largest_photo(&self) -> Option<&str> {
        self.largest_size().map(|size| size.file_id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_kinds_and_fields_do_no_harm() {
        let update = json!({"update_id": 7, "message": {
            "message_id": 1, "date": "soon", "new_in_11.0": [1], "chat": {"id": -5, "type": "hologroup"},
        }});
        let update = Update::from_json(&update).expect("lenient");
        let Event::Message(message) = update.event else {
            panic!("a message")
        };
        assert_eq!(
            (update.id, message.chat.id, message.chat.is_private()),
            (7, -5, false)
        );
        let unknown = json!({"update_id": 8, "purchased_hologram": {}});
        assert_eq!(
            Update::from_json(&unknown).expect("lenient").event,
            Event::Other
        );
    }

    #[test]
    fn members_find_a_message_by_its_link() {
        let link = |chat, name: Option<&str>| {
            let chat = Chat {
                id: chat,
                kind: "supergroup".to_owned(),
                username: name.map(str::to_owned),
                ..Chat::default()
            };
            Message {
                message_id: 5,
                chat,
                ..Message::default()
            }
            .link()
        };
        let of = |id| Some(format!("https://t.me/{id}/5"));
        assert_eq!(link(-1_001_234_567_890, None), of("c/1234567890"));
        assert_eq!(link(-1_000_000_000_500, None), of("c/500"));
        assert_eq!(link(-1_001_234_567_890, Some("news")), of("news"));
        for small in [-500, 500, -1_000_000_000_000] {
            assert_eq!(link(small, None), None, "{small}");
        }
    }

    #[test]
    fn a_poison_update_is_an_error_and_keeps_its_id() {
        let poison = json!({"update_id": 9, "message": {"chat": "nowhere"}});
        assert!(Update::from_json(&poison).is_err());
        assert_eq!(Update::id_of(&poison), Some(9));
    }

    #[test]
    fn the_largest_photo_counts() {
        let size = |file_id: &str, width| PhotoSize {
            file_id: file_id.into(),
            width,
            height: width,
            ..PhotoSize::default()
        };
        let photo = vec![size("s", 90), size("l", 800), size("m", 320)];
        let message = Message {
            photo,
            ..Message::default()
        };
        assert_eq!(message.largest_photo(), Some("l"));
        let picture = message.picture().expect("a photo");
        assert_eq!(picture.file_id, "l", "the smallest that is large enough");
        assert_eq!(Message::default().largest_photo(), None);
    }
}
