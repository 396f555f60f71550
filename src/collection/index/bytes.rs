//! Encodes numbers and texts as little-endian bytes, sealed by a checksum, and decodes them without trusting
//! the input.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use clip::mapped::Mapped;

/// Appends values.
pub(in crate::collection) trait Put {
    fn number(&mut self, number: impl Into<u64>);
    fn bytes(&mut self, bytes: &[u8]);
    fn path(&mut self, path: &Path);
}

impl Put for Vec<u8> {
    fn number(&mut self, number: impl Into<u64>) {
        self.extend(number.into().to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.extend(bytes);
    }

    fn path(&mut self, path: &Path) {
        self.bytes(path.as_os_str().as_bytes());
    }
}

/// Reads values from the front; returns none if too few bytes are left.
pub(in crate::collection) struct Take<'a>(pub &'a [u8]);

impl<'a> Take<'a> {
    pub fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*number))
    }

    pub fn size(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    pub fn small(&mut self) -> Option<u32> {
        u32::try_from(self.number()?).ok()
    }

    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.size()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    pub fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.to_vec()).ok()
    }

    pub fn path(&mut self) -> Option<PathBuf> {
        Some(OsString::from_vec(self.bytes()?.to_vec()).into())
    }
}

/// Appends the CRC-32 of `bytes` to them.
pub(in crate::collection) fn seal(bytes: &mut Vec<u8>) {
    let checksum = crc32fast::hash(bytes);
    bytes.extend(checksum.to_le_bytes());
}

/// What stands behind `magic` in `bytes`, if [`seal`] sealed them and nothing has changed since.
pub(in crate::collection) fn sealed<'a>(bytes: &'a [u8], magic: &[u8]) -> Option<Take<'a>> {
    let (fields, checksum) = bytes.split_last_chunk()?;
    if crc32fast::hash(fields) != u32::from_le_bytes(*checksum) {
        return None;
    }
    fields.strip_prefix(magic).map(Take)
}

/// The CRC-32 of a file from `start` on.
pub(in crate::collection) fn checksum(map: &Mapped, start: usize) -> clip::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    map.blocks(start, |block| hasher.update(block))?;
    Ok(hasher.finalize())
}
