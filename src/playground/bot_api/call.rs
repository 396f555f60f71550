//! One request to the Bot API, and what is answered.

use std::time::Instant;

use serde_json::{Value, json};

/// One recorded request.
#[derive(Debug, Clone)]
pub struct Call {
    /// Method name, as it stood in the address.
    pub method: String,
    /// Its parameters as a JSON object, whatever form they came in.
    pub parameters: Value,
    /// Names and contents of uploaded files.
    pub files: Vec<(String, Vec<u8>)>,
    /// When it was understood.
    pub at: Instant,
}

impl Call {
    /// The text that is sent; empty if none is.
    #[must_use]
    pub fn text(&self) -> &str {
        self.parameters["text"].as_str().unwrap_or_default()
    }

    /// The chat it goes to; 0 if to none.
    #[must_use]
    pub fn chat(&self) -> i64 {
        self.parameters["chat_id"].as_i64().unwrap_or_default()
    }

    /// `media` of every picture in the request.
    #[must_use]
    pub fn media(&self) -> Vec<&str> {
        match &self.parameters["media"] {
            Value::Array(items) => items
                .iter()
                .filter_map(|item| item["media"].as_str())
                .collect(),
            _ => ["photo", "document"]
                .iter()
                .filter_map(|field| self.parameters[*field].as_str())
                .collect(),
        }
    }

    /// The uploaded file of this name.
    pub(super) fn file(&self, name: &str) -> Option<&[u8]> {
        let found = self.files.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }
}

/// How the server answers a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// A status and a JSON body.
    Json(u16, Value),
    /// Any body at all.
    Raw {
        /// HTTP status.
        status: u16,
        /// Media type.
        content_type: String,
        /// The body.
        body: Vec<u8>,
    },
    /// No answer until the caller disconnects or the server is closed.
    Stall,
    /// A 200 that announces more than these bytes; then the connection is closed.
    Cut(Vec<u8>),
    /// The connection is closed without a word.
    Close,
}

impl Answer {
    /// Success.
    #[must_use]
    pub fn ok(result: Value) -> Self {
        Self::Json(200, json!({ "ok": true, "result": result }))
    }

    /// An error in Telegram's form.
    #[must_use]
    pub fn error(code: u16, description: &str) -> Self {
        let body = json!({ "ok": false, "error_code": code, "description": description });
        Self::Json(code, body)
    }

    /// "Too Many Requests".
    #[must_use]
    pub fn flood(seconds: u64) -> Self {
        let description = format!("Too Many Requests: retry after {seconds}");
        let body = json!({
            "ok": false, "error_code": 429, "description": description,
            "parameters": { "retry_after": seconds },
        });
        Self::Json(429, body)
    }
}

/// A request that is refused, in Telegram's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// `error_code`, also the HTTP status.
    pub code: u16,
    /// `description`.
    pub words: String,
}

impl Refusal {
    /// 400 with `words` behind "Bad Request: ".
    pub fn bad(words: impl std::fmt::Display) -> Self {
        Self {
            code: 400,
            words: format!("Bad Request: {words}"),
        }
    }

    /// Any other code; `words` are the whole description.
    pub fn new(code: u16, words: &str) -> Self {
        Self {
            code,
            words: words.to_owned(),
        }
    }
}

impl From<&Refusal> for Answer {
    fn from(refusal: &Refusal) -> Self {
        Self::error(refusal.code, &refusal.words)
    }
}
