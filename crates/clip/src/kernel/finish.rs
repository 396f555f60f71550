//! What becomes of the sums of a tile.
#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions"
)]

use super::Loops;
use super::matrix::{LANES, Matrix};
use super::prefetch::fetch;
use super::rows::{Activation, activate};

/// What becomes of products, in this order.
#[derive(Debug, Clone, Copy, Default)]
pub struct Finish<'a> {
    /// It is added to them.
    pub bias: Option<&'a [f32]>,
    /// They are added to what is in `y` already, which is overwritten otherwise.
    pub is_added: bool,
    /// It is applied to them.
    pub activation: Option<Activation>,
}

/// What turns the sums of a panel into products: they are multiplied by the scale of their row of the
/// matrix, then its bias is added.
#[derive(Debug)]
pub(super) struct Factors {
    scales: [f32; LANES],
    bias: [f32; LANES],
}

impl Factors {
    pub(super) fn of(matrix: &Matrix<'_>, bias: Option<&[f32]>, panel: usize) -> Self {
        let rows = panel * LANES..matrix.rows().min((panel + 1) * LANES);
        let of = |all: Option<&[f32]>, or: f32| {
            let mut own = [or; LANES];
            if let Some(all) = all {
                own[..rows.len()].copy_from_slice(&all[rows.clone()]);
                // The next panel's, which are in no cache.
                fetch(all[rows.end..].get(..LANES).unwrap_or_default());
            }
            own
        };
        Self {
            scales: of(matrix.scales(), 1.0),
            bias: of(bias, 0.0),
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

/// Writes the results of a tile: dequantises its sums, finishes them and puts them into `y`.
pub(super) struct Epilogue<'a> {
    /// What is in them afterwards may be anything.
    pub sums: &'a mut [f32],
    /// The quantisation step of each row, for integers.
    pub steps: Option<&'a [f32]>,
    /// The scales and biases of each panel.
    pub factors: &'a [Factors],
    /// Where the panels begin in a row of `y`.
    pub from: usize,
    pub outputs: usize,
    /// How far rows of `y` are apart.
    pub stride: usize,
    pub finish: Finish<'a>,
    /// The rows of the tile.
    pub y: &'a mut [f32],
}

impl Loops for Epilogue<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(mut self) {
        if let Some(activation) = self.finish.activation {
            self.each::<true, false>();
            // Of all at once, as one number takes many steps that wait for each other.
            activate::<FUSED>(activation, self.sums);
            self.each::<false, true>();
        } else {
            self.each::<true, true>();
        }
    }
}

impl Epilogue<'_> {
    /// Makes products of the sums, if they are still sums, and puts them into `y`, or leaves them where they are.
    #[inline(always)]
    fn each<const ARE_SUMS: bool, const PUT: bool>(&mut self) {
        let is_added = ARE_SUMS && self.finish.is_added;
        let count = self.factors.len();
        let width = (count * LANES).min(self.outputs - self.from);
        let sums = self.sums.as_chunks_mut::<LANES>().0.chunks_exact_mut(count);
        let rows = self.y.chunks_exact_mut(self.stride).zip(sums);
        for (row, (y, sums)) in rows.enumerate() {
            if ARE_SUMS {
                let step = self.steps.map_or(1.0, |steps| steps[row]);
                for (sums, factors) in sums.iter_mut().zip(self.factors) {
                    *sums = factors.apply(sums, step);
                }
            }
            let y = &mut y[self.from..][..width];
            let (panels, rest) = y.as_chunks_mut::<LANES>();
            for (y, products) in panels.iter_mut().zip(sums.iter_mut()) {
                finish::<PUT>(is_added, products, y);
            }
            // Only the last panel may have fewer outputs.
            if !rest.is_empty() {
                let products = &mut sums[count - 1];
                let mut whole = [0.0; LANES];
                whole[..rest.len()].copy_from_slice(rest);
                finish::<PUT>(is_added, products, &mut whole);
                rest.copy_from_slice(&whole[..rest.len()]);
            }
        }
    }
}

/// Adds `y` to the products, if it is to be added, and puts them into it.
#[inline(always)]
fn finish<const PUT: bool>(is_added: bool, products: &mut [f32; LANES], y: &mut [f32; LANES]) {
    let mut results = *products;
    if is_added {
        results.iter_mut().zip(&*y).for_each(|(new, y)| *new += y);
    }
    if PUT {
        *y = results;
    } else {
        *products = results;
    }
}
