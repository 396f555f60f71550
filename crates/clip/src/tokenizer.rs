//! Turns texts into tokens. Each kind of tokenizer is a file; a model's [`Description`] names its own.
//!
//! [`Description`]: crate::description::Description

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::description::TokenizerKind;
use crate::error::{Error, ErrorKind, Result};
use json::{Json, unsupported};

mod byte_level;
mod charsmap;
mod clip;
mod json;
mod letters;
mod pairs;
mod table;
#[cfg(test)]
mod tests;
mod unigram;

pub use byte_level::{ByteLevelTokenizer, MERGE};
pub use clip::ClipTokenizer;
pub use letters::LettersTokenizer;
pub use unigram::UnigramTokenizer;

/// What a model file holds of its tokenizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenizerFile {
    /// Its kind.
    pub kind: TokenizerKind,
    /// Its tables, as [`Tokenizer::new`] takes them; nothing for CLIP's.
    pub tables: Vec<u8>,
}

impl TokenizerFile {
    /// CLIP's own, which needs no tables.
    pub const CLIP: Self = Self {
        kind: TokenizerKind::Clip,
        tables: Vec::new(),
    };

    /// Makes the tables from the bytes of a `tokenizer.json` of Hugging Face's tokenizers.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if it is of a kind that is not known, or damaged.
    pub fn read(file: &[u8]) -> Result<Self> {
        let json = Json::read(file)?;
        let kind = json.model.kind.as_deref().unwrap_or("BPE");
        match kind {
            "BPE" if json.model.end_of_word_suffix.as_deref() == Some("</w>") => Ok(Self::CLIP),
            "BPE" if json.model.byte_fallback == Some(true) => {
                let tables = letters::tables(&json)?;
                let size = tables.len();
                let kind = TokenizerKind::Letters { size };
                Ok(Self { kind, tables })
            }
            "BPE" => {
                let merges = byte_level::merges(&json)?;
                Ok(Self {
                    kind: TokenizerKind::ByteLevel {
                        merges: merges.len(),
                    },
                    tables: merges.as_flattened().to_vec(),
                })
            }
            "Unigram" => {
                let tables = unigram::tables(&json)?;
                let size = tables.len();
                let kind = TokenizerKind::Unigram { size };
                Ok(Self { kind, tables })
            }
            other => Err(unsupported(&format!(
                "its tokenizer.json is of the kind {other:?}, which is not known"
            ))),
        }
    }
}

/// A tokenizer of any kind.
#[derive(Debug, Clone)]
pub enum Tokenizer<'a> {
    /// CLIP's own.
    Clip(ClipTokenizer),
    /// Pairs of bytes.
    ByteLevel(ByteLevelTokenizer<'a>),
    /// Pairs of letters.
    Letters(LettersTokenizer<'a>),
    /// Likely pieces.
    Unigram(UnigramTokenizer<'a>),
}

impl<'a> Tokenizer<'a> {
    /// The one with these tables, for a model with so many tokens. It is made in no time.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if the number of tokens does not fit, [`ErrorKind::Damaged`] if the
    /// tables are damaged.
    pub fn new(kind: TokenizerKind, tables: &'a [u8], vocabulary_size: usize) -> Result<Self> {
        let damaged = || {
            let what = "the tables of its tokenizer are damaged; convert the checkpoint again";
            Error::new(ErrorKind::Damaged, what)
        };
        Ok(match kind {
            TokenizerKind::Clip => Self::Clip(ClipTokenizer::new(vocabulary_size)?),
            TokenizerKind::ByteLevel { .. } => {
                let rows = tables.as_chunks().0;
                Self::ByteLevel(ByteLevelTokenizer::new(rows, vocabulary_size)?)
            }
            TokenizerKind::Letters { .. } => {
                Self::Letters(LettersTokenizer::new(tables).ok_or_else(damaged)?)
            }
            TokenizerKind::Unigram { .. } => {
                Self::Unigram(UnigramTokenizer::new(tables).ok_or_else(damaged)?)
            }
        })
    }

    /// The tokens of a text that a person typed, with start and end: at most `context`.
    #[must_use]
    pub fn encode(&self, text: &str, context: usize) -> Vec<u32> {
        match self {
            Self::Clip(tokenizer) => tokenizer.encode(text, context),
            Self::ByteLevel(tokenizer) => tokenizer.encode(text, context),
            Self::Letters(tokenizer) => tokenizer.encode(text, context),
            Self::Unigram(tokenizer) => tokenizer.encode(text, context),
        }
    }

    /// The tokens of `text` exactly as Hugging Face's transformers makes them, with start and end.
    #[must_use]
    pub fn encode_exactly(&self, text: &str, context: usize) -> Vec<u32> {
        match self {
            Self::Clip(tokenizer) => tokenizer.encode_exactly(text, context),
            Self::ByteLevel(tokenizer) => tokenizer.encode_exactly(text, context),
            Self::Letters(tokenizer) => tokenizer.encode_exactly(text, context),
            Self::Unigram(tokenizer) => tokenizer.encode_exactly(text, context),
        }
    }
}

/// English ends of words that are words to a tokenizer.
const CONTRACTIONS: [&str; 7] = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

/// The tokens of all words between `start` and the end, which is the token behind it: at most `context`
/// tokens, but always these two.
fn framed(start: u32, context: usize, words: impl Iterator<Item = Vec<u16>>) -> Vec<u32> {
    let longest = context.saturating_sub(1).max(1);
    let mut tokens = vec![start];
    tokens.extend(words.flatten().map(u32::from).take(longest - 1));
    tokens.push(start + 1);
    tokens
}

/// Whether `c` is of Unicode's category L: std's "alphabetic" has some marks, numbers and circled
/// letters besides.
fn is_letter(c: char) -> bool {
    let circled = matches!(c, 'Ⓐ'..='ⓩ' | '\u{1f130}'..='\u{1f149}' | '\u{1f150}'..='\u{1f169}' | '\u{1f170}'..='\u{1f189}');
    c.is_alphabetic() && !c.is_numeric() && !circled && !is_combining_mark(c)
}

/// `text` with plain quotes, and letters, digits and kana in their usual width.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2bc}' | '\u{2018}'..='\u{201b}' => plain.push('\''),
            '\u{201c}'..='\u{201f}' => plain.push('"'),
            '\u{ff01}'..='\u{ffef}' => plain.extend(c.nfkc()),
            c => plain.push(c),
        }
    }
    plain
}
