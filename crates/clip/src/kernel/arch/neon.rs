//! Products with NEON, which every aarch64 processor has.

use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vaddq_s32, vaddvq_s32, vcvtq_f32_s32, vdupq_n_f32, vdupq_n_s32,
    vfmaq_f32, vget_low_s8, vget_low_s16, vld1q_f32, vld1q_s8, vld1q_s16, vmlal_high_n_s16,
    vmlal_n_s16, vmull_high_s8, vmull_s8, vpadalq_s16, vst1q_f32,
};
use std::arch::is_aarch64_feature_detected;

use crate::kernel::matrix::LANES;
use crate::kernel::prefetch::Prefetch;
use crate::kernel::scan::STRIDE;

/// Most rows of `x` in a tile: 24 sums, and five more registers for operands.
pub(in crate::kernel) const ROWS: usize = 6;

/// Numbers in a register.
const WIDTH: usize = 4;

/// Registers for a column of a panel.
const PARTS: usize = LANES / WIDTH;

/// That the processor has NEON.
#[derive(Debug, Clone, Copy)]
pub(in crate::kernel) struct Proof(());

impl Proof {
    pub(in crate::kernel) fn find() -> Option<Self> {
        is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

/// Adds the products of one panel's `weights` with `rows` rows of `x` to `sums`, and fetches `prefetch`
/// meanwhile.
pub(in crate::kernel) fn tile(
    _: Proof,
    weights: &[f32],
    x: &[f32],
    rows: usize,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        for_rows!(rows, of_floats(weights, x, sums, prefetch));
    }
}

#[target_feature(enable = "neon")]
fn of_floats<const M: usize>(weights: &[f32], x: &[f32], sums: &mut [f32], prefetch: &Prefetch) {
    assert_eq!(weights.len() / LANES, x.len() / M);
    assert_eq!(sums.len(), M * LANES);
    let mut totals = [[vdupq_n_f32(0.0); PARTS]; M];
    let columns = weights.chunks_exact(LANES).zip(x.chunks_exact(M));
    for (column, (weights, x)) in columns.enumerate() {
        prefetch.touch(0, column);
        let mut row = [vdupq_n_f32(0.0); PARTS];
        for (row, weights) in row.iter_mut().zip(weights.chunks_exact(WIDTH)) {
            // SAFETY: the chunk has 4 floats.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                *row = vld1q_f32(weights.as_ptr());
            }
        }
        for (totals, x) in totals.iter_mut().zip(x) {
            let x = vdupq_n_f32(*x);
            for (total, row) in totals.iter_mut().zip(&row) {
                *total = vfmaq_f32(*total, *row, x);
            }
        }
    }
    for (sums, total) in sums.chunks_exact_mut(WIDTH).zip(totals.as_flattened()) {
        add(*total, sums);
    }
}

/// Adds the products of one panel with `rows` rows of `x` to `sums`; `weights` are columns one after
/// the other, as [`super::scalar::widen_pairs`] makes them.
pub(in crate::kernel) fn tile_pairs(
    _: Proof,
    weights: &[i16],
    x: &[[i16; 2]],
    rows: usize,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        for_rows!(rows, of_pairs(weights, x, sums, prefetch));
    }
}

#[target_feature(enable = "neon")]
fn of_pairs<const M: usize>(
    weights: &[i16],
    x: &[[i16; 2]],
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    assert_eq!(weights.len() / (2 * LANES), x.len() / M);
    assert_eq!(sums.len(), M * LANES);
    let mut totals = [[vdupq_n_s32(0); PARTS]; M];
    let pairs = weights.chunks_exact(2 * LANES).zip(x.chunks_exact(M));
    for (at, (pair, x)) in pairs.enumerate() {
        prefetch.touch(0, at);
        for (which, column) in pair.chunks_exact(LANES).enumerate() {
            // SAFETY: the column has 16 numbers.
            #[expect(unsafe_code, reason = "argued above")]
            let (low, high) = unsafe {
                (
                    vld1q_s16(column.as_ptr()),
                    vld1q_s16(column.as_ptr().add(8)),
                )
            };
            for (totals, x) in totals.iter_mut().zip(x) {
                let [a, b, c, d] = totals;
                *a = vmlal_n_s16(*a, vget_low_s16(low), x[which]);
                *b = vmlal_high_n_s16(*b, low, x[which]);
                *c = vmlal_n_s16(*c, vget_low_s16(high), x[which]);
                *d = vmlal_high_n_s16(*d, high, x[which]);
            }
        }
    }
    for (sums, total) in sums.chunks_exact_mut(WIDTH).zip(totals.as_flattened()) {
        add(vcvtq_f32_s32(*total), sums);
    }
}

#[target_feature(enable = "neon")]
fn add(value: float32x4_t, to: &mut [f32]) {
    assert_eq!(to.len(), WIDTH);
    // SAFETY: by the assertion there are 4 floats.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        let sum = vaddq_f32(vld1q_f32(to.as_ptr()), value);
        vst1q_f32(to.as_mut_ptr(), sum);
    }
}

/// Puts the dot product of `query` with each row of signed bytes into `out`.
pub(in crate::kernel) fn scan_i8(_: Proof, rows: &[u8], query: &[i8], out: &mut [i32]) {
    #[target_feature(enable = "neon")]
    fn scan(rows: &[u8], query: &[i8], out: &mut [i32]) {
        let (query, _) = query.as_chunks::<STRIDE>();
        for (row, out) in rows.chunks_exact(query.len() * STRIDE).zip(out) {
            let mut sums = [vdupq_n_s32(0); 2];
            for (row, query) in row.as_chunks::<STRIDE>().0.iter().zip(query) {
                for part in 0..4 {
                    // SAFETY: both arrays have 4 * 16 bytes, of which the part `part` < 4 is read;
                    // these loads need no alignment.
                    #[expect(unsafe_code, reason = "argued above")]
                    let (x, q) = unsafe {
                        (
                            vld1q_s8(row.as_ptr().add(16 * part).cast()),
                            vld1q_s8(query.as_ptr().add(16 * part)),
                        )
                    };
                    let [low, high] = &mut sums;
                    *low = vpadalq_s16(*low, vmull_s8(vget_low_s8(x), vget_low_s8(q)));
                    *high = vpadalq_s16(*high, vmull_high_s8(x, q));
                }
            }
            *out = vaddvq_s32(vaddq_s32(sums[0], sums[1]));
        }
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        scan(rows, query, out);
    }
}
