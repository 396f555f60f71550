//! Pixels of the samples of their components.

use crate::Picture;
use crate::header::Header;
use crate::layout::Layout;
use crate::samples::Plane;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Colours {
    Grey,
    Rgb,
    /// Luminance and two differences of colour.
    Ycc,
    /// Inks, each the more the less there is of it, as Adobe writes them.
    Inks,
    /// The same, of which the first three are as in `Ycc`.
    YccInks,
}

impl Colours {
    /// As all decoders guess it.
    fn of(header: &Header) -> Self {
        match (header.components.len(), header.adobe) {
            (1, _) => Self::Grey,
            (3, Some(0)) => Self::Rgb,
            (3, None) if !header.is_jfif => {
                let ids: Vec<u8> = header.components.iter().map(|part| part.id).collect();
                if ids == *b"RGB" { Self::Rgb } else { Self::Ycc }
            }
            (3, _) => Self::Ycc,
            (_, Some(2)) => Self::YccInks,
            _ => Self::Inks,
        }
    }
}

/// Makes a picture of its rows of groups.
pub struct Converter {
    colours: Colours,
    width: usize,
    height: usize,
    pixels_across: usize,
    pixels_down: usize,
    rgb: Vec<u8>,
    /// A row of each component that has fewer samples than there are pixels.
    wide: [Vec<u8>; 4],
}

impl Converter {
    pub fn new(header: &Header, layout: &Layout) -> Self {
        Self {
            colours: Colours::of(header),
            width: layout.width,
            height: layout.height,
            pixels_across: layout.pixels_across,
            pixels_down: layout.pixels_down,
            rgb: Vec::with_capacity(3 * layout.width * layout.height),
            wide: [const { Vec::new() }; 4],
        }
    }

    /// Adds `groups` rows of groups.
    pub fn push(&mut self, layout: &Layout, planes: &[Plane], groups: usize) {
        for y in 0..groups * self.pixels_down {
            if self.rgb.len() >= 3 * self.width * self.height {
                return;
            }
            let mut wide = std::mem::take(&mut self.wide);
            let mut rows: [&[u8]; 4] = [&[]; 4];
            let parts = layout.parts.iter().zip(planes);
            for (((part, plane), row), wide) in parts.zip(&mut rows).zip(&mut wide) {
                let samples = part.down * part.samples_down;
                let narrow = plane.row(y * samples / self.pixels_down);
                let samples = part.across * part.samples_across;
                *row = if samples == self.pixels_across {
                    narrow
                } else {
                    let of_pixel = |x: usize| narrow[x * samples / self.pixels_across];
                    wide.clear();
                    wide.extend((0..self.width).map(of_pixel));
                    wide
                };
            }
            self.add_row(rows.map(|row| row.get(..self.width).unwrap_or(row)));
            self.wide = wide;
        }
    }

    fn add_row(&mut self, [first, second, third, fourth]: [&[u8]; 4]) {
        let start = self.rgb.len();
        self.rgb.resize(start + 3 * self.width, 0);
        let pixels = self.rgb[start..].as_chunks_mut::<3>().0;
        if self.colours == Colours::Grey {
            for (pixel, grey) in pixels.iter_mut().zip(first) {
                *pixel = [*grey; 3];
            }
            return;
        }
        let all = pixels.iter_mut().zip(first).zip(second).zip(third);
        if matches!(self.colours, Colours::Ycc | Colours::YccInks) {
            for (((pixel, y), blue), red) in all {
                *pixel = of_ycc(*y, *blue, *red);
            }
        } else {
            for (((pixel, first), second), third) in all {
                *pixel = [*first, *second, *third];
            }
        }
        if matches!(self.colours, Colours::Inks | Colours::YccInks) {
            for (pixel, black) in pixels.iter_mut().zip(fourth) {
                *pixel = pixel.map(|ink| {
                    // At most 255.
                    (u16::from(ink) * u16::from(*black) / 255).to_le_bytes()[0]
                });
            }
        }
    }

    pub fn finish(self) -> Picture {
        // At most 65,535.
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        Picture {
            width: side(self.width),
            height: side(self.height),
            rgb: self.rgb,
        }
    }
}

/// JFIF's conversion, in 14 bits behind the point.
#[inline]
fn of_ycc(y: u8, blue: u8, red: u8) -> [u8; 3] {
    let y = (i32::from(y) << 14) + (1 << 13);
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    let colours = [
        y + 22_970 * red,
        y - 5_638 * blue - 11_700 * red,
        y + 29_032 * blue,
    ];
    colours.map(|colour| (colour >> 14).clamp(0, 255).to_le_bytes()[0])
}
