//! The words by which people name pictures and ask for them.
//!
//! Names of files and folders are cut where people put a seam: at signs, between letters and digits,
//! and where a capital begins (`SummerRome-2019` is summer, rome and 2019). What was one name can also
//! be found as one (`img20190504101112`, `newyork`). Writing without spaces is cut into pairs of
//! characters. Letters are compared in lower case and without accents.

use std::collections::BTreeSet;
use std::path::Path;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Longest word that is kept, in bytes; of a longer one this much.
const MAX_WORD: usize = 64;
/// Words of one picture that are kept, and of one query.
const MAX_WORDS: usize = 256;
const MAX_QUERY_WORDS: usize = 32;
/// Fewest letters, or digits, of a word that stands for all that begin with it.
const MIN_BEGINNING: usize = 4;
/// A word of that length stands only for those that are a little longer: else rome would find
/// everything romantic.
const MAX_ENDING: usize = 3;

/// Words of questions that tell nothing about a picture, without accents.
const STOP_WORDS: &[&str] = &[
    "a",
    "al",
    "am",
    "an",
    "and",
    "as",
    "at",
    "au",
    "auf",
    "aus",
    "aux",
    "avec",
    "bei",
    "bild",
    "bilder",
    "by",
    "com",
    "con",
    "da",
    "dans",
    "das",
    "de",
    "degli",
    "dei",
    "del",
    "della",
    "dem",
    "den",
    "der",
    "des",
    "di",
    "die",
    "do",
    "dos",
    "du",
    "e",
    "ein",
    "eine",
    "einem",
    "einen",
    "einer",
    "el",
    "em",
    "en",
    "et",
    "find",
    "for",
    "foto",
    "fotos",
    "from",
    "fur",
    "gli",
    "i",
    "il",
    "im",
    "image",
    "images",
    "imagem",
    "imagen",
    "imagenes",
    "immagine",
    "in",
    "is",
    "it",
    "l",
    "la",
    "las",
    "le",
    "les",
    "lo",
    "los",
    "me",
    "mein",
    "meine",
    "mi",
    "mis",
    "mit",
    "mon",
    "mes",
    "my",
    "na",
    "nel",
    "nella",
    "no",
    "o",
    "oder",
    "of",
    "on",
    "or",
    "os",
    "ou",
    "our",
    "para",
    "per",
    "photo",
    "photos",
    "pic",
    "pics",
    "picture",
    "pictures",
    "por",
    "pour",
    "show",
    "sobre",
    "some",
    "sur",
    "that",
    "the",
    "this",
    "to",
    "um",
    "uma",
    "un",
    "una",
    "unas",
    "und",
    "une",
    "uno",
    "unos",
    "vom",
    "von",
    "was",
    "we",
    "with",
    "y",
    "zu",
    "zum",
    "zur",
    "в",
    "во",
    "до",
    "з",
    "за",
    "и",
    "из",
    "на",
    "о",
    "от",
    "по",
    "с",
    "со",
    "та",
    "у",
    "фото",
    "я",
    "і",
    "й",
    "картинка",
    "的",
    "の",
];

/// Endings of file names that a query may carry.
const ENDINGS: &[&str] = &[
    "arw", "avif", "bmp", "cr2", "cr3", "dng", "gif", "heic", "heif", "jpeg", "jpg", "jxl", "nef",
    "orf", "png", "raf", "rw2", "tif", "tiff", "webp",
];

/// What a picture is called.
#[derive(Debug, Default)]
pub(in crate::collection) struct PictureWords(BTreeSet<String>);

impl PictureWords {
    /// Adds the words of a file's or folder's name, and all of it as one word.
    pub fn add_name(&mut self, name: &str) {
        self.add(name, true);
    }

    /// Adds the words of a text.
    pub fn add_text(&mut self, text: &str) {
        self.add(text, false);
    }

    fn add(&mut self, text: &str, is_name: bool) {
        let mut whole = String::new();
        for chunk in chunks(text) {
            let words = parts(&chunk);
            whole.extend(chunk.iter().copied());
            if words.len() > 1 && !is_name {
                self.insert(&folded(&chunk));
            }
            for word in words {
                self.insert(&word);
            }
        }
        if is_name && !whole.is_empty() {
            let whole: Vec<char> = whole.chars().collect();
            self.insert(&folded(&whole));
        }
    }

    fn insert(&mut self, word: &str) {
        if self.0.len() < MAX_WORDS && !word.is_empty() {
            let word = &word[..word.floor_char_boundary(MAX_WORD)];
            if !self.0.contains(word) {
                self.0.insert(word.to_owned());
            }
        }
    }

    /// The words, each once.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::collection) struct QueryWord {
    pub text: String,
    /// It joins several others that are sought as well: a picture need not have it.
    pub is_whole: bool,
}

/// The words that a query asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::collection) struct QueryWords {
    pub words: Vec<QueryWord>,
    /// There are numbers among them, of which a model knows nothing.
    pub has_number: bool,
}

impl QueryWords {
    /// The words of `query` that say something; all of them where none does.
    pub fn new(query: &str) -> Self {
        let query = without_ending(query);
        let mut words: Vec<QueryWord> = Vec::new();
        let mut whole = String::new();
        let mut add = |text: String, is_whole: bool| {
            let is_new = words.iter().all(|word| word.text != text);
            if is_new && !text.is_empty() && words.len() < MAX_QUERY_WORDS {
                words.push(QueryWord { text, is_whole });
            }
        };
        for chunk in chunks(query) {
            let chunk_parts = parts(&chunk);
            let chunk_whole = folded(&chunk);
            let is_several = chunk_parts.len() > 1;
            for part in chunk_parts {
                add(part, false);
            }
            whole.push_str(&chunk_whole);
            if is_several {
                add(chunk_whole, true);
            }
        }
        add(whole, true);
        let says = |word: &&QueryWord| !STOP_WORDS.contains(&word.text.as_str());
        let telling: Vec<QueryWord> = words.iter().filter(says).cloned().collect();
        if telling.iter().any(|word| !word.is_whole) {
            words = telling;
        }
        let is_number = |word: &QueryWord| word.text.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            has_number: words.iter().any(is_number),
            words,
        }
    }
}

/// How well a word of a query is met.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::collection) enum Likeness {
    /// By this word.
    Word(String, f32),
    /// By any word that begins so, and has at most so many bytes.
    Beginning(String, usize, f32),
}

impl QueryWord {
    /// What meets it, best first, each with how well.
    pub fn likenesses(&self) -> Vec<Likeness> {
        let text = &self.text;
        let mut all = vec![Likeness::Word(text.clone(), 1.0)];
        let count = text.chars().count();
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && count >= 3 {
            let other = text.strip_suffix('s').filter(|_| count > 3);
            let other = other.map_or_else(|| format!("{text}s"), str::to_owned);
            all.push(Likeness::Word(other, 0.9));
        }
        if count >= MIN_BEGINNING && !is_written_without_spaces(text.chars().next()) {
            let most = if is_number || self.is_whole || count > MIN_BEGINNING {
                MAX_WORD
            } else {
                text.len() + MAX_ENDING
            };
            all.push(Likeness::Beginning(text.clone(), most, 0.7));
        }
        all
    }
}

/// The words of a folder's name, to compare it with another.
pub(in crate::collection) fn name_words(name: &str) -> Vec<String> {
    chunks(name)
        .into_iter()
        .flat_map(|chunk| parts(&chunk))
        .collect()
}

fn without_ending(query: &str) -> &str {
    let query = query.trim();
    let ending = Path::new(query)
        .extension()
        .and_then(|ending| ending.to_str());
    let is_known = |ending: &&str| {
        ENDINGS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    };
    match ending.filter(is_known) {
        Some(ending) => query[..query.len() - ending.len()].trim_end_matches('.'),
        None => query,
    }
}

/// Runs of letters and digits, without accents.
fn chunks(text: &str) -> Vec<Vec<char>> {
    let plain: Vec<char> = text
        .nfkd()
        // Those of Latin, Greek and Cyrillic letters; others belong to theirs.
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .nfc()
        .collect();
    let is_sign = |c: &char| !(c.is_alphanumeric() || is_combining_mark(*c));
    let runs = plain.split(is_sign).filter(|run| !run.is_empty());
    runs.map(<[char]>::to_vec).collect()
}

/// Where a character stands in a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Capital,
    Letter,
    /// Of a writing without spaces.
    Packed,
}

fn kind(c: char) -> Kind {
    if c.is_numeric() {
        Kind::Digit
    } else if c.is_uppercase() {
        Kind::Capital
    } else if is_written_without_spaces(Some(c)) {
        Kind::Packed
    } else {
        Kind::Letter
    }
}

/// Thai to Burmese, Khmer, and Chinese and Japanese.
fn is_written_without_spaces(c: Option<char>) -> bool {
    matches!(
        c,
        Some(
            '\u{e00}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17ff}'
            | '\u{3005}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}',
        )
    )
}

/// The words in a run of letters and digits.
fn parts(chunk: &[char]) -> Vec<String> {
    let mut cuts = vec![0];
    for at in 1..chunk.len() {
        let (before, here) = (kind(chunk[at - 1]), kind(chunk[at]));
        let next = chunk.get(at + 1).map(|c| kind(*c));
        let is_cut = match (before, here) {
            (Kind::Capital, Kind::Letter) => false,
            // The last of several capitals begins a word: HTMLFile.
            (Kind::Capital, Kind::Capital) => next == Some(Kind::Letter),
            _ => before != here,
        };
        if is_cut {
            cuts.push(at);
        }
    }
    cuts.push(chunk.len());
    let mut words = Vec::new();
    for ends in cuts.windows(2) {
        let word = &chunk[ends[0]..ends[1]];
        match word {
            [first, _, _, ..] if kind(*first) == Kind::Packed => {
                words.extend(word.windows(2).map(folded));
            }
            _ => words.push(folded(word)),
        }
    }
    words
}

/// In lower case, with letters of one alphabet that another writes as two.
fn folded(word: &[char]) -> String {
    let lower = word.iter().flat_map(|c| c.to_lowercase());
    let mut folded = String::new();
    for c in lower {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            // What lower case makes of some capitals, such as İ.
            '\u{300}'..='\u{36f}' => {}
            other => folded.push(other),
        }
    }
    folded
}

#[cfg(test)]
mod tests;
