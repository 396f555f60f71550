//! What time it is where messages are dated: by the server's clock as soon as that is known, since ours
//! can be days wrong until the network has set it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use crate::locked::locked;

/// A clock that a server's answers set. Clones are the same.
#[derive(Debug, Clone)]
pub struct Clock {
    own: fn() -> SystemTime,
    /// What a server said last, and when that was.
    said: Arc<Mutex<Option<(SystemTime, Instant)>>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self::by(SystemTime::now)
    }
}

impl Clock {
    /// A clock that goes by `own` until a server said what time it is.
    #[must_use]
    pub fn by(own: fn() -> SystemTime) -> Self {
        Self {
            own,
            said: Arc::default(),
        }
    }

    /// A server said that it is `time`.
    pub fn set(&self, time: SystemTime) {
        *locked(&self.said) = Some((time, Instant::now()));
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.server_time().unwrap_or_else(self.own)
    }

    /// How long ago `time` was, zero if it is to come; `None` while no server said what time it is.
    #[must_use]
    pub fn since(&self, time: SystemTime) -> Option<Duration> {
        let now = self.server_time()?;
        Some(now.duration_since(time).unwrap_or_default())
    }

    fn server_time(&self) -> Option<SystemTime> {
        let (time, at) = (*locked(&self.said))?;
        time.checked_add(at.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_said_counts_more_than_our_own_clock() {
        let clock = Clock::by(|| SystemTime::UNIX_EPOCH);
        assert_eq!(clock.now(), SystemTime::UNIX_EPOCH);
        assert_eq!(clock.since(SystemTime::UNIX_EPOCH), None);
        let day = Duration::from_hours(24);
        let time = SystemTime::UNIX_EPOCH + 2 * day;
        clock.clone().set(time);
        assert!(clock.now() >= time && clock.now() < time + day);
        let since = clock
            .since(SystemTime::UNIX_EPOCH + day)
            .expect("it is known");
        assert!(since >= day && since < 2 * day, "{since:?}");
        assert_eq!(clock.since(time + day), Some(Duration::ZERO));
    }
}
