//! Products with codes with AVX2.

use std::arch::x86_64::{
    __m256i, _MM_HINT_NTA, _mm_add_epi32, _mm_loadu_si128, _mm_prefetch, _mm_storeu_si128,
    _mm256_add_epi16, _mm256_add_epi32, _mm256_and_si256, _mm256_broadcastsi128_si256,
    _mm256_castsi256_si128, _mm256_cvtepi8_epi16, _mm256_extracti128_si256, _mm256_hadd_epi32,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16,
    _mm256_srli_epi16,
};

use super::avx2::{PREFETCH, Proof, total};
use crate::kernel::codes::{GROUP, GROUP_BYTES, VALUES};

/// Groups whose sums of products, at most 4 · 2 · 3 · 127 each, fit 16 bits.
const NARROW_GROUPS: usize = 8;

/// Puts the dot product of `query` with the levels of each code into `out`.
pub(in crate::kernel) fn scan(_: Proof, codes: &[u8], query: &[i8], out: &mut [i32]) {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn scan_all(codes: &[u8], query: &[i8], out: &mut [i32]) {
        let query = query.as_chunks::<GROUP>().0;
        let width = query.len() * GROUP_BYTES;
        let four = codes.chunks_exact(4 * width);
        let rest = four.remainder();
        let (fours, others) = out.as_chunks_mut::<4>();
        for (codes, out) in four.zip(fours) {
            let sum = |row: usize| of_code(&codes[row * width..][..width], query);
            let (a, b) = (
                _mm256_hadd_epi32(sum(0), sum(1)),
                _mm256_hadd_epi32(sum(2), sum(3)),
            );
            let sums = _mm256_hadd_epi32(a, b);
            let high = _mm256_extracti128_si256::<1>(sums);
            let sums = _mm_add_epi32(_mm256_castsi256_si128(sums), high);
            // SAFETY: `out` has the four numbers that are written, which need no alignment.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                _mm_storeu_si128(out.as_mut_ptr().cast(), sums);
            }
        }
        for (code, out) in rest.chunks_exact(width).zip(others) {
            *out = total(of_code(code, query));
        }
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        scan_all(codes, query, out);
    }
}

/// The product with one code, as the sum of eight numbers.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn of_code(code: &[u8], query: &[[i8; GROUP]]) -> __m256i {
    let code = code.as_chunks::<GROUP_BYTES>().0;
    let mut total = _mm256_setzero_si256();
    for (code, query) in code.chunks(NARROW_GROUPS).zip(query.chunks(NARROW_GROUPS)) {
        let mut sums = [_mm256_setzero_si256(); 2];
        for (code, query) in code.iter().zip(query) {
            prefetch_code(code);
            // SAFETY: the arrays have 32 and 4 * 32 bytes; these loads need no alignment.
            #[expect(unsafe_code, reason = "argued above")]
            let (code, q) = unsafe {
                let q = |part: usize| _mm256_loadu_si256(query.as_ptr().add(32 * part).cast());
                let code = _mm256_loadu_si256(code.as_ptr().cast());
                (code, [q(0), q(1), q(2), q(3)])
            };
            let three = _mm256_set1_epi8(3);
            let levels = [
                _mm256_and_si256(code, three),
                _mm256_and_si256(_mm256_srli_epi16::<2>(code), three),
                _mm256_and_si256(_mm256_srli_epi16::<4>(code), three),
                _mm256_and_si256(_mm256_srli_epi16::<6>(code), three),
            ];
            let products = |part: usize| _mm256_maddubs_epi16(levels[part], q[part]);
            let even = _mm256_add_epi16(products(0), products(2));
            let odd = _mm256_add_epi16(products(1), products(3));
            sums[0] = _mm256_add_epi16(sums[0], even);
            sums[1] = _mm256_add_epi16(sums[1], odd);
        }
        let ones = _mm256_set1_epi16(1);
        let wide = sums.map(|sum| _mm256_madd_epi16(sum, ones));
        total = _mm256_add_epi32(total, _mm256_add_epi32(wide[0], wide[1]));
    }
    total
}

/// As `prefetch_after` of a row's bytes.
#[inline]
#[target_feature(enable = "avx2")]
fn prefetch_code(code: &[u8; GROUP_BYTES]) {
    _mm_prefetch::<_MM_HINT_NTA>(code.as_ptr().wrapping_add(PREFETCH).cast());
}

/// The product of `query` with a code and a fine code.
pub(in crate::kernel) fn fine_product(_: Proof, code: &[u8], fine: &[u8], query: &[i16]) -> i32 {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn product(code: &[u8], fine: &[u8], query: &[i16]) -> i32 {
        // SAFETY: the table has 16 bytes.
        #[expect(unsafe_code, reason = "argued above")]
        let values = unsafe { _mm_loadu_si128(VALUES.as_ptr().cast()) };
        let values = _mm256_broadcastsi128_si256(values);
        let (code, _) = code.as_chunks::<GROUP_BYTES>();
        let (fine, _) = fine.as_chunks::<GROUP_BYTES>();
        let (query, _) = query.as_chunks::<GROUP>();
        let mut sums = _mm256_setzero_si256();
        for ((code, fine), query) in code.iter().zip(fine).zip(query) {
            // SAFETY: these have 32 bytes, and the loads need no alignment.
            #[expect(unsafe_code, reason = "argued above")]
            let (levels, parts) = unsafe {
                let load = |bytes: &[u8; GROUP_BYTES]| _mm256_loadu_si256(bytes.as_ptr().cast());
                (load(code), load(fine))
            };
            // The level of each component is bits 2 and 3 of its place in the table, and the part bits 0 and 1.
            let (level, part) = (_mm256_set1_epi8(12), _mm256_set1_epi8(3));
            let (query, _) = query.as_chunks::<GROUP_BYTES>();
            let places = [
                (_mm256_slli_epi16::<2>(levels), parts),
                (levels, _mm256_srli_epi16::<2>(parts)),
                (
                    _mm256_srli_epi16::<2>(levels),
                    _mm256_srli_epi16::<4>(parts),
                ),
                (
                    _mm256_srli_epi16::<4>(levels),
                    _mm256_srli_epi16::<6>(parts),
                ),
            ];
            for ((levels, parts), query) in places.into_iter().zip(query) {
                let levels = _mm256_and_si256(levels, level);
                let place = _mm256_or_si256(levels, _mm256_and_si256(parts, part));
                let value = _mm256_shuffle_epi8(values, place);
                let halves = [
                    _mm256_castsi256_si128(value),
                    _mm256_extracti128_si256::<1>(value),
                ];
                for (half, query) in halves.into_iter().zip(query.as_chunks::<16>().0) {
                    // SAFETY: these are 16 numbers of 16 bits, and the load needs no alignment.
                    #[expect(unsafe_code, reason = "argued above")]
                    let query = unsafe { _mm256_loadu_si256(query.as_ptr().cast()) };
                    let products = _mm256_madd_epi16(_mm256_cvtepi8_epi16(half), query);
                    sums = _mm256_add_epi32(sums, products);
                }
            }
        }
        total(sums)
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        product(code, fine, query)
    }
}
