//! How well the words of a query fit the words of a picture.

use crate::engine::drawings::{Drawing, DrawingWords};

/// Words that tell nothing about a picture, in English and Spanish: they are ignored.
const STOP_WORDS: &[&str] = &[
    "a", "al", "an", "and", "el", "for", "is", "la", "las", "los", "me", "my", "o", "or", "para",
    "por", "some", "the", "to", "un", "una", "unas", "unos", "y",
];

/// Stop words, too. What comes after them is about the surroundings and counts half.
const PREPOSITIONS: &[&str] = &[
    "at", "bajo", "by", "con", "de", "del", "en", "from", "in", "near", "of", "on", "over",
    "sobre", "under", "with",
];

/// Words that say how something looks, not what it is: they count a quarter.
const COLOURS: &[&str] = &[
    "amarillo", "azul", "black", "blanco", "blue", "brown", "gray", "green", "grey", "gris",
    "marron", "morado", "naranja", "negro", "orange", "pink", "purple", "red", "rojo", "rosa",
    "verde", "white", "yellow",
];

/// Pairs of endings that make forms of the same word: plurals, and the genders of Spanish.
const ENDINGS: &[(&str, &str)] = &[
    ("s", ""),
    ("es", ""),
    ("ies", "y"),
    ("ves", "f"),
    ("ces", "z"),
    ("a", "o"),
    ("as", "o"),
    ("os", "a"),
    ("as", "os"),
];

/// Weight in the score of how much of the picture's name the query covers: for "bus" the bus comes
/// before the bus stop.
const SHARE_OF_NAME: f64 = 0.1;

/// Words of a query that are compared; the rest is ignored. Descriptions of pictures have fewer.
const MAX_WORDS: usize = 32;

/// The words of a query, ready to be compared.
pub struct QueryWords(Vec<(String, f64)>);

impl QueryWords {
    /// The words of `query` that say something, each once; all of them when none does.
    pub fn new(query: &str) -> Self {
        let text: String = folded(query).collect();
        let mut wanted: Vec<(String, f64)> = Vec::new();
        let mut share = 1.0;
        for word in split(&text).filter(|word| !STOP_WORDS.contains(word)) {
            if PREPOSITIONS.contains(&word) {
                share = 0.5;
            } else if !wanted.iter().any(|(known, _)| known == word) {
                wanted.push((word.to_owned(), share * weight(word)));
            }
        }
        if wanted.is_empty() {
            wanted = split(&text).map(|word| (word.to_owned(), 1.0)).collect();
        }
        wanted.truncate(MAX_WORDS);
        Self(wanted)
    }

    /// From 0, nothing in common, to 1, the very name of the picture. Nine tenths are the mean
    /// over the words, by their weights, of how well each is met: 1 for a word of the name, 0.8
    /// for a keyword, 0.02 less for another form of it, 0.6 and 0.5 for its beginning. One tenth
    /// is the share of the name that the words cover. This in the better of the two languages,
    /// which are not mixed: "red" is a net in Spanish.
    pub fn score(&self, picture: &Drawing) -> f64 {
        let scores = picture.words.iter().map(|words| self.score_in(words));
        scores.fold(0.0, f64::max)
    }

    fn score_in(&self, words: &DrawingWords) -> f64 {
        let (mut met, mut total) = (0.0, 0.0);
        for (word, weight) in &self.0 {
            let in_names = match best(word, words.names) {
                Likeness::Whole => 1.0,
                Likeness::Form => 0.98,
                Likeness::Beginning => 0.6,
                Likeness::None => 0.0,
            };
            let in_keywords = match best(word, words.keywords) {
                Likeness::Whole => 0.8,
                Likeness::Form => 0.78,
                Likeness::Beginning => 0.5,
                Likeness::None => 0.0,
            };
            met += weight * f64::max(in_names, in_keywords);
            total += weight;
        }
        if met == 0.0 {
            return 0.0;
        }
        let shares = words.names.split('|').map(|name| self.share(name));
        (1.0 - SHARE_OF_NAME) * (met / total) + SHARE_OF_NAME * shares.fold(0.0, f64::max)
    }

    /// Which part of the words of `name` that say something is in the query.
    fn share(&self, name: &str) -> f64 {
        let (mut named, mut count) = (0.0, 0.0);
        for known in split(name) {
            if STOP_WORDS.contains(&known) || PREPOSITIONS.contains(&known) {
                continue;
            }
            count += 1.0;
            let is_wanted = |(word, _): &(String, f64)| Likeness::of(word, known) >= Likeness::Form;
            if self.0.iter().any(is_wanted) {
                named += 1.0;
            }
        }
        if count > 0.0 { named / count } else { 0.0 }
    }
}

fn weight(word: &str) -> f64 {
    let is_it = |colour: &&str| Likeness::of(word, colour) >= Likeness::Form;
    if COLOURS.iter().any(is_it) { 0.25 } else { 1.0 }
}

/// Best last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    None,
    /// The word sought, of three letters or more, is how the known one begins.
    Beginning,
    /// Another form of the word: the plural, the other gender.
    Form,
    Whole,
}

impl Likeness {
    /// Compares a folded word with one as it is written.
    fn of(sought: &str, known: &str) -> Self {
        let mut sought_end = sought;
        let mut known_end = String::new();
        let mut letters = folded(known);
        while let Some(letter) = letters.next() {
            if let Some(rest) = sought_end.strip_prefix(letter) {
                sought_end = rest;
                continue;
            }
            // Most words differ here already.
            if sought.len() - sought_end.len() < 2 {
                return Self::None;
            }
            known_end.push(letter);
            known_end.extend(letters);
            break;
        }
        let shared = sought.len() - sought_end.len();
        let ends = (sought_end, known_end.as_str());
        let is_form =
            |(one, other): &(&str, &str)| ends == (*one, *other) || ends == (*other, *one);
        if ends == ("", "") {
            Self::Whole
        } else if shared >= 2 && ENDINGS.iter().any(is_form) {
            Self::Form
        } else if sought_end.is_empty() && shared >= 3 {
            Self::Beginning
        } else {
            Self::None
        }
    }
}

fn best(sought: &str, text: &str) -> Likeness {
    split(text)
        .map(|known| Likeness::of(sought, known))
        .max()
        .unwrap_or(Likeness::None)
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty())
}

/// Lower case without accents, those written as marks of their own included.
fn folded(text: &str) -> impl Iterator<Item = char> {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| match c {
            'á' | 'à' | 'â' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'í' | 'ì' | 'î' | 'ï' => 'i',
            'ó' | 'ò' | 'ô' | 'ö' => 'o',
            'ú' | 'ù' | 'û' | 'ü' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            other => other,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_forms_are_the_same_word_and_beginnings_are_less() {
        let table = [
            ("bus", "bus", Likeness::Whole),
            ("buses", "bus", Likeness::Form),
            ("bus", "Buses", Likeness::Form),
            ("autobus", "autobús", Likeness::Whole),
            ("autobuses", "autobús", Likeness::Form),
            ("nina", "niña", Likeness::Whole),
            ("cherries", "cherry", Likeness::Form),
            ("leaves", "leaf", Likeness::Form),
            ("luces", "luz", Likeness::Form),
            ("rojas", "rojo", Likeness::Form),
            ("gata", "gato", Likeness::Form),
            ("a", "a", Likeness::Whole),
            ("moto", "motorcycle", Likeness::Beginning),
            ("mo", "motorcycle", Likeness::None),
            ("motorcycles", "moto", Likeness::None),
            ("as", "a", Likeness::None),
            ("cat", "dog", Likeness::None),
            ("car", "cat", Likeness::None),
        ];
        for (sought, known, likeness) in table {
            assert_eq!(Likeness::of(sought, known), likeness, "{sought} {known}");
        }
    }

    #[test]
    fn what_says_nothing_does_not_count_unless_there_is_nothing_else() {
        let words = |query: &str| -> Vec<(String, f64)> { QueryWords::new(query).0 };
        let two = [("rojo".to_owned(), 0.25), ("autobus".to_owned(), 1.0)];
        assert_eq!(words("¡Un ROJO autobu\u{301}s, autobús!"), two);
        let dusk = [("bus".to_owned(), 1.0), ("red".to_owned(), 0.125)];
        assert_eq!(words("the bus on a bus in red"), dusk);
        assert_eq!(words("on"), [("on".to_owned(), 1.0)]);
        assert_eq!(words("?! …"), []);
        let long: String = (0..250).map(|number| format!("{number} ")).collect();
        assert_eq!(words(&long).len(), MAX_WORDS);
    }
}
