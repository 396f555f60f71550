//! Compares queries with all rows of a snapshot. Those that come while others are compared share one pass:
//! a few codes at a time are compared with each query, while they are in the processor's nearest cache.

use std::sync::{Arc, OnceLock};

use super::codes::Estimates;
use super::manifest::{RowSet, SegmentEntry};
use super::nearest::Candidate;
use super::segment::{Segment, stride};
use super::snapshot::Snapshot;
use crate::together::Together;
use clip::kernel::Isa;
use clip::kernel::codes::{CodeQuery, Rotation};
use clip::kernel::scan::ScanQuery;

/// Standard deviations by which an error is taken to be smaller: that of one row in 700 is larger.
pub(super) const DEVIATIONS: f32 = 3.0;
/// Most queries that share a pass.
const MOST: usize = 16;
/// Rows whose bytes are compared at a time.
const BLOCK: usize = 256;
/// Rows whose codes are compared before the least of the best is known anew.
const ALONE: usize = 4096;
/// As many where queries share a pass: of 512 components they are 8 KiB.
const SHARED: usize = 64;

/// A query in the forms in which it is compared.
#[derive(Debug)]
pub(super) struct Asked {
    pub query: ScanQuery,
    vector: Vec<f32>,
    coded: OnceLock<CodeQuery>,
}

impl Asked {
    pub fn new(vector: &[f32]) -> Self {
        Self {
            query: ScanQuery::new(vector, stride(vector.len())),
            vector: vector.to_vec(),
            coded: OnceLock::new(),
        }
    }

    /// For codes, which not every segment has.
    pub fn coded(&self) -> &CodeQuery {
        let new = || CodeQuery::new(&self.vector, &Rotation::new(stride(self.vector.len())));
        self.coded.get_or_init(new)
    }
}

/// What a pass is to find.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub asked: Arc<Asked>,
    /// For each segment the rows that may be found; none if all may.
    pub allowed: Option<Arc<Vec<RowSet>>>,
    /// How many rows.
    pub keep: usize,
    /// Whether to read codes where a segment has them, and not the bytes of its vectors.
    pub by_codes: bool,
}

/// The passes over a snapshot that threads ask for.
#[derive(Debug)]
pub(super) struct Passes(Together<Pass, Sifted>);

impl Default for Passes {
    fn default() -> Self {
        Self(Together::new(MOST))
    }
}

/// The rows that have the largest scores at most.
#[derive(Debug)]
pub(super) struct Sifted {
    pub rows: Vec<Candidate>,
    keep: usize,
    /// What each row has at most that was left out.
    pub least: f32,
}

impl Sifted {
    pub fn new(keep: usize) -> Self {
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

    /// Leaves the best `count` rows, and those of the others that do not have less than `score`.
    pub fn leave(&mut self, count: usize, score: f32) {
        if count >= self.rows.len() {
            return;
        }
        self.rows.select_nth_unstable_by(count, |a, b| b.cmp(a));
        let others = self.rows.split_off(count);
        for row in others {
            // A damaged row may have no number as its score, and stays.
            if row.score < score {
                self.least = self.least.max(row.score);
            } else {
                self.rows.push(row);
            }
        }
    }
}

impl Snapshot {
    /// The [`Pass::keep`] rows that have the largest scores at most, by the codes of each segment, or by its
    /// bytes.
    pub(super) fn sifted(&self, pass: Pass) -> Sifted {
        let together = |passes: &[Pass]| Some(self.sift(passes));
        let sifted = self.passes.0.ask(pass.clone(), together);
        sifted.unwrap_or_else(|| {
            let alone = self.sift(std::slice::from_ref(&pass)).pop();
            alone.unwrap_or_else(|| Sifted::new(pass.keep))
        })
    }

    /// [`Snapshot::sifted`] of each of `passes`.
    pub(super) fn sift(&self, passes: &[Pass]) -> Vec<Sifted> {
        let found = passes.iter().map(|pass| Sifted::new(pass.keep));
        let mut found: Vec<Sifted> = found.collect();
        for (number, (segment, entry)) in self.parts().enumerate() {
            let part = Part {
                number,
                segment,
                entry,
            };
            let (mut by_codes, mut by_bytes) = (Vec::new(), Vec::new());
            for (pass, sifted) in passes.iter().zip(&mut found) {
                let has_codes = pass.by_codes && segment.codes().is_some();
                let to = if has_codes {
                    &mut by_codes
                } else {
                    &mut by_bytes
                };
                to.push((pass, sifted));
            }
            part.sift_codes(by_codes);
            part.sift_bytes(by_bytes);
        }
        found.iter_mut().for_each(Sifted::cut);
        found
    }
}

/// A segment of the snapshot, to be sifted.
struct Part<'a> {
    /// Its index in the manifest.
    number: usize,
    segment: &'a Segment,
    entry: &'a SegmentEntry,
}

impl Part<'_> {
    fn sift_codes(&self, mut passes: Vec<(&Pass, &mut Sifted)>) {
        let Some(codes) = self.segment.codes().filter(|_| !passes.is_empty()) else {
            return;
        };
        let asked = passes.iter().map(|(pass, _)| pass.asked.coded());
        let estimates: Vec<Estimates<'_>> = asked.map(|asked| codes.estimates(asked)).collect();
        let step = if passes.len() == 1 { ALONE } else { SHARED };
        let mut found = Vec::new();
        for start in (0..self.segment.rows()).step_by(step) {
            let rows = start..self.segment.rows().min(start + step);
            for ((pass, sifted), estimates) in passes.iter_mut().zip(&estimates) {
                estimates.sieve(rows.clone(), DEVIATIONS, sifted.least, &mut found);
                for (place, score) in found.drain(..) {
                    self.push(start + place, score, pass, sifted);
                }
            }
        }
    }

    fn sift_bytes(&self, mut passes: Vec<(&Pass, &mut Sifted)>) {
        let segment = self.segment;
        let mut products = [0; BLOCK];
        let blocks = segment.bytes().chunks(BLOCK * segment.stride());
        for (block, rows) in blocks.enumerate() {
            let products = &mut products[..rows.len() / segment.stride()];
            for (pass, sifted) in &mut passes {
                let query = &pass.asked.query;
                let unit = query.unit(segment.scale);
                // Rounding is off by the same share of a step for every number.
                let more = DEVIATIONS * query.deviation(segment.scale);
                Isa::detect().scan_i8(rows, query, products);
                for (place, product) in products.iter().enumerate() {
                    #[expect(clippy::cast_precision_loss, reason = "much less than it has bits")]
                    let score = *product as f32 * unit + more;
                    if score > sifted.least {
                        self.push(block * BLOCK + place, score, pass, sifted);
                    }
                }
            }
        }
    }

    fn push(&self, row: usize, score: f32, pass: &Pass, sifted: &mut Sifted) {
        let allowed = pass.allowed.as_ref();
        let allowed = allowed.and_then(|allowed| allowed.get(self.number));
        let is_allowed = allowed.is_none_or(|allowed| allowed.contains(row));
        if is_allowed && !self.entry.dead.contains(row) {
            sifted.push(Candidate {
                score,
                segment: self.number,
                row,
            });
        }
    }
}
