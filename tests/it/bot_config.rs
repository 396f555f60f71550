//! `clip-bot` with wrong settings, and its other commands.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::saved::Store;
use crate::support::endpoint;
use crate::support::process::{Ended, Program};
use crate::support::server::{Reply, Server};
use crate::support::stage::{failure, file, found, pictures, token_file, without_token};
use crate::support::telegram::{TOKEN, Telegram};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    Program::start(env!("CARGO_BIN_EXE_clip-bot"), arguments, variables).wait()
}

/// Runs with good settings, changed by `variables` (an empty value removes one).
fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    let token = token_file();
    let good = [
        ("CLIP_BOT_TOKEN_FILE", token.to_str().expect("a plain path")),
        ("CLIP_BOT_SEARCH_URL", "http://127.0.0.1:9"),
    ];
    let changed = |name: &str| variables.iter().any(|(changed, _)| *changed == name);
    let mut all: Vec<_> = good
        .into_iter()
        .filter(|(name, _)| !changed(name))
        .collect();
    all.extend(variables.iter().filter(|(_, value)| !value.is_empty()));
    run(arguments, &all)
}

/// Settings, and words of the line that refuses them.
type Refused = (
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
);

const REFUSED: &[Refused] = &[
    (
        &[("CLIP_BOT_TOKEN_FILE", "")],
        &["CLIP_BOT_TOKEN_FILE is not set", "@BotFather"],
    ),
    (
        &[("CLIP_BOT_TOKEN_FILE", "/nowhere/x")],
        &["CLIP_BOT_TOKEN_FILE", "/nowhere/x", "No such file"],
    ),
    (
        &[("CLIP_BOT_SEARCH_URL", "")],
        &["CLIP_BOT_SEARCH_URL is not set", "http://127.0.0.1:8080"],
    ),
    (
        &[("CLIP_BOT_SEARCH_URL", "localhost:80")],
        &["CLIP_BOT_SEARCH_URL", "https://"],
    ),
    (
        &[("CLIP_BOT_API_URL", "ftp://x")],
        &["CLIP_BOT_API_URL", "https://"],
    ),
    (
        &[("CLIP_BOT_POLL_TIMEOUT", "50")],
        &["CLIP_BOT_POLL_TIMEOUT", "`50`", "50s"],
    ),
    (
        &[("CLIP_BOT_POLL_TIMEOUT", "2m")],
        &["CLIP_BOT_POLL_TIMEOUT", "from 1s to 50s"],
    ),
    (
        &[("CLIP_BOT_RESULTS", "11")],
        &["CLIP_BOT_RESULTS", "from 1 to 10"],
    ),
    (
        &[("CLIP_BOT_ALLOWED", "7,bob")],
        &["CLIP_BOT_ALLOWED", "ids by comma"],
    ),
    (&[("CLIP_BOT_LOG", "loud")], &["CLIP_BOT_LOG", "trace"]),
    (
        &[("CLIP_BOT_LANGUAGE", "nl")],
        &["CLIP_BOT_LANGUAGE", "`nl`"],
    ),
    (
        &[("CLIP_BOT_SEARCH_AUTH", "bearer")],
        &["CLIP_BOT_SEARCH_TOKEN_FILE"],
    ),
    (
        &[("CLIP_BOT_SEARCHURL", "http://x")],
        &["CLIP_BOT_SEARCHURL", "did you mean CLIP_BOT_SEARCH_URL?"],
    ),
    (
        &[("CLIP_BOT_WORKER", "3")],
        &["CLIP_BOT_WORKER is not", "did you mean CLIP_BOT_WORKERS?"],
    ),
];

#[test]
fn a_wrong_setting_is_one_line_that_names_it_and_the_remedy() {
    for (variables, wanted) in REFUSED {
        let ended = run_with(&[], variables);
        assert_eq!(
            ended.status.code(),
            Some(2),
            "{variables:?}: {}",
            ended.output
        );
        let output = without_token(ended);
        assert_eq!(output.lines().count(), 1, "{output}");
        assert!(output.starts_with("clip-bot: "), "{output}");
        for words in *wanted {
            assert!(output.contains(words), "{words:?} in {output:?}");
        }
    }
}

#[test]
fn a_wrong_token_is_refused_without_being_shown() {
    for wrong in [
        "not-a-token",
        "12a4:SECRETPART",
        "1234:SECRET PART",
        ":SECRETPART",
        "",
    ] {
        let path = file("bad-token", wrong);
        let ended = run_with(
            &[],
            &[("CLIP_BOT_TOKEN_FILE", path.to_str().expect("plain"))],
        );
        assert_eq!(ended.status.code(), Some(2), "{}", ended.output);
        assert!(!ended.output.contains("SECRET"), "{}", ended.output);
    }
    let ended = run(&["--token", TOKEN], &[]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(without_token(ended).contains("use --token-file"));
}

#[test]
fn flags_win_over_the_environment_and_unknown_ones_are_refused() {
    let ended = run_with(&["run", "--results", "99"], &[("CLIP_BOT_RESULTS", "5")]);
    assert_eq!(ended.status.code(), Some(2));
    assert!(
        ended.output.contains("CLIP_BOT_RESULTS: `99`"),
        "{}",
        ended.output
    );
    for (arguments, words) in [
        (&["--reslts=3"][..], "did you mean --results?"),
        (&["rum"], "did you mean run?"),
        (&["--results"], "--results needs a value"),
        (&["-x"], "`-x` is not known"),
        (&["query"], "usage: clip-bot query TEXT"),
    ] {
        let ended = run_with(arguments, &[]);
        assert_eq!(ended.status.code(), Some(2), "{}", ended.output);
        assert!(
            ended.output.contains(words),
            "{words:?} in {}",
            ended.output
        );
    }
}

#[test]
fn help_and_version_need_no_settings() {
    let help = run(&["--help"], &[]);
    assert_eq!(help.status.code(), Some(0));
    for variable in clip_bot::config::BOT_VARIABLES {
        assert!(help.output.contains(variable.name), "{}", variable.name);
    }
    let version = run(&["--version"], &[]);
    assert_eq!(
        version.output,
        format!("clip-bot {}", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_token_in_a_plain_variable_costs_a_warning() {
    let telegram = Telegram::start();
    let variables = [
        ("CLIP_BOT_TOKEN_FILE", ""),
        ("CLIP_BOT_TOKEN", TOKEN),
        ("CLIP_BOT_API_URL", &telegram.url()),
    ];
    let output = without_token(run_with(&["check"], &variables));
    assert!(
        output.contains("CLIP_BOT_TOKEN is in the environment"),
        "{output}"
    );
    assert!(
        output.contains("use CLIP_BOT_TOKEN_FILE instead"),
        "{output}"
    );
}

#[test]
fn check_has_a_line_for_everything_the_bot_needs() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(1));
    let (api, search) = (telegram.url(), endpoint.url(""));
    let variables = [
        ("CLIP_BOT_API_URL", api.as_str()),
        ("CLIP_BOT_SEARCH_URL", search.as_str()),
    ];
    let good = run_with(&["check"], &variables);
    assert_eq!(good.status.code(), Some(0), "{}", good.output);
    let lines: Vec<&str> = good.output.lines().collect();
    assert_eq!(lines[0], "ok   token: good, this is @clip_bot");
    assert_eq!(lines[1], "ok   webhook: none, updates are fetched");
    assert_eq!(
        lines[2],
        format!("ok   endpoint: {search}/search answers (1 result)")
    );
    assert!(lines[3].starts_with("ok   log: ") && lines[4].starts_with("ok   watchdog: "));
    assert!(lines[5].starts_with("ok   state: in memory only"));
    let last = lines.last().expect("lines");
    assert!(
        last.starts_with("ok   inline mode: on; it shows own pictures once"),
        "{last}"
    );

    telegram.fail(
        "getMe",
        1,
        Reply::json(
            401,
            &json!({"ok": false, "error_code": 401,
        "description": "Unauthorized"}),
        ),
    );
    telegram.set_webhook("https://old.example.org/hook");
    let asleep = Server::start(|_| failure(503, "space_asleep", Some(20)));
    let search = asleep.url("");
    let variables = [
        ("CLIP_BOT_API_URL", api.as_str()),
        ("CLIP_BOT_SEARCH_URL", search.as_str()),
    ];
    let bad = run_with(&["check"], &variables);
    assert_eq!(bad.status.code(), Some(1), "{}", bad.output);
    let output = without_token(bad);
    for words in [
        "FAIL token:",
        "refuses the bot token",
        "https://old.example.org/hook",
        "FAIL endpoint:",
        "space_asleep",
        "try again in a minute",
    ] {
        assert!(output.contains(words), "{words:?} in {output}");
    }
}

#[test]
fn check_says_whether_pictures_are_kept() {
    let telegram = Telegram::start();
    let said = |address: SocketAddr, token: &str| {
        let (api, search) = (telegram.url(), format!("http://{address}"));
        let variables = [
            ("CLIP_BOT_API_URL", api.as_str()),
            ("CLIP_BOT_SEARCH_URL", search.as_str()),
            ("CLIP_BOT_SEARCH_TOKEN", token),
        ];
        without_token(run_with(&["check"], &variables))
    };
    let store = Store::start("check", &[]);
    let keeps = said(store.address, "s3cret-of-the-test");
    let line = "ok   saving: the endpoint keeps pictures that people send to the bot\n";
    assert!(keeps.contains(line), "{keeps}");
    store.stop();

    let (_program, address) = endpoint::start(&[("CLIP_SEARCH_ENGINE", "clip")]);
    let none = said(address, "");
    let line =
        "ok   saving: none; the endpoint keeps pictures once CLIP_SEARCH_SAVED names a folder";
    assert!(none.contains(line), "{none}");
}

#[test]
fn check_goes_on_after_wrong_settings() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(1));
    let (api, search) = (telegram.url(), endpoint.url(""));
    let good = [
        ("CLIP_BOT_API_URL", api.as_str()),
        ("CLIP_BOT_SEARCH_URL", search.as_str()),
    ];
    let wrong = [("CLIP_BOT_RESULTS", "99"), ("CLIP_BOT_RATTE", "1/1m")];
    let ended = run_with(&["check"], &[good, wrong].concat());
    assert_eq!(ended.status.code(), Some(2), "{}", ended.output);
    for words in [
        "FAIL CLIP_BOT_RESULTS: `99`",
        "FAIL CLIP_BOT_RATTE is not a known setting",
        "ok   token: good",
        "answers (1 result)",
        "ok   access:",
    ] {
        assert!(
            ended.output.contains(words),
            "{words:?} in {}",
            ended.output
        );
    }
    assert!(!ended.output.contains("ok   settings"), "{}", ended.output);
    let alone = run(&["check", "--config-only"], &wrong);
    assert_eq!(alone.output.lines().count(), 3, "{}", alone.output);
}

#[test]
fn check_leaves_a_damaged_list_of_guests_where_it_is() {
    let folder = file("state", "").with_extension("d");
    std::fs::create_dir_all(&folder).expect("room");
    let kept = folder.join("access.json");
    std::fs::write(&kept, "{\"owner\": 7").expect("room");
    let state = ("CLIP_BOT_STATE_DIR", folder.to_str().expect("a plain path"));
    let api = ("CLIP_BOT_API_URL", "http://127.0.0.1:9");
    let ended = run_with(&["check"], &[state, api]);
    let line = format!("FAIL access: {} is damaged", kept.display());
    assert!(ended.output.contains(&line), "{}", ended.output);
    assert_eq!(std::fs::read(&kept).expect("still there"), b"{\"owner\": 7");
}

#[test]
fn a_token_file_is_taken_as_windows_writes_it_and_named_where_all_may_read_it() {
    let telegram = Telegram::start();
    let path = file("token-of-windows", "");
    let text = format!("\u{feff}{TOKEN}\r\n");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(&path, utf16).expect("room");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("ours");
    let api = telegram.url();
    let file = path.to_str().expect("a plain path");
    let settings = [
        ("CLIP_BOT_API_URL", api.as_str()),
        ("CLIP_BOT_TOKEN_FILE", file),
    ];
    let output = without_token(run_with(&["check"], &settings));
    assert!(output.contains("ok   token: good"), "{output}");
    assert!(output.contains(&format!("chmod 600 {file}")), "{output}");
}

/// As a NixOS system is built: no secrets, no network.
#[test]
fn settings_alone_can_be_checked_where_the_secrets_are_not() {
    let url = ("CLIP_BOT_SEARCH_URL", "http://127.0.0.1:8080");
    let file = ("CLIP_BOT_TOKEN_FILE", "/run/secrets/not-here");
    for variables in [&[url][..], &[url, file]] {
        let good = run(&["check", "--config-only"], variables);
        assert_eq!(good.status.code(), Some(0), "{}", good.output);
        assert_eq!(good.output, "ok   settings");
        let for_scripts = run(&["check", "--config-only", "--json"], variables);
        let findings: serde_json::Value = serde_json::from_str(&for_scripts.output).expect("JSON");
        assert_eq!(
            findings,
            serde_json::json!([{ "ok": true, "line": "settings" }])
        );
    }
    for (variables, words) in [
        (&[][..], "CLIP_BOT_SEARCH_URL is not set"),
        (&[url, ("CLIP_BOT_RATE", "often")], "CLIP_BOT_RATE: `often`"),
        (
            &[url, ("CLIP_BOT_RATTE", "1/1m")],
            "did you mean CLIP_BOT_RATE?",
        ),
    ] {
        let wrong = run(&["check", "--config-only"], variables);
        assert_eq!(wrong.status.code(), Some(2), "{}", wrong.output);
        assert!(wrong.output.contains(words), "{}", wrong.output);
    }
    let elsewhere = run_with(&["run", "--config-only"], &[]);
    assert_eq!(elsewhere.status.code(), Some(2));
    assert!(
        elsewhere
            .output
            .contains("--config-only is a flag of clip-bot check"),
        "{}",
        elsewhere.output
    );
}

#[test]
fn query_prints_one_address_a_line() {
    let endpoint = Server::start(|_| found(3));
    let search = endpoint.url("");
    let variables = [("CLIP_BOT_SEARCH_URL", search.as_str())];
    let ended = run_with(&["query", "red", "bus"], &variables);
    assert_eq!(
        (ended.status.code(), ended.output),
        (Some(0), pictures(3).join("\n"))
    );
    assert!(endpoint.requests()[0].target.contains("query=red%20bus&"));
    let no_token = run(&["query", "red", "bus"], &variables);
    assert_eq!(no_token.status.code(), Some(0), "{}", no_token.output);
    let none = Server::start(|_| found(0));
    let none = none.url("");
    let none = run(&["query", "red"], &[("CLIP_BOT_SEARCH_URL", &none)]);
    assert_eq!(none.status.code(), Some(1));
    assert_eq!(none.output, "nothing found for “red”");
    let down = run_with(&["query", "red", "bus"], &[]);
    assert_eq!(down.status.code(), Some(1));
    assert!(down.output.contains("unreachable") && down.output.contains("http://127.0.0.1:9"));
}
