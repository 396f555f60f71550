//! Ids of saved pictures: the tag of their collection, and a random number.

use crate::digest::hex;

/// Bytes of the tag of a collection, and of the number of a picture in it.
pub(super) const TAG: usize = 8;
pub(super) const NUMBER: usize = 16;
/// Digits of an id.
pub(super) const ID_DIGITS: usize = (TAG + NUMBER) * 2;

/// A folder's name, and what the ids of its pictures begin with.
pub(super) type Tag = [u8; TAG];

/// Whether `id` has the form of a saved picture's.
#[must_use]
pub fn is_id(id: &str) -> bool {
    parts(id).is_some()
}

pub(super) fn id(tag: Tag, number: &[u8; NUMBER]) -> String {
    hex(&tag) + &hex(number)
}

/// The tag and the number in `id`.
pub(super) fn parts(id: &str) -> Option<(Tag, [u8; NUMBER])> {
    if id.len() != ID_DIGITS || !id.is_ascii() {
        return None;
    }
    let (tag, number) = id.split_at(TAG * 2);
    Some((bytes(tag)?, bytes(number)?))
}

/// The number of a picture in hexadecimal digits.
pub(super) fn number(text: &str) -> Option<[u8; NUMBER]> {
    bytes(text)
}

/// `N` bytes in lower-case hexadecimal digits.
pub(super) fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}
