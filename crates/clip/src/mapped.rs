//! Memory-mapped files: the system reads a page when it is needed, and drops it when memory is short.

use std::fs::File;
use std::ops::{Deref, Range};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// A whole file, mapped into memory, read only.
#[derive(Debug)]
pub struct Mapped {
    map: memmap2::Mmap,
    file: File,
    path: PathBuf,
}

impl Mapped {
    /// Maps the file at `path`, which nobody may change or truncate meanwhile.
    ///
    /// # Errors
    /// [`ErrorKind::System`](crate::ErrorKind::System) if the file cannot be opened or mapped.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |cause| Error::system(format!("cannot read {}", path.display()), cause);
        let file = File::open(path).map_err(failed)?;
        // SAFETY: nobody may change the file while it is mapped. Models and indexes are never changed
        // in place: they are written under another name and renamed, or only grow behind the part
        // that is read. If somebody truncates one by hand, reads of it fail with SIGBUS, which ends
        // the process; no other memory is at risk.
        #[expect(unsafe_code, reason = "argued above")]
        let map = unsafe { memmap2::Mmap::map(&file) };
        Ok(Self {
            map: map.map_err(failed)?,
            file,
            path: path.to_owned(),
        })
    }

    /// Reads `range` into `out`, which is resized to fit, by `pread` instead of the mapping: together with
    /// a page that is touched the system maps its neighbours, which would count as resident memory of
    /// this process. For large parts of a file that are needed in small pieces.
    ///
    /// # Errors
    /// [`ErrorKind::System`](crate::ErrorKind::System) if the file cannot be read.
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

/// Bytes that are aligned for numbers of every size. For a model that is part of the program:
/// `static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!("…"));`
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Aligned<T: ?Sized>(pub T);
