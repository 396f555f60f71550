//! `SentencePiece`'s unigram model (Kudo, 2018): a word becomes the pieces whose probabilities have the
//! largest product. `XLM-RoBERTa`'s tokenizer, as Hugging Face's tokenizers runs it.
//!
//! [`UnigramTokenizer::encode_exactly`] agrees with transformers (`tests/peers/clip-tokens/run` compares
//! them); [`UnigramTokenizer::encode`] is for what people type.

use super::charsmap::CharsMap;
use super::json::{Json, unsupported};
use super::plain;
use super::table::{Words, join, list, number, split};
use crate::error::Result;

/// Stands for the space before a word.
const SPACE: char = '\u{2581}';
/// How much less likely an unknown letter is than the least likely piece, in logarithms.
const PENALTY: f64 = 10.0;

/// Turns texts into the tokens of a model with a unigram vocabulary.
#[derive(Debug, Clone)]
pub struct UnigramTokenizer<'a> {
    words: Words<'a>,
    /// The token of each word.
    tokens: &'a [u8],
    /// The logarithm of the probability of each word, of 64 bits.
    scores: &'a [u8],
    charsmap: CharsMap<'a>,
    start: u32,
    end: u32,
    unknown: u32,
    /// That of an unknown letter.
    least: f64,
}

/// A best way to a place in a word.
#[derive(Clone, Copy)]
struct Way {
    score: f64,
    from: usize,
    token: u32,
}

impl<'a> UnigramTokenizer<'a> {
    /// With the tables that [`TokenizerFile::read`](super::TokenizerFile::read) made; none if they are
    /// damaged.
    #[must_use]
    pub fn new(tables: &'a [u8]) -> Option<Self> {
        let [controls, places, letters, tokens, scores, charsmap] = split(tables)?;
        let words = Words { places, letters };
        let is_sound = tokens.len() == words.len() * 4 && scores.len() == words.len() * 8;
        let least = controls.get(12..).and_then(|least| least.first_chunk())?;
        is_sound.then_some(())?;
        Some(Self {
            words,
            tokens,
            scores,
            charsmap: CharsMap::new(charsmap)?,
            start: number(controls, 0)?,
            end: number(controls, 1)?,
            unknown: number(controls, 2)?,
            least: f64::from_le_bytes(*least),
        })
    }

    /// The tokens of a text that a person typed, between start and end: at most `context` tokens, but
    /// always these two. Nothing in `text` becomes a start or an end token.
    #[must_use]
    pub fn encode(&self, text: &str, context: usize) -> Vec<u32> {
        self.encode_exactly(&plain(text), context)
    }

    /// The tokens of `text` exactly as Hugging Face's tokenizers makes them, except that the names of
    /// tokens such as the end are text here.
    #[must_use]
    pub fn encode_exactly(&self, text: &str, context: usize) -> Vec<u32> {
        let mut tokens = vec![self.start];
        let room = context.saturating_sub(1).max(1);
        for word in self.charsmap.apply(text).split_whitespace() {
            let word = if word.starts_with(SPACE) {
                word.to_owned()
            } else {
                format!("{SPACE}{word}")
            };
            let mut begin = 0;
            let next = |from: usize| {
                word[from..]
                    .char_indices()
                    .skip(1)
                    .find(|(_, c)| *c == SPACE)
            };
            while begin < word.len() && tokens.len() < room {
                let end = next(begin).map_or(word.len(), |(at, _)| begin + at);
                self.add_pieces(&word[begin..end], &mut tokens);
                begin = end;
            }
        }
        tokens.truncate(room);
        tokens.push(self.end);
        tokens
    }

    /// Adds the tokens of the likeliest pieces of `word`; unknown letters in a row are one token.
    fn add_pieces(&self, word: &str, tokens: &mut Vec<u32>) {
        let mut ways: Vec<Option<Way>> = vec![None; word.len() + 1];
        for (from, letter) in word.char_indices() {
            let score = ways[from].map_or(0.0, |way| way.score);
            let mut is_known = false;
            let mut reach = |length: usize, token: u32, added: f64| {
                let way = &mut ways[from + length];
                let score = score + added;
                if way.is_none_or(|way| score > way.score) {
                    *way = Some(Way { score, from, token });
                }
            };
            for (index, length) in self.words.prefixes(&word[from..]) {
                let bytes = self.scores.as_chunks().0.get(index);
                let score = bytes.map_or(self.least, |bytes| f64::from_le_bytes(*bytes));
                reach(
                    length,
                    number(self.tokens, index).unwrap_or(self.unknown),
                    score,
                );
                is_known |= length == letter.len_utf8();
            }
            if !is_known {
                reach(letter.len_utf8(), self.unknown, self.least);
            }
        }
        let before = tokens.len();
        let mut end = word.len();
        while let Some(way) = ways[end] {
            if way.token != self.unknown || tokens[before..].last() != Some(&self.unknown) {
                tokens.push(way.token);
            }
            end = way.from;
        }
        tokens[before..].reverse();
    }
}

/// The tables of a `tokenizer.json` of this kind.
pub(super) fn tables(json: &Json) -> Result<Vec<u8>> {
    let is_known = json.model.byte_fallback != Some(true)
        && json.normalizer["type"] == "Precompiled"
        && json.pre_tokenizer["pretokenizers"][0]["type"] == "WhitespaceSplit"
        && json.pre_tokenizer["pretokenizers"][1]["type"] == "Metaspace"
        && json.pre_tokenizer["pretokenizers"][1]["prepend_scheme"] != "never"
        && json.pre_tokenizer["pretokenizers"][1]["add_prefix_space"] != false
        && json.pre_tokenizer["pretokenizers"][2].is_null();
    let Some(scored) = json.model.scored().filter(|_| is_known) else {
        return Err(unsupported(
            "its tokenizer.json has a Unigram model otherwise than XLM-RoBERTa has it",
        ));
    };
    let charsmap = json.normalizer["precompiled_charsmap"].as_str();
    let charsmap = charsmap
        .and_then(decoded)
        .filter(|bytes| CharsMap::new(bytes).is_some());
    let charsmap = charsmap.ok_or_else(|| unsupported("its precompiled_charsmap is damaged"))?;
    let token = |name: &str| {
        let place = scored.iter().position(|(word, _)| word == name);
        place
            .and_then(|place| u32::try_from(place).ok())
            .ok_or_else(|| unsupported(&format!("its tokenizer.json has no token {name}")))
    };
    let unknown = json.model.unk_id.unwrap_or_default();
    let controls = list([token("<s>")?, token("</s>")?, unknown]);
    let least = scored.iter().map(|(_, score)| *score);
    let least = least.fold(f64::INFINITY, f64::min) - PENALTY;
    let controls = [controls, least.to_le_bytes().to_vec()].concat();
    let mut words: Vec<(&str, u32, f64)> = (0..)
        .zip(scored)
        .map(|(token, (word, score))| (word.as_str(), token, *score))
        .filter(|(word, token, _)| !word.is_empty() && *token != unknown && !json.is_control(word))
        .collect();
    words.sort_unstable_by_key(|(word, ..)| *word);
    let [places, letters] = Words::parts(words.iter().map(|(word, ..)| *word));
    let tokens = list(words.iter().map(|(_, token, _)| *token));
    let logarithms = words.iter().flat_map(|(.., score)| score.to_le_bytes());
    let logarithms = logarithms.collect();
    Ok(join(&[
        controls, places, letters, tokens, logarithms, charsmap,
    ]))
}

/// What base64 stands for; none if it is damaged.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.trim_end_matches('=').bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count).to_le_bytes()[0]);
            bits &= (1 << count) - 1;
        }
    }
    Some(bytes)
}
