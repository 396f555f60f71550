//! What the log says of a job.

use std::time::Duration;

use crate::backoff;
use crate::bot::reply::Tally;
use crate::log::events;
use crate::search::Failure;

/// A line of the log about one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// The search went on without "Searching…", and why.
    SearchesWithoutAWord(String),
    /// The search waits without "waking up", and why.
    WaitsWithoutAWord(String),
    /// The endpoint did not answer the search.
    SearchFailed(Failure),
    /// All pictures arrived, `took` after the update did.
    AlbumSent {
        /// In which form.
        tally: Tally,
        /// How long after the update.
        took: Duration,
    },
    /// The job is tried again after the pause.
    Kept {
        /// How long it is left.
        pause: Duration,
        /// What failed.
        why: String,
    },
    /// The job is given up: the chat is closed to the bot.
    NobodyToAnswer(String),
    /// The job is given up, and why.
    GivenUp(String),
    /// The job is given up: it waited for the endpoint as long as it may.
    DidNotWakeUp,
    /// The job is given up: so many processes ended while it was at work.
    SetAside(u32),
    /// The job is given up: this program failed.
    Fault,
}

impl Report {
    /// Writes the line, for `update`; `chat` is where its answer goes.
    pub fn log(&self, update: i64, chat: Option<i64>) {
        match self {
            Self::SearchesWithoutAWord(why) => {
                tracing::warn!("update {update}: cannot say “Searching…”, searching anyway: {why}");
            }
            Self::WaitsWithoutAWord(why) => {
                tracing::warn!(
                    "update {update}: cannot say that the search wakes up, waiting anyway: {why}"
                );
            }
            Self::SearchFailed(failure) => tracing::warn!(
                clip_update_id = update,
                clip_chat = chat,
                clip_failure = failure.reason.code(),
                "update {update}: the search failed: {failure}"
            ),
            Self::AlbumSent { tally, took } => log_album(update, chat, *tally, *took),
            Self::Kept { pause, why } => {
                let pause = backoff::in_words(*pause);
                tracing::warn!("update {update}: kept, next try in {pause}: {why}");
            }
            Self::NobodyToAnswer(why) => {
                tracing::info!("update {update}: nobody to answer: {why}");
            }
            Self::GivenUp(why) => log_failure(update, &format!("given up: {why}")),
            Self::SetAside(deaths) => log_failure(
                update,
                &format!("set aside: the program ended {deaths} times while it was at work"),
            ),
            Self::Fault => log_failure(update, "a fault of ours, please report it"),
            Self::DidNotWakeUp => tracing::warn!(
                message_id = events::UPDATE_FAILED,
                clip_update_id = update,
                "update {update}: the endpoint did not wake up"
            ),
        }
    }
}

fn log_album(update: i64, chat: Option<i64>, tally: Tally, took: Duration) {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        clip_update_id = update,
        clip_chat = chat,
        clip_results = tally.pictures + tally.links,
        clip_millis = millis,
        "update {update}: {} pictures and {} links sent in {millis} ms, {} left out",
        tally.pictures,
        tally.links,
        tally.withheld,
    );
}

fn log_failure(update: i64, what: &str) {
    tracing::error!(
        message_id = events::UPDATE_FAILED,
        clip_update_id = update,
        "update {update}: {what}"
    );
}
