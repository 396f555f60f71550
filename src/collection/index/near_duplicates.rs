//! Several sizes and recompressions of one photo are one result, and the largest is shown.

use super::segment::floats;
use crate::collection::{NEAR_DUPLICATE, Record, ScoredRecord};
use clip::kernel::Isa;
use clip::kernel::scan::ScanQuery;

/// How many times as wide for its height one may be as the other. A side of 50 pixels is rounded by a
/// hundredth. Models that see only the middle would call a panorama and a photo of its middle the same.
const SAME_SHAPE: f64 = 1.02;
/// How many ranks after the first of its near-duplicates a larger one is looked for. Recompressing changes a
/// score by some thousandths.
pub(super) const REACH: usize = 200;

/// Results, each with its near-duplicates.
#[derive(Default)]
pub(super) struct Groups(Vec<Group>);

/// A result, which stands for its near-duplicates.
pub(super) struct Group {
    /// The vector of the first of them.
    vector: ScanQuery,
    /// The place of the first among the candidates.
    rank: usize,
    /// The record of the largest, with the score of the first.
    shown: ScoredRecord,
}

impl Group {
    fn is_near(&self, row: &[u8]) -> bool {
        Isa::detect().dot_f16(row, &self.vector) >= NEAR_DUPLICATE
    }

    /// Whether `record`, which is found at `rank`, is better shown.
    pub fn yields(&self, rank: usize, record: &Record) -> bool {
        rank <= self.rank + REACH && extent(record) > extent(&self.shown.record)
    }

    /// Shows `record` from now on.
    pub fn show(&mut self, record: Record) {
        self.shown.record = record;
    }
}

impl Groups {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The place behind the first of the last group among the candidates.
    pub fn end(&self) -> usize {
        self.0.last().map_or(0, |group| group.rank + 1)
    }

    /// Whether none of them yields to what is found at `rank` or later.
    pub fn are_complete(&self, rank: usize) -> bool {
        rank >= self.end() + REACH
    }

    /// Whether a vector of these 16-bit floats is near one of theirs.
    pub fn are_near(&self, row: &[u8]) -> bool {
        self.0.iter().any(|group| group.is_near(row))
    }

    /// The first of them that a picture with that vector belongs to.
    pub fn of(&mut self, row: &[u8], record: &Record) -> Option<&mut Group> {
        let mut groups = self.0.iter_mut();
        groups.find(|group| has_shape_of(&group.shown.record, record) && group.is_near(row))
    }

    /// Begins a group with what is found at `rank`.
    pub fn add(&mut self, rank: usize, row: &[u8], shown: ScoredRecord) {
        let vector: Vec<f32> = floats(row).collect();
        let vector = ScanQuery::new(&vector, vector.len());
        self.0.push(Group {
            vector,
            rank,
            shown,
        });
    }

    /// What is shown, in the order of the groups.
    pub fn shown(self) -> impl DoubleEndedIterator<Item = ScoredRecord> {
        self.0.into_iter().map(|group| group.shown)
    }
}

fn extent(record: &Record) -> (u64, u64) {
    let pixels = u64::from(record.width) * u64::from(record.height);
    (pixels, record.bytes)
}

fn has_shape_of(one: &Record, other: &Record) -> bool {
    let across = f64::from(one.width) * f64::from(other.height);
    let down = f64::from(other.width) * f64::from(one.height);
    across <= down * SAME_SHAPE && down <= across * SAME_SHAPE
}
