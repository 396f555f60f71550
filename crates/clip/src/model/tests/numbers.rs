//! Of the standard library alone: tests/peers/clip-kernels builds this with the kernels only.

/// Numbers between -1 and 1 from a small generator, the same for the same seed.
pub fn noise(seed: u32, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        #[expect(clippy::cast_precision_loss, reason = "noise")]
        let share = state as f32 / u32::MAX as f32;
        share * 2.0 - 1.0
    };
    std::iter::repeat_with(next).take(count).collect()
}

/// The normal distribution function by its series.
pub fn phi(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return if x < 0.0 { 0.0 } else { 1.0 };
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= x * x / f64::from(2 * n + 1);
        sum += term;
    }
    0.5 + sum * (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}
