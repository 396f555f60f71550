//! The thread that writes: one transaction at a time, with all that was handed in meanwhile, and
//! again and again while the disk refuses.
//!
//! Pages that are free again keep what they held. So a day after an update left, at the latest, all that
//! is open is written into a new file, which takes the place of the old one.

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
    /// How long words of what left may stay in the file.
    pub longest_stay: Duration,
    /// When the file is renewed, if something left it since it was begun.
    pub renew_at: Option<Instant>,
    /// When the offset in the file was written, in milliseconds since 1970.
    pub offset_written: u64,
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
        // Words of what left do not wait on the disk for the next start.
        if self.renew_at.is_some() && self.store.is_some() {
            self.renew();
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
            } else if state.handed > state.written || self.is_stale() {
                return true;
            } else if let Some(at) = self.renew_at {
                let left = at.saturating_duration_since(Instant::now());
                let waited = self.shared.work.wait_timeout(state, left);
                state = unpoisoned(waited).0;
            } else {
                let waited = self.shared.work.wait(state);
                state = unpoisoned(waited);
            }
        }
    }

    fn turn(&mut self) {
        if let Err(fault) = self.write_or_begin_anew() {
            self.report(fault);
        } else if self.is_stale() {
            self.renew();
        }
    }

    fn is_stale(&self) -> bool {
        self.renew_at.is_some_and(|at| at <= Instant::now())
    }

    /// Begins a new file with all that is open. The old one goes on where that fails, and is renewed later.
    fn renew(&mut self) {
        let everything = self.shared.lock().ledger.everything();
        let place = &self.place;
        let begun = place.begin();
        let written = begun.and_then(|store| store.write(&everything, self.offset_written));
        let renewed = written.and_then(|store| place.take_place().map(|()| store));
        match renewed {
            Ok(store) => {
                if let Some(old) = self.store.replace(store) {
                    old.close();
                }
                self.renew_at = None;
                self.shared.lock().ledger.written(&everything);
                if let Err(fault) = self.place.keep_names() {
                    self.report(fault);
                }
            }
            Err(fault) => {
                let (StoreError::Useless(why)
                | StoreError::Panic(why)
                | StoreError::Disk { cause: why, .. }) = fault
                else {
                    return;
                };
                tracing::warn!(
                    "{} still holds words of updates that were answered: a new file could not be begun \
                     ({why}); it is tried again",
                    place.file().display()
                );
                self.renew_at = Some(Instant::now() + self.longest_stay);
            }
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
            self.offset_written = found.written;
            if found.is_old {
                self.something_left();
            }
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
            if batch.offset.is_some() {
                self.offset_written = now;
            }
            // What is noted takes the place of what was noted before.
            if !batch.changes.is_empty() {
                self.something_left();
            }
        }
        Ok(())
    }

    fn something_left(&mut self) {
        let due = Instant::now() + self.longest_stay;
        self.renew_at.get_or_insert(due);
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
