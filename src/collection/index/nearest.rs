//! Finds the rows with the best vectors.
//!
//! Each row has a score that it has at most: an estimate by its code, and [`DEVIATIONS`] standard deviations
//! of the estimate's error. Rows are read as 16-bit floats in the order of that, until it is less than what
//! the last of the wanted rows has. So a search reads as many rows as the vectors need; where they are so
//! alike that codes do not tell them apart, it compares their bytes instead, which have eight bits a
//! component.

use std::cell::LazyCell;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::codes::Codes;
use super::manifest::{RowSet, SegmentEntry};
use super::segment::{Segment, stride};
use super::snapshot::Snapshot;
use crate::collection::Search;
use crate::error::Result;
use clip::kernel::Isa;
use clip::kernel::codes::{CodeQuery, Rotation};
use clip::kernel::scan::ScanQuery;

/// Standard deviations by which an error is taken to be smaller: that of one row in 700 is larger.
const DEVIATIONS: f32 = 3.0;
/// Rows that may be read beyond those that are wanted.
const SPARE: usize = 4000;
/// Rows whose bytes are compared at a time.
const BLOCK: usize = 256;
/// Rows whose codes are compared before the least of the best is known anew.
const CODES: usize = 4096;

/// A row that may become a result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub score: f32,
    /// Index of the segment in the manifest.
    pub segment: usize,
    pub row: usize,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    /// By score; of two with the same score, the one that was indexed first is the larger.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |candidate: &Self| Reverse((candidate.segment, candidate.row));
        let by_score = self.score.total_cmp(&other.score);
        by_score.then_with(|| place(self).cmp(&place(other)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What is sought in a snapshot.
pub(super) struct Sought<'a> {
    pub query: ScanQuery,
    /// The same, for codes.
    coded: LazyCell<CodeQuery, Box<dyn FnOnce() -> CodeQuery + 'a>>,
    /// For each segment the rows that may be found; none if all may.
    pub allowed: Option<Vec<RowSet>>,
    pub search: &'a Search<'a>,
}

impl<'a> Sought<'a> {
    pub fn new(search: &'a Search<'a>) -> Self {
        let vector = search.vector;
        let stride = stride(vector.len());
        let coded = move || CodeQuery::new(vector, &Rotation::new(stride));
        Self {
            query: ScanQuery::new(vector, stride),
            coded: LazyCell::new(Box::new(coded)),
            allowed: None,
            search,
        }
    }

    pub fn allowed(&self, segment: usize) -> Option<&RowSet> {
        self.allowed
            .as_ref()
            .and_then(|allowed| allowed.get(segment))
    }
}

/// Scores single rows without reading their vectors: by their codes, or else by their bytes.
pub(super) struct Scorer<'a, 's> {
    sought: &'a Sought<'s>,
    /// Each segment, with the product of the query and the mean of its codes.
    segments: Vec<(&'a Segment, f32)>,
    found: Vec<(usize, f32)>,
}

impl<'a, 's> Scorer<'a, 's> {
    pub fn new(snapshot: &'a Snapshot, sought: &'a Sought<'s>) -> Self {
        let base = |segment: &Segment| segment.codes().map_or(0.0, |it| it.base(&sought.coded));
        let segments = snapshot.parts();
        let segments = segments.map(|(segment, _)| (segment, base(segment)));
        Self {
            sought,
            segments: segments.collect(),
            found: Vec::new(),
        }
    }

    pub fn score(&mut self, segment: usize, row: usize) -> f32 {
        let (segment, base) = self.segments[segment];
        if let Some(codes) = segment.codes() {
            self.found.clear();
            let query = &self.sought.coded;
            codes.sieve(row..row + 1, query, (base, 0.0, f32::MIN), &mut self.found);
            // A damaged code may stand for no number.
            return self.found.first().map_or(f32::MIN, |(_, score)| *score);
        }
        let query = &self.sought.query;
        let stride = segment.stride();
        let mut product = [0];
        Isa::detect().scan_i8(
            &segment.bytes()[row * stride..][..stride],
            query,
            &mut product,
        );
        #[expect(clippy::cast_precision_loss, reason = "much less than it has bits")]
        let product = product[0] as f32;
        product * query.unit(segment.scale)
    }
}

/// The best rows, by their vectors.
pub(super) struct Near {
    /// By their scores.
    pub rows: Vec<Candidate>,
    /// What each other row has at most.
    pub rest: f32,
}

/// The rows that have the largest scores at most.
struct Sifted {
    rows: Vec<Candidate>,
    keep: usize,
    /// What each row has at most that was left out.
    least: f32,
}

impl Sifted {
    fn new(keep: usize) -> Self {
        Self {
            rows: Vec::new(),
            keep,
            least: f32::MIN,
        }
    }

    fn push(&mut self, candidate: Candidate) {
        if candidate.score <= self.least {
            return;
        }
        self.rows.push(candidate);
        if self.rows.len() == 2 * self.keep {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.rows.len() > self.keep {
            let (_, least, _) = self.rows.select_nth_unstable_by(self.keep, |a, b| b.cmp(a));
            self.least = least.score;
            self.rows.truncate(self.keep);
        }
    }
}

impl Snapshot {
    /// At least `depth` rows, if so many may be worth the threshold, by their vectors. The first `sure` of
    /// them are the best ones.
    pub(super) fn ranked(&self, sought: &Sought<'_>, depth: usize, sure: usize) -> Result<Near> {
        let keep = depth * 2 + SPARE;
        let sifted = self.sifted(sought, keep, Segment::codes);
        let (near, is_sure) = self.read(sought, sifted, depth, sure)?;
        if is_sure {
            return Ok(near);
        }
        let sifted = self.sifted(sought, keep, |_| None);
        let (near, _) = self.read(sought, sifted, depth, sure)?;
        Ok(near)
    }

    /// Reads the vectors of `depth` rows and of all others that may be among the best `sure`. Says whether
    /// these are among the sifted ones.
    fn read(
        &self,
        sought: &Sought<'_>,
        mut sifted: Sifted,
        depth: usize,
        sure: usize,
    ) -> Result<(Near, bool)> {
        sifted.rows.sort_unstable_by(|a, b| b.cmp(a));
        let mut rows: Vec<Candidate> = Vec::with_capacity(depth);
        let mut best: BinaryHeap<Reverse<Candidate>> = BinaryHeap::with_capacity(sure + 1);
        // What each of the best has at least.
        let mut worst = f32::MIN;
        let mut halves = Vec::new();
        let mut next = None;
        for candidate in sifted.rows {
            let at_most = candidate.score;
            if at_most < sought.search.threshold || rows.len() >= depth && at_most < worst {
                next = Some(at_most);
                break;
            }
            self.segments[candidate.segment].halves(candidate.row, &mut halves)?;
            let score = Isa::detect().dot_f16(&halves, &sought.query);
            // The vector in a damaged row may be anything.
            if !score.is_finite() {
                continue;
            }
            let read = Candidate { score, ..candidate };
            rows.push(read);
            best.push(Reverse(read));
            if best.len() > sure {
                best.pop();
                worst = best.peek().map_or(worst, |Reverse(worst)| worst.score);
            }
        }
        rows.sort_unstable_by(|a, b| b.cmp(a));
        let rest = next.unwrap_or(sifted.least);
        let is_sure = rest <= f32::MIN || rest < worst.max(sought.search.threshold);
        Ok((Near { rows, rest }, is_sure))
    }

    /// The `keep` rows that have the largest scores at most, by the codes of each segment, or by its bytes.
    fn sifted<'a>(
        &'a self,
        sought: &Sought<'_>,
        keep: usize,
        codes: impl Fn(&'a Segment) -> Option<&'a Codes>,
    ) -> Sifted {
        let mut sifted = Sifted::new(keep);
        for (number, (segment, entry)) in self.parts().enumerate() {
            let part = Part {
                number,
                segment,
                entry,
                allowed: sought.allowed(number),
            };
            match codes(segment) {
                Some(codes) => part.sift_codes(codes, &sought.coded, &mut sifted),
                None => part.sift_bytes(&sought.query, &mut sifted),
            }
        }
        sifted.cut();
        sifted
    }
}

/// A segment of the snapshot, to be sifted.
struct Part<'a> {
    /// Its index in the manifest.
    number: usize,
    segment: &'a Segment,
    entry: &'a SegmentEntry,
    allowed: Option<&'a RowSet>,
}

impl Part<'_> {
    fn sift_codes(&self, codes: &Codes, query: &CodeQuery, sifted: &mut Sifted) {
        let base = codes.base(query);
        let mut found = Vec::new();
        for start in (0..self.segment.rows()).step_by(CODES) {
            let rows = start..self.segment.rows().min(start + CODES);
            codes.sieve(rows, query, (base, DEVIATIONS, sifted.least), &mut found);
            for (place, score) in found.drain(..) {
                self.push(start + place, score, sifted);
            }
        }
    }

    fn sift_bytes(&self, query: &ScanQuery, sifted: &mut Sifted) {
        let (segment, unit) = (self.segment, query.unit(self.segment.scale));
        // Rounding is off by the same share of a step for every number.
        let more = DEVIATIONS * query.deviation(segment.scale);
        let mut products = [0; BLOCK];
        let blocks = segment.bytes().chunks(BLOCK * segment.stride());
        for (block, rows) in blocks.enumerate() {
            let products = &mut products[..rows.len() / segment.stride()];
            Isa::detect().scan_i8(rows, query, products);
            for (place, product) in products.iter().enumerate() {
                #[expect(clippy::cast_precision_loss, reason = "much less than it has bits")]
                let score = *product as f32 * unit + more;
                if score > sifted.least {
                    self.push(block * BLOCK + place, score, sifted);
                }
            }
        }
    }

    fn push(&self, row: usize, score: f32, sifted: &mut Sifted) {
        let is_allowed = self.allowed.is_none_or(|allowed| allowed.contains(row));
        if is_allowed && !self.entry.dead.contains(row) {
            sifted.push(Candidate {
                score,
                segment: self.number,
                row,
            });
        }
    }
}
