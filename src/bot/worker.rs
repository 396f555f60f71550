//! Does the jobs: speaks to the chat and to the search endpoint, one step after the other.
//!
//! A search goes: acknowledge, search, send the pictures, turn the acknowledgement into a
//! summary. Each step is recorded in the job, so that a job put back (flood limits, no network,
//! endpoint asleep) goes on where it stopped.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::activity::Activities;
use super::album::{Album, FileIds, Outside, Permits, Sent};
use super::asleep::{Step, WaitingRoom};
use super::handler::{Search, Task};
use super::intake::LONGEST_WRITE;
use super::job::{Acknowledgement, Job, Lane, Outcome, Progress, SearchWork, Work};
use super::pictures::{Fetcher, Picture};
use super::queue::{Queue, Queued};
use super::reply::{self, Reply};
use super::searches::Searches;
use super::status::Status;
use crate::backoff::{self, Backoff};
use crate::bot::search_client::SearchClient;
use crate::error::{Class, Error, Kind, Result};
use crate::inbox::Inbox;
use crate::log::events;
use crate::search::{Failure, Page, Query, Reason};
use crate::shutdown::Shutdown;
use crate::systemd::WatchedPart;
use crate::telegram::delivery::Delivery;
use crate::telegram::refusal;
use crate::telegram::request::{
    Address, Call, answer_callback_query, edit_message_text, send_message,
};

/// Albums that hold downloaded pictures in memory at the same time.
const UPLOADS: usize = 4;
/// How often a busy endpoint is asked for one query.
const BUSY_TRIES: u32 = 3;
const BUSY_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_BUSY_PAUSE: Duration = Duration::from_secs(30);
/// A request to Telegram with all its repetitions and short flood waits.
const LONGEST_SEND: Duration = Duration::from_mins(10);
/// Of a picture, with redirections.
const LONGEST_DOWNLOAD: Duration = Duration::from_mins(2);
/// What a search may take beyond its time-out.
const SEARCH_SLACK: Duration = Duration::from_secs(10);
/// Pauses while Telegram cannot be talked to.
const AWAY: Backoff = Backoff {
    first: Duration::from_secs(5),
    longest: Duration::from_mins(5),
};
/// How often a request that fails at Telegram's side is tried in such rounds.
const ROUNDS: u32 = 8;
/// Telegram itself forgets messages that were not fetched for so long.
const TOO_OLD: Duration = Duration::from_hours(24);

/// Everything a job needs. Shared by all workers.
#[derive(Debug)]
pub struct Tools {
    delivery: Delivery,
    search: SearchClient,
    searches: Searches,
    fetcher: Fetcher,
    file_ids: FileIds,
    uploads: Permits,
    activities: Activities,
    queue: Arc<Queue<Job>>,
    inbox: Inbox,
    waiting: WaitingRoom,
    status: Arc<Status>,
    shutdown: Shutdown,
}

/// Does jobs, one at a time.
#[derive(Debug)]
pub struct Worker {
    tools: Arc<Tools>,
    part: WatchedPart,
}

/// What became of a job's turn.
enum Became {
    Done,
    /// Over, without an answer.
    GivenUp,
    /// To be put back, not to start again before the time.
    Later(Duration),
    /// The endpoint sleeps.
    Asleep(Option<Duration>),
}

/// One job's way to the outside.
struct Errand<'a> {
    worker: &'a Worker,
    update: i64,
    message: Option<i64>,
}

impl Outside for Errand<'_> {
    fn send(&self, call: Call) -> Result<Value> {
        self.worker.send(call)
    }

    fn fetch(&self, url: &str) -> Result<Picture> {
        self.worker.part.within(LONGEST_DOWNLOAD);
        self.worker.tools.fetcher.fetch(url)
    }

    fn waits_for_others(&self) {
        self.worker.part.rest();
    }

    fn went_out(&self, sent: &Sent) {
        let progress = Progress {
            message: self.message,
            sent: Some(sent.clone()),
        };
        // To see an album twice is worse than to wait a moment for the summary.
        self.worker.part.within(LONGEST_WRITE);
        let inbox = &self.worker.tools.inbox;
        inbox.note_for_sure(self.update, progress.to_json());
    }
}

impl Tools {
    /// Sends by `delivery` and searches by `search`.
    #[must_use]
    pub fn new(
        delivery: Delivery,
        search: SearchClient,
        queue: Arc<Queue<Job>>,
        inbox: Inbox,
        status: Arc<Status>,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            fetcher: Fetcher::new(search.url()),
            delivery,
            search,
            searches: Searches::default(),
            file_ids: FileIds::default(),
            uploads: Permits::new(UPLOADS),
            activities: Activities::default(),
            queue,
            inbox,
            waiting: WaitingRoom::default(),
            status,
            shutdown,
        }
    }

    /// Pictures that Telegram knows already.
    #[must_use]
    pub fn file_ids(&self) -> &FileIds {
        &self.file_ids
    }

    /// Keeps "sending a photo…" shown where searches are under way, until shutdown.
    pub fn show_activities(&self) {
        self.activities.run(&self.delivery, &self.shutdown);
    }

    /// Ends the wait for a sleeping endpoint; those who wait stay in the inbox.
    pub fn stop_waiting(&self) {
        self.waiting.close();
    }

    /// Searches wait for the endpoint to wake up.
    #[must_use]
    pub fn asleep(&self) -> usize {
        self.waiting.len()
    }
}

impl Worker {
    /// A worker with `tools`, watched as `part`.
    #[must_use]
    pub fn new(tools: Arc<Tools>, part: WatchedPart) -> Self {
        Self { tools, part }
    }

    /// Does jobs until the queue is closed. Calls `at_work` once, with the first of them.
    pub fn run(&self, at_work: impl FnOnce()) {
        let mut at_work = Some(at_work);
        while let Some((turn, mut job)) = self.tools.queue.take() {
            if let Some(at_work) = at_work.take() {
                at_work();
            }
            let update = job.update;
            // A fault in one job must cost neither the others nor the thread.
            let became =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.turn(&mut job)));
            match became {
                Ok(Became::Done) => {
                    if matches!(job.work, Work::Search(_)) {
                        self.tools.status.answered(job.since.elapsed());
                    }
                    self.tools.inbox.finished(update);
                }
                Ok(Became::GivenUp) => self.tools.inbox.finished(update),
                Ok(Became::Later(delay)) => {
                    self.tools.queue.put_back([job]);
                    self.tools.queue.hold(&turn, Instant::now() + delay);
                }
                Ok(Became::Asleep(pause)) => self.let_wait(job, pause),
                Err(_) => {
                    tracing::error!(
                        message_id = events::UPDATE_FAILED,
                        clip_update_id = update,
                        "update {update}: a fault of ours, please report it"
                    );
                    self.apologise(&job);
                    self.tools.inbox.finished(update);
                }
            }
            self.tools.queue.done(&turn);
            self.part.rest();
        }
    }

    /// Asks a sleeping endpoint again for all who wait, until [`Tools::stop_waiting`].
    pub fn watch_asleep(&self) {
        loop {
            self.part.rest();
            match self.tools.waiting.next() {
                Step::End => return,
                Step::TellStillAsleep(mut late) => {
                    for job in &mut late {
                        if let Work::Search(work) = &mut job.work {
                            tracing::warn!(
                                message_id = events::UPDATE_FAILED,
                                clip_update_id = job.update,
                                "update {}: the endpoint did not wake up",
                                job.update
                            );
                            let said = reply::still_asleep(work.search.texts, &work.search.query);
                            work.outcome = Outcome::Over(said);
                        }
                    }
                    self.tools.queue.put_back(late);
                    self.tools.waiting.back_in_the_queue();
                    if self.tools.waiting.is_empty() {
                        self.tools.status.awake();
                    }
                }
                Step::Ask(search) => match self.ask_endpoint(&search) {
                    Err(failure) if failure.reason == Reason::SpaceAsleep => {
                        self.tools.waiting.pause(failure.retry_after);
                    }
                    // Whatever it says now, each search is to hear for itself.
                    Ok(_) | Err(_) => {
                        let jobs = self.tools.waiting.release();
                        self.tools.status.awake();
                        tracing::info!(
                            message_id = events::ENDPOINT_AWAKE,
                            "the endpoint is awake; {} searches go on",
                            jobs.len()
                        );
                        self.tools.queue.put_back(jobs);
                        self.tools.waiting.back_in_the_queue();
                    }
                },
            }
        }
    }

    fn let_wait(&self, job: Job, pause: Option<Duration>) {
        if let Some(job) = self.tools.waiting.enter(job, pause) {
            self.tools.queue.put_back([job]);
        }
    }

    fn turn(&self, job: &mut Job) -> Became {
        let lane = job.lane();
        let result = match &mut job.work {
            Work::Simple(task) => self.simple(task).map(|()| Became::Done),
            Work::Search(work) => self.search(job.update, job.since, &lane, work),
        };
        result.unwrap_or_else(|error| self.after_failure(job, &error))
    }

    /// Telegram could not be talked to: later, or never.
    fn after_failure(&self, job: &mut Job, error: &Error) -> Became {
        let update = job.update;
        job.attempts += 1;
        let offline = matches!(error.kind(), Kind::NotSent);
        let (later, worth_it) = match error.class() {
            Class::Retry { after: Some(after) } => (after, after < TOO_OLD * 2),
            Class::Retry { after: None } => (
                AWAY.delay(job.attempts, backoff::chance()),
                offline || job.attempts < ROUNDS,
            ),
            // The bot ends by this, and the job goes on when somebody has mended the token.
            Class::Fatal => (AWAY.longest, true),
            Class::GiveUp => (Duration::ZERO, false),
        };
        if worth_it && job.since.elapsed() < TOO_OLD {
            let shown = backoff::in_words(later);
            tracing::warn!(
                "update {update}: kept, next try in {shown}: {}",
                error.chain()
            );
            return Became::Later(later);
        }
        if is_blocked(error) {
            tracing::info!("update {update}: nobody to answer: {}", error.chain());
            return Became::GivenUp;
        }
        tracing::error!(
            message_id = events::UPDATE_FAILED,
            clip_update_id = update,
            "update {update}: given up: {}",
            error.chain()
        );
        self.apologise(job);
        Became::GivenUp
    }

    fn simple(&self, task: &Task) -> Result<()> {
        let call = match task {
            Task::Say { to, reply } => message(*to, reply),
            Task::Acknowledge { callback } => answer_callback_query(callback),
            Task::Search(_) => return Ok(()),
        };
        self.send(call).map(drop)
    }

    fn search(
        &self,
        update: i64,
        since: Instant,
        lane: &Lane,
        work: &mut SearchWork,
    ) -> Result<Became> {
        self.acknowledge(update, work)?;
        if work.activity.is_none() {
            work.activity = Some(self.tools.activities.start(work.search.to));
        }
        if matches!(work.outcome, Outcome::Open) {
            if self.tools.waiting.has_before(work.search.to.chat, update) {
                self.tell_waking(update, work);
                return Ok(Became::Asleep(None));
            }
            // Who waited for the endpoint may have come back since this turn began.
            if self.tools.queue.is_ahead_of_its_turn(lane, update) {
                return Ok(Became::Later(Duration::ZERO));
            }
            match self.ask_endpoint(&work.search) {
                Ok(page) => work.outcome = self.outcome_of(work, page),
                Err(failure) => {
                    if let Some(turn) = self.after_search_failure(update, work, &failure) {
                        return Ok(turn);
                    }
                }
            }
        }
        if let Outcome::Found(album) = &mut work.outcome {
            let search = &work.search;
            let errand = Errand {
                worker: self,
                update,
                message: work.acknowledgement.message(),
            };
            album.send(
                search.to,
                search.texts,
                &errand,
                &self.tools.file_ids,
                &self.tools.uploads,
            )?;
            let tally = album.tally();
            let took = since.elapsed();
            let said = reply::found(search.texts, &search.query, tally, took);
            let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            tracing::info!(
                clip_update_id = update,
                clip_chat = search.to.chat,
                clip_results = tally.pictures + tally.links,
                clip_millis = millis,
                "update {update}: {} pictures and {} links sent in {millis} ms",
                tally.pictures,
                tally.links,
            );
            work.outcome = Outcome::Over(said);
            work.activity = None;
        }
        if let Outcome::Over(said) = &work.outcome {
            work.activity = None;
            self.say_instead(work.acknowledgement, work.search.to, said)?;
        }
        Ok(Became::Done)
    }

    /// Turns the acknowledgement into `said`, or says it anew where that message is gone.
    fn say_instead(
        &self,
        acknowledgement: Acknowledgement,
        to: Address,
        said: &Reply,
    ) -> Result<()> {
        if let Acknowledgement::Sent(id) = acknowledgement {
            match self.send(edit(to.chat, id, said)) {
                Err(error) if is_about_the_message(&error) => {}
                other => return other.map(drop),
            }
        }
        self.send(message(to, said)).map(drop)
    }

    /// Says "Searching…" before the search. If it cannot be said, the search goes on, unless the
    /// chat is closed to us or must be left alone.
    fn acknowledge(&self, update: i64, work: &mut SearchWork) -> Result<()> {
        if work.acknowledgement != Acknowledgement::Due {
            return Ok(());
        }
        let search = &work.search;
        let said = reply::searching(search.texts, &search.query);
        let sent = match search.edit {
            Some(id) => self.send(edit(search.to.chat, id, &said)).map(|_| Some(id)),
            None => self
                .send(message(search.to, &said))
                .map(|sent| message_id(&sent)),
        };
        work.acknowledgement = match sent {
            Ok(Some(id)) => self.acknowledged(update, id),
            Ok(None) => Acknowledgement::Missing,
            Err(error) => {
                if is_blocked(&error) || matches!(error.class(), Class::Retry { after: Some(_) }) {
                    return Err(error);
                }
                tracing::warn!(
                    "update {update}: searching without a word: {}",
                    error.chain()
                );
                Acknowledgement::Missing
            }
        };
        Ok(())
    }

    fn acknowledged(&self, update: i64, message: i64) -> Acknowledgement {
        let progress = Progress {
            message: Some(message),
            sent: None,
        };
        self.tools.inbox.note(update, progress.to_json());
        Acknowledgement::Sent(message)
    }

    /// Sends, however long Telegram takes and however often it must be asked.
    fn send(&self, call: Call) -> Result<Value> {
        self.part.within(LONGEST_SEND);
        self.tools.delivery.send(call)
    }

    fn ask_endpoint(&self, wanted: &Search) -> Result<Page, Failure> {
        let client = &self.tools.search;
        self.part.within(client.timeout() + SEARCH_SLACK);
        let query = Query::text(&wanted.query, wanted.results, 0)?;
        let key = format!("{} {}", wanted.results, wanted.query);
        self.tools.searches.once(&key, || client.search(&query))
    }

    fn outcome_of(&self, work: &SearchWork, page: Page) -> Outcome {
        if page.hits.is_empty() {
            return Outcome::Over(reply::nothing(work.search.texts, &work.search.query));
        }
        Outcome::Found(Album::new(page.hits, &self.tools.file_ids))
    }

    /// Decides what a failed search becomes: a later turn, or (`None`) a sentence to be said.
    fn after_search_failure(
        &self,
        update: i64,
        work: &mut SearchWork,
        failure: &Failure,
    ) -> Option<Became> {
        tracing::warn!(
            clip_update_id = update,
            clip_chat = work.search.to.chat,
            clip_failure = failure.reason.code(),
            "update {update}: the search failed: {failure}"
        );
        match failure.reason {
            Reason::SpaceAsleep => {
                if self.tools.status.asleep(SystemTime::now()) {
                    let shown = failure.retry_after.map(backoff::in_words);
                    let shown = shown.map_or_else(String::new, |wait| format!(" in {wait}"));
                    tracing::warn!(
                        message_id = events::ENDPOINT_ASLEEP,
                        "the endpoint sleeps and is waking up; it is asked again{shown}"
                    );
                }
                self.tell_waking(update, work);
                return Some(Became::Asleep(failure.retry_after));
            }
            Reason::SpaceBusy | Reason::RateLimited | Reason::Unreachable => {
                work.busy += 1;
                let pause = match failure.reason {
                    Reason::Unreachable => Duration::from_secs(1),
                    _ => failure.retry_after.unwrap_or(BUSY_PAUSE),
                };
                if work.busy < BUSY_TRIES && pause <= LONGEST_BUSY_PAUSE {
                    return Some(Became::Later(pause));
                }
            }
            _ => {}
        }
        let search = &work.search;
        work.outcome = Outcome::Over(reply::failed(search.texts, &search.query, failure));
        None
    }

    /// Turns the acknowledgement into "waking up", once; not worth a failure.
    fn tell_waking(&self, update: i64, work: &mut SearchWork) {
        if work.asleep_since.is_some() {
            return;
        }
        let search = &work.search;
        let said = reply::waking(search.texts, &search.query);
        let call = match work.acknowledgement {
            Acknowledgement::Sent(id) => edit(search.to.chat, id, &said),
            Acknowledgement::Due | Acknowledgement::Missing => message(search.to, &said),
        };
        match self.send(call) {
            Ok(sent) if work.acknowledgement == Acknowledgement::Missing => {
                if let Some(id) = message_id(&sent) {
                    work.acknowledgement = self.acknowledged(update, id);
                }
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!("update {update}: waits without a word: {}", error.chain());
            }
        }
    }

    /// Says that something went wrong, if that can be said at all.
    fn apologise(&self, job: &Job) {
        let Work::Search(work) = &job.work else {
            return;
        };
        let search = &work.search;
        let said = reply::internal(search.texts, &search.query);
        let call = match work.acknowledgement {
            Acknowledgement::Sent(id) => edit(search.to.chat, id, &said),
            Acknowledgement::Due | Acknowledgement::Missing => message(search.to, &said),
        };
        self.tools.delivery.send_if_possible(call);
    }
}

fn message(to: Address, reply: &Reply) -> Call {
    send_message(to, &reply.text).markup(reply.markup.clone())
}

fn edit(chat: i64, message: i64, reply: &Reply) -> Call {
    edit_message_text(chat, message, &reply.text).markup(reply.markup.clone())
}

/// Whether the user or the group does not want the bot.
fn is_blocked(error: &Error) -> bool {
    refusal(error).is_some_and(|refusal| refusal.code == 403)
}

/// Whether a message could not be edited although the chat takes messages: somebody deleted it.
fn is_about_the_message(error: &Error) -> bool {
    refusal(error).is_some_and(|refusal| refusal.code == 400) && error.class() == Class::GiveUp
}

fn message_id(sent: &Value) -> Option<i64> {
    sent.get("message_id")?.as_i64()
}
