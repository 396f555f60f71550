//! The bot: wires the poller, the inbox, the pure handler, the queue and the workers together.
//!
//! `telegram::poll` → [`intake`] (inbox and [`handler`]) → [`queue`] → [`worker`] → [`album`] and
//! [`reply`].

pub mod access;
pub mod activity;
pub mod agreements;
pub mod album;
pub mod answer_progress;
pub mod asleep;
pub mod button;
pub mod collecting;
pub mod command;
pub mod control;
pub mod door;
pub mod endpoint_state;
pub mod handler;
pub mod history;
pub mod inline;
pub mod intake;
pub mod job;
pub mod membership;
pub mod menu;
pub mod metrics;
pub mod outage;
pub mod pictures;
pub mod queue;
pub mod rate;
pub mod recent;
pub mod reply;
pub mod saving;
pub mod search_client;
pub mod search_job;
pub mod searches;
pub mod sent_pictures;
pub mod small_talk;
pub mod status;
pub mod storage;
pub mod texts;
mod threads;
pub mod wanted;
pub mod without_pictures;
pub mod worker;

pub(crate) use threads::spawn;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use tracing::level_filters::LevelFilter;

use crate::backoff::{self, Backoff};
use crate::clock::Clock;
use crate::config::BotConfig;
use crate::error::{Class, Error, Kind, Result};
use crate::inbox::Inbox;
use crate::log::events;
use crate::shutdown::Shutdown;
use crate::systemd::{self, Pulse, WatchedPart};
use crate::telegram::client::Client;
use crate::telegram::delivery::Delivery;
use crate::telegram::poll::{self, PollEvent, Poller};
use crate::telegram::types::User;

use access::book::{Book, Person};
use door::{Announce, Door};
use handler::{Identity, Manners};
use inline::worker::InlineTools;
use intake::{Changes, Intake};
use job::ChatJob;
use metrics::MetricsFile;
use queue::{Closing, Queue};
use rate::Rates;
use search_client::SearchClient;
use status::{Counts, Status};
use storage::{Storage, rules::Insiders};
use threads::{INLINE_WORKERS, start_forgetting, start_inline_worker, start_worker};
use worker::Tools;

/// How long a stop waits for the jobs under way; the unit's `TimeoutStopSec=` must be longer.
pub const DRAIN: Duration = Duration::from_secs(20);
const START: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_mins(1),
};
/// How long the watchdog lets one request to Telegram take; its connection has a time-out of its own.
const MAX_REQUEST_TIME: Duration = Duration::from_mins(2);
/// How much longer than its time-out the watchdog lets a call take.
const SLACK: Duration = Duration::from_secs(20);

/// Runs the bot until `shutdown` is raised, taking over `changes` on the way.
///
/// # Errors
/// [`Kind::Refused`] for a wrong token; [`Kind::Config`] for a storage chat that others read;
/// [`Kind::System`] when the system gives no threads, or a file of the state folder cannot be read;
/// [`Kind::Busy`] when another process uses the same state folder. Everything else is waited out.
pub fn run(config: &BotConfig, changes: Changes, shutdown: &Shutdown) -> Result<()> {
    let clock = Clock::default();
    let inbox = open_inbox(config, &clock)?;
    let book = book(config)?;
    // The long poll is interrupted at shutdown, which ends its client for good.
    let polling = Client::new(&config.api_url, config.token.clone(), 1).with_clock(clock.clone());
    let connections = config.workers + INLINE_WORKERS;
    let sending = Client::new(&config.api_url, config.token.clone(), connections + 2);
    let search = SearchClient::new(config, connections);
    let pulse = Pulse::default();
    let status = Arc::new(Status::default());
    let queue = Arc::new(Queue::default());
    let tools = Tools::new(
        Delivery::new(sending.clone(), shutdown.clone()),
        search.clone(),
        Arc::clone(&queue),
        inbox.clone(),
        Arc::clone(&status),
        shutdown.clone(),
    );
    let tools = Arc::new(tools.with_kept(config)?);
    systemd::ready();
    let mut observer = Observer::new(config, &inbox, &queue, &tools, &status);
    let beating = pulse.clone();
    spawn("pulse", move || beating.beat(|| observer.line()))?;
    let part = pulse.part("poller");
    let Some(me) = introduce(&polling, &part, &status, shutdown).inspect_err(tell_refused)? else {
        return Ok(());
    };
    let owner = book.owner.clone();
    let manners = manners(me, config, book, clock, &tools);
    let insiders = inline::insiders(&manners);
    let door = open_door(manners, config, &status);
    let rates = Arc::new(Mutex::new(Rates::new(config.rate)));
    let known = || tools.file_ids().clone();
    let storage = open_storage(config, &tools, insiders, &sending, &pulse, &part)?;
    let inline = InlineTools::new(sending.clone(), search, known(), Arc::clone(&rates));
    let inline = Arc::new(inline.with_storage(storage).with_members(tools.members()));
    let mut intake = Intake::new(
        door,
        rates,
        changes,
        inbox.clone(),
        Arc::clone(&queue),
        known(),
        config.workers,
    )
    .with_inline(Arc::clone(&inline.desk));
    intake.replay();

    start_worker(0, config.workers, Arc::clone(&tools), pulse.clone())?;
    start_inline_worker(0, Arc::clone(&inline), pulse.clone())?;
    start_forgetting(&tools, &pulse, config.forget_left)?;
    show_menu(config, owner, sending.clone(), shutdown.clone())?;
    interrupt_at(shutdown, &polling)?;

    let mut updates = Poller::new(polling, config.poll_timeout, inbox.offset());
    let polled = updates.run(
        shutdown,
        |event| {
            follow(&event, &part, &status);
            tools.polled(&event);
        },
        |batch, next| intake.accept(batch, next, &part, shutdown),
    );
    part.rest();
    inline.close();
    stop(&updates, &sending, &inbox, &queue, &tools, &status);
    polled.inspect_err(tell_refused)
}

/// Starts to put pictures into the storage chat, where one is set, after three requests within `part`.
///
/// # Errors
/// [`Kind::Config`] when the chat is not one for own pictures.
fn open_storage(
    config: &BotConfig,
    tools: &Tools,
    insiders: Insiders,
    client: &Client,
    pulse: &Pulse,
    part: &WatchedPart,
) -> Result<Option<Arc<Storage>>> {
    let Some(chat) = config.storage else {
        return Ok(None);
    };
    let (delivery, fetcher, budget) = tools.ways();
    let storage = Storage::new(chat, delivery, fetcher, budget, tools.file_ids().clone());
    storage.belongs_to(insiders);
    part.within(3 * MAX_REQUEST_TIME);
    storage.admit(client)?;
    let storage = Arc::new(storage);
    let (at_work, part) = (Arc::clone(&storage), pulse.part("storage"));
    spawn("storage", move || at_work.run(&part))?;
    Ok(Some(storage))
}

/// Shows the commands in Telegram's menu, as soon as Telegram takes them.
fn show_menu(
    config: &BotConfig,
    owner: Option<Person>,
    client: Client,
    raised: Shutdown,
) -> Result<()> {
    let language = config.language.clone();
    spawn("menu", move || {
        menu::show(&client, language.as_deref(), owner.as_ref(), &raised);
    })
}

fn open_inbox(config: &BotConfig, clock: &Clock) -> Result<Inbox> {
    match &config.state_dir {
        Some(folder) => Inbox::open(folder, config.bot_id(), &config.api_url, clock),
        None => Ok(Inbox::in_memory()),
    }
}

/// How the bot behaves that Telegram calls `me`.
fn manners(me: User, config: &BotConfig, book: Book, clock: Clock, tools: &Tools) -> Manners {
    let manners = Manners::of(identity(me), config).with_book(book);
    let manners = manners.with_clock(clock).with_habits(tools.habits());
    manners.with_members(tools.members())
}

fn identity(me: User) -> Identity {
    Identity {
        id: me.id,
        username: me.username.unwrap_or_default(),
    }
}

/// Says that the bot has started, and whom it serves.
fn open_door(manners: Manners, config: &BotConfig, status: &Arc<Status>) -> Door {
    let (name, url) = (&manners.me.username, &config.search_url);
    tracing::info!(
        message_id = events::STARTED,
        "started as @{name}; asking {url}; {}",
        manners.access.in_words()
    );
    let folder = config.state_dir.clone();
    Door::new(manners, folder, Arc::clone(status), announce(config))
}

/// Who owns the bot, and whom the owner let in.
///
/// # Errors
/// When the state folder cannot be read.
fn book(config: &BotConfig) -> Result<Book> {
    let kept = config.state_dir.as_deref().map(access::file::load);
    let mut book = kept.transpose()?.unwrap_or_default();
    if let Some(id) = config.owner {
        book.owner = Some(Person::new(id, "", None));
    }
    Ok(book)
}

/// Says where the owner claims the bot: in the log, whatever its level. The status line must not,
/// since every user of the machine can read it.
fn announce(config: &BotConfig) -> Announce {
    let level = config.log;
    Box::new(move |link| {
        let words = format!(
            "nobody is served until somebody owns this bot: {link} makes whoever opens it the owner, \
             once; or send the bot what follows the equals sign after /start. CLIP_BOT_ALLOWED \
             serves others, or everyone"
        );
        if level >= LevelFilter::WARN {
            tracing::warn!("{words}");
        } else {
            eprintln!("{words}");
        }
    })
}

/// Ends the long poll of `polling` when `shutdown` is raised.
fn interrupt_at(shutdown: &Shutdown, polling: &Client) -> Result<()> {
    let (interrupted, flag) = (polling.clone(), shutdown.clone());
    spawn("interrupt", move || {
        flag.wait(Duration::MAX);
        interrupted.shut_down();
    })
}

/// Asks who we are until Telegram answers; `None` at shutdown.
fn introduce(
    client: &Client,
    part: &WatchedPart,
    status: &Status,
    shutdown: &Shutdown,
) -> Result<Option<User>> {
    let mut failures = 0;
    while !shutdown.is_raised() {
        part.within(MAX_REQUEST_TIME);
        match client.get_me() {
            Ok(me) => return Ok(Some(me)),
            Err(error) if error.class() == Class::Fatal => return Err(error),
            Err(error) => {
                failures += 1;
                tracing::warn!(
                    message_id = events::UNREACHABLE,
                    "Telegram cannot be reached; retrying: {}",
                    error.chain()
                );
                let delay = match error.class() {
                    Class::Retry { after: Some(after) } => after,
                    _ => START.delay(failures, backoff::chance()),
                };
                follow(&PollEvent::Failed(&error, delay), part, status);
                shutdown.wait(delay);
            }
        }
    }
    Ok(None)
}

/// Tells the watchdog and the status line what polling does.
fn follow(event: &PollEvent, part: &WatchedPart, status: &Status) {
    match event {
        PollEvent::Asking(longest) => part.within(*longest + SLACK),
        PollEvent::Answered => status.polling(SystemTime::now()),
        PollEvent::Failed(error, delay) => {
            part.within(*delay + SLACK);
            status.no_updates(error.to_string());
        }
    }
}

/// Logs a refused token under an event id that an operator can watch for. The details follow when
/// the program ends.
fn tell_refused(error: &Error) {
    if *error.kind() == Kind::Refused {
        tracing::error!(
            message_id = events::TOKEN_REFUSED,
            "Telegram refuses the bot token"
        );
    }
}

/// Collects what the status line and the metrics show.
struct Observer {
    metrics: Option<MetricsFile>,
    inbox: Inbox,
    queue: Arc<Queue<ChatJob>>,
    tools: Arc<Tools>,
    status: Arc<Status>,
}

impl Observer {
    fn new(
        config: &BotConfig,
        inbox: &Inbox,
        queue: &Arc<Queue<ChatJob>>,
        tools: &Arc<Tools>,
        status: &Arc<Status>,
    ) -> Self {
        Self {
            metrics: config.metrics.clone().map(MetricsFile::new),
            inbox: inbox.clone(),
            queue: Arc::clone(queue),
            tools: Arc::clone(tools),
            status: Arc::clone(status),
        }
    }

    /// The status line, and whether the bot is stopping. Keeps the metrics up to date.
    fn line(&mut self) -> (String, bool) {
        let (waiting, working) = self.queue.load();
        let counts = Counts {
            working,
            waiting,
            asleep: self.tools.asleep(),
            disk: self.inbox.trouble(),
        };
        if let Some(metrics) = &mut self.metrics {
            let (figures, updates) = (self.status.figures(), self.inbox.len());
            metrics.refresh(&figures, &counts, updates, Instant::now());
        }
        (self.status.line(&counts), self.status.is_stopping())
    }
}

/// Finishes what is under way, parks the rest in the inbox, and confirms to Telegram what it need
/// not keep for us.
fn stop(
    poller: &Poller,
    client: &Client,
    inbox: &Inbox,
    queue: &Queue<ChatJob>,
    tools: &Tools,
    status: &Status,
) {
    systemd::stopping();
    status.stopping();
    let kept = inbox.lowest_unsafe().is_none();
    queue.close(if kept { Closing::Park } else { Closing::Finish });
    tools.stop_waiting();
    let (_, working) = queue.load();
    tracing::info!("stopping; {working} at work, which are finished first");
    queue.drain(DRAIN);
    inbox.close();
    let unsafe_ones = inbox.lowest_unsafe();
    match (inbox.len(), unsafe_ones) {
        (0, _) => {}
        (left, None) => {
            tracing::info!("{left} updates are not answered yet; they go on at the next start");
        }
        (left, Some(_)) => {
            tracing::warn!("stopped before {left} updates were answered, and they are not on disk");
        }
    }
    // What is not confirmed comes again at the next start.
    if let Some(offset) = unsafe_ones.or(poller.offset())
        && let Err(error) = poll::confirm(client, offset)
    {
        tracing::warn!("the last updates will come again: {}", error.chain());
    }
    tracing::info!(message_id = events::STOPPED, "stopped");
}
