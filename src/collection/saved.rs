//! Pictures that were saved one by one, each in a collection of its own name: those of a person or of a
//! chat. They stand beside the index of folders, and have nothing in common with it.
//!
//! # Who may write
//!
//! One process: it holds `lock`. A change is acknowledged when it survives a power cut. It is written to
//! the files of its collection, and to the `log`, which alone is synced; opening the store does again
//! what stands in the log. A [checkpoint](Saved::checkpoint) syncs the files and empties the log.
//!
//! # What is where
//!
//! - `store`: the name of the encoder whose vectors these are, and a random salt.
//! - `00000000.log`…: see `log`.
//! - `TAG/`: the files of one collection, see `files`. The tag is a digest of salt and name: nobody can
//!   tell a collection by it, and the id of each picture begins with it, so that no table of all ids is
//!   needed.
//! - `gone-…`: a collection that was forgotten, until its files are removed.
//!
//! # Why no database
//!
//! What is searched by similarity is read in one sweep, and what was forgotten must be gone from the disk:
//! here it is overwritten at once, where a database keeps it in pages that are free and cannot be named.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde::{Deserialize, Serialize};

use crate::digest::{hex, sha256};
use crate::error::{Error, Kind, Result};
use crate::locked::{locked, unpoisoned};
use crate::search::{Position, Taken};

mod change;
mod compaction;
mod files;
mod find;
mod ids;
mod log;
mod revise;
mod row;
mod slots;
mod upkeep;
mod volume;
mod words;

pub use find::ScoredPicture;
pub use ids::is_id;
pub use upkeep::Summary;

use compaction::Compaction;
use ids::{TAG, Tag, bytes, id, number, parts};
use log::Log;
use volume::Volume;

/// Collections that are open at the same time: each has four open files.
const MAX_OPEN: usize = 64;
/// The store of saved pictures in a folder.
#[derive(Debug)]
pub struct Saved {
    folder: PathBuf,
    about: About,
    quota: Quota,
    state: Mutex<State>,
    /// Holds back others for as long as it is open.
    _lock: File,
}

/// Most of what one collection may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Pictures.
    pub pictures: usize,
    /// Bytes of files that are kept.
    pub bytes: u64,
}

/// What the file `store` says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct About {
    format: u32,
    encoder: String,
    dimensions: usize,
    salt: String,
}

const FORMAT: u32 = 1;

#[derive(Debug)]
struct State {
    log: Log,
    open: HashMap<Tag, Opened>,
    /// Counts uses of collections, so that the one that was not used for the longest time is closed.
    uses: u64,
    /// Collections that were changed since the last checkpoint.
    changed: BTreeSet<Tag>,
    /// Those that a checkpoint is just syncing.
    syncing: BTreeSet<Tag>,
    /// Pictures that were forgotten since then: the log may still hold them.
    pending: usize,
    /// Collections of which something was forgotten, so that they may be worth to be written anew.
    forgetful: BTreeSet<Tag>,
    /// The collection that is being written anew.
    compaction: Option<Compaction>,
}

#[derive(Debug)]
struct Opened {
    volume: Arc<RwLock<Volume>>,
    used: u64,
}

/// A picture to be saved.
#[derive(Debug, Clone, Default)]
pub struct NewPicture<'a> {
    /// The name of its collection.
    pub collection: &'a str,
    /// The caller's own name for it: a collection has each once. Without one it is always new.
    pub key: Option<&'a str>,
    /// What its words are found by.
    pub caption: &'a str,
    /// Of Telegram; may be empty.
    pub file_id: &'a str,
    /// Address of the message it came with; may be empty.
    pub link: &'a str,
    /// Who posted it; may be empty.
    pub by: &'a str,
    /// When it was taken.
    pub taken: Option<Taken>,
    /// Where it was taken.
    pub position: Option<Position>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The first half of the SHA-256 of the file.
    pub content: [u8; 16],
    /// Of length 1, from the store's encoder.
    pub vector: &'a [f32],
    /// The file, if it is to be kept.
    pub file: Option<&'a [u8]>,
}

/// What changes of a picture; nothing stays as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Revision<'a> {
    /// See [`NewPicture::caption`].
    pub caption: Option<&'a str>,
    /// See [`NewPicture::file_id`].
    pub file_id: Option<&'a str>,
}

/// A saved picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// 48 lower-case hexadecimal digits, 32 of them random.
    pub id: String,
    /// The name of its collection.
    pub collection: String,
    /// May be empty.
    pub caption: String,
    /// May be empty.
    pub file_id: String,
    /// May be empty.
    pub link: String,
    /// When it was taken, if that is known.
    pub taken: Option<Taken>,
    /// Where it was taken, if that is known.
    pub position: Option<Position>,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// The first half of the SHA-256 of its file.
    pub content: [u8; 16],
    /// Whether its file is kept.
    pub is_kept: bool,
}

/// What became of a picture that was to be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is saved, with this id.
    Saved(String),
    /// Its collection had the key, or the content, already: the id of that picture.
    Known(String),
    /// Its collection is full: why, as a sentence.
    Full(String),
}

/// The texts of a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Texts {
    key: String,
    caption: String,
    file_id: String,
    link: String,
    by: String,
}

impl Texts {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let texts = [
            &self.key,
            &self.caption,
            &self.file_id,
            &self.link,
            &self.by,
        ];
        for text in texts {
            bytes.extend(volume::length(text.as_bytes()).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let mut text = || {
            let (length, rest) = bytes.split_first_chunk()?;
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            bytes = rest;
            String::from_utf8(text.to_vec()).ok()
        };
        Some(Self {
            key: text()?,
            caption: text()?,
            file_id: text()?,
            link: text()?,
            // Pictures that were saved before it was kept have none.
            by: text().unwrap_or_default(),
        })
    }
}

impl Saved {
    /// Opens the store in `folder`, or begins one, for vectors of the encoder called `encoder`, and does
    /// again what the log says.
    ///
    /// # Errors
    /// [`Kind::Config`] when the store has vectors of another encoder; [`Kind::Busy`] when another process
    /// writes there; the folder cannot be read or written.
    pub fn open(folder: &Path, encoder: &str, dimensions: usize, quota: Quota) -> Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|cause| failed("make", folder, cause))?;
        let lock = lock(folder)?;
        let about = match about(folder)? {
            Some(about) => about,
            None => begin(folder, encoder, dimensions)?,
        };
        if (about.encoder.as_str(), about.dimensions) != (encoder, dimensions) {
            return Err(Error::config(format!(
                "the pictures in {} were saved with the model {}, and the model is now {encoder}: set \
                 CLIP_SEARCH_MODEL to the one before, or CLIP_SEARCH_SAVED to a new folder",
                folder.display(),
                about.encoder
            )));
        }
        let state = State {
            log: Log::begin(folder)?,
            open: HashMap::new(),
            uses: 0,
            changed: BTreeSet::new(),
            syncing: BTreeSet::new(),
            pending: 0,
            forgetful: BTreeSet::new(),
            compaction: None,
        };
        let saved = Self {
            folder: folder.to_owned(),
            about,
            quota,
            state: Mutex::new(state),
            _lock: lock,
        };
        saved.redo()?;
        Ok(saved)
    }

    /// Opens the store in `folder` with the encoder that it has; none if there is none.
    ///
    /// # Errors
    /// As [`Saved::open`].
    pub fn open_as_it_is(folder: &Path) -> Result<Option<Self>> {
        let Some(about) = about(folder)? else {
            return Ok(None);
        };
        let none = Quota {
            pictures: 0,
            bytes: 0,
        };
        Self::open(folder, &about.encoder, about.dimensions, none).map(Some)
    }

    /// The tag of the collection called `name`.
    fn tag(&self, name: &str) -> Tag {
        let digest = sha256(format!("{}\0{name}", self.about.salt).as_bytes());
        let mut tag = [0; TAG];
        tag.copy_from_slice(&digest.0[..TAG]);
        tag
    }

    /// The hash of `key`, which nobody can choose.
    fn hash(&self, key: &str) -> u64 {
        let digest = sha256(format!("{}\x01{key}", self.about.salt).as_bytes());
        let first = digest.0.first_chunk();
        first.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    fn folder_of(&self, tag: Tag) -> PathBuf {
        self.folder.join(hex(&tag))
    }

    /// The collection with that tag, which is begun as `name` where that is given; none if there is none.
    fn volume(
        &self,
        state: &mut State,
        tag: Tag,
        name: Option<&str>,
    ) -> Result<Option<Arc<RwLock<Volume>>>> {
        state.uses += 1;
        let used = state.uses;
        if let Some(opened) = state.open.get_mut(&tag) {
            opened.used = used;
            return Ok(Some(Arc::clone(&opened.volume)));
        }
        let Some(volume) = Volume::open(&self.folder_of(tag), self.about.dimensions, name)? else {
            return Ok(None);
        };
        if state.open.len() >= MAX_OPEN {
            let oldest = state.open.iter().min_by_key(|(_, opened)| opened.used);
            if let Some(tag) = oldest.map(|(tag, _)| *tag) {
                state.open.remove(&tag);
            }
        }
        let volume = Arc::new(RwLock::new(volume));
        let opened = Opened {
            volume: Arc::clone(&volume),
            used,
        };
        state.open.insert(tag, opened);
        Ok(Some(volume))
    }

    /// The picture with that id; `id` may be any text.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn picture(&self, id: &str) -> Result<Option<Picture>> {
        let Some((tag, number)) = parts(id) else {
            return Ok(None);
        };
        let volume = self.volume(&mut locked(&self.state), tag, None)?;
        let Some(volume) = volume else {
            return Ok(None);
        };
        let volume = read(&volume);
        let found = volume.with_number(&number)?;
        found
            .map(|(_, row)| volume.picture(&hex(&tag), &row))
            .transpose()
    }

    /// The id of the picture in `collection` with that key.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn with_key(&self, collection: &str, key: &str) -> Result<Option<String>> {
        let tag = self.tag(collection);
        let volume = self.volume(&mut locked(&self.state), tag, None)?;
        let Some(volume) = volume else {
            return Ok(None);
        };
        let found = read(&volume).with_key(self.hash(key), key)?;
        Ok(found.map(|(_, row)| id(tag, &row.number)))
    }

    /// The id of a picture in `collection` with that content.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn with_content(&self, collection: &str, content: &[u8; 16]) -> Result<Option<String>> {
        let tag = self.tag(collection);
        let volume = self.volume(&mut locked(&self.state), tag, None)?;
        let Some(volume) = volume else {
            return Ok(None);
        };
        let found = read(&volume).with_content(content)?;
        Ok(found.map(|(_, row)| id(tag, &row.number)))
    }

    /// The folder and the name of the file that is kept of the picture with that id.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn kept(&self, id: &str) -> Result<Option<(PathBuf, PathBuf)>> {
        let Some((tag, number)) = parts(id) else {
            return Ok(None);
        };
        let volume = self.volume(&mut locked(&self.state), tag, None)?;
        let Some(volume) = volume else {
            return Ok(None);
        };
        let volume = read(&volume);
        let found = volume.with_number(&number)?;
        let found = found.filter(|(_, row)| row.kept > 0);
        Ok(found.map(|_| volume.files.kept(&number)))
    }
}

fn read(volume: &RwLock<Volume>) -> RwLockReadGuard<'_, Volume> {
    unpoisoned(volume.read())
}

fn write(volume: &RwLock<Volume>) -> RwLockWriteGuard<'_, Volume> {
    unpoisoned(volume.write())
}

/// Random bytes of the system.
fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|cause| Error::system("cannot read /dev/urandom", cause))?;
    Ok(bytes)
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join("lock");
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|cause| failed("open", &path, cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => {
            let what = format!(
                "another clip-search uses the saved pictures in {}: stop it first, or ask it over HTTP",
                folder.display()
            );
            Err(Error::new(Kind::Busy, what))
        }
        // A file system without locks.
        Err(fs::TryLockError::Error(_)) => Ok(file),
    }
}

fn about(folder: &Path) -> Result<Option<About>> {
    let path = folder.join("store");
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(failed("read", &path, cause)),
    };
    match serde_json::from_slice::<About>(&text) {
        Ok(about) if about.format == FORMAT => Ok(Some(about)),
        _ => {
            let what = format!(
                "{} is damaged, or of another version: set CLIP_SEARCH_SAVED to a new folder, or bring \
                 back a copy of this one",
                path.display()
            );
            Err(Error::new(Kind::Unusable, what))
        }
    }
}

fn begin(folder: &Path, encoder: &str, dimensions: usize) -> Result<About> {
    let about = About {
        format: FORMAT,
        encoder: encoder.to_owned(),
        dimensions,
        salt: hex(&random::<16>()?),
    };
    let (new, path) = (folder.join("store.new"), folder.join("store"));
    let write = || {
        // Texts and numbers are JSON: this cannot fail.
        fs::write(&new, serde_json::to_vec(&about).unwrap_or_default())?;
        File::open(&new)?.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|cause| failed("write", &path, cause))?;
    Ok(about)
}

fn failed(what: &str, path: &Path, cause: std::io::Error) -> Error {
    Error::system(format!("cannot {what} {}", path.display()), cause)
}

#[cfg(test)]
mod tests;
