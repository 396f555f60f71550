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
//!
//! Beside its code a vector has a fine code, in the same form: two bits more of each component, which divide
//! its level. The deviation with both is less than a third of that with the code alone, so that of the vectors
//! whose codes are worth a look only a few need be read.

use super::Isa;

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
/// Largest component of a query that meets fine codes: 32 bits hold the sum of products with 4,096 of them.
const LARGEST: f32 = 4095.0;
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

/// Writes the code and the fine code of `vector`, which is turned and without its collection's mean, into
/// `code` and `fine`. Returns what is kept with the code, and with the two together.
///
/// # Panics
/// The lengths do not fit together.
pub fn encode(vector: &[f32], code: &mut [u8], fine: &mut [u8]) -> [Coded; 2] {
    assert_eq!(vector.len(), 4 * code.len(), "a padded vector");
    assert_eq!(code.len(), fine.len(), "two bits each");
    #[expect(clippy::cast_precision_loss, reason = "some thousands")]
    let count = vector.len() as f32;
    let squares: f32 = vector.iter().map(|x| x * x).sum();
    code.fill(0);
    fine.fill(0);
    if !(squares.is_finite() && squares > 0.0) {
        // No direction: the estimate is the mean's, without an error.
        return [Coded {
            factor: 0.0,
            deviation: 0.0,
        }; 2];
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
    let (mut fine_along, mut fine_length) = (0.0, 0.0);
    let bytes = code
        .chunks_mut(GROUP_BYTES)
        .zip(fine.chunks_mut(GROUP_BYTES));
    for (group, (code, fine)) in vector.chunks(GROUP).zip(bytes) {
        for (place, x) in group.iter().enumerate() {
            let part = part(*x * per);
            let (byte, shift) = (place % GROUP_BYTES, place / GROUP_BYTES * 2);
            code[byte] |= (part >> 2) << shift;
            fine[byte] |= (part & 3) << shift;
            let value = f32::from(VALUES[usize::from(part)]);
            fine_along += value * x;
            fine_length += value * value;
        }
    }
    let coded = |along: f32, cosine: f32| {
        // The sine over the cosine of the angle between vector and levels, times the vector's length.
        let across = (squares / (cosine * cosine) - 1.0).max(0.0).sqrt() * squares.sqrt();
        Coded {
            factor: squares / along,
            deviation: across / (count - 1.0).sqrt(),
        }
    };
    [
        coded(along, cosine),
        coded(fine_along, fine_along / fine_length.sqrt()),
    ]
}

/// The level of a component that is `x` steps large: 0 to 3.
fn level(x: f32) -> f32 {
    (x + 2.0).floor().clamp(0.0, 3.0)
}

/// The part in which a component is that is `x` steps large, of four in each level: 0 to 15. A part is a quarter of a
/// step wide, and half a step in the first and the last level.
fn part(x: f32) -> u8 {
    let part = if x < -1.0 {
        (x + 3.0) * 2.0
    } else if x < 1.0 {
        (x + 2.0) * 4.0
    } else {
        (x + 5.0) * 2.0
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 15, where `as` stops"
    )]
    let part = part as u8;
    part.min(15)
}

/// What stands for a component in each part, in eighths of a step: the middle of the part. Those of the first and
/// the last level are twice as wide.
pub(super) const VALUES: [i8; 16] = [
    -22, -18, -14, -10, -7, -5, -3, -1, 1, 3, 5, 7, 10, 14, 18, 22,
];

/// A query for vectors that are coded.
#[derive(Debug)]
pub struct CodeQuery {
    turned: Vec<f32>,
    /// The turned components, quantised to 8 bits.
    pub(super) narrow: Vec<i8>,
    /// The quantisation step.
    step: f32,
    /// The turned components, quantised to 12 bits and a sign, for fine codes,
    wide: Vec<i16>,
    /// and the step.
    wide_step: f32,
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
        let wide_step = if max > 0.0 { max / LARGEST } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, reason = "at most 4,095")]
        let wide = turned.iter().map(|x| (x / wide_step).round() as i16);
        let wide = wide.collect();
        let sum: f32 = narrow.iter().map(|x| f32::from(*x)).sum();
        Self {
            turned,
            narrow,
            step,
            wide,
            wide_step,
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
        let isa = Isa::detect();
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

    /// The estimate of the product with a vector by its `code` and its `fine` code, and the standard deviation of
    /// its error; `kept` has the [`Coded::to_bytes`] of both together, and `base` is the product with the mean
    /// of the collection.
    #[must_use]
    pub fn refined(&self, code: &[u8], fine: &[u8], kept: [u8; KEPT], base: f32) -> (f32, f32) {
        // In eighths of a step.
        let product = Isa::detect().fine_product(code, fine, &self.wide);
        let kept = Coded::from_bytes(kept);
        #[expect(clippy::cast_precision_loss, reason = "much less than it has bits")]
        let along = product as f32 * self.wide_step;
        (base + along * kept.factor, self.length * kept.deviation)
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
mod tests;
