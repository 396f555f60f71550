//! What happens to single rows between products: layer normalisation, softmax and activation functions.
//! They are plain loops, which the compiler turns into the instructions of an [`Isa`](super::Isa).
#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions"
)]

use serde::{Deserialize, Serialize};

use super::Loops;
use super::matrix::LANES;

/// The activation function between the two matrices of a layer's perceptron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `x · Φ(x)`, with the normal distribution's Φ.
    Gelu,
    /// `x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`, near to [`Activation::Gelu`], as `SigLIP` has it.
    GeluTanh,
    /// `x / (1 + exp(-1.702 x))`, as `OpenAI`'s models have it.
    QuickGelu,
}

/// [`super::Isa::layer_norm`].
pub(super) struct LayerNorm<'a> {
    pub x: &'a [f32],
    pub gain: &'a [f32],
    pub bias: &'a [f32],
    pub epsilon: f32,
    pub y: &'a mut [f32],
}

impl Loops for LayerNorm<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let width = self.gain.len().min(self.bias.len());
        #[expect(clippy::cast_precision_loss, reason = "widths are small")]
        let share = 1.0 / width as f32;
        let rows = self.x.chunks_exact(width);
        for (x, y) in rows.zip(self.y.chunks_exact_mut(width)) {
            let mean = sum(x, |x| x) * share;
            let variance = sum(x, |x| (x - mean) * (x - mean)) * share;
            let factor = 1.0 / (variance + self.epsilon).sqrt();
            for (((y, x), gain), bias) in y.iter_mut().zip(x).zip(self.gain).zip(self.bias) {
                *y = (x - mean) * factor * gain + bias;
            }
        }
    }
}

/// [`super::Isa::activate`].
pub(super) struct Activate<'a>(pub Activation, pub &'a mut [f32]);

impl Loops for Activate<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        activate::<FUSED>(self.0, self.1);
    }
}

/// Applies `activation` to each number of `x`, in place.
#[inline(always)]
pub(super) fn activate<const FUSED: bool>(activation: Activation, x: &mut [f32]) {
    match activation {
        Activation::QuickGelu => x
            .iter_mut()
            .for_each(|x| *x /= 1.0 + exp::<FUSED>(-1.702 * *x)),
        Activation::Gelu => x.iter_mut().for_each(|x| *x *= phi::<FUSED>(*x)),
        // (1 + tanh y) / 2 is 1 / (1 + exp(-2 y)).
        Activation::GeluTanh => x.iter_mut().for_each(|x| {
            *x /= 1.0 + exp::<FUSED>(-1.595_769_2 * (*x + 0.044_715 * *x * *x * *x));
        }),
    }
}

/// [`super::Isa::softmax`].
pub(super) struct Softmax<'a>(pub f32, pub &'a mut [f32]);

impl Loops for Softmax<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Self(scale, x) = self;
        let max = max(x);
        for x in x.iter_mut() {
            *x = exp::<FUSED>((*x - max) * scale);
        }
        let share = 1.0 / sum(x, |x| x);
        for x in x {
            *x *= share;
        }
    }
}

/// The sum of `part(x)`, as 16 separate sums, because the compiler may not change the order of
/// additions to use wider instructions.
#[inline(always)]
fn sum(x: &[f32], part: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += part(*x);
        }
    }
    rest.iter().map(|x| part(*x)).sum::<f32>() + sums.iter().sum::<f32>()
}

/// The largest number, as 16 separate ones at first; where there is none, any.
#[inline(always)]
fn max(x: &[f32]) -> f32 {
    // `f32::max` would look for what is no number each time.
    let larger = |max: f32, x: f32| if x > max { x } else { max };
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut most = [f32::MIN; LANES];
    for chunk in chunks {
        for (most, x) in most.iter_mut().zip(chunk) {
            *most = larger(*most, *x);
        }
    }
    rest.iter()
        .chain(&most)
        .fold(f32::MIN, |max, x| larger(max, *x))
}

/// `a * b + c`, by one instruction if it is `FUSED`.
#[inline(always)]
fn mul_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// The exponential function, with a relative error of about 2e-7; nearly 0 below -87.
#[inline(always)]
pub(super) fn exp<const FUSED: bool>(x: f32) -> f32 {
    // Adding it leaves the nearest integer in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let rounded = mul_add::<FUSED>(x, std::f32::consts::LOG2_E, ROUND);
    let whole = rounded - ROUND;
    // The logarithm of 2 in two parts, so that nothing of `x` is lost.
    let rest = mul_add::<FUSED>(whole, -0.693_359_4, x);
    let rest = mul_add::<FUSED>(whole, 2.121_944_4e-4, rest);
    let mut series = 1.987_569_1e-4;
    for term in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        series = mul_add::<FUSED>(series, rest, term);
    }
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(0x3f80_0000));
    (mul_add::<FUSED>(series, rest * rest, rest) + 1.0) * power
}

/// The normal distribution function, within 2e-7 (Abramowitz and Stegun, 7.1.26).
#[inline(always)]
fn phi<const FUSED: bool>(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut series = 1.061_405_4;
    for term in [-1.453_152, 1.421_413_8, -0.284_496_72, 0.254_829_6] {
        series = mul_add::<FUSED>(series, t, term);
    }
    let tail = 0.5 * series * t * exp::<FUSED>(-z * z);
    if x < 0.0 { tail } else { 1.0 - tail }
}
