//! Zip archives whose files are stored as they are, as `torch.save` writes them.

use std::collections::BTreeMap;

/// How an archive begins.
const LOCAL: &[u8] = b"PK\x03\x04";
/// How the entries of its directory, at the end, begin.
const ENTRY: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
/// The length of [`END`] without a comment, and the most that a comment may have.
const END_LENGTH: usize = 22;
const COMMENT: usize = 1 << 16;
/// Instead of a number of 32 bits that is told in 64 elsewhere.
const ELSEWHERE: usize = 0xffff_ffff;

/// Whether `bytes` begin as an archive.
pub(in super::super) fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(LOCAL)
}

/// The content of each file by its name; none if the archive is damaged, or a file compressed.
pub(super) fn files(bytes: &[u8]) -> Option<BTreeMap<String, &[u8]>> {
    let tail = bytes.len().saturating_sub(END_LENGTH + COMMENT);
    let end = tail + bytes[tail..].windows(4).rposition(|part| part == END)?;
    let mut count = number(bytes, end + 10, 2)?;
    let mut at = number(bytes, end + 16, 4)?;
    // A locator of 20 bytes before the end tells where the end of a large archive is.
    if let Some(large) = end.checked_sub(20).and_then(|at| number(bytes, at + 8, 8))
        && bytes
            .get(large..)
            .is_some_and(|end| end.starts_with(END_64))
    {
        count = number(bytes, large + 32, 8)?;
        at = number(bytes, large + 48, 8)?;
    }
    let mut files = BTreeMap::new();
    for _ in 0..count {
        if !bytes.get(at..)?.starts_with(ENTRY) || number(bytes, at + 10, 2)? != 0 {
            return None;
        }
        let [name, extra, comment] = [28, 30, 32].map(|place| number(bytes, at + place, 2));
        let (name, extra, comment) = (name?, extra?, comment?);
        let mut size = number(bytes, at + 24, 4)?;
        let mut start = number(bytes, at + 42, 4)?;
        let mut large = large_numbers(bytes.get(at + 46 + name..at + 46 + name + extra)?);
        // In this order, each only where it does not fit; the first is the size in the archive.
        if size == ELSEWHERE {
            size = large.next()?;
            if number(bytes, at + 20, 4)? == ELSEWHERE {
                large.next()?;
            }
        }
        if start == ELSEWHERE {
            start = large.next()?;
        }
        let name_text = std::str::from_utf8(bytes.get(at + 46..at + 46 + name)?).ok()?;
        let content = content(bytes, start, size)?;
        files.insert(name_text.to_owned(), content);
        at = at.checked_add(46 + name + extra + comment)?;
    }
    Some(files)
}

fn content(bytes: &[u8], start: usize, size: usize) -> Option<&[u8]> {
    if !bytes.get(start..)?.starts_with(LOCAL) {
        return None;
    }
    let begin = start + 30 + number(bytes, start + 26, 2)? + number(bytes, start + 28, 2)?;
    bytes.get(begin..begin.checked_add(size)?)
}

/// The numbers of 64 bits in the extra part of an entry.
fn large_numbers(mut extra: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut found: &[u8] = &[];
    while let (Some(kind), Some(length)) = (number(extra, 0, 2), number(extra, 2, 2)) {
        let Some(part) = extra.get(4..4 + length) else {
            break;
        };
        if kind == 1 {
            found = part;
        }
        extra = &extra[4 + length..];
    }
    found.chunks_exact(8).filter_map(|part| number(part, 0, 8))
}

fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let mut whole = [0; 8];
    whole[..length].copy_from_slice(bytes.get(at..at.checked_add(length)?)?);
    usize::try_from(u64::from_le_bytes(whole)).ok()
}
