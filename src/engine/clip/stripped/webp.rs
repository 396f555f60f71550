//! WebP: a RIFF file of chunks with a name and a length.

use super::exif::MAX_EXIF;
use super::{Layout, PartBytes, Scanner, Unfit, exif};

const KEPT: [&[u8; 4]; 6] = [b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];
/// Says which other chunks there are, by these bits of its first byte.
const FEATURES: &[u8; 4] = b"VP8X";
const HAS_EXIF: u8 = 0x08;
const HAS_XMP: u8 = 0x04;

/// Whatever follows the chunks is dropped.
pub(super) fn read(file: &mut Scanner, layout: &mut Layout) -> Result<(), Unfit> {
    file.go(4)?;
    let size = u64::from(u32::from_le_bytes(file.take()?));
    let file_end = file.size.min(size.saturating_add(8));
    file.go(12)?;
    layout.write(b"RIFF\0\0\0\0WEBP".to_vec());
    let mut orientation = None;
    let mut features = None;
    while file.place + 8 <= file_end {
        let start = file.place;
        let name: [u8; 4] = file.take()?;
        let length = u64::from(u32::from_le_bytes(file.take()?));
        // The last one is often cut, or not filled up to an even length.
        let end = (file.place + length + length % 2).min(file_end);
        let content_end = (file.place + length).min(file_end);
        if &name == FEATURES {
            features = Some(layout.parts.len());
            let content: [u8; 10] = file.take()?;
            layout.write([&name, &[10, 0, 0, 0][..], &content].concat());
        } else if &name == b"EXIF" {
            let content = file.bytes((content_end - file.place).min(MAX_EXIF))?;
            let tiff = content.strip_prefix(b"Exif\0\0").unwrap_or(&content);
            orientation = exif::orientation(tiff);
        } else if KEPT.contains(&&name) {
            layout.keep(start..end);
        }
        file.go(end)?;
    }
    if layout.parts.len() < 2 {
        return Err(Unfit::Form);
    }
    let mut flags = 0;
    if let Some(orientation) = orientation.filter(|_| features.is_some()) {
        let told = exif::told(orientation);
        let length = u32::try_from(told.len()).map_err(|_| Unfit::Form)?;
        layout.write([b"EXIF", &length.to_le_bytes()[..], &told].concat());
        flags = HAS_EXIF;
    }
    if let Some(PartBytes::Written(chunk)) = features.map(|at| &mut layout.parts[at].bytes)
        && let Some(byte) = chunk.get_mut(8)
    {
        *byte = *byte & !(HAS_EXIF | HAS_XMP) | flags;
    }
    let size = u32::try_from(layout.size - 8).map_err(|_| Unfit::Form)?;
    if let Some(PartBytes::Written(head)) = layout.parts.first_mut().map(|part| &mut part.bytes) {
        head[4..8].copy_from_slice(&size.to_le_bytes());
    }
    Ok(())
}
