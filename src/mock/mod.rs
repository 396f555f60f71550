//! The engine for trying things out: sixteen drawings inside the program, ranked by how many
//! words of the query their names share. Nothing to configure, nothing to download.
//! `draw.py` beside this file draws them.

use std::time::Instant;

use crate::search::{Engine, Failure, Hit, Page, Query, Reason, Subject};

/// Pairs of name and file, for names in alphabetical order, which settles ties.
macro_rules! pictures {
    ($($name:literal)*) => {
        &[$(($name, include_bytes!(concat!("pictures/", $name, ".png")))),*]
    };
}

const PICTURES: &[(&str, &[u8])] = pictures![
    "a-black-cat-on-a-wall"
    "a-blue-car"
    "a-brown-dog-in-the-grass"
    "a-city-at-night"
    "a-green-train-on-a-bridge"
    "a-green-tree-in-a-field"
    "a-house-in-the-snow"
    "a-mountain-under-the-moon"
    "a-pink-flower"
    "a-red-apple-on-a-table"
    "a-red-bus-at-night"
    "a-red-car-on-a-beach"
    "a-sunset-over-the-sea"
    "a-white-boat-on-the-sea"
    "a-yellow-bus-in-the-rain"
    "trees-in-autumn"
];
const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;

/// Ranks the built-in pictures by their names. Every picture is somewhere in the ranking, so
/// that as many come as were asked for.
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
        let hits = ranked(text)
            .into_iter()
            .skip(query.offset)
            .take(query.limit)
            .map(|(score, name)| hit(score, name))
            .collect();
        let next = query.offset.saturating_add(query.limit);
        Ok(Page {
            hits,
            next_offset: (next < PICTURES.len()).then_some(next),
        })
    }

    fn ready(&self, _deadline: Instant) -> Result<(), Failure> {
        Ok(())
    }

    fn image(&self, id: &str) -> Option<(&'static str, Vec<u8>)> {
        let wanted = id.strip_suffix(".png")?;
        let (_, file) = PICTURES.iter().find(|(name, _)| *name == wanted)?;
        Some(("image/png", file.to_vec()))
    }
}

/// Every picture with the share of the query's words that its name has, best first.
fn ranked(text: &str) -> Vec<(f64, &'static str)> {
    let text = text.to_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let share = |name: &str| {
        let found = words
            .iter()
            .filter(|word| name.split('-').any(|known| known == **word));
        // At most 500 words; a query of punctuation has none.
        found.count() as f64 / words.len().max(1) as f64
    };
    let mut all: Vec<_> = PICTURES
        .iter()
        .map(|(name, _)| (share(name), *name))
        .collect();
    // Stable, so that the order of names stays among equals.
    all.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    all
}

fn hit(score: f64, name: &str) -> Hit {
    Hit {
        width: Some(WIDTH),
        height: Some(HEIGHT),
        caption: Some(name.replace('-', " ")),
        score: Some(score),
        ..Hit::at(format!("/images/{name}.png"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn pictures_are_ranked_by_shared_words() {
        let page = search("a Red, BUS at night!", 3, 0);
        assert_eq!(
            captions(&page),
            [
                "a red bus at night",
                "a city at night",
                "a red apple on a table"
            ]
        );
        let scores: Vec<_> = page.hits.iter().map(|hit| hit.score).collect();
        assert_eq!(scores, [Some(1.0), Some(0.6), Some(0.4)]);
        assert_eq!(page.hits[0].url, "/images/a-red-bus-at-night.png");
    }

    #[test]
    fn as_many_come_as_asked_for_and_pages_do_not_overlap() {
        assert_eq!(search("nothing like it", 5, 0).hits.len(), 5);
        assert_eq!(search("?!", 5, 0).hits.len(), 5);
        let mut seen = Vec::new();
        let mut offset = Some(0);
        while let Some(start) = offset {
            let page = search("bus", 5, start);
            seen.extend(page.hits.iter().map(|hit| hit.url.clone()));
            offset = page.next_offset;
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len()), (PICTURES.len(), PICTURES.len()));
        let beyond = search("bus", 50, usize::MAX);
        assert_eq!((beyond.hits.len(), beyond.next_offset), (0, None));
    }

    #[test]
    fn a_picture_is_not_understood() {
        let subject = Subject::Picture {
            media_type: "image/png".into(),
            bytes: Vec::new(),
        };
        let query = Query {
            subject,
            limit: 5,
            offset: 0,
        };
        let failure = MockEngine
            .search(&query, Instant::now())
            .expect_err("no words");
        assert_eq!(failure.reason, Reason::NotSupported);
    }

    #[test]
    fn every_picture_is_small_and_as_large_as_said() {
        assert!(PICTURES.is_sorted_by_key(|(name, _)| *name));
        for (name, file) in PICTURES {
            let size = imagesize::blob_size(file).expect("a PNG");
            assert_eq!((size.width, size.height), (320, 240), "{name}");
            assert!(file.len() <= 3 << 10, "{name}: {} bytes", file.len());
            let served = MockEngine.image(&format!("{name}.png"));
            assert_eq!(served, Some(("image/png", file.to_vec())));
        }
        for id in ["a-blue-car", "../a-blue-car.png", ".png", ""] {
            assert_eq!(MockEngine.image(id), None, "{id}");
        }
    }
}
