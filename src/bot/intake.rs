//! From updates to jobs: each update that asks for something is in the inbox before Telegram is
//! told that we have it, and before its job is queued.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::album::FileIds;
use super::answer_progress::AnswerProgress;
use super::door::{Door, Moment};
use super::handler::{self, Task};
use super::inline::{self, desk::Desk};
use super::job::{ChatJob, Work};
use super::queue::Queue;
use super::rate::{Rates, Verdict};
use super::recent::Recent;
use super::reply;
use super::saving::Choice;
use super::search_job::report::Report;
use crate::backoff;
use crate::config::BotConfig;
use crate::inbox::{Arrival, Inbox, InboxEntry};
use crate::locked::locked;
use crate::shutdown::Shutdown;
use crate::systemd::WatchedPart;
use crate::telegram::poll::{FetchedUpdate, MAX_BATCH};
use crate::telegram::types::{Event, Update};

/// How long the watchdog lets one write take; a disk that takes longer is broken.
pub const MAX_WRITE_TIME: Duration = Duration::from_mins(2);
/// While the inbox cannot write, Telegram keeps the updates until they are answered; one that
/// takes longer than this must not keep everybody from being heard.
const MAX_DISK_WAIT: Duration = Duration::from_mins(1);
/// Messages older than this are not answered after a restart; Telegram itself forgets them then.
const MAX_MESSAGE_AGE: Duration = Duration::from_hours(24);
/// Pressed buttons; Telegram forgets them after the same time.
const MAX_CALLBACK_AGE: Duration = Duration::from_secs(150);

/// An update is not worked on any more after so many processes ended while it was.
const MAX_DEATHS: u32 = 3;
/// From so many on it is worked on while no other such update is, so that only one is to blame.
const SUSPECT: u32 = 2;

/// Settings to be taken over before the next batch. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Changes(Arc<Mutex<Option<BotConfig>>>);

impl Changes {
    /// Takes over what can be changed in `config` before the next update.
    pub fn set(&self, config: BotConfig) {
        *locked(&self.0) = Some(config);
    }

    fn take(&self) -> Option<BotConfig> {
        locked(&self.0).take()
    }
}

/// Takes updates in.
#[derive(Debug)]
pub struct Intake {
    door: Door,
    rates: Arc<Mutex<Rates>>,
    inline: Arc<Desk>,
    recent: Recent,
    changes: Changes,
    inbox: Inbox,
    queue: Arc<Queue<ChatJob>>,
    known: FileIds,
    /// Updates to fetch at a time while the inbox cannot write.
    careful: u32,
}

impl Intake {
    /// An intake that queues jobs for `workers` workers. `known`: pictures that Telegram knows.
    #[must_use]
    pub fn new(
        mut door: Door,
        rates: Arc<Mutex<Rates>>,
        changes: Changes,
        inbox: Inbox,
        queue: Arc<Queue<ChatJob>>,
        known: FileIds,
        workers: usize,
    ) -> Self {
        if let Some(own) = door.changed_rates() {
            locked(&rates).give(own);
        }
        Self {
            door,
            rates,
            inline: Arc::default(),
            recent: Recent::default(),
            changes,
            inbox,
            queue,
            known,
            careful: u32::try_from(workers).unwrap_or(MAX_BATCH),
        }
    }

    /// The same, which puts inline queries on this desk.
    #[must_use]
    pub fn with_inline(self, inline: Arc<Desk>) -> Self {
        Self { inline, ..self }
    }

    /// Takes a batch into the inbox and queues what it asks for. Waits while the inbox is full, or
    /// while it cannot write and the updates are not answered; `part` is the one that waits.
    /// Returns how many updates to fetch next.
    pub fn accept(
        &mut self,
        batch: Vec<FetchedUpdate>,
        next_offset: i64,
        part: &WatchedPart,
        shutdown: &Shutdown,
    ) -> u32 {
        part.within(MAX_WRITE_TIME);
        if let Some(config) = self.changes.take() {
            self.door.take_over(&config);
            locked(&self.rates).change(config.rate);
        }
        let now = Instant::now();
        let mut wanted = Vec::new();
        let mut arrivals = Vec::new();
        for FetchedUpdate { raw, update } in batch {
            if let Event::Inline(query) = &update.event {
                if let Some(ask) = inline::ask_of(query, self.door.manners(), now) {
                    self.inline.put(ask);
                }
                continue;
            }
            let tasks = self.tasks(&update, now);
            tracing::debug!("update {}: {} tasks", update.id, tasks.len());
            if !tasks.is_empty() {
                arrivals.push(Arrival {
                    id: update.id,
                    tasks: tasks.len(),
                    update: raw.to_string(),
                });
                wanted.push((update.id, tasks));
            }
        }
        self.door.save();
        self.replay();
        let mut durable = true;
        if !arrivals.is_empty() {
            let accepted = self.inbox.accept(arrivals, next_offset);
            durable = accepted.durable;
            for (id, tasks) in wanted {
                if accepted.fresh.contains(&id) {
                    let jobs = tasks.into_iter();
                    for job in jobs.filter_map(|task| ChatJob::new(id, task, now)) {
                        self.queue.push(job);
                    }
                } else {
                    tracing::debug!("update {id} was received before");
                }
            }
        }
        // The workers, who make room, are watched themselves.
        part.rest();
        let goes_on = self.inbox.wait_for_room(shutdown)
            && (durable || self.inbox.wait_until_safe(shutdown, MAX_DISK_WAIT));
        if goes_on && !durable {
            return self.careful;
        }
        MAX_BATCH
    }

    fn tasks(&mut self, update: &Update, now: Instant) -> Vec<Task> {
        if let Event::Message(message) = &update.event
            && let Some((old, new)) = message.migration()
        {
            locked(&self.rates).migrate(old, new);
        }
        let tasks = self.door.tasks(update, Moment::now(false));
        if let Some(own) = self.door.changed_rates() {
            locked(&self.rates).give(own);
        }
        let mut tasks = tasks.unwrap_or_else(|| handler::tasks(update, self.door.manners()));
        if !tasks.is_empty() && self.recent.repeats(update, now) {
            tasks.retain_mut(|task| match task {
                Task::Acknowledge { .. } | Task::Collect(_) => true,
                Task::Search(search) => search.follow(),
                _ => false,
            });
        }
        tasks
            .into_iter()
            .filter_map(|task| self.at_the_rate(task, now))
            .collect()
    }

    /// A search beyond the user's rate becomes a word about that, or nothing.
    fn at_the_rate(&mut self, task: Task, now: Instant) -> Option<Task> {
        let search = match task {
            Task::Search(search) => search,
            Task::Choose { user, choice } => {
                self.choose(user, choice);
                return None;
            }
            task => return Some(task),
        };
        let is_free = search.wish.is_some() && !search.is_members;
        if is_free && self.door.manners().habits.keeps(search.asker) {
            return Some(Task::Search(search));
        }
        match locked(&self.rates).admit(search.asker, search.to.chat, now) {
            Verdict::Admitted => Some(Task::Search(search)),
            Verdict::Told(wait) => {
                tracing::info!(
                    "user {} asks too often, next search in {}",
                    search.asker,
                    backoff::in_words(wait)
                );
                Some(Task::Say {
                    to: search.to,
                    reply: reply::slow_down(search.texts, wait),
                })
            }
            Verdict::Silent => None,
        }
    }

    fn choose(&self, user: i64, choice: Choice) {
        if let Err(cause) = self.door.manners().habits.choose(user, choice) {
            tracing::warn!("what pictures mean to user {user} cannot be kept: {cause}");
        }
    }

    /// Queues what an earlier run accepted and did not answer, oldest first; [`Intake::accept`]
    /// does it for what is found later, in a file that could not be read at first.
    pub fn replay(&mut self) {
        let entries = self.inbox.unfinished();
        if entries.is_empty() {
            return;
        }
        tracing::info!("{} updates of an earlier run go on", entries.len());
        for entry in entries {
            let jobs = self.jobs_of(&entry);
            self.inbox.resumed(entry.id, jobs.len());
            for job in jobs {
                self.queue.push(job);
            }
        }
        self.door.save();
    }

    fn jobs_of(&mut self, entry: &InboxEntry) -> Vec<ChatJob> {
        let update = serde_json::from_str::<Value>(&entry.update)
            .ok()
            .and_then(|raw| Update::from_json(&raw).ok());
        let Some(update) = update else {
            tracing::error!("update {} of an earlier run cannot be read", entry.id);
            return Vec::new();
        };
        // Our own clock may have been set since: by it alone nothing is too old.
        let age = self.inbox.age(entry).unwrap_or_default();
        let too_old = age
            > match update.event {
                Event::Callback(_) => MAX_CALLBACK_AGE,
                Event::Message(_)
                | Event::Edited(_)
                | Event::Inline(_)
                | Event::Member(_)
                | Event::OwnMembership(_)
                | Event::Other => MAX_MESSAGE_AGE,
            };
        let progress = entry
            .progress
            .as_deref()
            .map(AnswerProgress::from_json)
            .unwrap_or_default();
        if too_old {
            let age = backoff::in_words(age);
            tracing::warn!("update {}: not answered, it is {age} old", entry.id);
        }
        self.recent.repeats(&update, Instant::now());
        let since = Instant::now().checked_sub(age).unwrap_or_else(Instant::now);
        let tasks = self.door.tasks(&update, Moment::now(true));
        tasks
            .unwrap_or_else(|| handler::tasks(&update, self.door.manners()))
            .into_iter()
            .filter_map(|task| ChatJob::new(entry.id, task, since))
            .map(|job| job.resumed(progress.clone(), &self.known))
            .filter_map(|job| if too_old { late(job) } else { Some(job) })
            .map(|job| suspected(job, entry.deaths))
            .collect()
    }
}

/// What is left to do for a job that comes too late: only to replace a "Searching…" that was sent.
fn late(mut job: ChatJob) -> Option<ChatJob> {
    let Work::Search(work) = &mut job.work else {
        return None;
    };
    work.job.message()?;
    work.job.expire();
    job.since = Instant::now();
    Some(job)
}

/// What becomes of a job that was at work when so many processes ended.
fn suspected(mut job: ChatJob, deaths: u32) -> ChatJob {
    job.is_suspect = deaths >= SUSPECT;
    let chat = job.chat();
    if let Work::Search(work) = &mut job.work
        && deaths >= MAX_DEATHS
    {
        Report::SetAside(deaths).log(job.update, chat);
        work.job.set_aside();
    }
    job
}

#[cfg(test)]
mod tests;
