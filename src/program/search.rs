//! The program `clip-search`: its commands, from settings to exit code.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::config::{Environment, SEARCH_VARIABLES, SearchConfig};
use crate::endpoint::http::{self, Limits};
#[cfg(feature = "lambda")]
use crate::endpoint::lambda;
use crate::endpoint::{self, Monitor, socket};
use crate::engine;
use crate::error::{Error, Result};
use crate::log::{self, events};
use crate::program::command_line::{CONFIG_ONLY, Program, print_lines};
#[cfg(feature = "clip")]
use crate::program::{index, model};
use crate::search::{DEFAULT_LIMIT, Query};
use crate::shutdown::Shutdown;

/// The command line of `clip-search`.
pub const PROGRAM: Program = Program {
    name: "clip-search",
    about: "answers picture searches over HTTP",
    prefix: "CLIP_SEARCH_",
    variables: SEARCH_VARIABLES,
    commands: &[
        ("serve", "answer GET /search until SIGTERM (the default)"),
        (
            "check [--config-only]",
            "look at settings and engine; or at the settings only",
        ),
        ("query TEXT…", "ask the engine once; one address a line"),
        #[cfg(feature = "clip")]
        (
            "index add|info|push|remove|verify [--fast] [--rebuild] [--even-if-empty] PLACE…",
            "keep the index of your own pictures",
        ),
        #[cfg(feature = "clip")]
        (
            model::USAGE,
            "fetch, make or look at a model of our own engine",
        ),
    ],
};

/// How much longer than one search a stop waits for the answers under way.
pub const OVERTIME: Duration = Duration::from_secs(2);

/// Runs `command` with `words` and returns the exit code.
///
/// # Errors
/// An invalid setting, or a refusal of the system.
pub fn run(command: &str, words: &[String], environment: &Environment) -> Result<u8> {
    if command == "check" && words == [CONFIG_ONLY] {
        SearchConfig::from_environment(&environment.clone().with_made_up_secrets())?;
        print_lines(["ok   settings".to_owned()]);
        return Ok(0);
    }
    let config = SearchConfig::from_environment(environment)?;
    #[cfg(feature = "lambda")]
    let in_lambda = lambda::is_at_hand(environment);
    #[cfg(not(feature = "lambda"))]
    let in_lambda = false;
    if in_lambda {
        log::start_json(config.log);
    } else {
        let _ = log::start(config.log, environment.get("JOURNAL_STREAM"));
    }
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    match command {
        "check" if words.is_empty() => check(&config),
        "query" => query(&config, words),
        #[cfg(feature = "clip")]
        "index" => index::run(words, &config.clip),
        #[cfg(feature = "clip")]
        "model" => model::run(words, &config.clip),
        _ if !words.is_empty() => Err(Error::config(format!(
            "{command} takes no words; see {} --help",
            PROGRAM.name
        ))),
        #[cfg(feature = "lambda")]
        _ if in_lambda => {
            let router = endpoint::router(engine::choose(&config)?, &config, &Monitor::default());
            lambda::serve(router, environment)
        }
        _ => serve(config),
    }
}

fn serve(mut config: SearchConfig) -> Result<u8> {
    let socket = socket::open(config.listen)?;
    config.listen = socket.address;
    let engine = engine::choose(&config)?;
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    let activity = Monitor::default();
    let (name, address) = (engine.name(), socket.address);
    beat(&activity, name, &shutdown)?;
    let whose = if socket.activates {
        " (systemd's socket)"
    } else {
        ""
    };
    tracing::info!(
        message_id = events::STARTED,
        clip_engine = name,
        "listening on http://{address}{whose}, engine {name}"
    );
    if config.idle.is_some() && !socket.activates {
        tracing::warn!(
            "CLIP_SEARCH_IDLE is set without a socket unit: once clip-search has ended, no \
             request starts it again"
        );
    }
    let limits = Limits {
        idle: config.idle,
        stop: config.timeout + OVERTIME,
        ..Limits::default()
    };
    let router = endpoint::router(engine, &config, &activity);
    http::serve(socket.listener, router, &shutdown, limits, activity.pulse())?;
    tracing::info!(message_id = events::STOPPED, "stopped");
    Ok(0)
}

/// Keeps systemd informed for as long as the process lives.
fn beat(activity: &Monitor, engine: &'static str, shutdown: &Shutdown) -> Result<()> {
    let pulse = activity.pulse().clone();
    let (activity, shutdown) = (activity.clone(), shutdown.clone());
    let how_it_is = move || {
        let is_stopping = shutdown.is_raised();
        (activity.line(engine, is_stopping), is_stopping)
    };
    std::thread::Builder::new()
        .name("pulse".to_owned())
        .spawn(move || pulse.beat(how_it_is))
        .map(drop)
        .map_err(|cause| Error::system("failed to start the thread pulse", cause))
}

fn check(config: &SearchConfig) -> Result<u8> {
    let engine = engine::choose(config)?;
    let name = engine.name();
    let (line, code) = match engine.ready(Instant::now() + config.timeout) {
        Ok(()) => (format!("ok   engine {name}"), 0),
        Err(failure) => (format!("FAIL engine {name}: {failure}"), 1),
    };
    print_lines(["ok   settings".to_owned(), line]);
    Ok(code)
}

fn query(config: &SearchConfig, words: &[String]) -> Result<u8> {
    let Ok(query) = Query::text(&words.join(" "), DEFAULT_LIMIT, 0) else {
        return Err(Error::config("usage: clip-search query TEXT…"));
    };
    let page = engine::choose(config)?.search(&query, Instant::now() + config.timeout)?;
    let hits = page.hits.into_iter();
    print_lines(hits.map(|hit| absolute(&hit.url, config.listen)));
    Ok(0)
}

/// A path at the endpoint becomes its address where `serve` would listen.
fn absolute(url: &str, listen: SocketAddr) -> String {
    if url.starts_with('/') {
        format!("http://{listen}{url}")
    } else {
        url.to_owned()
    }
}
