//! Finds the rows with the best vectors.
//!
//! Each row has a score that it has at most: an estimate by its code, and [`DEVIATIONS`] standard deviations
//! of the estimate's error. Rows for which that is not less than what the last of the wanted rows has at least
//! are estimated again by their fine codes, whose error is smaller, the best ones first; and then, in order, the
//! 16-bit floats of rows are read. So a search reads as many rows as the vectors need; where they are so alike
//! that codes do not tell them apart, it compares the bytes of all. Segments without codes are compared by their
//! bytes, whose error is far smaller, at once.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use super::codes::Estimates;
use super::manifest::RowSet;
use super::passes::{Asked, DEVIATIONS, Pass, Sifted};
use super::segment::Segment;
use super::snapshot::Snapshot;
use crate::collection::Search;
use crate::error::Result;
use clip::kernel::Isa;

/// Fewest rows that may be read beyond those that are wanted, and how many of all.
const SPARE: usize = 4000;
const SHARE: usize = 40;
/// Most rows whose vectors are kept for what comes after: what a search usually reads.
const MOST_KEPT: usize = 512;
/// Rows whose fine codes are fetched while those before them are looked at.
const AHEAD: usize = 8;

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
    pub asked: Arc<Asked>,
    /// For each segment the rows that may be found; none if all may.
    pub allowed: Option<Arc<Vec<RowSet>>>,
    pub search: &'a Search<'a>,
}

impl<'a> Sought<'a> {
    pub fn new(search: &'a Search<'a>) -> Self {
        Self {
            asked: Arc::new(Asked::new(search.vector)),
            allowed: None,
            search,
        }
    }

    pub fn allowed(&self, segment: usize) -> Option<&RowSet> {
        self.allowed
            .as_ref()
            .and_then(|allowed| allowed.get(segment))
    }

    fn pass(&self, keep: usize, by_codes: bool) -> Pass {
        Pass {
            asked: Arc::clone(&self.asked),
            allowed: self.allowed.clone(),
            keep,
            by_codes,
        }
    }
}

/// The score by its bytes of a row of `segment`.
fn by_bytes(segment: &Segment, bytes: &[u8], asked: &Asked) -> f32 {
    let mut product = [0];
    Isa::detect().scan_i8(bytes, &asked.query, &mut product);
    #[expect(clippy::cast_precision_loss, reason = "much less than it has bits")]
    let product = product[0] as f32;
    product * asked.query.unit(segment.scale)
}

/// By its codes, if `segment` has any.
fn estimates<'a>(segment: &'a Segment, asked: &'a Asked) -> Option<Estimates<'a>> {
    segment.codes().map(|codes| codes.estimates(asked.coded()))
}

/// Scores single rows without reading their vectors: by their codes, or else by their bytes.
pub(super) struct Scorer<'a, 's> {
    sought: &'a Sought<'s>,
    segments: Vec<(&'a Segment, Option<Estimates<'a>>)>,
    found: Vec<(usize, f32)>,
}

impl<'a, 's> Scorer<'a, 's> {
    pub fn new(snapshot: &'a Snapshot, sought: &'a Sought<'s>) -> Self {
        let segments = snapshot.parts().map(|(segment, _)| segment);
        let segments = segments.map(|segment| (segment, estimates(segment, &sought.asked)));
        Self {
            sought,
            segments: segments.collect(),
            found: Vec::new(),
        }
    }

    pub fn score(&mut self, segment: usize, row: usize) -> f32 {
        let (segment, estimates) = &self.segments[segment];
        if let Some(estimates) = estimates {
            self.found.clear();
            estimates.sieve(row..row + 1, 0.0, f32::MIN, &mut self.found);
            // A damaged code may stand for no number.
            return self.found.first().map_or(f32::MIN, |(_, score)| *score);
        }
        let stride = segment.stride();
        let bytes = &segment.bytes()[row * stride..][..stride];
        by_bytes(segment, bytes, &self.sought.asked)
    }
}

/// The best rows, by their vectors.
pub(super) struct Near {
    /// By their scores.
    pub rows: Vec<Candidate>,
    /// What each other row has at most.
    pub rest: f32,
    pub halves: Halves,
}

/// Vectors of rows that were read, as 16-bit floats.
#[derive(Default)]
pub(super) struct Halves {
    /// Where each begins in `bytes`.
    places: HashMap<(usize, usize), usize>,
    bytes: Vec<u8>,
}

impl Halves {
    fn keep(&mut self, candidate: &Candidate, row: &[u8]) {
        if self.places.len() < MOST_KEPT {
            let key = (candidate.segment, candidate.row);
            self.places.insert(key, self.bytes.len());
            self.bytes.extend_from_slice(row);
        }
    }

    /// The vector of `candidate`, which is in `segment`, in place of what is in `row`.
    pub fn read(&self, segment: &Segment, candidate: &Candidate, row: &mut Vec<u8>) -> Result<()> {
        let Some(at) = self.places.get(&(candidate.segment, candidate.row)) else {
            return segment.halves(candidate.row, row);
        };
        row.clear();
        row.extend_from_slice(&self.bytes[*at..][..segment.stride() * 2]);
        Ok(())
    }
}

/// What the last of the best rows has at least.
struct Worst {
    sure: usize,
    best: BinaryHeap<Reverse<Candidate>>,
}

impl Worst {
    /// Of the best `sure`.
    fn new(sure: usize) -> Self {
        Self {
            sure,
            best: BinaryHeap::with_capacity(sure + 1),
        }
    }

    /// Learns of a row with at least the score of `candidate`.
    fn push(&mut self, candidate: Candidate) {
        if candidate.score < self.score() {
            return;
        }
        self.best.push(Reverse(candidate));
        if self.best.len() > self.sure {
            self.best.pop();
        }
    }

    fn score(&self) -> f32 {
        let worst = self.best.peek().filter(|_| self.best.len() >= self.sure);
        worst.map_or(f32::MIN, |Reverse(worst)| worst.score)
    }
}

impl Snapshot {
    /// At least `depth` rows, if so many may be worth the threshold, by their vectors. The first `sure` of
    /// them are the best ones.
    pub(super) fn ranked(&self, sought: &Sought<'_>, depth: usize, sure: usize) -> Result<Near> {
        let rows: usize = self.parts().map(|(segment, _)| segment.rows()).sum();
        let keep = depth * 2 + SPARE.max(rows / SHARE);
        let sifted = self.sifted(sought.pass(keep, true));
        let sifted = self.refined(sought, sifted, depth, sure);
        let (near, is_sure) = self.read(sought, sifted, depth, sure)?;
        if is_sure {
            return Ok(near);
        }
        let sifted = self.sifted(sought.pass(keep, false));
        let (near, _) = self.read(sought, sifted, depth, sure)?;
        Ok(near)
    }

    /// Those of the rows that were sifted by their codes that may be among the wanted ones by their fine codes.
    fn refined(
        &self,
        sought: &Sought<'_>,
        mut sifted: Sifted,
        depth: usize,
        sure: usize,
    ) -> Sifted {
        let asked = &sought.asked;
        let segments = self.parts().map(|(segment, _)| segment);
        let estimates = segments.map(|segment| estimates(segment, asked));
        let estimates: Vec<Option<Estimates<'_>>> = estimates.collect();
        let mut candidates = std::mem::take(&mut sifted.rows);
        // What the best of them are sure to have spares most of the others a look, in whatever order they come.
        if depth < candidates.len() {
            candidates.select_nth_unstable_by(depth, |a, b| b.cmp(a));
        }
        let mut worst = Worst::new(sure);
        for (place, candidate) in candidates.iter().enumerate() {
            if let Some(later) = candidates.get(place + AHEAD)
                && later.score >= worst.score()
                && let Some(estimates) = &estimates[later.segment]
            {
                estimates.fetch(later.row);
            }
            let at_most = candidate.score;
            let is_enough = sifted.rows.len() >= depth && at_most < worst.score();
            if at_most < sought.search.threshold || is_enough {
                sifted.least = sifted.least.max(at_most);
                continue;
            }
            let (score, more) = if let Some(estimates) = &estimates[candidate.segment] {
                let (score, deviation) = estimates.refined(candidate.row);
                (score, DEVIATIONS * deviation)
            } else {
                let scale = self.segments[candidate.segment].scale;
                let more = DEVIATIONS * asked.query.deviation(scale);
                (at_most - more, more)
            };
            let to = |score| Candidate {
                score,
                ..*candidate
            };
            // If they are too large by damage, `read` finds that it cannot be sure.
            sifted.rows.push(to(score + more));
            worst.push(to(score - more));
        }
        sifted.leave(depth, worst.score());
        sifted
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
        let mut worst = Worst::new(sure);
        let (mut row, mut halves) = (Vec::new(), Halves::default());
        let mut rest = sifted.least;
        for candidate in sifted.rows {
            let at_most = candidate.score;
            let is_enough = rows.len() >= depth && at_most < worst.score();
            if at_most < sought.search.threshold || is_enough {
                rest = rest.max(at_most);
                break;
            }
            self.segments[candidate.segment].halves(candidate.row, &mut row)?;
            let score = Isa::detect().dot_f16(&row, &sought.asked.query);
            // The vector in a damaged row may be anything.
            if !score.is_finite() {
                continue;
            }
            let read = Candidate { score, ..candidate };
            halves.keep(&read, &row);
            rows.push(read);
            worst.push(read);
        }
        rows.sort_unstable_by(|a, b| b.cmp(a));
        let least = worst.score().max(sought.search.threshold);
        let is_sure = rest <= f32::MIN || rest < least;
        Ok((Near { rows, rest, halves }, is_sure))
    }
}
