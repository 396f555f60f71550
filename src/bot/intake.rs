//! From updates to jobs: each update that asks for something is in the inbox before Telegram is
//! told that we have it, and before its job is queued.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::album::FileIds;
use super::answer_progress::AnswerProgress;
use super::door::{Door, Moment};
use super::handler::{self, Task};
use super::job::{ChatJob, Work};
use super::queue::Queue;
use super::rate::{Rates, Verdict};
use super::reply;
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
    rates: Rates,
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
        door: Door,
        rates: Rates,
        changes: Changes,
        inbox: Inbox,
        queue: Arc<Queue<ChatJob>>,
        known: FileIds,
        workers: usize,
    ) -> Self {
        Self {
            door,
            rates,
            changes,
            inbox,
            queue,
            known,
            careful: u32::try_from(workers).unwrap_or(MAX_BATCH),
        }
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
            self.rates.change(config.rate);
        }
        let now = Instant::now();
        let mut wanted = Vec::new();
        let mut arrivals = Vec::new();
        for FetchedUpdate { raw, update } in batch {
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
                    for task in tasks {
                        self.queue.push(ChatJob::new(id, task, now));
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
        let tasks = self.door.tasks(update, Moment::now(false));
        tasks
            .unwrap_or_else(|| handler::tasks(update, self.door.manners()))
            .into_iter()
            .filter_map(|task| self.at_the_rate(task, now))
            .collect()
    }

    /// A search beyond the user's rate becomes a word about that, or nothing.
    fn at_the_rate(&mut self, task: Task, now: Instant) -> Option<Task> {
        let Task::Search(search) = task else {
            return Some(task);
        };
        match self.rates.admit(search.asker, now) {
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
                Event::Message(_) | Event::Other => MAX_MESSAGE_AGE,
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
        let since = Instant::now().checked_sub(age).unwrap_or_else(Instant::now);
        let tasks = self.door.tasks(&update, Moment::now(true));
        tasks
            .unwrap_or_else(|| handler::tasks(&update, self.door.manners()))
            .into_iter()
            .map(|task| ChatJob::new(entry.id, task, since).resumed(progress.clone(), &self.known))
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
mod tests {
    use super::*;
    use crate::bot::access::Access;
    use crate::bot::handler::Manners;
    use crate::bot::search_job::{Now, SearchEvent, Then};
    use crate::clock::Clock;
    use crate::config::Allowed;
    use crate::systemd::Pulse;
    use serde_json::json;
    use std::time::SystemTime;

    fn message(chat: i64, text: &str) -> Value {
        json!({"update_id": chat, "message": {"message_id": 1, "text": text,
            "chat": {"id": chat, "type": "private"}, "from": {"id": chat}}})
    }

    fn open_door() -> Door {
        let manners = Manners {
            access: Access::new(Allowed::Everyone),
            ..Manners::default()
        };
        Door::new(manners, None, Arc::default(), Box::new(|_| ()))
    }

    fn pressed(chat: i64) -> Value {
        json!({"update_id": chat, "callback_query": {"id": "c", "from": {"id": chat}, "data": "r:bus",
            "message": {"message_id": 5, "chat": {"id": chat, "type": "private"}}}})
    }

    /// What is queued at a start after `updates` were accepted at a time by Telegram's clock, each
    /// with `progress`.
    fn replayed(
        name: &str,
        accepted: fn() -> SystemTime,
        updates: &[Value],
        progress: &str,
    ) -> Vec<ChatJob> {
        let now = Clock::default();
        now.set(SystemTime::now());
        replayed_by(name, &Clock::by(accepted), &now, updates, progress)
    }

    /// The same, accepted by the clock `before` and started by the clock `after`.
    fn replayed_by(
        name: &str,
        before: &Clock,
        after: &Clock,
        updates: &[Value],
        progress: &str,
    ) -> Vec<ChatJob> {
        let folder = std::env::temp_dir().join(format!("intake-{name}-{}", std::process::id()));
        let open = |clock| Inbox::open(&folder, "42", "http://h", clock).expect("not in use");
        let arrivals = updates.iter().map(|update| Arrival {
            id: Update::id_of(update).expect("it has one"),
            tasks: 1,
            update: update.to_string(),
        });
        let inbox = open(before);
        assert!(inbox.accept(arrivals.collect(), 100).durable);
        for update in updates.iter().filter(|_| !progress.is_empty()) {
            inbox.note(
                Update::id_of(update).expect("it has one"),
                progress.to_owned(),
            );
        }
        inbox.close();
        drop(inbox);
        let queue = Arc::new(Queue::default());
        let (rates, inbox) = (Rates::new(None), open(after));
        let changes = Changes::default();
        let mut intake = Intake::new(
            open_door(),
            rates,
            changes,
            inbox.clone(),
            Arc::clone(&queue),
            FileIds::default(),
            4,
        );
        intake.replay();
        queue.close(super::super::queue::Closing::Finish);
        let mut jobs = Vec::new();
        while let Some((turn, job)) = queue.take() {
            inbox.finished(job.update);
            queue.done(&turn);
            jobs.push(job);
        }
        assert_eq!(
            inbox.len(),
            0,
            "each job ends its update, and the others left before"
        );
        inbox.close();
        std::fs::remove_dir_all(&folder).expect("our own folder");
        jobs
    }

    /// The number of the "Searching…" message, and what the search does first.
    fn start_of(job: &mut ChatJob) -> (Option<i64>, Then) {
        let now = Now {
            age: Duration::ZERO,
            chance: 0.0,
            polls_fail: false,
        };
        match &mut job.work {
            Work::Search(work) => {
                let message = work.job.message();
                (message, work.job.step(SearchEvent::TurnBegan, now).then)
            }
            Work::Request { call, .. } => panic!("{call:?}"),
        }
    }

    #[test]
    fn a_replay_goes_on_with_the_same_message() {
        let mut jobs = replayed(
            "young",
            || SystemTime::now() - Duration::from_secs(100),
            &[message(7, "bus"), message(8, "cat")],
            r#"{"message":9}"#,
        );
        let updates: Vec<i64> = jobs.iter().map(|job| job.update).collect();
        assert_eq!(updates, [7, 8]);
        assert_eq!(start_of(&mut jobs[0]), (Some(9), Then::CheckOrder));
        assert!(
            jobs[0].since.elapsed() >= Duration::from_secs(100),
            "they waited so long"
        );
    }

    #[test]
    fn what_is_too_old_is_dropped() {
        let updates = [pressed(7), message(8, "bus")];
        let buttons = || SystemTime::now() - Duration::from_secs(151);
        let jobs = replayed("buttons", buttons, &updates, "");
        assert_eq!(jobs.iter().map(|job| job.update).collect::<Vec<_>>(), [8]);
        let messages = || SystemTime::now() - Duration::from_hours(25);
        assert!(replayed("messages", messages, &updates, "").is_empty());
    }

    #[test]
    fn what_is_found_late_goes_on_with_the_next_batch() {
        let folder = std::env::temp_dir().join(format!("intake-found-{}", std::process::id()));
        let (place, aside) = (folder.join("state"), folder.join("aside"));
        let open = || Inbox::open(&place, "42", "http://h", &Clock::default()).expect("not in use");
        let inbox = open();
        let earlier = Arrival {
            id: 7,
            tasks: 1,
            update: message(7, "bus").to_string(),
        };
        assert!(inbox.accept(vec![earlier], 8).durable);
        inbox.close();
        drop(inbox);
        std::fs::rename(&place, &aside).expect("our own folder");
        std::fs::write(&place, "in the way").expect("room");

        let (queue, inbox) = (Arc::new(Queue::default()), open());
        let mut intake = Intake::new(
            open_door(),
            Rates::new(None),
            Changes::default(),
            inbox.clone(),
            Arc::clone(&queue),
            FileIds::default(),
            4,
        );
        intake.replay();
        std::fs::remove_file(&place).expect("it is there");
        std::fs::rename(&aside, &place).expect("nothing is in the way");
        let patience = Instant::now() + Duration::from_mins(1);
        while inbox.trouble().is_some() {
            assert!(Instant::now() < patience, "{:?}", inbox.trouble());
            std::thread::sleep(Duration::from_millis(20));
        }
        let raw = message(8, "cat");
        let update = Update::from_json(&raw).expect("an update");
        let batch = vec![FetchedUpdate { raw, update }];
        intake.accept(
            batch,
            9,
            &Pulse::default().part("poller"),
            &Shutdown::default(),
        );

        queue.close(super::super::queue::Closing::Finish);
        let mut updates = Vec::new();
        while let Some((turn, job)) = queue.take() {
            updates.push(job.update);
            queue.done(&turn);
        }
        updates.sort_unstable();
        assert_eq!(updates, [7, 8]);
        inbox.close();
        std::fs::remove_dir_all(&folder).expect("our own folder");
    }

    #[test]
    fn no_searching_stays_for_ever() {
        let messages = || SystemTime::now() - Duration::from_hours(25);
        let mut jobs = replayed("late", messages, &[message(7, "bus")], r#"{"message":9}"#);
        let (Some(9), Then::Send(call)) = start_of(&mut jobs[0]) else {
            panic!("{:?}", jobs[0])
        };
        let said = call.parameters["text"].as_str().expect("a text");
        assert!(said.contains("bus"), "{said}");
        assert_eq!(call.parameters["message_id"], 9, "in its place");
    }

    /// A machine without a clock of its own starts days behind, and the network sets it right: what
    /// was accepted before was dropped after a restart.
    #[test]
    fn a_clock_that_jumped_over_a_restart_loses_nothing() {
        let behind = Clock::by(|| SystemTime::now() - Duration::from_hours(72));
        let unset = Clock::default();
        let jobs = replayed_by(
            "unset",
            &behind,
            &unset,
            &[pressed(7), message(8, "bus")],
            "",
        );
        assert_eq!(jobs.len(), 3, "the button's answer and two searches");
        behind.set(SystemTime::now() - Duration::from_secs(100));
        let right = Clock::default();
        right.set(SystemTime::now());
        let jobs = replayed_by("set", &behind, &right, &[pressed(7)], "");
        assert_eq!(jobs.len(), 2, "by Telegram's clock it is young");
    }

    #[test]
    fn a_clock_that_was_set_back_loses_nothing() {
        let future = || SystemTime::now() + Duration::from_hours(1000);
        let jobs = replayed("future", future, &[pressed(7)], "");
        assert_eq!(jobs.len(), 2, "the button's answer and the search");
    }
}
