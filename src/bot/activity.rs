//! Keeps "sending a photo…" shown in the chats where a search is under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::locked::locked;
use crate::shutdown::Shutdown;
use crate::telegram::delivery::Delivery;
use crate::telegram::request::{Address, send_upload_action};

/// The acknowledgement says it all for the first moment; most searches end within it.
const FIRST: Duration = Duration::from_secs(1);
/// Telegram shows an action for up to 5 s.
const AGAIN: Duration = Duration::from_millis(4500);

/// The chats with a search under way. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Activities {
    running: Arc<Mutex<ShownChats>>,
}

#[derive(Debug, Default)]
struct ShownChats {
    next_id: u64,
    due: HashMap<u64, (Address, Instant)>,
}

/// A search under way, until dropped.
#[derive(Debug)]
pub struct Activity {
    id: u64,
    all: Activities,
}

impl Activities {
    /// Shows the action at `to` until the returned value is dropped.
    #[must_use]
    pub fn start(&self, to: Address) -> Activity {
        let mut running = locked(&self.running);
        let id = running.next_id;
        running.next_id += 1;
        running.due.insert(id, (to, Instant::now() + FIRST));
        Activity {
            id,
            all: self.clone(),
        }
    }

    /// Sends the actions that are due, until `shutdown` is raised.
    pub fn run(&self, delivery: &Delivery, shutdown: &Shutdown) {
        while !shutdown.wait(Duration::from_millis(500)) {
            for to in self.take_due(Instant::now()) {
                delivery.send_if_possible(send_upload_action(to));
            }
        }
    }

    fn take_due(&self, now: Instant) -> Vec<Address> {
        let mut running = locked(&self.running);
        let due = running.due.values_mut().filter(|(_, at)| *at <= now);
        due.map(|(to, at)| {
            *at = now + AGAIN;
            *to
        })
        .collect()
    }
}

impl Drop for Activity {
    fn drop(&mut self) {
        locked(&self.all.running).due.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_due_at_first_and_again_until_the_search_ends() {
        let all = Activities::default();
        let to = Address {
            chat: 7,
            ..Address::default()
        };
        let activity = all.start(to);
        let start = Instant::now();
        assert_eq!(all.take_due(start), [], "not at once");
        let first = start + FIRST * 2;
        assert_eq!(all.take_due(first), [to]);
        assert_eq!(all.take_due(first + AGAIN / 2), []);
        assert_eq!(all.take_due(first + AGAIN), [to]);
        drop(activity);
        assert_eq!(all.take_due(first + AGAIN * 3), []);
    }
}
