//! The arithmetic of both towers, in the widest instructions that the processor has.
//!
//! Nearly all time goes into products `x · Wᵀ` of a few rows with a large matrix. Weights therefore
//! lie in the file as they are multiplied, in [`Matrix`] panels of 16 rows, so that nothing is
//! rearranged at run time: each step takes one column of a panel, widens it to 32-bit floats, and
//! adds its multiples to the sums of several rows of `x`, which stay in registers.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod dot;
mod matrix;
#[cfg(target_arch = "aarch64")]
mod neon;
mod rows;
mod scalar;
#[cfg(test)]
mod tests;

use std::fmt;

pub use matrix::{LANES, Matrix, Values, panels};
pub use rows::Activation;

/// Instructions that this processor has: a value is the proof, because only [`Isa::available`]
/// makes one.
#[derive(Debug, Clone, Copy)]
pub struct Isa(Set);

#[derive(Debug, Clone, Copy)]
enum Set {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Avx2(avx2::Proof),
    #[cfg(target_arch = "x86_64")]
    Avx512(avx512::Proof),
    #[cfg(target_arch = "aarch64")]
    Neon(neon::Proof),
}

/// Memory that products need besides their operands; kept by the caller, so that it is asked from
/// the system once.
#[derive(Debug, Default)]
pub struct Scratch {
    /// `x`, a tile of rows after the other, each column by column.
    packed: Vec<f32>,
    /// Panels as 32-bit floats.
    wide: Vec<f32>,
    /// Sums of one tile.
    sums: Vec<f32>,
}

impl Isa {
    /// What this processor has, the fastest first; the last needs nothing special.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let sets = [
            #[cfg(target_arch = "x86_64")]
            avx512::Proof::find().map(Set::Avx512),
            #[cfg(target_arch = "x86_64")]
            avx2::Proof::find().map(Set::Avx2),
            #[cfg(target_arch = "aarch64")]
            neon::Proof::find().map(Set::Neon),
            Some(Set::Scalar),
        ];
        sets.into_iter().flatten().map(Self).collect()
    }

    /// The fastest of [`Isa::available`].
    #[must_use]
    pub fn detect() -> Self {
        Self::available()[0]
    }

    /// Most rows of `x` in a tile, and panels of weights: as many sums as registers hold.
    fn tile_shape(self) -> (usize, usize) {
        match self.0 {
            Set::Scalar => (4, 1),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => (avx2::ROWS, 1),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(_) => (avx512::ROWS, avx512::PANELS),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => (neon::ROWS, 1),
        }
    }

    /// `y = x · matrixᵀ + bias`, where `x` has as many columns as `matrix`, and `y` as many as
    /// `matrix` has rows.
    ///
    /// # Panics
    /// The lengths do not fit together, which models rule out when they are opened.
    pub fn multiply(
        self,
        x: &[f32],
        matrix: &Matrix<'_>,
        bias: Option<&[f32]>,
        y: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let (outputs, depth) = (matrix.rows(), matrix.columns());
        let height = x.len() / depth;
        assert_eq!(x.len(), height * depth, "x has whole rows");
        assert_eq!(
            y.len(),
            height * outputs,
            "y has a column for each row of the matrix"
        );
        assert!(bias.is_none_or(|bias| bias.len() >= outputs), "a bias each");
        let (most, together) = self.tile_shape();
        let tiles = Tiles::new(height, most);
        tiles.pack(x, depth, &mut scratch.packed);
        let scales = matrix.scales();
        let mut panel = 0;
        while panel < panels(outputs) {
            let count = together.min(panels(outputs) - panel);
            let mut weights = matrix.panels(panel, count);
            if tiles.count > 1 && !matches!(weights, Values::F32(_)) {
                scratch.wide.resize(count * depth * LANES, 0.0);
                self.widen(weights, &mut scratch.wide);
                weights = Values::F32(&scratch.wide);
            }
            for (first, rows) in tiles.iter() {
                scratch.sums.resize(rows * count * LANES, 0.0);
                let x = &scratch.packed[first * depth..(first + rows) * depth];
                self.tile(weights, count, x, rows, &mut scratch.sums);
                let from = panel * LANES;
                let width = (count * LANES).min(outputs - from);
                for (row, sums) in scratch.sums.chunks_exact(count * LANES).enumerate() {
                    let at = (first + row) * outputs + from;
                    let y = &mut y[at..at + width];
                    y.copy_from_slice(&sums[..width]);
                    if let Some(scales) = scales {
                        y.iter_mut().zip(&scales[from..]).for_each(|(y, s)| *y *= s);
                    }
                    if let Some(bias) = bias {
                        y.iter_mut().zip(&bias[from..]).for_each(|(y, b)| *y += b);
                    }
                }
            }
            panel += count;
        }
    }

    fn tile(self, weights: Values<'_>, panels: usize, x: &[f32], rows: usize, sums: &mut [f32]) {
        match self.0 {
            Set::Scalar => scalar::tile(weights, x, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::tile(proof, weights, x, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::tile(proof, weights, panels, x, rows, sums),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(proof) => neon::tile(proof, weights, x, rows, sums),
        }
        debug_assert_eq!(sums.len(), rows * panels * LANES);
    }

    /// Weights as 32-bit floats, without their scales.
    fn widen(self, weights: Values<'_>, wide: &mut [f32]) {
        match self.0 {
            Set::Scalar => scalar::widen(weights, wide),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::widen(proof, weights, wide),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::widen(proof, weights, wide),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(proof) => neon::widen(proof, weights, wide),
        }
    }

    /// Normalises each row of `x` to mean 0 and variance 1, then applies `gain` and `bias`, of
    /// which one row's worth is used.
    pub fn normalise(self, x: &[f32], gain: &[f32], bias: &[f32], epsilon: f32, y: &mut [f32]) {
        self.run(|| rows::normalise(x, gain, bias, epsilon, y));
    }

    /// Applies `activation` to each of `x`.
    pub fn activate(self, activation: Activation, x: &mut [f32]) {
        self.run(|| rows::activate(activation, x));
    }

    /// Makes shares of 1 of `scale * x`.
    pub fn softmax(self, scale: f32, x: &mut [f32]) {
        self.run(|| rows::softmax(scale, x));
    }

    /// Runs plain loops that the compiler turns into this set's instructions.
    fn run(self, work: impl FnOnce()) {
        match self.0 {
            Set::Scalar => work(),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::run(proof, work),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::run(proof, work),
            // Part of every aarch64 processor: the compiler uses it anyway.
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => work(),
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Set::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(_) => "AVX-512",
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => "NEON",
        })
    }
}

/// Rows of `x` in tiles of nearly the same height: 15 rows make 8 and 7 rather than 14 and 1.
struct Tiles {
    height: usize,
    count: usize,
}

impl Tiles {
    fn new(height: usize, most: usize) -> Self {
        let count = height.div_ceil(most);
        Self { height, count }
    }

    /// Each tile as (first row, rows).
    fn iter(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (height, count) = (self.height, self.count);
        (0..count).map(move |tile| {
            let first = tile * height / count;
            (first, (tile + 1) * height / count - first)
        })
    }

    fn pack(&self, x: &[f32], depth: usize, packed: &mut Vec<f32>) {
        packed.resize(x.len(), 0.0);
        for (first, rows) in self.iter() {
            let range = first * depth..(first + rows) * depth;
            let (x, packed) = (&x[range.clone()], &mut packed[range]);
            for (row, x) in x.chunks_exact(depth).enumerate() {
                for (column, x) in packed.chunks_exact_mut(rows).zip(x) {
                    column[row] = *x;
                }
            }
        }
    }
}
