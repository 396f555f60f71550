//! The arithmetic of both towers, in the widest instructions that the processor has.
//!
//! Nearly all time goes into products `x · Wᵀ` of a few rows with a large matrix. Weights therefore
//! lie in the file in [`Matrix`] panels of 16 rows, column by column: each step takes a column, or two,
//! widens it, and adds its multiples to the sums of several rows of `x`, which stay in registers.
//! Weights that are floats are multiplied as such, those of 8 bits as integers.

mod arch;
mod isa;
mod matrix;
mod products;
mod rows;
mod scalar;
pub mod scan;
#[cfg(test)]
mod tests;

pub use isa::Isa;
pub use matrix::{LANES, Matrix, Values, panels};
pub use products::{Quantisation, Scratch};
pub use rows::Activation;

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
fn prefetch(address: *const u8) {
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
