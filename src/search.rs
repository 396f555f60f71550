//! What travels between the chat and a picture search: [`Query`], [`Hit`], [`Failure`], their
//! JSON on the wire, and the [`Engine`] that answers.
//!
//! `GET /search?query=red+bus` answers a bare JSON array of picture addresses, best first;
//! with `details=true` an object `{"query", "results", "next_offset"}`. Errors are
//! `{"error": {"code", "message"}}` with a status and `Retry-After` that belong to the [`Reason`].

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::one_line;

/// Longest message of a failure, in characters.
const MAX_MESSAGE_CHARS: usize = 500;
/// Longest text accepted as a query, in characters.
pub const MAX_QUERY_CHARS: usize = 500;
/// Largest picture accepted as a query, in bytes.
pub const MAX_PICTURE_BYTES: usize = 10 << 20;
/// Longest address of a picture that is passed on, in bytes.
pub const MAX_URL_BYTES: usize = 2048;
/// Most results one answer holds.
pub const MAX_LIMIT: usize = 50;
/// Results in an answer where `limit` is not given.
pub const DEFAULT_LIMIT: usize = 5;

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Words, trimmed, 1 to [`MAX_QUERY_CHARS`] characters.
    Text(String),
    /// A picture: pictures like this one are wanted.
    Picture {
        /// `image/jpeg`, `image/png` or `image/webp`.
        media_type: String,
        /// The file, at most [`MAX_PICTURE_BYTES`] long.
        bytes: Vec<u8>,
    },
}

/// One question to an [`Engine`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What is searched for.
    pub subject: Subject,
    /// How many results are wanted, 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// How many of the best results are skipped.
    pub offset: usize,
}

impl Query {
    /// A query by words.
    ///
    /// # Errors
    /// [`Reason::BadQuery`] when `text` is blank or longer than [`MAX_QUERY_CHARS`] characters.
    pub fn text(text: &str, limit: usize, offset: usize) -> Result<Self, Failure> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::new(Reason::BadQuery, "the query is empty"));
        }
        if text.chars().count() > MAX_QUERY_CHARS {
            let message = format!("the query is longer than {MAX_QUERY_CHARS} characters");
            return Err(Failure::new(Reason::BadQuery, message));
        }
        Ok(Self {
            subject: Subject::Text(text.to_owned()),
            limit,
            offset,
        })
    }
}

/// One picture found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Address of the picture, http or https.
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
}

impl Page {
    /// The bare array of addresses that clients of the reference expect.
    #[must_use]
    pub fn to_urls(&self) -> Value {
        self.hits
            .iter()
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
        object
    }

    /// Reads either form; `None` when `value` is neither.
    #[must_use]
    pub fn from_json(value: &Value) -> Option<Self> {
        let (items, next_offset) = match value {
            Value::Array(items) => (items, None),
            Value::Object(object) => (
                object.get("results")?.as_array()?,
                object
                    .get("next_offset")
                    .and_then(Value::as_u64)
                    .and_then(|n| usize::try_from(n).ok()),
            ),
            _ => return None,
        };
        let hits = items
            .iter()
            .map(|item| match item {
                Value::String(url) => Some(Hit::at(url)),
                item => Hit::deserialize(item).ok(),
            })
            .collect::<Option<Vec<Hit>>>()?;
        Some(Self { hits, next_offset })
    }
}

/// Why a search failed: the closed list that chat texts and status codes are chosen by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The query is missing, blank, too long or not text.
    BadQuery,
    /// Bearer token or signature is missing or wrong.
    Forbidden,
    /// No such path.
    NotFound,
    /// The path does not take this method.
    MethodNotAllowed,
    /// The picture is larger than [`MAX_PICTURE_BYTES`].
    TooLarge,
    /// The picture is not JPEG, PNG or WebP.
    UnsupportedMedia,
    /// The endpoint itself has too much to do.
    RateLimited,
    /// The engine cannot search by picture.
    NotSupported,
    /// The Space sleeps, is being built or starts.
    SpaceAsleep,
    /// The Space's queue is full or too long for the time left.
    SpaceBusy,
    /// The Space or its hub limits how often it may be asked.
    SpaceRateLimited,
    /// The Space's GPU quota is used up.
    Quota,
    /// The time was over while the engine was working.
    Timeout,
    /// The Space's function failed.
    SpaceError,
    /// The Space is paused, deleted or broken until its owner acts.
    SpaceDown,
    /// The Space wants (another) token.
    SpaceAuth,
    /// The Space does not take or give what is configured.
    SpaceMismatch,
    /// A fault of the endpoint itself.
    Internal,
    /// Seen by a client only: no usable connection to the endpoint.
    Unreachable,
    /// Seen by a client only: the endpoint's answer is not the contract's.
    Garbled,
}

impl Reason {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 20] = [
        Self::BadQuery,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TooLarge,
        Self::UnsupportedMedia,
        Self::RateLimited,
        Self::NotSupported,
        Self::SpaceAsleep,
        Self::SpaceBusy,
        Self::SpaceRateLimited,
        Self::Quota,
        Self::Timeout,
        Self::SpaceError,
        Self::SpaceDown,
        Self::SpaceAuth,
        Self::SpaceMismatch,
        Self::Internal,
        Self::Unreachable,
        Self::Garbled,
    ];

    /// The stable `code` on the wire and in the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BadQuery => "bad_query",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::UnsupportedMedia => "unsupported_media",
            Self::RateLimited | Self::SpaceRateLimited => "rate_limited",
            Self::NotSupported => "not_supported",
            Self::SpaceAsleep => "space_asleep",
            Self::SpaceBusy => "space_busy",
            Self::Quota => "quota",
            Self::Timeout => "timeout",
            Self::SpaceError => "space_error",
            Self::SpaceDown => "space_down",
            Self::SpaceAuth => "space_auth",
            Self::SpaceMismatch => "space_mismatch",
            Self::Internal => "internal",
            Self::Unreachable => "unreachable",
            Self::Garbled => "garbled",
        }
    }

    /// The HTTP status an endpoint answers with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BadQuery => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::NotSupported => 501,
            Self::SpaceError
            | Self::SpaceDown
            | Self::SpaceAuth
            | Self::SpaceMismatch
            | Self::Unreachable
            | Self::Garbled => 502,
            Self::SpaceAsleep | Self::SpaceBusy | Self::SpaceRateLimited | Self::Quota => 503,
            Self::Timeout => 504,
        }
    }

    /// The reason with this `code` on the wire.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// A search that failed: the reason for programs, a sentence for people, and when to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// One sentence without secrets, lower case, no full stop; one line, at most 500 characters.
    pub message: String,
    /// The stage a hub reports for its Space, such as `BUILDING`.
    pub stage: Option<String>,
    /// When asking again makes sense.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure for `reason`.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: line(&message.into()),
            stage: None,
            retry_after: None,
        }
    }

    /// Adds when asking again makes sense.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// The value of the `Retry-After` header: whole seconds, rounded up.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after
            .map(|delay| delay.as_secs() + u64::from(delay.subsec_nanos() > 0))
    }

    /// The error body.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.reason.code(), "message": self.message });
        if let Some(stage) = &self.stage {
            error["stage"] = stage.as_str().into();
        }
        json!({ "error": error })
    }

    /// Reads an error body of ours; `None` when `value` is not one or its code is unknown.
    #[must_use]
    pub fn from_json(value: &Value, retry_after: Option<Duration>) -> Option<Self> {
        let error = value.get("error")?;
        let reason = Reason::from_code(error.get("code")?.as_str()?)?;
        let message = error
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Some(Self {
            stage: error.get("stage").and_then(Value::as_str).map(line),
            retry_after,
            ..Self::new(reason, message)
        })
    }
}

/// What others say, as a log can take it.
fn line(text: &str) -> String {
    let start: String = text.chars().take(MAX_MESSAGE_CHARS).collect();
    one_line(&start)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.code(), self.message)?;
        if let Some(stage) = &self.stage {
            write!(f, " (stage {stage})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// Answers queries: a Space, our own CLIP, or the built-in mock. Calls block.
pub trait Engine: Send + Sync {
    /// The name in `/health`: `space`, `clip` or `mock`.
    fn name(&self) -> &'static str;

    /// Finds pictures for `query`, best first, before `deadline`. An address that starts with `/`
    /// is a path at the endpoint itself.
    ///
    /// # Errors
    /// A [`Failure`] of the engine's own kinds; [`Reason::Timeout`] when `deadline` passes.
    fn search(&self, query: &Query, deadline: Instant) -> Result<Page, Failure>;

    /// Whether a search would be answered now.
    ///
    /// # Errors
    /// The [`Failure`] that a search would meet.
    fn ready(&self, deadline: Instant) -> Result<(), Failure>;

    /// A picture of the engine's own as (media type, file), served at `/images/{id}`; where
    /// `width` is given, scaled down to so many pixels if the engine can.
    fn image(&self, _id: &str, _width: Option<u32>) -> Option<(&'static str, Cow<'static, [u8]>)> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_trimmed_and_bounded() {
        let query = Query::text("  red bus ", 5, 0).expect("a good query");
        assert_eq!(query.subject, Subject::Text("red bus".into()));
        assert!(Query::text(&"é".repeat(500), 5, 0).is_ok());
        for bad in [" \n\t", "", &"é".repeat(501)] {
            assert_eq!(
                Query::text(bad, 5, 0).expect_err(bad).reason,
                Reason::BadQuery
            );
        }
    }

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
                ..Hit::at("http://a/1.jpg")
            }],
            next_offset: Some(5),
        };
        let wire = page.to_details(Some("bus"));
        let expected = json!({
            "query": "bus",
            "results": [{ "url": "http://a/1.jpg", "caption": "c", "score": 0.5 }],
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

    #[test]
    fn the_words_of_a_failure_are_one_line_and_not_endless() {
        let body =
            json!({ "error": { "code": "internal", "message": "a\nb\u{1b}[2m", "stage": "x\ny" } });
        let failure = Failure::from_json(&body, None).expect("our own body");
        assert_eq!(failure.to_string(), "internal: a b [2m (stage x y)");
        let failure = Failure::new(Reason::SpaceMismatch, "é".repeat(501));
        assert_eq!(failure.message.chars().count(), 500);
    }

    #[test]
    fn every_failure_survives_the_wire() {
        for reason in Reason::ALL {
            let failure = Failure {
                stage: Some("BUILDING".into()),
                ..Failure::new(reason, "m")
            };
            let back = Failure::from_json(&failure.to_json(), None).expect("our own body");
            assert_eq!(
                (back.reason.code(), back.message, back.stage),
                (reason.code(), "m".into(), failure.stage)
            );
            assert!((400..600).contains(&reason.status()));
        }
        assert_eq!(
            Failure::from_json(&json!({"message": "Forbidden"}), None),
            None
        );
    }

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        let failure = Failure::new(Reason::SpaceBusy, "m").retry_after(Duration::from_millis(4200));
        assert_eq!(failure.retry_after_seconds(), Some(5));
    }
}
