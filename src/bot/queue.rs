//! Jobs waiting for workers: bounded, in order within a lane, lanes taking turns.
//!
//! A lane is a chat. At most one job of a lane is worked on at a time, and the next one waits
//! until it is done; a lane that must wait (flood limits) holds up nobody else.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A bounded queue of jobs `J` in lanes `L`.
#[derive(Debug)]
pub struct Queue<L, J> {
    capacity: usize,
    state: Mutex<State<L, J>>,
    changed: Condvar,
}

#[derive(Debug)]
struct State<L, J> {
    lanes: HashMap<L, Lane<J>>,
    /// Lanes with a job that may start now, longest waiting first.
    ready: VecDeque<L>,
    /// Jobs in lanes that are not held.
    waiting: usize,
    /// Jobs in lanes that are held.
    held: usize,
    working: usize,
    closed: bool,
}

#[derive(Debug)]
struct Lane<J> {
    jobs: VecDeque<J>,
    busy: bool,
    held_until: Option<Instant>,
}

impl<L: Hash + Eq + Clone, J> Queue<L, J> {
    /// A queue that accepts up to `capacity` jobs before [`Queue::push`] blocks.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let state = State {
            lanes: HashMap::new(),
            ready: VecDeque::new(),
            waiting: 0,
            held: 0,
            working: 0,
            closed: false,
        };
        Self {
            capacity,
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Adds a job at the end of its lane, waiting while the queue is full.
    ///
    /// # Errors
    /// Gives the job back when the queue is closed.
    pub fn push(&self, lane: L, job: J) -> Result<(), J> {
        let mut state = self.lock();
        while state.waiting >= self.capacity && !state.closed {
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if state.closed {
            return Err(job);
        }
        state.insert(lane, job, false);
        self.changed.notify_all();
        Ok(())
    }

    /// Puts a job that was worked on, or taken out elsewhere, back at the front of its lane. The
    /// capacity does not count here: the job was accepted long ago. A closed queue takes it too.
    pub fn put_back(&self, lane: L, job: J) {
        self.lock().insert(lane, job, true);
        self.changed.notify_all();
    }

    /// Puts back several, as [`Queue::put_back`] does, all at once: those of one lane keep the
    /// order given here.
    pub fn put_back_all(&self, jobs: Vec<(L, J)>) {
        let mut state = self.lock();
        for (lane, job) in jobs.into_iter().rev() {
            state.insert(lane, job, true);
        }
        self.changed.notify_all();
    }

    /// Lets no job of `lane` start before `until`.
    pub fn hold(&self, lane: &L, until: Instant) {
        let mut state = self.lock();
        let Some(entry) = state.lanes.get_mut(lane) else {
            return;
        };
        if entry.held_until.replace(until).is_none() {
            let jobs = entry.jobs.len();
            state.held += jobs;
            state.waiting -= jobs;
        }
        state.ready.retain(|ready| ready != lane);
        self.changed.notify_all();
    }

    /// Takes the next job, waiting for one. [`Queue::done`] must follow with the same lane.
    /// `None` once the queue is closed and no job can start any more.
    pub fn take(&self) -> Option<(L, J)> {
        let mut state = self.lock();
        loop {
            let next_release = state.release_held();
            if let Some(lane) = state.ready.pop_front()
                && let Some(entry) = state.lanes.get_mut(&lane)
                && let Some(job) = entry.jobs.pop_front()
            {
                entry.busy = true;
                state.waiting -= 1;
                state.working += 1;
                self.changed.notify_all();
                return Some((lane, job));
            }
            if state.closed && state.waiting == 0 {
                return None;
            }
            state = match next_release {
                Some(delay) => {
                    self.changed
                        .wait_timeout(state, delay)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Ends the turn of the job taken from `lane`: the lane's next job may start.
    pub fn done(&self, lane: &L) {
        let mut state = self.lock();
        state.working -= 1;
        if let Some(entry) = state.lanes.get_mut(lane) {
            entry.busy = false;
            if entry.jobs.is_empty() {
                state.lanes.remove(lane);
            } else if entry.held_until.is_none() {
                state.ready.push_back(lane.clone());
            }
        }
        self.changed.notify_all();
    }

    /// Accepts no more pushes; [`Queue::take`] goes on until nothing is left that can start.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits until no job waits or is worked on (held ones aside), for `patience` at most, and
    /// takes out what is left.
    pub fn drain(&self, patience: Duration) -> Vec<J> {
        let until = Instant::now() + patience;
        let mut state = self.lock();
        while state.waiting + state.working > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let rest = state
            .lanes
            .values_mut()
            .flat_map(|lane| lane.jobs.drain(..))
            .collect();
        (state.waiting, state.held) = (0, 0);
        state.ready.clear();
        self.changed.notify_all();
        rest
    }

    /// How many jobs wait (held ones included) and how many are worked on.
    pub fn load(&self) -> (usize, usize) {
        let state = self.lock();
        (state.waiting + state.held, state.working)
    }

    fn lock(&self) -> MutexGuard<'_, State<L, J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<L: Hash + Eq + Clone, J> State<L, J> {
    fn insert(&mut self, lane: L, job: J, front: bool) {
        let fresh = || Lane {
            jobs: VecDeque::new(),
            busy: false,
            held_until: None,
        };
        let entry = self.lanes.entry(lane.clone()).or_insert_with(fresh);
        if entry.held_until.is_some() {
            self.held += 1;
        } else {
            self.waiting += 1;
            if entry.jobs.is_empty() && !entry.busy {
                self.ready.push_back(lane);
            }
        }
        if front {
            entry.jobs.push_front(job);
        } else {
            entry.jobs.push_back(job);
        }
    }

    /// Frees the lanes whose time has come; returns the time until the next one.
    fn release_held(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let mut next: Option<Duration> = None;
        for (lane, entry) in &mut self.lanes {
            let Some(until) = entry.held_until else {
                continue;
            };
            let left = until.saturating_duration_since(now);
            if left.is_zero() {
                entry.held_until = None;
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

    fn take(queue: &Queue<char, u32>) -> (char, u32) {
        queue.take().expect("a job")
    }

    #[test]
    fn lanes_take_turns_and_keep_their_order() {
        let queue = Queue::new(10);
        for (lane, job) in [('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5)] {
            queue.push(lane, job).expect("open");
        }
        let mut order = Vec::new();
        for _ in 0..5 {
            let (lane, job) = take(&queue);
            order.push(job);
            queue.done(&lane);
        }
        assert_eq!(order, [1, 4, 5, 2, 3]);
    }

    #[test]
    fn a_busy_lane_starts_no_second_job() {
        let queue = Queue::new(10);
        queue.push('a', 1).expect("open");
        queue.push('a', 2).expect("open");
        assert_eq!(take(&queue), ('a', 1));
        queue.push('b', 3).expect("open");
        assert_eq!(take(&queue), ('b', 3));
        queue.close();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| queue.take());
            queue.done(&'a');
            assert_eq!(second.join().expect("no panic"), Some(('a', 2)));
        });
    }

    #[test]
    fn a_full_queue_makes_push_wait() {
        let queue = Queue::new(1);
        queue.push('a', 1).expect("open");
        std::thread::scope(|scope| {
            let pushed = scope.spawn(|| queue.push('b', 2));
            assert_eq!(take(&queue), ('a', 1));
            pushed
                .join()
                .expect("no panic")
                .expect("accepted after the first was taken");
        });
        assert_eq!(queue.load(), (1, 1));
    }

    #[test]
    fn a_held_lane_waits_and_others_go_on() {
        let queue = Queue::new(1);
        queue.push('a', 1).expect("open");
        let (lane, job) = take(&queue);
        queue.put_back(lane, job);
        queue.hold(&'a', Instant::now() + Duration::from_millis(50));
        queue.done(&'a');
        queue.push('b', 2).expect("held jobs leave room for others");
        assert_eq!(take(&queue), ('b', 2));
        assert_eq!(take(&queue), ('a', 1), "after its time");
    }

    #[test]
    fn jobs_put_back_together_keep_their_order() {
        let queue = Queue::new(1);
        queue.push('a', 3).expect("open");
        queue.put_back_all(vec![('a', 1), ('b', 9), ('a', 2)]);
        queue.close();
        let mut order = Vec::new();
        while let Some((lane, job)) = queue.take() {
            queue.done(&lane);
            order.extend((lane == 'a').then_some(job));
        }
        assert_eq!(order, [1, 2, 3]);
    }

    #[test]
    fn closing_ends_take_when_nothing_can_start() {
        let queue = Queue::new(2);
        queue.push('a', 1).expect("open");
        queue.close();
        assert_eq!(queue.push('a', 2), Err(2));
        assert_eq!(queue.take(), Some(('a', 1)));
        queue.done(&'a');
        assert_eq!(queue.take(), None);
        assert!(queue.drain(Duration::ZERO).is_empty());
    }

    #[test]
    fn drain_returns_what_was_not_done() {
        let queue = Queue::new(4);
        queue.push('a', 1).expect("open");
        queue.push('b', 2).expect("open");
        queue.hold(&'b', Instant::now() + Duration::from_hours(1));
        queue.close();
        let mut rest = queue.drain(Duration::ZERO);
        rest.sort_unstable();
        assert_eq!(rest, [1, 2]);
        assert_eq!(queue.take(), None);
    }
}
