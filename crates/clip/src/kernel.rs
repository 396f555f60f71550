//! The arithmetic of both towers and of vector search, in the fastest instructions of the processor.
//!
//! [`Isa`] is the choice of instructions. It is made once, when the program runs: a program that was
//! compiled for any `x86_64` or `aarch64` processor takes AVX-512, AVX2 or NEON where it finds them.
//!
//! Nearly all time goes into products `x · Wᵀ` of a few rows of activations with a large matrix of
//! weights. Weights therefore lie in the file in [`Matrix`] panels of 16 rows, column by column. Each
//! step takes one, two or four columns, widens them, and adds their multiples to the sums of several
//! rows of `x`, which stay in registers. Weights that are floats are multiplied as floats, those of 8
//! bits as integers.
//!
//! [`scan`] compares the vector of a query with many stored ones, and [`codes`] with shorter forms of them.

mod aligned;
mod arch;
pub mod codes;
mod finish;
mod isa;
mod matrix;
mod outliers;
mod pack;
mod prefetch;
mod products;
mod quantisation;
mod rows;
mod scalar;
pub mod scan;
mod septets;
#[cfg(test)]
mod tests;

pub use finish::Finish;
pub use isa::Isa;
pub use matrix::{LANES, Matrix, Values, panels};
pub use prefetch::fetch;
pub use products::Scratch;
pub use quantisation::Quantisation;
pub use rows::Activation;

/// Plain loops that the compiler turns into the instructions of a set.
///
/// It does so only with what is inlined into a function that is compiled for the set. Therefore `run`
/// and all that it calls must be `inline(always)`, which a closure cannot be.
trait Loops {
    /// `FUSED` says that the set has an instruction for a multiplication with an addition behind it.
    fn run<const FUSED: bool>(self);
}
