//! Finds the pictures that are called what a query says.

use std::collections::HashMap;

use super::catalog::Catalog;
use super::manifest::{RowSet, SegmentEntry};
use crate::collection::words::{Likeness, QueryWord, QueryWords};

/// Least part of what a query says that a picture must be called, where the parts weigh as much as they
/// tell. A picture of which only a common word is known is not what was asked for.
const LEAST_SHARE: f32 = 0.6;
/// Words that one beginning stands for.
const MAX_BEGINNING_WORDS: usize = 50_000;
/// A word that tells less than this part of the query's most telling one is not looked up.
const NEGLIGIBLE: f32 = 0.01;

/// A segment in which names are looked up.
pub(super) struct Shelf<'a> {
    pub catalog: &'a Catalog,
    pub entry: &'a SegmentEntry,
    /// Rows that may be found; all of them without a filter.
    pub allowed: Option<&'a RowSet>,
}

/// A picture that is called what was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Named {
    /// Index of its segment.
    pub segment: usize,
    pub row: usize,
    /// How much of the query its words say.
    pub score: f32,
}

/// A word of the query in one segment: numbers of the words there that meet it, each with how well.
type Meanings = Vec<(usize, f32)>;

/// The pictures in `shelves` whose words say most of `query`, in no order.
pub(super) fn named(shelves: &[Shelf<'_>], query: &QueryWords) -> Vec<Named> {
    let meanings: Vec<Vec<Meanings>> = query
        .words
        .iter()
        .map(|word| shelves.iter().map(|shelf| meanings(shelf, word)).collect())
        .collect();
    let pictures: usize = shelves.iter().map(|shelf| shelf.catalog.rows()).sum();
    let weights: Vec<f32> = meanings
        .iter()
        .map(|meanings| {
            let rows = shelves.iter().zip(meanings);
            let rows = rows.map(|(shelf, meanings)| rows_of(shelf, meanings)).sum();
            weight(pictures, rows)
        })
        .collect();
    let parts = || query.words.iter().zip(&weights);
    let total: f32 = parts()
        .filter(|(word, _)| !word.is_whole)
        .map(|(_, weight)| weight)
        .sum();
    let most = weights
        .iter()
        .fold(0.0_f32, |most, weight| most.max(*weight));
    let mut found = Vec::new();
    for (segment, shelf) in shelves.iter().enumerate() {
        let mut sums = Sums::new(shelf.catalog.rows());
        for ((word, weight), meanings) in parts().zip(&meanings) {
            if *weight >= most * NEGLIGIBLE {
                sums.add(shelf, &meanings[segment], *weight, word.is_whole);
            }
        }
        let rows = sums.rows.iter().enumerate();
        found.extend(rows.filter_map(|(row, sum)| {
            let is_meant = sum.parts > 0.0 && sum.parts >= total * LEAST_SHARE || sum.whole > 0.0;
            is_meant.then_some(Named {
                segment,
                row,
                score: sum.parts + sum.whole,
            })
        }));
    }
    found
}

/// How much a word tells that so many of all `pictures` have.
#[expect(clippy::cast_precision_loss, reason = "a weight need not be exact")]
fn weight(pictures: usize, rows: usize) -> f32 {
    let (all, rows) = (pictures as f32, (rows as f32).min(pictures as f32));
    (1.0 + (all - rows + 0.5) / (rows + 0.5)).ln()
}

fn meanings(shelf: &Shelf<'_>, word: &QueryWord) -> Meanings {
    let mut meanings: HashMap<usize, f32> = HashMap::new();
    let mut add = |number: usize, likeness: f32| {
        let known = meanings.entry(number).or_insert(likeness);
        *known = known.max(likeness);
    };
    for likeness in word.likenesses() {
        match likeness {
            Likeness::Word(text, how) => {
                if let Some(number) = shelf.catalog.word(&text) {
                    add(number, how);
                }
            }
            Likeness::Beginning(text, longest, how) => {
                let words = shelf.catalog.words_with(&text, longest);
                words
                    .take(MAX_BEGINNING_WORDS)
                    .for_each(|number| add(number, how));
            }
        }
    }
    let mut meanings: Meanings = meanings.into_iter().collect();
    // The best first: what a row was given is not changed by a worse one.
    meanings.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    meanings
}

fn rows_of(shelf: &Shelf<'_>, meanings: &[(usize, f32)]) -> usize {
    let lists = meanings.iter().map(|(number, _)| *number);
    lists
        .map(|number| shelf.catalog.rows_with(number).count())
        .sum()
}

#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    parts: f32,
    whole: f32,
}

/// What the words of each row say of the query.
struct Sums {
    rows: Vec<Sum>,
    /// Rows that have met the present word.
    met: RowSet,
}

impl Sums {
    fn new(rows: usize) -> Self {
        Self {
            rows: vec![Sum::default(); rows],
            met: RowSet::default(),
        }
    }

    /// Adds a word that weighs `weight` to the rows that meet it.
    fn add(&mut self, from: &Shelf<'_>, meanings: &[(usize, f32)], weight: f32, is_whole: bool) {
        self.met = RowSet::default();
        for (number, how) in meanings {
            for row in from.catalog.rows_with(*number) {
                let is_allowed = from.allowed.is_none_or(|allowed| allowed.contains(row));
                if !is_allowed || from.entry.dead.contains(row) || self.met.contains(row) {
                    continue;
                }
                self.met.insert(row);
                let told = &mut self.rows[row];
                if is_whole {
                    told.whole += weight * how;
                } else {
                    told.parts += weight * how;
                }
            }
        }
    }
}
