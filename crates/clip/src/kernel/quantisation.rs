//! How activations become integers, before they are multiplied with weights of 8 bits.

use super::matrix::LANES;

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
    /// To 7 bits, but for the columns with the largest numbers, which have 16: the products of eight of
    /// them fit 16 bits. Less precise.
    Int7,
}

impl Quantisation {
    /// Largest integer in a row.
    pub(super) fn max(self) -> f32 {
        match self {
            Self::Int16 => f32::from(LARGEST),
            Self::Int8 => 127.0,
            Self::Int7 => 63.0,
        }
    }
}

/// Quantises `x` to integers up to `limit`, into `row`. Returns the quantisation step, which is NaN if
/// any of `x` is NaN or infinite.
#[inline(always)]
pub(super) fn quantise(x: &[f32], limit: f32, row: &mut [i16]) -> f32 {
    // Adding it leaves the nearest integer in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let mut max = [0.0_f32; LANES];
    let mut nan = [0.0_f32; LANES];
    for x in x.chunks(LANES) {
        for ((max, nan), x) in max.iter_mut().zip(&mut nan).zip(x) {
            *max = max.max(x.abs());
            *nan += x * 0.0;
        }
    }
    let nan: f32 = nan.iter().sum();
    let max = max.iter().fold(0.0_f32, |max, x| max.max(*x));
    let factor = if max > 0.0 { limit / max } else { 0.0 };
    for (number, x) in row.iter_mut().zip(x) {
        let bits = (x * factor + ROUND).to_bits();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the integer is in these bits"
        )]
        let low = bits as u16;
        *number = low.cast_signed();
    }
    max / limit + nan
}
