//! CLIP on the machine itself: texts and pictures become vectors, and a picture is found by the
//! vector of a text or of another picture.

mod checkpoint;
pub mod command;
pub mod convert;
pub mod index;
pub mod kernel;
pub mod mapped;
pub mod model;
pub mod picture;
pub mod preprocess;
pub mod qdrant;
pub mod store;
mod text;
pub mod tokenizer;
mod transformer;
mod vision;
pub mod weights;

use crate::error::Result;
use picture::Picture;

/// What turns texts and pictures into vectors that can be compared.
///
/// All vectors have [`Encoder::dimensions`] components and length 1, so that their dot product is
/// the cosine similarity.
pub trait Encoder: Send + Sync {
    /// Names the weights, the same for the same file: vectors of encoders with different names
    /// cannot be compared.
    fn name(&self) -> &str;

    /// Components of a vector.
    fn dimensions(&self) -> usize;

    /// The vector of `text`, of which tokens beyond the model's context are cut.
    ///
    /// # Errors
    /// Damaged weights.
    fn encode_text(&self, text: &str) -> Result<Vec<f32>>;

    /// The vector of `picture`.
    ///
    /// # Errors
    /// Damaged weights.
    fn encode_picture(&self, picture: &Picture) -> Result<Vec<f32>>;
}
