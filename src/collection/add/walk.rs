//! Goes through the roots of an index and sends what is new or changed there to the workers.

use std::collections::HashSet;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use walkdir::{DirEntry, WalkDir};

use super::contents::RootContents;
use super::job::{FileJob, ThreadReport};
use super::list;
use crate::collection::index::manifest::Root;
use crate::collection::index::record::place_key;
use crate::collection::index::snapshot::Snapshot;
use crate::error::{Error, one_line};
use crate::search::Hit;
use crate::shutdown::Shutdown;

/// Folders that cannot be read and are remembered, for each root. With more than these, nothing of
/// the root is taken for gone.
const MAX_UNREADABLE: usize = 1000;

/// A walk through some roots.
pub(super) struct Walk {
    /// The index at the start of the run.
    pub before: Arc<Snapshot>,
    /// Is left out, should it lie below a root.
    pub index_folder: PathBuf,
    pub shutdown: Shutdown,
    /// The roots with their numbers.
    pub roots: Vec<(usize, Root)>,
}

/// Where a walk sends what it meets.
pub(super) struct WalkQueues {
    pub jobs: SyncSender<FileJob>,
    pub reports: SyncSender<ThreadReport>,
}

/// Why a walk ended early.
enum WalkEnd {
    /// The run was asked to stop, or failed in another thread.
    Stopped,
    /// The index cannot be read.
    Index(Error),
}

impl WalkQueues {
    fn report(&self, report: ThreadReport) -> Result<(), WalkEnd> {
        self.reports.send(report).map_err(|_| WalkEnd::Stopped)
    }

    fn examine(&self, job: FileJob) -> Result<(), WalkEnd> {
        self.jobs.send(job).map_err(|_| WalkEnd::Stopped)
    }
}

impl Walk {
    /// Everything below `root` that is not hidden. Symbolic links are not followed.
    fn entries(&self, root: &Path) -> impl Iterator<Item = walkdir::Result<DirEntry>> {
        WalkDir::new(root).into_iter().filter_entry(|entry| {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            entry.depth() == 0 || !is_hidden && entry.path() != self.index_folder
        })
    }

    /// How many files and addresses there are in all roots.
    pub fn count(&self) -> u64 {
        let count = |root: &Root| {
            if root.is_list {
                let entries = list::entries(&root.path).into_iter().flatten();
                return entries.take_while(|_| !self.shutdown.is_raised()).count();
            }
            let entries = self.entries(&root.path);
            let entries = entries.take_while(|_| !self.shutdown.is_raised());
            let is_file = |entry: &DirEntry| entry.file_type().is_file();
            entries.flatten().filter(is_file).count()
        };
        let counts = self.roots.iter().map(|(_, root)| count(root) as u64);
        counts.sum()
    }

    /// Walks through one root after another.
    pub fn run(&self, queues: &WalkQueues) {
        for (number, root) in &self.roots {
            let walked = if root.is_list {
                self.walk_list(*number, &root.path, queues)
            } else {
                self.walk_folder(*number, &root.path, queues)
            };
            let report = match walked {
                Ok(contents) => ThreadReport::RootWalked(*number, contents),
                Err(WalkEnd::Stopped) => return,
                Err(WalkEnd::Index(error)) => ThreadReport::Failed(error),
            };
            let is_failed = matches!(report, ThreadReport::Failed(_));
            if queues.report(report).is_err() || is_failed {
                return;
            }
        }
    }

    /// Sends every new or changed file below `folder` to the workers. Returns no contents if it did
    /// not see all of the folder.
    fn walk_folder(
        &self,
        number: usize,
        folder: &Path,
        queues: &WalkQueues,
    ) -> Result<Option<RootContents>, WalkEnd> {
        let mut contents = RootContents::default();
        let mut is_whole = true;
        for entry in self.entries(folder) {
            if self.shutdown.is_raised() {
                return Ok(None);
            }
            match entry.and_then(with_metadata) {
                Ok(Some((entry, metadata))) => {
                    let Ok(path) = entry.path().strip_prefix(folder) else {
                        continue;
                    };
                    self.meet_file(number, path, &metadata, &mut contents, queues)?;
                }
                Ok(None) => {}
                Err(error) => {
                    let below = error.path().and_then(|path| path.strip_prefix(folder).ok());
                    match below {
                        Some(path) if contents.unreadable.len() < MAX_UNREADABLE => {
                            contents.unreadable.push(path.to_owned());
                        }
                        _ => is_whole = false,
                    }
                    queues.report(ThreadReport::Unreadable(error.to_string()))?;
                }
            }
        }
        Ok(is_whole.then_some(contents))
    }

    /// Sends the file at `path` below the root to the workers, unless size and time are those that
    /// the index knows.
    fn meet_file(
        &self,
        number: usize,
        path: &Path,
        metadata: &Metadata,
        contents: &mut RootContents,
        queues: &WalkQueues,
    ) -> Result<(), WalkEnd> {
        let known = self.before.at_place(number, path);
        let known = known.map_err(WalkEnd::Index)?;
        let modified = metadata.modified().ok();
        if let Some((row, record)) = &known {
            contents.add(*row);
            if record.bytes == metadata.len() && record.modified == modified {
                return queues.report(ThreadReport::Unchanged);
            }
        }
        queues.examine(FileJob {
            root: number,
            path: path.to_owned(),
            caption: caption(path),
            modified,
            known,
        })
    }

    /// As [`Walk::walk_folder`], for the addresses of the list at `path`.
    fn walk_list(
        &self,
        number: usize,
        path: &Path,
        queues: &WalkQueues,
    ) -> Result<Option<RootContents>, WalkEnd> {
        let unreadable = |cause: std::io::Error| {
            let line = format!("cannot read {}: {cause}", path.display());
            queues.report(ThreadReport::Unreadable(line))?;
            Ok(None)
        };
        let entries = match list::entries(path) {
            Ok(entries) => entries,
            Err(cause) => return unreadable(cause),
        };
        let mut contents = RootContents::default();
        let mut sent = HashSet::new();
        for entry in entries {
            if self.shutdown.is_raised() {
                return Ok(None);
            }
            let (url, caption) = match entry {
                Ok(entry) => entry,
                Err(cause) => return unreadable(cause),
            };
            if !Hit::is_address(&url) {
                let line = format!("{}: `{url}` is not an address", path.display());
                queues.report(ThreadReport::Unreadable(line))?;
                continue;
            }
            let url = PathBuf::from(url);
            let known = self.before.at_place(number, &url);
            let known = known.map_err(WalkEnd::Index)?;
            if let Some((row, record)) = &known {
                contents.add(*row);
                if record.caption == caption {
                    queues.report(ThreadReport::Unchanged)?;
                    continue;
                }
            }
            // A list may name an address twice.
            if !sent.insert(place_key(number, &url)) {
                continue;
            }
            queues.examine(FileJob {
                root: number,
                path: url,
                caption,
                modified: None,
                known,
            })?;
        }
        Ok(Some(contents))
    }
}

/// `entry` with its metadata, if it is a file.
fn with_metadata(entry: DirEntry) -> walkdir::Result<Option<(DirEntry, Metadata)>> {
    if !entry.file_type().is_file() {
        return Ok(None);
    }
    let metadata = entry.metadata()?;
    Ok(Some((entry, metadata)))
}

/// The file's name without its ending, as words.
fn caption(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let words = one_line(&stem).replace(['-', '_'], " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
