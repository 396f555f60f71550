//! The loops around a tile: which rows of `x` meet which weights, and in what form.
#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions"
)]

use std::ops::Range;

use super::Isa;
use super::matrix::{LANES, Matrix, Values, panels};

/// Columns that are multiplied at a time: so many of a panel stay in the first cache.
///
/// As integers, their products are at most 127 × 32,767 each, of which 32 bits hold 516.
const BLOCK: usize = 256;

/// So many bytes of integers are fetched ahead while others are widened: the next block, which arrives
/// while this one is multiplied. Weights come from main memory, since no cache holds all of a model.
pub(super) const AHEAD: usize = BLOCK * LANES;

/// Largest integer in a row of `x`.
const MOST: f32 = 32_767.0;

/// Memory that products need besides their operands; kept by the caller, so that it is asked from
/// the system once.
#[derive(Debug, Default)]
pub struct Scratch {
    /// `x`, a tile of rows after the other, each column by column.
    floats: Vec<f32>,
    /// The same as integers, by pairs of columns.
    pairs: Vec<[i16; 2]>,
    /// One row of integers.
    row: Vec<i16>,
    /// What 1 stands for in each of them.
    steps: Vec<f32>,
    /// A block of weights.
    wide: Vec<f32>,
    wide_pairs: Vec<i16>,
    /// Products with some panels.
    sums: Vec<f32>,
}

/// What [`Isa::multiply`] does.
pub(super) fn multiply(
    isa: Isa,
    x: &[f32],
    matrix: &Matrix<'_>,
    bias: Option<&[f32]>,
    y: &mut [f32],
    scratch: &mut Scratch,
) {
    let (outputs, depth) = (matrix.rows(), matrix.columns());
    let (most, together) = isa.tile_shape();
    let tiles = Tiles::new(x.len() / depth, most);
    let are_integers = matrix.scales().is_some();
    // What needs no other form is taken as it lies.
    let step = if let Values::F32(_) = matrix.panels(0..0) {
        depth
    } else {
        BLOCK
    };
    isa.run(|| {
        if are_integers {
            scratch.pack_pairs(x, depth, &tiles);
        } else {
            scratch.pack(x, depth, &tiles);
        }
    });
    for panel in (0..panels(outputs)).step_by(together) {
        let count = together.min(panels(outputs) - panel);
        scratch.sums.clear();
        scratch.sums.resize(tiles.height * count * LANES, 0.0);
        for from in (0..depth).step_by(step) {
            let to = depth.min(from + step);
            scratch.widen(isa, matrix, panel..panel + count, from..to);
            let wide = match matrix.panels(panel..panel + count) {
                Values::F32(weights) => weights,
                _ => &scratch.wide,
            };
            for (first, rows) in tiles.iter() {
                let sums = first * count * LANES..(first + rows) * count * LANES;
                let sums = &mut scratch.sums[sums];
                if are_integers {
                    let tile = first * depth.div_ceil(2);
                    let x = tile + from / 2 * rows..tile + to.div_ceil(2) * rows;
                    isa.tile_pairs(&scratch.wide_pairs, count, &scratch.pairs[x], rows, sums);
                } else {
                    let tile = first * depth;
                    let x = tile + from * rows..tile + to * rows;
                    isa.tile(wide, count, &scratch.floats[x], rows, sums);
                }
            }
        }
        let columns = panel * LANES..outputs.min((panel + count) * LANES);
        let scales = matrix.scales().map(|scales| &scales[columns.clone()]);
        let bias = bias.map(|bias| &bias[columns.clone()]);
        isa.run(|| {
            let rows = scratch.sums.chunks_exact(count * LANES);
            for ((row, sums), y) in rows.enumerate().zip(y.chunks_exact_mut(outputs)) {
                let factors = scales.map(|scales| (scratch.steps[row], scales));
                finish(sums, factors, bias, &mut y[columns.clone()]);
            }
        });
    }
}

#[inline(always)]
fn finish(sums: &[f32], factors: Option<(f32, &[f32])>, bias: Option<&[f32]>, y: &mut [f32]) {
    y.copy_from_slice(&sums[..y.len()]);
    if let Some((step, scales)) = factors {
        y.iter_mut().zip(scales).for_each(|(y, x)| *y *= step * x);
    }
    if let Some(bias) = bias {
        y.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
    }
}

impl Scratch {
    /// Takes some columns of some panels in the form that the instructions need; of 32-bit floats
    /// none.
    fn widen(
        &mut self,
        isa: Isa,
        matrix: &Matrix<'_>,
        panels: Range<usize>,
        columns: Range<usize>,
    ) {
        let length = columns.len().next_multiple_of(2) * LANES;
        for (place, panel) in panels.enumerate() {
            match matrix.block(panel, columns.clone()) {
                Values::F32(_) => {}
                Values::F16(weights) => {
                    let from = place * weights.len();
                    self.wide.resize(from + weights.len(), 0.0);
                    isa.widen(weights, &mut self.wide[from..]);
                }
                Values::I8(weights) => {
                    self.wide_pairs.resize((place + 1) * length, 0);
                    isa.widen_pairs(weights, &mut self.wide_pairs[place * length..]);
                }
            }
        }
    }

    #[inline(always)]
    fn pack(&mut self, x: &[f32], depth: usize, tiles: &Tiles) {
        self.floats.resize(x.len(), 0.0);
        for (first, rows) in tiles.iter() {
            let range = first * depth..(first + rows) * depth;
            let (x, tile) = (&x[range.clone()], &mut self.floats[range]);
            for (place, x) in x.chunks_exact(depth).enumerate() {
                for (column, x) in tile.chunks_exact_mut(rows).zip(x) {
                    column[place] = *x;
                }
            }
        }
    }

    #[inline(always)]
    fn pack_pairs(&mut self, x: &[f32], depth: usize, tiles: &Tiles) {
        let pairs = depth.div_ceil(2);
        // The second of the last pair stays 0 where the depth is odd.
        self.row.clear();
        self.row.resize(2 * pairs, 0);
        self.pairs.resize(tiles.height * pairs, [0; 2]);
        self.steps.clear();
        for (first, rows) in tiles.iter() {
            let tile = &mut self.pairs[first * pairs..(first + rows) * pairs];
            let x = x[first * depth..].chunks_exact(depth).take(rows);
            for (place, x) in x.enumerate() {
                self.steps.push(round(x, &mut self.row));
                let row = self.row.as_chunks::<2>().0;
                for (column, pair) in tile.chunks_exact_mut(rows).zip(row) {
                    column[place] = *pair;
                }
            }
        }
    }
}

/// Puts `x` into `row` as integers, and returns what 1 stands for; no number if one of `x` is none.
#[inline(always)]
fn round(x: &[f32], row: &mut [i16]) -> f32 {
    // Adding it leaves the nearest whole number in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let mut most = [0.0_f32; LANES];
    let mut none = [0.0_f32; LANES];
    for x in x.chunks(LANES) {
        for ((most, none), x) in most.iter_mut().zip(&mut none).zip(x) {
            *most = most.max(x.abs());
            *none += x * 0.0;
        }
    }
    let none: f32 = none.iter().sum();
    let most = most.iter().fold(0.0_f32, |most, x| most.max(*x));
    let factor = if most > 0.0 { MOST / most } else { 0.0 };
    for (number, x) in row.iter_mut().zip(x) {
        let bits = (x * factor + ROUND).to_bits();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the number is in these bits"
        )]
        let low = bits as u16;
        *number = low.cast_signed();
    }
    most / MOST + none
}

/// Rows of `x` in tiles of nearly the same height: 15 rows make 8 and 7 rather than 14 and 1.
struct Tiles {
    height: usize,
    count: usize,
}

impl Tiles {
    fn new(height: usize, most: usize) -> Self {
        let count = height.div_ceil(most);
        Self { height, count }
    }

    /// Each tile as (first row, rows).
    fn iter(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (height, count) = (self.height, self.count);
        (0..count).map(move |tile| {
            let first = tile * height / count;
            (first, (tile + 1) * height / count - first)
        })
    }
}
