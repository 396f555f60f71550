//! CLIP on the machine itself: texts and pictures become vectors, and a picture is found by the
//! vector of a text or of another picture.

mod checkpoint;
pub mod command;
pub mod convert;
mod engine;
pub mod fast;
pub mod index;
pub mod kernel;
pub mod mapped;
pub mod model;
pub mod models;
pub mod picture;
pub mod preprocess;
pub mod qdrant;
#[cfg(feature = "mock")]
pub mod sample;
pub mod store;
mod text;
pub mod tokenizer;
mod transformer;
mod vision;
pub mod weights;

use std::sync::Arc;

use crate::config::ClipConfig;
use crate::error::{Error, Result};
use model::Model;
use picture::Picture;
use store::VectorStore;

pub use engine::ClipEngine;
use engine::LEAST_SCORE;

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

    /// What the encoder sees of `picture`.
    ///
    /// # Errors
    /// A picture without pixels.
    fn pixels(&self, picture: &Picture) -> Result<Vec<f32>>;

    /// The vectors of pictures, each given as its [`Encoder::pixels`]. Several at a time take less
    /// than one after the other, because the weights are read once.
    ///
    /// # Errors
    /// Damaged weights.
    fn encode_pixels(&self, pictures: &[Vec<f32>]) -> Result<Vec<Vec<f32>>>;

    /// The vector of `picture`.
    ///
    /// # Errors
    /// Those of the two above.
    fn encode_picture(&self, picture: &Picture) -> Result<Vec<f32>> {
        let pixels = self.pixels(picture)?;
        Ok(self.encode_pixels(&[pixels])?.concat())
    }
}

/// The model that `config` names, or the built-in one.
///
/// # Errors
/// Its file cannot be read, or is no sound model.
pub fn open_model(config: &ClipConfig) -> Result<Model> {
    match &config.model {
        Some(file) => Model::open(file),
        #[cfg(feature = "mock")]
        None => sample::model(),
        #[cfg(not(feature = "mock"))]
        None => Err(Error::config(
            "CLIP_SEARCH_MODEL is not set, and this clip-search was built without a model",
        )),
    }
}

/// The engine that `config` describes: over the index it names, or the built-in drawings.
///
/// # Errors
/// Model or index cannot be used, or do not belong together.
pub fn engine(config: &ClipConfig) -> Result<ClipEngine> {
    let encoder = Arc::new(open_model(config)?);
    let store: Arc<dyn VectorStore> = match (&config.qdrant, &config.index) {
        (Some(url), _) => Arc::new(qdrant::Qdrant::open(url, config.qdrant_key.clone())?),
        (None, Some(folder)) => Arc::new(index::Index::open(folder)?),
        #[cfg(feature = "mock")]
        (None, None) if config.model.is_none() => Arc::new(sample::Drawings::new(encoder.name())),
        (None, None) => {
            return Err(Error::config(
                "CLIP_SEARCH_INDEX is not set: name the folder of an index, made with clip-search \
                 index add",
            ));
        }
    };
    let own = match &config.model {
        #[cfg(feature = "mock")]
        None => sample::MIN_SCORE,
        _ => LEAST_SCORE,
    };
    let min_score = config.min_score.unwrap_or(own);
    ClipEngine::new(encoder, store, min_score, config.public_base.clone())
}
