//! How activations become integers, before they are multiplied with weights of 8 bits.

use super::matrix::LANES;
use super::septets;

/// Largest integer of 16 bits, so that 32 bits hold the sum of the products with a row of a tower's weights.
pub(super) const LARGEST: u16 = 21_845;

/// How activations are quantised before they are multiplied with weights of 8 bits. Each row has its
/// own step; floating-point weights are multiplied with the activations as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantisation {
    /// To 15 bits and a half: the error is far smaller than that of the weights.
    Int16,
    /// To 8 bits: less precise.
    Int8,
    /// To nearly 7 bits, but for the columns with the largest numbers, which have 16: most products of 16 of
    /// them fit 16 bits. Less precise.
    Int7,
}

impl Quantisation {
    /// Largest integer in a row.
    pub(super) fn max(self) -> f32 {
        match self {
            Self::Int16 => f32::from(LARGEST),
            Self::Int8 => 127.0,
            Self::Int7 => f32::from(septets::LARGEST),
        }
    }
}

/// Quantises `x` to integers up to `limit`, into `row`, as `made_of` makes numbers of them. Returns the
/// quantisation step, which is NaN if any of `x` is NaN or infinite.
#[inline(always)]
pub(super) fn quantise<T>(x: &[f32], limit: f32, row: &mut [T], made_of: impl Fn(i16) -> T) -> f32 {
    // Adding it leaves the nearest integer in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let mut max = [0.0_f32; LANES];
    let mut nan = [0.0_f32; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for x in chunks {
        for ((max, nan), x) in max.iter_mut().zip(&mut nan).zip(x) {
            // What is no number is found by the other sum. `f32::max` would look for it here, too.
            *max = if x.abs() > *max { x.abs() } else { *max };
            *nan += x * 0.0;
        }
    }
    let nan = nan.iter().sum::<f32>() + rest.iter().map(|x| x * 0.0).sum::<f32>();
    let rest = rest.iter().map(|x| x.abs());
    let max = rest.chain(max).fold(0.0_f32, f32::max);
    let factor = if max > 0.0 { limit / max } else { 0.0 };
    for (number, x) in row.iter_mut().zip(x) {
        let bits = (x * factor + ROUND).to_bits();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the integer is in these bits"
        )]
        let low = bits as u16;
        *number = made_of(low.cast_signed());
    }
    max / limit + nan
}
