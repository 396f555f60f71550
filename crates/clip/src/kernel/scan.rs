//! Dot products of one query with many stored vectors.
//!
//! A stored row is as long as its vector, rounded up to a multiple of [`LANES`] and filled with
//! zeros, so that no kernel needs a tail.

use std::sync::LazyLock;

use half::f16;

/// Components that every kernel takes at once.
pub const LANES: usize = 64;

/// A query vector, prepared for all kernels.
#[derive(Debug)]
pub struct Query {
    floats: Vec<f32>,
    narrow: Vec<i8>,
    wide: Vec<i16>,
    /// What an unsigned row is too large by, in the kernel that has no signed one.
    excess: i32,
    step: f32,
}

impl Query {
    /// Prepares `vector` for rows of `stride` components.
    #[must_use]
    pub fn new(vector: &[f32], stride: usize) -> Self {
        let most = vector.iter().fold(0f32, |most, x| most.max(x.abs()));
        let step = if most > 0.0 { most / 127.0 } else { 1.0 };
        let mut floats = vector.to_vec();
        floats.resize(stride, 0.0);
        let narrow: Vec<i8> = floats.iter().map(|x| quantised(x / step)).collect();
        let wide: Vec<i16> = narrow.iter().map(|x| i16::from(*x)).collect();
        let excess = narrow.iter().map(|x| 128 * i32::from(*x)).sum();
        Self {
            floats,
            narrow,
            wide,
            excess,
            step,
        }
    }

    /// What 1 in a stored component times 1 in the query's own bytes stands for, where rows hold
    /// components times `scale`.
    #[must_use]
    pub fn unit(&self, scale: f32) -> f32 {
        self.step / scale
    }
}

/// The nearest of the 255 values that a byte stands for.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "clamped before")]
pub fn quantised(value: f32) -> i8 {
    value.round().clamp(-127.0, 127.0) as i8
}

/// The kernels of one kind of processor.
#[derive(Clone, Copy)]
pub struct Kernels {
    /// What the processor is called.
    pub name: &'static str,
    /// Puts into `out` the products of as many rows of signed bytes, of the query's length each.
    pub bytes: fn(rows: &[u8], query: &Query, out: &mut [i32]),
    /// The product with a row of 16-bit floats (little endian), as long as the query.
    pub halves: fn(row: &[u8], query: &Query) -> f32,
}

impl std::fmt::Debug for Kernels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The fastest kernels for this machine.
pub static BEST: LazyLock<Kernels> = LazyLock::new(|| *available().last().unwrap_or(&SCALAR));

/// All kernels that this machine can run, the slowest first.
#[must_use]
pub fn available() -> Vec<Kernels> {
    let mut found = vec![SCALAR];
    #[cfg(target_arch = "x86_64")]
    found.extend(x86::available());
    #[cfg(target_arch = "aarch64")]
    found.extend(neon::available());
    found
}

const SCALAR: Kernels = Kernels {
    name: "scalar",
    bytes: scalar_bytes,
    halves: scalar_halves,
};

fn scalar_bytes(rows: &[u8], query: &Query, out: &mut [i32]) {
    for (row, out) in rows.chunks_exact(query.wide.len()).zip(out) {
        let products = row.iter().zip(&query.wide);
        *out = products
            .map(|(x, q)| i32::from(x.cast_signed()) * i32::from(*q))
            .sum();
    }
}

fn scalar_halves(row: &[u8], query: &Query) -> f32 {
    let halves = row.as_chunks::<2>().0.iter();
    // Several sums at a time, as the order of additions is the compiler's to keep.
    let mut sums = [0f32; 8];
    for (place, (half, q)) in halves.zip(&query.floats).enumerate() {
        sums[place % 8] += f16::from_le_bytes(*half).to_f32() * q;
    }
    sums.iter().sum()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        _MM_HINT_NTA, _mm_add_epi32, _mm_add_ps, _mm_add_ss, _mm_cvtsi128_si32, _mm_cvtss_f32,
        _mm_loadu_si128, _mm_movehl_ps, _mm_prefetch, _mm_shuffle_epi32, _mm_shuffle_ps,
        _mm256_add_epi32, _mm256_add_ps, _mm256_castps256_ps128, _mm256_castsi256_si128,
        _mm256_cvtepi8_epi16, _mm256_cvtph_ps, _mm256_extractf128_ps, _mm256_extracti128_si256,
        _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_setzero_ps,
        _mm256_setzero_si256, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_reduce_add_epi32,
        _mm512_set1_epi8, _mm512_setzero_si512, _mm512_xor_si512,
    };

    use super::{Kernels, LANES, Query};

    /// So many bytes of rows are fetched ahead: an index lies in main memory, and the processor alone
    /// does not look beyond the page it reads.
    const AHEAD: usize = 1 << 10;

    /// Begins to fetch what follows `row`, to be used once, so that a model may stay in the cache.
    fn fetch_after(row: &[u8; LANES]) {
        // SAFETY: it is a hint, which never fails.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            _mm_prefetch::<_MM_HINT_NTA>(row.as_ptr().wrapping_add(AHEAD).cast());
        }
    }

    pub fn available() -> impl Iterator<Item = Kernels> {
        let avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c");
        let vnni = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni");
        [(avx2, AVX2), (vnni, VNNI)]
            .into_iter()
            .filter_map(|(is_there, kernels)| is_there.then_some(kernels))
    }

    const AVX2: Kernels = Kernels {
        name: "avx2",
        // SAFETY: `available` hands these kernels out only where the processor has AVX2.
        #[expect(unsafe_code, reason = "argued above")]
        bytes: |rows, query, out| unsafe { bytes_avx2(rows, query, out) },
        halves,
    };

    const VNNI: Kernels = Kernels {
        name: "avx512-vnni",
        // SAFETY: `available` hands these kernels out only where the processor has AVX-512 VNNI.
        #[expect(unsafe_code, reason = "argued above")]
        bytes: |rows, query, out| unsafe { bytes_vnni(rows, query, out) },
        halves,
    };

    fn halves(row: &[u8], query: &Query) -> f32 {
        // SAFETY: `available` hands this kernel out only where the processor has AVX2, FMA and F16C.
        #[expect(unsafe_code, reason = "argued above")]
        unsafe {
            halves_avx2(row, query)
        }
    }

    #[target_feature(enable = "avx2")]
    fn bytes_avx2(rows: &[u8], query: &Query, out: &mut [i32]) {
        let (query, _) = query.wide.as_chunks::<LANES>();
        for (row, out) in rows.chunks_exact(query.len() * LANES).zip(out) {
            let mut sums = [_mm256_setzero_si256(); 4];
            for (row, query) in row.as_chunks::<LANES>().0.iter().zip(query) {
                fetch_after(row);
                for (part, sum) in sums.iter_mut().enumerate() {
                    // SAFETY: both arrays have LANES = 4 * 16 components, of which the part
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
            let sum = _mm256_add_epi32(_mm256_add_epi32(a, b), _mm256_add_epi32(c, d));
            let high = _mm256_extracti128_si256::<1>(sum);
            let sum = _mm_add_epi32(_mm256_castsi256_si128(sum), high);
            let sum = _mm_add_epi32(sum, _mm_shuffle_epi32::<0x4e>(sum));
            *out = _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32::<0xb1>(sum)));
        }
    }

    /// The instruction multiplies unsigned by signed bytes: rows are moved up by 128, and what that
    /// adds is taken away at the end.
    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    fn bytes_vnni(rows: &[u8], query: &Query, out: &mut [i32]) {
        let (narrow, _) = query.narrow.as_chunks::<LANES>();
        let up = _mm512_set1_epi8(i8::MIN);
        for (row, out) in rows.chunks_exact(narrow.len() * LANES).zip(out) {
            let mut sum = _mm512_setzero_si512();
            for (row, query) in row.as_chunks::<LANES>().0.iter().zip(narrow) {
                fetch_after(row);
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
            *out = _mm512_reduce_add_epi32(sum) - query.excess;
        }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    fn halves_avx2(row: &[u8], query: &Query) -> f32 {
        let (query, _) = query.floats.as_chunks::<32>();
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
}

#[cfg(target_arch = "aarch64")]
mod neon {
    use std::arch::aarch64::{
        vaddq_s32, vaddvq_s32, vdupq_n_s32, vget_low_s8, vld1q_s8, vmull_high_s8, vmull_s8,
        vpadalq_s16,
    };

    use super::{Kernels, LANES, Query, SCALAR};

    pub fn available() -> Option<Kernels> {
        std::arch::is_aarch64_feature_detected!("neon").then_some(Kernels {
            name: "neon",
            // SAFETY: handed out only where the processor has NEON.
            #[expect(unsafe_code, reason = "argued above")]
            bytes: |rows, query, out| unsafe { bytes(rows, query, out) },
            halves: SCALAR.halves,
        })
    }

    #[target_feature(enable = "neon")]
    fn bytes(rows: &[u8], query: &Query, out: &mut [i32]) {
        let (narrow, _) = query.narrow.as_chunks::<LANES>();
        for (row, out) in rows.chunks_exact(narrow.len() * LANES).zip(out) {
            let mut sums = [vdupq_n_s32(0); 2];
            for (row, query) in row.as_chunks::<LANES>().0.iter().zip(narrow) {
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
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that look like chance, the same in every run.
    fn noise(length: usize, mut seed: u32) -> Vec<u8> {
        let mut next = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    fn vector(length: usize, seed: u32) -> Vec<f32> {
        let bytes = noise(length, seed).into_iter();
        bytes.map(|b| f32::from(b.cast_signed()) / 500.0).collect()
    }

    #[test]
    fn every_kernel_computes_what_the_scalar_one_does() {
        for stride in [64, 128, 448, 512, 768, 1024] {
            for rows in [0, 1, 3, 17] {
                let mut bytes = noise(stride * rows, 7);
                // The ends of the range; -128 is never written, but may be read.
                for (place, extreme) in bytes.iter_mut().zip([0x80, 0x7f, 0x81, 0x80]) {
                    *place = extreme;
                }
                for query in [
                    vector(stride, 3),
                    vector(stride - 5, 4),
                    vec![-1.0; stride],
                    vec![0.0; stride],
                ] {
                    let query = Query::new(&query, stride);
                    let mut expected = vec![0; rows];
                    (SCALAR.bytes)(&bytes, &query, &mut expected);
                    for kernels in available() {
                        let mut out = vec![i32::MAX; rows];
                        (kernels.bytes)(&bytes, &query, &mut out);
                        assert_eq!(out, expected, "{kernels:?} {stride}");
                    }
                }
            }
        }
    }

    #[test]
    fn rows_of_halves_are_multiplied_alike() {
        for stride in [64, 128, 448, 512, 768] {
            let row: Vec<u8> = vector(stride, 9)
                .iter()
                .flat_map(|x| f16::from_f32(*x).to_le_bytes())
                .collect();
            let query = Query::new(&vector(stride, 5), stride);
            let expected = (SCALAR.halves)(&row, &query);
            for kernels in available() {
                let found = (kernels.halves)(&row, &query);
                assert!((found - expected).abs() < 1e-4, "{kernels:?} {stride}");
            }
        }
    }

    #[test]
    fn bytes_stand_for_what_they_were_made_from() {
        let x = vector(512, 1);
        let q = vector(512, 2);
        let exact: f32 = x.iter().zip(&q).map(|(x, q)| x * q).sum();
        let scale = 127.0 / x.iter().fold(0f32, |most, x| most.max(x.abs()));
        let row: Vec<u8> = x
            .iter()
            .map(|x| quantised(x * scale).cast_unsigned())
            .collect();
        let query = Query::new(&q, 512);
        let mut out = [0];
        (BEST.bytes)(&row, &query, &mut out);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let found = out[0] as f32 * query.unit(scale);
        assert!((found - exact).abs() < 0.02, "{found} {exact}");
    }
}
