//! Codes: a short form of the vectors of a segment, which a search reads in place of them.
//!
//! ```text
//! head     magic, CRC-32 of the segment and of what follows, stride, rows, CRC-32 of these; 64 bytes
//! mean     4 bytes a component: the mean of the vectors, turned, as 32-bit floats
//! codes    rows × width: two bits a component ([`clip::kernel::codes`])
//! kept     rows × 8: factor and deviation of each code
//! fine     rows × (width + 8): two bits more a component, with factor and deviation of both together
//! ```
//!
//! As a catalog, the file holds nothing that is not in its segment, and is written beside it before a
//! manifest names both; the next writer makes a missing one, without encoding a picture. Until then,
//! and for a segment of few rows, the search reads the vectors' bytes.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::bytes::{Put, checksum, seal, sealed};
use super::manifest::SegmentEntry;
use super::segment::{Segment, floats};
use crate::error::{Error, Kind, Result};
use crate::private;
use clip::kernel::codes::{CodeQuery, KEPT, Rotation, encode, padded, width};
use clip::kernel::fetch;
use clip::mapped::{Mapped, State};

/// Changes with the format, and with how codes are made.
const MAGIC: &[u8; 8] = b"clipcod2";
const HEAD: usize = 64;
/// Fewest rows of a segment that has codes: fewer are compared soon enough by their bytes.
const MIN_ROWS: usize = 4096;
/// Vectors that are read at a time.
const BLOCK: usize = 256;

/// The codes of one segment.
#[derive(Debug)]
pub(in crate::collection) struct Codes {
    map: Mapped,
    path: PathBuf,
    mean: Vec<f32>,
    width: usize,
    rows: Range<usize>,
    kept: Range<usize>,
    fine: Range<usize>,
    /// CRC-32 of all behind the head.
    checksum: u32,
}

impl Codes {
    /// The codes of `segment`, which is `entry` in the manifest, if they have a file.
    pub fn open(segment: &Path, entry: &SegmentEntry, stride: usize) -> Option<Self> {
        if entry.rows < MIN_ROWS {
            return None;
        }
        let path = path_of(segment);
        let map = Mapped::open(&path).ok()?;
        let (head, _) = map.split_first_chunk::<HEAD>()?;
        let mut take = sealed(head, MAGIC)?;
        let (of, checksum) = (take.small()?, take.small()?);
        let is_its = (take.size()?, take.size()?) == (stride, entry.rows);
        let mean = HEAD..HEAD + 4 * padded(stride);
        let width = width(stride);
        let codes = mean.end..mean.end.checked_add(entry.rows.checked_mul(width)?)?;
        let kept = codes.end..codes.end.checked_add(entry.rows.checked_mul(KEPT)?)?;
        let fine_length = entry.rows.checked_mul(width + KEPT)?;
        let fine = kept.end..kept.end.checked_add(fine_length)?;
        if of != entry.checksum || !is_its || fine.end != map.len() {
            return None;
        }
        let (numbers, _) = map[mean].as_chunks();
        let mean = numbers.iter().map(|x| f32::from_le_bytes(*x)).collect();
        Some(Self {
            map,
            path,
            mean,
            width,
            rows: codes,
            kept,
            fine,
            checksum,
        })
    }

    /// Makes sure that there is a file with the codes of `segment`, if it should have one.
    pub fn keep(segment: &Segment, entry: &SegmentEntry) -> Result<()> {
        let path = path_of(&segment.path);
        let is_there = Self::open(&segment.path, entry, segment.stride()).is_some();
        if is_there || entry.rows < MIN_ROWS {
            return Ok(());
        }
        let new = path.with_extension("codes.new");
        let failed = |cause| Error::system(format!("cannot write {}", path.display()), cause);
        let made = private::create(&new).map_err(failed).and_then(|file| {
            Maker::new(segment)?.write(file, entry, &failed)?;
            fs::rename(&new, &path).map_err(failed)
        });
        if made.is_err() {
            let _ = fs::remove_file(&new);
        }
        made
    }

    /// Begins a use, as [`Segment::begin`].
    pub fn begin(&self) -> Result<State> {
        let begun = self.map.begin(|| self.is_intact());
        begun.map_err(|error| self.spoilt(error))
    }

    /// Ends the use that began in `state`.
    pub fn end(&self, state: State) -> Result<()> {
        self.map.end(state).map_err(|error| self.spoilt(error))
    }

    fn spoilt(&self, error: clip::Error) -> Error {
        match error.kind() {
            clip::ErrorKind::Changed => self.damaged(),
            _ => error.into(),
        }
    }

    fn damaged(&self) -> Error {
        let what = format!(
            "{} is damaged: remove it, and run clip-search index add again, which makes it anew",
            self.path.display()
        );
        Error::new(Kind::Unusable, what)
    }

    fn is_intact(&self) -> clip::Result<bool> {
        Ok(checksum(&self.map, HEAD)? == self.checksum)
    }

    /// Reads the whole file and compares it with the checksum in its head.
    pub fn verify(&self) -> Result<()> {
        if self.is_intact()? {
            Ok(())
        } else {
            Err(self.damaged())
        }
    }

    /// Estimates of products with `query`.
    pub fn estimates<'a>(&'a self, query: &'a CodeQuery) -> Estimates<'a> {
        Estimates {
            codes: self,
            query,
            base: query.dot(&self.mean),
        }
    }
}

/// Estimates the products of a query with the vectors of a segment by their codes. A damaged code may stand for
/// anything, and for no number.
pub(in crate::collection) struct Estimates<'a> {
    codes: &'a Codes,
    query: &'a CodeQuery,
    /// The product with the mean.
    base: f32,
}

impl Estimates<'_> {
    /// [`CodeQuery::sieve`] of `rows`.
    pub fn sieve(
        &self,
        rows: Range<usize>,
        deviations: f32,
        least: f32,
        found: &mut Vec<(usize, f32)>,
    ) {
        let Codes {
            map, width, kept, ..
        } = self.codes;
        let codes = &map[self.codes.rows.clone()][rows.start * width..rows.end * width];
        let (kept, _) = map[kept.clone()].as_chunks();
        self.query
            .sieve(codes, &kept[rows], self.base, deviations, least, found);
    }

    /// Begins to fetch what [`Estimates::refined`] needs of `row`, which must be less than the segment's rows.
    pub fn fetch(&self, row: usize) {
        let (code, fine) = self.both(row);
        fetch(code);
        fetch(fine);
    }

    /// [`CodeQuery::refined`] of `row`, which must be less than the segment's rows.
    pub fn refined(&self, row: usize) -> (f32, f32) {
        let (code, fine) = self.both(row);
        let (fine, kept) = fine.split_at(self.codes.width);
        // The file was found to be as long as its rows need.
        let kept = kept.first_chunk().copied().unwrap_or_default();
        self.query.refined(code, fine, kept, self.base)
    }

    /// The code of `row`, and its fine code with what is kept behind it.
    fn both(&self, row: usize) -> (&[u8], &[u8]) {
        let Codes { map, width, .. } = self.codes;
        let code = &map[self.codes.rows.clone()][row * width..][..*width];
        let fine = &map[self.codes.fine.clone()][row * (width + KEPT)..][..width + KEPT];
        (code, fine)
    }
}

/// The name of the file with the codes beside that of their segment.
pub(super) fn path_of(segment: &Path) -> PathBuf {
    segment.with_extension("codes")
}

/// Makes codes of the vectors of a segment.
struct Maker<'a> {
    segment: &'a Segment,
    rotation: Rotation,
    mean: Vec<f32>,
}

impl<'a> Maker<'a> {
    /// Reads all vectors for their mean.
    fn new(segment: &'a Segment) -> Result<Self> {
        let rotation = Rotation::new(segment.stride());
        let mut sums = vec![0f64; rotation.components()];
        let mut maker = Self {
            segment,
            rotation,
            mean: Vec::new(),
        };
        maker.each(|vector| {
            for (sum, x) in sums.iter_mut().zip(vector) {
                // One damaged vector must not spoil all codes.
                *sum += f64::from(if x.is_finite() { *x } else { 0.0 });
            }
            Ok(())
        })?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "a mean of small numbers"
        )]
        let mean = |sum: &f64| (sum / segment.rows() as f64) as f32;
        maker.mean = sums.iter().map(mean).collect();
        maker.rotation.turn(&mut maker.mean);
        Ok(maker)
    }

    /// Calls `take` with each vector, padded.
    fn each(&self, mut take: impl FnMut(&mut [f32]) -> Result<()>) -> Result<()> {
        let mut halves = Vec::new();
        let mut vector = Vec::new();
        let width = self.segment.stride() * 2;
        for start in (0..self.segment.rows()).step_by(BLOCK) {
            let rows = start..self.segment.rows().min(start + BLOCK);
            self.segment.halves_of(rows, &mut halves)?;
            for row in halves.chunks_exact(width) {
                vector.clear();
                vector.extend(floats(row));
                vector.resize(self.rotation.components(), 0.0);
                take(&mut vector)?;
            }
        }
        Ok(())
    }

    fn write(
        &self,
        file: File,
        entry: &SegmentEntry,
        failed: &impl Fn(io::Error) -> Error,
    ) -> Result<()> {
        let width = self.mean.len() / 4;
        let mean: Vec<u8> = self.mean.iter().flat_map(|x| x.to_le_bytes()).collect();
        let fine_start = HEAD + mean.len() + entry.rows * (width + KEPT);
        let (mut front, mut back) = (Area::new(&file, HEAD), Area::new(&file, fine_start));
        let (mut code, mut fine_code) = (vec![0; width], vec![0; width]);
        let mut all_kept = Vec::with_capacity(entry.rows * KEPT);
        front.put(&mean).map_err(failed)?;
        self.each(|vector| {
            self.rotation.turn(vector);
            for (x, mean) in vector.iter_mut().zip(&self.mean) {
                *x -= mean;
            }
            let [kept, fine_kept] = encode(vector, &mut code, &mut fine_code);
            all_kept.extend(kept.to_bytes());
            front.put(&code).map_err(failed)?;
            back.put(&fine_code).map_err(failed)?;
            back.put(&fine_kept.to_bytes()).map_err(failed)
        })?;
        front.put(&all_kept).map_err(failed)?;
        let mut hasher = front.end().map_err(failed)?;
        hasher.combine(&back.end().map_err(failed)?);
        let mut head = MAGIC.to_vec();
        head.number(entry.checksum);
        head.number(hasher.finalize());
        head.number(self.segment.stride() as u64);
        head.number(entry.rows as u64);
        head.resize(HEAD - 4, 0);
        seal(&mut head);
        file.write_all_at(&head, 0).map_err(failed)?;
        // Opening reads the head alone: after a power cut the rest must be there, too.
        file.sync_all().map_err(failed)
    }
}

/// Bytes that are written one after another to a part of a file.
struct Area<'a> {
    file: &'a File,
    at: u64,
    /// What is not written yet.
    waiting: Vec<u8>,
    hasher: crc32fast::Hasher,
}

impl<'a> Area<'a> {
    /// Bytes that are written together.
    const MANY: usize = 1 << 17;

    fn new(file: &'a File, start: usize) -> Self {
        Self {
            file,
            at: start as u64,
            waiting: Vec::with_capacity(Self::MANY),
            hasher: crc32fast::Hasher::new(),
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= Self::MANY {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.waiting, self.at)?;
        self.at += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }

    /// Writes what is left; returns the checksum of all that was put.
    fn end(mut self) -> io::Result<crc32fast::Hasher> {
        self.flush()?;
        Ok(self.hasher)
    }
}
