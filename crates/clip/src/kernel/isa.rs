//! The one choice of instructions, for the towers and for the scan of stored vectors.

use std::fmt;
use std::sync::LazyLock;

#[cfg(target_arch = "aarch64")]
use super::arch::neon;
#[cfg(target_arch = "x86_64")]
use super::arch::{avx2, avx2_codes, avx2_septets, avx512};
use super::codes::CodeQuery;
use super::finish::Finish;
use super::matrix::{LANES, Matrix};
use super::outliers;
use super::prefetch::Prefetch;
use super::products::{Product, Scratch, Strides};
use super::quantisation::Quantisation;
use super::rows::{self, Activation};
use super::scan::ScanQuery;
use super::septets::Septets;
use super::{Loops, scalar};

/// An instruction set that this processor has. Having a value proves it, because only
/// [`Isa::available`] and [`Isa::detect`] make one.
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
    /// The sets that this processor has, the fastest first. The last one is plain Rust, which every
    /// processor runs.
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

    /// Plain Rust, which every processor runs; what the others are checked against.
    #[cfg(test)]
    pub(super) fn scalar() -> Self {
        Self(Set::Scalar)
    }

    /// The fastest of [`Isa::available`]. The processor is asked once; later calls cost nothing.
    #[must_use]
    pub fn detect() -> Self {
        static FASTEST: LazyLock<Isa> = LazyLock::new(|| Isa::available()[0]);
        *FASTEST
    }

    /// The quantisation of activations by which this set multiplies 8-bit weights fastest.
    #[must_use]
    pub fn quickest(self) -> Quantisation {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) if proof.has_vnni() => Quantisation::Int8,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => Quantisation::Int7,
            // Rust does not have the instruction of NEON yet.
            _ => Quantisation::Int16,
        }
    }

    /// The maximum size of a tile, in rows of `x` and panels of weights: as many sums as registers hold.
    pub(super) fn tile_shape(self) -> (usize, usize) {
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

    /// `y = x · matrixᵀ`, finished, where `x` has as many columns as `matrix`, and `y` as many as
    /// `matrix` has rows. With weights of 8 bits, `x` is quantised; all sets do that alike.
    ///
    /// # Panics
    /// The lengths do not fit together, which models rule out when they are opened.
    pub fn multiply(
        self,
        x: &[f32],
        matrix: &Matrix<'_>,
        finish: Finish<'_>,
        y: &mut [f32],
        quantisation: Quantisation,
        scratch: &mut Scratch,
    ) {
        let (outputs, depth) = (matrix.rows(), matrix.columns());
        self.multiply_apart(
            (x, depth),
            matrix,
            finish,
            (y, outputs),
            quantisation,
            scratch,
        );
    }

    /// As [`Isa::multiply`], where rows of `x` and of `y` are so far apart, and what lies behind their columns is left
    /// as it is.
    ///
    /// # Panics
    /// As [`Isa::multiply`].
    pub fn multiply_apart(
        self,
        (x, x_stride): (&[f32], usize),
        matrix: &Matrix<'_>,
        finish: Finish<'_>,
        (y, y_stride): (&mut [f32], usize),
        quantisation: Quantisation,
        scratch: &mut Scratch,
    ) {
        let (outputs, depth) = (matrix.rows(), matrix.columns());
        let height = x.len() / x_stride;
        assert!(x_stride >= depth, "x has the columns of the matrix");
        assert!(y_stride >= outputs, "y has a column for each of its rows");
        assert_eq!(x.len(), height * x_stride, "x has whole rows");
        assert_eq!(y.len(), height * y_stride, "y has as many");
        let bias = finish.bias;
        assert!(bias.is_none_or(|bias| bias.len() >= outputs), "a bias each");
        let product = Product {
            x,
            strides: Strides {
                x: x_stride,
                y: y_stride,
            },
            matrix,
            finish,
            quantisation,
            without: &[],
        };
        if quantisation == Quantisation::Int7 && matrix.scales().is_some() {
            outliers::multiply(self, &product, y, scratch);
        } else {
            product.run(self, y, scratch);
        }
    }

    /// Adds the products of `panels` panels of `weights` with `rows` rows of `x` to `sums`, and
    /// fetches `prefetch` meanwhile.
    pub(super) fn tile(
        self,
        weights: &[f32],
        panels: usize,
        x: &[f32],
        rows: usize,
        sums: &mut [f32],
        prefetch: &Prefetch,
    ) {
        debug_assert_eq!(sums.len(), rows * panels * LANES);
        match self.0 {
            Set::Scalar => scalar::tile(weights, x, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::tile(proof, weights, x, rows, sums, prefetch),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::tile(proof, weights, panels, x, rows, sums, prefetch),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(proof) => neon::tile(proof, weights, x, rows, sums, prefetch),
        }
    }

    /// Converts 16-bit floats, given as their bits, into 32-bit floats.
    pub(super) fn widen(self, weights: &[u16], wide: &mut [f32]) {
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

    /// As [`Isa::tile`], for integers: `weights` are as [`Isa::widen_pairs`] makes them.
    pub(super) fn tile_pairs(
        self,
        weights: &[i16],
        panels: usize,
        x: &[[i16; 2]],
        rows: usize,
        sums: &mut [f32],
        prefetch: &Prefetch,
    ) {
        debug_assert_eq!(sums.len(), rows * panels * LANES);
        match self.0 {
            Set::Scalar => scalar::tile_pairs(weights, x, rows, sums),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::tile_pairs(proof, weights, x, rows, sums, prefetch),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => {
                avx512::tile_pairs(proof, weights, panels, x, rows, sums, prefetch);
            }
            #[cfg(target_arch = "aarch64")]
            Set::Neon(proof) => neon::tile_pairs(proof, weights, x, rows, sums, prefetch),
        }
    }

    /// Whether it has [`Isa::tile_narrow_pairs`].
    pub(super) fn has_narrow_pairs(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(_) => true,
            _ => false,
        }
    }

    /// As [`Isa::tile_pairs`], for one panel of weights as they lie in the file, of an even number of columns. Of few
    /// rows this is quicker than to widen the weights first.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "no other set has it")
    )]
    pub(super) fn tile_narrow_pairs(
        self,
        weights: &[i8],
        x: &[[i16; 2]],
        rows: usize,
        sums: &mut [f32],
        prefetch: &Prefetch,
    ) {
        debug_assert_eq!(sums.len(), rows * LANES);
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::tile_narrow_pairs(proof, weights, x, rows, sums, prefetch),
            _ => unreachable!("{self} widens weights first"),
        }
    }

    /// Converts columns of a panel into 16-bit integers, in the order that this set takes them. A column
    /// of zeros follows an odd number of columns.
    pub(super) fn widen_pairs(self, weights: &[i8], wide: &mut [i16]) {
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

    /// As [`Isa::tile_pairs`], for bytes: `weights` are as [`Isa::widen_quads`] makes them, and 128 is
    /// added to those of `x`.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "no other set multiplies bytes")
    )]
    pub(super) fn tile_quads(
        self,
        weights: &[i8],
        panels: usize,
        x: &[[u8; 4]],
        rows: usize,
        sums: &mut [f32],
        prefetch: &Prefetch,
    ) {
        debug_assert_eq!(sums.len(), rows * panels * LANES);
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => {
                avx512::tile_quads(proof, weights, panels, x, rows, sums, prefetch);
            }
            _ => unreachable!("{self} does not multiply bytes"),
        }
    }

    /// Appends the columns of a panel to `wide`, in groups of four, in the order that this set takes them.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "no other set multiplies bytes")
    )]
    pub(super) fn widen_quads(self, weights: &[i8], wide: &mut Vec<i8>) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::widen_quads(proof, weights, wide),
            _ => unreachable!("{self} does not multiply bytes"),
        }
    }

    /// As [`Isa::tile_quads`], for one panel and nearly 7 bits of `x`, to which an excess is added.
    /// What is in `sums` counts only if the products are `added` to it.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "no other set multiplies bytes")
    )]
    pub(super) fn tile_septets(
        self,
        weights: &Septets,
        x: &[[u8; 4]],
        added: bool,
        sums: &mut [f32],
        prefetch: &Prefetch,
    ) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2_septets::tile(proof, weights, x, added, sums, prefetch),
            _ => unreachable!("{self} does not multiply bytes"),
        }
    }

    /// Puts the columns of a panel into `wide`.
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_variables, reason = "no other set multiplies bytes")
    )]
    pub(super) fn widen_septets(self, weights: &[i8], wide: &mut Septets) {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2_septets::widen(proof, weights, wide),
            _ => unreachable!("{self} does not multiply bytes"),
        }
    }

    /// Layer normalisation: brings each row of `x` to mean 0 and variance 1, multiplies it by `gain` and
    /// adds `bias`, which are as long as a row.
    pub fn layer_norm(self, x: &[f32], gain: &[f32], bias: &[f32], epsilon: f32, y: &mut [f32]) {
        self.run(rows::LayerNorm {
            x,
            gain,
            bias,
            epsilon,
            y,
        });
    }

    /// Applies `activation` to each number of `x`, in place.
    pub fn activate(self, activation: Activation, x: &mut [f32]) {
        self.run(rows::Activate(activation, x));
    }

    /// Softmax of `scale * x`, in place.
    pub fn softmax(self, scale: f32, x: &mut [f32]) {
        self.run(rows::Softmax(scale, x));
    }

    /// Puts the dot product of `query` with each of `rows`, which are signed bytes and as long as the
    /// query, into `out`. All sets compute the same integers.
    pub fn scan_i8(self, rows: &[u8], query: &ScanQuery, out: &mut [i32]) {
        match self.0 {
            Set::Scalar => scalar::scan_i8(rows, &query.wide, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::scan_i8(proof, rows, &query.wide, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) if proof.has_vnni() => {
                avx512::scan_i8(proof, rows, &query.narrow, query.offset, out);
            }
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx2::scan_i8(proof.avx2(), rows, &query.wide, out),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(proof) => neon::scan_i8(proof, rows, &query.narrow, out),
        }
    }

    /// Puts the dot product of `query` with the levels of each of `codes` into `out`, which has a place for
    /// each. All sets compute the same integers.
    pub fn scan_codes(self, codes: &[u8], query: &CodeQuery, out: &mut [i32]) {
        match self.0 {
            Set::Scalar => scalar::scan_codes(codes, &query.narrow, out),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2_codes::scan(proof, codes, &query.narrow, out),
            // Memory is the limit here, and not the width of a register.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx2_codes::scan(proof.avx2(), codes, &query.narrow, out),
            // The compiler turns these loops into its instructions.
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => scalar::scan_codes(codes, &query.narrow, out),
        }
    }

    /// The product of `query`, which has a number for each component, with a code and a fine code. All sets compute
    /// the same integer.
    pub(super) fn fine_product(self, code: &[u8], fine: &[u8], query: &[i16]) -> i32 {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2_codes::fine_product(proof, code, fine, query),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx2_codes::fine_product(proof.avx2(), code, fine, query),
            _ => scalar::fine_product(code, fine, query),
        }
    }

    /// The dot product of `query` with `row`, which is 16-bit floats in little-endian bytes, as many as
    /// the query has components.
    #[must_use]
    pub fn dot_f16(self, row: &[u8], query: &ScanQuery) -> f32 {
        match self.0 {
            Set::Scalar => scalar::dot_f16(row, &query.floats),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::dot_f16(proof, row, &query.floats),
            // Memory is the limit here, and not the width of a register.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx2::dot_f16(proof.avx2(), row, &query.floats),
            // Rust has no stable instruction for 16-bit floats here; the compiler knows it.
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => scalar::dot_f16(row, &query.floats),
        }
    }

    pub(super) fn run(self, loops: impl Loops) {
        match self.0 {
            Set::Scalar => loops.run::<false>(),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2(proof) => avx2::run(proof, loops),
            #[cfg(target_arch = "x86_64")]
            Set::Avx512(proof) => avx512::run(proof, loops),
            // Part of every aarch64 processor: the compiler uses it anyway.
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => loops.run::<true>(),
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
            Set::Avx512(proof) => proof.name(),
            #[cfg(target_arch = "aarch64")]
            Set::Neon(_) => "NEON",
        })
    }
}
