//! PNG: chunks with a length, a name and a checksum.

use super::exif::MAX_EXIF;
use super::{Layout, Scanner, Unfit, exif};

/// What is shown, and how: pixels, transparency, colours, size, animation.
const KEPT: [&[u8; 4]; 19] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB",
    b"cICP", b"mDCV", b"cLLI", b"bKGD", b"hIST", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// Whatever follows the end of the picture is dropped.
pub(super) fn read(file: &mut Scanner, layout: &mut Layout) -> Result<(), Unfit> {
    file.go(8)?;
    layout.keep(0..8);
    let mut has_pixels = false;
    loop {
        let start = file.place;
        if start == file.size && has_pixels {
            // Its end is missing, which decoders put up with.
            return Ok(());
        }
        let length = u64::from(u32::from_be_bytes(file.take()?));
        let name: [u8; 4] = file.take()?;
        let end = file.place + length + 4;
        if &name == b"IDAT" {
            has_pixels = true;
            if end > file.size {
                layout.keep(start..file.size);
                return Ok(());
            }
        }
        if &name == b"eXIf" {
            let tiff = file.bytes(length.min(MAX_EXIF))?;
            if let Some(orientation) = exif::orientation(&tiff) {
                layout.write(chunk(*b"eXIf", &exif::told(orientation)));
            }
        }
        file.go(end)?;
        if KEPT.contains(&&name) {
            layout.keep(start..end);
        }
        if &name == b"IEND" {
            return Ok(());
        }
    }
}

fn chunk(name: [u8; 4], content: &[u8]) -> Vec<u8> {
    // Of 26 bytes.
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let body = [&name, content].concat();
    let checksum = crc32fast::hash(&body);
    [&length.to_be_bytes()[..], &body, &checksum.to_be_bytes()].concat()
}
