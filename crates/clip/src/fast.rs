//! Faster encoding of pictures, with activations quantised to 8 or 7 bits where the processor multiplies
//! bytes. How much precision that costs depends on the model, so some pictures are encoded both ways
//! and compared.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Encoder;
use super::Picture;
use super::model::Model;
use crate::error::Result;

/// How far vectors may be from exact ones for the sake of speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// A cosine of 0.999, as the weights' own 8 bits cost: the similarity of a picture and a text, around 0.3 where
    /// they fit, is then wrong by about 0.002.
    Near,
    /// A cosine of 0.99: the similarity is then wrong by about 0.006.
    Rough,
}

impl Tolerance {
    /// The least cosine of a fast vector and the exact one.
    #[must_use]
    pub fn min_cosine(self) -> f32 {
        match self {
            Self::Near => 0.999,
            Self::Rough => 0.99,
        }
    }
}

/// At first this many pictures are encoded both ways,
const CHECKED_AT_FIRST: usize = 2;
/// and after these one of this many: together less than 2 % of the time, once there are some hundreds.
const CHECKED_OF: usize = 128;

/// Encodes pictures with activations of few bits as long as their vectors agree with the exact ones. From
/// the first that does not, it encodes all pictures exactly. Pictures that are encoded both ways get
/// the exact vector, and texts are always encoded exactly.
#[derive(Debug)]
pub struct FastEncoder<'a> {
    model: &'a Model,
    tolerance: Tolerance,
    /// That of the tolerance, but in tests.
    min_cosine: f32,
    agreement: Mutex<Agreement>,
}

/// How well the fast vectors agreed with the exact ones so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// Pictures that were encoded, or are being encoded.
    pub pictures: usize,
    /// How many of these were encoded both ways.
    pub checked: usize,
    /// The least cosine of a fast vector and the exact one; 1 before the first check.
    pub cosine: f32,
}

impl<'a> FastEncoder<'a> {
    /// Encodes with `model`, and exactly from the first fast vector on that is beyond the `tolerance`.
    #[must_use]
    pub fn new(model: &'a Model, tolerance: Tolerance) -> Self {
        let agreement = Agreement {
            pictures: 0,
            checked: 0,
            cosine: 1.0,
        };
        Self {
            model,
            tolerance,
            min_cosine: tolerance.min_cosine(),
            agreement: Mutex::new(agreement),
        }
    }

    /// How far its vectors may be from exact ones.
    #[must_use]
    pub fn tolerance(&self) -> Tolerance {
        self.tolerance
    }

    /// How well the fast vectors agreed with the exact ones so far.
    #[must_use]
    pub fn agreement(&self) -> Agreement {
        *self.lock()
    }

    /// Whether a fast vector was too far from the exact one, so that all pictures are encoded exactly.
    #[must_use]
    pub fn has_fallen_back(&self) -> bool {
        self.agreement().cosine < self.min_cosine
    }

    /// Counts `more` pictures, and says how many of them, the first ones, are to be encoded both ways.
    fn count(&self, more: usize) -> usize {
        let mut agreement = self.lock();
        let before = agreement.pictures;
        agreement.pictures += more;
        let checked = if before < CHECKED_AT_FIRST {
            more.min(CHECKED_AT_FIRST - before)
        } else {
            more.min(agreement.pictures / CHECKED_OF - before / CHECKED_OF)
        };
        agreement.checked += checked;
        checked
    }

    fn lock(&self) -> MutexGuard<'_, Agreement> {
        // Nothing panics between the changes of its numbers, so that they always fit together.
        self.agreement
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Encoder for FastEncoder<'_> {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn dimensions(&self) -> usize {
        self.model.dimensions()
    }

    fn encode_text(&self, text: &str) -> Result<Vec<f32>> {
        self.model.encode_text(text)
    }

    fn enough(&self) -> u32 {
        let enough = self.model.enough();
        if self.has_fallen_back() {
            return enough;
        }
        // Half as many again as the model looks at: a JPEG of 12 megapixels is decoded to an eighth. Of 23 photos
        // the vectors then have a cosine of 0.9995 or more to those of whole ones.
        let side = u32::try_from(self.model.description().vision.side);
        side.map_or(enough, |side| enough.min(side + side / 2))
    }

    fn pixels(&self, picture: &Picture) -> Result<Vec<f32>> {
        self.model.pixels(picture)
    }

    fn scaled_pixels(&self, picture: &Picture, whole: (u32, u32)) -> Result<Vec<f32>> {
        self.model.scaled_pixels(picture, whole)
    }

    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        if self.has_fallen_back() {
            return self.model.encode_pixels(pictures);
        }
        let checked = self.count(pictures.len());
        let quickest = self.model.isa().quickest();
        let mut vectors = self.model.encode_quantised(pictures, quickest)?;
        if checked == 0 {
            return Ok(vectors);
        }
        let exact = self.model.encode_pixels(&pictures[..checked])?;
        let cosines = exact.iter().zip(&vectors).map(|(x, y)| dot(x, y));
        let least = cosines.fold(1.0, f32::min);
        if least < self.min_cosine {
            vectors = self.model.encode_pixels(pictures)?;
        } else {
            vectors.splice(..checked, exact);
        }
        let mut agreement = self.lock();
        agreement.cosine = agreement.cosine.min(least);
        Ok(vectors)
    }
}

fn dot(x: &[f32], y: &[f32]) -> f32 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::some_model;

    #[test]
    fn some_are_made_both_ways_and_the_others_are_near() {
        let (model, picture) = some_model();
        let fast = FastEncoder::new(&model, Tolerance::Rough);
        let near = Tolerance::Rough.min_cosine();
        assert!(fast.enough() < model.enough());
        let mut same = 0;
        for seed in 0..400 {
            let pictures = [picture(seed)];
            let [found] = &fast.encode_pixels(&pictures).expect("a vector")[..] else {
                panic!("one vector");
            };
            let [exact] = &model.encode_pixels(&pictures).expect("a vector")[..] else {
                panic!("one vector");
            };
            let alike = dot(found, exact);
            assert!(alike > near, "{alike}");
            same += usize::from(found == exact);
        }
        let agreement = fast.agreement();
        assert!(!fast.has_fallen_back());
        assert_eq!(
            (agreement.pictures, agreement.checked),
            (400, CHECKED_AT_FIRST + 400 / CHECKED_OF)
        );
        assert_eq!(same, agreement.checked, "others are not exact");
        assert!(
            agreement.cosine > near && agreement.cosine < 1.0,
            "{agreement:?}"
        );
    }

    #[test]
    fn all_are_exact_from_the_first_that_is_too_far_away() {
        let (model, picture) = some_model();
        let fast = FastEncoder {
            // No cosine reaches it.
            min_cosine: 1.1,
            ..FastEncoder::new(&model, Tolerance::Rough)
        };
        for seed in (0..100).step_by(2) {
            let pictures = [picture(seed), picture(seed + 1)];
            let found = fast.encode_pixels(&pictures).expect("vectors");
            assert_eq!(found, model.encode_pixels(&pictures).expect("vectors"));
        }
        assert!(fast.has_fallen_back());
        assert_eq!(fast.enough(), model.enough());
        assert_eq!(fast.agreement().pictures, 0, "from the start");
    }
}
