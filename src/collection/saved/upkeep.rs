//! What is done now and then: checkpoints, removing what was forgotten, and counting.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::files::Files;
use super::log::{self, Log};
use super::{Saved, State, TAG, Tag, Texts, about, bytes, failed, hex, random};
use crate::error::Result;
use crate::locked::locked;
use crate::search::bot_and_file;

/// How the name of a collection's folder begins that was forgotten.
const GONE: &str = "gone-";

/// What there is in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The encoder whose vectors these are.
    pub encoder: String,
    /// Collections.
    pub collections: usize,
    /// Pictures in all of them.
    pub pictures: usize,
    /// Of kept files.
    pub kept_bytes: u64,
    /// Of all else, the log included.
    pub bytes: u64,
    /// Pictures that were forgotten, and of which something may still be in the log.
    pub pending: usize,
    /// How many have a `file_id` of each bot, which is worth something to that bot alone; an empty name is
    /// for those of which the bot is not known.
    pub bots: BTreeMap<String, usize>,
}

impl Saved {
    /// Pictures that were forgotten and may still be in the log, until the next checkpoint.
    #[must_use]
    pub fn pending(&self) -> usize {
        locked(&self.state).pending
    }

    /// Syncs all files that were changed and empties the log: what was forgotten before is on disk
    /// nowhere. Collections of which much was forgotten are written anew. Others may save meanwhile.
    ///
    /// # Errors
    /// The disk refuses; then the log stays.
    pub fn checkpoint(&self) -> Result<()> {
        self.sync_changed()?;
        let forgetful = std::mem::take(&mut locked(&self.state).forgetful);
        for tag in forgetful {
            self.compact_if_sparse(tag)?;
        }
        Ok(())
    }

    /// As [`Saved::checkpoint`], but no collection is written anew.
    pub(super) fn sync_changed(&self) -> Result<()> {
        let (changed, last, pending) = {
            let mut state = locked(&self.state);
            if state.log.len() == 0 && state.pending == 0 {
                return Ok(());
            }
            let last = state.log.turn()?;
            let changed = std::mem::take(&mut state.changed);
            state.syncing.extend(&changed);
            (
                state.syncing.clone(),
                last,
                std::mem::take(&mut state.pending),
            )
        };
        let synced = changed.iter().try_for_each(|tag| self.sync(*tag));
        let done = synced.and_then(|()| Log::remove_until(&self.folder, last));
        let mut state = locked(&self.state);
        state.syncing.clear();
        if done.is_err() {
            state.changed.extend(changed);
            state.pending += pending;
        }
        drop(state);
        done?;
        self.remove_gone()
    }

    /// As [`Saved::checkpoint`], while nobody else writes.
    pub(super) fn empty_log(&self, state: &mut State) -> Result<()> {
        let last = state.log.turn()?;
        let changed = state.changed.union(&state.syncing);
        changed.into_iter().try_for_each(|tag| self.sync(*tag))?;
        Log::remove_until(&self.folder, last)?;
        state.changed.clear();
        state.pending = 0;
        self.remove_gone()
    }

    fn sync(&self, tag: Tag) -> Result<()> {
        // It may have been forgotten meanwhile.
        match Files::open(&self.folder_of(tag), self.about.dimensions, None)? {
            Some(files) => files.sync(),
            None => Ok(()),
        }
    }

    /// Moves the folder of a collection to where nobody finds it, and removes it.
    pub(super) fn set_aside(&self, tag: Tag) -> Result<()> {
        let folder = self.folder_of(tag);
        let aside = format!("{GONE}{}", hex(&random::<16>()?));
        match fs::rename(&folder, self.folder.join(aside)) {
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(cause) => Err(failed("remove", &folder, cause)),
            Ok(()) => {
                // What is left is removed at the next checkpoint.
                let _ = self.remove_gone();
                Ok(())
            }
        }
    }

    fn remove_gone(&self) -> Result<()> {
        for name in names(&self.folder)? {
            if name.starts_with(GONE) {
                let path = self.folder.join(name);
                match fs::remove_dir_all(&path) {
                    Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                        return Err(failed("remove", &path, cause));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// What there is in the store in `folder`, without opening it for writing; none if there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn summary(folder: &Path) -> Result<Option<Summary>> {
        let Some(about) = about(folder)? else {
            return Ok(None);
        };
        let mut summary = Summary {
            encoder: about.encoder,
            ..Summary::default()
        };
        log::replay(folder, |entry| {
            summary.bytes += entry.len() as u64;
            summary.pending += usize::from(super::change::forgets(entry));
            Ok(())
        })?;
        for tag in tags(folder)? {
            let folder = folder.join(hex(&tag));
            let Some(files) = Files::look(&folder, about.dimensions) else {
                continue;
            };
            let before = summary.pictures;
            files.each_row(0..files.rows()?, |_, row| {
                let Some(row) = row else { return };
                summary.pictures += 1;
                summary.kept_bytes += u64::from(row.kept);
                let texts = files.texts(&row).ok().flatten();
                let texts = texts.and_then(|texts| Texts::decode(&texts));
                if let Some(bot) = texts.and_then(|texts| bot_of(&texts.file_id)) {
                    *summary.bots.entry(bot).or_default() += 1;
                }
            })?;
            summary.collections += usize::from(summary.pictures > before);
            summary.bytes += files.bytes();
        }
        Ok(Some(summary))
    }
}

/// The number of the bot that got `file_id`, which our bot writes before it; empty where nobody did, and none
/// for no `file_id`.
fn bot_of(file_id: &str) -> Option<String> {
    let bot = bot_and_file(file_id).map(|(bot, _)| bot);
    (!file_id.is_empty()).then(|| bot.unwrap_or_default().to_owned())
}

/// The tags of all collections in `folder`.
pub(super) fn tags(folder: &Path) -> Result<Vec<Tag>> {
    let names = names(folder)?;
    Ok(names.iter().filter_map(|name| bytes::<TAG>(name)).collect())
}

/// What `folder` holds, none where there is no such folder: all names of ours are in UTF-8.
pub(super) fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|cause| failed("read", folder, cause))?,
    };
    let names = entries.flatten().map(|entry| entry.file_name());
    Ok(names.filter_map(|name| name.into_string().ok()).collect())
}
