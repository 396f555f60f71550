//! The index of the user's own pictures, in a folder.
//!
//! # For the engine that serves it
//!
//! [`Index::open`] once; then [`VectorStore::search`] and [`VectorStore::record`] from any thread.
//! Each looks whether the index was changed (a `stat` of one file) and goes on with the new state
//! if it was; what was found stays valid, as records are copies. If the index is made anew with another encoder while it is open, the old state goes
//! on to be served and a warning says so: [`VectorStore::encoder_name`] never changes.
//!
//! # In the folder
//!
//! - `manifest`: which segments there are, with their lengths and checksums, which of their rows are
//!   dead, which folders and lists were indexed, and by which encoder. Written beside, synced and
//!   renamed: a kill or a power cut at any moment leaves the state before or the one after.
//! - `00000000.segment`…: vectors and records, written once (`segment` says how) and synced before
//!   a manifest names them. Small ones are joined, and those with a quarter of dead rows written
//!   anew. One that is deleted stays readable for who has it open; one that no manifest names was
//!   left by a kill, and the next writer removes it.
//! - `lock`: held by the process that changes the index, with its number inside.
//!
//! # How it searches
//!
//! Exactly: every vector is compared, as signed bytes, with one scale for a segment that its data
//! gives. The best 100 (or twice as many as are wanted) are ranked again by 16-bit floats, which
//! finds what 32-bit floats find. A picture whose vector is at least 0.985 alike to that of a better
//! one is taken for the same and left out; so are copies of a file.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::collection::{Record, ScoredRecord, VectorStore};
use crate::error::{Error, Kind, Result};
use crate::locked::locked;

mod bytes;
pub mod maintenance;
pub(super) mod manifest;
pub(super) mod record;
pub(super) mod segment;
pub(super) mod snapshot;
pub(super) mod writer;

use manifest::Manifest;
pub use manifest::Root;
use segment::floats;
use snapshot::Snapshot;

/// How often a state is opened that is replaced meanwhile.
const TRIES: usize = 20;

/// The index in a folder, for reading; it follows the changes that a writer makes.
#[derive(Debug)]
pub struct Index {
    folder: PathBuf,
    encoder: String,
    state: Mutex<Opened>,
}

#[derive(Debug)]
struct Opened {
    snapshot: Arc<Snapshot>,
    /// Of the manifest that was looked at last.
    stamp: Option<Stamp>,
}

/// Tells one manifest from the next.
type Stamp = (u64, u64, u64, i64, i64);

impl Index {
    /// Opens the index in `folder`.
    ///
    /// # Errors
    /// There is none ([`Kind::Config`]), or it is damaged.
    pub fn open(folder: &Path) -> Result<Self> {
        let (snapshot, stamp) = load(folder, None)?;
        Ok(Self {
            folder: folder.to_owned(),
            encoder: snapshot.manifest.encoder.clone(),
            state: Mutex::new(Opened {
                snapshot: Arc::new(snapshot),
                stamp,
            }),
        })
    }

    /// The newest state.
    fn current(&self) -> Arc<Snapshot> {
        let mut state = locked(&self.state);
        let stamp = stamp(&self.folder);
        if stamp != state.stamp {
            match load(&self.folder, Some(&state.snapshot)) {
                Ok((snapshot, stamp)) if snapshot.manifest.encoder == self.encoder => {
                    state.snapshot = Arc::new(snapshot);
                    state.stamp = stamp;
                }
                Ok((snapshot, stamp)) => {
                    tracing::warn!(
                        "the index is now one of {}: the old one of {} is served until clip-search \
                         is started again",
                        snapshot.manifest.encoder,
                        self.encoder
                    );
                    state.stamp = stamp;
                }
                Err(error) => {
                    tracing::warn!("the index stays as it was: {}", error.chain());
                    state.stamp = stamp;
                }
            }
        }
        Arc::clone(&state.snapshot)
    }

    /// Components of a vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.current().manifest.dimensions
    }

    /// Hands every picture with its vector to `take`, all of one state, until that returns false.
    ///
    /// # Errors
    /// Those of `take`, and a damaged index.
    pub fn each(&self, mut take: impl FnMut(Record, &[f32]) -> Result<bool>) -> Result<()> {
        let snapshot = self.current();
        let mut vector = Vec::new();
        for row in snapshot.live() {
            let (Some(stored), Some(halves)) = (snapshot.stored(row)?, snapshot.halves(row)?)
            else {
                continue;
            };
            vector.clear();
            vector.extend(floats(&halves).take(snapshot.manifest.dimensions));
            if !take(snapshot.as_record(row, stored)?, &vector)? {
                break;
            }
        }
        Ok(())
    }
}

impl VectorStore for Index {
    fn encoder_name(&self) -> &str {
        &self.encoder
    }

    fn len(&self) -> Result<usize> {
        Ok(self.current().manifest.live())
    }

    fn search(&self, vector: &[f32], want: usize, at_least: f32) -> Result<Vec<ScoredRecord>> {
        self.current().search(vector, want, at_least)
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        self.current().record(id)
    }
}

fn stamp(folder: &Path) -> Option<Stamp> {
    let of = fs::metadata(folder.join(manifest::NAME)).ok()?;
    Some((of.dev(), of.ino(), of.len(), of.mtime(), of.mtime_nsec()))
}

/// Opens the newest state. A writer may replace it and delete its files in the middle: then again.
fn load(folder: &Path, before: Option<&Snapshot>) -> Result<(Snapshot, Option<Stamp>)> {
    let mut tries = 0;
    loop {
        let stamp_before = stamp(folder);
        let manifest = Manifest::read(folder)?.ok_or_else(|| none_yet(folder))?;
        match Snapshot::open(folder, manifest, before) {
            Ok(snapshot) => return Ok((snapshot, stamp_before)),
            Err(_) if stamp(folder) != stamp_before && tries < TRIES => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

fn none_yet(folder: &Path) -> Error {
    Error::config(format!(
        "there is no index in {} yet: make one with clip-search index add FOLDER",
        folder.display()
    ))
}

fn damaged(path: &Path) -> Error {
    let what = format!(
        "{} is damaged: look for others with clip-search index verify, then make the index anew with \
         clip-search index add --rebuild",
        path.display()
    );
    Error::new(Kind::Unusable, what)
}

/// Makes sure that new and renamed files of `folder` survive a power cut.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
