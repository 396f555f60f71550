//! docs/settings.md lists the settings of the three programs, generated from their tables.
//!
//! `UPDATE=1 cargo test --test it settings_page` writes it anew.

use std::fmt::Write as _;

use clip_bot::config::{BOT_VARIABLES, PLAYGROUND_VARIABLES, SEARCH_VARIABLES, Variable};

/// The page, relative to the root of the package.
const PAGE: &str = "docs/settings.md";

const PROGRAMS: [(&str, &str, &[Variable]); 3] = [
    ("clip-bot", "The Telegram bot.", BOT_VARIABLES),
    ("clip-search", "The search endpoint.", SEARCH_VARIABLES),
    (
        "playground",
        "Both of them on one machine, with a chat page in place of Telegram.",
        PLAYGROUND_VARIABLES,
    ),
];

const INTRODUCTION: &str = "\
# Settings

<!-- Generated from src/config/variables.rs: UPDATE=1 cargo test --test it settings_page -->

Each setting is an environment variable, and each except the secrets also a command-line flag:
`CLIP_BOT_RESULTS=5` or `--results 5`. Where both are given, the flag wins. A variable that is empty counts
as not set. An unknown variable that begins with `CLIP_BOT_`, `CLIP_SEARCH_` or `PLAYGROUND_` is an error of
the program it belongs to, so that a typing mistake is noticed.

Durations are written like `50s`, `6m` or `1m 30s`.

Secrets belong into files (`…_FILE` names one) or systemd credentials. The file has precedence, then the
credential, then the plain variable, which other programs may be able to read and which is therefore logged
as a warning.

| exit code | meaning |
|---|---|
| 0 | clean stop |
| 1 | failure worth a restart |
| 2 | wrong configuration |
| 3 | Telegram refused the bot token |
";

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for (program, purpose, variables) in PROGRAMS {
        write!(page, "\n## {program}\n\n{purpose}\n\n").expect("memory");
        page.push_str("| variable | default | meaning |\n|---|---|---|\n");
        for variable in variables {
            let default = match variable.default {
                "" => String::new(),
                default => format!("`{default}`"),
            };
            let (name, meaning) = (variable.name, variable.meaning);
            let cells = [name, &default, meaning];
            assert!(!cells.concat().contains(['|', '\n']), "{name}: no table");
            writeln!(page, "| `{name}` | {default} | {meaning} |").expect("memory");
        }
    }
    page
}

#[test]
fn the_page_of_settings_says_what_the_tables_say() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &page).expect("our own file");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        kept == page,
        "{PAGE} is out of date: UPDATE=1 cargo test --test it settings_page"
    );
}
