use super::*;

/// Pictures with names and keywords in English, German and Japanese.
fn index() -> WordIndex {
    let languages = [Language::En, Language::De, Language::Ja];
    let pictures = [
        [
            ("dog", "pet|animal"),
            ("Hund", "Haustier|Tier"),
            ("イヌ", "動物|犬"),
        ],
        [
            ("hot dog", "food|fast food"),
            ("Hotdog", "Essen"),
            ("ホットドッグ", "食べ物"),
        ],
        [
            ("house with garden", "home"),
            ("Haus mit Garten", "Heim"),
            ("庭付きの家", "家"),
        ],
        [
            ("skis", "winter sport"),
            ("Ski", "Wintersport|Winter"),
            ("スキー", "冬|スポーツ"),
        ],
        [
            ("wrapped gift", "present"),
            ("Geschenk", ""),
            ("プレゼント", ""),
        ],
        [("skull", "poison"), ("Totenkopf", "Gift"), ("どくろ", "")],
    ];
    let described = pictures.map(|languages| {
        languages.map(|(names, keywords)| Description {
            names,
            keywords: vec![keywords],
        })
    });
    WordIndex::new(&languages, described)
}

fn places(query: &str, reader: Option<Language>) -> Vec<usize> {
    let found = index().search(query, reader);
    found.into_iter().map(|(place, _)| place).collect()
}

#[test]
fn names_come_before_keywords_and_whole_names_before_parts() {
    assert_eq!(places("dog", None), [0, 1]);
    assert_eq!(places("hot dog", None), [1, 0]);
    let found = index().search("A DOG!", None);
    assert!((found[0].1 - 1.0).abs() < 1e-9, "{found:?}");
    assert!(found.iter().all(|(_, score)| *score > 0.0 && *score <= 1.0));
    for nothing in ["", "?!", "xyzzy", "the", "do"] {
        assert_eq!(places(nothing, None), [0; 0], "{nothing}");
    }
}

#[test]
fn case_accents_and_forms_do_not_matter_and_beginnings_count_less() {
    for (query, place) in [
        ("DOGS", 0),
        ("Hunde", 0),
        ("hünd", 0),
        ("HAUSTIERE", 0),
        ("Gärten", 2),
        ("wintersp", 3),
    ] {
        assert_eq!(places(query, None).first(), Some(&place), "{query}");
    }
}

#[test]
fn texts_without_blanks_are_cut_into_known_words() {
    assert_eq!(places("冬のスポーツ", None), [3]);
    assert_eq!(places("犬の写真", None), [0]);
    assert_eq!(places("イヌ", None).first(), Some(&0));
}

#[test]
fn languages_are_not_mixed_and_the_readers_comes_first() {
    assert_eq!(places("gift", None), [4, 5]);
    assert_eq!(places("gift", Some(Language::De)), [4, 5]);
    assert_eq!(places("das Gift", None), [5]);
    let trusted = |reader| index().search("Hund", reader)[0].1;
    assert!(trusted(Some(Language::De)) > trusted(None));
}

#[test]
fn what_is_behind_a_preposition_is_about_the_surroundings() {
    assert_eq!(places("a dog in the house", None).first(), Some(&0));
    assert_eq!(places("Haus, Garten mit Hund", None).first(), Some(&2));
}
