//! Locks that outlive a panic: what they guard is whole between two statements of ours, so a thread
//! that panicked elsewhere is no reason for the others to stop.

use std::sync::{LockResult, Mutex, MutexGuard, PoisonError};

/// The guard of `mutex`, also after a thread panicked while it held it.
pub fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}

/// The guard that waiting gave back, or reading and writing: as [`locked`], of any lock.
pub fn unpoisoned<G>(guard: LockResult<G>) -> G {
    guard.unwrap_or_else(PoisonError::into_inner)
}
