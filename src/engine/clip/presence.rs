//! Which pictures of a collection can be opened at this moment.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::collection::away::is_on_missing_disk;
use crate::collection::{Record, VectorStore};

/// What one search learns about files that are gone.
pub(super) struct Presence<'a> {
    store: &'a dyn VectorStore,
    /// Folders of files that could not be opened, and whether they are away with a disk.
    folders: RefCell<HashMap<PathBuf, bool>>,
    /// Ids of pictures that fit, and whose folders are away.
    away: RefCell<HashSet<String>>,
}

impl<'a> Presence<'a> {
    pub fn new(store: &'a dyn VectorStore) -> Self {
        Self {
            store,
            folders: RefCell::default(),
            away: RefCell::default(),
        }
    }

    /// Whether the picture of `record` can be handed out: its file can be opened, or it is one at an
    /// address.
    pub fn is_there(&self, record: &Record) -> bool {
        let Some(file) = record.place.file() else {
            return true;
        };
        let folder = file.parent().map(PathBuf::from).unwrap_or_default();
        let is_known_away = self.folders.borrow().get(&folder) == Some(&true);
        if !is_known_away && matches!(self.store.original(record), Ok(Some(_))) {
            return true;
        }
        let mut folders = self.folders.borrow_mut();
        let is_away = *folders
            .entry(folder)
            .or_insert_with_key(|at| is_on_missing_disk(record.place.root(), at));
        if is_away {
            self.away.borrow_mut().insert(record.id.clone());
        }
        false
    }

    /// How many pictures would have been results if their folders, or the disks that hold these, were
    /// there.
    pub fn away(&self) -> usize {
        self.away.borrow().len()
    }
}
