//! The pictures of the collection as they are served: the files that were indexed, or smaller ones.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
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
use crate::search::{Content, Failure, Image, ImageFile, Reason};

use super::stripped::{Layout, Reader};
use super::thumbnails::Thumbnails;

/// Quality of the smaller pictures.
const JPEG_QUALITY: u8 = 85;
/// Largest file that is handed out: Telegram takes no larger one as a photo.
const MAX_SHOWN_BYTES: u64 = 10_000_000;
/// Files whose content was compared and is remembered to be right; beyond these all are forgotten.
const MAX_CHECKED: usize = 4096;

/// Serves the pictures of a collection.
pub(super) struct Images {
    store: Arc<dyn VectorStore>,
    decoding: Budget,
    checked: Mutex<HashMap<String, Checked>>,
    thumbnails: Option<Thumbnails>,
}

/// What is known of a file: that it is the one that was indexed, and what of it is handed out; none
/// where its form is not understood.
type Checked = (Option<FileStamp>, Option<Arc<Layout>>);

impl Images {
    /// The pictures in `store`; smaller ones are kept in the folder `cache`, if there is one. One
    /// processor is left to searches while others decode pictures.
    pub fn new(store: Arc<dyn VectorStore>, cache: Option<PathBuf>) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            store,
            decoding: Budget::new(picture::MAX_MEMORY, processors.saturating_sub(1).max(1)),
            checked: Mutex::default(),
            thumbnails: cache.map(Thumbnails::new),
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
            None if is_shown(&original) => Some(self.whole(record, original)),
            None => {
                let width = record.width;
                Some(self.smaller(record, original, width))
            }
        }
    }

    fn whole(self: &Arc<Self>, record: Record, original: Original) -> Image {
        let known = locked(&self.checked).get(&record.id).cloned();
        let known = known.filter(|(stamp, _)| *stamp == original.stamp);
        let content = if let Some((_, Some(layout))) = known {
            Content::Ready(layout.file(&original.bytes))
        } else {
            let (this, record) = (Arc::clone(self), record.clone());
            Content::Later(Box::new(move |deadline| {
                match logged(&record.id, this.check(&record, &original)) {
                    Some(Some((_, Some(layout)))) => Ok(Some(layout.file(&original.bytes))),
                    Some(Some((_, None))) => this.make(&record, &original, record.width, deadline),
                    _ => Ok(None),
                }
            }))
        };
        Image {
            name: file_name(&record.place).to_owned(),
            version: format!("{:.16}", record.digest.to_string()),
            content,
        }
    }

    /// What is known of the file of `record`, if it is still the one that was indexed.
    fn check(&self, record: &Record, original: &Original) -> Result<Option<Checked>> {
        if !original.is(record).map_err(unreadable)? {
            return Ok(None);
        }
        let layout = Layout::of(original.bytes.as_ref()).map_err(unreadable)?;
        let known = (original.stamp, layout.map(Arc::new));
        let mut checked = locked(&self.checked);
        if checked.len() >= MAX_CHECKED {
            checked.clear();
        }
        checked.insert(record.id.clone(), known.clone());
        Ok(Some(known))
    }

    fn smaller(self: &Arc<Self>, record: Record, original: Original, width: u32) -> Image {
        let name = file_name(&record.place);
        let stem = Path::new(name).file_stem().unwrap_or_default();
        let name = format!("{}.jpg", stem.to_string_lossy());
        let version = format!("{:.16}-{width}", record.digest.to_string());
        let content = if let Some(file) = self.kept(&record, width) {
            Content::Ready(file)
        } else {
            let this = Arc::clone(self);
            Content::Later(Box::new(move |deadline| {
                this.make(&record, &original, width, deadline)
            }))
        };
        Image {
            name,
            version,
            content,
        }
    }

    fn kept(&self, record: &Record, width: u32) -> Option<ImageFile> {
        self.thumbnails.as_ref()?.get(&record.digest, width)
    }

    /// The picture in `width` pixels, which is made if it was not yet.
    fn make(
        &self,
        record: &Record,
        original: &Original,
        width: u32,
        deadline: Instant,
    ) -> Result<Option<ImageFile>, Failure> {
        if let Some(file) = self.kept(record, width) {
            return Ok(Some(file));
        }
        let cost = logged(&record.id, cost(original)).unwrap_or(0);
        let _reserved = self.reserved(cost, deadline)?;
        let Some(jpeg) = logged(&record.id, scaled(record, original, width)).flatten() else {
            return Ok(None);
        };
        if let Some(thumbnails) = &self.thumbnails {
            thumbnails.put(&record.digest, width, &jpeg);
        }
        // Read from the folder it takes no memory while it is sent.
        let file = self.kept(record, width).unwrap_or_else(|| ImageFile {
            media_type: "image/jpeg",
            bytes: Arc::new(jpeg),
        });
        Ok(Some(file))
    }
}

/// The picture in `width` pixels as a JPEG file, if `original` is still the file that was indexed.
fn scaled(record: &Record, original: &Original, width: u32) -> Result<Option<Vec<u8>>> {
    let bytes = original.read().map_err(unreadable)?;
    if sha256(&bytes) != record.digest {
        return Ok(None);
    }
    let (picture, _) = picture::decode_enough(&bytes, width)?;
    let profile = picture::profile(&bytes);
    drop(bytes);
    let mut picture = picture.fit(width);
    loop {
        let jpeg = picture::encode_jpeg(&picture, JPEG_QUALITY, profile.clone())?;
        if jpeg.len() as u64 <= MAX_SHOWN_BYTES {
            return Ok(Some(jpeg));
        }
        let width = picture.width / 4 * 3;
        picture = picture.fit(width);
    }
}

/// Whether the file is one that everybody can show, without what [`Layout`] leaves out.
fn is_shown(original: &Original) -> bool {
    let mut head = [0; 64];
    let count = original.bytes.read_at(0, &mut head).unwrap_or(0);
    original.bytes.size() <= MAX_SHOWN_BYTES && picture_type(&head[..count]).is_some()
}

/// What reading and decoding the file takes at most, in bytes.
fn cost(original: &Original) -> Result<u64> {
    let size = original.bytes.size();
    let mut reader = BufReader::new(Reader(original.bytes.as_ref(), 0));
    let cost = picture::cost_of(&mut reader, size).map_err(unreadable)?;
    Ok(cost.saturating_add(size))
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
