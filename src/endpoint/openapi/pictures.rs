//! The description of saving and forgetting, for an engine that does.

use serde_json::{Map, Value, json};

use super::{SEARCH, details, guard, responses};
use crate::search::{FOLDERS, Filter, MAX_CAPTION_CHARS, MAX_COLLECTIONS, MAX_NAME_CHARS, Reason};

const SAVE: &[Reason] = &[
    Reason::BadQuery,
    Reason::TooLarge,
    Reason::UnsupportedMedia,
    Reason::CollectionFull,
    Reason::DiskFull,
];
const FORGET: &[Reason] = &[Reason::BadQuery, Reason::NotFound, Reason::DiskFull];

/// The paths, each with what is described about it.
pub(super) fn paths() -> [(&'static str, Value); 2] {
    [
        (
            "/pictures",
            json!({ "post": save(), "patch": recaption(), "delete": forget_named() }),
        ),
        ("/pictures/{id}", json!({ "delete": forget_one() })),
    ]
}

/// The name of a collection, or a key.
pub(super) fn name() -> Value {
    let any = "[^\\x00-\\x1f\\x7f-\\x9f]";
    let visible = "[^\\s\\x00-\\x1f\\x7f-\\x9f]";
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_NAME_CHARS,
        "pattern": format!("^{any}*{visible}{any}*$"),
        "examples": ["user:42"],
    })
}

fn parameter(name: &str, about: &str, is_required: bool, schema: Value) -> Value {
    json!({
        "name": name,
        "in": "query",
        "description": about,
        "required": is_required,
        "schema": schema,
    })
}

/// The collections that are searched.
pub(super) fn collections() -> Value {
    json!({
        "name": Filter::COLLECTION,
        "in": "query",
        "description": "Search these collections of saved pictures, with the token; folders stands for the \
                        owner's folders",
        "schema": { "type": "array", "items": name(), "maxItems": MAX_COLLECTIONS },
        "explode": true,
    })
}

/// What can be said about a picture.
fn fields() -> Vec<Value> {
    let text = |most: usize| json!({ "type": "string", "maxLength": most });
    let day = "(0[1-9]|1[0-9]|2[0-8])";
    let year = "([0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})";
    let clock = "([01][0-9]|2[0-3]):[0-5][0-9]";
    let taken = format!("^({year}-(0[1-9]|1[0-2])-{day}(T{clock}:[0-5][0-9](Z|[+-]{clock})?)?)?$");
    let link = "^((https?|tg)://[^\\s\\x00-\\x1f\\x7f-\\x9f]*)?$";
    let mut collection = name();
    collection["not"] = json!({ "const": FOLDERS });
    vec![
        parameter("collection", "The collection's name", true, collection),
        parameter(
            "key",
            "The caller's own name for it, which a collection has once",
            false,
            name(),
        ),
        parameter(
            "caption",
            "What it is found by, too",
            false,
            text(MAX_CAPTION_CHARS),
        ),
        parameter(
            "taken",
            "When it was taken",
            false,
            json!({ "type": "string", "pattern": taken }),
        ),
        parameter(
            "file_id",
            "Telegram's id of its file",
            false,
            text(super::super::pictures::MAX_TEXT),
        ),
        parameter(
            "link",
            "Address of the message it came with",
            false,
            json!({ "type": "string", "pattern": link, "maxLength": super::super::pictures::MAX_TEXT }),
        ),
        parameter("by", "Who posted it", false, text(MAX_NAME_CHARS)),
        parameter("keep", "Whether its file is kept", false, details()),
        parameter(
            "once",
            "Whether it is left out if its collection has the same file",
            false,
            details(),
        ),
    ]
}

fn save() -> Value {
    let mut content = Map::new();
    for kind in ["image/jpeg", "image/png", "image/webp"] {
        content.insert(kind.to_owned(), json!({}));
    }
    let form = json!({
        "type": "object",
        "required": ["picture"],
        "properties": {
            "picture": { "type": "string", "contentMediaType": "image/jpeg", "format": "binary" },
        },
    });
    let encoding = json!({ "picture": { "contentType": "image/jpeg" } });
    let form = json!({ "schema": form, "encoding": encoding });
    content.insert("multipart/form-data".to_owned(), form);
    let mut responses = responses("Saved", &[SAVE, SEARCH], true);
    responses["201"] = responses["200"].clone();
    responses["200"]["description"] = "It was there already".into();
    responses["201"]["description"] = "It is saved, and survives a power cut".into();
    let mut operation = json!({
        "operationId": "save",
        "summary": "Saves a picture in a collection",
        "parameters": fields(),
        "requestBody": { "required": true, "content": content },
        "responses": responses,
    });
    guard(&mut operation, true);
    operation
}

fn recaption() -> Value {
    let mut collection = name();
    collection["not"] = json!({ "const": FOLDERS });
    let mut operation = json!({
        "operationId": "recaption",
        "summary": "Changes the caption of a saved picture",
        "parameters": [
            parameter("collection", "The collection's name", true, collection),
            parameter("key", "That of the picture", true, name()),
            parameter(
                "caption",
                "What it is found by from now on",
                true,
                json!({ "type": "string", "maxLength": MAX_CAPTION_CHARS }),
            ),
        ],
        "responses": responses("Saved", &[FORGET, SEARCH], true),
    });
    guard(&mut operation, true);
    operation
}

fn forget_named() -> Value {
    let mut operation = json!({
        "operationId": "forgetNamed",
        "summary": "Forgets a picture by its key, or a whole collection",
        "parameters": [
            parameter("collection", "The collection's name", true, name()),
            parameter("key", "That of the picture; without it the whole collection", false, name()),
            parameter(
                "by",
                "Forget the picture only if they posted it",
                false,
                json!({ "type": "string", "maxLength": MAX_NAME_CHARS }),
            ),
        ],
        "responses": responses("Forgotten", &[FORGET, SEARCH], true),
    });
    guard(&mut operation, true);
    operation
}

fn forget_one() -> Value {
    let mut operation = json!({
        "operationId": "forget",
        "summary": "Forgets a saved picture",
        "parameters": [{
            "name": "id",
            "in": "path",
            "required": true,
            "description": "From an answer",
            "schema": { "type": "string", "minLength": 1 },
        }],
        "responses": responses("Forgotten", &[FORGET, SEARCH], true),
    });
    guard(&mut operation, true);
    operation
}

/// What is answered.
pub(super) fn schemas() -> [(&'static str, Value); 2] {
    let id = json!({ "type": "string", "pattern": "^[0-9a-f]{48}$" });
    let count = json!({ "type": "integer", "minimum": 0 });
    [
        (
            "Saved",
            json!({ "type": "object", "required": ["id"], "properties": { "id": id } }),
        ),
        (
            "Forgotten",
            json!({ "type": "object", "required": ["forgotten"], "properties": { "forgotten": count } }),
        ),
    ]
}
