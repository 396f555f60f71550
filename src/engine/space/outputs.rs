//! Finds the pictures in what a function returns, in whatever form.
//!
//! Galleries of every version, files, addresses and paths in lists, objects, tables, labels, text,
//! Markdown and HTML, each also inside `gr.update`. One photo gives one hit, also where it comes in
//! several sizes, or beside the address of its page.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::links::{caption, links};
use super::locations::{Location, Locations, Sureness, is_http, is_picture_type};
use super::object::{self, Photo};
use super::refusal;
use crate::search::{Failure, Hit, MAX_LIMIT, Reason};

/// Outputs that show pictures.
pub(super) const PICTURE_KINDS: [&str; 6] = [
    "gallery",
    "image",
    "file",
    "annotatedimage",
    "imageslider",
    "imageeditor",
];
/// Outputs that hold something else: sound, films, charts, what a session remembers.
const OTHER_KINDS: [&str; 8] = [
    "audio",
    "video",
    "plot",
    "model3d",
    "state",
    "browserstate",
    "lineplot",
    "barplot",
];
/// Words by which a text beside no pictures is an error.
const ERROR_WORDS: [&str; 7] = [
    "error",
    "exception",
    "traceback",
    "failed",
    "failure",
    "quota",
    "not loaded",
];

/// Words by which a short text beside no pictures says that nothing was found.
const NOTHING_WORDS: [&str; 12] = [
    "no result",
    "no match",
    "no image",
    "no picture",
    "no photo",
    "no hit",
    "nothing found",
    "nothing was found",
    "none found",
    "not found",
    "0 results",
    "couldn't find",
];
/// Longest such text, in bytes.
const MAX_NOTHING: usize = 200;

/// What is done with pictures while they are found.
pub trait Pictures {
    /// Keeps a picture that came as `data:`, and returns the path of its address at the endpoint;
    /// none where it is no picture.
    fn keep(&self, data: &str) -> Option<String>;

    /// Whether there is a picture at this address of the Space, whose name does not tell.
    fn is_picture(&self, url: &str) -> bool;
}

/// The pictures in `outputs`, best first, each once, at most 50. `kinds` are the outputs'
/// components.
///
/// # Errors
/// [`Reason::SpaceMismatch`] when the outputs are not empty, but hold no picture;
/// [`Reason::SpaceError`] where they say what went wrong.
pub fn hits(
    outputs: &[Value],
    kinds: &[String],
    locations: &Locations,
    pictures: &dyn Pictures,
) -> Result<Vec<Hit>, Failure> {
    let mut finder = HitFinder {
        locations,
        pictures,
        hits: Vec::new(),
        seen: HashSet::new(),
        inline: false,
        empty: false,
        only_sure: false,
        said: None,
    };
    let kind = |position: usize| kinds.get(position).map_or("", String::as_str);
    let shows = |position: usize| PICTURE_KINDS.contains(&kind(position));
    for (_, output) in outputs.iter().enumerate().filter(|(at, _)| shows(*at)) {
        finder.walk(output, &Hit::default(), 0);
    }
    let has_pictures = (0..outputs.len()).any(shows);
    if finder.hits.is_empty() {
        // Beside pictures, text tells about them and links to pages.
        finder.only_sure = has_pictures;
        for (position, output) in outputs.iter().enumerate().filter(|(at, _)| !shows(*at)) {
            match kind(position) {
                other if OTHER_KINDS.contains(&other) => {}
                "chatbot" => finder.walk_chat(output),
                _ => finder.walk(output, &Hit::default(), 0),
            }
        }
    }
    finder.finish(outputs, has_pictures)
}

struct HitFinder<'a> {
    locations: &'a Locations,
    pictures: &'a dyn Pictures,
    hits: Vec<Hit>,
    seen: HashSet<String>,
    /// There was a picture without an address, which could not be kept.
    inline: bool,
    /// There was an empty list, the plainest way to say that nothing was found.
    empty: bool,
    /// Only what is surely a picture counts.
    only_sure: bool,
    /// The first text without a picture.
    said: Option<String>,
}

impl HitFinder<'_> {
    fn finish(self, outputs: &[Value], has_pictures: bool) -> Result<Vec<Hit>, Failure> {
        let error = self.said.as_ref().filter(|said| {
            let said = said.to_lowercase();
            ERROR_WORDS.iter().any(|word| said.contains(word))
        });
        match (error, &self.said) {
            _ if !self.hits.is_empty() => Ok(self.hits),
            (Some(error), _) => Err(Failure::new(
                Reason::SpaceError,
                format!("the Space says: {}", refusal::plain(error)),
            )),
            _ if self.inline => Err(refusal::mismatch(
                "the Space sends inline images that cannot be read",
            )),
            _ if self.empty || has_pictures || outputs.iter().all(is_blank) => Ok(self.hits),
            (None, Some(said)) if says_nothing(&refusal::plain(said)) => Ok(self.hits),
            (None, Some(said)) => Err(refusal::mismatch(format!(
                "the Space's answer holds no address of a picture; it says: {}",
                refusal::plain(said)
            ))),
            (None, None) => Err(refusal::mismatch(
                "the Space's answer holds no address of a picture",
            )),
        }
    }

    /// Adds the pictures in `value`, `depth` lists deep; `about` has what is known about them from
    /// around it.
    fn walk(&mut self, value: &Value, about: &Hit, depth: usize) {
        match value {
            Value::String(text) => self.read_text(text, about, depth),
            Value::Array(items) => self.read_list(items, about, depth),
            Value::Object(object) => self.read_object(object, about, depth),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The answers in a chat: pairs of question and answer, or messages.
    fn walk_chat(&mut self, value: &Value) {
        let value = match value {
            Value::Object(object) if is_update(object) => &value["value"],
            other => other,
        };
        for message in value.as_array().into_iter().flatten() {
            let answer = match message.as_array().map(Vec::as_slice) {
                Some([_, answer]) => answer,
                _ => message,
            };
            self.walk(answer, &Hit::default(), 1);
        }
    }

    fn read_list(&mut self, items: &[Value], about: &Hit, depth: usize) {
        if items.is_empty() {
            self.empty = true;
            return;
        }
        // Gradio 3: a file and its caption.
        if let [Value::Object(file), words] = items
            && object::is_file(file)
            && may_be_caption(words)
        {
            let caption = words.as_str().and_then(caption);
            return self.add_file(
                file,
                &Hit {
                    caption,
                    ..about.clone()
                },
            );
        }
        let is_row = depth > 0
            && items.len() > 1
            && items
                .iter()
                .all(|item| !item.is_array() && !item.is_object());
        if is_row {
            self.read_row(items, about);
        } else {
            for item in items {
                self.walk(item, about, depth + 1);
            }
        }
    }

    /// A row of a table: of one photo, unless it has several addresses that are equally sure.
    fn read_row(&mut self, items: &[Value], about: &Hit) {
        let mut located: Vec<Location> = Vec::new();
        let mut about = about.clone();
        for item in items {
            match (
                item,
                item.as_str().and_then(|text| self.locations.in_data(text)),
            ) {
                (_, Some(location)) => located.push(location),
                (Value::String(text), None) if text.contains(['<', '!']) => {
                    let links = links(text, self.locations);
                    located.extend(links.into_iter().map(|link| link.location));
                }
                (Value::String(text), None) => about.caption = about.caption.or(caption(text)),
                (number, None) => about.score = about.score.or(number.as_f64()),
            }
        }
        let best = located.iter().map(Location::sureness).max();
        let best: Vec<&Location> = located
            .iter()
            .filter(|location| Some(location.sureness()) == best)
            .collect();
        if best.is_empty() {
            self.said = self.said.take().or(about.caption);
            return;
        }
        let about = if best.len() == 1 {
            about
        } else {
            Hit::default()
        };
        for location in best {
            self.add(location, &about, None, location.sureness());
        }
    }

    fn read_object(&mut self, object: &Map<String, Value>, about: &Hit, depth: usize) {
        if is_update(object) {
            self.walk(object.get("value").unwrap_or(&Value::Null), about, depth);
        } else if object::is_file(object) {
            self.add_file(object, about);
        } else if let (Some(headers), Some(Value::Array(rows))) =
            (object.get("headers"), object.get("data"))
        {
            for row in rows {
                match object::from_row(headers, row) {
                    Some(row) => self.read_object(&row, about, depth + 1),
                    None => self.walk(row, about, depth + 1),
                }
            }
            self.empty |= rows.is_empty();
        } else if object.contains_key("video") || object::is_question(object) {
            // A gallery may hold films, and a chat what was asked: neither is an answer.
        } else if let Some(list) = object::results(object) {
            self.walk(list, about, depth);
        } else if let Some(photo) = object::photo(object, self.locations) {
            let about = object::details(object, about);
            match photo {
                Photo::At(location) => self.add(&location, &about, None, location.sureness()),
                Photo::File(file) => self.add_file(file, &about),
                Photo::In(value) => self.walk(value, &about, depth),
            }
        } else {
            for (key, value) in object {
                // A score for each picture.
                let named = self.locations.in_data(key).filter(|_| value.is_number());
                if let Some(location) = named {
                    let score = value.as_f64();
                    let about = Hit {
                        score,
                        ..about.clone()
                    };
                    self.add(&location, &about, None, location.sureness());
                } else {
                    self.walk(value, about, depth);
                }
            }
        }
    }

    fn add_file(&mut self, file: &Map<String, Value>, about: &Hit) {
        let string = |key: &str| {
            let value = file.get(key).and_then(Value::as_str);
            value.filter(|value| !value.is_empty())
        };
        let inline = string("data").filter(|data| data.starts_with("data:"));
        let path = string("path")
            .or_else(|| string("name"))
            .or_else(|| string("url"));
        let original = string("orig_name");
        let Some(path) = inline.or(path) else { return };
        let location = if is_http(path) {
            Location::Web(path.to_owned())
        } else if path.starts_with("data:") {
            Location::Inline(path.to_owned())
        } else {
            Location::File(path.to_owned())
        };
        let by_name = original
            .map(|name| Location::File(name.to_owned()).sureness())
            .filter(|sureness| *sureness != Sureness::Perhaps)
            .unwrap_or_else(|| location.sureness());
        let sureness = match string("mime_type").and_then(is_picture_type) {
            Some(true) => Sureness::Yes,
            Some(false) => Sureness::No,
            None => by_name,
        };
        self.add(&location, about, original, sureness);
    }

    fn read_text(&mut self, text: &str, about: &Hit, depth: usize) {
        let trimmed = text.trim();
        if depth < 4
            && trimmed.starts_with(['[', '{'])
            && let Ok(inner) = serde_json::from_str::<Value>(trimmed)
        {
            return self.walk(&inner, about, depth.max(4));
        }
        // A path may hold blanks; after an address, they begin a sentence.
        let whole = self.locations.in_data(text).filter(|location| {
            !matches!(location, Location::Web(_)) || !trimmed.contains(char::is_whitespace)
        });
        if let Some(location) = whole {
            return self.add(&location, about, None, location.sureness());
        }
        let links = links(text, self.locations);
        if links.is_empty() && !trimmed.is_empty() {
            self.said.get_or_insert_with(|| trimmed.to_owned());
        }
        for link in links {
            let caption = link.caption.or_else(|| about.caption.clone());
            let about = Hit {
                caption,
                ..about.clone()
            };
            self.add(&link.location, &about, None, link.location.sureness());
        }
    }

    /// Adds a picture once. An answer may name millions, which need not be kept.
    fn add(
        &mut self,
        location: &Location,
        about: &Hit,
        original: Option<&str>,
        sureness: Sureness,
    ) {
        let doubtful = sureness == Sureness::Perhaps;
        if self.hits.len() >= MAX_LIMIT || sureness == Sureness::No || doubtful && self.only_sure {
            return;
        }
        let url = match location {
            Location::Inline(data) => match self.pictures.keep(data) {
                Some(path) => path,
                None => return self.inline = true,
            },
            other => {
                let url = self.locations.url(other, original);
                if !Hit::is_address(&url) {
                    return;
                }
                url
            }
        };
        let is_file = matches!(location, Location::File(_));
        if !self.seen.insert(url.clone()) || doubtful && is_file && !self.pictures.is_picture(&url)
        {
            return;
        }
        self.hits.push(Hit {
            url,
            ..about.clone()
        });
    }
}

fn says_nothing(said: &str) -> bool {
    let words = said.to_lowercase();
    words.len() <= MAX_NOTHING && NOTHING_WORDS.iter().any(|word| words.contains(word))
}

fn is_update(object: &Map<String, Value>) -> bool {
    object.get("__type__").is_some_and(|kind| kind == "update")
}

/// Whether `value` is null, empty, or holds such values only.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.iter().all(is_blank),
        Value::Object(object) if is_update(object) => object.get("value").is_none_or(is_blank),
        Value::Object(object) => object.values().all(is_blank),
    }
}

fn may_be_caption(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| !is_http(text))
}

#[cfg(test)]
mod tests;
