//! A task on its way to being done, with how far it got.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::album::{Album, FileIds, Sent};
use super::handler::{Search, Task};
use super::queue::Queued;

/// Where a job waits its turn. Jobs of one lane are done one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Everything said in a chat.
    Chat(i64),
    /// Something that waits for nobody, by update.
    Alone(i64),
}

/// A task with its progress. Kept whole between attempts, so that no step is repeated.
#[derive(Debug)]
pub struct Job {
    /// The update that asked for it.
    pub update: i64,
    /// What is to be done.
    pub work: Work,
    /// When the update arrived.
    pub since: Instant,
    /// How often Telegram could not be talked to.
    pub attempts: u32,
}

/// What is to be done, by kind.
#[derive(Debug)]
pub enum Work {
    /// A text or a button's answer: one request.
    Simple(Task),
    /// A search.
    Search(Box<SearchWork>),
}

/// A search and how far it got.
#[derive(Debug)]
pub struct SearchWork {
    /// What is searched, where, in which language.
    pub search: Search,
    /// The "Searching…" message.
    pub acknowledgement: Acknowledgement,
    /// How often the endpoint was too busy.
    pub busy: u32,
    /// Keeps "sending a photo…" shown.
    pub activity: Option<Activity>,
    /// When the endpoint was first found asleep.
    pub asleep_since: Option<Instant>,
    /// What comes after the search.
    pub outcome: Outcome,
}

/// The "Searching…" message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acknowledgement {
    /// To be sent.
    Due,
    /// Sent, with this number.
    Sent(i64),
    /// Could not be sent; the search went on without it.
    Missing,
}

impl Acknowledgement {
    /// Its number, where it was sent.
    #[must_use]
    pub fn message(self) -> Option<i64> {
        match self {
            Self::Sent(id) => Some(id),
            Self::Due | Self::Missing => None,
        }
    }
}

/// How far the search itself is.
#[derive(Debug)]
pub enum Outcome {
    /// Not yet answered.
    Open,
    /// Answered: these pictures are to be sent.
    Found(Album),
    /// Over: this is to be said, instead of "Searching…" or below.
    Over(super::reply::Reply),
}

/// What is remembered of a job over a restart, so that nothing is said or sent twice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Number of the "Searching…" message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<i64>,
    /// What went out of the album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

impl Progress {
    /// As the inbox keeps it.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Numbers and texts are JSON: this cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// From what the inbox kept; nothing is known where that cannot be read.
    #[must_use]
    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
}

impl Job {
    /// The job for `task`, asked for by update number `update`, `since` then.
    #[must_use]
    pub fn new(update: i64, task: Task, since: Instant) -> Self {
        let work = match task {
            Task::Search(search) => Work::Search(Box::new(SearchWork {
                search,
                acknowledgement: Acknowledgement::Due,
                busy: 0,
                activity: None,
                asleep_since: None,
                outcome: Outcome::Open,
            })),
            simple => Work::Simple(simple),
        };
        Self {
            update,
            work,
            since,
            attempts: 0,
        }
    }

    /// The same job, gone on with where an earlier process stopped.
    #[must_use]
    pub fn resumed(mut self, progress: Progress, known: &FileIds) -> Self {
        if let Work::Search(work) = &mut self.work {
            if let Some(message) = progress.message {
                work.acknowledgement = Acknowledgement::Sent(message);
            }
            if let Some(sent) = progress.sent {
                work.outcome = Outcome::Found(Album::resumed(sent, known));
            }
        }
        self
    }
}

impl Queued for Job {
    type Lane = Lane;

    fn lane(&self) -> Lane {
        match &self.work {
            Work::Search(work) => Lane::Chat(work.search.to.chat),
            Work::Simple(Task::Say { to, .. }) => Lane::Chat(to.chat),
            Work::Simple(_) => Lane::Alone(self.update),
        }
    }

    fn owner(&self) -> Option<i64> {
        match &self.work {
            Work::Search(work) => Some(work.search.asker),
            Work::Simple(_) => None,
        }
    }

    fn number(&self) -> i64 {
        self.update
    }
}
