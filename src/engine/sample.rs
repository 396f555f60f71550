//! The built-in model and collection: a small CLIP model of our own training, and its vectors of
//! the built-in [drawings]. `models/sample` says how the model was made and what
//! it can do.

use std::path::PathBuf;
use std::time::SystemTime;

use clip::kernel::Isa;
use clip::kernel::scan::ScanQuery;
use clip::mapped::Aligned;
use clip::model::Model;

use super::drawings::{self, Drawing, SIDE};
use crate::collection::{Details, Original, Place, Record, ScoredRecord, VectorStore};
use crate::digest::sha256;
use crate::error::Result;

static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!("../../models/sample/sample.clip"));
/// One vector for each drawing, in the order of the collection: 16-bit floats, little-endian.
static VECTORS: &[u8] = include_bytes!("../../models/sample/drawings.f16");

/// Threshold for searches by text: less similar drawings are not shown. 98 of 100 keywords have a
/// drawing above it, and 12 of the 15 texts in `models/sample/junk.txt` have none.
pub const MIN_SCORE: f32 = 0.25;

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

    fn search(&self, vector: &[f32], want: usize, at_least: f32) -> Result<Vec<ScoredRecord>> {
        let query = ScanQuery::new(vector, vector.len());
        let scored = drawings::all().iter().zip(rows(vector.len()));
        let mut found: Vec<(f32, &Drawing)> = scored
            .map(|(picture, row)| (Isa::detect().dot_f16(row, &query), picture))
            .filter(|(score, _)| *score >= at_least)
            .collect();
        // Stable, so that the order of the collection stays among equals.
        found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let best = found.into_iter().take(want);
        Ok(best
            .map(|(score, picture)| ScoredRecord {
                record: record(picture),
                score,
            })
            .collect())
    }

    fn record(&self, id: &str) -> Result<Option<Record>> {
        Ok(drawings::find(id).map(record))
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

fn record(picture: &'static Drawing) -> Record {
    Record {
        id: picture.id.to_owned(),
        place: Place::File {
            root: PathBuf::new(),
            path: PathBuf::from(format!("{}.jpg", picture.id)),
        },
        caption: picture.name.to_owned(),
        width: SIDE,
        height: SIDE,
        bytes: picture.file.len() as u64,
        modified: None::<SystemTime>,
        digest: sha256(picture.file),
        details: Details::default(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use half::f16;

    use super::*;
    use crate::picture::decode;
    use clip::Encoder;
    use clip::kernel::scan::STRIDE;

    /// With `UPDATE=1` in the environment it writes the vectors anew, for a new model.
    #[test]
    fn the_vectors_are_those_of_the_model() {
        let model = model().expect("a sound model");
        let vector = |picture: &Drawing| {
            let picture = decode(picture.file).expect("a picture");
            model.encode_picture(&picture).expect("a vector")
        };
        if std::env::var_os("UPDATE").is_some() {
            let numbers = drawings::all().iter().flat_map(vector);
            let halves = numbers.map(|x| f16::from_f32(x).to_le_bytes());
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/sample/drawings.f16");
            std::fs::write(path, halves.collect::<Vec<_>>().concat()).expect("our own folder");
            return;
        }
        assert_eq!(model.dimensions() % STRIDE, 0);
        let rows = rows(model.dimensions());
        assert_eq!(rows.len(), drawings::all().len());
        // All of them take minutes without optimisation.
        for (row, picture) in rows.zip(drawings::all()).step_by(60) {
            let query = ScanQuery::new(&vector(picture), model.dimensions());
            let likeness = Isa::detect().dot_f16(row, &query);
            assert!(likeness > 0.999, "{}: {likeness}", picture.id);
        }
    }

    /// Whether one of the first `many` drawings that `text` finds is `right`.
    fn finds(model: &Model, text: &str, many: usize, right: impl Fn(&Drawing) -> bool) -> bool {
        let drawings = Drawings::new(model.name());
        let vector = model.encode_text(text).expect("a vector");
        let found = drawings.search(&vector, many, -1.0).expect("in memory");
        let mut found = found
            .iter()
            .filter_map(|found| drawings::find(&found.record.id));
        found.any(right)
    }

    /// The share of `texts` for which `is_found`; of all of them with `CLIP_SAMPLE_ALL=1` in the
    /// environment, which takes minutes without optimisation.
    fn share(what: &str, texts: &BTreeSet<&str>, is_found: impl Fn(&str) -> bool) -> f64 {
        let step = match std::env::var_os("CLIP_SAMPLE_ALL") {
            Some(_) => 1,
            None => texts.len() / 60,
        };
        let asked: Vec<&str> = texts.iter().copied().step_by(step).collect();
        let found = asked.iter().filter(|text| is_found(text)).count();
        #[expect(clippy::cast_precision_loss, reason = "some thousands at most")]
        let share = found as f64 / asked.len() as f64;
        println!("{what}: {share:.3} of {}", asked.len());
        share
    }

    #[test]
    fn names_and_keywords_find_what_has_them() {
        let model = model().expect("a sound model");
        let names = |picture: &Drawing| picture.words[0].names.split('|');
        let all_names = drawings::all().iter().flat_map(names).collect();
        let by_name = share("name, first", &all_names, |text| {
            finds(&model, text, 1, |picture| {
                names(picture).any(|name| name == text)
            })
        });
        let has = |picture: &Drawing, word: &str| {
            let words = picture.words[0].keywords.split(' ');
            words
                .chain(names(picture).flat_map(|name| name.split(' ')))
                .any(|w| w == word)
        };
        let keywords = |picture: &'static Drawing| picture.words[0].keywords.split_whitespace();
        let all_keywords = drawings::all().iter().flat_map(keywords).collect();
        let by_keyword = share("keyword, first five", &all_keywords, |word| {
            finds(&model, word, 5, |picture| has(picture, word))
        });
        assert!(by_name >= 0.9 && by_keyword >= 0.85);
    }
}
