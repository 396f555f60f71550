//! How often one user may ask: a token bucket each, and one for each group that the owner gave a rate.
//! Pure: the time is passed in.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::config::Rate;

/// Users remembered before those whose bucket is full again are forgotten.
const MAX_REMEMBERED: usize = 1000;

/// Whose searches are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counted {
    /// A person's, wherever they ask.
    Person(i64),
    /// Those in the name of a group or channel (second) in a chat (first).
    InTheNameOf(i64, i64),
    /// All of a group's members together.
    Group(i64),
}

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
    /// Of users and groups that the owner gave another rate, or none.
    own: HashMap<i64, Option<Rate>>,
    users: HashMap<Counted, Bucket>,
}

#[derive(Debug, Clone, Copy)]
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
            own: HashMap::new(),
            users: HashMap::new(),
        }
    }

    /// From now on this rate holds; what was asked before counts on.
    pub fn change(&mut self, rate: Option<Rate>) {
        self.rate = rate;
    }

    /// From now on these users and groups have rates of their own, and no others.
    pub fn give(&mut self, own: HashMap<i64, Option<Rate>>) {
        self.own = own;
    }

    /// The group `old` has become `new`: what was asked in its name counts on.
    pub fn migrate(&mut self, old: i64, new: i64) {
        let moved = |counted: Counted| match counted {
            Counted::Group(chat) if chat == old => Counted::Group(new),
            Counted::InTheNameOf(chat, sender) if chat == old => {
                Counted::InTheNameOf(new, if sender == old { new } else { sender })
            }
            other => other,
        };
        let users = std::mem::take(&mut self.users);
        for (counted, bucket) in users {
            self.users.entry(moved(counted)).or_insert(bucket);
        }
    }

    /// Whether `user` may search `now` in private; counts it if so. Nobody is told if not.
    pub fn admit_quietly(&mut self, user: i64, now: Instant) -> bool {
        let counted = Counted::Person(user);
        let told = self.users.get(&counted).is_some_and(|user| user.told);
        let admitted = self.admit(user, user, now) == Verdict::Admitted;
        if let Some(user) = self.users.get_mut(&counted).filter(|_| !admitted) {
            user.told = told;
        }
        admitted
    }

    /// Whether `asker` may search in `chat` `now`; counts it if so.
    pub fn admit(&mut self, asker: i64, chat: i64, now: Instant) -> Verdict {
        if self.users.len() >= MAX_REMEMBERED {
            self.users.retain(|_, user| user.full_at > now);
        }
        let own = if asker < 0 {
            Counted::InTheNameOf(chat, asker)
        } else {
            Counted::Person(asker)
        };
        let groups = self.own.get(&chat).filter(|_| chat != asker);
        let groups = groups.copied().flatten();
        let limits = [
            self.own
                .get(&asker)
                .copied()
                .unwrap_or(self.rate)
                .map(|rate| (own, rate)),
            groups.map(|rate| (Counted::Group(chat), rate)),
        ];
        let mut taken = Vec::new();
        for (counted, rate) in limits.into_iter().flatten() {
            let bucket = self.users.entry(counted).or_insert(Bucket {
                full_at: now,
                told: false,
            });
            let full_at = bucket.full_at.max(now) + rate.per / rate.searches.max(1);
            let too_early = full_at.saturating_duration_since(now + rate.per);
            if !too_early.is_zero() {
                return if std::mem::replace(&mut bucket.told, true) {
                    Verdict::Silent
                } else {
                    Verdict::Told(too_early)
                };
            }
            let told = false;
            taken.push((counted, Bucket { full_at, told }));
        }
        self.users.extend(taken);
        Verdict::Admitted
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
        let mut at = |second| rates.admit(7, 7, seconds(start, second));
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
        assert_eq!(rates.admit(7, 7, now), told);
        assert!(!rates.admit_quietly(7, now));
        assert_eq!(rates.admit(7, 7, now), Verdict::Silent);
    }

    #[test]
    fn users_do_not_count_for_each_other() {
        let mut rates = Rates::new(Some(RATE));
        let now = Instant::now();
        for _ in 0..4 {
            rates.admit(7, 7, now);
        }
        assert_eq!(rates.admit(8, 8, now), Verdict::Admitted);
    }

    #[test]
    fn without_a_rate_nobody_waits() {
        let mut rates = Rates::new(None);
        let now = Instant::now();
        assert!((0..100).all(|_| rates.admit(7, 7, now) == Verdict::Admitted));
        assert!(rates.users.is_empty());
    }

    #[test]
    fn users_whose_bucket_is_full_are_forgotten() {
        let mut rates = Rates::new(Some(RATE));
        let start = Instant::now();
        for user in 1..=1000 {
            rates.admit(user, 1, start);
        }
        rates.admit(-1, -1, seconds(start, 10));
        assert_eq!(rates.users.len(), 1001, "all have something to wait for");
        rates.admit(-2, -1, seconds(start, 21));
        assert_eq!(rates.users.len(), 2);
    }

    #[test]
    fn who_the_owner_gave_a_rate_has_that_one_and_a_group_shares_its_own() {
        let rate = |text: &str| text.parse().ok();
        let mut rates = Rates::new(Some(RATE));
        rates.give(HashMap::from([
            (7, rate("1/1m")),
            (8, None),
            (-100, rate("2/1m")),
        ]));
        let now = Instant::now();
        let mut asks = |asker, chat| rates.admit(asker, chat, now) == Verdict::Admitted;
        assert!(asks(7, 7) && !asks(7, 7), "a rate of their own");
        assert!((0..100).all(|_| asks(8, 8)), "no limit");
        assert!(asks(10, -100) && asks(11, -100), "two for the group");
        assert!(
            !asks(12, -100) && asks(12, 12),
            "which costs nobody a search"
        );
        assert!(!asks(8, -100), "whoever asks there");
    }

    #[test]
    fn a_channel_counts_in_each_group_by_itself() {
        let mut rates = Rates::new(Some(RATE));
        let now = Instant::now();
        let mut asks = |sender, chat| rates.admit(sender, chat, now) == Verdict::Admitted;
        assert!((0..3).all(|_| asks(-9, -100)) && !asks(-9, -100));
        assert!(asks(-9, -200) && asks(-100, -100));
        rates.migrate(-100, -300);
        assert_ne!(rates.admit(-9, -300, now), Verdict::Admitted);
    }
}
