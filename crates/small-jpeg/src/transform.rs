//! Inverse cosine transforms to 1, 2, 4 or 8 samples a side.

use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Frequencies of a block in rows of 8, and a place for those that are not kept.
pub type Block = [f32; 65];
/// Where what is not kept is written.
pub const NOWHERE: u8 = 64;

/// Writes the samples of a block into rows of a plane that are `stride` bytes apart, and clears what it
/// read of the block.
pub type Inverse = fn(&mut Block, &mut [u8], usize);
/// The same for a block of its lowest frequency alone.
pub type Flat = fn(f32, &mut [u8], usize);

/// The transforms to `across` × `down` samples.
pub fn inverse(across: usize, down: usize) -> (Inverse, Flat) {
    match (across, down) {
        (1, 1) => (to::<1, 1>, flat::<1, 1>),
        (1, 2) => (to::<1, 2>, flat::<1, 2>),
        (1, 4) => (to::<1, 4>, flat::<1, 4>),
        (1, _) => (to::<1, 8>, flat::<1, 8>),
        (2, 1) => (to::<2, 1>, flat::<2, 1>),
        (2, 2) => (to::<2, 2>, flat::<2, 2>),
        (2, 4) => (to::<2, 4>, flat::<2, 4>),
        (2, _) => (to::<2, 8>, flat::<2, 8>),
        (4, 1) => (to::<4, 1>, flat::<4, 1>),
        (4, 2) => (to::<4, 2>, flat::<4, 2>),
        (4, 4) => (to::<4, 4>, flat::<4, 4>),
        (4, _) => (to::<4, 8>, flat::<4, 8>),
        (_, 1) => (to::<8, 1>, flat::<8, 1>),
        (_, 2) => (to::<8, 2>, flat::<8, 2>),
        (_, 4) => (to::<8, 4>, flat::<8, 4>),
        (_, _) => (to::<8, 8>, flat::<8, 8>),
    }
}

/// What a frequency is multiplied with before the transform to `samples` of a side.
pub fn scale(frequency: usize, samples: usize) -> f32 {
    let angle = |part: f32| (part * std::f32::consts::PI / 16.0).cos();
    match (samples, frequency) {
        (8, 0) => FRAC_1_SQRT_2 / 2.0,
        // Arai, Agui and Nakajima (1988).
        #[expect(clippy::cast_precision_loss, reason = "at most 7")]
        (8, _) => angle(frequency as f32) / 2.0,
        (4, 1 | 3) => 0.5,
        _ => FRAC_1_SQRT_2 / 2.0,
    }
}

/// One dimension of `LANES` transforms at once: `N` frequencies in, as many samples out.
#[inline]
fn pass<const N: usize, const LANES: usize>(rows: &mut [[f32; LANES]; N]) {
    for lane in 0..LANES {
        let column: [f32; N] = std::array::from_fn(|row| rows[row][lane]);
        let samples = once(column);
        for (row, sample) in rows.iter_mut().zip(samples) {
            row[lane] = sample;
        }
    }
}

#[inline]
fn once<const N: usize>(f: [f32; N]) -> [f32; N] {
    let mut out = f;
    match N {
        2 => {
            out[0] = f[0] + f[1];
            out[1] = f[0] - f[1];
        }
        4 => {
            const LARGE: f32 = 0.923_879_5;
            const SMALL: f32 = 0.382_683_43;
            let even = [f[0] + f[2], f[0] - f[2]];
            let odd = [f[1] * LARGE + f[3] * SMALL, f[1] * SMALL - f[3] * LARGE];
            out[0] = even[0] + odd[0];
            out[1] = even[1] + odd[1];
            out[2] = even[1] - odd[1];
            out[3] = even[0] - odd[0];
        }
        8 => {
            let sum = f[2] + f[6];
            let turned = (f[2] - f[6]) * SQRT_2 - sum;
            let (low, high) = (f[0] + f[4], f[0] - f[4]);
            let even = [low + sum, high + turned, high - turned, low - sum];
            let inner = [f[5] + f[3], f[5] - f[3]];
            let outer = [f[1] + f[7], f[1] - f[7]];
            let both = (inner[1] + outer[1]) * 1.847_759_1;
            let first = outer[0] + inner[0];
            let second = both - inner[1] * 2.613_126 - first;
            let third = (outer[0] - inner[0]) * SQRT_2 - second;
            let fourth = both - outer[1] * 1.082_392_2 - third;
            for (index, odd) in [first, second, third, fourth].into_iter().enumerate() {
                out[index] = even[index] + odd;
                out[7 - index] = even[index] - odd;
            }
        }
        _ => {}
    }
    out
}

fn to<const ACROSS: usize, const DOWN: usize>(block: &mut Block, plane: &mut [u8], stride: usize) {
    let mut rows: [[f32; ACROSS]; DOWN] =
        std::array::from_fn(|row| std::array::from_fn(|column| block[8 * row + column]));
    for row in 0..DOWN {
        block[8 * row..][..ACROSS].fill(0.0);
    }
    pass::<DOWN, ACROSS>(&mut rows);
    let mut columns: [[f32; DOWN]; ACROSS] =
        std::array::from_fn(|column| std::array::from_fn(|row| rows[row][column]));
    pass::<ACROSS, DOWN>(&mut columns);
    for (y, line) in plane.chunks_mut(stride).take(DOWN).enumerate() {
        let samples: [u8; ACROSS] = std::array::from_fn(|x| sample(columns[x][y]));
        if let Some(place) = line.first_chunk_mut() {
            *place = samples;
        }
    }
}

fn flat<const ACROSS: usize, const DOWN: usize>(lowest: f32, plane: &mut [u8], stride: usize) {
    let samples = [sample(lowest); ACROSS];
    for line in plane.chunks_mut(stride).take(DOWN) {
        if let Some(place) = line.first_chunk_mut() {
            *place = samples;
        }
    }
}

/// A sample of a transformed value around 0.
#[inline]
fn sample(value: f32) -> u8 {
    // 2^23, from which on the lowest bits of a float are those of the number.
    let whole = (value + 128.0).clamp(0.0, 255.0) + 8_388_608.0;
    whole.to_bits().to_le_bytes()[0]
}
