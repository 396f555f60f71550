//! Pillow's resize of RGB pixels.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

/// A part of a picture, in pixels from its left upper corner.
pub(crate) struct Crop {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// How pixels are mixed: Pillow's filters of these names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Filter {
    Bilinear,
    Bicubic,
}

/// Resizes `crop` (otherwise all) of the `from.0` by `from.1` pixels in `rgb` to `to.0` by `to.1`.
///
/// # Panics
/// `rgb` has not as many pixels as `from` says, or `crop` is not within them.
pub(crate) fn resize(
    rgb: &[u8],
    from: (u32, u32),
    crop: Option<Crop>,
    to: (u32, u32),
    filter: Filter,
) -> Vec<u8> {
    let filter = match filter {
        Filter::Bilinear => FilterType::Bilinear,
        Filter::Bicubic => FilterType::CatmullRom,
    };
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter));
    if let Some(crop) = crop {
        options = options.crop(crop.left, crop.top, crop.width, crop.height);
    }
    let mut resized = vec![0; to.0 as usize * to.1 as usize * 3];
    // `Resizer::resize` would be compiled for every kind of pixel, which takes a minute.
    let whole = TypedImageRef::<U8x3>::from_buffer(from.0, from.1, rgb)
        // Documented as a panic: only a picture without its pixels is refused.
        .expect("all of its pixels");
    let mut image = TypedImage::<U8x3>::from_buffer(to.0, to.1, &mut resized)
        // It was made of that length.
        .expect("room for all of its pixels");
    Resizer::new()
        .resize_typed(&whole, &mut image, &options)
        // Documented as a panic.
        .expect("a part of the picture");
    resized
}
