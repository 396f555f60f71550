//! What is answered: a [`Page`] of [`Hit`]s, and its JSON.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::one_line;

/// Longest address of a picture that is passed on, in bytes.
pub const MAX_URL_BYTES: usize = 2048;

/// One picture found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Address of the picture, http or https; empty for a saved picture without a file, which
    /// [`Hit::file_id`] or [`Hit::link`] leads to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Address of a smaller version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thumbnail_url: Option<String>,
    /// In pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// In pixels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// A line of text about the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// How well it fits; larger is better, comparable within one answer only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// Identifies the picture at its endpoint, for as long as its content stays the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When it was taken, as RFC 3339 writes it, by the camera's clock; `Z` stands for an unknown zone,
    /// too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<String>,
    /// Where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<HitPlace>,
    /// Name of the folder that it lies in, below the one that was indexed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Name of the collection it was saved in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// Telegram's id of its file, of the bot that saved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_id: Option<String>,
    /// Address of the message it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// It is to be hidden until somebody asks to see it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// A point on Earth (WGS 84), in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HitPlace {
    /// To the north.
    pub lat: f64,
    /// To the east.
    pub lon: f64,
}

impl Hit {
    /// Whether `url` can be passed on as the address of a picture: http(s), nothing in it that ends
    /// an address in a text, not longer than [`MAX_URL_BYTES`].
    #[must_use]
    pub fn is_address(url: &str) -> bool {
        (url.starts_with("http://") || url.starts_with("https://"))
            && url.len() <= MAX_URL_BYTES
            && !url.contains(|c: char| c.is_whitespace() || c.is_control())
    }

    /// Reads an address, or an object with one; what else stands there counts where it is of the right
    /// type.
    fn from_json(value: &Value) -> Option<Self> {
        if let Value::String(url) = value {
            return Some(Self::at(url));
        }
        let text = |name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let pixels = |name: &str| u32::try_from(value.get(name)?.as_u64()?).ok();
        Some(Self {
            url: text("url").or_else(|| text("collection").map(|_| String::new()))?,
            thumbnail_url: text("thumbnail_url"),
            width: pixels("width"),
            height: pixels("height"),
            folder: text("folder"),
            sensitive: value.get("sensitive") == Some(&Value::Bool(true)),
            caption: text("caption"),
            score: value.get("score").and_then(Value::as_f64),
            id: text("id"),
            collection: text("collection"),
            file_id: text("file_id"),
            link: text("link"),
            taken: text("taken"),
            place: value.get("place").and_then(|place| {
                let degrees = |name: &str| place.get(name)?.as_f64();
                Some(HitPlace {
                    lat: degrees("lat")?,
                    lon: degrees("lon")?,
                })
            }),
        })
    }

    /// A picture of which only the address is known.
    #[must_use]
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }
}

/// An answer: the hits from the query's offset on, best first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// At most as many as the query's limit.
    pub hits: Vec<Hit>,
    /// The offset that continues this answer, absent at the end.
    pub next_offset: Option<usize>,
    /// How many more pictures fit, and cannot be shown since their folder or disk is not there at the
    /// moment; known only where there are fewer hits than were asked for.
    pub away: usize,
    /// Why there may be no hits, where the engine knows.
    pub remark: Option<Remark>,
    /// What was understood besides words, in one line with them, such as `beach · 2023`.
    pub understood: Option<String>,
}

/// What an engine says beside an empty answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// The built-in model was asked for photos.
    DrawingsOnly,
}

impl Remark {
    /// Its code in JSON.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::DrawingsOnly => "drawings_only",
        }
    }

    /// What it means, and the remedy, in whole sentences.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::DrawingsOnly => {
                "The built-in model knows drawings only and finds hardly anything in photos. Whoever runs \
                 this finds photos with --model laion-vit-b-32 (fetched once, 605 MB) or --model tinyclip-8m \
                 (94 MB)."
            }
        }
    }

    fn from_json(value: &Value) -> Option<Self> {
        let known = Self::DrawingsOnly;
        (value.get("code")?.as_str()? == known.code()).then_some(known)
    }
}

/// Longest text about an answer that is passed on, in characters.
const MAX_LINE_CHARS: usize = 600;

fn line(text: &str) -> String {
    one_line(&text.chars().take(MAX_LINE_CHARS).collect::<String>())
}

impl Page {
    /// The bare array of addresses that clients of the reference expect: without the hits that have none.
    #[must_use]
    pub fn to_urls(&self) -> Value {
        self.hits
            .iter()
            .filter(|hit| !hit.url.is_empty())
            .map(|hit| Value::from(hit.url.as_str()))
            .collect()
    }

    /// The object that `details=true` asks for; `query` is absent for a search by picture.
    #[must_use]
    pub fn to_details(&self, query: Option<&str>) -> Value {
        let mut object = json!({ "results": self.hits });
        if let Some(query) = query {
            object["query"] = query.into();
        }
        if let Some(next) = self.next_offset {
            object["next_offset"] = next.into();
        }
        if let Some(understood) = &self.understood {
            object["understood"] = understood.as_str().into();
        }
        if self.away > 0 {
            object["away"] = self.away.into();
        }
        if let Some(remark) = self.remark {
            object["remark"] = json!({ "code": remark.code(), "message": remark.message() });
        }
        object
    }

    /// Reads either form, without what is no hit; `None` when `value` is neither, or nothing in it is
    /// a hit.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let items = match value {
            Value::Array(items) => items,
            Value::Object(object) => object.get("results")?.as_array()?,
            _ => return None,
        };
        let number = |name: &str| usize::try_from(value.get(name)?.as_u64()?).ok();
        let hits = items
            .iter()
            .filter_map(Hit::from_json)
            .collect::<Vec<Hit>>();
        if hits.is_empty() && !items.is_empty() {
            return None;
        }
        Some(Self {
            hits,
            next_offset: number("next_offset"),
            away: number("away").unwrap_or(0),
            remark: value.get("remark").and_then(Remark::from_json),
            understood: value.get("understood").and_then(Value::as_str).map(line),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_an_answer_are_read() {
        let bare =
            Page::from_json(&json!(["http://a/1.jpg", "http://a/2.jpg"])).expect("bare array");
        assert_eq!(
            bare.hits,
            [Hit::at("http://a/1.jpg"), Hit::at("http://a/2.jpg")]
        );
        let page = Page {
            hits: vec![Hit {
                caption: Some("c".into()),
                score: Some(0.5),
                sensitive: true,
                ..Hit::at("http://a/1.jpg")
            }],
            next_offset: Some(5),
            ..Page::default()
        };
        let wire = page.to_details(Some("bus"));
        let expected = json!({
            "query": "bus",
            "results": [{ "url": "http://a/1.jpg", "caption": "c", "score": 0.5, "sensitive": true }],
            "next_offset": 5
        });
        assert_eq!(wire, expected);
        assert_eq!(Page::from_json(&wire), Some(page.clone()));
        assert_eq!(page.to_urls(), json!(["http://a/1.jpg"]));
        for not_an_answer in [
            json!("x"),
            json!({}),
            json!([1]),
            json!({"results": [{"uri": "x"}]}),
        ] {
            assert_eq!(Page::from_json(&not_an_answer), None, "{not_an_answer}");
        }
    }

    #[test]
    fn an_empty_answer_may_say_why() {
        let page = Page {
            remark: Some(Remark::DrawingsOnly),
            ..Page::default()
        };
        let wire = page.to_details(None);
        assert_eq!(wire["remark"]["code"], "drawings_only");
        assert_eq!(Page::from_json(&wire), Some(page));
        let unknown = json!({ "results": [], "remark": { "code": "new" } });
        assert_eq!(Page::from_json(&unknown), Some(Page::default()));
    }

    #[test]
    fn what_is_no_hit_costs_only_itself() {
        let mixed = json!([
            { "url": 1 }, null, 7, [], "http://a/1.jpg",
            { "url": "http://a/2.jpg", "caption": 5, "score": "high", "width": -1, "height": 9,
              "sensitive": "x" },
        ]);
        let good = Hit {
            height: Some(9),
            ..Hit::at("http://a/2.jpg")
        };
        let expected = [Hit::at("http://a/1.jpg"), good];
        for answer in [
            mixed.clone(),
            json!({ "results": mixed, "next_offset": "x" }),
        ] {
            let page = Page::from_json(&answer).expect("two are hits");
            assert_eq!((&page.hits[..], page.next_offset), (&expected[..], None));
        }
    }

    #[test]
    fn only_web_addresses_of_sane_length_are_passed_on() {
        let long = format!("https://h/{}", "x".repeat(MAX_URL_BYTES - 10));
        for good in ["http://h/é", "https://h/?a=b#c", &long] {
            assert!(Hit::is_address(good), "{good}");
        }
        let longer = format!("{long}x");
        for bad in [
            "",
            "/a",
            "file:///etc/passwd",
            "http://a b",
            "http://a\u{85}",
            &longer,
        ] {
            assert!(!Hit::is_address(bad), "{bad}");
        }
    }
}
