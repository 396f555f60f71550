//! Writes down which files are being read, so that a file that ends the process, as one does that
//! takes all of the memory, cannot end every run after it.
//!
//! The file `working` in the index's folder is written without waiting for the disk: what a process
//! has written survives its own end, and only that counts here. After a run that was killed, what it
//! was reading is suspected. A suspect is read again when all else is done, and alone; a large one
//! rests for one run first, so that this run succeeds. A file that was being read at a second kill is
//! left out until it changes.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::SystemTime;

use super::job::FileJob;
use crate::collection::index::record::place_key;
use crate::error::{Error, Result};
use crate::locked::locked;
use crate::private;

/// A file that takes this much memory or more is likely to be the one that a process was killed for.
const HEAVY_BYTES: u64 = 48 << 20;

/// What is to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Read,
    /// It is read when all others are, and alone.
    ReadLast,
    Skip,
}

/// A file that is being read, or that was when a run was killed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Suspect {
    /// Of its place.
    key: u64,
    /// Size and time: a file that changed is no suspect.
    version: (u64, u128),
    /// Runs that were killed while it was read.
    kills: u32,
    is_heavy: bool,
    has_rested: bool,
}

impl Suspect {
    fn of(job: &FileJob) -> Self {
        let since = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).ok();
        let modified = job.modified.and_then(since);
        Self {
            key: place_key(job.root, &job.path),
            version: (job.bytes, modified.map_or(0, |time| time.as_nanos())),
            kills: 0,
            is_heavy: false,
            has_rested: false,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.key, self.version) == (other.key, other.version)
    }

    fn line(&self, is_now: bool) -> String {
        let Self { key, version, .. } = self;
        let (heavy, rested) = (u8::from(self.is_heavy), u8::from(self.has_rested));
        let (now, kills) = (u8::from(is_now), self.kills);
        let (bytes, time) = version;
        format!("{now} {key} {bytes} {time} {kills} {heavy} {rested}\n")
    }

    /// The file of a line, and whether it was being read.
    fn parse(line: &str) -> Option<(Self, bool)> {
        let words: Vec<&str> = line.split(' ').collect();
        let [now, key, bytes, time, kills, heavy, rested] = words[..] else {
            return None;
        };
        let suspect = Self {
            key: key.parse().ok()?,
            version: (bytes.parse().ok()?, time.parse().ok()?),
            kills: kills.parse().ok()?,
            is_heavy: heavy == "1",
            has_rested: rested == "1",
        };
        Some((suspect, now == "1"))
    }
}

#[derive(Debug, Default)]
struct State {
    suspects: Vec<Suspect>,
    /// Files that are being read.
    now: Vec<Suspect>,
}

/// The files that are being read, and the suspects.
#[derive(Debug)]
pub(super) struct AtWork {
    path: PathBuf,
    file: File,
    state: Mutex<State>,
}

/// The file is being read until this is dropped.
pub(super) struct Reading<'a>(&'a AtWork, Suspect);

impl AtWork {
    /// Reads what a run before left in `folder`, that of the index, which nobody else changes now.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("working");
        let failed = |cause| Error::system(format!("cannot use {}", path.display()), cause);
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(cause) if cause.kind() == ErrorKind::NotFound => String::new(),
            Err(cause) => return Err(failed(cause)),
        };
        let mut state = State::default();
        let (killed, before): (Vec<_>, Vec<_>) = text
            .lines()
            .filter_map(Suspect::parse)
            .partition(|line| line.1);
        state.suspects.extend(before.into_iter().map(|line| line.0));
        for (mut suspect, _) in killed {
            let known = |other: &Suspect| other.is_same(&suspect);
            if let Some(at) = state.suspects.iter().position(known) {
                suspect.kills = state.suspects.remove(at).kills;
            }
            suspect.kills += 1;
            state.suspects.push(suspect);
        }
        let file = private::options().open(&path).map_err(failed)?;
        let at_work = Self {
            file,
            state: Mutex::new(state),
            path: path.clone(),
        };
        at_work.write(&locked(&at_work.state)).map_err(failed)?;
        Ok(at_work)
    }

    /// What is to be done with the file of `job` in this run; asked once.
    pub fn verdict(&self, job: &FileJob) -> Verdict {
        let mut state = locked(&self.state);
        if state.suspects.is_empty() {
            return Verdict::Read;
        }
        let file = Suspect::of(job);
        let Some(suspect) = state.suspects.iter_mut().find(|one| one.is_same(&file)) else {
            return Verdict::Read;
        };
        if suspect.kills > 1 {
            return Verdict::Skip;
        }
        if suspect.is_heavy && !suspect.has_rested {
            suspect.has_rested = true;
            // If this cannot be written, it rests once more.
            let _ = self.write(&state);
            return Verdict::Skip;
        }
        Verdict::ReadLast
    }

    /// Notes that the file of `job` is being read, which takes `bytes` of memory.
    pub fn begin(&self, job: &FileJob, bytes: u64) -> Reading<'_> {
        let mut file = Suspect::of(job);
        file.is_heavy = bytes >= HEAVY_BYTES;
        let mut state = locked(&self.state);
        state.now.push(file.clone());
        // On a full disk pictures are read all the same.
        let _ = self.write(&state);
        Reading(self, file)
    }

    fn write(&self, state: &State) -> io::Result<()> {
        let suspects = state.suspects.iter().map(|suspect| suspect.line(false));
        let now = state.now.iter().map(|file| file.line(true));
        let text: String = suspects.chain(now).collect();
        self.file.write_all_at(text.as_bytes(), 0)?;
        self.file.set_len(text.len() as u64)
    }

    /// The run has ended by itself.
    pub fn finish(self) {
        if locked(&self.state).suspects.is_empty() {
            // Left behind, it says nothing.
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let Self(at_work, file) = self;
        let mut state = locked(&at_work.state);
        state.now.retain(|other| !other.is_same(file));
        // It has been read, whatever came of it.
        state.suspects.retain(|other| other.key != file.key);
        let _ = at_work.write(&state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(name: &str, bytes: u64) -> FileJob {
        FileJob {
            root: 0,
            path: PathBuf::from(name),
            caption: String::new(),
            bytes,
            modified: Some(SystemTime::UNIX_EPOCH),
            known: None,
        }
    }

    /// A run that is killed while it reads `name`, which takes `memory`.
    fn killed(folder: &Path, name: &str, memory: u64) {
        let at_work = AtWork::open(folder).expect("room");
        drop(at_work.begin(&job("good", 1), HEAVY_BYTES));
        std::mem::forget(at_work.begin(&job(name, 1), memory));
    }

    fn verdict(folder: &Path, job: &FileJob) -> Verdict {
        let at_work = AtWork::open(folder).expect("room");
        let verdict = at_work.verdict(job);
        at_work.finish();
        verdict
    }

    #[test]
    fn a_file_that_kills_is_left_out_until_it_changes() {
        let folder = std::env::temp_dir().join(format!("clip-at-work-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("room");
        let [bomb, small, good] = ["bomb", "small", "good"].map(|name| job(name, 1));
        let is_clean = || !folder.join("working").exists();

        killed(&folder, "bomb", HEAVY_BYTES);
        assert_eq!(verdict(&folder, &bomb), Verdict::Skip, "it rests");
        assert_eq!(verdict(&folder, &good), Verdict::Read);
        assert_eq!(verdict(&folder, &bomb), Verdict::ReadLast);
        killed(&folder, "bomb", HEAVY_BYTES);
        for _ in 0..3 {
            assert_eq!(verdict(&folder, &bomb), Verdict::Skip, "it killed twice");
        }
        assert_eq!(verdict(&folder, &job("bomb", 2)), Verdict::Read, "changed");
        let at_work = AtWork::open(&folder).expect("room");
        drop(at_work.begin(&job("bomb", 2), HEAVY_BYTES));
        at_work.finish();
        assert!(is_clean());

        // What a power cut hits while it is read loses nothing.
        killed(&folder, "small", 1);
        assert_eq!(verdict(&folder, &small), Verdict::ReadLast);
        let at_work = AtWork::open(&folder).expect("room");
        drop(at_work.begin(&small, 1));
        at_work.finish();
        assert!(is_clean());
        fs::remove_dir_all(&folder).expect("ours");
    }
}
