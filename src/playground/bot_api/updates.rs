//! The updates that wait for the bot: kept until confirmed, or until they are too old.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Kinds that come only to bots that ask for them by name.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];
/// How long Telegram keeps each kind.
const LIFE: [(&str, Duration); 2] = [
    ("inline_query", Duration::from_secs(30)),
    ("callback_query", Duration::from_secs(150)),
];
const MAX_LIFE: Duration = Duration::from_hours(24);

/// What one `getUpdates` asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct PollRequest {
    /// Everything before it is confirmed; negative: only the newest `-offset` updates are kept.
    pub offset: Option<i64>,
    /// The most updates in one answer.
    pub limit: usize,
}

/// The queue.
#[derive(Debug)]
pub(super) struct Updates {
    waiting: VecDeque<WaitingUpdate>,
    next: i64,
    /// As in the last `getUpdates` that named any; empty: all but [`ON_REQUEST`].
    allowed: Vec<String>,
}

#[derive(Debug)]
struct WaitingUpdate {
    id: i64,
    update: Value,
    until: Instant,
}

impl Updates {
    /// An empty queue; the first update gets the number 1000.
    pub fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            next: 1000,
            allowed: Vec::new(),
        }
    }

    /// Takes the next number without adding an update.
    pub fn number(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }

    /// Whether the bot wants updates of this kind.
    pub fn wanted(&self, kind: &str) -> bool {
        if self.allowed.is_empty() {
            return !ON_REQUEST.contains(&kind);
        }
        self.allowed.iter().any(|allowed| allowed == kind)
    }

    /// Remembers what the bot wants from now on; an empty list is the default.
    pub fn allow(&mut self, kinds: Vec<String>) {
        self.allowed = kinds;
    }

    /// Adds an update under a number from [`Self::number`].
    pub fn push(&mut self, id: i64, mut update: Value) {
        let life = LIFE.iter().find(|(kind, _)| update.get(kind).is_some());
        let life = life.map_or(MAX_LIFE, |(_, life)| *life);
        update["update_id"] = id.into();
        let until = Instant::now() + life;
        self.waiting.push_back(WaitingUpdate { id, update, until });
    }

    /// Drops the updates that the request confirms, and returns the next ones.
    pub fn take(&mut self, request: PollRequest) -> Vec<Value> {
        let now = Instant::now();
        self.waiting.retain(|waiting| waiting.until > now);
        match request.offset {
            Some(offset) if offset < 0 => {
                let kept = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
                let gone = self.waiting.len().saturating_sub(kept);
                self.waiting.drain(..gone);
            }
            Some(offset) => self.waiting.retain(|waiting| waiting.id >= offset),
            None => {}
        }
        let batch = self.waiting.iter().take(request.limit);
        batch.map(|waiting| waiting.update.clone()).collect()
    }

    /// Drops every update that waits.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// The numbers of the updates that wait.
    pub fn ids(&self) -> Vec<i64> {
        self.waiting.iter().map(|waiting| waiting.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn three() -> Updates {
        let mut updates = Updates::new();
        for text in ["a", "b", "c"] {
            let id = updates.number();
            updates.push(id, json!({"message": {"text": text}}));
        }
        updates
    }

    fn taken(updates: &mut Updates, offset: Option<i64>, limit: usize) -> Vec<i64> {
        let batch = updates.take(PollRequest { offset, limit });
        let id = |update: &Value| update["update_id"].as_i64().expect("a number");
        batch.iter().map(id).collect()
    }

    #[test]
    fn updates_come_again_until_confirmed() {
        let mut updates = three();
        assert_eq!(taken(&mut updates, None, 2), [1000, 1001]);
        assert_eq!(taken(&mut updates, Some(0), 100), [1000, 1001, 1002]);
        assert_eq!(taken(&mut updates, Some(1001), 100), [1001, 1002]);
        assert_eq!(updates.ids(), [1001, 1002]);
        assert_eq!(taken(&mut updates, Some(1003), 100), [0; 0]);
        assert_eq!(updates.ids(), [0; 0]);
    }

    #[test]
    fn a_negative_offset_keeps_only_the_last() {
        let mut updates = three();
        assert_eq!(taken(&mut updates, Some(-2), 100), [1001, 1002]);
        assert_eq!(taken(&mut updates, Some(-9), 1), [1001]);
        assert_eq!(updates.ids(), [1001, 1002]);
    }

    #[test]
    fn unwanted_kinds_are_known() {
        let mut updates = Updates::new();
        assert!(updates.wanted("inline_query") && !updates.wanted("chat_member"));
        updates.allow(vec!["message".into()]);
        assert!(updates.wanted("message") && !updates.wanted("inline_query"));
        updates.allow(Vec::new());
        assert!(updates.wanted("inline_query"));
    }

    #[test]
    fn old_updates_are_gone() {
        let mut updates = three();
        updates.waiting[1].until = Instant::now();
        assert_eq!(taken(&mut updates, None, 100), [1000, 1002]);
    }
}
