//! Reads or fetches, decodes and encodes pictures, in several threads.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};
use std::sync::{Arc, Mutex, RwLock, TryLockError};
use std::time::Duration;

use super::at_work::AtWork;
use super::details;
use super::job::{Examined, FileJob, LeftOut, NewRow, ThreadReport};
use crate::budget::Budget;
use crate::collection::Details;
use crate::collection::index::manifest::Root;
use crate::collection::index::record::{StoredRecord, content_key};
use crate::collection::index::segment::halves;
use crate::collection::index::snapshot::Snapshot;
use crate::digest::sha256;
use crate::error::{Error, Kind, Result};
use crate::http::{Client, Request};
use crate::locked::{locked, unpoisoned};
use crate::media::other_format;
use crate::picture::{self, Found};
use clip::{Encoder, Picture};

/// Pictures that a thread encodes at a time, if that many wait.
const ENCODED_TOGETHER: usize = 4;
/// Files that wait to be examined, for each thread: as many as it encodes at a time.
pub(super) const QUEUED_JOBS: usize = ENCODED_TOGETHER;
/// What files are counted as that do not come into the index, besides their formats.
const DAMAGED: &str = "damaged";
const OTHER_FILES: &str = "other files";
const TOO_LARGE: &str = "too large";
/// Longest time for fetching one picture.
const FETCH_TIMEOUT: Duration = Duration::from_mins(1);

/// What all worker threads share.
pub(super) struct WorkerPool<'a> {
    encoder: &'a dyn Encoder,
    roots: Vec<(usize, Root)>,
    /// None once the run has failed.
    jobs: Mutex<Option<Receiver<FileJob>>>,
    /// The newest committed state: vectors of content that it holds are not computed again.
    newest: RwLock<Arc<Snapshot>>,
    memory: Budget,
    at_work: &'a AtWork,
    client: Client,
}

/// A job after its file was examined.
enum Step {
    Done(Examined),
    Encode(Box<DecodedPicture>),
}

/// A picture that is to be encoded.
struct DecodedPicture {
    job: FileJob,
    record: StoredRecord,
    /// As [`Encoder::pixels`] returns them.
    pixels: Vec<f32>,
}

impl From<Examined> for Step {
    fn from(examined: Examined) -> Self {
        Self::Done(examined)
    }
}

impl<'a> WorkerPool<'a> {
    pub fn new(
        encoder: &'a dyn Encoder,
        roots: Vec<(usize, Root)>,
        jobs: Receiver<FileJob>,
        snapshot: Arc<Snapshot>,
        at_work: &'a AtWork,
        client: Client,
    ) -> Self {
        Self {
            encoder,
            roots,
            jobs: Mutex::new(Some(jobs)),
            newest: RwLock::new(snapshot),
            // That of one picture, however large it is.
            memory: Budget::new(picture::MAX_MEMORY, usize::MAX),
            at_work,
            client,
        }
    }

    /// The work of one thread: examines files until there are no more.
    pub fn run(&self, reports: &SyncSender<ThreadReport>) {
        let mut decoded = Vec::new();
        loop {
            let job = self.next(decoded.is_empty());
            let (is_there, has_ended) =
                (job.is_ok(), matches!(job, Err(TryRecvError::Disconnected)));
            let mut ready = Vec::new();
            match job.map(|job| self.examine(job)) {
                Ok(Ok(Step::Done(examined))) => ready.push(ThreadReport::Examined(examined)),
                Ok(Ok(Step::Encode(picture))) => decoded.push(*picture),
                Ok(Err(error)) => ready.push(ThreadReport::Failed(error)),
                Err(_) => {}
            }
            if decoded.len() == ENCODED_TOGETHER || !(is_there || decoded.is_empty()) {
                match self.encode(std::mem::take(&mut decoded)) {
                    Ok(encoded) => ready.extend(encoded.into_iter().map(ThreadReport::Examined)),
                    Err(error) => ready.push(ThreadReport::Failed(error)),
                }
            }
            for report in ready {
                if reports.send(report).is_err() {
                    return;
                }
            }
            if has_ended {
                return;
            }
        }
    }

    /// The next job; waits for it if `is_idle`.
    fn next(&self, is_idle: bool) -> Result<FileJob, TryRecvError> {
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

    /// Drops the queue of jobs, so that the walk stops as well.
    pub fn stop(&self) {
        *locked(&self.jobs) = None;
    }

    /// Tells the workers that `snapshot` was committed.
    pub fn follow(&self, snapshot: &Arc<Snapshot>) {
        let mut newest = unpoisoned(self.newest.write());
        *newest = Arc::clone(snapshot);
    }

    fn newest(&self) -> Arc<Snapshot> {
        Arc::clone(&*unpoisoned(self.newest.read()))
    }

    fn examine(&self, job: FileJob) -> Result<Step> {
        let root = self.roots.iter().find(|(number, _)| *number == job.root);
        let Some((_, root)) = root else {
            let what = "a file of a folder that is not walked".to_owned();
            return Ok(Examined::Unreadable(what).into());
        };
        if root.is_list {
            return match &job.known {
                Some(_) => self.with_new_caption(job).map(Step::Done),
                None => self.examine_address(job, root),
            };
        }
        let path = root.path.join(&job.path);
        let unreadable = |cause: io::Error| {
            let line = format!("{}: cannot be read: {cause}", path.display());
            Ok(Examined::Unreadable(line).into())
        };
        let (file, memory) = match picture::open(&path) {
            Ok(Found::Picture(mut file)) => match file.memory() {
                Ok(memory) => (file, memory),
                Err(cause) => return unreadable(cause),
            },
            Ok(Found::Other(head)) => {
                let kind = other_format(&head, &job.path).unwrap_or(OTHER_FILES);
                let line = if kind == DAMAGED {
                    format!("{}: the picture is damaged: it has no head", path.display())
                } else {
                    format!("{}: not read: {kind}", path.display())
                };
                return Ok(Examined::LeftOut(Box::new(job), LeftOut { kind, line }).into());
            }
            Ok(Found::TooLarge(bytes)) => {
                let line = format!(
                    "{}: the file has {} MiB, more than the {} MiB that are read",
                    path.display(),
                    bytes >> 20,
                    picture::MAX_FILE_BYTES >> 20
                );
                let kind = TOO_LARGE;
                return Ok(Examined::LeftOut(Box::new(job), LeftOut { kind, line }).into());
            }
            Err(cause) => return unreadable(cause),
        };
        let _reserved = self.memory.reserve_at_last(memory);
        let reading = self.at_work.begin(&job, memory);
        let step = match file.read() {
            Ok(bytes) => self.examine_content(job, root, &bytes),
            Err(cause) => unreadable(cause),
        };
        drop(reading);
        step
    }

    /// Fetches a picture of a list.
    fn examine_address(&self, job: FileJob, root: &Root) -> Result<Step> {
        let mut reserved = self.memory.reserve_at_last(picture::MAX_FILE_BYTES);
        match self.fetch(&job.path.to_string_lossy()) {
            Ok(bytes) => {
                let memory = picture::cost(&bytes) + bytes.len() as u64;
                drop(reserved);
                reserved = self.memory.reserve_at_last(memory);
                let reading = self.at_work.begin(&job, memory);
                let step = self.examine_content(job, root, &bytes);
                drop((reading, reserved));
                step
            }
            Err(error) => {
                let line = format!("{}: {}", name(&job, root), error.chain());
                Ok(Examined::Unreadable(line).into())
            }
        }
    }

    /// The picture of a list whose caption changed: a picture that was fetched once is not fetched
    /// again.
    fn with_new_caption(&self, job: FileJob) -> Result<Examined> {
        let gone = || Examined::Unreadable(format!("{}: no vector", job.path.display()));
        let Some((row, record)) = &job.known else {
            return Ok(gone());
        };
        let Some(halves) = self.newest().halves(*row)? else {
            return Ok(gone());
        };
        let mut record = record.clone();
        record.caption.clone_from(&job.caption);
        Ok(Examined::Picture(Box::new(NewRow {
            job,
            record,
            halves,
            is_encoded: false,
        })))
    }

    /// Decodes the picture file `bytes`, unless the index has a vector for this content.
    fn examine_content(&self, job: FileJob, root: &Root, bytes: &[u8]) -> Result<Step> {
        let mut record = StoredRecord {
            root: job.root,
            copy: 0,
            path: job.path.clone(),
            caption: job.caption.clone(),
            width: 0,
            height: 0,
            bytes: bytes.len() as u64,
            modified: job.modified,
            digest: sha256(bytes),
            details: Details::default(),
            details_version: details::VERSION,
        };
        if let Some((_, known)) = &job.known
            && (known.digest, known.modified) == (record.digest, record.modified)
            && known.details_version >= details::VERSION
        {
            return Ok(Examined::Unchanged.into());
        }
        let path = root.path.join(&job.path);
        record.details = details::read(bytes, (!root.is_list).then_some(&path));
        if let Some((same, halves)) = self.same_content(&record)? {
            (record.width, record.height) = (same.width, same.height);
            let row = NewRow {
                job,
                record,
                halves,
                is_encoded: false,
            };
            return Ok(Examined::Picture(Box::new(row)).into());
        }
        match decode(bytes, self.encoder.enough()) {
            Ok((picture, size)) => {
                (record.width, record.height) = size;
                let pixels = self.encoder.scaled_pixels(&picture, size)?;
                let decoded = DecodedPicture {
                    job,
                    record,
                    pixels,
                };
                Ok(Step::Encode(Box::new(decoded)))
            }
            Err(error) => {
                let line = format!("{}: {}", name(&job, root), error.chain());
                let kind = match error.kind() {
                    Kind::TooLarge => TOO_LARGE,
                    Kind::Unsupported(variant) => variant,
                    _ => DAMAGED,
                };
                Ok(Examined::LeftOut(Box::new(job), LeftOut { kind, line }).into())
            }
        }
    }

    fn encode(&self, pictures: Vec<DecodedPicture>) -> Result<Vec<Examined>> {
        let mut records = Vec::new();
        let mut pixels = Vec::new();
        for picture in pictures {
            records.push((picture.job, picture.record));
            pixels.push(picture.pixels);
        }
        let vectors = self.encoder.encode_pixels(&pixels)?;
        let encoded = records.into_iter().zip(vectors);
        let encoded = encoded.map(|((job, record), vector)| {
            if vector.len() != self.encoder.dimensions() || !vector.iter().all(|x| x.is_finite()) {
                let what = format!(
                    "the model {} returned an unusable vector: fetch or convert it again",
                    self.encoder.name()
                );
                return Err(Error::new(Kind::Unusable, what));
            }
            Ok(Examined::Picture(Box::new(NewRow {
                job,
                record,
                halves: halves(&vector),
                is_encoded: true,
            })))
        });
        encoded.collect()
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        let request = Request::get(url)
            .timeout(FETCH_TIMEOUT)
            .limit(picture::MAX_FILE_BYTES);
        let answer = self.client.send(&request)?;
        match answer.head.status {
            200 if picture::is_read(&answer.body) => Ok(answer.body),
            200 => {
                let what = "the file there is not a picture of a kind that is read";
                Err(Error::new(Kind::Unusable, what))
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

    /// A record of the index with the same content, and its vector as 16-bit floats.
    fn same_content(&self, wanted: &StoredRecord) -> Result<Option<(StoredRecord, Vec<u8>)>> {
        let newest = self.newest();
        for row in newest.with_content(content_key(&wanted.digest)) {
            if let Some(record) = newest.stored(row)?
                && record.digest == wanted.digest
            {
                let halves = newest.halves(row)?;
                return Ok(halves.map(|halves| (record, halves)));
            }
        }
        Ok(None)
    }
}

/// What the file of `job` is called in messages.
fn name(job: &FileJob, root: &Root) -> String {
    let path = if root.is_list {
        job.path.clone()
    } else {
        root.path.join(&job.path)
    };
    path.display().to_string()
}

/// As [`picture::decode_enough`]; a panic of a decoder is an error like another.
fn decode(bytes: &[u8], enough: u32) -> Result<(Picture, (u32, u32))> {
    let decoded = std::panic::catch_unwind(|| picture::decode_enough(bytes, enough));
    decoded.unwrap_or_else(|_| {
        let what = "the picture cannot be decoded: its decoder panicked";
        Err(Error::new(Kind::Unusable, what))
    })
}
