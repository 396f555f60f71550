//! The waiting room for searches that found the endpoint asleep: one loop asks for all of them.

use crate::locked::{locked, unpoisoned};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::job::{ChatJob, Work};
use super::wanted::Search;

/// How long a search waits for the endpoint to wake up.
pub const MAX_WAIT: Duration = Duration::from_mins(6);
const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_mins(1);
const DEFAULT_PAUSE: Duration = Duration::from_secs(20);

/// Searches waiting for the endpoint, oldest first.
#[derive(Debug, Default)]
pub struct WaitingRoom {
    state: Mutex<WaitingState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct WaitingState {
    jobs: Vec<ChatJob>,
    /// Chat and update of those who were let out and are not back in the queue yet.
    leaving: Vec<(i64, i64)>,
    pause: Duration,
    closed: bool,
}

/// What to do next with those who wait.
#[derive(Debug)]
pub enum Step {
    /// Ask the endpoint for this, on behalf of the oldest; then [`WaitingRoom::pause`] or
    /// [`WaitingRoom::release`].
    Ask(Box<Search>),
    /// These waited as long as they may; [`WaitingRoom::back_in_the_queue`] follows.
    TellStillAsleep(Vec<ChatJob>),
    /// The room is closed.
    End,
}

impl WaitingRoom {
    /// Lets `job` wait; the endpoint asked to be left alone for `pause`, if it was asked and said
    /// so. Gives the job back when the room is closed.
    #[must_use]
    pub fn enter(&self, mut job: ChatJob, pause: Option<Duration>) -> Option<ChatJob> {
        let mut state = self.lock();
        if state.closed {
            return Some(job);
        }
        if let Work::Search(work) = &mut job.work {
            work.job.asleep_since.get_or_insert_with(Instant::now);
        }
        if pause.is_some() || state.jobs.is_empty() {
            state.pause = bounded(pause);
        }
        let place = state
            .jobs
            .partition_point(|other| other.update < job.update);
        state.jobs.insert(place, job);
        self.changed.notify_all();
        None
    }

    /// The endpoint still sleeps, and asked to be left alone for `pause` (20 s if it did not say).
    pub fn pause(&self, pause: Option<Duration>) {
        self.lock().pause = bounded(pause);
    }

    /// Whether a search of `chat` that came before `update` waits here or is on its way out, so that
    /// this one must not overtake it.
    #[must_use]
    pub fn has_before(&self, chat: i64, update: i64) -> bool {
        let state = self.lock();
        let waiting = state.jobs.iter().map(place_of);
        let mut all = waiting.chain(state.leaving.iter().copied());
        all.any(|(other, earlier)| other == chat && earlier < update)
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until somebody waits and the pause is over.
    pub fn next(&self) -> Step {
        let mut state = self.lock();
        loop {
            if state.closed {
                return Step::End;
            }
            if state.jobs.is_empty() {
                state = unpoisoned(self.changed.wait(state));
                continue;
            }
            let until = Instant::now() + state.pause;
            while !state.closed && Instant::now() < until {
                let left = until.saturating_duration_since(Instant::now());
                state = unpoisoned(self.changed.wait_timeout(state, left)).0;
            }
            if state.closed {
                return Step::End;
            }
            let (late, rest) = std::mem::take(&mut state.jobs)
                .into_iter()
                .partition::<Vec<_>, _>(waited_enough);
            state.jobs = rest;
            if !late.is_empty() {
                state.leaving = late.iter().map(place_of).collect();
                return Step::TellStillAsleep(late);
            }
            if let Some(Work::Search(work)) = state.jobs.first().map(|job| &job.work) {
                return Step::Ask(Box::new(work.job.search.clone()));
            }
        }
    }

    /// Takes out everybody, oldest first: the endpoint answers again.
    pub fn release(&self) -> Vec<ChatJob> {
        let mut state = self.lock();
        let jobs = std::mem::take(&mut state.jobs);
        state.leaving = jobs.iter().map(place_of).collect();
        jobs
    }

    /// Those who were taken out are in the queue again.
    pub fn back_in_the_queue(&self) {
        self.lock().leaving.clear();
    }

    /// Ends [`WaitingRoom::next`], and lets nobody in any more.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, WaitingState> {
        locked(&self.state)
    }
}

fn bounded(pause: Option<Duration>) -> Duration {
    pause.unwrap_or(DEFAULT_PAUSE).clamp(MIN_PAUSE, MAX_PAUSE)
}

/// Chat and update.
fn place_of(job: &ChatJob) -> (i64, i64) {
    (job.chat().unwrap_or_default(), job.update)
}

fn waited_enough(job: &ChatJob) -> bool {
    let Work::Search(work) = &job.work else {
        return false;
    };
    work.job
        .asleep_since
        .is_some_and(|since| since.elapsed() >= MAX_WAIT)
}

#[cfg(test)]
mod tests {
    use super::super::handler::Task;
    use super::super::texts::Texts;
    use super::*;
    use crate::telegram::request::Address;

    fn job(update: i64, chat: i64) -> ChatJob {
        let to = Address {
            chat,
            ..Address::default()
        };
        let query = format!("query {update}");
        let texts = Texts::of(None);
        let search = Search::for_words(to, chat, query, 5, texts);
        ChatJob::new(update, Task::Search(search), Instant::now()).expect("a search is a job")
    }

    fn updates(jobs: &[ChatJob]) -> Vec<i64> {
        jobs.iter().map(|job| job.update).collect()
    }

    #[test]
    fn the_oldest_is_asked_for_and_nobody_leaves_meanwhile() {
        let room = WaitingRoom::default();
        let pause = Some(Duration::from_millis(1));
        assert!(room.enter(job(2, 7), pause).is_none());
        assert!(room.enter(job(1, 8), pause).is_none());
        let Step::Ask(search) = room.next() else {
            panic!("asked")
        };
        assert_eq!(search.query, "query 1");
        let before = |chat, update| room.has_before(chat, update);
        assert!(
            before(7, 3) && before(8, 3),
            "a later one must not overtake"
        );
        assert!(!before(7, 2) && !before(9, 3), "itself, another chat");
        assert_eq!(updates(&room.release()), [1, 2]);
        assert!(room.is_empty());
        assert!(before(7, 3), "on its way to the queue");
        room.back_in_the_queue();
        assert!(!before(7, 3));
    }

    #[test]
    fn who_waited_long_enough_is_told() {
        let room = WaitingRoom::default();
        let mut late = job(1, 7);
        if let Work::Search(work) = &mut late.work {
            work.job.asleep_since = Instant::now().checked_sub(MAX_WAIT);
        }
        assert!(room.enter(late, Some(Duration::from_millis(1))).is_none());
        assert!(room.enter(job(2, 7), None).is_none());
        let Step::TellStillAsleep(late) = room.next() else {
            panic!("told")
        };
        assert_eq!((updates(&late), room.len()), (vec![1], 1));
    }

    #[test]
    fn a_closed_room_lets_nobody_in() {
        let room = WaitingRoom::default();
        assert!(room.enter(job(1, 7), None).is_none());
        room.close();
        assert!(room.enter(job(2, 7), None).is_some());
        assert!(matches!(room.next(), Step::End));
    }
}
