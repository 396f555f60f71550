//! What happens to the rows of files that a run did not meet any more.
//!
//! A file is believed to be deleted if its folder was seen without it and holds something else. If the
//! folder is missing or empty, its disk may not be mounted: its rows are kept, and searches leave them
//! out as long as the files cannot be opened. A folder most of whose pictures were found elsewhere was
//! moved.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::contents::RootContents;
use super::coordinator::{Coordinator, Walked};
use super::walk::is_missing;
use crate::collection::away::is_away;
use crate::collection::index::snapshot::RowId;
use crate::error::{Error, Result, one_line};

/// Folders that are away and named; of others the pictures are counted.
const NAMED: usize = 20;

/// The rows of files that were not met, by the number of their root.
#[derive(Default)]
struct Gone {
    rows: HashMap<usize, Vec<(RowId, PathBuf)>>,
    /// Roots of which something was met.
    present: HashSet<usize>,
}

impl Coordinator<'_> {
    /// Removes the rows whose files are gone, and makes the last commit. Returns an error for a
    /// root that is suddenly empty: its rows stay.
    pub(super) fn remove_gone(&mut self, walked: Walked) -> Result<Option<Error>> {
        let walked = walked
            .into_iter()
            .filter_map(|(root, contents)| Some((root, contents?)));
        let walked: HashMap<usize, RootContents> = walked.collect();
        let mut gone = self.not_met(&walked)?;
        let mut refusal = None;
        for (root, contents) in walked {
            let rows = gone.rows.remove(&root).unwrap_or_default();
            let is_empty = !gone.present.contains(&root) && !self.grown.contains(&root);
            if contents.is_missing {
                self.missing(root, rows);
            } else if !rows.is_empty() && is_empty && !self.options.prune {
                refusal = Some(self.suddenly_empty(root, rows.len()));
                self.summary.away += rows.len();
            } else {
                self.visited(root, rows);
            }
        }
        self.commit()?;
        self.retire_moved_roots()?;
        Ok(refusal)
    }

    fn not_met(&self, walked: &HashMap<usize, RootContents>) -> Result<Gone> {
        let mut gone = Gone::default();
        for row in self.before.live() {
            let Some(record) = self.before.stored(row)? else {
                continue;
            };
            let Some(contents) = walked.get(&record.root) else {
                continue;
            };
            if contents.holds(row, &record.path) {
                gone.present.insert(record.root);
            } else if !self.copies.is_moved(row) && !self.dead.contains(&row) {
                let rows = gone.rows.entry(record.root).or_default();
                rows.push((row, record.path));
            }
        }
        Ok(gone)
    }

    /// The root is not there; `rows` are those of its pictures.
    fn missing(&mut self, root: usize, rows: Vec<(RowId, PathBuf)>) {
        if self.options.prune {
            self.remove(rows);
            self.writer.manifest.roots[root].is_gone = true;
            return;
        }
        self.summary.away += rows.len();
        let path = self.writer.manifest.roots[root].path.clone();
        self.say_away(&path, rows.len());
    }

    /// Notes that all of a root was walked, and removes those of its pictures that were not met and are
    /// not away.
    fn visited(&mut self, root: usize, rows: Vec<(RowId, PathBuf)>) {
        // What changes from the beginning of this run on is looked at by the next one.
        let begun = self.begun_at.duration_since(SystemTime::UNIX_EPOCH);
        let folder = {
            let root = &mut self.writer.manifest.roots[root];
            root.visited = begun.as_ref().map_or(0, Duration::as_secs);
            root.path.clone()
        };
        let mut by_folder: BTreeMap<PathBuf, Vec<(RowId, PathBuf)>> = BTreeMap::new();
        for (row, path) in rows {
            let below = path.parent().unwrap_or(Path::new(""));
            by_folder
                .entry(folder.join(below))
                .or_default()
                .push((row, path));
        }
        let mut away: BTreeMap<PathBuf, usize> = BTreeMap::new();
        for (below, rows) in by_folder {
            let was_moved = is_missing(&below) && self.copies.moved_from(&below) >= rows.len();
            if self.options.prune || was_moved || !is_away(&below) {
                self.remove(rows);
            } else {
                *away.entry(highest_away(&folder, &below)).or_default() += rows.len();
            }
        }
        for (number, (below, pictures)) in away.into_iter().enumerate() {
            self.summary.away += pictures;
            if number < NAMED || self.options.names_all {
                self.say_away(&below, pictures);
            }
        }
    }

    fn remove(&mut self, rows: Vec<(RowId, PathBuf)>) {
        self.summary.removed += rows.len();
        self.dead.extend(rows.into_iter().map(|(row, _)| row));
    }

    fn say_away(&mut self, folder: &Path, pictures: usize) {
        if pictures > 0 {
            let line = format!(
                "{}: missing or empty; its {pictures} pictures are kept, and hidden until they are \
                 back (--prune removes them)",
                folder.display()
            );
            self.progress.say(&one_line(&line));
        }
    }

    /// Forgets roots that were moved: they are not there, and most of their pictures were found
    /// elsewhere. Where the folder above is away as well, a disk is.
    fn retire_moved_roots(&mut self) -> Result<()> {
        let moved = self.copies.roots_moved_from();
        let is_retired = |root: usize| {
            let root = &self.writer.manifest.roots[root];
            let above = root.path.parent().unwrap_or(Path::new("/"));
            !root.is_gone && is_missing(&root.path) && !is_away(above)
        };
        let mut rows: HashMap<usize, Vec<(RowId, PathBuf)>> = HashMap::new();
        let retired = moved.keys().filter(|root| is_retired(**root));
        rows.extend(retired.map(|root| (*root, Vec::new())));
        if rows.is_empty() {
            return Ok(());
        }
        for row in self.writer.snapshot().live() {
            if let Some(record) = self.writer.snapshot().stored(row)?
                && let Some(rows) = rows.get_mut(&record.root)
            {
                rows.push((row, record.path));
            }
        }
        for (root, rows) in rows {
            if rows.len() <= moved[&root] {
                self.remove(rows);
                self.writer.manifest.roots[root].is_gone = true;
                let path = self.writer.manifest.roots[root].path.display();
                let line = format!("{path}: moved; forgotten under its old name");
                self.progress.say(&one_line(&line));
            }
        }
        self.commit()
    }

    fn suddenly_empty(&self, root: usize, rows: usize) -> Error {
        let path = self.writer.manifest.roots[root].path.display();
        Error::config(format!(
            "no picture is left in {path}, where there were {rows}: is the disk mounted? They are kept, \
             and hidden until they are back; if they are gone for good, run clip-search index add \
             --prune"
        ))
    }
}

/// The folder at or above `folder`, below `root`, that is away while what it lies in is not.
fn highest_away(root: &Path, folder: &Path) -> PathBuf {
    let mut highest = folder;
    while let Some(above) = highest.parent()
        && above.starts_with(root)
        && is_away(above)
    {
        highest = above;
    }
    highest.to_owned()
}
