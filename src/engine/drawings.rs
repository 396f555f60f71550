//! The built-in pictures. `models/drawings/fetch.py` fetched and packed them; `LICENSES` says whose
//! they are. Nothing is copied: a picture is slices of what is in the program.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A heading and then one line for each picture, with tabs between the fields: id, names and
/// keywords in English, names and keywords in Spanish, offset and length of the file in [`FILES`].
/// Names are separated by `|`, keywords by blanks.
const INDEX: &str = include_str!("../../models/drawings/collection.tsv");
const FILES: &[u8] = include_bytes!("../../models/drawings/collection.bin");

/// Width and height of every picture, in pixels.
pub const SIDE: u32 = 256;

/// One picture with its words.
#[derive(Debug)]
pub struct Drawing {
    /// Lower-case letters, digits and hyphens.
    pub id: &'static str,
    /// Its name in American English.
    pub name: &'static str,
    /// What it is called in English and in Spanish.
    pub words: [DrawingWords; 2],
    /// A JPEG file.
    pub file: &'static [u8],
}

/// What a picture is called in one language.
#[derive(Debug)]
pub struct DrawingWords {
    /// Its names, separated by `|`: in America and Britain, or in Spain and Mexico, and an everyday
    /// one.
    pub names: &'static str,
    /// More words for it, separated by blanks; none of them is in the names.
    pub keywords: &'static str,
}

struct Collection {
    pictures: Vec<Drawing>,
    by_id: HashMap<&'static str, usize>,
}

static COLLECTION: LazyLock<Collection> = LazyLock::new(|| {
    // A line that is not understood is left out; a test shows that there is none.
    let pictures: Vec<Drawing> = INDEX.lines().skip(1).filter_map(picture).collect();
    let ids = pictures.iter().map(|picture| picture.id);
    let by_id = ids.zip(0..).collect();
    Collection { pictures, by_id }
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

fn picture(line: &'static str) -> Option<Drawing> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let id = next()?;
    let [names, keywords] = [next()?, next()?];
    let english = DrawingWords { names, keywords };
    let [names, keywords] = [next()?, next()?];
    let spanish = DrawingWords { names, keywords };
    let [offset, length]: [usize; 2] = [next()?.parse().ok()?, next()?.parse().ok()?];
    Some(Drawing {
        id,
        name: english.names.split('|').next()?,
        words: [english, spanish],
        file: FILES.get(offset..)?.get(..length)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_is_whole_and_has_words_in_both_languages() {
        assert_eq!(all().len(), INDEX.lines().count() - 1);
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
        assert!(FILES.len() + INDEX.len() <= 6 << 20, "{sum} bytes");
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
