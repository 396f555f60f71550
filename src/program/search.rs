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
use crate::http::proxy_in_words;
use crate::log::{self, events};
use crate::program::check::{self, finding};
use crate::program::command_line::{
    CONFIG_ONLY, CommandCall, CommandDefinition, Count, JSON, Program, ValueHint, Word, print_lines,
};
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
    commands: COMMANDS,
};

const COMMANDS: &[CommandDefinition] = &[
    CommandDefinition {
        name: "serve",
        about: "answer GET /search until SIGTERM (the default)",
        example: "clip-search serve --listen 127.0.0.1:8080",
        words: &[],
        switches: &[],
    },
    CommandDefinition {
        name: "check",
        about: "check the settings and the engine",
        example: "clip-search check --config-only",
        words: &[],
        switches: &[CONFIG_ONLY, JSON],
    },
    CommandDefinition {
        name: "query",
        about: "ask the engine once and print one address a line",
        example: "clip-search query --json a red bus",
        words: &[Word {
            name: "TEXT",
            about: "what the pictures show",
            count: Count::Many,
            hint: ValueHint::Other,
        }],
        switches: &[JSON],
    },
    #[cfg(feature = "clip")]
    index::INDEX,
    #[cfg(feature = "clip")]
    index::ADD,
    #[cfg(feature = "clip")]
    index::INFO,
    #[cfg(feature = "clip")]
    index::PUSH,
    #[cfg(feature = "clip")]
    index::REMOVE,
    #[cfg(feature = "clip")]
    index::VERIFY,
    #[cfg(feature = "clip")]
    model::MODEL,
    #[cfg(feature = "clip")]
    model::LIST,
    #[cfg(feature = "clip")]
    model::FETCH,
    #[cfg(feature = "clip")]
    model::CONVERT,
    #[cfg(feature = "clip")]
    model::INFO,
];

/// How much longer than one search a stop waits for the answers under way.
pub const OVERTIME: Duration = Duration::from_secs(2);

/// Runs `call` and returns the exit code.
///
/// # Errors
/// An invalid setting, or a refusal of the system.
pub fn run(call: &CommandCall, environment: &Environment) -> Result<u8> {
    let proxy = proxy_in_words(|name| environment.get(name))?;
    if call.command == "check" && call.has(CONFIG_ONLY) {
        SearchConfig::from_environment(&environment.clone().with_made_up_secrets())?;
        return Ok(check::report(&[check::settings()], call.has(JSON)));
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
    if let Some(proxy) = proxy {
        tracing::info!("requests to other machines go through {proxy}");
    }
    match call.command {
        "check" => check(&config, call.has(JSON)),
        "query" => query(&config, &call.words.join(" "), call.has(JSON)),
        #[cfg(feature = "clip")]
        command if command.starts_with("index ") => index::run(call, &config.clip),
        #[cfg(feature = "clip")]
        command if command.starts_with("model ") => model::run(call, &config.clip),
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

fn check(config: &SearchConfig, as_json: bool) -> Result<u8> {
    let engine = engine::choose(config)?;
    let name = engine.name();
    let engine = match engine.ready(Instant::now() + config.timeout) {
        Ok(()) => finding(true, format!("engine {name}")),
        Err(failure) => finding(false, format!("engine {name}: {failure}")),
    };
    Ok(check::report(&[check::settings(), engine], as_json))
}

fn query(config: &SearchConfig, text: &str, as_json: bool) -> Result<u8> {
    let Ok(query) = Query::text(text, DEFAULT_LIMIT, 0) else {
        return Err(Error::config("usage: clip-search query TEXT…"));
    };
    let mut page = engine::choose(config)?.search(&query, Instant::now() + config.timeout)?;
    for hit in &mut page.hits {
        hit.url = absolute(&hit.url, config.listen);
        hit.thumbnail_url = hit
            .thumbnail_url
            .take()
            .map(|url| absolute(&url, config.listen));
    }
    if as_json {
        print_lines([page.to_details(Some(text)).to_string()]);
    } else {
        print_lines(page.hits.into_iter().map(|hit| hit.url));
    }
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
