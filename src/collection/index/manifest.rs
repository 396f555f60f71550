//! The manifest: the file that lists the segments of the index. It is replaced as a whole, so that
//! the index changes atomically from one state to the next.

use std::fs;
use std::path::{Path, PathBuf};

use super::bytes::{Put, seal, sealed};
use super::{damaged, sync_folder};
use crate::error::{Error, Kind, Result};
use crate::private;

/// Changes whenever the format of any file of the index does.
const MAGIC: &[u8; 8] = b"clipidx1";
pub(in crate::collection) const NAME: &str = "manifest";
const NEW: &str = "manifest.new";

/// The state of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::collection) struct Manifest {
    /// Name of the encoder that made the vectors.
    pub encoder: String,
    /// Components of a vector.
    pub dimensions: usize,
    /// When this state was written, in seconds since 1970.
    pub updated: u64,
    /// Number of the next segment; no number is used twice.
    pub next_segment: u64,
    /// Folders and lists that were indexed. Records refer to them by number, so a removed one keeps
    /// its place.
    pub roots: Vec<Root>,
    pub segments: Vec<SegmentEntry>,
}

/// A folder or a list that was indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its path, without symbolic links and `..`.
    pub path: PathBuf,
    /// Whether it is a list of addresses, not a folder.
    pub is_list: bool,
    /// When it was last walked to its end, in seconds since 1970; 0 for never.
    pub visited: u64,
    /// Whether it was removed, and remains here only to keep the numbers of the others.
    pub is_gone: bool,
}

/// A segment that belongs to the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::collection) struct SegmentEntry {
    pub number: u64,
    /// Length of the file in bytes.
    pub length: u64,
    /// CRC-32 of the file.
    pub checksum: u32,
    pub rows: usize,
    pub dead: RowSet,
}

/// A set of rows of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::collection) struct RowSet {
    words: Vec<u64>,
    count: usize,
}

impl RowSet {
    pub fn contains(&self, row: usize) -> bool {
        let word = self.words.get(row / 64);
        word.is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    pub fn insert(&mut self, row: usize) {
        if self.words.len() <= row / 64 {
            self.words.resize(row / 64 + 1, 0);
        }
        let word = &mut self.words[row / 64];
        let bit = 1 << (row % 64);
        self.count += usize::from(*word & bit == 0);
        *word |= bit;
    }

    pub fn len(&self) -> usize {
        self.count
    }
}

impl SegmentEntry {
    pub fn live(&self) -> usize {
        self.rows - self.dead.len()
    }

    pub fn file_name(&self) -> String {
        file_name(self.number)
    }
}

pub(in crate::collection) fn file_name(number: u64) -> String {
    format!("{number:08}.segment")
}

impl Manifest {
    pub fn live(&self) -> usize {
        self.segments.iter().map(SegmentEntry::live).sum()
    }

    /// Reads the state of the index in `folder`; none if there is no index.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(NAME);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => {
                let what = format!("cannot read {}", path.display());
                return Err(Error::system(what, cause));
            }
        };
        match Self::from_bytes(&bytes) {
            Some(manifest) => Ok(Some(manifest)),
            None if bytes.starts_with(b"clipidx") && !bytes.starts_with(MAGIC) => {
                let what = format!(
                    "{} was written by another version of clip-search: make the index anew in \
                     another folder, or use that version",
                    path.display()
                );
                Err(Error::new(Kind::Unusable, what))
            }
            None => Err(damaged(&path)),
        }
    }

    /// Replaces the state in `folder`. If that fails, the old one stays.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let (new, path) = (folder.join(NEW), folder.join(NAME));
        let written = private::replace(&path, &new, &self.to_bytes());
        let written = written.and_then(|()| sync_folder(folder));
        written.map_err(|cause| {
            let _ = fs::remove_file(&new);
            Error::system(format!("cannot write {}", path.display()), cause)
        })
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.bytes(self.encoder.as_bytes());
        out.number(self.dimensions as u64);
        out.number(self.updated);
        out.number(self.next_segment);
        out.number(self.roots.len() as u64);
        for root in &self.roots {
            out.path(&root.path);
            out.number(root.is_list);
            out.number(root.visited);
            out.number(root.is_gone);
        }
        out.number(self.segments.len() as u64);
        for entry in &self.segments {
            out.number(entry.number);
            out.number(entry.length);
            out.number(entry.checksum);
            out.number(entry.rows as u64);
            out.number(entry.dead.words.len() as u64);
            for word in &entry.dead.words {
                out.number(*word);
            }
        }
        seal(&mut out);
        out
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut take = sealed(bytes, MAGIC)?;
        let mut manifest = Self {
            encoder: take.text()?,
            dimensions: take.size()?,
            updated: take.number()?,
            next_segment: take.number()?,
            ..Self::default()
        };
        for _ in 0..take.number()? {
            manifest.roots.push(Root {
                path: take.path()?,
                is_list: take.number()? == 1,
                visited: take.number()?,
                is_gone: take.number()? == 1,
            });
        }
        for _ in 0..take.number()? {
            let mut entry = SegmentEntry {
                number: take.number()?,
                length: take.number()?,
                checksum: take.small()?,
                rows: take.size()?,
                dead: RowSet::default(),
            };
            for _ in 0..take.number()? {
                entry.dead.words.push(take.number()?);
            }
            let ones = entry
                .dead
                .words
                .iter()
                .map(|word| word.count_ones() as usize);
            entry.dead.count = ones.sum();
            if entry.dead.count > entry.rows {
                return None;
            }
            manifest.segments.push(entry);
        }
        take.0.is_empty().then_some(manifest)
    }
}
