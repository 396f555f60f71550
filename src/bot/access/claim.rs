//! The one-time code that makes somebody the owner.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::secret::Secret;

/// Wrong codes that one user may send in [`PERIOD`]. Others are not affected, so that nobody can
/// lock the owner out.
const MAX_WRONG: u32 = 5;
const PERIOD: Duration = Duration::from_hours(1);
/// Users whose wrong codes are remembered. Guessing 128 bits is hopeless in any case.
const MAX_REMEMBERED: usize = 1000;

/// A code that waits for the owner.
#[derive(Debug)]
pub struct Claim {
    code: Secret,
    wrong: HashMap<i64, (u32, Instant)>,
}

impl Claim {
    /// `code` is what the owner has to send.
    #[must_use]
    pub fn new(code: Secret) -> Self {
        Self {
            code,
            wrong: HashMap::new(),
        }
    }

    /// The link that the owner opens; the code stands in it once.
    #[must_use]
    pub fn link(&self, bot: &str) -> String {
        format!("https://t.me/{bot}?start={}", self.code.expose())
    }

    /// Whether `user`, who sent `guess`, is the owner. Counts wrong codes; after too many, the right
    /// one is not accepted either until an hour has passed.
    pub fn accepts(&mut self, user: i64, guess: &str, now: Instant) -> bool {
        if self.wrong.len() >= MAX_REMEMBERED {
            self.wrong.clear();
        }
        let (count, since) = self.wrong.entry(user).or_insert((0, now));
        if now.duration_since(*since) >= PERIOD {
            (*count, *since) = (0, now);
        }
        if *count >= MAX_WRONG {
            return false;
        }
        let right = self.code.matches(guess.as_bytes());
        *count += u32::from(!right);
        right
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_codes_are_limited_for_each_user_by_themselves() {
        let mut claim = Claim::new(Secret::new("right"));
        let now = Instant::now();
        for _ in 0..MAX_WRONG {
            assert!(!claim.accepts(1, "wrong", now));
        }
        assert!(!claim.accepts(1, "right", now), "one guess too many");
        assert!(
            claim.accepts(2, "right", now),
            "the owner is not locked out"
        );
        assert!(claim.accepts(1, "right", now + PERIOD));
    }

    #[test]
    fn guessers_without_end_take_no_memory() {
        let mut claim = Claim::new(Secret::new("right"));
        for user in 0..5000 {
            assert!(!claim.accepts(user, "", Instant::now()));
        }
        assert!(claim.wrong.len() <= MAX_REMEMBERED);
    }

    #[test]
    fn the_link_fits_telegrams_limits_and_is_not_printed() {
        let code = Secret::random().expect("the system has randomness");
        let link = Claim::new(code.clone()).link("clip_bot");
        let payload = link.strip_prefix("https://t.me/clip_bot?start=");
        let payload = payload.expect("a deep link");
        assert!(payload.len() == 32 && payload.bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(!format!("{:?}", Claim::new(code)).contains(payload));
    }
}
