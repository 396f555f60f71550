//! The directories of a TIFF file, which are those of most RAW files, too.

use std::collections::HashSet;
use std::io::{self, Read, Seek};

use super::cost::Head;

/// Directories that are looked at, and entries of each.
const MAX_DIRECTORIES: usize = 64;
const MAX_ENTRIES: u64 = 512;
/// Values of an entry that are looked at: there are three to five of those asked for here, and a
/// directory for each size of a picture.
const MAX_VALUES: u32 = 16;

/// Tags, by the names that TIFF 6.0 and DNG 1.7 give them.
pub(super) mod tags {
    pub const NEW_SUBFILE_TYPE: u16 = 254;
    pub const IMAGE_WIDTH: u16 = 256;
    pub const IMAGE_LENGTH: u16 = 257;
    pub const BITS_PER_SAMPLE: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_LENGTH: u16 = 323;
    pub const SUB_IFDS: u16 = 330;
    pub const JPEG_OFFSET: u16 = 513;
    /// The whole picture as a JPEG in Panasonic's RAW files.
    pub const JPEG_FROM_RAW: u16 = 46;
    pub const EXIF_IFD: u16 = 34665;
    pub const DNG_VERSION: u16 = 50706;
}

/// One directory.
#[derive(Debug, Default)]
pub(super) struct Directory {
    entries: Vec<(u16, Entry)>,
    /// The values of an entry would end behind the file. A decoder makes room for all of them first.
    pub is_cut: bool,
}

#[derive(Debug)]
struct Entry {
    /// The first of them.
    values: Vec<u32>,
    count: u32,
    /// Bytes of each.
    size: u64,
    /// Where the value lies in the file.
    place: u64,
}

impl Directory {
    pub fn value(&self, tag: u16) -> Option<u32> {
        self.entry(tag)?.values.first().copied()
    }

    /// The value of `tag`, if it has no other.
    pub fn only(&self, tag: u16) -> Option<u32> {
        self.entry(tag).filter(|entry| entry.count == 1)?;
        self.value(tag)
    }

    /// Where the value of `tag` lies in the file.
    pub fn place(&self, tag: u16) -> Option<u64> {
        self.entry(tag).map(|entry| entry.place)
    }

    pub fn values(&self, tag: u16) -> &[u32] {
        self.entry(tag).map_or(&[], |entry| &entry.values)
    }

    fn entry(&self, tag: u16) -> Option<&Entry> {
        let found = self.entries.iter().find(|(found, _)| *found == tag);
        found.map(|(_, entry)| entry)
    }
}

/// The directories of the file `head`, those of the first picture first; none if it has another
/// beginning. A directory that does not lie in the file is left out.
///
/// # Errors
/// The file cannot be read.
pub(super) fn read(head: &mut Head<impl Read + Seek>) -> io::Result<Vec<Directory>> {
    let is_little = match &head.at::<2>(0)? {
        b"II" => true,
        b"MM" => false,
        _ => return Ok(Vec::new()),
    };
    let length = head.length()?;
    let mut reader = Reader {
        head,
        is_little,
        length,
    };
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![u64::from(reader.long(4)?)];
    while let Some(place) = waiting.pop() {
        if place == 0 || found.len() >= MAX_DIRECTORIES || !seen.insert(place) {
            continue;
        }
        let (directory, next) = match reader.directory(place) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => continue,
            Err(error) => return Err(error),
        };
        waiting.push(u64::from(next));
        let below = [tags::SUB_IFDS, tags::EXIF_IFD].map(|tag| directory.values(tag));
        waiting.extend(below.concat().iter().rev().map(|place| u64::from(*place)));
        found.push(directory);
    }
    Ok(found)
}

struct Reader<'a, 'b, R> {
    head: &'a mut Head<'b, R>,
    is_little: bool,
    length: u64,
}

impl<R: Read + Seek> Reader<'_, '_, R> {
    fn short(&mut self, place: u64) -> io::Result<u16> {
        let bytes = self.head.at(place)?;
        Ok(if self.is_little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn long(&mut self, place: u64) -> io::Result<u32> {
        let bytes = self.head.at(place)?;
        Ok(if self.is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    /// The directory at `place`, and where the next one lies.
    fn directory(&mut self, place: u64) -> io::Result<(Directory, u32)> {
        let count = u64::from(self.short(place)?);
        let mut directory = Directory::default();
        for number in 0..count.min(MAX_ENTRIES) {
            let at = place + 2 + 12 * number;
            let tag = self.short(at)?;
            match self.entry(at)? {
                Some(entry) => {
                    let size = u64::from(entry.count) * entry.size;
                    directory.is_cut |= size > 4 && entry.place + size > self.length;
                    directory.entries.push((tag, entry));
                }
                None => directory.is_cut = true,
            }
        }
        // A file may end with its last directory.
        let next = self.long(place + 2 + 12 * count).unwrap_or(0);
        Ok((directory, next))
    }

    /// The entry at `place`; none if its first values lie outside of the file.
    fn entry(&mut self, place: u64) -> io::Result<Option<Entry>> {
        let kind = self.short(place + 2)?;
        let count = self.long(place + 4)?;
        let size: u64 = match kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 13 => 4,
            // Fractions and numbers with a point.
            _ => 8,
        };
        let is_beside = u64::from(count) * size <= 4;
        let from = if is_beside {
            place + 8
        } else {
            u64::from(self.long(place + 8)?)
        };
        let mut values = Vec::new();
        for number in 0..u64::from(count.min(MAX_VALUES)) {
            let at = from + number * size;
            let value = match size {
                1 => self.head.at(at).map(|[byte]| u32::from(byte)),
                2 => self.short(at).map(u32::from),
                8 => Ok(0),
                _ => self.long(at),
            };
            match value {
                Ok(value) => values.push(value),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let place = from;
        Ok(Some(Entry {
            values,
            count,
            size,
            place,
        }))
    }
}
