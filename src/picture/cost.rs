//! What decoding a picture takes, told by the head of its file before anything is allocated.
//!
//! The factors are bytes for each pixel, by reading the decoders (zune-jpeg 0.5.15, png 0.18.1,
//! image-webp 0.2.4, gif 0.14.2); `tests/peers/limits/index.py` measures that they are not exceeded.

use std::io::{self, Read, Seek, SeekFrom};

use super::format::Format;
use super::{bmp, directories, jpeg, jxl, raw, tiff};

/// Besides the pixels: tables and rows of a decoder, and metadata, which is bounded.
const BESIDES: u64 = 4 << 20;
/// Segments of a JPEG or chunks of another file that are looked at.
pub(super) const MAX_CHUNKS: usize = 10_000;

/// What the head of a picture file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Estimate {
    pub width: u32,
    pub height: u32,
    /// Most memory that decoding takes, besides the file.
    pub bytes: u64,
    /// The usual name of what is not read of its format; none if it is read.
    pub variant: Option<&'static str>,
}

impl Estimate {
    /// For a decoder that takes `bytes`.
    pub fn new(width: u32, height: u32, bytes: u64) -> Self {
        let mut estimate = Self {
            width,
            height,
            bytes,
            variant: None,
        };
        // Turning what is kept takes a copy.
        let kept = estimate.kept();
        estimate.bytes = bytes.max(6 * kept).saturating_add(BESIDES);
        estimate
    }

    /// A file of the kind `variant`, which is not read.
    pub fn unread(variant: &'static str) -> Self {
        Self {
            width: 0,
            height: 0,
            bytes: 0,
            variant: Some(variant),
        }
    }

    /// How often width and height are halved, so that few enough pixels are left.
    pub fn halvings(&self) -> u32 {
        halvings(self.width, self.height)
    }

    /// Pixels after that.
    fn kept(&self) -> u64 {
        self.pixels() >> (2 * self.halvings())
    }

    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// How often sides of that length are halved, so that few enough pixels are left.
pub(super) fn halvings(width: u32, height: u32) -> u32 {
    let is_enough = |halvings: &u32| {
        let (width, height) = (width >> halvings, height >> halvings);
        u64::from(width) * u64::from(height) <= super::MAX_FULL_PIXELS
    };
    (0..31).find(is_enough).unwrap_or(31)
}

/// Reads the head of the picture file `file`; none if it has none that a decoder would accept.
///
/// # Errors
/// The file cannot be read.
pub(super) fn estimate(file: &mut (impl Read + Seek)) -> io::Result<Option<Estimate>> {
    let mut head = Head::new(file);
    match of_head(&mut head) {
        // The file ends within its head.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        estimate => estimate,
    }
}

fn of_head(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Estimate>> {
    let mut start = [0; 64];
    let count = head.start(&mut start)?;
    let length = head.reader.seek(SeekFrom::End(0))?;
    match Format::of(&start[..count]) {
        Some(Format::Jpeg) => jpeg::estimate(head),
        Some(Format::Png) => png(head),
        Some(Format::Webp) => webp(head, length),
        Some(Format::Gif) => gif(head),
        Some(Format::Bmp) => bmp::estimate(head),
        Some(Format::Jxl) => jxl::estimate(head),
        #[cfg(feature = "heic")]
        Some(Format::Heic) => super::heic::estimate(head),
        Some(Format::Tiff) => {
            if tiff::is_big(head)? {
                return Ok(Some(Estimate::unread("BigTIFF")));
            }
            let directories = directories::read(head)?;
            if raw::is_raw(head, &directories) {
                return of_preview(head, &directories);
            }
            Ok(tiff::estimate(&directories))
        }
        Some(Format::Raw) => {
            let directories = directories::read(head)?;
            of_preview(head, &directories)
        }
        None => Ok(None),
    }
}

fn of_preview(
    head: &mut Head<impl Read + Seek>,
    directories: &[directories::Directory],
) -> io::Result<Option<Estimate>> {
    let preview = raw::preview(head, directories)?;
    Ok(Some(preview.map_or(
        Estimate::unread("RAW without a preview"),
        |preview| preview.estimate,
    )))
}

/// A file, or what of it follows `from`.
pub(super) struct Head<'a, R> {
    pub reader: &'a mut R,
    from: u64,
}

impl<'a, R: Read + Seek> Head<'a, R> {
    pub fn new(reader: &'a mut R) -> Self {
        Self { reader, from: 0 }
    }

    /// What follows the first `from` bytes.
    pub fn from(&mut self, from: u64) -> Head<'_, R> {
        Head {
            from: self.from.saturating_add(from),
            reader: self.reader,
        }
    }

    /// The bytes at `offset`.
    pub fn at<const N: usize>(&mut self, offset: u64) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        let place = SeekFrom::Start(self.from.saturating_add(offset));
        self.reader.seek(place)?;
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// How many bytes there are.
    pub fn length(&mut self) -> io::Result<u64> {
        let end = self.reader.seek(SeekFrom::End(0))?;
        Ok(end.saturating_sub(self.from))
    }

    /// At most `count` bytes from `offset` on.
    pub fn bytes(&mut self, offset: u64, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let place = SeekFrom::Start(self.from.saturating_add(offset));
        self.reader.seek(place)?;
        self.reader.by_ref().take(count).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads the first bytes; returns how many there are, up to the length of `start`.
    fn start(&mut self, start: &mut [u8]) -> io::Result<usize> {
        self.reader.seek(SeekFrom::Start(self.from))?;
        let mut count = 0;
        while count < start.len() {
            match self.reader.read(&mut start[count..])? {
                0 => break,
                more => count += more,
            }
        }
        Ok(count)
    }
}

fn little(bytes: [u8; 2]) -> u64 {
    u64::from(u16::from_le_bytes(bytes))
}

/// Rows are made smaller as they come, unless they come in seven passes.
fn png(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Estimate>> {
    let [w1, w2, w3, w4, h1, h2, h3, h4] = head.at(16)?;
    let [depth, _, _, _, interlaced] = head.at(24)?;
    let width = u32::from_be_bytes([w1, w2, w3, w4]);
    let height = u32::from_be_bytes([h1, h2, h3, h4]);
    // Four channels, as some palettes have, and of 16 bits before they become 8.
    let row = u64::from(width) * if depth == 16 { 8 } else { 4 };
    let mut estimate = Estimate::new(width, height, 0);
    let bytes = if interlaced == 0 {
        3 * estimate.kept()
    } else {
        estimate.pixels().saturating_mul(4)
    };
    let rows = 6 * row + 12 * u64::from(width);
    estimate = Estimate::new(width, height, bytes.saturating_add(rows));
    Ok(Some(estimate))
}

/// For a file of `length` bytes, most of which may be what is decoded.
fn webp(head: &mut Head<impl Read + Seek>, length: u64) -> io::Result<Option<Estimate>> {
    // Planes of a lossy picture with half the chroma; rounded up.
    const PLANES: u64 = 2;
    // Colours and transparency, and a quarter of those for each of four kinds of prediction.
    const LOSSLESS: u64 = 5;
    let kind: [u8; 4] = head.at(12)?;
    let (width, height, each) = match &kind {
        b"VP8 " => {
            let [w1, w2, h1, h2] = head.at(26)?;
            let side = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
            (side([w1, w2]), side([h1, h2]), 3 + PLANES)
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(head.at(21)?);
            let side = |bits: u32| (bits & 0x3fff) + 1;
            // Three colours are copied out of four.
            let copy = if bits >> 28 & 1 == 0 { 3 } else { 0 };
            (side(bits), side(bits >> 14), LOSSLESS + copy)
        }
        b"VP8X" => {
            let [flags] = head.at(20)?;
            let [w1, w2, w3, h1, h2, h3] = head.at(24)?;
            let each = match (flags & 2 != 0, flags & 16 != 0) {
                // An animation: the canvas as it is shown, a frame, and what that is made of.
                (true, _) => 4 + 4 + PLANES + LOSSLESS + 1,
                // With transparency, which is a lossless picture of its own.
                (false, true) => 4 + PLANES + LOSSLESS + 1,
                // Lossless, as it may be.
                (false, false) => 3 + LOSSLESS,
            };
            let side = |bytes: [u8; 3]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]) + 1;
            (side([w1, w2, w3]), side([h1, h2, h3]), each)
        }
        _ => return Ok(None),
    };
    let pixels = (u64::from(width) + 16) * (u64::from(height) + 16);
    // The compressed data is copied up to three times.
    let data = length.saturating_mul(3);
    let bytes = pixels.saturating_mul(each).saturating_add(data);
    Ok(Some(Estimate::new(width, height, bytes)))
}

/// The first frame may be larger than the screen.
fn gif(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Estimate>> {
    let [w1, w2, h1, h2, flags] = head.at(6)?;
    let screen = (little([w1, w2]), little([h1, h2]));
    let table = |flags: u8| {
        if flags & 0x80 == 0 {
            0
        } else {
            3_u64 << ((flags & 7) + 1)
        }
    };
    let mut at = 13 + table(flags);
    for _ in 0..MAX_CHUNKS {
        match head.at::<1>(at)? {
            [0x21] => at += 2,
            [0x2c] => {
                let [w1, w2, h1, h2] = head.at(at + 5)?;
                let frame = (little([w1, w2]), little([h1, h2]));
                let bytes = 4 * (screen.0 * screen.1 + frame.0 * frame.1);
                let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
                return Ok(Some(Estimate::new(side(screen.0), side(screen.1), bytes)));
            }
            [0x3b] => return Ok(None),
            _ => at += 1,
        }
        // The blocks of an extension; an empty one ends them.
        for _ in 0..MAX_CHUNKS {
            let [length] = head.at(at)?;
            at += 1 + u64::from(length);
            if length == 0 {
                break;
            }
        }
    }
    Ok(None)
}
