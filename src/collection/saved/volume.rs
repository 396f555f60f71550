//! One collection: its files, and in memory what finds a row by number, key or content.

use std::path::Path;

use super::files::Files;
use super::row::Row;
use super::slots::Slots;
use super::{Picture, Texts};
use crate::digest::hex;
use crate::error::Result;

/// Fewest forgotten rows for which a collection is written anew.
const MIN_FORGOTTEN: usize = 1024;

/// An open collection.
#[derive(Debug)]
pub(super) struct Volume {
    pub files: Files,
    /// Rows of the table, the forgotten ones included.
    pub rows: usize,
    /// Pictures.
    pub live: usize,
    /// Bytes of kept files.
    pub kept: u64,
    pub texts_end: u64,
    pub words_end: u64,
    numbers: Slots,
    keys: Slots,
    contents: Slots,
}

impl Volume {
    /// Opens the collection in `folder`, or begins the one that is called `name`; none if there is none
    /// and none is to be begun.
    pub fn open(folder: &Path, dimensions: usize, name: Option<&str>) -> Result<Option<Self>> {
        let files = Files::open(folder, dimensions, name)?;
        files.map(Self::of).transpose()
    }

    pub fn of(files: Files) -> Result<Self> {
        let mut volume = Self {
            rows: files.rows()?,
            files,
            live: 0,
            kept: 0,
            texts_end: 0,
            words_end: 0,
            numbers: Slots::default(),
            keys: Slots::default(),
            contents: Slots::default(),
        };
        volume.count()?;
        Ok(volume)
    }

    /// Reads the table anew.
    fn count(&mut self) -> Result<()> {
        let mut slots = [(); 3].map(|()| Slots::with_room(self.rows + 1));
        let (mut live, mut kept, mut texts, mut words) = (0, 0, 0, 0);
        self.files.each_row(0..self.rows, |number, row| {
            let Some(row) = row else { return };
            live += 1;
            kept += u64::from(row.kept);
            texts = texts.max(row.texts.0 + u64::from(row.texts.1));
            words = words.max(row.words.0 + u64::from(row.words.1));
            for (slots, hash) in slots.iter_mut().zip(hashes(&row)) {
                slots.insert(hash, number);
            }
        })?;
        [self.numbers, self.keys, self.contents] = slots;
        (self.live, self.kept) = (live, kept);
        self.texts_end = self.texts_end.max(texts);
        self.words_end = self.words_end.max(words);
        Ok(())
    }

    /// Takes note of a row that was just written.
    pub fn added(&mut self, number: usize, row: &Row) -> Result<()> {
        self.rows = self.rows.max(number + 1);
        self.texts_end = self.texts_end.max(row.texts.0 + u64::from(row.texts.1));
        self.words_end = self.words_end.max(row.words.0 + u64::from(row.words.1));
        if self.numbers.is_full() {
            return self.count();
        }
        self.live += 1;
        self.kept += u64::from(row.kept);
        let [of_number, of_key, of_content] = hashes(row);
        self.numbers.insert(of_number, number);
        self.keys.insert(of_key, number);
        self.contents.insert(of_content, number);
        Ok(())
    }

    /// Takes note of a picture that was just forgotten.
    pub fn removed(&mut self, row: &Row) {
        self.live -= 1;
        self.kept -= u64::from(row.kept);
    }

    /// The picture with that number.
    pub fn with_number(&self, number: &[u8; 16]) -> Result<Option<(usize, Row)>> {
        let found = self.numbers.with(first(number));
        self.first_that(found, |row| Ok(row.number == *number))
    }

    /// The picture with that key, whose hash is `hash`.
    pub fn with_key(&self, hash: u64, key: &str) -> Result<Option<(usize, Row)>> {
        self.first_that(self.keys.with(hash), |row| {
            Ok(row.key == hash && self.texts(row)?.is_some_and(|texts| texts.key == key))
        })
    }

    /// A picture with that content.
    pub fn with_content(&self, content: &[u8; 16]) -> Result<Option<(usize, Row)>> {
        let found = self.contents.with(first(content));
        self.first_that(found, |row| Ok(row.content == *content))
    }

    fn first_that(
        &self,
        mut rows: impl Iterator<Item = usize>,
        is_meant: impl Fn(&Row) -> Result<bool>,
    ) -> Result<Option<(usize, Row)>> {
        rows.find_map(|number| {
            let row = match self.files.row(number) {
                Ok(row) => row?,
                Err(error) => return Some(Err(error)),
            };
            match is_meant(&row) {
                Ok(true) => Some(Ok((number, row))),
                Ok(false) => None,
                Err(error) => Some(Err(error)),
            }
        })
        .transpose()
    }

    pub fn texts(&self, row: &Row) -> Result<Option<Texts>> {
        let texts = self.files.texts(row)?;
        Ok(texts.and_then(|texts| Texts::decode(&texts)))
    }

    /// All that is known of the picture of `row`, whose ids begin with `tag`.
    pub fn picture(&self, tag: &str, row: &Row) -> Result<Picture> {
        let texts = self.texts(row)?.unwrap_or_default();
        Ok(Picture {
            id: format!("{tag}{}", hex(&row.number)),
            collection: self.files.current.name.clone(),
            caption: texts.caption,
            file_id: texts.file_id,
            link: texts.link,
            taken: row.taken,
            position: row.position,
            width: row.width,
            height: row.height,
            content: row.content,
            is_kept: row.kept > 0,
        })
    }

    /// Whether so much was forgotten that writing the rest anew is worth it.
    pub fn is_sparse(&self) -> bool {
        let forgotten = self.rows - self.live;
        forgotten >= MIN_FORGOTTEN && forgotten > self.rows / 4
    }
}

/// Where a row is looked up: by number, key and content.
fn hashes(row: &Row) -> [u64; 3] {
    [first(&row.number), row.key, first(&row.content)]
}

/// Both are random.
fn first(bytes: &[u8; 16]) -> u64 {
    bytes
        .first_chunk()
        .map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

pub(super) fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
