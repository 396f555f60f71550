//! Files the server knows: uploaded ones and those it fetched. In memory, the oldest are dropped.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::media::picture_type;

/// How many bytes of files are kept.
const MAX_BYTES: usize = 128 << 20;
/// Largest upload of a photo, and the largest file that is fetched or given out.
pub(super) const MAX_PHOTO_BYTES: usize = 10 << 20;
/// Largest photo that Telegram fetches.
const MAX_FETCHED_PHOTO_BYTES: usize = 5 << 20;
/// Largest file that a bot may download.
const MAX_DOWNLOAD_BYTES: usize = 20 << 20;
const THUMBNAIL: usize = 90;

/// What a file is sent as; one kind cannot be sent as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileKind {
    Photo,
    Document,
}

/// One file.
#[derive(Debug, Clone)]
pub(super) struct StoredFile {
    pub kind: FileKind,
    pub bytes: Arc<[u8]>,
    pub media_type: &'static str,
    name: String,
    /// In pixels; 0 for files that are not pictures.
    width: usize,
    height: usize,
    key: String,
}

/// Why a file cannot be sent as a photo: Telegram's words for a single file, and for one in an
/// album.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileRefusal {
    pub single: String,
    pub in_album: String,
}

impl FileRefusal {
    pub fn new(single: &str, in_album: &str) -> Self {
        Self {
            single: single.to_owned(),
            in_album: in_album.to_owned(),
        }
    }

    fn same(words: &str) -> Self {
        Self::new(words, words)
    }

    /// The address could not be fetched.
    pub fn not_fetched() -> Self {
        Self::new("failed to get HTTP URL content", "WEBPAGE_CURL_FAILED")
    }
}

/// The store.
#[derive(Debug)]
pub(super) struct StoredFiles {
    kept: VecDeque<StoredFile>,
    bytes: usize,
    next: u64,
    /// Keys of fetched files by address and kind.
    fetched: HashMap<String, String>,
}

impl StoredFiles {
    pub fn new() -> Self {
        Self {
            kept: VecDeque::new(),
            bytes: 0,
            next: 1,
            fetched: HashMap::new(),
        }
    }

    /// A photo out of bytes that were uploaded, or `fetched`.
    ///
    /// # Errors
    /// Telegram's words for bytes that are not a picture, and for pictures that are too large
    /// or too elongated.
    pub fn photo(&mut self, bytes: &[u8], fetched: bool) -> Result<StoredFile, FileRefusal> {
        if fetched && bytes.len() > MAX_FETCHED_PHOTO_BYTES {
            return Err(FileRefusal::not_fetched());
        }
        if bytes.len() > MAX_PHOTO_BYTES {
            let words = format!(
                "file of size {} bytes is too big for a photo; the maximum size is {MAX_PHOTO_BYTES} bytes",
                bytes.len()
            );
            return Err(FileRefusal::same(&words));
        }
        let Some((media_type, ending)) = picture_type(bytes) else {
            return Err(if fetched {
                FileRefusal::new("wrong type of the web page content", "WEBPAGE_MEDIA_EMPTY")
            } else {
                FileRefusal::same("IMAGE_PROCESS_FAILED")
            });
        };
        let Ok(size) = imagesize::blob_size(bytes) else {
            return Err(FileRefusal::same("IMAGE_PROCESS_FAILED"));
        };
        let (long, short) = (size.width.max(size.height), size.width.min(size.height));
        if size.width + size.height > 10_000 || long > short.saturating_mul(20) {
            return Err(FileRefusal::same("PHOTO_INVALID_DIMENSIONS"));
        }
        let name = format!("photos/file_{}.{ending}", self.next);
        let mut file = self.file(FileKind::Photo, bytes, media_type, name);
        (file.width, file.height) = (size.width, size.height);
        Ok(self.keep(file))
    }

    /// A document out of bytes.
    pub fn document(&mut self, bytes: &[u8]) -> StoredFile {
        let (media_type, ending) =
            picture_type(bytes).unwrap_or(("application/octet-stream", "bin"));
        let name = format!("documents/file_{}.{ending}", self.next);
        let file = self.file(FileKind::Document, bytes, media_type, name);
        self.keep(file)
    }

    fn file(
        &mut self,
        kind: FileKind,
        bytes: &[u8],
        media_type: &'static str,
        name: String,
    ) -> StoredFile {
        let start = match kind {
            FileKind::Photo => "AgACAgQAAxkDAA",
            FileKind::Document => "BQACAgQAAxkDAA",
        };
        let key = format!("{start}{:08}", self.next);
        self.next += 1;
        StoredFile {
            kind,
            bytes: bytes.into(),
            media_type,
            name,
            width: 0,
            height: 0,
            key,
        }
    }

    fn keep(&mut self, file: StoredFile) -> StoredFile {
        self.bytes += file.bytes.len();
        self.kept.push_back(file.clone());
        while self.bytes > MAX_BYTES
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= oldest.bytes.len();
            self.fetched.retain(|_, key| *key != oldest.key);
        }
        file
    }

    /// Remembers the file fetched from an address: Telegram does not fetch it again.
    pub fn remember(&mut self, address: &str, file: &StoredFile) {
        let place = format!("{:?} {address}", file.kind);
        self.fetched.insert(place, file.key.clone());
    }

    /// The file that was fetched from this address before.
    pub fn remembered(&self, address: &str, kind: FileKind) -> Option<&StoredFile> {
        let key = self.fetched.get(&format!("{kind:?} {address}"))?;
        self.kept.iter().find(|file| file.key == *key)
    }

    /// The file with this `file_id`, of any size.
    pub fn get(&self, file_id: &str) -> Option<&StoredFile> {
        let key = file_id.strip_suffix(['s', 'x'])?;
        self.kept.iter().find(|file| file.key == key)
    }

    /// The file at a path that `getFile` gave.
    pub fn at(&self, path: &str) -> Option<&StoredFile> {
        self.kept.iter().find(|file| file.name == path)
    }
}

impl StoredFile {
    /// Telegram's `photo`: a thumbnail and the original, which are the same bytes here.
    pub fn to_photo(&self) -> Value {
        let long = self.width.max(self.height);
        let small = |side: usize| (side * THUMBNAIL.min(long) / long.max(1)).max(1);
        json!([
            {"file_id": format!("{}s", self.key), "file_unique_id": format!("{}s", self.number()),
             "width": small(self.width), "height": small(self.height), "file_size": self.bytes.len()},
            {"file_id": format!("{}x", self.key), "file_unique_id": format!("{}x", self.number()),
             "width": self.width, "height": self.height, "file_size": self.bytes.len()},
        ])
    }

    /// Telegram's `document`.
    pub fn to_document(&self) -> Value {
        let name = self.name.rsplit('/').next().unwrap_or_default();
        json!({"file_id": format!("{}x", self.key), "file_unique_id": format!("{}x", self.number()),
            "file_name": name, "mime_type": self.media_type, "file_size": self.bytes.len()})
    }

    /// Telegram's `File`; `None` if the file is too large to download.
    pub fn to_file(&self, file_id: &str) -> Option<Value> {
        (self.bytes.len() <= MAX_DOWNLOAD_BYTES).then(|| {
            json!({"file_id": file_id, "file_unique_id": format!("{}x", self.number()),
                "file_size": self.bytes.len(), "file_path": self.name})
        })
    }

    fn number(&self) -> &str {
        &self.key[self.key.len() - 8..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first bytes of a PNG of this size, which is all that is read.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend([8, 2, 0, 0, 0, 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn a_photo_has_two_sizes_and_is_found_by_both() {
        let mut files = StoredFiles::new();
        let photo = files
            .photo(&png(900, 600), false)
            .expect("a picture")
            .to_photo();
        assert_eq!(
            (&photo[0]["width"], &photo[0]["height"]),
            (&90.into(), &60.into())
        );
        assert_eq!(
            (&photo[1]["width"], &photo[1]["height"]),
            (&900.into(), &600.into())
        );
        for size in 0..2 {
            let id = photo[size]["file_id"].as_str().expect("text");
            let file = files.get(id).expect("kept");
            assert_eq!(
                (&*file.bytes, file.media_type),
                (&png(900, 600)[..], "image/png")
            );
            let path = file.to_file(id).expect("small")["file_path"].clone();
            assert!(files.at(path.as_str().expect("text")).is_some());
        }
        assert!(files.get("AgACnonsense").is_none());
    }

    #[test]
    fn what_is_no_photo_is_refused_in_telegrams_words() {
        let mut files = StoredFiles::new();
        let mut said =
            |bytes: &[u8], fetched| files.photo(bytes, fetched).expect_err("refused").single;
        assert_eq!(said(b"<html>", false), "IMAGE_PROCESS_FAILED");
        assert_eq!(said(b"<html>", true), "wrong type of the web page content");
        assert_eq!(said(&png(9000, 1001), false), "PHOTO_INVALID_DIMENSIONS");
        assert_eq!(said(&png(2100, 100), false), "PHOTO_INVALID_DIMENSIONS");
        assert_eq!(said(&png(100, 0), false), "PHOTO_INVALID_DIMENSIONS");
        assert_eq!(
            said(&vec![0; (5 << 20) + 1], true),
            "failed to get HTTP URL content"
        );
        assert!(said(&vec![0; (10 << 20) + 1], false).contains("is too big for a photo"));
    }

    #[test]
    fn the_oldest_files_are_dropped() {
        let mut files = StoredFiles::new();
        let megabytes = |count: usize| vec![0; count << 20];
        let first = files.document(&megabytes(40));
        files.remember("http://a", &first);
        assert!(files.remembered("http://a", FileKind::Document).is_some());
        assert!(files.remembered("http://a", FileKind::Photo).is_none());
        for _ in 0..3 {
            files.document(&megabytes(40));
        }
        assert_eq!((files.kept.len(), files.bytes), (3, 120 << 20));
        assert!(files.remembered("http://a", FileKind::Document).is_none());
        assert!(first.to_file("x").is_none(), "too large to download");
    }
}
