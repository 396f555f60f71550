//! One search from "Searching…" to its summary, as a pure state machine: an event in; effects,
//! the next call and the next state out. The clock, chance and everything outside come in as
//! arguments; [`super::worker`] does what is asked for here and returns with the result.
//!
//! A search goes: acknowledge, search, send the pictures, turn the acknowledgement into a summary.
//! A turn is one attempt at that. A job whose turn ended early (flood limits, no network, endpoint
//! asleep) goes on in its next turn where it stopped. What each failure leads to is the table in
//! [`failures`].

pub mod failures;
pub mod report;
mod step;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use super::answer_progress::AnswerProgress;
use super::reply::{self, Reply, Shown, Tally};
use super::saving::Wish;
use super::wanted::Search;
use crate::error::Error;
use crate::search::{Failure, Page, Reason};
use crate::telegram::request::{Address, Call, edit_message_text, send_message, without_buttons};
use crate::telegram::types::SentPicture;
use failures::{AfterSearch, AfterSending, Ending, Sending, Tries};
use report::Report;
pub use step::{Effect, Now, Order, Orders, SearchEvent, Then, TurnEnd};

/// A search, how far it got, and what it waits for.
#[derive(Debug)]
pub struct SearchJob {
    /// What is searched, where, in which language.
    pub search: Search,
    /// The pictures that were sent, in their order.
    pub shown: Vec<Shown>,
    /// When the waiting room first took the job in, because the endpoint was asleep.
    pub asleep_since: Option<Instant>,
    /// Where the next page begins, once the endpoint answered.
    next_offset: Option<usize>,
    acknowledgement: Acknowledgement,
    phase: Phase,
    awaits: Awaits,
    /// How often the endpoint was too busy.
    times_busy: u32,
    /// How old the update was when the endpoint could not be reached at first.
    unreachable_from: Option<Duration>,
    /// How often Telegram could not be talked to.
    tries: Tries,
    /// The user was told that a picture waits for the endpoint.
    is_told: bool,
}

/// The "Searching…" message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Acknowledgement {
    /// To be sent.
    Due,
    /// Sent, with this number.
    Sent(i64),
    /// Could not be sent; the search went on without it.
    Missing,
}

impl Acknowledgement {
    /// Its number, where it was sent.
    fn message(self) -> Option<i64> {
        match self {
            Self::Sent(id) => Some(id),
            Self::Due | Self::Missing => None,
        }
    }
}

/// How far the search itself is. Outlives a turn.
#[derive(Debug, PartialEq)]
enum Phase {
    /// Not yet answered.
    Open,
    /// Answered: the pictures of the album are to be sent, which were taken out of this page.
    Found(Page),
    /// Over: this is to be said, instead of "Searching…" or below.
    Over(Reply),
}

/// Which event comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Awaits {
    /// [`SearchEvent::TurnBegan`].
    Turn,
    /// What came of what is asked for before the search.
    Wish,
    /// The fate of "Searching…".
    Acknowledgement,
    /// [`SearchEvent::Order`].
    Order,
    /// [`SearchEvent::Found`] or [`SearchEvent::SearchFailed`].
    Answer,
    /// The fate of "waking up"; the endpoint asked to be left alone for that long.
    Waking(Option<Duration>),
    /// [`SearchEvent::AlbumSent`] or [`SearchEvent::NotSent`].
    Album,
    /// The fate of the edit that turns "Searching…" into what is said last.
    Edit,
    /// The fate of the message that says it below.
    Message,
}

impl SearchJob {
    /// A search of which nothing was said or done yet.
    #[must_use]
    pub fn new(search: Search) -> Self {
        let acknowledgement = if search.wish.is_none() && search.is_quiet() {
            Acknowledgement::Missing
        } else {
            Acknowledgement::Due
        };
        Self {
            search,
            shown: Vec::new(),
            asleep_since: None,
            next_offset: None,
            acknowledgement,
            phase: Phase::Open,
            awaits: Awaits::Turn,
            times_busy: 0,
            unreachable_from: None,
            tries: Tries::default(),
            is_told: false,
        }
    }

    /// Goes on from what an earlier process kept.
    pub fn resume(&mut self, progress: &AnswerProgress) {
        if let Some(message) = progress.message {
            self.acknowledgement = Acknowledgement::Sent(message);
        }
        if let Some(file_id) = progress.picture.clone().filter(|_| self.search.is_found) {
            let picture = SentPicture {
                file_id,
                ..SentPicture::default()
            };
            self.search.picture.get_or_insert(picture);
        }
        if progress.sent.is_some() {
            self.phase = Phase::Found(Page::default());
            self.next_offset = progress.next;
        }
    }

    /// Number of the "Searching…" message, where it was sent.
    #[must_use]
    pub fn message(&self) -> Option<i64> {
        self.acknowledgement.message()
    }

    /// Where the next page begins, once the endpoint answered.
    #[must_use]
    pub fn next_offset(&self) -> Option<usize> {
        self.next_offset
    }

    /// The endpoint did not wake up in time: the next turn says so.
    pub fn wait_no_longer(&mut self) {
        let said = reply::still_asleep(&self.search);
        self.phase = Phase::Over(said);
    }

    /// Nobody expects an answer any more: the next turn replaces "Searching…".
    pub fn expire(&mut self) {
        self.phase = Phase::Over(reply::internal(&self.search));
    }

    /// Process after process ended by this search: the next turn says so.
    pub fn set_aside(&mut self) {
        self.phase = Phase::Over(reply::set_aside(&self.search));
    }

    /// Says that something went wrong.
    #[must_use]
    pub fn apology(&self) -> Call {
        self.instead(&reply::internal(&self.search))
    }

    /// Takes an event; returns what is to be done about it.
    pub fn step(&mut self, event: SearchEvent, now: Now) -> Orders {
        match (self.awaits, event) {
            // Also after a turn that broke off without an end.
            (_, SearchEvent::TurnBegan) => self.begin(),
            (Awaits::Acknowledgement, SearchEvent::Sent(message)) => {
                // An edited message keeps its number.
                self.go_on(self.search.edit.or(message))
            }
            (Awaits::Waking(pause), SearchEvent::Sent(message)) => self.told_waking(message, pause),
            (Awaits::Edit | Awaits::Message, SearchEvent::Sent(_)) => self.end(TurnEnd::Answered),
            (Awaits::Acknowledgement, SearchEvent::NotSent(error)) => {
                self.not_sent(Sending::Acknowledgement, &error, now)
            }
            (Awaits::Waking(_), SearchEvent::NotSent(error)) => {
                self.not_sent(Sending::Waking, &error, now)
            }
            (Awaits::Album, SearchEvent::NotSent(error)) => {
                self.not_sent(Sending::Album, &error, now)
            }
            (Awaits::Edit, SearchEvent::NotSent(error)) => {
                self.not_sent(Sending::Edit, &error, now)
            }
            (Awaits::Message, SearchEvent::NotSent(error)) => {
                self.not_sent(Sending::Message, &error, now)
            }
            (Awaits::Wish, SearchEvent::NothingBefore) => {
                self.search.wish = None;
                if self.search.is_quiet() {
                    self.acknowledgement = Acknowledgement::Missing;
                }
                self.begin()
            }
            (Awaits::Wish, SearchEvent::Done(said, message)) => {
                self.acknowledgement =
                    message.map_or(Acknowledgement::Missing, Acknowledgement::Sent);
                self.phase = Phase::Over(said);
                self.next(Vec::new())
            }
            (Awaits::Wish, SearchEvent::DoneInSilence) => self.end(TurnEnd::Answered),
            (Awaits::Wish, SearchEvent::SearchFailed(failure)) => self.not_saved(failure),
            (Awaits::Order, SearchEvent::Order(order)) => self.ordered(order),
            (Awaits::Answer, SearchEvent::Found(page)) => self.found(page),
            (Awaits::Answer, SearchEvent::SearchFailed(failure)) => {
                self.search_failed(failure, now)
            }
            (Awaits::Answer, SearchEvent::AgreementNeeded) => {
                self.phase = Phase::Over(reply::agree(&self.search));
                self.next(Vec::new())
            }
            (Awaits::Album, SearchEvent::AlbumSent(tally)) => self.album_sent(tally, now),
            _ => self.end(TurnEnd::Fault),
        }
    }

    fn begin(&mut self) -> Orders {
        if self.search.wish.is_some() && self.phase == Phase::Open {
            self.awaits = Awaits::Wish;
            return Orders::only(Then::Fulfil);
        }
        if self.acknowledgement != Acknowledgement::Due {
            return self.next(Vec::new());
        }
        let said = reply::searching(&self.search);
        self.awaits = Awaits::Acknowledgement;
        Orders::only(Then::Send(match self.search.edit {
            Some(id) => edit(self.search.to.chat, id, &said),
            None => message(self.search.to, &said),
        }))
    }

    /// "Searching…" was said by the message of that number, or could not be said.
    fn go_on(&mut self, message: Option<i64>) -> Orders {
        let kept = self.acknowledged(message);
        self.next(kept.into_iter().collect())
    }

    /// Notes the message that is to become the summary.
    fn acknowledged(&mut self, message: Option<i64>) -> Option<Effect> {
        let Some(id) = message else {
            self.acknowledgement = Acknowledgement::Missing;
            return None;
        };
        self.acknowledgement = Acknowledgement::Sent(id);
        let picture = self.search.picture.as_ref();
        let picture = picture.filter(|_| self.search.is_found);
        Some(Effect::Keep(AnswerProgress {
            message: Some(id),
            picture: picture.map(|picture| picture.file_id.clone()),
            ..AnswerProgress::default()
        }))
    }

    /// After `effects`: what comes next by the phase.
    fn next(&mut self, mut effects: Vec<Effect>) -> Orders {
        let then = match &self.phase {
            Phase::Open => {
                effects.push(Effect::ShowActivity);
                self.awaits = Awaits::Order;
                Then::CheckOrder
            }
            Phase::Found(_) => {
                effects.push(Effect::ShowActivity);
                self.awaits = Awaits::Album;
                Then::SendAlbum
            }
            Phase::Over(said) => {
                effects.push(Effect::HideActivity);
                self.awaits = match self.acknowledgement {
                    Acknowledgement::Sent(_) => Awaits::Edit,
                    Acknowledgement::Due | Acknowledgement::Missing => Awaits::Message,
                };
                Then::Send(self.instead(said))
            }
        };
        Orders { effects, then }
    }

    fn ordered(&mut self, order: Order) -> Orders {
        match order {
            // Somebody took it away.
            Order::Next if self.search.is_found && self.search.picture.is_none() => {
                self.phase = Phase::Over(reply::expired(self.search.texts));
                self.next(Vec::new())
            }
            Order::Next => {
                self.awaits = Awaits::Answer;
                Orders::only(Then::Search)
            }
            Order::BehindSleeper => self.wait_for_waking(Vec::new(), None),
            Order::TakesNoPictures => {
                self.phase = Phase::Over(reply::takes_no_pictures(&self.search));
                self.next(Vec::new())
            }
            Order::AheadOfItsTurn => self.end(TurnEnd::Later(Duration::ZERO)),
        }
    }

    fn found(&mut self, mut page: Page) -> Orders {
        // From now on the new message has the button.
        let pressed = self.search.pressed.take();
        let unbutton = |id| Effect::Apologise(without_buttons(self.search.to.chat, id));
        let mut effects: Vec<Effect> = pressed.map(unbutton).into_iter().collect();
        if page.hits.is_empty() {
            let said = match self.search.offset {
                0 => reply::nothing(&self.search).with_remark(self.search.texts, page.remark),
                _ => reply::that_was_all(&self.search),
            };
            self.phase = Phase::Over(said.with_aside(&self.search, &page));
            return self.next(effects);
        }
        self.next_offset = page.next_offset.filter(|next| *next > self.search.offset);
        effects.push(Effect::MakeAlbum(std::mem::take(&mut page.hits)));
        self.phase = Phase::Found(page);
        self.next(effects)
    }

    fn search_failed(&mut self, failure: Failure, now: Now) -> Orders {
        let is_unreachable = failure.reason == Reason::Unreachable && failure.retry_after.is_none();
        if !is_unreachable {
            self.unreachable_from = None;
        }
        let first = *self.unreachable_from.get_or_insert(now.age);
        let away = now.age.saturating_sub(first);
        let after = failures::after_search(&failure, self.times_busy + 1, away);
        let said = reply::failed(&self.search, &failure);
        let mut effects = vec![Effect::Log(Report::SearchFailed(failure))];
        match after {
            AfterSearch::WaitForWaking(pause) => {
                effects.push(Effect::EndpointAsleep(pause));
                self.wait_for_waking(effects, pause)
            }
            AfterSearch::AskAgain(pause) => {
                if !is_unreachable {
                    self.times_busy += 1;
                } else if away > Duration::ZERO {
                    // Said before.
                    effects.clear();
                }
                self.end_after(effects, TurnEnd::Later(pause))
            }
            AfterSearch::Say => {
                self.phase = Phase::Over(said);
                self.next(effects)
            }
        }
    }

    /// The endpoint did not save or forget: where it will, later, the job waits for that.
    fn not_saved(&mut self, failure: Failure) -> Orders {
        self.times_busy += 1;
        let is_waited_for = !matches!(self.search.wish.as_deref(), Some(Wish::Collect(_)));
        let pause = failures::after_saving(&failure, self.times_busy).filter(|_| is_waited_for);
        let said = reply::not_saved(&self.search, &failure);
        let mut effects = vec![Effect::Log(Report::SearchFailed(failure))];
        let Some(pause) = pause else {
            self.phase = Phase::Over(said);
            return self.next(effects);
        };
        if self.is_told {
            // Said before.
            effects.clear();
        } else {
            let waits = reply::save_waits(self.search.texts);
            effects.push(Effect::Apologise(message(self.search.to, &waits)));
            self.is_told = true;
        }
        self.end_after(effects, TurnEnd::Later(pause))
    }

    /// Says "waking up", unless the job waited before and so did that.
    fn wait_for_waking(&mut self, effects: Vec<Effect>, pause: Option<Duration>) -> Orders {
        if self.asleep_since.is_some() {
            return self.end_after(effects, TurnEnd::Asleep(pause));
        }
        self.awaits = Awaits::Waking(pause);
        let said = reply::waking(&self.search);
        Orders::after(effects, Then::Send(self.instead(&said)))
    }

    fn told_waking(&mut self, message: Option<i64>, pause: Option<Duration>) -> Orders {
        let kept = match (self.acknowledgement, message) {
            (Acknowledgement::Missing, Some(_)) => self.acknowledged(message),
            _ => None,
        };
        self.end_after(kept.into_iter().collect(), TurnEnd::Asleep(pause))
    }

    fn album_sent(&mut self, tally: Tally, now: Now) -> Orders {
        let took = now.age;
        let said = reply::found(&self.search, tally, took, self.next_offset);
        let said = said.below_several(&self.search, &self.shown);
        if let Phase::Found(page) = &self.phase {
            self.phase = Phase::Over(said.with_aside(&self.search, page));
        }
        self.next(vec![Effect::Log(Report::AlbumSent { tally, took })])
    }

    fn not_sent(&mut self, sending: Sending, error: &Error, now: Now) -> Orders {
        let tries = self.tries.with(error, now);
        match failures::after_sending(sending, error, tries, now) {
            AfterSending::GoOn => {
                if let Awaits::Waking(pause) = self.awaits {
                    let report = Report::WaitsWithoutAWord(error.chain());
                    return self.end_after(vec![Effect::Log(report)], TurnEnd::Asleep(pause));
                }
                self.acknowledgement = Acknowledgement::Missing;
                let report = Report::SearchesWithoutAWord(error.chain());
                self.next(vec![Effect::Log(report)])
            }
            AfterSending::SayBelow => {
                let Phase::Over(said) = &self.phase else {
                    return self.end(TurnEnd::Fault);
                };
                self.awaits = Awaits::Message;
                Orders::only(Then::Send(message(self.search.to, said)))
            }
            AfterSending::EndTurn(ending) => {
                self.tries = tries;
                let mut effects = vec![Effect::Log(ending.report(error))];
                if ending == Ending::GiveUp {
                    effects.push(Effect::Apologise(self.apology()));
                } else if sending == Sending::Album && failures::is_told(tries, now) {
                    let said = reply::held(&self.search);
                    let tell = |_| Effect::Apologise(self.instead(&said));
                    effects.extend(self.message().map(tell));
                }
                self.end_after(effects, ending.turn_end())
            }
        }
    }

    fn end(&mut self, end: TurnEnd) -> Orders {
        self.end_after(Vec::new(), end)
    }

    fn end_after(&mut self, effects: Vec<Effect>, end: TurnEnd) -> Orders {
        self.awaits = Awaits::Turn;
        Orders::after(effects, Then::End(end))
    }

    /// Turns "Searching…" into `said`, or says it below where that was not said.
    fn instead(&self, said: &Reply) -> Call {
        match self.acknowledgement {
            Acknowledgement::Sent(id) => edit(self.search.to.chat, id, said),
            Acknowledgement::Due | Acknowledgement::Missing => message(self.search.to, said),
        }
    }
}

/// Says `reply` in a new message.
#[must_use]
pub fn message(to: Address, reply: &Reply) -> Call {
    send_message(to, &reply.text).markup(reply.markup.clone())
}

/// Changes message number `message` of ours into `reply`.
#[must_use]
pub fn edit(chat: i64, message: i64, reply: &Reply) -> Call {
    edit_message_text(chat, message, &reply.text).markup(reply.markup.clone())
}
