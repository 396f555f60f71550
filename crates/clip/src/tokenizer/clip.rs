//! CLIP's tokenizer: byte-pair encoding, which merges frequent pairs of bytes again and again.
//!
//! [`ClipTokenizer::encode_exactly`] agrees with `CLIPTokenizer` of Hugging Face's transformers
//! (`tests/peers/clip-preprocess/run` compares them); [`ClipTokenizer::encode`] is for what people type.

use unicode_normalization::UnicodeNormalization;

use super::pairs::{BYTE_TOKENS, Merges};
use super::{CONTRACTIONS, framed, is_letter, plain};
use crate::error::{Error, ErrorKind, Result};

/// All merges that CLIP knows, made by `make.py` beside it: left token, right token and rank, big
/// endian, sorted. It is searched where it lies, so that nothing is prepared at start.
const MERGES: &[[u8; 6]] = include_bytes!("merges.bin").as_chunks().0;

/// Added to the token of a byte at the end of a word. The merged tokens follow those.
const WORD_END: u16 = 256;
const FIRST_MERGED: u16 = 512;
/// The start and the end of a text.
const CONTROLS: usize = 2;
const MAX_VOCABULARY: usize = FIRST_MERGED as usize + MERGES.len() + CONTROLS;

/// Turns texts into the tokens of a CLIP model.
#[derive(Debug, Clone)]
pub struct ClipTokenizer {
    /// How many of the first merges the model knows.
    merges: u16,
}

impl ClipTokenizer {
    /// For a model with `vocabulary_size` tokens, of which the last two are the start and the end
    /// of a text: 49,408 for `OpenAI`'s models, fewer where only the first merges were kept.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] if CLIP's vocabulary cannot have that size.
    pub fn new(vocabulary_size: usize) -> Result<Self> {
        let merges = vocabulary_size
            .checked_sub(usize::from(FIRST_MERGED) + CONTROLS)
            .filter(|merges| *merges <= MERGES.len())
            .and_then(|merges| u16::try_from(merges).ok());
        let Some(merges) = merges else {
            let problem = format!(
                "the model has {vocabulary_size} tokens, but CLIP's vocabulary has 514 to {MAX_VOCABULARY}: only models with \
                 CLIP's own tokens can be used"
            );
            return Err(Error::new(ErrorKind::Unsupported, problem));
        };
        Ok(Self { merges })
    }

    /// The token that starts every text.
    #[must_use]
    pub fn start(&self) -> u32 {
        u32::from(FIRST_MERGED) + u32::from(self.merges)
    }

    /// The token that ends every text.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.start() + 1
    }

    /// The tokens of a text that a person typed, between start and end: at most `context` tokens, but
    /// always these two.
    ///
    /// Curly quotes and full-width letters become the plain ones that CLIP was trained with, as
    /// `OpenAI`'s own code does it. Nothing in `text` becomes a start or an end token.
    #[must_use]
    pub fn encode(&self, text: &str, context: usize) -> Vec<u32> {
        self.encode_exactly(&plain(text), context)
    }

    /// The tokens of `text` exactly as Hugging Face's transformers makes them, except that the names of
    /// the start and end tokens are text here.
    #[must_use]
    pub fn encode_exactly(&self, text: &str, context: usize) -> Vec<u32> {
        // Each character for itself: str::to_lowercase would look at the neighbours of a sigma.
        let text: String = text.nfc().flat_map(char::to_lowercase).collect();
        let mut rest = text.as_str();
        let words = std::iter::from_fn(|| {
            let word;
            (word, rest) = next_word(rest)?;
            Some(self.merged(word))
        });
        framed(self.start(), context, words)
    }

    /// The tokens of one word.
    fn merged(&self, word: &str) -> Vec<u16> {
        let last = word.len().saturating_sub(1);
        let token = |(index, byte): (usize, u8)| {
            let token = BYTE_TOKENS[usize::from(byte)];
            if index == last {
                token + WORD_END
            } else {
                token
            }
        };
        let merges = Merges {
            rows: MERGES,
            first: FIRST_MERGED,
            known: self.merges,
        };
        merges.apply(word.bytes().enumerate().map(token))
    }
}

/// Splits the next word off, without the blanks before it.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let first = text.chars().next()?;
    let contraction = CONTRACTIONS.iter().find(|end| text.starts_with(**end));
    let end = if let Some(contraction) = contraction {
        contraction.len()
    } else if first.is_numeric() {
        first.len_utf8()
    } else if is_letter(first) {
        text.find(|c| !is_letter(c)).unwrap_or(text.len())
    } else {
        let ends = |c: char| c.is_whitespace() || c.is_numeric() || is_letter(c);
        text.find(ends).unwrap_or(text.len())
    };
    Some(text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    fn clip() -> ClipTokenizer {
        ClipTokenizer::new(49_408).expect("the size of CLIP's vocabulary")
    }

    #[test]
    fn the_vocabulary_is_the_one_that_its_script_makes() {
        let script = include_str!("make.py");
        let digest = sha256(MERGES.as_flattened());
        assert!(script.contains(&format!("\nMADE = \"{digest}\"\n")));
        assert_eq!(MAX_VOCABULARY, 49_408);
    }

    #[test]
    fn texts_become_the_tokens_that_clip_knows() {
        let photo = [49406, 320, 1125, 539, 320, 2368, 49407];
        assert_eq!(clip().encode("a photo of a cat", 77), photo);
        assert_eq!(clip().encode(" A  PHOTO\nof a\u{3000}cat ", 77), photo);
        assert_eq!(clip().encode("", 77), [49406, 49407]);
    }

    /// Made by `UPDATE=1 tests/peers/clip-preprocess/run`.
    #[test]
    fn texts_in_many_scripts_become_the_tokens_of_transformers() {
        type Case = (String, Vec<u32>, Vec<u32>);
        let cases: Vec<Case> = serde_json::from_str(include_str!("golden.json")).expect("JSON");
        assert!(cases.len() >= 200);
        let small = ClipTokenizer::new(8192 + 514).expect("fewer merges");
        for (text, whole, few) in cases {
            let found = clip().encode_exactly(&text, usize::MAX);
            assert_eq!(found, whole, "{text:?}");
            let found = small.encode_exactly(&text, usize::MAX);
            assert_eq!(found, few, "{text:?} with few merges");
        }
    }

    #[test]
    fn what_keyboards_make_of_plain_letters_is_undone() {
        let same = |a: &str, b: &str| assert_eq!(clip().encode(a, 77), clip().encode(b, 77));
        same("the dog’s “house”", "the dog's \"house\"");
        same("ＤＯＧ！", "dog!");
        same("ｶﾞ", "ガ");
    }

    #[test]
    fn a_text_has_one_start_and_one_end() {
        let tokens = clip().encode("<|startoftext|>cat<|endoftext|> dog <|ENDOFTEXT|>", 77);
        let controls: Vec<usize> = (0..tokens.len())
            .filter(|index| tokens[*index] >= clip().start())
            .collect();
        assert_eq!(controls, [0, tokens.len() - 1]);
        assert!(tokens.contains(&1929), "{tokens:?} has the dog behind");
    }

    #[test]
    fn long_texts_are_cut_before_the_end() {
        let whole = clip().encode("a photo of a cat", 77);
        for context in 0..9 {
            let cut = clip().encode("a photo of a cat", context);
            assert_eq!(cut.len(), context.clamp(2, 7));
            assert_eq!(cut[..cut.len() - 1], whole[..cut.len() - 1]);
            assert_eq!(cut.last(), Some(&clip().end()));
        }
    }

    #[test]
    fn a_small_vocabulary_has_the_first_merges_only() {
        let small = ClipTokenizer::new(514 + 8192).expect("fewer merges");
        let tokens = small.encode("a photo of a cat with hyperspectral 🦄", 77);
        assert_eq!(tokens[..6], [8704, 320, 1125, 539, 320, 2368]);
        assert_eq!(tokens.last(), Some(&8705));
        assert!(tokens.iter().all(|token| *token < 8706));
        let bytes = ClipTokenizer::new(514).expect("no merges");
        assert_eq!(bytes.encode("ab", 77), [512, 64, 65 + 256, 513]);
        for impossible in [0, 513, 49_409, usize::MAX] {
            let error = ClipTokenizer::new(impossible).expect_err("no size of CLIP's");
            assert!(error.to_string().contains("49408"), "{error}");
        }
    }

    /// Merging the best pair by looking at all of them anew took time with the square of a word.
    #[test]
    fn endless_words_are_merged_too() {
        let word = "aé".repeat(20_000);
        let tokens = clip().encode(&word, usize::MAX);
        let again = clip().encode(&format!("x {word}"), usize::MAX);
        assert_eq!(again[2..], tokens[1..]);
        assert_eq!(clip().encode(&word, 77)[..76], tokens[..76]);
    }
}
