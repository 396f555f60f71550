//! The program `clip-bot`: its commands, from settings to exit code.

use super::check;
use crate::bot::search_client::SearchClient;
use crate::bot::{self, control, intake::Changes};
use crate::config::{BOT_VARIABLES, BotConfig, Environment};
use crate::error::{Error, Result};
use crate::http::proxy_in_words;
use crate::log;
use crate::program::command_line::{
    CONFIG_ONLY, CommandCall, CommandDefinition, Count, JSON, Program, ValueHint, Word,
    print_lines, say_nothing_found,
};
use crate::search::Query;
use crate::shutdown::Shutdown;

/// The command line of `clip-bot`.
pub const PROGRAM: Program = Program {
    name: "clip-bot",
    about: "a Telegram bot that finds pictures by meaning",
    prefix: "CLIP_BOT_",
    variables: BOT_VARIABLES,
    commands: &[
        CommandDefinition {
            name: "run",
            about: "answer messages until SIGTERM (the default)",
            example: "clip-bot run --token-file token --search-url http://127.0.0.1:8080",
            words: &[],
            switches: &[],
        },
        CommandDefinition {
            name: "check",
            about: "check all that the bot needs, one line each",
            example: "clip-bot check --config-only",
            words: &[],
            switches: &[CONFIG_ONLY, JSON],
        },
        CommandDefinition {
            name: "reload",
            about: "hand changed settings to the running bot (systemctl reload)",
            example: "systemctl reload clip-bot",
            words: &[],
            switches: &[],
        },
        CommandDefinition {
            name: "query",
            about: "ask the endpoint once and print one address a line",
            example: "clip-bot query a red bus --results 3",
            words: &[Word {
                name: "TEXT",
                about: "what the pictures show",
                count: Count::Many,
                hint: ValueHint::Other,
            }],
            switches: &[],
        },
    ],
};

/// Runs `call` and returns the exit code.
///
/// # Errors
/// An invalid setting, a refused token, or a refusal of the system.
pub fn run(call: &CommandCall, environment: &Environment) -> Result<u8> {
    let proxy = proxy_in_words(|name| environment.get(name))?;
    if call.command == "check" {
        return Ok(check(call, environment));
    }
    let config = match call.command {
        // systemd shows the secrets to the bot itself, but not to the command that reloads it.
        "reload" => BotConfig::from_environment(&environment.clone().with_made_up_secrets())?,
        "query" => BotConfig::without_telegram(environment)?,
        _ => BotConfig::from_environment(environment)?,
    };
    let _ = log::start(config.log, environment.get("JOURNAL_STREAM"));
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    if let Some(proxy) = proxy {
        tracing::info!("requests to Telegram and to the endpoint go through {proxy}");
    }
    match call.command {
        "query" => query(&config, &call.words.join(" ")),
        "reload" => reload(&config, environment),
        _ => answer_messages(&config, environment),
    }
}

/// Looks at everything, also where some settings are wrong.
fn check(call: &CommandCall, environment: &Environment) -> u8 {
    if call.has(CONFIG_ONLY) {
        let (_, faults) = BotConfig::examine(&environment.clone().with_made_up_secrets());
        let findings = check::settings_but(&faults);
        return check::report_with(&findings, &faults, call.has(JSON));
    }
    let (config, faults) = BotConfig::examine(environment);
    let sink = log::start(config.log, environment.get("JOURNAL_STREAM"));
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let mut findings = Vec::new();
    if !faults.is_empty() {
        findings = check::settings_but(&faults);
    }
    findings.extend(check::check(&config, sink));
    check::report_with(&findings, &faults, call.has(JSON))
}

fn answer_messages(config: &BotConfig, environment: &Environment) -> Result<u8> {
    if config.state_dir.is_none() {
        tracing::warn!(
            "CLIP_BOT_STATE_DIR is not set: messages that wait for their answers are lost when \
             the process is killed, and the bot must be claimed anew at each start; name a folder"
        );
    }
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let changes = Changes::default();
    if let Some(socket) = config.control.clone() {
        let (changes, environment) = (changes.clone(), environment.clone());
        bot::spawn("control", move || {
            let ended = control::listen(&socket, environment, |new| changes.set(new));
            if let Err(error) = ended {
                tracing::warn!("settings cannot be reloaded: {}", error.chain());
            }
        })?;
    }
    bot::run(config, changes, &shutdown).map(|()| 0)
}

fn reload(config: &BotConfig, environment: &Environment) -> Result<u8> {
    let Some(socket) = &config.control else {
        return Err(Error::config(
            "RUNTIME_DIRECTORY is not set: reload is what systemctl reload clip-bot runs; \
             elsewhere, restart the bot",
        ));
    };
    control::send(socket, environment).map(|()| 0)
}

fn query(config: &BotConfig, text: &str) -> Result<u8> {
    let Ok(query) = Query::text(text, config.results, 0) else {
        return Err(Error::config("usage: clip-bot query TEXT…"));
    };
    let page = SearchClient::new(config, 1)
        .search(&query)
        .map_err(|failure| Error::from(failure).context(&config.search_url))?;
    if page.hits.is_empty() {
        say_nothing_found(text, page.remark);
        return Ok(1);
    }
    print_lines(page.hits.into_iter().map(|hit| hit.url));
    Ok(0)
}
