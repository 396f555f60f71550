//! Reads, decodes, scales and writes picture files.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use clip::Picture;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ExtendedColorType, ImageEncoder, RgbImage};

use crate::error::{Error, Kind, Result};
use cost::Estimate;
use format::Format;
pub use profile::profile;

mod bmp;
mod boxes;
mod cost;
mod decoders;
mod directories;
mod format;
#[cfg(feature = "heic")]
mod heic;
mod jpeg;
mod jxl;
mod pixels;
mod profile;
mod raw;
#[cfg(test)]
mod tests;
mod tiff;

/// Largest picture file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 64 << 20;

/// Most memory that a picture may take, in bytes: its file and [`cost`] together.
pub const MAX_MEMORY: u64 = 192 << 20;

/// Most pixels of a picture that is kept at its full size: enough for display and for CLIP, and
/// little enough for several pictures at a time.
const MAX_FULL_PIXELS: u64 = 16_000_000;

/// Most pixels of a picture: those of the largest camera sensors, and of long panoramas. They take
/// time, if not memory.
const MAX_PIXELS: u64 = 256_000_000;

/// Longest side of a picture, in pixels. JPEG and GIF cannot express more.
const MAX_SIDE: u32 = 65_535;

/// What stands at a path.
pub enum Found {
    /// A picture file that may be read.
    Picture(PictureFile),
    /// A file of another kind, and its first bytes, which tell the kind.
    Other(Vec<u8>),
    /// A picture file of so many bytes, more than [`MAX_FILE_BYTES`].
    TooLarge(u64),
}

/// A picture file that is open and not yet read.
pub struct PictureFile {
    file: File,
    length: u64,
}

impl PictureFile {
    /// Most memory that reading and decoding it take, in bytes; only the head is read for it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn memory(&mut self) -> io::Result<u64> {
        let mut head = BufReader::with_capacity(1024, &self.file);
        Ok(self.length + cost_of(&mut head, self.length)?)
    }

    /// Its content.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(mut self) -> io::Result<Vec<u8>> {
        self.file.rewind()?;
        let mut bytes = Vec::with_capacity(self.length.try_into().unwrap_or(0));
        self.file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Opens the file at `path` and looks at its beginning.
///
/// # Errors
/// The system cannot open or read it.
pub fn open(path: &Path) -> io::Result<Found> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(Found::Other(Vec::new()));
    }
    let mut head = Vec::new();
    // Enough to recognise any of the formats.
    file.by_ref().take(64).read_to_end(&mut head)?;
    let length = metadata.len();
    Ok(if !is_read(&head) {
        Found::Other(head)
    } else if length > MAX_FILE_BYTES {
        Found::TooLarge(length)
    } else {
        Found::Picture(PictureFile { file, length })
    })
}

/// Whether a file that begins with `head`, of which 64 bytes are enough, is of a format that [`decode`]
/// reads.
#[must_use]
pub fn is_read(head: &[u8]) -> bool {
    Format::of(head).is_some()
}

/// The content of the picture file at `path`; none if it is not a picture, too large, or not a
/// regular file.
///
/// # Errors
/// The system cannot open or read it.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match open(path)? {
        Found::Picture(file) => file.read().map(Some),
        Found::Other(_) | Found::TooLarge(_) => Ok(None),
    }
}

/// Most memory in bytes that [`decode`] takes for the picture file `bytes`, the decoded picture
/// included and `bytes` themselves not. It is told by the head of the file; nothing is decoded.
/// What [`decode`] refuses by its head costs 0.
#[must_use]
pub fn cost(bytes: &[u8]) -> u64 {
    cost_of(&mut Cursor::new(bytes), bytes.len() as u64).unwrap_or(0)
}

/// As [`cost`], for a file of `length` bytes that is not in memory. Its position is moved.
///
/// # Errors
/// The file cannot be read.
pub fn cost_of(file: &mut (impl Read + Seek), length: u64) -> io::Result<u64> {
    let estimate = cost::estimate(file)?;
    let accepted = estimate.filter(|estimate| check(estimate, length).is_ok());
    Ok(accepted.map_or(0, |estimate| estimate.bytes))
}

/// Decodes the file `bytes`: JPEG, PNG, WebP, BMP, TIFF, JPEG XL, HEIC, the first picture of a GIF, or
/// what a camera keeps as a JPEG in its RAW.
///
/// The picture is rotated as its EXIF data says, and what is transparent becomes white. A picture
/// of more than 16 megapixels is halved in width and height, until it has fewer.
///
/// # Errors
/// The file is damaged or of an unknown format ([`Kind::Unusable`]), of a variant that is not read
/// ([`Kind::Unsupported`]), or too large ([`Kind::TooLarge`]).
pub fn decode(bytes: &[u8]) -> Result<Picture> {
    decode_enough(bytes, u32::MAX).map(|(picture, _)| picture)
}

/// As [`decode`], but where it saves time the picture is made smaller, so that its shorter side has at
/// least `enough` pixels. Beside it come the width and the height that [`decode`] returns.
///
/// # Errors
/// As [`decode`].
pub fn decode_enough(bytes: &[u8], enough: u32) -> Result<(Picture, (u32, u32))> {
    if !is_read(bytes) {
        let problem =
            "this is not a picture of a kind that is read, as JPEG, PNG, WebP or HEIC are";
        return Err(Error::new(Kind::Unusable, problem));
    }
    let damaged = || Error::new(Kind::Unusable, "the picture is damaged");
    let estimate = cost::estimate(&mut Cursor::new(bytes)).ok().flatten();
    let estimate = estimate.ok_or_else(damaged)?;
    check(&estimate, bytes.len() as u64)?;
    if estimate.pixels() == 0 {
        return Err(Error::new(Kind::Unusable, "the picture has no pixels"));
    }
    #[cfg(feature = "heic")]
    if Format::of(bytes) == Some(Format::Heic) {
        return heic::decode(bytes, &estimate, enough);
    }
    let (mut picture, turn) = decoders::decode(bytes, &estimate, enough)?;
    let halvings = estimate.halvings();
    let (width, height) = (estimate.width >> halvings, estimate.height >> halvings);
    // What is halved as it is decoded may keep the last odd column.
    while picture.width > width + 1 {
        pixels::halve(&mut picture);
    }
    if picture.rgb.is_empty() {
        return Err(Error::new(Kind::Unusable, "the picture has no pixels"));
    }
    let is_smaller = picture.width < width;
    let picture = turned(picture, turn);
    let size = match turn {
        _ if !is_smaller => (picture.width, picture.height),
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => (height, width),
        _ => (width, height),
    };
    Ok((picture, size))
}

/// Whether a picture file of `length` bytes may be decoded.
fn check(estimate: &Estimate, length: u64) -> Result<()> {
    let Estimate { width, height, .. } = estimate;
    if let Some(variant) = estimate.variant {
        let problem = format!("{variant} is not read: save it as a plain JPEG");
        return Err(Error::new(Kind::Unsupported(variant), problem));
    }
    if *width > MAX_SIDE || *height > MAX_SIDE || estimate.pixels() > MAX_PIXELS {
        let problem = format!(
            "the picture has {width} x {height} pixels; at most {} megapixels are read, and sides of \
             {MAX_SIDE}: make it smaller",
            MAX_PIXELS / 1_000_000
        );
        return Err(Error::new(Kind::TooLarge, problem));
    }
    let bytes = estimate.bytes.saturating_add(length);
    if bytes > MAX_MEMORY {
        let problem = format!(
            "the picture has {width} x {height} pixels, and reading them takes {} MiB of memory, more \
             than the {} MiB allowed: make it smaller, or save it as a plain JPEG",
            bytes >> 20,
            MAX_MEMORY >> 20
        );
        return Err(Error::new(Kind::TooLarge, problem));
    }
    Ok(())
}

fn turned(picture: Picture, turn: Orientation) -> Picture {
    if turn == Orientation::NoTransforms {
        return picture;
    }
    // Only a decoded picture is turned, and that has the pixels of its size.
    let image = RgbImage::from_raw(picture.width, picture.height, picture.rgb).expect("its pixels");
    let mut image = DynamicImage::ImageRgb8(image);
    image.apply_orientation(turn);
    let rgb = image.into_rgb8();
    Picture {
        width: rgb.width(),
        height: rgb.height(),
        rgb: rgb.into_raw(),
    }
}

/// Encodes `picture` as a JPEG file; `quality` is 1 to 100. Its colours are those of the ICC profile
/// `profile`; of sRGB if that is none.
///
/// # Errors
/// JPEG cannot express its size.
pub fn encode_jpeg(picture: &Picture, quality: u8, profile: Option<Vec<u8>>) -> Result<Vec<u8>> {
    let mut file = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut file, quality);
    if let Some(profile) = profile {
        // One that does not fit is left out.
        let _ = encoder.set_icc_profile(profile);
    }
    encoder
        .encode(
            &picture.rgb,
            picture.width,
            picture.height,
            ExtendedColorType::Rgb8,
        )
        .map_err(|cause| {
            Error::new(Kind::Unusable, "the picture cannot be encoded as JPEG").because(cause)
        })?;
    Ok(file)
}
