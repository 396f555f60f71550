//! `result.json` of Telegram Desktop's export: one chat, or a list of them.

use serde::Deserialize;
use serde_json::Value;

use crate::search::Taken;

/// A message with a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pictured {
    /// Tells the message from all others.
    pub key: String,
    /// Path of the picture below the export's folder.
    pub path: String,
    /// What was written below it, and who sent it.
    pub caption: String,
    pub taken: Option<Taken>,
    /// Address of the message; empty where there is none.
    pub link: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Export {
    chats: Chats,
    #[serde(flatten)]
    chat: Chat,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chats {
    list: Vec<Chat>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Chat {
    id: Value,
    r#type: Value,
    messages: Vec<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    id: Value,
    date: Value,
    date_unixtime: Value,
    from: Value,
    photo: Value,
    file: Value,
    mime_type: Value,
    media_type: Value,
    text: Value,
}

/// The messages with pictures in the export `json`; none if it is no export.
pub(super) fn pictured(json: &[u8]) -> Option<Vec<Pictured>> {
    let export: Export = serde_json::from_slice(json).ok()?;
    let chats = export.chats.list.iter().chain([&export.chat]);
    let mut found = Vec::new();
    for chat in chats {
        found.extend(chat.messages.iter().filter_map(|message| of(chat, message)));
    }
    Some(found)
}

fn of(chat: &Chat, message: &Message) -> Option<Pictured> {
    let is_picture = message.mime_type.as_str().is_some_and(|kind| {
        ["image/jpeg", "image/png", "image/webp"].contains(&kind) && message.media_type.is_null()
    });
    let file = message.file.as_str().filter(|_| is_picture);
    let path = message.photo.as_str().or(file)?;
    let (chat_id, id) = (number(&chat.id)?, number(&message.id)?);
    let kind = chat.r#type.as_str().unwrap_or_default();
    let has_links = kind.ends_with("supergroup") || kind.ends_with("channel");
    let text = plain(&message.text);
    let from = message.from.as_str().unwrap_or_default().trim();
    let said = [text.trim(), from];
    let said: Vec<&str> = said.into_iter().filter(|part| !part.is_empty()).collect();
    Some(Pictured {
        key: format!("telegram:{chat_id}:{id}"),
        path: path.to_owned(),
        caption: said.join(" · "),
        taken: taken(message),
        link: if has_links {
            format!("https://t.me/c/{chat_id}/{id}")
        } else {
            String::new()
        },
    })
}

/// A number, which exports of some versions have as text.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The text of a message: parts of it may be objects, such as links.
fn plain(text: &Value) -> String {
    match text {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(plain).collect(),
        Value::Object(part) => part.get("text").map(plain).unwrap_or_default(),
        _ => String::new(),
    }
}

/// When it was sent, by the clock of who exported.
fn taken(message: &Message) -> Option<Taken> {
    let universal = number(&message.date_unixtime);
    let local = message.date.as_str().and_then(Taken::parse);
    match (local, universal) {
        (Some(local), Some(universal)) => {
            let minutes = (local.seconds - universal).div_euclid(60);
            let offset = i16::try_from(minutes).ok();
            Some(Taken {
                offset: offset.filter(|offset| offset.abs() < 1440),
                ..local
            })
        }
        (Some(local), None) => Some(local),
        (None, Some(seconds)) => Taken::parse(&seconds.to_string()),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_read_with_text_sender_time_and_link() {
        let json = br#"{"name": "Trip", "type": "private_supergroup", "id": 1234, "messages": [
            {"id": 1, "type": "service", "date": "2023-07-14T12:11:11", "text": ""},
            {"id": 2, "type": "message", "date": "2023-07-14T12:11:12",
             "date_unixtime": "1689329472", "from": "Anna", "photo": "photos/photo_1.jpg",
             "text": ["menu of ", {"type": "link", "text": "the Greek"}]},
            {"id": 3, "from": null, "file": "files/a.png", "mime_type": "image/png", "text": ""},
            {"id": 4, "file": "stickers/a.webp", "mime_type": "image/webp", "media_type": "sticker"},
            {"id": 5, "file": "video_files/a.mp4", "mime_type": "video/mp4"}]}"#;
        let found = pictured(json).expect("an export");
        let first = Pictured {
            key: "telegram:1234:2".to_owned(),
            path: "photos/photo_1.jpg".to_owned(),
            caption: "menu of the Greek · Anna".to_owned(),
            taken: Taken::parse("2023-07-14T12:11:12+02:00"),
            link: "https://t.me/c/1234/2".to_owned(),
        };
        assert_eq!(found[0], first);
        assert_eq!((found.len(), found[1].path.as_str()), (2, "files/a.png"));
        assert_eq!((found[1].caption.as_str(), found[1].taken), ("", None));
    }

    #[test]
    fn whole_exports_are_read_and_other_files_are_none() {
        let json = br#"{"chats": {"list": [{"type": "personal_chat", "id": 7, "messages": [
            {"id": 1, "photo": "chats/chat_1/photos/a.jpg", "date_unixtime": "86400"}]}]}}"#;
        let found = pictured(json).expect("an export");
        assert_eq!(
            (found[0].key.as_str(), found[0].link.as_str()),
            ("telegram:7:1", "")
        );
        assert!(found[0].taken.is_some());
        assert_eq!(pictured(b"{}"), Some(Vec::new()));
        assert_eq!(pictured(b"<html>"), None);
    }
}
