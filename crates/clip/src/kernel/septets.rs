//! Weights of 8 bits as they are multiplied with activations of nearly 7 bits, where a processor adds products of
//! bytes in 16 bits.
#![cfg_attr(
    not(target_arch = "x86_64"),
    allow(dead_code, reason = "no other processor does")
)]

/// The largest activation, without its sign.
pub(super) const LARGEST: u8 = 42;

/// What is added to each activation, since the instruction takes unsigned bytes: two of their products with
/// a weight fit 16 bits.
pub(super) const EXCESS: u8 = LARGEST;

/// The largest sum of weights, without their signs, whose products with activations fit 16 bits.
pub(super) const BOUND: u16 = 32_767 / LARGEST as u16;

/// Rows of activations that are multiplied at a time.
pub(super) const ROWS: usize = 3;

/// Groups of four columns whose products are added in 16 bits, where the weights allow it: each lane gets
/// two of a group.
pub(super) const MANY: usize = 8;

/// As many, where the products of [`MANY`] might not fit.
pub(super) const SOME: usize = 4;

/// As many, where those of [`SOME`] might not fit: the products of two groups always do.
pub(super) const FEW: usize = 2;
const _: () = assert!(2 * FEW * 128 * LARGEST as usize <= 32_767);

/// A block of one panel.
#[derive(Debug, Default)]
pub(super) struct Septets {
    /// Four columns at a time, the four numbers of each row beside each other.
    pub quads: Vec<Line<i8, 64>>,
    /// How each [`MANY`] of these are added in 16 bits.
    pub parts: Vec<Parts>,
    /// What the sums of each part begin with: minus [`EXCESS`] times its weights, modulo 2¹⁶.
    pub starts: Vec<Line<i16, 32>>,
}

/// Groups whose products are added in 16 bits before they go on in 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parts {
    /// [`MANY`].
    One,
    /// [`SOME`], and as many again.
    Two,
    /// [`FEW`] at a time.
    Four,
}

/// A line of the cache, at whose border it begins, so that a register is read from one line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line<T, const N: usize>(pub [T; N]);
