//! Byte-level byte-pair encoding, with a vocabulary of the model's own: `ByteLevel` of Hugging Face's
//! tokenizers, which is GPT-2's way to split a text, on lower-case texts.
//!
//! [`ByteLevelTokenizer::encode_exactly`] agrees with the tokenizers package
//! (`tests/peers/clip-preprocess/run` compares them); [`ByteLevelTokenizer::encode`] is for what people
//! type.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

use super::json::{Json, unsupported};
use super::pairs::{BYTE_TOKENS, Merges};
use super::{CONTRACTIONS, framed, is_letter, plain};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of a merge in a model file: left token, right token and rank, big endian.
pub const MERGE: usize = 6;

/// The merged tokens follow those of the bytes.
const FIRST_MERGED: u16 = 256;
/// The start and the end of a text, which follow the merged tokens.
const CONTROLS: usize = 2;

/// Turns texts into the tokens of a model with a byte-level vocabulary.
#[derive(Debug, Clone)]
pub struct ByteLevelTokenizer<'a> {
    merges: Merges<'a>,
}

impl<'a> ByteLevelTokenizer<'a> {
    /// For a model with these merges, sorted, and `vocabulary_size` tokens: those of the bytes, the
    /// merged ones, the start and the end.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if that is another number of tokens.
    pub fn new(merges: &'a [[u8; MERGE]], vocabulary_size: usize) -> Result<Self> {
        let size = usize::from(FIRST_MERGED) + merges.len() + CONTROLS;
        // The last number of 16 bits stands for a token that was merged away.
        let known = u16::try_from(merges.len()).ok();
        match known.filter(|_| size == vocabulary_size && size < usize::from(u16::MAX)) {
            Some(known) => Ok(Self {
                merges: Merges {
                    rows: merges,
                    first: FIRST_MERGED,
                    known,
                },
            }),
            None => Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the model has {vocabulary_size} tokens, and its tokenizer {size}; they must be \
                     equally many, and fewer than 65,535"
                ),
            )),
        }
    }

    /// The token that starts every text.
    #[must_use]
    pub fn start(&self) -> u32 {
        u32::from(self.merges.first) + u32::from(self.merges.known)
    }

    /// The token that ends every text.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.start() + 1
    }

    /// The tokens of a text that a person typed, between start and end: at most `context` tokens, but
    /// always these two. Curly quotes and full-width letters become plain ones, as for CLIP.
    #[must_use]
    pub fn encode(&self, text: &str, context: usize) -> Vec<u32> {
        self.encode_exactly(&plain(text), context)
    }

    /// The tokens of `text` exactly as Hugging Face's tokenizers makes them, between start and end.
    #[must_use]
    pub fn encode_exactly(&self, text: &str, context: usize) -> Vec<u32> {
        let mut text: String = text.nfc().flat_map(char::to_lowercase).collect();
        if !text.is_empty() && !text.starts_with(' ') {
            text.insert(0, ' ');
        }
        let mut rest = text.as_str();
        let words = std::iter::from_fn(|| {
            let word;
            (word, rest) = next_word(rest)?;
            let bytes = word.bytes().map(|byte| BYTE_TOKENS[usize::from(byte)]);
            Some(self.merges.apply(bytes))
        });
        framed(self.start(), context, words)
    }
}

/// Splits the next word off, with a space before it, as GPT-2's regular expression does:
/// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let contraction = CONTRACTIONS.iter().find(|end| text.starts_with(**end));
    if let Some(contraction) = contraction {
        return Some(text.split_at(contraction.len()));
    }
    let word = text.strip_prefix(' ').unwrap_or(text);
    let begin = text.len() - word.len();
    let kind = Kind::of(word.chars().next().or(text.chars().next())?);
    if kind != Kind::Blank {
        let length = word.find(|c| Kind::of(c) != kind).unwrap_or(word.len());
        return Some(text.split_at(begin + length));
    }
    let Some(end) = text.find(|c| Kind::of(c) != Kind::Blank) else {
        return Some((text, ""));
    };
    // The last blank belongs to what is behind it, unless it is the only one.
    let last = text[..end].char_indices().last().map_or(0, |(at, _)| at);
    Some(text.split_at(if last == 0 { end } else { last }))
}

#[derive(PartialEq, Eq)]
enum Kind {
    Letter,
    Number,
    Blank,
    Other,
}

impl Kind {
    fn of(c: char) -> Self {
        match c {
            c if c.is_whitespace() => Self::Blank,
            c if c.is_numeric() => Self::Number,
            c if is_letter(c) => Self::Letter,
            _ => Self::Other,
        }
    }
}

/// The merges of a `tokenizer.json`, as [`ByteLevelTokenizer::new`] takes them.
pub(super) fn merges(json: &Json) -> Result<Vec<[u8; MERGE]>> {
    let is_known = json.pre_tokenizer["type"] == "ByteLevel"
        && json.pre_tokenizer["add_prefix_space"] == true
        && json.pre_tokenizer["use_regex"] != false
        && json.normalizer["normalizers"][0]["type"] == "NFC"
        && json.normalizer["normalizers"][1]["type"] == "Lowercase"
        && json.normalizer["normalizers"][2].is_null();
    let vocabulary = json.model.numbered().filter(|_| is_known);
    let Some(vocabulary) = vocabulary else {
        return Err(unsupported(
            "its tokenizer.json is neither CLIP's nor of the kind ByteLevel for lower-case texts",
        ));
    };
    let letters: HashMap<char, u16> = (0..=u8::MAX)
        .map(|byte| (letter(byte), BYTE_TOKENS[usize::from(byte)]))
        .collect();
    // What each token is called; a merge's is that of its parts.
    let mut tokens: HashMap<String, u16> = HashMap::new();
    for (letter, token) in &letters {
        tokens.insert(letter.to_string(), *token);
    }
    let mut rows = Vec::with_capacity(json.model.merges.len());
    for (rank, words) in json.model.merges.iter().enumerate() {
        let rank = u16::try_from(rank).map_err(|_| unsupported("it has too many merges"))?;
        let token = FIRST_MERGED.checked_add(rank);
        let pair = words.pair().and_then(|(left, right)| {
            Some((
                *tokens.get(left)?,
                *tokens.get(right)?,
                format!("{left}{right}"),
                token?,
            ))
        });
        let Some((left, right, merged, token)) = pair else {
            return Err(unsupported(&format!(
                "merge {rank} of its tokenizer.json joins what is no token"
            )));
        };
        if vocabulary.get(&merged) != Some(&u32::from(token)) {
            return Err(unsupported(&format!(
                "its tokenizer.json gives the tokens other numbers than in the order of merges: \
                 {merged:?} is not {token}"
            )));
        }
        tokens.insert(merged, token);
        let mut row = [0; MERGE];
        for (bytes, number) in row.as_chunks_mut().0.iter_mut().zip([left, right, rank]) {
            *bytes = u16::to_be_bytes(number);
        }
        rows.push(row);
    }
    rows.sort_unstable();
    Ok(rows)
}

/// The letter that stands for `byte` in a `tokenizer.json`: itself if it prints, else one from 256 on.
fn letter(byte: u8) -> char {
    const PRINTING: u32 = 188;
    let token = u32::from(BYTE_TOKENS[usize::from(byte)]);
    match token.checked_sub(PRINTING) {
        None => char::from(byte),
        // From 256 to 323, which are letters.
        Some(other) => char::from_u32(256 + other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::description::TokenizerKind;
    use crate::tokenizer::TokenizerFile;

    #[derive(Deserialize)]
    struct Golden {
        tokenizer: serde_json::Value,
        cases: Vec<Case>,
    }

    /// A text, and its tokens without start and end.
    type Case = (String, Vec<u32>);

    /// Made by `UPDATE=1 tests/peers/clip-preprocess/run`.
    fn golden() -> (Vec<[u8; MERGE]>, Vec<Case>) {
        let golden: Golden = serde_json::from_str(include_str!("byte_level.json")).expect("JSON");
        let json = Json::read(golden.tokenizer.to_string().as_bytes()).expect("a tokenizer");
        (merges(&json).expect("of this kind"), golden.cases)
    }

    fn size(merges: &[[u8; MERGE]]) -> usize {
        256 + merges.len() + 2
    }

    #[test]
    fn texts_in_many_scripts_become_the_tokens_of_tokenizers() {
        let (merges, cases) = golden();
        let tokenizer = ByteLevelTokenizer::new(&merges, size(&merges)).expect("sound merges");
        assert!(cases.len() >= 200);
        for (text, expected) in cases {
            let found = tokenizer.encode_exactly(&text, usize::MAX);
            assert_eq!(found[1..found.len() - 1], expected, "{text:?}");
        }
    }

    #[test]
    fn a_text_is_cut_between_its_start_and_its_end() {
        let (merges, _) = golden();
        let tokenizer = ByteLevelTokenizer::new(&merges, size(&merges)).expect("sound merges");
        let (start, end) = (tokenizer.start(), tokenizer.end());
        assert_eq!(tokenizer.encode("", 24), [start, end]);
        let whole = tokenizer.encode("ein roter Bus bei Nacht", usize::MAX);
        assert!(whole.len() > 7, "{whole:?}");
        let cut = tokenizer.encode("ein roter Bus bei Nacht", 5);
        assert_eq!(cut[..4], whole[..4]);
        assert_eq!(cut[4..], [end]);
    }

    #[test]
    fn a_vocabulary_of_another_size_is_refused() {
        let (merges, _) = golden();
        for wrong in [0, size(&merges) - 1, size(&merges) + 1, usize::MAX] {
            assert!(ByteLevelTokenizer::new(&merges, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn other_kinds_of_tokenizers_are_refused_and_clips_own_is_known() {
        let read = |text: &str| TokenizerFile::read(text.as_bytes());
        let refused = |text: &str| read(text).expect_err(text).to_string();
        let said = refused(r#"{"model": {"type": "WordPiece", "vocab": {}}}"#);
        assert!(said.contains("WordPiece"), "{said}");
        assert!(refused("[]").contains("cannot be understood"));
        let clip = r#"{"model": {"type": "BPE", "end_of_word_suffix": "</w>"}}"#;
        assert_eq!(read(clip).expect("CLIP's").kind, TokenizerKind::Clip);
        let file = |merge: &str, token: u16| {
            let kind = r#""normalizer": {"normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
                "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": true, "use_regex": true}"#;
            format!(
                r#"{{{kind}, "model": {{"type": "BPE", "vocab": {{"ab": {token}}}, "merges": ["{merge}"]}}}}"#
            )
        };
        assert!(read(&file("a b", 256)).is_ok());
        assert!(refused(&file("a b", 7)).contains("other numbers"));
        assert!(refused(&file("a bc", 256)).contains("no token"));
    }
}
