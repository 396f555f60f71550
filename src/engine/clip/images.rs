//! The pictures of the collection as they are served: the files that were indexed, or smaller ones.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::budget::{Budget, Reservation};
use crate::collection::original::FileStamp;
use crate::collection::{Original, Place, Record, VectorStore};
use crate::digest::sha256;
use crate::error::{Error, Result};
use crate::locked::locked;
use crate::media::picture_type;
use crate::picture;
use crate::search::{Content, Failure, Image, ImageFile, ReadAt, Reason};

/// Quality of the smaller pictures.
const JPEG_QUALITY: u8 = 85;
/// Files whose content was compared and is remembered to be right; beyond these all are forgotten.
const MAX_CHECKED: usize = 4096;

/// Serves the pictures of a collection.
pub(super) struct Images {
    store: Arc<dyn VectorStore>,
    decoding: Budget,
    checked: Mutex<HashMap<String, FileStamp>>,
}

impl Images {
    /// The pictures in `store`. One processor is left to searches while others decode pictures.
    pub fn new(store: Arc<dyn VectorStore>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            store,
            decoding: Budget::new(picture::MAX_MEMORY, processors.saturating_sub(1).max(1)),
            checked: Mutex::default(),
        }
    }

    /// Waits until the picture file `bytes` may be decoded.
    ///
    /// # Errors
    /// [`Reason::Timeout`] when `deadline` passes.
    pub fn reserve(&self, bytes: &[u8], deadline: Instant) -> Result<Reservation<'_>, Failure> {
        self.reserved(picture::cost(bytes), deadline)
    }

    fn reserved(&self, bytes: u64, deadline: Instant) -> Result<Reservation<'_>, Failure> {
        self.decoding.reserve(bytes, deadline).ok_or_else(|| {
            let message = "too many pictures are being decoded; ask again soon";
            Failure::new(Reason::Timeout, message)
        })
    }

    /// The picture with that id, scaled down to `width` where it is wider.
    pub fn image(self: &Arc<Self>, id: &str, width: Option<u32>) -> Option<Image> {
        let found = self.store.record(id).and_then(|record| {
            let Some(record) = record else {
                return Ok(None);
            };
            let original = self.store.original(&record)?;
            // Of another length it is another picture.
            let original = original.filter(|original| original.bytes.size() == record.bytes);
            Ok(original.map(|original| (record, original)))
        });
        let (record, original) = logged(id, found)??;
        match width.filter(|width| *width < record.width) {
            Some(width) => Some(self.smaller(record, original, width)),
            None => Some(self.whole(record, original)),
        }
    }

    fn whole(self: &Arc<Self>, record: Record, original: Original) -> Image {
        let is_checked = original.stamp.is_none()
            || locked(&self.checked).get(&record.id) == original.stamp.as_ref();
        let name = file_name(&record.place).to_owned();
        let version = format!("{:.16}", record.digest.to_string());
        let file = is_checked.then(|| logged(&record.id, served(&original)));
        let content = if let Some(file) = file.flatten().flatten() {
            Content::Ready(file)
        } else {
            let this = Arc::clone(self);
            Content::Later(Box::new(move |_| {
                let checked = this.check(&record, &original);
                Ok(logged(&record.id, checked).flatten())
            }))
        };
        Image {
            name,
            version,
            content,
        }
    }

    /// The file of `record`, if it is still the one that was indexed.
    fn check(&self, record: &Record, original: &Original) -> Result<Option<ImageFile>> {
        if !original.is(record).map_err(unreadable)? {
            return Ok(None);
        }
        if let Some(stamp) = original.stamp {
            let mut checked = locked(&self.checked);
            if checked.len() >= MAX_CHECKED {
                checked.clear();
            }
            checked.insert(record.id.clone(), stamp);
        }
        served(original)
    }

    fn smaller(self: &Arc<Self>, record: Record, original: Original, width: u32) -> Image {
        let name = file_name(&record.place);
        let stem = Path::new(name).file_stem().unwrap_or_default();
        let this = Arc::clone(self);
        Image {
            name: format!("{}.jpg", stem.to_string_lossy()),
            version: format!("{:.16}-{width}", record.digest.to_string()),
            content: Content::Later(Box::new(move |deadline| {
                let cost = logged(&record.id, cost(&original)).unwrap_or(0);
                let _reserved = this.reserved(cost, deadline)?;
                Ok(logged(&record.id, scaled(&record, &original, width)).flatten())
            })),
        }
    }
}

/// The whole file; none if it is no picture that is served.
fn served(original: &Original) -> Result<Option<ImageFile>> {
    let mut head = [0; 64];
    let count = original.bytes.read_at(0, &mut head).map_err(unreadable)?;
    Ok(
        picture_type(&head[..count]).map(|(media_type, _)| ImageFile {
            media_type,
            bytes: Arc::clone(&original.bytes),
        }),
    )
}

/// The picture in `width` pixels as a JPEG file, if `original` is still the file that was indexed.
fn scaled(record: &Record, original: &Original, width: u32) -> Result<Option<ImageFile>> {
    let Some(file) = served(original)? else {
        return Ok(None);
    };
    let bytes = file.read().map_err(unreadable)?;
    if sha256(&bytes) != record.digest {
        return Ok(None);
    }
    let picture = picture::decode(&bytes)?;
    drop(bytes);
    let jpeg = picture::encode_jpeg(&picture.fit(width), JPEG_QUALITY)?;
    Ok(Some(ImageFile {
        media_type: "image/jpeg",
        bytes: Arc::new(jpeg),
    }))
}

/// What reading and decoding the file takes at most, in bytes.
fn cost(original: &Original) -> Result<u64> {
    let size = original.bytes.size();
    let mut reader = BufReader::new(Reader(original.bytes.as_ref(), 0));
    let cost = picture::cost_of(&mut reader, size).map_err(unreadable)?;
    Ok(cost.saturating_add(size))
}

/// Reads on from a place.
struct Reader<'a>(&'a dyn ReadAt, u64);

impl io::Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read_at(self.1, buffer)?;
        self.1 += count as u64;
        Ok(count)
    }
}

impl io::Seek for Reader<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let place = match to {
            io::SeekFrom::Start(place) => Some(place),
            io::SeekFrom::Current(by) => self.1.checked_add_signed(by),
            io::SeekFrom::End(by) => self.0.size().checked_add_signed(by),
        };
        self.1 = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.1)
    }
}

/// What is good of `result`; the error is logged, as whoever asked for the picture can do nothing
/// about it and must not learn where it lies.
fn logged<T>(id: &str, result: Result<T>) -> Option<T> {
    result
        .map_err(|error| tracing::warn!("picture {id}: {}", error.chain()))
        .ok()
}

fn unreadable(cause: io::Error) -> Error {
    Error::system("cannot be read", cause)
}

fn file_name(place: &Place) -> &str {
    let path = match place {
        Place::File { path, .. } => path.as_path(),
        Place::Url { url, .. } => Path::new(url),
    };
    path.file_name()
        .and_then(OsStr::to_str)
        .unwrap_or("picture")
}
