//! Where the bytes of a model come from.

use std::ops::{Deref, Range};

use crate::digest::Hasher;
use crate::error::Result;
use crate::mapped::Mapped;

/// The bytes of a model's file.
#[derive(Debug)]
pub(super) enum Bytes {
    /// Of a file on disk.
    Mapped(Mapped),
    /// Part of the program.
    Static(&'static [u8]),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(bytes) => bytes,
            Self::Static(bytes) => bytes,
        }
    }
}

impl Bytes {
    /// A copy of `range`, which makes few pages of a mapped file resident.
    ///
    /// # Errors
    /// [`ErrorKind::System`](crate::ErrorKind::System) if the file cannot be read.
    pub fn read(&self, range: Range<usize>) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        match self {
            Self::Mapped(file) => file.read(range, &mut out)?,
            Self::Static(bytes) => out.extend_from_slice(&bytes[range]),
        }
        Ok(out)
    }

    /// Calls `work`, which computes with the weights, unless another program changed the file; `digest` is
    /// that of everything from `start`.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`](crate::ErrorKind::Changed) if the file was changed before or meanwhile; those of `work`.
    pub fn guarded<T>(
        &self,
        start: usize,
        digest: &str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let Self::Mapped(file) = self else {
            return work();
        };
        let state = file.begin(|| Ok(self.digest(start)? == digest))?;
        let done = work();
        file.end(state)?;
        done
    }

    /// SHA-256 of everything from `start`, in hexadecimal.
    ///
    /// # Errors
    /// [`ErrorKind::System`](crate::ErrorKind::System) if the file cannot be read.
    pub fn digest(&self, start: usize) -> Result<String> {
        let mut hasher = Hasher::default();
        match self {
            Self::Mapped(file) => file.blocks(start, |block| hasher.update(block))?,
            Self::Static(bytes) => hasher.update(&bytes[start..]),
        }
        Ok(hasher.finish())
    }
}
