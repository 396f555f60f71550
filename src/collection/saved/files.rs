//! The files of one collection. All of them are only appended to, or overwritten with zeros where a
//! picture was forgotten.
//!
//! ```text
//! current     JSON: the name of the collection, and the number that its files begin with
//! N.table     rows of 128 bytes: `row` describes them
//! N.texts     key, caption, Telegram's file id and link of each picture, each with its length before it
//! N.words     for each picture with words in its caption: row, length, the words between line ends
//! N.vectors   blocks of 256 rows: 256 scales as 32-bit floats, each component times its row's scale as
//!             signed bytes, and each component as a 16-bit float; rows are as long as the kernels want
//! files/ID    files that are kept
//! ```
//!
//! A scale of 0 is that of a row without a picture. Nothing of this is synced when a picture is saved:
//! the log says it again until a checkpoint has synced the files.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use clip::kernel::scan::{STRIDE, quantise};
use half::f16;
use serde::{Deserialize, Serialize};

use super::row::{ROW, Row};
use crate::digest::hex;
use crate::error::{Error, Result};

/// Rows of a block of vectors.
pub(super) const BLOCK: usize = 256;
/// The head of an entry of words, in bytes: row and length.
const WORDS_HEAD: usize = 6;
/// Words that are read at a time, in bytes: much more than an entry can have.
const WORDS_PIECE: u64 = 1 << 20;
const CURRENT: &str = "current";
pub(super) const KEPT: &str = "files";

/// What `current` says.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
pub(super) struct Current {
    /// The name of the collection.
    pub name: String,
    /// What the names of its files begin with.
    pub generation: u64,
}

/// The open files of a collection.
#[derive(Debug)]
pub(super) struct Files {
    pub folder: PathBuf,
    pub current: Current,
    table: File,
    texts: File,
    words: File,
    vectors: File,
    /// Components of a row, filled up for the kernels.
    pub stride: usize,
}

/// What is written for one picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub row: Row,
    pub texts: Vec<u8>,
    /// The words between line ends; empty if there are none.
    pub words: Vec<u8>,
    /// The vector as 16-bit floats, filled up.
    pub halves: Vec<u8>,
}

impl Files {
    /// Opens the files in `folder`, or begins those of the collection `name`; none if there are none and
    /// none are to be begun.
    pub fn open(folder: &Path, dimensions: usize, name: Option<&str>) -> Result<Option<Self>> {
        let path = folder.join(CURRENT);
        let current = match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).ok(),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
            Err(cause) => return Err(failed("read", &path, cause)),
        };
        let current = match (current, name) {
            (Some(current), _) => current,
            (None, None) => return Ok(None),
            (None, Some(name)) => {
                let mut builder = DirBuilder::new();
                let made = builder.recursive(true).mode(0o700).create(folder);
                made.map_err(|cause| failed("make", folder, cause))?;
                let current = Current {
                    name: name.to_owned(),
                    generation: 0,
                };
                write_current(folder, &current)?;
                current
            }
        };
        Self::of(folder, current, dimensions).map(Some)
    }

    /// Opens the files in `folder` for reading alone; none if there are none.
    pub fn look(folder: &Path, dimensions: usize) -> Option<Self> {
        let text = fs::read(folder.join(CURRENT)).ok()?;
        let current = serde_json::from_slice(&text).ok()?;
        let mut options = File::options();
        Self::with(folder, current, dimensions, options.read(true)).ok()
    }

    /// Opens the files that `current` names; those that are not there begin empty.
    pub fn of(folder: &Path, current: Current, dimensions: usize) -> Result<Self> {
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).mode(0o600);
        Self::with(folder, current, dimensions, options)
    }

    fn with(
        folder: &Path,
        current: Current,
        dimensions: usize,
        options: &OpenOptions,
    ) -> Result<Self> {
        let open = |end: &str| {
            let path = file_path(folder, current.generation, end);
            options
                .open(&path)
                .map_err(|cause| failed("open", &path, cause))
        };
        Ok(Self {
            folder: folder.to_owned(),
            table: open("table")?,
            texts: open("texts")?,
            words: open("words")?,
            vectors: open("vectors")?,
            stride: dimensions.next_multiple_of(STRIDE),
            current,
        })
    }

    /// Rows in the table, the forgotten ones included.
    pub fn rows(&self) -> Result<usize> {
        let length = self.table.metadata();
        let length = length.map_err(|cause| self.failed("look at", "table", cause))?;
        Ok(usize::try_from(length.len()).unwrap_or(usize::MAX) / ROW)
    }

    /// Calls `take` with each of `rows`, in order; none for a forgotten one.
    pub fn each_row(
        &self,
        rows: Range<usize>,
        mut take: impl FnMut(usize, Option<Row>),
    ) -> Result<()> {
        let mut bytes = vec![0; ROW * BLOCK * 2];
        let mut row = rows.start;
        while row < rows.end {
            let count = (rows.end - row).min(BLOCK * 2);
            let part = &mut bytes[..count * ROW];
            self.read(&self.table, part, (row * ROW) as u64, "table")?;
            for bytes in part.chunks_exact(ROW) {
                take(row, Row::decode(bytes));
                row += 1;
            }
        }
        Ok(())
    }

    /// The row with that number; none if its picture was forgotten.
    pub fn row(&self, row: usize) -> Result<Option<Row>> {
        let mut bytes = [0; ROW];
        self.read(&self.table, &mut bytes, (row * ROW) as u64, "table")?;
        Ok(Row::decode(&bytes))
    }

    /// The texts of `row`; none if they are damaged.
    pub fn texts(&self, row: &Row) -> Result<Option<Vec<u8>>> {
        let (start, length, sum) = row.texts;
        let mut texts = vec![0; length as usize];
        self.read(&self.texts, &mut texts, start, "texts")?;
        Ok((crc32fast::hash(&texts) == sum).then_some(texts))
    }

    /// The words of `row`.
    pub fn words(&self, row: &Row) -> Result<Vec<u8>> {
        let (start, length) = row.words;
        let mut words = vec![0; (length as usize).saturating_sub(WORDS_HEAD)];
        self.read(&self.words, &mut words, start + WORDS_HEAD as u64, "words")?;
        Ok(words)
    }

    /// Calls `each` with every row that has words up to `end`, and these; reads them piece by piece.
    pub fn each_words(&self, end: u64, mut each: impl FnMut(usize, &[u8])) -> Result<()> {
        let mut piece = Vec::new();
        let mut at = 0;
        while at < end {
            let length = (end - at).min(WORDS_PIECE);
            piece.resize(usize::try_from(length).unwrap_or(usize::MAX), 0);
            self.read(&self.words, &mut piece, at, "words")?;
            let mut whole = 0;
            for (row, words) in word_entries(&piece) {
                each(row, words);
                whole += (WORDS_HEAD + words.len()) as u64;
            }
            // An entry is much shorter than a piece: what is not whole now, is whole in the next one.
            if whole == 0 {
                return Ok(());
            }
            at += whole;
        }
        Ok(())
    }

    /// Reads the scales and the bytes of `block` into `scan`, which is resized for them.
    pub fn scan(&self, block: usize, scan: &mut Vec<u8>) -> Result<()> {
        scan.resize(BLOCK * (4 + self.stride), 0);
        let start = block * self.block_size();
        self.read(&self.vectors, scan, start as u64, "vectors")
    }

    /// Reads the 16-bit floats of `row` into `halves`.
    pub fn halves(&self, row: usize, halves: &mut Vec<u8>) -> Result<()> {
        halves.resize(self.stride * 2, 0);
        let [_, _, place] = self.places(row);
        self.read(&self.vectors, halves, place, "vectors")
    }

    /// Writes what takes space, for `row`.
    pub fn write_content(&self, row: usize, entry: &Entry) -> Result<()> {
        let failed = |end: &'static str| move |cause| self.failed("write", end, cause);
        let texts = self.texts.write_all_at(&entry.texts, entry.row.texts.0);
        texts.map_err(failed("texts"))?;
        if !entry.words.is_empty() {
            let mut bytes = u32::try_from(row)
                .unwrap_or(u32::MAX)
                .to_le_bytes()
                .to_vec();
            let length = u16::try_from(entry.words.len()).unwrap_or(u16::MAX);
            bytes.extend(length.to_le_bytes());
            bytes.extend(&entry.words);
            let words = self.words.write_all_at(&bytes, entry.row.words.0);
            words.map_err(failed("words"))?;
        }
        let (scale, bytes) = quantised(&entry.halves);
        let written = self.write_vector(row, scale, &bytes, &entry.halves);
        written.map_err(failed("vectors"))
    }

    /// Writes the row of the table, with which the picture is there.
    pub fn write_row(&self, row: usize, entry: &Row) -> Result<()> {
        let written = self.table.write_all_at(&entry.encode(), (row * ROW) as u64);
        written.map_err(|cause| self.failed("write", "table", cause))
    }

    /// Overwrites all that is written of `row`, which is `entry`, with zeros.
    pub fn erase(&self, row: usize, entry: &Row) -> Result<()> {
        let failed = |end: &'static str| move |cause| self.failed("erase in", end, cause);
        let texts = vec![0; entry.texts.1 as usize];
        let erased = self.texts.write_all_at(&texts, entry.texts.0);
        erased.map_err(failed("texts"))?;
        if let Some(length) = (entry.words.1 as usize).checked_sub(WORDS_HEAD) {
            let place = entry.words.0 + WORDS_HEAD as u64;
            let erased = self.words.write_all_at(&vec![0; length], place);
            erased.map_err(failed("words"))?;
        }
        let (bytes, halves) = (vec![0; self.stride], vec![0; self.stride * 2]);
        let erased = self.write_vector(row, 0.0, &bytes, &halves);
        erased.map_err(failed("vectors"))?;
        // Last, since the row says where the rest is.
        let zeros = [0; ROW];
        let erased = self.table.write_all_at(&zeros, (row * ROW) as u64);
        erased.map_err(failed("table"))
    }

    /// Cuts off what a save left behind that failed, where the next one begins.
    pub fn cut(&self, rows: usize, texts: u64, words: u64) {
        // What stays is overwritten by the next picture.
        let _ = self.texts.set_len(texts);
        let _ = self.words.set_len(words);
        let _ = self.table.set_len((rows * ROW) as u64);
        let (bytes, halves) = (vec![0; self.stride], vec![0; self.stride * 2]);
        let _ = self.write_vector(rows, 0.0, &bytes, &halves);
    }

    /// Makes all that was written survive a power cut.
    pub fn sync(&self) -> Result<()> {
        let files = [&self.table, &self.texts, &self.words, &self.vectors];
        let synced = files.into_iter().try_for_each(File::sync_data);
        let synced = synced.and_then(|()| File::open(&self.folder)?.sync_all());
        synced.map_err(|cause| failed("sync", &self.folder, cause))
    }

    /// Bytes on disk, without kept files.
    pub fn bytes(&self) -> u64 {
        let files = [&self.table, &self.texts, &self.words, &self.vectors];
        let length = |file: &File| file.metadata().map_or(0, |of| of.len());
        files.into_iter().map(length).sum()
    }

    /// Keeps `file` as that of the picture with that number; it survives a power cut.
    pub fn keep(&self, number: &[u8; 16], file: &[u8]) -> Result<()> {
        let folder = self.folder.join(KEPT);
        let path = folder.join(hex(number));
        let keep = || {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)?;
            let mut options = File::options();
            let options = options.write(true).create(true).truncate(true).mode(0o600);
            let kept = options.open(&path)?;
            kept.write_all_at(file, 0)?;
            kept.sync_data()?;
            File::open(&folder)?.sync_all()
        };
        keep().map_err(|cause| {
            let _ = fs::remove_file(&path);
            failed("write", &path, cause)
        })
    }

    /// Where the file of the picture with that number is kept, if it is.
    pub fn kept(&self, number: &[u8; 16]) -> (PathBuf, PathBuf) {
        (self.folder.join(KEPT), PathBuf::from(hex(number)))
    }

    /// Removes the file that is kept of the picture with that number, if there is one.
    pub fn remove_kept(&self, number: &[u8; 16]) -> Result<()> {
        let (folder, name) = self.kept(number);
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", &path, cause))
            }
            _ => Ok(()),
        }
    }

    fn write_vector(&self, row: usize, scale: f32, bytes: &[u8], halves: &[u8]) -> io::Result<()> {
        let [scale_at, bytes_at, halves_at] = self.places(row);
        self.vectors.write_all_at(&scale.to_le_bytes(), scale_at)?;
        self.vectors.write_all_at(bytes, bytes_at)?;
        self.vectors.write_all_at(halves, halves_at)
    }

    fn block_size(&self) -> usize {
        BLOCK * (4 + self.stride * 3)
    }

    /// Where the scale, the bytes and the 16-bit floats of `row` stand.
    fn places(&self, row: usize) -> [u64; 3] {
        let (block, within) = (row / BLOCK, row % BLOCK);
        let start = block * self.block_size();
        let bytes = start + BLOCK * 4;
        let halves = bytes + BLOCK * self.stride;
        [
            start + within * 4,
            bytes + within * self.stride,
            halves + within * self.stride * 2,
        ]
        .map(|place| place as u64)
    }

    /// Reads `bytes` at `place`; what lies behind the end of the file is zeros.
    fn read(&self, file: &File, bytes: &mut [u8], place: u64, end: &str) -> Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            match file.read_at(&mut bytes[done..], place + done as u64) {
                Ok(0) => {
                    bytes[done..].fill(0);
                    return Ok(());
                }
                Ok(count) => done += count,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                Err(cause) => return Err(self.failed("read", end, cause)),
            }
        }
        Ok(())
    }

    fn failed(&self, what: &str, end: &str, cause: io::Error) -> Error {
        let path = file_path(&self.folder, self.current.generation, end);
        failed(what, &path, cause)
    }
}

/// The scale of a vector, and its components as bytes.
fn quantised(halves: &[u8]) -> (f32, Vec<u8>) {
    let floats: Vec<f32> = floats(halves).collect();
    let most = floats.iter().fold(0_f32, |most, x| most.max(x.abs()));
    let scale = if most > 0.0 { 127.0 / most } else { 0.0 };
    let bytes = floats.iter().map(|x| quantise(x * scale).cast_unsigned());
    (scale, bytes.collect())
}

/// The components of a vector of 16-bit floats.
pub(super) fn floats(halves: &[u8]) -> impl Iterator<Item = f32> {
    let (halves, _) = halves.as_chunks();
    halves.iter().map(|half| f16::from_le_bytes(*half).to_f32())
}

/// `vector` as 16-bit floats, filled up to `stride`.
pub(super) fn halves(vector: &[f32], stride: usize) -> Vec<u8> {
    let halves = vector.iter().map(|x| f16::from_f32(*x).to_le_bytes());
    let mut halves: Vec<u8> = halves.flatten().collect();
    halves.resize(stride * 2, 0);
    halves
}

/// The length that an entry with `words` has in the file of words.
pub(super) fn words_length(words: &[u8]) -> u32 {
    match u32::try_from(words.len()) {
        Ok(length) if length > 0 => length + 6,
        _ => 0,
    }
}

/// The entries of words: each row with its words.
pub(super) fn word_entries(mut bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = bytes.split_first_chunk::<WORDS_HEAD>()?;
        let row = u32::from_le_bytes(*head.first_chunk()?);
        let length = u16::from_le_bytes(*head.last_chunk()?);
        let (words, rest) = rest.split_at_checked(length.into())?;
        bytes = rest;
        Some((row as usize, words))
    })
}

/// Writes which files are those of the collection, so that it survives a power cut.
pub(super) fn write_current(folder: &Path, current: &Current) -> Result<()> {
    let (new, path) = (folder.join("current.new"), folder.join(CURRENT));
    let write = || {
        // Text and a number are JSON: this cannot fail.
        let text = serde_json::to_vec(current).unwrap_or_default();
        let mut options = File::options();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let file = options.open(&new)?;
        file.write_all_at(&text, 0)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(folder)?.sync_all()
    };
    write().map_err(|cause| {
        let _ = fs::remove_file(&new);
        failed("write", &path, cause)
    })
}

fn file_path(folder: &Path, generation: u64, end: &str) -> PathBuf {
    folder.join(format!("{generation}.{end}"))
}

fn failed(what: &str, path: &Path, cause: io::Error) -> Error {
    Error::system(format!("cannot {what} {}", path.display()), cause)
}
