//! What an operator does with an existing index: describe it, verify its files.

use std::fs;
use std::path::Path;

use super::codes::Codes;
use super::manifest::{Manifest, Root, SegmentEntry};
use super::segment::Segment;
use super::{MAX_TRIES, catalog, codes, load, manifest, none_yet, stamp};
use crate::error::{Error, Result};

/// A description of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info {
    /// Name of the encoder that made the vectors.
    pub encoder: String,
    /// Components of a vector.
    pub dimensions: usize,
    /// Number of pictures.
    pub pictures: usize,
    /// Rows of removed or replaced pictures, which compaction will drop.
    pub dead: usize,
    /// Number of segment files.
    pub segments: usize,
    /// Size of all its files.
    pub bytes: u64,
    /// When it was last changed, in seconds since 1970.
    pub updated: u64,
    /// Folders and lists that were indexed, each with its number of pictures.
    pub roots: Vec<(Root, usize)>,
}

/// Describes the index in `folder`.
///
/// # Errors
/// There is no index, or it is damaged.
pub fn info(folder: &Path) -> Result<Info> {
    let (snapshot, _) = load(folder, None)?;
    let manifest = &snapshot.manifest;
    let mut counts = vec![0; manifest.roots.len()];
    for row in snapshot.live() {
        let stored = snapshot.stored(row)?;
        if let Some(count) = stored.and_then(|stored| counts.get_mut(stored.root)) {
            *count += 1;
        }
    }
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    let beside = snapshot.parts().map(|(segment, _)| {
        size(&catalog::path_of(segment)) + size(&codes::path_of(&segment.path))
    });
    let own = size(&folder.join(manifest::NAME)) + beside.sum::<u64>();
    let roots = manifest.roots.iter().cloned().zip(counts);
    Ok(Info {
        encoder: manifest.encoder.clone(),
        dimensions: manifest.dimensions,
        pictures: manifest.live(),
        dead: manifest.segments.iter().map(|entry| entry.dead.len()).sum(),
        segments: manifest.segments.len(),
        bytes: own
            + manifest
                .segments
                .iter()
                .map(|entry| entry.length)
                .sum::<u64>(),
        updated: manifest.updated,
        roots: roots.filter(|(root, _)| !root.is_gone).collect(),
    })
}

/// Reads every byte of the index in `folder` and compares it with its checksums. Returns the
/// number of pictures, or an error for each damaged file.
///
/// # Errors
/// There is no index, or its manifest is damaged, so that nothing else can be checked.
pub fn verify(folder: &Path) -> Result<Result<usize, Vec<Error>>> {
    let mut tries = 0;
    loop {
        let before = stamp(folder);
        let manifest = Manifest::read(folder)?.ok_or_else(|| none_yet(folder))?;
        let bad: Vec<Error> = manifest
            .segments
            .iter()
            .filter_map(|entry| verified(folder, entry, manifest.dimensions).err())
            .collect();
        if bad.is_empty() {
            return Ok(Ok(manifest.live()));
        }
        // A writer may have merged and deleted segments meanwhile.
        if stamp(folder) == before || tries == MAX_TRIES {
            return Ok(Err(bad));
        }
        tries += 1;
    }
}

fn verified(folder: &Path, entry: &SegmentEntry, dimensions: usize) -> Result<()> {
    let segment = Segment::open(folder, entry, dimensions)?;
    segment.verify(entry)?;
    if let Some(codes) = Codes::open(&segment.path, entry, segment.stride()) {
        codes.verify()?;
    }
    (0..segment.rows()).try_for_each(|row| segment.stored(row).map(drop))
}
