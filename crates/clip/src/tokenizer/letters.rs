//! Byte-pair encoding of letters, with bytes for letters that the vocabulary does not have: Gemma's
//! tokenizer, as `SigLIP` 2 uses it, on lower-case texts.
//!
//! [`LettersTokenizer::encode_exactly`] agrees with transformers (`tests/peers/clip-tokens/run` compares
//! them); [`LettersTokenizer::encode`] is for what people type.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::json::{Json, unsupported};
use super::plain;
use super::table::{Words, join, list, number, split};
use crate::error::Result;

/// Stands for a space.
const SPACE: char = '\u{2581}';
/// Bytes of a merge: left token, right token, rank and merged token, big endian.
const MERGE: usize = 12;
/// Bytes of a letter and its token, big endian.
const LETTER: usize = 7;

/// Instead of the token of a byte that has none, and of a token that is merged away.
const NONE: u32 = u32::MAX;

/// Turns texts into the tokens of a model with Gemma's kind of vocabulary.
#[derive(Debug, Clone)]
pub struct LettersTokenizer<'a> {
    /// Sorted.
    letters: &'a [[u8; LETTER]],
    /// The token of each byte.
    bytes: &'a [u8],
    /// Sorted.
    merges: &'a [[u8; MERGE]],
    /// What is a token wherever it stands, such as tags.
    whole: Words<'a>,
    /// The tokens of those.
    tokens: &'a [u8],
    end: u32,
    unknown: u32,
}

impl<'a> LettersTokenizer<'a> {
    /// With the tables that [`TokenizerFile::read`](super::TokenizerFile::read) made; none if they are
    /// damaged.
    #[must_use]
    pub fn new(tables: &'a [u8]) -> Option<Self> {
        let [controls, letters, bytes, merges, places, names, tokens] = split(tables)?;
        Some(Self {
            letters: letters.as_chunks().0,
            bytes,
            merges: merges.as_chunks().0,
            whole: Words {
                places,
                letters: names,
            },
            tokens,
            end: number(controls, 0)?,
            unknown: number(controls, 1)?,
        })
    }

    /// The tokens of a text that a person typed, and the end: at most `context` tokens, but always the
    /// end. Nothing in `text` becomes an end token.
    #[must_use]
    pub fn encode(&self, text: &str, context: usize) -> Vec<u32> {
        self.encode_exactly(&plain(text), context)
    }

    /// The tokens of `text` exactly as Hugging Face's tokenizers makes them, except that the names of
    /// tokens such as the end are text here. What fills texts up is left out.
    #[must_use]
    pub fn encode_exactly(&self, text: &str, context: usize) -> Vec<u32> {
        let mut tokens = Vec::new();
        let (mut begin, mut at) = (0, 0);
        while let Some(letter) = text[at..].chars().next() {
            let Some((index, length)) = self.whole.prefixes(&text[at..]).last() else {
                at += letter.len_utf8();
                continue;
            };
            self.add_merged(&text[begin..at], &mut tokens);
            tokens.extend(number(self.tokens, index));
            at += length;
            begin = at;
        }
        self.add_merged(&text[begin..], &mut tokens);
        tokens.truncate(context.saturating_sub(1));
        tokens.push(self.end);
        tokens
    }

    fn add_merged(&self, text: &str, tokens: &mut Vec<u32>) {
        let letters = text.chars().flat_map(char::to_lowercase);
        let mut pieces = Vec::with_capacity(text.len());
        // Whether the last piece is an unknown letter: several in a row are one token.
        let mut is_unknown = false;
        for letter in letters.map(|letter| if letter == ' ' { SPACE } else { letter }) {
            let mut bytes = [0; 4];
            let bytes = letter.encode_utf8(&mut bytes).bytes();
            let token = |byte| number(self.bytes, usize::from(byte)).filter(|token| *token != NONE);
            if let Some(token) = self.letter(letter) {
                pieces.push(token);
                is_unknown = false;
            } else if let Some(bytes) = bytes.map(token).collect::<Option<Vec<u32>>>() {
                pieces.extend(bytes);
                is_unknown = false;
            } else if !is_unknown {
                pieces.push(self.unknown);
                is_unknown = true;
            }
        }
        tokens.extend(self.merged(&pieces));
    }

    fn letter(&self, letter: char) -> Option<u32> {
        let [.., a, b, c] = u32::from(letter).to_be_bytes();
        let found = self
            .letters
            .binary_search_by(|row| row[..3].cmp(&[a, b, c]));
        let [.., a, b, c, d] = self.letters[found.ok()?];
        Some(u32::from_be_bytes([a, b, c, d]))
    }

    /// Merges `tokens`: the best merge first, of equal ones the leftmost.
    ///
    /// A merge that was found while it was possible is also done if its pair has become another one that
    /// merges to the same token, as Hugging Face's tokenizers does it.
    fn merged(&self, tokens: &[u32]) -> Vec<u32> {
        let mut tokens = tokens.to_vec();
        let count = tokens.len();
        let mut before: Vec<usize> = (0..count).map(|at| at.wrapping_sub(1)).collect();
        let mut behind: Vec<usize> = (1..=count).collect();
        let mut merges = BinaryHeap::new();
        for left in 0..count.saturating_sub(1) {
            let merge = self.merge(tokens[left], tokens[left + 1]);
            merges.extend(merge.map(|(rank, made)| Reverse((rank, left, made))));
        }
        while let Some(Reverse((_, left, made))) = merges.pop() {
            let right = behind[left];
            if tokens[left] == NONE || right >= count {
                continue;
            }
            let now = self.merge(tokens[left], tokens[right]);
            if now.is_none_or(|(_, now)| now != made) {
                continue;
            }
            tokens[left] = made;
            tokens[right] = NONE;
            let next = behind[right];
            behind[left] = next;
            if next < count {
                before[next] = left;
                let merge = self.merge(made, tokens[next]);
                merges.extend(merge.map(|(rank, made)| Reverse((rank, left, made))));
            }
            let last = before[left];
            if last < count {
                let merge = self.merge(tokens[last], made);
                merges.extend(merge.map(|(rank, made)| Reverse((rank, last, made))));
            }
        }
        tokens.retain(|token| *token != NONE);
        tokens
    }

    /// The rank of a merge, and the token that it makes.
    fn merge(&self, left: u32, right: u32) -> Option<(u32, u32)> {
        let mut pair = [0; 6];
        pair[..3].copy_from_slice(&left.to_be_bytes()[1..]);
        pair[3..].copy_from_slice(&right.to_be_bytes()[1..]);
        let found = self.merges.binary_search_by(|row| row[..6].cmp(&pair));
        let row = self.merges[found.ok()?];
        let number = |at: usize| u32::from_be_bytes([0, row[at], row[at + 1], row[at + 2]]);
        Some((number(6), number(9)))
    }
}

/// The tables of a `tokenizer.json` of this kind.
pub(super) fn tables(json: &Json) -> Result<Vec<u8>> {
    let replaces = |part: &serde_json::Value| {
        part["type"] == "Replace" && part["pattern"]["String"] == " " && part["content"] == "▁"
    };
    let parts = &json.normalizer["normalizers"];
    let is_known = json.model.byte_fallback == Some(true)
        && (replaces(&json.normalizer) || replaces(&parts[1]) && parts[0]["type"] == "Lowercase")
        && (json.pre_tokenizer.is_null() || json.pre_tokenizer["pattern"]["String"] == " ");
    let Some(vocabulary) = json.model.numbered().filter(|_| is_known) else {
        return Err(unsupported(
            "its tokenizer.json has merges otherwise than Gemma has them",
        ));
    };
    let token = |name: &str| {
        let token = vocabulary.get(name).copied();
        token
            .filter(|token| *token < 1 << 24)
            .ok_or_else(|| unsupported(&format!("its tokenizer.json has no usable token {name:?}")))
    };
    // Gemma's vocabulary has none for the tab, which is a letter there.
    let bytes = (0..=u8::MAX).map(|byte| {
        let token = vocabulary.get(&format!("<0x{byte:02X}>"));
        token.copied().unwrap_or(NONE)
    });
    let mut letters = Vec::new();
    for (name, token) in vocabulary {
        let mut chars = name.chars();
        if let (Some(letter), None) = (chars.next(), chars.next()) {
            let mut row = [0; LETTER];
            row[..3].copy_from_slice(&u32::from(letter).to_be_bytes()[1..]);
            row[3..].copy_from_slice(&token.to_be_bytes());
            letters.push(row);
        }
    }
    letters.sort_unstable();
    let mut merges = Vec::with_capacity(json.model.merges.len());
    for (rank, words) in (0_u32..).zip(&json.model.merges) {
        let pair = words.pair().filter(|_| rank < 1 << 24);
        let (left, right) = pair.ok_or_else(|| unsupported("its merges are no pairs"))?;
        let numbers = [
            token(left)?,
            token(right)?,
            rank,
            token(&format!("{left}{right}"))?,
        ];
        let mut row = [0; MERGE];
        for (bytes, number) in row.as_chunks_mut::<3>().0.iter_mut().zip(numbers) {
            bytes.copy_from_slice(&number.to_be_bytes()[1..]);
        }
        merges.push(row);
    }
    merges.sort_unstable();
    // Of equal pairs the last counts.
    merges.reverse();
    merges.dedup_by_key(|row| [row[0], row[1], row[2], row[3], row[4], row[5]]);
    merges.reverse();
    let mut whole = json.whole()?;
    whole.sort_unstable();
    let [places, names] = Words::parts(whole.iter().map(|(name, _)| *name));
    Ok(join(&[
        list([token("<eos>")?, token("<unk>")?]),
        letters.concat(),
        list(bytes),
        merges.concat(),
        places,
        names,
        list(whole.iter().map(|(_, token)| *token)),
    ]))
}
