//! Products of bytes with AVX2: `vpmaddubsw` adds two of them in 16 bits.

use std::arch::x86_64::{
    __m256i, _mm_setzero_si128, _mm_unpackhi_epi16, _mm_unpacklo_epi16, _mm256_abs_epi8,
    _mm256_add_epi16, _mm256_add_epi32, _mm256_cmpgt_epi16, _mm256_cvtepi32_ps, _mm256_loadu_si256,
    _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_max_epu16, _mm256_movemask_epi8,
    _mm256_set_m128i, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256,
    _mm256_storeu_si256, _mm256_sub_epi16,
};

use super::avx2::{Proof, WIDTH, add, interleaved};
use crate::kernel::matrix::LANES;
use crate::kernel::prefetch::Prefetch;
use crate::kernel::septets::{BOUND, EXCESS, FEW, Group, MANY, Septets};

/// Most rows of `x` in a tile, of which [`AT_ONCE`] are multiplied at a time.
pub(in crate::kernel) const ROWS: usize = 2 * AT_ONCE;

/// 6 sums of 32 bits and as many of 16, and four more registers.
const AT_ONCE: usize = 3;

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
    prefetch: &Prefetch,
) {
    assert!(rows <= ROWS, "tiles have up to {ROWS} rows");
    let (some, others) = (rows.div_ceil(2), rows / 2);
    let nothing = &Prefetch::nothing(sums);
    let (low, high) = sums.split_at_mut(some * LANES);
    for (first, count, sums, prefetch) in [(0, some, low, prefetch), (some, others, high, nothing)]
    {
        // SAFETY: the proof.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            match count {
                0 => {}
                1 => of_septets::<1>(weights, x, rows, first, sums, prefetch),
                2 => of_septets::<2>(weights, x, rows, first, sums, prefetch),
                _ => of_septets::<AT_ONCE>(weights, x, rows, first, sums, prefetch),
            }
        }
    }
}

/// Of `M` of the `rows` of `x`, from `first` on.
#[target_feature(enable = "avx2,fma,f16c")]
fn of_septets<const M: usize>(
    weights: &Septets,
    x: &[[u8; 4]],
    rows: usize,
    first: usize,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    let count = x.len() / rows;
    assert!(first + M <= rows);
    assert_eq!(weights.quads.len(), count * QUAD);
    assert_eq!(sums.len(), M * LANES);
    let mut totals = [[_mm256_setzero_si256(); 2]; M];
    let (quads, _) = weights.quads.as_chunks::<QUAD>();
    let (whole, rest) = quads.as_chunks::<MANY>();
    let x_of = |quad: usize| {
        let at = x.as_ptr().wrapping_add(quad * rows + first);
        // SAFETY: `quad` is below `count`, and by the first assertion `M` numbers from `first` on are
        // within the `rows` of it.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            &*at.cast::<[[u8; 4]; M]>()
        }
    };
    for (number, (quads, group)) in whole.iter().zip(&weights.groups).enumerate() {
        prefetch.touch(0, number * MANY);
        let mut products = begun(&group.starts[0]);
        let (low, high) = quads.split_at(FEW);
        for (place, quad) in low.iter().enumerate() {
            multiply(quad, x_of(number * MANY + place), &mut products);
        }
        if group.is_large {
            widen_sums(&products, &mut totals);
            products = begun(&group.starts[1]);
        }
        for (place, quad) in high.iter().enumerate() {
            multiply(quad, x_of(number * MANY + FEW + place), &mut products);
        }
        widen_sums(&products, &mut totals);
    }
    if let Some(group) = weights.groups.get(whole.len()) {
        let places = (whole.len() * MANY..).map(x_of);
        let mut products = begun(&group.starts[0]);
        for (place, (quad, x)) in rest.iter().zip(places).enumerate() {
            if place == FEW && group.is_large {
                widen_sums(&products, &mut totals);
                products = begun(&group.starts[1]);
            }
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
        wide.groups.clear();
        let groups = wide.quads.chunks(MANY * QUAD);
        wide.groups.extend(groups.map(|quads| group(quads)));
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

/// What the sums of these quads begin with, and whether their products fit 16 bits.
#[target_feature(enable = "avx2,fma,f16c")]
fn group(quads: &[i8]) -> Group {
    let ones = _mm256_set1_epi8(1);
    let excess = _mm256_set1_epi8(EXCESS.cast_signed());
    let mut signed = [[_mm256_setzero_si256(); 2]; 2];
    let mut sizes = [_mm256_setzero_si256(); 2];
    for (place, quad) in quads.as_chunks::<QUAD>().0.iter().enumerate() {
        for (half, row) in halves(quad).into_iter().enumerate() {
            let signed = &mut signed[place / FEW][half];
            *signed = _mm256_sub_epi16(*signed, _mm256_maddubs_epi16(excess, row));
            let row = _mm256_maddubs_epi16(_mm256_abs_epi8(row), ones);
            sizes[half] = _mm256_add_epi16(sizes[half], row);
        }
    }
    let most = _mm256_max_epu16(sizes[0], sizes[1]);
    let bound = _mm256_set1_epi16(BOUND.cast_signed());
    let is_large = _mm256_movemask_epi8(_mm256_cmpgt_epi16(most, bound)) != 0;
    let [few, others] = signed;
    let starts = if is_large {
        [few, others]
    } else {
        let both = |half: usize| _mm256_add_epi16(few[half], others[half]);
        [[both(0), both(1)], others]
    };
    Group {
        starts: starts.map(|halves| numbers(halves)),
        is_large,
    }
}

#[target_feature(enable = "avx2")]
fn numbers(halves: [__m256i; 2]) -> [i16; 2 * LANES] {
    let mut numbers = [0; 2 * LANES];
    for (half, to) in halves.into_iter().zip(numbers.chunks_exact_mut(LANES)) {
        // SAFETY: there is room for 16 numbers of 16 bits.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            _mm256_storeu_si256(to.as_mut_ptr().cast(), half);
        }
    }
    numbers
}
