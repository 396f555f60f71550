//! One function for each decoder; each takes no more memory than `cost` says.

use std::error::Error as StdError;
use std::io::Cursor;

use clip::Picture;
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageReader};
use imagesize::ImageType;
use png::Transformations;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::cost::Estimate;
use super::pixels::{Shrinking, into_rgb, to_rgb};
use crate::error::{Error, Kind, Result};

/// Most bytes of EXIF and other metadata that a decoder may keep.
const MAX_METADATA: usize = 2 << 20;

/// Decodes the file `bytes`, of which `estimate` was told; how it is to be turned comes beside it.
pub(super) fn decode(bytes: &[u8], estimate: &Estimate) -> Result<(Picture, Orientation)> {
    match imagesize::image_type(bytes) {
        Ok(ImageType::Jpeg) => jpeg(bytes, estimate),
        Ok(ImageType::Png) => png(bytes, estimate),
        _ => other(bytes, estimate),
    }
}

fn damaged(cause: impl StdError + Send + Sync + 'static) -> Error {
    Error::new(Kind::Unusable, "the picture is damaged").because(cause)
}

/// Refuses a file whose decoder reads another size than `estimate` was made of.
fn check_size(estimate: &Estimate, width: u32, height: u32) -> Result<()> {
    if (estimate.width, estimate.height) == (width, height) {
        return Ok(());
    }
    let problem = "the picture is damaged: its head tells two sizes";
    Err(Error::new(Kind::Unusable, problem))
}

fn unknown(color: impl std::fmt::Debug) -> Error {
    let problem = format!("the picture has colours of an unknown kind: {color:?}");
    Error::new(Kind::Unusable, problem)
}

/// `length` bytes, with room for three colours of each pixel, even if they come from one.
fn room(length: usize, pixels: usize) -> Vec<u8> {
    let mut raw = Vec::with_capacity(length.max(3 * pixels));
    raw.resize(length, 0);
    raw
}

fn orientation(exif: Option<&[u8]>) -> Orientation {
    let orientation = exif.and_then(Orientation::from_exif_chunk);
    orientation.unwrap_or(Orientation::NoTransforms)
}

fn jpeg(bytes: &[u8], estimate: &Estimate) -> Result<(Picture, Orientation)> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| unknown("none"))?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    check_size(estimate, width, height)?;
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (space, color) = if is_grey {
        (ColorSpace::Luma, ColorType::L8)
    } else {
        (ColorSpace::RGB, ColorType::Rgb8)
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let turn = orientation(decoder.exif().map(Vec::as_slice));
    let pixels = usize::from(info.width) * usize::from(info.height);
    let mut raw = room(pixels * usize::from(color.bytes_per_pixel()), pixels);
    decoder.decode_into(&mut raw).map_err(damaged)?;
    let rgb = into_rgb(raw, color).ok_or_else(|| unknown(color))?;
    Ok((Picture { width, height, rgb }, turn))
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

/// WebP and GIF.
fn other(bytes: &[u8], estimate: &Estimate) -> Result<(Picture, Orientation)> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let reader = reader.map_err(damaged)?;
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    check_size(estimate, width, height)?;
    let color = decoder.color_type();
    let turn = decoder.orientation().map_err(damaged)?;
    let length = decoder.total_bytes().try_into().unwrap_or(usize::MAX);
    let mut raw = room(length, width as usize * height as usize);
    decoder.read_image(&mut raw).map_err(damaged)?;
    let rgb = into_rgb(raw, color).ok_or_else(|| unknown(color))?;
    Ok((Picture { width, height, rgb }, turn))
}
