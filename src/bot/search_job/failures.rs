//! What each failure leads to: the one table.
//!
//! | why a search failed | what it leads to |
//! |---|---|
//! | the Space sleeps | "waking up" is said once; the job waits in the waiting room |
//! | the endpoint is busy, or limits how often it is asked | it is asked again after the pause it named (5 s if none), twice at most; a pause over 30 s is not waited for |
//! | the endpoint breaks off, or answers with a status that is no word of its own | it is asked again after a second, or the pause it named, twice at most |
//! | the endpoint cannot be reached | it is asked again every second, later every three, for 30 s |
//! | it is away, or not ready, when a picture is to be saved | the user is told once; it is asked again every few seconds, for a day |
//! | any other reason, or tried often enough | one sentence for the reason is said, with a button to retry ([`crate::bot::reply::failed`]) |
//!
//! | what Telegram did not take | why | what it leads to |
//! |---|---|---|
//! | "waking up" | any reason | the job waits all the same |
//! | "Searching…" | the chat is closed to the bot, or Telegram named a time | as in the rows below |
//! | "Searching…" | any other reason | the search goes on without it |
//! | the edit of "Searching…" | that message is gone | the same is said in a new message |
//! | anything else | Telegram named a time, less than 2 days | the job is kept and tried again then |
//! | | there is no connection, or Telegram fails | kept, and tried again after growing pauses, or once Telegram answers somebody |
//! | | its answer is lost, so that it may have arrived | the same; 8 turns in all, those aside in which polls were not answered either |
//! | | the token is refused | kept: the program ends by this, and its next run goes on |
//! | | the chat is closed to the bot | given up; there is nobody to tell |
//! | | any other refusal | given up with an apology |
//! | | any reason, a day after the update | given up as in the two rows above |

use std::time::Duration;

use super::report::Report;
use super::{Now, TurnEnd};
use crate::backoff::Backoff;
use crate::error::{Class, Error};
use crate::search::{Failure, Reason};
use crate::telegram::delivery::may_have_arrived;
use crate::telegram::refusal;

/// How often a busy endpoint is asked for one query.
const MAX_BUSY_TRIES: u32 = 3;
/// Pause before a busy endpoint is asked again, where it named none.
const BUSY_PAUSE: Duration = Duration::from_secs(5);
const MAX_BUSY_PAUSE: Duration = Duration::from_secs(30);
/// Pause before a picture is saved that could not be saved yet.
const SAVING_PAUSE: Duration = Duration::from_secs(5);
/// How long an endpoint is waited for that cannot be reached: it may be starting anew.
const UNREACHABLE: Duration = Duration::from_secs(30);
/// Pauses meanwhile, at first and from [`EARLY`] on.
const UNREACHABLE_PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];
const EARLY: Duration = Duration::from_secs(6);
/// Pauses while polls are not answered either: the first that is wakes everybody.
const TELEGRAM_AWAY: Backoff = Backoff {
    first: Duration::from_secs(5),
    longest: Duration::from_mins(1),
};
/// Pauses while they are: nobody but the job itself finds out when it can go on.
const SENDING_FAILS: Backoff = Backoff {
    first: Duration::from_secs(5),
    longest: Duration::from_secs(8),
};
/// The same, where it may have arrived each time.
const ANSWERS_LOST: Backoff = Backoff {
    first: Duration::from_secs(5),
    longest: Duration::from_mins(5),
};
/// After so many turns in which nothing could be sent the user is told that the pictures are kept.
const TOLD: u32 = 2;
/// How many turns a request gets that may have arrived each time.
const MAX_TURNS: u32 = 8;
/// Telegram itself forgets messages that were not fetched for this long.
const MAX_AGE: Duration = Duration::from_hours(24);
/// A time that Telegram names and that is longer than this is not waited for.
const MAX_FLOOD_WAIT: Duration = Duration::from_hours(48);

/// How often Telegram could not be talked to for a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Turns that ended so.
    pub failures: u32,
    /// Those of them that may have arrived.
    pub lost: u32,
}

impl Tries {
    /// The same with a turn that ended by `error`.
    #[must_use]
    pub fn with(self, error: &Error, now: Now) -> Self {
        let lost = may_have_arrived(error) && !now.polls_fail;
        Self {
            failures: self.failures + 1,
            lost: self.lost + u32::from(lost),
        }
    }
}

/// What a failed search leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterSearch {
    /// The job waits until the endpoint wakes up, which asked to be left alone for that long.
    WaitForWaking(Option<Duration>),
    /// The endpoint is asked again after this pause.
    AskAgain(Duration),
    /// The failure is said.
    Say,
}

/// What Telegram did not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// "Searching…".
    Acknowledgement,
    /// "Waking up".
    Waking,
    /// The pictures.
    Album,
    /// The edit that turns "Searching…" into what is said last.
    Edit,
    /// A message that is all or the last of an answer.
    Message,
}

/// What a failure to send leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterSending {
    /// The job goes on as if it had been sent.
    GoOn,
    /// The same is said in a new message.
    SayBelow,
    /// The turn is over.
    EndTurn(Ending),
}

/// How a failure to send ends a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The job is kept and tried again after this pause.
    TryLater(Duration),
    /// The job is kept and tried again once Telegram answers somebody, or after this pause.
    TryWhenBack(Duration),
    /// The job is given up: the chat is closed to the bot.
    NobodyToAnswer,
    /// The job is given up with an apology.
    GiveUp,
}

impl Ending {
    /// What becomes of the job.
    #[must_use]
    pub fn turn_end(self) -> TurnEnd {
        match self {
            Self::TryLater(pause) => TurnEnd::Later(pause),
            Self::TryWhenBack(pause) => TurnEnd::Away(pause),
            Self::NobodyToAnswer | Self::GiveUp => TurnEnd::GivenUp,
        }
    }

    /// What the log says about it; `error` is why.
    #[must_use]
    pub fn report(self, error: &Error) -> Report {
        let why = error.chain();
        match self {
            Self::TryLater(pause) | Self::TryWhenBack(pause) => Report::Kept { pause, why },
            Self::NobodyToAnswer => Report::NobodyToAnswer(why),
            Self::GiveUp => Report::GivenUp(why),
        }
    }
}

/// What a failed search leads to; `tries` counts those that met a busy endpoint, with this one. The
/// endpoint could not be reached for `away`.
#[must_use]
pub fn after_search(failure: &Failure, tries: u32, away: Duration) -> AfterSearch {
    let pause = match (failure.reason, failure.retry_after) {
        (Reason::SpaceAsleep, pause) => return AfterSearch::WaitForWaking(pause),
        (Reason::SpaceBusy | Reason::RateLimited, pause) => pause.unwrap_or(BUSY_PAUSE),
        (Reason::Unreachable, Some(pause)) => pause,
        (Reason::Unreachable, None) if away < UNREACHABLE => {
            let [early, late] = UNREACHABLE_PAUSES;
            return AfterSearch::AskAgain(if away < EARLY { early } else { late });
        }
        (
            Reason::BadQuery
            | Reason::Forbidden
            | Reason::NotFound
            | Reason::MethodNotAllowed
            | Reason::Misdirected
            | Reason::TooLarge
            | Reason::UnsupportedMedia
            | Reason::NotSupported
            | Reason::SpaceRateLimited
            | Reason::Quota
            | Reason::CollectionFull
            | Reason::DiskFull
            | Reason::Timeout
            | Reason::SpaceError
            | Reason::SpaceDown
            | Reason::SpaceAuth
            | Reason::SpaceMismatch
            | Reason::NotReady
            | Reason::Internal
            | Reason::Unreachable
            | Reason::Garbled,
            _,
        ) => return AfterSearch::Say,
    };
    if tries < MAX_BUSY_TRIES && pause <= MAX_BUSY_PAUSE {
        AfterSearch::AskAgain(pause)
    } else {
        AfterSearch::Say
    }
}

/// When the endpoint is asked again that did not save, `tries` times with this one; none where it would
/// refuse again. While it is away nobody in that chat is kept from anything by the wait.
#[must_use]
pub fn after_saving(failure: &Failure, tries: u32) -> Option<Duration> {
    let passes = match failure.reason {
        Reason::Unreachable | Reason::NotReady | Reason::DiskFull => true,
        Reason::RateLimited
        | Reason::Timeout
        | Reason::Internal
        | Reason::Garbled
        | Reason::SpaceAsleep
        | Reason::SpaceBusy => tries < MAX_BUSY_TRIES,
        _ => false,
    };
    passes.then(|| {
        failure
            .retry_after
            .unwrap_or(SAVING_PAUSE)
            .clamp(SAVING_PAUSE, MAX_BUSY_PAUSE)
    })
}

/// What it leads to that Telegram did not take `sending`; `tries` counts this one, too.
#[must_use]
pub fn after_sending(sending: Sending, error: &Error, tries: Tries, now: Now) -> AfterSending {
    let refused = Refused::of(error);
    let leave_alone = matches!(error.class(), Class::Retry { after: Some(_) });
    match sending {
        Sending::Waking => AfterSending::GoOn,
        Sending::Acknowledgement if refused != Some(Refused::Bot) && !leave_alone => {
            AfterSending::GoOn
        }
        Sending::Edit if refused == Some(Refused::Request) => AfterSending::SayBelow,
        Sending::Acknowledgement | Sending::Edit | Sending::Album | Sending::Message => {
            AfterSending::EndTurn(ending(error, tries, now))
        }
    }
}

/// Whether the user is told now that the pictures are kept.
#[must_use]
pub fn is_told(tries: Tries, now: Now) -> bool {
    tries.failures == TOLD && !now.polls_fail
}

/// How the turn of a job ends that cannot go on without what Telegram did not take; `tries` counts this
/// one, too.
#[must_use]
pub fn ending(error: &Error, tries: Tries, now: Now) -> Ending {
    let (kept, worth_it) = match error.class() {
        Class::Retry { after: Some(after) } => (Ending::TryLater(after), after < MAX_FLOOD_WAIT),
        Class::Retry { after: None } => {
            let pauses = match (now.polls_fail, may_have_arrived(error)) {
                (true, _) => TELEGRAM_AWAY,
                (false, false) => SENDING_FAILS,
                (false, true) => ANSWERS_LOST,
            };
            let pause = pauses.delay(tries.failures, now.chance);
            (Ending::TryWhenBack(pause), tries.lost < MAX_TURNS)
        }
        // The program ends by this, and the job goes on when somebody has mended the token.
        Class::Fatal => (Ending::TryLater(TELEGRAM_AWAY.longest), true),
        Class::GiveUp => (Ending::GiveUp, false),
    };
    if worth_it && now.age < MAX_AGE {
        kept
    } else if Refused::of(error) == Some(Refused::Bot) {
        Ending::NobodyToAnswer
    } else {
        Ending::GiveUp
    }
}

/// What Telegram refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// The user, the group or its topic takes nothing from the bot.
    Bot,
    /// This request, although the chat takes others: somebody deleted the message.
    Request,
}

impl Refused {
    fn of(error: &Error) -> Option<Self> {
        let refusal = refusal(error)?;
        match refusal.code {
            _ if refusal.is_of_chat() => Some(Self::Bot),
            400 | 403 if error.class() == Class::GiveUp => Some(Self::Request),
            _ => None,
        }
    }
}
