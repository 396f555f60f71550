//! Command lines, understood and not, and the help.

use super::*;
use crate::config::{BOT_VARIABLES, SEARCH_VARIABLES};

const PROGRAMS: [Program; 2] = [
    Program {
        name: "clip-bot",
        about: "one sentence",
        prefix: "CLIP_BOT_",
        variables: BOT_VARIABLES,
        commands: &[("run", "the default"), ("query TEXT…", "asks")],
    },
    Program {
        name: "clip-search",
        about: "one sentence",
        prefix: "CLIP_SEARCH_",
        variables: SEARCH_VARIABLES,
        commands: &[("serve", "the default"), ("query TEXT…", "asks")],
    },
];

fn parse(arguments: &[&str]) -> Result<Invocation> {
    PROGRAMS[0].parse(arguments.iter().map(|word| (*word).to_owned()))
}

#[test]
fn commands_words_and_flags_are_told_apart() {
    let run = |command, words: &[&str], settings: &[(&str, &str)]| Invocation::Run {
        command,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        settings: settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    let results = [("CLIP_BOT_RESULTS", "7")];
    let table: [(&[&str], Invocation); 7] = [
        (&[], run("run", &[], &[])),
        (&["query", "red", "bus"], run("query", &["red", "bus"], &[])),
        (&["--results", "7"], run("run", &[], &results)),
        (
            &["--results=7", "query", "a"],
            run("query", &["a"], &results),
        ),
        (
            &["query", "a", "--results=7"],
            run("query", &["a"], &results),
        ),
        (
            &["query", "--", "--results", "-x"],
            run("query", &["--results", "-x"], &[]),
        ),
        (
            &["--results=1", "--token-file=a=b", "--results=7"],
            run("run", &[], &[results[0], ("CLIP_BOT_TOKEN_FILE", "a=b")]),
        ),
    ];
    for (arguments, expected) in table {
        assert_eq!(
            parse(arguments).expect("understood"),
            expected,
            "{arguments:?}"
        );
    }
}

#[test]
fn what_is_not_understood_is_named_with_a_remedy() {
    let table: [(&[&str], &str); 10] = [
        (&["qery"], "`qery` is not a command; did you mean query?"),
        (
            &["--result", "7"],
            "`--result` is not known; did you mean --results?",
        ),
        (
            &["-t4242:TOKEN-TOKEN_TOKEN-TOKEN"],
            "the value (not shown, it may be secret) is not known; see clip-bot --help",
        ),
        (
            &["--search-urlhttps://user:pass@h"],
            "the value (not shown, it may be secret) is not known; did you mean",
        ),
        (&["-x"], "`-x` is not known; see clip-bot --help"),
        (&["--results"], "--results needs a value"),
        (
            &["--token", "42:TOKEN"],
            "--token: a command line is seen by every user",
        ),
        (&["--search-token=TOKEN"], "use --search-token-file"),
        (&["42:TOKEN"], "not shown"),
        (&["--workerz=42:TOKEN"], "did you mean --workers?"),
    ];
    for (arguments, part) in table {
        let error = parse(arguments).expect_err("not understood");
        let line = error.chain();
        assert_eq!(error.exit_code(), 2, "{line}");
        assert!(line.contains(part), "{line}");
        assert!(!line.contains("TOKEN"), "{line}");
    }
}

#[test]
fn the_help_lists_every_variable_default_and_command() {
    for program in &PROGRAMS {
        let help = program.help();
        for variable in program.variables {
            let line = |line: &&str| line.split_whitespace().next() == Some(variable.name);
            let line = help
                .lines()
                .find(line)
                .unwrap_or_else(|| panic!("{}", variable.name));
            // A secret is no flag.
            let flag = program.flag_of(variable);
            let shown = line.split_whitespace().nth(1);
            assert_eq!(
                shown,
                (!variable.is_secret()).then_some(flag.as_str()),
                "{line}"
            );
            assert!(help.contains(variable.meaning));
            if !variable.default.is_empty() {
                let default = format!("{} [default: {}]", variable.meaning, variable.default);
                assert!(help.contains(&default), "{default}");
            }
        }
        for (usage, meaning) in program.commands {
            assert!(help.contains(usage) && help.contains(meaning));
        }
        for asked in ["-h", "--help"] {
            let printed = program.parse(["query".to_owned(), asked.to_owned()]);
            assert_eq!(printed.expect("help"), Invocation::Print(help.clone()));
        }
    }
}

#[test]
fn flags_are_laid_over_the_environment() {
    let pair = |name: &str, value: &str| (name.into(), value.into());
    let variables = [pair("CLIP_BOT_RESULTS", "3"), pair("CLIP_BOT_WORKERS", "4")];
    let arguments = ["--results=7".into()];
    let (_, environment) =
        invocation(&PROGRAMS[0], arguments, variables).expect("both are understood");
    assert_eq!(environment.variables["CLIP_BOT_RESULTS"], "7");
    assert_eq!(environment.variables["CLIP_BOT_WORKERS"], "4");
}

#[test]
fn bytes_that_are_not_text_matter_only_where_they_are_ours() {
    use std::os::unix::ffi::OsStringExt;
    let bytes = || OsString::from_vec(b"\xff".to_vec());
    let others = [("OTHER".into(), bytes()), (bytes(), "x".into())];
    assert!(invocation(&PROGRAMS[0], [], others).is_ok());
    let ours = [("CLIP_BOT_LOG".into(), bytes())];
    let error = invocation(&PROGRAMS[0], [], ours)
        .map(drop)
        .expect_err("not text");
    assert_eq!(error.to_string(), "CLIP_BOT_LOG is not UTF-8 text");
    assert!(invocation(&PROGRAMS[0], [bytes()], []).is_err());
}
