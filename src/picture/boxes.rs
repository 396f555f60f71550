//! The boxes of which files of ISO's base media are made: HEIC, JPEG XL, and Canon's RAW.

use std::io::{self, Read, Seek};

use super::cost::Head;

/// Boxes of a file that are looked at.
pub(super) const MAX_BOXES: usize = 10_000;

/// From where to where bytes of a file go.
pub(super) type Span = std::ops::Range<u64>;

/// The kind and the body of the box at `at`, which ends at `end` at last; none behind the last.
pub(super) fn next_box(
    head: &mut Head<impl Read + Seek>,
    at: u64,
    end: u64,
) -> io::Result<Option<([u8; 4], Span)>> {
    if at.saturating_add(8) > end {
        return Ok(None);
    }
    let size = u64::from(u32::from_be_bytes(head.at(at)?));
    let kind = head.at(at + 4)?;
    let (start, size) = match size {
        0 => (at + 8, end - at),
        1 => (at + 16, u64::from_be_bytes(head.at(at + 8)?)),
        _ => (at + 8, size),
    };
    let behind = at.saturating_add(size).min(end);
    Ok((behind >= start).then_some((kind, start..behind)))
}

/// The body of the first box `wanted` within `span`.
pub(super) fn child(
    head: &mut Head<impl Read + Seek>,
    span: Span,
    wanted: [u8; 4],
) -> io::Result<Option<Span>> {
    let mut at = span.start;
    for _ in 0..MAX_BOXES {
        match next_box(head, at, span.end)? {
            Some((kind, body)) if kind == wanted => return Ok(Some(body)),
            Some((_, body)) => at = body.end,
            None => break,
        }
    }
    Ok(None)
}
