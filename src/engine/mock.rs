//! The engine for trying things out: about a thousand drawings inside the program, ranked by their
//! names and keywords in ten languages. Nothing to configure, nothing to download.

use std::sync::Arc;
use std::time::Instant;

use super::drawings::{self, Drawing, SIDE};
use crate::search::{Engine, Failure, Hit, Image, Language, Page, Query, Reason, Subject};

/// Finds those of the built-in pictures that have words in common with the query, best first. The
/// score goes from 0, nothing in common, to 1, the very name of the picture; a word of the name
/// does more than a keyword, a whole word more than its beginning, a colour less than a thing.
#[derive(Debug, Clone, Copy, Default)]
pub struct MockEngine;

impl Engine for MockEngine {
    fn name(&self) -> &'static str {
        "mock"
    }

    fn search(&self, query: &Query, _deadline: Instant) -> Result<Page, Failure> {
        let Subject::Text(text) = &query.subject else {
            return Err(Failure::new(
                Reason::NotSupported,
                "the mock engine searches by words only",
            ));
        };
        query.filter.refuse("the mock engine")?;
        let found = drawings::words().search(text, query.language);
        let reader = query.language.unwrap_or(Language::En);
        let hits = found
            .iter()
            .skip(query.offset)
            .take(query.limit)
            .filter_map(|(place, score)| Some(hit(*score, drawings::all().get(*place)?, reader)))
            .collect();
        let next = query.offset.saturating_add(query.limit);
        Ok(Page {
            hits,
            next_offset: (next < found.len()).then_some(next),
            ..Page::default()
        })
    }

    fn ready(&self, _deadline: Instant) -> Result<(), Failure> {
        Ok(())
    }

    fn takes_pictures(&self) -> bool {
        false
    }

    fn pictures(&self) -> Option<usize> {
        Some(drawings::all().len())
    }

    fn image(&self, id: &str, _width: Option<u32>) -> Result<Option<Image>, Failure> {
        let picture = id.strip_suffix(".jpg").and_then(drawings::find);
        let image = |picture: &'static Drawing| {
            Image::jpeg(id.to_owned(), picture.id.to_owned(), Arc::new(picture.file))
        };
        Ok(picture.map(image))
    }
}

fn hit(score: f64, picture: &Drawing, reader: Language) -> Hit {
    Hit {
        width: Some(SIDE),
        height: Some(SIDE),
        caption: Some(picture.name(reader).to_owned()),
        score: Some((score * 1000.0).round() / 1000.0),
        ..Hit::at(format!("/images/{}.jpg", picture.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Filter;

    fn search(text: &str, limit: usize, offset: usize) -> Page {
        let query = Query::text(text, limit, offset).expect("a good query");
        MockEngine
            .search(&query, Instant::now())
            .expect("words are understood")
    }

    fn captions(page: &Page) -> Vec<&str> {
        let captions = page.hits.iter().map(|hit| hit.caption.as_deref());
        captions.map(Option::unwrap_or_default).collect()
    }

    #[test]
    fn the_first_picture_is_the_one_that_was_meant() {
        let table = [
            ("bus", "bus"),
            ("Buses", "bus"),
            ("red bus", "bus"),
            ("a red bus at night", "bus"),
            ("autobús", "bus"),
            ("un autobus de noche", "bus"),
            ("dog", "dog"),
            ("two dogs", "dog"),
            ("un gato", "cat"),
            ("gatos", "cat"),
            ("a black cat", "black cat"),
            ("gata negra", "black cat"),
            ("night", "night with stars"),
            ("red car", "automobile"),
            ("coche rojo", "automobile"),
            ("carro", "automobile"),
            ("sunset over the sea", "sunset"),
            ("mountain", "mountain"),
            ("niño", "boy"),
            ("nina", "girl"),
            ("rosas rojas", "rose"),
            ("pizza", "pizza"),
            ("cherry", "cherries"),
            ("motorcy", "motorcycle"),
            ("red", "red heart"),
            ("puerta", "door"),
        ];
        for (query, first) in table {
            let page = search(query, 5, 0);
            let captions = captions(&page);
            assert_eq!(captions.first(), Some(&first), "{query}: {captions:?}");
        }
    }

    #[test]
    fn better_ones_come_first_and_say_how_good_they_are() {
        let page = search("a Red, BUS at night!", 3, 0);
        assert_eq!(captions(&page), ["bus", "oncoming bus", "bus stop"]);
        let first = &page.hits[0];
        assert_eq!(first.url, "/images/bus.jpg");
        assert_eq!((first.width, first.height), (Some(256), Some(256)));
        let scores = |text: &str| -> Vec<f64> {
            let hits = search(text, 50, 0).hits;
            hits.iter().filter_map(|hit| hit.score).collect()
        };
        for query in ["bus", "a red bus at night", "flor", "cat dog bird"] {
            let scores = scores(query);
            assert!(scores.is_sorted_by(|one, other| one >= other), "{query}");
            assert!(scores.iter().all(|score| *score > 0.0 && *score <= 1.0));
        }
        // A word of the name, more of the name, a keyword, the beginning of a word.
        assert_eq!(scores("bus")[..3], [1.0, 0.95, 0.95]);
        assert_eq!(scores("pet")[..1], [0.72]);
        assert_eq!(scores("motorcy"), [0.54]);
    }

    #[test]
    fn only_what_has_a_word_in_common_is_found() {
        for query in ["xyzzy", "?!", "zz zz", "🚌"] {
            let page = search(query, 5, 0);
            assert_eq!((page.hits.len(), page.next_offset), (0, None), "{query}");
        }
    }

    #[test]
    fn pages_do_not_overlap_and_end_with_the_last_picture_found() {
        let total = drawings::words().search("fruit", None).len();
        assert!(total > 10, "{total}");
        let mut seen = Vec::new();
        let mut offset = Some(0);
        while let Some(start) = offset {
            let page = search("fruit", 5, start);
            seen.extend(page.hits.iter().map(|hit| hit.url.clone()));
            offset = page.next_offset;
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len()), (total, total));
        let beyond = search("fruit", 50, usize::MAX);
        assert_eq!((beyond.hits.len(), beyond.next_offset), (0, None));
    }

    #[test]
    fn a_picture_is_not_understood() {
        let subject = Subject::Picture {
            media_type: "image/png".into(),
            bytes: Vec::new(),
            words: String::new(),
        };
        let query = Query {
            subject,
            limit: 5,
            offset: 0,
            filter: Filter::default(),
            language: None,
        };
        let failure = MockEngine
            .search(&query, Instant::now())
            .expect_err("no words");
        assert_eq!(failure.reason, Reason::NotSupported);
    }

    #[test]
    fn pictures_are_served_by_their_addresses() {
        for picture in drawings::all() {
            let id = format!("{}.jpg", picture.id);
            let image = MockEngine.image(&id, None).expect("no fault");
            let file = image.expect("a picture").file(Instant::now());
            let file = file.expect("no fault").expect("a picture");
            assert_eq!(file.media_type, "image/jpeg");
            assert_eq!(file.read().expect("in memory"), picture.file, "{id}");
        }
        for id in ["bus", "bus.png", "../bus.jpg", ".jpg", ""] {
            let image = MockEngine.image(id, None).expect("no fault");
            assert!(image.is_none(), "{id}");
        }
    }
}
