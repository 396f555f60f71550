//! Rows that become a segment: those in memory, and the live ones of several segments.

use super::manifest::SegmentEntry;
use super::record::StoredRecord;
use super::segment::{Segment, floats};
use crate::error::Result;

/// Rows to be written as a segment, which asks for them several times, in order.
pub(in crate::collection) trait RowSource {
    fn rows(&self) -> usize;
    /// A factor that makes the largest component of all rows at most 127.
    fn scale(&self) -> f32;
    /// Replaces `out` with the 16-bit floats of `row`.
    fn halves(&self, row: usize, out: &mut Vec<u8>) -> Result<()>;
    /// Replaces `out` with the encoded record of `row`.
    fn record(&self, row: usize, out: &mut Vec<u8>) -> Result<()>;
}

/// Rows in memory, to be committed.
#[derive(Debug, Default)]
pub(in crate::collection) struct RowBatch {
    rows: Vec<(Vec<u8>, Vec<u8>)>,
    largest: f32,
}

impl RowBatch {
    /// Adds a vector, as 16-bit floats, with its record.
    pub fn push(&mut self, halves: Vec<u8>, stored: &StoredRecord) {
        let largest = floats(&halves).fold(self.largest, |largest, x| largest.max(x.abs()));
        self.largest = largest;
        self.rows.push((halves, stored.to_bytes()));
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }
}

impl RowSource for RowBatch {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn scale(&self) -> f32 {
        if self.largest > 0.0 && self.largest.is_finite() {
            127.0 / self.largest
        } else {
            127.0
        }
    }

    fn halves(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        out.clone_from(&self.rows[row].0);
        Ok(())
    }

    fn record(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        out.clone_from(&self.rows[row].1);
        Ok(())
    }
}

/// The live rows of several segments, to be merged into one.
pub(in crate::collection) struct MergedRows<'a> {
    parts: Vec<&'a Segment>,
    rows: Vec<(u32, u32)>,
}

impl<'a> MergedRows<'a> {
    /// Verifies the files of `parts` first, so that damage is not copied under a new checksum.
    pub fn new(parts: &[(&'a Segment, &SegmentEntry)]) -> Result<Self> {
        let mut merge = Self {
            parts: Vec::new(),
            rows: Vec::new(),
        };
        for (part, (segment, entry)) in (0..).zip(parts) {
            segment.verify(entry)?;
            merge.parts.push(segment);
            let live = (0..).zip(0..segment.rows());
            let live = live.filter(|(_, row)| !entry.dead.contains(*row));
            merge.rows.extend(live.map(|(row, _)| (part, row)));
        }
        Ok(merge)
    }

    fn part(&self, row: usize) -> (&Segment, usize) {
        let (part, row) = self.rows[row];
        (self.parts[part as usize], row as usize)
    }
}

impl RowSource for MergedRows<'_> {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn scale(&self) -> f32 {
        let scales = self.parts.iter().map(|segment| segment.scale);
        scales.fold(f32::MAX, f32::min)
    }

    fn halves(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let (segment, row) = self.part(row);
        segment.halves(row, out)
    }

    fn record(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let (segment, row) = self.part(row);
        segment.record(row, out)
    }
}
