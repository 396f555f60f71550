//! Counts searches for `systemctl status`, and watches them for the watchdog.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::locked::locked;
use crate::metrics::{Exposition, Histogram};
use crate::search::Reason;
use crate::systemd::{Pulse, WatchedPart};

/// How long a search may overrun its deadline before it counts as stuck.
const SLACK: Duration = Duration::from_secs(10);

/// Outcomes of searches that were answered.
const FOUND: &str = "found";
/// See [`FOUND`].
const NOTHING: &str = "nothing";

/// Counts the searches of one endpoint, and watches that each of them ends. Clones share the
/// counts.
#[derive(Debug, Clone, Default)]
pub struct Monitor {
    pulse: Pulse,
    state: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    /// How often a search ended so: `found`, `nothing`, or the code of its failure.
    outcomes: BTreeMap<&'static str, u64>,
    /// Through no fault of their callers.
    failed: u64,
    times: Histogram,
    /// Parts that were ever made, one for each search that ran at the same time.
    parts: usize,
    /// Parts without a search, to be used again.
    resting: Vec<WatchedPart>,
}

/// One search in the engine; it counts as running until this is dropped.
#[derive(Debug)]
pub(super) struct CountedSearch {
    monitor: Monitor,
    part: Option<WatchedPart>,
}

impl Monitor {
    /// What watches the parts of the endpoint.
    #[must_use]
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Counts a search as running, which must end within `time`.
    pub(super) fn begin(&self, time: Duration) -> CountedSearch {
        let mut state = self.lock();
        let part = state.resting.pop().unwrap_or_else(|| {
            state.parts += 1;
            self.pulse.part(&format!("search-{}", state.parts - 1))
        });
        part.within(time + SLACK);
        CountedSearch {
            monitor: self.clone(),
            part: Some(part),
        }
    }

    /// Counts a search that was answered with so many hits.
    pub(super) fn answered(&self, hits: usize, took: Duration) {
        let outcome = if hits > 0 { FOUND } else { NOTHING };
        self.lock().ended(outcome, took);
    }

    /// Counts a search that failed.
    pub(super) fn failed(&self, reason: Reason, took: Duration) {
        let mut state = self.lock();
        state.failed += u64::from(reason.status() >= 500);
        state.ended(reason.code(), took);
    }

    /// Adds the counts to `exposition`.
    pub(super) fn expose(&self, exposition: &mut Exposition) {
        let state = self.lock();
        let outcomes = state.outcomes.iter();
        exposition.counters(
            "clip_search_searches",
            "Searches, by how they ended: found, nothing, or the code of the failure.",
            "outcome",
            outcomes.map(|(outcome, count)| (*outcome, *count)),
        );
        let running = state.parts - state.resting.len();
        exposition.gauge("clip_search_running", "Work on requests now.", running);
        let help = "From request to answer.";
        exposition.histogram("clip_search_duration_seconds", help, &state.times);
    }

    /// The status line; counts of zero are left out.
    #[must_use]
    pub fn line(&self, engine: &str, is_stopping: bool) -> String {
        let state = self.lock();
        let mut line = if is_stopping { "stopping; " } else { "" }.to_owned();
        match state.parts - state.resting.len() {
            0 => {}
            1 => line += "1 search running; ",
            running => line += &format!("{running} searches running; "),
        }
        let count = |outcome| state.outcomes.get(outcome).copied().unwrap_or(0);
        let answered = count(FOUND) + count(NOTHING);
        for (count, what) in [(answered, "answered"), (state.failed, "failed")] {
            if count > 0 {
                line += &format!("{count} {what}; ");
            }
        }
        line + "engine " + engine
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        locked(&self.state)
    }
}

impl Counts {
    fn ended(&mut self, outcome: &'static str, took: Duration) {
        *self.outcomes.entry(outcome).or_default() += 1;
        self.times.add(took);
    }
}

impl Drop for CountedSearch {
    fn drop(&mut self) {
        if let Some(part) = self.part.take() {
            part.rest();
            self.monitor.lock().resting.push(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::metrics::Format;

    #[test]
    fn the_line_says_what_there_is() {
        let monitor = Monitor::default();
        assert_eq!(monitor.line("space", false), "engine space");
        let first = monitor.begin(Duration::ZERO);
        assert_eq!(
            monitor.line("space", false),
            "1 search running; engine space"
        );
        let others = [monitor.begin(SLACK), monitor.begin(SLACK)];
        for hits in 0..1204 {
            monitor.answered(hits, Duration::ZERO);
        }
        assert_eq!(
            monitor.line("space", false),
            "3 searches running; 1204 answered; engine space"
        );
        drop((first, others));
        monitor.failed(Reason::Timeout, SLACK);
        monitor.failed(Reason::BadQuery, Duration::ZERO);
        assert_eq!(
            monitor.line("space", true),
            "stopping; 1204 answered; 1 failed; engine space"
        );
    }

    #[test]
    fn searches_are_exposed_by_outcome() {
        let monitor = Monitor::default();
        monitor.answered(5, Duration::from_millis(20));
        monitor.answered(0, Duration::from_millis(20));
        monitor.failed(Reason::Timeout, Duration::from_secs(20));
        let _running = monitor.begin(Duration::ZERO);
        let mut exposition = Exposition::new(Format::OpenMetrics);
        monitor.expose(&mut exposition);
        let text = exposition.finish();
        for line in [
            "clip_search_searches_total{outcome=\"found\"} 1",
            "clip_search_searches_total{outcome=\"nothing\"} 1",
            "clip_search_searches_total{outcome=\"timeout\"} 1",
            "clip_search_running 1",
            "clip_search_duration_seconds_count 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} in {text}");
        }
    }

    #[test]
    fn a_search_older_than_its_deadline_and_slack_is_overdue() {
        let monitor = Monitor::default();
        let time = Duration::from_secs(25);
        let start = Instant::now();
        let quick = monitor.begin(time);
        let stuck = monitor.begin(time);
        drop(quick);
        let pulse = monitor.pulse();
        assert_eq!(pulse.overdue(start + time + SLACK), None);
        let later = start + time * 10;
        let overdue = pulse.overdue(later).expect("it never ended");
        assert_eq!(overdue.part, "search-1");
        drop(stuck);
        assert_eq!(pulse.overdue(later), None);
        // Who comes later takes a place that is there.
        let _next = monitor.begin(time);
        let overdue = pulse.overdue(later).expect("it never ended");
        assert_eq!(overdue.part, "search-1");
    }
}
