//! The Telegram bot. See `clip-bot --help`.

use std::process::ExitCode;

use clip_bot::bot::{self, check};
use clip_bot::cli::{Invocation, Program};
use clip_bot::config::{BOT_VARIABLES, BotConfig, Environment};
use clip_bot::error::{Error, Result};
use clip_bot::search::client::SearchClient;
use clip_bot::search::{MAX_LIMIT, Query};
use clip_bot::shutdown::Shutdown;

const PROGRAM: Program = Program {
    name: "clip-bot",
    about: "a Telegram bot that finds pictures by meaning",
    prefix: "CLIP_BOT_",
    variables: BOT_VARIABLES,
    commands: &[
        ("run", "answer messages until stopped (default)"),
        (
            "check",
            "look at token, webhook, endpoint, log and watchdog",
        ),
        ("query TEXT", "ask the endpoint, print one address a line"),
    ],
};

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("clip-bot: {}", error.chain());
            ExitCode::from(error.exit_code())
        }
    }
}

fn start() -> Result<ExitCode> {
    let (command, words, settings) = match PROGRAM.parse(std::env::args().skip(1))? {
        Invocation::Print(text) => {
            print!("{text}");
            return Ok(ExitCode::SUCCESS);
        }
        Invocation::Run {
            command,
            words,
            settings,
        } => (command, words, settings),
    };
    let environment = Environment::new(std::env::vars_os(), settings);
    let config = BotConfig::from_environment(&environment)?;
    let sink = clip_bot::log::start(config.log, environment.get("JOURNAL_STREAM"));
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    match command {
        "check" => {
            let findings = check::check(&config, sink);
            for finding in &findings {
                println!(
                    "{} {}",
                    if finding.good { "ok  " } else { "FAIL" },
                    finding.line
                );
            }
            Ok(ExitCode::from(u8::from(
                findings.iter().any(|finding| !finding.good),
            )))
        }
        "query" => query(&config, &words.join(" ")),
        _ => {
            let shutdown = Shutdown::default();
            shutdown.on_signals()?;
            bot::run(&config, &shutdown).map(|()| ExitCode::SUCCESS)
        }
    }
}

fn query(config: &BotConfig, text: &str) -> Result<ExitCode> {
    let query = Query::text(text, config.results.min(MAX_LIMIT), 0)
        .map_err(|failure| Error::config(format!("{}: clip-bot query TEXT", failure.message)))?;
    let search = SearchClient::new(config, 1);
    match search.search(&query) {
        Ok(page) => {
            page.hits.iter().for_each(|hit| println!("{}", hit.url));
            Ok(ExitCode::SUCCESS)
        }
        Err(failure) => {
            eprintln!("clip-bot: {}: {failure}", config.search_url);
            Ok(ExitCode::FAILURE)
        }
    }
}
