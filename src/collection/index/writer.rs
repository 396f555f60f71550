//! Changes the index: one process at a time, and atomically from one state to the next.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::catalog::Catalog;
use super::codes::Codes;
use super::manifest::{self, Manifest, SegmentEntry};
use super::rows::{MergedRows, RowBatch, RowSource};
use super::segment::{self, Segment};
use super::snapshot::{RowId, Snapshot};
use crate::error::{Error, Kind, Result};
use crate::private;

/// Compaction merges this many segments of about the same size, which differ by less than this
/// factor.
const MERGE_FACTOR: usize = 8;
/// Segments with fewer rows than this all count as the same size.
const SMALL_ROWS: usize = 1024;
/// Segments with this many rows are not merged with others.
const LARGE_ROWS: usize = 1 << 19;

/// The one process that may change the index.
#[derive(Debug)]
pub(in crate::collection) struct Writer {
    folder: PathBuf,
    _lock: Lock,
    /// The state on disk, with changes that the next commit will write.
    pub manifest: Manifest,
    snapshot: Arc<Snapshot>,
}

impl Writer {
    /// Locks the index in `folder`, which is made if it does not exist, and removes files that a
    /// killed writer left.
    pub fn open(folder: &Path) -> Result<Self> {
        let failed = |cause| Error::system(format!("cannot use {}", folder.display()), cause);
        private::create_folder(folder).map_err(failed)?;
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
        for entry in &writer.manifest.segments {
            writer.keep_derived(&writer.manifest, entry);
        }
        Ok(writer)
    }

    /// The state on disk.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Removes all rows, and keeps the roots, to make the index anew. Nothing changes on disk until
    /// the next commit.
    pub fn discard_segments(&mut self) -> Result<()> {
        self.manifest.segments.clear();
        self.snapshot = Arc::new(Snapshot::open(&self.folder, self.manifest.clone(), None)?);
        Ok(())
    }

    /// Adds the rows of `batch` to the index and marks those of `dead` as dead, atomically. If that
    /// fails, the old state stays.
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

    /// Compaction: merges small segments and drops dead rows, in segments from number `first` on.
    pub fn compact(&mut self, first: u64) -> Result<()> {
        loop {
            let chosen = segments_to_compact(&self.manifest.segments, first);
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

    fn write(&self, next: &mut Manifest, source: &impl RowSource) -> Result<SegmentEntry> {
        let number = next.next_segment;
        next.next_segment += 1;
        let entry = segment::write(&self.folder, number, next.dimensions, source)?;
        self.keep_derived(next, &entry);
        Ok(entry)
    }

    /// Makes sure that the segment `entry` has its catalog and its codes beside it. Without room for them,
    /// whoever reads the index makes the catalog in memory, and compares vectors by their bytes.
    fn keep_derived(&self, manifest: &Manifest, entry: &SegmentEntry) {
        let keep = || {
            let segment = Segment::open(&self.folder, entry, manifest.dimensions)?;
            Catalog::keep(&segment, entry, &manifest.roots)?;
            Codes::keep(&segment, entry)
        };
        if let Err(error) = keep() {
            tracing::warn!("{}", error.chain());
        }
    }

    fn replace(&mut self, mut next: Manifest) -> Result<()> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        next.updated = now.map_or(0, |now| now.as_secs());
        next.write(&self.folder)?;
        let snapshot = Snapshot::open(&self.folder, next.clone(), Some(&self.snapshot))?;
        self.snapshot = Arc::new(snapshot);
        self.manifest = next;
        // A file that cannot be removed now is removed by a later commit.
        let _ = self.remove_leftovers();
        Ok(())
    }

    /// Removes segments that the manifest does not list, with their catalogs and codes.
    fn remove_leftovers(&self) -> std::io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                continue;
            };
            let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
            let number = stem.parse().ok().map(manifest::file_name);
            let is_ours =
                number.is_some_and(|file| file.split_once('.') == Some((stem, "segment")));
            let mut known = self.manifest.segments.iter();
            let is_known = known.any(|entry| entry.file_name().starts_with(stem));
            let is_left = match ending {
                "segment" | "catalog" | "codes" => !is_known,
                "catalog.new" | "codes.new" => true,
                _ => false,
            };
            if is_ours && is_left {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

/// The segments that should be merged or rewritten next; none if compaction is done.
fn segments_to_compact(segments: &[SegmentEntry], first: u64) -> Vec<u64> {
    let ours = || segments.iter().filter(|entry| entry.number >= first);
    if let Some(entry) = ours().find(|entry| entry.dead.len() * 4 > entry.rows) {
        return vec![entry.number];
    }
    let size = |entry: &SegmentEntry| (entry.live() / SMALL_ROWS).max(1).ilog(MERGE_FACTOR);
    for wanted in 0..LARGE_ROWS.ilog(MERGE_FACTOR) {
        let same = ours().filter(|entry| entry.live() < LARGE_ROWS && size(entry) == wanted);
        let same: Vec<u64> = same.map(|entry| entry.number).take(MERGE_FACTOR).collect();
        if same.len() == MERGE_FACTOR {
            return same;
        }
    }
    Vec::new()
}

/// Locks out other writers until it is dropped.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file leaves it locked while a process that another thread just forked holds it, too.
        let _ = self.0.unlock();
    }
}

/// Locks out other writers. The file holds our process number, for their message.
fn lock(folder: &Path) -> Result<Lock> {
    let path = folder.join("lock");
    let failed = |cause| Error::system(format!("cannot lock {}", path.display()), cause);
    let mut file = private::options().read(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::Error(cause)) => return Err(failed(cause)),
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = file.take(20).read_to_string(&mut holder);
            let what = format!(
                "another clip-search (process {}) is changing the index in {}: wait until it has \
                 finished",
                holder.trim(),
                folder.display()
            );
            return Err(Error::new(Kind::Busy, what));
        }
    }
    // The number is only for a message: a full disk will be reported by something more important.
    let _ = file.rewind();
    let _ = file.set_len(0);
    let _ = writeln!(file, "{}", std::process::id());
    Ok(Lock(file))
}
