//! What an engine serves at `/images/{id}`: an [`Image`] whose bytes are read in portions.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::Failure;

/// A picture of the engine's own, as it is served.
#[derive(Debug)]
pub struct Image {
    /// A file name for whoever saves it.
    pub name: String,
    /// Differs between any two pictures with different bytes, and stays the same while the bytes
    /// do: letters, digits and hyphens.
    pub version: String,
    /// Where the bytes come from.
    pub content: Content,
}

/// Where the bytes of an [`Image`] come from.
pub enum Content {
    /// They only have to be read.
    Ready(ImageFile),
    /// They have to be computed first, which may take much memory and time.
    Later(Work),
}

/// Computes an image before an instant; none if there is no such picture after all. Blocks.
pub type Work = Box<dyn FnOnce(Instant) -> Result<Option<ImageFile>, Failure> + Send>;

/// A picture file that can be read anywhere, by several readers.
#[derive(Clone)]
pub struct ImageFile {
    /// Such as `image/jpeg`.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Arc<dyn ReadAt>,
}

/// Bytes that can be read from any place in them.
pub trait ReadAt: Send + Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// How many of them are in memory, as long as this is.
    fn in_memory(&self) -> u64 {
        0
    }

    /// Reads some of the bytes from `offset` on; returns how many, 0 only at the end or for an
    /// empty `buffer`. May block.
    ///
    /// # Errors
    /// The system cannot read them.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

impl<B: AsRef<[u8]> + Send + Sync> ReadAt for B {
    fn size(&self) -> u64 {
        self.as_ref().len() as u64
    }

    fn in_memory(&self) -> u64 {
        self.size()
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.as_ref().get(start..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// All the bytes.
///
/// # Errors
/// The system cannot read them, or there are fewer than it said.
pub fn read_whole(bytes: &dyn ReadAt) -> io::Result<Vec<u8>> {
    let mut whole = vec![0; usize::try_from(bytes.size()).unwrap_or(usize::MAX)];
    let mut filled = 0;
    while filled < whole.len() {
        match bytes.read_at(filled as u64, &mut whole[filled..])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => filled += count,
        }
    }
    Ok(whole)
}

impl ImageFile {
    /// The whole file.
    ///
    /// # Errors
    /// The system cannot read it.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        read_whole(self.bytes.as_ref())
    }
}

impl Image {
    /// A JPEG file that is in memory.
    #[must_use]
    pub fn jpeg(name: String, version: String, bytes: Arc<dyn ReadAt>) -> Self {
        let media_type = "image/jpeg";
        Self {
            name,
            version,
            content: Content::Ready(ImageFile { media_type, bytes }),
        }
    }

    /// The file, computed if it must be.
    ///
    /// # Errors
    /// As [`Work`].
    pub fn file(self, deadline: Instant) -> Result<Option<ImageFile>, Failure> {
        match self.content {
            Content::Ready(file) => Ok(Some(file)),
            Content::Later(work) => work(deadline),
        }
    }
}

impl fmt::Debug for ImageFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} bytes", self.media_type, self.bytes.size())
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready(file) => file.fmt(f),
            Self::Later(_) => f.write_str("to be computed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_from_anywhere() {
        let bytes: &[u8] = b"0123456789";
        let mut buffer = [0; 4];
        let mut read = |offset| {
            let count = bytes.read_at(offset, &mut buffer).expect("in memory");
            buffer[..count].to_vec()
        };
        assert_eq!(read(0), b"0123");
        assert_eq!(read(8), b"89");
        assert_eq!(read(10), b"");
        assert_eq!(read(u64::MAX), b"");
        let file = ImageFile {
            media_type: "image/png",
            bytes: Arc::new(bytes),
        };
        assert_eq!(file.read().expect("in memory"), bytes);
    }
}
