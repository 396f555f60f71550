//! The requests this bot makes, built as JSON objects. A test judges every one of them against
//! an independent set of Bot API types.

use serde_json::{Map, Value, json};

use crate::http::Bytes;

/// One Bot API request.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Method name as in the documentation.
    pub method: &'static str,
    /// Its parameters.
    pub parameters: Map<String, Value>,
    /// Files sent along; a parameter names each by `attach://name`.
    pub files: Vec<Attachment>,
}

/// A file in a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Attachment {
    /// Name that `attach://` refers to.
    pub name: String,
    /// Name the receiver sees.
    pub file_name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Content.
    pub bytes: Bytes,
}

/// Where an answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Address {
    /// The chat.
    pub chat: i64,
    /// The topic in it.
    pub thread: Option<i64>,
    /// The message that is answered.
    pub reply_to: Option<i64>,
}

/// A picture for [`send_photo`] or [`send_media_group`].
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    /// `file_id`, http(s) address, or `attach://name` of `file`.
    pub media: String,
    /// Shown under the picture, at most 1,024 characters.
    pub caption: Option<String>,
    /// The file, when it is uploaded.
    pub file: Option<Attachment>,
    /// Whether it is covered until somebody taps it; a file sent as one cannot be.
    pub is_covered: bool,
}

impl Call {
    /// A request without parameters.
    #[must_use]
    pub fn new(method: &'static str) -> Self {
        Self {
            method,
            parameters: Map::new(),
            files: Vec::new(),
        }
    }

    /// Sets a parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a keyboard; `Value::Null` adds nothing.
    #[must_use]
    pub fn markup(self, markup: Value) -> Self {
        if markup.is_null() {
            self
        } else {
            self.with("reply_markup", markup)
        }
    }

    fn to(self, address: Address) -> Self {
        let mut call = self.with("chat_id", address.chat);
        if let Some(thread) = address.thread {
            call = call.with("message_thread_id", thread);
        }
        if let Some(message) = address.reply_to {
            let reply = json!({ "message_id": message, "allow_sending_without_reply": true });
            call = call.with("reply_parameters", reply);
        }
        call
    }

    /// The chat that this request is sent to.
    #[must_use]
    pub fn chat(&self) -> Option<i64> {
        self.parameters.get("chat_id")?.as_i64()
    }

    /// Takes the captions away; whether there were any.
    pub fn drop_captions(&mut self) -> bool {
        let own = self.parameters.remove("caption").is_some();
        let media = self
            .parameters
            .get_mut("media")
            .and_then(Value::as_array_mut);
        let items = media.into_iter().flatten().filter_map(Value::as_object_mut);
        let of_items = items.filter_map(|item| item.remove("caption")).count();
        own || of_items > 0
    }

    /// Whether sending it twice has the same effect as sending it once.
    #[must_use]
    pub fn is_idempotent(&self) -> bool {
        !self.method.starts_with("send") || self.method == "sendChatAction"
    }
}

/// `sendMessage` of plain text, 1 to 4,096 characters.
#[must_use]
pub fn send_message(to: Address, text: &str) -> Call {
    Call::new("sendMessage").to(to).with("text", text)
}

/// `editMessageText` to plain text.
#[must_use]
pub fn edit_message_text(chat: i64, message: i64, text: &str) -> Call {
    Call::new("editMessageText")
        .with("chat_id", chat)
        .with("message_id", message)
        .with("text", text)
}

/// `editMessageReplyMarkup`: message number `message` of ours loses its buttons.
#[must_use]
pub fn without_buttons(chat: i64, message: i64) -> Call {
    Call::new("editMessageReplyMarkup")
        .with("chat_id", chat)
        .with("message_id", message)
}

/// `getFile`: where the file with this `file_id` can be downloaded.
#[must_use]
pub fn get_file(file_id: &str) -> Call {
    Call::new("getFile").with("file_id", file_id)
}

/// `getChat`: everything about the chat.
#[must_use]
pub fn get_chat(chat: i64) -> Call {
    Call::new("getChat").with("chat_id", chat)
}

/// `getChatMemberCount`.
#[must_use]
pub fn get_chat_member_count(chat: i64) -> Call {
    Call::new("getChatMemberCount").with("chat_id", chat)
}

/// `getChatMember`: what `user` is in `chat`; Telegram says it surely of others only where the bot is an
/// administrator.
#[must_use]
pub fn get_chat_member(chat: i64, user: i64) -> Call {
    Call::new("getChatMember")
        .with("chat_id", chat)
        .with("user_id", user)
}

/// `getChatAdministrators`.
#[must_use]
pub fn get_chat_administrators(chat: i64) -> Call {
    Call::new("getChatAdministrators").with("chat_id", chat)
}

/// `sendChatAction` "sending a photo", which the chat shows for 5 s.
#[must_use]
pub fn send_upload_action(to: Address) -> Call {
    let to = Address {
        reply_to: None,
        ..to
    };
    Call::new("sendChatAction")
        .to(to)
        .with("action", "upload_photo")
}

/// `sendPhoto`.
#[must_use]
pub fn send_photo(to: Address, photo: Photo) -> Call {
    let is_covered = photo.is_covered;
    let call = send_file("sendPhoto", "photo", to, photo);
    if is_covered {
        call.with("has_spoiler", true)
    } else {
        call
    }
}

/// `sendDocument`: the picture as a file, in any size and shape.
#[must_use]
pub fn send_document(to: Address, photo: Photo) -> Call {
    send_file("sendDocument", "document", to, photo)
}

fn send_file(method: &'static str, field: &str, to: Address, photo: Photo) -> Call {
    let mut call = Call::new(method).to(to).with(field, photo.media);
    if let Some(caption) = photo.caption {
        call = call.with("caption", caption);
    }
    call.files.extend(photo.file);
    call
}

/// `sendMediaGroup` of 2 to 10 pictures.
#[must_use]
pub fn send_media_group(to: Address, photos: Vec<Photo>) -> Call {
    let mut files = Vec::new();
    let mut media = Vec::new();
    for photo in photos {
        let mut item = json!({ "type": "photo", "media": photo.media });
        if let Some(caption) = photo.caption {
            item["caption"] = caption.into();
        }
        if photo.is_covered {
            item["has_spoiler"] = true.into();
        }
        media.push(item);
        files.extend(photo.file);
    }
    Call {
        files,
        ..Call::new("sendMediaGroup").to(to).with("media", media)
    }
}

/// `answerCallbackQuery`: the button stops spinning, and `words` (up to 200 characters) are shown to
/// who pressed it.
#[must_use]
pub fn answer_callback_query(id: &str, words: Option<&str>) -> Call {
    let call = Call::new("answerCallbackQuery").with("callback_query_id", id);
    match words {
        Some(words) => call.with("text", words),
        None => call,
    }
}

/// A picture for [`answer_inline_query`].
#[derive(Debug, Clone, PartialEq)]
pub enum InlinePhoto {
    /// One that Telegram has.
    Cached {
        /// Its `file_id`.
        file_id: String,
    },
    /// One that Telegram has as a file.
    CachedFile {
        /// Its `file_id`.
        file_id: String,
        /// What it is called in the list.
        title: String,
    },
    /// A JPEG of at most 5 MB, which Telegram fetches.
    Remote {
        /// Its address, https.
        url: String,
        /// Address of a smaller version, https.
        thumbnail: String,
        /// In pixels. Without a size, some apps show nothing at first.
        width: u32,
        /// In pixels.
        height: u32,
    },
}

/// `answerInlineQuery` with at most 50 pictures and their captions, for who asked alone; `next` (up
/// to 64 bytes) is sent back for the next page. `cache` seconds long, Telegram may give the same answer
/// again.
#[must_use]
pub fn answer_inline_query(
    id: &str,
    photos: Vec<(InlinePhoto, Option<String>)>,
    next: &str,
    cache: u64,
) -> Call {
    let results = photos
        .into_iter()
        .enumerate()
        .map(|(index, (photo, caption))| {
            let mut result = match photo {
                InlinePhoto::Cached { file_id } => json!({ "photo_file_id": file_id }),
                InlinePhoto::CachedFile { file_id, title } => {
                    json!({ "type": "document", "document_file_id": file_id, "title": title })
                }
                InlinePhoto::Remote {
                    url,
                    thumbnail,
                    width,
                    height,
                } => json!({ "photo_url": url, "thumbnail_url": thumbnail,
                "photo_width": width, "photo_height": height }),
            };
            if result.get("type").is_none() {
                result["type"] = "photo".into();
            }
            result["id"] = index.to_string().into();
            if let Some(caption) = caption {
                result["caption"] = caption.into();
            }
            result
        });
    Call::new("answerInlineQuery")
        .with("inline_query_id", id)
        .with("results", results.collect::<Vec<Value>>())
        .with("next_offset", next)
        .with("cache_time", cache)
        .with("is_personal", true)
}

/// The button above inline results: it leads to the chat with the bot, by `/start` and `parameter`
/// (1 to 64 of `A-Za-z0-9_-`).
#[must_use]
pub fn inline_results_button(label: &str, parameter: &str) -> Value {
    json!({ "text": label, "start_parameter": parameter })
}

/// An inline keyboard of one row, from (label, callback data of 1 to 64 bytes).
#[must_use]
pub fn buttons(row: &[(&str, String)]) -> Value {
    let row: Vec<Value> = row
        .iter()
        .map(|(text, data)| json!({ "text": text, "callback_data": data }))
        .collect();
    json!({ "inline_keyboard": [row] })
}

/// Asks the app to open a reply to this message, with `placeholder` (1 to 64 characters).
#[must_use]
pub fn force_reply(placeholder: &str) -> Value {
    json!({ "force_reply": true, "input_field_placeholder": placeholder, "selective": true })
}
