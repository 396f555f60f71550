//! Matrix products: the loops around a tile, and the forms that operands are packed into.
//!
//! A tile is some rows of `x` times one or two panels of weights: as many sums as registers hold. The
//! instruction sets in `arch` multiply tiles; all the rest is here.
#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions"
)]

use std::ops::Range;

use super::matrix::{LANES, Matrix, Values, panels};
use super::prefetch::Prefetch;
use super::quantisation::{LARGEST, Quantisation, quantise};
use super::septets::{EXCESS, Septets};
use super::{Isa, Loops};

/// Columns that are multiplied at a time: this many of two panels, or of one with 32-bit floats, stay in
/// the first-level cache.
const BLOCK: usize = 512;
/// As many of one panel of pairs: all of a row of `ViT-B`, whose sums are then complete at once.
const PAIRS: usize = 768;
// 32 bits hold the sum of as many products.
const _: () = assert!(128 * LARGEST as usize * PAIRS <= i32::MAX as usize);
/// As many of septets, which are smaller than pairs.
const SEPTETS: usize = 1024;

/// What products are added to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Start<'a> {
    /// To this, if anything; what is in `y` already is overwritten.
    Bias(Option<&'a [f32]>),
    /// To what is in `y` already.
    Kept,
}

/// The form of both operands of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Floats, column by column.
    Floats,
    /// 16-bit integers, by pairs of columns.
    Pairs,
    /// 8-bit integers, by groups of four columns.
    Quads,
    /// 7-bit integers with weights of 8 bits, by groups of four columns.
    Septets,
}

impl Form {
    fn of(isa: Isa, matrix: &Matrix<'_>, quantisation: Quantisation) -> Self {
        match (matrix.scales(), quantisation) {
            (None, _) => Self::Floats,
            (Some(_), Quantisation::Int8) if isa.quickest() == quantisation => Self::Quads,
            (Some(_), Quantisation::Int7) if isa.quickest() == quantisation => Self::Septets,
            (Some(_), _) => Self::Pairs,
        }
    }

    /// Columns that one step of a tile takes.
    fn columns(self) -> usize {
        match self {
            Self::Floats => 1,
            Self::Pairs => 2,
            Self::Quads | Self::Septets => 4,
        }
    }
}

/// Memory that products need besides their operands. The caller keeps it from product to product, so
/// that it is allocated once.
#[derive(Debug, Default)]
pub struct Scratch {
    /// `x` in one of the forms, one tile of rows after the other.
    floats: Vec<f32>,
    pairs: Vec<[i16; 2]>,
    quads: Vec<[u8; 4]>,
    /// One row of integers.
    row: Vec<i16>,
    /// The quantisation step of each row.
    steps: Vec<f32>,
    /// A block of weights in one of the forms.
    wide: Vec<f32>,
    wide_pairs: Vec<i16>,
    wide_quads: Vec<i8>,
    septets: Septets,
    /// `x` without the columns that are multiplied apart.
    pub(super) without: Vec<f32>,
    /// Products with some panels.
    sums: Vec<f32>,
    /// Scales and biases of these panels.
    factors: Vec<Factors>,
}

/// The loops of [`Isa::multiply`], whose operands they take.
pub(super) fn multiply(
    isa: Isa,
    x: &[f32],
    matrix: &Matrix<'_>,
    start: Start<'_>,
    y: &mut [f32],
    quantisation: Quantisation,
    scratch: &mut Scratch,
) {
    let (outputs, depth) = (matrix.rows(), matrix.columns());
    let form = Form::of(isa, matrix, quantisation);
    let (max_rows, max_panels) = isa.tile_shape(form == Form::Septets);
    let height = x.len() / depth;
    let tiles = tiles(height, max_rows);
    // 32-bit floats are multiplied where they lie in the file, so no block of them is widened.
    let step = match matrix.panels(0..0) {
        Values::F32(_) => depth,
        _ if form == Form::Septets => SEPTETS,
        _ if form == Form::Pairs && max_panels == 1 => PAIRS,
        _ => BLOCK,
    };
    isa.run(Pack {
        x,
        depth,
        tiles: &tiles,
        form,
        max: quantisation.max(),
        scratch,
    });
    for panel in (0..panels(outputs)).step_by(max_panels) {
        let count = max_panels.min(panels(outputs) - panel);
        scratch.sums.resize(height * count * LANES, 0.0);
        scratch.sums.fill(0.0);
        let bias = match start {
            Start::Bias(bias) => bias,
            Start::Kept => None,
        };
        let factors = (panel..panel + count).map(|panel| Factors::of(matrix, bias, panel));
        scratch.factors.clear();
        scratch.factors.extend(factors);
        for from in (0..depth).step_by(step) {
            let columns = from..depth.min(from + step);
            scratch.widen(isa, matrix, panel..panel + count, columns.clone(), form);
            let block = Block {
                isa,
                matrix,
                form,
                is_kept: start == Start::Kept,
                panel,
                count,
                columns,
            };
            block.multiply(&tiles, scratch, y);
        }
    }
}

/// Some columns of some panels, which are multiplied with all of `x`.
struct Block<'a> {
    isa: Isa,
    matrix: &'a Matrix<'a>,
    form: Form,
    /// Whether products are added to what is in `y` already.
    is_kept: bool,
    /// The first panel,
    panel: usize,
    /// and how many there are.
    count: usize,
    columns: Range<usize>,
}

impl Block<'_> {
    /// Adds the products with each tile of `x` to the sums; those with the last columns complete the
    /// sums, and go into `y`.
    fn multiply(&self, tiles: &[(usize, usize)], scratch: &mut Scratch, y: &mut [f32]) {
        let Range {
            start: from,
            end: to,
        } = self.columns;
        let (outputs, depth) = (self.matrix.rows(), self.matrix.columns());
        let columns = self.form.columns();
        let prefetch = Prefetch::after(self.matrix, self.panel, from..to, columns);
        let steps = (to - from).div_ceil(columns);
        for (number, &(first, rows)) in tiles.iter().enumerate() {
            let sums = first * self.count * LANES..(first + rows) * self.count * LANES;
            let own = &scratch.sums[sums.clone()];
            let prefetch = match &prefetch {
                Some(all) => all.share(number, tiles.len(), steps, own),
                None => Prefetch::nothing(own),
            };
            let tile = first * depth.div_ceil(columns);
            let x = tile + from / columns * rows..tile + to.div_ceil(columns) * rows;
            self.multiply_tile(x, rows, sums.clone(), &prefetch, scratch);
            if to == depth {
                // At once: rows of `y` lie far apart, in no cache, and come while the next tile
                // is multiplied.
                let is_quantised = self.form != Form::Floats;
                self.isa.run(Epilogue {
                    sums: &scratch.sums[sums],
                    steps: is_quantised.then(|| &scratch.steps[first..first + rows]),
                    factors: &scratch.factors,
                    from: self.panel * LANES,
                    rows,
                    outputs,
                    is_kept: self.is_kept,
                    y: &mut y[first * outputs..(first + rows) * outputs],
                });
            }
        }
    }

    /// Adds the products with the tile of `rows` rows that lies at `x` to the `sums`.
    fn multiply_tile(
        &self,
        x: Range<usize>,
        rows: usize,
        sums: Range<usize>,
        prefetch: &Prefetch,
        scratch: &mut Scratch,
    ) {
        let (isa, count) = (self.isa, self.count);
        let sums = &mut scratch.sums[sums];
        match self.form {
            Form::Floats => {
                let wide = match self.matrix.panels(self.panel..self.panel + count) {
                    Values::F32(weights) => weights,
                    _ => &scratch.wide,
                };
                isa.tile(wide, count, &scratch.floats[x], rows, sums, prefetch);
            }
            Form::Pairs => {
                let (wide, x) = (&scratch.wide_pairs, &scratch.pairs[x]);
                isa.tile_pairs(wide, count, x, rows, sums, prefetch);
            }
            Form::Quads => {
                let (wide, x) = (&scratch.wide_quads, &scratch.quads[x]);
                isa.tile_quads(wide, count, x, rows, sums, prefetch);
            }
            Form::Septets => {
                let (weights, x) = (&scratch.septets, &scratch.quads[x]);
                isa.tile_septets(weights, x, rows, sums, prefetch);
            }
        }
    }
}

/// Packs `x` into the form that tiles take, and quantises it for the integer ones.
struct Pack<'a> {
    x: &'a [f32],
    depth: usize,
    tiles: &'a [(usize, usize)],
    form: Form,
    /// Largest integer in a row.
    max: f32,
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
            // With 128 added, since the instruction takes unsigned bytes.
            Form::Quads => {
                let mut quads = std::mem::take(&mut self.scratch.quads);
                self.integers(&mut quads, |x| x.to_le_bytes()[0] ^ 0x80);
                self.scratch.quads = quads;
            }
            Form::Septets => {
                let mut quads = std::mem::take(&mut self.scratch.quads);
                self.integers(&mut quads, |x| x.to_le_bytes()[0].wrapping_add(EXCESS));
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

    /// Quantises `x`, and packs `N` columns at a time into `groups`.
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
                steps.push(quantise(x, self.max, row));
                let row = row.as_chunks::<N>().0;
                for (column, group) in tile.chunks_exact_mut(rows).zip(row) {
                    column[place] = group.map(&made_of);
                }
            }
        }
    }
}

/// What turns the sums of a panel into results: they are multiplied by the scale of their row of the
/// matrix, then its bias is added.
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

/// Writes the results of a tile: dequantises its sums, adds the bias and puts them into `y`.
struct Epilogue<'a> {
    sums: &'a [f32],
    /// The quantisation step of each row, for integers.
    steps: Option<&'a [f32]>,
    /// The scales and biases of each panel.
    factors: &'a [Factors],
    /// Where the panels begin in a row of `y`.
    from: usize,
    rows: usize,
    outputs: usize,
    is_kept: bool,
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
            if self.is_kept {
                for (y, (sums, factors)) in whole.iter_mut().zip(panels.by_ref()) {
                    let more = factors.apply(sums, step);
                    y.iter_mut().zip(more).for_each(|(y, more)| *y += more);
                }
                if let Some((sums, factors)) = panels.next() {
                    let more = factors.apply(sums, step);
                    part.iter_mut().zip(more).for_each(|(y, more)| *y += more);
                }
                continue;
            }
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
    /// Widens some columns of some panels into the form that the instructions take. 32-bit floats need
    /// no other form, and are left where they are.
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
                // Its tiles have one panel.
                (Values::I8(weights), Form::Septets) => {
                    isa.widen_septets(weights, &mut self.septets);
                }
                (Values::I8(weights), _) => {
                    self.wide_pairs.resize((place + 1) * length, 0);
                    isa.widen_pairs(weights, &mut self.wide_pairs[place * length..]);
                }
            }
        }
    }
}

/// Divides `height` rows of `x` into tiles of nearly the same height, at most `max_rows`, each as (first
/// row, rows): 15 rows make tiles of 7 and 8 rather than 14 and 1.
fn tiles(height: usize, max_rows: usize) -> Vec<(usize, usize)> {
    let count = height.div_ceil(max_rows);
    let tile = |tile| {
        let first = tile * height / count;
        (first, (tile + 1) * height / count - first)
    };
    (0..count).map(tile).collect()
}
