//! Does the jobs: carries out what [`super::search_job`] asks for, and tells it what came of that.
//!
//! Each step of a search is kept in its job, so that a job put back (flood limits, no network,
//! endpoint asleep) goes on where it stopped.

mod asking;
mod collecting;
mod leaving;
mod wishes;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::activity::Activities;
use super::agreements::Agreements;
use super::album::{Album, Budget, FileIds, Outside, Sent};
use super::answer_progress::AnswerProgress;
use super::asleep::WaitingRoom;
use super::collecting::chats::Chats;
use super::intake::MAX_WRITE_TIME;
use super::job::{ChatJob, SearchWork, Work};
use super::membership::Members;
use super::outage::Outage;
use super::pictures::{Fetcher, PictureForm};
use super::queue::{Queue, Queued};
use super::reply;
use super::saving::habits::Habits;
use super::search_client::SearchClient;
use super::search_job::report::Report;
use super::search_job::{self, failures};
use super::search_job::{Effect, Now, Order, Orders, SearchEvent, Then, TurnEnd};
use super::searches::Searches;
use super::status::Status;
use super::wanted::Search;
use super::without_pictures::WithoutPictures;
use crate::backoff;
use crate::config::BotConfig;
use crate::error::Result;
use crate::inbox::Inbox;
use crate::log::events;
use crate::shutdown::Shutdown;
use crate::systemd::WatchedPart;
use crate::telegram::delivery::Delivery;
use crate::telegram::poll::PollEvent;
use crate::telegram::request::Call;
use wishes::Saving;

mod watch;

/// Memory for all pictures on their way together, in bytes.
const PICTURES: usize = 64_000_000;
/// How long the watchdog lets a request to Telegram take, with all its repetitions and short flood
/// waits.
const MAX_SENDING: Duration = Duration::from_mins(10);
/// How long it lets the download of a picture take, with redirections.
const MAX_DOWNLOADING: Duration = Duration::from_mins(2);
/// How much longer than its time-out it lets a search take.
const SEARCH_SLACK: Duration = Duration::from_secs(10);

/// Everything a job needs. Shared by all workers.
#[derive(Debug)]
pub struct Tools {
    delivery: Delivery,
    search: SearchClient,
    searches: Searches,
    fetcher: Fetcher,
    file_ids: FileIds,
    budget: Arc<Budget>,
    activities: Activities,
    agreements: Agreements,
    saving: Saving,
    members: Arc<Members>,
    queue: Arc<Queue<ChatJob>>,
    inbox: Inbox,
    waiting: WaitingRoom,
    outage: Outage,
    without_pictures: WithoutPictures,
    status: Arc<Status>,
    shutdown: Shutdown,
}

/// Does jobs, one at a time.
#[derive(Debug)]
pub struct ChatWorker {
    tools: Arc<Tools>,
    part: WatchedPart,
}

/// One job's album's way out.
struct Errand<'a> {
    worker: &'a ChatWorker,
    update: i64,
    message: Option<i64>,
    next: Option<usize>,
}

impl Outside for Errand<'_> {
    fn send(&self, call: Call) -> Result<Value> {
        self.worker.send(call)
    }

    fn send_once(&self, call: Call) -> Result<Value> {
        self.worker.sent(|delivery| delivery.send_once(call))
    }

    fn fetch(&self, url: &str, bytes: &mut Vec<u8>, limit: u64) -> Result<PictureForm> {
        self.worker.part.within(MAX_DOWNLOADING);
        self.worker.tools.fetcher.fetch(url, bytes, limit)
    }

    fn waits_for_others(&self) {
        self.worker.part.rest();
    }

    fn went_out(&self, sent: &Sent) {
        let progress = AnswerProgress {
            message: self.message,
            sent: Some(sent.clone()),
            next: self.next,
            picture: None,
        };
        // To see an album twice is worse than to wait a moment for the summary.
        self.worker.part.within(MAX_WRITE_TIME);
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
        queue: Arc<Queue<ChatJob>>,
        inbox: Inbox,
        status: Arc<Status>,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            fetcher: search.fetcher(),
            delivery,
            search,
            searches: Searches::default(),
            file_ids: FileIds::default(),
            budget: Arc::new(Budget::new(PICTURES)),
            activities: Activities::default(),
            agreements: Agreements::default(),
            saving: Saving::default(),
            members: Arc::default(),
            queue,
            inbox,
            waiting: WaitingRoom::default(),
            outage: Outage::default(),
            without_pictures: WithoutPictures::default(),
            status,
            shutdown,
        }
    }

    /// The same, with what is kept over restarts: what users agreed to and chose, and pictures that
    /// Telegram has.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn with_kept(mut self, config: &BotConfig) -> Result<Self> {
        self.agreements = Agreements::open(config.state_dir.clone())?;
        self.saving.habits = Arc::new(Habits::open(config.state_dir.clone())?);
        let chats = Arc::new(Chats::open(config.state_dir.clone())?);
        self.members = Arc::new(Members::new(chats));
        self.file_ids = FileIds::open(config.state_dir.as_deref(), config.bot_id());
        Ok(self)
    }

    /// The way to the chats, the one to the pictures of hits, and memory for pictures on both.
    #[must_use]
    pub fn ways(&self) -> (Delivery, Fetcher, Arc<Budget>) {
        let budget = Arc::clone(&self.budget);
        (self.delivery.clone(), self.search.fetcher(), budget)
    }

    /// What pictures mean to users.
    #[must_use]
    pub fn habits(&self) -> Arc<Habits> {
        Arc::clone(&self.saving.habits)
    }

    /// Chats whose pictures are collected, and who is in them.
    #[must_use]
    pub fn members(&self) -> Arc<Members> {
        Arc::clone(&self.members)
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

    /// A poll was answered, or not: the first that is after others were not wakes who waits for
    /// Telegram.
    pub fn polled(&self, event: &PollEvent) {
        match event {
            PollEvent::Asking(_) => {}
            PollEvent::Answered if self.outage.poll_answered() => self.queue.release_away(),
            PollEvent::Answered => {}
            PollEvent::Failed(..) => self.outage.poll_failed(),
        }
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

impl ChatWorker {
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
            let (update, began) = (job.update, Instant::now());
            let is_search = matches!(job.work, Work::Search(_));
            if is_search {
                self.tools.inbox.begin_work(update);
            }
            // A fault in one job must cost neither the others nor the thread.
            let end =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.turn(&mut job)));
            let end = end.unwrap_or(TurnEnd::Fault);
            if matches!(
                end,
                TurnEnd::Later(_) | TurnEnd::Away(_) | TurnEnd::Asleep(_)
            ) {
                self.tools.inbox.rest(update);
            }
            match end {
                TurnEnd::Answered => {
                    if is_search {
                        self.tools.status.answered(job.since.elapsed());
                    }
                    self.tools.inbox.finished(update);
                }
                TurnEnd::GivenUp => {
                    if is_search {
                        self.tools.status.gave_up();
                    }
                    self.tools.inbox.finished(update);
                }
                TurnEnd::Later(delay) => {
                    self.tools.queue.put_back([job]);
                    self.tools.queue.hold(&turn, Instant::now() + delay);
                }
                TurnEnd::Away(pause) => {
                    let pause = self.tools.outage.job_failed(began, pause);
                    self.tools.queue.put_back([job]);
                    self.tools.queue.hold_away(&turn, Instant::now() + pause);
                }
                TurnEnd::Asleep(pause) => {
                    if let Some(job) = self.tools.waiting.enter(job, pause) {
                        self.tools.queue.put_back([job]);
                    }
                }
                TurnEnd::Fault => {
                    self.tools.status.gave_up();
                    Report::Fault.log(update, job.chat());
                    if let Work::Search(work) = &job.work {
                        self.tools.delivery.send_if_possible(work.job.apology());
                    }
                    self.tools.inbox.finished(update);
                }
            }
            self.tools.queue.done(&turn);
            self.part.rest();
        }
    }

    fn turn(&self, job: &mut ChatJob) -> TurnEnd {
        let (update, since, chat) = (job.update, job.since, job.chat());
        let lane = job.lane();
        if let Work::Stats { to, texts } = job.work {
            self.part
                .within(self.tools.search.timeout() * 2 + SEARCH_SLACK);
            let endpoint = self.tools.search.state();
            let reply = reply::owner::stats(texts, &self.tools.status.summary(), &endpoint);
            job.work = Work::request(search_job::message(to, &reply));
        }
        match &mut job.work {
            // It has become a request.
            Work::Stats { .. } => TurnEnd::GivenUp,
            Work::Collect { post, failures } => {
                *failures += 1;
                self.keep_post(update, post, *failures)
            }
            Work::Request { call, tries } => match self.send(call.clone()) {
                Ok(_) => TurnEnd::Answered,
                Err(error) => {
                    let now = self.now(since);
                    *tries = tries.with(&error, now);
                    let ending = failures::ending(&error, *tries, now);
                    ending.report(&error).log(update, chat);
                    ending.turn_end()
                }
            },
            Work::Search(work) => {
                let mut event = SearchEvent::TurnBegan;
                loop {
                    let Orders { effects, then } = work.job.step(event, self.now(since));
                    for effect in effects {
                        self.carry_out(update, work, effect);
                    }
                    event = match then {
                        Then::Send(call) => self.told(call, &mut work.job.search),
                        Then::Fulfil => self.fulfil(&work.job.search),
                        Then::CheckOrder => SearchEvent::Order(self.order(update, &lane, work)),
                        Then::Search => self.answer(&work.job.search),
                        Then::SendAlbum => match self.send_album(update, work) {
                            Some(event) => event,
                            None => return TurnEnd::Fault,
                        },
                        Then::End(end) => return end,
                    };
                }
            }
        }
    }

    fn now(&self, since: Instant) -> Now {
        Now {
            age: since.elapsed(),
            chance: backoff::chance(),
            polls_fail: self.tools.outage.do_polls_fail(),
        }
    }

    fn carry_out(&self, update: i64, work: &mut SearchWork, effect: Effect) {
        let to = work.job.search.to;
        match effect {
            Effect::Keep(progress) => self.tools.inbox.note(update, progress.to_json()),
            Effect::ShowActivity => {
                let start = || self.tools.activities.start(to);
                work.activity.get_or_insert_with(start);
            }
            Effect::HideActivity => work.activity = None,
            Effect::MakeAlbum(hits) => work.album = Some(Album::new(hits, &self.tools.file_ids)),
            Effect::EndpointAsleep(pause) => {
                if self.tools.status.asleep(SystemTime::now()) {
                    let shown = pause.map(backoff::in_words);
                    let shown = shown.map_or_else(String::new, |wait| format!(" in {wait}"));
                    tracing::warn!(
                        message_id = events::ENDPOINT_ASLEEP,
                        "the endpoint sleeps and is waking up; it is asked again{shown}"
                    );
                }
            }
            Effect::Log(report) => {
                if let Report::SearchFailed(failure) = &report {
                    self.tools.status.search_failed(failure.reason.code());
                }
                report.log(update, Some(to.chat));
            }
            Effect::Apologise(call) => self.tools.delivery.send_if_possible(call),
        }
    }

    fn told(&self, call: Call, search: &mut Search) -> SearchEvent {
        match self.send(call) {
            Ok(sent) => {
                search.learn(&sent);
                let message = sent.get("message_id").and_then(Value::as_i64);
                self.tools.saving.said(search, message);
                SearchEvent::Sent(message)
            }
            Err(error) => SearchEvent::NotSent(error),
        }
    }

    fn order(&self, update: i64, lane: &<ChatJob as Queued>::Lane, work: &SearchWork) -> Order {
        let chat = work.job.search.to.chat;
        if self.tools.waiting.has_before(chat, update) {
            Order::BehindSleeper
        } else if self.tools.queue.is_ahead_of_its_turn(lane, update) {
            // Who waited for the endpoint may have come back since this turn began.
            Order::AheadOfItsTurn
        } else if self.tools.without_pictures.contains(chat, Instant::now()) {
            Order::TakesNoPictures
        } else {
            Order::Next
        }
    }

    /// Sends what was not sent of the album; none without an album.
    fn send_album(&self, update: i64, work: &mut SearchWork) -> Option<SearchEvent> {
        let SearchWork { job, album, .. } = work;
        let album = album.as_mut()?;
        album.below_a_single = if album.is_of(|name| self.is_kept_for(&job.search, name)) {
            reply::below_a_saved(&job.search)
        } else {
            reply::similar(&job.search)
        };
        let errand = Errand {
            worker: self,
            update,
            message: job.message(),
            next: job.next_offset(),
        };
        let tools = &self.tools;
        let (to, texts) = (job.search.to, job.search.texts);
        Some(
            match album.send(to, texts, &errand, &tools.file_ids, &tools.budget) {
                Ok(()) => {
                    job.shown = album.shown(|name| self.is_kept_for(&job.search, name));
                    let tally = album.tally();
                    if tally.is_forbidden && tally.links == 0 {
                        tools.without_pictures.insert(to.chat, Instant::now());
                    }
                    SearchEvent::AlbumSent(tally)
                }
                Err(error) => SearchEvent::NotSent(error),
            },
        )
    }

    /// The file of Telegram's at `path`, of at most so many bytes.
    fn download(&self, path: &str, most: u64) -> Result<Vec<u8>> {
        self.part.within(MAX_DOWNLOADING);
        self.tools.delivery.download(path, most)
    }

    /// Sends `call`, with the repetitions and short waits of [`Delivery::send`].
    fn send(&self, call: Call) -> Result<Value> {
        self.sent(|delivery| delivery.send(call))
    }

    fn sent(&self, deliver: impl FnOnce(&Delivery) -> Result<Value>) -> Result<Value> {
        self.part.within(MAX_SENDING);
        let sent = deliver(&self.tools.delivery)?;
        if self.tools.outage.job_answered() {
            self.tools.queue.release_away();
        }
        Ok(sent)
    }
}
