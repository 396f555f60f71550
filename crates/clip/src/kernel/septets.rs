//! Weights of 8 bits as they are multiplied with activations of 7 bits, where a processor adds products of
//! bytes in 16 bits.
#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "no other processor does")
)]

use super::matrix::LANES;

/// What is added to each activation, since the instruction takes unsigned bytes: they are from 1 to 127,
/// and two of their products with a weight fit 16 bits.
pub(super) const EXCESS: u8 = 64;

/// The largest sum of weights, without their signs, whose products with activations of up to 63 fit 16
/// bits.
pub(super) const BOUND: u16 = 32_767 / 63;

/// Groups of four columns whose products are added in 16 bits: each lane gets two of a group.
pub(super) const MANY: usize = 4;

/// As many, where weights are so large that the products of [`MANY`] might not fit: those of two groups,
/// which are four of at most 128 times 63, always do.
pub(super) const FEW: usize = 2;

/// A block of one panel.
#[derive(Debug, Default)]
pub(super) struct Septets {
    /// Four columns at a time, the four numbers of each row beside each other.
    pub quads: Vec<i8>,
    /// Of each [`MANY`] of these.
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Group {
    /// What sums begin with: minus [`EXCESS`] times their weights, modulo 2¹⁶. Those of the first [`FEW`]
    /// alone if `is_large`, and those of the others.
    pub starts: [[i16; 2 * LANES]; 2],
    /// Whether only the products of [`FEW`] are sure to fit 16 bits.
    pub is_large: bool,
}
