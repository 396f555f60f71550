//! Decoded pictures, as encoders take them.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

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
        let mut made = Image::new(width, height, PixelType::U8x3);
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
        // Documented as a panic: only a picture without its pixels is refused.
        let whole = ImageRef::new(self.width, self.height, &self.rgb, PixelType::U8x3)
            .expect("all of its pixels");
        Resizer::new()
            .resize(&whole, &mut made, &options)
            // As above: both are RGB.
            .expect("pixels of one kind");
        Self {
            width,
            height,
            rgb: made.into_vec(),
        }
    }
}
