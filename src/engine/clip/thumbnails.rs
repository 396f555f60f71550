//! Smaller pictures that were made once, in a folder. It may be removed at any time.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use crate::collection::Original;
use crate::digest::Digest;
use crate::locked::locked;
use crate::private;
use crate::search::ImageFile;

/// Most bytes in the folder.
const MAX_BYTES: u64 = 256 << 20;
/// The end of a JPEG file; one that a power cut shortened lacks it.
const JPEG_END: [u8; 2] = [0xff, 0xd9];
/// Ending of files that are being written.
const UNFINISHED: &str = "part";

/// A folder of JPEG files, each named by the digest of its picture and its own width.
pub(super) struct Thumbnails {
    folder: PathBuf,
    most: u64,
    /// Bytes in the folder; none until they are counted.
    bytes: Mutex<Option<u64>>,
    written: AtomicU64,
    has_failed: AtomicBool,
}

impl Thumbnails {
    /// Those in `folder`, which need not exist.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            most: MAX_BYTES,
            bytes: Mutex::default(),
            written: AtomicU64::new(0),
            has_failed: AtomicBool::new(false),
        }
    }

    /// The picture with that digest in that width, if it is there.
    pub fn get(&self, digest: &Digest, width: u32) -> Option<ImageFile> {
        let found = Original::open(&self.folder, Path::new(&name(digest, width)));
        let bytes = found.ok()??.bytes;
        let mut end = [0; 2];
        let place = bytes.size().checked_sub(end.len() as u64)?;
        bytes.read_at(place, &mut end).ok()?;
        (end == JPEG_END).then_some(ImageFile {
            media_type: "image/jpeg",
            bytes,
        })
    }

    /// Keeps `jpeg`, and removes the oldest ones where there are too many. That it cannot is logged
    /// once.
    pub fn put(&self, digest: &Digest, width: u32, jpeg: &[u8]) {
        if let Err(cause) = self.write(&name(digest, width), jpeg)
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            let folder = self.folder.display();
            tracing::warn!("cannot keep smaller pictures in {folder}: {cause}");
        }
    }

    fn write(&self, name: &str, jpeg: &[u8]) -> io::Result<()> {
        private::create_folder(&self.folder)?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let own = format!("{}-{number}.{UNFINISHED}", std::process::id());
        let unfinished = self.folder.join(own);
        let written = private::create(&unfinished)
            .and_then(|mut file| file.write_all(jpeg))
            .and_then(|()| fs::rename(&unfinished, self.folder.join(name)));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        written?;
        let mut bytes = locked(&self.bytes);
        let total = match *bytes {
            Some(before) => before + jpeg.len() as u64,
            None => self.remove_oldest(u64::MAX)?,
        };
        *bytes = Some(if total > self.most {
            // Some more, so that this is rare.
            self.remove_oldest(self.most / 10 * 9)?
        } else {
            total
        });
        Ok(())
    }

    /// Removes the oldest files until there are at most `most` bytes; returns how many there are.
    fn remove_oldest(&self, most: u64) -> io::Result<u64> {
        let mut files = Vec::new();
        let mut total = 0;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            // Another process may have removed it.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            let is_ours = entry.file_name().to_str().is_some_and(is_ours);
            if metadata.is_file() && is_ours {
                let written = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                total += metadata.len();
                files.push((written, metadata.len(), entry.file_name()));
            }
        }
        files.sort_unstable();
        for (_, bytes, name) in files {
            if total <= most {
                break;
            }
            if fs::remove_file(self.folder.join(name)).is_ok() {
                total -= bytes;
            }
        }
        Ok(total)
    }
}

fn name(digest: &Digest, width: u32) -> String {
    format!("{digest}-{width}.jpg")
}

/// Whether a file of that name was written here; nothing else is ever removed.
fn is_ours(name: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(((first, second), ending)) = name
        .rsplit_once('.')
        .and_then(|(stem, ending)| Some((stem.split_once('-')?, ending)))
    else {
        return false;
    };
    let is_digest = first.len() == 64 && first.bytes().all(|byte| byte.is_ascii_hexdigit());
    match ending {
        "jpg" => is_digest && digits(second),
        UNFINISHED => digits(first) && digits(second),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    fn thumbnails(name: &str, most: u64) -> Thumbnails {
        let name = format!("thumbnails-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        Thumbnails {
            most,
            ..Thumbnails::new(folder.join("below"))
        }
    }

    #[test]
    fn the_oldest_make_room_for_new_ones() {
        let kept = thumbnails("oldest", 1000);
        let digest = |number: u32| sha256(&number.to_le_bytes());
        fs::create_dir_all(&kept.folder).expect("room");
        let photo = kept.folder.join("2019-07.jpg");
        fs::write(&photo, vec![0; 5000]).expect("room");
        let jpeg = [&[0; 98][..], &JPEG_END].concat();
        for number in 0..25 {
            assert!(kept.get(&digest(number), 320).is_none());
            kept.put(&digest(number), 320, &jpeg);
            let file = kept.get(&digest(number), 320).expect("just kept");
            assert_eq!(file.read().expect("there"), jpeg);
            assert!(kept.get(&digest(number), 321).is_none());
            // The clock of files may be coarser than this loop.
            let path = kept.folder.join(name(&digest(number), 320));
            let file = fs::File::options().write(true).open(path).expect("there");
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(number.into());
            file.set_modified(time).expect("ours");
        }
        assert!(photo.exists(), "somebody else's");
        let bytes = (fs::read_dir(&kept.folder).expect("there").count() - 1) * 100;
        assert!((800..=1000).contains(&bytes), "{bytes}");
        assert!(kept.get(&digest(14), 320).is_none());
        assert!(kept.get(&digest(17), 320).is_some());
        fs::remove_dir_all(&kept.folder).expect("ours");
    }

    #[test]
    fn a_cut_file_and_a_folder_that_cannot_be_written_are_no_thumbnails() {
        let kept = thumbnails("cut", 1000);
        let digest = sha256(b"");
        kept.put(&digest, 320, &[0; 100]);
        assert!(kept.get(&digest, 320).is_none());
        fs::remove_dir_all(&kept.folder).expect("ours");
        fs::write(&kept.folder, "a file").expect("ours");
        kept.put(&digest, 320, &JPEG_END);
        assert!(kept.get(&digest, 320).is_none());
        fs::remove_file(&kept.folder).expect("ours");
    }
}
