//! What each method does, once its parameters are known to be well-formed.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::call::{Call, Refusal};
use super::event::Event;
use super::files::{FileKind, FileRefusal, StoredFile};
use super::members;
use super::state::ServerState;

/// What was fetched from each address in a request.
pub(super) type FetchedFiles = HashMap<String, Result<Vec<u8>, String>>;
/// The result for the bot, and the events for the page.
pub(super) type Performed = Result<(Value, Vec<Event>), Refusal>;

/// Does what `call` asks for. `getUpdates` is not here, since it waits.
pub(super) fn perform(state: &mut ServerState, call: &Call, fetched: &FetchedFiles) -> Performed {
    let parameters = &call.parameters;
    let quietly = |result: Value| Ok((result, Vec::new()));
    match call.method.as_str() {
        "getMe" => quietly(state.get_me()),
        "getWebhookInfo" => quietly(
            json!({"url": state.webhook, "has_custom_certificate": false,
            "pending_update_count": state.updates.ids().len()}),
        ),
        "setWebhook" | "deleteWebhook" => {
            if parameters["drop_pending_updates"] == true {
                state.updates.clear();
            }
            let url = parameters["url"].as_str().unwrap_or_default();
            url.clone_into(&mut state.webhook);
            quietly(true.into())
        }
        "setMyCommands" | "deleteMyCommands" => set_commands(state, parameters),
        "getMyCommands" => {
            let list = state.commands.get(&commands_key(parameters));
            quietly(list.cloned().unwrap_or_else(|| json!([])))
        }
        "getMyDescription" => quietly(described(state, "description", parameters)),
        "getMyShortDescription" => quietly(described(state, "short_description", parameters)),
        "setMyDescription" => quietly(describe(state, "description", parameters)),
        "setMyShortDescription" => quietly(describe(state, "short_description", parameters)),
        "sendMessage" => {
            // Blanks at both ends are cut off.
            let text = parameters["text"].as_str().unwrap_or_default().trim();
            let fields = json!({"text": text, "entities": parameters["entities"]});
            send(state, parameters, fields)
        }
        "sendPhoto" => {
            let photo = file(state, call, fetched, &parameters["photo"], FileKind::Photo);
            let photo = photo.map_err(|refusal| Refusal::bad(refusal.single))?;
            send(state, parameters, media_fields(&photo, parameters))
        }
        "sendDocument" => {
            let kind = FileKind::Document;
            let document = file(state, call, fetched, &parameters["document"], kind);
            let document = document.map_err(|refusal| Refusal::bad(refusal.single))?;
            send(state, parameters, media_fields(&document, parameters))
        }
        "sendMediaGroup" => send_album(state, call, fetched),
        "editMessageText" | "editMessageReplyMarkup" => edit(state, call),
        "deleteMessage" => delete(state, parameters),
        "sendChatAction" => show_action(state, parameters),
        "answerCallbackQuery" => answer_callback(state, parameters),
        "answerInlineQuery" => answer_inline(state, parameters, fetched),
        "getChat" => quietly(state.chats.find(&parameters["chat_id"])?.full_info()),
        "getChatMember" => quietly(members::get(state, parameters)?),
        "getChatMemberCount" => {
            let members = state.chats.find(&parameters["chat_id"])?.members.len();
            quietly((members + 1).into())
        }
        "getChatAdministrators" => {
            let me = state.me.clone();
            quietly(state.chats.administrators(&parameters["chat_id"], &me)?)
        }
        "getFile" => get_file(state, parameters),
        _ => Err(Refusal::new(404, "Not Found: method not found")),
    }
}

/// Removes a message from its chat.
fn delete(state: &mut ServerState, parameters: &Value) -> Performed {
    let chat = state.chats.find(&parameters["chat_id"])?;
    let id = &parameters["message_id"];
    if !chat.remove(id) {
        return Err(Refusal::bad("message to delete not found"));
    }
    let deleted = json!({"chat_id": chat.id(), "message_id": id});
    Ok((true.into(), vec![Event::new("deleted", deleted)]))
}

/// Shows in a chat what the bot is doing.
fn show_action(state: &mut ServerState, parameters: &Value) -> Performed {
    let chat = state.chats.find(&parameters["chat_id"])?;
    chat.place(parameters)?;
    let action = json!({"chat_id": chat.id(), "action": parameters["action"]});
    Ok((true.into(), vec![Event::new("action", action)]))
}

/// Answers a press on a button.
fn answer_callback(state: &mut ServerState, parameters: &Value) -> Performed {
    let id = &parameters["callback_query_id"];
    state.check_query(id)?;
    let answer = json!({"id": id, "text": parameters["text"],
        "show_alert": parameters["show_alert"] == true});
    Ok((true.into(), vec![Event::new("callback", answer)]))
}

/// Says where a file can be downloaded.
fn get_file(state: &mut ServerState, parameters: &Value) -> Performed {
    let id = parameters["file_id"].as_str().unwrap_or_default();
    let Some(file) = state.files.get(id) else {
        return Err(Refusal::bad("invalid file_id"));
    };
    let file = file
        .to_file(id)
        .ok_or_else(|| Refusal::bad("file is too big"))?;
    Ok((file, Vec::new()))
}

/// Every address in `call` whose content is needed and not known yet.
pub(super) fn addresses(state: &ServerState, call: &Call) -> Vec<String> {
    let kind = if call.method == "sendDocument" {
        FileKind::Document
    } else {
        FileKind::Photo
    };
    let mut wanted: Vec<&str> = match call.method.as_str() {
        "sendPhoto" | "sendDocument" | "sendMediaGroup" => call.media(),
        "answerInlineQuery" => {
            let results = call.parameters["results"].as_array();
            results
                .into_iter()
                .flatten()
                .filter_map(|result| result["thumbnail_url"].as_str())
                .collect()
        }
        _ => Vec::new(),
    };
    wanted.retain(|media| is_address(media) && state.files.remembered(media, kind).is_none());
    wanted.into_iter().map(str::to_owned).collect()
}

fn is_address(media: &str) -> bool {
    media.starts_with("http://") || media.starts_with("https://")
}

/// The file that `media` names: by `file_id`, address or `attach://`.
fn file(
    state: &mut ServerState,
    call: &Call,
    fetched: &FetchedFiles,
    media: &Value,
    kind: FileKind,
) -> Result<StoredFile, FileRefusal> {
    let media = media.as_str().unwrap_or_default();
    let files = &mut state.files;
    if let Some(name) = media.strip_prefix("attach://") {
        let Some(bytes) = call.file(name) else {
            let what = if kind == FileKind::Photo {
                "photo"
            } else {
                "document"
            };
            let words = format!("there is no {what} in the request");
            return Err(FileRefusal::new(&words, &words));
        };
        return match kind {
            FileKind::Photo => files.photo(bytes, false),
            FileKind::Document => Ok(files.document(bytes)),
        };
    }
    if is_address(media) {
        if let Some(known) = files.remembered(media, kind) {
            return Ok(known.clone());
        }
        let Some(Ok(bytes)) = fetched.get(media) else {
            return Err(FileRefusal::not_fetched());
        };
        let file = match kind {
            FileKind::Photo => files.photo(bytes, true)?,
            FileKind::Document => files.document(bytes),
        };
        files.remember(media, &file);
        return Ok(file);
    }
    match files.get(media) {
        Some(file) if file.kind == kind => Ok(file.clone()),
        Some(file) => {
            let words = format!("can't use file of type {:?} as {kind:?}", file.kind);
            Err(FileRefusal::new(&words, &words))
        }
        None => {
            let words = "wrong file identifier/HTTP URL specified";
            Err(FileRefusal::new(words, words))
        }
    }
}

fn media_fields(file: &StoredFile, parameters: &Value) -> Value {
    let mut fields = json!({
        "caption": parameters["caption"],
        "caption_entities": parameters["caption_entities"],
    });
    match file.kind {
        FileKind::Photo => fields["photo"] = file.to_photo(),
        FileKind::Document => fields["document"] = file.to_document(),
    }
    if fields["caption"] == "" {
        fields["caption"] = Value::Null;
    }
    fields
}

/// Adds one message of the bot.
fn send(state: &mut ServerState, parameters: &Value, mut fields: Value) -> Performed {
    let chat = state.chats.find(&parameters["chat_id"])?;
    let place = chat.place(parameters)?;
    if let (Some(fields), Value::Object(place)) = (fields.as_object_mut(), place) {
        fields.extend(place);
    }
    let markup = &parameters["reply_markup"];
    // Other keyboards belong to the writing line of the app, not to the message: whoever watches
    // is told of them once, with the event.
    if markup.get("inline_keyboard").is_some() {
        fields["reply_markup"] = markup.clone();
    }
    let message = chat.add(&state.me, fields);
    let mut shown = message.clone();
    if markup.is_object() {
        shown["reply_markup"] = markup.clone();
    }
    let event = Event::message(&shown, false);
    Ok((message, vec![event]))
}

fn send_album(state: &mut ServerState, call: &Call, fetched: &FetchedFiles) -> Performed {
    let parameters = &call.parameters;
    let items = parameters["media"].as_array().cloned().unwrap_or_default();
    state
        .chats
        .find(&parameters["chat_id"])?
        .place(parameters)?;
    let kinds = items.iter().map(|item| item["type"].as_str());
    if kinds
        .clone()
        .any(|kind| kind != kinds.clone().next().flatten())
    {
        let words = "can't use the media of the specified type in the album";
        return Err(Refusal::bad(words));
    }
    let mut all = Vec::new();
    for (number, item) in items.iter().enumerate() {
        let kind = if item["type"] == "photo" {
            FileKind::Photo
        } else {
            FileKind::Document
        };
        let file = file(state, call, fetched, &item["media"], kind).map_err(|refusal| {
            Refusal::bad(format!(
                "failed to send message #{} with the error message \"{}\"",
                number + 1,
                refusal.in_album
            ))
        })?;
        all.push(media_fields(&file, item));
    }
    state.albums += 1;
    let group = format!("{}", 13_000_000_000_000_000 + state.albums);
    let (mut messages, mut events) = (Vec::new(), Vec::new());
    for mut fields in all {
        fields["media_group_id"] = group.clone().into();
        let (message, seen) = send(state, parameters, fields)?;
        messages.push(message);
        events.extend(seen);
    }
    Ok((messages.into(), events))
}

fn edit(state: &mut ServerState, call: &Call) -> Performed {
    let parameters = &call.parameters;
    if parameters.get("inline_message_id").is_some() {
        return Err(Refusal::bad("MESSAGE_ID_INVALID"));
    }
    if parameters.get("chat_id").is_none() {
        return Err(Refusal::bad("chat_id is empty"));
    }
    if parameters.get("message_id").is_none() {
        return Err(Refusal::bad("message identifier is not specified"));
    }
    let me = state.me["id"].clone();
    let chat = state.chats.find(&parameters["chat_id"])?;
    let Some(message) = chat.message_mut(&parameters["message_id"]) else {
        return Err(Refusal::bad("message to edit not found"));
    };
    if message["from"]["id"] != me {
        return Err(Refusal::bad("message can't be edited"));
    }
    let mut new = message.clone();
    let Some(fields) = new.as_object_mut() else {
        return Err(Refusal::bad("message can't be edited"));
    };
    if call.method == "editMessageText" {
        if !fields.contains_key("text") {
            return Err(Refusal::bad("there is no text in the message to edit"));
        }
        let text = parameters["text"].as_str().unwrap_or_default().trim();
        fields.insert("text".into(), text.into());
        fields.remove("entities");
        if let Some(entities) = parameters.get("entities") {
            fields.insert("entities".into(), entities.clone());
        }
    }
    let rows = parameters["reply_markup"]["inline_keyboard"].as_array();
    if rows.is_some_and(|rows| !rows.is_empty()) {
        fields.insert("reply_markup".into(), parameters["reply_markup"].clone());
    } else {
        fields.remove("reply_markup");
    }
    if new == *message {
        return Err(Refusal::bad(
            "message is not modified: specified new message content and reply markup are exactly \
             the same as a current content and reply markup of the message",
        ));
    }
    new["edit_date"] = super::chats::now().into();
    message.clone_from(&new);
    let event = Event::message(&new, true);
    Ok((new, vec![event]))
}

fn commands_key(parameters: &Value) -> (String, String) {
    let scope = match parameters.get("scope") {
        None => "default".to_owned(),
        Some(scope) if scope["type"] == "default" => "default".to_owned(),
        Some(scope) => scope.to_string(),
    };
    (scope, language_of(parameters))
}

fn set_commands(state: &mut ServerState, parameters: &Value) -> Performed {
    let commands = parameters["commands"].as_array();
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    for command in commands.into_iter().flatten() {
        let name = command["command"].as_str().unwrap_or_default();
        // One slash in front is forgiven.
        if !name.strip_prefix('/').unwrap_or(name).bytes().all(allowed) {
            return Err(Refusal::bad("BOT_COMMAND_INVALID"));
        }
    }
    let key = commands_key(parameters);
    match commands {
        Some(list) if !list.is_empty() => state.commands.insert(key, list.clone().into()),
        _ => state.commands.remove(&key),
    };
    let event = Event::new("commands", state.shown_commands());
    Ok((true.into(), vec![event]))
}

fn language_of(parameters: &Value) -> String {
    let language = parameters["language_code"].as_str();
    language.unwrap_or_default().to_owned()
}

fn described(state: &ServerState, name: &'static str, parameters: &Value) -> Value {
    let own = (name, language_of(parameters));
    json!({name: state.descriptions.get(&own).cloned().unwrap_or_default()})
}

fn describe(state: &mut ServerState, name: &'static str, parameters: &Value) -> Value {
    let text = parameters[name].as_str().unwrap_or_default();
    let own = (name, language_of(parameters));
    state.descriptions.insert(own, text.to_owned());
    true.into()
}

/// Pictures are shown out of this server, as Telegram shows them out of its own: a result on the
/// page has `thumbnail_file_id` when its thumbnail could be had.
fn answer_inline(state: &mut ServerState, parameters: &Value, fetched: &FetchedFiles) -> Performed {
    let id = &parameters["inline_query_id"];
    state.check_query(id)?;
    let mut results = parameters["results"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let mut ids = std::collections::HashSet::new();
    for result in &mut results {
        if !ids.insert(result["id"].to_string()) {
            return Err(Refusal::bad("RESULT_ID_DUPLICATE"));
        }
        if let Some(file_id) = result["photo_file_id"].as_str() {
            if state.files.get(file_id).is_none() {
                return Err(Refusal::bad("wrong file identifier/HTTP URL specified"));
            }
            result["thumbnail_file_id"] = file_id.into();
        } else if let Some(address) = result["thumbnail_url"].as_str().map(str::to_owned) {
            let files = &mut state.files;
            let thumbnail = match files.remembered(&address, FileKind::Photo) {
                Some(known) => Some(known.clone()),
                None => match fetched.get(&address) {
                    Some(Ok(bytes)) => files.photo(bytes, true).ok(),
                    _ => None,
                },
            };
            if let Some(file) = thumbnail {
                files.remember(&address, &file);
                result["thumbnail_file_id"] = file.to_photo()[1]["file_id"].clone();
            }
        }
    }
    let shown = json!({"id": id, "results": results, "button": parameters["button"],
        "next_offset": parameters["next_offset"].as_str().unwrap_or_default()});
    Ok((true.into(), vec![Event::new("inline", shown)]))
}
