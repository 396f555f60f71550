//! Products with AVX2, FMA and F16C, which came to processors together.

use std::arch::x86_64::{
    __m256, _mm_loadl_epi64, _mm_loadu_si128, _mm256_cvtepi8_epi32, _mm256_cvtepi32_ps,
    _mm256_cvtph_ps, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps,
    _mm256_storeu_ps,
};

use super::matrix::{LANES, Values};

/// Most rows of `x` in a tile: 12 sums, and three more registers for operands.
pub(super) const ROWS: usize = 6;

/// Numbers in a register.
const WIDTH: usize = 8;

/// That the processor has AVX2, FMA and F16C.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof(());

impl Proof {
    pub(super) fn find() -> Option<Self> {
        let is_there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        is_there.then_some(Self(()))
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

/// Runs plain loops, compiled for AVX2.
pub(super) fn run(_: Proof, work: impl FnOnce()) {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn wide(work: impl FnOnce()) {
        work();
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        wide(work);
    }
}

macro_rules! for_weights {
    ($tile:ident, $any:ident, $widen:ident, $weight:ty, $at:ident => $load:expr) => {
        #[target_feature(enable = "avx2,fma,f16c")]
        fn $tile<const M: usize>(weights: &[$weight], x: &[f32], sums: &mut [f32]) {
            let depth = x.len() / M;
            assert_eq!(weights.len(), depth * LANES);
            assert_eq!(sums.len(), M * LANES);
            let mut totals = [[_mm256_setzero_ps(); LANES / WIDTH]; M];
            let (weights, x) = (weights.as_ptr(), x.as_ptr());
            for column in 0..depth {
                let mut row = [_mm256_setzero_ps(); LANES / WIDTH];
                for (half, row) in row.iter_mut().enumerate() {
                    // SAFETY: by the first assertion there are `depth` columns of 16.
                    #[expect(unsafe_code, reason = "argued above")]
                    unsafe {
                        let $at = weights.add(column * LANES + half * WIDTH);
                        *row = $load;
                    }
                }
                for (m, totals) in totals.iter_mut().enumerate() {
                    // SAFETY: `depth * M` is at most the length of `x`.
                    #[expect(unsafe_code, reason = "argued above")]
                    let x = _mm256_set1_ps(unsafe { *x.add(column * M + m) });
                    for (total, row) in totals.iter_mut().zip(&row) {
                        *total = _mm256_fmadd_ps(*row, x, *total);
                    }
                }
            }
            for (sums, total) in sums.chunks_exact_mut(WIDTH).zip(totals.as_flattened()) {
                store(*total, sums);
            }
        }

        #[target_feature(enable = "avx2,fma,f16c")]
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

        #[target_feature(enable = "avx2,fma,f16c")]
        fn $widen(weights: &[$weight], wide: &mut [f32]) {
            for (weights, wide) in weights
                .chunks_exact(WIDTH)
                .zip(wide.chunks_exact_mut(WIDTH))
            {
                let $at = weights.as_ptr();
                // SAFETY: the chunk has 8 numbers.
                #[expect(unsafe_code, reason = "argued above")]
                store(unsafe { $load }, wide);
            }
        }
    };
}

for_weights!(tile_f32, of_f32, widen_f32, f32, at => _mm256_loadu_ps(at));
for_weights!(tile_f16, of_f16, widen_f16, u16, at => _mm256_cvtph_ps(_mm_loadu_si128(at.cast())));
for_weights!(tile_i8, of_i8, widen_i8, i8, at => {
    _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(at.cast())))
});

#[target_feature(enable = "avx2,fma,f16c")]
fn store(value: __m256, to: &mut [f32]) {
    assert_eq!(to.len(), WIDTH);
    // SAFETY: by the assertion there is room for 8 floats.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        _mm256_storeu_ps(to.as_mut_ptr(), value);
    }
}
