//! Products without special instructions; what the others are checked against.

use half::f16;

use super::codes::{GROUP, GROUP_BYTES, VALUES};
use super::matrix::LANES;

/// Adds the products of one panel's `weights` with `rows` rows of `x` to `sums`.
pub(super) fn tile(weights: &[f32], x: &[f32], rows: usize, sums: &mut [f32]) {
    for (column, x) in weights.chunks_exact(LANES).zip(x.chunks_exact(rows)) {
        for (sums, x) in sums.chunks_exact_mut(LANES).zip(x) {
            for (sum, weight) in sums.iter_mut().zip(column) {
                *sum += weight * x;
            }
        }
    }
}

pub(super) fn widen(weights: &[u16], wide: &mut [f32]) {
    for (wide, weight) in wide.iter_mut().zip(weights) {
        *wide = f16::from_bits(*weight).to_f32();
    }
}

/// Adds the products of one panel with `rows` rows of `x` to `sums`; `weights` as
/// [`widen_pairs`] makes them.
pub(super) fn tile_pairs(weights: &[i16], x: &[[i16; 2]], rows: usize, sums: &mut [f32]) {
    let mut totals = vec![[0; LANES]; rows];
    for (pair, x) in weights.chunks_exact(2 * LANES).zip(x.chunks_exact(rows)) {
        let (first, second) = pair.split_at(LANES);
        for (totals, x) in totals.iter_mut().zip(x) {
            let [a, b] = x.map(i32::from);
            for ((total, first), second) in totals.iter_mut().zip(first).zip(second) {
                *total += i32::from(*first) * a + i32::from(*second) * b;
            }
        }
    }
    for (sum, total) in sums.iter_mut().zip(totals.as_flattened()) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "far less than the weights have lost"
        )]
        let total = *total as f32;
        *sum += total;
    }
}

/// Columns one after the other, and zeros behind an odd number of them.
pub(super) fn widen_pairs(weights: &[i8], wide: &mut [i16]) {
    let (some, rest) = wide.split_at_mut(weights.len());
    for (wide, weight) in some.iter_mut().zip(weights) {
        *wide = i16::from(*weight);
    }
    rest.fill(0);
}

/// Puts the dot product of `query` with each row of signed bytes into `out`.
pub(super) fn scan_i8(rows: &[u8], query: &[i16], out: &mut [i32]) {
    for (row, out) in rows.chunks_exact(query.len()).zip(out) {
        let products = row.iter().zip(query);
        *out = products
            .map(|(x, q)| i32::from(x.cast_signed()) * i32::from(*q))
            .sum();
    }
}

/// The dot product of `query` with a row of 16-bit floats, little-endian.
pub(super) fn dot_f16(row: &[u8], query: &[f32]) -> f32 {
    let halves = row.as_chunks::<2>().0.iter();
    // Several sums at a time: the compiler may not change the order of additions.
    let mut sums = [0f32; 8];
    for (place, (half, q)) in halves.zip(query).enumerate() {
        sums[place % 8] += f16::from_le_bytes(*half).to_f32() * q;
    }
    sums.iter().sum()
}

/// Puts the dot product of `query` with the levels of each code into `out`.
pub(super) fn scan_codes(codes: &[u8], query: &[i8], out: &mut [i32]) {
    let query = query.as_chunks::<GROUP>().0;
    let codes = codes.chunks_exact(query.len() * GROUP_BYTES);
    for (code, out) in codes.zip(out) {
        let groups = code.as_chunks::<GROUP_BYTES>().0.iter().zip(query);
        *out = groups.map(|(code, query)| in_group(code, query)).sum();
    }
}

fn in_group(code: &[u8; GROUP_BYTES], query: &[i8; GROUP]) -> i32 {
    let mut sum = 0;
    for (field, query) in query.chunks_exact(GROUP_BYTES).enumerate() {
        let products = code.iter().zip(query);
        let products = products.map(|(code, q)| i32::from(code >> (2 * field) & 3) * i32::from(*q));
        sum += products.sum::<i32>();
    }
    sum
}

/// The product of `query` with a code and a fine code.
pub(super) fn fine_product(code: &[u8], fine: &[u8], query: &[i16]) -> i32 {
    let (code, _) = code.as_chunks::<GROUP_BYTES>();
    let (fine, _) = fine.as_chunks::<GROUP_BYTES>();
    let groups = code.iter().zip(fine).zip(query.as_chunks::<GROUP>().0);
    let mut sum = 0;
    for ((code, fine), query) in groups {
        for (field, query) in query.chunks_exact(GROUP_BYTES).enumerate() {
            for ((code, fine), query) in code.iter().zip(fine).zip(query) {
                let (level, part) = (code >> (2 * field) & 3, fine >> (2 * field) & 3);
                let value = VALUES[usize::from(level << 2 | part)];
                sum += i32::from(value) * i32::from(*query);
            }
        }
    }
    sum
}
