//! Goes through the roots of an index and sends what is new or changed there to the workers.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::SyncSender;

use walkdir::DirEntry;

use super::at_work::{AtWork, Verdict};
use super::contents::RootContents;
use super::details;
use super::entries::{EXCLUDED, Entries, Met};
use super::job::{FileJob, LeftOut, ThreadReport};
use super::list;
use crate::collection::index::choices::Choices;
use crate::collection::index::manifest::Root;
use crate::collection::index::record::place_key;
use crate::collection::index::snapshot::Snapshot;
use crate::error::{Error, one_line};
use crate::locked::locked;
use crate::search::Hit;
use crate::shutdown::Shutdown;

/// Folders that cannot be read and are remembered, for each root. With more than these, nothing of
/// the root is taken for gone.
const MAX_UNREADABLE: usize = 1000;

/// A walk through some roots.
pub(super) struct Walk<'a> {
    /// The index at the start of the run.
    pub before: Arc<Snapshot>,
    /// Is left out, should it lie below a root.
    pub index_folder: PathBuf,
    pub shutdown: Shutdown,
    /// The roots with their numbers.
    pub roots: Vec<(usize, Root)>,
    /// All folders of the index.
    pub folders: Vec<PathBuf>,
    pub choices: Choices,
    pub at_work: &'a AtWork,
    /// Files that are read at the end.
    pub last: Mutex<Vec<FileJob>>,
    /// Whether this is the end: nothing but those is sent.
    pub is_last: bool,
}

/// Where a walk sends what it meets.
pub(super) struct WalkQueues {
    jobs: SyncSender<FileJob>,
    reports: SyncSender<ThreadReport>,
    /// Files that are as the index knows them, and are not reported yet.
    unchanged: Cell<usize>,
}

/// So many unchanged files are reported at once: waking the other thread costs more than meeting one.
const UNCHANGED_TOGETHER: usize = 128;

/// Why a walk ended early.
enum WalkEnd {
    /// The run was asked to stop, or failed in another thread.
    Stopped,
    /// The index cannot be read.
    Index(Error),
}

impl WalkQueues {
    pub fn new(jobs: SyncSender<FileJob>, reports: SyncSender<ThreadReport>) -> Self {
        Self {
            jobs,
            reports,
            unchanged: Cell::new(0),
        }
    }

    /// Sends `report`, behind what was met before it.
    fn report(&self, report: ThreadReport) -> Result<(), WalkEnd> {
        self.report_unchanged()?;
        self.send(report)
    }

    fn send(&self, report: ThreadReport) -> Result<(), WalkEnd> {
        self.reports.send(report).map_err(|_| WalkEnd::Stopped)
    }

    fn unchanged(&self) -> Result<(), WalkEnd> {
        self.unchanged.set(self.unchanged.get() + 1);
        if self.unchanged.get() < UNCHANGED_TOGETHER {
            return Ok(());
        }
        self.report_unchanged()
    }

    fn report_unchanged(&self) -> Result<(), WalkEnd> {
        match self.unchanged.take() {
            0 => Ok(()),
            count => self.send(ThreadReport::Unchanged(count)),
        }
    }

    fn examine(&self, job: FileJob) -> Result<(), WalkEnd> {
        self.jobs.send(job).map_err(|_| WalkEnd::Stopped)
    }
}

impl Walk<'_> {
    fn entries<'a>(&'a self, number: usize, root: &'a Root) -> Entries<'a> {
        let choices = self.choices.of(number);
        Entries::new(&root.path, &choices, &self.index_folder, &self.folders)
    }

    /// How many files and addresses there are in all roots.
    pub fn count(&self) -> u64 {
        let count = |number: usize, root: &Root| {
            if root.is_list {
                let entries = list::entries(&root.path).into_iter().flatten();
                return entries.take_while(|_| !self.shutdown.is_raised()).count();
            }
            let entries = self.entries(number, root);
            let entries = entries.take_while(|_| !self.shutdown.is_raised());
            let is_file = |met: &Met| matches!(met, Met::File(_) | Met::Link(..));
            entries.flatten().filter(is_file).count()
        };
        let counts = self
            .roots
            .iter()
            .map(|(number, root)| count(*number, root) as u64);
        counts.sum()
    }

    /// Walks through one root after another.
    pub fn run(&self, queues: &WalkQueues) {
        if self.is_last {
            let jobs = std::mem::take(&mut *locked(&self.last));
            for job in jobs {
                if queues.examine(job).is_err() {
                    return;
                }
            }
            return;
        }
        for (number, root) in &self.roots {
            let walked = if root.is_list {
                self.walk_list(*number, &root.path, queues)
            } else {
                self.walk_folder(*number, root, queues)
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
        root: &Root,
        queues: &WalkQueues,
    ) -> Result<Option<RootContents>, WalkEnd> {
        let folder = &root.path;
        let mut contents = RootContents::default();
        let mut is_whole = true;
        if is_missing(folder) {
            contents.is_missing = true;
            return Ok(Some(contents));
        }
        for entry in self.entries(number, root) {
            if self.shutdown.is_raised() {
                return Ok(None);
            }
            match entry.and_then(with_metadata) {
                Ok(Seen::File(entry, metadata, linked)) => {
                    let Ok(path) = entry.path().strip_prefix(folder) else {
                        continue;
                    };
                    let caption = || caption(path);
                    // The file itself is what is kept: a link may lead elsewhere tomorrow.
                    let kept = linked.as_deref().unwrap_or(path);
                    let place = (number, kept, root.visited);
                    self.meet_file(place, caption, &metadata, &mut contents, queues)?;
                }
                Ok(Seen::Passed(left_out)) => queues.report(ThreadReport::Passed(left_out))?,
                Ok(Seen::Nothing) => {}
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

    /// Sends the file at `place` to the workers, unless size and time are those that the index knows.
    /// The place is the number of the root, the path below it, and when the root was last visited.
    fn meet_file(
        &self,
        place: (usize, &Path, u64),
        caption: impl FnOnce() -> String,
        metadata: &Metadata,
        contents: &mut RootContents,
        queues: &WalkQueues,
    ) -> Result<(), WalkEnd> {
        let (number, path, visited) = place;
        let known = self.before.at_place(number, path);
        let known = known.map_err(WalkEnd::Index)?;
        let modified = metadata.modified().ok();
        // Programs that write into photos put their time back, but not that of the change.
        let changed = u64::try_from(metadata.ctime()).unwrap_or(0);
        let is_fresh = visited > 0 && changed >= visited;
        if let Some((row, record)) = &known {
            contents.add(*row);
            let is_same = record.bytes == metadata.len() && record.modified == modified;
            let is_read = record.details_version >= details::VERSION;
            if is_same && is_read && !is_fresh {
                return queues.unchanged();
            }
        }
        let job = FileJob {
            root: number,
            path: path.to_owned(),
            caption: caption(),
            bytes: metadata.len(),
            modified,
            known,
        };
        match self.at_work.verdict(&job) {
            Verdict::Read => queues.examine(job),
            Verdict::ReadLast => {
                locked(&self.last).push(job);
                Ok(())
            }
            Verdict::Skip => {
                let root = self.roots.iter().find(|(root, _)| *root == number);
                let path = root.map_or_else(|| path.to_owned(), |(_, root)| root.path.join(path));
                let line = format!(
                    "{}: left out, since a run was killed while reading it; it is tried again once \
                     it changes",
                    path.display()
                );
                let kind = "that killed a run";
                queues.report(ThreadReport::Passed(LeftOut { kind, line }))
            }
        }
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
        let patterns = self.choices.of(number).patterns();
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
            if patterns.verdict(&url, false) == Some(true) {
                let line = format!("{}: left out: {EXCLUDED}", url.display());
                let kind = EXCLUDED;
                queues.report(ThreadReport::Passed(LeftOut { kind, line }))?;
                continue;
            }
            let known = self.before.at_place(number, &url);
            let known = known.map_err(WalkEnd::Index)?;
            if let Some((row, record)) = &known {
                contents.add(*row);
                if record.caption == caption {
                    queues.unchanged()?;
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
                bytes: 0,
                modified: None,
                known,
            })?;
        }
        Ok(Some(contents))
    }
}

/// Whether there is nothing at `path`; what cannot be read is taken to be there.
pub(super) fn is_missing(path: &Path) -> bool {
    let found = path.symlink_metadata();
    found.is_err_and(|cause| cause.kind() == ErrorKind::NotFound)
}

/// What is done about something that the walk met.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, on the stack"
)]
enum Seen {
    /// With the path of the file that it links to.
    File(DirEntry, Metadata, Option<PathBuf>),
    Passed(LeftOut),
    /// A folder, which is entered.
    Nothing,
}

fn with_metadata(met: Met) -> walkdir::Result<Seen> {
    Ok(match met {
        Met::Folder => Seen::Nothing,
        Met::File(entry) => {
            let metadata = entry.metadata()?;
            Seen::File(entry, metadata, None)
        }
        Met::Link(entry, file) => match file.metadata() {
            Ok(metadata) => Seen::File(entry, metadata, Some(file)),
            Err(_) => Seen::Passed(left_out(&entry, "links")),
        },
        Met::LeftOut(entry, kind) => Seen::Passed(left_out(&entry, kind)),
    })
}

fn left_out(entry: &DirEntry, kind: &'static str) -> LeftOut {
    let line = format!("{}: left out: {kind}", entry.path().display());
    LeftOut { kind, line }
}

/// The file's name without its ending, as words.
fn caption(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let words = one_line(&stem).replace(['-', '_'], " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
