//! The log of what was done since the files of the collections were last synced: one append and one
//! sync make a change survive a power cut, whatever files it touches. Opening the store does again what
//! stands here.
//!
//! Each entry is its length, its CRC-32 and its bytes. A log is a numbered file; a checkpoint begins the
//! next one, syncs the files that were changed, and removes the log before.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Length and checksum of an entry.
const HEAD: usize = 8;
/// Longest entry: the texts and the vector of one picture are far shorter.
const MAX_ENTRY: usize = 1 << 20;

/// The newest log, which entries are appended to.
#[derive(Debug)]
pub(super) struct Log {
    folder: PathBuf,
    number: u64,
    file: File,
    end: u64,
    /// An entry that was refused could not be taken back.
    is_torn: bool,
    #[cfg(test)]
    is_unsynced: bool,
}

impl Log {
    /// Begins a log behind those in `folder`.
    pub fn begin(folder: &Path) -> Result<Self> {
        let number = numbers(folder)?.last().map_or(0, |last| last + 1);
        Self::create(folder, number)
    }

    fn create(folder: &Path, number: u64) -> Result<Self> {
        let path = path(folder, number);
        let create = || {
            let mut options = File::options();
            let options = options.write(true).create(true).truncate(true).mode(0o600);
            let file = options.open(&path)?;
            File::open(folder)?.sync_all()?;
            Ok(file)
        };
        let file = create().map_err(|cause| unwritable(&path, cause))?;
        Ok(Self {
            folder: folder.to_owned(),
            number,
            file,
            end: 0,
            is_torn: false,
            #[cfg(test)]
            is_unsynced: false,
        })
    }

    /// Bytes in it.
    pub fn len(&self) -> u64 {
        self.end
    }

    /// Appends `entry`, which survives a power cut once this returns; otherwise it is as if it had not
    /// been tried. Returns the length before, for [`Log::take_back`].
    pub fn append(&mut self, entry: &[u8]) -> Result<u64> {
        let before = self.end;
        if self.is_torn {
            self.take_back(before)?;
        }
        let length = u32::try_from(entry.len()).unwrap_or(u32::MAX);
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(crc32fast::hash(entry).to_le_bytes());
        bytes.extend(entry);
        let written = self.file.write_all_at(&bytes, before);
        match written.and_then(|()| self.sync()) {
            Ok(()) => {
                self.end = before + bytes.len() as u64;
                Ok(before)
            }
            Err(cause) => {
                let error = unwritable(&path(&self.folder, self.number), cause);
                // The next entry tries again.
                let _ = self.take_back(before);
                Err(error)
            }
        }
    }

    /// From now on nothing is synced.
    #[cfg(test)]
    pub fn without_sync(&mut self) {
        self.is_unsynced = true;
    }

    fn sync(&self) -> io::Result<()> {
        #[cfg(test)]
        if self.is_unsynced {
            return Ok(());
        }
        self.file.sync_data()
    }

    /// Removes what was appended since it was `length` bytes long.
    pub fn take_back(&mut self, length: u64) -> Result<()> {
        self.is_torn = true;
        let cut = self.file.set_len(length);
        cut.and_then(|()| self.file.sync_data())
            .map_err(|cause| unwritable(&path(&self.folder, self.number), cause))?;
        self.end = length;
        self.is_torn = false;
        Ok(())
    }

    /// Begins the next log; returns the number of this one, for [`Log::remove_until`].
    pub fn turn(&mut self) -> Result<u64> {
        let before = self.number;
        *self = Self::create(&self.folder, before + 1)?;
        Ok(before)
    }

    /// Removes the logs up to that number: all that they say is in the files of the collections, and
    /// synced.
    pub fn remove_until(folder: &Path, last: u64) -> Result<()> {
        for number in numbers(folder)?
            .into_iter()
            .filter(|number| *number <= last)
        {
            let path = path(folder, number);
            fs::remove_file(&path).map_err(|cause| unwritable(&path, cause))?;
        }
        Ok(())
    }
}

/// Calls `take` with each whole entry of the logs in `folder`, in order. Behind one that is not whole
/// nothing was acknowledged.
pub(super) fn replay(folder: &Path, mut take: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
    for number in numbers(folder)? {
        let path = path(folder, number);
        let bytes = fs::read(&path);
        let bytes = bytes.map_err(|cause| {
            let what = format!("cannot read {}", path.display());
            Error::system(what, cause)
        })?;
        let mut rest = bytes.as_slice();
        while let Some((entry, after)) = first(rest) {
            take(entry)?;
            rest = after;
        }
    }
    Ok(())
}

fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let length = u32::from_le_bytes(*head.first_chunk()?) as usize;
    let sum = u32::from_le_bytes(*head.last_chunk()?);
    let (entry, after) = rest.split_at_checked(length)?;
    let is_whole = length > 0 && length <= MAX_ENTRY && crc32fast::hash(entry) == sum;
    is_whole.then_some((entry, after))
}

/// The numbers of the logs in `folder`, in order.
fn numbers(folder: &Path) -> Result<Vec<u64>> {
    let read = || -> io::Result<Vec<u64>> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".log"));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        Ok(numbers)
    };
    read().map_err(|cause| Error::system(format!("cannot read {}", folder.display()), cause))
}

fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.log"))
}

fn unwritable(path: &Path, cause: io::Error) -> Error {
    Error::system(format!("cannot write {}", path.display()), cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        let read = replay(folder, |entry| {
            all.push(entry.to_vec());
            Ok(())
        });
        read.expect("readable");
        all
    }

    #[test]
    fn whole_entries_are_read_again_in_order() {
        let folder = std::env::temp_dir().join(format!("saved-log-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("room");
        let mut log = Log::begin(&folder).expect("room");
        log.append(b"one").expect("room");
        let before = log.append(b"two").expect("room");
        log.take_back(before).expect("ours");
        log.append(b"three").expect("room");
        let first = log.turn().expect("room");
        log.append(b"four").expect("room");
        assert_eq!(entries(&folder), [&b"one"[..], b"three", b"four"]);
        // A power cut within the last entry.
        log.append(b"five").expect("room");
        log.file.set_len(log.len() - 1).expect("ours");
        assert_eq!(entries(&folder).len(), 3);
        Log::remove_until(&folder, first).expect("ours");
        assert_eq!(entries(&folder), [b"four"]);
        fs::remove_dir_all(&folder).expect("ours");
    }
}
