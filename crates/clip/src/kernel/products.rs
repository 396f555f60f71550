//! Matrix products: the loops around a tile, and the forms that operands are packed into.
//!
//! A tile is some rows of `x` times one or two panels of weights: as many sums as registers hold. The
//! instruction sets in `arch` multiply tiles; all the rest is here.
use std::ops::Range;

use super::Isa;
use super::aligned::Aligned;
use super::finish::{Epilogue, Factors, Finish};
use super::matrix::{LANES, Matrix, Values, panels};
use super::pack::Pack;
use super::prefetch::{Prefetch, fetch};
use super::quantisation::{LARGEST, Quantisation};
use super::septets::{MANY, ROWS, Septets};

/// Columns that are multiplied at a time: this many of two panels, or of one with 32-bit floats, stay in
/// the first-level cache.
const BLOCK: usize = 512;
/// As many of one panel of pairs, or of septets: all of a row of `ViT-B`, whose sums are then complete at
/// once.
const PAIRS: usize = 768;
/// Most tiles of rows that each widen the weights by themselves.
const FEW: usize = 2;
/// Rows of septets in a tile.
const SEPTETS: usize = 16 * ROWS;
// 32 bits hold the sum of as many products.
const _: () = assert!(128 * LARGEST as usize * PAIRS <= i32::MAX as usize);

/// The form of both operands of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Floats, column by column.
    Floats,
    /// 16-bit integers, by pairs of columns.
    Pairs,
    /// The same, with weights as they lie in the file.
    NarrowPairs,
    /// 8-bit integers, by groups of four columns.
    Quads,
    /// 7-bit integers with weights of 8 bits, by groups of four columns.
    Septets,
}

impl Form {
    /// That of products with `height` rows.
    fn of(isa: Isa, matrix: &Matrix<'_>, quantisation: Quantisation, height: usize) -> Self {
        let (max_rows, _) = isa.tile_shape();
        let is_low = height <= FEW * max_rows && matrix.columns().is_multiple_of(2);
        match (matrix.scales(), quantisation) {
            (None, _) => Self::Floats,
            (Some(_), Quantisation::Int8) if isa.quickest() == quantisation => Self::Quads,
            (Some(_), Quantisation::Int7) if isa.quickest() == quantisation => Self::Septets,
            (Some(_), _) if is_low && isa.has_narrow_pairs() => Self::NarrowPairs,
            (Some(_), _) => Self::Pairs,
        }
    }

    /// Columns that one step of a tile takes.
    fn columns(self) -> usize {
        match self {
            Self::Floats => 1,
            Self::Pairs | Self::NarrowPairs => 2,
            Self::Quads | Self::Septets => 4,
        }
    }

    /// Steps that so many columns take. Septets come in whole groups.
    pub(super) fn steps(self, columns: usize) -> usize {
        let steps = columns.div_ceil(self.columns());
        match self {
            Self::Septets => steps.next_multiple_of(MANY),
            _ => steps,
        }
    }

    /// Rows that so many take in a tile. Septets are multiplied several at a time.
    pub(super) fn height(self, rows: usize) -> usize {
        match self {
            Self::Septets => rows.next_multiple_of(ROWS),
            _ => rows,
        }
    }
}

/// Memory that products need besides their operands. The caller keeps it from product to product, so
/// that it is allocated once.
#[derive(Debug, Default)]
pub struct Scratch {
    /// `x` in one of the forms, one tile of rows after the other.
    pub(super) floats: Vec<f32>,
    pub(super) pairs: Vec<[i16; 2]>,
    pub(super) quads: Vec<[u8; 4]>,
    /// One row of integers, of 16 or of 8 bits,
    pub(super) row: Vec<i16>,
    pub(super) row_of_bytes: Vec<u8>,
    /// and of floats without the columns that are multiplied apart.
    pub(super) others: Vec<f32>,
    /// The quantisation step of each row.
    pub(super) steps: Vec<f32>,
    /// A block of weights in one of the forms.
    wide: Aligned<f32>,
    wide_pairs: Aligned<i16>,
    wide_quads: Vec<i8>,
    septets: Septets,
    /// Products with some panels.
    sums: Aligned<f32>,
    /// Scales and biases of these panels.
    factors: Vec<Factors>,
}

/// How far rows of operands are apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strides {
    pub x: usize,
    pub y: usize,
}

/// The operands of [`Isa::multiply`].
pub(super) struct Product<'a> {
    pub x: &'a [f32],
    /// How far the rows of `x` and of `y` are apart, of which they take the first numbers.
    pub strides: Strides,
    pub matrix: &'a Matrix<'a>,
    pub finish: Finish<'a>,
    pub quantisation: Quantisation,
    /// Columns that count as zeros.
    pub without: &'a [usize],
}

impl Product<'_> {
    /// Its loops.
    pub(super) fn run(&self, isa: Isa, y: &mut [f32], scratch: &mut Scratch) {
        let (outputs, depth) = (self.matrix.rows(), self.matrix.columns());
        let height = self.x.len() / self.strides.x;
        let form = Form::of(isa, self.matrix, self.quantisation, height);
        let (max_rows, max_panels) = isa.tile_shape();
        let (packed_rows, max_rows) = match form {
            Form::Septets => (ROWS, SEPTETS),
            _ => (max_rows, max_rows),
        };
        let packed = tiles(form, height, packed_rows);
        let tiles = tiles(form, height, max_rows);
        // 32-bit floats are multiplied where they lie in the file, so no block of them is widened.
        let step = match self.matrix.panels(0..0) {
            Values::F32(_) => depth,
            _ => match form {
                Form::Septets | Form::NarrowPairs => PAIRS,
                Form::Pairs if max_panels == 1 => PAIRS,
                _ => BLOCK,
            },
        };
        isa.run(Pack {
            x: self.x,
            stride: self.strides.x,
            depth,
            step,
            tiles: &packed,
            form,
            max: self.quantisation.max(),
            without: self.without,
            scratch,
        });
        let sums = form.height(height) * max_panels * LANES;
        scratch.sums.resize(sums);
        for panel in (0..panels(outputs)).step_by(max_panels) {
            let count = max_panels.min(panels(outputs) - panel);
            let bias = self.finish.bias;
            let factors = (panel..panel + count).map(|panel| Factors::of(self.matrix, bias, panel));
            scratch.factors.clear();
            scratch.factors.extend(factors);
            for from in (0..depth).step_by(step) {
                let columns = from..depth.min(from + step);
                scratch.widen(
                    isa,
                    self.matrix,
                    panel..panel + count,
                    columns.clone(),
                    form,
                );
                let block = Block {
                    isa,
                    matrix: self.matrix,
                    form,
                    finish: self.finish,
                    stride: self.strides.y,
                    panel,
                    count,
                    columns,
                };
                block.multiply(&tiles, scratch, y);
            }
        }
    }
}

/// Some columns of some panels, which are multiplied with all of `x`.
struct Block<'a> {
    isa: Isa,
    matrix: &'a Matrix<'a>,
    form: Form,
    finish: Finish<'a>,
    /// How far rows of `y` are apart.
    stride: usize,
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
        let stride = self.stride;
        let prefetch = Prefetch::after(self.matrix, self.panel, from..to, self.form.columns());
        let steps = self.form.steps(to - from);
        let height = self.form.height(y.len() / stride);
        for (number, &(first, rows)) in tiles.iter().enumerate() {
            let places = self.form.height(rows);
            // One place for all tiles, which stays in the cache, if sums need not wait for other columns.
            let at = if to - from == depth { 0 } else { first };
            let sums = at * self.count * LANES..(at + places) * self.count * LANES;
            // Tiles of septets begin anew by themselves.
            if from == 0 && self.form != Form::Septets {
                scratch.sums.get_mut()[sums.clone()].fill(0.0);
            }
            let own = &scratch.sums.get()[sums.clone()];
            let others = match &prefetch {
                Some(all) => all.share(number, tiles.len(), steps, own),
                None => Prefetch::nothing(own),
            };
            let x = from / self.form.columns() * height + first * steps;
            let y = &mut y[first * stride..(first + rows) * stride];
            if to == depth {
                // Rows of `y` lie far apart, in no cache, and come while the tile is multiplied.
                for y in y.chunks_exact(stride) {
                    let part = &y[self.panel * LANES..];
                    fetch(&part[..part.len().min(self.count * LANES)]);
                }
            }
            self.multiply_tile(x..x + places * steps, rows, sums.clone(), &others, scratch);
            if to == depth {
                let is_quantised = self.form != Form::Floats;
                self.isa.run(Epilogue {
                    sums: &mut scratch.sums.get_mut()[sums],
                    steps: is_quantised.then(|| &scratch.steps[first..first + rows]),
                    factors: &scratch.factors,
                    from: self.panel * LANES,
                    outputs,
                    stride,
                    finish: self.finish,
                    y,
                });
            }
        }
    }

    /// Adds the products with the tile of `rows` rows that lies at `x` to the `sums` of the columns before
    /// them, if there are any.
    fn multiply_tile(
        &self,
        x: Range<usize>,
        rows: usize,
        sums: Range<usize>,
        prefetch: &Prefetch,
        scratch: &mut Scratch,
    ) {
        let (isa, count) = (self.isa, self.count);
        let sums = &mut scratch.sums.get_mut()[sums];
        match self.form {
            Form::Floats => {
                let wide = match self.matrix.panels(self.panel..self.panel + count) {
                    Values::F32(weights) => weights,
                    _ => scratch.wide.get(),
                };
                isa.tile(wide, count, &scratch.floats[x], rows, sums, prefetch);
            }
            Form::Pairs => {
                let (wide, x) = (scratch.wide_pairs.get(), &scratch.pairs[x]);
                isa.tile_pairs(wide, count, x, rows, sums, prefetch);
            }
            Form::NarrowPairs => {
                if let Values::I8(weights) = self.matrix.block(self.panel, self.columns.clone()) {
                    let x = &scratch.pairs[x];
                    isa.tile_narrow_pairs(weights, x, rows, sums, prefetch);
                }
            }
            Form::Quads => {
                let (wide, x) = (&scratch.wide_quads, &scratch.quads[x]);
                isa.tile_quads(wide, count, x, rows, sums, prefetch);
            }
            Form::Septets => {
                let (weights, x) = (&scratch.septets, &scratch.quads[x]);
                isa.tile_septets(weights, x, self.columns.start > 0, sums, prefetch);
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
        let count = panels.len();
        self.wide_quads.clear();
        for (place, panel) in panels.enumerate() {
            match (matrix.block(panel, columns.clone()), form) {
                (Values::F32(_), _) | (Values::I8(_), Form::NarrowPairs) => {}
                (Values::F16(weights), _) => {
                    let from = place * weights.len();
                    let wide = self.wide.resize(count * weights.len());
                    isa.widen(weights, &mut wide[from..][..weights.len()]);
                }
                (Values::I8(weights), Form::Quads) => {
                    isa.widen_quads(weights, &mut self.wide_quads);
                }
                // Its tiles have one panel.
                (Values::I8(weights), Form::Septets) => {
                    isa.widen_septets(weights, &mut self.septets);
                }
                (Values::I8(weights), _) => {
                    let wide = self.wide_pairs.resize(count * length);
                    isa.widen_pairs(weights, &mut wide[place * length..][..length]);
                }
            }
        }
    }
}

/// Divides `height` rows of `x` into tiles of nearly the same height, at most `max_rows`, each as (first
/// row, rows): 15 rows make tiles of 7 and 8 rather than 14 and 1. Of septets all but the last are whole.
fn tiles(form: Form, height: usize, max_rows: usize) -> Vec<(usize, usize)> {
    let count = height.div_ceil(max_rows);
    let tile = |tile| {
        if form == Form::Septets {
            let first = tile * max_rows;
            return (first, max_rows.min(height - first));
        }
        let first = tile * height / count;
        (first, (tile + 1) * height / count - first)
    };
    (0..count).map(tile).collect()
}
