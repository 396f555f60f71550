//! A snapshot: one state of the index, which does not change while it is held.

use std::path::Path;
use std::sync::Arc;

use super::damaged;
use super::manifest::{Manifest, SegmentEntry};
use super::passes::Passes;
use super::record::{StoredRecord, parse_id, place_key};
use super::segment::Segment;
use crate::collection::Record;
use crate::error::Result;

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
    pub(super) segments: Vec<Arc<Segment>>,
    pub(super) passes: Passes,
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
        Ok(Self {
            manifest,
            segments,
            passes: Passes::default(),
        })
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
}
