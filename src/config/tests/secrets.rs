//! Where secrets come from, and that they stay unseen.

use super::*;

type Row<'a> = (&'a [(&'a str, &'a str)], Option<&'a str>, usize);

#[test]
fn a_secret_comes_from_its_file_then_its_credential_then_the_environment() {
    let credentials = ("CREDENTIALS_DIRECTORY", "/credentials");
    let file = ("CLIP_SEARCH_TOKEN_FILE", "/files/other");
    let plain = ("CLIP_SEARCH_TOKEN", " from-variable ");
    let table: [Row<'_>; 7] = [
        (&[plain, credentials, file], Some("from-file"), 0),
        (&[plain, credentials], Some("from-credential"), 0),
        (
            &[plain, ("CREDENTIALS_DIRECTORY", "/elsewhere")],
            Some("from-variable"),
            1,
        ),
        (
            &[plain, ("CREDENTIALS_DIRECTORY", "/blank")],
            Some("from-variable"),
            1,
        ),
        (&[plain], Some("from-variable"), 1),
        (&[("CREDENTIALS_DIRECTORY", "/elsewhere")], None, 0),
        (&[("CLIP_SEARCH_TOKEN", " ")], None, 0),
    ];
    for (variables, expected, warnings) in table {
        let config = search(variables).expect("all are right");
        assert_eq!(config.token, expected.map(Secret::new), "{variables:?}");
        assert_eq!(config.warnings.len(), warnings, "{:?}", config.warnings);
        for warning in config.warnings {
            assert!(warning.starts_with("CLIP_SEARCH_TOKEN is in the environment"));
            assert!(!warning.contains("from-"), "{warning}");
        }
    }
    let config = bot(&[("CLIP_BOT_TOKEN_FILE", ""), credentials]).expect("all are right");
    assert_eq!(config.token.expose(), TOKEN);
    let auth = SearchAuth::Bearer(Secret::new("from-credential"));
    assert_eq!(config.search_auth, auth);
    let config = bot(&[credentials, ("CLIP_BOT_SEARCH_AUTH", "none")]).expect("all are right");
    assert_eq!(config.search_auth, SearchAuth::None);
    assert_eq!(
        space(&[credentials]).expect("right").token,
        Some(Secret::new("from-credential"))
    );
    let closed = [
        ("CLIP_BOT_TOKEN_FILE", ""),
        ("CREDENTIALS_DIRECTORY", "/closed"),
    ];
    let line = line_of(bot(&closed));
    assert!(
        line.starts_with("credential telegram-token: failed to read /closed"),
        "{line}"
    );
}

#[test]
fn only_what_looks_like_a_bot_token_is_taken_for_one() {
    let token = |text| bot(&[("CLIP_BOT_TOKEN_FILE", ""), ("CLIP_BOT_TOKEN", text)]);
    for good in [TOKEN, "1:a", " 42:A-_z\n"] {
        assert!(token(good).is_ok(), "{good}");
    }
    for bad in [
        "KEY9",
        ":KEY9",
        "42:",
        "x42:KEY9",
        "42:KEY9/",
        "42:KEY 9",
        "bot42:KEY9",
    ] {
        let line = line_of(token(bad));
        assert!(
            line.starts_with("CLIP_BOT_TOKEN: this is not a bot token"),
            "{line}"
        );
        assert!(!line.contains(bad), "{line}");
    }
}

/// Windows puts a mark in front, shells and settings files quotes around.
#[test]
fn what_editors_and_shells_leave_around_a_secret_is_no_part_of_it() {
    let token = ("CLIP_BOT_TOKEN_FILE", "/files/wrapped");
    assert_eq!(bot(&[token]).expect("a token").token.expose(), TOKEN);
    for around in ["\u{feff}{}", "\"{}\"", "'{}' ", "\u{feff}\"{}\""] {
        let text = around.replace("{}", TOKEN);
        let variables = [("CLIP_BOT_TOKEN_FILE", ""), ("CLIP_BOT_TOKEN", &text)];
        assert_eq!(bot(&variables).expect(around).token.expose(), TOKEN);
    }
}

#[test]
fn the_file_is_blamed_for_what_is_in_it() {
    for (file, words) in [
        (
            "/files/other",
            "CLIP_BOT_TOKEN_FILE: the file /files/other holds no bot token",
        ),
        (
            "/files/lines",
            "CLIP_BOT_TOKEN_FILE: the file /files/lines has several lines",
        ),
        (
            "/files/empty",
            "CLIP_BOT_TOKEN_FILE: the file /files/empty is empty",
        ),
    ] {
        let line = line_of(bot(&[("CLIP_BOT_TOKEN_FILE", file)]));
        assert!(
            line.starts_with(words) && !line.contains("from-file"),
            "{line}"
        );
    }
    let line = line_of(space(&[("CLIP_SEARCH_SPACE_LOGIN", "ada")]));
    assert!(
        line.starts_with("CLIP_SEARCH_SPACE_LOGIN is no login"),
        "{line}"
    );
}

#[test]
fn a_file_that_every_user_may_read_is_named() {
    let config = bot(&[("CLIP_BOT_TOKEN_FILE", "/open/token")]).expect("a token");
    let [warning] = &config.warnings[..] else {
        panic!("one warning: {:?}", config.warnings);
    };
    assert!(
        warning.starts_with("CLIP_BOT_TOKEN_FILE: other users"),
        "{warning}"
    );
    assert!(warning.ends_with("chmod 600 /open/token"), "{warning}");
}

#[test]
fn a_secret_in_the_wrong_setting_is_never_repeated() {
    let secrets = [
        TOKEN,
        "hf_abc",
        "bot42:TOKEN",
        "abcdefghijklmnopqrstuvwxyz0123",
        "https://user:pass@h.example",
    ];
    for secret in secrets {
        let around = format!("x {secret} x");
        for variable in BOT_VARIABLES.iter().chain(SEARCH_VARIABLES) {
            for value in [secret, &around] {
                let result = if variable.name.starts_with("CLIP_BOT_") {
                    bot(&[(variable.name, value)]).map(drop)
                } else {
                    space(&[(variable.name, value)]).map(drop)
                };
                if let Err(error) = result {
                    let line = error.chain();
                    assert!(!line.contains(secret), "{line}");
                    assert!(line.starts_with(variable.name), "{line}");
                }
            }
        }
    }
    // What is no secret is shown, so that a slip is seen.
    for plain in ["fast", "127.0.0.1:http", "11m", "h:80", "user/space/x"] {
        assert_eq!(printable(plain), format!("`{plain}`"));
    }
}

#[test]
fn a_configuration_prints_none_of_its_secrets() {
    let printed = format!(
        "{:?}",
        bot(&[("CLIP_BOT_SEARCH_TOKEN", "s3cret")]).expect("right")
    );
    assert!(
        !printed.contains("s3cret") && !printed.contains(TOKEN),
        "{printed}"
    );
    let printed = format!(
        "{:?}",
        space(&[("CLIP_SEARCH_HF_TOKEN", "s3cret")]).expect("right")
    );
    assert!(!printed.contains("s3cret"), "{printed}");
}

/// Images of LXC containers empty `LoadCredential=`: then the file is there, and the bot sees no token.
#[test]
fn a_token_that_systemd_did_not_hand_over_is_told_from_one_that_is_not_set() {
    for by_systemd in [
        ("CREDENTIALS_DIRECTORY", "/blank"),
        ("CREDENTIALS_DIRECTORY", "/elsewhere"),
        ("NOTIFY_SOCKET", "/run/systemd/notify"),
    ] {
        let line = line_of(bot(&[("CLIP_BOT_TOKEN_FILE", ""), by_systemd]));
        for words in [
            "systemd handed over no token",
            "/etc/clip-bot/telegram-token",
            "LXC",
        ] {
            assert!(line.contains(words), "{line}");
        }
    }
    let line = line_of(bot(&[("CLIP_BOT_TOKEN_FILE", "")]));
    assert!(line.starts_with("CLIP_BOT_TOKEN_FILE is not set"), "{line}");
}
