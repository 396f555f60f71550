//! Decoded pictures, as encoders take them.

use super::resize::{Filter, resize};

/// A decoded picture, upright, in 8-bit RGB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// `height * width * 3` bytes: rows from the top, pixels from the left, red, green and blue.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// The same picture, scaled down to at most `width` pixels in width.
    ///
    /// # Panics
    /// If `rgb` does not have `height * width * 3` bytes.
    #[must_use]
    pub fn fit(self, width: u32) -> Self {
        if self.width <= width.max(1) {
            return self;
        }
        let width = width.max(1);
        let height = u64::from(self.height) * u64::from(width) / u64::from(self.width);
        // It is smaller than a height that fits.
        let height = u32::try_from(height).unwrap_or(u32::MAX).max(1);
        Self {
            width,
            height,
            rgb: resize(
                &self.rgb,
                (self.width, self.height),
                None,
                (width, height),
                Filter::Bicubic,
            ),
        }
    }
}
