//! TIFF files that no camera wrote as its RAW.

use std::io::{self, Read, Seek};

use super::cost::{Estimate, Head};
use super::directories::{Directory, tags};

/// What decoding the picture of the first directory takes; none if it has no size, or values
/// that do not lie in the file.
pub(super) fn estimate(directories: &[Directory]) -> Option<Estimate> {
    let first = directories.first().filter(|first| !first.is_cut)?;
    let width = first.value(tags::IMAGE_WIDTH)?;
    let height = first.value(tags::IMAGE_LENGTH)?;
    let samples = u64::from(first.value(tags::SAMPLES_PER_PIXEL).unwrap_or(1));
    let bits = first.values(tags::BITS_PER_SAMPLE);
    let bits = u64::from(bits.iter().copied().max().unwrap_or(1));
    // Rounded up to whole bytes, of which each pixel becomes at least three.
    let decoded = samples.saturating_mul(bits.max(8).div_ceil(8));
    let (width_part, height_part) = part(first, width, height);
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    let part = u64::from(width_part).saturating_mul(u64::from(height_part));
    // As they come out of the file, as they are handed over, and a strip or tile in between.
    let bytes = pixels
        .saturating_mul(decoded + decoded.max(3))
        .saturating_add(part.saturating_mul(2 * decoded.max(3)));
    Some(Estimate::new(width, height, bytes))
}

/// The size of a strip or tile.
fn part(directory: &Directory, width: u32, height: u32) -> (u32, u32) {
    let tile = directory
        .value(tags::TILE_WIDTH)
        .zip(directory.value(tags::TILE_LENGTH));
    tile.unwrap_or_else(|| {
        let rows = directory.value(tags::ROWS_PER_STRIP).unwrap_or(height);
        (width, rows.min(height))
    })
}

/// Whether the file is one of more than 4 GiB, with directories of another form.
pub(super) fn is_big(head: &mut Head<impl Read + Seek>) -> io::Result<bool> {
    Ok(matches!(&head.at::<4>(0)?, b"II+\0" | b"MM\0+"))
}
