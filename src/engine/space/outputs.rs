//! Finds the pictures in what a function returns, in whatever form.
//!
//! Galleries of every version, files, addresses in lists, objects, tables, text, Markdown and
//! HTML, each also inside `gr.update`. Pictures without an address (`data:`) cannot be passed on.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::links::{LinkTarget, caption, is_http, links};
use super::{refusal, text};
use crate::http::percent_encode;
use crate::search::{Failure, Hit, MAX_LIMIT};

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
pub fn hits(
    outputs: &[Value],
    kinds: &[String],
    files: &str,
    public: Option<&str>,
) -> Result<Vec<Hit>, Failure> {
    let is_one_of = |kind: &str, list: &[&str]| list.contains(&kind);
    let pictures = kinds
        .iter()
        .any(|kind| is_one_of(kind, &["gallery", "image", "file"]));
    let mut finder = HitFinder {
        files,
        public,
        hits: Vec::new(),
        seen: HashSet::new(),
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
    let hits = finder.hits;
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

struct HitFinder<'a> {
    files: &'a str,
    public: Option<&'a str>,
    hits: Vec<Hit>,
    seen: HashSet<String>,
    /// There was a picture without an address.
    inline: bool,
    /// There was an empty list, the plainest way to say that nothing was found.
    empty: bool,
}

impl HitFinder<'_> {
    /// Adds the pictures in `value`; `about` has what is known about them from around it.
    fn walk(&mut self, value: &Value, about: &Hit) {
        match value {
            Value::String(text) => self.read_text(text, about),
            Value::Array(items) => match items.as_slice() {
                [] => self.empty = true,
                // Gradio 3: a file and its caption.
                [Value::Object(file), caption] if is_file(file) && may_be_caption(caption) => {
                    let caption = caption_of(caption);
                    self.add_file(
                        file,
                        &Hit {
                            caption,
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
            Some(path) => {
                let url = self.file_address(path, string("orig_name").unwrap_or(path));
                self.add(&url, about);
            }
            None => {}
        }
    }

    /// `original` has the name as the app knows it: Gradio 4 and 5 drop some characters from the
    /// names of their own copies.
    fn file_address(&self, path: &str, original: &str) -> String {
        match self.public {
            Some(public) => {
                let name = original.rsplit(['/', '\\']).next().unwrap_or(original);
                format!("{public}{}", percent_encode(name, b""))
            }
            None => format!("{}{}", self.files, percent_encode(path, b"/")),
        }
    }

    fn read_text(&mut self, text: &str, about: &Hit) {
        self.inline |= text.contains("data:image/");
        for link in links(text) {
            let caption = link.caption.or_else(|| about.caption.clone());
            let about = Hit {
                caption,
                ..about.clone()
            };
            match link.target {
                LinkTarget::Url(url) => self.add(&url, &about),
                LinkTarget::File(path) => self.add(&self.file_address(&path, &path), &about),
            }
        }
    }

    /// Adds a picture once. An answer may name millions, which need not be kept.
    fn add(&mut self, url: &str, about: &Hit) {
        if self.hits.len() < MAX_LIMIT && Hit::is_address(url) && self.seen.insert(url.to_owned()) {
            self.hits.push(Hit {
                url: url.to_owned(),
                ..about.clone()
            });
        }
    }
}

fn is_file(object: &Map<String, Value>) -> bool {
    let typed = object.get("meta").and_then(|meta| text(meta, "_type"));
    typed == Some("gradio.FileData")
        || object.contains_key("orig_name")
        || object.contains_key("is_file")
}

/// Whether `value` is null, empty, or holds such values only.
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
            .filter(|url| Hit::is_address(url))
            .map(str::to_owned)
            .or_else(|| about.thumbnail_url.clone()),
        width: pixels("width").or(about.width),
        height: pixels("height").or(about.height),
        caption: caption.or_else(|| about.caption.clone()),
        score: object.get("score").and_then(Value::as_f64).or(about.score),
    }
}

fn may_be_caption(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| !is_http(text))
}

fn caption_of(value: &Value) -> Option<String> {
    caption(value.as_str()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FILES: &str = "http://h/file=";

    fn found(outputs: &[Value], kinds: &[&str]) -> Result<Vec<Hit>, Failure> {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        hits(outputs, &kinds, FILES, None)
    }

    fn file(path: &str) -> Value {
        json!({ "path": path, "url": "http://wrong/", "orig_name": "o.png", "meta": { "_type": "gradio.FileData" } })
    }

    fn update(value: &Value) -> Value {
        json!({ "__type__": "update", "visible": true, "value": value })
    }

    fn assert_found(table: &[(Value, Vec<&str>)]) {
        for (output, expected) in table {
            let hits = found(std::slice::from_ref(output), &["json"])
                .unwrap_or_else(|failure| panic!("{output}: {failure}"));
            let urls: Vec<&str> = hits.iter().map(|hit| hit.url.as_str()).collect();
            assert_eq!(urls, *expected, "{output}");
        }
    }

    #[test]
    fn every_shape_of_file_gives_its_picture() {
        assert_found(&[
            (
                json!([{ "image": file("/t/a b.png"), "caption": "c" }]),
                vec!["http://h/file=/t/a%20b.png"],
            ),
            (
                json!([file("/t/50% é.png")]),
                vec!["http://h/file=/t/50%25%20%C3%A9.png"],
            ),
            (
                file("http://cdn/a?x=1&y=%2F"),
                vec!["http://cdn/a?x=1&y=%2F"],
            ),
            (
                json!([[{ "name": "/t/a.png", "data": null, "is_file": true }, "c"]]),
                vec!["http://h/file=/t/a.png"],
            ),
            (
                json!([[{ "name": "/t/a.png", "data": null, "is_file": true }, null]]),
                vec!["http://h/file=/t/a.png"],
            ),
            (
                update(&json!([file("/t/a.png")])),
                vec!["http://h/file=/t/a.png"],
            ),
        ]);
    }

    #[test]
    fn every_shape_of_address_gives_its_picture() {
        assert_found(&[
            (
                json!(["http://a/1", "http://a/2", "http://a/1"]),
                vec!["http://a/1", "http://a/2"],
            ),
            (json!("http://a/1 ![x](http://a/2)"), vec!["http://a/2"]),
            (
                json!("<img src='/file=/t/a b.png'>"),
                vec!["http://h/file=/t/a%20b.png"],
            ),
            (
                json!({ "headers": ["u"], "data": [["red", 0.3, "http://a/1"]], "metadata": null }),
                vec!["http://a/1"],
            ),
            (
                json!({ "results": [{ "page": "http://page/", "thumb": "http://a/t", "url": "http://a/1" }] }),
                vec!["http://a/1"],
            ),
            (
                json!({ "photo_image_url": "http://a/1", "photo_url": "http://page/" }),
                vec!["http://a/1"],
            ),
            (
                json!([{ "url": null, "src": "http://a/1" }]),
                vec!["http://a/1"],
            ),
            (
                json!([{ "video": file("/t/a.mp4") }, { "image": file("/t/a.png") }]),
                vec!["http://h/file=/t/a.png"],
            ),
            (
                json!([{ "path": "/t/a.csv", "mime_type": "text/csv", "orig_name": "a.csv" }, file("/t/a.png")]),
                vec!["http://h/file=/t/a.png"],
            ),
        ]);
    }

    #[test]
    fn an_empty_output_is_an_answer_without_pictures() {
        assert_found(&[
            (json!([]), vec![]),
            (json!({ "results": [], "query": "x" }), vec![]),
            (Value::Null, vec![]),
            (update(&json!([])), vec![]),
            (json!({ "__type__": "update", "visible": false }), vec![]),
        ]);
    }

    #[test]
    fn what_is_known_about_a_picture_comes_along() {
        let object = json!([{
            "url": "http://a/1", "thumb": "http://a/t", "caption": " red ", "score": 0.25, "width": 64, "height": 48.0
        }]);
        let expected = Hit {
            thumbnail_url: Some("http://a/t".into()),
            caption: Some("red".into()),
            score: Some(0.25),
            width: Some(64),
            ..Hit::at("http://a/1")
        };
        assert_eq!(found(&[object], &["json"]).expect("a hit"), [expected]);
        let captioned = |output: Value| found(&[output], &["x"]).expect("a hit")[0].caption.clone();
        assert_eq!(
            captioned(json!([{ "image": file("/a"), "caption": "c" }])),
            Some("c".into())
        );
        assert_eq!(
            captioned(json!([[{ "name": "/a", "is_file": true }, "c"]])),
            Some("c".into())
        );
        assert_eq!(captioned(json!("![c](http://a/1)")), Some("c".into()));
        assert_eq!(
            captioned(json!([{ "image": file("/a"), "caption": null }])),
            None
        );
    }

    #[test]
    fn text_beside_pictures_is_not_searched() {
        let text = json!("from http://page/");
        let gallery = json!([{ "image": file("/t/a.png"), "caption": null }]);
        let hits =
            found(&[text.clone(), gallery.clone()], &["markdown", "gallery"]).expect("a hit");
        assert_eq!(hits, [Hit::at("http://h/file=/t/a.png")]);
        assert_eq!(
            found(&[text, json!([])], &["html", "gallery"]).expect("nothing found"),
            []
        );
        let twice = found(&[gallery.clone(), gallery], &["gallery", "gallery"]).expect("a hit");
        assert_eq!(twice.len(), 1);
    }

    #[test]
    fn outputs_without_an_address_are_a_mismatch() {
        let inline = "<img src=\"data:image/png;base64,AA==\">";
        let table = [
            (json!(inline), "inline"),
            (json!("data:image/png;base64,AA=="), "inline"),
            (
                json!([[{ "name": "a.png", "data": "data:image/png;base64,AA==", "is_file": false }, "c"]]),
                "inline",
            ),
            (json!("no results"), "no address"),
            (json!(["ftp://a/1", 5]), "no address"),
            (file("http://a/1 http://a/2"), "no address"),
            (json!("http://a/\u{8}"), "no address"),
            (
                json!(format!("http://a/{}", "x".repeat(2048))),
                "no address",
            ),
        ];
        for (output, words) in table {
            let failure = found(&[output], &["json"]).expect_err(words);
            assert!(failure.message.contains(words), "{failure}");
        }
    }

    #[test]
    fn files_can_move_to_a_public_address() {
        let copy = json!({ "path": "/t/deep/a 1é.png", "orig_name": "a (1)#é.png" });
        let old = json!({ "name": "/t/deep/50% é.png", "data": null, "is_file": true });
        let outputs = [json!([copy, old, "http://a/1.jpg"])];
        let hits = hits(&outputs, &[], FILES, Some("https://p/dataset/")).expect("hits");
        let urls: Vec<&str> = hits.iter().map(|hit| hit.url.as_str()).collect();
        let expected = [
            "https://p/dataset/a%20%281%29%23%C3%A9.png",
            "https://p/dataset/50%25%20%C3%A9.png",
            "http://a/1.jpg",
        ];
        assert_eq!(urls, expected);
    }

    #[test]
    fn an_answer_holds_at_most_fifty() {
        let many: Value = (0..80).map(|n| format!("http://a/{n}")).collect();
        assert_eq!(found(&[many], &["json"]).expect("hits").len(), 50);
    }
}
