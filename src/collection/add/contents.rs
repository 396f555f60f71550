//! What is still there of a root, as far as a walk saw.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::collection::index::manifest::RowSet;
use crate::collection::index::snapshot::RowId;

/// What a walk met in one root.
#[derive(Debug, Default)]
pub(super) struct RootContents {
    /// Rows of the index whose files are still there, by the number of their segment.
    present: HashMap<u64, RowSet>,
    /// Folders that could not be read: their pictures are taken to be there still.
    pub unreadable: Vec<PathBuf>,
    /// The root itself is not there.
    pub is_missing: bool,
}

impl RootContents {
    /// Whether the picture in `row`, whose file is at `path`, must stay in the index.
    pub fn holds(&self, row: RowId, path: &Path) -> bool {
        let rows = self.present.get(&row.segment);
        rows.is_some_and(|rows| rows.contains(row.row))
            || self
                .unreadable
                .iter()
                .any(|folder| path.starts_with(folder))
    }

    /// Notes that the file of `row` is still there.
    pub fn add(&mut self, row: RowId) {
        self.present.entry(row.segment).or_default().insert(row.row);
    }
}
