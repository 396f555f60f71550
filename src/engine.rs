//! The engines that answer searches, and the one place that chooses between them: [`choose`].
//! Engines know neither each other nor the endpoint in front of them.

#[cfg(feature = "clip")]
pub mod clip;
#[cfg(feature = "drawings")]
pub mod drawings;
#[cfg(feature = "clip")]
mod late;
#[cfg(feature = "drawings")]
pub mod mock;
pub mod relay;
#[cfg(all(feature = "clip", feature = "drawings"))]
pub mod sample;
pub mod space;

use std::sync::Arc;

#[cfg(all(feature = "clip", feature = "drawings"))]
use ::clip::Encoder;
#[cfg(feature = "clip")]
use ::clip::model::Model;

#[cfg(feature = "clip")]
use crate::collection::VectorStore;
#[cfg(feature = "clip")]
use crate::collection::{index::Index, qdrant::Qdrant};
#[cfg(feature = "clip")]
use crate::config::ClipConfig;
use crate::config::{EngineConfig, SearchConfig};
use crate::error::{Error, Result};
use crate::search::Engine;
#[cfg(feature = "clip")]
use crate::search::Remark;

/// The engine that the settings in `config` name.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a setting that the engine does not take, or an engine that
/// this program was built without; those of [`open_model`] and of the index.
pub fn choose(config: &SearchConfig) -> Result<Arc<dyn Engine>> {
    match &config.engine {
        #[cfg(feature = "clip")]
        EngineConfig::Clip => {
            let encoder = Arc::new(open_model(&config.clip)?);
            Ok(Arc::new(clip_engine(&config.clip, encoder)?))
        }
        #[cfg(not(feature = "clip"))]
        EngineConfig::Clip => Err(Error::config(
            "this clip-search was built without CLIP: set CLIP_SEARCH_SPACE",
        )),
        #[cfg(feature = "drawings")]
        EngineConfig::Mock => Ok(Arc::new(mock::MockEngine)),
        #[cfg(not(feature = "drawings"))]
        EngineConfig::Mock => Err(Error::config(
            "this clip-search was built without pictures of its own: set CLIP_SEARCH_SPACE",
        )),
        EngineConfig::Space(config) => Ok(Arc::new(space::Space::new(config)?)),
    }
}

/// As [`choose`], for a program that can wait for its index: while there is none, the engine says so
/// in answer to each search.
///
/// # Errors
/// As [`choose`], other than for an index that is not there.
pub fn choose_late(config: &SearchConfig) -> Result<Arc<dyn Engine>> {
    #[cfg(feature = "clip")]
    if let (EngineConfig::Clip, None, Some(folder)) =
        (&config.engine, &config.clip.qdrant, &config.clip.index)
        && (!Index::is_in(folder) || awaits_model(&config.clip))
    {
        let encoder = if awaits_model(&config.clip) {
            None
        } else {
            Some(Arc::new(open_model(&config.clip)?))
        };
        let what = if encoder.is_some() { "index" } else { "model" };
        tracing::info!(
            "there is no {what} for {} yet: searches are answered with 503 until clip-search index \
             add has made one",
            folder.display()
        );
        let clip = config.clip.clone();
        let open = move || -> Result<Box<dyn Engine>> {
            let encoder = match &encoder {
                Some(encoder) => Arc::clone(encoder),
                None => Arc::new(open_model(&clip)?),
            };
            Ok(Box::new(clip_engine(&clip, encoder)?))
        };
        let (folder, model) = (folder.clone(), config.clip.model.clone());
        return Ok(Arc::new(late::LateEngine::new("clip", folder, model, open)));
    }
    choose(config)
}

/// Whether the model is a known one, called by its name, that is not fetched yet.
#[cfg(feature = "clip")]
fn awaits_model(config: &ClipConfig) -> bool {
    let model = config.model.as_deref();
    model.is_some_and(|model| !model.exists() && model.parent() == config.models.as_deref())
}

/// The model that `config` names, or the built-in one.
///
/// # Errors
/// Its file cannot be read, or is not a usable model.
#[cfg(feature = "clip")]
pub fn open_model(config: &ClipConfig) -> Result<Model> {
    match &config.model {
        Some(file) => Ok(Model::open(file)?),
        #[cfg(feature = "drawings")]
        None => sample::model(),
        #[cfg(not(feature = "drawings"))]
        None => Err(Error::config(
            "CLIP_SEARCH_MODEL is not set, and this clip-search was built without a model",
        )),
    }
}

/// The engine with `encoder` that `config` describes: over the index it names, or the built-in
/// drawings.
///
/// # Errors
/// The index cannot be used, or do not belong together.
#[cfg(feature = "clip")]
fn clip_engine(config: &ClipConfig, encoder: Arc<Model>) -> Result<clip::ClipEngine> {
    let store: Arc<dyn VectorStore> = match (&config.qdrant, &config.index) {
        (Some(url), _) => Arc::new(Qdrant::open(url, config.qdrant_key.clone())?),
        (None, Some(folder)) => Arc::new(Index::open(folder)?),
        #[cfg(feature = "drawings")]
        (None, None) if config.model.is_none() => Arc::new(sample::Drawings::new(encoder.name())),
        (None, None) => {
            return Err(Error::config(
                "CLIP_SEARCH_INDEX is not set: name the folder of an index, made with clip-search \
                 index add",
            ));
        }
    };
    let default = match &config.model {
        #[cfg(feature = "drawings")]
        None => sample::MIN_SCORE,
        _ => clip::MIN_SCORE,
    };
    let min_score = config.min_score.unwrap_or(default);
    let is_of_photos =
        config.model.is_none() && (config.index.is_some() || config.qdrant.is_some());
    let engine = clip::ClipEngine::new(
        encoder,
        store,
        min_score,
        config.public_base.clone(),
        config.cache.clone(),
    )?;
    Ok(engine.with_remark(is_of_photos.then_some(Remark::DrawingsOnly)))
}
