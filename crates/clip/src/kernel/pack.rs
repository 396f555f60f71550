//! The forms that `x` is packed into before it is multiplied.
#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions"
)]

use super::Loops;
use super::products::{Form, Scratch};
use super::quantisation::quantise;
use super::septets::EXCESS;

/// Packs `x` into the form that tiles take, and quantises it for the integer ones: one block of columns
/// after the other, in each one tile of rows after the other, and in that one step of columns after the
/// other.
pub(super) struct Pack<'a> {
    pub x: &'a [f32],
    /// How far rows of `x` are apart,
    pub stride: usize,
    /// and how many numbers of each are taken.
    pub depth: usize,
    /// Columns in a block.
    pub step: usize,
    /// The first row of each tile, and how many it has.
    pub tiles: &'a [(usize, usize)],
    pub form: Form,
    /// Largest integer in a row.
    pub max: f32,
    /// Columns that count as zeros.
    pub without: &'a [usize],
    pub scratch: &'a mut Scratch,
}

impl Loops for Pack<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(mut self) {
        match self.form {
            Form::Floats => self.floats(),
            Form::Pairs | Form::NarrowPairs => {
                let mut made = std::mem::take(&mut self.scratch.pairs);
                let mut row = std::mem::take(&mut self.scratch.row);
                self.integers(&mut made, &mut row, |x| x);
                (self.scratch.pairs, self.scratch.row) = (made, row);
            }
            // With 128 added, since the instruction takes unsigned bytes.
            Form::Quads => self.bytes(|x| x.to_le_bytes()[0] ^ 0x80),
            Form::Septets => self.bytes(|x| x.to_le_bytes()[0].wrapping_add(EXCESS)),
        }
    }
}

impl Pack<'_> {
    #[inline(always)]
    fn floats(&mut self) {
        let depth = self.depth;
        let height = self.x.len() / self.stride;
        self.scratch.floats.resize(height * depth, 0.0);
        for &(first, rows) in self.tiles {
            let x = self.x[first * self.stride..].chunks_exact(self.stride);
            for (place, x) in x.take(rows).enumerate() {
                for (block, x) in x[..depth].chunks(self.step).enumerate() {
                    let from = block * self.step * height + first * x.len();
                    let tile = &mut self.scratch.floats[from..from + rows * x.len()];
                    for (column, x) in tile.chunks_exact_mut(rows).zip(x) {
                        column[place] = *x;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn bytes(&mut self, made_of: impl Fn(i16) -> u8) {
        let mut made = std::mem::take(&mut self.scratch.quads);
        let mut row = std::mem::take(&mut self.scratch.row_of_bytes);
        self.integers(&mut made, &mut row, made_of);
        (self.scratch.quads, self.scratch.row_of_bytes) = (made, row);
    }

    /// Quantises `x`, each row into `row`, and packs `N` columns at a time into `groups`.
    #[inline(always)]
    fn integers<T: Copy + Default, const N: usize>(
        &mut self,
        groups: &mut Vec<[T; N]>,
        row: &mut Vec<T>,
        made_of: impl Fn(i16) -> T,
    ) {
        let (depth, step) = (self.depth, self.step / N);
        let count = self.form.steps(depth);
        let height = self.form.height(self.x.len() / self.stride);
        let Scratch { others, steps, .. } = self.scratch;
        // The last groups may have more columns than there are, which stay 0.
        row.clear();
        row.resize(N * count, T::default());
        groups.resize(height * count, [T::default(); N]);
        steps.clear();
        for &(first, rows) in self.tiles {
            let places = self.form.height(rows);
            let x = self.x[first * self.stride..].chunks_exact(self.stride);
            for (place, x) in x.take(rows).enumerate() {
                let mut x = &x[..depth];
                if !self.without.is_empty() {
                    others.clear();
                    others.extend_from_slice(x);
                    for column in self.without {
                        others[*column] = 0.0;
                    }
                    x = others;
                }
                steps.push(quantise(x, self.max, row, &made_of));
                for (block, part) in row.as_chunks::<N>().0.chunks(step).enumerate() {
                    let from = block * step * height + first * part.len();
                    let tile = &mut groups[from..from + places * part.len()];
                    for (column, group) in tile.chunks_exact_mut(places).zip(part) {
                        column[place] = *group;
                    }
                }
            }
        }
    }
}
