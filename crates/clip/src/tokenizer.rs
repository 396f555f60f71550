//! Turns texts into tokens. Each kind of tokenizer is a file; a model's [`Description`] names its own.
//!
//! [`Description`]: crate::description::Description

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

mod byte_level;
mod clip;
mod pairs;

pub use byte_level::{ByteLevelTokenizer, MERGE, merges_in};
pub use clip::ClipTokenizer;

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
