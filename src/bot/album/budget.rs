//! How much memory all pictures on their way take together.

use std::sync::{Arc, Condvar, Mutex};

use crate::http::Bytes;
use crate::locked::{locked, unpoisoned};

/// Largest portion of an album, in bytes; also the most that one album takes at a time.
pub const MAX_PORTION: usize = 20_000_000;
/// Room for one picture that Telegram takes as a file only, in bytes.
const LARGE_PORTION: usize = 50_000_000;
/// What is set aside for a portion while it arrives. Beyond 32 MiB every allocator maps memory for it
/// alone and gives that back as soon as it is freed; smaller ones would stay with the thread that asked
/// for them. Only what is written to takes memory.
const RESERVED: usize = 33 << 20;

/// A number of bytes; whoever has a share may hold that much. Who asked first gets first.
#[derive(Debug)]
pub struct Budget {
    all: usize,
    state: Mutex<BudgetState>,
    changed: Condvar,
}

#[derive(Debug)]
struct BudgetState {
    free: usize,
    /// Number of the next one to ask, and of the one that is served.
    next: u64,
    served: u64,
}

/// Given back when dropped.
#[derive(Debug)]
struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

/// Pictures while they arrive, one behind the other.
#[derive(Debug)]
pub struct Portion {
    /// Where the next one is appended to.
    pub bytes: Vec<u8>,
    size: usize,
    share: Share,
}

/// Pictures that arrived; in memory, and counted, until the last [`Bytes`] of it are dropped.
#[derive(Debug)]
pub struct FullPortion(Arc<Portion>);

struct Slice {
    portion: Arc<Portion>,
    start: usize,
    end: usize,
}

impl Budget {
    /// A budget of `bytes`, at least as large as one portion.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let all = bytes.max(MAX_PORTION);
        let state = BudgetState {
            free: all,
            next: 0,
            served: 0,
        };
        Self {
            all,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Room for a portion, waiting for it. Who waits must hold no other portion.
    #[must_use]
    pub fn portion(self: &Arc<Self>) -> Portion {
        self.portion_of(MAX_PORTION)
    }

    /// Room for one large file, as far as there is so much in all. As [`Budget::portion`].
    #[must_use]
    pub fn large_portion(self: &Arc<Self>) -> Portion {
        self.portion_of(LARGE_PORTION.min(self.all))
    }

    fn portion_of(self: &Arc<Self>, size: usize) -> Portion {
        let mut state = locked(&self.state);
        let number = state.next;
        state.next += 1;
        let waited = self
            .changed
            .wait_while(state, |state| state.served != number || state.free < size);
        let mut state = unpoisoned(waited);
        state.served += 1;
        state.free -= size;
        drop(state);
        self.changed.notify_all();
        let share = Share {
            budget: Arc::clone(self),
            bytes: size,
        };
        Portion {
            bytes: Vec::with_capacity(RESERVED),
            size,
            share,
        }
    }

    fn give_back(&self, bytes: usize) {
        locked(&self.state).free += bytes;
        self.changed.notify_all();
    }
}

impl Portion {
    /// How many more bytes it may take.
    #[must_use]
    pub fn room(&self) -> usize {
        self.size.saturating_sub(self.bytes.len())
    }

    /// Nothing more arrives: what it does not take is for others.
    #[must_use]
    pub fn full(mut self) -> FullPortion {
        let unused = self.room();
        self.share.bytes -= unused;
        self.share.budget.give_back(unused);
        FullPortion(Arc::new(self))
    }
}

impl FullPortion {
    /// The bytes from `start` to `end`.
    #[must_use]
    pub fn slice(&self, start: usize, end: usize) -> Bytes {
        Bytes::new(Slice {
            portion: Arc::clone(&self.0),
            start,
            end,
        })
    }
}

impl AsRef<[u8]> for Slice {
    fn as_ref(&self) -> &[u8] {
        self.portion
            .bytes
            .get(self.start..self.end)
            .unwrap_or_default()
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn free(budget: &Budget) -> usize {
        locked(&budget.state).free
    }

    #[test]
    fn a_portion_is_counted_until_its_last_picture_is_dropped() {
        let budget = Arc::new(Budget::new(2 * MAX_PORTION));
        let mut portion = budget.portion();
        assert_eq!(free(&budget), MAX_PORTION, "all that may come");
        portion.bytes.extend_from_slice(b"onetwo");
        assert_eq!(portion.room(), MAX_PORTION - 6);
        let full = portion.full();
        let (one, two) = (full.slice(0, 3), full.slice(3, 6));
        drop(full);
        assert_eq!(free(&budget), 2 * MAX_PORTION - 6, "what came");
        drop(one);
        assert_eq!(
            (two.as_slice(), free(&budget)),
            (&b"two"[..], 2 * MAX_PORTION - 6)
        );
        drop(two);
        assert_eq!(free(&budget), 2 * MAX_PORTION);
        drop(budget.portion());
        assert_eq!(free(&budget), 2 * MAX_PORTION);
    }

    #[test]
    fn who_asked_first_gets_first() {
        let budget = Arc::new(Budget::new(0));
        let held = budget.portion();
        let (sender, order) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            for number in 1..=3 {
                let (sender, budget) = (sender.clone(), &budget);
                scope.spawn(move || {
                    let portion = budget.portion();
                    sender.send(number).expect("somebody listens");
                    drop(portion);
                });
                while locked(&budget.state).next <= number {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
            assert_eq!(order.try_recv().ok(), None, "there is no room");
            drop(held);
        });
        assert_eq!(order.try_iter().collect::<Vec<u64>>(), [1, 2, 3]);
    }
}
