//! Finds the pictures of one collection whose captions say what a query says. Their words are read from
//! the first to the last, piece by piece: those of 100,000 pictures are a few megabytes.

use std::collections::HashMap;

use super::files::Files;
use crate::collection::index::manifest::RowSet;
use crate::collection::words::{Likeness, PictureWords, QueryWord, QueryWords};
use crate::error::Result;

/// As [`crate::collection::index`] has it: the least part of a query that a caption must say.
const LEAST_SHARE: f32 = 0.6;

/// The words of `caption` between line ends; empty if it has none.
pub(super) fn of_caption(caption: &str) -> Vec<u8> {
    let mut words = PictureWords::default();
    words.add_text(caption);
    let mut bytes = Vec::new();
    for word in words.iter() {
        bytes.push(b'\n');
        bytes.extend(word.as_bytes());
    }
    if !bytes.is_empty() {
        bytes.push(b'\n');
    }
    bytes
}

/// The rows of `files`, with words up to `end`, that say most of `query`, each with how much; `allowed` are
/// those that may be found, and `pictures` is how many there are.
pub(super) fn called(
    (files, end): (&Files, u64),
    query: &QueryWords,
    pictures: usize,
    allowed: Option<&RowSet>,
) -> Result<Vec<(usize, f32)>> {
    let meanings: Vec<Vec<Likeness>> = query.words.iter().map(QueryWord::likenesses).collect();
    // For each row that meets a word at all how well it meets each.
    let mut met: HashMap<usize, Vec<f32>> = HashMap::new();
    files.each_words(end, |row, words| {
        for word in words.split(|byte| *byte == b'\n') {
            for (number, meanings) in meanings.iter().enumerate() {
                let how = likeness(meanings, word);
                if how > 0.0 {
                    let all = met
                        .entry(row)
                        .or_insert_with(|| vec![0.0; query.words.len()]);
                    all[number] = all[number].max(how);
                }
            }
        }
    })?;
    let weights: Vec<f32> = (0..query.words.len())
        .map(|number| {
            let rows = met.values().filter(|hows| hows[number] > 0.0);
            weight(pictures, rows.count())
        })
        .collect();
    let parts = || query.words.iter().zip(&weights);
    let total: f32 = parts()
        .filter(|(word, _)| !word.is_whole)
        .map(|(_, weight)| weight)
        .sum();
    let is_allowed = |row: usize| allowed.is_none_or(|allowed| allowed.contains(row));
    let met = met.into_iter().filter(|(row, _)| is_allowed(*row));
    let found = met.filter_map(|(row, hows)| {
        let (mut said, mut whole) = (0.0, 0.0);
        for ((word, weight), how) in parts().zip(hows) {
            let sum = if word.is_whole { &mut whole } else { &mut said };
            *sum += weight * how;
        }
        let is_meant = said > 0.0 && said >= total * LEAST_SHARE || whole > 0.0;
        is_meant.then_some((row, said + whole))
    });
    Ok(found.collect())
}

/// How well `word` is one of `meanings`, the best of which come first.
fn likeness(meanings: &[Likeness], word: &[u8]) -> f32 {
    let met = meanings.iter().find_map(|meaning| match meaning {
        Likeness::Word(text, how) => (text.as_bytes() == word).then_some(*how),
        Likeness::Beginning(text, most, how) => {
            (word.len() <= *most && word.starts_with(text.as_bytes())).then_some(*how)
        }
    });
    met.unwrap_or(0.0)
}

/// How much a word tells that so many of all `pictures` have.
#[expect(clippy::cast_precision_loss, reason = "a weight need not be exact")]
fn weight(pictures: usize, rows: usize) -> f32 {
    let (all, rows) = (pictures as f32, (rows as f32).min(pictures as f32));
    (1.0 + (all - rows + 0.5) / (rows + 0.5)).ln()
}
