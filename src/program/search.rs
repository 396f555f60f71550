//! The program `clip-search`: its commands, from settings to exit code.

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::config::{EngineConfig, Environment, SEARCH_VARIABLES, SearchConfig};
use crate::endpoint::http::{self, Limits};
#[cfg(feature = "lambda")]
use crate::endpoint::lambda;
use crate::endpoint::{self, Monitor, socket};
use crate::engine;
use crate::engine::relay::Relay;
use crate::error::{Error, Result};
use crate::http::proxy_in_words;
use crate::log::{self, events};
#[cfg(feature = "clip")]
use crate::program::bars::TerminalProgress;
use crate::program::check::{self, Finding, finding};
use crate::program::command_line::{
    CONFIG_ONLY, CommandCall, CommandDefinition, Count, JSON, Program, ValueHint, Word,
};
use crate::program::query::{absolute, query};
#[cfg(feature = "clip")]
use crate::program::{choice, import, index, model, saved};
use crate::quantity::{counted, took};
use crate::search::{DEFAULT_LIMIT, Engine, Filter, Query};
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
        about: "search once, without a running server: score (not of a Space), path or address, and caption, by tabs",
        example: "clip-search query --after 2023 --folder Rome a red bus",
        words: &[
            Word {
                name: "TEXT",
                about: "what the pictures show",
                count: Count::Many,
                hint: ValueHint::Other,
            },
            filter_flag(
                "after",
                "only pictures taken in this year, month or day, or later",
            ),
            filter_flag(
                "before",
                "only pictures taken before this year, month or day",
            ),
            filter_flag(
                "near",
                "only pictures taken near LATITUDE,LONGITUDE,KILOMETRES",
            ),
            filter_flag(
                "folder",
                "only pictures in folders with these words in their name",
            ),
        ],
        switches: &[JSON],
    },
    #[cfg(feature = "clip")]
    import::IMPORT,
    #[cfg(feature = "clip")]
    import::TELEGRAM,
    #[cfg(feature = "clip")]
    index::INDEX,
    #[cfg(feature = "clip")]
    index::ADD,
    #[cfg(feature = "clip")]
    saved::COMPACT,
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

/// A flag of `query` that is called like one of [`Filter::NAMES`].
const fn filter_flag(name: &'static str, about: &'static str) -> Word {
    Word {
        name,
        about,
        count: Count::Flag,
        hint: ValueHint::Other,
    }
}

/// The filter that the flags of `call` make; of several values of one the last counts.
fn filter(call: &CommandCall) -> Result<Filter> {
    let value = |wanted: &str| {
        let mut values = call.values.iter().rev();
        let found = values.find(|(name, _)| *name == wanted);
        Ok(found.map(|(_, value)| value.clone()))
    };
    Filter::from_parameters(value).map_err(|failure| Error::config(failure.message))
}

/// How often the saved pictures are tidied up, and how many times that is a day.
const TIDY_EVERY: Duration = Duration::from_mins(1);
const MINUTES_OF_DAY: u32 = 24 * 60;
/// How much longer than one search a stop waits for the answers under way.
pub const OVERTIME: Duration = Duration::from_secs(2);

/// Runs `call` and returns the exit code.
///
/// # Errors
/// An invalid setting, or a refusal of the system.
pub fn run(call: &CommandCall, environment: &Environment) -> Result<u8> {
    let proxy = proxy_in_words(|name| environment.get(name))?;
    if call.command == "check" {
        return check(call, environment);
    }
    #[cfg_attr(not(feature = "clip"), expect(unused_mut))]
    let mut config = SearchConfig::from_environment(environment)?;
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
        "query" => {
            #[cfg(feature = "clip")]
            at_hand(&mut config, environment)?;
            let temporary = Path::new(environment.get("TMPDIR").unwrap_or("/tmp"));
            let words = call.words.join(" ");
            query(&config, &words, filter(call)?, call.has(JSON), temporary)
        }
        #[cfg(feature = "clip")]
        "import telegram" => import::run(call, &config),
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
        _ => {
            #[cfg(feature = "clip")]
            {
                at_hand(&mut config, environment)?;
                let is_own = config.engine == EngineConfig::Clip && config.clip.index.is_some();
                if is_own {
                    choice::warn(&config.clip, |line| tracing::warn!("{line}"));
                }
            }
            serve(config)
        }
    }
}

/// Fetches the model that is named, if it is not there yet. Not under systemd, which gives a start a
/// minute: there the service that indexes fetches it, and searches wait for both.
#[cfg(feature = "clip")]
fn at_hand(config: &mut SearchConfig, environment: &Environment) -> Result<()> {
    if config.engine != EngineConfig::Clip {
        return Ok(());
    }
    if environment.get("NOTIFY_SOCKET").is_some() {
        return choice::find(&mut config.clip).map(drop);
    }
    choice::at_hand(&mut config.clip, &mut TerminalProgress::bytes())
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
    let upkeep = upkeep(Arc::clone(&engine), shutdown.clone())?;
    let router = endpoint::guarded(endpoint::router(engine, &config, &activity), &config);
    let served = http::serve(socket.listener, router, &shutdown, limits, activity.pulse());
    // It may have ended since nobody asked.
    shutdown.raise();
    let _ = upkeep.join();
    served?;
    tracing::info!(message_id = events::STOPPED, "stopped");
    Ok(0)
}

/// Tidies up what the engine saves: what was forgotten is gone from disk after a minute, and at the end.
pub(super) fn upkeep(engine: Arc<dyn Engine>, shutdown: Shutdown) -> Result<JoinHandle<()>> {
    let work = move || {
        let mut minutes = 0;
        while !shutdown.wait(TIDY_EVERY) {
            engine.tidy(minutes % MINUTES_OF_DAY == 0);
            minutes += 1;
        }
        engine.tidy(false);
    };
    std::thread::Builder::new()
        .name("upkeep".to_owned())
        .spawn(work)
        .map_err(|cause| Error::system("failed to start the thread upkeep", cause))
}

/// Refuses to answer other machines without a token, unless that is what the operator wants.
fn keep_private(config: &SearchConfig) -> Result<()> {
    let address = config.listen;
    if address.ip().to_canonical().is_loopback() || config.demanded_token().is_some() {
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

/// Looks at everything, also where some settings are wrong.
fn check(call: &CommandCall, environment: &Environment) -> Result<u8> {
    if call.has(CONFIG_ONLY) {
        let (_, faults) = SearchConfig::examine(&environment.clone().with_made_up_secrets());
        let findings = check::settings_but(&faults);
        return Ok(check::report_with(&findings, &faults, call.has(JSON)));
    }
    #[cfg_attr(not(feature = "clip"), expect(unused_mut))]
    let (mut config, faults) = SearchConfig::examine(environment);
    let _ = log::start(config.log, environment.get("JOURNAL_STREAM"));
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let mut findings = check::settings_but(&faults);
    #[cfg(feature = "clip")]
    if let Some(problem) = choice::problem(&mut config.clip) {
        findings.push(finding(false, problem));
        return Ok(check::report_with(&findings, &faults, call.has(JSON)));
    }
    let names_engine = |fault: &Error| {
        let names = ["CLIP_SEARCH_ENGINE", "CLIP_SEARCH_SPACE"];
        let fault = fault.to_string();
        names.iter().any(|name| fault.starts_with(name))
    };
    if !faults.iter().any(names_engine) {
        findings.extend(look_at_engine(&config)?);
    }
    Ok(check::report_with(&findings, &faults, call.has(JSON)))
}

fn look_at_engine(config: &SearchConfig) -> Result<Vec<Finding>> {
    let engine = match engine::choose(config) {
        Ok(engine) => engine,
        Err(error) => return Ok(vec![finding(false, format!("engine: {}", error.chain()))]),
    };
    let name = engine.name();
    if let Err(failure) = engine.ready(Instant::now() + config.timeout) {
        return Ok(vec![finding(false, format!("engine {name}: {failure}"))]);
    }
    let mut findings = vec![finding(true, format!("engine {name}"))];
    if let Some(model) = engine.model() {
        let built_in = match &config.clip.model {
            None => " (built in: it knows drawings, not photos)",
            Some(_) => "",
        };
        findings.push(finding(true, format!("model {model}{built_in}")));
    }
    if let Some(pictures) = engine.pictures() {
        let clip = (config.engine == EngineConfig::Clip).then_some(&config.clip);
        let place = match clip.and_then(|clip| Some((&clip.qdrant, clip.index.as_ref()?))) {
            Some((None, folder)) => format!("in {}", folder.display()),
            _ => match clip.and_then(|clip| clip.qdrant.as_ref()) {
                Some(url) => format!("in {url}"),
                None => "built in".to_owned(),
            },
        };
        let count = counted(pictures, "picture", "pictures");
        findings.push(finding(true, format!("{count} {place}")));
    }
    if let Some(plan) = engine.plan() {
        findings.push(finding(true, format!("function {}", plan.function)));
        for (name, value) in plan.arguments {
            findings.push(finding(true, format!("argument {name} = {value}")));
        }
        findings.push(trial(engine.as_ref(), config)?);
    }
    Ok(findings)
}

/// What one search finds.
fn trial(engine: &dyn Engine, config: &SearchConfig) -> Result<Finding> {
    let query = Query::text("a picture", DEFAULT_LIMIT, 0)?;
    let start = Instant::now();
    let found = engine.search(&query, start + config.timeout);
    let time = took(start.elapsed());
    Ok(match found {
        Ok(page) => {
            let first = page
                .hits
                .first()
                .map(|hit| absolute(&hit.url, config.listen));
            let first = first
                .map(|url| format!(", the first is {url}"))
                .unwrap_or_default();
            let count = counted(page.hits.len(), "result", "results");
            finding(true, format!("trial search: {count} in {time}{first}"))
        }
        Err(failure) => finding(false, format!("trial search: {failure}")),
    })
}
