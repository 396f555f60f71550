//! Languages that words are compared in: [`Language`], and what in them says nothing about a picture.

/// One of the languages that the built-in pictures are described in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    En,
    /// Spanish.
    Es,
    /// German.
    De,
    /// French.
    Fr,
    /// Italian.
    It,
    /// Portuguese.
    Pt,
    /// Russian.
    Ru,
    /// Ukrainian.
    Uk,
    /// Chinese.
    Zh,
    /// Japanese.
    Ja,
}

impl Language {
    /// All of them; a place in this list is that of [`Language::place`].
    pub const ALL: [Self; 10] = [
        Self::En,
        Self::Es,
        Self::De,
        Self::Fr,
        Self::It,
        Self::Pt,
        Self::Ru,
        Self::Uk,
        Self::Zh,
        Self::Ja,
    ];

    /// The language of an IETF tag such as `es-AR`, if it is one of these.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// Its tag: `es`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::De => "de",
            Self::Fr => "fr",
            Self::It => "it",
            Self::Pt => "pt",
            Self::Ru => "ru",
            Self::Uk => "uk",
            Self::Zh => "zh",
            Self::Ja => "ja",
        }
    }

    /// Its place in [`Language::ALL`].
    #[must_use]
    pub fn place(self) -> usize {
        self as usize
    }

    /// Whether there are no blanks between its words.
    pub(super) fn is_unspaced(self) -> bool {
        matches!(self, Self::Zh | Self::Ja)
    }

    /// Whether a folded word tells nothing about a picture: articles, prepositions, "a photo of".
    pub(super) fn is_stop_word(self, word: &str) -> bool {
        self.stop_words().split(' ').any(|stop| stop == word)
    }

    /// Separated by blanks.
    fn stop_words(self) -> &'static str {
        match self {
            Self::En => {
                "a about am an and any are at by do find for from i im image images in is it live me my \
                 near of on or over photo photos picture pictures please s show some something that the \
                 thing things to two three under very with big small little large new nice beautiful \
                 going"
            }
            Self::Es => {
                "a al algo bajo con cosa cosas de del el en es esta estoy foto fotos hace la las lo los \
                 me mi mucho muy o para por que sobre tengo dos tres grande grandes pequeno pequena nuevo \
                 bonito bonita bonitas un una unas unos y"
            }
            Self::De => {
                "am an auf bei bild bilder das dem den der des die ein eine einem einen einer etwas foto \
                 fotos fur ich im in ist mein meine mit oder zwei drei gross grosse grosser große großer \
                 großes klein kleine kleiner kleines neu neue neues schon schone sachen sehr sind und vom \
                 von zu zum zur"
            }
            Self::Fr => {
                "a au aux avec chose choses d dans de des du en est et il image j je l la le les mon ou \
                 photo pour quelque qui sur tres deux trois grand grande petit petite nouveau beau belle \
                 un une"
            }
            Self::It => {
                "a al alla che con cosa cose d da dei del della di e foto gli i il in l la le lo molto \
                 nel nella o per qualcosa due tre grande piccolo piccola nuovo bello bella su un una uno"
            }
            Self::Pt => {
                "a algo as coisa coisas com da das de do dos e em foto fotos meu minha muito na no o os \
                 ou para por que dois duas tres grande pequeno pequena novo bonito bonita um uma"
            }
            Self::Ru => {
                "в во и из или как картинка который которые на нибудь о очень по два две три большой \
                 большая маленький маленькая новый новая красивый красивая мой моя под с со у фото что \
                 это"
            }
            Self::Uk => {
                "в для до з зі и на небудь по та у фото це щось що я і два дві три великий велика \
                 маленький маленька новий мій моя дуже"
            }
            Self::Zh => {
                "的 了 在 和 是 有 很 一个 一只 两只 两个 大 小 大的 小的 我的 照片 图片 东西"
            }
            Self::Ja => {
                "の を に は が で と も です ます いる ある する とても もの 何か 大きな 大きい 小さな 小さい 私の 写真"
            }
        }
    }

    /// Stop words, too. What comes after them is about the surroundings.
    pub(super) fn prepositions(self) -> &'static [&'static str] {
        match self {
            Self::En => &[
                "at", "by", "from", "in", "near", "of", "on", "over", "under", "with",
            ],
            Self::Es => &["bajo", "con", "de", "del", "en", "sobre"],
            Self::De => &[
                "am", "an", "auf", "bei", "im", "in", "mit", "unter", "vom", "von",
            ],
            Self::Fr => &["avec", "dans", "de", "du", "en", "sous", "sur"],
            Self::It => &["con", "del", "della", "di", "in", "nel", "nella", "su"],
            Self::Pt => &["com", "da", "de", "do", "em", "na", "no"],
            Self::Ru => &["в", "во", "на", "под", "с", "со", "у"],
            Self::Uk => &["в", "з", "зі", "на", "у"],
            Self::Zh | Self::Ja => &[],
        }
    }

    /// Endings that make another form of the same word, the longest first, with how many letters must
    /// stay before them.
    pub(super) fn endings(self) -> (&'static [&'static str], usize) {
        match self {
            Self::En => (&["ings", "ing", "ies", "es", "ed", "s", "y", "e"], 3),
            Self::Es | Self::Pt => (
                &[
                    "oes", "aos", "ao", "es", "os", "as", "is", "o", "a", "e", "s", "l",
                ],
                3,
            ),
            Self::De => (&["ern", "en", "er", "em", "es", "e", "n", "s"], 3),
            Self::Fr => (&["aux", "eux", "euse", "es", "al", "s", "x", "e"], 3),
            Self::It => (&["he", "hi", "o", "a", "e", "i"], 3),
            Self::Ru | Self::Uk => (
                &[
                    "иями", "ями", "ами", "ого", "его", "ому", "ему", "ыми", "ими", "ией", "ая",
                    "яя", "ое", "ее", "ые", "ие", "ии", "ий", "ый", "ой", "ей", "ом", "ем", "ах",
                    "ях", "ов", "ев", "ам", "ям", "ую", "юю", "ия", "ью", "ок", "ек", "ки", "ка",
                    "ку", "а", "я", "о", "е", "ы", "и", "у", "ю", "ь", "і", "й",
                ],
                3,
            ),
            Self::Zh | Self::Ja => (&[], 0),
        }
    }
}

/// Whether texts with this letter have no blanks between words.
pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether `c` is of Japanese's round kana, which write endings and particles.
pub(super) fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{309f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_goes_by_the_primary_part_of_its_tag() {
        for (tag, language) in [
            ("es-AR", Some(Language::Es)),
            ("ZH_hant", Some(Language::Zh)),
            ("uk", Some(Language::Uk)),
            ("", None),
            ("eng", None),
            ("nl", None),
        ] {
            assert_eq!(Language::of_tag(tag), language, "{tag}");
        }
        for (place, language) in Language::ALL.into_iter().enumerate() {
            assert_eq!(language.place(), place);
            assert_eq!(Language::of_tag(language.tag()), Some(language));
        }
    }
}
