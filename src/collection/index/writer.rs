//! Changes the index: one process at a time, from one whole state to the next.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::manifest::{self, Manifest, SegmentEntry};
use super::segment::{self, MergedRows, RowBatch};
use super::snapshot::{RowId, Snapshot};
use crate::error::{Error, Kind, Result};

/// So many segments of about the same size become one.
const TOGETHER: usize = 8;
/// Segments with fewer rows than this are about the same size.
const SMALL: usize = 1024;
/// Segments with more rows than this stay as they are, unless many rows are dead.
const LARGE: usize = 1 << 19;

/// The one process that may change the index.
#[derive(Debug)]
pub(in crate::collection) struct Writer {
    folder: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
    /// The state on disk, with changes that the next commit writes.
    pub manifest: Manifest,
    snapshot: Arc<Snapshot>,
}

impl Writer {
    /// Takes the index in `folder`, which is made if it is not there, and clears away what a
    /// writer left that was killed.
    pub fn open(folder: &Path) -> Result<Self> {
        let failed = |cause| Error::system(format!("cannot use {}", folder.display()), cause);
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = lock(folder)?;
        let manifest = Manifest::read(folder)?.unwrap_or_default();
        let snapshot = Arc::new(Snapshot::open(folder, manifest.clone(), None)?);
        let writer = Self {
            folder: folder.to_owned(),
            _lock: lock,
            manifest,
            snapshot,
        };
        writer.remove_leftovers().map_err(failed)?;
        Ok(writer)
    }

    /// The state on disk.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Forgets everything but the roots, for vectors of another encoder. Nothing changes on disk
    /// until the next commit.
    pub fn discard_segments(&mut self) -> Result<()> {
        self.manifest.segments.clear();
        self.snapshot = Arc::new(Snapshot::open(&self.folder, self.manifest.clone(), None)?);
        Ok(())
    }

    /// Makes the rows of `batch` part of the index and those of `dead` none of it, at once. On an
    /// error the old state stays.
    pub fn commit(&mut self, batch: &RowBatch, dead: &HashSet<RowId>) -> Result<()> {
        let mut next = self.manifest.clone();
        for row in dead {
            let mut entries = next.segments.iter_mut();
            if let Some(entry) = entries.find(|entry| entry.number == row.segment) {
                entry.dead.insert(row.row);
            }
        }
        if batch.len() > 0 {
            let entry = self.write(&mut next, batch)?;
            next.segments.push(entry);
        }
        self.replace(next)
    }

    /// Joins small segments and drops dead rows, among the segments from number `first` on.
    pub fn compact(&mut self, first: u64) -> Result<()> {
        loop {
            let chosen = choose(&self.manifest.segments, first);
            if chosen.is_empty() {
                return Ok(());
            }
            let mut next = self.manifest.clone();
            let is_chosen = |entry: &SegmentEntry| chosen.contains(&entry.number);
            let parts: Vec<_> = self.snapshot.parts().collect();
            let parts: Vec<_> = parts
                .into_iter()
                .filter(|(_, entry)| is_chosen(entry))
                .collect();
            let has_live = parts.iter().any(|(_, entry)| entry.live() > 0);
            let merged = if has_live {
                Some(self.write(&mut next, &MergedRows::new(&parts)?)?)
            } else {
                None
            };
            next.segments.retain(|entry| !is_chosen(entry));
            next.segments.extend(merged);
            self.replace(next)?;
        }
    }

    fn write(&self, next: &mut Manifest, source: &impl segment::RowSource) -> Result<SegmentEntry> {
        let number = next.next_segment;
        next.next_segment += 1;
        segment::write(&self.folder, number, next.dimensions, source)
    }

    fn replace(&mut self, mut next: Manifest) -> Result<()> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        next.updated = now.map_or(0, |now| now.as_secs());
        next.write(&self.folder)?;
        let snapshot = Snapshot::open(&self.folder, next.clone(), Some(&self.snapshot))?;
        self.snapshot = Arc::new(snapshot);
        self.manifest = next;
        // What cannot be cleared away now is cleared away next time.
        let _ = self.remove_leftovers();
        Ok(())
    }

    /// Removes segments that belong to no state that can still be opened.
    fn remove_leftovers(&self) -> std::io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                continue;
            };
            let number = name.strip_suffix(".segment").and_then(|n| n.parse().ok());
            let is_ours = number.is_some_and(|number| name == manifest::file_name(number));
            let mut known = self.manifest.segments.iter();
            if is_ours && !known.any(|entry| Some(entry.number) == number) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Which segments should become one; none if all is well.
fn choose(segments: &[SegmentEntry], first: u64) -> Vec<u64> {
    let ours = || segments.iter().filter(|entry| entry.number >= first);
    if let Some(entry) = ours().find(|entry| entry.dead.len() * 4 > entry.rows) {
        return vec![entry.number];
    }
    let size = |entry: &SegmentEntry| (entry.live() / SMALL).max(1).ilog(TOGETHER);
    for wanted in 0..LARGE.ilog(TOGETHER) {
        let same = ours().filter(|entry| entry.live() < LARGE && size(entry) == wanted);
        let same: Vec<u64> = same.map(|entry| entry.number).take(TOGETHER).collect();
        if same.len() == TOGETHER {
            return same;
        }
    }
    Vec::new()
}

/// Keeps other writers away; the file tells them by whom.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let failed = |cause| Error::system(format!("cannot lock {}", path.display()), cause);
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true).truncate(false);
    let mut file = options.open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(20).read_to_string(&mut holder);
            let what = format!(
                "another clip-search (process {}) is changing the index in {}: wait for its end",
                holder.trim(),
                folder.display()
            );
            return Err(Error::new(Kind::Busy, what));
        }
    }
    // Only for a message; a full disk has more important things to say.
    let _ = file.rewind();
    let _ = file.set_len(0);
    let _ = writeln!(file, "{}", std::process::id());
    Ok(file)
}
