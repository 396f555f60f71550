//! Products with NEON, which every aarch64 processor has.

use std::arch::aarch64::{
    float32x4_t, vcvtq_f32_s32, vdupq_n_f32, vfmaq_f32, vget_high_s16, vget_low_s16, vld1_s8,
    vld1q_f32, vmovl_s8, vmovl_s16, vst1q_f32,
};
use std::arch::is_aarch64_feature_detected;

use half::f16;

use super::matrix::{LANES, Values};

/// Most rows of `x` in a tile: 24 sums, and five more registers for operands.
pub(super) const ROWS: usize = 6;

/// Numbers in a register.
const WIDTH: usize = 4;

/// Registers for a column of a panel.
const PARTS: usize = LANES / WIDTH;

/// That the processor has NEON.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof(());

impl Proof {
    pub(super) fn find() -> Option<Self> {
        is_aarch64_feature_detected!("neon").then_some(Self(()))
    }
}

/// Sums of one panel's `weights` with `rows` rows of `x`.
pub(super) fn tile(_: Proof, weights: Values<'_>, x: &[f32], rows: usize, sums: &mut [f32]) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        match weights {
            Values::F32(weights) => of_f32(weights, x, rows, sums),
            Values::F16(weights) => of_f16(weights, x, rows, sums),
            Values::I8(weights) => of_i8(weights, x, rows, sums),
        }
    }
}

pub(super) fn widen(_: Proof, weights: Values<'_>, wide: &mut [f32]) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        match weights {
            Values::F32(weights) => widen_f32(weights, wide),
            Values::F16(weights) => widen_f16(weights, wide),
            Values::I8(weights) => widen_i8(weights, wide),
        }
    }
}

macro_rules! for_weights {
    ($tile:ident, $any:ident, $widen:ident, $weight:ty, $load:ident) => {
        #[target_feature(enable = "neon")]
        fn $tile<const M: usize>(weights: &[$weight], x: &[f32], sums: &mut [f32]) {
            assert_eq!(weights.len() / LANES, x.len() / M);
            assert_eq!(sums.len(), M * LANES);
            let mut totals = [[vdupq_n_f32(0.0); PARTS]; M];
            for (weights, x) in weights.chunks_exact(LANES).zip(x.chunks_exact(M)) {
                let row = $load(weights);
                for (totals, x) in totals.iter_mut().zip(x) {
                    let x = vdupq_n_f32(*x);
                    for (total, row) in totals.iter_mut().zip(&row) {
                        *total = vfmaq_f32(*total, *row, x);
                    }
                }
            }
            for (sums, total) in sums.chunks_exact_mut(WIDTH).zip(totals.as_flattened()) {
                store(*total, sums);
            }
        }

        #[target_feature(enable = "neon")]
        fn $any(weights: &[$weight], x: &[f32], rows: usize, sums: &mut [f32]) {
            match rows {
                1 => $tile::<1>(weights, x, sums),
                2 => $tile::<2>(weights, x, sums),
                3 => $tile::<3>(weights, x, sums),
                4 => $tile::<4>(weights, x, sums),
                5 => $tile::<5>(weights, x, sums),
                6 => $tile::<6>(weights, x, sums),
                _ => unreachable!("tiles have up to 6 rows"),
            }
        }

        #[target_feature(enable = "neon")]
        fn $widen(weights: &[$weight], wide: &mut [f32]) {
            for (weights, wide) in weights
                .chunks_exact(LANES)
                .zip(wide.chunks_exact_mut(LANES))
            {
                for (part, wide) in $load(weights).iter().zip(wide.chunks_exact_mut(WIDTH)) {
                    store(*part, wide);
                }
            }
        }
    };
}

for_weights!(tile_f32, of_f32, widen_f32, f32, load_f32);
for_weights!(tile_f16, of_f16, widen_f16, u16, load_f16);
for_weights!(tile_i8, of_i8, widen_i8, i8, load_i8);

#[inline]
#[target_feature(enable = "neon")]
fn load_f32(from: &[f32]) -> [float32x4_t; PARTS] {
    assert_eq!(from.len(), LANES);
    let from = from.as_ptr();
    // SAFETY: by the assertion there are 16 floats.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        [
            vld1q_f32(from),
            vld1q_f32(from.add(4)),
            vld1q_f32(from.add(8)),
            vld1q_f32(from.add(12)),
        ]
    }
}

/// Rust has no stable conversion instruction for 16-bit floats here; the compiler knows it.
#[inline]
#[target_feature(enable = "neon")]
fn load_f16(from: &[u16]) -> [float32x4_t; PARTS] {
    let mut wide = [0.0; LANES];
    for (wide, from) in wide.iter_mut().zip(from) {
        *wide = f16::from_bits(*from).to_f32();
    }
    load_f32(&wide)
}

#[inline]
#[target_feature(enable = "neon")]
fn load_i8(from: &[i8]) -> [float32x4_t; PARTS] {
    assert_eq!(from.len(), LANES);
    // SAFETY: by the assertion there are 16 integers.
    #[expect(unsafe_code, reason = "argued above")]
    let (low, high) = unsafe { (vld1_s8(from.as_ptr()), vld1_s8(from.as_ptr().add(8))) };
    let (low, high) = (vmovl_s8(low), vmovl_s8(high));
    [
        vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))),
        vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
        vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))),
        vcvtq_f32_s32(vmovl_s16(vget_high_s16(high))),
    ]
}

#[target_feature(enable = "neon")]
fn store(value: float32x4_t, to: &mut [f32]) {
    assert_eq!(to.len(), WIDTH);
    // SAFETY: by the assertion there is room for 4 floats.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        vst1q_f32(to.as_mut_ptr(), value);
    }
}
