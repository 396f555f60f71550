//! Which model a command uses: a file; a known model by its name, which is fetched once and used from
//! then on; or the built-in one.

use std::path::{Component, Path, PathBuf};

use clip::Encoder;
use clip::convert::convert;
use clip::description::Precision;
use clip::model::Model;

use crate::collection::index::Index;
use crate::config::ClipConfig;
#[cfg(feature = "drawings")]
use crate::engine::calibration::Calibration;
use crate::engine::open_model;
use crate::error::{Error, Kind, Result};
use crate::models::{KNOWN_MODELS, KnownModel, known_model};
use crate::progress::Progress;
use crate::search::Remark;

/// Holds the name of the model that was named last.
const CHOSEN: &str = "chosen";

/// Replaces a name in `config.model` by the model's file, which is fetched if it is not there yet. Where
/// nothing is named and pictures of the user's own are searched, it is the model that their index was made
/// with; without an index, the one that was named last.
///
/// # Errors
/// An unknown name, or what the download and the conversion report.
pub(super) fn at_hand(config: &mut ClipConfig, progress: &mut dyn Progress) -> Result<()> {
    let named = find(config)?;
    let Some(known) = named else { return Ok(()) };
    let folder = folder(config)?;
    if !known.model(&folder).exists() {
        fetch(known, &folder, &config.hub, progress)?;
    }
    // Without it, the model has to be named each time.
    let _ = std::fs::write(folder.join(CHOSEN), known.name);
    Ok(())
}

/// As [`at_hand`], but fetches nothing: the file may not be there. Returns the known model that was named.
///
/// # Errors
/// An unknown name.
pub(super) fn find(config: &mut ClipConfig) -> Result<Option<&'static KnownModel>> {
    let Some(model) = &config.model else {
        config.model = remembered(config);
        return Ok(None);
    };
    let Some(name) = name_in(model) else {
        return Ok(None);
    };
    let known = known_model(name)?;
    config.model = Some(known.model(&folder(config)?));
    Ok(Some(known))
}

/// As [`find`], and says what is wrong with the model that is named, in a line for `check`.
pub(super) fn problem(config: &mut ClipConfig) -> Option<String> {
    let known = match find(config) {
        Ok(known) => known?,
        Err(error) => return Some(error.chain()),
    };
    let is_there = config.model.as_deref().is_some_and(Path::exists);
    (!is_there).then(|| {
        let name = known.name;
        format!("model {name}: not fetched yet; clip-search index add --model {name} fetches it")
    })
}

/// Says that the built-in model finds hardly anything in photos, if that is what would search them.
pub(super) fn warn(config: &ClipConfig, say: impl FnOnce(&str)) {
    if config.model.is_none() {
        say(Remark::DrawingsOnly.message());
    }
}

/// Whether the index in `folder` has to be made anew: it is of the built-in model, and another is named.
///
/// # Errors
/// The index cannot be read.
pub(super) fn outgrows(folder: &Path, config: &ClipConfig, model: &Model) -> Result<bool> {
    if config.model.is_none() {
        return Ok(false);
    }
    let Some(of) = Index::encoder_in(folder)? else {
        return Ok(false);
    };
    let built_in = ClipConfig::default();
    Ok(of != model.name() && open_model(&built_in).is_ok_and(|built_in| built_in.name() == of))
}

/// `path`, if it is no path but the name of a model.
fn name_in(path: &Path) -> Option<&str> {
    let text = path.to_str()?;
    let is_one = matches!(
        path.components().collect::<Vec<_>>()[..],
        [Component::Normal(_)]
    );
    (is_one && !text.contains(['.', '/']) && !path.exists()).then_some(text)
}

/// Where models are kept that were named.
fn folder(config: &ClipConfig) -> Result<PathBuf> {
    config.models.clone().ok_or_else(|| {
        Error::config(
            "there is no folder for models: set HOME or XDG_DATA_HOME, or name a model's file",
        )
    })
}

/// The model that belongs to the user's own pictures, if they have one.
fn remembered(config: &ClipConfig) -> Option<PathBuf> {
    let folder = config.models.as_deref()?;
    let index = config
        .index
        .as_deref()
        .filter(|_| config.qdrant.is_none())?;
    if let Some(of) = Index::encoder_in(index).ok()? {
        let files = KNOWN_MODELS.iter().map(|known| known.model(folder));
        let mut there = files.filter(|file| file.exists());
        return there.find(|file| Model::open(file).is_ok_and(|model| model.name() == of));
    }
    chosen(folder)
}

/// The model below `folder` that was named last, if it is there.
pub(super) fn chosen(folder: &Path) -> Option<PathBuf> {
    let name = std::fs::read_to_string(folder.join(CHOSEN)).ok()?;
    let file = known_model(name.trim()).ok()?.model(folder);
    file.exists().then_some(file)
}

fn fetch(known: &KnownModel, folder: &Path, hub: &str, progress: &mut dyn Progress) -> Result<()> {
    let KnownModel {
        name,
        megabytes,
        licence,
        about,
        ..
    } = known;
    progress.say(&format!(
        "fetching the model {name} once: {megabytes} MB, licence {licence}, {about}; into {}",
        folder.display()
    ));
    known.fetch(hub, folder, progress).map_err(|error| {
        let remedy = match error.kind() {
            Kind::System => "",
            _ => "; the same command goes on where it broke off",
        };
        Error::new(
            error.kind().clone(),
            format!("the model {name} is not complete{remedy}"),
        )
        .because(error)
    })?;
    progress.say("converting it");
    let (checkpoint, file) = (known.checkpoint(folder), known.model(folder));
    let (_, notes) = convert(&checkpoint, &file, Precision::I8)?;
    for note in notes {
        progress.say(&format!("note: {note}"));
    }
    #[cfg(feature = "drawings")]
    calibrate(&file)?;
    // What it was made from is as large again several times over.
    let _ = std::fs::remove_dir_all(&checkpoint);
    progress.say(&format!("using {} from now on", file.display()));
    Ok(())
}

/// Measures what the similarities of the new model in `file` are worth, and keeps it beside it.
///
/// # Errors
/// The model cannot be used, or there is no room.
#[cfg(feature = "drawings")]
pub(super) fn calibrate(file: &Path) -> Result<()> {
    Calibration::measure(&Model::open(file)?)?.save(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_from_a_file() {
        for name in ["tinyclip-8m", "openai-vit-b-32", "tinyclip"] {
            assert_eq!(name_in(Path::new(name)), Some(name));
        }
        for file in ["own.clip", "./own", "/srv/own", "a/b", "..", "src", ""] {
            assert_eq!(name_in(Path::new(file)), None, "{file}");
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let mut config = ClipConfig {
            model: Some("tinyclip8m".into()),
            models: Some("/nowhere".into()),
            ..ClipConfig::default()
        };
        let error = find(&mut config).expect_err("no such model");
        assert!(
            error.to_string().contains("did you mean tinyclip-8m"),
            "{error}"
        );
        config.model = Some("tinyclip-8m".into());
        let known = find(&mut config).expect("known").expect("by its name");
        assert_eq!(known.name, "tinyclip-8m");
        assert_eq!(config.model, Some("/nowhere/tinyclip-8m.clip".into()));
    }
}
