//! Times as people read them in each language. Pure.

use std::time::Duration;

use super::Texts;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

impl Texts {
    /// How long something took: `3 ms`, `1.2 s`.
    #[must_use]
    pub fn took(&self, time: Duration) -> String {
        if time < Duration::from_secs(1) {
            return with(self.milliseconds, time.as_millis().max(1));
        }
        let tenths = format!("{:.1}", time.as_secs_f64());
        with(self.seconds, tenths.replace('.', self.decimal))
    }

    /// How long something has lasted, in its two largest units: `3 d 4 h`.
    #[must_use]
    pub fn lasted(&self, time: Duration) -> String {
        let seconds = time.as_secs();
        let (days, hours) = (seconds / DAY, seconds % DAY / HOUR);
        let (minutes, rest) = (seconds % HOUR / 60, seconds % 60);
        let units = [
            (self.days, days),
            (self.hours, hours),
            (self.minutes, minutes),
            (self.seconds, rest),
        ];
        let first = units.iter().position(|(_, number)| *number > 0);
        let largest = units.iter().skip(first.unwrap_or(units.len() - 1)).take(2);
        let shown = largest
            .enumerate()
            .filter(|(place, (_, number))| *place == 0 || *number > 0);
        let shown: Vec<String> = shown
            .map(|(_, (unit, number))| with(unit, number))
            .collect();
        shown.join(" ")
    }
}

fn with(template: &str, number: impl ToString) -> String {
    template.replace("{time}", &number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_in_the_language() {
        let took = |tag, millis| Texts::of(Some(tag)).took(Duration::from_millis(millis));
        assert_eq!(
            (took("en", 30), took("en", 1240)),
            ("30 ms".into(), "1.2 s".into())
        );
        assert_eq!(
            (took("de", 0), took("de", 61_240)),
            ("1 ms".into(), "61,2 s".into())
        );
        assert_eq!(
            (took("ru", 999), took("zh-hans", 1000)),
            ("999 мс".into(), "1.0 秒".into())
        );
    }

    #[test]
    fn what_lasts_is_told_in_its_two_largest_units() {
        let lasted = |seconds| Texts::of(None).lasted(Duration::from_secs(seconds));
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3 * HOUR + 5 * 60 + 7, "3 h 5 min"),
            (2 * DAY + 59 * 60, "2 d"),
            (40 * DAY + 23 * HOUR, "40 d 23 h"),
        ] {
            assert_eq!(lasted(seconds), text);
        }
    }
}
