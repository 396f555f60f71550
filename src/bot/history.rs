//! How many searches ended in the last hour and today, and why some failed. Pure: the time is passed in.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What ended when. Times are since 1970; days begin at midnight UTC.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Each minute in which a search ended, with their number; the oldest first.
    minutes: VecDeque<(u64, u64)>,
    day: u64,
    today: u64,
    failures: BTreeMap<&'static str, u64>,
}

impl History {
    /// A search ended `now`.
    pub fn ended(&mut self, now: Duration) {
        self.begin_day(now);
        self.today += 1;
        let minute = now.as_secs() / MINUTE;
        match self.minutes.back_mut() {
            Some((last, count)) if *last == minute => *count += 1,
            _ => self.minutes.push_back((minute, 1)),
        }
        while self.minutes.len() as u64 > HOUR / MINUTE {
            self.minutes.pop_front();
        }
    }

    /// A search failed `now`, for a reason with this code.
    pub fn failed(&mut self, code: &'static str, now: Duration) {
        self.begin_day(now);
        *self.failures.entry(code).or_default() += 1;
    }

    /// How many ended in the hour before `now`, to the minute.
    #[must_use]
    pub fn last_hour(&self, now: Duration) -> u64 {
        let first = (now.as_secs() / MINUTE).saturating_sub(HOUR / MINUTE - 1);
        let recent = self.minutes.iter().filter(|(minute, _)| *minute >= first);
        recent.map(|(_, count)| count).sum()
    }

    /// How many ended today, and how often each kind of failure was met.
    #[must_use]
    pub fn today(&self, now: Duration) -> (u64, BTreeMap<&'static str, u64>) {
        if now.as_secs() / DAY == self.day {
            (self.today, self.failures.clone())
        } else {
            Default::default()
        }
    }

    fn begin_day(&mut self, now: Duration) {
        let day = now.as_secs() / DAY;
        if day != self.day {
            (self.day, self.today) = (day, 0);
            self.failures.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_and_a_day_are_counted() {
        let mut history = History::default();
        let at = |hour: u64, minute: u64| Duration::from_secs(DAY + hour * HOUR + minute * MINUTE);
        for (hour, minute) in [(20, 0), (22, 58), (22, 59), (23, 30), (23, 30)] {
            history.ended(at(hour, minute));
        }
        history.failed("timeout", at(23, 30));
        assert_eq!(history.last_hour(at(23, 58)), 3);
        assert_eq!(history.last_hour(at(23, 59)), 2);
        assert_eq!(
            history.today(at(23, 59)),
            (5, BTreeMap::from([("timeout", 1)]))
        );
        assert_eq!(history.today(at(24, 0)).0, 0, "midnight");
        history.ended(at(24, 5));
        assert_eq!(history.today(at(24, 5)), (1, BTreeMap::new()));
        assert_eq!(history.last_hour(at(24, 5)), 3);
        for minute in 0..500 {
            history.ended(at(30, minute));
        }
        assert_eq!(history.minutes.len(), 60);
    }
}
