//! Files as memory: read by the system page by page when they are needed, and given back when
//! memory is short.

use std::fs::File;
use std::ops::{Deref, Range};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A whole file in memory, read only.
#[derive(Debug)]
pub struct Mapped {
    map: memmap2::Mmap,
    file: File,
    path: PathBuf,
}

impl Mapped {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// The system's refusal, with the path.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |cause| Error::system(format!("cannot read {}", path.display()), cause);
        let file = File::open(path).map_err(failed)?;
        // SAFETY: nobody may change the file while it is mapped. Our own files are never changed
        // in place: they are written under another name and renamed, or only grow behind the part
        // that is read. Who truncates one by hand makes reads of it fail with SIGBUS, which ends
        // the process; no memory of ours is at risk.
        #[expect(unsafe_code, reason = "argued above")]
        let map = unsafe { memmap2::Mmap::map(&file) };
        Ok(Self {
            map: map.map_err(failed)?,
            file,
            path: path.to_owned(),
        })
    }

    /// Copies `range` to `out`, which becomes as long, without touching the memory: with a page of it
    /// the system maps its neighbours, too, which would count as ours. For parts that are large and
    /// needed in small pieces.
    ///
    /// # Errors
    /// The system's refusal, with the path.
    pub fn read(&self, range: Range<usize>, out: &mut Vec<u8>) -> Result<()> {
        out.resize(range.len(), 0);
        self.file
            .read_exact_at(out, range.start as u64)
            .map_err(|cause| Error::system(format!("cannot read {}", self.path.display()), cause))
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.map
    }
}

/// Bytes that lie as numbers of any size do, for files that are part of the program:
/// `static FILE: &Aligned<[u8]> = &Aligned(*include_bytes!("…"));`
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Aligned<T: ?Sized>(pub T);
