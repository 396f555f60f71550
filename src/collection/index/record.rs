//! Records as segments store them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::bytes::{Put, Take, seal, sealed};
use super::manifest::Root;
use crate::collection::{Details, Place, Position, Record, Taken};
use crate::digest::{Digest, Hasher};

/// Version of how details are stored.
const DETAILS: u32 = 1;

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
    pub details: Details,
    /// Version of the code that read the details from the file; 0 if none did. When it can read more
    /// than then, a file that did not change is read again.
    pub details_version: u32,
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
        self.put_details(&mut out);
        seal(&mut out);
        out
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut take = sealed(bytes, b"")?;
        let mut stored = Self {
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
            details: Details::default(),
            details_version: 0,
        };
        // Records of older versions end here.
        if !take.0.is_empty() {
            stored.take_details(&mut take)?;
        }
        Some(stored)
    }

    fn put_details(&self, out: &mut Vec<u8>) {
        let details = &self.details;
        out.number(DETAILS);
        out.number(self.details_version);
        out.number(details.taken.is_some());
        if let Some(taken) = details.taken {
            out.number(taken.seconds.cast_unsigned());
            out.number(i64::from(taken.offset.unwrap_or(i16::MIN)).cast_unsigned());
        }
        out.number(details.position.is_some());
        if let Some(position) = details.position {
            out.number(position.latitude().to_bits());
            out.number(position.longitude().to_bits());
        }
        out.bytes(details.camera.as_bytes());
        out.number(details.keywords.len() as u64);
        for keyword in &details.keywords {
            out.bytes(keyword.as_bytes());
        }
    }

    fn take_details(&mut self, take: &mut Take<'_>) -> Option<()> {
        if take.number()? != u64::from(DETAILS) {
            // Of a newer version: the next run of the indexer reads the file again.
            return Some(());
        }
        self.details_version = take.small()?;
        let details = &mut self.details;
        if take.number()? == 1 {
            let seconds = take.number()?.cast_signed();
            let offset = i16::try_from(take.number()?.cast_signed()).ok()?;
            let offset = (offset != i16::MIN).then_some(offset);
            details.taken = Some(Taken { seconds, offset });
        }
        if take.number()? == 1 {
            let mut degrees = || take.number().map(f64::from_bits);
            details.position = Position::new(degrees()?, degrees()?);
        }
        details.camera = take.text()?;
        for _ in 0..take.number()? {
            details.keywords.push(take.text()?);
        }
        Some(())
    }

    /// When the picture was taken, as far as is known.
    pub fn taken(&self) -> Option<Taken> {
        self.details.taken_or_else(&self.path, self.modified)
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
            details: self.details,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    fn stored() -> StoredRecord {
        StoredRecord {
            root: 3,
            copy: 1,
            path: "a/b.jpg".into(),
            caption: "b".to_owned(),
            width: 4,
            height: 5,
            bytes: 6,
            modified: Some(SystemTime::UNIX_EPOCH + Duration::new(7, 8)),
            digest: sha256(b"it"),
            details: Details::default(),
            details_version: 2,
        }
    }

    #[test]
    fn details_are_stored_and_read_again() {
        let taken = Taken::at((1969, 5, 4), (1, 2, 3));
        for (taken, offset) in [(None, None), (taken, None), (taken, Some(-90))] {
            let details = Details {
                taken: taken.map(|taken| Taken { offset, ..taken }),
                position: Position::new(-41.890_251, 12.492_373),
                camera: "Maker model".to_owned(),
                keywords: vec!["plaža".to_owned(), String::new()],
            };
            let record = StoredRecord {
                details,
                ..stored()
            };
            assert_eq!(
                StoredRecord::from_bytes(&record.to_bytes()),
                Some(record.clone())
            );
        }
    }

    /// What the last release wrote.
    #[test]
    fn a_record_without_details_is_read() {
        let mut record = stored();
        let mut bytes = record.to_bytes();
        let mut details = Vec::new();
        record.put_details(&mut details);
        bytes.truncate(bytes.len() - 4 - details.len());
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        record.details_version = 0;
        assert_eq!(StoredRecord::from_bytes(&bytes), Some(record));
    }

    /// What a later release may write.
    #[test]
    fn details_of_another_version_are_left_alone() {
        let mut record = stored();
        record.details.camera = "Maker model".to_owned();
        let mut bytes = record.to_bytes();
        let mut details = Vec::new();
        record.put_details(&mut details);
        bytes.truncate(bytes.len() - 4);
        let start = bytes.len() - details.len();
        bytes[start] = 99;
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        (record.details, record.details_version) = (Details::default(), 0);
        assert_eq!(StoredRecord::from_bytes(&bytes), Some(record));
    }
}
