//! The loops around a tile: which rows of `x` meet which weights, and in what form.
#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions"
)]

use std::ops::Range;

use super::matrix::{LANES, Matrix, Values, panels};
use super::{Isa, Loops, prefetch};

/// Columns that are multiplied at a time: so many of a panel stay in the first cache.
///
/// As integers, their products are at most 127 × 32,767 each, of which 32 bits hold 516.
const BLOCK: usize = 512;

/// How rows become integers that are multiplied with weights of 8 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantisation {
    /// To 16 bits, which lose far less than the weights have lost.
    Int16,
    /// To 8 bits, which are not exact, but multiplied faster where [`Isa::multiplies_bytes`].
    Int8,
}

impl Quantisation {
    /// Largest integer in a row.
    fn most(self) -> f32 {
        match self {
            Self::Int16 => 32_767.0,
            Self::Int8 => 127.0,
        }
    }
}

/// What tiles are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Floats, column by column.
    Floats,
    /// 16-bit integers, by pairs of columns.
    Pairs,
    /// 8-bit integers, by four columns.
    Quads,
}

impl Form {
    fn of(isa: Isa, matrix: &Matrix<'_>, quantisation: Quantisation) -> Self {
        match (matrix.scales(), quantisation) {
            (None, _) => Self::Floats,
            (Some(_), Quantisation::Int8) if isa.multiplies_bytes() => Self::Quads,
            (Some(_), _) => Self::Pairs,
        }
    }

    /// Columns in a step.
    fn columns(self) -> usize {
        match self {
            Self::Floats => 1,
            Self::Pairs => 2,
            Self::Quads => 4,
        }
    }
}

/// Weights that come after those of a tile: fetched while these are multiplied, since they lie in
/// main memory, as no cache holds all of a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefetch {
    first: *const u8,
    /// Bytes from a panel to the one after it.
    panel: usize,
    /// Bytes from one step of the tile to the next.
    step: usize,
}

impl Prefetch {
    /// The columns behind `columns`, of `panel` and those after it; none for a matrix that is multiplied
    /// as it lies.
    fn after(matrix: &Matrix<'_>, panel: usize, columns: Range<usize>, form: Form) -> Option<Self> {
        let (first, size) = match matrix.block(panel, columns) {
            Values::F32(_) => return None,
            Values::F16(block) => (block.as_ptr_range().end.cast(), 2),
            Values::I8(block) => (block.as_ptr_range().end.cast(), 1),
        };
        Some(Self {
            first,
            panel: matrix.columns() * LANES * size,
            step: form.columns() * LANES * size,
        })
    }

    /// What tile `number` of `tiles` fetches in `steps` steps: the same for each, so that memory is busy
    /// all the time, but not for more than can be told in whole bytes.
    fn share(self, number: usize, tiles: usize, steps: usize) -> Option<Self> {
        let shares = 1 << tiles.clamp(1, 16).ilog2();
        let step = self.step / shares;
        let first = self.first.wrapping_add(number * steps * step);
        (number < shares).then_some(Self {
            first,
            step,
            ..self
        })
    }

    /// What is there already: the sums of the tile itself.
    fn nothing(sums: &[f32]) -> Self {
        Self {
            first: sums.as_ptr().cast(),
            panel: 0,
            step: 0,
        }
    }

    /// Begins to fetch what step `step` will multiply.
    #[inline(always)]
    pub(super) fn touch(self, panel: usize, step: usize) {
        let place = panel * self.panel + step * self.step;
        prefetch(self.first.wrapping_add(place));
    }
}

/// Memory that products need besides their operands; kept by the caller, so that it is asked from
/// the system once.
#[derive(Debug, Default)]
pub struct Scratch {
    /// `x` in one of the forms, a tile of rows after the other.
    floats: Vec<f32>,
    pairs: Vec<[i16; 2]>,
    quads: Vec<[u8; 4]>,
    /// One row of integers.
    row: Vec<i16>,
    /// What 1 stands for in each of them.
    steps: Vec<f32>,
    /// A block of weights in one of the forms.
    wide: Vec<f32>,
    wide_pairs: Vec<i16>,
    wide_quads: Vec<i8>,
    /// Products with some panels.
    sums: Vec<f32>,
    /// What becomes of them.
    factors: Vec<Factors>,
}

/// What [`Isa::multiply`] does.
pub(super) fn multiply(
    isa: Isa,
    x: &[f32],
    matrix: &Matrix<'_>,
    bias: Option<&[f32]>,
    y: &mut [f32],
    quantisation: Quantisation,
    scratch: &mut Scratch,
) {
    let (outputs, depth) = (matrix.rows(), matrix.columns());
    let (most, together) = isa.tile_shape();
    let height = x.len() / depth;
    let tiles = tiles(height, most);
    let form = Form::of(isa, matrix, quantisation);
    // What needs no other form is taken as it lies.
    let step = if let Values::F32(_) = matrix.panels(0..0) {
        depth
    } else {
        BLOCK
    };
    isa.run(Pack {
        x,
        depth,
        tiles: &tiles,
        form,
        most: quantisation.most(),
        scratch,
    });
    for panel in (0..panels(outputs)).step_by(together) {
        let count = together.min(panels(outputs) - panel);
        scratch.sums.clear();
        scratch.sums.resize(height * count * LANES, 0.0);
        let factors = (panel..panel + count).map(|panel| Factors::of(matrix, bias, panel));
        scratch.factors.clear();
        scratch.factors.extend(factors);
        for from in (0..depth).step_by(step) {
            let to = depth.min(from + step);
            scratch.widen(isa, matrix, panel..panel + count, from..to, form);
            let next = Prefetch::after(matrix, panel, from..to, form);
            let steps = (to - from).div_ceil(form.columns());
            for (number, &(first, rows)) in tiles.iter().enumerate() {
                let sums = first * count * LANES..(first + rows) * count * LANES;
                let sums = &mut scratch.sums[sums];
                let next = next
                    .and_then(|next| next.share(number, tiles.len(), steps))
                    .unwrap_or(Prefetch::nothing(sums));
                let columns = form.columns();
                let tile = first * depth.div_ceil(columns);
                let x = tile + from / columns * rows..tile + to.div_ceil(columns) * rows;
                match form {
                    Form::Floats => {
                        let wide = match matrix.panels(panel..panel + count) {
                            Values::F32(weights) => weights,
                            _ => &scratch.wide,
                        };
                        isa.tile(wide, count, &scratch.floats[x], rows, sums, next);
                    }
                    Form::Pairs => {
                        let (wide, x) = (&scratch.wide_pairs, &scratch.pairs[x]);
                        isa.tile_pairs(wide, count, x, rows, sums, next);
                    }
                    Form::Quads => {
                        let (wide, x) = (&scratch.wide_quads, &scratch.quads[x]);
                        isa.tile_quads(wide, count, x, rows, sums, next);
                    }
                }
                if to == depth {
                    // At once: rows of `y` lie far apart, in no cache, and come while the next tile
                    // is multiplied.
                    isa.run(Epilogue {
                        sums,
                        steps: (form != Form::Floats).then(|| &scratch.steps[first..first + rows]),
                        factors: &scratch.factors,
                        from: panel * LANES,
                        rows,
                        outputs,
                        y: &mut y[first * outputs..(first + rows) * outputs],
                    });
                }
            }
        }
    }
}

/// Puts `x` into the form that tiles need.
struct Pack<'a> {
    x: &'a [f32],
    depth: usize,
    tiles: &'a [(usize, usize)],
    form: Form,
    /// Largest integer in a row.
    most: f32,
    scratch: &'a mut Scratch,
}

impl Loops for Pack<'_> {
    #[inline(always)]
    fn run(mut self) {
        match self.form {
            Form::Floats => self.floats(),
            Form::Pairs => {
                let mut pairs = std::mem::take(&mut self.scratch.pairs);
                self.integers(&mut pairs, |x| x);
                self.scratch.pairs = pairs;
            }
            // Moved up by 128, since the instruction takes them without a sign.
            Form::Quads => {
                let mut quads = std::mem::take(&mut self.scratch.quads);
                self.integers(&mut quads, |x| x.to_le_bytes()[0] ^ 0x80);
                self.scratch.quads = quads;
            }
        }
    }
}

impl Pack<'_> {
    #[inline(always)]
    fn floats(&mut self) {
        let depth = self.depth;
        self.scratch.floats.resize(self.x.len(), 0.0);
        for &(first, rows) in self.tiles {
            let range = first * depth..(first + rows) * depth;
            let (x, tile) = (&self.x[range.clone()], &mut self.scratch.floats[range]);
            for (place, x) in x.chunks_exact(depth).enumerate() {
                for (column, x) in tile.chunks_exact_mut(rows).zip(x) {
                    column[place] = *x;
                }
            }
        }
    }

    /// Rounds to integers, and puts `N` columns of them at a time into `groups`.
    #[inline(always)]
    fn integers<T: Copy + Default, const N: usize>(
        &mut self,
        groups: &mut Vec<[T; N]>,
        made_of: impl Fn(i16) -> T,
    ) {
        let depth = self.depth;
        let count = depth.div_ceil(N);
        let Scratch { row, steps, .. } = self.scratch;
        // The last group may have more columns than there are, which stay 0.
        row.clear();
        row.resize(N * count, 0);
        groups.resize(self.x.len() / depth * count, [T::default(); N]);
        steps.clear();
        for &(first, rows) in self.tiles {
            let tile = &mut groups[first * count..(first + rows) * count];
            let x = self.x[first * depth..].chunks_exact(depth).take(rows);
            for (place, x) in x.enumerate() {
                steps.push(round(x, self.most, row));
                let row = row.as_chunks::<N>().0;
                for (column, group) in tile.chunks_exact_mut(rows).zip(row) {
                    column[place] = group.map(&made_of);
                }
            }
        }
    }
}

/// What the sums of a panel are multiplied by, and what is added then.
#[derive(Debug)]
struct Factors {
    scales: [f32; LANES],
    bias: [f32; LANES],
}

impl Factors {
    fn of(matrix: &Matrix<'_>, bias: Option<&[f32]>, panel: usize) -> Self {
        let (mut scales, mut biases) = ([1.0; LANES], [0.0; LANES]);
        let rows = panel * LANES..matrix.rows().min((panel + 1) * LANES);
        if let Some(all) = matrix.scales() {
            scales[..rows.len()].copy_from_slice(&all[rows.clone()]);
        }
        if let Some(all) = bias {
            biases[..rows.len()].copy_from_slice(&all[rows]);
        }
        Self {
            scales,
            bias: biases,
        }
    }

    #[inline(always)]
    fn apply(&self, sums: &[f32; LANES], step: f32) -> [f32; LANES] {
        let mut y = *sums;
        for ((y, scale), bias) in y.iter_mut().zip(&self.scales).zip(&self.bias) {
            *y = *y * (step * scale) + bias;
        }
        y
    }
}

/// Makes of the sums of a tile what they stand for.
struct Epilogue<'a> {
    sums: &'a [f32],
    /// Of each row, for integers.
    steps: Option<&'a [f32]>,
    /// Of each panel.
    factors: &'a [Factors],
    /// Where the panels begin in a row of `y`.
    from: usize,
    rows: usize,
    outputs: usize,
    y: &'a mut [f32],
}

impl Loops for Epilogue<'_> {
    #[inline(always)]
    fn run(self) {
        let mut sums = self.sums.as_chunks::<LANES>().0;
        for row in 0..self.rows {
            let step = self.steps.map_or(1.0, |steps| steps[row]);
            let (these, rest) = sums.split_at(self.factors.len());
            sums = rest;
            let mut panels = these.iter().zip(self.factors);
            let y = &mut self.y[row * self.outputs..(row + 1) * self.outputs];
            let (whole, part) = y[self.from..].as_chunks_mut::<LANES>();
            for (y, (sums, factors)) in whole.iter_mut().zip(panels.by_ref()) {
                *y = factors.apply(sums, step);
            }
            if let Some((sums, factors)) = panels.next() {
                part.copy_from_slice(&factors.apply(sums, step)[..part.len()]);
            }
        }
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
        form: Form,
    ) {
        let length = columns.len().next_multiple_of(2) * LANES;
        self.wide_quads.clear();
        for (place, panel) in panels.enumerate() {
            match (matrix.block(panel, columns.clone()), form) {
                (Values::F32(_), _) => {}
                (Values::F16(weights), _) => {
                    let from = place * weights.len();
                    self.wide.resize(from + weights.len(), 0.0);
                    isa.widen(weights, &mut self.wide[from..]);
                }
                (Values::I8(weights), Form::Quads) => {
                    isa.widen_quads(weights, &mut self.wide_quads);
                }
                (Values::I8(weights), _) => {
                    self.wide_pairs.resize((place + 1) * length, 0);
                    isa.widen_pairs(weights, &mut self.wide_pairs[place * length..]);
                }
            }
        }
    }
}

/// Puts `x` into `row` as integers up to `limit`, and returns what 1 stands for; no number if one of
/// `x` is none.
#[inline(always)]
fn round(x: &[f32], limit: f32, row: &mut [i16]) -> f32 {
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
    let factor = if most > 0.0 { limit / most } else { 0.0 };
    for (number, x) in row.iter_mut().zip(x) {
        let bits = (x * factor + ROUND).to_bits();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the number is in these bits"
        )]
        let low = bits as u16;
        *number = low.cast_signed();
    }
    most / limit + none
}

/// Rows of `x` in tiles of nearly the same height, each as (first row, rows): 15 rows make 8 and 7
/// rather than 14 and 1.
fn tiles(height: usize, most: usize) -> Vec<(usize, usize)> {
    let count = height.div_ceil(most);
    let tile = |tile| {
        let first = tile * height / count;
        (first, (tile + 1) * height / count - first)
    };
    (0..count).map(tile).collect()
}
