//! Runs the walk and the workers, writes what they find into the index, and decides what is removed
//! from it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::Scope;
use std::time::{Duration, Instant, SystemTime};

use super::at_work::AtWork;
use super::contents::RootContents;
use super::copies::CopyNumbers;
use super::entries::EXCLUDED;
use super::job::{Examined, FileJob, LeftOut, NewRow, ThreadReport};
use super::walk::{Walk, WalkQueues};
use super::worker::{QUEUED_JOBS, WorkerPool};
use super::{Options, Summary};
use crate::collection::index::choices::Choices;
use crate::collection::index::rows::RowBatch;
use crate::collection::index::snapshot::{RowId, Snapshot};
use crate::collection::index::writer::Writer;
use crate::error::{Error, Result, one_line};
use crate::http::{Allowed, Client};
use crate::locked::locked;
use crate::progress::Progress;
use crate::shutdown::Shutdown;
use clip::Encoder;

/// The first commit is made after this time, and later ones after longer and longer times.
const FIRST_COMMIT: Duration = Duration::from_millis(500);
/// Reports that wait to be read, for each worker.
const QUEUED_REPORTS: usize = 4;

/// Files that are named of each kind that does not come into the index; others are counted.
const NAMED: usize = 20;

/// What the walk met in each root, by the root's number.
pub(super) type Walked = HashMap<usize, Option<RootContents>>;

/// One run of the indexer.
pub(super) struct Coordinator<'a> {
    pub(super) writer: Writer,
    /// The index at the start of the run; its segments stay until the end.
    pub(super) before: Arc<Snapshot>,
    first_segment: u64,
    encoder: &'a dyn Encoder,
    pub(super) options: Options,
    shutdown: &'a Shutdown,
    pub(super) progress: &'a mut dyn Progress,
    batch: RowBatch,
    /// Rows that the next commit marks as dead.
    pub(super) dead: HashSet<RowId>,
    pub(super) copies: CopyNumbers,
    /// Roots with a new picture.
    pub(super) grown: HashSet<usize>,
    pub(super) summary: Summary,
    at_work: &'a AtWork,
    begun: Instant,
    /// The same by the calendar, as the files' times are.
    pub(super) begun_at: SystemTime,
    committed: Instant,
}

impl<'a> Coordinator<'a> {
    pub fn new(
        writer: Writer,
        encoder: &'a dyn Encoder,
        at_work: &'a AtWork,
        options: Options,
        progress: &'a mut dyn Progress,
        shutdown: &'a Shutdown,
    ) -> Self {
        Self {
            first_segment: writer.manifest.next_segment,
            before: Arc::clone(writer.snapshot()),
            writer,
            encoder,
            options,
            shutdown,
            progress,
            batch: RowBatch::default(),
            dead: HashSet::new(),
            copies: CopyNumbers::default(),
            grown: HashSet::new(),
            summary: Summary::default(),
            at_work,
            begun: Instant::now(),
            begun_at: SystemTime::now(),
            committed: Instant::now(),
        }
    }

    /// Brings the roots with these numbers up to date. `index_folder` is left out of the walk.
    pub fn run(
        mut self,
        roots: &[usize],
        choices: Choices,
        index_folder: PathBuf,
    ) -> Result<Summary> {
        let walk = Walk {
            before: Arc::clone(&self.before),
            index_folder,
            shutdown: self.shutdown.clone(),
            roots: roots
                .iter()
                .map(|number| (*number, self.writer.manifest.roots[*number].clone()))
                .collect(),
            folders: self.folders(),
            choices,
            at_work: self.at_work,
            last: Mutex::default(),
            is_last: false,
        };
        self.progress.begin(walk.count());
        let walked = self.walk_and_encode(&walk, self.options.workers);
        let walked = walked.and_then(|walked| {
            self.read_suspects(walk)?;
            Ok(walked)
        });
        self.progress.end();
        let walked = walked?;
        self.summary.is_interrupted = self.shutdown.is_raised();
        let refusal = self.remove_gone(walked)?;
        self.writer.compact(0)?;
        match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(self.summary),
        }
    }

    fn folders(&self) -> Vec<PathBuf> {
        let roots = self.writer.manifest.roots.iter();
        let folders = roots.filter(|root| !root.is_list && !root.is_gone);
        folders.map(|root| root.path.clone()).collect()
    }

    /// Reads the files, one after the other, that may have been what an earlier run was killed for.
    /// All others are committed by then.
    fn read_suspects(&mut self, walk: Walk<'_>) -> Result<()> {
        let has_suspects = !locked(&walk.last).is_empty();
        if !has_suspects || self.shutdown.is_raised() {
            return Ok(());
        }
        self.commit()?;
        let walk = Walk {
            is_last: true,
            ..walk
        };
        self.walk_and_encode(&walk, 1).map(drop)
    }

    /// Runs the threads, and handles what they report until all of them have ended.
    fn walk_and_encode(&mut self, walk: &Walk<'_>, workers: usize) -> Result<Walked> {
        let (jobs, waiting) = sync_channel(workers * QUEUED_JOBS);
        let (reports, reported) = sync_channel(workers * QUEUED_REPORTS);
        let pool = WorkerPool::new(
            self.encoder,
            walk.roots.clone(),
            waiting,
            Arc::clone(&self.before),
            self.at_work,
            Client::for_downloads(Allowed::Addresses(self.options.allowed)),
        );
        std::thread::scope(|scope| {
            // The threads now have the only senders, so that the queues end with them.
            let started = start(scope, walk, &pool, workers, jobs, reports);
            let walked = started.and_then(|()| self.collect(reported, &pool));
            if walked.is_err() {
                pool.stop();
            }
            walked
        })
    }

    /// Handles all reports, with a commit now and then.
    fn collect(&mut self, reports: Receiver<ThreadReport>, pool: &WorkerPool) -> Result<Walked> {
        let mut walked = Walked::new();
        for report in reports {
            match report {
                ThreadReport::Unchanged(count) => {
                    self.summary.unchanged += count;
                    self.progress.done(count as u64);
                }
                ThreadReport::Unreadable(line) => self.failed(&line),
                ThreadReport::Passed(left_out) => self.left_out(&left_out),
                ThreadReport::RootWalked(root, contents) => {
                    walked.insert(root, contents);
                }
                ThreadReport::Examined(examined) => {
                    self.progress.done(1);
                    self.apply(examined)?;
                }
                ThreadReport::Failed(error) => return Err(error),
            }
            if self.is_commit_due() {
                self.commit()?;
                self.writer.compact(self.first_segment)?;
                pool.follow(self.writer.snapshot());
            }
        }
        Ok(walked)
    }

    fn is_commit_due(&self) -> bool {
        let is_full = self.batch.len() >= self.options.commit_pictures;
        let pause = (self.begun.elapsed() / 4).max(FIRST_COMMIT);
        let is_late = self.committed.elapsed() >= pause.min(self.options.commit_after);
        is_full || is_late && self.batch.len() > 0
    }

    pub(super) fn commit(&mut self) -> Result<()> {
        self.writer.commit(&self.batch, &self.dead)?;
        self.batch = RowBatch::default();
        self.dead.clear();
        self.copies.committed();
        self.committed = Instant::now();
        Ok(())
    }

    fn failed(&mut self, line: &str) {
        self.summary.failed += 1;
        self.progress.say(&one_line(line));
    }

    fn left_out(&mut self, left_out: &LeftOut) {
        let count = self.summary.left_out.entry(left_out.kind).or_default();
        *count += 1;
        if self.options.names_all || *count <= NAMED && left_out.kind != EXCLUDED {
            self.progress.say(&one_line(&left_out.line));
        } else if *count == NAMED + 1 && left_out.kind != EXCLUDED {
            let kind = left_out.kind;
            let line = format!("more that are not read ({kind}): --list-skipped names all");
            self.progress.say(&line);
        }
    }

    fn apply(&mut self, examined: Examined) -> Result<()> {
        match examined {
            Examined::Picture(row) => self.add_row(*row)?,
            Examined::Unchanged => self.summary.unchanged += 1,
            Examined::LeftOut(job, left_out) => {
                self.remove_row(*job);
                self.left_out(&left_out);
            }
            // The row stays: it may still be right.
            Examined::Unreadable(line) => self.failed(&line),
        }
        Ok(())
    }

    fn add_row(&mut self, row: NewRow) -> Result<()> {
        let NewRow {
            job,
            mut record,
            halves,
            is_encoded,
        } = row;
        let snapshot = self.writer.snapshot();
        let roots = &self.writer.manifest.roots;
        let dead = &mut self.dead;
        record.copy = self.copies.choose(&job, &record, snapshot, roots, dead)?;
        self.grown.insert(job.root);
        self.batch.push(halves, &record);
        self.dead.extend(job.known.map(|(row, _)| row));
        if is_encoded {
            self.summary.added += 1;
        } else {
            self.summary.known += 1;
        }
        Ok(())
    }

    /// Removes the row of a file that is no longer a picture.
    fn remove_row(&mut self, job: FileJob) {
        if let Some((row, _)) = job.known {
            self.summary.removed += 1;
            self.dead.insert(row);
        }
    }
}

/// Starts the walk and the workers.
fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    walk: &'scope Walk<'_>,
    pool: &'scope WorkerPool<'_>,
    workers: usize,
    jobs: SyncSender<FileJob>,
    reports: SyncSender<ThreadReport>,
) -> Result<()> {
    let queues = WalkQueues::new(jobs, reports.clone());
    spawn(scope, "walk", move || walk.run(&queues))?;
    (0..workers).try_for_each(|_| {
        let reports = reports.clone();
        spawn(scope, "encode", move || pool.run(&reports))
    })
}

fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    body: impl FnOnce() + Send + 'scope,
) -> Result<()> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let started = thread.spawn_scoped(scope, body);
    started
        .map(drop)
        .map_err(|cause| Error::system(format!("failed to start the thread {name}"), cause))
}
