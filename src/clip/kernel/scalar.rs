//! Products without special instructions; what the others are checked against.

use super::matrix::{LANES, Values};

/// Sums of one panel's `weights` with `rows` rows of `x`.
pub(super) fn tile(weights: Values<'_>, x: &[f32], rows: usize, sums: &mut [f32]) {
    sums.fill(0.0);
    let mut wide = [0.0; LANES];
    for (column, x) in x.chunks_exact(rows).enumerate() {
        let at = column * LANES;
        widen(weights.slice(at..at + LANES), &mut wide);
        for (sums, x) in sums.chunks_exact_mut(LANES).zip(x) {
            for (sum, weight) in sums.iter_mut().zip(&wide) {
                *sum += weight * x;
            }
        }
    }
}

pub(super) fn widen(weights: Values<'_>, wide: &mut [f32]) {
    for (wide, weight) in wide.iter_mut().zip(weights.iter()) {
        *wide = weight;
    }
}
