//! A row of the table of a collection: what is looked up, compared and counted, in 128 bytes. A row of
//! zeros is one whose picture was forgotten.

use crate::search::{Position, Taken};

/// Bytes of a row.
pub(super) const ROW: usize = 128;
/// Where the checksum stands.
const SUM: usize = ROW - 4;
/// The picture is there.
const LIVE: u16 = 1;

/// What the table knows about a saved picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// The random part of the picture's id.
    pub number: [u8; 16],
    /// Of its key.
    pub key: u64,
    /// The first half of the SHA-256 of its content.
    pub content: [u8; 16],
    pub taken: Option<Taken>,
    pub position: Option<Position>,
    pub width: u32,
    pub height: u32,
    /// Where its texts begin, how long they are, and their checksum.
    pub texts: (u64, u32, u32),
    /// Where its words begin, and how long they are with their head.
    pub words: (u64, u32),
    /// Bytes of the file that is kept; 0 if none is.
    pub kept: u32,
}

impl Row {
    pub fn encode(&self) -> [u8; ROW] {
        let (seconds, offset) = match self.taken {
            Some(taken) => (taken.seconds, taken.offset.unwrap_or(i16::MIN)),
            None => (i64::MIN, i16::MIN),
        };
        let degrees = |of: fn(&Position) -> f64| self.position.as_ref().map_or(f64::NAN, of);
        let parts: [&[u8]; 16] = [
            &self.number,
            &self.key.to_le_bytes(),
            &self.content,
            &seconds.to_le_bytes(),
            &offset.to_le_bytes(),
            &LIVE.to_le_bytes(),
            &self.width.to_le_bytes(),
            &self.height.to_le_bytes(),
            &self.texts.0.to_le_bytes(),
            &self.texts.1.to_le_bytes(),
            &self.texts.2.to_le_bytes(),
            &self.words.0.to_le_bytes(),
            &self.words.1.to_le_bytes(),
            &self.kept.to_le_bytes(),
            &degrees(|at| at.latitude()).to_le_bytes(),
            &degrees(|at| at.longitude()).to_le_bytes(),
        ];
        let mut row = [0; ROW];
        let mut at = 0;
        for part in parts {
            row[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        let sum = crc32fast::hash(&row[..SUM]);
        row[SUM..].copy_from_slice(&sum.to_le_bytes());
        row
    }

    /// The row in `bytes`; none if it was forgotten, or is damaged.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (row, _) = bytes.split_first_chunk::<ROW>()?;
        let (fields, sum) = row.split_last_chunk::<4>()?;
        if crc32fast::hash(fields) != u32::from_le_bytes(*sum) {
            return None;
        }
        let mut take = Fields(fields);
        let (number, key, content) = (take.next()?, take.next()?, take.next()?);
        let (seconds, offset) = (
            i64::from_le_bytes(take.next()?),
            i16::from_le_bytes(take.next()?),
        );
        if u16::from_le_bytes(take.next()?) & LIVE == 0 {
            return None;
        }
        let (width, height) = (take.small()?, take.small()?);
        let texts = (
            u64::from_le_bytes(take.next()?),
            take.small()?,
            take.small()?,
        );
        let words = (u64::from_le_bytes(take.next()?), take.small()?);
        let kept = take.small()?;
        let degrees = [take.next()?, take.next()?].map(f64::from_le_bytes);
        Some(Self {
            number,
            key: u64::from_le_bytes(key),
            content,
            taken: (seconds != i64::MIN).then_some(Taken {
                seconds,
                offset: Some(offset).filter(|offset| *offset != i16::MIN),
            }),
            position: Position::new(degrees[0], degrees[1]),
            width,
            height,
            texts,
            words,
            kept,
        })
    }
}

/// Reads fields from the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn next<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn small(&mut self) -> Option<u32> {
        self.next().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_as_it_was_written_and_zeros_are_none() {
        let row = Row {
            number: [7; 16],
            key: 1 << 60,
            content: [9; 16],
            taken: Some(Taken {
                seconds: -5,
                offset: Some(-60),
            }),
            position: Position::new(41.9, 12.5),
            width: 3,
            height: 4,
            texts: (1 << 40, 5, 6),
            words: (7, 8),
            kept: 9,
        };
        assert_eq!(Row::decode(&row.encode()), Some(row));
        let bare = Row {
            taken: None,
            position: None,
            ..row
        };
        assert_eq!(Row::decode(&bare.encode()), Some(bare));
        assert_eq!(Row::decode(&[0; ROW]), None);
        let mut damaged = row.encode();
        damaged[50] ^= 1;
        assert_eq!(Row::decode(&damaged), None);
        assert_eq!(Row::decode(&damaged[..ROW - 1]), None);
    }
}
