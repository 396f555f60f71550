//! What several threads ask for, done together where they ask faster than it is done.
//!
//! Nobody waits for company. What finds a processor free is done at once, alone; what comes meanwhile is
//! done together as soon as one is free again.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex};
use std::thread;

use crate::locked::{locked, unpoisoned};

/// Does what many threads ask for; `Q` is what one asks, `A` what it gets.
pub struct Together<Q, A> {
    /// Threads that may work at a time: the machine's processors.
    processors: usize,
    /// How many are done together at most.
    most: usize,
    state: Mutex<State<Q, A>>,
    changed: Condvar,
}

struct State<Q, A> {
    /// What nobody does yet, with its number; in the order in which it came.
    waiting: Vec<(u64, Q)>,
    next: u64,
    at_work: usize,
    /// Answers that nobody fetched yet; none of what could not be done.
    done: Vec<(u64, Option<A>)>,
}

impl<Q, A> Together<Q, A> {
    /// Does at most `most` together.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let processors = thread::available_parallelism();
        Self {
            processors: processors.map_or(1, std::num::NonZero::get),
            most,
            state: Mutex::new(State {
                waiting: Vec::new(),
                next: 0,
                at_work: 0,
                done: Vec::new(),
            }),
            changed: Condvar::new(),
        }
    }

    /// As if the machine had so many processors.
    #[cfg(test)]
    #[must_use]
    pub fn on(mut self, processors: usize) -> Self {
        self.processors = processors;
        self
    }

    /// How many wait.
    #[cfg(test)]
    #[must_use]
    pub fn waiting(&self) -> usize {
        locked(&self.state).waiting.len()
    }

    /// Whether nobody works, and every answer was fetched.
    #[cfg(test)]
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let state = locked(&self.state);
        state.at_work == 0 && state.done.is_empty()
    }

    /// The answer to `asked`, by the `work` of this thread or of another that asks, which answers all that
    /// it is given, in order. None if `work` had none or panicked: what is asked may then be done alone,
    /// where the cause may be another that was done with it.
    pub fn ask(&self, asked: Q, work: impl Fn(&[Q]) -> Option<Vec<A>>) -> Option<A> {
        let mut state = locked(&self.state);
        let number = state.next;
        state.next += 1;
        state.waiting.push((number, asked));
        loop {
            if let Some(place) = state.done.iter().position(|(done, _)| *done == number) {
                let (_, answer) = state.done.swap_remove(place);
                return answer;
            }
            let is_waiting = state.waiting.iter().any(|(waiting, _)| *waiting == number);
            if is_waiting && state.at_work < self.processors {
                let count = state.waiting.len().min(self.most);
                let (numbers, taken): (Vec<u64>, Vec<Q>) = state.waiting.drain(..count).unzip();
                state.at_work += 1;
                drop(state);
                let answers = catch_unwind(AssertUnwindSafe(|| work(&taken))).unwrap_or_default();
                let answers = answers.into_iter().flatten().map(Some);
                let answers = answers.chain(std::iter::repeat_with(|| None));
                state = locked(&self.state);
                state.done.extend(numbers.into_iter().zip(answers));
                state.at_work -= 1;
                self.changed.notify_all();
            } else {
                state = unpoisoned(self.changed.wait(state));
            }
        }
    }
}

impl<Q, A> fmt::Debug for Together<Q, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Together").finish_non_exhaustive()
    }
}
