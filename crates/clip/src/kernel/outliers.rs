//! Products with activations of nearly 7 bits, but for those columns that hold far larger numbers than
//! others: a few of a transformer's always do, and with them in the same row nothing would remain of the
//! others.
#![expect(
    clippy::inline_always,
    reason = "only what is inlined is compiled for the instructions"
)]

use super::finish::Finish;
use super::matrix::{LANES, Matrix, Values, panels};
use super::products::{Product, Scratch, Strides};
use super::quantisation::Quantisation;
use super::{Isa, Loops};

/// Most columns that are multiplied apart, and of how many one of them is.
const MOST: usize = 16;
const OF: usize = 24;
/// One of so many rows is looked at: columns that are large in one are so in others. A row with a large number where
/// none of these has one loses precision alone. The first row, a picture's class, is always among them.
const LOOKED_AT: usize = 3;
/// They are so if without them the largest number is at most this part of what it was.
const WORTH: f32 = 0.7;

/// Runs a `product` with activations of [`Quantisation::Int7`].
pub(super) fn multiply(isa: Isa, product: &Product<'_>, y: &mut [f32], scratch: &mut Scratch) {
    let Product {
        x,
        strides,
        matrix,
        finish,
        ..
    } = *product;
    let depth = matrix.columns();
    let columns = find(isa, x, strides.x, depth);
    let gathered = match matrix.panels(0..panels(matrix.rows())) {
        Values::I8(weights) if !columns.is_empty() => gather(weights, depth, &columns),
        _ => Vec::new(),
    };
    let values = Values::I8(&gathered);
    let Some(apart) = Matrix::new(values, matrix.scales(), matrix.rows(), columns.len()) else {
        product.run(isa, y, scratch);
        return;
    };
    let rows = x.chunks_exact(strides.x);
    let large: Vec<f32> = rows
        .flat_map(|row| columns.iter().map(|column| row[*column]))
        .collect();
    let large = Product {
        x: &large,
        strides: Strides {
            x: columns.len(),
            ..strides
        },
        matrix: &apart,
        finish: Finish {
            activation: None,
            ..finish
        },
        quantisation: Quantisation::Int16,
        without: &[],
    };
    large.run(isa, y, scratch);
    let others = Product {
        finish: Finish {
            bias: None,
            is_added: true,
            ..finish
        },
        without: &columns,
        ..*product
    };
    others.run(isa, y, scratch);
}

/// The columns of `x` with the largest numbers, if it is worth it.
fn find(isa: Isa, x: &[f32], stride: usize, depth: usize) -> Vec<usize> {
    let count = MOST.min(depth / OF);
    if count == 0 {
        return Vec::new();
    }
    let mut most = vec![0; depth];
    isa.run(Most {
        x,
        stride,
        bits: &mut most,
    });
    let most: Vec<f32> = most.into_iter().map(f32::from_bits).collect();
    let mut columns: Vec<usize> = (0..depth).collect();
    columns.select_nth_unstable_by(count, |a, b| most[*b].total_cmp(&most[*a]));
    let next = most[columns[count]];
    columns.truncate(count);
    let largest = columns
        .iter()
        .fold(0.0_f32, |all, column| all.max(most[*column]));
    if next > WORTH * largest {
        return Vec::new();
    }
    columns.sort_unstable();
    columns
}

/// The largest number of each column in some of the rows, without its sign, as its bits: these have the order of
/// the numbers, and what is no number comes last.
struct Most<'a> {
    x: &'a [f32],
    stride: usize,
    bits: &'a mut [u32],
}

impl Loops for Most<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let rows = self.x.chunks_exact(self.stride);
        for row in rows.step_by(LOOKED_AT) {
            for (most, x) in self.bits.iter_mut().zip(row) {
                *most = (*most).max(x.abs().to_bits());
            }
        }
    }
}

/// Some columns of panels of `depth`, as panels.
fn gather(weights: &[i8], depth: usize, columns: &[usize]) -> Vec<i8> {
    let mut gathered = Vec::with_capacity(weights.len() / depth * columns.len());
    for panel in weights.chunks_exact(depth * LANES) {
        for at in columns.iter().map(|column| column * LANES) {
            gathered.extend_from_slice(&panel[at..at + LANES]);
        }
    }
    gathered
}
