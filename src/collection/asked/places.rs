//! Places by their names in many languages: cities of at least 100,000 people, from `GeoNames`
//! (`LICENSES` names it).

use super::text::Words;
use crate::search::{Near, Position};

/// `LATITUDE<TAB>LONGITUDE<TAB>NAME<TAB>NAMES`: the names as [`super::text::plain`] makes them, with `|` between them;
/// larger cities first, and no name twice.
static CITIES: &str = include_str!("cities.tsv");
/// Radius of what is near a city, in metres.
const METRES: u32 = 30_000;
/// Most words of a city's name.
const MAX_WORDS: usize = 4;

/// What stands before a place.
const NEAR: [&str; 24] = [
    "near",
    "close to",
    "around",
    "cerca de",
    "cerca del",
    "junto a",
    "nahe",
    "nahe bei",
    "in der nahe von",
    "bei",
    "pres de",
    "autour de",
    "vicino a",
    "vicino",
    "perto de",
    "perto do",
    "около",
    "возле",
    "рядом с",
    "недалеко от",
    "біля",
    "поблизу",
    "неподалік від",
    "靠近",
];
/// What stands behind a place, in languages without spaces.
const BEHIND: [&str; 5] = ["附近", "の近く", "近く", "周辺", "旁边"];

/// Takes a place away that is asked for, with the words around it.
pub(super) fn take_near(words: &mut Words) -> Option<(Near, String)> {
    if let Some((from, count)) = words.find(&NEAR) {
        let first = from + count;
        for more in (1..=MAX_WORDS.min(words.len() - first)).rev() {
            let name = words.phrase(first, more)?;
            if let Some(city) = city(&name) {
                words.remove(from, count + more);
                return Some(city);
            }
        }
    }
    for at in 0..words.len() {
        let word = words.plain(at).to_owned();
        for behind in BEHIND {
            let Some((name, rest)) = word.split_once(behind) else {
                continue;
            };
            let name = name.strip_prefix('在').unwrap_or(name);
            if let Some(city) = city(name) {
                words.replace(at, rest.trim_start_matches(['的', 'の', 'で']));
                return Some(city);
            }
        }
    }
    None
}

/// The largest city of that name, and what it is called in English.
fn city(name: &str) -> Option<(Near, String)> {
    // Russian and Ukrainian names are declined: «около Рима», «біля Києва».
    let is_cyrillic = |c: char| ('а'..='ґ').contains(&c);
    let stem = name
        .chars()
        .all(|c| is_cyrillic(c) || c == ' ')
        .then(|| without_last(name, 1))
        .flatten();
    let is_it = |other: &str| {
        other == name
            || stem.is_some_and(|stem| other == stem || without_last(other, 1) == Some(stem))
    };
    let name_of = |line: &'static str| {
        let mut columns = line.split('\t');
        let mut number = || columns.next()?.parse::<f64>().ok();
        let position = Position::new(number()?, number()?)?;
        Some((position, columns.next()?))
    };
    let has = |line: &str, is_it: &dyn Fn(&str) -> bool| {
        line.rsplit('\t')
            .next()
            .is_some_and(|names| names.split('|').any(is_it))
    };
    let exact = CITIES
        .lines()
        .find(|line| has(line, &|other| other == name));
    let line =
        exact.or_else(|| stem.and_then(|_| CITIES.lines().find(|line| has(line, &is_it))))?;
    let (position, english) = name_of(line)?;
    let near = Near {
        position,
        metres: METRES,
    };
    Some((near, english.to_owned()))
}

/// `name` without its last `count` letters, if at least three are left.
fn without_last(name: &str, count: usize) -> Option<&str> {
    let letters = name.chars().count();
    let keep = letters.checked_sub(count).filter(|keep| *keep >= 3)?;
    let end = name
        .char_indices()
        .nth(keep)
        .map_or(name.len(), |(at, _)| at);
    name.get(..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::asked::text::plain;

    #[test]
    fn every_city_has_a_position_and_names() {
        assert!(CITIES.lines().count() > 6000);
        for line in CITIES.lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            let [latitude, longitude, english, names] = columns[..] else {
                panic!("{line}");
            };
            let [latitude, longitude] =
                [latitude, longitude].map(|degrees| degrees.parse().expect("a number"));
            assert!(Position::new(latitude, longitude).is_some(), "{line}");
            assert!(!english.is_empty() && !names.is_empty(), "{line}");
        }
        for name in ["Zürich", "São Paulo", "Łódź", "Київ", "東京"] {
            assert!(city(&plain(name)).is_some(), "{name}");
        }
    }
}
