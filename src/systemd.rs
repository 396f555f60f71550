//! Notifications to systemd: readiness, status line and watchdog. Without systemd (no
//! `$NOTIFY_SOCKET`) all of this does nothing.
//!
//! The watchdog is fed only while work advances. Each [`WatchedPart`] that works says within which
//! time it will report again; [`Pulse::beat`] feeds the watchdog while no part is overdue. A part
//! without work is not watched, so an idle program counts as healthy. A fed watchdog does not prove
//! that the work of a part is correct.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;

use crate::locked::locked;
use crate::log::events;

/// How often the status line is updated, and the watchdog fed unless it must be fed more often. The
/// units' `WatchdogSec=` must be a multiple of this.
pub const BEAT: Duration = Duration::from_secs(1);
/// Extra time that a stopping program asks systemd for at each beat.
const EXTENSION: Duration = Duration::from_secs(5);

fn notify(states: &[NotifyState]) {
    // systemd not listening is no reason to stop answering people.
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!("systemd was not told: {error}");
    }
}

/// Tells systemd that the program has started: the configuration is valid and the loops are about
/// to run. Without a network the program still counts as started; the status line says so.
pub fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Tells systemd that the program is stopping.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Runs `change`, which applies new settings, and tells systemd when that begins and ends.
pub fn reloading(change: impl FnOnce()) {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!("systemd was not told: {error}"),
    }
    change();
    notify(&[NotifyState::Ready]);
}

/// The watchdog period systemd set, if any.
#[must_use]
pub fn watchdog_period() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// Watches that all parts of the program advance. Clones watch the same parts.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    parts: Arc<Mutex<Vec<Watch>>>,
}

#[derive(Debug)]
struct Watch {
    name: String,
    /// When it reported last, and until when it must report again; none while it is idle.
    promise: Option<(Instant, Instant)>,
}

/// One part of the program that works on its own, usually a thread.
#[derive(Debug)]
pub struct WatchedPart {
    pulse: Pulse,
    index: usize,
}

/// A part that did not report in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Its name.
    pub part: String,
    /// Time since its last report.
    pub silent: Duration,
}

impl fmt::Display for Overdue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let silent = crate::backoff::in_words(self.silent);
        write!(
            f,
            "the part \"{}\" made no progress for {silent}",
            self.part
        )
    }
}

impl Pulse {
    /// A new part called `name`, idle until it reports.
    #[must_use]
    pub fn part(&self, name: &str) -> WatchedPart {
        let mut parts = self.lock();
        parts.push(Watch {
            name: name.to_owned(),
            promise: None,
        });
        WatchedPart {
            pulse: self.clone(),
            index: parts.len() - 1,
        }
    }

    /// The part that has been overdue for the longest time, if any is.
    #[must_use]
    pub fn overdue(&self, now: Instant) -> Option<Overdue> {
        let parts = self.lock();
        let late = parts.iter().filter_map(|slot| {
            let (reported, due) = slot.promise?;
            (due < now).then_some((due, reported, &slot.name))
        });
        late.min().map(|(_, reported, name)| Overdue {
            part: name.clone(),
            silent: now.saturating_duration_since(reported),
        })
    }

    /// Sends the status line to systemd whenever it changes, and feeds the watchdog while no part
    /// is overdue. Never returns, so it needs a thread of its own. `status` returns the line, and
    /// whether the program is stopping and needs more time.
    pub fn beat(&self, mut status: impl FnMut() -> (String, bool)) {
        let period = watchdog_period().map_or(BEAT, |period| BEAT.min(period / 3));
        let mut told = String::new();
        let mut stuck = None;
        loop {
            let (line, is_stopping) = status();
            if line != told {
                notify(&[NotifyState::Status(&line)]);
                told = line;
            }
            if is_stopping {
                let extension = u32::try_from(EXTENSION.as_micros()).unwrap_or(u32::MAX);
                notify(&[NotifyState::ExtendTimeoutUsec(extension)]);
            }
            match self.overdue(Instant::now()) {
                None => {
                    stuck = None;
                    notify(&[NotifyState::Watchdog]);
                }
                Some(overdue) if stuck.as_ref() != Some(&overdue.part) => {
                    let then = match watchdog_period() {
                        Some(_) => "systemd will restart the program",
                        None => "no watchdog is set, so nothing will be done about it",
                    };
                    tracing::error!(
                        message_id = events::STUCK,
                        clip_part = overdue.part,
                        "{overdue}; {then}"
                    );
                    stuck = Some(overdue.part);
                }
                Some(_) => {}
            }
            std::thread::sleep(period);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Watch>> {
        locked(&self.parts)
    }
}

impl WatchedPart {
    /// Reports, and promises to report again within `time`.
    pub fn within(&self, time: Duration) {
        let now = Instant::now();
        self.set(now.checked_add(time).map(|due| (now, due)));
    }

    /// Reports that the part is idle, or waits for another part that is watched.
    pub fn rest(&self) {
        self.set(None);
    }

    fn set(&self, promise: Option<(Instant, Instant)>) {
        if let Some(slot) = self.pulse.lock().get_mut(self.index) {
            slot.promise = promise;
        }
    }
}

impl Drop for WatchedPart {
    fn drop(&mut self) {
        self.rest();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn who_does_not_report_in_time_is_overdue() {
        let pulse = Pulse::default();
        let (poller, worker) = (pulse.part("poller"), pulse.part("worker"));
        let start = Instant::now();
        assert_eq!(pulse.overdue(start + SECOND * 100), None, "all rest");
        poller.within(SECOND * 60);
        worker.within(SECOND * 10);
        assert_eq!(pulse.overdue(start + SECOND * 9), None);
        let overdue = pulse.overdue(start + SECOND * 70).expect("both are");
        assert_eq!(overdue.part, "worker", "late for longer");
        assert!(overdue.silent >= SECOND * 69, "{overdue}");
        worker.rest();
        let overdue = pulse.overdue(start + SECOND * 70).expect("one is");
        assert_eq!(overdue.part, "poller");
        poller.within(SECOND * 60);
        assert_eq!(pulse.overdue(start + SECOND * 59), None);
        drop(poller);
        assert_eq!(pulse.overdue(start + SECOND * 600), None, "it ended");
    }

    #[test]
    fn an_endless_promise_is_a_rest() {
        let pulse = Pulse::default();
        let part = pulse.part("poller");
        part.within(Duration::MAX);
        let later = Instant::now() + Duration::from_hours(1000);
        assert_eq!(pulse.overdue(later), None);
    }

    #[test]
    fn the_journal_is_told_which_part_and_how_long() {
        let overdue = Overdue {
            part: "worker-0".into(),
            silent: Duration::from_millis(11_500),
        };
        let line = "the part \"worker-0\" made no progress for 12s";
        assert_eq!(overdue.to_string(), line);
    }
}
