//! How often one user may ask: a token bucket each. Pure: the time is passed in.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::config::Rate;

/// Users remembered before those whose bucket is full again are forgotten.
const MAX_REMEMBERED: usize = 1000;

/// What a user's search meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be done.
    Admitted,
    /// Not before this time is over; the user is to be told.
    Told(Duration),
    /// The same, and the user was told already.
    Silent,
}

/// Who asked how often.
#[derive(Debug)]
pub struct Rates {
    rate: Option<Rate>,
    users: HashMap<i64, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    /// When the bucket will be full again: it holds one search less for each step of the rate
    /// until then.
    full_at: Instant,
    told: bool,
}

impl Rates {
    /// Everybody may ask at `rate`, or as often as they like.
    #[must_use]
    pub fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            users: HashMap::new(),
        }
    }

    /// From now on this rate holds; what was asked before counts on.
    pub fn change(&mut self, rate: Option<Rate>) {
        self.rate = rate;
    }

    /// The group `old` has become `new`: what was asked in its name counts on.
    pub fn migrate(&mut self, old: i64, new: i64) {
        if let Some(bucket) = self.users.remove(&old) {
            self.users.entry(new).or_insert(bucket);
        }
    }

    /// Whether `user` may search `now`; counts it if so. Nobody is told if not.
    pub fn admit_quietly(&mut self, user: i64, now: Instant) -> bool {
        let told = self.users.get(&user).is_some_and(|user| user.told);
        let admitted = self.admit(user, now) == Verdict::Admitted;
        if let Some(user) = self.users.get_mut(&user).filter(|_| !admitted) {
            user.told = told;
        }
        admitted
    }

    /// Whether `user` may search `now`; counts it if so.
    pub fn admit(&mut self, user: i64, now: Instant) -> Verdict {
        let Some(rate) = self.rate else {
            return Verdict::Admitted;
        };
        if self.users.len() >= MAX_REMEMBERED {
            self.users.retain(|_, user| user.full_at > now);
        }
        let user = self.users.entry(user).or_insert(Bucket {
            full_at: now,
            told: false,
        });
        let full_at = user.full_at.max(now) + rate.per / rate.searches.max(1);
        let too_early = full_at.saturating_duration_since(now + rate.per);
        if too_early.is_zero() {
            (user.full_at, user.told) = (full_at, false);
            Verdict::Admitted
        } else if std::mem::replace(&mut user.told, true) {
            Verdict::Silent
        } else {
            Verdict::Told(too_early)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        searches: 3,
        per: Duration::from_mins(1),
    };

    fn seconds(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn a_burst_is_allowed_and_then_one_search_a_step() {
        let mut rates = Rates::new(Some(RATE));
        let start = Instant::now();
        let mut at = |second| rates.admit(7, seconds(start, second));
        let told = |seconds| Verdict::Told(Duration::from_secs(seconds));
        let verdicts = [0, 0, 0, 0, 5, 20, 21, 30, 41, 200].map(&mut at);
        let expected = [
            Verdict::Admitted,
            Verdict::Admitted,
            Verdict::Admitted,
            told(20),
            Verdict::Silent,
            Verdict::Admitted,
            told(19),
            Verdict::Silent,
            Verdict::Admitted,
            Verdict::Admitted,
        ];
        assert_eq!(verdicts, expected);
    }

    #[test]
    fn a_quiet_refusal_leaves_the_word_to_a_later_one() {
        let mut rates = Rates::new(Some(RATE));
        let now = Instant::now();
        assert!((0..3).all(|_| rates.admit_quietly(7, now)));
        assert!(!rates.admit_quietly(7, now));
        let told = Verdict::Told(Duration::from_secs(20));
        assert_eq!(rates.admit(7, now), told);
        assert!(!rates.admit_quietly(7, now));
        assert_eq!(rates.admit(7, now), Verdict::Silent);
    }

    #[test]
    fn users_do_not_count_for_each_other() {
        let mut rates = Rates::new(Some(RATE));
        let now = Instant::now();
        for _ in 0..4 {
            rates.admit(7, now);
        }
        assert_eq!(rates.admit(8, now), Verdict::Admitted);
    }

    #[test]
    fn without_a_rate_nobody_waits() {
        let mut rates = Rates::new(None);
        let now = Instant::now();
        assert!((0..100).all(|_| rates.admit(7, now) == Verdict::Admitted));
        assert!(rates.users.is_empty());
    }

    #[test]
    fn users_whose_bucket_is_full_are_forgotten() {
        let mut rates = Rates::new(Some(RATE));
        let start = Instant::now();
        for user in 0..1000 {
            rates.admit(user, start);
        }
        rates.admit(-1, seconds(start, 10));
        assert_eq!(rates.users.len(), 1001, "all have something to wait for");
        rates.admit(-2, seconds(start, 21));
        assert_eq!(rates.users.len(), 2);
    }
}
