//! Products of bytes with AVX2: `vpmaddubsw` adds two of them in 16 bits.

use std::arch::asm;
use std::arch::x86_64::{
    __m256i, _mm_setzero_si128, _mm_unpackhi_epi16, _mm_unpacklo_epi16, _mm256_abs_epi8,
    _mm256_add_epi16, _mm256_cmpgt_epi16, _mm256_cvtepi32_ps, _mm256_loadu_si256,
    _mm256_maddubs_epi16, _mm256_max_epu16, _mm256_movemask_epi8, _mm256_set_m128i,
    _mm256_set1_epi8, _mm256_set1_epi16, _mm256_setzero_si256, _mm256_storeu_si256,
    _mm256_sub_epi16,
};

use super::avx2::{Proof, WIDTH, add, interleaved, put};
use crate::kernel::matrix::LANES;
use crate::kernel::prefetch::Prefetch;
use crate::kernel::septets::{BOUND, EXCESS, FEW, Line, MANY, Parts, ROWS, SOME, Septets};

/// Bytes of four columns.
const QUAD: usize = 4 * LANES;
/// Bytes of half of them, which is a register.
const HALF: usize = QUAD / 2;

static ONES: Line<i16, 32> = Line([1; 32]);

/// Puts the products of one panel with `x` into `sums`, or adds them if they are `added`, and fetches
/// `prefetch` meanwhile. Of `x` there are [`ROWS`] rows at a time.
pub(in crate::kernel) fn tile(
    _: Proof,
    weights: &Septets,
    x: &[[u8; 4]],
    added: bool,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    let own = &Prefetch::nothing(sums);
    let all = x.chunks_exact(weights.quads.len() * ROWS);
    for (number, (x, sums)) in all.zip(sums.chunks_exact_mut(ROWS * LANES)).enumerate() {
        let prefetch = if number == 0 { prefetch } else { own };
        // SAFETY: the proof.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            of_septets(weights, x, added, sums, prefetch);
        }
    }
}

/// Of [`ROWS`] rows: two registers of each, 6 in all. There are as many of sums of 16 bits, and four more.
type Totals = [[__m256i; 2]; ROWS];

#[target_feature(enable = "avx2,fma,f16c")]
fn of_septets(
    weights: &Septets,
    x: &[[u8; 4]],
    added: bool,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    let mut totals = [[_mm256_setzero_si256(); 2]; ROWS];
    let x = x.as_chunks::<ROWS>().0.as_chunks::<MANY>().0;
    let quads = weights.quads.as_chunks::<MANY>().0;
    let mut starts = weights.starts.iter();
    for (number, ((x, quads), parts)) in x.iter().zip(quads).zip(&weights.parts).enumerate() {
        prefetch.touch(0, number * MANY);
        prefetch.touch(0, number * MANY + MANY / 2);
        match parts {
            Parts::One => {
                for start in starts.by_ref().take(1) {
                    multiply_many(quads, start, x, &mut totals);
                }
            }
            Parts::Two => {
                let groups = x.as_chunks::<SOME>().0.iter().zip(quads.as_chunks().0);
                for ((x, quads), start) in groups.zip(starts.by_ref()) {
                    multiply_some(quads, start, x, &mut totals);
                }
            }
            Parts::Four => {
                let groups = x.as_chunks::<FEW>().0.iter().zip(quads.as_chunks().0);
                for ((x, quads), start) in groups.zip(starts.by_ref()) {
                    multiply_few(quads, start, x, &mut totals);
                }
            }
        }
    }
    for (sums, total) in sums.chunks_exact_mut(WIDTH).zip(totals.as_flattened()) {
        let total = _mm256_cvtepi32_ps(*total);
        if added {
            add(total, sums);
        } else {
            put(total, sums);
        }
    }
}

/// The products of a quad with one row, added to the row's two sums; or to `start`, by the first quad.
macro_rules! row {
    (0, $row:literal, $low:literal, $high:literal) => {
        row!(
            0,
            $row,
            $low,
            $high,
            "ymmword ptr [{start}]",
            "ymmword ptr [{start} + 32]"
        )
    };
    ($quad:literal, $row:literal, $low:literal, $high:literal) => {
        row!($quad, $row, $low, $high, $low, $high)
    };
    ($quad:literal, $row:literal, $low:literal, $high:literal, $to_low:literal, $to_high:literal) => {
        concat!(
            "vpbroadcastd {x}, dword ptr [{xs} + 12 * ",
            $quad,
            " + 4 * ",
            $row,
            "]\n",
            "vpmaddubsw {product}, {x}, {low}\n",
            "vpmaddubsw {x}, {x}, {high}\n",
            "vpaddw ",
            $low,
            ", {product}, ",
            $to_low,
            "\n",
            "vpaddw ",
            $high,
            ", {x}, ",
            $to_high,
            "\n",
        )
    };
}

/// The products of a quad with all rows.
macro_rules! quad {
    ($quad:tt) => {
        concat!(
            "vmovdqa {low}, ymmword ptr [{quads} + 64 * ",
            $quad,
            "]\n",
            "vmovdqa {high}, ymmword ptr [{quads} + 64 * ",
            $quad,
            " + 32]\n",
            row!($quad, 0, "{a}", "{b}"),
            row!($quad, 1, "{c}", "{d}"),
            row!($quad, 2, "{e}", "{f}"),
        )
    };
}

/// Adds a sum of 16 bits, which is lost, to one of 32.
macro_rules! widen {
    ($sum:literal, $total:literal) => {
        concat!(
            "vpmaddwd ",
            $sum,
            ", ",
            $sum,
            ", ymmword ptr [{ones}]\n",
            "vpaddd ",
            $total,
            ", ",
            $total,
            ", ",
            $sum,
            "\n",
        )
    };
}

/// Adds the products of some groups of columns to `totals`, by all registers there are: the compiler,
/// left to itself, moves some of the sums to memory and back.
macro_rules! multiply {
    ($name:ident, $count:expr, $($quad:tt)*) => {
        #[inline]
        #[target_feature(enable = "avx2,fma,f16c")]
        fn $name(
            quads: &[Line<i8, QUAD>; $count],
            start: &Line<i16, 32>,
            x: &[[[u8; 4]; ROWS]; $count],
            totals: &mut Totals,
        ) {
            let [[mut t0, mut t1], [mut t2, mut t3], [mut t4, mut t5]] = *totals;
            // SAFETY: it reads these arrays to their ends, and writes registers. Those it reads whole are in
            // lines of the cache, as `vmovdqa` needs it.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                asm!(
                    $(quad!($quad),)*
                    widen!("{a}", "{t0}"), widen!("{b}", "{t1}"), widen!("{c}", "{t2}"),
                    widen!("{d}", "{t3}"), widen!("{e}", "{t4}"), widen!("{f}", "{t5}"),
                    quads = in(reg) quads, start = in(reg) start, xs = in(reg) x, ones = in(reg) &ONES,
                    t0 = inout(ymm_reg) t0, t1 = inout(ymm_reg) t1, t2 = inout(ymm_reg) t2,
                    t3 = inout(ymm_reg) t3, t4 = inout(ymm_reg) t4, t5 = inout(ymm_reg) t5,
                    a = out(ymm_reg) _, b = out(ymm_reg) _, c = out(ymm_reg) _,
                    d = out(ymm_reg) _, e = out(ymm_reg) _, f = out(ymm_reg) _,
                    low = out(ymm_reg) _, high = out(ymm_reg) _, x = out(ymm_reg) _, product = out(ymm_reg) _,
                    options(pure, readonly, nostack, preserves_flags),
                );
            }
            *totals = [[t0, t1], [t2, t3], [t4, t5]];
        }
    };
}

multiply!(multiply_many, MANY, 0 1 2 3 4 5 6 7);
multiply!(multiply_some, SOME, 0 1 2 3);
multiply!(multiply_few, FEW, 0 1);

/// Puts the columns of a panel into `wide`.
pub(in crate::kernel) fn widen(_: Proof, weights: &[i8], wide: &mut Septets) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        widen_all(weights, wide);
    }
}

#[target_feature(enable = "avx2,fma,f16c")]
fn widen_all(weights: &[i8], wide: &mut Septets) {
    let Septets {
        quads,
        parts,
        starts,
    } = wide;
    let columns = weights.chunks(QUAD);
    // The last group may have more columns than there are, which stay 0.
    quads.resize(columns.len().next_multiple_of(MANY), Line([0; QUAD]));
    quads[weights.len() / QUAD..].fill(Line([0; QUAD]));
    for (columns, quad) in columns.zip(&mut *quads) {
        widen_quad(columns, &mut quad.0);
    }
    parts.clear();
    starts.clear();
    for quads in quads.as_chunks::<MANY>().0 {
        parts.push(begin(quads, starts));
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn halves(quad: &Line<i8, QUAD>) -> [__m256i; 2] {
    // SAFETY: they are 64 bytes.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        let quad = quad.0.as_ptr();
        [
            _mm256_loadu_si256(quad.cast()),
            _mm256_loadu_si256(quad.add(HALF).cast()),
        ]
    }
}

#[inline]
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

/// Divides these quads into parts whose products fit 16 bits, and appends what the sums of each begin with.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn begin(quads: &[Line<i8, QUAD>; MANY], starts: &mut Vec<Line<i16, 32>>) -> Parts {
    let ones = _mm256_set1_epi8(1);
    let excess = _mm256_set1_epi8(EXCESS.cast_signed());
    let mut few = [Sums::zero(); MANY / FEW];
    for (sums, quads) in few.iter_mut().zip(quads.as_chunks::<FEW>().0) {
        for quad in quads {
            for (half, row) in halves(quad).into_iter().enumerate() {
                let start = _mm256_maddubs_epi16(excess, row);
                sums.starts[half] = _mm256_sub_epi16(sums.starts[half], start);
                let size = _mm256_maddubs_epi16(_mm256_abs_epi8(row), ones);
                sums.sizes[half] = _mm256_add_epi16(sums.sizes[half], size);
            }
        }
    }
    let some = [few[0].and(&few[1]), few[2].and(&few[3])];
    let all = some[0].and(&some[1]);
    if all.fit() {
        starts.push(all.starts());
        Parts::One
    } else if some.iter().all(|sums| sums.fit()) {
        starts.extend(some.map(|sums| sums.starts()));
        Parts::Two
    } else {
        starts.extend(few.map(|sums| sums.starts()));
        Parts::Four
    }
}

/// Sums over some quads, of both halves of each.
#[derive(Clone, Copy)]
struct Sums {
    /// Minus [`EXCESS`] times their weights.
    starts: [__m256i; 2],
    /// Their weights without signs.
    sizes: [__m256i; 2],
}

impl Sums {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn zero() -> Self {
        let zero = [_mm256_setzero_si256(); 2];
        Self {
            starts: zero,
            sizes: zero,
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn and(&self, other: &Self) -> Self {
        let add = |a: [__m256i; 2], b: [__m256i; 2]| {
            [_mm256_add_epi16(a[0], b[0]), _mm256_add_epi16(a[1], b[1])]
        };
        Self {
            starts: add(self.starts, other.starts),
            sizes: add(self.sizes, other.sizes),
        }
    }

    /// Whether the products with any activations fit 16 bits.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn fit(&self) -> bool {
        let most = _mm256_max_epu16(self.sizes[0], self.sizes[1]);
        let bound = _mm256_set1_epi16(BOUND.cast_signed());
        _mm256_movemask_epi8(_mm256_cmpgt_epi16(most, bound)) == 0
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn starts(&self) -> Line<i16, 32> {
        numbers(self.starts)
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn numbers(halves: [__m256i; 2]) -> Line<i16, 32> {
    let mut numbers = Line([0; 32]);
    for (half, to) in halves.into_iter().zip(numbers.0.chunks_exact_mut(LANES)) {
        // SAFETY: there is room for 16 numbers of 16 bits.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            _mm256_storeu_si256(to.as_mut_ptr().cast(), half);
        }
    }
    numbers
}
