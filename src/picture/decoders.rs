//! One function for each decoder; each takes no more memory than `cost` says.

use std::error::Error as StdError;
use std::io::Cursor;

use clip::Picture;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageError, ImageReader, Limits};
use png::Transformations;

use super::cost::{Estimate, Head};
use super::format::Format;
use super::pixels::{Shrinking, into_rgb, to_rgb};
use super::{directories, jpeg, jxl, raw};
use crate::error::{Error, Kind, Result};

/// Most bytes of EXIF and other metadata that a decoder may keep.
const MAX_METADATA: usize = 2 << 20;

/// Decodes the file `bytes`, of which `estimate` was told; how it is to be turned comes beside it.
/// Where that saves time, sides are halved as often as they remain at least `enough` pixels long.
pub(super) fn decode(
    bytes: &[u8],
    estimate: &Estimate,
    enough: u32,
) -> Result<(Picture, Orientation)> {
    match Format::of(bytes) {
        Some(Format::Jpeg) => jpeg::decode(bytes, estimate, enough),
        Some(Format::Png) => png(bytes, estimate),
        Some(Format::Jxl) => jxl::decode(bytes, estimate),
        Some(Format::Tiff | Format::Raw) => camera_or_tiff(bytes, estimate, enough),
        _ => other(bytes, estimate),
    }
}

/// A TIFF that is a camera's RAW would be read as the small picture in its first directory.
fn camera_or_tiff(
    bytes: &[u8],
    estimate: &Estimate,
    enough: u32,
) -> Result<(Picture, Orientation)> {
    let mut file = Cursor::new(bytes);
    let mut head = Head::new(&mut file);
    let directories = directories::read(&mut head).map_err(damaged)?;
    if Format::of(bytes) == Some(Format::Tiff) && !raw::is_raw(&mut head, &directories) {
        return other(bytes, estimate);
    }
    let preview = raw::preview(&mut head, &directories).map_err(damaged)?;
    let preview = preview.filter(|preview| preview.estimate == *estimate);
    let preview = preview.ok_or_else(|| damaged(std::io::Error::other("no preview")))?;
    let start = usize::try_from(preview.at).unwrap_or(usize::MAX);
    let bytes = bytes.get(start..).unwrap_or_default();
    let (picture, turn) = jpeg::decode(bytes, estimate, enough)?;
    let is_turned = turn != Orientation::NoTransforms;
    Ok((picture, if is_turned { turn } else { preview.turn }))
}

pub(super) fn damaged(cause: impl StdError + Send + Sync + 'static) -> Error {
    Error::new(Kind::Unusable, "the picture is damaged").because(cause)
}

/// What `image` could not do.
fn failed(cause: ImageError) -> Error {
    if matches!(cause, ImageError::Unsupported(_)) {
        let kind = Kind::Unsupported("rare kinds of TIFF and BMP");
        return Error::new(kind, "a file of this kind is not read").because(cause);
    }
    damaged(cause)
}

/// Refuses a file whose decoder reads another size than `estimate` was made of.
pub(super) fn check_size(estimate: &Estimate, width: u32, height: u32) -> Result<()> {
    if (estimate.width, estimate.height) == (width, height) {
        return Ok(());
    }
    let problem = "the picture is damaged: its head tells two sizes";
    Err(Error::new(Kind::Unusable, problem))
}

pub(super) fn unknown(color: impl std::fmt::Debug) -> Error {
    let problem = format!("the picture has colours of an unknown kind: {color:?}");
    Error::new(Kind::Unusable, problem)
}

/// `length` bytes, with room for three colours of each pixel, even if they come from one.
pub(super) fn room(length: usize, pixels: usize) -> Vec<u8> {
    // From the system as zeros, and not cleared again.
    let mut raw = vec![0; length.max(3 * pixels)];
    raw.truncate(length);
    raw
}

pub(super) fn orientation(exif: Option<&[u8]>) -> Orientation {
    let orientation = exif.and_then(Orientation::from_exif_chunk);
    orientation.unwrap_or(Orientation::NoTransforms)
}

/// Colour profiles and texts are not even looked at: they may inflate to any size.
fn png(bytes: &[u8], estimate: &Estimate) -> Result<(Picture, Orientation)> {
    // A few rows are within the limit, too.
    let row = 8 * estimate.width as usize;
    let limits = png::Limits {
        bytes: MAX_METADATA + 4 * row,
    };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    // 8 bits for each colour, of 16 the upper ones.
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = reader.info().size();
    check_size(estimate, width, height)?;
    let color = match reader.output_color_type() {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => ColorType::L8,
        (png::ColorType::GrayscaleAlpha, png::BitDepth::Eight) => ColorType::La8,
        (png::ColorType::Rgb, png::BitDepth::Eight) => ColorType::Rgb8,
        (png::ColorType::Rgba, png::BitDepth::Eight) => ColorType::Rgba8,
        color => return Err(unknown(color)),
    };
    let picture = if reader.info().interlaced {
        let length = reader.output_buffer_size().unwrap_or(usize::MAX);
        let mut raw = room(length, width as usize * height as usize);
        reader.next_frame(&mut raw).map_err(damaged)?;
        let rgb = into_rgb(raw, color).ok_or_else(|| unknown(color))?;
        Picture { width, height, rgb }
    } else {
        let rgb = to_rgb(color).ok_or_else(|| unknown(color))?;
        let step = usize::from(color.bytes_per_pixel());
        let mut shrinking = Shrinking::new(width, height, estimate.halvings());
        while let Some(row) = reader.next_row().map_err(damaged)? {
            shrinking.push(row.data(), step, rgb);
        }
        shrinking.finish()
    };
    let turn = orientation(reader.info().exif_metadata.as_deref());
    Ok((picture, turn))
}

/// WebP, GIF, BMP and TIFF.
fn other(bytes: &[u8], estimate: &Estimate) -> Result<(Picture, Orientation)> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(damaged)?;
    let mut decoder = reader.into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    check_size(estimate, width, height)?;
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(estimate.bytes);
    decoder.set_limits(limits).map_err(failed)?;
    let color = decoder.color_type();
    let turn = decoder.orientation().map_err(failed)?;
    let length = decoder.total_bytes().try_into().unwrap_or(usize::MAX);
    let mut raw = room(length, width as usize * height as usize);
    decoder.read_image(&mut raw).map_err(failed)?;
    let rgb = into_rgb(raw, color).ok_or_else(|| unknown(color))?;
    Ok((Picture { width, height, rgb }, turn))
}
