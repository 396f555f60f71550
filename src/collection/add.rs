//! Brings the index up to date with folders of pictures, and with lists of their addresses.
//!
//! One thread walks, one for each core reads, decodes and encodes, and the caller's own puts what
//! comes into the index and says how far it is. Between them are short queues, so that memory does
//! not grow with the folder. A commit every few seconds keeps what is done: whoever is interrupted
//! goes on where it was.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, RwLock, TryLockError};
use std::thread::Scope;
use std::time::{Duration, Instant, SystemTime};

use walkdir::WalkDir;

use super::index::manifest::{Root, Rows};
use super::index::record::{Stored, content_key, place_key};
use super::index::segment::{Batch, halves};
use super::index::snapshot::{Row, Snapshot};
use super::index::writer::Writer;
use crate::digest::sha256;
use crate::error::{Error, Kind, Result, one_line};
use crate::http::address::is_public;
use crate::http::{AddressFilter, Client, Request};
use crate::locked::{locked, unpoisoned};
use crate::media::picture_type;
use crate::picture;
use crate::progress::Progress;
use crate::search::Hit;
use crate::shutdown::Shutdown;
use clip::Encoder;

/// Pictures that a thread encodes at a time, where so many are there.
const TOGETHER: usize = 4;
/// Files and decoded pictures that all threads hold together, unless one alone is larger.
const MEMORY: u64 = 128 << 20;
/// Folders that cannot be read are remembered up to this many; more are as good as all.
const MAX_UNREADABLE: usize = 1000;

/// Of a file with more copies than this, one that was moved may get another id: to look for all of
/// them each time would take for ever.
const COPIES: usize = 16;
/// After this time the first commit is made.
const FIRST_COMMIT: Duration = Duration::from_millis(500);
/// Longest line of a list that is read.
const MAX_LINE: u64 = 64 << 10;
/// For one picture to be fetched.
const FETCH_TIMEOUT: Duration = Duration::from_mins(1);

/// How an index is brought up to date.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Make all vectors anew, as for another encoder.
    pub rebuild: bool,
    /// Take a folder for empty in which no picture is left.
    pub even_if_empty: bool,
    /// Most pictures between two commits.
    pub commit_pictures: usize,
    /// Most time between two commits; the first ones come sooner, so that there is something to
    /// find.
    pub commit_after: Duration,
    /// Threads that decode and encode.
    pub workers: usize,
    /// Where pictures of lists may be fetched from.
    pub allowed: AddressFilter,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rebuild: false,
            even_if_empty: false,
            commit_pictures: 1000,
            commit_after: Duration::from_secs(10),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            allowed: is_public,
        }
    }
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pictures that were not in the index, or have a new content.
    pub added: usize,
    /// Pictures whose vector was there: touched, moved, or copies of others.
    pub known: usize,
    /// Files with the size and time that the index knows.
    pub unchanged: usize,
    /// Pictures that are gone.
    pub removed: usize,
    /// Files and folders that cannot be read or decoded.
    pub failed: usize,
    /// It was asked to stop before the end.
    pub is_interrupted: bool,
}

/// Brings the index in `folder` up to date with `places`, or with all that it knows if there are
/// none. A place is a folder; or a file of lines `URL<TAB>caption`, each picture of which is fetched
/// once.
///
/// # Errors
/// A place that cannot be indexed, an index made by another encoder, a disk that is full; what was
/// committed before stays.
pub fn add(
    folder: &Path,
    places: &[PathBuf],
    encoder: &dyn Encoder,
    options: Options,
    progress: &mut dyn Progress,
    shutdown: &Shutdown,
) -> Result<Summary> {
    let mut writer = Writer::open(folder)?;
    let manifest = &mut writer.manifest;
    if options.rebuild || manifest.segments.is_empty() {
        encoder.name().clone_into(&mut manifest.encoder);
        manifest.dimensions = encoder.dimensions();
    }
    if manifest.encoder != encoder.name() || manifest.dimensions != encoder.dimensions() {
        return Err(Error::config(format!(
            "the index in {} was made with {}, and the model is {}: set CLIP_SEARCH_MODEL to the \
             former, use another folder, or make the index anew with clip-search index add --rebuild",
            folder.display(),
            manifest.encoder,
            encoder.name()
        )));
    }
    let mut roots = Vec::new();
    for place in places {
        let root = root_of(&mut manifest.roots, place)?;
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    if places.is_empty() || options.rebuild {
        let known = manifest.roots.iter().enumerate();
        roots = known
            .filter(|(_, root)| !root.is_gone)
            .map(|(number, _)| number)
            .collect();
    }
    if roots.is_empty() {
        return Err(Error::config(
            "nothing to index yet: name a folder of pictures, as in clip-search index add FOLDER",
        ));
    }
    if options.rebuild {
        writer.forget()?;
    }
    Run {
        first_segment: writer.manifest.next_segment,
        before: Arc::clone(writer.snapshot()),
        index_folder: fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned()),
        writer,
        encoder,
        options,
        shutdown,
        progress,
        batch: Batch::default(),
        dead: HashSet::new(),
        new_content: HashSet::new(),
        moved: HashSet::new(),
        grown: HashSet::new(),
        summary: Summary::default(),
        begun: Instant::now(),
        committed: Instant::now(),
    }
    .run(&roots)
}

/// The number of the root at `place`, which is a new one if need be.
fn root_of(roots: &mut Vec<Root>, place: &Path) -> Result<usize> {
    let path = fs::canonicalize(place).map_err(|cause| {
        Error::config(format!("cannot index {}", place.display())).because(cause)
    })?;
    let known = roots.iter().enumerate().filter(|(_, root)| !root.is_gone);
    for (number, root) in known {
        if root.path == path {
            return Ok(number);
        }
        let is_within = root.path.starts_with(&path) || path.starts_with(&root.path);
        if is_within && !root.is_list && path.is_dir() {
            let what = format!(
                "{} and {}, which is indexed already, lie in each other: remove the latter with \
                 clip-search index remove, or index only that",
                path.display(),
                root.path.display()
            );
            return Err(Error::config(what));
        }
    }
    roots.push(Root {
        is_list: !path.is_dir(),
        path,
        visited: 0,
        is_gone: false,
    });
    Ok(roots.len() - 1)
}

/// The name without its ending, as words.
fn caption(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let words = one_line(&stem).replace(['-', '_'], " ");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A file that has to be looked into.
#[derive(Debug)]
struct Job {
    root: usize,
    /// Below the root, or an address.
    path: PathBuf,
    caption: String,
    modified: Option<SystemTime>,
    /// Its row so far, with the digest of the content.
    before: Option<(Row, Stored)>,
}

/// What a worker found.
enum Outcome {
    /// A picture, with its 16-bit floats; and whether they had to be made.
    Picture(Job, Box<Stored>, Vec<u8>, bool),
    /// It is something else.
    Other(Job),
    /// It cannot be read now.
    Unreadable(String),
    /// It is a picture that cannot be decoded.
    Undecodable(Job, String),
    /// Nothing works any more.
    Broken(Error),
}

/// What the walk found, apart from files.
enum Walked {
    Unchanged,
    /// A folder or file that cannot be looked at.
    Unreadable(String),
    /// The end of a root: the rows that are still there, none if not all of it was walked.
    End(usize, Option<Rest>),
}

/// What of a root is still there.
#[derive(Debug, Default)]
struct Rest {
    seen: HashMap<u64, Rows>,
    /// Folders that could not be read: what was in them is believed to be there.
    unreadable: Vec<PathBuf>,
}

enum Message {
    Walked(Walked),
    Outcome(Outcome),
}

struct Run<'a> {
    writer: Writer,
    /// The state at the start; its segments stay until the end of the run.
    before: Arc<Snapshot>,
    first_segment: u64,
    index_folder: PathBuf,
    encoder: &'a dyn Encoder,
    options: Options,
    shutdown: &'a Shutdown,
    progress: &'a mut dyn Progress,
    batch: Batch,
    dead: HashSet<Row>,
    /// Keys of content that the batch holds.
    new_content: HashSet<u64>,
    /// Rows of pictures that were moved.
    moved: HashSet<Row>,
    /// Roots in which a picture was found that the index did not know.
    grown: HashSet<usize>,
    summary: Summary,
    begun: Instant,
    committed: Instant,
}

impl Run<'_> {
    fn run(mut self, roots: &[usize]) -> Result<Summary> {
        let walk = Walk {
            before: Arc::clone(&self.before),
            index_folder: self.index_folder.clone(),
            shutdown: self.shutdown.clone(),
            roots: roots
                .iter()
                .map(|number| (*number, self.writer.manifest.roots[*number].clone()))
                .collect(),
        };
        self.progress.begin(walk.count());
        let (jobs, waiting) = sync_channel(self.options.workers * TOGETHER);
        let (say, messages) = sync_channel(self.options.workers * 4);
        let worker = Worker {
            encoder: self.encoder,
            roots: walk.roots.clone(),
            jobs: Mutex::new(Some(waiting)),
            current: RwLock::new(Arc::clone(&self.before)),
            memory: Memory::default(),
            client: Client::for_downloads(self.options.allowed),
        };
        let ended = std::thread::scope(|scope| {
            // Queues end with their last sender, and threads with their queue.
            let (worker, to_say) = (&worker, say.clone());
            let started = spawn(scope, "walk", move || walk.run(&jobs, &to_say)).and_then(|()| {
                (0..self.options.workers).try_for_each(|_| {
                    let say = say.clone();
                    spawn(scope, "encode", move || worker.run(&say))
                })
            });
            drop(say);
            let ended = started.and_then(|()| self.collect(messages, worker));
            if ended.is_err() {
                worker.stop();
            }
            ended
        });
        self.progress.end();
        let ended = ended?;
        self.summary.is_interrupted = self.shutdown.is_raised();
        let refusal = self.finish(ended)?;
        self.writer.tidy(0)?;
        match refusal {
            Some(refusal) => Err(refusal),
            None => Ok(self.summary),
        }
    }

    /// Takes what walk and workers say until both ended; returns what is left of each root.
    fn collect(
        &mut self,
        messages: Receiver<Message>,
        worker: &Worker,
    ) -> Result<Vec<(usize, Option<Rest>)>> {
        let mut ends = Vec::new();
        for message in messages {
            match message {
                Message::Walked(Walked::Unchanged) => {
                    self.summary.unchanged += 1;
                    self.progress.done(1);
                }
                Message::Walked(Walked::Unreadable(line)) => self.failed(&line),
                Message::Walked(Walked::End(root, rest)) => ends.push((root, rest)),
                Message::Outcome(outcome) => {
                    self.progress.done(1);
                    self.take(outcome)?;
                }
            }
            let is_full = self.batch.len() >= self.options.commit_pictures;
            let pause = (self.begun.elapsed() / 4).max(FIRST_COMMIT);
            let is_late = self.committed.elapsed() >= pause.min(self.options.commit_after);
            if is_full || is_late && self.batch.len() > 0 {
                self.commit()?;
                self.writer.tidy(self.first_segment)?;
                worker.follow(self.writer.snapshot());
            }
        }
        Ok(ends)
    }

    fn commit(&mut self) -> Result<()> {
        self.writer.commit(&self.batch, &self.dead)?;
        self.batch = Batch::default();
        self.dead.clear();
        self.new_content.clear();
        self.committed = Instant::now();
        Ok(())
    }

    fn failed(&mut self, line: &str) {
        self.summary.failed += 1;
        self.progress.say(&one_line(line));
    }

    fn take(&mut self, outcome: Outcome) -> Result<()> {
        match outcome {
            Outcome::Picture(job, mut stored, halves, is_new) => {
                let copy = self.copy_number(&job, &stored)?;
                stored.copy = copy;
                self.new_content.insert(stored.content_key());
                self.grown.insert(job.root);
                self.batch.push(halves, &stored);
                self.dead.extend(job.before.map(|(row, _)| row));
                if is_new {
                    self.summary.added += 1;
                } else {
                    self.summary.known += 1;
                }
            }
            Outcome::Other(job) => self.drop_row(job),
            Outcome::Undecodable(job, line) => {
                self.drop_row(job);
                self.failed(&line);
            }
            // What is known of it may still be right.
            Outcome::Unreadable(line) => self.failed(&line),
            Outcome::Broken(error) => return Err(error),
        }
        Ok(())
    }

    /// What was a picture is none now.
    fn drop_row(&mut self, job: Job) {
        if let Some((row, _)) = job.before {
            self.summary.removed += 1;
            self.dead.insert(row);
        }
    }

    /// The number that tells the picture of `job` from others with its content. It keeps the one it
    /// had; and takes that of a picture whose file is gone, since then it was moved.
    fn copy_number(&mut self, job: &Job, stored: &Stored) -> Result<u32> {
        if let Some((_, before)) = &job.before
            && before.digest == stored.digest
        {
            return Ok(before.copy);
        }
        let key = stored.content_key();
        let mut is_first = !self.new_content.contains(&key);
        let snapshot = Arc::clone(self.writer.snapshot());
        for row in snapshot.with_content(key).take(COPIES) {
            let Some(other) = snapshot.stored(row)? else {
                continue;
            };
            let root = self.writer.manifest.roots.get(other.root);
            let Some(root) = root.filter(|root| !root.is_list && root.path.is_dir()) else {
                is_first = false;
                continue;
            };
            let is_gone = {
                let found = fs::symlink_metadata(root.path.join(&other.path));
                found.is_err_and(|cause| cause.kind() == std::io::ErrorKind::NotFound)
            };
            if is_gone && self.dead.insert(row) {
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

    /// Removes what is gone, and commits. Returns why not all of it was removed.
    fn finish(&mut self, ends: Vec<(usize, Option<Rest>)>) -> Result<Option<Error>> {
        let whole: HashMap<usize, Rest> = ends
            .into_iter()
            .filter_map(|(root, rest)| Some((root, rest?)))
            .collect();
        let mut gone: HashMap<usize, Vec<Row>> = HashMap::new();
        let mut kept: HashSet<usize> = HashSet::new();
        for row in self.before.live() {
            let Some(stored) = self.before.stored(row)? else {
                continue;
            };
            let Some(rest) = whole.get(&stored.root) else {
                continue;
            };
            let is_seen = rest
                .seen
                .get(&row.segment)
                .is_some_and(|rows| rows.contains(row.row));
            let is_hidden = rest
                .unreadable
                .iter()
                .any(|folder| stored.path.starts_with(folder));
            if is_seen || is_hidden {
                kept.insert(stored.root);
            } else {
                gone.entry(stored.root).or_default().push(row);
            }
        }
        let mut refusal = None;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        for root in whole.into_keys() {
            let rows = gone.remove(&root).unwrap_or_default();
            let has_some = kept.contains(&root) || self.grown.contains(&root);
            let is_empty = !rows.is_empty() && !has_some;
            let root = &mut self.writer.manifest.roots[root];
            if is_empty && !self.options.even_if_empty {
                refusal = Some(Error::config(format!(
                    "no picture is left in {}, where {} were: is it mounted? Nothing of it was \
                     removed; if they are gone for good, say clip-search index add --even-if-empty",
                    root.path.display(),
                    rows.len()
                )));
                continue;
            }
            root.visited = now.as_ref().map_or(0, Duration::as_secs);
            let rows = rows.into_iter().filter(|row| !self.moved.contains(row));
            for row in rows {
                self.summary.removed += 1;
                self.dead.insert(row);
            }
        }
        self.commit()?;
        Ok(refusal)
    }
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

/// Goes through folders.
struct Walk {
    before: Arc<Snapshot>,
    index_folder: PathBuf,
    shutdown: Shutdown,
    roots: Vec<(usize, Root)>,
}

impl Walk {
    /// Everything below `root` that is not hidden. Links are not followed.
    fn entries(&self, root: &Path) -> impl Iterator<Item = walkdir::Result<walkdir::DirEntry>> {
        WalkDir::new(root).into_iter().filter_entry(|entry| {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            entry.depth() == 0 || !is_hidden && entry.path() != self.index_folder
        })
    }

    /// How many files or lines there are.
    fn count(&self) -> u64 {
        let of = |root: &Root| {
            if root.is_list {
                let lines = lines(&root.path).into_iter().flatten();
                return lines.take_while(|_| !self.shutdown.is_raised()).count();
            }
            let entries = self.entries(&root.path);
            let entries = entries.take_while(|_| !self.shutdown.is_raised());
            let is_file = |entry: &walkdir::DirEntry| entry.file_type().is_file();
            entries.flatten().filter(is_file).count()
        };
        self.roots.iter().map(|(_, root)| of(root) as u64).sum()
    }

    fn run(&self, jobs: &SyncSender<Job>, say: &SyncSender<Message>) {
        for (number, root) in &self.roots {
            let rest = if root.is_list {
                self.read(*number, &root.path, jobs, say)
            } else {
                self.walk(*number, &root.path, jobs, say)
            };
            let rest = match rest {
                Ok(rest) => rest,
                Err(Ended::Listeners) => return,
                Err(Ended::Index(error)) => {
                    let _ = say.send(Message::Outcome(Outcome::Broken(error)));
                    return;
                }
            };
            if say
                .send(Message::Walked(Walked::End(*number, rest)))
                .is_err()
            {
                return;
            }
        }
    }

    /// Sends every file of a root that is not known as it is. Returns what is there, or nothing if
    /// not all of it was seen.
    fn walk(
        &self,
        number: usize,
        root: &Path,
        jobs: &SyncSender<Job>,
        say: &SyncSender<Message>,
    ) -> Result<Option<Rest>, Ended> {
        let mut rest = Rest::default();
        let mut is_whole = true;
        for entry in self.entries(root) {
            if self.shutdown.is_raised() {
                return Ok(None);
            }
            let looked = entry.and_then(|entry| {
                let is_file = entry.file_type().is_file();
                let metadata = is_file.then(|| entry.metadata()).transpose()?;
                Ok((entry, metadata))
            });
            let (entry, metadata) = match looked {
                Ok((entry, Some(metadata))) => (entry, metadata),
                Ok((_, None)) => continue,
                Err(error) => {
                    let below = error.path().and_then(|path| path.strip_prefix(root).ok());
                    match below {
                        Some(path) if rest.unreadable.len() < MAX_UNREADABLE => {
                            rest.unreadable.push(path.to_owned());
                        }
                        _ => is_whole = false,
                    }
                    tell(say, Message::Walked(Walked::Unreadable(error.to_string())))?;
                    continue;
                }
            };
            let Ok(path) = entry.path().strip_prefix(root) else {
                continue;
            };
            let known = self.before.at_place(number, path).map_err(Ended::Index)?;
            let modified = metadata.modified().ok();
            if let Some((row, stored)) = &known {
                rest.seen.entry(row.segment).or_default().insert(row.row);
                if stored.bytes == metadata.len() && stored.modified == modified {
                    tell(say, Message::Walked(Walked::Unchanged))?;
                    continue;
                }
            }
            let job = Job {
                root: number,
                path: path.to_owned(),
                caption: caption(path),
                modified,
                before: known,
            };
            jobs.send(job).map_err(|_| Ended::Listeners)?;
        }
        Ok(is_whole.then_some(rest))
    }

    /// As [`Walk::walk`], of the list at `path`.
    fn read(
        &self,
        number: usize,
        path: &Path,
        jobs: &SyncSender<Job>,
        say: &SyncSender<Message>,
    ) -> Result<Option<Rest>, Ended> {
        let unreadable = |cause: std::io::Error| {
            let line = format!("cannot read {}: {cause}", path.display());
            tell(say, Message::Walked(Walked::Unreadable(line)))?;
            Ok(None)
        };
        let lines = match lines(path) {
            Ok(lines) => lines,
            Err(cause) => return unreadable(cause),
        };
        let mut rest = Rest::default();
        let mut sent = HashSet::new();
        for line in lines {
            if self.shutdown.is_raised() {
                return Ok(None);
            }
            let (url, caption) = match line {
                Ok(line) => line,
                Err(cause) => return unreadable(cause),
            };
            if !Hit::is_address(&url) {
                let line = format!("{}: `{url}` is not an address", path.display());
                tell(say, Message::Walked(Walked::Unreadable(line)))?;
                continue;
            }
            let url = PathBuf::from(url);
            let known = self.before.at_place(number, &url).map_err(Ended::Index)?;
            if let Some((row, stored)) = &known {
                rest.seen.entry(row.segment).or_default().insert(row.row);
                if stored.caption == caption {
                    tell(say, Message::Walked(Walked::Unchanged))?;
                    continue;
                }
            }
            // Named twice.
            if !sent.insert(place_key(number, &url)) {
                continue;
            }
            let job = Job {
                root: number,
                path: url,
                caption,
                modified: None,
                before: known,
            };
            jobs.send(job).map_err(|_| Ended::Listeners)?;
        }
        Ok(Some(rest))
    }
}

/// The lines of the list at `path`, each with what follows its address.
fn lines(path: &Path) -> std::io::Result<impl Iterator<Item = std::io::Result<(String, String)>>> {
    let mut list = BufReader::new(File::open(path)?);
    let next = move || {
        let mut line = Vec::new();
        let read = list.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return None,
            Ok(_) => {}
            Err(cause) => return Some(Err(cause)),
        }
        let line = String::from_utf8_lossy(&line);
        let (url, caption) = line.split_once('\t').unwrap_or((&line, ""));
        Some(Ok((url.trim().to_owned(), one_line(caption.trim()))))
    };
    let is_entry = |line: &std::io::Result<(String, String)>| {
        line.as_ref()
            .map_or(true, |(url, _)| !url.is_empty() && !url.starts_with('#'))
    };
    Ok(std::iter::from_fn(next).filter(is_entry))
}

/// Why a walk ended early.
enum Ended {
    /// Nobody listens.
    Listeners,
    /// The index cannot be read.
    Index(Error),
}

fn tell(say: &SyncSender<Message>, message: Message) -> Result<(), Ended> {
    say.send(message).map_err(|_| Ended::Listeners)
}

/// What became of a job so far.
enum Looked {
    Outcome(Outcome),
    Seen(Seen),
}

impl From<Outcome> for Looked {
    fn from(outcome: Outcome) -> Self {
        Self::Outcome(outcome)
    }
}

/// A picture that is to be encoded.
struct Seen {
    job: Job,
    stored: Stored,
    /// As [`Encoder::pixels`] gives them.
    pixels: Vec<f32>,
}

/// Reads, decodes and encodes, in several threads.
struct Worker<'a> {
    encoder: &'a dyn Encoder,
    roots: Vec<(usize, Root)>,
    jobs: Mutex<Option<Receiver<Job>>>,
    /// The newest state, in which content may be known.
    current: RwLock<Arc<Snapshot>>,
    memory: Memory,
    client: Client,
}

impl Worker<'_> {
    fn run(&self, say: &SyncSender<Message>) {
        let mut seen = Vec::new();
        loop {
            let job = self.next(seen.is_empty());
            let (is_there, has_ended) =
                (job.is_ok(), matches!(job, Err(TryRecvError::Disconnected)));
            let mut outcomes = Vec::new();
            match job.map(|job| self.look_into(job)) {
                Ok(Ok(Looked::Outcome(outcome))) => outcomes.push(outcome),
                Ok(Ok(Looked::Seen(picture))) => seen.push(picture),
                Ok(Err(error)) => outcomes.push(Outcome::Broken(error)),
                Err(_) => {}
            }
            if seen.len() == TOGETHER || !(is_there || seen.is_empty()) {
                let encoded = self.encode(std::mem::take(&mut seen));
                outcomes.extend(encoded.unwrap_or_else(|error| vec![Outcome::Broken(error)]));
            }
            for outcome in outcomes {
                if say.send(Message::Outcome(outcome)).is_err() {
                    return;
                }
            }
            if has_ended {
                return;
            }
        }
    }

    /// The next job; waits for it if `is_idle`.
    fn next(&self, is_idle: bool) -> Result<Job, TryRecvError> {
        let jobs = if is_idle {
            locked(&self.jobs)
        } else {
            match self.jobs.try_lock() {
                Ok(jobs) => jobs,
                Err(TryLockError::Poisoned(jobs)) => jobs.into_inner(),
                // Another thread waits for the next one.
                Err(TryLockError::WouldBlock) => return Err(TryRecvError::Empty),
            }
        };
        match &*jobs {
            Some(jobs) if is_idle => jobs.recv().map_err(|_| TryRecvError::Disconnected),
            Some(jobs) => jobs.try_recv(),
            None => Err(TryRecvError::Disconnected),
        }
    }

    /// Whoever sends more jobs is told that nobody takes them.
    fn stop(&self) {
        *locked(&self.jobs) = None;
    }

    fn follow(&self, snapshot: &Arc<Snapshot>) {
        let mut current = unpoisoned(self.current.write());
        *current = Arc::clone(snapshot);
    }

    fn look_into(&self, job: Job) -> Result<Looked> {
        let root = self.roots.iter().find(|(number, _)| *number == job.root);
        let Some((_, root)) = root else {
            return Ok(Outcome::Other(job).into());
        };
        let name = if root.is_list {
            job.path.display().to_string()
        } else {
            root.path.join(&job.path).display().to_string()
        };
        let read = match (&job.before, root.is_list) {
            // Only the caption changed: what was fetched once is not fetched again.
            (Some((row, stored)), true) => {
                let halves = self.now().halves(*row)?;
                let mut stored = stored.clone();
                stored.caption.clone_from(&job.caption);
                let outcome = match halves {
                    Some(halves) => Outcome::Picture(job, Box::new(stored), halves, false),
                    None => Outcome::Other(job),
                };
                return Ok(outcome.into());
            }
            (None, true) => self.fetch(&job.path.to_string_lossy()).map(Some),
            (_, false) => picture::read(&root.path.join(&job.path))
                .map_err(|cause| Error::system("cannot be read", cause)),
        };
        let bytes = match read {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(Outcome::Other(job).into()),
            Err(error) => {
                let line = format!("{name}: {}", error.chain());
                return Ok(Outcome::Unreadable(line).into());
            }
        };
        let mut stored = Stored {
            root: job.root,
            copy: 0,
            path: job.path.clone(),
            caption: job.caption.clone(),
            width: 0,
            height: 0,
            bytes: bytes.len() as u64,
            modified: job.modified,
            digest: sha256(&bytes),
        };
        if let Some((same, halves)) = self.known(&stored)? {
            (stored.width, stored.height) = (same.width, same.height);
            let stored = Box::new(stored);
            return Ok(Outcome::Picture(job, stored, halves, false).into());
        }
        let size = imagesize::blob_size(&bytes);
        let pixels = size.map_or(0, |size| {
            (size.width as u64).saturating_mul(size.height as u64)
        });
        // In three colours, and once more in the form that the file has.
        let _held = self.memory.take(pixels.saturating_mul(7) + stored.bytes);
        let decoded = std::panic::catch_unwind(|| picture::decode(&bytes));
        let decoded = decoded.unwrap_or_else(|_| {
            let what = "the picture cannot be decoded: its decoder panicked";
            Err(Error::new(Kind::System, what))
        });
        let picture = match decoded {
            Ok(picture) => picture,
            Err(error) => {
                let line = format!("{name}: {}", error.chain());
                return Ok(Outcome::Undecodable(job, line).into());
            }
        };
        (stored.width, stored.height) = (picture.width, picture.height);
        Ok(Looked::Seen(Seen {
            job,
            stored,
            pixels: self.encoder.pixels(&picture)?,
        }))
    }

    fn encode(&self, seen: Vec<Seen>) -> Result<Vec<Outcome>> {
        let mut rest = Vec::new();
        let mut pixels = Vec::new();
        for seen in seen {
            rest.push((seen.job, seen.stored));
            pixels.push(seen.pixels);
        }
        let vectors = self.encoder.encode_pixels(&pixels)?;
        let outcomes = rest
            .into_iter()
            .zip(vectors)
            .map(|((job, stored), vector)| {
                if vector.len() != self.encoder.dimensions()
                    || !vector.iter().all(|x| x.is_finite())
                {
                    let what = format!("the model {} makes no vectors", self.encoder.name());
                    return Err(Error::new(Kind::System, what));
                }
                let halves = halves(&vector);
                Ok(Outcome::Picture(job, Box::new(stored), halves, true))
            });
        outcomes.collect()
    }

    fn now(&self) -> Arc<Snapshot> {
        Arc::clone(&*unpoisoned(self.current.read()))
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        let request = Request::get(url)
            .timeout(FETCH_TIMEOUT)
            .limit(picture::LARGEST_FILE);
        let answer = self.client.send(&request)?;
        match answer.head.status {
            200 if picture_type(&answer.body).is_some() => Ok(answer.body),
            200 => {
                let what = "what came is not a JPEG, PNG, WebP or GIF picture";
                Err(Error::new(Kind::Garbled { status: None }, what))
            }
            status => {
                let what = format!("its server answered with status {status}");
                Err(Error::new(
                    Kind::Garbled {
                        status: Some(status),
                    },
                    what,
                ))
            }
        }
    }

    /// A row with the same content, if there is one.
    fn known(&self, wanted: &Stored) -> Result<Option<(Stored, Vec<u8>)>> {
        let current = self.now();
        for row in current.with_content(content_key(&wanted.digest)) {
            if let Some(stored) = current.stored(row)?
                && stored.digest == wanted.digest
            {
                let halves = current.halves(row)?;
                return Ok(halves.map(|halves| (stored, halves)));
            }
        }
        Ok(None)
    }
}

/// What threads together may hold.
#[derive(Default)]
struct Memory {
    held: Mutex<u64>,
    freed: Condvar,
}

struct Held<'a>(&'a Memory, u64);

impl Memory {
    /// Waits until there is room for `bytes` more, or nothing else.
    fn take(&self, bytes: u64) -> Held<'_> {
        let mut held = locked(&self.held);
        while *held > 0 && held.saturating_add(bytes) > MEMORY {
            held = unpoisoned(self.freed.wait(held));
        }
        *held = held.saturating_add(bytes);
        Held(self, bytes)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut held = locked(&self.0.held);
        *held = held.saturating_sub(self.1);
        self.0.freed.notify_all();
    }
}
