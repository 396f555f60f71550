//! What is said of a saved picture changes: its row is written anew, and the old one is overwritten.

use std::sync::RwLock;

use super::change::{Change, forget_row, write_entry};
use super::files::{Entry, words_length};
use super::row::Row;
use super::volume::{Volume, length};
use super::{Revision, Saved, State, Tag, id, read, words, write};
use crate::error::Result;
use crate::locked::locked;

impl Saved {
    /// Changes what is said of the picture in `collection` with that key, which survives a power cut once
    /// this returns, and returns its id, which stays; none if there is no such picture.
    ///
    /// # Errors
    /// The disk refuses; then everything is as before.
    pub fn revise(
        &self,
        collection: &str,
        key: &str,
        revision: &Revision<'_>,
    ) -> Result<Option<String>> {
        let tag = self.tag(collection);
        let mut state = locked(&self.state);
        let state = &mut *state;
        let Some(volume) = self.volume(state, tag, None)? else {
            return Ok(None);
        };
        let Some((number, old)) = read(&volume).with_key(self.hash(key), key)? else {
            return Ok(None);
        };
        let entry = revised(&read(&volume), number, &old, revision)?;
        if let Some(entry) = entry {
            replace(state, tag, &volume, collection, (number, old), entry)?;
        }
        Ok(Some(id(tag, &old.number)))
    }
}

/// The entry that takes the place of row `number`, which is `old`; none if nothing changes.
fn revised(
    volume: &Volume,
    number: usize,
    old: &Row,
    revision: &Revision<'_>,
) -> Result<Option<Entry>> {
    let before = volume.texts(old)?.unwrap_or_default();
    let mut texts = before.clone();
    for (text, new) in [
        (&mut texts.caption, revision.caption),
        (&mut texts.file_id, revision.file_id),
    ] {
        if let Some(new) = new {
            new.clone_into(text);
        }
    }
    if texts == before {
        return Ok(None);
    }
    let words = words::of_caption(&texts.caption);
    let texts = texts.encode();
    let mut halves = Vec::new();
    volume.files.halves(number, &mut halves)?;
    let row = Row {
        texts: (volume.texts_end, length(&texts), crc32fast::hash(&texts)),
        words: (volume.words_end, words_length(&words)),
        ..*old
    };
    Ok(Some(Entry {
        row,
        texts,
        words,
        halves,
    }))
}

/// Puts `entry` in the place of the row `old`, or fails with everything as before.
fn replace(
    state: &mut State,
    tag: Tag,
    volume: &RwLock<Volume>,
    name: &str,
    old: (usize, Row),
    entry: Entry,
) -> Result<()> {
    let number = read(volume).rows;
    let undo = |volume: &Volume| {
        volume
            .files
            .cut(volume.rows, volume.texts_end, volume.words_end);
    };
    let written = read(volume).files.write_content(number, &entry);
    let change = Change::Revise {
        old: old.0,
        before: old.1,
        name: name.to_owned(),
        row: number,
        entry,
    };
    let logged = written.and_then(|()| state.log.append(&change.encode(tag)));
    let start = match logged {
        Ok(start) => start,
        Err(error) => {
            undo(&read(volume));
            return Err(error);
        }
    };
    state.changed.insert(tag);
    state.pending += 1;
    state.forgot(tag, old.0);
    let Change::Revise { entry, .. } = change else {
        return Ok(());
    };
    let mut volume = write(volume);
    if let Err(error) = write_entry(&mut volume, number, &entry) {
        state.log.take_back(start)?;
        undo(&volume);
        return Err(error);
    }
    forget_row(&mut volume, old.0, &old.1, false)
}
