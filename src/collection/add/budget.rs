//! A limit to the memory that all workers together use for files and decoded pictures.

use std::sync::{Condvar, Mutex};

use crate::locked::{locked, unpoisoned};
use crate::picture::MAX_MEMORY;

/// Bytes that all threads together may reserve: those of one picture, however large it is.
const MAX_RESERVED: u64 = MAX_MEMORY;

/// Bytes that are reserved now.
#[derive(Default)]
pub(super) struct MemoryBudget {
    reserved: Mutex<u64>,
    released: Condvar,
}

/// Gives its bytes back when it is dropped.
pub(super) struct Reservation<'a> {
    budget: &'a MemoryBudget,
    bytes: u64,
}

impl MemoryBudget {
    /// Waits until `bytes` fit below the limit, or until nothing else is reserved.
    pub fn reserve(&self, bytes: u64) -> Reservation<'_> {
        let mut reserved = locked(&self.reserved);
        while *reserved > 0 && reserved.saturating_add(bytes) > MAX_RESERVED {
            reserved = unpoisoned(self.released.wait(reserved));
        }
        *reserved = reserved.saturating_add(bytes);
        Reservation {
            budget: self,
            bytes,
        }
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut reserved = locked(&self.budget.reserved);
        *reserved = reserved.saturating_sub(self.bytes);
        self.budget.released.notify_all();
    }
}
