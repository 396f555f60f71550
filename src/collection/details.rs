//! What a picture says about itself beside its content: when and where it was taken, with what, and
//! by which words its owner described it.

use std::fmt;

/// What was read from a picture's metadata, or from a file beside it. Whatever is unknown is none or
/// empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// When it was taken, by the camera's clock.
    pub taken: Option<Taken>,
    /// Where it was taken.
    pub position: Option<Position>,
    /// Maker and model of the camera, in one line.
    pub camera: String,
    /// Words or short phrases that somebody gave it: tags, names of people, an album.
    pub keywords: Vec<String>,
}

/// A time as the clock of a camera showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Taken {
    /// Seconds from 1970-01-01 00:00:00 to what the clock showed, both without a time zone.
    pub seconds: i64,
    /// Minutes that the clock was ahead of UTC, from -1439 to 1439, where the camera wrote that down.
    pub offset: Option<i16>,
}

/// A point on Earth (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// Degrees to the north, times 10⁷.
    latitude: i32,
    /// Degrees to the east, times 10⁷.
    longitude: i32,
}

/// Mean radius of the Earth.
const EARTH_KM: f64 = 6371.0;

impl Position {
    /// The point at `latitude` and `longitude` in degrees; none if they are out of range.
    #[must_use]
    pub fn new(latitude: f64, longitude: f64) -> Option<Self> {
        let fits = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        #[expect(clippy::cast_possible_truncation, reason = "180 × 10⁷ fits")]
        fits.then(|| Self {
            latitude: (latitude * 1e7).round() as i32,
            longitude: (longitude * 1e7).round() as i32,
        })
    }

    /// Degrees to the north.
    #[must_use]
    pub fn latitude(self) -> f64 {
        f64::from(self.latitude) / 1e7
    }

    /// Degrees to the east.
    #[must_use]
    pub fn longitude(self) -> f64 {
        f64::from(self.longitude) / 1e7
    }

    /// The distance to `other` along the surface, in kilometres.
    #[must_use]
    pub fn km_to(self, other: Self) -> f64 {
        let (a, b) = (self.latitude().to_radians(), other.latitude().to_radians());
        let east = (other.longitude() - self.longitude()).to_radians();
        let half = |angle: f64| (angle / 2.0).sin().powi(2);
        let h = half(b - a) + a.cos() * b.cos() * half(east);
        2.0 * EARTH_KM * h.sqrt().min(1.0).asin()
    }
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

    #[test]
    fn distances_are_those_on_a_globe() {
        let at = |latitude, longitude| Position::new(latitude, longitude).expect("on Earth");
        let (rome, paris) = (at(41.89, 12.48), at(48.86, 2.35));
        assert!((rome.km_to(paris) - 1106.0).abs() < 5.0);
        let over_the_date_line = at(0.0, 179.9).km_to(at(0.0, -179.9));
        assert!((over_the_date_line - 22.2).abs() < 0.1);
        assert!((at(90.0, 0.0).km_to(at(-90.0, 77.0)) - 20_015.0).abs() < 1.0);
        assert_eq!(Position::new(90.1, 0.0), None);
        assert_eq!(Position::new(f64::NAN, 0.0), None);
    }
}
