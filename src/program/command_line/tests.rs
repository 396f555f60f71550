//! Command lines, understood and not, and the help.

use super::*;
use crate::config::{BOT_VARIABLES, SEARCH_VARIABLES};

const QUERY: CommandDefinition = CommandDefinition {
    name: "query",
    about: "asks",
    example: "query a red bus",
    words: &[Word {
        name: "TEXT",
        about: "words",
        count: Count::Many,
        hint: ValueHint::Other,
    }],
    switches: &[JSON],
};
const fn plain(name: &'static str) -> CommandDefinition {
    CommandDefinition {
        name,
        about: "plain",
        example: "an example",
        words: &[],
        switches: &[],
    }
}
const ADD: CommandDefinition = CommandDefinition {
    name: "index add",
    switches: &[Switch {
        name: "rebuild",
        about: "again",
    }],
    words: QUERY.words,
    ..QUERY
};

const PROGRAMS: [Program; 2] = [
    Program {
        name: "clip-bot",
        about: "one sentence",
        prefix: "CLIP_BOT_",
        variables: BOT_VARIABLES,
        commands: &[
            plain("run"),
            QUERY,
            plain("index"),
            ADD,
            plain("index info"),
        ],
    },
    Program {
        name: "clip-search",
        about: "one sentence",
        prefix: "CLIP_SEARCH_",
        variables: SEARCH_VARIABLES,
        commands: &[plain("serve"), QUERY],
    },
];

fn parse(arguments: &[&str]) -> Result<Invocation> {
    PROGRAMS[0].parse(arguments.iter().map(|word| (*word).to_owned()))
}

#[test]
fn commands_words_and_flags_are_told_apart() {
    let run = |command, words: &[&str], settings: &[(&str, &str)]| Invocation::Run {
        call: CommandCall {
            command,
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            values: Vec::new(),
            switches: Vec::new(),
        },
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

fn printed(program: &Program, arguments: &[&str]) -> String {
    let words = arguments.iter().map(|word| (*word).to_owned());
    match program.parse(words).expect("help") {
        Invocation::Print(text) => text,
        run @ Invocation::Run { .. } => panic!("{run:?}"),
    }
}

#[test]
fn the_definitions_are_sound() {
    for program in &PROGRAMS {
        program.to_clap().debug_assert();
    }
}

#[test]
fn the_help_lists_every_variable_default_and_command() {
    for program in &PROGRAMS {
        let help = printed(program, &["--help"]);
        for variable in program.variables {
            assert!(help.contains(variable.name), "{}", variable.name);
            // A secret is no flag.
            let flag = program.flag_of(variable);
            // A flag that says yes by itself needs no value.
            let forms = [format!("{flag} <VALUE>"), format!("{flag}[=<VALUE>]")];
            let is_flag = forms.iter().any(|form| help.contains(form));
            assert_eq!(is_flag, !variable.is_secret(), "{flag}");
            assert!(help.contains(variable.meaning));
            if !variable.default.is_empty() {
                let default = format!("{} [default: {}]", variable.meaning, variable.default);
                assert!(help.contains(&default), "{default}");
            }
        }
        for command in program.subcommands_of("") {
            assert!(help.contains(command.name) && help.contains(command.about));
        }
        let short = printed(program, &["-h"]);
        assert!(
            short.contains("query") && short.len() < help.len(),
            "{short}"
        );
    }
}

#[test]
fn each_command_has_its_own_help_with_an_example() {
    let bot = &PROGRAMS[0];
    for arguments in [
        &["index", "add", "--help"][..],
        &["help", "index", "add"],
        &["--results", "3", "index", "add", "--help"],
    ] {
        let help = printed(bot, arguments);
        for part in [
            "index add",
            "--rebuild",
            "TEXT",
            "Example:\n  query a red bus",
        ] {
            assert!(help.contains(part), "{part} is not in {help}");
        }
    }
    let short = printed(bot, &["query", "-h"]);
    assert!(
        short.contains("--json") && !short.contains("--rebuild"),
        "{short}"
    );
    assert_eq!(printed(bot, &["query", "-V"]), printed(bot, &["--version"]));
}

#[test]
fn subcommands_have_switches_of_their_own() {
    let call = |arguments: &[&str]| match parse(arguments) {
        Ok(Invocation::Run { call, .. }) => call,
        other => panic!("{other:?}"),
    };
    let add = call(&[
        "index",
        "add",
        "a",
        "--rebuild",
        "b",
        "--log=warn",
        "--rebuild",
    ]);
    assert_eq!(
        (add.command, &add.switches[..]),
        ("index add", &["rebuild"][..])
    );
    assert_eq!(add.words, ["a", "b"]);
    assert!(call(&["query", "--json", "x"]).has(JSON));
    let table: [(&[&str], &str); 7] = [
        (
            &["index", "add", "x", "--rebild"],
            "did you mean --rebuild?",
        ),
        (
            &["index", "add", "x", "--worker"],
            "did you mean --workers?",
        ),
        (
            &["index", "info", "--rebuild"],
            "flag of clip-bot index add",
        ),
        (
            &["index", "inf"],
            "is not a command of index; did you mean info?",
        ),
        (&["index"], "usage: clip-bot index add|info"),
        (
            &["index", "info", "now"],
            "index info takes no words; see clip-bot index info",
        ),
        (&["query", "--json=yes", "x"], "see clip-bot"),
    ];
    for (arguments, part) in table {
        let line = parse(arguments).expect_err("not understood").chain();
        assert!(line.contains(part), "{line}");
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
    let error = invocation(&PROGRAMS[0], ["--results".into(), bytes()], []).map(drop);
    let error = error.expect_err("not text");
    assert_eq!(
        error.to_string(),
        "the value of --results is not UTF-8 text"
    );
}
