//! The index: a file of numpy's, compared as it lies there.

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use crate::Result;

const DIMENSIONS: usize = 512;
const BEST: usize = 10;
/// Before what npy's header says of itself: magic and version.
const LENGTH: usize = 8;
/// Sums that do not wait for each other.
const LANES: usize = 32;

pub struct Vectors(Mmap);

impl Vectors {
    pub fn open(path: &Path) -> Result<Self> {
        // SAFETY: nothing writes into this file once it is there.
        let file = unsafe { Mmap::map(&File::open(path)?)? };
        Ok(Self(file))
    }

    /// The rows that are most like `vector`, the best first.
    pub fn best(&self, vector: &[f32]) -> Vec<usize> {
        let header = usize::from(u16::from_le_bytes([self.0[LENGTH], self.0[LENGTH + 1]]));
        let numbers = self.0[LENGTH + 2 + header..].as_chunks().0;
        let rows = numbers.as_chunks::<DIMENSIONS>().0.iter();
        let mut scores: Vec<(f32, usize)> = rows
            .enumerate()
            .map(|(row, numbers)| (dot(numbers, vector), row))
            .collect();
        let by_score = |left: &(f32, usize), right: &(f32, usize)| right.0.total_cmp(&left.0);
        scores.select_nth_unstable_by(BEST, by_score);
        scores.truncate(BEST);
        scores.sort_by(by_score);
        scores.into_iter().map(|(_, row)| row).collect()
    }
}

fn dot(row: &[[u8; 4]], vector: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let pairs = row
        .as_chunks::<LANES>()
        .0
        .iter()
        .zip(vector.as_chunks::<LANES>().0);
    for (left, right) in pairs {
        for lane in 0..LANES {
            sums[lane] += f32::from_le_bytes(left[lane]) * right[lane];
        }
    }
    sums.iter().sum()
}

/// `vector`, made 1 long.
pub fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}
