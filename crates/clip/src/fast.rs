//! Pictures encoded with values of 8 bits: faster where the processor multiplies bytes,
//! and watched meanwhile, because how much it loses depends on the model.

use std::sync::{Mutex, PoisonError};

use super::Encoder;
use super::Picture;
use super::kernel::Rounding;
use super::model::Model;
use crate::error::Result;

/// Least cosine of a vector made with 8-bit values and the exact one. The likeness of a picture to a
/// text, around 0.3 for what fits, is then wrong by about 0.006.
pub const LEAST: f32 = 0.99;

/// So many pictures are made both ways at first,
const FIRST: usize = 32;
/// and then one in so many.
const ONE_IN: usize = 64;

/// Encodes pictures with values of 8 bits as long as their vectors stay near the exact ones; from the
/// first that does not, all are exact. Those made both ways are exact, too, and so are texts.
#[derive(Debug)]
pub struct Fast<'a> {
    model: &'a Model,
    least: f32,
    seen: Mutex<Seen>,
}

/// What was seen so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Pictures that were encoded, or are being so.
    pub pictures: usize,
    /// Of these, those made both ways.
    pub checked: usize,
    /// The least cosine of both ways.
    pub cosine: f32,
}

impl<'a> Fast<'a> {
    /// Encodes with `model`, and goes on exactly after a cosine below `least`.
    #[must_use]
    pub fn new(model: &'a Model, least: f32) -> Self {
        let seen = Seen {
            pictures: 0,
            checked: 0,
            cosine: 1.0,
        };
        Self {
            model,
            least,
            seen: Mutex::new(seen),
        }
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether all pictures are encoded exactly by now.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.seen().cosine < self.least
    }

    /// Counts `more` pictures; whether they are to be made both ways.
    fn count(&self, more: usize) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.pictures;
        seen.pictures += more;
        let is_checked = before < FIRST || before / ONE_IN != seen.pictures / ONE_IN;
        if is_checked {
            seen.checked += more;
        }
        is_checked
    }
}

impl Encoder for Fast<'_> {
    fn name(&self) -> &str {
        self.model.name()
    }

    fn dimensions(&self) -> usize {
        self.model.dimensions()
    }

    fn encode_text(&self, text: &str) -> Result<Vec<f32>> {
        self.model.encode_text(text)
    }

    fn pixels(&self, picture: &Picture) -> Result<Vec<f32>> {
        self.model.pixels(picture)
    }

    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        if self.is_refused() {
            return self.model.encode_pixels(pictures);
        }
        let is_checked = self.count(pictures.len());
        let coarse = self.model.encode_rounded(pictures, Rounding::Coarse)?;
        if !is_checked {
            return Ok(coarse);
        }
        let exact = self.model.encode_pixels(pictures)?;
        let cosines = exact.iter().zip(&coarse).map(|(x, y)| dot(x, y));
        let least = cosines.fold(1.0, f32::min);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.cosine = seen.cosine.min(least);
        Ok(exact)
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
        let fast = Fast::new(&model, LEAST);
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
            assert!(alike > LEAST, "{alike}");
            same += usize::from(found == exact);
        }
        let seen = fast.seen();
        assert!(!fast.is_refused());
        assert_eq!((seen.pictures, seen.checked), (400, FIRST + 400 / ONE_IN));
        assert_eq!(same, seen.checked, "others are not exact");
        assert!(seen.cosine > LEAST && seen.cosine < 1.0, "{seen:?}");
    }

    #[test]
    fn all_are_exact_from_the_first_that_is_too_far_away() {
        let (model, picture) = some_model();
        // No cosine reaches it.
        let fast = Fast::new(&model, 1.1);
        for seed in (0..100).step_by(2) {
            let pictures = [picture(seed), picture(seed + 1)];
            let found = fast.encode_pixels(&pictures).expect("vectors");
            assert_eq!(found, model.encode_pixels(&pictures).expect("vectors"));
        }
        assert!(fast.is_refused());
        assert_eq!(fast.seen().pictures, 0, "from the start");
    }
}
