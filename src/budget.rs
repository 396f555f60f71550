//! A limit to the memory and the processors that several threads use together.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Instant;

use crate::locked::{locked, unpoisoned};

/// Bytes, and holders at the same time, of which threads reserve some while they work.
#[derive(Debug)]
pub struct Budget {
    bytes: u64,
    holders: usize,
    reserved: Mutex<Reserved>,
    released: Condvar,
}

/// What is reserved now.
#[derive(Debug, Default)]
struct Reserved {
    bytes: u64,
    holders: usize,
}

/// Gives its bytes back when it is dropped.
#[derive(Debug)]
pub struct Reservation<'a> {
    budget: &'a Budget,
    bytes: u64,
}

impl Budget {
    /// A budget of `bytes`, for at most `holders` (at least 1) at the same time.
    #[must_use]
    pub const fn new(bytes: u64, holders: usize) -> Self {
        Self {
            bytes,
            holders,
            reserved: Mutex::new(Reserved {
                bytes: 0,
                holders: 0,
            }),
            released: Condvar::new(),
        }
    }

    /// Waits until `bytes` are free, or until nothing else is reserved if that is more than there
    /// are at all; none if that takes longer than until `deadline`.
    pub fn reserve(&self, bytes: u64, deadline: Instant) -> Option<Reservation<'_>> {
        let left = deadline.saturating_duration_since(Instant::now());
        let waited = self
            .released
            .wait_timeout_while(locked(&self.reserved), left, |reserved| {
                self.is_short(reserved, bytes)
            });
        let (reserved, _) = unpoisoned(waited);
        (!self.is_short(&reserved, bytes)).then(|| self.take(reserved, bytes))
    }

    /// As [`Self::reserve`], however long that takes.
    pub fn reserve_at_last(&self, bytes: u64) -> Reservation<'_> {
        let waited = self
            .released
            .wait_while(locked(&self.reserved), |reserved| {
                self.is_short(reserved, bytes)
            });
        self.take(unpoisoned(waited), bytes)
    }

    fn is_short(&self, reserved: &Reserved, bytes: u64) -> bool {
        reserved.holders > 0
            && (reserved.holders >= self.holders
                || reserved.bytes.saturating_add(bytes) > self.bytes)
    }

    fn take(&self, mut reserved: MutexGuard<'_, Reserved>, bytes: u64) -> Reservation<'_> {
        reserved.holders += 1;
        reserved.bytes = reserved.bytes.saturating_add(bytes);
        Reservation {
            budget: self,
            bytes,
        }
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut reserved = locked(&self.budget.reserved);
        reserved.holders = reserved.holders.saturating_sub(1);
        reserved.bytes = reserved.bytes.saturating_sub(self.bytes);
        self.budget.released.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_budget_holds_no_more_than_it_has_and_one_that_is_larger_alone() {
        let budget = Budget::new(100, 2);
        let now = || Instant::now() + Duration::from_millis(1);
        let first = budget.reserve(60, now()).expect("all is free");
        assert!(budget.reserve(41, now()).is_none(), "too many bytes");
        let second = budget.reserve(40, now()).expect("just enough");
        assert!(budget.reserve(0, now()).is_none(), "a third holder");
        drop(first);
        assert!(budget.reserve(101, now()).is_none(), "not alone");
        drop(second);
        let large = budget.reserve(u64::MAX, now()).expect("alone");
        assert!(budget.reserve(0, now()).is_none());
        drop(large);
        assert!(budget.reserve(100, now()).is_some());
    }

    #[test]
    fn who_waits_gets_what_another_gives_back() {
        let budget = Budget::new(100, 2);
        let held = budget.reserve(100, Instant::now()).expect("all is free");
        let until = Instant::now() + Duration::from_mins(1);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| budget.reserve(1, until).is_some());
            let patient = scope.spawn(|| budget.reserve_at_last(1).bytes);
            drop(held);
            assert!(waiting.join().expect("no panic"));
            assert_eq!(patient.join().expect("no panic"), 1);
        });
    }
}
