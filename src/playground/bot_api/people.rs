//! What people do in the chats, and the updates that the bot gets of it.

use serde_json::{Value, json};

use super::chats::without_reply;
use super::event::Event;
use super::state::ServerState;

/// The number of the update that an action caused, and the events for the page.
pub(super) type Happened = (i64, Vec<Event>);

/// `user` writes `text`; with `reply_to`, as a reply.
pub(super) fn say(
    state: &mut ServerState,
    user: i64,
    chat: i64,
    text: &str,
    reply_to: Option<i64>,
) -> Happened {
    let entities = entities(text);
    let fields = json!({"text": text,
        "entities": (!entities.is_empty()).then_some(entities)});
    write(state, user, chat, fields, reply_to)
}

/// `user` sends a picture.
///
/// # Errors
/// When Telegram would not accept the picture.
pub(super) fn send_picture(
    state: &mut ServerState,
    user: i64,
    chat: i64,
    bytes: &[u8],
    caption: &str,
) -> Result<Happened, String> {
    let photo = state.files.photo(bytes, false);
    let photo = photo.map_err(|refusal| refusal.single)?;
    let entities = entities(caption);
    let fields = json!({
        "photo": photo.to_photo(),
        "caption": (!caption.is_empty()).then_some(caption),
        "caption_entities": (!entities.is_empty()).then_some(entities),
    });
    Ok(write(state, user, chat, fields, None))
}

fn write(
    state: &mut ServerState,
    user: i64,
    chat: i64,
    mut fields: Value,
    reply_to: Option<i64>,
) -> Happened {
    let from = state.chats.user(user);
    let unknown = || json!({"id": chat, "type": "private", "first_name": from["first_name"]});
    let id = state.updates.number();
    let bot = state.me["id"].clone();
    let command = format!("@{}", state.username()).to_lowercase();
    let json = state
        .chats
        .get(chat)
        .map_or_else(unknown, |chat| chat.json.clone());
    // Cannot be: a chat with a number can be added.
    let Some(chat) = state.chats.add_chat(&json) else {
        return (id, Vec::new());
    };
    chat.members.insert(user);
    let replied = reply_to
        .and_then(|id| chat.message(&id.into()))
        .map(without_reply);
    let to_bot = replied
        .as_ref()
        .is_some_and(|message| message["from"]["id"] == bot);
    fields["reply_to_message"] = replied.into();
    let text = fields["text"].as_str().or(fields["caption"].as_str());
    let text = text.unwrap_or_default().to_lowercase();
    // Privacy mode, which every bot is in unless its owner ends it.
    let leads = bot.as_i64().is_some_and(|bot| chat.admins.contains(&bot));
    let is_named = to_bot || text.starts_with('/') || text.contains(&command);
    let reaches = chat.is_private() || leads || (is_named && !chat.is_channel());
    let kind = kind_of(chat, "message", "channel_post");
    let message = if chat.is_channel() {
        fields["sender_chat"] = chat.json.clone();
        chat.add(&Value::Null, fields)
    } else {
        chat.add(&from, fields)
    };
    let event = Event::message(&message, false);
    if reaches && state.updates.wanted(kind) {
        state.updates.push(id, json!({ kind: message }));
    }
    (id, vec![event])
}

fn kind_of(
    chat: &super::chats::Chat,
    of_chat: &'static str,
    of_channel: &'static str,
) -> &'static str {
    if chat.is_channel() {
        of_channel
    } else {
        of_chat
    }
}

/// What is written below a message changes.
pub(super) fn edit_caption(
    state: &mut ServerState,
    chat: i64,
    message: i64,
    caption: &str,
) -> Happened {
    let id = state.updates.number();
    let bot = state.me["id"].as_i64();
    let Ok(chat) = state.chats.find(&chat.into()) else {
        return (id, Vec::new());
    };
    let kind = kind_of(chat, "edited_message", "edited_channel_post");
    let reaches = chat.is_private() || bot.is_some_and(|bot| chat.admins.contains(&bot));
    let Some(shown) = chat.message_mut(&message.into()) else {
        return (id, Vec::new());
    };
    shown["caption"] = caption.into();
    shown["edit_date"] = super::chats::now().into();
    let shown = shown.clone();
    if reaches && state.updates.wanted(kind) {
        state.updates.push(id, json!({ kind: shown.clone() }));
    }
    (id, vec![Event::message(&shown, true)])
}

/// `user` presses the button with `data` under a message.
///
/// # Errors
/// When there is no such button.
pub(super) fn press(
    state: &mut ServerState,
    user: i64,
    chat: i64,
    message: i64,
    data: &str,
) -> Result<Happened, String> {
    let shown = state
        .chats
        .get(chat)
        .and_then(|chat| chat.message(&message.into()));
    let shown = shown.ok_or("there is no such message")?.clone();
    let rows = shown["reply_markup"]["inline_keyboard"].as_array();
    let mut buttons = rows
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten();
    if !buttons.any(|button| button["callback_data"] == data) {
        return Err("there is no such button under the message".to_owned());
    }
    let from = state.chats.user(user);
    let id = state.updates.number();
    let query = id.to_string();
    state.open_query(&query, false);
    if state.updates.wanted("callback_query") {
        let update = json!({"callback_query": {"id": query, "from": from, "message": shown,
            "chat_instance": format!("{}", chat.wrapping_mul(7919)), "data": data}});
        state.updates.push(id, update);
    }
    Ok((id, Vec::new()))
}

/// `user` types `query` behind the bot's name in some chat.
pub(super) fn ask_inline(state: &mut ServerState, user: i64, query: &str, offset: &str) -> i64 {
    let from = state.chats.user(user);
    let id = state.updates.number();
    state.open_query(&id.to_string(), true);
    if state.updates.wanted("inline_query") {
        let query: String = query.chars().take(256).collect();
        let update = json!({"inline_query": {"id": id.to_string(), "from": from,
            "query": query, "offset": offset, "chat_type": "sender"}});
        state.updates.push(id, update);
    }
    id
}

/// Commands and mentions in a text; places count in UTF-16 units.
pub(super) fn entities(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut offset = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        let name = |from: usize| {
            let end = bare[from..].find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            &bare[from..end.map_or(bare.len(), |end| from + end)]
        };
        if bare.starts_with('/') && !name(1).is_empty() {
            let mut length = 1 + name(1).len();
            if bare[length..].starts_with('@') && !name(length + 1).is_empty() {
                length += 1 + name(length + 1).len();
            }
            found.push(json!({"type": "bot_command", "offset": offset, "length": length}));
        } else if bare.starts_with('@') && name(1).len() >= 5 {
            let length = 1 + name(1).len();
            found.push(json!({"type": "mention", "offset": offset, "length": length}));
        }
        offset += word.encode_utf16().count();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_mentions_are_marked_in_utf16_units() {
        let bot_command = |offset: usize, length: usize| json!({"type": "bot_command", "offset": offset, "length": length});
        assert_eq!(entities("/query red bus"), [bot_command(0, 6)]);
        assert_eq!(entities("/query@Clip_Bot, x"), [bot_command(0, 15)]);
        assert_eq!(entities("😀 /start"), [bot_command(3, 6)]);
        let mention = json!({"type": "mention", "offset": 0, "length": 9});
        assert_eq!(entities("@clip_bot bus @me"), [mention]);
        assert_eq!(entities("/ a/b // bus 1/2"), [Value::Null; 0]);
    }
}
