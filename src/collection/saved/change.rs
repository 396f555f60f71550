//! What changes the store: saving and forgetting, and doing again what the log says.

use std::sync::RwLock;

use super::files::{Entry, halves, words_length};
use super::row::{ROW, Row};
use super::volume::{Volume, length};
use super::{NewPicture, Outcome, Saved, State, TAG, Tag, Texts, id, log, parts, random, read};
use super::{words, write};
use crate::collection::index::bytes::{Put, Take};
use crate::digest::hex;
use crate::error::{Error, Kind, Result};
use crate::locked::locked;

/// The kind of the entry in which a picture is revised.
const REVISE: u8 = 4;
/// Whoever makes the log longer empties it.
const MAX_LOG: u64 = 16 << 20;

/// An entry of the log.
#[derive(Debug, PartialEq)]
pub(super) enum Change {
    Save {
        name: String,
        row: usize,
        entry: Entry,
    },
    Forget {
        row: usize,
        entry: Row,
    },
    ForgetAll,
    /// A row takes the place of another one of the same picture.
    Revise {
        old: usize,
        before: Row,
        name: String,
        row: usize,
        entry: Entry,
    },
}

impl Saved {
    /// Saves `picture`, which survives a power cut once this returns. With `once`, a picture whose content
    /// the collection has already is not saved again.
    ///
    /// # Errors
    /// The disk refuses, for example because it is full; then nothing is saved.
    pub fn save(&self, picture: &NewPicture<'_>, once: bool) -> Result<Outcome> {
        if picture.vector.len() != self.about.dimensions {
            let what = "the picture's vector is of another length than the saved ones";
            return Err(Error::new(Kind::Unusable, what));
        }
        let tag = self.tag(picture.collection);
        let hash = picture.key.map(|key| self.hash(key));
        let mut guard = locked(&self.state);
        let state = &mut *guard;
        let Some(volume) = self.volume(state, tag, Some(picture.collection))? else {
            return Err(Error::new(Kind::Unusable, "the collection cannot be begun"));
        };
        let entry = {
            let volume = read(&volume);
            if let Some((hash, key)) = hash.zip(picture.key)
                && let Some((_, row)) = volume.with_key(hash, key)?
            {
                return Ok(Outcome::Known(id(tag, &row.number)));
            }
            if once && let Some((_, row)) = volume.with_content(&picture.content)? {
                return Ok(Outcome::Known(id(tag, &row.number)));
            }
            if let Some(why) = self.is_too_much(&volume, picture) {
                return Ok(Outcome::Full(why));
            }
            self.entry(&volume, picture, hash)?
        };
        if let Some(file) = picture.file {
            read(&volume).files.keep(&entry.row.number, file)?;
        }
        let number = entry.row.number;
        add(state, tag, &volume, picture.collection, entry)?;
        let is_long = state.log.len() > MAX_LOG;
        drop(guard);
        if is_long {
            // It is tried again.
            let _ = self.sync_changed();
        }
        Ok(Outcome::Saved(id(tag, &number)))
    }

    fn is_too_much(&self, volume: &Volume, picture: &NewPicture<'_>) -> Option<String> {
        let quota = self.quota;
        let bytes = picture.file.map_or(0, |file| file.len() as u64);
        if volume.live >= quota.pictures {
            return Some(format!(
                "this collection has {} pictures, as many as it may (CLIP_SEARCH_QUOTA_PICTURES)",
                volume.live
            ));
        }
        (bytes > 0 && volume.kept + bytes > quota.bytes).then(|| {
            format!(
                "the kept files of this collection would take more than {} MB \
                 (CLIP_SEARCH_QUOTA_MB)",
                quota.bytes / 1_000_000
            )
        })
    }

    fn entry(&self, volume: &Volume, picture: &NewPicture<'_>, hash: Option<u64>) -> Result<Entry> {
        let texts = Texts {
            key: picture.key.unwrap_or_default().to_owned(),
            caption: picture.caption.to_owned(),
            file_id: picture.file_id.to_owned(),
            link: picture.link.to_owned(),
            by: picture.by.to_owned(),
        };
        let texts = texts.encode();
        let words = words::of_caption(picture.caption);
        let number = random()?;
        // A picture without a key has one that nobody asks for.
        let hash = hash.unwrap_or_else(|| self.hash(&hex(&number)));
        let row = Row {
            number,
            key: hash,
            content: picture.content,
            taken: picture.taken,
            position: picture.position,
            width: picture.width,
            height: picture.height,
            texts: (volume.texts_end, length(&texts), crc32fast::hash(&texts)),
            words: (volume.words_end, words_length(&words)),
            kept: picture.file.map_or(0, length),
        };
        Ok(Entry {
            row,
            texts,
            words,
            halves: halves(picture.vector, volume.files.stride),
        })
    }

    /// Forgets the picture with that id; returns whether there was one.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn forget(&self, id: &str) -> Result<bool> {
        let Some((tag, number)) = parts(id) else {
            return Ok(false);
        };
        self.forget_where(tag, |volume| volume.with_number(&number))
    }

    /// Forgets the picture in `collection` with that key, where `by` is said only one that they posted;
    /// returns whether there was one.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn forget_key(&self, collection: &str, key: &str, by: Option<&str>) -> Result<bool> {
        let hash = self.hash(key);
        self.forget_where(self.tag(collection), |volume| {
            let Some((number, row)) = volume.with_key(hash, key)? else {
                return Ok(None);
            };
            let is_theirs = match by {
                Some(by) => volume.texts(&row)?.is_some_and(|texts| texts.by == by),
                None => true,
            };
            Ok(is_theirs.then_some((number, row)))
        })
    }

    fn forget_where(
        &self,
        tag: Tag,
        find: impl FnOnce(&Volume) -> Result<Option<(usize, Row)>>,
    ) -> Result<bool> {
        let mut state = locked(&self.state);
        let state = &mut *state;
        let Some(volume) = self.volume(state, tag, None)? else {
            return Ok(false);
        };
        let Some((number, row)) = find(&read(&volume))? else {
            return Ok(false);
        };
        let change = Change::Forget {
            row: number,
            entry: row,
        };
        state.log.append(&change.encode(tag))?;
        state.changed.insert(tag);
        state.pending += 1;
        state.forgot(tag, number);
        volume_without(&volume, number, &row)?;
        Ok(true)
    }

    /// Forgets all of `collection`; returns how many pictures that were.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn forget_all(&self, collection: &str) -> Result<usize> {
        let tag = self.tag(collection);
        let mut state = locked(&self.state);
        let state = &mut *state;
        let Some(volume) = self.volume(state, tag, None)? else {
            return Ok(0);
        };
        let live = read(&volume).live;
        state.log.append(&Change::ForgetAll.encode(tag))?;
        state.pending += live;
        self.remove(state, tag)?;
        Ok(live)
    }

    /// Removes the folder of a collection.
    pub(super) fn remove(&self, state: &mut State, tag: Tag) -> Result<()> {
        state.open.remove(&tag);
        state.changed.remove(&tag);
        state.compaction.take_if(|compaction| compaction.tag == tag);
        self.set_aside(tag)
    }

    /// Does again what the log says.
    pub(super) fn redo(&self) -> Result<()> {
        let mut state = locked(&self.state);
        let state = &mut *state;
        log::replay(&self.folder, |entry| {
            let Some((tag, change)) = Change::decode(entry) else {
                return Ok(());
            };
            self.apply(state, tag, change)
        })?;
        self.empty_log(state)
    }

    fn apply(&self, state: &mut State, tag: Tag, change: Change) -> Result<()> {
        match change {
            Change::Save { name, row, entry } => {
                let Some(volume) = self.volume(state, tag, Some(&name))? else {
                    return Ok(());
                };
                state.changed.insert(tag);
                again(&mut write(&volume), row, &entry)?;
            }
            Change::Revise {
                old,
                before,
                name,
                row,
                entry,
            } => {
                state.pending += 1;
                let Some(volume) = self.volume(state, tag, Some(&name))? else {
                    return Ok(());
                };
                state.changed.insert(tag);
                let mut volume = write(&volume);
                again(&mut volume, row, &entry)?;
                forget_row(&mut volume, old, &before, false)?;
            }
            Change::Forget { row, entry } => {
                state.pending += 1;
                let Some(volume) = self.volume(state, tag, None)? else {
                    return Ok(());
                };
                state.changed.insert(tag);
                forget_row(&mut write(&volume), row, &entry, true)?;
            }
            Change::ForgetAll => {
                state.pending += 1;
                self.remove(state, tag)?;
            }
        }
        Ok(())
    }
}

/// Adds `entry` to the collection, or fails with everything as before.
fn add(
    state: &mut State,
    tag: Tag,
    volume: &RwLock<Volume>,
    name: &str,
    entry: Entry,
) -> Result<()> {
    let (row, number) = (entry.row, read(volume).rows);
    let undo = |volume: &Volume| {
        volume
            .files
            .cut(volume.rows, volume.texts_end, volume.words_end);
        let _ = volume.files.remove_kept(&row.number);
    };
    // What takes space first: a full disk refuses before anything is promised.
    let written = read(volume).files.write_content(number, &entry);
    let logged = written.and_then(|()| {
        let change = Change::Save {
            name: name.to_owned(),
            row: number,
            entry,
        };
        state.log.append(&change.encode(tag))
    });
    let before = match logged {
        Ok(before) => before,
        Err(error) => {
            undo(&read(volume));
            return Err(error);
        }
    };
    state.changed.insert(tag);
    let mut volume = write(volume);
    let added = volume.files.write_row(number, &row);
    if let Err(error) = added {
        state.log.take_back(before)?;
        undo(&volume);
        return Err(error);
    }
    volume.added(number, &row)
}

/// Writes the table's row of `entry`, whose content is there.
pub(super) fn write_entry(volume: &mut Volume, number: usize, entry: &Entry) -> Result<()> {
    volume.files.write_row(number, &entry.row)?;
    volume.added(number, &entry.row)
}

/// Writes `entry`, of which all or part may be there.
fn again(volume: &mut Volume, row: usize, entry: &Entry) -> Result<()> {
    let is_new = volume.files.row(row)? != Some(entry.row);
    volume.files.write_content(row, entry)?;
    volume.files.write_row(row, &entry.row)?;
    if is_new {
        volume.added(row, &entry.row)?;
    }
    Ok(())
}

fn volume_without(volume: &RwLock<Volume>, number: usize, row: &Row) -> Result<()> {
    forget_row(&mut write(volume), number, row, true)
}

/// Overwrites the row `number`, which was `row`, `with_kept` its kept file; part of it may have been
/// overwritten before a power cut.
pub(super) fn forget_row(
    volume: &mut Volume,
    number: usize,
    row: &Row,
    with_kept: bool,
) -> Result<()> {
    let was_there = volume.files.row(number)?.is_some();
    if with_kept {
        volume.files.remove_kept(&row.number)?;
    }
    volume.files.erase(number, row)?;
    if was_there {
        volume.removed(row);
    }
    Ok(())
}

impl Change {
    pub(super) fn encode(&self, tag: Tag) -> Vec<u8> {
        let mut bytes = tag.to_vec();
        match self {
            Self::Save { name, row, entry } => {
                bytes.push(1);
                put_entry(&mut bytes, *row, name, entry);
            }
            Self::Revise {
                old,
                before,
                name,
                row,
                entry,
            } => {
                bytes.push(REVISE);
                bytes.number(*old as u64);
                bytes.extend(before.encode());
                put_entry(&mut bytes, *row, name, entry);
            }
            Self::Forget { row, entry } => {
                bytes.push(2);
                bytes.number(*row as u64);
                bytes.extend(entry.encode());
            }
            Self::ForgetAll => bytes.push(3),
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<(Tag, Self)> {
        let (tag, rest) = bytes.split_first_chunk::<TAG>()?;
        let (kind, rest) = rest.split_first()?;
        let mut take = Take(rest);
        let change = match *kind {
            1 => {
                let (row, name, entry) = take_entry(&mut take)?;
                Self::Save { name, row, entry }
            }
            REVISE => {
                let (old, before) = (take.size()?, take_row(&mut take)?);
                let (row, name, entry) = take_entry(&mut take)?;
                Self::Revise {
                    old,
                    before,
                    name,
                    row,
                    entry,
                }
            }
            2 => Self::Forget {
                row: take.size()?,
                entry: Row::decode(take.0)?,
            },
            3 => Self::ForgetAll,
            _ => return None,
        };
        Some((*tag, change))
    }
}

fn put_entry(bytes: &mut Vec<u8>, row: usize, name: &str, entry: &Entry) {
    bytes.number(row as u64);
    bytes.extend(entry.row.encode());
    bytes.bytes(name.as_bytes());
    bytes.bytes(&entry.texts);
    bytes.bytes(&entry.words);
    bytes.bytes(&entry.halves);
}

fn take_row(take: &mut Take<'_>) -> Option<Row> {
    let (row, rest) = take.0.split_at_checked(ROW)?;
    take.0 = rest;
    Row::decode(row)
}

fn take_entry(take: &mut Take<'_>) -> Option<(usize, String, Entry)> {
    let (number, row) = (take.size()?, take_row(take)?);
    let name = take.text()?;
    let entry = Entry {
        row,
        texts: take.bytes()?.to_vec(),
        words: take.bytes()?.to_vec(),
        halves: take.bytes()?.to_vec(),
    };
    Some((number, name, entry))
}

/// Whether an entry of the log forgets something, or what was said of a picture.
pub(super) fn forgets(entry: &[u8]) -> bool {
    matches!(entry.get(TAG), Some(2 | 3 | &REVISE))
}
