//! Jobs waiting for workers: in order within a lane, lanes taking turns, nobody with more at work than
//! their share.
//!
//! A lane is a chat. At most one job of a lane is worked on at a time, and the next one waits
//! until it is done; a lane that must wait (flood limits) holds up nobody else. How many jobs there
//! are is bounded by the inbox, which lets polling wait.

use crate::locked::{locked, unpoisoned};
use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Whom a job's work is counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Who it is.
    pub who: i64,
    /// How many of their jobs are worked on at the same time, in whatever lanes.
    pub at_once: usize,
}

/// What the queue must know of a job.
pub trait Queued {
    /// Where it waits its turn.
    type Lane: Debug + Hash + Eq + Clone;

    /// Where it waits its turn.
    fn lane(&self) -> Self::Lane;

    /// Who asked for it, if its work is to be counted against them.
    fn owner(&self) -> Option<Owner>;

    /// Its place within the lane: the lowest comes first.
    fn number(&self) -> i64;
}

/// A queue of jobs `J`.
#[derive(Debug)]
pub struct Queue<J: Queued> {
    state: Mutex<QueueState<J>>,
    changed: Condvar,
}

/// What happens to jobs that wait when the queue is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Those that can start are still given out.
    Finish,
    /// They stay; somebody else keeps them.
    Park,
}

/// A job's turn; [`Queue::done`] ends it.
#[derive(Debug, PartialEq, Eq)]
pub struct Turn<L> {
    lane: L,
    owner: Option<i64>,
}

#[derive(Debug)]
struct QueueState<J: Queued> {
    lanes: HashMap<J::Lane, LaneJobs<J>>,
    /// Lanes with a job that may start now, longest waiting first.
    ready: VecDeque<J::Lane>,
    /// Jobs at work of each owner who has any.
    owners: HashMap<i64, usize>,
    /// Jobs in lanes that are not held.
    waiting: usize,
    /// Jobs in lanes that are held.
    held: usize,
    working: usize,
    closed: Option<Closing>,
}

#[derive(Debug)]
struct LaneJobs<J> {
    jobs: VecDeque<J>,
    busy: bool,
    held: Option<Hold>,
}

/// Why no job of a lane starts.
#[derive(Debug, Clone, Copy)]
struct Hold {
    until: Instant,
    /// What is waited for may be over earlier.
    away: bool,
}

impl<J: Queued> Default for Queue<J> {
    fn default() -> Self {
        let state = QueueState {
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            owners: HashMap::new(),
            waiting: 0,
            held: 0,
            working: 0,
            closed: None,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }
}

impl<J: Queued> Queue<J> {
    /// Adds a job to its lane.
    pub fn push(&self, job: J) {
        self.lock().insert(job);
        self.changed.notify_all();
    }

    /// Puts back jobs that were worked on, or taken out elsewhere, at their places in their lanes.
    pub fn put_back(&self, jobs: impl IntoIterator<Item = J>) {
        let mut state = self.lock();
        for job in jobs {
            state.insert(job);
        }
        self.changed.notify_all();
    }

    /// Whether a job that came before `job` waits in its lane: it was put back meanwhile.
    #[must_use]
    pub fn is_ahead_of_its_turn(&self, lane: &J::Lane, number: i64) -> bool {
        let state = self.lock();
        let next = state.lanes.get(lane).and_then(|entry| entry.jobs.front());
        next.is_some_and(|next| next.number() < number)
    }

    /// Lets no job of the lane of `turn` start before `until`.
    pub fn hold(&self, turn: &Turn<J::Lane>, until: Instant) {
        self.hold_lane(turn, Hold { until, away: false });
    }

    /// Lets no job of the lane of `turn` start before `until` or [`Queue::release_away`].
    pub fn hold_away(&self, turn: &Turn<J::Lane>, until: Instant) {
        self.hold_lane(turn, Hold { until, away: true });
    }

    /// Lets the lanes go on that [`Queue::hold_away`] holds.
    pub fn release_away(&self) {
        let mut state = self.lock();
        let now = Instant::now();
        let held = state
            .lanes
            .values_mut()
            .filter_map(|lane| lane.held.as_mut());
        for hold in held.filter(|hold| hold.away) {
            hold.until = now;
        }
        self.changed.notify_all();
    }

    fn hold_lane(&self, turn: &Turn<J::Lane>, hold: Hold) {
        let mut state = self.lock();
        let Some(entry) = state.lanes.get_mut(&turn.lane) else {
            return;
        };
        if entry.held.replace(hold).is_none() {
            let jobs = entry.jobs.len();
            state.held += jobs;
            state.waiting -= jobs;
        }
        state.ready.retain(|ready| *ready != turn.lane);
        self.changed.notify_all();
    }

    /// Takes the next job, waiting for one. [`Queue::done`] must follow.
    /// `None` once the queue is closed and no job can start any more.
    pub fn take(&self) -> Option<(Turn<J::Lane>, J)> {
        let mut state = self.lock();
        loop {
            if state.closed == Some(Closing::Park) {
                return None;
            }
            let next_release = state.release_held();
            if let Some(next) = state.start() {
                self.changed.notify_all();
                return Some(next);
            }
            if state.closed.is_some() && state.waiting == 0 {
                return None;
            }
            state = match next_release {
                Some(delay) => unpoisoned(self.changed.wait_timeout(state, delay)).0,
                None => unpoisoned(self.changed.wait(state)),
            };
        }
    }

    /// Ends a turn: the lane's next job may start, and another one of the same owner.
    pub fn done(&self, turn: &Turn<J::Lane>) {
        let mut state = self.lock();
        state.working -= 1;
        if let Some(owner) = turn.owner
            && let Some(count) = state.owners.get_mut(&owner)
        {
            *count -= 1;
            if *count == 0 {
                state.owners.remove(&owner);
            }
        }
        if let Some(entry) = state.lanes.get_mut(&turn.lane) {
            entry.busy = false;
            if entry.jobs.is_empty() {
                state.lanes.remove(&turn.lane);
            } else if entry.held.is_none() {
                state.ready.push_back(turn.lane.clone());
            }
        }
        self.changed.notify_all();
    }

    /// Ends [`Queue::take`] for all workers, at once or when nothing is left that can start.
    pub fn close(&self, closing: Closing) {
        self.lock().closed = Some(closing);
        self.changed.notify_all();
    }

    /// After [`Queue::close`]: waits until the workers have done what they do, for `patience` at
    /// most.
    pub fn drain(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        while state.working > 0 || state.closed == Some(Closing::Finish) && state.waiting > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = unpoisoned(self.changed.wait_timeout(state, left)).0;
        }
        state.closed = Some(Closing::Park);
        self.changed.notify_all();
    }

    /// How many jobs wait (held ones included) and how many are worked on.
    pub fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.waiting + state.held, state.working)
    }

    fn lock(&self) -> MutexGuard<'_, QueueState<J>> {
        locked(&self.state)
    }
}

impl<J: Queued> QueueState<J> {
    fn insert(&mut self, job: J) {
        let lane = job.lane();
        let fresh = || LaneJobs {
            jobs: VecDeque::new(),
            busy: false,
            held: None,
        };
        let entry = self.lanes.entry(lane.clone()).or_insert_with(fresh);
        if entry.held.is_some() {
            self.held += 1;
        } else {
            self.waiting += 1;
            if entry.jobs.is_empty() && !entry.busy {
                self.ready.push_back(lane);
            }
        }
        let number = job.number();
        let place = entry.jobs.partition_point(|other| other.number() <= number);
        entry.jobs.insert(place, job);
    }

    /// Takes out the job that waited longest among those whose owners may have another one.
    fn start(&mut self) -> Option<(Turn<J::Lane>, J)> {
        let may_start = |lane: &J::Lane| {
            let next = self.lanes.get(lane).and_then(|entry| entry.jobs.front());
            let owner = next.and_then(Queued::owner);
            owner.is_none_or(|Owner { who, at_once }| {
                self.owners
                    .get(&who)
                    .is_none_or(|at_work| *at_work < at_once)
            })
        };
        let place = self.ready.iter().position(may_start)?;
        let lane = self.ready.remove(place)?;
        let entry = self.lanes.get_mut(&lane)?;
        let job = entry.jobs.pop_front()?;
        entry.busy = true;
        self.waiting -= 1;
        self.working += 1;
        let owner = job.owner().map(|owner| owner.who);
        if let Some(owner) = owner {
            *self.owners.entry(owner).or_default() += 1;
        }
        Some((Turn { lane, owner }, job))
    }

    /// Frees the lanes whose time has come; returns the time until the next one.
    fn release_held(&mut self) -> Option<Duration> {
        if self.held == 0 {
            return None;
        }
        let now = Instant::now();
        let mut next: Option<Duration> = None;
        for (lane, entry) in &mut self.lanes {
            let Some(hold) = entry.held else {
                continue;
            };
            let left = hold.until.saturating_duration_since(now);
            if left.is_zero() {
                entry.held = None;
                self.held -= entry.jobs.len();
                self.waiting += entry.jobs.len();
                if !entry.busy && !entry.jobs.is_empty() {
                    self.ready.push_back(lane.clone());
                }
            } else {
                next = Some(next.map_or(left, |next| next.min(left)));
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A job of lane `.0`, number `.1`, owned by `.2`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Numbered(char, u32, Option<i64>);

    impl Queued for Numbered {
        type Lane = char;

        fn lane(&self) -> char {
            self.0
        }

        fn owner(&self) -> Option<Owner> {
            let who = self.2?;
            Some(Owner { who, at_once: 2 })
        }

        fn number(&self) -> i64 {
            self.1.into()
        }
    }

    fn queue(jobs: &[(char, u32)]) -> Queue<Numbered> {
        let queue = Queue::default();
        for (lane, number) in jobs {
            queue.push(Numbered(*lane, *number, None));
        }
        queue
    }

    fn take(queue: &Queue<Numbered>) -> (Turn<char>, u32) {
        let (turn, job) = queue.take().expect("a job");
        (turn, job.1)
    }

    fn all(queue: &Queue<Numbered>) -> Vec<u32> {
        queue.close(Closing::Finish);
        let mut order = Vec::new();
        while let Some((turn, job)) = queue.take() {
            order.push(job.1);
            queue.done(&turn);
        }
        order
    }

    #[test]
    fn lanes_take_turns_and_keep_their_order() {
        let queue = queue(&[('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5)]);
        assert_eq!(all(&queue), [1, 4, 5, 2, 3]);
    }

    #[test]
    fn a_busy_lane_starts_no_second_job() {
        let queue = queue(&[('a', 1), ('a', 2)]);
        let (first, one) = take(&queue);
        queue.push(Numbered('b', 3, None));
        assert_eq!((one, take(&queue).1), (1, 3));
        std::thread::scope(|scope| {
            let second = scope.spawn(|| queue.take());
            queue.done(&first);
            let job = second.join().expect("no panic").map(|(_, job)| job.1);
            assert_eq!(job, Some(2));
        });
    }

    #[test]
    fn nobody_has_more_than_two_at_work() {
        let queue = Queue::default();
        for (lane, number) in [('a', 1), ('b', 2), ('c', 3), ('d', 4)] {
            queue.push(Numbered(lane, number, Some(7)));
        }
        queue.push(Numbered('e', 5, Some(8)));
        let taken = [take(&queue), take(&queue), take(&queue)];
        assert_eq!([taken[0].1, taken[1].1, taken[2].1], [1, 2, 5]);
        queue.done(&taken[2].0);
        std::thread::scope(|scope| {
            let next = scope.spawn(|| take(&queue).1);
            queue.done(&taken[0].0);
            assert_eq!(next.join().expect("no panic"), 3, "after one of theirs");
        });
    }

    #[test]
    fn a_held_lane_waits_and_others_go_on() {
        let queue = queue(&[('a', 1)]);
        let (turn, job) = queue.take().expect("a job");
        queue.put_back([job]);
        queue.hold(&turn, Instant::now() + Duration::from_millis(50));
        queue.done(&turn);
        queue.push(Numbered('b', 2, None));
        assert_eq!(take(&queue).1, 2);
        assert_eq!(take(&queue).1, 1, "after its time");
    }

    #[test]
    fn who_waits_for_telegram_goes_on_when_it_is_back() {
        let queue = queue(&[('a', 1), ('b', 2)]);
        let later = Instant::now() + Duration::from_hours(1);
        for hold in [Queue::hold, Queue::hold_away] {
            let (turn, job) = queue.take().expect("a job");
            queue.put_back([job]);
            hold(&queue, &turn, later);
            queue.done(&turn);
        }
        queue.release_away();
        assert_eq!(take(&queue).1, 2);
        assert_eq!(queue.load(), (1, 1), "a time that was named is waited for");
    }

    #[test]
    fn jobs_put_back_find_their_places() {
        let queue = queue(&[('a', 3)]);
        queue.put_back([('a', 2), ('b', 9), ('a', 1)].map(|(lane, n)| Numbered(lane, n, None)));
        assert!(queue.is_ahead_of_its_turn(&'a', 2));
        assert!(!queue.is_ahead_of_its_turn(&'a', 1) && !queue.is_ahead_of_its_turn(&'c', 9));
        let order = all(&queue);
        let of_a: Vec<u32> = order.into_iter().filter(|number| *number != 9).collect();
        assert_eq!(of_a, [1, 2, 3]);
    }

    #[test]
    fn a_closed_queue_finishes_or_parks_what_waits() {
        let finishing = queue(&[('a', 1), ('a', 2)]);
        assert_eq!(all(&finishing), [1, 2]);
        assert_eq!(finishing.load(), (0, 0));

        let parking = queue(&[('a', 1), ('a', 2)]);
        let (turn, _) = take(&parking);
        parking.close(Closing::Park);
        parking.done(&turn);
        assert_eq!(parking.take(), None);
        assert_eq!(parking.load(), (1, 0));
    }

    #[test]
    fn drain_waits_for_work_and_not_for_what_is_held() {
        let queue = queue(&[('a', 1), ('b', 2)]);
        let (held, job) = queue.take().expect("a job");
        queue.put_back([job]);
        queue.hold(&held, Instant::now() + Duration::from_hours(1));
        queue.done(&held);
        let (turn, _) = take(&queue);
        queue.close(Closing::Finish);
        queue.drain(Duration::ZERO);
        assert_eq!(queue.load(), (1, 1), "patience is over");
        std::thread::scope(|scope| {
            let drained = scope.spawn(|| queue.drain(Duration::from_hours(1)));
            queue.done(&turn);
            drained.join().expect("no panic");
        });
        assert_eq!(queue.take(), None);
    }
}
