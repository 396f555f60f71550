//! Writes a collection anew without what was forgotten, while others search, save and forget.
//!
//! The rows are copied to files of the next generation without any lock. What is forgotten meanwhile is
//! noted in [`State`], and what is saved stands behind the rows that were copied: both is made up for under
//! the lock, before `current` names the new files. A kill at any moment leaves the files before or the
//! ones after; the log is empty when they are exchanged, since it tells of rows by their numbers.

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, RwLock};

use super::change::forget_row;
use super::files::{self, Current, Entry, Files, KEPT, words_length};
use super::upkeep::{names, tags};
use super::volume::{Volume, length};
use super::{Opened, Saved, State, Tag, failed, number, read};
use crate::error::Result;
use crate::locked::locked;

/// A collection that is being written anew.
#[derive(Debug)]
pub(super) struct Compaction {
    pub tag: Tag,
    /// No other one has it.
    ticket: u64,
    /// Rows of the files before that were forgotten since it began.
    forgotten: Vec<usize>,
}

/// The files before and after.
#[derive(Debug)]
pub(super) struct Copy {
    tag: Tag,
    ticket: u64,
    before: Files,
    /// Rows of `before` that were copied, or are gone, and those that are to be.
    todo: Range<usize>,
    /// For each row of `after` that of `before`.
    origins: Vec<u32>,
    after: Volume,
}

impl State {
    /// The row `number` of the collection was forgotten.
    pub fn forgot(&mut self, tag: Tag, number: usize) {
        self.forgetful.insert(tag);
        let compaction = self.compaction.as_mut();
        if let Some(compaction) = compaction.filter(|compaction| compaction.tag == tag) {
            compaction.forgotten.push(number);
        }
    }
}

impl Saved {
    /// The daily pass: a checkpoint, collections of which much was forgotten are written anew, and files
    /// that belong to nothing are removed.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn compact(&self) -> Result<()> {
        self.checkpoint()?;
        for tag in tags(&self.folder)? {
            if !self.remove_if_empty(tag)? && !self.compact_if_sparse(tag)? {
                self.sweep(tag)?;
            }
        }
        Ok(())
    }

    fn remove_if_empty(&self, tag: Tag) -> Result<bool> {
        let mut state = locked(&self.state);
        let volume = self.volume(&mut state, tag, None)?;
        if volume.is_none_or(|volume| read(&volume).live > 0) {
            return Ok(false);
        }
        self.empty_log(&mut state)?;
        self.remove(&mut state, tag)?;
        Ok(true)
    }

    /// Returns whether it was.
    pub(super) fn compact_if_sparse(&self, tag: Tag) -> Result<bool> {
        let volume = self.volume(&mut locked(&self.state), tag, None)?;
        let is_sparse = volume.is_some_and(|volume| read(&volume).is_sparse());
        if is_sparse && let Some(mut copy) = self.begin_copy(tag)? {
            let ticket = copy.ticket;
            let done = copy
                .catch_up()
                .and_then(|()| self.sync_changed())
                .and_then(|()| self.exchange(copy));
            done.inspect_err(|_| {
                let mut state = locked(&self.state);
                state.compaction.take_if(|mine| mine.ticket == ticket);
            })?;
            self.sweep(tag)?;
        }
        Ok(is_sparse)
    }

    /// Begins to write the collection anew; not, if that is being done or there is none.
    pub(super) fn begin_copy(&self, tag: Tag) -> Result<Option<Copy>> {
        let mut state = locked(&self.state);
        if state.compaction.is_some() {
            return Ok(None);
        }
        let Some(volume) = self.volume(&mut state, tag, None)? else {
            return Ok(None);
        };
        let (folder, current, rows) = {
            let volume = read(&volume);
            let files = &volume.files;
            (files.folder.clone(), files.current.clone(), volume.rows)
        };
        let next = Current {
            generation: current.generation + 1,
            ..current.clone()
        };
        // What another attempt left behind is not there any more.
        remove_others(&folder, current.generation)?;
        let dimensions = self.about.dimensions;
        let after = Volume::of(Files::of(&folder, next, dimensions)?)?;
        let ticket = state.uses;
        let copy = Copy {
            tag,
            ticket,
            before: Files::of(&folder, current, dimensions)?,
            todo: 0..rows,
            origins: Vec::new(),
            after,
        };
        state.compaction = Some(Compaction {
            tag,
            ticket,
            forgotten: Vec::new(),
        });
        Ok(Some(copy))
    }

    /// Puts the files after in the place of those before, with what happened meanwhile. Whoever searches
    /// at this moment goes on with the files before.
    pub(super) fn exchange(&self, mut copy: Copy) -> Result<()> {
        copy.after.files.sync()?;
        let mut state = locked(&self.state);
        let mine = |compaction: &mut Compaction| compaction.ticket == copy.ticket;
        let Some(compaction) = state.compaction.take_if(mine) else {
            // All of the collection was forgotten.
            return Ok(());
        };
        copy.todo.end = copy.before.rows()?;
        copy.catch_up()?;
        copy.forget(&compaction.forgotten)?;
        self.empty_log(&mut state)?;
        let Copy { tag, after, .. } = copy;
        after.files.sync()?;
        // Whatever happens now: what is on the disk counts.
        state.open.remove(&tag);
        files::write_current(&after.files.folder, &after.files.current)?;
        let used = state.uses;
        let volume = Arc::new(RwLock::new(after));
        state.open.insert(tag, Opened { volume, used });
        Ok(())
    }

    /// Removes files of the collection that belong to nothing any more.
    fn sweep(&self, tag: Tag) -> Result<()> {
        let strays = {
            let volume = self.volume(&mut locked(&self.state), tag, None)?;
            let Some(volume) = volume else { return Ok(()) };
            strays(&self.folder_of(tag), &volume)?
        };
        let mut state = locked(&self.state);
        let Some(volume) = self.volume(&mut state, tag, None)? else {
            return Ok(());
        };
        let is_being_written = |compaction: &Compaction| compaction.tag == tag;
        if !state.compaction.as_ref().is_some_and(is_being_written) {
            let (folder, volume) = (self.folder_of(tag), read(&volume));
            remove_others(&folder, volume.files.current.generation)?;
        }
        let kept = self.folder_of(tag).join(KEPT);
        for name in strays {
            // It may be that of a picture that was just saved.
            if is_stray(&name, &read(&volume)) {
                remove(&kept.join(name))?;
            }
        }
        Ok(())
    }
}

impl Copy {
    /// Copies the rows that were not copied yet.
    pub(super) fn catch_up(&mut self) -> Result<()> {
        let Self {
            before,
            after,
            origins,
            todo,
            ..
        } = self;
        let mut done = Ok(());
        before.each_row(todo.clone(), |number, row| {
            let (Some(mut row), Ok(())) = (row, &done) else {
                return;
            };
            let mut copy = || -> Result<()> {
                let mut halves = Vec::new();
                before.halves(number, &mut halves)?;
                let texts = before.texts(&row)?.unwrap_or_default();
                let words = before.words(&row)?;
                row.texts = (after.texts_end, length(&texts), crc32fast::hash(&texts));
                row.words = (after.words_end, words_length(&words));
                let entry = Entry {
                    row,
                    texts,
                    words,
                    halves,
                };
                after.files.write_content(after.rows, &entry)?;
                after.files.write_row(after.rows, &row)?;
                after.added(after.rows, &row)
            };
            // A closure, so that a question mark ends the copy alone.
            let copied = copy();
            done = copied;
            origins.push(u32::try_from(number).unwrap_or(u32::MAX));
        })?;
        todo.start = todo.end;
        done
    }

    /// Overwrites the copies of rows that were forgotten before.
    fn forget(&mut self, rows: &[usize]) -> Result<()> {
        for row in rows {
            let origin = u32::try_from(*row).unwrap_or(u32::MAX);
            let Ok(copy) = self.origins.binary_search(&origin) else {
                continue;
            };
            if let Some(row) = self.after.files.row(copy)? {
                forget_row(&mut self.after, copy, &row, false)?;
            }
        }
        Ok(())
    }
}

/// Names of the kept files in the folder of a collection that are those of no picture.
fn strays(folder: &Path, volume: &RwLock<Volume>) -> Result<Vec<String>> {
    let mut names = names(&folder.join(KEPT))?;
    names.retain(|name| is_stray(name, &read(volume)));
    Ok(names)
}

fn is_stray(name: &str, volume: &Volume) -> bool {
    // When in doubt it stays.
    let number = number(name);
    number.is_some_and(|number| matches!(volume.with_number(&number), Ok(None)))
}

/// Removes the files of other generations than `kept`.
fn remove_others(folder: &Path, kept: u64) -> Result<()> {
    let own = format!("{kept}.");
    for name in names(folder)? {
        let is_old = name.split_once('.').is_some_and(|(number, _)| {
            number.bytes().all(|byte| byte.is_ascii_digit()) && !name.starts_with(&own)
        });
        if is_old {
            remove(&folder.join(&name))?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|cause| failed("remove", path, cause))
}
