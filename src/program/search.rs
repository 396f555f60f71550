//! The program `clip-search`: its commands, from settings to exit code.

use std::io::{ErrorKind, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{Environment, SEARCH_VARIABLES, SearchConfig};
use crate::endpoint::http::{self, Limits};
#[cfg(feature = "lambda")]
use crate::endpoint::lambda;
use crate::endpoint::{self, Monitor, socket};
use crate::engine;
use crate::engine::relay::Relay;
use crate::error::{Error, Result};
use crate::http::proxy_in_words;
use crate::log::{self, events};
use crate::program::check::{self, Finding, finding};
use crate::program::command_line::{
    CONFIG_ONLY, CommandCall, CommandDefinition, Count, JSON, Program, ValueHint, Word, print_lines,
};
#[cfg(feature = "clip")]
use crate::program::{index, model};
use crate::search::{Content, DEFAULT_LIMIT, Engine, Query};
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
        about: "check the settings, the engine and what it is sent, with a trial search",
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
        "query" => {
            let temporary = Path::new(environment.get("TMPDIR").unwrap_or("/tmp"));
            query(&config, &call.words.join(" "), call.has(JSON), temporary)
        }
        #[cfg(feature = "clip")]
        command if command.starts_with("index ") => index::run(call, &config.clip),
        #[cfg(feature = "clip")]
        command if command.starts_with("model ") => model::run(call, &config.clip),
        #[cfg(feature = "lambda")]
        _ if in_lambda => {
            let engine = Arc::new(Relay::new(engine::choose(&config)?, false)?);
            let router = endpoint::router(engine, &config, &Monitor::default());
            lambda::serve(router, environment)
        }
        _ => serve(config),
    }
}

fn serve(mut config: SearchConfig) -> Result<u8> {
    let socket = socket::open(config.listen)?;
    config.listen = socket.address;
    keep_private(&config)?;
    let engine: Arc<dyn Engine> = Arc::new(Relay::new(engine::choose_late(&config)?, true)?);
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
    let router = endpoint::guarded(endpoint::router(engine, &config, &activity), &config);
    http::serve(socket.listener, router, &shutdown, limits, activity.pulse())?;
    tracing::info!(message_id = events::STOPPED, "stopped");
    Ok(0)
}

/// Refuses to answer other machines without a token, unless that is what the operator wants.
fn keep_private(config: &SearchConfig) -> Result<()> {
    let address = config.listen;
    if address.ip().to_canonical().is_loopback() || config.token.is_some() {
        return Ok(());
    }
    if config.open {
        tracing::warn!(
            "OPEN: {address} is not loopback and no token is set, so whoever reaches it can search \
             and see the pictures (CLIP_SEARCH_OPEN=yes)"
        );
        return Ok(());
    }
    Err(Error::config(format!(
        "{address} is not loopback and no token is set: whoever reaches it could search and see the \
         pictures; set CLIP_SEARCH_TOKEN_FILE, listen on 127.0.0.1, or say --open \
         (CLIP_SEARCH_OPEN=yes) if that is what you want"
    )))
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
    let mut findings = vec![check::settings()];
    match engine.ready(Instant::now() + config.timeout) {
        Ok(()) => findings.push(finding(true, format!("engine {name}"))),
        Err(failure) => {
            findings.push(finding(false, format!("engine {name}: {failure}")));
            return Ok(check::report(&findings, as_json));
        }
    }
    if let Some(plan) = engine.plan() {
        findings.push(finding(true, format!("function {}", plan.function)));
        for (name, value) in plan.arguments {
            findings.push(finding(true, format!("argument {name} = {value}")));
        }
        findings.push(trial(engine.as_ref(), config)?);
    }
    Ok(check::report(&findings, as_json))
}

/// What one search finds.
fn trial(engine: &dyn Engine, config: &SearchConfig) -> Result<Finding> {
    let query = Query::text("a picture", DEFAULT_LIMIT, 0)?;
    let start = Instant::now();
    let found = engine.search(&query, start + config.timeout);
    let seconds = start.elapsed().as_secs_f64();
    Ok(match found {
        Ok(page) => {
            let first = page
                .hits
                .first()
                .map(|hit| absolute(&hit.url, config.listen));
            let first = first
                .map(|url| format!(", the first is {url}"))
                .unwrap_or_default();
            let count = page.hits.len();
            finding(
                true,
                format!("trial search: {count} results in {seconds:.1} s{first}"),
            )
        }
        Err(failure) => finding(false, format!("trial search: {failure}")),
    })
}

fn query(config: &SearchConfig, text: &str, as_json: bool, temporary: &Path) -> Result<u8> {
    let Ok(query) = Query::text(text, DEFAULT_LIMIT, 0) else {
        return Err(Error::config("usage: clip-search query TEXT…"));
    };
    let engine = engine::choose(config)?;
    let deadline = Instant::now() + config.timeout;
    let mut page = engine.search(&query, deadline)?;
    for hit in &mut page.hits {
        // Nobody serves what the Space sent without an address once this program has ended.
        if engine.name() == "space" && hit.url.starts_with('/') {
            hit.url = save(engine.as_ref(), &hit.url, temporary, deadline)?;
        }
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

/// Writes the engine's picture at `path` into a folder of its own below `temporary`, and returns its
/// address there.
fn save(engine: &dyn Engine, path: &str, temporary: &Path, deadline: Instant) -> Result<String> {
    let id = path.trim_start_matches("/images/");
    let file = match engine.image(id, None)?.map(|image| image.content) {
        Some(Content::Ready(file)) => Some(file),
        Some(Content::Later(work)) => work(deadline)?,
        None => None,
    };
    let Some(file) = file else {
        return Ok(path.to_owned());
    };
    let ending = file.media_type.trim_start_matches("image/");
    let mut picture = vec![0; usize::try_from(file.bytes.size()).unwrap_or(0)];
    let mut filled = 0;
    while filled < picture.len() {
        let read = file.bytes.read_at(filled as u64, &mut picture[filled..]);
        match read.map_err(|cause| Error::system("failed to read a picture", cause))? {
            0 => break,
            read => filled += read,
        }
    }
    let folder = temporary.join(format!("clip-search-{}", std::process::id()));
    let file = folder.join(format!("{id}.{ending}"));
    let failed = |cause| Error::system(format!("failed to write {}", file.display()), cause);
    match std::fs::create_dir(&folder) {
        Err(cause) if cause.kind() != ErrorKind::AlreadyExists => return Err(failed(cause)),
        _ => {}
    }
    let options = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&file);
    options
        .and_then(|mut written| written.write_all(&picture))
        .map_err(failed)?;
    Ok(format!("file://{}", file.display()))
}

/// A path at the endpoint becomes its address where `serve` would listen.
fn absolute(url: &str, listen: SocketAddr) -> String {
    if url.starts_with('/') {
        format!("http://{listen}{url}")
    } else {
        url.to_owned()
    }
}
