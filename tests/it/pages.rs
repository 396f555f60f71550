//! What the package brings for people at a terminal: manual pages and completions, made from the
//! programs' own tables, and the journal's catalog, written by hand for the ids in the code.
//!
//! `UPDATE=1 cargo test --test it pages` writes them anew. Not shipped with the programs.

use std::path::Path;

use clap_complete::Shell;
use clap_mangen::Man;
use clip_bot::config::{BOT_VARIABLES, PLAYGROUND_VARIABLES, SEARCH_VARIABLES};
use clip_bot::program::command_line::{CommandDefinition, Program};
use clip_bot::{log, program};

/// A program of the package, with what only its manual page says.
struct Manual {
    program: Program,
    description: &'static str,
    /// Files and what is in them.
    files: &'static [(&'static str, &'static str)],
    see_also: &'static str,
}

const MANUALS: [Manual; 2] = [
    Manual {
        program: program::bot::PROGRAM,
        description: "Answers messages in Telegram chats with albums of pictures, which it gets \
            from a search endpoint such as clip-search(1). Installed as the systemd service \
            clip-bot.service, which reads its settings from /etc/clip-bot/clip-bot.env: write the \
            bot token to /etc/clip-bot/telegram-token, then run `systemctl enable --now clip-bot`.",
        files: &[
            ("/etc/clip-bot/clip-bot.env", "Settings of the service."),
            (
                "/etc/clip-bot/telegram-token",
                "The bot token; readable for root only.",
            ),
            (
                "/etc/clip-bot/search-token",
                "The endpoint's bearer token, where it wants one; readable for root only.",
            ),
            (
                "/var/lib/private/clip-bot",
                "Messages that are not answered yet.",
            ),
            (
                "/usr/share/doc/clip-bot/operating.md",
                "How to run it: settings, journal, upgrades, faults.",
            ),
        ],
        see_also: "clip-search(1), journalctl(1), systemctl(1), systemd-creds(1)",
    },
    Manual {
        program: program::search::PROGRAM,
        description: "The search endpoint of clip-bot(1): answers `GET /search?query=…` with the \
            addresses of pictures, which it gets from a Hugging Face Space or from a thousand \
            built-in drawings. Installed as the systemd service clip-search.service, started by \
            the first request to clip-search.socket: run `systemctl enable --now \
            clip-search.socket`.",
        files: &[
            ("/etc/clip-bot/clip-search.env", "Settings of the service."),
            (
                "/etc/clip-bot/hf-token",
                "Token for a private Space; readable for root only.",
            ),
            (
                "/etc/clip-bot/search-token",
                "Bearer token that callers need, where one is wanted; readable for root only.",
            ),
        ],
        see_also: "clip-bot(1), systemd.socket(5)",
    },
];

#[test]
fn manual_pages_and_completions_say_what_the_tables_say() {
    for manual in &MANUALS {
        let program = &manual.program;
        let name = program.name;
        keep(&format!("docs/man/{name}.1"), &manual_page(manual));
        for (shell, end) in [
            (Shell::Bash, "bash"),
            (Shell::Fish, "fish"),
            (Shell::Zsh, "zsh"),
        ] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut program.to_clap(), name, &mut script);
            let script = String::from_utf8(script).expect("text");
            keep(&format!("docs/completions/{name}.{end}"), &script);
        }
    }
}

#[test]
fn every_definition_is_sound_and_its_examples_are_understood() {
    for program in [
        program::bot::PROGRAM,
        program::search::PROGRAM,
        program::playground::PROGRAM,
    ] {
        program.to_clap().debug_assert();
        for command in program.commands {
            let mut words = command.example.split(' ').map(str::to_owned);
            if words.next().as_deref() == Some(program.name) {
                program.parse(words).expect(command.example);
            }
        }
    }
}

#[test]
fn the_page_of_settings_says_what_the_tables_say() {
    let mut page = SETTINGS.to_owned();
    for (program, variables) in [
        ("clip-bot", BOT_VARIABLES),
        ("clip-search", SEARCH_VARIABLES),
        ("playground", PLAYGROUND_VARIABLES),
    ] {
        page += &format!("\n## {program}\n\n| variable | default | meaning |\n|---|---|---|\n");
        for variable in variables {
            let default = match variable.default {
                "" => String::new(),
                default => format!("`{default}`"),
            };
            let (name, meaning) = (variable.name, variable.meaning);
            page += &format!("| `{name}` | {default} | {meaning} |\n");
        }
    }
    keep("docs/settings.md", &page);
}

const SETTINGS: &str = "\
# Settings

<!-- Written by tests/it/pages.rs from src/config/variables.rs. -->

Every setting is an environment variable. Each one that is not a secret is also a flag, which wins:
`CLIP_BOT_RESULTS=5` and `--results 5` say the same, before or after the command.

- Durations are written like `50s`, `6m` or `1h 30m`.
- Secrets (tokens and keys) are never flags, because every user of a machine sees its command lines.
  Put each into a file and name that file in the setting that ends in `_FILE`, or pass it as a
  systemd credential of the name that the table gives. The plain variable is for development: it
  works, with a warning.
- An unknown setting is refused, with the nearest known one.
- Exit codes: 0 for a clean stop, 1 for a failure worth a restart, 2 for a wrong setting or command
  line, 3 when the token was refused.

`clip-bot check --config-only` and `clip-search check --config-only` check the settings alone.
";

#[test]
fn the_catalog_explains_every_event_and_no_other() {
    let catalog = include_str!("../../systemd/clip-bot.catalog");
    let entries: Vec<&str> = catalog.split("\n-- ").skip(1).collect();
    let ids = entries.iter().map(|entry| entry.lines().next());
    assert_eq!(
        ids.collect::<Vec<_>>(),
        log::events::ALL.map(Some),
        "in the order of src/log/events.rs"
    );
    for entry in entries {
        let (head, words) = entry.split_once("\n\n").expect("head and explanation");
        assert!(head.contains("\nSubject: "), "{head}");
        assert!(
            words.trim().ends_with(['.', 't', 'p', 'n', 'g', 'h']),
            "{words}"
        );
    }
}

#[test]
fn the_packages_changelog_begins_with_this_version() {
    let changelog = include_str!("../../systemd/debian/changelog");
    let version = format!("clip-bot ({}-", env!("CARGO_PKG_VERSION"));
    assert!(changelog.starts_with(&version), "not {version}");
}

/// Compares the file with `text`, or writes it.
fn keep(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a new folder");
        std::fs::write(&file, text).expect("our own file");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == text,
        "{path} is out of date: UPDATE=1 cargo test --test it pages"
    );
}

fn manual_page(manual: &Manual) -> String {
    let program = &manual.program;
    let source = format!("clip-bot {}", env!("CARGO_PKG_VERSION"));
    let definition = program.to_clap().long_about(manual.description);
    let man = Man::new(definition.disable_help_subcommand(true))
        .title(program.name.to_uppercase())
        .date("")
        .source(source)
        .manual("User Commands");
    let mut page =
        b".\\\" Written by tests/it/pages.rs from the definition that parses the command line.\n"
            .to_vec();
    man.render_title(&mut page).expect("memory");
    man.render_name_section(&mut page).expect("memory");
    man.render_synopsis_section(&mut page).expect("memory");
    let mut page = String::from_utf8(page).expect("text");
    page += &format!(
        ".SH DESCRIPTION\n{}\n.SH COMMANDS\n",
        roff(manual.description)
    );
    page += &program
        .commands
        .iter()
        .map(command_entry)
        .collect::<String>();
    let mut options = Vec::new();
    man.render_options_section(&mut options).expect("memory");
    page += &String::from_utf8(options).expect("text");
    page += ".SH SECRETS\nThese are environment variables only.\n";
    for secret in program.variables.iter().filter(|v| v.is_secret()) {
        let (name, meaning) = (roff(secret.name), roff(&capital(secret.meaning)));
        page += &format!(".TP\n\\fB{name}\\fR\n{meaning}.\n");
    }
    page += ".SH EXIT STATUS\n";
    for (code, meaning) in [
        ("0", "Clean stop."),
        ("1", "A failure worth a restart."),
        (
            "2",
            "A wrong or missing setting; the message names the remedy.",
        ),
        ("3", "The token was refused."),
    ] {
        page += &format!(".TP\n\\fB{code}\\fR\n{meaning}\n");
    }
    page += ".SH FILES\n";
    for (file, meaning) in manual.files {
        page += &format!(".TP\n\\fI{}\\fR\n{}\n", roff(file), roff(meaning));
    }
    let see_also = manual.see_also.split(", ").map(|page| {
        let (name, section) = page.split_once('(').expect("such as man(1)");
        format!("\\fB{}\\fR({section}", roff(name))
    });
    let see_also: Vec<String> = see_also.collect();
    page + &format!(".SH SEE ALSO\n{}\n", see_also.join(",\n"))
}

/// A command with its words, its switches and an example.
fn command_entry(command: &CommandDefinition) -> String {
    let about = roff(&capital(command.about));
    let mut entry = format!(".TP\n\\fB{}\\fR\n{about}.\n", roff(&command.usage()));
    let words = command
        .words
        .iter()
        .map(|word| (word.name.to_owned(), word.about));
    let switches = command.switches.iter();
    let switches = switches.map(|switch| (format!("--{}", switch.name), switch.about));
    for (name, about) in words.chain(switches) {
        entry += &format!(".br\n\\fI{}\\fR: {}.\n", roff(&name), roff(about));
    }
    entry + &format!(".br\nExample: {}\n", roff(command.example))
}

/// Text as roff takes it literally; what is in backticks becomes bold.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    let text = text.replace('…', "...").replace('–', "\\(en");
    let parts = text.split('`').enumerate();
    let text: String = parts
        .map(|(number, part)| match number % 2 {
            0 => part.to_owned(),
            _ => format!("\\fB{part}\\fR"),
        })
        .collect();
    // At the start of a line these would begin a request.
    match text.chars().next() {
        Some('.' | '\'') => format!("\\&{text}"),
        _ => text,
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
}
