//! Products of bytes with AVX2: `vpmaddubsw` adds two of them in 16 bits.

use std::arch::x86_64::{
    __m256i, _mm_setzero_si128, _mm_unpackhi_epi16, _mm_unpacklo_epi16, _mm256_abs_epi8,
    _mm256_add_epi16, _mm256_add_epi32, _mm256_cvtepi32_ps, _mm256_loadu_si256, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_max_epu16, _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256, _mm256_sub_epi16,
};

use super::avx2::{Proof, WIDTH, add, interleaved};
use crate::kernel::matrix::LANES;
use crate::kernel::prefetch::Prefetch;
use crate::kernel::septets::{BOUND, EXCESS, FEW, MANY, Septets};

/// Most rows of `x` in a tile: 6 sums of 32 bits and as many of 16, and four more registers.
pub(in crate::kernel) const ROWS: usize = 3;

/// Bytes of four columns.
const QUAD: usize = 4 * LANES;
/// Bytes of half of them, which is a register.
const HALF: usize = QUAD / 2;

/// Adds the products of one panel with `rows` rows of `x` to `sums`, and fetches `prefetch` meanwhile.
pub(in crate::kernel) fn tile(
    _: Proof,
    weights: &Septets,
    x: &[[u8; 4]],
    rows: usize,
    sums: &mut [f32],
    prefetch: Prefetch,
) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        match (rows, weights.together) {
            (1, MANY) => of_septets::<1, MANY>(weights, x, sums, prefetch),
            (2, MANY) => of_septets::<2, MANY>(weights, x, sums, prefetch),
            (3, MANY) => of_septets::<3, MANY>(weights, x, sums, prefetch),
            (1, FEW) => of_septets::<1, FEW>(weights, x, sums, prefetch),
            (2, FEW) => of_septets::<2, FEW>(weights, x, sums, prefetch),
            (3, FEW) => of_septets::<3, FEW>(weights, x, sums, prefetch),
            _ => unreachable!("tiles have up to {ROWS} rows"),
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn of_septets<const M: usize, const TOGETHER: usize>(
    weights: &Septets,
    x: &[[u8; 4]],
    sums: &mut [f32],
    prefetch: Prefetch,
) {
    let count = x.len() / M;
    assert_eq!(weights.quads.len(), count * QUAD);
    assert_eq!(weights.starts.len(), count.div_ceil(TOGETHER) * 2 * LANES);
    assert_eq!(sums.len(), M * LANES);
    let mut totals = [[_mm256_setzero_si256(); 2]; M];
    let starts = weights.starts.as_chunks::<{ 2 * LANES }>().0;
    let (quads, _) = weights.quads.as_chunks::<QUAD>();
    let (groups, rest) = quads.as_chunks::<TOGETHER>();
    let mut x = x.as_chunks::<M>().0;
    for (number, (quads, start)) in groups.iter().zip(starts).enumerate() {
        prefetch.touch(0, number * TOGETHER);
        let mut products = begun(start);
        let (these, others) = x.split_at(TOGETHER);
        x = others;
        for (quad, x) in quads.iter().zip(these) {
            multiply(quad, x, &mut products);
        }
        widen_sums(&products, &mut totals);
    }
    if let Some(start) = starts.get(groups.len()) {
        let mut products = begun(start);
        for (quad, x) in rest.iter().zip(x) {
            multiply(quad, x, &mut products);
        }
        widen_sums(&products, &mut totals);
    }
    for (sums, total) in sums.chunks_exact_mut(WIDTH).zip(totals.as_flattened()) {
        add(_mm256_cvtepi32_ps(*total), sums);
    }
}

/// Two registers of sums of 16 bits for each row.
type Products<const M: usize> = [[__m256i; 2]; M];

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn begun<const M: usize>(start: &[i16; 2 * LANES]) -> Products<M> {
    let [low, high] = start.as_chunks::<LANES>().0 else {
        unreachable!("two halves")
    };
    // SAFETY: both have 16 numbers of 16 bits.
    #[expect(unsafe_code, reason = "argued above")]
    let start = unsafe {
        [
            _mm256_loadu_si256(low.as_ptr().cast()),
            _mm256_loadu_si256(high.as_ptr().cast()),
        ]
    };
    [start; M]
}

/// Adds the products of four columns with as many numbers of each row.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn multiply<const M: usize>(quad: &[i8; QUAD], x: &[[u8; 4]; M], products: &mut Products<M>) {
    let row = halves(quad);
    for (x, products) in x.iter().zip(products) {
        let x = _mm256_set1_epi32(i32::from_le_bytes(*x));
        for (product, row) in products.iter_mut().zip(&row) {
            *product = _mm256_add_epi16(*product, _mm256_maddubs_epi16(x, *row));
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn widen_sums<const M: usize>(products: &Products<M>, totals: &mut Products<M>) {
    let ones = _mm256_set1_epi16(1);
    for (totals, products) in totals.iter_mut().zip(products) {
        for (total, product) in totals.iter_mut().zip(products) {
            *total = _mm256_add_epi32(*total, _mm256_madd_epi16(*product, ones));
        }
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn halves(quad: &[i8; QUAD]) -> [__m256i; 2] {
    // SAFETY: they are 64 bytes.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        let quad = quad.as_ptr();
        [
            _mm256_loadu_si256(quad.cast()),
            _mm256_loadu_si256(quad.add(HALF).cast()),
        ]
    }
}

/// Puts the columns of a panel into `wide`.
pub(in crate::kernel) fn widen(_: Proof, weights: &[i8], wide: &mut Septets) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        let count = weights.len().div_ceil(QUAD);
        wide.quads.resize(count * QUAD, 0);
        for (columns, quad) in weights.chunks(QUAD).zip(wide.quads.chunks_exact_mut(QUAD)) {
            widen_quad(columns, quad);
        }
        wide.together = MANY;
        if !begin(wide) {
            wide.together = FEW;
            begin(wide);
        }
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn widen_quad(columns: &[i8], quad: &mut [i8]) {
    let (first, second) = columns.split_at(columns.len().min(2 * LANES));
    let [a, b] = interleaved(first);
    let [c, d] = if second.is_empty() {
        [_mm_setzero_si128(); 2]
    } else {
        interleaved(second)
    };
    let low = _mm256_set_m128i(_mm_unpackhi_epi16(a, c), _mm_unpacklo_epi16(a, c));
    let high = _mm256_set_m128i(_mm_unpackhi_epi16(b, d), _mm_unpacklo_epi16(b, d));
    for (half, to) in [low, high].into_iter().zip(quad.chunks_exact_mut(HALF)) {
        // SAFETY: there is room for 32 bytes.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            _mm256_storeu_si256(to.as_mut_ptr().cast(), half);
        }
    }
}

/// Says what the sums of groups begin with, and whether the products of each group fit 16 bits.
#[target_feature(enable = "avx2,fma,f16c")]
fn begin(wide: &mut Septets) -> bool {
    let groups = wide.quads.chunks(wide.together * QUAD);
    wide.starts.resize(groups.len() * 2 * LANES, 0);
    let ones = _mm256_set1_epi8(1);
    let excess = _mm256_set1_epi8(EXCESS.cast_signed());
    let mut most = _mm256_setzero_si256();
    for (group, starts) in groups.zip(wide.starts.chunks_exact_mut(2 * LANES)) {
        let [mut signed, mut size] = [[_mm256_setzero_si256(); 2]; 2];
        for quad in group.as_chunks::<QUAD>().0 {
            for (half, row) in halves(quad).into_iter().enumerate() {
                let excess = _mm256_maddubs_epi16(excess, row);
                signed[half] = _mm256_sub_epi16(signed[half], excess);
                let row = _mm256_maddubs_epi16(_mm256_abs_epi8(row), ones);
                size[half] = _mm256_add_epi16(size[half], row);
            }
        }
        for (half, start) in starts.chunks_exact_mut(LANES).enumerate() {
            most = _mm256_max_epu16(most, size[half]);
            // SAFETY: there is room for 16 numbers of 16 bits.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                _mm256_storeu_si256(start.as_mut_ptr().cast(), signed[half]);
            }
        }
    }
    let mut sizes = [0_u16; LANES];
    // SAFETY: as above.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        _mm256_storeu_si256(sizes.as_mut_ptr().cast(), most);
    }
    sizes.iter().all(|size| *size <= BOUND)
}
