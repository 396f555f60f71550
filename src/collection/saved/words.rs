//! Finds the pictures of one collection whose captions say what a query says. Their words are read from
//! the first to the last, piece by piece: those of 100,000 pictures are a few megabytes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::files::Files;
use super::find::Candidate;
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

/// The `most` rows of `files`, with words up to `end`, that say most of `query`, each with how much, in no
/// order; `allowed` are those that may be found, and `pictures` is how many there are. The words are read
/// twice, so that memory does not grow with how many pictures have one of them.
pub(super) fn called(
    (files, end): (&Files, u64),
    query: &QueryWords,
    (pictures, most): (usize, usize),
    allowed: Option<&RowSet>,
) -> Result<Vec<(usize, f32)>> {
    let meanings: Vec<Vec<Likeness>> = query.words.iter().map(QueryWord::likenesses).collect();
    let mut having = vec![0; meanings.len()];
    let mut hows = vec![0.0_f32; meanings.len()];
    files.each_words(end, |_, words| {
        meet(&meanings, words, &mut hows);
        for (having, how) in having.iter_mut().zip(&hows) {
            *having += usize::from(*how > 0.0);
        }
    })?;
    if having.iter().all(|having| *having == 0) {
        return Ok(Vec::new());
    }
    let weights = having.iter().map(|having| weight(pictures, *having));
    let parts: Vec<(bool, f32)> = query
        .words
        .iter()
        .map(|word| word.is_whole)
        .zip(weights)
        .collect();
    let mut best = BinaryHeap::new();
    files.each_words(end, |row, words| {
        meet(&meanings, words, &mut hows);
        if let Some(score) = says(&parts, &hows)
            && allowed.is_none_or(|allowed| allowed.contains(row))
        {
            best.push(Reverse(Candidate { score, row }));
            if best.len() > most {
                best.pop();
            }
        }
    })?;
    let called = best.into_iter();
    Ok(called.map(|Reverse(one)| (one.row, one.score)).collect())
}

/// Puts into `hows` how well the `words` of a picture meet each word of a query.
fn meet(meanings: &[Vec<Likeness>], words: &[u8], hows: &mut [f32]) {
    hows.fill(0.0);
    for word in words.split(|byte| *byte == b'\n') {
        for (how, meanings) in hows.iter_mut().zip(meanings) {
            *how = how.max(likeness(meanings, word));
        }
    }
}

/// How much a picture says of a query whose words are `parts`, each whether it is whole and its weight, and
/// which it meets as `hows` has it; nothing where it is too little.
fn says(parts: &[(bool, f32)], hows: &[f32]) -> Option<f32> {
    let (mut total, mut said, mut whole) = (0.0, 0.0, 0.0);
    for ((is_whole, weight), how) in parts.iter().zip(hows) {
        if *is_whole {
            whole += weight * how;
        } else {
            total += weight;
            said += weight * how;
        }
    }
    let is_meant = said > 0.0 && said >= total * LEAST_SHARE || whole > 0.0;
    is_meant.then_some(said + whole)
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
