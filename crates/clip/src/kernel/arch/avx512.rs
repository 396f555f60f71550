//! Products with AVX-512F and AVX-512BW, which all but a few accelerators have together, and with
//! VNNI where it is there.

use std::arch::x86_64::{
    __m512, __m512i, _mm_setzero_si128, _mm_unpackhi_epi16, _mm_unpacklo_epi16, _mm256_loadu_si256,
    _mm256_set_m128i, _mm512_add_epi32, _mm512_add_ps, _mm512_castsi256_si512,
    _mm512_cvtepi8_epi16, _mm512_cvtepi32_ps, _mm512_cvtph_ps, _mm512_dpbusd_epi32,
    _mm512_dpwssd_epi32, _mm512_fmadd_ps, _mm512_inserti64x4, _mm512_loadu_ps, _mm512_loadu_si512,
    _mm512_madd_epi16, _mm512_reduce_add_epi32, _mm512_set1_epi8, _mm512_set1_epi32,
    _mm512_set1_ps, _mm512_setzero_ps, _mm512_setzero_si512, _mm512_storeu_ps, _mm512_storeu_si512,
    _mm512_sub_epi32, _mm512_xor_si512,
};

use super::avx2::{self, interleaved};
use crate::kernel::Loops;
use crate::kernel::matrix::LANES;
use crate::kernel::prefetch::Prefetch;
use crate::kernel::scan::STRIDE;

/// Most rows of `x` in a tile: with two panels 28 sums, and three more registers for operands.
pub(in crate::kernel) const ROWS: usize = 14;

/// Most panels in a tile.
pub(in crate::kernel) const PANELS: usize = 2;

/// That the processor has AVX-512F and AVX-512BW, and all that AVX2's kernels need.
#[derive(Debug, Clone, Copy)]
pub(in crate::kernel) struct Proof {
    avx2: avx2::Proof,
    /// That it has VNNI, too.
    vnni: bool,
}

impl Proof {
    pub(in crate::kernel) fn find() -> Option<Self> {
        let avx2 = avx2::Proof::find()?;
        let is_there = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw");
        is_there.then_some(Self { avx2, vnni: false })
    }

    pub(in crate::kernel) fn find_vnni() -> Option<Self> {
        let proof = Self::find()?;
        is_x86_feature_detected!("avx512vnni").then_some(Self {
            vnni: true,
            ..proof
        })
    }

    /// That the processor has AVX2, FMA and F16C.
    pub(in crate::kernel) fn avx2(self) -> avx2::Proof {
        self.avx2
    }

    pub(in crate::kernel) fn has_vnni(self) -> bool {
        self.vnni
    }

    pub(in crate::kernel) fn name(self) -> &'static str {
        if self.vnni { "AVX-512 VNNI" } else { "AVX-512" }
    }
}

/// Adds the products of `panels` panels of `weights` with `rows` rows of `x` to `sums`, and
/// fetches `prefetch` meanwhile.
pub(in crate::kernel) fn tile(
    _: Proof,
    weights: &[f32],
    panels: usize,
    x: &[f32],
    rows: usize,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        any_of_floats(weights, panels, x, rows, sums, prefetch);
    }
}

/// The same of `weights` as [`widen_pairs`] makes them.
pub(in crate::kernel) fn tile_pairs(
    proof: Proof,
    weights: &[i16],
    panels: usize,
    x: &[[i16; 2]],
    rows: usize,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        if proof.vnni {
            any_of_vnni(weights, panels, x, rows, sums, prefetch);
        } else {
            any_of_pairs(weights, panels, x, rows, sums, prefetch);
        }
    }
}

/// The same of bytes: `weights` as [`widen_quads`] makes them, with 128 added to the bytes of `x`.
///
/// # Panics
/// Without VNNI.
pub(in crate::kernel) fn tile_quads(
    proof: Proof,
    weights: &[i8],
    panels: usize,
    x: &[[u8; 4]],
    rows: usize,
    sums: &mut [f32],
    prefetch: &Prefetch,
) {
    assert!(proof.vnni, "the processor has VNNI");
    // SAFETY: the proof, and the assertion.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        any_of_quads(weights, panels, x, rows, sums, prefetch);
    }
}

/// A function for each height of a tile: `$tile`, of all panels, and `$any`, which chooses one. In
/// each step a panel has a register of weights, `$row`, which is multiplied by `$x` and added to
/// `$total`; zeroed by `$zero`, and read as floats by `$floats`. With a `$head` the first register
/// of a panel is what its totals begin with.
macro_rules! for_tiles {
    (
        $tile:ident, $any:ident, $features:literal, $weight:ty, $number:ty,
        head: $head:literal, zero: $zero:expr, load: $load:expr, spread: $spread:expr, floats: $floats:expr,
        ($total:ident, $row:ident, $x:ident) => $add:expr
    ) => {
        #[target_feature(enable = $features)]
        fn $tile<const M: usize>(
            weights: &[$weight],
            panels: usize,
            x: &[$number],
            sums: &mut [f32],
            prefetch: &Prefetch,
        ) {
            // What a register of weights has: 16 numbers, or as many pairs.
            const STEP: usize = LANES * size_of::<$number>() / size_of::<$weight>();
            let depth = x.len() / M;
            let panel_size = ($head + depth) * STEP;
            assert!((1..=PANELS).contains(&panels));
            assert_eq!(weights.len(), panels * panel_size);
            assert_eq!(sums.len(), panels * M * LANES);
            // A panel alone is multiplied twice: it is the last of a matrix.
            let offset = if panels == 1 { 0 } else { panel_size };
            let (weights, x) = (weights.as_ptr(), x.as_ptr());
            let mut first = [$zero; PANELS];
            if $head > 0 {
                for (panel, first) in first.iter_mut().enumerate() {
                    // SAFETY: by the assertions each panel begins with a register.
                    #[expect(unsafe_code, reason = "argued above")]
                    unsafe {
                        *first = $load(weights.add(panel * offset).cast());
                    }
                }
            }
            let mut totals = [first; M];
            for at in 0..depth {
                let mut row = [$zero; PANELS];
                for (panel, row) in row.iter_mut().enumerate() {
                    prefetch.touch(panel, at);
                    // SAFETY: by the assertions each panel has `depth` registers besides.
                    #[expect(unsafe_code, reason = "argued above")]
                    unsafe {
                        *row = $load(weights.add(panel * offset + ($head + at) * STEP).cast());
                    }
                }
                for (m, totals) in totals.iter_mut().enumerate() {
                    // SAFETY: `depth * M` is at most the length of `x`, each of four bytes.
                    #[expect(unsafe_code, reason = "argued above")]
                    let $x = $spread(unsafe { std::ptr::read_unaligned(x.add(at * M + m).cast()) });
                    for ($total, $row) in totals.iter_mut().zip(&row) {
                        *$total = $add;
                    }
                }
            }
            for (sums, totals) in sums.chunks_exact_mut(panels * LANES).zip(&totals) {
                for (sums, total) in sums.chunks_exact_mut(LANES).zip(totals) {
                    add($floats(*total), sums);
                }
            }
        }

        #[target_feature(enable = $features)]
        fn $any(
            weights: &[$weight],
            panels: usize,
            x: &[$number],
            rows: usize,
            sums: &mut [f32],
            prefetch: &Prefetch,
        ) {
            match rows {
                1 => $tile::<1>(weights, panels, x, sums, prefetch),
                2 => $tile::<2>(weights, panels, x, sums, prefetch),
                3 => $tile::<3>(weights, panels, x, sums, prefetch),
                4 => $tile::<4>(weights, panels, x, sums, prefetch),
                5 => $tile::<5>(weights, panels, x, sums, prefetch),
                6 => $tile::<6>(weights, panels, x, sums, prefetch),
                7 => $tile::<7>(weights, panels, x, sums, prefetch),
                8 => $tile::<8>(weights, panels, x, sums, prefetch),
                9 => $tile::<9>(weights, panels, x, sums, prefetch),
                10 => $tile::<10>(weights, panels, x, sums, prefetch),
                11 => $tile::<11>(weights, panels, x, sums, prefetch),
                12 => $tile::<12>(weights, panels, x, sums, prefetch),
                13 => $tile::<13>(weights, panels, x, sums, prefetch),
                14 => $tile::<14>(weights, panels, x, sums, prefetch),
                _ => unreachable!("tiles have up to 14 rows"),
            }
        }
    };
}

for_tiles!(
    of_floats, any_of_floats, "avx512f,avx512bw", f32, f32,
    head: 0, zero: _mm512_setzero_ps(), load: _mm512_loadu_ps, spread: _mm512_set1_ps,
    floats: std::convert::identity,
    (total, row, x) => _mm512_fmadd_ps(*row, x, *total)
);
for_tiles!(
    of_pairs, any_of_pairs, "avx512f,avx512bw", i16, [i16; 2],
    head: 0, zero: _mm512_setzero_si512(), load: _mm512_loadu_si512, spread: _mm512_set1_epi32,
    floats: _mm512_cvtepi32_ps,
    (total, row, x) => _mm512_add_epi32(*total, _mm512_madd_epi16(*row, x))
);
for_tiles!(
    of_vnni, any_of_vnni, "avx512f,avx512bw,avx512vnni", i16, [i16; 2],
    head: 0, zero: _mm512_setzero_si512(), load: _mm512_loadu_si512, spread: _mm512_set1_epi32,
    floats: _mm512_cvtepi32_ps,
    (total, row, x) => _mm512_dpwssd_epi32(*total, *row, x)
);
for_tiles!(
    of_quads, any_of_quads, "avx512f,avx512bw,avx512vnni", i8, [u8; 4],
    head: 1, zero: _mm512_setzero_si512(), load: _mm512_loadu_si512, spread: _mm512_set1_epi32,
    floats: _mm512_cvtepi32_ps,
    (total, row, x) => _mm512_dpbusd_epi32(*total, x, *row)
);

/// Bits of 16-bit floats as 32-bit floats.
pub(in crate::kernel) fn widen(_: Proof, weights: &[u16], wide: &mut [f32]) {
    #[target_feature(enable = "avx512f,avx512bw")]
    fn widen(weights: &[u16], wide: &mut [f32]) {
        let weights = weights.as_chunks::<LANES>().0;
        for (weights, wide) in weights.iter().zip(wide.as_chunks_mut::<LANES>().0) {
            // SAFETY: both have 16 numbers.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                let halves = _mm256_loadu_si256(weights.as_ptr().cast());
                _mm512_storeu_ps(wide.as_mut_ptr(), _mm512_cvtph_ps(halves));
            }
        }
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        widen(weights, wide);
    }
}

/// Two columns at a time, the two numbers of each row beside each other.
pub(in crate::kernel) fn widen_pairs(_: Proof, weights: &[i8], wide: &mut [i16]) {
    #[target_feature(enable = "avx512f,avx512bw")]
    fn widen(weights: &[i8], wide: &mut [i16]) {
        let wide = wide.as_chunks_mut::<{ 2 * LANES }>().0;
        for (columns, wide) in weights.chunks(2 * LANES).zip(wide) {
            let [low, high] = interleaved(columns);
            let numbers = _mm512_cvtepi8_epi16(_mm256_set_m128i(high, low));
            // SAFETY: there is room for 32 numbers of 16 bits.
            #[expect(unsafe_code, reason = "argued above")]
            unsafe {
                _mm512_storeu_si512(wide.as_mut_ptr().cast(), numbers);
            }
        }
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        widen(weights, wide);
    }
}

/// Appends the correction of the products, which 128 added to each byte of `x` makes too large, and then
/// the columns: four at a time, the four numbers of each row beside each other.
///
/// # Panics
/// Without VNNI.
pub(in crate::kernel) fn widen_quads(proof: Proof, weights: &[i8], wide: &mut Vec<i8>) {
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn widen(weights: &[i8], wide: &mut Vec<i8>) {
        let start = wide.len();
        wide.resize(
            start + (1 + weights.len().div_ceil(4 * LANES)) * 4 * LANES,
            0,
        );
        let (head, quads) = wide[start..].split_at_mut(4 * LANES);
        let mut excess = _mm512_setzero_si512();
        let up = _mm512_set1_epi8(i8::MIN);
        for (columns, wide) in weights
            .chunks(4 * LANES)
            .zip(quads.chunks_exact_mut(4 * LANES))
        {
            let (first, second) = columns.split_at(columns.len().min(2 * LANES));
            let mut pairs = [_mm_setzero_si128(); 4];
            pairs[..2].copy_from_slice(&interleaved(first));
            if !second.is_empty() {
                pairs[2..].copy_from_slice(&interleaved(second));
            }
            let [a, b, c, d] = pairs;
            let low = _mm256_set_m128i(_mm_unpackhi_epi16(a, c), _mm_unpacklo_epi16(a, c));
            let high = _mm256_set_m128i(_mm_unpackhi_epi16(b, d), _mm_unpacklo_epi16(b, d));
            let quads = _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high);
            excess = _mm512_dpbusd_epi32(excess, up, quads);
            store(quads, wide);
        }
        store(_mm512_sub_epi32(_mm512_setzero_si512(), excess), head);
    }

    #[target_feature(enable = "avx512f")]
    fn store(value: __m512i, to: &mut [i8]) {
        assert_eq!(to.len(), 4 * LANES);
        // SAFETY: by the assertion there are 64 bytes.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            _mm512_storeu_si512(to.as_mut_ptr().cast(), value);
        }
    }

    assert!(proof.vnni, "the processor has VNNI");
    // SAFETY: the proof, and the assertion.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        widen(weights, wide);
    }
}

/// Puts the dot product of `query` with each row of signed bytes into `out`. The instruction multiplies
/// unsigned by signed bytes: 128 is added to those of the rows, and `offset`, by which that makes the
/// products larger, is taken away at the end.
///
/// # Panics
/// Without VNNI.
pub(in crate::kernel) fn scan_i8(
    proof: Proof,
    rows: &[u8],
    query: &[i8],
    offset: i32,
    out: &mut [i32],
) {
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn scan(rows: &[u8], query: &[i8], offset: i32, out: &mut [i32]) {
        let (query, _) = query.as_chunks::<STRIDE>();
        let up = _mm512_set1_epi8(i8::MIN);
        for (row, out) in rows.chunks_exact(query.len() * STRIDE).zip(out) {
            let mut sum = _mm512_setzero_si512();
            for (row, query) in row.as_chunks::<STRIDE>().0.iter().zip(query) {
                avx2::prefetch_after(row);
                // SAFETY: both arrays have the 64 bytes that are read; these loads need no
                // alignment.
                #[expect(unsafe_code, reason = "argued above")]
                let (x, q) = unsafe {
                    (
                        _mm512_loadu_si512(row.as_ptr().cast()),
                        _mm512_loadu_si512(query.as_ptr().cast()),
                    )
                };
                sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(x, up), q);
            }
            *out = _mm512_reduce_add_epi32(sum) - offset;
        }
    }
    assert!(proof.vnni, "the processor has VNNI");
    // SAFETY: the proof, and the assertion.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        scan(rows, query, offset, out);
    }
}

/// Runs plain loops, compiled for AVX-512.
pub(in crate::kernel) fn run(_: Proof, loops: impl Loops) {
    #[target_feature(enable = "avx512f,avx512bw")]
    fn wide(loops: impl Loops) {
        loops.run::<true>();
    }
    // SAFETY: the proof.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        wide(loops);
    }
}

#[target_feature(enable = "avx512f,avx512bw")]
fn add(value: __m512, to: &mut [f32]) {
    assert_eq!(to.len(), LANES);
    // SAFETY: by the assertion there are 16 floats.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        let sum = _mm512_add_ps(_mm512_loadu_ps(to.as_ptr()), value);
        _mm512_storeu_ps(to.as_mut_ptr(), sum);
    }
}
