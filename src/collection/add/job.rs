//! What the threads of an indexing run hand to each other: files to examine, and what came of them.

use std::path::PathBuf;
use std::time::SystemTime;

use super::contents::RootContents;
use crate::collection::index::record::StoredRecord;
use crate::collection::index::snapshot::RowId;
use crate::error::Error;

/// A file that a worker has to examine, or an address that it has to fetch.
#[derive(Debug)]
pub(super) struct FileJob {
    /// Number of the root that it belongs to.
    pub root: usize,
    /// Path below the root; for a list, the address.
    pub path: PathBuf,
    pub caption: String,
    /// Size of the file; 0 for an address.
    pub bytes: u64,
    pub modified: Option<SystemTime>,
    /// The row and record that the index holds for it so far.
    pub known: Option<(RowId, StoredRecord)>,
}

/// What a worker found in one file.
pub(super) enum Examined {
    Picture(Box<NewRow>),
    /// The content is what the index knows.
    Unchanged,
    /// The file is not read, and a row that it had is removed.
    LeftOut(Box<FileJob>, LeftOut),
    /// The file cannot be read or fetched at the moment; the line says why.
    Unreadable(String),
}

/// A file that does not come into the index.
pub(super) struct LeftOut {
    /// What it is counted as: a format, or what is wrong with it.
    pub kind: &'static str,
    /// Names the file and says what is wrong with it.
    pub line: String,
}

/// A picture with its vector, to be written into the index.
pub(super) struct NewRow {
    pub job: FileJob,
    pub record: StoredRecord,
    /// The vector as 16-bit floats.
    pub halves: Vec<u8>,
    /// The vector was computed now; otherwise it was copied from a row with the same content.
    pub is_encoded: bool,
}

/// What the walk and the workers tell the coordinator.
pub(super) enum ThreadReport {
    /// The walk met so many files that are as the index knows them.
    Unchanged(usize),
    /// The walk met a file, folder or line that it cannot use; the line says why.
    Unreadable(String),
    /// The walk met a file that it passes over; a row that it has stays.
    Passed(LeftOut),
    /// The walk reached the end of a root. No contents are given if it did not see all of the root.
    RootWalked(usize, Option<RootContents>),
    /// A worker is done with a file.
    Examined(Examined),
    /// The run cannot continue.
    Failed(Error),
}
