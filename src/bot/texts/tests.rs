use super::*;
use crate::search::MAX_QUERY_CHARS;

/// What Telegram takes of each kind of text, in UTF-16 units.
fn longest(name: &str) -> usize {
    match name {
        // No documented limit; more is cut on a phone.
        _ if name.ends_with("_button") => 64,
        "example" => 64,
        "not_yours" => 200,
        "description" => 512,
        "short_description" => 120,
        _ if name.ends_with("_command") => 256,
        _ => 4096,
    }
}

fn placeholders(text: &str) -> Vec<&str> {
    let parts = text.split('{').skip(1);
    let mut found: Vec<&str> = parts.filter_map(|rest| rest.split('}').next()).collect();
    found.sort_unstable();
    found
}

#[test]
fn every_language_fills_the_same_placeholders() {
    for texts in ALL {
        for ((name, own), (_, english)) in texts.sentences().iter().zip(ALL[0].sentences()) {
            let language = texts.language;
            assert_eq!(
                placeholders(own),
                placeholders(english),
                "{language}: {name}"
            );
        }
    }
}

#[test]
fn every_text_is_there_in_every_language_and_fits_telegram() {
    // As English has it.
    let same = [
        "quoted",
        "seconds",
        "milliseconds",
        "minutes",
        "hours",
        "days",
        "decimal",
    ];
    for texts in ALL {
        for ((name, own), (_, english)) in texts.sentences().iter().zip(ALL[0].sentences()) {
            let what = format!("{}: {name}", texts.language);
            assert!(!own.trim().is_empty(), "{what}");
            let is_own = texts.language == "en" || same.contains(name) || *own != english;
            assert!(is_own, "{what} is not translated");
            assert!(!own.contains("  "), "{what} has two blanks");
            let filled = own
                .replace("{what}", &"😀".repeat(MAX_QUERY_CHARS))
                .replace("{query}", texts.example);
            assert!(
                filled.encode_utf16().count() <= longest(name),
                "{what} is too long"
            );
        }
    }
}

#[test]
fn what_is_counted_shows_its_number() {
    for texts in ALL {
        for forms in [texts.pictures, texts.links_sent, texts.away] {
            for form in forms.all() {
                let counts = form.contains("{count}") || form.starts_with("1 ");
                assert!(counts, "{}: {form}", texts.language);
            }
            assert!(forms.of(7).contains('7'), "{}", texts.language);
        }
    }
}

#[test]
fn the_texts_stand_in_the_order_of_the_languages() {
    for (language, texts) in Language::ALL.into_iter().zip(ALL) {
        assert_eq!(language.tag(), texts.language);
    }
}

#[test]
fn a_language_is_chosen_by_the_tag_of_the_users_app() {
    for (tag, language) in [
        ("es", "es"),
        ("es-AR", "es"),
        ("ES", "es"),
        ("pt-br", "pt"),
        ("pt-PT", "pt"),
        ("zh-hans", "zh"),
        ("zh-hant", "zh"),
        ("zh-TW", "zh"),
        ("uk", "uk"),
        ("ja", "ja"),
        ("est", "en"),
        ("nl", "en"),
        ("", "en"),
    ] {
        assert_eq!(Texts::of(Some(tag)).language, language, "{tag}");
    }
    assert_eq!(Texts::of(None).language, "en");
}
