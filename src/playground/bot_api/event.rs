//! What happens, for whoever watches.

use std::sync::Arc;

use serde_json::{Value, json};

/// One thing that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// `message`, `deleted`, `action`, `commands`, `callback` or `inline`.
    pub name: &'static str,
    /// What the page gets.
    pub data: Arc<Value>,
}

impl Event {
    /// An event.
    pub(super) fn new(name: &'static str, data: Value) -> Self {
        Self {
            name,
            data: Arc::new(data),
        }
    }

    /// A message was written, or edited.
    pub(super) fn message(message: &Value, edited: bool) -> Self {
        Self::new("message", json!({ "message": message, "edited": edited }))
    }
}
