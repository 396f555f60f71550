//! What is open, and what of it the file does not say yet. Pure: no file, no threads.
//!
//! The ledger is the truth while the process lives; the file follows it. Every open update is here
//! with its text (a kilobyte or so each, and few are open at a time), so that a file that is lost,
//! full or damaged is written anew from here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Arrival;

/// Answered updates that are remembered: Telegram may send them again while an older one is open.
const MAX_REMEMBERED: usize = 4096;

/// An update as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpdate {
    /// When it came, in milliseconds since 1970.
    pub received: u64,
    pub update: Arc<str>,
    pub progress: Option<Arc<str>>,
}

/// What the file held when it was opened.
#[derive(Debug, Default)]
pub struct FileContent {
    pub records: Vec<(i64, StoredUpdate)>,
    /// Who was worked on, and how often a process ended while it was.
    pub work: Work,
    /// Where polling goes on; `None` if that is not known or not to be trusted.
    pub offset: Option<i64>,
    /// When that was written, in milliseconds since 1970.
    pub written: u64,
    /// The file was there: it may hold words of what left it.
    pub is_old: bool,
}

/// By update: how often a process ended while it was worked on, and whether it is worked on now; only
/// of those of which there is something to say.
pub type Work = BTreeMap<i64, (u32, bool)>;

/// What is to be written in one transaction.
#[derive(Debug, Default)]
pub struct Batch {
    /// The update is now like this, or is no more.
    pub changes: Vec<(i64, Option<StoredUpdate>)>,
    pub offset: Option<i64>,
    pub work: Option<Work>,
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.offset.is_none() && self.work.is_none()
    }
}

#[derive(Debug)]
struct OpenUpdate {
    record: StoredUpdate,
    tasks: usize,
    /// The file has it.
    on_disk: bool,
    /// How often a process ended while this was worked on, and whether it is worked on now.
    work: (u32, bool),
}

/// When something is to be written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    #[default]
    Never,
    WithTheNext,
    Now,
}

#[derive(Debug, Default)]
pub struct Ledger {
    open: BTreeMap<i64, OpenUpdate>,
    answered: BTreeSet<i64>,
    /// Updates of an earlier run that were not handed out yet.
    left: Vec<i64>,
    offset: Option<i64>,
    /// Updates that may differ from what the file says. Only collected while a file is followed;
    /// whoever opens one compares all of them.
    changed: BTreeSet<i64>,
    offset_changed: bool,
    /// Who is worked on is to be written.
    work_due: Due,
    followed: bool,
    /// The file of an earlier run was read, or there is none.
    loaded: bool,
}

impl Ledger {
    /// Adds what is new and returns its ids.
    pub fn add(&mut self, batch: Vec<Arrival>, offset: i64, received: u64) -> Vec<i64> {
        let mut fresh = Vec::new();
        for arrival in batch {
            let id = arrival.id;
            let known = self.open.contains_key(&id) || self.answered.contains(&id);
            if known || arrival.tasks == 0 {
                continue;
            }
            let record = StoredUpdate {
                received,
                update: arrival.update.into(),
                progress: None,
            };
            let open = OpenUpdate {
                record,
                tasks: arrival.tasks,
                on_disk: false,
                work: (0, false),
            };
            self.open.insert(id, open);
            self.touch(id);
            fresh.push(id);
        }
        if self.offset != Some(offset) {
            self.offset = Some(offset);
            self.offset_changed = true;
        }
        fresh
    }

    /// Keeps how far an update got.
    pub fn note(&mut self, id: i64, progress: String) {
        if let Some(open) = self.open.get_mut(&id) {
            open.record.progress = Some(progress.into());
            self.touch(id);
        }
    }

    /// Work on an update begins or rests. Returns whether that is to be on disk before it goes on: a
    /// process ended by it, perhaps. Else it is written with what is written next.
    pub fn work(&mut self, id: i64, now: bool) -> bool {
        let Some(open) = self.open.get_mut(&id) else {
            return false;
        };
        let deaths = open.work.0;
        if open.work.1 != now {
            open.work.1 = now;
            let is_urgent = deaths > 0 || !now;
            let due = if is_urgent {
                Due::Now
            } else {
                Due::WithTheNext
            };
            self.work_due = self.work_due.max(due);
        }
        now && deaths > 0
    }

    /// The process ends by itself: nothing is worked on any more.
    pub fn rest(&mut self) {
        let at_work: Vec<i64> = self.open.keys().copied().collect();
        for id in at_work {
            self.work(id, false);
        }
    }

    /// How often a process ended while the update was worked on.
    pub fn deaths(&self, id: i64) -> u32 {
        self.open.get(&id).map_or(0, |open| open.work.0)
    }

    /// Says how many tasks an update of an earlier run has.
    pub fn resume(&mut self, id: i64, tasks: usize) {
        if tasks == 0 {
            self.remove(id);
        } else if let Some(open) = self.open.get_mut(&id) {
            open.tasks = tasks;
        }
    }

    /// Counts one task as done; returns whether that was the last.
    pub fn finish(&mut self, id: i64) -> bool {
        let Some(open) = self.open.get_mut(&id) else {
            return false;
        };
        open.tasks = open.tasks.saturating_sub(1);
        let last = open.tasks == 0;
        if last {
            self.remove(id);
        }
        last
    }

    fn remove(&mut self, id: i64) {
        let Some(gone) = self.open.remove(&id) else {
            return;
        };
        if gone.work != (0, false) {
            self.work_due = self.work_due.max(Due::WithTheNext);
        }
        self.touch(id);
        self.answered.insert(id);
        if self.answered.len() > MAX_REMEMBERED {
            self.answered.pop_first();
        }
    }

    fn touch(&mut self, id: i64) {
        if self.followed {
            self.changed.insert(id);
        }
    }

    /// Hands out what an earlier run left, oldest first, once.
    pub fn take_left(&mut self) -> Vec<(i64, StoredUpdate)> {
        let left = std::mem::take(&mut self.left);
        let mut left: Vec<(i64, StoredUpdate)> = left
            .into_iter()
            .filter_map(|id| Some((id, self.open.get(&id)?.record.clone())))
            .collect();
        left.sort_by_key(|(id, record)| (record.received, *id));
        left
    }

    pub fn offset(&self) -> Option<i64> {
        self.offset
    }

    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn lowest(&self) -> Option<i64> {
        self.open.keys().next().copied()
    }

    pub fn lowest_not_on_disk(&self) -> Option<i64> {
        let mut open = self.open.iter();
        open.find_map(|(id, open)| (!open.on_disk).then_some(*id))
    }

    /// Whether there is something to write.
    pub fn is_behind(&self) -> bool {
        self.followed
            && (self.offset_changed || self.work_due == Due::Now || !self.changed.is_empty())
    }

    /// Takes the updates that are no more: a disk that is full may still take this.
    pub fn take_removals(&mut self) -> Batch {
        let gone = |id: &i64| !self.open.contains_key(id);
        let gone: BTreeSet<i64> = self.changed.iter().copied().filter(gone).collect();
        self.changed.retain(|id| !gone.contains(id));
        Batch {
            changes: gone.into_iter().map(|id| (id, None)).collect(),
            offset: None,
            work: None,
        }
    }

    /// Takes what is to be written. A change that another one made needless is not in it.
    pub fn take_batch(&mut self) -> Batch {
        let changed = std::mem::take(&mut self.changed);
        let due = std::mem::take(&mut self.work_due);
        let work = (due > Due::Never).then(|| self.all_work());
        let now = |id| (id, self.open.get(&id).map(|open| open.record.clone()));
        Batch {
            changes: changed.into_iter().map(now).collect(),
            offset: std::mem::take(&mut self.offset_changed)
                .then_some(self.offset)
                .flatten(),
            work,
        }
    }

    /// All that a new file needs to hold.
    pub fn everything(&self) -> Batch {
        let open = self.open.iter();
        Batch {
            changes: open
                .map(|(id, open)| (*id, Some(open.record.clone())))
                .collect(),
            offset: self.offset,
            work: Some(self.all_work()),
        }
    }

    fn all_work(&self) -> Work {
        let open = self.open.iter();
        open.filter(|(_, open)| open.work != (0, false))
            .map(|(id, open)| (*id, open.work))
            .collect()
    }

    /// The batch is on disk.
    pub fn written(&mut self, batch: &Batch) {
        for (id, record) in &batch.changes {
            if let (Some(_), Some(open)) = (record, self.open.get_mut(id)) {
                open.on_disk = true;
            }
        }
    }

    /// There is no file to follow for now; what was in it still is.
    pub fn lose_file(&mut self) {
        self.followed = false;
        self.changed.clear();
    }

    /// The file was set aside: nothing is in it any more.
    pub fn forget_file(&mut self) {
        self.lose_file();
        for open in self.open.values_mut() {
            open.on_disk = false;
        }
    }

    /// How many open updates no file has.
    pub fn not_on_disk(&self) -> usize {
        self.open.values().filter(|open| !open.on_disk).count()
    }

    /// Follows a file that was just opened and holds `found`. What it holds beyond our knowledge
    /// is an earlier run's the first time, and afterwards something answered meanwhile.
    pub fn follow_file(&mut self, found: FileContent) {
        self.forget_file();
        for (id, record) in found.records {
            if let Some(open) = self.open.get_mut(&id) {
                open.on_disk = open.record.update == record.update;
                if open.record != record {
                    self.changed.insert(id);
                }
            } else if self.loaded || self.answered.contains(&id) {
                self.changed.insert(id);
            } else {
                let (deaths, at_work) = found.work.get(&id).copied().unwrap_or_default();
                let open = OpenUpdate {
                    record,
                    tasks: 1,
                    on_disk: true,
                    work: (deaths.saturating_add(at_work.into()), false),
                };
                self.open.insert(id, open);
                self.left.push(id);
            }
        }
        let missing = self.open.iter().filter(|(_, open)| !open.on_disk);
        self.changed.extend(missing.map(|(id, _)| *id));
        if !self.loaded && self.offset.is_none() {
            self.offset = found.offset;
        }
        self.offset_changed = self.offset.is_some() && self.offset != found.offset;
        if self.all_work() != found.work {
            self.work_due = Due::WithTheNext;
        }
        self.loaded = true;
        self.followed = true;
    }
}
