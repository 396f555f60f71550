//! JPEG XL files.

use std::io::{self, BufReader, Cursor, Read, Seek};

use clip::Picture;
use image::ColorType;
use image::metadata::Orientation;
use jxl::api::{
    AlphaMode, Event, ExtraChannel, JxlColorType, JxlDataFormat, JxlDecoder, JxlDecoderOptions,
    JxlOutputBuffer, JxlPixelFormat,
};

use super::MAX_MEMORY;
use super::boxes::child;
use super::cost::{Estimate, Head};
use super::decoders::{check_size, damaged, orientation, room, unknown};
use super::pixels::into_rgb;
use crate::error::Result;

/// Bytes that the decoder keeps of each channel of a pixel, rounded up; measured.
const CHANNEL: u64 = 2;

/// Most bytes of EXIF data that are looked at.
const MAX_EXIF: u64 = 256 << 10;

fn decoder() -> JxlDecoder {
    let mut options = JxlDecoderOptions::default();
    options.alpha_mode = AlphaMode::Unpremultiplied;
    // Of a frame, each of four bytes. More memory is refused by the estimate before.
    options.sample_limit = usize::try_from(MAX_MEMORY / 4).ok();
    JxlDecoder::new(options)
}

/// What decoding it takes.
///
/// # Errors
/// The file cannot be read.
pub(super) fn estimate(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Estimate>> {
    head.reader.rewind()?;
    let mut input = BufReader::new(&mut *head.reader);
    let mut decoder = decoder();
    if !matches!(
        decoder.process(&mut input, None, None),
        Ok(Event::BasicInfo)
    ) {
        return Ok(None);
    }
    Ok(decoder.basic_info().map(|info| {
        let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
        let (width, height) = (side(info.size.0), side(info.size.1));
        let channels = 3 + info.extra_channels.len() as u64;
        let pixels = u64::from(width).saturating_mul(u64::from(height));
        let each = 4 + CHANNEL * channels;
        Estimate::new(width, height, pixels.saturating_mul(each))
    }))
}

/// The ICC profile of the colours that [`decode`] returns.
pub(super) fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut input = bytes;
    let mut decoder = decoder();
    decoder.process(&mut input, None, None).ok()?;
    let profile = decoder.output_color_profile()?.try_as_icc()?;
    Some(profile.into_owned())
}

/// The first frame, which the decoder turns where the picture itself says how.
pub(super) fn decode(bytes: &[u8], estimate: &Estimate) -> Result<(Picture, Orientation)> {
    let mut input = bytes;
    let mut decoder = decoder();
    let cut = || damaged(io::Error::from(io::ErrorKind::UnexpectedEof));
    let event = decoder.process(&mut input, None, None).map_err(damaged)?;
    let info = decoder.basic_info().filter(|_| event == Event::BasicInfo);
    let info = info.ok_or_else(cut)?.clone();
    let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
    let (width, height) = (side(info.size.0), side(info.size.1));
    check_size(estimate, width, height)?;
    let is_alpha = |channel: &jxl::api::JxlExtraChannel| channel.ec_type == ExtraChannel::Alpha;
    let has_alpha = info.extra_channels.iter().any(is_alpha);
    let format = decoder.current_pixel_format();
    let is_grey = format.is_some_and(|format| format.color_type.is_grayscale());
    let (color, color_type) = match (is_grey, has_alpha) {
        (true, false) => (ColorType::L8, JxlColorType::Grayscale),
        (true, true) => (ColorType::La8, JxlColorType::GrayscaleAlpha),
        (false, false) => (ColorType::Rgb8, JxlColorType::Rgb),
        (false, true) => (ColorType::Rgba8, JxlColorType::Rgba),
    };
    let format = JxlPixelFormat {
        color_type,
        color_data_format: Some(JxlDataFormat::U8 { bit_depth: 8 }),
        extra_channel_format: vec![None; info.extra_channels.len()],
    };
    decoder.set_pixel_format(format).map_err(damaged)?;
    let pixels = info.size.0 * info.size.1;
    let row = info.size.0 * usize::from(color.bytes_per_pixel());
    let mut raw = room(row * info.size.1, pixels);
    let mut output = JxlOutputBuffer::new(&mut raw, info.size.1, row);
    loop {
        let buffers = Some(std::slice::from_mut(&mut output));
        match decoder
            .process(&mut input, buffers, None)
            .map_err(damaged)?
        {
            Event::BasicInfo | Event::FrameHeader => {}
            Event::FrameComplete { .. } => break,
            Event::NeedMoreInput { .. } | Event::Complete => return Err(cut()),
        }
    }
    drop(decoder);
    let rgb = into_rgb(raw, color).ok_or_else(|| unknown(color))?;
    let picture = Picture { width, height, rgb };
    // Some programs leave it to the EXIF data alone.
    let turn = if info.orientation == jxl::api::Orientation::Identity {
        orientation(exif(bytes).ok().flatten().as_deref())
    } else {
        Orientation::NoTransforms
    };
    Ok((picture, turn))
}

/// The EXIF data of a file that has boxes.
fn exif(bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut file = Cursor::new(bytes);
    let mut head = Head::new(&mut file);
    if bytes.starts_with(b"\xff\x0a") {
        return Ok(None);
    }
    let Some(body) = child(&mut head, 0..bytes.len() as u64, *b"Exif")? else {
        return Ok(None);
    };
    // It begins with the number of bytes before it, which some programs leave out.
    let first: [u8; 4] = head.at(body.start)?;
    let start = match first {
        [b'I', b'I', ..] | [b'M', b'M', ..] => body.start,
        before => body.start + 4 + u64::from(u32::from_be_bytes(before)),
    };
    let length = body.end.saturating_sub(start).min(MAX_EXIF);
    head.bytes(start, length).map(Some)
}
