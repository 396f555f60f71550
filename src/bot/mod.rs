//! The bot: wires the poller, the inbox, the pure handler, the queue and the workers together.
//!
//! `telegram::poll` → [`intake`] (inbox and [`handler`]) → [`queue`] → [`worker`] → [`album`] and
//! [`reply`].

pub mod access;
pub mod activity;
pub mod album;
pub mod asleep;
pub mod check;
pub mod handler;
pub mod intake;
pub mod job;
pub mod pictures;
pub mod queue;
pub mod rate;
pub mod reply;
pub mod run;
pub mod searches;
pub mod texts;
pub mod worker;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::backoff::{self, Backoff};
use crate::config::BotConfig;
use crate::error::{Class, Error, Result};
use crate::inbox::Inbox;
use crate::search::client::SearchClient;
use crate::shutdown::Shutdown;
use crate::systemd;
use crate::telegram::client::Client;
use crate::telegram::delivery::Delivery;
use crate::telegram::poll::{self, Poller};
use crate::telegram::types::User;

use access::Access;
use handler::{Identity, Manners};
use intake::Intake;
use job::Job;
use queue::{Closing, Queue};
use rate::Rates;
use texts::Texts;
use worker::Worker;

/// How long a stop waits for the jobs under way.
const DRAIN: Duration = Duration::from_secs(20);
const START: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_mins(1),
};
/// TLS needs most of it; memory is only used as deep as the stack goes.
const STACK: usize = 512 << 10;

/// Runs the bot until `shutdown` is raised.
///
/// # Errors
/// [`crate::error::Kind::Refused`] for a wrong token; [`crate::error::Kind::System`] when the
/// system gives no threads, or another process uses the same state folder. Everything else is
/// waited out.
pub fn run(config: &BotConfig, shutdown: &Shutdown) -> Result<()> {
    let inbox = match &config.state_dir {
        Some(folder) => Inbox::open(folder, config.bot_id(), &config.api_url, SystemTime::now)?,
        None => Inbox::in_memory(),
    };
    // The long poll is interrupted at shutdown, which ends its client for good.
    let polling = Client::new(&config.api_url, config.token.clone(), 1);
    let sending = Client::new(&config.api_url, config.token.clone(), config.workers + 2);
    systemd::ready();
    let Some(me) = introduce(&polling, shutdown)? else {
        return Ok(());
    };
    let username = me.username.unwrap_or_default();
    tracing::info!("started as @{username}; asking {}", config.search_url);

    let queue = Arc::new(Queue::default());
    let worker = Arc::new(Worker::new(
        Delivery::new(sending.clone(), shutdown.clone()),
        SearchClient::new(config, config.workers),
        config.results,
        Arc::clone(&queue),
        inbox.clone(),
        shutdown.clone(),
    ));
    let manners = Manners {
        me: Identity {
            id: me.id,
            username,
        },
        access: Access::new(config.allowed.clone()),
        language: config.language.clone(),
        results: config.results,
    };
    let mut intake = Intake::new(
        manners,
        Rates::new(config.rate),
        inbox.clone(),
        Arc::clone(&queue),
        config.workers,
    );
    intake.replay(worker.file_ids());

    for number in 0..config.workers {
        let worker = Arc::clone(&worker);
        spawn(&format!("worker-{number}"), move || worker.run())?;
    }
    let activities = Arc::clone(&worker);
    spawn("activities", move || activities.show_activities())?;
    let watching = Arc::clone(&worker);
    spawn("asleep", move || watching.watch_asleep())?;
    let menu = sending.clone();
    spawn("menu", move || set_menu(&menu))?;
    let (interrupted, flag) = (polling.clone(), shutdown.clone());
    spawn("interrupt", move || {
        flag.wait(Duration::MAX);
        interrupted.shut_down();
    })?;

    let mut updates = Poller::new(polling, config.poll_timeout, inbox.offset());
    let polled = updates.run(
        shutdown,
        |trouble| report(trouble, &inbox, &queue, &worker),
        |batch, next| intake.accept(batch, next, shutdown),
    );
    stop(&updates, &sending, &inbox, &queue, &worker);
    polled
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let builder = std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK);
    let failed = |cause| Error::system(format!("failed to start the thread {name}"), cause);
    builder.spawn(body).map(drop).map_err(failed)
}

/// Asks who we are until Telegram answers; `None` at shutdown.
fn introduce(client: &Client, shutdown: &Shutdown) -> Result<Option<User>> {
    let mut failures = 0;
    while !shutdown.is_raised() {
        match client.get_me() {
            Ok(me) => return Ok(Some(me)),
            Err(error) if error.class() == Class::Fatal => return Err(error),
            Err(error) => {
                failures += 1;
                tracing::warn!("Telegram cannot be reached, trying on: {}", error.chain());
                systemd::status("Telegram cannot be reached, trying on");
                let delay = match error.class() {
                    Class::Retry { after: Some(after) } => after,
                    _ => START.delay(failures, backoff::chance()),
                };
                shutdown.wait(delay);
            }
        }
    }
    Ok(None)
}

/// Shows the commands in Telegram's menu. Best effort: the bot works without.
fn set_menu(client: &Client) {
    for texts in texts::ALL {
        let is_default = std::ptr::eq(texts, Texts::of(None));
        let language = if is_default { "" } else { texts.language };
        match client.set_commands(&reply::commands(texts), language) {
            Ok(true) => tracing::info!("the commands menu was set ({})", texts.language),
            Ok(false) => {}
            Err(error) => tracing::warn!("the commands menu was not set: {}", error.chain()),
        }
    }
}

fn report(trouble: Option<&Error>, inbox: &Inbox, queue: &Queue<Job>, worker: &Worker) {
    let (waiting, working) = queue.load();
    let telegram = match trouble {
        None => "polling".to_owned(),
        Some(error) => format!("no updates: {error}"),
    };
    let asleep = match worker.asleep() {
        0 => String::new(),
        count => format!("; {count} wait for the endpoint to wake up"),
    };
    let disk = inbox
        .trouble()
        .map_or_else(String::new, |trouble| format!("; {trouble}"));
    systemd::status(&format!(
        "{telegram}; {working} at work, {waiting} waiting{asleep}{disk}"
    ));
    systemd::watchdog();
}

/// Finishes what is under way, parks the rest in the inbox, and confirms to Telegram what it need
/// not keep for us.
fn stop(poller: &Poller, client: &Client, inbox: &Inbox, queue: &Queue<Job>, worker: &Worker) {
    systemd::stopping();
    let kept = inbox.lowest_unsafe().is_none();
    queue.close(if kept { Closing::Park } else { Closing::Finish });
    worker.stop_waiting();
    let (_, working) = queue.load();
    tracing::info!("stopping; {working} at work are finished first");
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
    tracing::info!("stopped");
}
