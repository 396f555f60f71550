//! What each failure leads to: the one table.
//!
//! | why a search failed | what it leads to |
//! |---|---|
//! | the Space sleeps | "waking up" is said once; the job waits in the waiting room |
//! | the endpoint is busy, or limits how often it is asked | it is asked again after the pause it named (5 s if none), twice at most; a pause over 30 s is not waited for |
//! | the endpoint cannot be reached | it is asked again after 1 s, twice at most |
//! | any other reason, or tried often enough | one sentence for the reason is said, with a button to retry ([`crate::bot::reply::failed`]) |
//!
//! | what Telegram did not take | why | what it leads to |
//! |---|---|---|
//! | "waking up" | any reason | the job waits all the same |
//! | "Searching…" | the chat is closed to the bot, or Telegram named a time | as in the rows below |
//! | "Searching…" | any other reason | the search goes on without it |
//! | the edit of "Searching…" | that message is gone | the same is said in a new message |
//! | anything else | Telegram named a time, less than 2 days | the job is kept and tried again then |
//! | | there is no connection | kept, and tried again after growing pauses |
//! | | Telegram fails, or its answer is lost | kept, and tried again after growing pauses, 8 turns in all |
//! | | the token is refused | kept: the program ends by this, and its next run goes on |
//! | | the chat is closed to the bot | given up; there is nobody to tell |
//! | | any other refusal | given up with an apology |
//! | | any reason, a day after the update | given up as in the two rows above |

use std::time::Duration;

use super::report::Report;
use super::{Now, TurnEnd};
use crate::backoff::Backoff;
use crate::error::{Class, Error, Kind};
use crate::search::{Failure, Reason};
use crate::telegram::refusal;

/// How often a busy endpoint is asked for one query.
const MAX_BUSY_TRIES: u32 = 3;
/// Pause before a busy endpoint is asked again, where it named none.
const BUSY_PAUSE: Duration = Duration::from_secs(5);
const MAX_BUSY_PAUSE: Duration = Duration::from_secs(30);
/// Pause before an endpoint is asked again that could not be reached.
const UNREACHABLE_PAUSE: Duration = Duration::from_secs(1);
/// Pauses while Telegram cannot be talked to.
const TELEGRAM_AWAY: Backoff = Backoff {
    first: Duration::from_secs(5),
    longest: Duration::from_mins(5),
};
/// How many turns a request gets that fails at Telegram's side.
const MAX_TURNS: u32 = 8;
/// Telegram itself forgets messages that were not fetched for this long.
const MAX_AGE: Duration = Duration::from_hours(24);
/// A time that Telegram names and that is longer than this is not waited for.
const MAX_FLOOD_WAIT: Duration = Duration::from_hours(48);

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
            Self::NobodyToAnswer | Self::GiveUp => TurnEnd::GivenUp,
        }
    }

    /// What the log says about it; `error` is why.
    #[must_use]
    pub fn report(self, error: &Error) -> Report {
        let why = error.chain();
        match self {
            Self::TryLater(pause) => Report::Kept { pause, why },
            Self::NobodyToAnswer => Report::NobodyToAnswer(why),
            Self::GiveUp => Report::GivenUp(why),
        }
    }
}

/// What a failed search leads to; `tries` counts those that met a busy or unreachable endpoint, with
/// this one.
#[must_use]
pub fn after_search(failure: &Failure, tries: u32) -> AfterSearch {
    let pause = match failure.reason {
        Reason::SpaceAsleep => return AfterSearch::WaitForWaking(failure.retry_after),
        Reason::SpaceBusy | Reason::RateLimited => failure.retry_after.unwrap_or(BUSY_PAUSE),
        Reason::Unreachable => UNREACHABLE_PAUSE,
        Reason::BadQuery
        | Reason::Forbidden
        | Reason::NotFound
        | Reason::MethodNotAllowed
        | Reason::TooLarge
        | Reason::UnsupportedMedia
        | Reason::NotSupported
        | Reason::SpaceRateLimited
        | Reason::Quota
        | Reason::Timeout
        | Reason::SpaceError
        | Reason::SpaceDown
        | Reason::SpaceAuth
        | Reason::SpaceMismatch
        | Reason::Internal
        | Reason::Garbled => return AfterSearch::Say,
    };
    if tries < MAX_BUSY_TRIES && pause <= MAX_BUSY_PAUSE {
        AfterSearch::AskAgain(pause)
    } else {
        AfterSearch::Say
    }
}

/// What it leads to that Telegram did not take `sending`; `failures` turns of the job ended by
/// such an error, with this one.
#[must_use]
pub fn after_sending(sending: Sending, error: &Error, failures: u32, now: Now) -> AfterSending {
    let refused = Refused::of(error);
    let leave_alone = matches!(error.class(), Class::Retry { after: Some(_) });
    match sending {
        Sending::Waking => AfterSending::GoOn,
        Sending::Acknowledgement if refused != Some(Refused::Bot) && !leave_alone => {
            AfterSending::GoOn
        }
        Sending::Edit if refused == Some(Refused::Request) => AfterSending::SayBelow,
        Sending::Acknowledgement | Sending::Edit | Sending::Album | Sending::Message => {
            AfterSending::EndTurn(ending(error, failures, now))
        }
    }
}

/// How the turn of a job ends that cannot go on without what Telegram did not take; `failures`
/// turns of the job ended by such an error, with this one.
#[must_use]
pub fn ending(error: &Error, failures: u32, now: Now) -> Ending {
    let offline = matches!(error.kind(), Kind::NotSent);
    let (pause, worth_it) = match error.class() {
        Class::Retry { after: Some(after) } => (after, after < MAX_FLOOD_WAIT),
        Class::Retry { after: None } => (
            TELEGRAM_AWAY.delay(failures, now.chance),
            offline || failures < MAX_TURNS,
        ),
        // The program ends by this, and the job goes on when somebody has mended the token.
        Class::Fatal => (TELEGRAM_AWAY.longest, true),
        Class::GiveUp => (Duration::ZERO, false),
    };
    if worth_it && now.age < MAX_AGE {
        Ending::TryLater(pause)
    } else if Refused::of(error) == Some(Refused::Bot) {
        Ending::NobodyToAnswer
    } else {
        Ending::GiveUp
    }
}

/// What Telegram refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refused {
    /// The user or the group does not want the bot.
    Bot,
    /// This request, although the chat takes others: somebody deleted the message.
    Request,
}

impl Refused {
    fn of(error: &Error) -> Option<Self> {
        match refusal(error)?.code {
            403 => Some(Self::Bot),
            400 if error.class() == Class::GiveUp => Some(Self::Request),
            _ => None,
        }
    }
}
