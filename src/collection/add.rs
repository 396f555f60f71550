//! Brings the index up to date with folders of pictures, and with lists of their addresses.
//!
//! One thread walks through the folders (`walk`, `list`), one for each core reads, decodes and
//! encodes what is new (`worker`, within a `budget` of memory), and the caller's own thread writes
//! the results into the index (`coordinator`, with `copies`). Short queues between them hand over
//! what `job` defines, so that memory does not grow with the folder. A commit every few seconds
//! keeps what is done: after an interruption, the next run continues from there.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::index::choices::{Choices, RootChoices};
use super::index::manifest::{Manifest, Root};
use super::index::writer::Writer;
use super::patterns::{Patterns, is_pattern, literal};
use crate::error::{Error, Result};
use crate::http::AddressFilter;
use crate::http::address::is_public;
use crate::progress::Progress;
use crate::shutdown::Shutdown;
use at_work::AtWork;
use clip::Encoder;
use coordinator::Coordinator;
pub(crate) use entries::EXCLUDED;
use walk::is_missing;

mod at_work;
mod contents;
mod coordinator;
mod copies;
pub mod details;
mod entries;
mod gone;
mod job;
pub mod list;
mod walk;
mod worker;

/// How an index is brought up to date.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line"
)]
pub struct Options {
    /// Compute all vectors anew, as another encoder requires.
    pub rebuild: bool,
    /// Remove the pictures, too, whose folders are missing or empty; by default they are kept and
    /// hidden, since their disk may not be mounted.
    pub prune: bool,
    /// Most pictures between two commits.
    pub commit_pictures: usize,
    /// Most time between two commits; the first ones come sooner, so that there is something to
    /// find.
    pub commit_after: Duration,
    /// Threads that decode and encode.
    pub workers: usize,
    /// Patterns of gitignore: what they match below the named places is left out, now and in later runs.
    pub exclude: Vec<String>,
    /// Follow links to files, now and in later runs.
    pub follow: bool,
    /// Name every file that does not come into the index, not only the first ones of each kind.
    pub names_all: bool,
    /// Where pictures of lists may be fetched from.
    pub allowed: AddressFilter,
}

impl Summary {
    /// Whether there are files, and not one of them is a picture that could be read.
    #[must_use]
    pub fn has_read_nothing(&self) -> bool {
        let is_empty = self.failed + self.away == 0 && self.left_out.is_empty();
        self.added + self.known + self.unchanged == 0 && !is_empty && !self.is_interrupted
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rebuild: false,
            prune: false,
            commit_pictures: 1000,
            commit_after: Duration::from_secs(10),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            exclude: Vec::new(),
            follow: false,
            names_all: false,
            allowed: is_public,
        }
    }
}

/// What a run of [`add`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Pictures that were new, or had new content.
    pub added: usize,
    /// Pictures whose vector the index had already: touched, moved, or copies of others.
    pub known: usize,
    /// Files with the size and time that the index knows.
    pub unchanged: usize,
    /// Pictures that are gone.
    pub removed: usize,
    /// Pictures that are kept and hidden, since their folders are missing or empty.
    pub away: usize,
    /// Files and folders that cannot be read at the moment.
    pub failed: usize,
    /// How many files are of a kind that is not read: of another format, damaged, too large and the
    /// like. Together with the counts above, these are all files that are there.
    pub left_out: BTreeMap<&'static str, usize>,
    /// The run was asked to stop before its end.
    pub is_interrupted: bool,
}

/// What the picture file `bytes` says about itself.
#[must_use]
pub fn details_of(bytes: &[u8]) -> super::Details {
    details::read(bytes, None)
}

/// Brings the index in `folder` up to date with `places`, or with all that it knows if there are
/// none. A place is a folder; or a file of lines `URL<TAB>caption`, each picture of which is
/// fetched once.
///
/// # Errors
/// A place cannot be indexed, the index was made by another encoder, or the disk is full; what was
/// committed before stays.
pub fn add(
    folder: &Path,
    places: &[PathBuf],
    encoder: &dyn Encoder,
    options: Options,
    progress: &mut dyn Progress,
    shutdown: &Shutdown,
) -> Result<Summary> {
    let mut writer = Writer::open(folder)?;
    let manifest = &mut writer.manifest;
    if options.rebuild || manifest.segments.is_empty() {
        encoder.name().clone_into(&mut manifest.encoder);
        manifest.dimensions = encoder.dimensions();
    }
    check_encoder(manifest, encoder, folder)?;
    let mut choices = Choices::read(folder)?;
    let roots = choose_roots(&mut manifest.roots, places, options.rebuild, &mut choices)?;
    for root in &roots {
        let root = choices.0.entry(*root).or_default();
        root.follows |= options.follow;
        for pattern in &options.exclude {
            root.leave_out(pattern.clone());
        }
    }
    choices.0.retain(|_, root| *root != RootChoices::default());
    choices.write(folder)?;
    if options.rebuild {
        writer.discard_segments()?;
    }
    let index_folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let at_work = AtWork::open(folder)?;
    let coordinator = Coordinator::new(writer, encoder, &at_work, options, progress, shutdown);
    let summary = coordinator.run(&roots, choices, index_folder);
    at_work.finish();
    summary
}

fn check_encoder(manifest: &Manifest, encoder: &dyn Encoder, folder: &Path) -> Result<()> {
    if manifest.encoder == encoder.name() && manifest.dimensions == encoder.dimensions() {
        return Ok(());
    }
    Err(Error::config(format!(
        "the index in {} was made with {}, and the model is {}: set CLIP_SEARCH_MODEL to the \
         former, use another folder, or make the index anew with clip-search index add --rebuild",
        folder.display(),
        manifest.encoder,
        encoder.name()
    )))
}

/// The numbers of the roots that are brought up to date: those of `places`, which become roots if
/// they are none yet; all of them if there are no places, or if `rebuild` is set.
fn choose_roots(
    roots: &mut Vec<Root>,
    places: &[PathBuf],
    rebuild: bool,
    choices: &mut Choices,
) -> Result<Vec<usize>> {
    let mut chosen = Vec::new();
    for place in places {
        let root = root_of(roots, place, choices)?;
        if !chosen.contains(&root) {
            chosen.push(root);
        }
    }
    if places.is_empty() || rebuild {
        let known = roots.iter().enumerate();
        let known = known.filter(|(_, root)| !root.is_gone);
        chosen = known.map(|(number, _)| number).collect();
    }
    if chosen.is_empty() {
        return Err(Error::config(
            "nothing to index yet: name a folder of pictures, as in clip-search index add FOLDER",
        ));
    }
    Ok(chosen)
}

/// The number of the root at `place`, which is added if it is not there.
fn root_of(roots: &mut Vec<Root>, place: &Path, choices: &mut Choices) -> Result<usize> {
    let known = || roots.iter().enumerate().filter(|(_, root)| !root.is_gone);
    let path = match fs::canonicalize(place) {
        Ok(path) => path,
        Err(cause) => {
            if let Some(root) = pattern_again(choices, place) {
                return Ok(root);
            }
            // One that is away for the moment is no reason to leave out the others.
            let same = known().find(|(_, root)| root.path == place);
            return same.map(|(number, _)| number).ok_or_else(|| {
                Error::config(format!("cannot index {}", place.display())).because(cause)
            });
        }
    };
    for (number, root) in known() {
        if is_missing(&root.path) {
            continue;
        }
        if root.path == path {
            return Ok(number);
        }
        if let Ok(below) = path.strip_prefix(&root.path)
            && let Some(choices) = choices.0.get_mut(&number)
            && add_again(choices, below, place)?
        {
            return Ok(number);
        }
        let is_within = root.path.starts_with(&path) || path.starts_with(&root.path);
        if is_within && !root.is_list && path.is_dir() {
            let what = format!(
                "{} and {}, which is indexed already, lie in each other: remove the latter with \
                 clip-search index remove, or index only that",
                path.display(),
                root.path.display()
            );
            return Err(Error::config(what));
        }
    }
    roots.push(Root {
        is_list: !path.is_dir(),
        path,
        visited: 0,
        is_gone: false,
    });
    Ok(roots.len() - 1)
}

/// Whether `below`, the path of `place` below its root, had been left out, and no longer is.
fn add_again(choices: &mut RootChoices, below: &Path, place: &Path) -> Result<bool> {
    if !choices.patterns().leave_out(below) {
        return Ok(false);
    }
    let own = literal(below);
    let is_own = |pattern: &str| pattern == own || pattern.starts_with(&(own.clone() + "/"));
    choices.left_out.retain(|pattern| !is_own(pattern));
    let mut patterns = choices.left_out.iter();
    let other = patterns.find(|pattern| Patterns::parse([pattern.as_str()]).leave_out(below));
    match other {
        None => Ok(true),
        Some(pattern) => Err(Error::config(format!(
            "{} is left out by `{pattern}`, as that was removed or excluded: add that again, or \
             delete its line in the file `choices` of the index",
            place.display()
        ))),
    }
}

/// The root for which the pattern `place` had been left out; it no longer is.
fn pattern_again(choices: &mut Choices, place: &Path) -> Option<usize> {
    let place = place.to_str().filter(|place| is_pattern(place))?;
    let mut found = None;
    for (number, root) in &mut choices.0 {
        let count = root.left_out.len();
        root.left_out.retain(|pattern| pattern != place);
        if root.left_out.len() < count {
            found = Some(*number);
        }
    }
    found
}
