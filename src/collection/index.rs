//! The index of the user's own pictures, in a folder.
//!
//! # Reading
//!
//! [`Index::open`] it once; [`VectorStore::search`] and [`VectorStore::record`] can then be called
//! from any thread. Each call checks with a `stat` of one file whether a writer has committed a new
//! state, and uses that state if so. Results stay valid, as records are copies. If the index is
//! rebuilt with another encoder while it is open, the old state is still served and a warning is
//! logged: [`VectorStore::encoder_name`] never changes.
//!
//! # Files in the folder
//!
//! - `manifest`: the segments with their lengths and checksums, their dead rows (those of removed
//!   or replaced pictures), the folders and lists that were indexed, and the encoder's name. A new
//!   one is written beside the old one, synced and renamed: a kill or a power cut at any moment
//!   leaves the state before or the one after.
//! - `00000000.segment`…: vectors and records (`segment` describes the format), written once and
//!   synced before a manifest names them. Compaction merges small segments, and rewrites a segment
//!   when more than a quarter of its rows are dead. A process that has a deleted segment open can
//!   still read it. A segment that no manifest names was left by a kill; the next writer removes
//!   it.
//! - `00000000.catalog`…: what the pictures of a segment are called, and when and where they were taken
//!   (`catalog` describes the format). It is made from the records of the segment, and made anew if it
//!   is not there.
//! - `00000000.codes`…: a short form of the vectors of a segment (`codes` describes the format). It is made
//!   from the vectors, and made by the next writer if it is not there.
//! - `lock`: held by the process that changes the index; contains its process number.
//!
//! # How it searches
//!
//! The search is exhaustive: the query is compared with the codes of all vectors, which have two bits a
//! component, and known errors. Rows are then read as 16-bit floats, in the order of what they may be
//! worth at most, until no other can be among the best (`nearest` tells more); this gives practically the
//! results of 32-bit floats. Segments without codes are compared by signed bytes, with one scale for each
//! segment. Pictures whose names, folders, captions or keywords say what was asked are a second ranking,
//! and the two are joined by the places in them; a filter is a set of rows that neither leaves.
//! Near-duplicates are left out: a picture whose vector has a cosine of at least 0.985 to that of a better
//! result, which includes copies of a file.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::collection::{Record, ScoredRecord, Search, VectorStore};
use crate::error::{Error, Kind, Result};
use crate::locked::locked;
use crate::private::create;
use crate::search::Filter;

mod allowed;
pub(super) mod bytes;
mod catalog;
pub(super) mod choices;
mod codes;
pub mod maintenance;
pub(super) mod manifest;
mod named;
mod near_duplicates;
mod nearest;
mod passes;
mod ranking;
pub(super) mod record;
pub mod removal;
pub(super) mod rows;
pub(super) mod segment;
pub(super) mod snapshot;
pub(super) mod writer;

use manifest::Manifest;
pub use manifest::Root;
use segment::floats;
use snapshot::Snapshot;

/// Attempts to open a state that a writer replaces in the meantime.
const MAX_TRIES: usize = 20;

/// An index that is open for reading. It follows the changes that a writer makes.
#[derive(Debug)]
pub struct Index {
    folder: PathBuf,
    encoder: String,
    opened: Mutex<Opened>,
}

/// The state that was opened last.
#[derive(Debug)]
struct Opened {
    snapshot: Arc<Snapshot>,
    /// Of the manifest that was checked last.
    stamp: Option<Stamp>,
}

/// Differs from one manifest to the next: device, inode, length and time of its file.
type Stamp = (u64, u64, u64, i64, i64);

impl Index {
    /// Opens the index in `folder`.
    ///
    /// # Errors
    /// There is no index ([`Kind::Config`]), or it is damaged ([`Kind::Unusable`]).
    pub fn open(folder: &Path) -> Result<Self> {
        let (snapshot, stamp) = load(folder, None)?;
        Ok(Self {
            folder: folder.to_owned(),
            encoder: snapshot.manifest.encoder.clone(),
            opened: Mutex::new(Opened {
                snapshot: Arc::new(snapshot),
                stamp,
            }),
        })
    }

    /// The name of the encoder that made the index in `folder`; none if there is no index.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn encoder_in(folder: &Path) -> Result<Option<String>> {
        let manifest = manifest::Manifest::read(folder)?;
        let made = manifest.filter(|manifest| !manifest.segments.is_empty());
        Ok(made.map(|manifest| manifest.encoder))
    }

    /// Whether there is an index in `folder`, sound or not.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(manifest::NAME).exists()
    }

    /// The newest state, which is opened if it is new.
    fn current(&self) -> Arc<Snapshot> {
        let mut opened = locked(&self.opened);
        let stamp = stamp(&self.folder);
        if stamp != opened.stamp {
            match load(&self.folder, Some(&opened.snapshot)) {
                Ok((snapshot, stamp)) if snapshot.manifest.encoder == self.encoder => {
                    opened.snapshot = Arc::new(snapshot);
                    opened.stamp = stamp;
                }
                Ok((snapshot, stamp)) => {
                    tracing::warn!(
                        "the index was rebuilt with the model {}: clip-search serves the old one, \
                         made with {}, until it is restarted",
                        snapshot.manifest.encoder,
                        self.encoder
                    );
                    opened.stamp = stamp;
                }
                Err(error) => {
                    tracing::warn!(
                        "the new state of the index cannot be opened, so the old one is served: {}",
                        error.chain()
                    );
                    opened.stamp = stamp;
                }
            }
        }
        Arc::clone(&opened.snapshot)
    }

    /// Components of a vector.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.current().manifest.dimensions
    }

    /// Calls `take` with every picture and its vector, all of one state, until `take` returns
    /// false.
    ///
    /// # Errors
    /// `take` failed, or the index is damaged.
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
        let snapshot = self.current();
        snapshot.guarded(|| Ok(snapshot.manifest.live()))
    }

    fn search(&self, vector: &[f32], want: usize, at_least: f32) -> Result<Vec<ScoredRecord>> {
        self.search_among(&|_| true, vector, want, at_least)
    }

    fn search_among(
        &self,
        accepts: &dyn Fn(&Record) -> bool,
        vector: &[f32],
        want: usize,
        at_least: f32,
    ) -> Result<Vec<ScoredRecord>> {
        self.find(&Search {
            vector,
            words: "",
            language: None,
            filter: &Filter::default(),
            accepts,
            limit: want,
            threshold: at_least,
        })
    }

    fn find(&self, search: &Search<'_>) -> Result<Vec<ScoredRecord>> {
        let snapshot = self.current();
        snapshot.guarded(|| snapshot.best(search))
    }

    fn has_filters(&self) -> bool {
        true
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        let snapshot = self.current();
        snapshot.guarded(|| snapshot.record(id))
    }
}

fn stamp(folder: &Path) -> Option<Stamp> {
    let of = fs::metadata(folder.join(manifest::NAME)).ok()?;
    Some((of.dev(), of.ino(), of.len(), of.mtime(), of.mtime_nsec()))
}

/// Opens the newest state. If a writer replaces it and deletes its files meanwhile, tries again.
fn load(folder: &Path, before: Option<&Snapshot>) -> Result<(Snapshot, Option<Stamp>)> {
    let mut tries = 0;
    loop {
        let stamp_before = stamp(folder);
        let manifest = Manifest::read(folder)?.ok_or_else(|| none_yet(folder))?;
        match Snapshot::open(folder, manifest, before) {
            Ok(snapshot) => return Ok((snapshot, stamp_before)),
            Err(_) if stamp(folder) != stamp_before && tries < MAX_TRIES => tries += 1,
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
        "{} is damaged: check the other files with clip-search index verify, then make the index \
         anew with clip-search index add --rebuild",
        path.display()
    );
    Error::new(Kind::Unusable, what)
}

/// Makes new and renamed files in `folder` survive a power cut.
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
