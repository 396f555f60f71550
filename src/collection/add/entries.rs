//! What lies below an indexed folder, without what is left out: what is hidden, what systems keep beside
//! pictures, and what the operator excluded, by patterns for the root or by files called `.clipignore`.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::collection::index::choices::RootChoices;
use crate::collection::patterns::Patterns;

/// The file with patterns for the folder that it lies in.
const PATTERNS: &str = ".clipignore";
/// What is counted as left out by patterns.
pub(crate) const EXCLUDED: &str = "excluded";
const LINKS: &str = "links";

/// Names of folders in which systems keep thumbnails, deleted files and older states, in any case.
const NOT_THE_USERS: [&str; 15] = [
    "@eaDir",
    "@Recycle",
    "#recycle",
    "#snapshot",
    "$RECYCLE.BIN",
    "System Volume Information",
    "__MACOSX",
    "lost+found",
    "@__thumb",
    "@Recently-Snapshot",
    "@sharebin",
    "Network Trash Folder",
    "RECYCLED",
    "RECYCLER",
    "Temporary Items",
];
/// How the names of such folders begin or end: previews of Nextcloud, of Lightroom.
const PREVIEWS: [&str; 2] = ["appdata_", ".lrdata"];
/// How the folders of Apple's programs end, which keep previews in several sizes beside the photos.
const LIBRARIES: [&str; 4] = [
    ".photoslibrary",
    ".photolibrary",
    ".aplibrary",
    ".migratedphotolibrary",
];
/// The folders in them that hold the photos.
const IN_LIBRARIES: [&str; 3] = ["originals", "masters", "modified"];

/// What the walk meets in a folder.
pub(super) enum Met {
    /// A folder that is entered.
    Folder,
    File(DirEntry),
    /// A link to a file, which lies at this path.
    Link(DirEntry, PathBuf),
    /// What is left out, as far as that is counted, and what it is counted as.
    LeftOut(DirEntry, &'static str),
}

/// Goes through a folder.
pub(super) struct Entries<'a> {
    met: walkdir::IntoIter,
    root: &'a Path,
    /// Is left out, should it lie below.
    index_folder: &'a Path,
    /// Folders whose files are met by themselves.
    roots: &'a [PathBuf],
    follows: bool,
    patterns: Patterns,
    /// The patterns of the folders on the way to the current entry, with their depths.
    by_folder: Vec<(usize, PathBuf, Patterns)>,
    /// Files that links led to.
    followed: HashSet<PathBuf>,
}

impl<'a> Entries<'a> {
    pub fn new(
        root: &'a Path,
        choices: &RootChoices,
        index_folder: &'a Path,
        roots: &'a [PathBuf],
    ) -> Self {
        Self {
            met: WalkDir::new(root).into_iter(),
            root,
            index_folder,
            roots,
            follows: choices.follows,
            patterns: choices.patterns(),
            by_folder: Vec::new(),
            followed: HashSet::new(),
        }
    }

    fn meet(&mut self, entry: DirEntry) -> Option<Met> {
        let is_folder = entry.file_type().is_dir();
        while self
            .by_folder
            .pop_if(|(depth, ..)| *depth >= entry.depth())
            .is_some()
        {}
        if entry.depth() > 0 {
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            let is_left = is_hidden || entry.path() == self.index_folder;
            let kind = if self.is_excluded(&entry, is_folder) {
                Some(EXCLUDED)
            } else if is_folder && !is_left {
                not_entered(&entry)
            } else {
                None
            };
            if is_folder && (is_left || kind.is_some()) {
                self.met.skip_current_dir();
            }
            if is_left {
                return None;
            }
            if let Some(kind) = kind {
                return Some(Met::LeftOut(entry, kind));
            }
        }
        Some(if is_folder {
            // One that cannot be read excludes nothing.
            if let Ok(text) = fs::read(entry.path().join(PATTERNS)) {
                let patterns = Patterns::parse(String::from_utf8_lossy(&text).lines());
                let folder = entry.path().to_owned();
                self.by_folder.push((entry.depth(), folder, patterns));
            }
            Met::Folder
        } else if entry.file_type().is_file() {
            Met::File(entry)
        } else if entry.file_type().is_symlink() {
            match self.follow(&entry) {
                Some(file) => Met::Link(entry, file),
                None => Met::LeftOut(entry, LINKS),
            }
        } else {
            Met::LeftOut(entry, "no files")
        })
    }

    fn is_excluded(&self, entry: &DirEntry, is_folder: bool) -> bool {
        let verdict = |folder: &Path, patterns: &Patterns| {
            let below = entry.path().strip_prefix(folder).ok()?;
            patterns.verdict(below, is_folder)
        };
        if verdict(self.root, &self.patterns) == Some(true) {
            return true;
        }
        // The nearest has the last word.
        let mut nearest = self.by_folder.iter().rev();
        let said = nearest.find_map(|(_, folder, patterns)| verdict(folder, patterns));
        said == Some(true)
    }

    /// The file that a link leads to, where it is followed: once, and not if the file is met by itself.
    fn follow(&mut self, link: &DirEntry) -> Option<PathBuf> {
        let file = self.follows.then(|| fs::canonicalize(link.path()).ok());
        let file = file.flatten().filter(|file| file.is_file())?;
        let mut met = self
            .roots
            .iter()
            .map(PathBuf::as_path)
            .chain([self.index_folder]);
        let is_hidden = |root: &Path| {
            let below = file.strip_prefix(root).unwrap_or(&file);
            let mut names = below.iter().map(OsStr::as_encoded_bytes);
            names.any(|name| name.starts_with(b"."))
        };
        let is_met = met.any(|root| file.starts_with(root) && !is_hidden(root));
        let is_excluded = self.patterns.leave_out(&file);
        (!is_met && !is_excluded && self.followed.insert(file.clone())).then_some(file)
    }
}

impl Iterator for Entries<'_> {
    type Item = walkdir::Result<Met>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.met.next()? {
                Ok(entry) => {
                    if let Some(met) = self.meet(entry) {
                        return Some(Ok(met));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Why the folder `entry` is not entered, as a kind to count; none if it is.
fn not_entered(entry: &DirEntry) -> Option<&'static str> {
    if is_the_systems(entry.path()) {
        return Some("folders of thumbnails, bins and the like");
    }
    let is_hidden = entry.path().join(".nomedia").symlink_metadata().is_ok();
    is_hidden.then_some("folders with .nomedia")
}

fn is_the_systems(folder: &Path) -> bool {
    let lower = |path: Option<&OsStr>| path.unwrap_or_default().to_string_lossy().to_lowercase();
    let name = lower(folder.file_name());
    let above = lower(folder.parent().and_then(Path::file_name));
    let [begin, end] = PREVIEWS;
    let is_in_library = LIBRARIES.iter().any(|library| above.ends_with(library));
    NOT_THE_USERS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&name))
        || name.starts_with(begin)
        || name.ends_with(end)
        || is_in_library && !IN_LIBRARIES.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_systems_and_programs_are_known_by_name() {
        for (folder, expected) in [
            ("p/$Recycle.Bin", true),
            ("p/@eaDir", true),
            ("p/@Recently-Snapshot", true),
            ("p/Catalogue Previews.lrdata", true),
            ("nextcloud/appdata_oc1abc", true),
            ("p/Photos Library.photoslibrary/resources", true),
            ("p/Photos Library.photoslibrary/originals", false),
            ("p/Photos Library.photoslibrary/originals/A", false),
            ("p/Photos Library.photoslibrary", false),
            ("p/iPhoto Library.photolibrary/Thumbnails", true),
            ("p/iPhoto Library.photolibrary/Masters", false),
            ("p/resources", false),
            ("p/Recycling day", false),
        ] {
            assert_eq!(is_the_systems(Path::new(folder)), expected, "{folder}");
        }
    }
}
