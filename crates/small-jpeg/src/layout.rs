//! Where blocks and samples are, and which frequencies of a block are needed.

use crate::header::{Header, ZIGZAG};
use crate::transform::{Flat, Inverse, NOWHERE, inverse, scale};

/// How a picture consists of groups of blocks (T.81, A.2).
pub struct Layout {
    /// Of the result, in pixels.
    pub width: usize,
    pub height: usize,
    /// Groups in a row, and rows of groups.
    pub groups_across: usize,
    pub groups_down: usize,
    /// Pixels of a group in the result.
    pub pixels_across: usize,
    pub pixels_down: usize,
    pub parts: Vec<Part>,
}

/// A component.
pub struct Part {
    /// Blocks in a group.
    pub across: usize,
    pub down: usize,
    /// Samples that are made of a block: 1, 2, 4 or 8.
    pub samples_across: usize,
    pub samples_down: usize,
    /// Blocks in whole groups, in a row.
    pub blocks_across: usize,
    /// Blocks that have a pixel, which are those in a scan of this component alone.
    pub own_across: usize,
    pub own_down: usize,
    /// Where in a block each frequency belongs, in the order of the file.
    pub places: [u8; 64],
    /// The last frequency that is needed, in the order of the file.
    pub last: usize,
    pub inverse: Inverse,
    pub flat: Flat,
}

/// Most samples of a block, 8 or fewer, of which there are no more than pixels.
fn samples(pixels: usize, blocks: usize) -> usize {
    let fits = |samples: &usize| samples * blocks <= pixels;
    [8, 4, 2].into_iter().find(fits).unwrap_or(1)
}

impl Layout {
    pub fn new(header: &Header, halvings: u32) -> Self {
        let most = |side: fn(&crate::header::Component) -> usize| {
            header.components.iter().map(side).max().unwrap_or(1)
        };
        let (across, down) = (most(|part| part.across), most(|part| part.down));
        // At most 65,535.
        let (width, height) = (header.width as usize, header.height as usize);
        let (groups_across, groups_down) = (width.div_ceil(8 * across), height.div_ceil(8 * down));
        let (pixels_across, pixels_down) = ((8 * across) >> halvings, (8 * down) >> halvings);
        let part = |component: &crate::header::Component| {
            let samples_across = samples(pixels_across, component.across);
            let samples_down = samples(pixels_down, component.down);
            let (inverse, flat) = inverse(samples_across, samples_down);
            let places = ZIGZAG.map(|place| {
                let is_kept = usize::from(place % 8) < samples_across
                    && usize::from(place / 8) < samples_down;
                if is_kept { place } else { NOWHERE }
            });
            let own =
                |side: usize, blocks: usize, all: usize| (side * blocks).div_ceil(all).div_ceil(8);
            Part {
                across: component.across,
                down: component.down,
                samples_across,
                samples_down,
                blocks_across: groups_across * component.across,
                own_across: own(width, component.across, across),
                own_down: own(height, component.down, down),
                places,
                last: places
                    .iter()
                    .rposition(|place| *place != NOWHERE)
                    .unwrap_or(0),
                inverse,
                flat,
            }
        };
        Self {
            width: width.div_ceil(1 << halvings),
            height: height.div_ceil(1 << halvings),
            groups_across,
            groups_down,
            pixels_across,
            pixels_down,
            parts: header.components.iter().map(part).collect(),
        }
    }
}

impl Part {
    /// What each frequency is multiplied with before the transform, in the order of the file.
    pub fn factors(&self, divisors: &[u16; 64]) -> [f32; 64] {
        std::array::from_fn(|index| {
            let place = usize::from(ZIGZAG[index]);
            if self.places[index] == NOWHERE {
                return 0.0;
            }
            let (row, column) = (place / 8, place % 8);
            f32::from(divisors[index])
                * scale(row, self.samples_down)
                * scale(column, self.samples_across)
        })
    }
}
