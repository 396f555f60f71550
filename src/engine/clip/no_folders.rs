//! A collection of saved pictures alone, for who has no index of folders, or none yet.

use std::sync::Arc;

use ::clip::Encoder;

use super::ClipEngine;
use crate::collection::saved::Saved;
use crate::collection::{Record, ScoredRecord, Search, VectorStore};
use crate::error::Result;

impl ClipEngine {
    /// The engine that saves pictures in `saved`, and has no others. Searches by text leave out results
    /// with a cosine below `min_score`.
    ///
    /// # Errors
    /// None at present.
    pub fn without_folders(
        encoder: Arc<dyn Encoder>,
        saved: Arc<Saved>,
        min_score: f32,
    ) -> Result<Self> {
        let store = Arc::new(NoFolders(encoder.name().to_owned()));
        let engine = Self::new(encoder, store, min_score, None, None)?;
        Ok(engine.with_saved(Some(saved)))
    }
}

/// The owner's folders before there is an index of them; it knows the encoder's name.
#[derive(Debug)]
pub struct NoFolders(pub String);

impl VectorStore for NoFolders {
    fn encoder_name(&self) -> &str {
        &self.0
    }

    fn len(&self) -> Result<usize> {
        Ok(0)
    }

    fn search(&self, _: &[f32], _: usize, _: f32) -> Result<Vec<ScoredRecord>> {
        Ok(Vec::new())
    }

    fn find(&self, _: &Search<'_>) -> Result<Vec<ScoredRecord>> {
        Ok(Vec::new())
    }

    fn has_filters(&self) -> bool {
        true
    }

    fn record(&self, _: &str) -> Result<Option<Record>> {
        Ok(None)
    }
}
