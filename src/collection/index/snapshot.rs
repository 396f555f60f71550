//! A snapshot: one state of the index, which does not change while it is held.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::path::Path;
use std::sync::Arc;

use super::damaged;
use super::manifest::{Manifest, SegmentEntry};
use super::record::{StoredRecord, parse_id, place_key};
use super::segment::{Segment, floats, stride};
use crate::collection::{Record, ScoredRecord};
use crate::error::{Error, Kind, Result};
use clip::kernel::Isa;
use clip::kernel::scan::ScanQuery;

/// From this cosine on, two pictures are near-duplicates.
const NEAR_DUPLICATE: f32 = 0.985;
/// Fewest rows that are chosen by their bytes, to be ranked by their 16-bit floats.
const MIN_DEPTH: usize = 100;
/// Most results of a search. Nobody turns so many pages to look at pictures.
const MAX_RESULTS: usize = 10_000;
/// Rows whose scores are computed at a time.
const BLOCK: usize = 256;

/// Identifies a row of the index: the number of its segment, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::collection) struct RowId {
    pub segment: u64,
    pub row: usize,
}

/// A manifest with its segments, which are open.
#[derive(Debug)]
pub(in crate::collection) struct Snapshot {
    pub manifest: Manifest,
    segments: Vec<Arc<Segment>>,
}

/// A row that may become a result.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Candidate {
    score: f32,
    /// Index of the segment in the manifest.
    segment: usize,
    row: usize,
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

impl Snapshot {
    /// Opens the segments of `manifest`; those that `before` has open are shared with it.
    pub fn open(folder: &Path, manifest: Manifest, before: Option<&Self>) -> Result<Self> {
        let known = before.map_or(&[][..], |before| &before.segments);
        let open = |entry: &SegmentEntry| {
            let same = known.iter().find(|segment| segment.number == entry.number);
            match same {
                Some(segment) if segment.rows() == entry.rows => Ok(Arc::clone(segment)),
                _ => Segment::open(folder, entry, manifest.dimensions).map(Arc::new),
            }
        };
        let segments = manifest.segments.iter().map(open).collect::<Result<_>>()?;
        Ok(Self { manifest, segments })
    }

    /// The segments with their entries in the manifest.
    pub fn parts(&self) -> impl Iterator<Item = (&Segment, &SegmentEntry)> {
        let segments = self.segments.iter().map(Arc::as_ref);
        segments.zip(&self.manifest.segments)
    }

    /// Every row that is not dead.
    pub fn live(&self) -> impl Iterator<Item = RowId> {
        self.parts().flat_map(|(segment, entry)| {
            let rows = 0..segment.rows();
            let segment = segment.number;
            rows.filter(|row| !entry.dead.contains(*row))
                .map(move |row| RowId { segment, row })
        })
    }

    /// Calls `work`, which reads vectors and tables; an error if another program changed a segment before
    /// or meanwhile.
    pub fn guarded<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let begin = |(segment, entry): (&Segment, &SegmentEntry)| segment.begin(entry);
        let states = self.parts().map(begin).collect::<Result<Vec<_>>>()?;
        let done = work();
        for (segment, state) in self.segments.iter().zip(states) {
            segment.end(state)?;
        }
        done
    }

    fn find(&self, number: u64) -> Option<&Segment> {
        let found = self
            .segments
            .iter()
            .find(|segment| segment.number == number);
        found.map(Arc::as_ref)
    }

    /// The record of `row`; none if the snapshot has no such row.
    pub fn stored(&self, row: RowId) -> Result<Option<StoredRecord>> {
        let segment = self.find(row.segment);
        segment.map(|segment| segment.stored(row.row)).transpose()
    }

    /// The vector of `row` as 16-bit floats; none if the snapshot has no such row.
    pub fn halves(&self, row: RowId) -> Result<Option<Vec<u8>>> {
        let Some(segment) = self.find(row.segment) else {
            return Ok(None);
        };
        let mut halves = Vec::new();
        segment.halves(row.row, &mut halves)?;
        Ok(Some(halves))
    }

    /// Live rows whose content has that key.
    pub fn with_content(&self, key: u64) -> impl Iterator<Item = RowId> {
        self.parts().flat_map(move |(segment, entry)| {
            let rows = segment.with_content(key);
            let number = segment.number;
            rows.filter(|row| !entry.dead.contains(*row))
                .map(move |row| RowId {
                    segment: number,
                    row,
                })
        })
    }

    /// The live row, and the record, of the picture at `path` below a root.
    pub fn at_place(&self, root: usize, path: &Path) -> Result<Option<(RowId, StoredRecord)>> {
        let key = place_key(root, path);
        for (segment, entry) in self.parts() {
            let rows = segment.with_place(key);
            for row in rows.filter(|row| !entry.dead.contains(*row)) {
                let stored = segment.stored(row)?;
                if stored.root == root && stored.path == path {
                    let segment = segment.number;
                    return Ok(Some((RowId { segment, row }, stored)));
                }
            }
        }
        Ok(None)
    }

    pub fn record(&self, id: &str) -> Result<Option<Record>> {
        let Some((key, copy)) = parse_id(id) else {
            return Ok(None);
        };
        for row in self.with_content(key) {
            let stored = self.stored(row)?;
            if let Some(stored) = stored.filter(|stored| stored.copy == copy) {
                return self.as_record(row, stored).map(Some);
            }
        }
        Ok(None)
    }

    pub fn as_record(&self, row: RowId, stored: StoredRecord) -> Result<Record> {
        stored.record(&self.manifest.roots).ok_or_else(|| {
            let path = self.find(row.segment).map(|segment| segment.path.as_path());
            damaged(path.unwrap_or(Path::new("manifest")))
        })
    }

    /// See [`crate::collection::VectorStore::search_among`].
    pub fn search(
        &self,
        accepts: &dyn Fn(&Record) -> bool,
        vector: &[f32],
        limit: usize,
        threshold: f32,
    ) -> Result<Vec<ScoredRecord>> {
        if vector.len() != self.manifest.dimensions {
            let what = format!(
                "the index holds vectors of {} components, made by {}; the query's vector has {}",
                self.manifest.dimensions,
                self.manifest.encoder,
                vector.len()
            );
            return Err(Error::new(Kind::Unusable, what));
        }
        let limit = limit.min(MAX_RESULTS);
        let query = ScanQuery::new(vector, stride(vector.len()));
        let mut depth = MIN_DEPTH.max(limit * 2);
        let chosen = loop {
            let near = self.ranked(&query, depth)?;
            let is_all = near.len() < depth;
            let worst = near.last().map_or(f32::MIN, |last| last.score);
            let chosen = self.chosen(near, accepts, limit, threshold)?;
            if chosen.len() >= limit || is_all || worst < threshold {
                break chosen;
            }
            // Too many of them were near-duplicates of each other, or are not accepted.
            depth *= 4;
        };
        Ok(chosen)
    }

    /// The `depth` rows with the largest scores by their bytes, ranked by their 16-bit floats.
    fn ranked(&self, query: &ScanQuery, depth: usize) -> Result<Vec<Candidate>> {
        let mut ranked = self.nearest(query, depth);
        let mut row = Vec::new();
        for candidate in &mut ranked {
            self.segments[candidate.segment].halves(candidate.row, &mut row)?;
            candidate.score = Isa::detect().dot_f16(&row, query);
        }
        // The vector in a damaged row may be anything.
        ranked.retain(|candidate| candidate.score.is_finite());
        ranked.sort_unstable_by(|a, b| b.cmp(a));
        Ok(ranked)
    }

    /// The `depth` rows with the largest scores by their bytes, in no order.
    fn nearest(&self, query: &ScanQuery, depth: usize) -> Vec<Candidate> {
        let mut heap = BinaryHeap::with_capacity(depth.min(self.manifest.live()) + 1);
        let mut least = f32::MIN;
        let mut products = [0; BLOCK];
        for (number, (segment, entry)) in self.parts().enumerate() {
            let unit = query.unit(segment.scale);
            for (block, rows) in segment.bytes().chunks(BLOCK * segment.stride()).enumerate() {
                let products = &mut products[..rows.len() / segment.stride()];
                Isa::detect().scan_i8(rows, query, products);
                for (place, product) in products.iter().enumerate() {
                    #[expect(clippy::cast_precision_loss, reason = "much less than it has bits")]
                    let score = *product as f32 * unit;
                    let row = block * BLOCK + place;
                    if score <= least || entry.dead.contains(row) {
                        continue;
                    }
                    heap.push(Reverse(Candidate {
                        score,
                        segment: number,
                        row,
                    }));
                    if heap.len() > depth {
                        heap.pop();
                        least = heap.peek().map_or(least, |Reverse(least)| least.score);
                    }
                }
            }
        }
        heap.into_iter()
            .map(|Reverse(candidate)| candidate)
            .collect()
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

    /// The first `limit` of `ranked` that are accepted, and no near-duplicates of a better one.
    fn chosen(
        &self,
        ranked: Vec<Candidate>,
        accepts: &dyn Fn(&Record) -> bool,
        limit: usize,
        threshold: f32,
    ) -> Result<Vec<ScoredRecord>> {
        let mut chosen = Vec::new();
        let mut better: Vec<ScanQuery> = Vec::new();
        let mut row = Vec::new();
        for candidate in ranked {
            let score = candidate.score;
            if chosen.len() == limit || score < threshold {
                break;
            }
            self.segments[candidate.segment].halves(candidate.row, &mut row)?;
            // Copies of a file have the same vector, so they are found here, too.
            let is_near = |better| Isa::detect().dot_f16(&row, better) >= NEAR_DUPLICATE;
            if better.iter().any(is_near) {
                continue;
            }
            let record = self.record_of(&candidate)?;
            if !accepts(&record) {
                continue;
            }
            chosen.push(ScoredRecord { record, score });
            let vector: Vec<f32> = floats(&row).collect();
            let stride = vector.len();
            better.push(ScanQuery::new(&vector, stride));
        }
        Ok(chosen)
    }
}
