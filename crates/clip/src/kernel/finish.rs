//! What becomes of the sums of a tile.
#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions"
)]

use super::Loops;
use super::matrix::{LANES, Matrix};
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

/// Writes the results of a tile: dequantises its sums, finishes them and puts them into `y`.
pub(super) struct Epilogue<'a> {
    pub sums: &'a [f32],
    /// The quantisation step of each row, for integers.
    pub steps: Option<&'a [f32]>,
    /// The scales and biases of each panel.
    pub factors: &'a [Factors],
    /// Where the panels begin in a row of `y`.
    pub from: usize,
    pub outputs: usize,
    pub finish: Finish<'a>,
    /// The rows of the tile.
    pub y: &'a mut [f32],
}

impl Loops for Epilogue<'_> {
    #[inline(always)]
    fn run(self) {
        let sums = self.sums.as_chunks::<LANES>().0;
        let rows = self.y.chunks_exact_mut(self.outputs);
        for (row, (y, sums)) in rows.zip(sums.chunks(self.factors.len())).enumerate() {
            let step = self.steps.map_or(1.0, |steps| steps[row]);
            let panels = y[self.from..].chunks_mut(LANES);
            for (y, (sums, factors)) in panels.zip(sums.iter().zip(self.factors)) {
                let mut results = factors.apply(sums, step);
                if let Ok(y) = <&mut [f32; LANES]>::try_from(&mut *y) {
                    self.finish.run(y, &mut results);
                } else {
                    let mut whole = [0.0; LANES];
                    whole[..y.len()].copy_from_slice(y);
                    self.finish.run(&mut whole, &mut results);
                    y.copy_from_slice(&whole[..y.len()]);
                }
            }
        }
    }
}

impl Finish<'_> {
    #[inline(always)]
    fn run(&self, y: &mut [f32; LANES], results: &mut [f32; LANES]) {
        if self.is_added {
            results.iter_mut().zip(&*y).for_each(|(new, y)| *new += y);
        }
        if let Some(activation) = self.activation {
            activate(activation, results);
        }
        *y = *results;
    }
}
