//! What the package brings for people at a terminal: manual pages and completions, made from the
//! programs' own tables, and the journal's catalog, written by hand for the ids in the code.
//!
//! `UPDATE=1 cargo test --test it pages` writes them anew. Not shipped with the programs.

use std::path::Path;

use clip_bot::config::Variable;
use clip_bot::program::command_line::Program;
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
        keep(&format!("docs/completions/{name}.bash"), &bash(program));
        keep(&format!("docs/completions/{name}.fish"), &fish(program));
        keep(&format!("docs/completions/{name}.zsh"), &zsh(program));
    }
}

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

/// Commands as (name, words that follow it, what it does).
fn commands(program: &Program) -> impl Iterator<Item = (&str, &str, &str)> {
    program.commands.iter().map(|(usage, meaning)| {
        let (name, words) = usage.split_once(' ').unwrap_or((usage, ""));
        (name, words, *meaning)
    })
}

/// Flags of a command of its own, such as `--config-only`.
fn own_flags(program: &Program) -> impl Iterator<Item = &str> {
    let words = commands(program).flat_map(|(_, words, _)| words.split(' '));
    let flags = words.filter_map(|word| word.strip_prefix('[')?.strip_suffix(']'));
    flags.filter(|word| word.starts_with("--"))
}

/// The settings that are flags.
fn flags(program: &Program) -> impl Iterator<Item = &Variable> {
    let is_flag = |variable: &&Variable| !variable.is_secret();
    program.variables.iter().filter(is_flag)
}

/// What a shell can offer as the value of a setting.
enum Value {
    Any,
    File,
    Folder,
    OneOf(Vec<&'static str>),
}

fn value(variable: &Variable) -> Value {
    if variable.name.ends_with("_FILE") {
        return Value::File;
    }
    if variable.name.ends_with("_DIR") {
        return Value::Folder;
    }
    let quoted = variable.meaning.split('`').skip(1).step_by(2);
    let words: Vec<&str> = quoted.filter(|word| !word.contains('/')).collect();
    if words.is_empty() {
        Value::Any
    } else {
        Value::OneOf(words)
    }
}

fn manual_page(manual: &Manual) -> String {
    let program = &manual.program;
    let (name, version) = (program.name, env!("CARGO_PKG_VERSION"));
    let mut page = format!(
        ".\\\" Made by tests/it/pages.rs from the tables that --help is made from.\n\
         .TH {} 1 \"\" \"clip-bot {version}\" \"User Commands\"\n\
         .SH NAME\n{} \\- {}\n.SH SYNOPSIS\n",
        roff(&name.to_uppercase()),
        roff(name),
        roff(program.about)
    );
    for (number, (command, words, _)) in commands(program).enumerate() {
        let command = format!("\\fB{}\\fR", roff(command));
        // The first one need not be named.
        let command = match number {
            0 => format!("[{command}]"),
            _ => command,
        };
        let words = match words {
            "" => String::new(),
            words => format!(" \\fI{}\\fR", roff(words)),
        };
        page += &format!(
            "\\fB{}\\fR {command} [\\fIsetting\\fR...]{words}\n.br\n",
            roff(name)
        );
    }
    page += &format!(
        "\\fB{0}\\fR \\fB\\-\\-help\\fR | \\fB\\-\\-version\\fR\n\
         .SH DESCRIPTION\n{1}\n.SH COMMANDS\n",
        roff(name),
        roff(manual.description)
    );
    for (command, words, meaning) in commands(program) {
        let usage = format!("\\fB{}\\fR \\fI{}\\fR", roff(command), roff(words));
        let usage = usage.replace(" \\fI\\fR", "");
        page += &format!(".TP\n{usage}\n{}.\n", roff(&capital(meaning)));
    }
    page += ".SH SETTINGS\nEach is an environment variable, and a flag unless it is a secret; flags \
        win. Times are written like 50s or 6m.\n";
    for variable in program.variables {
        let flag = if variable.is_secret() {
            String::new()
        } else {
            format!(
                ", \\fB{}\\fR \\fIvalue\\fR",
                roff(&program.flag_of(variable))
            )
        };
        let default = match variable.default {
            "" => String::new(),
            default => format!(" Default: {}.", roff(default)),
        };
        page += &format!(
            ".TP\n\\fB{}\\fR{flag}\n{}.{default}\n",
            roff(variable.name),
            roff(&capital(variable.meaning))
        );
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

const MADE: &str = "Made by tests/it/pages.rs from the tables that --help is made from.";

fn bash(program: &Program) -> String {
    let name = program.name;
    let function = format!("_{}", name.replace('-', "_"));
    let mut values = String::new();
    for variable in flags(program) {
        let offer = match value(variable) {
            Value::Any => continue,
            Value::File => "-f".to_owned(),
            Value::Folder => "-d".to_owned(),
            Value::OneOf(words) => format!("-W '{}'", words.join(" ")),
        };
        let flag = program.flag_of(variable);
        values += &format!("    {flag}) offer=({offer}) ;;\n");
    }
    let words: Vec<&str> = commands(program).map(|(name, ..)| name).collect();
    let mut flags: Vec<String> = flags(program).map(|flag| program.flag_of(flag)).collect();
    flags.extend(own_flags(program).map(str::to_owned));
    format!(
        "# {MADE}\n\
         {function}() {{\n  \
           local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} offer=()\n  \
           # \"=\" is a word of its own here.\n  \
           if [[ $word == = ]]; then\n    word=\n  \
           elif [[ $before == = ]]; then\n    before=${{COMP_WORDS[COMP_CWORD - 2]}}\n  fi\n  \
           case $before in\n{values}    --*) return ;;\n    \
             *)\n      if [[ $word == -* ]]; then\n        \
               offer=(-W '{} --help --version')\n      \
             else\n        offer=(-W '{}')\n      fi\n      ;;\n  esac\n  \
           mapfile -t COMPREPLY < <(compgen \"${{offer[@]}}\" -- \"$word\")\n  \
           [[ ${{offer[0]}} == -W ]] || compopt -o filenames\n\
         }}\n\
         complete -F {function} {name}\n",
        flags.join(" "),
        words.join(" ")
    )
}

fn fish(program: &Program) -> String {
    let name = program.name;
    let mut lines = format!("# {MADE}\ncomplete -c {name} -f\n");
    for (command, _, meaning) in commands(program) {
        lines += &format!(
            "complete -c {name} -n __fish_use_subcommand -a {command} -d {}\n",
            quoted(meaning)
        );
    }
    for variable in flags(program) {
        let offer = match value(variable) {
            Value::Any => "-x".to_owned(),
            Value::File => "-rF".to_owned(),
            Value::Folder => "-x -a '(__fish_complete_directories)'".to_owned(),
            Value::OneOf(words) => format!("-x -a '{}'", words.join(" ")),
        };
        let flag = program.flag_of(variable);
        let meaning = quoted(variable.meaning);
        lines += &format!(
            "complete -c {name} -l {} {offer} -d {meaning}\n",
            flag.trim_start_matches('-')
        );
    }
    for flag in own_flags(program) {
        lines += &format!("complete -c {name} -l {}\n", flag.trim_start_matches('-'));
    }
    lines += &format!("complete -c {name} -s h -l help -d 'all commands and settings'\n");
    lines + &format!("complete -c {name} -s V -l version -d 'the version'\n")
}

fn zsh(program: &Program) -> String {
    let described = |text: &str| {
        let mut text = text.to_owned();
        for special in ['[', ']', ':'] {
            text = text.replace(special, &format!("\\{special}"));
        }
        text
    };
    let mut lines = format!("#compdef {}\n# {MADE}\n_arguments -s -S \\\n", program.name);
    for variable in flags(program) {
        let offer = match value(variable) {
            Value::Any => " ".to_owned(),
            Value::File => "_files".to_owned(),
            Value::Folder => "_files -/".to_owned(),
            Value::OneOf(words) => format!("({})", words.join(" ")),
        };
        let flag = program.flag_of(variable);
        let meaning = described(variable.meaning);
        let argument = quoted(&format!("{flag}=[{meaning}]:value:{offer}"));
        lines += &format!("  {argument} \\\n");
    }
    let commands =
        commands(program).map(|(name, _, meaning)| format!("{name}\\:\"{}\"", described(meaning)));
    let commands: Vec<String> = commands.collect();
    for flag in own_flags(program) {
        lines += &format!("  '{flag}' \\\n");
    }
    lines += "  '(- *)'{-h,--help}'[all commands and settings]' \\\n";
    lines += "  '(- *)'{-V,--version}'[the version]' \\\n";
    lines += &format!(
        "  {} \\\n",
        quoted(&format!("1:command:(({}))", commands.join(" ")))
    );
    lines + "  '*:words:'\n"
}

/// In single quotes, as all three shells and fish take it; backticks are only ours.
fn quoted(text: &str) -> String {
    let text = text.replace('`', "").replace('\'', "'\\''");
    format!("'{text}'")
}
