//! Products with activations of 7 bits, but for those columns that hold far larger numbers than others: a
//! few of a transformer's always do, and with them in the same row nothing would remain of the others.

use super::Isa;
use super::matrix::{LANES, Matrix, Values, panels};
use super::products::{self, Scratch, Start};
use super::quantisation::Quantisation;

/// Most columns that are multiplied apart, and of how many one of them is.
const MOST: usize = 16;
const OF: usize = 24;
/// They are so if without them the largest number is at most this part of what it was.
const WORTH: f32 = 0.7;

/// As [`products::multiply`], with activations of [`Quantisation::Int7`].
pub(super) fn multiply(
    isa: Isa,
    x: &[f32],
    matrix: &Matrix<'_>,
    bias: Option<&[f32]>,
    y: &mut [f32],
    scratch: &mut Scratch,
) {
    let (depth, rest) = (matrix.columns(), Quantisation::Int7);
    let columns = find(x, depth);
    let gathered = match matrix.panels(0..panels(matrix.rows())) {
        Values::I8(weights) if !columns.is_empty() => gather(weights, depth, &columns),
        _ => Vec::new(),
    };
    let Some(apart) = Matrix::new(
        Values::I8(&gathered),
        matrix.scales(),
        matrix.rows(),
        columns.len(),
    ) else {
        products::multiply(isa, x, matrix, Start::Bias(bias), y, rest, scratch);
        return;
    };
    let mut without = std::mem::take(&mut scratch.without);
    without.clear();
    without.extend_from_slice(x);
    let mut large = Vec::with_capacity(x.len() / depth * columns.len());
    for row in without.chunks_exact_mut(depth) {
        large.extend(
            columns
                .iter()
                .map(|column| std::mem::take(&mut row[*column])),
        );
    }
    let (start, exact) = (Start::Bias(bias), Quantisation::Int16);
    products::multiply(isa, &large, &apart, start, y, exact, scratch);
    products::multiply(isa, &without, matrix, Start::Kept, y, rest, scratch);
    scratch.without = without;
}

/// The columns of `x` with the largest numbers, if it is worth it.
fn find(x: &[f32], depth: usize) -> Vec<usize> {
    let count = MOST.min(depth / OF);
    if count == 0 {
        return Vec::new();
    }
    let mut most = vec![0.0_f32; depth];
    for row in x.chunks_exact(depth) {
        for (most, x) in most.iter_mut().zip(row) {
            *most = most.max(x.abs());
        }
    }
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
