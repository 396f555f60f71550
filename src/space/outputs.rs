//! Finds the pictures in whatever a function returns.
//!
//! Galleries of every version, files, addresses in lists, objects, tables, text, Markdown and
//! HTML, each also inside `gr.update`. Pictures without an address (`data:`) cannot be passed on.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::{refusal, text};
use crate::http::percent_encode;
use crate::search::{Failure, Hit, MAX_LIMIT};

/// Longest address that is passed on, in bytes.
const MAX_URL: usize = 2048;
/// Longest caption that is passed on, in characters.
const MAX_CAPTION: usize = 500;
/// Where a plain object has the address of its picture: the first of these that is there. Other
/// addresses in it are of web pages.
const ADDRESS_KEYS: [&str; 6] = [
    "url",
    "image_url",
    "image",
    "src",
    "photo_image_url",
    "thumb",
];
const CAPTION_KEYS: [&str; 4] = ["caption", "title", "alt", "description"];
const THUMBNAIL_KEYS: [&str; 2] = ["thumbnail_url", "thumb"];

/// The pictures in `outputs`, best first, each once, at most 50.
///
/// `kinds` are the outputs' components; `files` is what a path on the server is appended to, and
/// `public` replaces that and the folder of each file.
///
/// # Errors
/// [`crate::search::Reason::SpaceMismatch`] when the outputs are not empty, but hold no address.
pub(super) fn hits(
    outputs: &[Value],
    kinds: &[String],
    files: &str,
    public: Option<&str>,
) -> Result<Vec<Hit>, Failure> {
    let is_one_of = |kind: &str, list: &[&str]| list.contains(&kind);
    let pictures = kinds
        .iter()
        .any(|kind| is_one_of(kind, &["gallery", "image", "file"]));
    let mut finder = Finder {
        files,
        public,
        hits: Vec::new(),
        inline: false,
        empty: false,
    };
    for (position, output) in outputs.iter().enumerate() {
        let kind = kinds.get(position).map_or("", String::as_str);
        // Beside pictures, text tells about them and links to pages.
        if !(pictures && is_one_of(kind, &["markdown", "html"])) {
            finder.walk(output, &Hit::default());
        }
    }
    let mut seen = HashSet::new();
    let mut hits = finder.hits;
    hits.retain(|hit| hit.url.len() <= MAX_URL && seen.insert(hit.url.clone()));
    hits.truncate(MAX_LIMIT);
    if !hits.is_empty() {
        Ok(hits)
    } else if finder.inline {
        Err(refusal::mismatch(
            "the Space sends inline images, which have no address to pass on",
        ))
    } else if finder.empty || pictures || outputs.iter().all(is_blank) {
        Ok(hits)
    } else {
        Err(refusal::mismatch(
            "the Space's answer holds no address of a picture",
        ))
    }
}

struct Finder<'a> {
    files: &'a str,
    public: Option<&'a str>,
    hits: Vec<Hit>,
    /// There was a picture without an address.
    inline: bool,
    /// There was an empty list, the plainest way to say that nothing was found.
    empty: bool,
}

impl Finder<'_> {
    /// Adds the pictures in `value`; `about` has what is known about them from around it.
    fn walk(&mut self, value: &Value, about: &Hit) {
        match value {
            Value::String(text) => self.read_text(text, about),
            Value::Array(items) => match items.as_slice() {
                [] => self.empty = true,
                // Gradio 3: a file and its caption.
                [
                    Value::Object(file),
                    caption @ (Value::String(_) | Value::Null),
                ] if is_file(file) => {
                    self.add_file(
                        file,
                        &Hit {
                            caption: caption_of(caption),
                            ..about.clone()
                        },
                    );
                }
                items => items.iter().for_each(|item| self.walk(item, about)),
            },
            Value::Object(object) => self.read_object(object, about),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn read_object(&mut self, object: &Map<String, Value>, about: &Hit) {
        if object.get("__type__").is_some_and(|kind| kind == "update") {
            self.walk(object.get("value").unwrap_or(&Value::Null), about);
        } else if is_file(object) {
            self.add_file(object, about);
        } else if object.contains_key("headers")
            && let Some(rows) = object.get("data")
        {
            self.walk(rows, about);
        } else if object.contains_key("video") {
            // A gallery may hold films, which are not what was asked for.
        } else if let Some(picture) = ADDRESS_KEYS
            .iter()
            .find_map(|key| object.get(*key).filter(|value| !value.is_null()))
        {
            self.walk(picture, &details(object, about));
        } else {
            object.values().for_each(|value| self.walk(value, about));
        }
    }

    fn add_file(&mut self, file: &Map<String, Value>, about: &Hit) {
        let string = |key: &str| {
            file.get(key)
                .and_then(Value::as_str)
                .filter(|value| !value.is_empty())
        };
        let inline = string("data").is_some_and(|data| data.starts_with("data:"));
        let other_kind = string("mime_type").is_some_and(|kind| !kind.starts_with("image/"));
        match string("path")
            .or_else(|| string("name"))
            .or_else(|| string("url"))
        {
            _ if inline => self.inline = true,
            _ if other_kind => {}
            Some(path) if is_http(path) => self.add(path, about),
            Some(path) if path.starts_with("data:") => self.inline = true,
            Some(path) => self.add(&self.file_address(path), about),
            None => {}
        }
    }

    fn file_address(&self, path: &str) -> String {
        match self.public {
            Some(public) => {
                let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
                format!("{public}{}", percent_encode(name, b""))
            }
            None => format!("{}{}", self.files, percent_encode(path, b"/")),
        }
    }

    /// Text, Markdown or HTML. Where it shows pictures, its other addresses are links.
    fn read_text(&mut self, text: &str, about: &Hit) {
        self.inline |= text.contains("data:image/");
        let marker = if text.contains("<img") {
            "<img"
        } else if text.contains("![") {
            "!["
        } else {
            for url in addresses(text) {
                self.add(&url, about);
            }
            return;
        };
        for part in text.split(marker).skip(1) {
            let (part, source) = if marker == "<img" {
                let tag = part.split('>').next().unwrap_or(part);
                (tag, tag.split_once("src=").map_or("", |(_, source)| source))
            } else {
                let (alt, rest) = part.split_once("](").unwrap_or((part, ""));
                (alt, rest.split(')').next().unwrap_or(rest))
            };
            let caption = if marker == "![" {
                caption_of(&part.into())
            } else {
                None
            };
            let about = Hit {
                caption: caption.or_else(|| about.caption.clone()),
                ..about.clone()
            };
            let source = source.trim_start_matches(['"', '\'']);
            if is_http(source) {
                if let Some(url) = addresses(source).next() {
                    self.add(&url, &about);
                }
            } else if let Some((_, path)) = source.split_once("file=") {
                let path = path.split(['"', '\'', ')', '>']).next().unwrap_or(path);
                self.add(&self.file_address(path), &about);
            }
        }
    }

    fn add(&mut self, url: &str, about: &Hit) {
        self.hits.push(Hit {
            url: url.to_owned(),
            ..about.clone()
        });
    }
}

fn is_http(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn is_file(object: &Map<String, Value>) -> bool {
    let typed = object.get("meta").and_then(|meta| text(meta, "_type"));
    typed == Some("gradio.FileData")
        || object.contains_key("orig_name")
        || object.contains_key("is_file")
}

/// Null, empty, or only such things inside.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_blank),
        Value::Object(object) if object.get("__type__").is_some_and(|kind| kind == "update") => {
            object.get("value").is_none_or(is_blank)
        }
        Value::Object(object) => object.values().all(is_blank),
    }
}

/// What an object tells about its picture, over what is known `about` it already.
fn details(object: &Map<String, Value>, about: &Hit) -> Hit {
    let pixels = |key: &str| {
        object
            .get(key)
            .and_then(Value::as_u64)
            .and_then(|n| u32::try_from(n).ok())
    };
    let caption = CAPTION_KEYS
        .iter()
        .find_map(|key| caption_of(object.get(*key)?));
    let thumbnail = THUMBNAIL_KEYS
        .iter()
        .find_map(|key| object.get(*key)?.as_str());
    Hit {
        url: String::new(),
        thumbnail_url: thumbnail
            .filter(|url| is_http(url) && url.len() <= MAX_URL)
            .map(str::to_owned)
            .or_else(|| about.thumbnail_url.clone()),
        width: pixels("width").or(about.width),
        height: pixels("height").or(about.height),
        caption: caption.or_else(|| about.caption.clone()),
        score: object.get("score").and_then(Value::as_f64).or(about.score),
    }
}

fn caption_of(value: &Value) -> Option<String> {
    let caption = value.as_str()?.trim();
    (!caption.is_empty()).then(|| caption.chars().take(MAX_CAPTION).collect())
}

/// Every http(s) address in `text`, up to what cannot be part of one.
fn addresses(text: &str) -> impl Iterator<Item = String> {
    let starts = text
        .match_indices("http")
        .filter(|(start, _)| is_http(&text[*start..]));
    let mut covered = 0;
    starts.filter_map(move |(start, _)| {
        if start < covered {
            return None;
        }
        let rest = &text[start..];
        let end = rest
            .find(|c: char| c.is_whitespace() || "\"'<>)]}\\`".contains(c))
            .unwrap_or(rest.len());
        covered = start + end;
        Some(
            rest[..end]
                .trim_end_matches(['.', ',', ';'])
                .replace("&amp;", "&"),
        )
    })
}
