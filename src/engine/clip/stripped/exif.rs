//! Which way is up, in the data that cameras write.

/// The tag of the orientation.
const ORIENTATION: u16 = 0x0112;
/// Bytes of such data that are read; the orientation stands near their start.
pub(super) const MAX_EXIF: u64 = 64 << 10;
/// The type of a number of 16 bits.
const SHORT: u16 = 3;

/// The orientation in `tiff`, 2 to 8; none if it is the usual one, or not told.
pub(super) fn orientation(tiff: &[u8]) -> Option<u8> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if is_little {
            u16::from_le_bytes(*bytes)
        } else {
            u16::from_be_bytes(*bytes)
        })
    };
    let long = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if is_little {
            u32::from_le_bytes(*bytes)
        } else {
            u32::from_be_bytes(*bytes)
        })
    };
    let directory = usize::try_from(long(4)?).ok()?;
    let entries = usize::from(short(directory)?);
    let entry = (0..entries)
        .map(|number| directory.saturating_add(2 + 12 * number))
        .find(|entry| short(*entry) == Some(ORIENTATION))?;
    let value = (short(entry + 2)? == SHORT).then(|| short(entry + 8))??;
    u8::try_from(value)
        .ok()
        .filter(|value| (2..=8).contains(value))
}

/// Data that tells this orientation and nothing else.
pub(super) fn told(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    tiff.extend([orientation, 0, 0, 0, 0, 0, 0]);
    tiff
}
