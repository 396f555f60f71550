//! The words of a query, of which some are taken away as they are understood.

/// Words that name a folder when its name follows, as they are in lower case.
const FOLDER: [&str; 23] = [
    "in the folder",
    "in folder",
    "from the folder",
    "from folder",
    "en la carpeta",
    "de la carpeta",
    "carpeta",
    "im ordner",
    "aus dem ordner",
    "dans le dossier",
    "du dossier",
    "nella cartella",
    "dalla cartella",
    "na pasta",
    "da pasta",
    "в папке",
    "из папки",
    "у папці",
    "в папці",
    "з папки",
    "文件夹",
    "フォルダ",
    "フォルダー",
];
/// Between a date, a place or a folder and the words before it.
const JOINING: [&str; 31] = [
    "in", "the", "from", "of", "on", "during", "taken", "en", "de", "del", "el", "la", "durante",
    "im", "aus", "vom", "von", "am", "du", "le", "nel", "dal", "di", "em", "do", "no", "в", "за",
    "с", "у", "від",
];

/// A word, and as it is compared.
#[derive(Debug, Clone)]
struct Word {
    /// As it was written.
    raw: String,
    /// In lower case, without accents and punctuation around it.
    plain: String,
}

#[derive(Debug, Clone)]
pub(super) struct Words(Vec<Word>);

impl Words {
    pub fn new(text: &str) -> Self {
        let words = text.split_whitespace();
        let words = words.map(|raw| Word {
            raw: raw.to_owned(),
            plain: plain(raw),
        });
        Self(words.collect())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The word at `at` as it is compared; empty where there is none.
    pub fn plain(&self, at: usize) -> &str {
        self.0.get(at).map_or("", |word| &word.plain)
    }

    /// Some words as they are compared, with spaces between them.
    pub fn phrase(&self, from: usize, count: usize) -> Option<String> {
        let words = self.0.get(from..from + count)?;
        let words: Vec<&str> = words.iter().map(|word| word.plain.as_str()).collect();
        Some(words.join(" "))
    }

    /// Takes these words away, and what joins them to the words before.
    pub fn remove(&mut self, from: usize, count: usize) {
        self.0.drain(from..(from + count).min(self.0.len()));
        let mut end = from;
        while end > 0 && JOINING.contains(&self.plain(end - 1)) {
            end -= 1;
            self.0.remove(end);
        }
    }

    /// Puts `text` in place of the word at `at`.
    pub fn replace(&mut self, at: usize, text: &str) {
        let new = Self::new(text);
        self.0.splice(at..=at, new.0);
    }

    /// What the word at `at` looks like.
    pub fn raw(&self, at: usize) -> &str {
        self.0.get(at).map_or("", |word| &word.raw)
    }

    /// The name of the folder that is asked for.
    pub fn take_folder(&mut self) -> Option<String> {
        let (from, count) = self.find(&FOLDER)?;
        let first = from + count;
        let mut end = first + 1;
        let opening = self.raw(first).chars().next()?;
        if let Some(closing) = closing(opening) {
            while end < self.len() && !self.raw(end - 1).ends_with(closing) {
                end += 1;
            }
        } else {
            let goes_on =
                |word: &str| word.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
            while goes_on(self.raw(end)) {
                end += 1;
            }
        }
        let names: Vec<&str> = self.0[first..end]
            .iter()
            .map(|word| word.raw.as_str())
            .collect();
        let is_mark = |c: char| closing(c).is_some() || "”»“,.".contains(c);
        let name = names.join(" ").trim_matches(is_mark).to_owned();
        self.remove(from, end - from);
        (!name.is_empty()).then_some(name)
    }

    /// Where one of `phrases` stands, and of how many words it is; the longest of them, and something
    /// follows.
    pub fn find(&self, phrases: &[&str]) -> Option<(usize, usize)> {
        let mut found = None;
        for phrase in phrases {
            let phrase = plain(phrase);
            let count = phrase.split(' ').count();
            let mut places = 0..self.len().saturating_sub(count);
            let place = places.find(|at| self.phrase(*at, count).as_deref() == Some(&phrase));
            let longest = found.map_or(0, |(_, count)| count);
            if let Some(place) = place.filter(|_| count > longest) {
                found = Some((place, count));
            }
        }
        found
    }

    /// The words that are left.
    pub fn rest(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|word| word.raw.as_str()).collect();
        words.join(" ").trim_matches([',', ' ', '·']).to_owned()
    }
}

fn closing(opening: char) -> Option<char> {
    Some(match opening {
        '"' => '"',
        '“' => '”',
        '«' => '»',
        '„' => '“',
        '\'' => '\'',
        '「' => '」',
        _ => return None,
    })
}

/// In lower case, without accents and punctuation around it.
pub(super) fn plain(text: &str) -> String {
    let is_mark = |c: char| !c.is_alphanumeric();
    let mut plain = String::new();
    for letter in text
        .trim_matches(is_mark)
        .chars()
        .flat_map(char::to_lowercase)
    {
        plain.push_str(match letter {
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => "a",
            'ç' | 'ć' | 'č' => "c",
            'ď' | 'đ' | 'ð' => "d",
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => "e",
            'ğ' => "g",
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => "i",
            'ł' => "l",
            'ñ' | 'ń' | 'ň' => "n",
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => "o",
            'ř' => "r",
            'ś' | 'š' | 'ş' | 'ș' => "s",
            'ß' => "ss",
            'ť' | 'ţ' | 'ț' => "t",
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            'æ' => "ae",
            'œ' => "oe",
            'þ' => "th",
            'й' => "и",
            'ё' => "е",
            'ї' => "і",
            'є' => "е",
            'ґ' => "г",
            '-' | '’' => {
                if letter == '-' {
                    " "
                } else {
                    "'"
                }
            }
            '\u{300}'..='\u{36f}' => "",
            other => {
                plain.push(other);
                continue;
            }
        });
    }
    plain
}
