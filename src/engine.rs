//! The engines that answer searches, and the one place that chooses between them: [`choose`].
//! Engines know neither each other nor the endpoint in front of them.

#[cfg(feature = "clip")]
pub mod calibration;
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

#[cfg(feature = "clip")]
use ::clip::Encoder;
#[cfg(feature = "clip")]
use ::clip::model::Model;

#[cfg(feature = "clip")]
use crate::collection::VectorStore;
#[cfg(feature = "clip")]
use crate::collection::saved::{Quota, Saved};
#[cfg(feature = "clip")]
use crate::collection::{index::Index, qdrant::Qdrant};
#[cfg(feature = "clip")]
use crate::config::{ClipConfig, Threshold};
use crate::config::{EngineConfig, SearchConfig};
#[cfg(feature = "clip")]
use crate::engine::calibration::Calibration;
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
            Ok(Arc::new(clip_engine(&config.clip, encoder, None)?))
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
    if config.engine == EngineConfig::Clip {
        return choose_clip(&config.clip);
    }
    choose(config)
}

/// As [`choose_late`], for the CLIP engine: the one that saves pictures, too.
#[cfg(feature = "clip")]
fn choose_clip(config: &ClipConfig) -> Result<Arc<dyn Engine>> {
    let encoder = if awaits_model(config) {
        None
    } else {
        Some(Arc::new(open_model(config)?))
    };
    let saved = match &encoder {
        Some(encoder) => saved(config, encoder)?,
        None => None,
    };
    let folder = match (&config.qdrant, &config.index, &encoder) {
        (None, Some(folder), None) => folder,
        (None, Some(folder), Some(_)) if !Index::is_in(folder) => folder,
        (_, _, Some(encoder)) => {
            return Ok(Arc::new(clip_engine(config, Arc::clone(encoder), saved)?));
        }
        (_, _, None) => {
            let encoder = Arc::new(open_model(config)?);
            return Ok(Arc::new(clip_engine(config, encoder, None)?));
        }
    };
    let what = if encoder.is_some() { "index" } else { "model" };
    tracing::info!(
        "there is no {what} for {} yet: searches are answered with 503 until clip-search index add \
         has made one",
        folder.display()
    );
    let before = match (&encoder, &saved) {
        (Some(encoder), Some(saved)) => {
            let encoder = Arc::clone(encoder);
            let engine =
                clip::ClipEngine::without_folders(encoder, Arc::clone(saved), min_score(config)?)?;
            let engine: Box<dyn Engine> = Box::new(engine);
            Some(engine)
        }
        _ => None,
    };
    let clip = config.clone();
    let open = move || -> Result<Box<dyn Engine>> {
        let (encoder, saved) = if let Some(encoder) = &encoder {
            (Arc::clone(encoder), saved.clone())
        } else {
            let encoder = Arc::new(open_model(&clip)?);
            let saved = self::saved(&clip, &encoder)?;
            (encoder, saved)
        };
        Ok(Box::new(clip_engine(&clip, encoder, saved)?))
    };
    let (folder, model) = (folder.clone(), config.model.clone());
    let engine = late::LateEngine::new("clip", folder, model, open).until_then(before);
    Ok(Arc::new(engine))
}

/// The threshold of `config`, or else that of its model.
#[cfg(feature = "clip")]
fn min_score(config: &ClipConfig) -> Result<f32> {
    let calibration = match &config.model {
        Some(file) => Calibration::load(file)?,
        #[cfg(feature = "drawings")]
        None => Some(sample::CALIBRATION),
        #[cfg(not(feature = "drawings"))]
        None => None,
    };
    match (config.min_score, calibration) {
        (Some(Threshold::Cosine(cosine)), _) => Ok(cosine),
        (Some(threshold), Some(calibration)) => Ok(calibration.cosine(threshold)),
        (Some(_), None) => Err(Error::config(
            "CLIP_SEARCH_MIN_SCORE is a word, but the model has no calibration: make it anew with clip-search \
             model convert or fetch, or set a number from -1 to 1",
        )),
        (None, Some(calibration)) if config.model.is_none() => {
            Ok(calibration.cosine(Threshold::Normal))
        }
        // With trained weights it could not be tried: who wants one says so.
        (None, _) => Ok(clip::MIN_SCORE),
    }
}

/// The store of saved pictures that `config` names, if it names one.
#[cfg(feature = "clip")]
fn saved(config: &ClipConfig, encoder: &Model) -> Result<Option<Arc<Saved>>> {
    let Some(folder) = &config.saved else {
        return Ok(None);
    };
    let quota = Quota {
        pictures: config.quota.pictures,
        bytes: config.quota.megabytes as u64 * 1_000_000,
    };
    let saved = Saved::open(folder, encoder.name(), encoder.dimensions(), quota)?;
    Ok(Some(Arc::new(saved)))
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
fn clip_engine(
    config: &ClipConfig,
    encoder: Arc<Model>,
    saved: Option<Arc<Saved>>,
) -> Result<clip::ClipEngine> {
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
    let min_score = min_score(config)?;
    let is_of_photos =
        config.model.is_none() && (config.index.is_some() || config.qdrant.is_some());
    let engine = clip::ClipEngine::new(
        encoder,
        store,
        min_score,
        config.public_base.clone(),
        config.cache.clone(),
    )?;
    let remark = is_of_photos.then_some(Remark::DrawingsOnly);
    Ok(engine.with_remark(remark).with_saved(saved))
}
