//! What decoding a picture takes, told by the head of its file before anything is allocated.
//!
//! The factors are bytes for each pixel, by reading the decoders (zune-jpeg 0.5.15, png 0.18.1,
//! image-webp 0.2.4, gif 0.14.2); `tests/peers/limits/index.py` measures that they are not exceeded.

use std::io::{self, Read, Seek, SeekFrom};

use imagesize::ImageType;

/// Besides the pixels: tables and rows of a decoder, and metadata, which is bounded.
const BESIDES: u64 = 4 << 20;
/// Segments of a JPEG or chunks of another file that are looked at.
const MAX_CHUNKS: usize = 10_000;

/// What the head of a picture file tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Estimate {
    pub width: u32,
    pub height: u32,
    /// Most memory that decoding takes, besides the file.
    pub bytes: u64,
}

impl Estimate {
    /// For a decoder that takes `bytes`.
    fn new(width: u32, height: u32, bytes: u64) -> Self {
        let mut estimate = Self {
            width,
            height,
            bytes,
        };
        // Turning what is kept takes a copy.
        let kept = estimate.kept();
        estimate.bytes = bytes.max(6 * kept).saturating_add(BESIDES);
        estimate
    }

    /// How often width and height are halved, so that few enough pixels are left.
    pub fn halvings(&self) -> u32 {
        let is_enough = |halvings: &u32| {
            let (width, height) = (self.width >> halvings, self.height >> halvings);
            u64::from(width) * u64::from(height) <= super::MAX_FULL_PIXELS
        };
        (0..31).find(is_enough).unwrap_or(31)
    }

    /// Pixels after that.
    fn kept(&self) -> u64 {
        self.pixels() >> (2 * self.halvings())
    }

    pub fn pixels(&self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// Reads the head of the picture file `file`; none if it has none that a decoder would accept.
///
/// # Errors
/// The file cannot be read.
pub(super) fn estimate(file: &mut (impl Read + Seek)) -> io::Result<Option<Estimate>> {
    let mut head = Head(file);
    let start: [u8; 16] = match head.at(0) {
        Ok(start) => start,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = head.0.seek(SeekFrom::End(0))?;
    let estimate = match imagesize::image_type(&start) {
        Ok(ImageType::Jpeg) => jpeg(&mut head),
        Ok(ImageType::Png) => png(&mut head),
        Ok(ImageType::Webp) => webp(&mut head, length),
        Ok(ImageType::Gif) => gif(&mut head),
        _ => return Ok(None),
    };
    match estimate {
        // The file ends within its head.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        estimate => estimate,
    }
}

struct Head<'a, R>(&'a mut R);

impl<R: Read + Seek> Head<'_, R> {
    /// The bytes at `offset`.
    fn at<const N: usize>(&mut self, offset: u64) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.0.seek(SeekFrom::Start(offset))?;
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn big(bytes: [u8; 2]) -> u64 {
    u64::from(u16::from_be_bytes(bytes))
}

fn little(bytes: [u8; 2]) -> u64 {
    u64::from(u16::from_le_bytes(bytes))
}

/// The first frame header and the first scan header tell all.
fn jpeg(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Estimate>> {
    let mut frame = None;
    let mut at = 2;
    for _ in 0..MAX_CHUNKS {
        let [marker, kind] = head.at(at)?;
        // Fill bytes, and what decoders skip between segments.
        if marker != 0xff || kind == 0xff || kind == 0 {
            at += 1;
            continue;
        }
        if matches!(kind, 0x01 | 0xd0..=0xd8) {
            at += 2;
            continue;
        }
        let length = big(head.at(at + 2)?);
        match kind {
            0xc0..=0xcf if !matches!(kind, 0xc4 | 0xc8 | 0xcc) => {
                frame = Some(JpegFrame::read(head, kind, at + 4)?);
            }
            // Start of scan; the end of the picture.
            0xda | 0xd9 => {
                let [components] = head.at(at + 4)?;
                return Ok(frame.map(|frame: JpegFrame| frame.estimate(components)));
            }
            _ => {}
        }
        at += 2 + length.max(2);
    }
    Ok(None)
}

struct JpegFrame {
    is_progressive: bool,
    width: u32,
    height: u32,
    /// How often each component is sampled, across and down, in a block of the picture.
    samplings: Vec<(u64, u64)>,
}

impl JpegFrame {
    fn read(head: &mut Head<impl Read + Seek>, kind: u8, at: u64) -> io::Result<Self> {
        let [_, h1, h2, w1, w2, components] = head.at(at)?;
        let sampling = |component: u64| {
            let [sampling] = head.at(at + 7 + 3 * component)?;
            Ok((u64::from(sampling >> 4), u64::from(sampling & 15)))
        };
        let samplings = (0..u64::from(components.min(4))).map(sampling);
        Ok(Self {
            is_progressive: kind & 3 == 2,
            width: u32::from(u16::from_be_bytes([w1, w2])),
            height: u32::from(u16::from_be_bytes([h1, h2])),
            samplings: samplings.collect::<io::Result<_>>()?,
        })
    }

    fn estimate(&self, first_scan: u8) -> Estimate {
        let (width, height) = (u64::from(self.width), u64::from(self.height));
        let most = |side: fn(&(u64, u64)) -> u64| self.samplings.iter().map(side).max();
        let across = most(|sampling| sampling.0).unwrap_or(1).max(1);
        let down = most(|sampling| sampling.1).unwrap_or(1).max(1);
        let blocks = width.div_ceil(8 * across) * height.div_ceil(8 * down) * 64;
        let samples: u64 = self.samplings.iter().map(|(h, v)| blocks * h * v).sum();
        // Coefficients of 16 bits wait for all scans.
        let is_kept = self.is_progressive || usize::from(first_scan) < self.samplings.len();
        let kept = if is_kept { 2 * samples } else { 0 };
        // A row of blocks, and once more larger, of each component.
        let rows = 64 * (width + 64) * down * self.samplings.len() as u64;
        Estimate::new(self.width, self.height, 3 * width * height + kept + rows)
    }
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
