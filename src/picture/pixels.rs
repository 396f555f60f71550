//! Turns the pixels of decoders into the three colours that the rest of the program knows.

use clip::Picture;
use image::ColorType;

/// Makes three colours of the bytes of a pixel.
pub(super) type ToRgb = fn(&[u8]) -> [u8; 3];

/// The pixel of three colours for one of `color`, of which a 16-bit value is in the machine's byte
/// order; none if `color` is unknown. Of 16 bits the upper 8 are kept, as Pillow does; what is
/// transparent is put onto white.
pub(super) fn to_rgb(color: ColorType) -> Option<ToRgb> {
    Some(match color {
        ColorType::L8 => |pixel| [pixel[0]; 3],
        ColorType::La8 => |pixel| on_white([pixel[0]; 3], pixel[1]),
        ColorType::Rgb8 => |pixel| [pixel[0], pixel[1], pixel[2]],
        ColorType::Rgba8 => |pixel| on_white([pixel[0], pixel[1], pixel[2]], pixel[3]),
        ColorType::L16 => |pixel| [upper(pixel, 0); 3],
        ColorType::La16 => |pixel| on_white([upper(pixel, 0); 3], upper(pixel, 1)),
        ColorType::Rgb16 => |pixel| [0, 1, 2].map(|at| upper(pixel, at)),
        ColorType::Rgba16 => {
            |pixel| on_white([0, 1, 2].map(|at| upper(pixel, at)), upper(pixel, 3))
        }
        ColorType::Rgb32F => |pixel| [0, 1, 2].map(|at| of_float(pixel, at)),
        ColorType::Rgba32F => {
            |pixel| on_white([0, 1, 2].map(|at| of_float(pixel, at)), of_float(pixel, 3))
        }
        _ => return None,
    })
}

/// The upper 8 bits of value `at`.
fn upper(pixel: &[u8], at: usize) -> u8 {
    let [first, second] = [pixel[2 * at], pixel[2 * at + 1]];
    (u16::from_ne_bytes([first, second]) >> 8).to_le_bytes()[0]
}

/// Value `at`, of 0 to 1.
fn of_float(pixel: &[u8], at: usize) -> u8 {
    let bytes = &pixel[4 * at..4 * at + 4];
    let value = f32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    // What is no number becomes 0, and all else fits.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let byte = (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    byte
}

/// `colours` with the opacity `alpha` before a white ground.
pub(super) fn on_white(colours: [u8; 3], alpha: u8) -> [u8; 3] {
    if alpha == 255 {
        return colours;
    }
    let alpha = u16::from(alpha);
    // At most 255 · 255, and the quotient at most 255.
    colours.map(|colour| {
        let mixed = u16::from(colour) * alpha + 255 * (255 - alpha);
        ((mixed + 127) / 255).to_le_bytes()[0]
    })
}

/// Converts the pixels in `raw` from `color` to RGB, in the same memory; none if `color` is unknown.
pub(super) fn into_rgb(mut raw: Vec<u8>, color: ColorType) -> Option<Vec<u8>> {
    if color == ColorType::Rgb8 {
        return Some(raw);
    }
    let rgb = to_rgb(color)?;
    let step = usize::from(color.bytes_per_pixel());
    let pixels = raw.len() / step;
    let convert = |raw: &mut [u8], index: usize| {
        let pixel = rgb(&raw[index * step..][..step]);
        raw[index * 3..][..3].copy_from_slice(&pixel);
    };
    // Pixels that become longer are converted from the last to the first, and ones that become
    // shorter from the first to the last, so that none is overwritten before it is read.
    if step < 3 {
        raw.resize(pixels * 3, 0);
        (0..pixels).rev().for_each(|index| convert(&mut raw, index));
    } else {
        (0..pixels).for_each(|index| convert(&mut raw, index));
        raw.truncate(pixels * 3);
        raw.shrink_to_fit();
    }
    Some(raw)
}

/// Averages squares of four pixels, in place. A last odd row or column is dropped.
pub(super) fn halve(picture: &mut Picture) {
    let (width, height) = (picture.width as usize / 2, picture.height as usize / 2);
    let row = picture.width as usize * 3;
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let first = 2 * y * row + 6 * x + channel;
                let four = [first, first + 3, first + row, first + row + 3];
                let sum: u16 = four.iter().map(|at| u16::from(picture.rgb[*at])).sum();
                // This index lies before all that are read later. The mean is at most 255.
                picture.rgb[(y * width + x) * 3 + channel] = ((sum + 2) / 4).to_le_bytes()[0];
            }
        }
    }
    picture.rgb.truncate(height * width * 3);
    picture.rgb.shrink_to_fit();
    picture.width /= 2;
    picture.height /= 2;
}

/// A picture that arrives row by row and is made smaller as it does, so that it is never whole in
/// memory.
pub(super) struct Shrinking {
    /// How often width and height are halved.
    halvings: u32,
    width: usize,
    /// Sums of the colours of each square so far.
    sums: Vec<u32>,
    /// Rows in them.
    rows: usize,
    rgb: Vec<u8>,
}

impl Shrinking {
    /// For rows of `width` pixels.
    pub fn new(width: u32, height: u32, halvings: u32) -> Self {
        let kept = (width >> halvings) as usize;
        Self {
            halvings,
            width: kept,
            sums: vec![0; kept * 3],
            rows: 0,
            rgb: Vec::with_capacity(kept * (height >> halvings) as usize * 3),
        }
    }

    /// Takes a row, the pixels of which have `step` bytes and become colours by `rgb`.
    pub fn push(&mut self, row: &[u8], step: usize, rgb: ToRgb) {
        if self.halvings == 0 && step == 3 {
            self.rgb.extend_from_slice(row);
            return;
        }
        if self.halvings == 0 {
            self.rgb.extend(row.chunks_exact(step).flat_map(rgb));
            return;
        }
        let across = 1 << self.halvings;
        let squares = self.sums.as_chunks_mut().0.iter_mut();
        for (sums, pixels) in squares.zip(row.chunks_exact(step * across)) {
            let [red, green, blue]: &mut [u32; 3] = sums;
            for pixel in pixels.chunks_exact(step) {
                let colours = rgb(pixel);
                *red += u32::from(colours[0]);
                *green += u32::from(colours[1]);
                *blue += u32::from(colours[2]);
            }
        }
        self.rows += 1;
        if self.rows == across {
            let pixels = 1_u32 << (2 * self.halvings);
            // A mean of bytes is one.
            let mean = |sum: &u32| ((sum + pixels / 2) / pixels).to_le_bytes()[0];
            self.rgb.extend(self.sums.iter().map(mean));
            self.sums.fill(0);
            self.rows = 0;
        }
    }

    /// The picture of all rows so far.
    pub fn finish(self) -> Picture {
        let height = self.rgb.len() / (self.width * 3).max(1);
        // Both are at most those of the file.
        let side = |side| u32::try_from(side).unwrap_or(u32::MAX);
        Picture {
            width: side(self.width),
            height: side(height),
            rgb: self.rgb,
        }
    }
}
