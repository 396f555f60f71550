//! What an operator may set or type.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use clip_bot::config::{BotConfig, Environment, PlaygroundConfig, SearchConfig, Variable};
use clip_bot::program::bot::PROGRAM as BOT;
use clip_bot::program::command_line::{Invocation, Program};
use clip_bot::program::playground::PROGRAM as PLAYGROUND;
use clip_bot::program::search::PROGRAM as SEARCH;

use super::Input;

/// Stand for secrets wherever a case has them.
const SECRETS: [&str; 4] = [
    "4242:AAsecret-secret_secret",
    "hf_secretsecretsecretsecret",
    "secretsecretsecretsecretsecret",
    "user:secret@",
];
const PROGRAMS: [Program; 3] = [BOT, SEARCH, PLAYGROUND];

fn read(path: &Path) -> io::Result<String> {
    match path.to_str() {
        Some("/token" | "/credentials/telegram-token") => Ok(format!("{}\n", SECRETS[0])),
        Some("/other" | "/credentials/hf-token") => Ok(SECRETS[1].to_owned()),
        Some("/empty") => Ok(String::new()),
        _ => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Whether `text` could be the name of a setting.
fn is_name(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Any values of the variables, one a line: a byte that chooses the variable, and its value.
pub fn settings(bytes: &[u8]) {
    let mut input = Input(bytes);
    let program = &PROGRAMS[usize::from(input.byte()) % PROGRAMS.len()];
    let mut variables = BTreeMap::new();
    for line in input.lines() {
        let mut letters = line.chars();
        let Some(first) = letters.next() else { break };
        let value = letters.as_str().to_owned();
        let choice = u32::from(first) as usize;
        let name = match program
            .variables
            .get(choice % (program.variables.len() + 4))
        {
            Some(variable) => variable.name.to_owned(),
            None if choice.is_multiple_of(2) => "CREDENTIALS_DIRECTORY".to_owned(),
            None => format!("{}{value}", program.prefix),
        };
        variables.insert(name, value);
    }
    if program.name == BOT.name {
        for (name, value) in [("TOKEN_FILE", "/token"), ("SEARCH_URL", "http://h")] {
            variables
                .entry(format!("CLIP_BOT_{name}"))
                .or_insert_with(|| value.to_owned());
        }
    }
    // Paths and names of settings are shown: who puts a secret there sees it.
    let is_path = |name: &String| name.ends_with("_FILE") || name == "CREDENTIALS_DIRECTORY";
    let shown = |secret: &str, (name, value): (&String, &String)| {
        is_name(name) && name.contains(secret) || is_path(name) && value.contains(secret)
    };
    let mut hidden = SECRETS.to_vec();
    hidden.retain(|secret| !variables.iter().any(|variable| shown(secret, variable)));
    let environment = Environment {
        variables,
        read,
        is_open: |_| false,
    };
    let printed = match program.name {
        "clip-bot" => BotConfig::from_environment(&environment).map(|config| format!("{config:?}")),
        "clip-search" => {
            SearchConfig::from_environment(&environment).map(|config| format!("{config:?}"))
        }
        _ => PlaygroundConfig::from_environment(&environment).map(|config| format!("{config:?}")),
    };
    match printed {
        // What was put into a setting that is no secret is printed with it.
        Ok(printed) => {
            let elsewhere = |secret: &str| {
                environment
                    .variables
                    .iter()
                    .any(|(name, value)| value.contains(secret) && !name.ends_with("_TOKEN"))
            };
            for secret in hidden.iter().filter(|secret| !elsewhere(secret)) {
                assert!(!printed.contains(*secret), "{printed}");
            }
        }
        Err(error) => {
            let line = error.chain();
            assert_eq!(error.exit_code(), 2);
            check_line(&line, &hidden);
        }
    }
}

/// Any words on the command line, one a line.
pub fn arguments(bytes: &[u8]) {
    let mut input = Input(bytes);
    let program = PROGRAMS[usize::from(input.byte()) % PROGRAMS.len()];
    match program.parse(input.lines()) {
        Ok(Invocation::Print(text)) => assert!(text.ends_with('\n')),
        Ok(Invocation::Run { call, settings }) => {
            let mut commands = program.commands.iter();
            assert!(commands.any(|command| command.name == call.command));
            let known = |name: &String| {
                let is = |variable: &Variable| variable.name == name;
                program.variables.iter().any(is) && !name.ends_with("TOKEN")
            };
            assert!(settings.keys().all(known));
        }
        Err(error) => check_line(&error.chain(), &SECRETS),
    }
}

fn check_line(line: &str, hidden: &[&str]) {
    assert!(!line.contains(char::is_control), "{line:?}");
    for secret in hidden {
        assert!(!line.contains(secret), "{line}");
    }
}
