//! How far an answer got, as the inbox keeps it.

use serde::{Deserialize, Serialize};

use super::album::Sent;

/// What the inbox keeps of an answer that was begun, so that nothing is said or sent twice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AnswerProgress {
    /// Number of the "Searching…" message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<i64>,
    /// The `file_id` of a picture that we found, and others are to be like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// What went out of the album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    /// Where the next page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<usize>,
}

impl AnswerProgress {
    /// As the inbox keeps it.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Numbers and texts are JSON: this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what the inbox kept; nothing is known where that cannot be read.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}
