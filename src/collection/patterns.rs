//! Patterns of files that are left out, in the syntax of gitignore.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use fast_glob::glob_match;

/// One pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    glob: Vec<u8>,
    /// What it matches is not left out, whatever patterns before it say.
    is_negated: bool,
    is_for_folders: bool,
    /// It is compared with the whole path, not with the name alone.
    is_anchored: bool,
}

impl Pattern {
    /// The pattern in a line; none if the line is blank or a comment.
    fn parse(line: &str) -> Option<Self> {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut text = line.trim_end_matches(' ');
        if text.len() < line.len() && text.ends_with('\\') {
            // An escaped space at the end is part of the name.
            text = &line[..=text.len()];
        }
        if text.is_empty() || text.starts_with('#') {
            return None;
        }
        let (is_negated, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (is_for_folders, text) = match text.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let is_anchored = text.contains('/');
        let text = text.strip_prefix('/').unwrap_or(text);
        if text.is_empty() {
            return None;
        }
        // These are special to the matcher only.
        let mut glob = Vec::new();
        let mut is_escaped = false;
        for byte in text.bytes() {
            let is_special = matches!(byte, b'{' | b'}') || byte == b'!' && glob.is_empty();
            if is_special && !is_escaped {
                glob.push(b'\\');
            }
            is_escaped = byte == b'\\' && !is_escaped;
            glob.push(byte);
        }
        Some(Self {
            glob,
            is_negated,
            is_for_folders,
            is_anchored,
        })
    }

    fn matches(&self, path: &Path, is_folder: bool) -> bool {
        if self.is_for_folders && !is_folder {
            return false;
        }
        let text = if self.is_anchored {
            Some(path.as_os_str())
        } else {
            path.file_name()
        };
        text.is_some_and(|text| glob_match(&self.glob, text.as_bytes()))
    }
}

/// Patterns, of which the last one that matches decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Patterns(Vec<Pattern>);

impl Patterns {
    /// The patterns in the lines of `text`.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        Self(lines.into_iter().filter_map(Pattern::parse).collect())
    }

    /// Whether the file or folder at `path`, below the folder that they are for, is left out; none if
    /// no pattern says so or the contrary.
    pub fn verdict(&self, path: &Path, is_folder: bool) -> Option<bool> {
        let mut patterns = self.0.iter().rev();
        let decisive = patterns.find(|pattern| pattern.matches(path, is_folder));
        decisive.map(|pattern| !pattern.is_negated)
    }

    /// Whether the file at `path` is left out, or a folder that it lies in.
    pub fn leave_out(&self, path: &Path) -> bool {
        let folders = path.ancestors().skip(1);
        let folders = folders.filter(|folder| !folder.as_os_str().is_empty());
        let mut folders = folders.map(|folder| self.verdict(folder, true));
        folders.any(|verdict| verdict == Some(true)) || self.verdict(path, false) == Some(true)
    }
}

/// The pattern that matches exactly `path`, below the folder that it is for.
pub(super) fn literal(path: &Path) -> String {
    let mut pattern = "/".to_owned();
    for letter in path.to_string_lossy().chars() {
        match letter {
            '*' | '?' | '[' | ']' | '\\' | ' ' => pattern.extend(['\\', letter]),
            // Neither can stand in a line of text.
            '\n' | '\r' | char::REPLACEMENT_CHARACTER => pattern.push('*'),
            _ => pattern.push(letter),
        }
    }
    pattern
}

/// Whether `text` is a pattern, not the name of one thing.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_do_in_gitignore() {
        let table = [
            ("*.png", "a.png", true),
            ("*.png", "deep/a.png", true),
            ("*.png", "a.jpg", false),
            ("/*.png", "deep/a.png", false),
            ("deep/*.png", "deep/a.png", true),
            ("deep/*.png", "deep/er/a.png", false),
            ("**/er/*.png", "deep/er/a.png", true),
            ("deep/**", "deep/er/a.png", true),
            ("a/**/b", "a/b", true),
            ("er", "deep/er/a.png", true),
            ("er/", "deep/er/a.png", true),
            ("a.png/", "a.png", false),
            ("/er/", "deep/er/a.png", false),
            ("IMG_[0-9]?.jpg", "IMG_12.jpg", true),
            ("{a,b}", "a", false),
            ("{a,b}", "{a,b}", true),
            ("\\#a", "#a", true),
            ("#a", "#a", false),
            ("\\!a", "!a", true),
            ("a ", "a", true),
            ("a\\ ", "a ", true),
            ("", "a", false),
            ("/", "a", false),
        ];
        for (pattern, path, expected) in table {
            let patterns = Patterns::parse([pattern]);
            assert_eq!(
                patterns.leave_out(Path::new(path)),
                expected,
                "{pattern} {path}"
            );
        }
        let patterns = Patterns::parse(["*.png", "!good.png", "/good.png"]);
        assert_eq!(
            patterns.verdict(Path::new("x/good.png"), false),
            Some(false)
        );
        assert_eq!(patterns.verdict(Path::new("good.png"), false), Some(true));
        assert_eq!(patterns.verdict(Path::new("a.jpg"), false), None);
    }

    #[test]
    fn the_pattern_of_a_path_matches_it_alone() {
        for path in ["a/b.jpg", "odd [1]*?.jpg", "!a", "#a", "{x}/y z ", "a\\b"] {
            let patterns = Patterns::parse([literal(Path::new(path)).as_str()]);
            assert!(patterns.leave_out(Path::new(path)), "{path}");
            assert!(!patterns.leave_out(&Path::new("x").join(path)), "{path}");
            assert!(
                !patterns.leave_out(Path::new(&format!("{path}x"))),
                "{path}"
            );
        }
    }
}
