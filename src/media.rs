//! What kind of picture a file is, by its content and whatever it is called.

use imagesize::ImageType;

/// Media type and usual ending of the name of a JPEG, PNG, WebP or GIF file; none for anything
/// else. The first 64 bytes are enough.
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
