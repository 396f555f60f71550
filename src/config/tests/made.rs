//! The search token that the installation makes.

use super::*;

const MADE: (&str, &str) = ("CREDENTIALS_DIRECTORY", "/made");

#[test]
fn the_token_of_the_installation_is_shown_to_this_machine_alone() {
    let made = SearchAuth::Bearer(Secret::new("local-1"));
    for (url, expected) in [
        ("http://127.0.0.1:8080", &made),
        ("http://localhost:8080", &made),
        ("http://[::1]:8080/search", &made),
        ("https://search.example.org", &SearchAuth::None),
        ("http://192.168.1.2:8080", &SearchAuth::None),
        ("http://localhost.example:8080", &SearchAuth::None),
        ("http://127.0.0.1.example:8080", &SearchAuth::None),
    ] {
        let config = bot(&[MADE, ("CLIP_BOT_SEARCH_URL", url)]).expect("right");
        assert_eq!(config.search_auth, *expected, "{url}");
    }
    // Who names the file, or the way, means it.
    let elsewhere = ("CLIP_BOT_SEARCH_URL", "https://search.example.org");
    for more in [
        &[("CLIP_BOT_SEARCH_TOKEN_FILE", "/made/search-token")][..],
        &[MADE, ("CLIP_BOT_SEARCH_AUTH", "bearer")],
    ] {
        let config = bot(&[more, &[elsewhere]].concat()).expect("right");
        assert_eq!(config.search_auth, made);
    }
}

#[test]
fn searches_on_the_machine_itself_do_without_the_token_of_the_installation() {
    let own = ("CLIP_SEARCH_TOKEN_FILE", "/files/other");
    for (variables, demanded) in [
        (&[MADE][..], false),
        (&[MADE, ("CLIP_SEARCH_LISTEN", "[::1]:80")], false),
        (&[MADE, ("CLIP_SEARCH_LISTEN", "0.0.0.0:80")], true),
        (
            &[
                MADE,
                ("CLIP_SEARCH_LISTEN", "0.0.0.0:80"),
                ("CLIP_SEARCH_OPEN", "yes"),
            ],
            false,
        ),
        (&[own], true),
        (&[own, ("CLIP_SEARCH_OPEN", "yes")], true),
    ] {
        let config = search(variables).expect("right");
        assert!(config.token.is_some(), "{variables:?}");
        assert_eq!(config.demanded_token().is_some(), demanded, "{variables:?}");
    }
}

#[test]
fn made_tokens_are_known_as_such() {
    let token = made_token().expect("the system has randomness");
    assert!(token.expose().starts_with("local-") && token.expose().len() == 38);
}
