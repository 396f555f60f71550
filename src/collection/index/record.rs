//! Records as segments store them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::bytes::{Put, Take};
use super::manifest::Root;
use crate::collection::{Place, Record};
use crate::digest::{Digest, Hasher};

/// What is stored about a picture beside its vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::collection) struct StoredRecord {
    /// Number of its root in [`super::manifest::Manifest::roots`].
    pub root: usize,
    /// Distinguishes pictures with the same content; 0 for the first.
    pub copy: u32,
    /// Path below the root, or the address.
    pub path: PathBuf,
    pub caption: String,
    pub width: u32,
    pub height: u32,
    pub bytes: u64,
    pub modified: Option<SystemTime>,
    pub digest: Digest,
}

impl StoredRecord {
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.number(self.root as u64);
        out.number(self.copy);
        out.path(&self.path);
        out.bytes(self.caption.as_bytes());
        out.number(self.width);
        out.number(self.height);
        out.number(self.bytes);
        let modified = self.modified.and_then(since_1970);
        out.number(modified.map_or(u64::MAX, |since| since.as_secs()));
        out.number(modified.map_or(0, |since| since.subsec_nanos()));
        out.bytes(&self.digest.0);
        let checksum = crc32fast::hash(&out);
        out.extend(checksum.to_le_bytes());
        out
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (body, checksum) = bytes.split_last_chunk()?;
        if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
            return None;
        }
        let mut take = Take(body);
        Some(Self {
            root: take.size()?,
            copy: take.small()?,
            path: take.path()?,
            caption: take.text()?,
            width: take.small()?,
            height: take.small()?,
            bytes: take.number()?,
            modified: {
                let (seconds, nanos) = (take.number()?, take.small()?);
                let since = (seconds != u64::MAX && nanos < 1_000_000_000)
                    .then(|| Duration::new(seconds, nanos));
                since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since))
            },
            digest: Digest(take.bytes()?.try_into().ok()?),
        })
    }

    /// The key under which a segment's table lists this content.
    pub fn content_key(&self) -> u64 {
        content_key(&self.digest)
    }

    pub fn id(&self) -> String {
        match self.copy {
            0 => format!("{:016x}", self.content_key()),
            copy => format!("{:016x}-{copy:08x}", self.content_key()),
        }
    }

    /// The record as the rest of the program knows it; none if its root does not exist.
    pub fn record(self, roots: &[Root]) -> Option<Record> {
        let id = self.id();
        let root = roots.get(self.root)?;
        let place = if root.is_list {
            Place::Url {
                list: root.path.clone(),
                url: self.path.into_os_string().into_string().ok()?,
            }
        } else {
            Place::File {
                root: root.path.clone(),
                path: self.path,
            }
        };
        Some(Record {
            id,
            place,
            caption: self.caption,
            width: self.width,
            height: self.height,
            bytes: self.bytes,
            modified: self.modified,
            digest: self.digest,
        })
    }
}

/// A time before 1970 is stored as an unknown one.
fn since_1970(time: SystemTime) -> Option<Duration> {
    time.duration_since(SystemTime::UNIX_EPOCH).ok()
}

/// The key of content with that digest: its first 8 bytes, which also begin the ids of its
/// pictures.
pub(in crate::collection) fn content_key(digest: &Digest) -> u64 {
    let (first, _) = digest.0.as_chunks();
    first.first().copied().map_or(0, u64::from_be_bytes)
}

/// The key of the picture at `path` below the root with that number.
pub(in crate::collection) fn place_key(root: usize, path: &Path) -> u64 {
    let mut hasher = Hasher::default();
    let mut name = Vec::new();
    name.number(root as u64);
    name.path(path);
    hasher.update(&name);
    content_key(&hasher.finish())
}

/// The content key and the copy number in an id.
pub(in crate::collection) fn parse_id(id: &str) -> Option<(u64, u32)> {
    let (content, copy) = match id.split_once('-') {
        Some((content, copy)) if copy.len() == 8 => (content, u32::from_str_radix(copy, 16).ok()?),
        Some(_) => return None,
        None => (id, 0),
    };
    let content = (content.len() == 16).then(|| u64::from_str_radix(content, 16))?;
    Some((content.ok()?, copy))
}
