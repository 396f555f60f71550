//! Codes of two bits a component: a sieve for exhaustive search, a quarter of the bytes of
//! [`scan`](super::scan) to read.
//!
//! A vector loses the mean of its collection and is turned by a [`Rotation`], after which its components
//! look like chance whatever the model. Each becomes one of four levels, and a factor makes the dot product
//! of a query with the levels an unbiased estimate of that with the vector (as `RaBitQ` does: Gao and
//! Long, 2024; Gao et al., 2025). How far an estimate lies from the truth is known: the part of the query
//! across the vector meets the part of the code across the vector in a direction of chance, so the error has
//! a normal distribution of the [deviation](Coded::deviation) that is kept with each code. Whoever reads
//! exact vectors in the order of estimate plus some deviations can therefore stop early.
//!
//! In each group of 32 bytes, bits `2 k` and `2 k + 1` of byte `j` are component `32 k + j`.

/// Components of a group: the length of a coded vector is a multiple of it.
pub const GROUP: usize = 128;
/// Bytes of a group.
pub(super) const GROUP_BYTES: usize = GROUP / 4;
/// Bytes of what is kept with a code.
pub const KEPT: usize = 8;
/// Codes that are compared at a time.
const BLOCK: usize = 256;
/// The number that is subtracted from the levels 0 to 3.
const MIDDLE: f32 = 1.5;
/// Steps between levels that are tried, in standard deviations of the components; the best one for normal
/// components is 0.996.
const STEPS: [f32; 5] = [0.84, 0.92, 1.0, 1.08, 1.16];
/// Rounds of signs and Hadamard transforms.
const ROUNDS: usize = 3;

/// Components of a coded vector, with those that pad it.
#[must_use]
pub fn padded(dimensions: usize) -> usize {
    dimensions.next_multiple_of(GROUP)
}

/// Bytes of a code.
#[must_use]
pub fn width(dimensions: usize) -> usize {
    padded(dimensions) / 4
}

/// A rotation of vectors, the same in every program: signs of chance and Hadamard transforms.
#[derive(Debug)]
pub struct Rotation {
    signs: Vec<f32>,
    length: usize,
}

impl Rotation {
    /// The rotation of vectors of [`padded`]`(dimensions)` components.
    #[must_use]
    pub fn new(dimensions: usize) -> Self {
        let length = padded(dimensions);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut sign = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            if state >> 63 == 0 { 1.0 } else { -1.0 }
        };
        let signs = (0..ROUNDS * length).map(|_| sign()).collect();
        Self { signs, length }
    }

    /// Components of the vectors that it turns.
    #[must_use]
    pub fn components(&self) -> usize {
        self.length
    }

    /// Turns `vector`, of [`Rotation::components`], in place.
    ///
    /// # Panics
    /// It has another length.
    pub fn turn(&self, vector: &mut [f32]) {
        assert_eq!(vector.len(), self.length, "a padded vector");
        let whole = 1 << self.length.ilog2();
        for signs in self.signs.chunks_exact(self.length) {
            for (x, sign) in vector.iter_mut().zip(signs) {
                *x *= sign;
            }
            hadamard(&mut vector[..whole]);
            if whole < self.length {
                // The two transforms overlap, so that the next round mixes all.
                hadamard(&mut vector[self.length - whole..]);
            }
        }
    }
}

/// The orthonormal Hadamard transform, in place; the length is a power of two.
fn hadamard(x: &mut [f32]) {
    let mut half = 1;
    while half < x.len() {
        for pair in x.chunks_exact_mut(2 * half) {
            let (low, high) = pair.split_at_mut(half);
            for (a, b) in low.iter_mut().zip(high) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        half *= 2;
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let scale = 1.0 / (x.len() as f32).sqrt();
    for x in x {
        *x *= scale;
    }
}

/// What is kept with a code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coded {
    /// The factor from the product with the levels to that with the vector.
    pub factor: f32,
    /// The standard deviation of the estimate's error, for a query of length 1 across the vector.
    pub deviation: f32,
}

impl Coded {
    /// As a file holds it.
    #[must_use]
    pub fn to_bytes(self) -> [u8; KEPT] {
        let mut bytes = [0; KEPT];
        bytes[..4].copy_from_slice(&self.factor.to_le_bytes());
        bytes[4..].copy_from_slice(&self.deviation.to_le_bytes());
        bytes
    }

    #[inline]
    fn from_bytes([a, b, c, d, rest @ ..]: [u8; KEPT]) -> Self {
        Self {
            factor: f32::from_le_bytes([a, b, c, d]),
            deviation: f32::from_le_bytes(rest),
        }
    }
}

/// Writes the code of `vector`, which is turned and without its collection's mean, into `code`.
///
/// # Panics
/// The lengths do not fit together.
pub fn encode(vector: &[f32], code: &mut [u8]) -> Coded {
    assert_eq!(vector.len(), 4 * code.len(), "a padded vector");
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let count = vector.len() as f32;
    let squares: f32 = vector.iter().map(|x| x * x).sum();
    code.fill(0);
    if !(squares.is_finite() && squares > 0.0) {
        // No direction: the estimate is the mean's, without an error.
        return Coded {
            factor: 0.0,
            deviation: 0.0,
        };
    }
    let spread = (squares / count).sqrt();
    let mut best = (f32::MIN, 1.0, 1.0);
    for step in STEPS {
        let per = 1.0 / (step * spread);
        let (mut along, mut length) = (0.0, 0.0);
        for x in vector {
            let level = level(*x * per) - MIDDLE;
            along += level * x;
            length += level * level;
        }
        let cosine = along / length.sqrt();
        if cosine > best.0 {
            best = (cosine, per, along);
        }
    }
    let (cosine, per, along) = best;
    for (group, code) in vector.chunks(GROUP).zip(code.chunks_mut(GROUP_BYTES)) {
        for (place, x) in group.iter().enumerate() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 3"
            )]
            let level = level(*x * per) as u8;
            code[place % GROUP_BYTES] |= level << (place / GROUP_BYTES * 2);
        }
    }
    // The sine over the cosine of the angle between vector and levels, times the vector's length.
    let across = (squares / (cosine * cosine) - 1.0).max(0.0).sqrt() * squares.sqrt();
    Coded {
        factor: squares / along,
        deviation: across / (count - 1.0).sqrt(),
    }
}

/// The level of a component that is `x` steps large: 0 to 3.
fn level(x: f32) -> f32 {
    (x + 2.0).floor().clamp(0.0, 3.0)
}

/// A query for vectors that are coded.
#[derive(Debug)]
pub struct CodeQuery {
    turned: Vec<f32>,
    /// The turned components, quantised to 8 bits.
    pub(super) narrow: Vec<i8>,
    /// The quantisation step.
    step: f32,
    /// What the product with the levels is too large by, as 0 stands for -1.5.
    offset: f32,
    length: f32,
}

impl CodeQuery {
    /// Turns `vector` and quantises it.
    ///
    /// # Panics
    /// It has more components than `rotation` turns.
    #[must_use]
    pub fn new(vector: &[f32], rotation: &Rotation) -> Self {
        let mut turned = vector.to_vec();
        assert!(turned.len() <= rotation.length, "a vector to be padded");
        turned.resize(rotation.length, 0.0);
        rotation.turn(&mut turned);
        let max = turned.iter().fold(0f32, |max, x| max.max(x.abs()));
        let step = if max > 0.0 { max / 127.0 } else { 1.0 };
        let narrow: Vec<i8> = turned
            .iter()
            .map(|x| super::scan::quantise(x / step))
            .collect();
        let sum: f32 = narrow.iter().map(|x| f32::from(*x)).sum();
        Self {
            turned,
            narrow,
            step,
            offset: MIDDLE * sum,
            length: vector.iter().map(|x| x * x).sum::<f32>().sqrt(),
        }
    }

    /// The product with a vector of the same length, which is turned by the same rotation.
    #[must_use]
    pub fn dot(&self, turned: &[f32]) -> f32 {
        self.turned.iter().zip(turned).map(|(a, b)| a * b).sum()
    }

    /// Appends the place and the score of each code whose score is more than `least`. A score is the estimate
    /// of the product with the vector, and `deviations` standard deviations of its error more; `base` is the
    /// product with the mean of the collection. `kept` has [`Coded::to_bytes`] of each code.
    pub fn sieve(
        &self,
        codes: &[u8],
        kept: &[[u8; KEPT]],
        base: f32,
        deviations: f32,
        least: f32,
        found: &mut Vec<(usize, f32)>,
    ) {
        let isa = super::Isa::detect();
        let (mut products, mut scores) = ([0; BLOCK], [0.0; BLOCK]);
        let codes = codes.chunks(BLOCK * self.narrow.len() / 4);
        for (block, (codes, kept)) in codes.zip(kept.chunks(BLOCK)).enumerate() {
            let (products, scores) = (&mut products[..kept.len()], &mut scores[..kept.len()]);
            isa.scan_codes(codes, self, products);
            self.scores(products, kept, base, deviations, scores);
            for (place, score) in scores.iter().enumerate() {
                if *score > least {
                    found.push((block * BLOCK + place, *score));
                }
            }
        }
    }

    /// See [`CodeQuery::sieve`].
    fn scores(
        &self,
        products: &[i32],
        kept: &[[u8; KEPT]],
        base: f32,
        deviations: f32,
        scores: &mut [f32],
    ) {
        let more = deviations * self.length;
        for ((score, product), kept) in scores.iter_mut().zip(products).zip(kept) {
            let kept = Coded::from_bytes(*kept);
            #[expect(clippy::cast_precision_loss, reason = "much less than it has bits")]
            let along = (*product as f32 - self.offset) * self.step;
            *score = base + along * kept.factor + more * kept.deviation;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::Isa;

    /// A source of normal numbers, the same in every run.
    struct Normal(u64);

    impl Normal {
        fn uniform(&mut self) -> f64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(self.0 >> 32).expect("32 bits")) / f64::from(u32::MAX)
        }

        #[expect(clippy::cast_possible_truncation, reason = "it is about 1")]
        fn next(&mut self) -> f32 {
            let (a, b) = (self.uniform().max(1e-12), self.uniform());
            ((-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()) as f32
        }

        /// A vector of length 1, some of whose components are far larger than the others, as a model's.
        fn vector(&mut self, length: usize) -> Vec<f32> {
            let mut vector: Vec<f32> = (0..length).map(|_| self.next()).collect();
            for x in vector.iter_mut().step_by(97) {
                *x *= 6.0;
            }
            unit(vector)
        }
    }

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    fn unit(mut vector: Vec<f32>) -> Vec<f32> {
        let length = dot(&vector, &vector).sqrt();
        for x in &mut vector {
            *x /= length;
        }
        vector
    }

    fn coded(vector: &[f32], rotation: &Rotation) -> (Vec<u8>, Coded) {
        let mut turned = vector.to_vec();
        turned.resize(rotation.components(), 0.0);
        rotation.turn(&mut turned);
        let mut code = vec![0; rotation.components() / 4];
        let kept = encode(&turned, &mut code);
        (code, kept)
    }

    #[test]
    fn every_kernel_computes_the_products_of_the_scalar_one() {
        let mut normal = Normal(3);
        for length in [128, 256, 384, 512, 768, 1024, 2048, 4096] {
            let rotation = Rotation::new(length);
            let extreme = CodeQuery {
                narrow: vec![-127; length],
                ..CodeQuery::new(&normal.vector(length), &rotation)
            };
            for query in [CodeQuery::new(&normal.vector(length), &rotation), extreme] {
                for rows in [0, 1, 3, 4, 9] {
                    let byte = |_| normal.next().to_bits().to_le_bytes()[1];
                    let mut codes: Vec<u8> = (0..rows * width(length)).map(byte).collect();
                    codes.iter_mut().take(width(length)).for_each(|x| *x = 0xff);
                    let mut expected = vec![0; rows];
                    Isa::scalar().scan_codes(&codes, &query, &mut expected);
                    for isa in Isa::available() {
                        let mut out = vec![i32::MAX; rows];
                        isa.scan_codes(&codes, &query, &mut out);
                        assert_eq!(out, expected, "{isa} {length}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_rotation_keeps_lengths_and_angles() {
        let mut normal = Normal(5);
        for length in [128, 384, 512, 640, 768] {
            let (a, b) = (normal.vector(length), normal.vector(length));
            let rotation = Rotation::new(length);
            let (mut x, mut y) = (a.clone(), b.clone());
            rotation.turn(&mut x);
            rotation.turn(&mut y);
            assert!((dot(&a, &b) - dot(&x, &y)).abs() < 1e-5, "{length}");
            assert!((dot(&x, &x) - 1.0).abs() < 1e-5, "{length}");
            // One large component is spread over all.
            let mut one = vec![0.0; length];
            one[length / 3] = 1.0;
            rotation.turn(&mut one);
            let most = one.iter().fold(0f32, |most, x| most.max(x.abs()));
            assert!(most < 0.3, "{length}: {most}");
        }
    }

    /// The bound of the search is so many deviations: were they a hundredth smaller or larger than the
    /// errors, this would fail.
    #[test]
    fn errors_have_the_deviation_that_is_kept_with_each_code() {
        let mut normal = Normal(11);
        for length in [256, 512, 768] {
            let rotation = Rotation::new(length);
            let mut even = |size: f32| {
                let vector = unit((0..length).map(|_| normal.next()).collect());
                vector.iter().map(|x| x * size).collect::<Vec<f32>>()
            };
            let queries: Vec<Vec<f32>> = (0..200).map(|_| even(2.0)).collect();
            let asked = queries.iter().map(|query| CodeQuery::new(query, &rotation));
            let asked: Vec<CodeQuery> = asked.collect();
            let (mut squares, mut sum, mut count) = (0f64, 0f64, 0f64);
            for _ in 0..400 {
                let vector = even(0.8);
                let (code, kept) = coded(&vector, &rotation);
                for (query, asked) in queries.iter().zip(&asked) {
                    let mut scores = Vec::new();
                    for deviations in [0.0, 1.0] {
                        let kept = [kept.to_bytes()];
                        asked.sieve(&code, &kept, 0.0, deviations, f32::MIN, &mut scores);
                    }
                    let (score, more) = (scores[0].1, scores[1].1);
                    let exact = dot(query, &vector);
                    // The bound takes the whole query, which is not more than a little too careful.
                    let across = (1.0 - (exact / 1.6).powi(2)).sqrt();
                    let error = f64::from((score - exact) / (across * (more - score)));
                    (squares, sum, count) = (squares + error * error, sum + error, count + 1.0);
                }
            }
            let deviation = (squares / count).sqrt();
            assert!((deviation - 1.0).abs() < 0.005, "{length}: {deviation}");
            assert!((sum / count).abs() < 0.01, "{length}: {}", sum / count);
        }
    }

    #[test]
    fn a_vector_without_a_direction_has_a_code() {
        let rotation = Rotation::new(128);
        let (_, kept) = coded(&[0.0; 128], &rotation);
        let none = Coded {
            factor: 0.0,
            deviation: 0.0,
        };
        assert_eq!(kept, none);
        let (_, kept) = coded(&[f32::NAN; 128], &rotation);
        assert_eq!(kept, none);
    }
}
