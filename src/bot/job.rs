//! A task on its way to being done, with how far it got.

use std::time::Instant;

use super::activity::Activity;
use super::album::{Album, FileIds};
use super::answer_progress::AnswerProgress;
use super::collecting::Post;
use super::handler::Task;
use super::queue::{Owner, Queued};
use super::reply;
use super::search_job::failures::Tries;
use super::search_job::{self, SearchJob};
use super::texts::Texts;
use crate::telegram::client::set_commands_of;
use crate::telegram::request::{Address, Call, answer_callback_query};

/// Searches of one user that are worked on at the same time, in whatever chats.
const MAX_SEARCHES_PER_USER: usize = 2;
/// Stands for the user of every search that processes may have ended by; nobody's number.
const SUSPECTS: i64 = i64::MIN;

/// Where a job waits its turn. Jobs of one lane are done one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Everything said in a chat.
    Chat(i64),
    /// What is saved and forgotten in a chat that is collected, so that a search need not wait for it.
    Collection(i64),
    /// Something that waits for nobody, by update.
    Alone(i64),
}

/// A task with its progress. Kept whole between turns, so that no step is repeated.
#[derive(Debug)]
pub struct ChatJob {
    /// The update that asked for it.
    pub update: i64,
    /// What is to be done.
    pub work: Work,
    /// When the update arrived.
    pub since: Instant,
    /// Processes ended while it was at work: it is worked on while no other such job is.
    pub is_suspect: bool,
}

/// What is to be done, by kind.
#[derive(Debug)]
pub enum Work {
    /// A text or a button's answer.
    Request {
        /// The one request that it takes.
        call: Call,
        /// How often Telegram could not be talked to.
        tries: Tries,
    },
    /// How the bot is doing, which the endpoint is asked for first.
    Stats {
        /// Where the owner reads it.
        to: Address,
        /// In which words.
        texts: &'static Texts,
    },
    /// A search.
    Search(Box<SearchWork>),
    /// A picture to be saved in silence.
    Collect {
        /// Which.
        post: Box<Post>,
        /// How often the endpoint, or Telegram, failed at that.
        failures: u32,
    },
}

/// A search with what it needs at hand.
#[derive(Debug)]
pub struct SearchWork {
    /// How far it got, and what comes next.
    pub job: SearchJob,
    /// Its pictures, once they were found.
    pub album: Option<Album>,
    /// Keeps "sending a photo…" shown.
    pub activity: Option<Activity>,
}

impl Work {
    /// `call`, which was not tried yet.
    #[must_use]
    pub fn request(call: Call) -> Self {
        Self::Request {
            call,
            tries: Tries::default(),
        }
    }
}

impl ChatJob {
    /// The job for `task`, asked for by update number `update`, `since` then; none for what is done on
    /// arrival (see `intake`).
    #[must_use]
    pub fn new(update: i64, task: Task, since: Instant) -> Option<Self> {
        let work = match task {
            Task::Search(search) => Work::Search(Box::new(SearchWork {
                job: SearchJob::new(search),
                album: None,
                activity: None,
            })),
            Task::Collect(post) => Work::Collect {
                post: Box::new(post),
                failures: 0,
            },
            Task::Say { to, reply } => Work::request(search_job::message(to, &reply)),
            Task::Edit {
                chat,
                message,
                reply,
            } => Work::request(search_job::edit(chat, message, &reply)),
            Task::Acknowledge { callback, words } => {
                Work::request(answer_callback_query(&callback, words))
            }
            Task::Stats { to, texts } => Work::Stats { to, texts },
            Task::OwnersMenu { owner, texts } => {
                Work::request(set_commands_of(owner, &reply::owners_commands(texts)))
            }
            Task::Choose { .. } => return None,
        };
        Some(Self {
            update,
            work,
            since,
            is_suspect: false,
        })
    }

    /// The same job, gone on with where an earlier process stopped.
    #[must_use]
    pub fn resumed(mut self, progress: AnswerProgress, known: &FileIds) -> Self {
        if let Work::Search(work) = &mut self.work {
            work.job.resume(&progress);
            work.album = progress.sent.map(|sent| Album::resumed(sent, known));
        }
        self
    }

    /// The chat that is answered; none for a button's answer.
    #[must_use]
    pub fn chat(&self) -> Option<i64> {
        match &self.work {
            Work::Search(work) => Some(work.job.search.to.chat),
            Work::Stats { to, .. } => Some(to.chat),
            Work::Collect { post, .. } => Some(post.chat),
            Work::Request { call, .. } => call.chat(),
        }
    }
}

impl Queued for ChatJob {
    type Lane = Lane;

    fn lane(&self) -> Lane {
        match &self.work {
            Work::Collect { post, .. } => Lane::Collection(post.chat),
            Work::Search(work) if work.job.search.forgets_collected() => {
                Lane::Collection(work.job.search.to.chat)
            }
            _ => self.chat().map_or(Lane::Alone(self.update), Lane::Chat),
        }
    }

    fn owner(&self) -> Option<Owner> {
        let (who, at_once) = match &self.work {
            Work::Search(_) if self.is_suspect => (SUSPECTS, 1),
            Work::Search(work) => (work.job.search.asker, MAX_SEARCHES_PER_USER),
            Work::Request { .. } | Work::Stats { .. } | Work::Collect { .. } => return None,
        };
        Some(Owner { who, at_once })
    }

    fn number(&self) -> i64 {
        self.update
    }
}
