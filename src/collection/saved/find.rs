//! Finds the best pictures of one collection, by their vectors and by the words of their captions.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::files::{BLOCK, floats};
use super::volume::Volume;
use super::{Picture, Saved, hex, read, words};
use crate::collection::NEAR_DUPLICATE;
use crate::collection::Search;
use crate::collection::index::manifest::RowSet;
use crate::collection::words::QueryWords;
use crate::error::Result;
use crate::locked::locked;
use crate::search::fusion::{Ranking, fused};
use crate::search::{Date, Filter};
use clip::kernel::Isa;
use clip::kernel::scan::ScanQuery;

/// Fewest rows that are chosen by their bytes, to be ranked by their 16-bit floats.
const MIN_DEPTH: usize = 100;
/// Most results of a search.
const MAX_RESULTS: usize = 10_000;
/// Most results that are found by their captions.
const MAX_CALLED: usize = 2000;

/// A saved picture that a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredPicture {
    /// The picture.
    pub picture: Picture,
    /// Cosine similarity to the query, at most 1; no smaller than that of what comes behind.
    pub score: f32,
    /// Its vector, filled up with zeros.
    pub vector: Vec<f32>,
}

/// A row with its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Candidate {
    pub score: f32,
    pub row: usize,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    /// By score; of two with the same, the one that was saved first is the larger.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let by_score = self.score.total_cmp(&other.score);
        by_score.then_with(|| other.row.cmp(&self.row))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Saved {
    /// The pictures of `collection` that `search` is meant to find, best first; its `accepts` is not asked.
    /// A larger limit appends results and changes none of the first ones.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn find(&self, collection: &str, search: &Search<'_>) -> Result<Vec<ScoredPicture>> {
        let tag = self.tag(collection);
        let volume = self.volume(&mut locked(&self.state), tag, None)?;
        match volume {
            Some(volume) => read(&volume).best(&hex(&tag), search),
            None => Ok(Vec::new()),
        }
    }
}

impl Volume {
    fn best(&self, tag: &str, search: &Search<'_>) -> Result<Vec<ScoredPicture>> {
        if search.vector.len() > self.files.stride {
            return Ok(Vec::new());
        }
        let query = ScanQuery::new(search.vector, self.files.stride);
        let allowed = self.allowed(search.filter)?;
        let words = QueryWords::new(search.words);
        let called = self.called(&words, allowed.as_ref(), &query)?;
        // A model knows nothing of numbers: there the captions are right.
        let weight = if words.has_number { 2.0 } else { 1.0 };
        let limit = search.limit.min(MAX_RESULTS);
        let mut depth = MIN_DEPTH.max(limit * 2);
        loop {
            let mut near = self.nearest(&query, allowed.as_ref(), depth)?;
            let is_all = near.len() < depth;
            let worst = near.last().map_or(f32::MIN, |last| last.score);
            near.retain(|candidate| candidate.score >= search.threshold);
            let joined = joined(&called, near, weight);
            let chosen = self.chosen(tag, &joined, limit, &query)?;
            if chosen.len() >= limit || is_all || worst < search.threshold {
                return Ok(chosen);
            }
            // Too many of them were near-duplicates of each other.
            depth *= 4;
        }
    }

    /// The rows that `filter` lets through; none if it lets all of them through. Saved pictures lie in no
    /// folder.
    fn allowed(&self, filter: &Filter) -> Result<Option<RowSet>> {
        let is_plain = filter.after.is_none() && filter.before.is_none() && filter.near.is_none();
        let mut allowed = RowSet::default();
        if filter.folder.is_some() {
            return Ok(Some(allowed));
        }
        if is_plain {
            return Ok(None);
        }
        let after = filter.after.map_or(i64::MIN, Date::start);
        let before = filter.before.map_or(i64::MAX, Date::start);
        let is_dated = filter.after.is_some() || filter.before.is_some();
        self.files.each_row(0..self.rows, |number, row| {
            let Some(row) = row else { return };
            let is_then = |taken: crate::search::Taken| (after..before).contains(&taken.seconds);
            let is_in_time = !is_dated || row.taken.is_some_and(is_then);
            let is_near = |near: crate::search::Near| row.position.is_some_and(|at| near.holds(at));
            if is_in_time && filter.near.is_none_or(is_near) {
                allowed.insert(number);
            }
        })?;
        Ok(Some(allowed))
    }

    /// The rows whose captions say what was asked, best first; of those that say as much, the ones with
    /// the better vectors.
    fn called(
        &self,
        words: &QueryWords,
        allowed: Option<&RowSet>,
        query: &ScanQuery,
    ) -> Result<Vec<(f32, Candidate)>> {
        if words.words.is_empty() || self.words_end == 0 {
            return Ok(Vec::new());
        }
        let place = (&self.files, self.words_end);
        let found = words::called(place, words, (self.live, MAX_CALLED), allowed)?;
        let mut halves = Vec::new();
        let mut called = Vec::with_capacity(found.len());
        for (row, says) in found {
            self.files.halves(row, &mut halves)?;
            let score = Isa::detect().dot_f16(&halves, query);
            called.push((says, Candidate { score, row }));
        }
        called.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(other.1.cmp(&one.1)));
        Ok(called)
    }

    /// The `depth` rows with the largest scores by their bytes, ranked by their 16-bit floats.
    fn nearest(
        &self,
        query: &ScanQuery,
        allowed: Option<&RowSet>,
        depth: usize,
    ) -> Result<Vec<Candidate>> {
        let mut heap = BinaryHeap::with_capacity(depth.min(self.live) + 1);
        let mut least = f32::MIN;
        let mut scan = Vec::new();
        let mut products = [0; BLOCK];
        for block in 0..self.rows.div_ceil(BLOCK) {
            self.files.scan(block, &mut scan)?;
            let (scales, bytes) = scan.split_at(BLOCK * 4);
            let (scales, _) = scales.as_chunks();
            Isa::detect().scan_i8(bytes, query, &mut products);
            let first = block * BLOCK;
            for (place, (product, scale)) in products.iter().zip(scales).enumerate() {
                let (row, scale) = (first + place, f32::from_le_bytes(*scale));
                #[expect(clippy::cast_precision_loss, reason = "much less than it has bits")]
                let score = *product as f32 * query.unit(scale);
                // Without a picture the scale is 0, and the score no number.
                if row >= self.rows
                    || scale <= 0.0
                    || score <= least
                    || allowed.is_some_and(|allowed| !allowed.contains(row))
                {
                    continue;
                }
                heap.push(Reverse(Candidate { score, row }));
                if heap.len() > depth {
                    heap.pop();
                    least = heap.peek().map_or(least, |Reverse(least)| least.score);
                }
            }
        }
        let mut ranked = Vec::with_capacity(heap.len());
        let mut halves = Vec::new();
        for Reverse(candidate) in heap {
            self.files.halves(candidate.row, &mut halves)?;
            let score = Isa::detect().dot_f16(&halves, query);
            if score.is_finite() {
                ranked.push(Candidate { score, ..candidate });
            }
        }
        ranked.sort_unstable_by(|one, other| other.cmp(one));
        Ok(ranked)
    }

    /// The first `limit` of `candidates` that are no near-duplicates of a better one.
    fn chosen(
        &self,
        tag: &str,
        candidates: &[Candidate],
        limit: usize,
        query: &ScanQuery,
    ) -> Result<Vec<ScoredPicture>> {
        let mut chosen: Vec<ScoredPicture> = Vec::new();
        let mut better: Vec<ScanQuery> = Vec::new();
        let mut halves = Vec::new();
        let mut rest = candidates.iter();
        while chosen.len() < limit
            && let Some(candidate) = rest.next()
        {
            let Some(row) = self.files.row(candidate.row)? else {
                continue;
            };
            self.files.halves(candidate.row, &mut halves)?;
            let score = Isa::detect().dot_f16(&halves, query);
            let is_near = |better| Isa::detect().dot_f16(&halves, better) >= NEAR_DUPLICATE;
            if !score.is_finite() || better.iter().any(is_near) {
                continue;
            }
            let vector: Vec<f32> = floats(&halves).collect();
            better.push(ScanQuery::new(&vector, vector.len()));
            chosen.push(ScoredPicture {
                picture: self.picture(tag, &row)?,
                score,
                vector,
            });
        }
        // One that stands before others for its caption has no smaller score than they.
        let mut most = rest.fold(f32::MIN, |most, later| most.max(later.score));
        for found in chosen.iter_mut().rev() {
            most = most.max(found.score);
            found.score = most;
        }
        Ok(chosen)
    }
}

/// Joins `called`, whose ranks weigh `weight` times as much, and `near`. A longer `near` appends rows and
/// changes the place of none that was there.
fn joined(called: &[(f32, Candidate)], near: Vec<Candidate>, weight: f64) -> Vec<Candidate> {
    if called.is_empty() {
        return near;
    }
    let mut known: HashMap<usize, Candidate> = called
        .iter()
        .map(|(_, candidate)| (candidate.row, *candidate))
        .collect();
    let by_words = called
        .iter()
        .map(|(says, candidate)| (candidate.row, f64::from(*says)));
    let by_words = Ranking {
        found: by_words.collect(),
        weight,
    };
    // Whether a longer `near` finds them, too, must not count.
    let near = near.into_iter().enumerate();
    let near: Vec<Candidate> = near
        .filter(|(rank, candidate)| *rank < MIN_DEPTH || !known.contains_key(&candidate.row))
        .map(|(_, candidate)| candidate)
        .collect();
    known.extend(near.iter().map(|candidate| (candidate.row, *candidate)));
    let by_vectors = near
        .iter()
        .map(|candidate| (candidate.row, f64::from(candidate.score)));
    let by_vectors = Ranking {
        found: by_vectors.collect(),
        weight: 1.0,
    };
    let joined = fused(&[by_words, by_vectors]).into_iter();
    joined
        .filter_map(|(row, _)| known.get(&row).copied())
        .collect()
}
