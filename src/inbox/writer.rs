//! The thread that writes: one transaction at a time, with all that was handed in meanwhile, and
//! again and again while the disk refuses.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::ledger::{Batch, Ledger};
use super::store::{Location, Store, StoreError};
use crate::clock::Clock;
use crate::locked::{locked, unpoisoned};
use crate::log::events;

/// What callers and the writer share.
#[derive(Debug, Default)]
pub struct Shared {
    state: Mutex<InboxState>,
    /// There is something to write, or to end.
    pub work: Condvar,
    /// Something was written, went wrong, left or ended.
    pub done: Condvar,
}

#[derive(Debug, Default)]
pub struct InboxState {
    pub ledger: Ledger,
    /// Changes that were made, and how many of them are on disk.
    pub handed: u64,
    pub written: u64,
    /// What is wrong with the disk.
    pub trouble: Option<String>,
    pub closing: bool,
    pub closed: bool,
}

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, InboxState> {
        locked(&self.state)
    }
}

/// Milliseconds since 1970; 0 for a clock that stands before.
pub fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub struct Writer {
    pub shared: Arc<Shared>,
    pub place: Location,
    pub store: Option<Store>,
    pub clock: Clock,
    /// How long to wait before a disk that refused is tried again.
    pub patience: Duration,
    pub retry_at: Instant,
}

impl Writer {
    /// Writes until the inbox is closed.
    pub fn run(mut self) {
        while self.wait() {
            self.turn();
        }
        let behind = {
            let state = self.shared.lock();
            state.trouble.is_some() || state.ledger.is_behind()
        };
        if behind {
            self.turn();
        }
        if let Some(store) = self.store.take() {
            store.close();
        }
        self.place.lock = None;
        let mut state = self.shared.lock();
        let lost = state.ledger.not_on_disk();
        if lost > 0 {
            tracing::error!("{lost} updates were neither answered nor written to the disk");
        }
        state.closed = true;
        self.shared.done.notify_all();
    }

    /// Waits for something to do; false when the inbox is being closed.
    fn wait(&self) -> bool {
        let mut state = self.shared.lock();
        loop {
            if state.closing {
                return false;
            }
            if state.trouble.is_some() {
                let left = self.retry_at.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return true;
                }
                let waited = self.shared.work.wait_timeout(state, left);
                state = unpoisoned(waited).0;
            } else if state.handed > state.written {
                return true;
            } else {
                let waited = self.shared.work.wait(state);
                state = unpoisoned(waited);
            }
        }
    }

    fn turn(&mut self) {
        if let Err(fault) = self.write_or_begin_anew() {
            self.report(fault);
        }
    }

    /// Writes what is to be written, in a new file if the one there cannot be used.
    pub fn write_or_begin_anew(&mut self) -> Result<(), StoreError> {
        let why = match self.write() {
            Err(StoreError::Useless(why) | StoreError::Panic(why)) => why,
            other => return other,
        };
        if !self.place.file().exists() {
            return Err(StoreError::Useless(why));
        }
        self.place.set_aside()?;
        self.shared.lock().ledger.forget_file();
        tracing::error!(
            message_id = events::INBOX_DAMAGED,
            "{} cannot be used ({why}); it was moved to {} and a new one is begun",
            self.place.file().display(),
            self.place.aside().display()
        );
        self.write()
    }

    fn write(&mut self) -> Result<(), StoreError> {
        let now = milliseconds(self.clock.now());
        if self.store.is_none() {
            let (store, found) = self.place.open(now)?;
            self.store = Some(store);
            let removals = {
                let mut state = self.shared.lock();
                state.ledger.follow_file(found);
                state.ledger.take_removals()
            };
            self.put(&removals, now)?;
        }
        let (batch, handed) = {
            let mut state = self.shared.lock();
            (state.ledger.take_batch(), state.handed)
        };
        self.put(&batch, now)?;
        let mut state = self.shared.lock();
        state.ledger.written(&batch);
        state.written = handed;
        if state.trouble.take().is_some() {
            let open = state.ledger.len();
            tracing::info!(
                message_id = events::INBOX_RECOVERED,
                "{} can be written again; it holds {open} open updates",
                self.place.file().display()
            );
        }
        self.shared.done.notify_all();
        Ok(())
    }

    fn put(&mut self, batch: &Batch, now: u64) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        if let Some(store) = self.store.take() {
            let written = store.write(batch, now);
            self.store = Some(written.inspect_err(|_| self.shared.lock().ledger.lose_file())?);
        }
        Ok(())
    }

    /// Says what is wrong, once, and when to try again.
    pub fn report(&mut self, fault: StoreError) {
        let (cause, remedy) = match fault {
            StoreError::Busy => (
                "another process uses it".to_owned(),
                "stop the other clip-bot",
            ),
            StoreError::Useless(why) | StoreError::Panic(why) => (why, "check the disk"),
            StoreError::Disk { cause, remedy } => (cause, remedy),
        };
        let file = self.place.file();
        let trouble = format!("{} cannot be written ({cause}); {remedy}", file.display());
        self.retry_at = Instant::now() + self.patience;
        let mut state = self.shared.lock();
        if state.trouble.as_ref() != Some(&trouble) {
            tracing::error!(
                message_id = events::INBOX_TROUBLE,
                "{trouble}; until then updates are kept in memory only"
            );
        }
        state.trouble = Some(trouble);
        self.shared.done.notify_all();
    }
}
