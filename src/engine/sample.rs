//! The built-in model and collection: a small CLIP model of our own training, and its vectors of
//! the built-in [drawings]. `models/sample` says how the model was made and what
//! it can do.

use std::path::PathBuf;
use std::time::SystemTime;

use clip::kernel::Isa;
use clip::kernel::scan::ScanQuery;
use clip::mapped::Aligned;
use clip::model::Model;

use super::calibration::Calibration;
use super::drawings::{self, Drawing, SIDE};
use crate::collection::{Details, Original, Place, Record, ScoredRecord, Search, VectorStore};
use crate::digest::sha256;
use crate::error::{Error, Kind, Result};
use crate::search::Language;
use crate::search::fusion::{Ranking, fused};

static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!("../../models/sample/sample.clip"));
/// One vector for each drawing, in the order of the collection: 16-bit floats, little-endian.
static VECTORS: &[u8] = include_bytes!("../../models/sample/drawings.f16");

/// Threshold for searches by text among pictures of one's own.
pub const MIN_SCORE: f32 = 0.31;
/// So much more similar must a drawing be: among so many of them chance alone finds something above
/// [`MIN_SCORE`].
const BY_CHANCE: f32 = 0.02;
/// The same where no drawing is called what is asked, by [`HALF`] of its words: most such questions
/// have no answer here. Chosen on `models/sample/judge/tuning-*.tsv`.
const UNNAMED: f32 = 0.09;
/// As of a model whose normal threshold is [`MIN_SCORE`], and the others a little beside it.
pub const CALIBRATION: Calibration = Calibration {
    mean: MIN_SCORE - 0.2,
    deviation: 0.05,
};
/// Drawings that the words find, below the best of them, are shown with this share of its score, and in
/// any case from [`ENOUGH_WORDS`] on.
const SHARE_OF_BEST: f64 = 0.85;
/// The score of a drawing that meets more than half of what is asked.
const ENOUGH_WORDS: f64 = 0.55;
/// The score of a drawing that meets half of what is asked.
const HALF: f64 = 0.5;
/// So much less similar than the threshold may be what meets less than [`HALF`].
const BESIDE_WORDS: f32 = 0.08;
/// Less in common with the words than this is chance.
const LEAST_WORDS: f64 = 0.3;
/// Most drawings that the vectors find beside the words.
const BY_VECTOR: usize = 50;

/// The built-in model.
///
/// # Errors
/// None, unless the program was built from damaged files.
pub fn model() -> Result<Model> {
    Ok(Model::from_static(&MODEL.0)?)
}

/// The built-in drawings, by the vectors of [`model`].
#[derive(Debug)]
pub struct Drawings {
    encoder: String,
}

impl Drawings {
    /// The drawings, for the built-in model called `encoder`.
    #[must_use]
    pub fn new(encoder: &str) -> Self {
        Self {
            encoder: encoder.to_owned(),
        }
    }
}

impl VectorStore for Drawings {
    fn encoder_name(&self) -> &str {
        &self.encoder
    }

    fn len(&self) -> Result<usize> {
        Ok(drawings::all().len())
    }

    fn search(&self, vector: &[f32], limit: usize, threshold: f32) -> Result<Vec<ScoredRecord>> {
        let mut found = by_vector(&scores(vector), threshold);
        found.truncate(limit);
        let found = found.into_iter();
        Ok(found
            .filter_map(|(place, score)| scored(place, score, Language::En))
            .collect())
    }

    fn find(&self, search: &Search<'_>) -> Result<Vec<ScoredRecord>> {
        if !search.filter.is_empty() {
            let what = "the built-in pictures cannot be filtered by date, place or folder";
            return Err(Error::new(Kind::Unusable, what));
        }
        let scores = scores(search.vector);
        let mut called = by_words(search.words, search.language);
        let is_named = called.first().is_some_and(|best| best.1 >= HALF);
        let more = if is_named { BY_CHANCE } else { UNNAMED };
        let mut near = by_vector(&scores, search.threshold + more);
        // A word of a question is chance unless the picture looks a little like all of it, too.
        let least = search.threshold - BESIDE_WORDS;
        called.retain(|(place, words)| {
            let score = scores.get(*place).copied().unwrap_or(f32::MIN);
            *words >= HALF || score >= least
        });
        if !called.is_empty() {
            near.truncate(BY_VECTOR);
        }
        let rankings = [
            called,
            near.into_iter()
                .map(|(place, score)| (place, f64::from(score)))
                .collect(),
        ];
        let joined = fused(&rankings.map(|found| Ranking { found, weight: 1.0 }));
        let reader = search.language.unwrap_or(Language::En);
        let found = joined.into_iter().filter_map(|(place, _)| {
            let score = scores.get(place)?;
            scored(place, *score, reader)
        });
        let shown = found.filter(|found| (search.accepts)(&found.record));
        let mut shown: Vec<ScoredRecord> = shown.take(search.limit).collect();
        // What the words find has no smaller score than what is behind it.
        let mut least = f32::MIN;
        for found in shown.iter_mut().rev() {
            least = least.max(found.score);
            found.score = least;
        }
        Ok(shown)
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        Ok(drawings::find(id).map(|picture| record(picture, Language::En)))
    }

    fn original(&self, record: &Record) -> Result<Option<Original>> {
        Ok(drawings::find(&record.id).map(|picture| Original::built_in(picture.file)))
    }
}

/// The vectors, of `dimensions` components each. That is a multiple of what kernels process at
/// once, so the rows have the layout of those in an index.
fn rows(dimensions: usize) -> impl ExactSizeIterator<Item = &'static [u8]> {
    VECTORS.chunks_exact(2 * dimensions.max(1))
}

/// The vectors of the drawings, in the order of the collection.
#[cfg(test)]
pub(crate) fn vectors(dimensions: usize) -> impl Iterator<Item = Vec<f32>> {
    let halves = |row: &'static [u8]| row.as_chunks::<2>().0.iter();
    rows(dimensions).map(move |row| {
        let numbers = halves(row).map(|half| half::f16::from_le_bytes(*half).to_f32());
        numbers.collect()
    })
}

/// The likeness of each drawing to `vector`, in the order of the collection.
fn scores(vector: &[f32]) -> Vec<f32> {
    let query = ScanQuery::new(vector, vector.len());
    let isa = Isa::detect();
    rows(vector.len())
        .map(|row| isa.dot_f16(row, &query))
        .collect()
}

/// The places of the drawings that are at least so similar, best first.
fn by_vector(scores: &[f32], threshold: f32) -> Vec<(usize, f32)> {
    let places = scores.iter().copied().enumerate();
    let mut found: Vec<(usize, f32)> = places.filter(|(_, score)| *score >= threshold).collect();
    // Stable, so that the order of the collection stays among equals.
    found.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    found
}

/// The places of the drawings that are called what `words` say, or nearly, best first.
fn by_words(words: &str, reader: Option<Language>) -> Vec<(usize, f64)> {
    let mut found = drawings::words().search(words, reader);
    let best = found.first().map_or(0.0, |(_, score)| *score);
    let least = (SHARE_OF_BEST * best).clamp(LEAST_WORDS, ENOUGH_WORDS);
    found.retain(|(_, score)| *score >= least);
    found
}

/// The drawing at a place of the collection, with its caption in `language`.
fn scored(place: usize, score: f32, language: Language) -> Option<ScoredRecord> {
    let picture = drawings::all().get(place)?;
    Some(ScoredRecord {
        record: record(picture, language),
        score,
    })
}

fn record(picture: &'static Drawing, language: Language) -> Record {
    Record {
        id: picture.id.to_owned(),
        place: Place::File {
            root: PathBuf::new(),
            path: PathBuf::from(format!("{}.jpg", picture.id)),
        },
        caption: picture.name(language).to_owned(),
        width: SIDE,
        height: SIDE,
        bytes: picture.file.len() as u64,
        modified: None::<SystemTime>,
        digest: sha256(picture.file),
        details: Details::default(),
    }
}

#[cfg(test)]
mod tests;
