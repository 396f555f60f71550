//! What an object in a Space's answer tells: where its picture is, and what is known about it.

use serde_json::{Map, Value};

use super::links::caption;
use super::locations::{Location, Locations, Sureness};
use super::text;
use crate::search::Hit;

/// Where an object has its picture, the usual names first. Of several, the one that is surest to
/// be a picture counts: the others are of web pages, or of other sizes.
const ADDRESS_KEYS: [&str; 46] = [
    "image_url",
    "img_url",
    "photo_image_url",
    "picture_url",
    "image",
    "img",
    "picture",
    "photo",
    "regular",
    "large",
    "full",
    "original",
    "medium",
    "url",
    "urls",
    "src",
    "sizes",
    "media",
    "media_url",
    "file_url",
    "download_url",
    "uri",
    "image_path",
    "img_path",
    "photo_path",
    "path",
    "file_path",
    "filepath",
    "file",
    "filename",
    "file_name",
    "image_name",
    "name",
    "composite",
    "background",
    "raw",
    "small",
    "photo_url",
    "href",
    "link",
    "page",
    "page_url",
    "thumbnail_url",
    "thumbnail",
    "thumb",
    "label",
];
/// Of those, the last that say nothing about a picture by themselves.
const PLAIN_KEYS: [&str; 6] = ["name", "label", "file", "media", "background", "page"];
/// Where an object has a list of results.
const RESULT_KEYS: [&str; 19] = [
    "results",
    "images",
    "photos",
    "pictures",
    "items",
    "hits",
    "matches",
    "confidences",
    "data",
    "urls",
    "paths",
    "files",
    "neighbors",
    "gallery",
    "predictions",
    "metadatas",
    "uris",
    "docs",
    "documents",
];
/// Names of a flag for pictures that are to be hidden until somebody asks to see them.
const SENSITIVE_KEYS: [&str; 5] = ["sensitive", "is_sensitive", "nsfw", "is_nsfw", "spoiler"];
const CAPTION_KEYS: [&str; 5] = ["caption", "title", "alt", "description", "alt_description"];
const THUMBNAIL_KEYS: [&str; 4] = ["thumbnail_url", "thumb_url", "thumbnail", "thumb"];
const SCORE_KEYS: [&str; 3] = ["score", "similarity", "confidence"];

/// Where an object's picture is.
pub(super) enum Photo<'a> {
    At(Location),
    File(&'a Map<String, Value>),
    /// Somewhere in this value.
    In(&'a Value),
}

/// Whether `object` is one of Gradio's files.
pub(super) fn is_file(object: &Map<String, Value>) -> bool {
    let typed = object.get("meta").and_then(|meta| text(meta, "_type"));
    typed == Some("gradio.FileData")
        || object.contains_key("orig_name")
        || object.contains_key("is_file")
}

/// Whether `object` is a message of a chat that is no answer.
pub(super) fn is_question(object: &Map<String, Value>) -> bool {
    let role = object.get("role").and_then(Value::as_str);
    role.is_some_and(|role| role != "assistant") && object.contains_key("content")
}

/// The list of results in `object`.
pub(super) fn results(object: &Map<String, Value>) -> Option<&Value> {
    let list = |key: &&str| object.get(*key).filter(|value| value.is_array());
    let lists = RESULT_KEYS.iter().filter_map(list);
    lists
        .clone()
        .find(|value| holds(value))
        .or_else(|| lists.clone().next())
}

/// Whether anything is in a list, which may be one of lists.
fn holds(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => items.iter().any(holds),
        _ => true,
    }
}

/// Where the picture of `object` is; none where no field of it says.
pub(super) fn photo<'a>(
    object: &'a Map<String, Value>,
    locations: &Locations,
) -> Option<Photo<'a>> {
    best(object, locations).map(|(_, photo)| photo)
}

fn best<'a>(
    object: &'a Map<String, Value>,
    locations: &Locations,
) -> Option<(Sureness, Photo<'a>)> {
    let mut found: Option<(Sureness, Photo<'a>)> = None;
    for key in ADDRESS_KEYS {
        let value = object
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key));
        let is_plain = PLAIN_KEYS.contains(&key);
        let candidate = match value.map(|(_, value)| value) {
            Some(value @ Value::String(text)) => if is_plain {
                locations.in_data(text)
            } else {
                locations.in_field(text)
            }
            .map(|location| (location.sureness(), Photo::At(location)))
            .or_else(|| marked(text).then_some((Sureness::Perhaps, Photo::In(value)))),
            Some(Value::Object(inner)) if is_file(inner) => {
                Some((Sureness::Yes, Photo::File(inner)))
            }
            Some(Value::Object(inner)) => best(inner, locations),
            Some(list @ Value::Array(items)) if !items.is_empty() && !is_plain => {
                Some((Sureness::Perhaps, Photo::In(list)))
            }
            _ => None,
        };
        if let Some((sureness, photo)) = candidate
            && sureness != Sureness::No
            && found.as_ref().is_none_or(|(before, _)| sureness > *before)
        {
            found = Some((sureness, photo));
        }
    }
    found
}

/// Whether `text` shows a picture with markup.
fn marked(text: &str) -> bool {
    text.contains("<img") || text.contains("![")
}

/// A row of a table as an object, where its columns have names that say what they hold.
pub(super) fn from_row(headers: &Value, row: &Value) -> Option<Map<String, Value>> {
    let (headers, cells) = (headers.as_array()?, row.as_array()?);
    let object: Map<String, Value> = headers
        .iter()
        .zip(cells)
        .filter_map(|(header, cell)| Some((as_key(header.as_str()?), cell.clone())))
        .collect();
    let telling =
        |key: &String| ADDRESS_KEYS.contains(&key.as_str()) && !PLAIN_KEYS.contains(&key.as_str());
    object.keys().any(telling).then_some(object)
}

fn as_key(header: &str) -> String {
    header.trim().to_lowercase().replace([' ', '-'], "_")
}

/// Whether a flag is set, as JSON, or as tables of Python write it.
fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        Some(value) => *value == Value::Bool(true) || value.as_u64() == Some(1),
        None => false,
    }
}

/// What an object tells about its picture, over what is known `about` it already.
pub(super) fn details(object: &Map<String, Value>, about: &Hit) -> Hit {
    let pixels = |key: &str| {
        let number = object.get(key).and_then(Value::as_u64);
        number.and_then(|number| u32::try_from(number).ok())
    };
    let string = |key: &&str| object.get(*key).and_then(Value::as_str);
    let thumbnail = THUMBNAIL_KEYS.iter().find_map(string);
    let mut scores = SCORE_KEYS.iter().filter_map(|key| object.get(*key));
    Hit {
        url: String::new(),
        thumbnail_url: thumbnail
            .filter(|url| Hit::is_address(url))
            .map(str::to_owned)
            .or_else(|| about.thumbnail_url.clone()),
        width: pixels("width").or(about.width),
        height: pixels("height").or(about.height),
        caption: CAPTION_KEYS
            .iter()
            .find_map(|key| caption(string(key)?))
            .or_else(|| about.caption.clone()),
        score: scores.find_map(Value::as_f64).or(about.score),
        sensitive: about.sensitive || SENSITIVE_KEYS.iter().any(|key| is_true(object.get(*key))),
        ..Hit::default()
    }
}
