//! RAW files of cameras. What the sensor saw is not developed: each of them holds the picture as a
//! JPEG, too, as the camera shows it.

use std::io::{self, Read, Seek, SeekFrom};

use image::metadata::Orientation;

use super::boxes::child;
use super::cost::{Estimate, Head};
use super::directories::{self, Directory, tags};
use super::jpeg;

/// A preview at least so wide or high is good enough that the file is not searched for another.
const LARGE_ENOUGH: u32 = 1000;
/// Beginnings of JPEGs that are looked at in a search.
const MAX_FOUND: usize = 1000;

/// A JPEG in a RAW file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Preview {
    /// Where it begins. It ends by itself.
    pub at: u64,
    pub estimate: Estimate,
    /// How the whole file is turned; a JPEG may say so by itself.
    pub turn: Orientation,
}

/// Whether a TIFF with these directories is a camera's RAW, by what no picture for the screen has.
pub(super) fn is_raw(head: &mut Head<impl Read + Seek>, directories: &[Directory]) -> bool {
    // Of colour filters, and of three colours before they are developed.
    const PHOTOMETRIC: [u32; 2] = [32803, 34892];
    // Sony, Nikon, Samsung, Pentax, Kodak, and lossy DNG.
    const COMPRESSION: [u32; 9] = [
        32767, 34713, 32770, 32772, 65535, 65000, 32769, 34892, 52546,
    ];
    let is_canon = head.at(8).is_ok_and(|mark: [u8; 2]| &mark == b"CR");
    is_canon
        || directories.iter().any(|directory| {
            let has = |tag, values: &[u32]| {
                let value = directory.value(tag);
                value.is_some_and(|value| values.contains(&value))
            };
            directory.value(tags::DNG_VERSION).is_some()
                || has(tags::PHOTOMETRIC, &PHOTOMETRIC)
                || has(tags::COMPRESSION, &COMPRESSION)
                || (directory.value(tags::SUB_IFDS).is_some()
                    && has(tags::NEW_SUBFILE_TYPE, &[1])
                    && has(tags::COMPRESSION, &[6]))
        })
}

/// The largest JPEG in the file: of those that its `directories` name, or, if these are none or small,
/// of all.
///
/// # Errors
/// The file cannot be read.
pub(super) fn preview(
    head: &mut Head<impl Read + Seek>,
    directories: &[Directory],
) -> io::Result<Option<Preview>> {
    let named = directories.iter().flat_map(|directory| {
        let offsets = [tags::STRIP_OFFSETS, tags::JPEG_OFFSET];
        let offsets = offsets.map(|tag| directory.only(tag).map(u64::from));
        let whole = directory.place(tags::JPEG_FROM_RAW);
        offsets.into_iter().chain([whole]).flatten()
    });
    let mut best = largest(head, named.collect())?;
    let is_large = |found: &(u64, Estimate)| found.1.width.max(found.1.height) >= LARGE_ENOUGH;
    if !best.as_ref().is_some_and(is_large) {
        let starts = search(head)?;
        let found = largest(head, starts)?;
        let pixels = |best: &Option<(u64, Estimate)>| best.map_or(0, |(_, found)| found.pixels());
        if pixels(&found) > pixels(&best) {
            best = found;
        }
    }
    let mut turn = turn_of(directories);
    if directories.is_empty()
        && let Some(exif) = exif_of_canon(head)?
    {
        turn = turn_of(&directories::read(&mut head.from(exif))?);
    }
    Ok(best.map(|(at, estimate)| Preview {
        at,
        estimate,
        turn: turn.unwrap_or(Orientation::NoTransforms),
    }))
}

fn turn_of(directories: &[Directory]) -> Option<Orientation> {
    let turn = directories.first()?.value(tags::ORIENTATION)?;
    Orientation::from_exif(u8::try_from(turn).ok()?)
}

/// Where the first directories of a CR3 begin, in a box within a box of Canon's own.
fn exif_of_canon(head: &mut Head<impl Read + Seek>) -> io::Result<Option<u64>> {
    const NAME_OF_ITS_KIND: u64 = 16;
    let end = head.reader.seek(SeekFrom::End(0))?;
    let Some(moov) = child(head, 0..end, *b"moov")? else {
        return Ok(None);
    };
    let Some(own) = child(head, moov, *b"uuid")? else {
        return Ok(None);
    };
    let exif = child(head, own.start + NAME_OF_ITS_KIND..own.end, *b"CMT1")?;
    Ok(exif.map(|exif| exif.start))
}

/// The one with most pixels of the JPEGs that begin at `starts`. What the sensor saw may be a JPEG as
/// well, of a kind that is not read.
fn largest(
    head: &mut Head<impl Read + Seek>,
    starts: Vec<u64>,
) -> io::Result<Option<(u64, Estimate)>> {
    let mut best: Option<(u64, Estimate)> = None;
    for at in starts {
        let found = match jpeg::estimate(&mut head.from(at)) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => return Err(error),
        };
        if let Some(estimate) = found
            && estimate.variant.is_none()
            && estimate.pixels() > best.map_or(0, |(_, best)| best.pixels())
        {
            best = Some((at, estimate));
        }
    }
    Ok(best)
}

/// Where a JPEG may begin, anywhere in the file.
fn search(head: &mut Head<impl Read + Seek>) -> io::Result<Vec<u64>> {
    const START: [u8; 3] = [0xff, 0xd8, 0xff];
    let mut starts = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    let mut at = 0;
    // Bytes of the last portion before those of the next.
    let mut kept = 0;
    head.reader.seek(SeekFrom::Start(0))?;
    loop {
        let count = head.reader.read(&mut buffer[kept..])?;
        let filled = kept + count;
        let found = buffer[..filled].windows(START.len()).enumerate();
        let found = found.filter(|(_, bytes)| *bytes == START);
        starts.extend(found.map(|(place, _)| at + place as u64));
        if count == 0 || starts.len() > MAX_FOUND {
            return Ok(starts);
        }
        kept = filled.min(START.len() - 1);
        buffer.copy_within(filled - kept..filled, 0);
        at += (filled - kept) as u64;
    }
}
