//! Removes pictures from an index by hand, and keeps them away.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::choices::Choices;
use super::manifest::{Manifest, Root};
use super::none_yet;
use super::rows::RowBatch;
use super::snapshot::RowId;
use super::writer::Writer;
use crate::collection::patterns::{Patterns, is_pattern, literal};
use crate::error::{Error, Result};

/// Removes `place` from the index in `folder`: a folder or list that was indexed, a folder or picture
/// below such a folder, an address of a list, or what a pattern of gitignore matches below all folders,
/// or below the one that its path begins with. Returns the number of pictures that were removed. Except
/// for whole folders and lists, later runs leave `place` out until it is added by name. The files of the
/// pictures are not touched.
///
/// # Errors
/// There is no index, `place` is not in it, or the disk is full.
pub fn remove(folder: &Path, place: &str) -> Result<usize> {
    if Manifest::read(folder)?.is_none() {
        return Err(none_yet(folder));
    }
    let mut writer = Writer::open(folder)?;
    let mut choices = Choices::read(folder)?;
    // A file that is gone from the disk can only be named as the index knows it.
    let path = fs::canonicalize(place).unwrap_or_else(|_| PathBuf::from(place));
    let mut roots = writer.manifest.roots.iter_mut().enumerate();
    let root = roots.find(|(_, root)| !root.is_gone && root.path == path);
    let patterns = if let Some((number, root)) = root {
        root.is_gone = true;
        choices.0.remove(&number);
        vec![(number, "*".to_owned())]
    } else {
        patterns(&writer.manifest.roots, place, &path)
    };
    let is_root = writer.manifest.roots != writer.snapshot().manifest.roots;
    let mut dead: HashSet<RowId> = HashSet::new();
    let mut met: HashSet<usize> = HashSet::new();
    let snapshot = Arc::clone(writer.snapshot());
    let compiled = patterns
        .iter()
        .map(|(root, pattern)| (*root, Patterns::parse([pattern.as_str()])));
    let compiled: HashMap<usize, Patterns> = compiled.collect();
    for row in snapshot.live() {
        if let Some(stored) = snapshot.stored(row)?
            && let Some(patterns) = compiled.get(&stored.root)
            && patterns.leave_out(&stored.path)
        {
            dead.insert(row);
            met.insert(stored.root);
        }
    }
    let is_pattern = is_pattern(place) && !path.exists();
    if dead.is_empty() && !is_root && !is_pattern {
        return Err(Error::config(format!(
            "{place} is not in the index; clip-search index info lists what is"
        )));
    }
    if !is_root {
        for (number, pattern) in patterns {
            if is_pattern || met.contains(&number) {
                choices.0.entry(number).or_default().leave_out(pattern);
            }
        }
    }
    // First what keeps them away: rows without files come back, files without rows do not.
    choices.write(folder)?;
    writer.commit(&RowBatch::default(), &dead)?;
    writer.compact(0)?;
    Ok(dead.len())
}

/// What leaves `place` out, by the numbers of the roots that it concerns. `path` is where it is on
/// disk.
fn patterns(roots: &[Root], place: &str, path: &Path) -> Vec<(usize, String)> {
    let mut patterns = Vec::new();
    let is_a_pattern = is_pattern(place) && !path.exists();
    for (number, root) in roots.iter().enumerate().filter(|(_, root)| !root.is_gone) {
        let below = path.strip_prefix(&root.path);
        let pattern = match below {
            _ if root.is_list => Some(literal(Path::new(place))),
            Ok(below) if is_a_pattern => Some(format!("/{}", below.to_string_lossy())),
            Ok(below) => Some(literal(below)),
            Err(_) if is_a_pattern && !path.is_absolute() => Some(place.to_owned()),
            // The file that a link of this root leads to.
            Err(_) if path.is_absolute() => Some(literal(path)),
            Err(_) => None,
        };
        patterns.extend(pattern.map(|pattern| (number, pattern)));
    }
    patterns
}
