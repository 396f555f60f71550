//! Finds pictures by what they are called in several languages: [`WordIndex`]. Words are compared
//! without case and accents, by their stems, and in Chinese and Japanese by the longest known words that
//! a text holds.

use std::collections::HashMap;

use super::language::{Language, is_hiragana, is_unspaced};

/// How much a word of the query is met: by a word of a name, or by one of the keywords, in the same form
/// or in another, or by its beginning.
const NAME: Strength = Strength {
    whole: 1.0,
    form: 0.98,
    beginning: 0.6,
};
const KEYWORD: Strength = Strength {
    whole: 0.8,
    form: 0.78,
    beginning: 0.5,
};
/// Weight in the score of how much of the picture's name the query covers: for "bus" the bus comes
/// before the bus stop.
const SHARE_OF_NAME: f64 = 0.1;
/// Words of a query that are compared; the rest is ignored. Descriptions of pictures have fewer.
const MAX_WORDS: usize = 32;
/// Letters that a word needs for its beginning to be compared.
const MIN_BEGINNING: usize = 3;
/// Words that say how something looks, not what it is, count so much.
const COLOUR: f64 = 0.25;
/// Words about the surroundings, behind a preposition, count so much.
const SURROUNDINGS: f64 = 0.85;
/// What the score in another language counts than the one that a person reads.
const OTHER_LANGUAGE: f64 = 0.95;

/// How much less a word counts that many pictures have: the exponent of its rarity.
const RARITY: f64 = 0.3;

struct Strength {
    whole: f64,
    form: f64,
    beginning: f64,
}

/// What one picture is called in one language.
#[derive(Debug, Clone, Default)]
pub struct Description<'a> {
    /// Names, separated by `|`.
    pub names: &'a str,
    /// More words and short phrases, each separated by `|`.
    pub keywords: Vec<&'a str>,
}

/// The words of pictures, in several languages.
#[derive(Debug, Default)]
pub struct WordIndex {
    tongues: Vec<Tongue>,
}

/// The words of one language.
#[derive(Debug)]
struct Tongue {
    language: Language,
    /// Words with the pictures that have them.
    words: HashMap<Box<str>, Vec<Use>>,
    /// Words with the same stem.
    stems: HashMap<Box<str>, Vec<Box<str>>>,
    /// Each picture's names, as words that say something.
    names: Vec<Vec<Vec<Box<str>>>>,
    /// Letters of the longest word, where words are not apart.
    longest: usize,
}

/// A picture that has a word.
#[derive(Debug, Clone, Copy)]
struct Use {
    picture: usize,
    is_name: bool,
}

impl WordIndex {
    /// The words of pictures in `languages`: the first iterator has those of the first picture, in the
    /// order of the languages.
    pub fn new<'a, D>(languages: &[Language], pictures: impl IntoIterator<Item = D>) -> Self
    where
        D: IntoIterator<Item = Description<'a>>,
    {
        let mut tongues: Vec<Tongue> = languages.iter().copied().map(Tongue::new).collect();
        for picture in pictures {
            for (tongue, description) in tongues.iter_mut().zip(picture) {
                tongue.add(&description);
            }
        }
        for tongue in &mut tongues {
            tongue.finish();
        }
        Self { tongues }
    }

    /// The pictures that have a word of `query`, best first, with scores from 0, nothing in common, to 1,
    /// the very name. Nine tenths are the mean over the words of how well each is met; one tenth is the
    /// share of the name that they cover. Languages that know fewer of the words than another do not
    /// count, so that "red" is no net, and `reader`, the language of who asks, counts more than others.
    #[must_use]
    pub fn search(&self, query: &str, reader: Option<Language>) -> Vec<(usize, f64)> {
        let folded = fold(query);
        let asked: Vec<Asked> = self
            .tongues
            .iter()
            .map(|tongue| tongue.ask(&folded))
            .collect();
        let most = asked.iter().map(|asked| asked.known).fold(0.0, f64::max);
        let mut best: HashMap<usize, f64> = HashMap::new();
        for (tongue, asked) in self.tongues.iter().zip(&asked) {
            if asked.known < most || most == 0.0 {
                continue;
            }
            let is_first = reader.unwrap_or(Language::En) == tongue.language;
            let trust = if is_first { 1.0 } else { OTHER_LANGUAGE };
            // Letters that are no word here are left out of the words, and count here.
            let met = if tongue.language.is_unspaced() {
                asked.known.sqrt()
            } else {
                1.0
            };
            for (picture, score) in tongue.score(asked) {
                let kept = best.entry(picture).or_default();
                *kept = kept.max(trust * met * score);
            }
        }
        let mut found: Vec<(usize, f64)> = best.into_iter().collect();
        found.sort_by(|(a, one), (b, other)| other.total_cmp(one).then(a.cmp(b)));
        found
    }
}

/// A query as one language understands it.
struct Asked {
    /// Words with their weights.
    words: Vec<(String, f64)>,
    /// The share of the query's words, stop words included, that the language knows.
    known: f64,
}

impl Tongue {
    fn new(language: Language) -> Self {
        Self {
            language,
            words: HashMap::new(),
            stems: HashMap::new(),
            names: Vec::new(),
            longest: 1,
        }
    }

    fn add(&mut self, description: &Description<'_>) {
        let picture = self.names.len();
        let mut names = Vec::new();
        let keywords = description.keywords.iter().map(|text| (*text, false));
        for (text, is_name) in std::iter::once((description.names, true)).chain(keywords) {
            for phrase in text.split('|').filter(|phrase| !phrase.is_empty()) {
                let folded = fold(phrase);
                let words: Vec<Box<str>> = if self.language.is_unspaced() {
                    split(&folded).map(Into::into).collect()
                } else {
                    split(&folded)
                        .filter(|word| self.says_something(word))
                        .map(Into::into)
                        .collect()
                };
                for word in &words {
                    let uses = self.words.entry(word.clone()).or_default();
                    // The names come first.
                    if uses.last().is_none_or(|last| last.picture != picture) {
                        uses.push(Use { picture, is_name });
                    }
                }
                if is_name {
                    names.push(words);
                }
            }
        }
        self.names.push(names);
    }

    fn finish(&mut self) {
        for word in self.words.keys() {
            self.longest = self.longest.max(word.chars().count());
            let same = self
                .stems
                .entry(stem(self.language, word).into())
                .or_default();
            same.push(word.clone());
        }
    }

    fn says_something(&self, word: &str) -> bool {
        !self.language.is_stop_word(word)
    }

    fn ask(&self, folded: &str) -> Asked {
        let mut words: Vec<(String, f64)> = Vec::new();
        let (mut known, mut count) = (0.0, 0.0);
        let mut all = Vec::new();
        for run in split(folded) {
            if self.language.is_unspaced() && run.chars().any(is_unspaced) {
                self.segment(run, &mut all);
            } else {
                all.push(run);
            }
        }
        let mut place = 1.0;
        for word in all {
            let letters = if self.language.is_unspaced() {
                // Kana that are no word are endings and particles, mostly.
                let is_word = self.knows(word) || self.language.is_stop_word(word);
                word.chars().filter(|c| is_word || !is_hiragana(*c)).count()
            } else {
                1
            };
            let share = f64::from(u32::try_from(letters).unwrap_or(u32::MAX));
            count += share;
            if self.language.prepositions().contains(&word) {
                place = SURROUNDINGS;
            }
            if !self.says_something(word) {
                known += share;
                continue;
            }
            if self.knows(word) {
                known += share;
            } else if self.words_with(word).next().is_some() {
                known += share / 2.0;
            } else if self.language.is_unspaced() {
                // Endings and particles, mostly.
                continue;
            }
            if words.len() < MAX_WORDS && !words.iter().any(|(seen, _)| seen == word) {
                words.push((word.to_owned(), place * weight(self.language, word)));
            }
        }
        let known = if words.is_empty() || count == 0.0 {
            0.0
        } else {
            known / count
        };
        Asked { words, known }
    }

    /// Whether a picture has the word, or another form of it.
    fn knows(&self, word: &str) -> bool {
        self.words.contains_key(word) || self.stems.contains_key(stem(self.language, word))
    }

    /// Cuts a text without blanks into the longest words that are known, and single letters.
    fn segment<'t>(&self, mut text: &'t str, words: &mut Vec<&'t str>) {
        let mut unknown = 0;
        while let Some(first) = text[unknown..].chars().next() {
            let rest = &text[unknown..];
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
            let ends: Vec<usize> = ends.take(self.longest.max(4)).collect();
            let is_word = |end: &&usize| {
                self.words.contains_key(&rest[..**end]) || !self.says_something(&rest[..**end])
            };
            match ends.iter().rev().find(is_word) {
                Some(end) => {
                    words.extend(Some(&text[..unknown]).filter(|word| !word.is_empty()));
                    words.push(&rest[..*end]);
                    text = &rest[*end..];
                    unknown = 0;
                }
                None => unknown += first.len_utf8(),
            }
        }
        words.extend(Some(text).filter(|word| !word.is_empty()));
    }

    /// Longer words that begin with this one, or hold it, where words are not apart.
    fn words_with<'a>(&'a self, part: &'a str) -> impl Iterator<Item = &'a [Use]> {
        let is_unspaced = part.chars().any(is_unspaced);
        let least = if is_unspaced { 1 } else { MIN_BEGINNING };
        let is_long = part.chars().count() >= least;
        let longer = self.words.iter().filter(move |(word, _)| {
            is_long && (word.starts_with(part) || is_unspaced && word.contains(part))
        });
        longer.map(|(_, uses)| uses.as_slice())
    }

    /// The pictures that have a word of the query, with their scores.
    fn score(&self, asked: &Asked) -> Vec<(usize, f64)> {
        let mut total = 0.0;
        let mut met: HashMap<usize, f64> = HashMap::new();
        for (word, weight) in &asked.words {
            let pictures = self.meet(word);
            let weight = weight * self.rarity(&pictures);
            total += weight;
            for (picture, strength) in pictures {
                *met.entry(picture).or_default() += weight * strength;
            }
        }
        let scored = met.into_iter().map(|(picture, met)| {
            let shares = self.names.get(picture).into_iter().flatten();
            let share = shares
                .map(|name| self.share(name, asked))
                .fold(0.0, f64::max);
            (
                picture,
                (1.0 - SHARE_OF_NAME) * met / total + SHARE_OF_NAME * share,
            )
        });
        scored.collect()
    }

    /// How much a word tells that these pictures meet: 1 if it is one or none, 0 if it is all.
    fn rarity(&self, pictures: &HashMap<usize, f64>) -> f64 {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX).max(1));
        let met = pictures
            .values()
            .filter(|strength| **strength >= KEYWORD.form);
        let all = count(self.names.len()).max(2.0);
        (1.0 - count(met.count()).ln() / all.ln()).powf(RARITY)
    }

    /// How well each picture meets one word.
    fn meet(&self, word: &str) -> HashMap<usize, f64> {
        let mut best: HashMap<usize, f64> = HashMap::new();
        let mut note = |uses: &[Use], strength: fn(&Strength) -> f64| {
            for found in uses {
                let kind = if found.is_name { &NAME } else { &KEYWORD };
                let kept = best.entry(found.picture).or_default();
                *kept = kept.max(strength(kind));
            }
        };
        if let Some(uses) = self.words.get(word) {
            note(uses, |kind| kind.whole);
        }
        for form in self
            .stems
            .get(stem(self.language, word))
            .into_iter()
            .flatten()
        {
            if let Some(uses) = self.words.get(form) {
                note(uses, |kind| kind.form);
            }
        }
        for uses in self.words_with(word) {
            note(uses, |kind| kind.beginning);
        }
        best
    }

    /// Which part of a name is in the query.
    fn share(&self, name: &[Box<str>], asked: &Asked) -> f64 {
        let is_wanted = |known: &str| {
            let same = |wanted: &str| {
                wanted == known || stem(self.language, wanted) == stem(self.language, known)
            };
            asked.words.iter().any(|(wanted, _)| same(wanted))
        };
        let named = name.iter().filter(|known| is_wanted(known)).count();
        let part = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if name.is_empty() {
            0.0
        } else {
            part(named) / part(name.len())
        }
    }
}

/// Stems of colours in the languages with blanks.
const COLOURS: [&str; 66] = [
    "amarill",
    "azul",
    "bianc",
    "black",
    "blanc",
    "blau",
    "bleu",
    "blu",
    "blue",
    "braun",
    "branc",
    "brown",
    "gelb",
    "giall",
    "gray",
    "green",
    "grey",
    "gris",
    "grun",
    "jaun",
    "marron",
    "morad",
    "naranj",
    "negr",
    "ner",
    "noir",
    "orange",
    "orang",
    "pink",
    "purpl",
    "red",
    "roj",
    "ros",
    "ross",
    "rot",
    "roug",
    "schwarz",
    "verd",
    "vermelh",
    "vert",
    "viol",
    "weiss",
    "weiß",
    "white",
    "whit",
    "yellow",
    "бел",
    "біл",
    "голуб",
    "жовт",
    "желт",
    "жёлт",
    "зелен",
    "зелён",
    "коричнев",
    "красн",
    "оранжев",
    "розов",
    "рожев",
    "син",
    "сер",
    "фиолетов",
    "червон",
    "черн",
    "чёрн",
    "чорн",
];

fn weight(language: Language, word: &str) -> f64 {
    if COLOURS.contains(&stem(language, word)) || COLOURS.contains(&word) {
        COLOUR
    } else {
        1.0
    }
}

/// The part of a folded word that its forms have in common.
fn stem(language: Language, word: &str) -> &str {
    let (endings, least) = language.endings();
    let mut stem = word;
    // Twice, for a plural's ending behind the word's own.
    for _ in 0..2 {
        let shorter = endings.iter().find_map(|ending| {
            let rest = stem.strip_suffix(ending)?;
            (rest.chars().count() >= least).then_some(rest)
        });
        match shorter {
            Some(shorter) => stem = shorter,
            None => break,
        }
    }
    stem
}

/// The words of a folded text.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != 'ー');
    words.filter(|word| !word.is_empty())
}

/// Lower case without accents, those written as marks of their own included.
fn fold(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(plain)
        .collect()
}

fn plain(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ñ' => 'n',
        'ç' => 'c',
        'ё' => 'е',
        other => other,
    }
}

#[cfg(test)]
mod tests;
