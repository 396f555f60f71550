//! Waiting times between attempts: exponential backoff with jitter.

use std::time::Duration;

/// Waiting times that double with each failure in a row, up to a limit.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Waiting time after the first failure.
    pub first: Duration,
    /// The limit.
    pub longest: Duration,
}

impl Backoff {
    /// The waiting time after `failures` failures in a row (1 is the first), between half of the
    /// doubled value and the whole of it; `chance` from 0 to 1 is the jitter.
    #[must_use]
    pub fn delay(self, failures: u32, chance: f64) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let whole = self.first.saturating_mul(1 << doublings).min(self.longest);
        whole.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
    }
}

/// `delay` in words, such as `1m 30s`; rounded up to whole seconds.
#[must_use]
pub fn in_words(delay: Duration) -> humantime::FormattedDuration {
    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
    humantime::format_duration(Duration::from_secs(seconds))
}

/// A number from 0 to 1 that differs from call to call and process to process; not for secrets.
#[must_use]
pub fn chance() -> f64 {
    use std::hash::{BuildHasher, RandomState};
    let bits = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or(0);
    f64::from(bits) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_up_to_the_cap_with_jitter() {
        let backoff = Backoff {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
        };
        let millis = |failures, chance| backoff.delay(failures, chance).as_millis();
        let whole: Vec<u128> = (0..8).map(|n| millis(n, 1.0)).collect();
        assert_eq!(
            whole,
            [1000, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
        );
        assert_eq!(millis(u32::MAX, 0.0), 15_000);
        assert_eq!(millis(3, 0.5), 3000);
    }

    #[test]
    fn chance_stays_between_zero_and_one_and_varies() {
        let seen: Vec<f64> = (0..100).map(|_| chance()).collect();
        assert!(seen.iter().all(|c| (0.0..=1.0).contains(c)));
        assert!(seen.iter().any(|c| (c - seen[0]).abs() > 0.01));
    }
}
