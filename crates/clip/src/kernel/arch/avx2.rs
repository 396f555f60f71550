//! Products with AVX2, FMA and F16C, which came to processors together.

use std::arch::x86_64::{
    __m128i, __m256, __m256i, _MM_HINT_NTA, _mm_add_epi32, _mm_add_ps, _mm_add_ss,
    _mm_cvtsi128_si32, _mm_cvtss_f32, _mm_loadu_si128, _mm_movehl_ps, _mm_prefetch,
    _mm_setzero_si128, _mm_shuffle_epi32, _mm_shuffle_ps, _mm_unpackhi_epi8, _mm_unpacklo_epi8,
    _mm256_add_epi32, _mm256_add_ps, _mm256_castps256_ps128, _mm256_castsi256_si128,
    _mm256_cvtepi8_epi16, _mm256_cvtepi32_ps, _mm256_cvtph_ps, _mm256_extractf128_ps,
    _mm256_extracti128_si256, _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_set1_ps,
    _mm256_setzero_ps, _mm256_setzero_si256, _mm256_storeu_ps, _mm256_storeu_si256,
    _mm256_unpackhi_epi16, _mm256_unpacklo_epi16,
};

use crate::kernel::Loops;
use crate::kernel::matrix::LANES;
use crate::kernel::prefetch::Prefetch;
use crate::kernel::scan::STRIDE;

/// Most rows of `x` in a tile: 12 sums, and three more registers for operands.
pub(in crate::kernel) const ROWS: usize = 6;

/// Numbers in a register.
pub(super) const WIDTH: usize = 8;

/// That the processor has AVX2, FMA and F16C.
#[derive(Debug, Clone, Copy)]
pub(in crate::kernel) struct Proof(());

impl Proof {
    pub(in crate::kernel) fn find() -> Option<Self> {
        let is_there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        is_there.then_some(Self(()))
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

#[target_feature(enable = "avx2,fma,f16c")]
fn of_floats<const M: usize>(weights: &[f32], x: &[f32], sums: &mut [f32], prefetch: &Prefetch) {
    let depth = x.len() / M;
    assert_eq!(weights.len(), depth * LANES);
    assert_eq!(sums.len(), M * LANES);
    let mut totals = [[_mm256_setzero_ps(); LANES / WIDTH]; M];
    let (weights, x) = (weights.as_ptr(), x.as_ptr());
    for column in 0..depth {
        prefetch.touch(0, column);
        let mut row = [_mm256_setzero_ps(); LANES / WIDTH];
        for (half, row) in row.iter_mut().enumerate() {
            // SAFETY: by the first assertion there are `depth` columns of 16.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                *row = _mm256_loadu_ps(weights.add(column * LANES + half * WIDTH));
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
        add(*total, sums);
    }
}

/// Bits of 16-bit floats as 32-bit floats.
pub(in crate::kernel) fn widen(_: Proof, weights: &[u16], wide: &mut [f32]) {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn widen(weights: &[u16], wide: &mut [f32]) {
        let weights = weights.as_chunks::<WIDTH>().0;
        for (weights, wide) in weights.iter().zip(wide.as_chunks_mut::<WIDTH>().0) {
            // SAFETY: both have 8 numbers.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                let halves = _mm_loadu_si128(weights.as_ptr().cast());
                _mm256_storeu_ps(wide.as_mut_ptr(), _mm256_cvtph_ps(halves));
            }
        }
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        widen(weights, wide);
    }
}

/// Runs plain loops, compiled for AVX2.
pub(in crate::kernel) fn run(_: Proof, loops: impl Loops) {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn wide(loops: impl Loops) {
        loops.run::<true>();
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        wide(loops);
    }
}

/// Adds the products of one panel with `rows` rows of `x` to `sums`; `weights` as
/// [`widen_pairs`] makes them.
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
        for_rows!(rows, of_wide_pairs(weights, x, sums, prefetch));
    }
}

/// The same of weights as they lie in the file, of an even number of columns.
pub(in crate::kernel) fn tile_narrow_pairs(
    _: Proof,
    weights: &[i8],
    x: &[[i16; 2]],
    rows: usize,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        for_rows!(rows, of_narrow_pairs(weights, x, sums, prefetch));
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn of_wide_pairs<const M: usize>(
    weights: &[i16],
    x: &[[i16; 2]],
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    let pairs = weights.as_chunks::<{ 2 * LANES }>().0;
    let columns = pairs.iter().map(|pair| {
        let half = |half: usize| {
            // SAFETY: a pair has two halves of 16 numbers.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                _mm256_loadu_si256(pair.as_ptr().add(half * 2 * WIDTH).cast())
            }
        };
        [half(0), half(1)]
    });
    of_pairs::<M>(columns, x, sums, prefetch);
}

#[target_feature(enable = "avx2,fma,f16c")]
fn of_narrow_pairs<const M: usize>(
    weights: &[i8],
    x: &[[i16; 2]],
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    let pairs = weights.as_chunks::<{ 2 * LANES }>().0;
    let columns = pairs.iter().map(|pair| paired(pair));
    of_pairs::<M>(columns, x, sums, prefetch);
}

/// Adds products of `pairs` of columns, which are as [`paired`] makes them, to `sums`.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn of_pairs<const M: usize>(
    pairs: impl ExactSizeIterator<Item = [__m256i; LANES / WIDTH]>,
    x: &[[i16; 2]],
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    assert_eq!(pairs.len(), x.len() / M);
    assert_eq!(sums.len(), M * LANES);
    let mut totals = [[_mm256_setzero_si256(); LANES / WIDTH]; M];
    for ((pair, row), x) in pairs.enumerate().zip(x.as_chunks::<M>().0) {
        prefetch.touch(0, pair);
        for (totals, x) in totals.iter_mut().zip(x) {
            // SAFETY: two numbers of 16 bits have 32.
            #[expect(unsafe_code, reason = "argued above")]
            let x = unsafe { x.as_ptr().cast::<i32>().read_unaligned() };
            let x = _mm256_set1_epi32(x);
            for (total, row) in totals.iter_mut().zip(&row) {
                *total = _mm256_add_epi32(*total, _mm256_madd_epi16(*row, x));
            }
        }
    }
    for ([first, second], sums) in totals.iter().zip(sums.as_chunks_mut::<LANES>().0) {
        let (low, high) = sums.split_at_mut(WIDTH);
        let halves = [
            (_mm256_permute2x128_si256::<0x20>(*first, *second), low),
            (_mm256_permute2x128_si256::<0x31>(*first, *second), high),
        ];
        for (half, sums) in halves {
            add(_mm256_cvtepi32_ps(half), sums);
        }
    }
}

/// Two columns at a time, as [`paired`] makes them.
pub(in crate::kernel) fn widen_pairs(_: Proof, weights: &[i8], wide: &mut [i16]) {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn widen(weights: &[i8], wide: &mut [i16]) {
        let wide = wide.as_chunks_mut::<LANES>().0.as_chunks_mut::<2>().0;
        for (columns, wide) in weights.chunks(2 * LANES).zip(wide) {
            for (half, wide) in paired(columns).into_iter().zip(wide) {
                // SAFETY: there is room for 16 numbers of 16 bits.
                #[expect(unsafe_code, reason = "argued above")]
                unsafe {
                    _mm256_storeu_si256(wide.as_mut_ptr().cast(), half);
                }
            }
        }
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        widen(weights, wide);
    }
}

/// Two columns of 16 numbers in 16 bits, the two of each row beside each other: those of rows 0 to 3 and 8 to 11, and
/// those of the others. A missing second column is zeros.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn paired(columns: &[i8]) -> [__m256i; LANES / WIDTH] {
    let [first, second] = two(columns).map(|column| _mm256_cvtepi8_epi16(column));
    [
        _mm256_unpacklo_epi16(first, second),
        _mm256_unpackhi_epi16(first, second),
    ]
}

/// Two columns of 16 numbers, interleaved, in two halves. A missing second column is zeros.
#[inline]
#[target_feature(enable = "sse2")]
pub(in crate::kernel) fn interleaved(columns: &[i8]) -> [__m128i; 2] {
    let [first, second] = two(columns);
    [
        _mm_unpacklo_epi8(first, second),
        _mm_unpackhi_epi8(first, second),
    ]
}

/// Two columns of 16 numbers. A missing second one is zeros.
#[inline]
#[target_feature(enable = "sse2")]
fn two(columns: &[i8]) -> [__m128i; 2] {
    let (first, second) = columns.split_at(LANES);
    [first, second].map(|from| match from.first_chunk::<LANES>() {
        // SAFETY: the column has 16 bytes.
        #[expect(unsafe_code, reason = "argued above")]
        Some(column) => unsafe { _mm_loadu_si128(column.as_ptr().cast()) },
        None => _mm_setzero_si128(),
    })
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn add(value: __m256, to: &mut [f32]) {
    assert_eq!(to.len(), WIDTH);
    // SAFETY: by the assertion there are 8 floats.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        let sum = _mm256_add_ps(_mm256_loadu_ps(to.as_ptr()), value);
        _mm256_storeu_ps(to.as_mut_ptr(), sum);
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn put(value: __m256, to: &mut [f32]) {
    assert_eq!(to.len(), WIDTH);
    // SAFETY: by the assertion there is room for 8 floats.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        _mm256_storeu_ps(to.as_mut_ptr(), value);
    }
}

/// How far ahead of its reads a scan fetches, in bytes: the rows lie in main memory, and the processor
/// alone does not fetch beyond the page that it reads.
pub(super) const PREFETCH: usize = 1 << 10;

/// Begins to fetch the bytes [`PREFETCH`] behind `row`: to be used once, so that they do not drive the
/// weights of a model out of the cache.
#[inline]
pub(super) fn prefetch_after(row: &[u8; STRIDE]) {
    // SAFETY: it is a hint, which never fails.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        _mm_prefetch::<_MM_HINT_NTA>(row.as_ptr().wrapping_add(PREFETCH).cast());
    }
}

/// Puts the dot product of `query` with each row of signed bytes into `out`.
pub(in crate::kernel) fn scan_i8(_: Proof, rows: &[u8], query: &[i16], out: &mut [i32]) {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn scan(rows: &[u8], query: &[i16], out: &mut [i32]) {
        let (query, _) = query.as_chunks::<STRIDE>();
        for (row, out) in rows.chunks_exact(query.len() * STRIDE).zip(out) {
            let mut sums = [_mm256_setzero_si256(); 4];
            for (row, query) in row.as_chunks::<STRIDE>().0.iter().zip(query) {
                prefetch_after(row);
                for (part, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: both arrays have STRIDE = 4 * 16 components, of which the part
                    // `part` < 4 is read; these loads need no alignment.
                    #[expect(unsafe_code, reason = "argued above")]
                    let (x, q) = unsafe {
                        (
                            _mm_loadu_si128(row.as_ptr().add(16 * part).cast()),
                            _mm256_loadu_si256(query.as_ptr().add(16 * part).cast()),
                        )
                    };
                    let products = _mm256_madd_epi16(_mm256_cvtepi8_epi16(x), q);
                    *sum = _mm256_add_epi32(*sum, products);
                }
            }
            let [a, b, c, d] = sums;
            *out = total(_mm256_add_epi32(
                _mm256_add_epi32(a, b),
                _mm256_add_epi32(c, d),
            ));
        }
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        scan(rows, query, out);
    }
}

/// The sum of eight numbers.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn total(numbers: __m256i) -> i32 {
    let high = _mm256_extracti128_si256::<1>(numbers);
    let sum = _mm_add_epi32(_mm256_castsi256_si128(numbers), high);
    let sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0x4e>(sum));
    _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32::<0xb1>(sum)))
}

/// The dot product of `query` with a row of 16-bit floats, little-endian.
pub(in crate::kernel) fn dot_f16(_: Proof, row: &[u8], query: &[f32]) -> f32 {
    #[target_feature(enable = "avx2,fma,f16c")]
    fn dot(row: &[u8], query: &[f32]) -> f32 {
        let (query, _) = query.as_chunks::<32>();
        let mut sums = [_mm256_setzero_ps(); 4];
        for (row, query) in row.as_chunks::<64>().0.iter().zip(query) {
            for (part, sum) in sums.iter_mut().enumerate() {
                // SAFETY: the arrays have 4 * 8 halves and floats, of which the part `part` < 4 is
                // read; these loads need no alignment.
                #[expect(unsafe_code, reason = "argued above")]
                let (x, q) = unsafe {
                    (
                        _mm_loadu_si128(row.as_ptr().add(16 * part).cast()),
                        _mm256_loadu_ps(query.as_ptr().add(8 * part)),
                    )
                };
                *sum = _mm256_fmadd_ps(_mm256_cvtph_ps(x), q, *sum);
            }
        }
        let [a, b, c, d] = sums;
        let sum = _mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d));
        let high = _mm256_extractf128_ps::<1>(sum);
        let sum = _mm_add_ps(_mm256_castps256_ps128(sum), high);
        let sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
        _mm_cvtss_f32(_mm_add_ss(sum, _mm_shuffle_ps::<1>(sum, sum)))
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        dot(row, query)
    }
}
