//! `clip-search` from its command line: settings, commands, exit codes.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::endpoint::{CLIP_SEARCH, start};
use crate::support::process::Program;

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(CLIP_SEARCH);
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.envs(variables.iter().copied());
    command.output().expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

/// The one line that a wrong setting leaves on standard error.
#[track_caller]
fn refusal(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(arguments, variables);
    let line = text(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(2),
        "{arguments:?} {variables:?}: {line}"
    );
    assert_eq!(output.stdout, b"");
    assert_eq!(line.lines().count(), 1, "{line}");
    assert!(line.starts_with("clip-search: "), "{line}");
    line.trim_end().to_owned()
}

#[test]
fn a_wrong_setting_is_one_line_with_name_and_remedy() {
    let table: [(&str, &str, &[&str]); 9] = [
        ("CLIP_SEARCH_TIMEOUT", "fast", &["`fast`", "from 1s to 10m"]),
        ("CLIP_SEARCH_TIMEOUT", "11m", &["`11m`", "from 1s to 10m"]),
        ("CLIP_SEARCH_LISTEN", "8080", &["127.0.0.1:8080"]),
        ("CLIP_SEARCH_WORKERS", "0", &["from 1 to 512"]),
        ("CLIP_SEARCH_ENGINE", "magic", &["clip, space or mock"]),
        ("CLIP_SEARCH_MIN_SCORE", "1.5", &["from -1 to 1"]),
        ("CLIP_SEARCH_MIN_SCORE", "nan", &["from -1 to 1"]),
        (
            "CLIP_SEARCH_TOKEN_FILE",
            "/nonexistent/t",
            &["failed to read /nonexistent/t"],
        ),
        (
            "CLIP_SEARCH_TIMEOUTS",
            "5s",
            &["did you mean CLIP_SEARCH_TIMEOUT?"],
        ),
    ];
    for (name, value, parts) in table {
        let line = refusal(&[], &[(name, value)]);
        assert!(line.starts_with(&format!("clip-search: {name}")), "{line}");
        for part in parts {
            assert!(line.contains(part), "{line}");
        }
    }
}

#[test]
fn a_wrong_command_line_is_one_line_with_a_remedy() {
    let table: [(&[&str], &str); 8] = [
        (&["--token", "s3cret"], "use --token-file"),
        (&["--hf-token=s3cret"], "use --hf-token-file"),
        (&["--lisen=127.0.0.1:0"], "did you mean --listen?"),
        (&["--timeout"], "--timeout needs a value"),
        (&["sevre"], "did you mean serve?"),
        (&["serve", "now"], "serve takes no words"),
        (&["query"], "usage: clip-search query TEXT"),
        (&["query", " "], "usage: clip-search query TEXT"),
    ];
    for (arguments, part) in table {
        let line = refusal(arguments, &[]);
        assert!(line.contains(part), "{line}");
        assert!(!line.contains("s3cret"), "{line}");
    }
}

#[test]
fn a_value_that_is_not_text_is_named_not_ignored() {
    use std::os::unix::ffi::OsStrExt;
    let value = std::ffi::OsStr::from_bytes(b"\xff");
    let mut command = Command::new(CLIP_SEARCH);
    command
        .env_clear()
        .env("CLIP_SEARCH_SPACE", value)
        .env("OTHER", value);
    let output = command.arg("--version").output().expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "clip-search: CLIP_SEARCH_SPACE is not UTF-8 text\n"
    );
}

#[test]
fn query_prints_score_address_and_caption_one_picture_a_line() {
    let output = run(&["query", "red", "bus"], &[]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let lines: Vec<_> = text(&output.stdout).lines().collect();
    assert_eq!(lines.len(), 5);
    let first: Vec<_> = lines[0].split('\t').collect();
    assert_eq!(first[1..], ["http://127.0.0.1:8080/images/bus", "bus"]);
    assert!(first[0].parse::<f64>().is_ok_and(|score| score > 0.25));
    let output = run(&["--listen", "[::1]:81", "query", "--", "-x", "pizza"], &[]);
    assert!(text(&output.stdout).contains("\thttp://[::1]:81/images/pizza\t"));
}

/// One of the columns, counted from 0, that `query` prints.
fn column(output: &Output, number: usize) -> Vec<&str> {
    let lines = text(&output.stdout).lines();
    lines
        .filter_map(|line| line.split('\t').nth(number))
        .collect()
}

#[test]
fn query_says_that_nothing_was_found() {
    for words in [&["query", "qwxz"][..], &["query", "--json", "qwxz"]] {
        let output = run(words, &[("CLIP_SEARCH_MIN_SCORE", "0.99")]);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(text(&output.stderr), "nothing found for “qwxz”\n");
        let answer: Option<Value> = serde_json::from_slice(&output.stdout).ok();
        assert_eq!(answer.is_some(), words.contains(&"--json"));
    }
}

#[test]
fn an_address_in_use_is_a_failure_worth_a_restart() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let output = run(&["--listen", &address], &[]);
    assert_eq!(output.status.code(), Some(1));
    let line = text(&output.stderr);
    assert!(
        line.starts_with(&format!("clip-search: failed to listen on {address}: ")),
        "{line}"
    );
}

#[test]
fn flags_win_over_variables_and_serve_is_the_default() {
    let (program, _) = start(&[]);
    program.stop();
    let variables = [("CLIP_SEARCH_LISTEN", "nonsense")];
    let program =
        crate::support::process::Program::start(CLIP_SEARCH, &["--listen=127.0.0.1:0"], &variables);
    program.wait_for_line("listening on http://127.0.0.1:");
    assert_eq!(program.stop().status.code(), Some(0));
}

#[test]
fn help_and_version_are_printed() {
    let help = run(&["--help"], &[("CLIP_SEARCH_TIMEOUT", "nonsense")]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("CLIP_SEARCH_TIMEOUT"));
    let version = run(&["-V"], &[]);
    let expected = concat!("clip-search ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(text(&version.stdout), expected);
}

#[test]
fn check_looks_at_settings_and_engine() {
    let check = |arguments: &[&str], variables: &[(&str, &str)]| {
        Program::start(CLIP_SEARCH, arguments, variables).wait()
    };
    let good = check(&["check"], &[]);
    let count = clip_bot::engine::drawings::all().len();
    let lines = [
        "ok   settings",
        "ok   engine clip",
        "ok   model sample ",
        &format!("ok   {count} pictures built in"),
    ];
    assert_eq!(good.output.lines().count(), lines.len(), "{}", good.output);
    for (line, expected) in good.output.lines().zip(lines) {
        assert!(line.starts_with(expected), "{line}");
    }
    let space = [("CLIP_SEARCH_SPACE", "http://127.0.0.1:9")];
    let down = check(&["check"], &space);
    assert_eq!(down.status.code(), Some(1), "{}", down.output);
    assert!(
        down.output.contains("FAIL engine space: "),
        "{}",
        down.output
    );
    let settings = check(&["check", "--config-only"], &space);
    assert_eq!(
        (settings.status.code(), settings.output.as_str()),
        (Some(0), "ok   settings")
    );
    let wrong = check(&["check", "--config-only"], &[("CLIP_SEARCH_IDLE", "soon")]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        wrong.output.contains("CLIP_SEARCH_IDLE"),
        "{}",
        wrong.output
    );
}

#[test]
fn answers_and_findings_come_as_json_for_scripts() {
    let mock = [("CLIP_SEARCH_ENGINE", "mock")];
    let output = run(&["query", "--json", "red", "bus"], &mock);
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["query"], "red bus");
    let plain = run(&["query", "red", "bus"], &mock);
    let urls = answer["results"].as_array().expect("an array").iter();
    let urls: Vec<&str> = urls.filter_map(|hit| hit["url"].as_str()).collect();
    assert!(urls.len() == 5 && column(&plain, 1) == urls);

    let output = run(&["check", "--json"], &mock);
    let findings: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let count = clip_bot::engine::drawings::all().len();
    let expected = json!([
        { "ok": true, "line": "settings" },
        { "ok": true, "line": "engine mock" },
        { "ok": true, "line": format!("{count} pictures built in") },
    ]);
    assert_eq!((output.status.code(), findings), (Some(0), expected));
}

/// Whoever reaches an address beyond loopback would see the pictures.
#[test]
fn an_endpoint_for_other_machines_needs_a_token_or_the_word_open() {
    let everywhere = ("CLIP_SEARCH_LISTEN", "0.0.0.0:0");
    let refused = Program::start(CLIP_SEARCH, &["serve"], &[everywhere]).wait();
    assert_eq!(refused.status.code(), Some(2), "{}", refused.output);
    assert!(refused.output.contains("--open"), "{}", refused.output);
    for (flags, more) in [
        (&["serve", "--open"][..], ("CLIP_SEARCH_LOG", "info")),
        (&["serve"], ("CLIP_SEARCH_OPEN", "yes")),
    ] {
        let open = Program::start(CLIP_SEARCH, flags, &[everywhere, more]);
        open.wait_for_line("OPEN: 0.0.0.0:");
        open.wait_for_line("listening on");
        open.stop();
    }
    let token = ("CLIP_SEARCH_TOKEN", "t");
    let closed = Program::start(CLIP_SEARCH, &["serve"], &[everywhere, token]);
    closed.wait_for_line("listening on");
    assert!(!closed.stop().output.contains("OPEN:"));
}
