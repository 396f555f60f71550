//! The colour profile of a picture file: what its numbers look like. Without it a photo of a phone is
//! duller than it was.

use std::io::Cursor;

use image::{ImageDecoder, ImageReader};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use super::cost::Head;
use super::format::Format;
use super::{directories, jxl, raw};

/// Largest profile that is kept: those of printers, which are the largest, have 2 MB, and those of
/// cameras and screens half a kilobyte.
const MAX_BYTES: usize = 1 << 20;

/// The ICC profile of the picture file `bytes`; none if it has none, or one that is too large.
#[must_use]
pub fn profile(bytes: &[u8]) -> Option<Vec<u8>> {
    let found = match Format::of(bytes)? {
        Format::Jpeg => of_jpeg(bytes),
        Format::Png => of_png(bytes),
        Format::Jxl => jxl::profile(bytes),
        #[cfg(feature = "heic")]
        Format::Heic => super::heic::profile(bytes),
        Format::Tiff | Format::Raw => of_camera_or_tiff(bytes),
        Format::Webp | Format::Bmp | Format::Gif => of_other(bytes),
    };
    found.filter(|profile| (1..=MAX_BYTES).contains(&profile.len()))
}

fn of_jpeg(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    decoder.decode_headers().ok()?;
    decoder.icc_profile()
}

/// It is compressed, and might become of any size.
fn of_png(bytes: &[u8]) -> Option<Vec<u8>> {
    let limits = png::Limits { bytes: MAX_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_ignore_text_chunk(true);
    let reader = decoder.read_info().ok()?;
    let profile = reader.info().icc_profile.clone();
    profile.map(std::borrow::Cow::into_owned)
}

fn of_camera_or_tiff(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut file = Cursor::new(bytes);
    let mut head = Head::new(&mut file);
    let directories = directories::read(&mut head).ok()?;
    if Format::of(bytes) == Some(Format::Tiff) && !raw::is_raw(&mut head, &directories) {
        return of_other(bytes);
    }
    let preview = raw::preview(&mut head, &directories).ok()??;
    of_jpeg(bytes.get(usize::try_from(preview.at).ok()?..)?)
}

fn of_other(bytes: &[u8]) -> Option<Vec<u8>> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut decoder = reader.ok()?.into_decoder().ok()?;
    decoder.icc_profile().ok()?
}
