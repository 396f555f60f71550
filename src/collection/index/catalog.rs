//! Catalogs: what the pictures of a segment are called, and when and where they were taken, in a form
//! that is searched quickly.
//!
//! ```text
//! head     magic, CRC-32 of the segment and of what follows, rows, folders, words, lengths of the
//!          folders', names', words' and lists' text, CRC-32 of these; 88 bytes
//! taken    rows × 8: seconds since 1970 by the camera's clock; the least number for unknown
//! point    rows × 3 × 4: the point on a globe of radius 1, as 32-bit floats; NaN for unknown
//! folder   rows × 4: number of the folder
//! folders  ends (4 bytes each), then each as the number of its root and the path below that
//! names    ends (4 bytes each), then the words of each name in that path, as ` summer rome / 2019 `
//! words    ends (4 bytes each), then the words in order
//! lists    ends (4 bytes each), then for each word the rows that have it: differences, 7 bits a byte
//! ```
//!
//! A catalog holds nothing that is not in the records of its segment, and is written beside it, before a
//! manifest names both. So nothing is lost with it: whoever finds it missing, damaged, or of another
//! version makes it anew in memory, and the next writer makes the file.
//!
//! Why no database: a state of the index is one set of immutable files, so that a kill, a full disk or a
//! reader from before leaves no row in one store and not in the other, and nothing that was removed stays
//! in a free page. In `SQLite` a filter that lets half of 100,000 rows through took 8 ms and one of a
//! region 24 ms, where these columns take a fraction of one; it would add 1 MB to `clip-search`, and a
//! write-ahead log to a folder that readers need not be able to write.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::ops::{Deref, Range};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::bytes::{Put, Take, checksum, seal, sealed};
use super::manifest::{Root, SegmentEntry};
use super::record::StoredRecord;
use super::segment::Segment;
use crate::collection::words::{PictureWords, name_words};
use crate::error::{Error, Result};
use crate::private;
use crate::search::Position;
use clip::mapped::{Mapped, State};

/// Changes with the format, and with how words are made.
const MAGIC: &[u8; 8] = b"clipcat1";
const HEAD: usize = 88;
/// The time of a picture of which none is known.
pub(super) const NEVER: i64 = i64::MIN;

/// Where the parts of a catalog lie.
#[derive(Debug, Clone, Default)]
struct Layout {
    taken: Range<usize>,
    point: Range<usize>,
    folder: Range<usize>,
    folders: Texts,
    names: Texts,
    words: Texts,
    lists: Texts,
}

/// Texts one after another: where each ends, and all of them.
#[derive(Debug, Clone, Default)]
struct Texts {
    count: usize,
    ends: Range<usize>,
    text: Range<usize>,
}

#[derive(Debug)]
enum Bytes {
    File(Mapped),
    /// Made anew.
    Memory(Vec<u8>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::File(map) => map,
            Self::Memory(bytes) => bytes,
        }
    }
}

/// The catalog of one segment.
#[derive(Debug)]
pub(in crate::collection) struct Catalog {
    bytes: Bytes,
    layout: Layout,
    rows: usize,
    /// CRC-32 of all behind the head.
    checksum: u32,
}

impl Catalog {
    /// The catalog of `segment`, which is `entry` in the manifest: from its file, or made anew.
    pub fn of(segment: &Segment, entry: &SegmentEntry, roots: &[Root]) -> Result<Self> {
        if let Some(sound) = Self::open(&path_of(segment), entry) {
            return Ok(sound);
        }
        let bytes = Bytes::Memory(made(segment, entry, roots)?);
        Self::new(bytes, entry).ok_or_else(|| super::damaged(&segment.path))
    }

    /// Makes sure that there is a file with the catalog of `segment`.
    pub fn keep(segment: &Segment, entry: &SegmentEntry, roots: &[Root]) -> Result<()> {
        let path = path_of(segment);
        if Self::open(&path, entry).is_some() {
            return Ok(());
        }
        let bytes = made(segment, entry, roots)?;
        let new = path.with_extension("catalog.new");
        let write = || {
            let mut file = private::create(&new)?;
            file.write_all(&bytes)?;
            drop(file);
            fs::rename(&new, &path)
        };
        write().map_err(|cause| {
            let _ = fs::remove_file(&new);
            Error::system(format!("cannot write {}", path.display()), cause)
        })
    }

    /// The file at `path`, if it is the catalog of `entry`, and sound.
    fn open(path: &Path, entry: &SegmentEntry) -> Option<Self> {
        let map = Mapped::open(path).ok()?;
        let catalog = Self::new(Bytes::File(map), entry)?;
        catalog.is_intact().ok()?.then_some(catalog)
    }

    fn new(bytes: Bytes, entry: &SegmentEntry) -> Option<Self> {
        let (head, _) = bytes.split_first_chunk::<HEAD>()?;
        let mut take = sealed(head, MAGIC)?;
        let (segment, checksum) = (take.small()?, take.small()?);
        let rows = take.size()?;
        let counts = [take.size()?, take.size()?];
        let lengths = [take.size()?, take.size()?, take.size()?, take.size()?];
        let layout = Layout::new(rows, counts, lengths)?;
        let is_its = segment == entry.checksum && rows == entry.rows;
        (is_its && layout.lists.text.end == bytes.len()).then_some(Self {
            bytes,
            layout,
            rows,
            checksum,
        })
    }

    fn is_intact(&self) -> clip::Result<bool> {
        let Bytes::File(map) = &self.bytes else {
            return Ok(true);
        };
        Ok(checksum(map, HEAD)? == self.checksum)
    }

    /// Begins a use, as [`Segment::begin`].
    pub fn begin(&self) -> Result<Option<State>> {
        match &self.bytes {
            Bytes::File(map) => Ok(Some(map.begin(|| self.is_intact())?)),
            Bytes::Memory(_) => Ok(None),
        }
    }

    /// Ends the use that began in `state`.
    pub fn end(&self, state: Option<State>) -> Result<()> {
        match (&self.bytes, state) {
            (Bytes::File(map), Some(state)) => Ok(map.end(state)?),
            _ => Ok(()),
        }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// When each picture was taken, or [`NEVER`].
    pub fn taken(&self) -> impl Iterator<Item = i64> {
        let (numbers, _) = self.bytes[self.layout.taken.clone()].as_chunks();
        numbers.iter().map(|number| i64::from_le_bytes(*number))
    }

    /// Where each picture was taken, on a globe of radius 1.
    pub fn points(&self) -> impl Iterator<Item = [f32; 3]> {
        let (numbers, _) = self.bytes[self.layout.point.clone()].as_chunks::<4>();
        let (points, _) = numbers.as_chunks::<3>();
        points.iter().map(|point| point.map(f32::from_le_bytes))
    }

    /// The number of each picture's folder.
    pub fn folder_numbers(&self) -> impl Iterator<Item = usize> {
        let (numbers, _) = self.bytes[self.layout.folder.clone()].as_chunks();
        let numbers = numbers.iter();
        numbers.map(|number| u32::from_le_bytes(*number) as usize)
    }

    /// The folders: the number of the root of each, its path below that, and the words of each name in
    /// the path, as [`names`] writes them.
    pub fn folders(&self) -> impl Iterator<Item = (usize, &Path, &str)> {
        (0..self.layout.folders.count).map(|number| {
            let mut take = Take(self.text(&self.layout.folders, number));
            // A root that does not exist matches nothing.
            let root = take.size().unwrap_or(usize::MAX);
            let names = str::from_utf8(self.text(&self.layout.names, number));
            let path = Path::new(OsStr::from_bytes(take.0));
            (root, path, names.unwrap_or_default())
        })
    }

    /// The number of `word`, if a picture has it.
    pub fn word(&self, word: &str) -> Option<usize> {
        let number = self.first_word(word.as_bytes());
        (self.text(&self.layout.words, number) == word.as_bytes()).then_some(number)
    }

    /// The numbers of the words that begin with `beginning` and have at most `longest` bytes.
    pub fn words_with(&self, beginning: &str, longest: usize) -> impl Iterator<Item = usize> {
        let text = |number: usize| self.text(&self.layout.words, number);
        let begins = move |number: &usize| text(*number).starts_with(beginning.as_bytes());
        let all = self.first_word(beginning.as_bytes())..self.layout.words.count;
        all.take_while(begins)
            .filter(move |number| text(*number).len() <= longest)
    }

    /// The rows of the pictures that have the word with that number.
    pub fn rows_with(&self, word: usize) -> impl Iterator<Item = usize> {
        let mut list = self.text(&self.layout.lists, word).iter();
        let mut row = 0;
        let rows = self.rows;
        let next = move || {
            let mut difference = 0;
            for shift in (0..32).step_by(7) {
                let byte = usize::from(*list.next()?);
                difference |= (byte & 0x7f) << shift;
                if byte < 0x80 {
                    break;
                }
            }
            row += difference;
            Some(row)
        };
        // The first is 1 for row 0, so that every difference is at least 1.
        std::iter::from_fn(next)
            .map(|row| row.wrapping_sub(1))
            .filter(move |row| *row < rows)
    }

    /// The number of the first word that is not before `word`.
    fn first_word(&self, word: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.layout.words.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.text(&self.layout.words, middle) < word {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// The text with that number; empty if there is none.
    fn text(&self, texts: &Texts, number: usize) -> &[u8] {
        let (ends, _) = self.bytes[texts.ends.clone()].as_chunks();
        let end = |number: usize| {
            ends.get(number)
                .map(|end| u32::from_le_bytes(*end) as usize)
        };
        let start = match number.checked_sub(1) {
            None => Some(0),
            Some(before) => end(before),
        };
        let all = &self.bytes[texts.text.clone()];
        let range = start.zip(end(number)).map(|(start, end)| start..end);
        range.and_then(|range| all.get(range)).unwrap_or_default()
    }
}

impl Layout {
    fn new(rows: usize, counts: [usize; 2], lengths: [usize; 4]) -> Option<Self> {
        let mut end = HEAD;
        let mut part = |count: usize, width: usize| {
            let start = end;
            end = start.checked_add(count.checked_mul(width)?)?;
            Some(start..end)
        };
        let [folders, words] = counts;
        let (taken, point, folder) = (part(rows, 8)?, part(rows, 12)?, part(rows, 4)?);
        let mut texts = |count: usize, length: usize| {
            Some(Texts {
                count,
                ends: part(count, 4)?,
                text: part(length, 1)?,
            })
        };
        Some(Self {
            taken,
            point,
            folder,
            folders: texts(folders, lengths[0])?,
            names: texts(folders, lengths[1])?,
            words: texts(words, lengths[2])?,
            lists: texts(words, lengths[3])?,
        })
    }
}

/// The name of the catalog's file beside that of its segment.
pub(super) fn path_of(segment: &Segment) -> PathBuf {
    segment.path.with_extension("catalog")
}

/// The catalog of `segment`, from its records.
fn made(segment: &Segment, entry: &SegmentEntry, roots: &[Root]) -> Result<Vec<u8>> {
    let mut builder = Builder::default();
    for row in 0..segment.rows() {
        builder.add(row, &segment.stored(row)?, roots);
    }
    Ok(builder.finish(entry))
}

/// Collects what a catalog says.
#[derive(Default)]
struct Builder {
    rows: usize,
    taken: Vec<u8>,
    point: Vec<u8>,
    folder: Vec<u8>,
    numbers: HashMap<Vec<u8>, u32>,
    folders: Vec<Vec<u8>>,
    names: Vec<String>,
    words: BTreeMap<String, List>,
}

/// The rows that have a word.
#[derive(Default)]
struct List {
    last: usize,
    bytes: Vec<u8>,
}

impl List {
    fn push(&mut self, row: usize) {
        let mut difference = row + 1 - self.last;
        self.last = row + 1;
        while difference >= 0x80 {
            self.bytes.push((difference & 0x7f | 0x80).to_le_bytes()[0]);
            difference >>= 7;
        }
        self.bytes.push(difference.to_le_bytes()[0]);
    }
}

impl Builder {
    fn add(&mut self, row: usize, stored: &StoredRecord, roots: &[Root]) {
        self.rows = row + 1;
        let taken = stored.taken().map_or(NEVER, |taken| taken.seconds);
        self.taken.extend(taken.to_le_bytes());
        let point = stored.details.position.map(Position::on_globe);
        for part in point.unwrap_or([f32::NAN; 3]) {
            self.point.extend(part.to_le_bytes());
        }
        let mut folder = Vec::new();
        folder.number(stored.root as u64);
        let parent = stored.path.parent().unwrap_or(Path::new(""));
        folder.extend(parent.as_os_str().as_bytes());
        let next = u32::try_from(self.folders.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(folder.clone()).or_insert(next);
        if number == next {
            self.folders.push(folder);
            self.names.push(names(parent));
        }
        self.folder.extend(number.to_le_bytes());
        let root = roots.get(stored.root);
        for word in words_of(stored, root).iter() {
            if let Some(list) = self.words.get_mut(word) {
                list.push(row);
            } else {
                let mut list = List::default();
                list.push(row);
                self.words.insert(word.to_owned(), list);
            }
        }
    }

    fn finish(self, entry: &SegmentEntry) -> Vec<u8> {
        let mut body = self.taken;
        body.extend(self.point);
        body.extend(self.folder);
        let lengths = [
            put_texts(&mut body, self.folders.iter().map(Vec::as_slice)),
            put_texts(&mut body, self.names.iter().map(String::as_bytes)),
            put_texts(&mut body, self.words.keys().map(String::as_bytes)),
            put_texts(
                &mut body,
                self.words.values().map(|list| list.bytes.as_slice()),
            ),
        ];
        let mut out = MAGIC.to_vec();
        out.number(entry.checksum);
        out.number(crc32fast::hash(&body));
        for size in [self.rows, self.folders.len(), self.words.len()] {
            out.number(size as u64);
        }
        for length in lengths {
            out.number(length as u64);
        }
        out.resize(HEAD - 4, 0);
        seal(&mut out);
        out.extend(body);
        out
    }
}

/// The words of each name in `path`.
pub(super) fn names(path: &Path) -> String {
    let words = |name: &OsStr| format!(" {} ", name_words(&name.to_string_lossy()).join(" "));
    path.iter().map(words).collect::<Vec<_>>().join("/")
}

/// Appends texts with their ends, and returns their length.
fn put_texts<'a>(out: &mut Vec<u8>, texts: impl Iterator<Item = &'a [u8]> + Clone) -> usize {
    let mut end = 0;
    for text in texts.clone() {
        end += text.len();
        // A segment has less than 2³² rows of short names.
        out.extend(u32::try_from(end).unwrap_or(u32::MAX).to_le_bytes());
    }
    texts.for_each(|text| out.extend(text));
    end
}

/// What the picture of `stored` is called.
fn words_of(stored: &StoredRecord, root: Option<&Root>) -> PictureWords {
    let mut words = PictureWords::default();
    let name = |name: &OsStr| name.to_string_lossy().into_owned();
    if root.is_some_and(|root| root.is_list) {
        words.add_name(&name_in_address(&stored.path.to_string_lossy()));
    } else {
        words.add_name(&name(stored.path.file_stem().unwrap_or_default()));
        let above = root.and_then(|root| root.path.file_name());
        let folders = stored.path.parent().into_iter().flat_map(Path::iter);
        for folder in above.into_iter().chain(folders) {
            words.add_name(&name(folder));
        }
    }
    words.add_text(&stored.caption);
    for keyword in &stored.details.keywords {
        words.add_text(keyword);
    }
    words.add_text(&stored.details.camera);
    words
}

/// The last part of an address, without its ending.
fn name_in_address(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, path) = path.split_once("://").unwrap_or(("", path));
    let name = path.rsplit_once('/').map_or("", |(_, name)| name);
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    let stem = Path::new(name.as_ref()).file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
