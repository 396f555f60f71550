//! The requests that the page shows.

use crate::locked::locked;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::broadcast;

/// How many requests are kept for a page that is opened later.
const MAX_KEPT: usize = 500;

/// A log of requests. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Traffic(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: Instant,
    log: Mutex<TrafficLog>,
    events: broadcast::Sender<Arc<Value>>,
}

#[derive(Debug, Default)]
struct TrafficLog {
    next: u64,
    kept: VecDeque<Arc<Value>>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self(Arc::new(Inner {
            start: Instant::now(),
            log: Mutex::default(),
            events: broadcast::Sender::new(1024),
        }))
    }
}

impl Traffic {
    /// Adds a request to `peer` ("telegram" or "search") that ended just now after `took`;
    /// `status` 0 is no answer at all, `refused` what Telegram would say to a wrong request.
    pub fn record(
        &self,
        peer: &str,
        what: &str,
        status: u16,
        took: Duration,
        refused: Option<String>,
    ) {
        let ended = self.0.start.elapsed();
        let mut log = locked(&self.0.log);
        log.next += 1;
        let row = Arc::new(json!({
            "id": log.next,
            "at": tenths(ended.saturating_sub(took)),
            "peer": peer,
            "what": what,
            "status": status,
            "millis": tenths(took),
            "refused": refused,
        }));
        log.kept.push_back(Arc::clone(&row));
        if log.kept.len() > MAX_KEPT {
            log.kept.pop_front();
        }
        drop(log);
        // An error means that no page is open.
        let _ = self.0.events.send(row);
    }

    /// The last requests, oldest first.
    #[must_use]
    pub fn recent(&self) -> Vec<Arc<Value>> {
        let log = locked(&self.0.log);
        log.kept.iter().cloned().collect()
    }

    /// Requests from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Value>> {
        self.0.events.subscribe()
    }
}

/// Milliseconds with one digit behind the point.
fn tenths(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_requests_are_kept() {
        let traffic = Traffic::default();
        for number in 0..=MAX_KEPT {
            let took = Duration::from_micros(1234);
            traffic.record("search", &format!("GET /search?{number}"), 200, took, None);
        }
        let recent = traffic.recent();
        assert_eq!(recent.len(), MAX_KEPT);
        assert_eq!(recent[0]["what"], "GET /search?1");
        assert_eq!(
            (&recent[0]["millis"], &recent[0]["refused"]),
            (&json!(1.2), &Value::Null)
        );
    }
}
