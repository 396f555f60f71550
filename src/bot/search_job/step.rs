//! What goes into a step of a search, and what comes out of it.

use std::time::Duration;

use super::report::Report;
use crate::bot::answer_progress::AnswerProgress;
use crate::bot::reply::{Reply, Tally};
use crate::error::Error;
use crate::search::{Failure, Hit, Page};
use crate::telegram::request::Call;

/// What happened.
#[derive(Debug)]
pub enum SearchEvent {
    /// The job's turn began.
    TurnBegan,
    /// Telegram took the message, which has this number if it named one.
    Sent(Option<i64>),
    /// Telegram did not take the message or the album.
    NotSent(Error),
    /// Whether the chat's earlier searches are out of the way.
    Order(Order),
    /// The endpoint answered.
    Found(Page),
    /// The picture may not go to the endpoint before who sent it has agreed.
    AgreementNeeded,
    /// There is nothing to do before the search.
    NothingBefore,
    /// What was asked for before the search was all: this is said of it, in place of the message with
    /// that number where there is one.
    Done(Reply, Option<i64>),
    /// The same, without a word.
    DoneInSilence,
    /// The search failed.
    SearchFailed(Failure),
    /// Every picture of the album arrived in one form or another.
    AlbumSent(Tally),
}

/// Where a search stands among those of its chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// It is the chat's next one.
    Next,
    /// An earlier one waits for the endpoint to wake up.
    BehindSleeper,
    /// An earlier one came back to the queue since this turn began.
    AheadOfItsTurn,
    /// The chat took no pictures a moment ago, and could be given no links to them.
    TakesNoPictures,
}

/// The time and the chance that a step depends on.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// How long ago the update arrived.
    pub age: Duration,
    /// A random number from 0 to 1, for the jitter of pauses.
    pub chance: f64,
    /// Telegram did not answer the last poll.
    pub polls_fail: bool,
}

/// What is to be done after an event: the effects in their order, then the rest.
#[derive(Debug, PartialEq)]
pub struct Orders {
    /// Done one after the other; none of them has a result.
    pub effects: Vec<Effect>,
    /// Its result is the next event.
    pub then: Then,
}

/// Something to be done whose result does not matter.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Keep this in the inbox, without waiting for the disk.
    Keep(AnswerProgress),
    /// Show "sending a photo…" in the chat, unless it is shown already.
    ShowActivity,
    /// Show it no longer.
    HideActivity,
    /// Make an album of these pictures.
    MakeAlbum(Vec<Hit>),
    /// Note that the endpoint was found asleep; it asked to be left alone for that long.
    EndpointAsleep(Option<Duration>),
    /// Write a line into the log.
    Log(Report),
    /// Say something if that can be said at once.
    Apologise(Call),
}

/// Something to be done whose result is the next event.
#[derive(Debug, PartialEq)]
pub enum Then {
    /// Send to Telegram: [`SearchEvent::Sent`] or [`SearchEvent::NotSent`].
    Send(Call),
    /// Do what is asked for before the search: [`SearchEvent::NothingBefore`], [`SearchEvent::Done`],
    /// [`SearchEvent::DoneInSilence`] or [`SearchEvent::SearchFailed`].
    Fulfil,
    /// Look for earlier searches of the chat: [`SearchEvent::Order`].
    CheckOrder,
    /// Ask the endpoint: [`SearchEvent::Found`] or [`SearchEvent::SearchFailed`].
    Search,
    /// Send what was not sent of the album: [`SearchEvent::AlbumSent`] or
    /// [`SearchEvent::NotSent`].
    SendAlbum,
    /// The turn is over; [`SearchEvent::TurnBegan`] follows if the job is put back.
    End(TurnEnd),
}

/// How a job's turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnEnd {
    /// The user has an answer.
    Answered,
    /// Over, without an answer.
    GivenUp,
    /// To be put back, and not to start again before this time is over.
    Later(Duration),
    /// To be put back until Telegram, which cannot be talked to, answers somebody, or until this time
    /// is over.
    Away(Duration),
    /// To wait until the endpoint wakes up; it asked to be left alone for that long.
    Asleep(Option<Duration>),
    /// An event came that cannot come: a fault of this program.
    Fault,
}

impl Orders {
    pub(super) fn only(then: Then) -> Self {
        Self::after([], then)
    }

    pub(super) fn after(effects: impl Into<Vec<Effect>>, then: Then) -> Self {
        Self {
            effects: effects.into(),
            then,
        }
    }
}
