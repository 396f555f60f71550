//! Products with AVX-512F.

use std::arch::x86_64::{
    __m512, _mm_loadu_si128, _mm256_loadu_si256, _mm512_cvtepi8_epi32, _mm512_cvtepi32_ps,
    _mm512_cvtph_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps,
    _mm512_storeu_ps,
};

use super::matrix::{LANES, Values};

/// Most rows of `x` in a tile: with two panels 28 sums, and three more registers for operands.
pub(super) const ROWS: usize = 14;

/// Most panels in a tile.
pub(super) const PANELS: usize = 2;

/// That the processor has AVX-512F.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proof(());

impl Proof {
    pub(super) fn find() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }
}

/// Sums of `panels` panels of `weights` with `rows` rows of `x`.
pub(super) fn tile(
    _: Proof,
    weights: Values<'_>,
    panels: usize,
    x: &[f32],
    rows: usize,
    sums: &mut [f32],
) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        match weights {
            Values::F32(weights) => of_f32(weights, panels, x, rows, sums),
            Values::F16(weights) => of_f16(weights, panels, x, rows, sums),
            Values::I8(weights) => of_i8(weights, panels, x, rows, sums),
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

/// Runs plain loops, compiled for AVX-512F.
pub(super) fn run(_: Proof, work: impl FnOnce()) {
    #[target_feature(enable = "avx512f")]
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
        #[target_feature(enable = "avx512f")]
        fn $tile<const P: usize, const M: usize>(weights: &[$weight], x: &[f32], sums: &mut [f32]) {
            let depth = x.len() / M;
            assert_eq!(weights.len(), P * depth * LANES);
            assert_eq!(sums.len(), P * M * LANES);
            let mut totals = [[_mm512_setzero_ps(); P]; M];
            let (weights, x) = (weights.as_ptr(), x.as_ptr());
            for column in 0..depth {
                let mut row = [_mm512_setzero_ps(); P];
                for (panel, row) in row.iter_mut().enumerate() {
                    // SAFETY: by the first assertion each panel has `depth` columns of 16.
                    #[expect(unsafe_code, reason = "argued above")]
                    unsafe {
                        let $at = weights.add((panel * depth + column) * LANES);
                        *row = $load;
                    }
                }
                for (m, totals) in totals.iter_mut().enumerate() {
                    // SAFETY: `depth * M` is at most the length of `x`.
                    #[expect(unsafe_code, reason = "argued above")]
                    let x = _mm512_set1_ps(unsafe { *x.add(column * M + m) });
                    for (total, row) in totals.iter_mut().zip(&row) {
                        *total = _mm512_fmadd_ps(*row, x, *total);
                    }
                }
            }
            for (sums, total) in sums.chunks_exact_mut(LANES).zip(totals.as_flattened()) {
                store(*total, sums);
            }
        }

        #[target_feature(enable = "avx512f")]
        fn $any(weights: &[$weight], panels: usize, x: &[f32], rows: usize, sums: &mut [f32]) {
            match (panels, rows) {
                (1, 1) => $tile::<1, 1>(weights, x, sums),
                (1, 2) => $tile::<1, 2>(weights, x, sums),
                (1, 3) => $tile::<1, 3>(weights, x, sums),
                (1, 4) => $tile::<1, 4>(weights, x, sums),
                (1, 5) => $tile::<1, 5>(weights, x, sums),
                (1, 6) => $tile::<1, 6>(weights, x, sums),
                (1, 7) => $tile::<1, 7>(weights, x, sums),
                (1, 8) => $tile::<1, 8>(weights, x, sums),
                (1, 9) => $tile::<1, 9>(weights, x, sums),
                (1, 10) => $tile::<1, 10>(weights, x, sums),
                (1, 11) => $tile::<1, 11>(weights, x, sums),
                (1, 12) => $tile::<1, 12>(weights, x, sums),
                (1, 13) => $tile::<1, 13>(weights, x, sums),
                (1, 14) => $tile::<1, 14>(weights, x, sums),
                (2, 1) => $tile::<2, 1>(weights, x, sums),
                (2, 2) => $tile::<2, 2>(weights, x, sums),
                (2, 3) => $tile::<2, 3>(weights, x, sums),
                (2, 4) => $tile::<2, 4>(weights, x, sums),
                (2, 5) => $tile::<2, 5>(weights, x, sums),
                (2, 6) => $tile::<2, 6>(weights, x, sums),
                (2, 7) => $tile::<2, 7>(weights, x, sums),
                (2, 8) => $tile::<2, 8>(weights, x, sums),
                (2, 9) => $tile::<2, 9>(weights, x, sums),
                (2, 10) => $tile::<2, 10>(weights, x, sums),
                (2, 11) => $tile::<2, 11>(weights, x, sums),
                (2, 12) => $tile::<2, 12>(weights, x, sums),
                (2, 13) => $tile::<2, 13>(weights, x, sums),
                (2, 14) => $tile::<2, 14>(weights, x, sums),
                _ => unreachable!("tiles have up to 2 panels and 14 rows"),
            }
        }

        #[target_feature(enable = "avx512f")]
        fn $widen(weights: &[$weight], wide: &mut [f32]) {
            for (weights, wide) in weights
                .chunks_exact(LANES)
                .zip(wide.chunks_exact_mut(LANES))
            {
                let $at = weights.as_ptr();
                // SAFETY: the chunk has 16 numbers.
                #[expect(unsafe_code, reason = "argued above")]
                store(unsafe { $load }, wide);
            }
        }
    };
}

for_weights!(tile_f32, of_f32, widen_f32, f32, at => _mm512_loadu_ps(at));
for_weights!(tile_f16, of_f16, widen_f16, u16, at => {
    _mm512_cvtph_ps(_mm256_loadu_si256(at.cast()))
});
for_weights!(tile_i8, of_i8, widen_i8, i8, at => {
    _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(at.cast())))
});

#[target_feature(enable = "avx512f")]
fn store(value: __m512, to: &mut [f32]) {
    assert_eq!(to.len(), LANES);
    // SAFETY: by the assertion there is room for 16 floats.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        _mm512_storeu_ps(to.as_mut_ptr(), value);
    }
}
