//! Pictures that Telegram has already.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};

use crate::locked::locked;

/// Pictures that are remembered.
const MAX_REMEMBERED: usize = 5000;

/// Which `file_id` a picture's address got; the oldest are forgotten. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct FileIds {
    known: Arc<Mutex<Remembered>>,
}

#[derive(Debug, Default)]
struct Remembered {
    by_url: HashMap<String, String>,
    order: VecDeque<String>,
}

impl FileIds {
    /// The `file_id` of the picture at `url`, where Telegram has it.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<String> {
        locked(&self.known).by_url.get(url).cloned()
    }

    pub(super) fn insert(&self, url: &str, file_id: &str) {
        let mut known = locked(&self.known);
        if known
            .by_url
            .insert(url.to_owned(), file_id.to_owned())
            .is_none()
        {
            known.order.push_back(url.to_owned());
            if known.order.len() > MAX_REMEMBERED
                && let Some(oldest) = known.order.pop_front()
            {
                known.by_url.remove(&oldest);
            }
        }
    }
}
