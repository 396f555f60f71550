//! Picture files as they are handed out: without position, serial number, and all else that cameras
//! and programs write about a picture. Its colour profile stays, and which way is up.
//!
//! Nothing is decoded: a [`Layout`] lists the parts of the file that stay.

mod exif;
mod gif;
mod jpeg;
mod png;
mod webp;

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use crate::media::picture_type;
use crate::search::{ImageFile, ReadAt};

/// Most parts of a file; one with more is not understood.
const MAX_PARTS: usize = 4096;

/// What is handed out of a file.
pub(super) struct Layout {
    media_type: &'static str,
    parts: Vec<Part>,
    size: u64,
}

/// Some bytes of what is handed out, from `start` on.
struct Part {
    start: u64,
    bytes: PartBytes,
}

enum PartBytes {
    /// These of the file.
    Kept(Range<u64>),
    /// Others instead.
    Written(Vec<u8>),
}

/// Why a file has no layout.
enum Unfit {
    /// It is not understood.
    Form,
    /// It cannot be read.
    Unreadable(io::Error),
}

impl From<io::Error> for Unfit {
    fn from(cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput => Self::Form,
            _ => Self::Unreadable(cause),
        }
    }
}

impl Layout {
    /// The layout of the picture file in `source`; none if it is not understood.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(source: &dyn ReadAt) -> io::Result<Option<Self>> {
        let mut head = [0; 64];
        let count = source.read_at(0, &mut head)?;
        let Some((media_type, _)) = picture_type(&head[..count]) else {
            return Ok(None);
        };
        let mut file = Scanner::new(source);
        let mut layout = Self {
            media_type,
            parts: Vec::new(),
            size: 0,
        };
        let read = match media_type {
            "image/jpeg" => jpeg::read(&mut file, &mut layout),
            "image/png" => png::read(&mut file, &mut layout),
            "image/webp" => webp::read(&mut file, &mut layout),
            "image/gif" => gif::read(&mut file, &mut layout),
            _ => Err(Unfit::Form),
        };
        match read {
            Ok(()) if layout.parts.len() <= MAX_PARTS => Ok(Some(layout)),
            Ok(()) | Err(Unfit::Form) => Ok(None),
            Err(Unfit::Unreadable(cause)) => Err(cause),
        }
    }

    /// The file in `source`, which must be the one that the layout was made of.
    pub fn file(self: &Arc<Self>, source: &Arc<dyn ReadAt>) -> ImageFile {
        ImageFile {
            media_type: self.media_type,
            bytes: Arc::new(Stripped {
                source: Arc::clone(source),
                layout: Arc::clone(self),
            }),
        }
    }

    fn keep(&mut self, range: Range<u64>) {
        let length = range.end.saturating_sub(range.start);
        let last = self.parts.last_mut().map(|part| &mut part.bytes);
        match last {
            Some(PartBytes::Kept(last)) if last.end == range.start => last.end = range.end,
            _ => self.parts.push(Part {
                start: self.size,
                bytes: PartBytes::Kept(range),
            }),
        }
        self.size += length;
    }

    fn write(&mut self, bytes: Vec<u8>) {
        let start = self.size;
        self.size += bytes.len() as u64;
        let bytes = PartBytes::Written(bytes);
        self.parts.push(Part { start, bytes });
    }
}

/// A file with its layout.
struct Stripped {
    source: Arc<dyn ReadAt>,
    layout: Arc<Layout>,
}

impl ReadAt for Stripped {
    fn size(&self) -> u64 {
        self.layout.size
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let parts = &self.layout.parts;
        let index = parts.partition_point(|part| part.start <= offset);
        let Some(part) = index.checked_sub(1).and_then(|index| parts.get(index)) else {
            return Ok(0);
        };
        let within = offset - part.start;
        match &part.bytes {
            PartBytes::Written(bytes) => bytes.read_at(within, buffer),
            PartBytes::Kept(range) => {
                let left = (range.end - range.start).saturating_sub(within);
                let count =
                    usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
                self.source
                    .read_at(range.start + within, &mut buffer[..count])
            }
        }
    }
}

/// Reads a file from its start, and knows where it is.
struct Scanner<'a> {
    reader: BufReader<Reader<'a>>,
    place: u64,
    size: u64,
}

impl<'a> Scanner<'a> {
    fn new(source: &'a dyn ReadAt) -> Self {
        Self {
            reader: BufReader::with_capacity(64 << 10, Reader(source, 0)),
            place: 0,
            size: source.size(),
        }
    }

    fn take<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.place += N as u64;
        Ok(bytes)
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.take().map(|[byte]| byte)
    }

    fn bytes(&mut self, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader.by_ref().take(count).read_to_end(&mut bytes)?;
        self.place += bytes.len() as u64;
        if bytes.len() as u64 == count {
            Ok(bytes)
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Goes on to `place`, which must lie in the file.
    fn go(&mut self, place: u64) -> io::Result<()> {
        if place > self.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let by = i64::try_from(place)
            .ok()
            .zip(i64::try_from(self.place).ok());
        let by = by.ok_or(io::ErrorKind::UnexpectedEof)?;
        self.reader.seek_relative(by.0 - by.1)?;
        self.place = place;
        Ok(())
    }

    /// Goes on behind the next `wanted`; returns whether there is one.
    fn find(&mut self, wanted: u8) -> io::Result<bool> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(false);
            }
            let found = buffer.iter().position(|byte| *byte == wanted);
            let count = found.map_or(buffer.len(), |at| at + 1);
            self.reader.consume(count);
            self.place += count as u64;
            if found.is_some() {
                return Ok(true);
            }
        }
    }
}

/// Reads on from a place.
pub(super) struct Reader<'a>(pub &'a dyn ReadAt, pub u64);

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read_at(self.1, buffer)?;
        self.1 += count as u64;
        Ok(count)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.1.checked_add_signed(by),
            SeekFrom::End(by) => self.0.size().checked_add_signed(by),
        };
        self.1 = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.1)
    }
}

#[cfg(test)]
mod tests;
