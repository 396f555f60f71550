//! What a `tokenizer.json` of Hugging Face's tokenizers says.

use std::collections::HashMap;

use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};

/// The parts of the file that matter.
#[derive(Deserialize)]
pub(super) struct Json {
    #[serde(default)]
    pub(super) normalizer: serde_json::Value,
    #[serde(default)]
    pub(super) pre_tokenizer: serde_json::Value,
    #[serde(default)]
    added_tokens: Vec<Added>,
    pub(super) model: ModelPart,
}

/// A token beside those that the model makes.
#[derive(Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "as the file has them")]
struct Added {
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
    #[serde(default)]
    normalized: bool,
    #[serde(default)]
    single_word: bool,
    #[serde(default)]
    lstrip: bool,
    #[serde(default)]
    rstrip: bool,
}

#[derive(Deserialize)]
pub(super) struct ModelPart {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    #[serde(default)]
    pub(super) end_of_word_suffix: Option<String>,
    #[serde(default)]
    pub(super) byte_fallback: Option<bool>,
    #[serde(default)]
    pub(super) unk_id: Option<u32>,
    #[serde(default)]
    vocab: Option<Vocabulary>,
    #[serde(default)]
    pub(super) merges: Vec<MergeWords>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Vocabulary {
    /// The token of each word.
    Numbered(HashMap<String, u32>),
    /// Words in the order of their tokens, with logarithms of probabilities.
    Scored(Vec<(String, f64)>),
}

/// A merge, as older and as newer files write it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum MergeWords {
    Line(String),
    Pair(String, String),
}

impl MergeWords {
    pub(super) fn pair(&self) -> Option<(&str, &str)> {
        match self {
            Self::Line(line) => line.split_once(' '),
            Self::Pair(left, right) => Some((left, right)),
        }
    }
}

impl Json {
    pub(super) fn read(file: &[u8]) -> Result<Self> {
        serde_json::from_slice(file)
            .map_err(|cause| unsupported("tokenizer.json cannot be understood").with_source(cause))
    }

    /// Whether `word` is the name of a token that texts do not have, such as the end.
    pub(super) fn is_control(&self, word: &str) -> bool {
        let mut added = self.added_tokens.iter();
        added.any(|added| added.special && added.content == word)
    }

    /// Words that are a token wherever they stand.
    pub(super) fn whole(&self) -> Result<Vec<(&str, u32)>> {
        let added = self.added_tokens.iter().filter(|added| !added.special);
        let whole = added.map(|added| {
            if added.normalized || added.single_word || added.lstrip || added.rstrip {
                return Err(unsupported(&format!(
                    "its tokenizer.json looks for {:?} in a way that is not known",
                    added.content
                )));
            }
            Ok((added.content.as_str(), added.id))
        });
        whole.collect()
    }
}

impl ModelPart {
    pub(super) fn numbered(&self) -> Option<&HashMap<String, u32>> {
        match &self.vocab {
            Some(Vocabulary::Numbered(words)) => Some(words),
            _ => None,
        }
    }

    pub(super) fn scored(&self) -> Option<&[(String, f64)]> {
        match &self.vocab {
            Some(Vocabulary::Scored(words)) => Some(words),
            _ => None,
        }
    }
}

pub(super) fn unsupported(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, what)
}
