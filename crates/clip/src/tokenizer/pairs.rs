//! Byte-pair encoding: frequent pairs of tokens are merged again and again, until none is left that was
//! learnt (Sennrich et al., 2016).

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// How many different bytes there are.
const BYTES: usize = 256;

/// The token of each byte. Those that print come first, as in GPT-2's vocabulary.
pub(super) const BYTE_TOKENS: [u16; BYTES] = byte_tokens();

/// The merges of a vocabulary.
#[derive(Debug, Clone, Copy)]
pub(super) struct Merges<'a> {
    /// Left token, right token and rank, big endian, sorted. They are searched where they lie, so that
    /// nothing is prepared at start.
    pub(super) rows: &'a [[u8; 6]],
    /// The token that the merge of rank 0 makes; the others follow it.
    pub(super) first: u16,
    /// How many of the first ranks the model knows.
    pub(super) known: u16,
}

impl Merges<'_> {
    /// Merges `tokens`: the best merge first, of equal ones the leftmost.
    pub(super) fn apply(&self, tokens: impl Iterator<Item = u16>) -> Vec<u16> {
        let pieces = tokens.enumerate().map(|(index, token)| Piece {
            token,
            before: index.wrapping_sub(1),
            behind: index + 1,
        });
        let mut pieces: Vec<Piece> = pieces.collect();
        // What can be merged. Found once a pair, so that a long word takes little longer than
        // short ones; a pair that is gone by the time it comes up is skipped.
        let mut merges = BinaryHeap::new();
        for left in 0..pieces.len() {
            merges.extend(self.merge_at(&pieces, left));
        }
        while let Some(Reverse(merge)) = merges.pop() {
            if self.merge_at(&pieces, merge.left) != Some(Reverse(merge)) {
                continue;
            }
            let right = pieces[merge.left].behind;
            let behind = pieces[right].behind;
            pieces[merge.left].token = self.first + merge.rank;
            pieces[merge.left].behind = behind;
            pieces[right].token = Piece::GONE;
            if let Some(piece) = pieces.get_mut(behind) {
                piece.before = merge.left;
            }
            merges.extend(self.merge_at(&pieces, pieces[merge.left].before));
            merges.extend(self.merge_at(&pieces, merge.left));
        }
        let tokens = pieces.into_iter().map(|piece| piece.token);
        tokens.filter(|token| *token != Piece::GONE).collect()
    }

    /// How the piece at `left` merges with the one behind it.
    fn merge_at(&self, pieces: &[Piece], left: usize) -> Option<Reverse<Merge>> {
        let piece = pieces.get(left)?;
        let next = pieces.get(piece.behind)?;
        let rank = self.rank(piece.token, next.token)?;
        Some(Reverse(Merge { rank, left }))
    }

    fn rank(&self, left: u16, right: u16) -> Option<u16> {
        let [[a, b], [c, d]] = [left, right].map(u16::to_be_bytes);
        let found = self
            .rows
            .binary_search_by(|row| row[..4].cmp(&[a, b, c, d]));
        let [.., high, low] = self.rows[found.ok()?];
        let rank = u16::from_be_bytes([high, low]);
        (rank < self.known).then_some(rank)
    }
}

/// A part of a word.
struct Piece {
    token: u16,
    /// Index of the piece before, beyond the end for the first.
    before: usize,
    /// Index of the piece behind, beyond the end for the last.
    behind: usize,
}

impl Piece {
    /// Instead of the token, of a piece that became part of the one before it. No merge has it.
    const GONE: u16 = u16::MAX;
}

/// A possible merge; the least is done first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Merge {
    rank: u16,
    left: usize,
}

const fn byte_tokens() -> [u16; BYTES] {
    let mut tokens = [0; BYTES];
    let mut next = 0;
    let mut turn = 0;
    while turn < 2 {
        let mut byte = 0;
        while byte < BYTES {
            let prints = matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..);
            if prints == (turn == 0) {
                tokens[byte] = next;
                next += 1;
            }
            byte += 1;
        }
        turn += 1;
    }
    tokens
}
