//! Which pictures may be found, whatever they show: [`Filter`].

use std::fmt;

use super::saving::{FOLDERS, MAX_COLLECTIONS, check_collection};
use super::taken::day_of;
use super::{Failure, Position, Reason};

/// Longest name of a folder, in characters.
pub const MAX_FOLDER_CHARS: usize = 500;
/// Half of the way around the Earth, and a little more.
const MAX_KM: f64 = 20_100.0;

/// Conditions that a picture must meet, all of them. Without any, every picture may be found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Taken on this date or later.
    pub after: Option<Date>,
    /// Taken earlier than this date.
    pub before: Option<Date>,
    /// Taken in this circle.
    pub near: Option<Near>,
    /// In a folder of this name, at any depth: some words of the name, or several names with
    /// slashes between them.
    pub folder: Option<String>,
    /// In one of these collections of saved pictures; empty for the owner's folders alone, which
    /// [`FOLDERS`] stands for.
    pub collections: Vec<String>,
}

/// A day, a month or a year; it begins with its first moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Date {
    year: i32,
    month: Option<u32>,
    day: Option<u32>,
}

/// A circle on Earth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Near {
    /// Its middle.
    pub position: Position,
    /// Its radius in metres.
    pub metres: u32,
}

impl Filter {
    /// The names of the parameters that make a filter.
    pub const NAMES: [&str; 4] = ["after", "before", "near", "folder"];
    /// The name of the parameter that names a collection, and may be there several times.
    pub const COLLECTION: &str = "collection";

    /// This filter, for the collections in `names` alone.
    ///
    /// # Errors
    /// [`Reason::BadQuery`] for a name that none can have, and for too many.
    pub fn in_collections(mut self, names: Vec<String>) -> Result<Self, Failure> {
        for name in names {
            check_collection(&name)?;
            if !self.collections.contains(&name) {
                self.collections.push(name);
            }
        }
        if self.collections.len() > MAX_COLLECTIONS {
            return Err(bad(format!(
                "a search can name {MAX_COLLECTIONS} collections at most"
            )));
        }
        Ok(self)
    }

    /// Names of the collections of saved pictures that are searched.
    pub fn saved(&self) -> impl Iterator<Item = &str> {
        let names = self.collections.iter().map(String::as_str);
        names.filter(|name| *name != FOLDERS)
    }

    /// The same, which names no collections.
    #[must_use]
    pub fn without_collections(&self) -> Self {
        Self {
            collections: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether the owner's folders are searched.
    #[must_use]
    pub fn has_folders(&self) -> bool {
        self.collections.is_empty() || self.collections.iter().any(|name| name == FOLDERS)
    }

    /// The filter whose parameters are what `value` returns for each of [`Filter::NAMES`].
    ///
    /// # Errors
    /// [`Reason::BadQuery`] for one that is malformed, those of `value`.
    pub fn from_parameters(
        mut value: impl FnMut(&str) -> Result<Option<String>, Failure>,
    ) -> Result<Self, Failure> {
        let mut get = |name: &str| Ok(value(name)?.map(|value| value.trim().to_owned()));
        let mut filter = Self::default();
        for name in ["after", "before"] {
            let Some(text) = get(name)? else { continue };
            let date = Date::parse(&text).ok_or_else(|| {
                bad(format!(
                    "{name} must be a year, a month or a day, such as 2023, 2023-07 or 2023-07-14"
                ))
            })?;
            if name == "after" {
                filter.after = Some(date);
            } else {
                filter.before = Some(date);
            }
        }
        filter.near = get("near")?.map(|text| Near::parse(&text)).transpose()?;
        filter.folder = get("folder")?;
        let length = filter.folder.as_ref().map(|name| name.chars().count());
        match length {
            Some(0) => Err(bad(
                "folder is empty; name one, as in folder=Rome".to_owned()
            )),
            Some(length) if length > MAX_FOLDER_CHARS => Err(bad(format!(
                "folder is longer than {MAX_FOLDER_CHARS} characters"
            ))),
            _ => Ok(filter),
        }
    }

    /// The parameters that make this filter, each with its name.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let [after, before, near, folder] = Self::NAMES;
        let all = [
            (after, self.after.map(|date| date.to_string())),
            (before, self.before.map(|date| date.to_string())),
            (near, self.near.map(|near| near.to_string())),
            (folder, self.folder.clone()),
        ];
        let given = all.into_iter();
        let collections = self.collections.iter();
        given
            .filter_map(|(name, value)| Some((name, value?)))
            .chain(collections.map(|name| (Self::COLLECTION, name.clone())))
    }

    /// Whether it lets every picture through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses a filter, for whoever cannot filter: `who`, as the subject of a sentence.
    ///
    /// # Errors
    /// [`Reason::NotSupported`] unless it is empty.
    pub fn refuse(&self, who: &str) -> Result<(), Failure> {
        let Some((name, _)) = self.parameters().next() else {
            return Ok(());
        };
        let message = format!(
            "{who} cannot choose pictures by date, place, folder or collection: ask without {name}"
        );
        Err(Failure::new(Reason::NotSupported, message))
    }
}

impl Date {
    /// The date in `text`: `2023`, `2023-07` or `2023-07-14`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut number = |digits: usize| match parts.next() {
            None => Some(None),
            Some(part) if part.len() != digits => None,
            Some(part) if !part.bytes().all(|byte| byte.is_ascii_digit()) => None,
            Some(part) => part.parse::<u32>().ok().map(Some),
        };
        let (year, month, day) = (number(4)??, number(2)?, number(2)?);
        if parts.next().is_some() {
            return None;
        }
        let year = i32::try_from(year).ok()?;
        day_of(year, month.unwrap_or(1), day.unwrap_or(1))?;
        Some(Self { year, month, day })
    }

    /// Its first moment, in seconds from 1970-01-01 00:00:00, both by the same clock.
    #[must_use]
    pub fn start(self) -> i64 {
        let day = day_of(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1));
        // `parse` makes no date that does not exist.
        day.unwrap_or(0) * 86_400
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        for part in [self.month, self.day].into_iter().flatten() {
            write!(f, "-{part:02}")?;
        }
        Ok(())
    }
}

impl Near {
    /// The circle in `text`: degrees to the north, degrees to the east, and kilometres.
    ///
    /// # Errors
    /// [`Reason::BadQuery`] where it is none.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            bad(format!(
                "near must be latitude, longitude and kilometres, such as 41.9,12.5,10: degrees \
                 from -90 to 90 and from -180 to 180, and more than 0 up to {MAX_KM} km"
            ))
        };
        let numbers: Vec<f64> = text
            .split(',')
            .map(|part| part.trim().parse().map_err(|_| wrong()))
            .collect::<Result<_, _>>()?;
        let [latitude, longitude, km] = numbers[..] else {
            return Err(wrong());
        };
        let position = Position::new(latitude, longitude).ok_or_else(wrong)?;
        if !(km > 0.0 && km <= MAX_KM) {
            return Err(wrong());
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 20,100,000"
        )]
        let metres = (km * 1000.0).ceil() as u32;
        Ok(Self { position, metres })
    }

    /// Whether `position` lies in it.
    #[must_use]
    pub fn holds(&self, position: Position) -> bool {
        self.position.km_to(position) * 1000.0 <= f64::from(self.metres)
    }
}

impl fmt::Display for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (position, km) = (self.position, f64::from(self.metres) / 1000.0);
        write!(f, "{},{},{km}", position.latitude(), position.longitude())
    }
}

fn bad(message: String) -> Failure {
    Failure::new(Reason::BadQuery, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The filter of `name=value` pairs.
    fn filter(pairs: &[(&str, &str)]) -> Result<Filter, Failure> {
        Filter::from_parameters(|wanted| {
            let found = pairs.iter().find(|(name, _)| *name == wanted);
            Ok(found.map(|(_, value)| (*value).to_owned()))
        })
    }

    #[test]
    fn a_filter_is_its_parameters_again() {
        let pairs = [
            ("after", "2023-07"),
            ("before", "2024"),
            ("near", "41.89,-12.5,0.5"),
            ("folder", "2019/Rome"),
        ];
        let whole = filter(&pairs).expect("good");
        let again: Vec<(&str, String)> = whole.parameters().collect();
        let again: Vec<(&str, &str)> = again.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(again, pairs);
        assert_eq!(filter(&[]).expect("good"), Filter::default());
        assert!(Filter::default().is_empty());
    }

    #[test]
    fn what_is_malformed_is_named() {
        for (name, value, part) in [
            ("after", "23", "after must be a year, a month or a day"),
            ("after", "2023-7", "after must be"),
            ("after", "2023-02-30", "after must be"),
            ("after", "2023-07-14-01", "after must be"),
            ("after", "+023", "after must be"),
            ("after", "yesterday", "after must be"),
            ("before", "14.07.2023", "before must be"),
            (
                "near",
                "41.9,12.5",
                "near must be latitude, longitude and kilometres",
            ),
            ("near", "91,0,1", "near must be"),
            ("near", "0,181,1", "near must be"),
            ("near", "0,0,0", "near must be"),
            ("near", "0,0,-1", "near must be"),
            ("near", "nan,0,1", "near must be"),
            ("near", "0,0,inf", "near must be"),
            ("near", "Rome", "near must be"),
            ("after", " ", "after must be"),
            ("folder", " ", "folder is empty"),
            ("folder", &"é".repeat(501), "folder is longer than 500"),
        ] {
            let failure = filter(&[(name, value)]).expect_err(value);
            assert_eq!(failure.reason, Reason::BadQuery, "{name}={value}");
            assert!(failure.message.contains(part), "{}", failure.message);
        }
    }

    #[test]
    fn a_date_begins_with_its_first_moment() {
        let start = |text: &str| Date::parse(text).expect("a date").start();
        assert_eq!(start("1970"), 0);
        assert_eq!(start("2023-07"), start("2023-07-01"));
        assert_eq!(start("2023-07-14") - start("2023-07-13"), 86_400);
    }

    #[test]
    fn who_cannot_filter_says_so() {
        assert_eq!(Filter::default().refuse("the Space"), Ok(()));
        let failure = filter(&[("folder", "Rome")])
            .expect("good")
            .refuse("the Space");
        let failure = failure.expect_err("refused");
        assert_eq!(failure.reason, Reason::NotSupported);
        let words = "the Space cannot choose pictures by date, place, folder or collection: ask without folder";
        assert_eq!(failure.message, words);
    }
}
