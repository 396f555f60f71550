//! What the endpoint is doing, for `systemctl status` and for the watchdog.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crate::locked::locked;
use crate::systemd::{Part, Pulse};

/// How much longer than its deadline an engine may take before it counts as stuck.
const SLACK: Duration = Duration::from_secs(10);

/// Counts the searches of one endpoint, and watches that each comes to its end. Clones are the
/// same.
#[derive(Debug, Clone, Default)]
pub struct Activity {
    pulse: Pulse,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    answered: u64,
    failed: u64,
    /// How many parts there are; never more than searches ran at the same time.
    parts: usize,
    /// Those that watch no search now.
    resting: Vec<Part>,
}

/// One search in the engine, from its creation until it is dropped.
#[derive(Debug)]
pub(super) struct Running {
    activity: Activity,
    part: Option<Part>,
}

impl Activity {
    /// Who watches the parts of the endpoint.
    #[must_use]
    pub fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// A search begins, which must not take longer than `time`.
    pub(super) fn begin(&self, time: Duration) -> Running {
        let mut state = self.lock();
        let part = state.resting.pop().unwrap_or_else(|| {
            state.parts += 1;
            self.pulse.part(&format!("search-{}", state.parts - 1))
        });
        part.within(time + SLACK);
        Running {
            activity: self.clone(),
            part: Some(part),
        }
    }

    /// A search was answered with pictures, or with none.
    pub(super) fn answered(&self) {
        self.lock().answered += 1;
    }

    /// A search failed, and not by its caller's fault.
    pub(super) fn failed(&self) {
        self.lock().failed += 1;
    }

    /// How things are, in one line; what there is none of is left out.
    #[must_use]
    pub fn line(&self, engine: &str, is_stopping: bool) -> String {
        let state = self.lock();
        let mut line = if is_stopping { "stopping; " } else { "" }.to_owned();
        match state.parts - state.resting.len() {
            0 => {}
            1 => line += "1 search running; ",
            running => line += &format!("{running} searches running; "),
        }
        for (count, what) in [(state.answered, "answered"), (state.failed, "failed")] {
            if count > 0 {
                line += &format!("{count} {what}; ");
            }
        }
        line + "engine " + engine
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(part) = self.part.take() {
            part.rest();
            self.activity.lock().resting.push(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_line_says_what_there_is() {
        let activity = Activity::default();
        assert_eq!(activity.line("space", false), "engine space");
        let first = activity.begin(Duration::ZERO);
        assert_eq!(
            activity.line("space", false),
            "1 search running; engine space"
        );
        let others = [activity.begin(SLACK), activity.begin(SLACK)];
        for _ in 0..1204 {
            activity.answered();
        }
        assert_eq!(
            activity.line("space", false),
            "3 searches running; 1204 answered; engine space"
        );
        drop((first, others));
        activity.failed();
        assert_eq!(
            activity.line("space", true),
            "stopping; 1204 answered; 1 failed; engine space"
        );
    }

    #[test]
    fn a_search_older_than_its_deadline_and_slack_is_overdue() {
        let activity = Activity::default();
        let time = Duration::from_secs(25);
        let start = Instant::now();
        let quick = activity.begin(time);
        let stuck = activity.begin(time);
        drop(quick);
        let pulse = activity.pulse();
        assert_eq!(pulse.overdue(start + time + SLACK), None);
        let later = start + time * 10;
        let overdue = pulse.overdue(later).expect("it never ended");
        assert_eq!(overdue.part, "search-1");
        drop(stuck);
        assert_eq!(pulse.overdue(later), None);
        // Who comes later takes a place that is there.
        let _next = activity.begin(time);
        let overdue = pulse.overdue(later).expect("it never ended");
        assert_eq!(overdue.part, "search-1");
    }
}
