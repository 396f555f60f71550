//! Memory-mapped files: the system reads a page when it is needed, and drops it when memory is short.
//!
//! # If somebody changes the file
//!
//! Models and indexes are never changed in place: they are written under another name and renamed. But
//! people copy a new model over the old one, and disks are restored while programs run. A private copy
//! would be safe from that, and could not be dropped when memory is short; nothing can seal the file of
//! another program. So the file stays mapped, and whoever computes with it asks before and afterwards
//! whether it is still what was opened: [`Mapped::begin`] and [`Mapped::end`]. Between them a page that is
//! no longer in the file reads as zeros instead of ending the process (`fault`), and a page may hold
//! anything; both only spoil numbers, since every offset is checked against the length of the mapping, and
//! the result is discarded.
//!
//! A change is detected by the length of the file and by its time of modification. Whoever changes content
//! and sets back the time on purpose is not detected.

use std::fs::File;
use std::ops::{Deref, Range};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result};

mod fault;

/// A whole file, mapped into memory, read only.
#[derive(Debug)]
pub struct Mapped {
    /// Dropped before the mapping.
    guard: fault::Guard,
    map: memmap2::Mmap,
    file: File,
    path: PathBuf,
    judged: Mutex<Judged>,
}

/// What a file and its mapping were like at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    length: u64,
    /// Seconds since 1970, and nanoseconds.
    modified: (i64, i64),
    /// How often pages were missing.
    faults: u32,
}

/// What is known about states of a file.
#[derive(Debug)]
struct Judged {
    /// The last one in which it had the content that was opened.
    sound: State,
    /// The last one in which it had not.
    changed: Option<State>,
}

impl Mapped {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if the file cannot be opened or mapped.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |cause| Error::system(format!("cannot read {}", path.display()), cause);
        let file = File::open(path).map_err(failed)?;
        // SAFETY: it is a mapping to read. Other processes may change the bytes or truncate the file, which
        // Rust does not provide for: see the module for why that spoils numbers, and nothing else.
        #[expect(unsafe_code, reason = "argued above")]
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(failed)?;
        let addresses = map.as_ptr_range();
        let guard = fault::Guard::new(addresses.start.addr()..addresses.end.addr());
        let guard =
            guard.ok_or_else(|| failed(std::io::Error::other("too many files are mapped")))?;
        let sound = state(&file, &guard).map_err(failed)?;
        Ok(Self {
            guard,
            map,
            file,
            path: path.to_owned(),
            judged: Mutex::new(Judged {
                sound,
                changed: None,
            }),
        })
    }

    /// Begins a use of the bytes: the state of the file, which has the content that was opened. If the file
    /// looks changed, `is_intact` is asked whether its content still is the same, once for each state; it
    /// must read by [`Mapped::blocks`] and not through the mapping.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] if the file was changed or truncated; those of `is_intact`.
    pub fn begin(&self, is_intact: impl FnOnce() -> Result<bool>) -> Result<State> {
        let state = self.state()?;
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        if state == judged.sound {
            return Ok(state);
        }
        let is_sound = judged.changed != Some(state)
            && state.length == self.map.len() as u64
            && is_intact()?
            && self.state()? == state
            && (state.faults == judged.sound.faults || self.map_again());
        if is_sound {
            judged.sound = state;
            Ok(state)
        } else {
            judged.changed = Some(state);
            Err(self.changed())
        }
    }

    /// Ends the use that began in `state`. If this fails, its results mean nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] if the file was changed or truncated meanwhile.
    pub fn end(&self, state: State) -> Result<()> {
        if self.state()? == state {
            Ok(())
        } else {
            Err(self.changed())
        }
    }

    /// Reads `range` into `out`, which is resized to fit, by `pread` instead of the mapping: together with
    /// a page that is touched the system maps its neighbours, which would count as resident memory of
    /// this process. For large parts of a file that are needed in small pieces.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if the file cannot be read.
    pub fn read(&self, range: Range<usize>, out: &mut Vec<u8>) -> Result<()> {
        out.resize(range.len(), 0);
        self.file
            .read_exact_at(out, range.start as u64)
            .map_err(|cause| self.unreadable(cause))
    }

    /// Reads the file from `start` to its end, as `read` does, and gives each block to `take`.
    ///
    /// # Errors
    /// [`ErrorKind::System`] if the file cannot be read.
    pub fn blocks(&self, start: usize, mut take: impl FnMut(&[u8])) -> Result<()> {
        let mut block = vec![0; 1 << 18];
        let mut at = start as u64;
        loop {
            let read = self.file.read_at(&mut block, at);
            match read.map_err(|cause| self.unreadable(cause))? {
                0 => return Ok(()),
                length => {
                    take(&block[..length]);
                    at += length as u64;
                }
            }
        }
    }

    fn state(&self) -> Result<State> {
        state(&self.file, &self.guard).map_err(|cause| self.unreadable(cause))
    }

    /// Maps the file in the place of the zeros that were mapped where pages were missing.
    fn map_again(&self) -> bool {
        fault::map_again(&self.map, &self.file)
    }

    fn unreadable(&self, cause: std::io::Error) -> Error {
        Error::system(format!("cannot read {}", self.path.display()), cause)
    }

    fn changed(&self) -> Error {
        let what = format!(
            "{} was changed or truncated by another program while it was in use: put the same content back, \
             or restart this program to use the new one",
            self.path.display()
        );
        Error::new(ErrorKind::Changed, what)
    }
}

fn state(file: &File, guard: &fault::Guard) -> std::io::Result<State> {
    // The faults last: what is read later is compared with this state.
    let metadata = file.metadata()?;
    Ok(State {
        length: metadata.len(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        faults: guard.faults(),
    })
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

/// Bytes that are aligned for numbers of every size. For a model that is part of the program:
/// `static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!("…"));`
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Aligned<T: ?Sized>(pub T);

#[cfg(test)]
mod tests;
