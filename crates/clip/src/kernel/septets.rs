//! Weights of 8 bits as they are multiplied with activations of 7 bits, where a processor adds products of
//! bytes in 16 bits.
#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "no other processor does")
)]

/// What is added to each activation, since the instruction takes unsigned bytes: they are from 1 to 127,
/// and two of their products with a weight fit 16 bits.
pub(super) const EXCESS: u8 = 64;

/// The largest sum of weights, without their signs, whose products with activations of up to 63 fit 16
/// bits.
pub(super) const BOUND: u16 = 32_767 / 63;

/// Rows of activations that are multiplied at a time.
pub(super) const ROWS: usize = 3;

/// Groups of four columns whose products are added in 16 bits: each lane gets two of a group.
pub(super) const MANY: usize = 4;

/// As many, where weights are so large that the products of [`MANY`] might not fit: those of two groups,
/// which are four of at most 128 times 63, always do.
pub(super) const FEW: usize = 2;

/// A block of one panel.
#[derive(Debug, Default)]
pub(super) struct Septets {
    /// Four columns at a time, the four numbers of each row beside each other.
    pub quads: Vec<Line<i8, 64>>,
    /// What the sums of each [`MANY`] of these begin with: minus [`EXCESS`] times their weights, modulo
    /// 2¹⁶. If the group is large, those of the first [`FEW`] alone.
    pub starts: Vec<Line<i16, 32>>,
    /// The same of the others, if the group is large: then only the products of [`FEW`] are sure to fit 16
    /// bits.
    pub others: Vec<Option<Line<i16, 32>>>,
}

/// A line of the cache, at whose border it begins, so that a register is read from one line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line<T, const N: usize>(pub [T; N]);
