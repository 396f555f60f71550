//! The built-in pictures. `models/drawings/fetch.py` fetched and packed them; `LICENSES` says whose
//! they are. Nothing is copied: a picture is slices of what is in the program.

mod kinds;

#[cfg(test)]
pub(super) use kinds::matches;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::search::Language;
use crate::search::words::{Description, WordIndex};

/// A heading and then one line for each picture, with tabs between the fields: id, names and
/// keywords in English, names and keywords in Spanish, offset and length of the file in [`FILES`].
/// Names are separated by `|`, keywords by blanks.
const INDEX: &str = include_str!("../../models/drawings/collection.tsv");
/// A heading and then one line for each picture, in the same order: id, and name and keywords in each
/// of the other languages, in the order of [`Language::ALL`]. Keywords are separated by `|`.
const LANGUAGES: &str = include_str!("../../models/drawings/languages.tsv");
const FILES: &[u8] = include_bytes!("../../models/drawings/collection.bin");

/// Width and height of every picture, in pixels.
pub const SIDE: u32 = 256;

/// One picture with its words.
#[derive(Debug)]
pub struct Drawing {
    /// Lower-case letters, digits and hyphens.
    pub id: &'static str,
    /// What it is called, by [`Language::place`].
    pub words: [DrawingWords; Language::ALL.len()],
    /// A JPEG file.
    pub file: &'static [u8],
}

impl Drawing {
    /// Its first name in `language`.
    #[must_use]
    pub fn name(&self, language: Language) -> &'static str {
        let words = self.words.get(language.place());
        let names = words.map_or("", |words| words.names);
        names.split_once('|').map_or(names, |(first, _)| first)
    }
}

/// What a picture is called in one language.
#[derive(Debug, Clone, Copy, Default)]
pub struct DrawingWords {
    /// Its names, separated by `|`: in America and Britain, or in Spain and Mexico, and an everyday
    /// one.
    pub names: &'static str,
    /// More words for it, none of them in the names: in English and Spanish separated by blanks, in
    /// other languages by `|`.
    pub keywords: &'static str,
}

struct Collection {
    pictures: Vec<Drawing>,
    by_id: HashMap<&'static str, usize>,
}

static COLLECTION: LazyLock<Collection> = LazyLock::new(|| {
    let lines = INDEX.lines().zip(LANGUAGES.lines()).skip(1);
    // A line that is not understood is left out; a test shows that there is none.
    let pictures: Vec<Drawing> = lines
        .filter_map(|(line, languages)| picture(line, languages))
        .collect();
    let ids = pictures.iter().map(|picture| picture.id);
    let by_id = ids.zip(0..).collect();
    Collection { pictures, by_id }
});

static WORDS: LazyLock<WordIndex> = LazyLock::new(|| {
    let kinds: Vec<kinds::Kind> = kinds::all().collect();
    let described = |picture: &Drawing| {
        let kinds = kinds.iter().filter(|kind| kind.has(picture.id));
        let kinds: Vec<_> = kinds.map(|kind| kind.words).collect();
        let words = picture.words.into_iter().enumerate();
        let in_each = words.map(move |(place, words)| {
            let kinds = kinds.iter().filter_map(|words| words.get(place).copied());
            Description {
                names: words.names,
                keywords: std::iter::once(words.keywords).chain(kinds).collect(),
            }
        });
        in_each.collect::<Vec<_>>()
    };
    WordIndex::new(&Language::ALL, all().iter().map(described))
});

/// All pictures; similar ones are next to each other.
#[must_use]
pub fn all() -> &'static [Drawing] {
    &COLLECTION.pictures
}

/// The picture with that id, if there is one.
#[must_use]
pub fn find(id: &str) -> Option<&'static Drawing> {
    let place = COLLECTION.by_id.get(id)?;
    COLLECTION.pictures.get(*place)
}

/// The words of [`all`] pictures, made when it is called first, within about a tenth of a second.
#[must_use]
pub fn words() -> &'static WordIndex {
    &WORDS
}

fn picture(line: &'static str, languages: &'static str) -> Option<Drawing> {
    let mut fields = line.split('\t');
    let mut languages = languages.split('\t');
    let id = fields.next().filter(|id| languages.next() == Some(id))?;
    let mut words = [DrawingWords::default(); Language::ALL.len()];
    for (place, words) in words.iter_mut().enumerate() {
        let source = if place < 2 {
            &mut fields
        } else {
            &mut languages
        };
        let [names, keywords] = [source.next()?, source.next()?];
        *words = DrawingWords { names, keywords };
    }
    let mut number = || fields.next()?.parse().ok();
    let [offset, length]: [usize; 2] = [number()?, number()?];
    Some(Drawing {
        id,
        words,
        file: FILES.get(offset..)?.get(..length)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_whole_and_has_words_in_all_languages() {
        assert_eq!(all().len(), INDEX.lines().count() - 1);
        assert_eq!(all().len(), LANGUAGES.lines().count() - 1);
        for picture in all() {
            let id = picture.id;
            let is_safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(!id.is_empty() && id.chars().all(is_safe), "{id}");
            assert!(std::ptr::eq(
                find(id).expect("by its id").file,
                picture.file
            ));
            let kind = imagesize::image_type(picture.file).expect("a picture");
            assert_eq!(kind, imagesize::ImageType::Jpeg, "{id}");
            let size = imagesize::blob_size(picture.file).expect("a size");
            assert_eq!((size.width, size.height), (256, 256), "{id}");
            assert!(picture.file.ends_with(b"\xff\xd9"), "{id} is cut");
            for words in &picture.words {
                assert!(words.names.split('|').all(|name| !name.is_empty()), "{id}");
            }
        }
    }

    #[test]
    fn the_files_lie_one_after_another_and_are_not_too_many() {
        let sum: usize = all().iter().map(|picture| picture.file.len()).sum();
        assert_eq!(sum, FILES.len());
        assert!((700..=1100).contains(&all().len()), "{}", all().len());
        assert!(
            FILES.len() + INDEX.len() + LANGUAGES.len() <= 6 << 20,
            "{sum} bytes"
        );
        assert_eq!(COLLECTION.by_id.len(), all().len(), "ids are unique");
    }

    #[test]
    fn only_ids_find_a_picture() {
        assert!(find("bus").is_some());
        for id in ["", "Bus", "bus.jpg", "../bus", "id"] {
            assert!(find(id).is_none(), "{id}");
        }
    }
}
