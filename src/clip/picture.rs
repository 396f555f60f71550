//! Pictures from files.

use crate::error::{Error, Kind, Result};

/// A decoded picture, upright, in RGB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Rows from the top, pixels from the left, red, green and blue: `height * width * 3` bytes.
    pub rgb: Vec<u8>,
}

/// Decodes the file `bytes`.
///
/// # Errors
/// The file is damaged, too large, or of a kind that is not known.
pub fn decode(bytes: &[u8]) -> Result<Picture> {
    let picture = image::load_from_memory(bytes).map_err(|cause| {
        Error::new(Kind::System, "the picture cannot be decoded").because(cause)
    })?;
    let rgb = picture.into_rgb8();
    Ok(Picture {
        width: rgb.width(),
        height: rgb.height(),
        rgb: rgb.into_raw(),
    })
}
