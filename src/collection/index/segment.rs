//! Segments: files of vectors and records, each written once and never changed.
//!
//! ```text
//! head     magic, dimensions, rows, length of records, scale, CRC-32 of these; 64 bytes
//! bytes    rows × stride: each component times the scale, quantised to a signed byte
//! halves   rows × stride × 2: each component as a 16-bit float
//! content  rows × (key, row): sorted by the first 8 bytes of the content's digest
//! place    rows × (key, row): sorted by the digest of root and path
//! ends     rows × 8: where each record ends
//! records  each with a CRC-32 of its own
//! ```
//!
//! `stride` is the number of dimensions, rounded up for the kernels. A search reads all of `bytes`
//! and a few rows of the rest. Opening checks only the head, and each later access checks what it
//! reads: a damaged file leads to wrong scores or to an error, and to nothing worse. One that another
//! program changes while it is open is compared with its checksum, and is an error from then on. All
//! numbers are little endian.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use half::f16;

use super::bytes::{Put, checksum, seal, sealed};
use super::catalog::Catalog;
use super::codes::Codes;
use super::damaged;
use super::manifest::{Root, RowSet, SegmentEntry, file_name};
use super::record::{StoredRecord, place_key};
use super::rows::RowSource;
use crate::error::{Error, Kind, Result};
use clip::kernel::scan::{STRIDE, quantise};
use clip::mapped::{Mapped, State};

const MAGIC: &[u8; 8] = b"clipseg1";
const HEAD: usize = 64;
/// Bytes of a key with its row in the tables `content` and `place`.
const KEYED: usize = 12;

/// A vector cannot have more components: a head that says so is damaged.
const MAX_DIMENSIONS: usize = 1 << 16;

/// Byte ranges of the parts of a segment.
#[derive(Debug, Clone)]
struct Layout {
    stride: usize,
    rows: usize,
    bytes: Range<usize>,
    halves: Range<usize>,
    content: Range<usize>,
    place: Range<usize>,
    ends: Range<usize>,
    records: Range<usize>,
}

impl Layout {
    fn new(dimensions: usize, rows: usize, records: usize) -> Option<Self> {
        if dimensions == 0 || dimensions > MAX_DIMENSIONS || u32::try_from(rows).is_err() {
            return None;
        }
        let stride = stride(dimensions);
        let mut end = HEAD;
        let mut part = |length: Option<usize>| {
            let start = end;
            end = start.checked_add(length?)?;
            Some(start..end)
        };
        Some(Self {
            stride,
            rows,
            bytes: part(rows.checked_mul(stride))?,
            halves: part(rows.checked_mul(stride * 2))?,
            content: part(rows.checked_mul(KEYED))?,
            place: part(rows.checked_mul(KEYED))?,
            ends: part(rows.checked_mul(8))?,
            records: part(Some(records))?,
        })
    }
}

/// Components of a stored row, with those that pad it.
pub(in crate::collection) fn stride(dimensions: usize) -> usize {
    dimensions.next_multiple_of(STRIDE)
}

/// An open segment. It stays readable after its file is deleted.
#[derive(Debug)]
pub(in crate::collection) struct Segment {
    pub number: u64,
    pub path: PathBuf,
    /// The factor by which components were multiplied to become bytes.
    pub scale: f32,
    /// The quantised vectors and the tables are read through the mapping; 16-bit floats and records
    /// are read on demand.
    map: Mapped,
    layout: Layout,
    /// Opened when it is needed first.
    catalog: OnceLock<Catalog>,
    /// Opened when they are needed first, and there.
    codes: OnceLock<Codes>,
}

/// The state of the files that a search reads, as it began.
#[derive(Debug)]
pub(in crate::collection) struct InUse {
    segment: State,
    codes: Option<State>,
}

impl Segment {
    /// Opens the segment that the manifest lists as `entry`.
    pub fn open(folder: &Path, entry: &SegmentEntry, dimensions: usize) -> Result<Self> {
        let path = folder.join(entry.file_name());
        let map = Mapped::open(&path)?;
        let understood = || {
            let (head, _) = map.split_first_chunk::<HEAD>()?;
            let (scale, layout) = read_head(head)?;
            let whole = layout.records.end == map.len() && map.len() as u64 == entry.length;
            let expected = layout.rows == entry.rows && layout.stride == stride(dimensions);
            (whole && expected).then_some((scale, layout))
        };
        let Some((scale, layout)) = understood() else {
            return Err(damaged(&path));
        };
        Ok(Self {
            number: entry.number,
            path,
            scale,
            map,
            layout,
            catalog: OnceLock::new(),
            codes: OnceLock::new(),
        })
    }

    /// Begins a use of the vectors, tables and codes: the file is what the manifest lists as `entry`.
    pub fn begin(&self, entry: &SegmentEntry) -> Result<InUse> {
        if self.codes.get().is_none()
            && let Some(codes) = Codes::open(&self.path, entry, self.stride())
        {
            // Of two that are opened at once, one is dropped.
            let _ = self.codes.set(codes);
        }
        let is_intact = || Ok(checksum(&self.map, 0)? == entry.checksum);
        let segment = self.map.begin(is_intact);
        Ok(InUse {
            segment: segment.map_err(|error| self.spoilt(error))?,
            codes: self.codes.get().map(Codes::begin).transpose()?,
        })
    }

    /// Ends the use that began in `state`; if this fails, its results mean nothing.
    pub fn end(&self, state: InUse) -> Result<()> {
        let end = self.map.end(state.segment);
        end.map_err(|error| self.spoilt(error))?;
        let codes = self.codes.get().zip(state.codes);
        codes.map_or(Ok(()), |(codes, state)| codes.end(state))
    }

    /// The codes of the vectors, if they have a file.
    pub fn codes(&self) -> Option<&Codes> {
        self.codes.get()
    }

    fn spoilt(&self, error: clip::Error) -> Error {
        match error.kind() {
            clip::ErrorKind::Changed => damaged(&self.path),
            _ => error.into(),
        }
    }

    pub fn rows(&self) -> usize {
        self.layout.rows
    }

    pub fn stride(&self) -> usize {
        self.layout.stride
    }

    /// The quantised vectors, one after another.
    pub fn bytes(&self) -> &[u8] {
        &self.map[self.layout.bytes.clone()]
    }

    /// Reads the 16-bit floats of `row`, which must be less than [`Segment::rows`], into `out`.
    pub fn halves(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let width = self.layout.stride * 2;
        let start = self.layout.halves.start + row * width;
        Ok(self.map.read(start..start + width, out)?)
    }

    /// As [`Segment::halves`], of several rows, one after another.
    pub fn halves_of(&self, rows: Range<usize>, out: &mut Vec<u8>) -> Result<()> {
        let width = self.layout.stride * 2;
        let start = self.layout.halves.start;
        Ok(self
            .map
            .read(start + rows.start * width..start + rows.end * width, out)?)
    }

    /// The record of `row`.
    pub fn stored(&self, row: usize) -> Result<StoredRecord> {
        let mut bytes = Vec::new();
        self.record(row, &mut bytes)?;
        StoredRecord::from_bytes(&bytes).ok_or_else(|| damaged(&self.path))
    }

    /// Reads the encoded record of `row` into `out`.
    pub fn record(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let range = self.record_range(row).ok_or_else(|| damaged(&self.path))?;
        Ok(self.map.read(range, out)?)
    }

    fn record_range(&self, row: usize) -> Option<Range<usize>> {
        let ends = &self.map[self.layout.ends.clone()];
        let end = |row: usize| {
            let end = ends.get(row * 8..)?.first_chunk()?;
            usize::try_from(u64::from_le_bytes(*end)).ok()
        };
        let start = match row.checked_sub(1) {
            None => 0,
            Some(before) => end(before)?,
        };
        let all = &self.layout.records;
        let range = all.start.checked_add(start)?..all.start.checked_add(end(row)?)?;
        (range.start <= range.end && range.end <= all.end).then_some(range)
    }

    /// Rows whose content has that key; others may have it by chance.
    pub fn with_content(&self, key: u64) -> impl Iterator<Item = usize> {
        self.with_key(&self.layout.content, key)
    }

    /// Rows whose place has that key; others may have it by chance.
    pub fn with_place(&self, key: u64) -> impl Iterator<Item = usize> {
        self.with_key(&self.layout.place, key)
    }

    fn with_key(&self, table: &Range<usize>, key: u64) -> impl Iterator<Item = usize> {
        let (table, _) = self.map[table.clone()].as_chunks::<KEYED>();
        let first = table.partition_point(|keyed| split(*keyed).0 < key);
        let same = table.iter().skip(first).map(|keyed| split(*keyed));
        let same = same.take_while(move |(found, _)| *found == key);
        // A damaged table may hold any number.
        let rows = self.rows();
        same.map(|(_, row)| row).filter(move |row| *row < rows)
    }

    /// The catalog of this segment, which is `entry` in the manifest.
    pub fn catalog(&self, entry: &SegmentEntry, roots: &[Root]) -> Result<&Catalog> {
        match self.catalog.get() {
            Some(catalog) => Ok(catalog),
            // Of two that are opened at once, one is dropped.
            None => Catalog::of(self, entry, roots).map(|new| self.catalog.get_or_init(|| new)),
        }
    }

    /// Reads the whole file and compares it with the checksum in the manifest.
    pub fn verify(&self, entry: &SegmentEntry) -> Result<()> {
        let failed = |cause| Error::system(format!("cannot read {}", self.path.display()), cause);
        let mut file = File::open(&self.path).map_err(failed)?;
        let mut hasher = crc32fast::Hasher::new();
        // Not through the mapping, whose pages would count as memory of this process.
        let mut buffer = vec![0; 1 << 18];
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                length => hasher.update(&buffer[..length]),
            }
        }
        if hasher.finalize() == entry.checksum {
            Ok(())
        } else {
            Err(damaged(&self.path))
        }
    }
}

fn split(keyed: [u8; KEYED]) -> (u64, usize) {
    let mut key = [0; 8];
    let mut row = [0; 4];
    key.copy_from_slice(&keyed[..8]);
    row.copy_from_slice(&keyed[8..]);
    (u64::from_le_bytes(key), u32::from_le_bytes(row) as usize)
}

fn read_head(head: &[u8; HEAD]) -> Option<(f32, Layout)> {
    let mut take = sealed(head, MAGIC)?;
    let (dimensions, rows, records) = (take.size()?, take.size()?, take.size()?);
    let scale = f32::from_bits(take.small()?);
    let layout = Layout::new(dimensions, rows, records)?;
    (scale.is_finite() && scale > 0.0).then_some((scale, layout))
}

fn head(dimensions: usize, rows: usize, records: usize, scale: f32) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.number(dimensions as u64);
    head.number(rows as u64);
    head.number(records as u64);
    head.number(scale.to_bits());
    head.resize(HEAD - 4, 0);
    seal(&mut head);
    head
}

/// `vector` as 16-bit floats, padded to the length of a stored row.
pub(in crate::collection) fn halves(vector: &[f32]) -> Vec<u8> {
    let mut row: Vec<u8> = vector
        .iter()
        .flat_map(|x| f16::from_f32(*x).to_le_bytes())
        .collect();
    row.resize(stride(vector.len()) * 2, 0);
    row
}

/// The components of a row of 16-bit floats.
pub(in crate::collection) fn floats(row: &[u8]) -> impl Iterator<Item = f32> {
    let halves = row.as_chunks::<2>().0.iter();
    halves.map(|half| f16::from_le_bytes(*half).to_f32())
}

/// Writes the rows of `source` as the segment `number`, so that it survives a power cut. If that
/// fails, the file is removed.
pub(in crate::collection) fn write(
    folder: &Path,
    number: u64,
    dimensions: usize,
    source: &impl RowSource,
) -> Result<SegmentEntry> {
    let path = folder.join(file_name(number));
    let failed = |cause| Error::system(format!("cannot write {}", path.display()), cause);
    let written = super::create(&path).map_err(failed).and_then(|file| {
        let mut out = ChecksummedFile {
            file: BufWriter::with_capacity(1 << 17, file),
            checksum: crc32fast::Hasher::new(),
            length: 0,
            failed: &failed,
        };
        write_parts(&mut out, dimensions, source)?;
        let file = out.file.into_inner();
        let file = file.map_err(|cause| failed(cause.into_error()))?;
        file.sync_all().map_err(failed)?;
        super::sync_folder(folder).map_err(failed)?;
        Ok(SegmentEntry {
            number,
            length: out.length,
            checksum: out.checksum.finalize(),
            rows: source.rows(),
            dead: RowSet::default(),
        })
    });
    if written.is_err() {
        let _ = fs::remove_file(&path);
    }
    written
}

struct ChecksummedFile<'a, F: Fn(std::io::Error) -> Error> {
    file: BufWriter<File>,
    checksum: crc32fast::Hasher,
    length: u64,
    failed: &'a F,
}

impl<F: Fn(std::io::Error) -> Error> ChecksummedFile<'_, F> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.checksum.update(bytes);
        self.length += bytes.len() as u64;
        self.file.write_all(bytes).map_err(self.failed)
    }
}

fn write_parts<F: Fn(std::io::Error) -> Error>(
    out: &mut ChecksummedFile<'_, F>,
    dimensions: usize,
    source: &impl RowSource,
) -> Result<()> {
    let rows = source.rows();
    let scale = source.scale();
    let mut buffer = Vec::new();
    let (mut ends, mut content, mut place) = (Vec::new(), Vec::new(), Vec::new());
    let mut end = 0;
    for row in 0..rows {
        source.record(row, &mut buffer)?;
        end += buffer.len();
        ends.extend((end as u64).to_le_bytes());
        let stored = StoredRecord::from_bytes(&buffer).ok_or_else(|| {
            Error::new(
                Kind::Unusable,
                "a record changed while it was in memory: check this machine's memory",
            )
        })?;
        content.push((stored.content_key(), row));
        place.push((place_key(stored.root, &stored.path), row));
    }
    out.put(&head(dimensions, rows, end, scale))?;
    let mut bytes = Vec::new();
    for row in 0..rows {
        source.halves(row, &mut buffer)?;
        bytes.clear();
        bytes.extend(floats(&buffer).map(|x| quantise(x * scale).cast_unsigned()));
        out.put(&bytes)?;
    }
    for row in 0..rows {
        source.halves(row, &mut buffer)?;
        out.put(&buffer)?;
    }
    for mut table in [content, place] {
        table.sort_unstable();
        for (key, row) in table {
            out.put(&key.to_le_bytes())?;
            // Layout takes no more rows than a u32 counts.
            out.put(&u32::try_from(row).unwrap_or(u32::MAX).to_le_bytes())?;
        }
    }
    out.put(&ends)?;
    for row in 0..rows {
        source.record(row, &mut buffer)?;
        out.put(&buffer)?;
    }
    Ok(())
}
