//! BMP files.

use std::io::{self, Read, Seek};

use super::cost::{Estimate, Head};

/// Lengths of the header that tells the size, by which a BMP is known: two letters alone are not
/// enough.
const HEADERS: [u32; 8] = [12, 16, 40, 52, 56, 64, 108, 124];

/// Whether a file that begins with `head` is one.
pub(super) fn is_bmp(head: &[u8]) -> bool {
    let length = head.get(14..18).and_then(|length| length.try_into().ok());
    head.starts_with(b"BM")
        && length.is_some_and(|length| HEADERS.contains(&u32::from_le_bytes(length)))
}

/// What decoding it takes.
///
/// # Errors
/// The file cannot be read.
pub(super) fn estimate(head: &mut Head<impl Read + Seek>) -> io::Result<Option<Estimate>> {
    let [w1, w2, w3, w4, h1, h2, h3, h4] = head.at(18)?;
    let (width, height) = if u32::from_le_bytes(head.at(14)?) == 12 {
        let side = |bytes| u32::from(u16::from_le_bytes(bytes));
        (side([w1, w2]), side([w3, w4]))
    } else {
        // A picture from the top down has a negative height.
        let side = |bytes| i32::from_le_bytes(bytes).unsigned_abs();
        (side([w1, w2, w3, w4]), side([h1, h2, h3, h4]))
    };
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    // Four colours at most, and a few rows.
    let bytes = pixels
        .saturating_mul(4)
        .saturating_add(16 * u64::from(width));
    Ok(Some(Estimate::new(width, height, bytes)))
}
