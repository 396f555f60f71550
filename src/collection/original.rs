//! The file of a picture, as long as it is the one that was indexed.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;

use super::Record;
use crate::digest::Hasher;
use crate::search::{ReadAt, read_whole};

/// Bytes of a file that are in memory while it is compared.
const PORTION: usize = 64 << 10;

/// The opened file of a picture, or one that was built in.
#[derive(Clone)]
pub struct Original {
    /// Its content, as long as nobody changes it.
    pub bytes: Arc<dyn ReadAt>,
    /// Tells it from other files and from itself after a change; none for what cannot change.
    pub stamp: Option<FileStamp>,
}

/// Differs between two files, and before and after a change of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    size: u64,
    /// Seconds and nanoseconds; unlike the time of its last modification nobody can set it.
    changed: (i64, i64),
}

struct OpenFile {
    file: File,
    size: u64,
}

impl ReadAt for OpenFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}

impl FileStamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.len(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Original {
    /// Opens the file at `path` below `root`; none if it is no regular file, or if symbolic links
    /// lead out of `root`. The root may be a link itself. An absolute path, which is that of a file to
    /// which a followed link led when it was indexed, must lead through no link.
    ///
    /// # Errors
    /// The system cannot find or open it.
    pub fn open(root: &Path, path: &Path) -> io::Result<Option<Self>> {
        let real = root.join(path).canonicalize()?;
        let is_within = if path.is_absolute() {
            real == path
        } else {
            real.starts_with(root.canonicalize()?)
        };
        if !is_within {
            return Ok(None);
        }
        // Opening anything else might wait, or have an effect.
        let expected = real.symlink_metadata()?;
        if !expected.is_file() {
            return Ok(None);
        }
        let file = File::open(&real)?;
        let metadata = file.metadata()?;
        if (metadata.dev(), metadata.ino()) != (expected.dev(), expected.ino()) {
            return Ok(None);
        }
        Ok(Some(Self {
            stamp: Some(FileStamp::of(&metadata)),
            bytes: Arc::new(OpenFile {
                size: metadata.len(),
                file,
            }),
        }))
    }

    /// A file that is part of the program.
    #[must_use]
    pub fn built_in(bytes: &'static [u8]) -> Self {
        Self {
            bytes: Arc::new(bytes),
            stamp: None,
        }
    }

    /// The whole content.
    ///
    /// # Errors
    /// The system cannot read it.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        read_whole(self.bytes.as_ref())
    }

    /// Whether the content is that of `record`, by its digest: reads the whole file.
    ///
    /// # Errors
    /// The system cannot read it.
    pub fn is(&self, record: &Record) -> io::Result<bool> {
        if self.bytes.size() != record.bytes {
            return Ok(false);
        }
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; PORTION];
        let mut offset = 0;
        loop {
            match self.bytes.read_at(offset, &mut buffer)? {
                0 => return Ok(hasher.finish() == record.digest),
                count => {
                    hasher.update(&buffer[..count]);
                    offset += count as u64;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::PathBuf;

    use super::*;

    /// A folder of the test's own.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("original-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("root/below")).expect("room");
        folder
    }

    #[test]
    fn a_link_is_followed_within_the_root_only() {
        let folder = folder("links");
        let root = folder.join("root");
        fs::write(folder.join("secret"), "outside").expect("room");
        fs::write(root.join("below/a"), "inside").expect("room");
        symlink("../../secret", root.join("below/out")).expect("room");
        symlink("below/a", root.join("in")).expect("room");
        symlink(&folder, root.join("up")).expect("room");
        symlink(&root, folder.join("link")).expect("room");
        let opened = |path: &str| {
            Original::open(&root, Path::new(path))
                .map(|found| found.map(|found| found.bytes.size()))
        };
        assert_eq!(opened("below/a").expect("there"), Some(6));
        assert_eq!(opened("in").expect("there"), Some(6));
        for outside in ["below/out", "up/secret", "../secret", "below"] {
            assert_eq!(opened(outside).expect("there"), None, "{outside}");
        }
        assert!(opened("none").is_err());
        let secret = folder.canonicalize().expect("there").join("secret");
        let followed = Original::open(&root, &secret).expect("there");
        assert!(followed.is_some(), "a link led there when it was indexed");
        symlink(&secret, folder.join("other")).expect("room");
        let other = folder.canonicalize().expect("there").join("other");
        assert!(Original::open(&root, &other).expect("there").is_none());
        let linked = Original::open(&folder.join("link"), Path::new("below/a"));
        assert!(linked.expect("there").is_some(), "the root may be a link");
        fs::remove_dir_all(&folder).expect("ours");
    }

    #[test]
    fn a_file_that_changed_has_another_stamp() {
        let folder = folder("stamps");
        let root = folder.join("root");
        let stamp = || {
            let opened = Original::open(&root, Path::new("a")).expect("there");
            opened.expect("a file").stamp.expect("of a file")
        };
        fs::write(root.join("a"), "one").expect("room");
        let before = stamp();
        assert_eq!(before, stamp());
        fs::write(root.join("b"), "two").expect("room");
        fs::rename(root.join("b"), root.join("a")).expect("ours");
        assert_ne!(before, stamp());
        fs::remove_dir_all(&folder).expect("ours");
    }
}
