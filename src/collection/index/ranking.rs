//! Finds the best pictures of a snapshot for a query: by their vectors, and by what they are called.

use std::collections::HashMap;
use std::sync::Arc;

use super::allowed::allowed;
use super::named::{Shelf, named};
use super::near_duplicates::{Groups, REACH};
use super::nearest::{Candidate, Halves, Scorer, Sought};
use super::snapshot::{RowId, Snapshot};
use crate::collection::words::QueryWords;
use crate::collection::{Record, ScoredRecord, Search};
use crate::error::{Error, Kind, Result};
use crate::search::fusion::{Ranking, fused};
use clip::kernel::Isa;

/// Fewest rows that are chosen by their bytes, to be ranked by their 16-bit floats.
const MIN_DEPTH: usize = 100;
/// Fewest rows that must be the best ones, so that the first page of results is right.
const MIN_SURE: usize = 10;
/// Most results of a search. Nobody turns so many pages to look at pictures.
const MAX_RESULTS: usize = 10_000;
/// Most results that are found by what they are called.
const MAX_NAMED: usize = 2000;

/// A row that is called what was asked for.
#[derive(Debug, Clone, Copy)]
struct Called {
    /// How much of the query its words say.
    score: f32,
    candidate: Candidate,
}

impl Snapshot {
    /// See [`crate::collection::VectorStore::find`].
    pub fn best(&self, search: &Search<'_>) -> Result<Vec<ScoredRecord>> {
        let vector = search.vector;
        if vector.len() != self.manifest.dimensions {
            let what = format!(
                "the index holds vectors of {} components, made by {}; the query's vector has {}",
                self.manifest.dimensions,
                self.manifest.encoder,
                vector.len()
            );
            return Err(Error::new(Kind::Unusable, what));
        }
        let words = QueryWords::new(search.words);
        let mut sought = Sought::new(search);
        if words.words.is_empty() && search.filter.is_empty() {
            return self.chosen(&sought, &[], 1.0);
        }
        let roots = &self.manifest.roots;
        let catalogs = self
            .parts()
            .map(|(segment, entry)| segment.catalog(entry, roots));
        let catalogs = catalogs.collect::<Result<Vec<_>>>()?;
        let states = catalogs.iter().map(|catalog| catalog.begin());
        let states = states.collect::<Result<Vec<_>>>()?;
        if !search.filter.is_empty() {
            let rows = catalogs
                .iter()
                .map(|catalog| allowed(catalog, search.filter, roots));
            sought.allowed = Some(Arc::new(rows.collect()));
        }
        let shelves = catalogs.iter().zip(&self.manifest.segments).enumerate();
        let shelves = shelves.map(|(number, (catalog, entry))| Shelf {
            catalog,
            entry,
            allowed: sought.allowed(number),
        });
        let shelves: Vec<Shelf<'_>> = shelves.collect();
        let called = self.called(&shelves, &words, &sought);
        for (catalog, state) in catalogs.iter().zip(states) {
            catalog.end(state)?;
        }
        // A model knows nothing of numbers: there the names are right.
        let weight = if words.has_number { 2.0 } else { 1.0 };
        self.chosen(&sought, &called, weight)
    }

    /// The rows that are called what was asked for, best first; of those that are equally well, the ones
    /// with the better vectors.
    fn called(
        &self,
        shelves: &[Shelf<'_>],
        words: &QueryWords,
        sought: &Sought<'_>,
    ) -> Vec<Called> {
        if words.words.is_empty() {
            return Vec::new();
        }
        let mut scorer = Scorer::new(self, sought);
        let found = named(shelves, words).into_iter();
        let mut found: Vec<Called> = found
            .map(|named| {
                let (segment, row) = (named.segment, named.row);
                let candidate = Candidate {
                    score: scorer.score(segment, row),
                    segment,
                    row,
                };
                Called {
                    score: named.score,
                    candidate,
                }
            })
            .collect();
        let order = |one: &Called, other: &Called| {
            let by_score = other.score.total_cmp(&one.score);
            by_score.then(other.candidate.cmp(&one.candidate))
        };
        if found.len() > MAX_NAMED {
            found.select_nth_unstable_by(MAX_NAMED, order);
            found.truncate(MAX_NAMED);
        }
        found.sort_unstable_by(order);
        found
    }

    /// The best results: those with the best vectors, joined with `called`, whose ranks weigh `weight`
    /// times as much.
    fn chosen(
        &self,
        sought: &Sought<'_>,
        called: &[Called],
        weight: f64,
    ) -> Result<Vec<ScoredRecord>> {
        let limit = sought.search.limit.min(MAX_RESULTS);
        let threshold = sought.search.threshold;
        let mut depth = MIN_DEPTH.max(limit * 2) + REACH;
        let mut sure = limit.max(MIN_SURE);
        loop {
            let near = self.ranked(sought, depth, sure)?;
            let (rest, halves, mut near) = (near.rest, near.halves, near.rows);
            near.retain(|candidate| candidate.score >= threshold);
            let joined = joined(called, near, weight);
            let groups = self.grouped(&joined, &halves, limit, sought)?;
            let is_complete = groups.len() >= limit && groups.are_complete(joined.len());
            let is_sure = groups.end() <= sure;
            if rest < threshold || is_complete && is_sure {
                return Ok(scored(groups, &joined));
            }
            sure = sure.max(groups.end());
            if !is_complete {
                // Too many of them were near-duplicates of each other, or are not accepted.
                depth *= 4;
            }
        }
    }

    /// The record of `candidate`.
    fn record_of(&self, candidate: &Candidate) -> Result<Record> {
        let segment = &self.segments[candidate.segment];
        let row = RowId {
            segment: segment.number,
            row: candidate.row,
        };
        self.as_record(row, segment.stored(candidate.row)?)
    }

    /// The first `limit` of `candidates` that are accepted and no near-duplicates of a better one.
    fn grouped(
        &self,
        candidates: &[Candidate],
        halves: &Halves,
        limit: usize,
        sought: &Sought<'_>,
    ) -> Result<Groups> {
        let mut groups = Groups::default();
        let mut row = Vec::new();
        for (rank, candidate) in candidates.iter().enumerate() {
            let is_full = groups.len() >= limit;
            if is_full && groups.are_complete(rank) {
                break;
            }
            halves.read(&self.segments[candidate.segment], candidate, &mut row)?;
            let score = Isa::detect().dot_f16(&row, &sought.asked.query);
            // Copies of a file have the same vector, so they are found here, too.
            if !score.is_finite() || is_full && !groups.are_near(&row) {
                continue;
            }
            let record = self.record_of(candidate)?;
            if let Some(group) = groups.of(&row, &record) {
                if group.yields(rank, &record) && (sought.search.accepts)(&record) {
                    group.show(record);
                }
            } else if !is_full && (sought.search.accepts)(&record) {
                groups.add(rank, &row, ScoredRecord { record, score });
            }
        }
        Ok(groups)
    }
}

/// What is shown of `groups`, which were made of `candidates`. One that stands before others for its name
/// is given no smaller score than theirs, so that scores fall from result to result.
fn scored(groups: Groups, candidates: &[Candidate]) -> Vec<ScoredRecord> {
    let rest = candidates.iter().skip(groups.end());
    let mut most = rest.fold(f32::MIN, |most, later| most.max(later.score));
    let mut shown: Vec<ScoredRecord> = groups.shown().collect();
    for found in shown.iter_mut().rev() {
        most = most.max(found.score);
        found.score = most;
    }
    shown
}

/// Joins `called`, whose ranks weigh `weight` times as much, and `near`. A longer `near` appends rows and
/// changes the place of none that was there.
fn joined(called: &[Called], near: Vec<Candidate>, weight: f64) -> Vec<Candidate> {
    if called.is_empty() {
        return near;
    }
    let at = |candidate: &Candidate| (candidate.segment, candidate.row);
    let mut known: HashMap<(usize, usize), Candidate> = called
        .iter()
        .map(|called| (at(&called.candidate), called.candidate))
        .collect();
    let called = called
        .iter()
        .map(|called| (at(&called.candidate), f64::from(called.score)));
    let called = Ranking {
        found: called.collect(),
        weight,
    };
    let near = near.into_iter().enumerate();
    // Whether a longer `near` finds them, too, must not count.
    let near =
        near.filter(|(rank, candidate)| *rank < MIN_DEPTH || !known.contains_key(&at(candidate)));
    let near: Vec<Candidate> = near.map(|(_, candidate)| candidate).collect();
    known.extend(near.iter().map(|candidate| (at(candidate), *candidate)));
    let near = near
        .iter()
        .map(|candidate| (at(candidate), f64::from(candidate.score)));
    let near = Ranking {
        found: near.collect(),
        weight: 1.0,
    };
    let joined = fused(&[called, near]).into_iter();
    joined
        .filter_map(|(at, _)| known.get(&at).copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(rows: &[usize]) -> Vec<Candidate> {
        let rows = rows.iter().enumerate();
        let candidate = |(rank, row): (usize, &usize)| Candidate {
            #[expect(clippy::cast_precision_loss, reason = "small")]
            score: 1.0 / (rank + 1) as f32,
            segment: 0,
            row: *row,
        };
        rows.map(candidate).collect()
    }

    fn called(rows: &[usize]) -> Vec<Called> {
        let candidates = candidates(rows).into_iter();
        let called = |candidate: Candidate| Called {
            score: candidate.score,
            candidate,
        };
        candidates.map(called).collect()
    }

    fn rows(joined: &[Candidate]) -> Vec<usize> {
        joined.iter().map(|candidate| candidate.row).collect()
    }

    #[test]
    fn what_both_rankings_hold_comes_first() {
        let near = candidates(&[1, 2, 8, 3]);
        let both = joined(&called(&[7, 8]), near.clone(), 1.0);
        assert_eq!(rows(&both), [8, 7, 1, 2, 3]);
        assert_eq!(rows(&joined(&[], near, 1.0)), [1, 2, 8, 3]);
        let weighty = joined(&called(&[7, 9]), candidates(&[1, 2]), 2.0);
        assert_eq!(rows(&weighty), [7, 9, 1, 2]);
    }

    #[test]
    fn a_longer_ranking_changes_no_place() {
        let called = called(&(100..130).chain([400, 450]).collect::<Vec<usize>>());
        let near: Vec<usize> = (0..500).collect();
        let all = rows(&joined(&called, candidates(&near), 1.0));
        for depth in [MIN_DEPTH, 150, 300] {
            let some = rows(&joined(&called, candidates(&near[..depth]), 1.0));
            let equal = some.iter().zip(&all).take_while(|(a, b)| a == b).count();
            assert!(equal >= MIN_DEPTH, "{depth}: {equal}");
        }
    }
}
