//! The program `clip-bot`: its commands, from settings to exit code.

use super::check;
use crate::bot::search_client::SearchClient;
use crate::bot::{self, control, intake::Changes};
use crate::config::{BOT_VARIABLES, BotConfig, Environment};
use crate::error::{Error, Result};
use crate::log;
use crate::program::command_line::{CONFIG_ONLY, Program, print_lines};
use crate::search::Query;
use crate::shutdown::Shutdown;

/// The command line of `clip-bot`.
pub const PROGRAM: Program = Program {
    name: "clip-bot",
    about: "a Telegram bot that finds pictures by meaning",
    prefix: "CLIP_BOT_",
    variables: BOT_VARIABLES,
    commands: &[
        ("run", "answer messages until SIGTERM (the default)"),
        (
            "check [--config-only]",
            "look at all that the bot needs; or at the settings only",
        ),
        (
            "reload",
            "hand changed settings to the bot that runs (systemctl reload)",
        ),
        ("query TEXT…", "ask the endpoint once; one address a line"),
    ],
};

/// Runs `command` with `words` and returns the exit code.
///
/// # Errors
/// An invalid setting, a refused token, or a refusal of the system.
pub fn run(command: &str, words: &[String], environment: &Environment) -> Result<u8> {
    if command == "check" && words == [CONFIG_ONLY] {
        BotConfig::from_environment(&environment.clone().with_made_up_secrets())?;
        print_lines(["ok   settings".to_owned()]);
        return Ok(0);
    }
    let config = match command {
        // systemd shows the secrets to the bot itself, but not to the command that reloads it.
        "reload" => BotConfig::from_environment(&environment.clone().with_made_up_secrets())?,
        _ => BotConfig::from_environment(environment)?,
    };
    let sink = log::start(config.log, environment.get("JOURNAL_STREAM"));
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    match command {
        "query" => query(&config, &words.join(" ")),
        _ if !words.is_empty() => Err(Error::config(format!(
            "{command} takes no words; see {} --help",
            PROGRAM.name
        ))),
        "reload" => reload(&config, environment),
        "check" => Ok(print_findings(&check::check(&config, sink))),
        _ => {
            if config.state_dir.is_none() {
                tracing::warn!(
                    "CLIP_BOT_STATE_DIR is not set: messages that wait for their answers are lost \
                     when the process is killed; name a folder for them"
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
            bot::run(&config, changes, &shutdown).map(|()| 0)
        }
    }
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

fn print_findings(findings: &[check::Finding]) -> u8 {
    let word = |finding: &check::Finding| if finding.good { "ok  " } else { "FAIL" };
    let lines = findings
        .iter()
        .map(|finding| format!("{} {}", word(finding), finding.line));
    print_lines(lines);
    u8::from(findings.iter().any(|finding| !finding.good))
}

fn query(config: &BotConfig, text: &str) -> Result<u8> {
    let Ok(query) = Query::text(text, config.results, 0) else {
        return Err(Error::config("usage: clip-bot query TEXT…"));
    };
    let page = SearchClient::new(config, 1)
        .search(&query)
        .map_err(|failure| Error::from(failure).context(&config.search_url))?;
    print_lines(page.hits.into_iter().map(|hit| hit.url));
    Ok(0)
}
