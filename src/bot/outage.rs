//! Whether Telegram can be talked to, so that those who wait for it go on as soon as it can.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::locked::locked;

/// Pause of a job that failed while Telegram came back.
const AT_ONCE: Duration = Duration::from_millis(500);

/// What polls and jobs saw of Telegram last.
#[derive(Debug, Default)]
pub struct Outage {
    state: Mutex<OutageState>,
}

#[derive(Debug, Default)]
struct OutageState {
    /// A poll failed, and none was answered since.
    polls_fail: bool,
    /// A job ended its turn since Telegram did not answer, and no job got an answer since.
    jobs_fail: bool,
    back: Option<Instant>,
}

impl Outage {
    /// A poll failed.
    pub fn poll_failed(&self) {
        locked(&self.state).polls_fail = true;
    }

    /// A poll was answered. Returns whether those who wait for Telegram are to go on.
    #[must_use]
    pub fn poll_answered(&self) -> bool {
        let mut state = locked(&self.state);
        // While polls are answered, it says nothing of the rest that one more is.
        let back = std::mem::take(&mut state.polls_fail);
        state.is_back(back)
    }

    /// Whether the last poll failed.
    #[must_use]
    pub fn do_polls_fail(&self) -> bool {
        locked(&self.state).polls_fail
    }

    /// A job's request was answered. Returns whether those who wait for Telegram are to go on.
    #[must_use]
    pub fn job_answered(&self) -> bool {
        let mut state = locked(&self.state);
        let back = std::mem::take(&mut state.jobs_fail);
        state.is_back(back)
    }

    /// A job's turn, which began at `began`, ended since Telegram did not answer. Returns how long it
    /// is to wait, `pause` at most.
    #[must_use]
    pub fn job_failed(&self, began: Instant, pause: Duration) -> Duration {
        let mut state = locked(&self.state);
        state.jobs_fail = true;
        match state.back {
            // It was not there to be told.
            Some(back) if back > began => pause.min(AT_ONCE),
            _ => pause,
        }
    }
}

impl OutageState {
    fn is_back(&mut self, back: bool) -> bool {
        if back {
            self.back = Some(Instant::now());
        }
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn the_first_good_poll_wakes_and_later_ones_do_not() {
        let outage = Outage::default();
        assert!(!outage.poll_answered(), "nobody waits");
        outage.poll_failed();
        let began = Instant::now();
        assert_eq!(outage.job_failed(began, MINUTE), MINUTE);
        assert!(outage.poll_answered());
        assert!(!outage.poll_answered());
        assert_eq!(outage.job_failed(began, MINUTE), AT_ONCE, "it began before");
        assert_eq!(outage.job_failed(Instant::now(), MINUTE), MINUTE);
    }

    #[test]
    fn the_first_job_that_is_answered_wakes_the_others() {
        let outage = Outage::default();
        assert!(!outage.job_answered());
        let pause = outage.job_failed(Instant::now(), MINUTE);
        assert_eq!(pause, MINUTE);
        assert!(!outage.poll_answered(), "polls were answered all the time");
        assert!(outage.job_answered());
        assert!(!outage.job_answered());
    }
}
