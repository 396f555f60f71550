//! What stands before and between the scans (T.81, annex B).

use std::sync::Arc;

use crate::huffman::Table;
use crate::{Error, Result};

/// Scans that are read at most: no encoder makes as many, and each may cost as much as the picture.
const MAX_SCANS: usize = 128;

/// Row and column of each frequency in the order of the file.
pub const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

#[derive(Clone, Copy)]
pub struct Component {
    pub id: u8,
    /// Blocks in a group of blocks, across and down.
    pub across: usize,
    pub down: usize,
    /// Which of the tables of divisors.
    pub divisors: usize,
}

pub struct Header<'a> {
    pub data: &'a [u8],
    /// The next marker.
    at: usize,
    pub width: u32,
    pub height: u32,
    pub is_progressive: bool,
    pub components: Vec<Component>,
    /// In the order of the file.
    pub divisors: [Option<[u16; 64]>; 4],
    dc: [Option<Arc<Table>>; 4],
    ac: [Option<Arc<Table>>; 4],
    /// Groups of blocks between two restarts; 0 for none.
    pub restart: usize,
    pub is_jfif: bool,
    /// The transform of colours that Adobe's segment tells.
    pub adobe: Option<u8>,
    pub exif: Option<&'a [u8]>,
    scans: usize,
}

/// A component in a scan.
pub struct InScan {
    pub component: usize,
    pub dc: Option<Arc<Table>>,
    pub ac: Option<Arc<Table>>,
}

/// The header of a scan.
pub struct Scan {
    pub components: Vec<InScan>,
    /// The frequencies in the order of the file, from the first to the last.
    pub first: usize,
    pub last: usize,
    /// The bit that is refined, or 0 where this is the first scan of the frequencies; and the lowest bit.
    pub high: u32,
    pub low: u32,
    /// Where the data begins.
    pub data: usize,
}

const CUT: Error = Error::Damaged("its head is cut off");

fn number(bytes: &[u8], at: usize) -> Result<usize> {
    let pair = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or(CUT)?;
    Ok(usize::from(u16::from_be_bytes(*pair)))
}

fn byte(bytes: &[u8], at: usize) -> Result<u8> {
    bytes.get(at).copied().ok_or(CUT)
}

impl<'a> Header<'a> {
    /// Reads up to the first scan.
    pub fn read(data: &'a [u8]) -> Result<Self> {
        if !data.starts_with(&[0xff, 0xd8]) {
            return Err(Error::Damaged("it does not begin as one"));
        }
        let mut header = Self {
            data,
            at: 2,
            width: 0,
            height: 0,
            is_progressive: false,
            components: Vec::new(),
            divisors: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart: 0,
            is_jfif: false,
            adobe: None,
            exif: None,
            scans: 0,
        };
        if header.read_to_scan()?.is_none() || header.components.is_empty() {
            return Err(Error::Damaged("it has no picture"));
        }
        Ok(header)
    }

    /// The next marker, and the content of its segment; nothing is skipped.
    fn segment(&self) -> Result<(u8, &'a [u8])> {
        let kind = byte(self.data, self.at + 1)?;
        let length = number(self.data, self.at + 2)?;
        let content = self.data.get(self.at + 4..self.at + 2 + length.max(2));
        Ok((kind, content.ok_or(CUT)?))
    }

    /// Takes in all segments before the next scan, whose header is returned; none at the end.
    fn read_to_scan(&mut self) -> Result<Option<&'a [u8]>> {
        loop {
            match self.data.get(self.at..self.at + 2) {
                None | Some([0xff, 0xd9]) => return Ok(None),
                Some([0xff, 0x01 | 0xd0..=0xd8]) => self.at += 2,
                Some([0xff, 1..=0xfe]) => {
                    let (kind, content) = match self.segment() {
                        // The file ends here; what was read so far is shown.
                        Err(_) if self.scans > 0 => return Ok(None),
                        segment => segment?,
                    };
                    if kind == 0xda {
                        return Ok(Some(content));
                    }
                    self.take(kind, content)?;
                    self.at += 4 + content.len();
                }
                _ => self.at += 1,
            }
        }
    }

    /// The next scan; none if there is no further one.
    pub fn next_scan(&mut self) -> Result<Option<Scan>> {
        let Some(content) = self.read_to_scan()? else {
            return Ok(None);
        };
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(Error::Damaged("it has too many scans"));
        }
        self.at += 4 + content.len();
        self.scan(content).map(Some)
    }

    /// Where the next scan is looked for.
    pub fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    fn take(&mut self, kind: u8, content: &'a [u8]) -> Result<()> {
        match kind {
            0xc0..=0xc2 => self.frame(kind, content),
            0xc3 => Err(Error::Unsupported("lossless coding")),
            0xc4 => self.codes(content),
            0xc5..=0xc7 | 0xcd..=0xcf => Err(Error::Unsupported("several sizes")),
            0xc9..=0xcb => Err(Error::Unsupported("arithmetic coding")),
            0xdb => self.all_divisors(content),
            0xdd => {
                self.restart = number(content, 0)?;
                Ok(())
            }
            0xe0 => {
                self.is_jfif |= content.starts_with(b"JFIF\0");
                Ok(())
            }
            0xe1 => {
                let exif = content.strip_prefix(b"Exif\0\0");
                self.exif = self.exif.or(exif);
                Ok(())
            }
            0xee => {
                if content.starts_with(b"Adobe") {
                    self.adobe = content.get(11).copied();
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn frame(&mut self, kind: u8, content: &[u8]) -> Result<()> {
        if !self.components.is_empty() {
            return Err(Error::Damaged("it has two pictures"));
        }
        if byte(content, 0)? != 8 {
            return Err(Error::Unsupported("12 bits"));
        }
        self.is_progressive = kind == 0xc2;
        // At most 65,535.
        let side = |at| number(content, at).map(|side| u32::try_from(side).unwrap_or(0));
        (self.height, self.width) = (side(1)?, side(3)?);
        if self.width == 0 || self.height == 0 {
            return Err(Error::Damaged("it has no pixels"));
        }
        let count = usize::from(byte(content, 5)?);
        if !matches!(count, 1 | 3 | 4) {
            return Err(Error::Unsupported("as many components"));
        }
        for index in 0..count {
            let at = 6 + 3 * index;
            let sampling = byte(content, at + 1)?;
            let [across, down] = [sampling >> 4, sampling & 15].map(usize::from);
            let divisors = usize::from(byte(content, at + 2)?);
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) || divisors > 3 {
                return Err(Error::Damaged("a component is of no kind"));
            }
            // Of a single component each block stands alone.
            let (across, down) = if count == 1 { (1, 1) } else { (across, down) };
            self.components.push(Component {
                id: byte(content, at)?,
                across,
                down,
                divisors,
            });
        }
        Ok(())
    }

    fn codes(&mut self, mut content: &[u8]) -> Result<()> {
        while let Some((class, rest)) = content.split_first() {
            let (counts, rest) = rest.split_first_chunk().ok_or(CUT)?;
            let all: usize = counts.iter().map(|count| usize::from(*count)).sum();
            let symbols = rest.get(..all.min(256)).ok_or(CUT)?;
            let tables = if class >> 4 == 0 {
                &mut self.dc
            } else {
                &mut self.ac
            };
            let table = tables.get_mut(usize::from(class & 15));
            let table = table.ok_or(Error::Damaged("too many tables"))?;
            *table = Some(Arc::new(Table::new(counts, symbols)?));
            content = rest.get(all..).ok_or(CUT)?;
        }
        Ok(())
    }

    fn all_divisors(&mut self, mut content: &[u8]) -> Result<()> {
        while let Some((class, rest)) = content.split_first() {
            let mut divisors = [0; 64];
            let size = if class >> 4 == 0 { 1 } else { 2 };
            let values = rest.get(..64 * size).ok_or(CUT)?;
            for (divisor, value) in divisors.iter_mut().zip(values.chunks(size)) {
                let add = |sum: u16, byte: &u8| sum << 8 | u16::from(*byte);
                *divisor = value.iter().fold(0, add);
            }
            let place = self.divisors.get_mut(usize::from(class & 15));
            *place.ok_or(Error::Damaged("too many tables"))? = Some(divisors);
            content = &rest[64 * size..];
        }
        Ok(())
    }

    fn scan(&self, content: &[u8]) -> Result<Scan> {
        const NONE: Error = Error::Damaged("a scan is of no kind");
        let count = usize::from(byte(content, 0)?);
        let mut components = Vec::new();
        for index in 0..count.min(4) {
            let id = byte(content, 1 + 2 * index)?;
            let tables = byte(content, 2 + 2 * index)?;
            let component = self.components.iter().position(|known| known.id == id);
            let component = component.ok_or(NONE)?;
            let table = |tables: &[Option<Arc<Table>>; 4], which: u8| {
                tables.get(usize::from(which)).cloned().flatten()
            };
            components.push(InScan {
                component,
                dc: table(&self.dc, tables >> 4),
                ac: table(&self.ac, tables & 15),
            });
        }
        let at = 1 + 2 * components.len();
        let [first, last] = [byte(content, at)?, byte(content, at + 1)?].map(usize::from);
        let bits = byte(content, at + 2)?;
        let scan = Scan {
            components,
            first,
            last,
            high: u32::from(bits >> 4),
            low: u32::from(bits & 15),
            data: self.at,
        };
        let mut seen = [false; 4];
        let mut once = |one: &InScan| !std::mem::replace(&mut seen[one.component], true);
        let is_once = scan.components.iter().all(&mut once);
        let fits = scan.first <= scan.last && scan.last < 64 && scan.low < 14;
        let is_right = if self.is_progressive {
            // The lowest frequencies stand apart; others are of one component.
            let apart = (scan.first == 0) == (scan.last == 0);
            fits && apart && (scan.first == 0 || scan.components.len() == 1)
        } else {
            true
        };
        if is_once && is_right && !scan.components.is_empty() && count <= 4 {
            Ok(scan)
        } else {
            Err(NONE)
        }
    }
}
