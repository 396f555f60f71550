//! Accepted updates, on disk until their answers were sent.
//!
//! An update is in the file before Telegram is told that we have it, and leaves the file after its
//! answer was sent. So a kill or a power cut at any moment loses nothing, and repeats at most what
//! was being sent in that moment.
//!
//! # How it works
//!
//! `ledger` knows what is open and what of it the file does not say yet. It is the truth while the
//! process lives, and has the text of every open update: few are open at a time, never more than
//! [`MAX_OPEN`] and one batch, a kilobyte or so each. `writer` is the one thread that writes: all that
//! was handed in while one transaction was under way goes into the next (group commit), and a note
//! that is followed by the update's end is not written at all. `store` is the file.
//!
//! The file also says who is worked on. Who was when the process ended by itself is counted, so that an
//! update that ends every process can be set aside.
//!
//! When the disk refuses (full, read-only, failing), the file is closed, the trouble is said once
//! in the log and by [`Inbox::trouble`], and the file is opened and compared with the ledger again
//! every few seconds until it works. Meanwhile nobody waits for the disk. A file that
//! cannot be used (damaged, another bot's, a newer program's) is moved to `inbox.damaged`, the log
//! says so, and a new file is begun: at the start empty, later with everything that is open.
//!
//! # The file
//!
//! `inbox.redb` is a [redb](https://docs.rs/redb) database: copy-on-write B-trees with checksums in
//! one file. `SQLite` would do as well, but is C, and needs a C compiler for every target. redb is
//! Rust, depends on nothing but `libc`, and makes the shipped program 0.9 MB larger (2.9 before). A
//! file of our own to append to would be smaller, and all of its recovery ours to prove.
//!
//! Why a power cut does no harm: each transaction is committed with
//! [`Durability::Immediate`](https://docs.rs/redb/latest/redb/enum.Durability.html), "guaranteed to
//! be persistent as soon as `WriteTransaction::commit` returns". No page that the last commit needs
//! is overwritten; a commit writes new pages and the idle one of two slots in the header, and then
//! calls fsync. After a crash "the most recent of the two commit slots with a valid checksum is
//! used" ([`set_two_phase_commit`](
//! https://docs.rs/redb/latest/redb/struct.WriteTransaction.html#method.set_two_phase_commit)), so a
//! half-written commit is as if it had not been begun. That page's two-phase commit is not used: it
//! takes a second fsync to stop somebody who knows the file, chooses what is written, decides which
//! pages reach the disk and cuts the power in between; who can do that here owns the machine. What
//! remains is a disk that lies about fsync: it can lose the last moments, or be found damaged.
//!
//! Every page is checked when the file is opened
//! ([`set_check_integrity_on_open`](
//! https://docs.rs/redb/latest/redb/struct.Builder.html#method.set_check_integrity_on_open)), since
//! a plain open may panic on a file that something else wrote into. Should redb panic after all, the
//! panic is caught and the file begun anew.

mod ledger;
mod store;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::locked::unpoisoned;
use crate::shutdown::Shutdown;

use store::{Location, Medium, StoreError};
use writer::{InboxState, Shared, Writer, milliseconds};

/// While this many updates are open, no more are fetched; see [`Inbox::wait_for_room`].
pub const MAX_OPEN: usize = 10_000;

/// See [`Pace::patience`].
const RETRY: Duration = Duration::from_secs(5);
/// How long words of an update may stay in the file after it left: less than a day, since a program that is
/// started anew each day begins to count again.
const LONGEST_STAY: Duration = Duration::from_hours(4);
/// How long [`Inbox::close`] waits for the disk.
const MAX_CLOSE_WAIT: Duration = Duration::from_secs(5);
/// How often a wait looks whether the program ends.
const LOOK: Duration = Duration::from_millis(100);
/// Stack of the thread that writes, in bytes: a transaction of a few pages does not go deep.
const STACK: usize = 512 << 10;

/// Accepted updates, on disk until their answers were sent. Clones are the same inbox; with the
/// last one it is closed.
#[derive(Debug, Clone)]
pub struct Inbox {
    handle: Arc<Handle>,
}

#[derive(Debug)]
struct Handle {
    shared: Arc<Shared>,
    clock: Clock,
    on_disk: bool,
}

/// How long things take.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// How long a disk that refused is left alone.
    patience: Duration,
    /// How long words of an update may stay in the file after it left.
    longest_stay: Duration,
}

/// An update to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Telegram's `update_id`.
    pub id: i64,
    /// How many tasks it asked for; [`Inbox::finished`] is called once for each. An update
    /// without any is not kept.
    pub tasks: usize,
    /// The update as Telegram sent it, JSON text.
    pub update: String,
}

/// An update of an earlier run that was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxEntry {
    /// Telegram's `update_id`.
    pub id: i64,
    /// The update as Telegram sent it, JSON text.
    pub update: String,
    /// When it was accepted, by the clock of then.
    pub received: SystemTime,
    /// What [`Inbox::note`] last said.
    pub progress: Option<String>,
    /// How many processes ended while it was worked on, other than by [`Inbox::close`].
    pub deaths: u32,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The ids that were not known: neither open nor answered a moment ago.
    pub fresh: Vec<i64>,
    /// Whether the batch is on disk.
    pub durable: bool,
}

impl Inbox {
    /// Opens the inbox in `directory`, which is made if it is not there. `owner` says whose
    /// updates they are, `server` which Bot API server numbers them.
    ///
    /// # Errors
    /// [`Kind::Busy`] when another process uses the folder, [`Kind::System`] when there is no thread
    /// to be had.
    /// A file that cannot be used is set aside, and a disk that refuses is tried again: the log says
    /// both.
    pub fn open(directory: &Path, owner: &str, server: &str, clock: &Clock) -> Result<Self> {
        let pace = Pace {
            patience: RETRY,
            longest_stay: LONGEST_STAY,
        };
        Self::open_on(store::plain(), pace, directory, owner, server, clock)
    }

    fn open_on(
        medium: Medium,
        pace: Pace,
        directory: &Path,
        owner: &str,
        server: &str,
        clock: &Clock,
    ) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let mut writer = Writer {
            shared: Arc::clone(&shared),
            place: Location {
                directory: directory.to_owned(),
                owner: owner.to_owned(),
                server: server.to_owned(),
                medium,
                lock: None,
            },
            store: None,
            clock: clock.clone(),
            patience: pace.patience,
            retry_at: Instant::now(),
            longest_stay: pace.longest_stay,
            renew_at: None,
            offset_written: 0,
        };
        match writer.write_or_begin_anew() {
            Ok(()) => {}
            Err(StoreError::Busy) => {
                let context = format!(
                    "another process uses {}: stop the other clip-bot",
                    directory.display()
                );
                return Err(Error::new(Kind::Busy, context));
            }
            Err(fault) => writer.report(fault),
        }
        std::thread::Builder::new()
            .name("inbox".to_owned())
            .stack_size(STACK)
            .spawn(move || writer.run())
            .map_err(|cause| Error::system("failed to start the thread inbox", cause))?;
        let handle = Handle {
            shared,
            clock: clock.clone(),
            on_disk: true,
        };
        Ok(Self {
            handle: Arc::new(handle),
        })
    }

    /// An inbox without a folder: nothing survives a kill, and nothing is to be waited for.
    #[must_use]
    pub fn in_memory() -> Self {
        let handle = Handle {
            shared: Arc::default(),
            clock: Clock::default(),
            on_disk: false,
        };
        Self {
            handle: Arc::new(handle),
        }
    }

    /// Where polling goes on, if that is known and to be trusted: numbered by the same server and
    /// written less than a day ago.
    #[must_use]
    pub fn offset(&self) -> Option<i64> {
        self.lock().ledger.offset()
    }

    /// What an earlier run left, oldest first, once: a second call returns only what was found
    /// since, in a file that could not be read at first. They are open until they are
    /// [`Inbox::finished`]; say by [`Inbox::resumed`] how many tasks each has.
    #[must_use]
    pub fn unfinished(&self) -> Vec<InboxEntry> {
        let mut state = self.lock();
        let left = state.ledger.take_left();
        let entry = |(id, record): (i64, ledger::StoredUpdate)| InboxEntry {
            id,
            update: record.update.to_string(),
            received: UNIX_EPOCH
                .checked_add(Duration::from_millis(record.received))
                .unwrap_or(UNIX_EPOCH),
            progress: record.progress.map(|progress| progress.to_string()),
            deaths: state.ledger.deaths(id),
        };
        left.into_iter().map(entry).collect()
    }

    /// How long ago the update was accepted; `None` while no server said what time it is.
    #[must_use]
    pub fn age(&self, entry: &InboxEntry) -> Option<Duration> {
        self.handle.clock.since(entry.received)
    }

    /// Says how many tasks an update of an earlier run has now; with none it leaves.
    pub fn resumed(&self, id: i64, tasks: usize) {
        self.change(|state| state.ledger.resume(id, tasks));
    }

    /// Keeps a batch and where polling goes on, in one transaction; returns when it is on disk,
    /// or when that failed and it is in memory only for now.
    #[must_use]
    pub fn accept(&self, batch: Vec<Arrival>, next_offset: i64) -> Accepted {
        let received = milliseconds(self.handle.clock.now());
        let add = |state: &mut InboxState| state.ledger.add(batch, next_offset, received);
        let Some((fresh, ticket)) = self.change(add) else {
            return Accepted {
                fresh: Vec::new(),
                durable: false,
            };
        };
        Accepted {
            fresh,
            durable: self.wait_until_written(ticket),
        }
    }

    /// Keeps how far an update got. Does not wait for the disk.
    pub fn note(&self, id: i64, progress: String) {
        self.change(|state| state.ledger.note(id, progress));
    }

    /// Keeps how far an update got, and waits until the disk knows; not while the disk refuses.
    pub fn note_for_sure(&self, id: i64, progress: String) {
        if let Some(((), ticket)) = self.change(|state| state.ledger.note(id, progress)) {
            self.wait_until_written(ticket);
        }
    }

    /// Work on an update begins. Waits for the disk only where a process ended by it before.
    pub fn begin_work(&self, id: i64) {
        if let Some((true, ticket)) = self.change(|state| state.ledger.work(id, true)) {
            self.wait_until_written(ticket);
        }
    }

    /// Work on an update rests: whatever ends the process now, it is not this. Does not wait for the
    /// disk.
    pub fn rest(&self, id: i64) {
        self.change(|state| state.ledger.work(id, false));
    }

    /// One of the update's tasks was done. With the last one the update leaves. Does not wait for
    /// the disk: what was sent is kept by [`Inbox::note_for_sure`].
    pub fn finished(&self, id: i64) {
        if let Some((true, _)) = self.change(|state| state.ledger.finish(id)) {
            self.handle.shared.done.notify_all();
        }
    }

    /// How many updates are open.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().ledger.len()
    }

    /// Whether no update is open.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until fewer than [`MAX_OPEN`] updates are open; false when `shutdown` is raised.
    #[must_use]
    pub fn wait_for_room(&self, shutdown: &Shutdown) -> bool {
        let has_room = |state: &InboxState| state.ledger.len() < MAX_OPEN;
        self.wait_for(has_room, shutdown, None).unwrap_or(true)
    }

    /// Waits until every open update is on disk or finished; false when `shutdown` is raised. When
    /// `patience` is over: true, with a warning in the log.
    #[must_use]
    pub fn wait_until_safe(&self, shutdown: &Shutdown, patience: Duration) -> bool {
        if !self.handle.on_disk {
            return true;
        }
        let is_safe = |state: &InboxState| state.ledger.lowest_not_on_disk().is_none();
        let safe = self.wait_for(is_safe, shutdown, Some(patience));
        safe.unwrap_or_else(|| {
            tracing::warn!("updates were neither answered nor written to the disk in time");
            true
        })
    }

    /// The lowest id that is open and not on disk: Telegram must not be told that we have it.
    #[must_use]
    pub fn lowest_unsafe(&self) -> Option<i64> {
        let state = self.lock();
        if self.handle.on_disk {
            state.ledger.lowest_not_on_disk()
        } else {
            state.ledger.lowest()
        }
    }

    /// What is wrong with the disk now, in words; `None` when all is well.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.lock().trouble.clone()
    }

    /// Writes what is still to be written and closes the file; waits a few seconds at most. Later
    /// calls do nothing.
    pub fn close(&self) {
        self.handle.close();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, InboxState> {
        self.handle.shared.lock()
    }

    /// Makes a change, unless the inbox is closed, and wakes the writer. Returns the ticket by
    /// which to wait for it.
    fn change<T>(&self, change: impl FnOnce(&mut InboxState) -> T) -> Option<(T, u64)> {
        let mut state = self.lock();
        if state.closing {
            return None;
        }
        let result = change(&mut state);
        if state.ledger.is_behind() {
            state.handed += 1;
            self.handle.shared.work.notify_one();
        }
        Some((result, state.handed))
    }

    fn wait_until_written(&self, ticket: u64) -> bool {
        if !self.handle.on_disk {
            return true;
        }
        let mut state = self.lock();
        loop {
            if state.trouble.is_some() {
                return false;
            }
            if state.written >= ticket || state.closed {
                return state.written >= ticket;
            }
            let waited = self.handle.shared.done.wait(state);
            state = unpoisoned(waited);
        }
    }

    /// Waits for `condition` (true) or the flag (false); `None` when `patience` is over.
    fn wait_for(
        &self,
        condition: impl Fn(&InboxState) -> bool,
        shutdown: &Shutdown,
        patience: Option<Duration>,
    ) -> Option<bool> {
        let begun = Instant::now();
        let mut state = self.lock();
        loop {
            if condition(&state) {
                return Some(true);
            }
            if shutdown.is_raised() {
                return Some(false);
            }
            let left = patience.map_or(LOOK, |all| all.saturating_sub(begun.elapsed()));
            if left.is_zero() {
                return None;
            }
            let waited = self.handle.shared.done.wait_timeout(state, left.min(LOOK));
            state = unpoisoned(waited).0;
        }
    }
}

impl Handle {
    fn close(&self) {
        let until = Instant::now() + MAX_CLOSE_WAIT;
        let mut state = self.shared.lock();
        if !state.closing {
            state.ledger.rest();
        }
        state.closing = true;
        self.shared.work.notify_all();
        while self.on_disk && !state.closed {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.shared.done.wait_timeout(state, left);
            state = unpoisoned(waited).0;
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.close();
    }
}
