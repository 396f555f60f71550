//! Tells apart pictures with the same content: each has a copy number, which is part of its id.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;

use super::job::FileJob;
use crate::collection::index::manifest::Root;
use crate::collection::index::record::{StoredRecord, place_key};
use crate::collection::index::snapshot::{RowId, Snapshot};
use crate::error::Result;

/// Rows with the same content that are looked at, to find one whose file was moved. Where there are
/// more copies, a moved one may get another id; looking at all of them each time would take too
/// long.
const MAX_CHECKED: usize = 16;

/// Gives each picture its copy number.
#[derive(Default)]
pub(super) struct CopyNumbers {
    /// Content keys of the pictures that are not committed yet.
    uncommitted: HashSet<u64>,
    /// Rows of pictures whose files were found at a new path.
    moved: HashSet<RowId>,
}

impl CopyNumbers {
    /// The copy number for the picture of `job`: the one that it had, if its content is the same.
    /// If the file of another picture with this content is gone, the file was moved: then that
    /// picture's number is used, and its row is added to `dead`.
    pub fn choose(
        &mut self,
        job: &FileJob,
        record: &StoredRecord,
        snapshot: &Snapshot,
        roots: &[Root],
        dead: &mut HashSet<RowId>,
    ) -> Result<u32> {
        let key = record.content_key();
        let is_uncommitted = !self.uncommitted.insert(key);
        if let Some((_, known)) = &job.known
            && known.digest == record.digest
        {
            return Ok(known.copy);
        }
        let mut is_first = !is_uncommitted;
        for row in snapshot.with_content(key).take(MAX_CHECKED) {
            let Some(other) = snapshot.stored(row)? else {
                continue;
            };
            if is_gone(roots, &other) && dead.insert(row) {
                self.moved.insert(row);
                return Ok(other.copy);
            }
            is_first = false;
        }
        if is_first {
            return Ok(0);
        }
        let key = place_key(job.root, &job.path);
        // Any half of a digest is a digest.
        #[expect(clippy::cast_possible_truncation, reason = "argued above")]
        Ok((key as u32).max(1))
    }

    /// Whether `row` belonged to a picture that was found at a new path.
    pub fn is_moved(&self, row: RowId) -> bool {
        self.moved.contains(&row)
    }

    /// All pictures so far are in the snapshot now.
    pub fn committed(&mut self) {
        self.uncommitted.clear();
    }
}

/// Whether the file of `record` is gone, although its folder can be reached.
fn is_gone(roots: &[Root], record: &StoredRecord) -> bool {
    let root = roots.get(record.root);
    let Some(root) = root.filter(|root| !root.is_list && root.path.is_dir()) else {
        return false;
    };
    fs::symlink_metadata(root.path.join(&record.path))
        .is_err_and(|cause| cause.kind() == ErrorKind::NotFound)
}
