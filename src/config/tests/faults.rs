//! That one look finds everything that is wrong.

use super::*;

#[test]
fn all_that_is_wrong_is_found_at_once() {
    let (config, faults) = BotConfig::examine(&environment(&[
        ("CLIP_BOT_RATTE", "1/1m"),
        ("CLIP_BOT_RESULTS", "99"),
        ("CLIP_BOT_ALLOWED", "bob"),
        ("CLIP_BOT_SEARCH_TIMEOUT", "soon"),
        ("CLIP_BOT_LANGUAGE", "es"),
    ]));
    let lines: Vec<String> = faults.iter().map(crate::error::Error::chain).collect();
    let names = [
        "CLIP_BOT_RATTE is not a known setting",
        "CLIP_BOT_TOKEN_FILE is not set",
        "CLIP_BOT_SEARCH_URL is not set",
        "CLIP_BOT_SEARCH_TIMEOUT: `soon`",
        "CLIP_BOT_RESULTS: `99`",
        "CLIP_BOT_ALLOWED: `bob`",
    ];
    assert_eq!(lines.len(), names.len(), "{lines:?}");
    for name in names {
        let with_it = lines.iter().filter(|line| line.starts_with(name));
        assert_eq!(with_it.count(), 1, "{name}: {lines:?}");
    }
    // What is right counts; what is wrong opens nothing.
    assert_eq!(config.language.as_deref(), Some("es"));
    assert!(config.token.is_empty() && config.search_url.is_empty());
    assert_eq!(config.allowed, Allowed::default());
}

#[test]
fn a_wrong_setting_of_two_engines_is_named_once() {
    let (_, faults) = SearchConfig::examine(&environment(&[
        ("CLIP_SEARCH_SPACE", "user/space"),
        ("CLIP_SEARCH_PUBLIC_BASE", "photos"),
        ("CLIP_SEARCH_HUB", "hub"),
        ("CLIP_SEARCH_SPACE_ARGS", "{"),
        ("CLIP_SEARCH_WORKERS", "0"),
        ("CLIP_SEARCH_PAGE", "maybe"),
        ("CLIP_SEARCH_OPEN", "maybe"),
    ]));
    assert_eq!(faults.len(), 6, "{faults:?}");
}

#[test]
fn a_search_needs_no_token_of_telegram() {
    let url = ("CLIP_BOT_SEARCH_URL", "http://127.0.0.1:8080");
    for token in ["", "/files/gone", "/files/other"] {
        let environment = environment(&[url, ("CLIP_BOT_TOKEN_FILE", token)]);
        let config = BotConfig::without_telegram(&environment).expect("enough");
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    }
    assert!(BotConfig::without_telegram(&environment(&[])).is_err());
}
