//! Tells apart pictures with the same content: each has a copy number, which is part of its id.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

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
    /// Rows of pictures whose files were found at a new path, and their roots.
    moved: HashMap<RowId, usize>,
    /// How many of them each folder held.
    moved_from: HashMap<PathBuf, usize>,
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
                let old = roots[other.root].path.join(&other.path);
                let folder = old.parent().map(Path::to_owned).unwrap_or_default();
                *self.moved_from.entry(folder).or_default() += 1;
                self.moved.insert(row, other.root);
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
        self.moved.contains_key(&row)
    }

    /// How many pictures from exactly this folder were found at new paths.
    pub fn moved_from(&self, folder: &Path) -> usize {
        self.moved_from.get(folder).copied().unwrap_or(0)
    }

    /// The roots, by their numbers, from which pictures were moved, and how many.
    pub fn roots_moved_from(&self) -> HashMap<usize, usize> {
        let mut roots = HashMap::new();
        for root in self.moved.values() {
            *roots.entry(*root).or_default() += 1;
        }
        roots
    }

    /// All pictures so far are in the snapshot now.
    pub fn committed(&mut self) {
        self.uncommitted.clear();
    }
}

/// Whether the file of `record` is gone, perhaps with its folder. Should a disk be away that held it,
/// its content is known all the same once it is back.
fn is_gone(roots: &[Root], record: &StoredRecord) -> bool {
    let root = roots.get(record.root);
    let Some(root) = root.filter(|root| !root.is_list) else {
        return false;
    };
    fs::symlink_metadata(root.path.join(&record.path))
        .is_err_and(|cause| cause.kind() == ErrorKind::NotFound)
}
