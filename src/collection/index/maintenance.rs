//! What an operator does with an existing index: describe it, remove pictures, verify its files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, Root, SegmentEntry};
use super::segment::{RowBatch, Segment};
use super::snapshot::RowId;
use super::writer::Writer;
use super::{MAX_TRIES, catalog, load, manifest, none_yet, stamp};
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
    let catalogs = snapshot
        .parts()
        .map(|(segment, _)| size(&catalog::path_of(segment)));
    let own = size(&folder.join(manifest::NAME)) + catalogs.sum::<u64>();
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

/// Removes `place` from the index in `folder`: a folder or list that was indexed, one picture below
/// such a folder, or one address of a list. Returns the number of pictures that were removed. The
/// files of the pictures are not touched.
///
/// # Errors
/// There is no index, `place` is not in it, or the disk is full.
pub fn remove(folder: &Path, place: &str) -> Result<usize> {
    if Manifest::read(folder)?.is_none() {
        return Err(none_yet(folder));
    }
    let mut writer = Writer::open(folder)?;
    // A file that is gone from the disk can only be named as the index knows it.
    let path = fs::canonicalize(place).unwrap_or_else(|_| PathBuf::from(place));
    let snapshot = std::sync::Arc::clone(writer.snapshot());
    let mut dead: HashSet<RowId> = HashSet::new();
    let mut roots = writer.manifest.roots.iter_mut().enumerate();
    let root = roots.find(|(_, root)| !root.is_gone && root.path == path);
    if let Some((number, root)) = root {
        root.is_gone = true;
        for row in snapshot.live() {
            let stored = snapshot.stored(row)?;
            if stored.is_some_and(|stored| stored.root == number) {
                dead.insert(row);
            }
        }
    } else {
        for (number, root) in snapshot.manifest.roots.iter().enumerate() {
            let name = if root.is_list {
                Path::new(place)
            } else if let Ok(below) = path.strip_prefix(&root.path) {
                below
            } else {
                continue;
            };
            let found = snapshot.at_place(number, name)?;
            dead.extend(found.map(|(row, _)| row));
        }
        if dead.is_empty() {
            return Err(Error::config(format!(
                "{place} is not in the index; clip-search index info lists what is"
            )));
        }
    }
    writer.commit(&RowBatch::default(), &dead)?;
    writer.compact(0)?;
    Ok(dead.len())
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
    (0..segment.rows()).try_for_each(|row| segment.stored(row).map(drop))
}
