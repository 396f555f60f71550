//! Preprocessing of pictures: CLIP sees the square in the middle, `SigLIP` all of a picture squeezed into
//! a square, resized and normalised.
//!
//! Each value differs from that of Hugging Face's transformers with Pillow by at most 2 of 255
//! (`tests/peers/clip-preprocess/run` compares them).

use super::Picture;
use super::description::Fit;
use super::resize::{Crop, Filter, resize};

/// Resizes `picture`, or the square in its middle, to `side` × `side` pixels and normalises it: returns
/// the plane of red values, then the green and the blue one, each row by row. Of each value, between 0
/// and 1, `mean` is subtracted, and the difference is divided by `std`.
///
/// # Panics
/// If `picture` has no pixels, or its bytes are not `3 * width * height`.
#[must_use]
pub fn preprocess(
    picture: &Picture,
    side: u32,
    fit: Fit,
    mean: [f32; 3],
    std: [f32; 3],
) -> Vec<f32> {
    let whole = (picture.width, picture.height);
    preprocess_scaled(picture, whole, side, fit, mean, std)
}

/// As [`preprocess()`] of a picture of `whole.0` × `whole.1` pixels that was decoded to a half, a quarter
/// or less, as which `picture` is given: what is seen is the same to a part of a pixel, although the last
/// pixels of its rows and columns may stand for less than others.
///
/// # Panics
/// As [`preprocess()`].
#[must_use]
pub fn preprocess_scaled(
    picture: &Picture,
    whole: (u32, u32),
    side: u32,
    fit: Fit,
    mean: [f32; 3],
    std: [f32; 3],
) -> Vec<f32> {
    let square = square(picture, whole, side, fit);
    let mut values = Vec::with_capacity(square.len());
    for channel in 0..3 {
        // A table of all 256 values, since division is slow.
        let value = |byte: u8| (f32::from(byte) / 255.0 - mean[channel]) / std[channel];
        let table: Vec<f32> = (0..=255).map(value).collect();
        let bytes = square.iter().skip(channel).step_by(3);
        values.extend(bytes.map(|byte| table[usize::from(*byte)]));
    }
    values
}

/// The square that is seen of `picture`, which stands for one of the size `whole`, as RGB.
fn square(picture: &Picture, whole: (u32, u32), side: u32, fit: Fit) -> Vec<u8> {
    let (width, height) = (picture.width, picture.height);
    let (filter, across, down) = match fit {
        Fit::Middle => {
            let short = whole.0.min(whole.1);
            let axis = |length| Axis::of(length, short, side);
            (Filter::Bicubic, axis(whole.0), axis(whole.1))
        }
        Fit::Bilinear => (Filter::Bilinear, Axis::all(whole.0), Axis::all(whole.1)),
        Fit::Bicubic => (Filter::Bicubic, Axis::all(whole.0), Axis::all(whole.1)),
    };
    let across = Some(across.within(whole.0, width));
    let down = Some(down.within(whole.1, height));
    // The first axis is rounded to bytes before the second is begun, as Pillow does it, which
    // begins with the height of tall pictures.
    if u64::from(whole.1) > 2 * u64::from(whole.0) {
        let rows = resized(&picture.rgb, (width, height), (None, down), side, filter);
        resized(&rows, (width, side), (across, None), side, filter)
    } else {
        let columns = resized(&picture.rgb, (width, height), (across, None), side, filter);
        resized(&columns, (side, height), (None, down), side, filter)
    }
}

/// Which part of a line of pixels is resized.
#[derive(Clone, Copy)]
struct Axis {
    /// Where it begins, in pixels.
    start: f64,
    length: f64,
}

impl Axis {
    /// The whole line.
    fn all(length: u32) -> Self {
        Self {
            start: 0.0,
            length: f64::from(length),
        }
    }

    /// The line of `length` pixels as one of a picture whose shorter side, `short`, becomes
    /// `side`: resized as a whole, `side` pixels are cut out of its middle. Only what leads to
    /// those is resized, since the whole of a very long line would not fit into memory.
    fn of(length: u32, short: u32, side: u32) -> Self {
        let whole = u64::from(side) * u64::from(length) / u64::from(short.max(1));
        let first = (whole - u64::from(side)) / 2;
        // Exact: all of them are far below 2^53 (sides of pictures are, and so is their product
        // with a model's).
        #[expect(clippy::cast_precision_loss, reason = "argued above")]
        let (whole, first) = (whole as f64, first as f64);
        let scale = f64::from(length) / whole;
        let start = first * scale;
        Self {
            start,
            // Rounding must not lead outside.
            length: (f64::from(side) * scale).min(f64::from(length) - start),
        }
    }

    /// The same part of a line of `pixels` that was made of `length`, halved so often.
    fn within(self, length: u32, pixels: u32) -> Self {
        let halved = (f64::from(length) / f64::from(pixels)).log2().round();
        let scale = halved.exp2();
        let start = (self.start / scale).min(f64::from(pixels) - 1.0);
        Self {
            start,
            length: (self.length / scale).min(f64::from(pixels) - start),
        }
    }
}

/// Resizes `from.0` × `from.1` pixels: along each axis that `cut` names, its part becomes `side` pixels
/// long; the other axis stays as it is.
fn resized(
    rgb: &[u8],
    from: (u32, u32),
    cut: (Option<Axis>, Option<Axis>),
    side: u32,
    filter: Filter,
) -> Vec<u8> {
    let across = cut.0.unwrap_or_else(|| Axis::all(from.0));
    let down = cut.1.unwrap_or_else(|| Axis::all(from.1));
    let width = cut.0.map_or(from.0, |_| side);
    let height = cut.1.map_or(from.1, |_| side);
    let crop = Crop {
        left: across.start,
        top: down.start,
        width: across.length,
        height: down.length,
    };
    resize(rgb, from, Some(crop), (width, height), filter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: [[f32; 3]; 2] = [[0.0; 3], [1.0; 3]];

    fn picture(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Picture {
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        Picture {
            width,
            height,
            rgb: places.flat_map(|(x, y)| pixel(x, y)).collect(),
        }
    }

    #[test]
    fn one_colour_stays_itself_in_every_shape() {
        let (mean, std) = ([0.5, 0.25, 0.0], [0.5, 0.25, 2.0]);
        let shapes = [
            (1, 1),
            (1, 10_000),
            (10_000, 1),
            (223, 225),
            (224, 224),
            (3, 2),
            (500, 224),
            (401, 1000),
        ];
        let fits = [Fit::Middle, Fit::Bilinear, Fit::Bicubic];
        for ((width, height), fit) in shapes.into_iter().zip(fits.into_iter().cycle()) {
            let grey = picture(width, height, |_, _| [255, 51, 204]);
            let values = preprocess(&grey, 224, fit, mean, std);
            assert_eq!(values.len(), 3 * 224 * 224);
            let (red, rest) = values.split_at(224 * 224);
            let (green, blue) = rest.split_at(224 * 224);
            for (channel, value) in [(red, 1.0), (green, -0.2), (blue, 0.4)] {
                let differs = channel.iter().find(|found| (**found - value).abs() > 1e-6);
                assert_eq!(differs, None, "{width}x{height}");
            }
        }
    }

    /// By rounding, some did not.
    #[test]
    fn the_middle_lies_inside_of_every_line() {
        for short in 1..700 {
            for length in (short..2000).step_by(7).chain([1_000_003, 65_535]) {
                let Axis { start, length: cut } = Axis::of(length, short, 224);
                assert!(start >= 0.0 && cut > 0.0 && start + cut <= f64::from(length));
            }
        }
    }

    #[test]
    fn a_picture_of_the_right_size_is_taken_as_it_is() {
        let bytes =
            |x: u32, y: u32| [x * 7 + y, x ^ y, y * 13].map(|number| number.to_le_bytes()[0]);
        let exact = picture(32, 32, bytes);
        let [mean, std] = PLAIN;
        let values = preprocess(&exact, 32, Fit::Middle, mean, std);
        for (index, value) in values.into_iter().enumerate() {
            let (channel, pixel) = (index / 1024, index % 1024);
            let byte = exact.rgb[3 * pixel + channel];
            assert!((value - f32::from(byte) / 255.0).abs() < 1e-6, "{index}");
        }
    }

    /// A quarter of 425 × 283 pixels is 106.25 × 70.75, and is kept as 107 × 71: what is seen was shifted
    /// by half a pixel, and one photo of 23 had a cosine of 0.9967 to itself.
    #[test]
    fn a_picture_at_a_part_of_its_size_shows_the_same() {
        let [mean, std] = PLAIN;
        for (width, height) in [(425_u32, 283_u32), (283, 425), (511, 509), (1025, 301)] {
            // What the pixel at that place of a whole picture is, and the mean of as many as there are.
            let wave = |x: f64, y: f64| 0.5 + 0.3 * (x / 40.0).sin() + 0.2 * (y / 30.0).cos();
            let at = |step: u32| {
                picture(width.div_ceil(step), height.div_ceil(step), |x, y| {
                    let middle = |place: u32| (f64::from(place) + 0.5) * f64::from(step);
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let value = (255.0 * wave(middle(x), middle(y))).round() as u8;
                    [value; 3]
                })
            };
            let whole = preprocess(&at(1), 64, Fit::Middle, mean, std);
            for step in [2, 4] {
                let small =
                    preprocess_scaled(&at(step), (width, height), 64, Fit::Middle, mean, std);
                let off = whole
                    .iter()
                    .zip(&small)
                    .map(|(one, other)| (one - other).abs());
                let most = off.fold(0.0, f32::max);
                assert!(most < 3.0 / 255.0, "{width}x{height}, {step}: {most}");
            }
        }
    }

    /// The ends of a wide or tall picture are not seen, and its middle has its place.
    #[test]
    fn the_middle_is_seen() {
        let [mean, std] = PLAIN;
        for tall in [false, true] {
            // Black, with a white square in the middle that is a third of the shorter side.
            let size = if tall { (90, 400) } else { (400, 90) };
            let white = |x: u32, y: u32| x.abs_diff(size.0 / 2) < 15 && y.abs_diff(size.1 / 2) < 15;
            let seen = picture(size.0, size.1, |x, y| {
                [if white(x, y) { 255 } else { 0 }; 3]
            });
            let values = preprocess(&seen, 30, Fit::Middle, mean, std);
            let at = |x: usize, y: usize| values[30 * y + x];
            assert!(at(15, 15) > 0.99 && at(11, 15) > 0.99 && at(15, 11) > 0.99);
            assert!(at(7, 15) < 0.01 && at(15, 7) < 0.01 && at(22, 22) < 0.01);
        }
    }
}
