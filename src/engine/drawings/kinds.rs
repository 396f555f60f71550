//! What whole kinds of built-in pictures are called, in all languages: `models/drawings/kinds.txt`.

use crate::search::Language;

const KINDS: &str = include_str!("../../../models/drawings/kinds.txt");

/// A kind of pictures, with its words.
pub(super) struct Kind {
    /// Ids, in which `*` stands for anything.
    patterns: Vec<&'static str>,
    /// By [`Language::place`]; separated by `|`.
    pub words: [&'static str; Language::ALL.len()],
}

impl Kind {
    /// Whether the picture with that id is of this kind.
    pub fn has(&self, id: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, id))
    }
}

/// All kinds. What is not understood is left out; a test shows that there is nothing such.
pub(super) fn all() -> impl Iterator<Item = Kind> {
    KINDS.split("\n\n").filter_map(kind)
}

fn kind(block: &'static str) -> Option<Kind> {
    let mut lines = block.lines().filter(|line| !line.starts_with('#'));
    let patterns = lines.next()?.split(' ').collect();
    let mut words = [""; Language::ALL.len()];
    for line in lines {
        let (tag, text) = line.split_once(' ')?;
        *words.get_mut(Language::of_tag(tag)?.place())? = text;
    }
    Some(Kind { patterns, words })
}

/// Whether `pattern`, in which `*` stands for anything, fits `id`.
pub fn matches(pattern: &str, id: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once('*') else {
        return pattern == id;
    };
    let Some(id) = id.strip_prefix(begin) else {
        return false;
    };
    let mut ends = id.char_indices().map(|(at, _)| at).chain([id.len()]);
    ends.any(|at| matches(rest, &id[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::drawings;

    #[test]
    fn every_kind_has_pictures_and_words_in_every_language() {
        let kinds: Vec<Kind> = all().collect();
        assert_eq!(
            kinds.len() + 1,
            KINDS.split("\n\n").count(),
            "and the heading"
        );
        for kind in &kinds {
            let which = kind.patterns.join(" ");
            assert!(kind.words.iter().all(|words| !words.is_empty()), "{which}");
            for pattern in &kind.patterns {
                let mut pictures = drawings::all().iter();
                assert!(
                    pictures.any(|picture| matches(pattern, picture.id)),
                    "{pattern} of {which}"
                );
            }
        }
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, id, expected) in [
            ("dog", "dog", true),
            ("dog", "dog-face", false),
            ("dog*", "dog", true),
            ("*-cat*", "black-cat", true),
            ("*-cat*", "cat", false),
            ("*heart*", "two-hearts", true),
        ] {
            assert_eq!(matches(pattern, id), expected, "{pattern} {id}");
        }
    }
}
