//! When a picture was taken: [`Taken`], and the calendar that it takes.

use std::fmt;

/// Longest text between date and time in a name: ` at `.
const MAX_GAP: usize = 4;

/// A time as the clock of a camera showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Taken {
    /// Seconds from 1970-01-01 00:00:00 to what the clock showed, both without a time zone.
    pub seconds: i64,
    /// Minutes that the clock was ahead of UTC, from -1439 to 1439, where the camera wrote that down.
    pub offset: Option<i16>,
}

/// As RFC 3339 writes a time; Z stands where the offset is unknown.
impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date_of(self.seconds.div_euclid(86_400));
        let second = self.seconds.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        )?;
        match self.offset {
            None | Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

impl Taken {
    /// The time at which a clock shows these; none if there is no such date or time of the day.
    #[must_use]
    pub fn at(date: (i32, u32, u32), time: (u32, u32, u32)) -> Option<Self> {
        let (hour, minute, second) = time;
        // A leap second is shown as 60.
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let (year, month, day) = date;
        let days = day_of(year, month, day)?;
        let second = hour * 3600 + minute * 60 + second;
        Some(Self {
            seconds: days * 86_400 + i64::from(second),
            offset: None,
        })
    }
}

impl Taken {
    /// The time in `text`: `2023-07-14T10:11:12+02:00` as RFC 3339 has it, a date alone, or seconds since
    /// 1970 by UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(seconds) = text.parse::<i64>() {
            let year = date_of(seconds.div_euclid(86_400)).0;
            let offset = Some(0);
            return (1..=9999)
                .contains(&year)
                .then_some(Self { seconds, offset });
        }
        let number = |range: std::ops::Range<usize>| {
            let (part, _) = digits(text.as_bytes().get(range.clone())?, range.len())?;
            Some(part)
        };
        let is_at = |place: usize, marks: &[u8]| {
            let byte = text.as_bytes().get(place);
            byte.is_some_and(|byte| marks.contains(byte))
        };
        let date = (
            i32::try_from(number(0..4)?).ok()?,
            number(5..7)?,
            number(8..10)?,
        );
        if !(is_at(4, b"-") && is_at(7, b"-")) {
            return None;
        }
        if text.len() == 10 {
            return Self::at(date, (0, 0, 0));
        }
        let time = (number(11..13)?, number(14..16)?, number(17..19)?);
        if !(is_at(10, b"Tt ") && is_at(13, b":") && is_at(16, b":")) {
            return None;
        }
        let rest = text.get(19..)?;
        let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        if zone.len() < rest.len() && !(rest.starts_with('.') && rest.len() - zone.len() > 1) {
            return None;
        }
        let taken = Self::at(date, time)?;
        if zone.is_empty() {
            return Some(taken);
        }
        let offset = Some(offset(zone)?);
        Some(Self { offset, ..taken })
    }

    /// The time that a program wrote into the `name` of a file, as in `IMG_20190504_101112`,
    /// `Screenshot 2023-07-14 at 10.11.12` or `IMG-20190504-WA0001`, whose day begins at midnight.
    #[must_use]
    pub fn in_name(name: &str) -> Option<Self> {
        let bytes = name.as_bytes();
        let dated = (0..bytes.len()).find_map(|at| {
            let is_first = at == 0 || !bytes[at - 1].is_ascii_digit();
            is_first.then(|| time_at_start(&bytes[at..])).flatten()
        });
        dated.or_else(|| {
            name.split(|c: char| !c.is_ascii_digit())
                .find_map(milliseconds)
        })
    }
}

/// Milliseconds since 1970, as messengers name what they save (`mmexport1689359405000`), from 2001
/// on.
fn milliseconds(number: &str) -> Option<Taken> {
    let is_time = number.len() == 13 && number.starts_with('1');
    let milliseconds: i64 = number.parse().ok().filter(|_| is_time)?;
    Some(Taken {
        seconds: milliseconds / 1000,
        offset: Some(0),
    })
}

/// Minutes ahead of UTC in `Z` or `+02:00`.
fn offset(zone: &str) -> Option<i16> {
    if ["Z", "z"].contains(&zone) {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, rest) = digits(&zone.as_bytes()[1..], 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(b":")?, 2)?;
    if hours > 23 || minutes > 59 || !rest.is_empty() {
        return None;
    }
    let minutes = i16::try_from(hours * 60 + minutes).ok()?;
    Some(sign * minutes)
}

/// The date, and the time if there is one, that `text` begins with.
fn time_at_start(text: &[u8]) -> Option<Taken> {
    let (year, text) = digits(text, 4)?;
    let mark = text.first().filter(|mark| b"-_.".contains(mark));
    let skip = |text: &'_ [u8]| -> Option<usize> {
        match mark {
            None => Some(0),
            Some(mark) => (text.first() == Some(mark)).then_some(1),
        }
    };
    let (month, text) = digits(&text[skip(text)?..], 2)?;
    let (day, text) = digits(&text[skip(text)?..], 2)?;
    let year = i32::try_from(year)
        .ok()
        .filter(|year| (1970..2100).contains(year))?;
    let midnight = Taken::at((year, month, day), (0, 0, 0))?;
    let begins_with_digit = |text: &[u8]| text.first().is_some_and(u8::is_ascii_digit);
    let gap = text
        .iter()
        .take_while(|byte| !byte.is_ascii_digit())
        .count();
    let time = || {
        let (hour, rest) = digits(text.get(gap..)?, 2)?;
        let seam = |text: &[u8]| usize::from(text.first().is_some_and(|c| b"-_.:".contains(c)));
        let (minute, rest) = digits(&rest[seam(rest)..], 2)?;
        let (second, _) = digits(&rest[seam(rest)..], 2)?;
        Taken::at((year, month, day), (hour, minute, second))
    };
    let time = if gap <= MAX_GAP { time() } else { None };
    match time {
        Some(time) => Some(time),
        // A longer number is no date.
        None if begins_with_digit(text) => None,
        None => Some(midnight),
    }
}

/// The number in the first `count` bytes of `text`, and what follows.
fn digits(text: &[u8], count: usize) -> Option<(u32, &[u8])> {
    let (number, rest) = text.split_at_checked(count)?;
    if !number.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = str::from_utf8(number).ok()?.parse().ok()?;
    Some((number, rest))
}

/// Days in the months of a year.
fn months(year: i32) -> [u32; 12] {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if is_leap { 29 } else { 28 };
    [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
}

/// Days from 1970-01-01 to a date of the Gregorian calendar; none if there is no such date, or if
/// its year is not from 1 to 9999.
#[must_use]
pub fn day_of(year: i32, month: u32, day: u32) -> Option<i64> {
    let length = *months(year).get((month as usize).checked_sub(1)?)?;
    if !(1..=9999).contains(&year) || day == 0 || day > length {
        return None;
    }
    // Years begin in March here, so that a leap day is the last of its year.
    let (year, month) = (i64::from(year), i64::from(month));
    let (year, month) = if month < 3 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(before + (month * 153 + 2) / 5 + i64::from(day) - 1 - 719_468)
}

/// The year, month and day of the date that is so many days after 1970-01-01.
#[must_use]
pub fn date_of(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (year + era * 400 + next, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_the_same_both_ways() {
        for (date, day) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((1969, 12, 31), -1),
            ((2026, 11, 28), 20_785),
        ] {
            let (year, month, of_month) = date;
            assert_eq!(day_of(year, month, of_month), Some(day), "{date:?}");
            assert_eq!(
                date_of(day),
                (year.into(), month.into(), of_month.into()),
                "{date:?}"
            );
        }
        for day in (-719_162..2_932_896).step_by(97) {
            let (year, month, of_month) = date_of(day);
            let small = |n: i64| u32::try_from(n).expect("small");
            let year = i32::try_from(year).expect("small");
            assert_eq!(day_of(year, small(month), small(of_month)), Some(day));
        }
        for none in [
            (2023, 2, 29),
            (1900, 2, 29),
            (2023, 0, 1),
            (2023, 13, 1),
            (0, 1, 1),
        ] {
            assert_eq!(day_of(none.0, none.1, none.2), None, "{none:?}");
        }
    }

    #[test]
    fn a_time_is_read_as_people_and_programs_write_it() {
        for (text, shown) in [
            ("2023-07-14T10:11:12Z", "2023-07-14T10:11:12Z"),
            ("2023-07-14t10:11:12.345z", "2023-07-14T10:11:12Z"),
            ("2023-07-14 10:11:12+02:00", "2023-07-14T10:11:12+02:00"),
            ("2023-07-14T10:11:12-09:30", "2023-07-14T10:11:12-09:30"),
            ("2023-07-14T10:11:12", "2023-07-14T10:11:12Z"),
            ("2023-07-14", "2023-07-14T00:00:00Z"),
            ("86400", "1970-01-02T00:00:00Z"),
        ] {
            let taken = Taken::parse(text).expect(text);
            assert_eq!(taken.to_string(), shown, "{text}");
        }
        for text in [
            "",
            "x",
            "2023",
            "2023-13-01",
            "2023-07-14T25:00:00Z",
            "2023-07-14T10:11:12.Z",
            "2023-07-14T10:11:123",
            "2023-07-14T10:11:12+2",
            "2023/07/14",
            "99999999999999999",
            "2023-07-14T10:11:12+24:00",
            "é023-07-14",
            "2023-07-14T10:11é12",
        ] {
            let is_year = text == "2023";
            assert_eq!(Taken::parse(text).is_some(), is_year, "{text}");
        }
    }

    #[test]
    fn a_time_is_read_from_a_name() {
        for (name, time) in [
            ("IMG_20190504_101112", "2019-05-04T10:11:12Z"),
            ("PXL_20230714_101112345", "2023-07-14T10:11:12Z"),
            ("20190504101112", "2019-05-04T10:11:12Z"),
            ("2019-05-04 10.11.12", "2019-05-04T10:11:12Z"),
            ("Screenshot 2023-07-14 at 10.11.12", "2023-07-14T10:11:12Z"),
            ("IMG-20190504-WA0001", "2019-05-04T00:00:00Z"),
            ("mmexport1689359405000", "2023-07-14T18:30:05Z"),
            ("FB_IMG_1689359405123", "2023-07-14T18:30:05Z"),
            ("trip 2019_05_04 (2)", "2019-05-04T00:00:00Z"),
            ("20190504", "2019-05-04T00:00:00Z"),
        ] {
            let found = Taken::in_name(name).map(|taken| taken.to_string());
            assert_eq!(found.as_deref(), Some(time), "{name}");
        }
        for none in [
            "2019",
            "20191304",
            "2019-0504",
            "120190504",
            "18000101",
            "201905041",
            "é2019-",
        ] {
            assert_eq!(Taken::in_name(none), None, "{none}");
        }
    }

    #[test]
    fn a_time_is_written_as_the_clock_showed_it() {
        let taken = Taken::at((2019, 5, 4), (10, 11, 12)).expect("a time");
        assert_eq!(taken.to_string(), "2019-05-04T10:11:12Z");
        let ahead = |offset| Taken {
            offset: Some(offset),
            ..taken
        };
        assert_eq!(ahead(330).to_string(), "2019-05-04T10:11:12+05:30");
        assert_eq!(ahead(-90).to_string(), "2019-05-04T10:11:12-01:30");
        assert_eq!(Taken::at((2019, 5, 4), (24, 0, 0)), None);
    }
}
