//! Seasons, and times that go by today's date, in English and Spanish.

use super::dates::{Span, date, days, parts, skip, span, whole_month, whole_year, year};
use super::text::Words;
use crate::search::day_of;

/// Spring, summer, autumn, winter, in English and Spanish.
const SEASONS: [&[&str]; 4] = [
    &["spring", "primavera"],
    &["summer", "verano"],
    &["autumn", "fall", "otono"],
    &["winter", "invierno"],
];
const LAST: [&str; 7] = [
    "last", "past", "pasado", "pasada", "ultimo", "ultima", "previous",
];
const THIS: [&str; 4] = ["this", "este", "esta", "current"];

/// `summer 2022`, `verano de 2022`, `last summer`, `el verano pasado`.
pub(super) fn season(words: &Words, at: usize, today: i64) -> Option<(usize, Span)> {
    let is_last = LAST.contains(&words.plain(at));
    let is_this = THIS.contains(&words.plain(at));
    let first = at + usize::from(is_last || is_this);
    let season = SEASONS
        .iter()
        .position(|names| names.contains(&words.plain(first)))?;
    let month = u32::try_from(season * 3 + 3).ok()?;
    let next = skip(words, first + 1);
    if !is_last
        && !is_this
        && let Some(year) = year(words.plain(next), today)
    {
        return Some((next + 1 - at, quarter(year, month)?));
    }
    let is_last_behind = LAST.contains(&words.plain(first + 1));
    if !(is_last || is_this || is_last_behind) {
        return None;
    }
    // The newest one that has begun; the last one has ended.
    let (this, ..) = parts(today);
    let is_over = |year: &i32| {
        let first = day_of(*year, month, 1);
        let end = first.map(|first| first + if is_this { 0 } else { 92 });
        end.is_some_and(|end| end <= today)
    };
    let year = [this, this - 1, this - 2].into_iter().find(is_over)?;
    let count = first + 1 + usize::from(is_last_behind) - at;
    Some((count, quarter(year, month)?))
}

/// Three months from one on.
fn quarter(year: i32, month: u32) -> Option<Span> {
    let end = if month + 3 > 12 {
        (year + 1, month - 9)
    } else {
        (year, month + 3)
    };
    let last = if month + 2 > 12 {
        (year + 1, month - 10)
    } else {
        (year, month + 2)
    };
    let shown = format!("{year:04}-{month:02} – {:04}-{:02}", last.0, last.1);
    let (after, before) = (
        date(year, Some(month), None)?,
        date(end.0, Some(end.1), None)?,
    );
    Some(span(Some(after), Some(before), shown))
}

/// `yesterday`, `last month`, `el mes pasado`, `this year`.
pub(super) fn relative(words: &Words, at: usize, today: i64) -> Option<(usize, Span)> {
    let word = words.plain(at);
    match word {
        "today" | "hoy" => return Some((1, days(today, 1)?)),
        "yesterday" | "ayer" => return Some((1, days(today - 1, 1)?)),
        _ => {}
    }
    let (is_last, is_this) = (LAST.contains(&word), THIS.contains(&word));
    let first = at + usize::from(is_last || is_this);
    let is_last_behind = LAST.contains(&words.plain(first + 1));
    if !(is_last || is_this || is_last_behind) {
        return None;
    }
    let (year, month, _) = parts(today);
    // 1970-01-01 was a Thursday.
    let monday = today - (today + 3).rem_euclid(7);
    let span = match (words.plain(first), is_this) {
        ("year" | "ano", true) => whole_year(year),
        ("year" | "ano", false) => whole_year(year - 1),
        ("month" | "mes", true) => whole_month(year, month)?,
        ("month" | "mes", false) if month == 1 => whole_month(year - 1, 12)?,
        ("month" | "mes", false) => whole_month(year, month - 1)?,
        ("week" | "semana", true) => days(monday, 7)?,
        ("week" | "semana", false) => days(monday - 7, 7)?,
        _ => return None,
    };
    let count = first + 1 + usize::from(is_last_behind) - at;
    Some((count, Span { year: None, ..span }))
}
