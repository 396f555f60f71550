//! The program `playground`: a whole system on one machine, from settings to exit code.
//!
//! One process holds three servers' worth of the real thing: the Bot API server of
//! [`crate::playground::bot_api`] with the page, the search endpoint, and the very [`crate::bot`] that
//! `clip-bot` runs. They talk HTTP over loopback, as they would across machines.

mod own_pictures;
mod saving;
mod telegram;

use own_pictures::Indexing;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crate::bot::intake::Changes;
use crate::bot::pictures;
use crate::config::{
    BotConfig, EngineConfig, Environment, PLAYGROUND_VARIABLES, PlaygroundConfig, SearchConfig,
    SpaceConfig, SpaceLocation, made_token,
};
use crate::endpoint::Monitor;
use crate::endpoint::http::{Limits, serve};
use crate::endpoint::neighbour::friends_only;
use crate::engine::relay::Relay;
use crate::error::{Error, Result};
use crate::http::{Allowed, Client, Request};
use crate::playground::bot_api::BotApi;
use crate::playground::faults::Faults;
use crate::playground::server::{self, About};
use crate::playground::traffic::Traffic;
use crate::playground::transcript;
use crate::program::command_line::{CommandCall, CommandDefinition, Program, print_lines};
use crate::program::search::upkeep;
use crate::search::Engine;
use crate::secret::Secret;
use crate::shutdown::Shutdown;
use crate::systemd::Pulse;
use crate::{bot, endpoint, engine, log};
use serde_json::json;
use tokio::sync::watch;

/// The command line of `playground`.
pub const PROGRAM: Program = Program {
    name: "playground",
    about: "the whole system on one machine, with a chat page in the browser",
    prefix: "PLAYGROUND_",
    variables: PLAYGROUND_VARIABLES,
    commands: &[
        CommandDefinition {
            name: "run",
            about: "start everything, print the page's address (the default)",
            example: "playground --pictures ~/Pictures --port 8000",
            words: &[],
            switches: &[],
        },
        CommandDefinition {
            name: "telegram",
            about: "start the page and its Bot API server alone, for a bot that you start yourself",
            example: "playground telegram --port 8000",
            words: &[],
            switches: &[],
        },
    ],
};

/// The number of the bot whose Telegram is this process, at the start of its token.
const BOT_ID: i64 = 424_242;
/// The group of the page, which the bot is an administrator of.
const FRIENDS: i64 = -100;
/// The user of the page, who owns the bot from the start.
const OWNER: i64 = 1;
/// In place of the endpoint's address, as long as it has none.
const NOWHERE: &str = "http://127.0.0.1:9";
/// The channel that its bot puts pictures into, for inline mode.
const STORAGE: i64 = -1_009_000_000_001;
/// What the page says about it.
const OWNERSHIP: &str = "Ada owns the bot; when Bob starts it, it asks her whether to let him in.";
/// Most that Telegram fetches by address for a photo.
const FETCH_BYTES: u64 = 5_000_000;
const FETCH_TIME: Duration = Duration::from_secs(20);
/// A page stays open for as long as somebody looks at it.
const LIMITS: Limits = Limits {
    connections: 512,
    head: Duration::from_secs(30),
    connection: Duration::MAX,
    reading: Duration::MAX,
    stop: Duration::from_millis(500),
    idle: None,
};

/// Runs the playground and returns the exit code.
///
/// # Errors
/// An invalid setting, a refused token, or a refusal of the system.
pub fn run(call: &CommandCall, environment: &Environment) -> Result<u8> {
    let mut config = PlaygroundConfig::from_environment(environment)?;
    let _ = log::start(config.log, None);
    let shutdown = Shutdown::default();
    shutdown.on_signals()?;
    if call.command == "telegram" {
        return telegram::serve_alone(&config, &shutdown).map(|()| 0);
    }
    config.search.token = Some(made_token().map_err(no_token)?);
    let note = watch::Sender::new(note_of(&config.search));
    let mut indexing = match config.pictures.clone() {
        Some(pictures) => Some(own_pictures::index(
            &pictures,
            &mut config,
            &note,
            &shutdown,
        )?),
        None => None,
    };
    let own = match config.token_file {
        Some(_) => Some(config.bot(environment, None, NOWHERE)?),
        None => None,
    };
    let saved = saving::keep(&mut config, own.as_ref().map(BotConfig::bot_id))?;
    // The servers outlive the bot, so that it can finish what it is doing.
    let closing = Shutdown::default();
    let traffic = Traffic::default();
    let faults = Faults::default();
    let endpoint = start_endpoint(&config.search, &faults, &traffic, &closing)?;
    let code = if config.token_file.is_some() {
        let bot = config.bot(environment, None, &endpoint.url)?;
        say(&format!(
            "playground: your bot answers on Telegram, asking {}; the log says whom it serves",
            endpoint.url
        ));
        bot::run(&bot, Changes::default(), &shutdown).map(|()| 0)
    } else {
        let stage = Stage {
            config: &config,
            endpoint: &endpoint,
            faults: &faults,
            traffic: &traffic,
            note,
        };
        if config.ask.is_some() {
            indexing.take().into_iter().for_each(Indexing::wait);
        }
        stage.play(environment, &shutdown, &closing)
    };
    closing.raise();
    endpoint.thread.join();
    shutdown.raise();
    indexing.into_iter().for_each(Indexing::wait);
    drop(saved);
    code
}

/// A server of ours on a thread of its own.
struct Running {
    url: String,
    engine: &'static str,
    thread: Thread,
}

struct Thread(JoinHandle<Result<()>>);

impl Thread {
    fn join(self) {
        match self.0.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("{}", error.chain()),
            Err(_) => tracing::error!("a thread of ours broke, please report it"),
        }
    }
}

fn spawn(name: &str, body: impl FnOnce() -> Result<()> + Send + 'static) -> Result<Thread> {
    let failed = |cause| Error::system(format!("failed to start the thread {name}"), cause);
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map(Thread)
        .map_err(failed)
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let failed = |cause| Error::system(format!("failed to listen on {address}"), cause);
    let listener = TcpListener::bind(address).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn start_endpoint(
    config: &SearchConfig,
    faults: &Faults,
    traffic: &Traffic,
    shutdown: &Shutdown,
) -> Result<Running> {
    let engine: Arc<dyn Engine> = Arc::new(Relay::new(engine::choose_late(config)?, true)?);
    let name = engine.name();
    let (listener, address) = listen(config.listen)?;
    let config = SearchConfig {
        listen: address,
        ..config.clone()
    };
    let upkeep = upkeep(Arc::clone(&engine), shutdown.clone())?;
    let router = faults.search_layer(
        endpoint::guarded(
            endpoint::router(engine, &config, &Monitor::default()),
            &config,
        ),
        traffic,
    );
    let shutdown = shutdown.clone();
    let thread = spawn("endpoint", move || {
        let served = serve(listener, router, &shutdown, LIMITS, &Pulse::default());
        shutdown.raise();
        let _ = upkeep.join();
        served
    })?;
    Ok(Running {
        url: format!("http://{address}"),
        engine: name,
        thread,
    })
}

/// What plays together.
struct Stage<'a> {
    config: &'a PlaygroundConfig,
    endpoint: &'a Running,
    faults: &'a Faults,
    traffic: &'a Traffic,
    note: watch::Sender<String>,
}

impl Stage<'_> {
    /// Runs the bot against our own Telegram until `shutdown` is raised, or until `--ask` is
    /// answered; then `closing` ends the servers.
    fn play(
        &self,
        environment: &Environment,
        shutdown: &Shutdown,
        closing: &Shutdown,
    ) -> Result<u8> {
        let token = bot_token()?;
        let api = our_telegram(&token);
        let storage = json!({"id": STORAGE, "type": "channel", "title": "Storage"});
        api.add_chat(&storage, &[OWNER]);
        let about = About {
            engine: self.endpoint.engine.to_owned(),
            endpoint: self.endpoint.url.clone(),
            token: token.clone(),
            note: self.note.clone(),
        };
        let (listener, address) = listen(SocketAddr::from(([127, 0, 0, 1], self.config.port)))?;
        let router = server::router(&api, self.traffic, self.faults, about);
        let router = friends_only(router, is_bot_api);
        let flag = closing.clone();
        let telegram = spawn("telegram", move || {
            serve(listener, router, &flag, LIMITS, &Pulse::default())
        })?;
        let url = format!("http://{address}");
        let bot = self
            .config
            .bot(environment, Some((&url, &token)), &self.endpoint.url)?;
        let (asking, flag) = (bot.clone(), shutdown.clone());
        let running = spawn("bot", move || {
            let result = bot::run(&bot, Changes::default(), &flag);
            // Without the bot there is nothing to play with.
            flag.raise();
            result
        })?;
        let code = if let Some(text) = &self.config.ask {
            transcript::ask(&api, &asking, text, shutdown, say)
        } else {
            say(&format!("playground: {url}/"));
            shutdown.wait(Duration::MAX);
            0
        };
        shutdown.raise();
        running.join();
        api.close();
        closing.raise();
        telegram.join();
        Ok(code)
    }
}

/// What the page says about where the pictures come from; see [`own_pictures`] for the user's own.
fn note_of(config: &SearchConfig) -> String {
    let about = match &config.engine {
        EngineConfig::Space(SpaceConfig {
            location: SpaceLocation::Hub(place) | SpaceLocation::Url(place),
            ..
        }) => format!("Pictures of the Space {place}."),
        EngineConfig::Clip | EngineConfig::Mock => {
            "Built-in pictures, found by a small CLIP model of our own, on this machine.".to_owned()
        }
    };
    format!("{about} {OWNERSHIP}")
}

/// The token of the bot whose Telegram is this process, new at each start: other users of this machine
/// reach its port, too.
fn bot_token() -> Result<String> {
    let random = Secret::random().map_err(no_token)?;
    Ok(format!("{BOT_ID}:{}", random.expose()))
}

fn no_token(cause: std::io::Error) -> Error {
    Error::system("failed to make a token", cause)
}

/// Whether only who knows the bot's token is answered at `path`.
fn is_bot_api(path: &str) -> bool {
    path.starts_with("/bot") || path.starts_with("/file/bot")
}

fn say(line: &str) {
    print_lines([line.to_owned()]);
}

/// Our Telegram, for the bot with this token. It is an administrator of the group, so that it sees what is posted
/// there, which it may be asked to collect.
fn our_telegram(token: &str) -> BotApi {
    let api = BotApi::new(token, Arc::new(fetch));
    api.set_member(BOT_ID, FRIENDS, "administrator");
    api
}

/// Fetches a picture as Telegram's servers would: from public addresses only, up to 5 MB.
fn fetch(url: &str) -> std::result::Result<Vec<u8>, String> {
    if pictures::is_local(url) {
        return Err("Telegram cannot reach a private address".to_owned());
    }
    let request = Request::get(url).timeout(FETCH_TIME).limit(FETCH_BYTES);
    let answer = Client::for_downloads(Allowed::PublicOr(None))
        .send(&request)
        .map_err(|error| error.chain())?;
    match answer.head.status {
        200 => Ok(answer.body),
        status => Err(format!("status {status}")),
    }
}

impl PlaygroundConfig {
    /// The bot's settings: `own` is our Bot API server and its token. Without it the bot answers
    /// on the real Telegram, or wherever `CLIP_BOT_*` settings send it.
    fn bot(
        &self,
        environment: &Environment,
        own: Option<(&str, &str)>,
        search_url: &str,
    ) -> Result<BotConfig> {
        let mut variables = environment.variables.clone();
        if own.is_some() {
            variables.retain(|name, _| !name.starts_with("CLIP_BOT_"));
        }
        let given = own.map(|(url, token)| {
            [
                ("CLIP_BOT_API_URL", url),
                // Who plays alone may ask as often as they like.
                ("CLIP_BOT_RATE", "none"),
                ("CLIP_BOT_TOKEN", token),
            ]
        });
        let file = self
            .token_file
            .as_deref()
            .map(|file| ("CLIP_BOT_TOKEN_FILE", file));
        let more = match given {
            Some(given) => given.to_vec(),
            None => file.into_iter().collect(),
        };
        let token = self.search.token.as_ref().map_or("", Secret::expose);
        let endpoint = [
            ("CLIP_BOT_SEARCH_URL", search_url),
            ("CLIP_BOT_SEARCH_TOKEN", token),
        ];
        for (name, value) in endpoint.into_iter().chain(more) {
            variables.insert(name.to_owned(), value.to_owned());
        }
        let config = BotConfig::from_environment(&Environment {
            variables,
            ..environment.clone()
        })?;
        // Each bot has its owner, who stays so when the playground is started again.
        let kept = self.state.as_ref().filter(|_| own.is_none());
        let kept = kept.map(|state| state.join(format!("playground-{}", config.bot_id())));
        Ok(BotConfig {
            owner: own.map(|_| OWNER),
            storage: config.storage.or(own.map(|_| STORAGE)),
            state_dir: config.state_dir.clone().or(kept),
            ..config
        })
    }
}
