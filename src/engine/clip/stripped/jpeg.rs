//! JPEG: segments that each begin with a marker, and the coded pixels behind some of them.

use super::{Layout, Scanner, Unfit, exif};

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const COMMENT: u8 = 0xfe;

/// Whatever follows the end of the picture is dropped: further pictures, and films.
pub(super) fn read(file: &mut Scanner, layout: &mut Layout) -> Result<(), Unfit> {
    file.go(2)?;
    layout.keep(0..2);
    let mut is_turned = false;
    let mut has_pixels = false;
    loop {
        let marker = match marker(file) {
            Ok(Some(marker)) => marker,
            // It is cut, but not before its pixels began.
            Ok(None) if has_pixels => return Ok(()),
            Ok(None) => return Err(Unfit::Form),
            Err(error) => return Err(error),
        };
        let start = file.place - 2;
        if marker == END {
            layout.keep(start..file.place);
            return Ok(());
        }
        let length = u16::from_be_bytes(file.take()?);
        let end = start + 2 + u64::from(length);
        if length < 2 || end > file.size {
            return Err(Unfit::Form);
        }
        let content = match marker {
            0xe0..=0xef => file.bytes(end - file.place)?,
            _ => Vec::new(),
        };
        let is_kept = match marker {
            0xe0 => content.starts_with(b"JFIF\0"),
            0xe2 => content.starts_with(b"ICC_PROFILE\0"),
            // It says how the colours are coded.
            0xee => content.starts_with(b"Adobe"),
            COMMENT | 0xe1..=0xef => false,
            _ => true,
        };
        if is_kept {
            layout.keep(start..end);
        } else if marker == 0xe1
            && !is_turned
            && let Some(tiff) = content.strip_prefix(b"Exif\0\0")
            && let Some(orientation) = exif::orientation(tiff)
        {
            is_turned = true;
            layout.write(segment(&exif::told(orientation)));
        }
        file.go(end)?;
        if marker == SCAN {
            has_pixels = true;
            pixels(file)?;
            layout.keep(end..file.place);
        }
    }
}

/// Goes on behind the next marker that has a segment, or ends the picture, and returns it; none at
/// the end of the file.
fn marker(file: &mut Scanner) -> Result<Option<u8>, Unfit> {
    while file.find(0xff)? {
        let mut marker = 0xff;
        while marker == 0xff {
            if file.place == file.size {
                return Ok(None);
            }
            marker = file.byte()?;
        }
        if !matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
            return Ok(Some(marker));
        }
    }
    Ok(None)
}

/// Goes on to the end of coded pixels: to a marker that is none of theirs, or to the end of the file.
fn pixels(file: &mut Scanner) -> Result<(), Unfit> {
    while file.find(0xff)? && file.place < file.size {
        match file.byte()? {
            0x00 | 0xd0..=0xd7 => {}
            0xff => file.go(file.place - 1)?,
            _ => {
                file.go(file.place - 2)?;
                return Ok(());
            }
        }
    }
    Ok(())
}

fn segment(tiff: &[u8]) -> Vec<u8> {
    let content = [b"Exif\0\0", tiff].concat();
    // Of 34 bytes.
    let length = u16::try_from(content.len() + 2).unwrap_or(u16::MAX);
    [&[0xff, 0xe1], &length.to_be_bytes()[..], &content].concat()
}
