//! Which of the queries that somebody types are searched, and when. Pure: the time is passed in.
//!
//! Each letter may come as a query of its own. A query waits a little for the next one, which takes its
//! place; whoever goes on typing after a search waits longer each time. So a phrase costs at most three
//! searches, as long as no two letters are further apart than `LONGEST`. The first words of who was
//! quiet are searched at once: apps wait for a pause in typing themselves.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long the first letters wait.
const FIRST: Duration = Duration::from_millis(300);
/// How long they wait after one search, and after more than that.
const SECOND: Duration = Duration::from_millis(600);
const LONGEST: Duration = Duration::from_millis(1200);
/// Who typed nothing for so long begins anew.
const QUIET: Duration = Duration::from_secs(2);
/// So many characters are words.
const WORDS: usize = 3;
/// Searches of one user at the same time: an older one that nobody waits for any more, and the newest.
const AT_ONCE: usize = 2;
/// People who type at the same time.
const MAX_USERS: usize = 1000;

/// Everybody who types, with queries `Q`.
#[derive(Debug)]
pub struct Typing<Q> {
    users: HashMap<i64, Typist<Q>>,
    next: u64,
}

#[derive(Debug)]
struct Typist<Q> {
    /// When it is to be searched, and the query.
    waiting: Option<(Instant, Q)>,
    /// Number of the newest query.
    newest: u64,
    running: usize,
    /// Searches since the typist was quiet.
    searches: u32,
    typed: Instant,
}

/// A search that began; [`Typing::done`] ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    user: i64,
    number: u64,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<Q> {
    /// To search.
    Search(Ticket, Q),
    /// Nothing before then, or before something else happens.
    Wait(Option<Instant>),
}

impl<Q> Default for Typing<Q> {
    fn default() -> Self {
        Self {
            users: HashMap::new(),
            next: 0,
        }
    }
}

impl<Q> Typing<Q> {
    /// `user` has typed `query` of so many `characters`, or asks for its next `page`. The query before
    /// it is dropped, unless it is being searched.
    pub fn typed(&mut self, user: i64, query: Q, characters: usize, page: bool, now: Instant) {
        if self.users.len() >= MAX_USERS && !self.users.contains_key(&user) {
            let quiet = |one: &Typist<Q>| now.saturating_duration_since(one.typed) >= QUIET;
            self.users
                .retain(|_, one| one.waiting.is_some() || one.running > 0 || !quiet(one));
            if self.users.len() >= MAX_USERS {
                return;
            }
        }
        let new = || Typist {
            waiting: None,
            newest: 0,
            running: 0,
            searches: 0,
            typed: now,
        };
        let typist = self.users.entry(user).or_insert_with(new);
        let was_quiet = typist.newest == 0 || now.saturating_duration_since(typist.typed) >= QUIET;
        if was_quiet {
            typist.searches = 0;
        }
        let delay = match typist.searches {
            _ if page => Duration::ZERO,
            0 if was_quiet && characters >= WORDS => Duration::ZERO,
            0 => FIRST,
            1 => SECOND,
            _ => LONGEST,
        };
        self.next += 1;
        typist.newest = self.next;
        typist.typed = now;
        typist.waiting = Some((now + delay, query));
    }

    /// The next search to begin: the one that is due for the longest time.
    pub fn next(&mut self, now: Instant) -> Next<Q> {
        let free = self
            .users
            .iter_mut()
            .filter(|(_, one)| one.running < AT_ONCE);
        let waiting = free.filter_map(|(user, one)| Some((one.waiting.as_ref()?.0, *user, one)));
        let Some((due, user, typist)) = waiting.min_by_key(|(due, user, _)| (*due, *user)) else {
            return Next::Wait(None);
        };
        if due > now {
            return Next::Wait(Some(due));
        }
        let Some((_, query)) = typist.waiting.take() else {
            return Next::Wait(None);
        };
        typist.running += 1;
        typist.searches += 1;
        let number = typist.newest;
        Next::Search(Ticket { user, number }, query)
    }

    /// Whether who asked has typed something else since.
    #[must_use]
    pub fn is_superseded(&self, ticket: Ticket) -> bool {
        let typist = self.users.get(&ticket.user);
        typist.is_none_or(|one| one.newest != ticket.number)
    }

    /// The search is over.
    pub fn done(&mut self, ticket: Ticket) {
        if let Some(typist) = self.users.get_mut(&ticket.user) {
            typist.running -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
