//! How many albums may hold pictures in memory at the same time.

use std::sync::{Condvar, Mutex};

use crate::locked::{locked, unpoisoned};

/// A number of permits; whoever has one may hold pictures in memory.
#[derive(Debug)]
pub struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

/// Given back when dropped.
#[derive(Debug)]
pub struct Permit<'a>(&'a Permits);

impl Permits {
    /// `count` permits.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            returned: Condvar::new(),
        }
    }

    /// Takes a permit, waiting for one.
    pub fn take(&self) -> Permit<'_> {
        let free = locked(&self.free);
        let waited = self.returned.wait_while(free, |free| *free == 0);
        *unpoisoned(waited) -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *locked(&self.0.free) += 1;
        self.0.returned.notify_one();
    }
}
