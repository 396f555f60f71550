//! The arithmetic of both towers, in the widest instructions that the processor has.
//!
//! Nearly all time goes into products `x · Wᵀ` of a few rows with a large matrix. Weights therefore
//! lie in the file in [`Matrix`] panels of 16 rows, column by column: each step takes a column, or two,
//! widens it, and adds its multiples to the sums of several rows of `x`, which stay in registers.
//! Weights that are floats are multiplied as such, those of 8 bits as integers.

/// Calls `$tile` compiled for tiles of `$rows` rows, 1 to 6.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! for_rows {
    ($rows:expr, $tile:ident($($argument:expr),*)) => {
        match $rows {
            1 => $tile::<1>($($argument),*),
            2 => $tile::<2>($($argument),*),
            3 => $tile::<3>($($argument),*),
            4 => $tile::<4>($($argument),*),
            5 => $tile::<5>($($argument),*),
            6 => $tile::<6>($($argument),*),
            _ => unreachable!("tiles have up to 6 rows"),
        }
    };
}

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub mod dot;
mod matrix;
#[cfg(target_arch = "aarch64")]
mod neon;
mod products;
mod rows;
mod scalar;
#[cfg(test)]
mod tests;

use std::fmt;

pub use matrix::{LANES, Matrix, Values, panels};
use products::Next;
pub use products::{Rounding, Scratch};
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

impl Isa {
    /// What this processor has, the fastest first; the last needs nothing special.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let sets = [
            #[cfg(target_arch = "x86_64")]
            avx512::Proof::find_vnni().map(Set::Avx512),
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

    /// Whether it has products of bytes, which are faster than those of 16 bits.
    #[must_use]
    pub fn multiplies_bytes(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => proof.has_vnni(),
            // AVX2 would gain little from its own, and Rust has none of those of NEON yet.
            _ => false,
        }
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
    /// `matrix` has rows. With weights of 8 bits, `x` is rounded; all sets do that alike.
    ///
    /// # Panics
    /// The lengths do not fit together, which models rule out when they are opened.
    pub fn multiply(
        self,
        x: &[f32],
        matrix: &Matrix<'_>,
        bias: Option<&[f32]>,
        y: &mut [f32],
        rounding: Rounding,
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
        products::multiply(self, x, matrix, bias, y, rounding, scratch);
    }

    /// Adds the products of `panels` panels of `weights` with `rows` rows of `x` to `sums`, and
    /// fetches `next` meanwhile.
    fn tile(
        self,
        weights: &[f32],
        panels: usize,
        x: &[f32],
        rows: usize,
        sums: &mut [f32],
        next: Next,
    ) {
        debug_assert_eq!(sums.len(), rows * panels * LANES);
        match self.0 {
            Set::Scalar => scalar::tile(weights, x, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::tile(proof, weights, x, rows, sums, next),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::tile(proof, weights, panels, x, rows, sums, next),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(proof) => neon::tile(proof, weights, x, rows, sums, next),
        }
    }

    /// Bits of 16-bit floats as 32-bit floats.
    fn widen(self, weights: &[u16], wide: &mut [f32]) {
        match self.0 {
            Set::Scalar => scalar::widen(weights, wide),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::widen(proof, weights, wide),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::widen(proof, weights, wide),
            // Rust has no stable instruction for it here; the compiler knows it.
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => scalar::widen(weights, wide),
        }
    }

    /// The same of integers: `weights` as [`Isa::widen_pairs`] makes them.
    fn tile_pairs(
        self,
        weights: &[i16],
        panels: usize,
        x: &[[i16; 2]],
        rows: usize,
        sums: &mut [f32],
        next: Next,
    ) {
        debug_assert_eq!(sums.len(), rows * panels * LANES);
        match self.0 {
            Set::Scalar => scalar::tile_pairs(weights, x, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::tile_pairs(proof, weights, x, rows, sums, next),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::tile_pairs(proof, weights, panels, x, rows, sums, next),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(proof) => neon::tile_pairs(proof, weights, x, rows, sums, next),
        }
    }

    /// Columns of a panel as 16-bit integers, in the order that this set takes them; zeros follow an
    /// odd number of columns.
    fn widen_pairs(self, weights: &[i8], wide: &mut [i16]) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::widen_pairs(proof, weights, wide),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::widen_pairs(proof, weights, wide),
            Set::Scalar => scalar::widen_pairs(weights, wide),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => scalar::widen_pairs(weights, wide),
        }
    }

    /// As [`Isa::tile_pairs`], of `weights` as [`Isa::widen_quads`] makes them, and bytes that are
    /// moved up by 128.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "no other set multiplies bytes")
    )]
    fn tile_quads(
        self,
        weights: &[i8],
        panels: usize,
        x: &[[u8; 4]],
        rows: usize,
        sums: &mut [f32],
        next: Next,
    ) {
        debug_assert_eq!(sums.len(), rows * panels * LANES);
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::tile_quads(proof, weights, panels, x, rows, sums, next),
            _ => unreachable!("{self} does not multiply bytes"),
        }
    }

    /// Appends the columns of a panel to `wide`, by fours, in the order that this set takes them.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "no other set multiplies bytes")
    )]
    fn widen_quads(self, weights: &[i8], wide: &mut Vec<i8>) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::widen_quads(proof, weights, wide),
            _ => unreachable!("{self} does not multiply bytes"),
        }
    }

    /// Normalises each row of `x` to mean 0 and variance 1, then applies `gain` and `bias`, of
    /// which one row's worth is used.
    pub fn normalise(self, x: &[f32], gain: &[f32], bias: &[f32], epsilon: f32, y: &mut [f32]) {
        self.run(rows::Normalise {
            x,
            gain,
            bias,
            epsilon,
            y,
        });
    }

    /// Applies `activation` to each of `x`.
    pub fn activate(self, activation: Activation, x: &mut [f32]) {
        self.run(rows::Activate(activation, x));
    }

    /// Makes shares of 1 of `scale * x`.
    pub fn softmax(self, scale: f32, x: &mut [f32]) {
        self.run(rows::Softmax(scale, x));
    }

    fn run(self, loops: impl Loops) {
        match self.0 {
            Set::Scalar => loops.run(),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::run(proof, loops),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::run(proof, loops),
            // Part of every aarch64 processor: the compiler uses it anyway.
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => loops.run(),
        }
    }
}

/// Plain loops that the compiler turns into a set's instructions.
///
/// It does so only with what is inlined into a function that is compiled for the set: `run` and all
/// that it calls are to be `inline(always)`. A closure cannot be.
trait Loops {
    fn run(self);
}

/// Begins to fetch the line of memory at `address`, where Rust has an instruction for it. Nothing
/// happens when no memory is there.
#[inline]
fn fetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it is a hint, which never fails.
    #[expect(unsafe_code, reason = "argued above")]
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Set::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => proof.name(),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => "NEON",
        })
    }
}
