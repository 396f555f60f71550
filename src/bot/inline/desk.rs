//! Where inline queries wait for their turn.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Instant;

use super::InlineAsk;
use super::typing::{Next, Ticket, Typing};
use crate::locked::{locked, unpoisoned};

/// Queries that wait. Shared by who takes them in and who answers them.
#[derive(Debug, Default)]
pub struct Desk {
    state: Mutex<DeskState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct DeskState {
    typing: Typing<InlineAsk>,
    is_closed: bool,
}

impl Desk {
    /// Takes `ask` in, instead of what the same user asked before.
    pub fn put(&self, ask: InlineAsk) {
        let (user, now) = (ask.user, ask.since);
        let (characters, page) = (ask.words.chars().count(), ask.offset > 0);
        let typing = &mut self.lock().typing;
        typing.typed(user, ask, characters, page, now);
        self.changed.notify_all();
    }

    /// The next query to answer, waiting for it; [`Desk::done`] must follow. Nothing once the desk is
    /// closed.
    pub fn take(&self) -> Option<(Ticket, InlineAsk)> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            let now = Instant::now();
            state = match state.typing.next(now) {
                Next::Search(ticket, ask) => return Some((ticket, ask)),
                Next::Wait(None) => unpoisoned(self.changed.wait(state)),
                Next::Wait(Some(due)) => {
                    let left = due.saturating_duration_since(now);
                    unpoisoned(self.changed.wait_timeout(state, left)).0
                }
            };
        }
    }

    /// Whether who asked has typed something else since.
    pub fn is_superseded(&self, ticket: Ticket) -> bool {
        self.lock().typing.is_superseded(ticket)
    }

    /// The query was answered, or is not to be.
    pub fn done(&self, ticket: Ticket) {
        self.lock().typing.done(ticket);
        self.changed.notify_all();
    }

    /// Lets nobody begin any more.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, DeskState> {
        locked(&self.state)
    }
}
