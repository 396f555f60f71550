//! What is remembered about the owner, about whom the owner let in, and about who asked.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::config::Rate;

/// How many people a day the owner is asked about.
const MAX_ASKED_A_DAY: u32 = 10;
/// How many of those who asked are remembered; the owner is not asked about them again.
const MAX_ASKED: usize = 1000;
/// Most characters of a name that are kept.
const MAX_NAME: usize = 40;
/// How a rate without limit is kept.
const UNLIMITED: &str = "off";

/// A user or a group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// Number of the account, or of the group (negative).
    pub id: i64,
    /// As Telegram shows it, without what would change the look of other words.
    pub name: String,
    /// Language code of the user's app.
    pub language: Option<String>,
    /// Day since 1970 on which the owner let them in; none for who was let in before that was kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

/// Who owns the bot, who was let in, and who asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    /// The owner.
    pub owner: Option<Person>,
    guests: Vec<Person>,
    asked: VecDeque<Person>,
    /// How often these users and groups may search, where not as all: a rate such as `30/1m`, or `off`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    rates: BTreeMap<i64, String>,
    /// Days since 1970 of the last question, and how many there were on that day.
    day: u64,
    asked_that_day: u32,
}

impl Person {
    /// A person or group with `name` as far as it can be shown.
    #[must_use]
    pub fn new(id: i64, name: &str, language: Option<&str>) -> Self {
        let shown = |c: &char| {
            !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        };
        let name: String = name.chars().filter(shown).collect();
        let words: Vec<&str> = name.split_whitespace().collect();
        Self {
            id,
            name: words.join(" ").chars().take(MAX_NAME).collect(),
            language: language.map(str::to_owned),
            since: None,
        }
    }
}

impl Book {
    /// Whether `id` is the owner's.
    #[must_use]
    pub fn is_owner(&self, id: i64) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.id == id)
    }

    /// Who was let in, the last one last.
    pub fn guests(&self) -> impl Iterator<Item = &Person> {
        self.guests.iter()
    }

    /// Whom the owner let in under this id.
    #[must_use]
    pub fn guest(&self, id: i64) -> Option<&Person> {
        self.guests.iter().find(|guest| guest.id == id)
    }

    /// What is known about `id`, if only the number.
    #[must_use]
    pub fn known(&self, id: i64) -> Person {
        let asked = self.asked.iter().find(|person| person.id == id);
        let known = self.guest(id).or(asked).cloned();
        known.unwrap_or_else(|| Person::new(id, "", None))
    }

    /// Lets somebody in on `day` (since 1970).
    pub fn let_in(&mut self, person: Person, day: u64) {
        if self.guest(person.id).is_none() {
            self.guests.push(Person {
                since: Some(day),
                ..person
            });
        }
    }

    /// How often `id` may search, if the owner said so: at a rate, or as often as they like.
    #[must_use]
    pub fn rate(&self, id: i64) -> Option<Option<Rate>> {
        match self.rates.get(&id)?.as_str() {
            UNLIMITED => Some(None),
            rate => rate.parse().ok().map(Some),
        }
    }

    /// Who has a rate of their own, and which.
    #[must_use]
    pub fn rates(&self) -> HashMap<i64, Option<Rate>> {
        let own = |id: &i64| Some((*id, self.rate(*id)?));
        self.rates.keys().filter_map(own).collect()
    }

    /// How often `id` may search from now on; nothing for as often as everybody.
    pub fn set_rate(&mut self, id: i64, rate: Option<Option<Rate>>) {
        let Some(rate) = rate else {
            self.rates.remove(&id);
            return;
        };
        let unlimited = || UNLIMITED.to_owned();
        let text = rate.map_or_else(unlimited, |rate| rate.to_string());
        self.rates.insert(id, text);
    }

    /// Serves `id` no longer. The owner is not asked about it again.
    pub fn put_out(&mut self, id: i64) {
        let person = self.known(id);
        self.guests.retain(|guest| guest.id != id);
        self.remember(person);
    }

    /// Whether the owner is to be asked about `person` on `day` (since 1970): once a person and
    /// ten times a day. Remembers that they were asked about.
    pub fn asks(&mut self, person: Person, day: u64) -> bool {
        if self.asked(person.id) {
            return false;
        }
        if self.day != day {
            (self.day, self.asked_that_day) = (day, 0);
        }
        if self.asked_that_day >= MAX_ASKED_A_DAY {
            return false;
        }
        self.asked_that_day += 1;
        self.remember(person);
        true
    }

    /// Whether the owner was asked about `id`.
    #[must_use]
    pub fn asked(&self, id: i64) -> bool {
        self.asked.iter().any(|person| person.id == id)
    }

    /// Remembers the name and language of somebody who asked, or of the group they asked in.
    pub fn remember(&mut self, person: Person) {
        self.asked.retain(|asked| asked.id != person.id);
        self.asked.push_back(person);
        while self.asked.len() > MAX_ASKED {
            self.asked.pop_front();
        }
    }

    /// The rate of the group `old` is that of `new` from now on; whether it had one.
    pub fn move_rate(&mut self, old: i64, new: i64) -> bool {
        let rate = self.rates.remove(&old);
        let is_moved = rate.is_some();
        self.rates.extend(rate.map(|rate| (new, rate)));
        is_moved
    }

    /// The group `old` has the id `new` from now on; `listed` if the settings allow the old one.
    /// Returns whether that is news that concerns who is served.
    pub fn migrate(&mut self, old: i64, new: i64, listed: bool) -> bool {
        let guest = self.guest(old).cloned();
        if self.guest(new).is_some() || !(listed || guest.is_some()) {
            return false;
        }
        let guest = guest.unwrap_or_else(|| Person::new(old, "", None));
        self.guests.retain(|guest| guest.id != old);
        self.guests.push(Person { id: new, ..guest });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_asked_once_a_person_and_ten_times_a_day() {
        let mut book = Book::default();
        let mut ask = |id, day| book.asks(Person::new(id, "n", None), day);
        assert!(ask(1, 1) && !ask(1, 1) && !ask(1, 2));
        for id in 2..=10 {
            assert!(ask(id, 2) == (id <= 11), "{id}");
        }
        assert!(ask(11, 2) && !ask(12, 2), "the eleventh of a day");
        assert!(ask(12, 3), "the next day");
    }

    #[test]
    fn who_was_put_out_is_not_asked_about_again() {
        let mut book = Book::default();
        book.let_in(Person::new(8, "Bob", None), 20_000);
        assert_eq!(book.known(8).since, Some(20_000));
        book.put_out(8);
        assert!(book.guest(8).is_none() && book.known(8).name == "Bob");
        assert!(!book.asks(Person::new(8, "Bob", None), 1));
    }

    #[test]
    fn a_rate_of_ones_own_is_kept_until_it_is_taken_back() {
        let mut book = Book::default();
        let rate = "30/1m".parse().ok();
        assert!(rate.is_some() && book.rate(8).is_none());
        book.set_rate(8, Some(rate));
        let kept = serde_json::to_string(&book).expect("plain data");
        let mut book: Book = serde_json::from_str(&kept).expect("its own form");
        assert_eq!(book.rate(8), Some(rate));
        book.set_rate(8, None);
        assert_eq!(book.rate(8), None);
    }

    #[test]
    fn names_cannot_change_the_look_of_other_words() {
        let name = |text: &str| Person::new(1, text, None).name;
        assert_eq!(name("Ada\n\nLet  in\u{202e}\u{200b}!"), "AdaLet in!");
        assert_eq!(name(&"x".repeat(500)).len(), MAX_NAME);
    }

    #[test]
    fn a_group_keeps_its_permission_under_its_new_id() {
        let mut book = Book::default();
        assert!(!book.migrate(-1, -100, false), "nobody let it in");
        book.let_in(Person::new(-1, "Family", None), 1);
        book.set_rate(-1, Some(None));
        assert!(book.migrate(-1, -100, false) && !book.migrate(-1, -100, false));
        assert!(book.guest(-1).is_none());
        assert_eq!(book.known(-100).name, "Family");
        assert!(book.move_rate(-1, -100) && !book.move_rate(-1, -100));
        assert_eq!((book.rate(-1), book.rate(-100)), (None, Some(None)));
        assert!(book.migrate(-2, -200, true) && book.guest(-200).is_some());
    }
}
