//! Dot products of one query vector with many stored ones: the kernels of exhaustive search.
//!
//! A stored vector is a row of bytes or of 16-bit floats. Each row is as long as its vector, rounded up
//! to a multiple of [`STRIDE`] and filled with zeros, so that no kernel needs a loop for what is left
//! over. [`Isa::scan_i8`](super::Isa::scan_i8) compares the query with all rows of bytes, and
//! [`Isa::dot_f16`](super::Isa::dot_f16) scores the nearest of them again, with 16-bit floats.

/// Components that every kernel takes at once: the length of a row is a multiple of it.
pub const STRIDE: usize = 64;

/// A query vector in the forms that the kernels of all processors take.
#[derive(Debug)]
pub struct ScanQuery {
    /// The components themselves.
    pub(super) floats: Vec<f32>,
    /// The components, quantised to 8 bits.
    pub(super) narrow: Vec<i8>,
    /// The same integers in 16 bits.
    pub(super) wide: Vec<i16>,
    /// What the dot product grows by when 128 is added to each byte of a row, as the kernel does that
    /// multiplies unsigned bytes.
    pub(super) offset: i32,
    /// The quantisation step: a component is about its integer times this.
    step: f32,
    length: f32,
}

impl ScanQuery {
    /// Quantises `vector`, for rows of `stride` components, of which `vector` may have fewer.
    #[must_use]
    pub fn new(vector: &[f32], stride: usize) -> Self {
        let max = vector.iter().fold(0f32, |max, x| max.max(x.abs()));
        let step = if max > 0.0 { max / 127.0 } else { 1.0 };
        let mut floats = vector.to_vec();
        floats.resize(stride, 0.0);
        let narrow: Vec<i8> = floats.iter().map(|x| quantise(x / step)).collect();
        let wide: Vec<i16> = narrow.iter().map(|x| i16::from(*x)).collect();
        let offset = narrow.iter().map(|x| 128 * i32::from(*x)).sum();
        Self {
            floats,
            narrow,
            wide,
            offset,
            step,
            length: vector.iter().map(|x| x * x).sum::<f32>().sqrt(),
        }
    }

    /// The factor from an integer dot product to that of the vectors, which is the cosine if both have
    /// length 1. The bytes of the rows are components times `scale`.
    #[must_use]
    pub fn unit(&self, scale: f32) -> f32 {
        self.step / scale
    }

    /// The standard deviation of the error of a dot product with rows of bytes, which are the components of
    /// vectors of length 1 times `scale`, and rounded: rows and query are rounded independently.
    #[must_use]
    pub fn deviation(&self, scale: f32) -> f32 {
        const OF_ROUNDING: f32 = 0.288_675;
        OF_ROUNDING * (self.length / scale).hypot(self.step)
    }
}

/// The nearest integer between -127 and 127: a component, times the scale of its row, as a byte.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "clamped before")]
pub fn quantise(value: f32) -> i8 {
    value.round().clamp(-127.0, 127.0) as i8
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;
    use crate::kernel::Isa;

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
                    let query = ScanQuery::new(&query, stride);
                    let mut expected = vec![0; rows];
                    Isa::scalar().scan_i8(&bytes, &query, &mut expected);
                    for isa in Isa::available() {
                        let mut out = vec![i32::MAX; rows];
                        isa.scan_i8(&bytes, &query, &mut out);
                        assert_eq!(out, expected, "{isa} {stride}");
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
            let query = ScanQuery::new(&vector(stride, 5), stride);
            let expected = Isa::scalar().dot_f16(&row, &query);
            for isa in Isa::available() {
                let found = isa.dot_f16(&row, &query);
                assert!((found - expected).abs() < 1e-4, "{isa} {stride}");
            }
        }
    }

    /// The bound of the search is so many deviations: were they a hundredth smaller or larger than the
    /// errors, this would fail, whether the rows or the query are rounded more.
    #[test]
    fn errors_of_bytes_have_their_deviation() {
        const LENGTH: usize = 512;
        let mut seed = 0;
        let mut unit = || {
            seed += 1;
            let vector = vector(LENGTH, seed * 7919);
            let length = dot(&vector, &vector).sqrt();
            vector.iter().map(|x| x / length).collect::<Vec<f32>>()
        };
        let rows: Vec<Vec<f32>> = (0..400).map(|_| unit()).collect();
        let mut queries: Vec<Vec<f32>> = (0..200).map(|_| unit()).collect();
        for (scale, largest) in [(1200.0, 0.1), (300.0, 0.1), (1200.0, 0.4)] {
            let byte = |x: &f32| quantise(x * scale).cast_unsigned();
            let bytes: Vec<u8> = rows.iter().flatten().map(byte).collect();
            let (mut squares, mut count) = (0f64, 0f64);
            for vector in &mut queries {
                vector[3] = largest;
                let query = ScanQuery::new(vector, LENGTH);
                let mut products = vec![0; rows.len()];
                Isa::detect().scan_i8(&bytes, &query, &mut products);
                for (row, product) in rows.iter().zip(products) {
                    #[expect(clippy::cast_precision_loss, reason = "less than it has bits")]
                    let error = product as f32 * query.unit(scale) - dot(vector, row);
                    let error = f64::from(error / query.deviation(scale));
                    (squares, count) = (squares + error * error, count + 1.0);
                }
            }
            let deviation = (squares / count).sqrt();
            assert!(
                (deviation - 1.0).abs() < 0.005,
                "{scale} {largest}: {deviation}"
            );
        }
    }

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn bytes_stand_for_what_they_were_made_from() {
        let x = vector(512, 1);
        let q = vector(512, 2);
        let exact: f32 = x.iter().zip(&q).map(|(x, q)| x * q).sum();
        let scale = 127.0 / x.iter().fold(0f32, |max, x| max.max(x.abs()));
        let row: Vec<u8> = x
            .iter()
            .map(|x| quantise(x * scale).cast_unsigned())
            .collect();
        let query = ScanQuery::new(&q, 512);
        let mut out = [0];
        Isa::detect().scan_i8(&row, &query, &mut out);
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let found = out[0] as f32 * query.unit(scale);
        assert!((found - exact).abs() < 0.02, "{found} {exact}");
    }
}
