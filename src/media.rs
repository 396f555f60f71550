//! Recognises the format of a picture by its content; the name of the file does not matter.

use imagesize::ImageType;

/// The media type and the usual file name extension of a JPEG, PNG, WebP or GIF file; none for
/// anything else. The first 64 bytes of the file are enough.
#[must_use]
pub fn picture_type(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match imagesize::image_type(bytes).ok()? {
        ImageType::Jpeg => Some(("image/jpeg", "jpg")),
        ImageType::Png => Some(("image/png", "png")),
        ImageType::Webp => Some(("image/webp", "webp")),
        ImageType::Gif => Some(("image/gif", "gif")),
        _ => None,
    }
}
