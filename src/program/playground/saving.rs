//! Where the playground keeps the pictures that are sent to its bot: in a folder that nobody else may read.
//! A bot on the real Telegram finds them again; on the built-in one, whose files go with the process, so
//! does the folder.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::own_pictures::model_name;
use crate::config::{EngineConfig, PlaygroundConfig};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// What the names of folders begin with that go with their process.
const PREFIX: &str = "clip-bot-playground-";

/// A folder that is removed when this is dropped.
pub(super) struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(cause) = fs::remove_dir_all(&self.0) {
            tracing::warn!("cannot remove {}: {cause}", self.0.display());
        }
    }
}

/// Has the endpoint of `config` save pictures; `bot_id` is that of a bot on the real Telegram. What is
/// returned is to be kept for as long as the endpoint runs.
///
/// # Errors
/// The model cannot be used.
pub(super) fn keep(
    config: &mut PlaygroundConfig,
    bot_id: Option<&str>,
) -> Result<Option<Temporary>> {
    if config.search.engine != EngineConfig::Clip {
        return Ok(None);
    }
    if let Some(id) = bot_id {
        // Each model has vectors of its own.
        let model = model_name(&config.search.clip)?;
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let model = model.replace(|letter| !is_plain(letter), "_");
        let state = config.state.as_ref();
        let folder = state.map(|state| state.join(format!("playground-{id}/saved-{model}")));
        config.search.clip.saved = folder;
        return Ok(None);
    }
    match temporary(&config.temporary) {
        Ok(folder) => {
            config.search.clip.saved = Some(folder.0.join("saved"));
            Ok(Some(folder))
        }
        Err(error) => {
            tracing::warn!("no pictures are saved: {}", error.chain());
            Ok(None)
        }
    }
}

/// A new folder of our own in `base`, which is cleared of those that processes left behind.
fn temporary(base: &Path) -> Result<Temporary> {
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && is_left(&entry.path()) {
            // That of another user cannot be removed.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let random = Secret::random().map_err(|cause| Error::system("failed to make a name", cause))?;
    let folder = base.join(format!("{PREFIX}{}", random.expose()));
    let made = DirBuilder::new().mode(0o700).create(&folder);
    made.map_err(|cause| Error::system(format!("failed to make {}", folder.display()), cause))?;
    Ok(Temporary(folder))
}

/// Whether the process that used `folder` is gone: it held the lock of the store.
fn is_left(folder: &Path) -> bool {
    File::open(folder.join("saved/lock")).is_ok_and(|lock| lock.try_lock().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_folder_goes_with_its_process_and_those_that_were_left_with_the_next() {
        let base = std::env::temp_dir().join(format!("temporary-{}", std::process::id()));
        let make = |name: &str| {
            let folder = base.join(name).join("saved");
            fs::create_dir_all(&folder).expect("room");
            File::create(folder.join("lock")).expect("room")
        };
        let used = make("clip-bot-playground-used");
        used.try_lock().expect("nobody else's");
        drop(make("clip-bot-playground-left"));
        drop(make("something-else"));
        let names = || {
            let entries = fs::read_dir(&base).expect("it is there");
            let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("readable").file_name();
            let mut names: Vec<_> = entries.map(name).collect();
            names.sort();
            names
        };
        let folder = temporary(&base).expect("room");
        let mode = fs::metadata(&folder.0).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o777, 0o700);
        assert_eq!(names().len(), 3, "{:?}", names());
        drop(folder);
        assert_eq!(names(), ["clip-bot-playground-used", "something-else"]);
        fs::remove_dir_all(&base).expect("ours");
    }
}
