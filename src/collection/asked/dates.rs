//! Times as people write them.

use super::relative::{relative, season};
use super::text::Words;
use crate::search::{Date, date_of, day_of};

/// A time that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub after: Option<Date>,
    pub before: Option<Date>,
    /// As it is shown.
    pub shown: String,
    /// The year, where a year alone was written.
    pub year: Option<String>,
}

/// Months as they begin, in the languages of the bot's users, as [`super::text::plain`] makes them. The
/// last letters of a name change with its case in Russian and Ukrainian.
const MONTHS: [&[&str]; 12] = [
    &[
        "january",
        "jan",
        "enero",
        "ene",
        "januar",
        "janner",
        "janvier",
        "janv",
        "gennaio",
        "genn",
        "janeiro",
        "январ",
        "янв",
        "січ",
    ],
    &[
        "february",
        "feb",
        "febrero",
        "februar",
        "fevrier",
        "fevr",
        "febbraio",
        "fevereiro",
        "fev",
        "феврал",
        "фев",
        "лют",
    ],
    &[
        "march",
        "mar",
        "marzo",
        "marz",
        "mars",
        "marco",
        "март",
        "мар",
        "берез",
    ],
    &[
        "april",
        "apr",
        "abril",
        "abr",
        "avril",
        "avr",
        "aprile",
        "апрел",
        "апр",
        "квіт",
    ],
    &[
        "may", "mayo", "mai", "maggio", "magg", "maio", "мая", "маи", "мае", "трав",
    ],
    &[
        "june", "jun", "junio", "juni", "juin", "giugno", "giu", "junho", "июн", "черв",
    ],
    &[
        "july", "jul", "julio", "juli", "juillet", "juil", "luglio", "lug", "julho", "июл", "лип",
    ],
    &[
        "august",
        "aug",
        "agosto",
        "ago",
        "aout",
        "август",
        "авг",
        "серп",
    ],
    &[
        "september",
        "sep",
        "sept",
        "septiembre",
        "setiembre",
        "septembre",
        "settembre",
        "sett",
        "setembro",
        "set",
        "сентябр",
        "сен",
        "верес",
    ],
    &[
        "october",
        "oct",
        "octubre",
        "oktober",
        "okt",
        "octobre",
        "ottobre",
        "ott",
        "outubro",
        "out",
        "октябр",
        "окт",
        "жовт",
    ],
    &[
        "november",
        "nov",
        "noviembre",
        "novembre",
        "novembro",
        "ноябр",
        "ноя",
        "листопад",
    ],
    &[
        "december",
        "dec",
        "diciembre",
        "dic",
        "dezember",
        "dez",
        "decembre",
        "dicembre",
        "dezembro",
        "декабр",
        "дек",
        "груд",
    ],
];
const JOINING: [&str; 10] = [
    "of", "de", "del", "di", "do", "the", "el", "la", "von", "st",
];
/// Behind a year.
const YEAR_WORDS: [&str; 9] = [
    "г",
    "год",
    "года",
    "году",
    "р",
    "рік",
    "року",
    "році",
    "года.",
];
const BEFORE: [&str; 6] = ["before", "until", "till", "antes", "hasta", "vor"];
const AFTER: [&str; 4] = ["after", "despues", "nach", "tras"];
const SINCE: [&str; 4] = ["since", "desde", "seit", "depuis"];
/// Before and between two years.
const RANGES: [(&[&str], &[&str]); 2] = [
    (
        &["", "from", "von", "de", "desde", "da", "dal", "с", "з"],
        &[
            "to", "until", "through", "bis", "a", "hasta", "al", "ate", "до", "по",
        ],
    ),
    (
        &["between", "entre", "zwischen", "tra", "между", "між"],
        &["and", "y", "und", "et", "e", "и", "та", "і"],
    ),
];
const FIRST_YEAR: i32 = 1900;

/// Takes the first time away that is asked for, with the words that join it.
pub(super) fn take_span(words: &mut Words, today: i64) -> Option<Span> {
    for at in 0..words.len() {
        if let Some((count, span)) = span_at(words, at, today) {
            let (from, count, span) = bounded(words, at, count, span);
            words.remove(from, count);
            return Some(span);
        }
    }
    take_joined(words, today)
}

/// `before 2020`, `since July 2021` and the like.
fn bounded(words: &Words, at: usize, count: usize, span: Span) -> (usize, usize, Span) {
    let mut from = at;
    while from > 0 && JOINING.contains(&words.plain(from - 1)) {
        from -= 1;
    }
    let word = if from > 0 { words.plain(from - 1) } else { "" };
    let (after, before, sign) = if BEFORE.contains(&word) {
        (None, span.after, "<")
    } else if AFTER.contains(&word) {
        (span.before, None, ">")
    } else if SINCE.contains(&word) {
        (span.after, None, "≥")
    } else {
        return (at, count, span);
    };
    let span = Span {
        after,
        before,
        shown: format!("{sign} {}", span.shown),
        year: None,
    };
    (from - 1, at + count + 1 - from, span)
}

/// The time at `at`, and of how many words it is.
fn span_at(words: &Words, at: usize, today: i64) -> Option<(usize, Span)> {
    let word = words.plain(at);
    years(words, at, today)
        .or_else(|| relative(words, at, today))
        .or_else(|| season(words, at, today))
        .or_else(|| month_first(words, at, today))
        .or_else(|| day_first(words, at, today))
        .or_else(|| numbers(word, today).map(|span| (1, span)))
        .or_else(|| {
            let year = year(word, today)?;
            let has_word = YEAR_WORDS.contains(&words.plain(at + 1));
            Some((1 + usize::from(has_word), whole_year(year)))
        })
}

/// `2019 to 2021`, `between 2019 and 2021`.
fn years(words: &Words, at: usize, today: i64) -> Option<(usize, Span)> {
    RANGES.iter().find_map(|(before, between)| {
        let has_word = before.contains(&words.plain(at));
        let first = at + usize::from(has_word);
        if !has_word && !before.contains(&"") || !between.contains(&words.plain(first + 1)) {
            return None;
        }
        let from = year(words.plain(first), today)?;
        let to = year(words.plain(first + 2), today).filter(|to| *to > from)?;
        let (after, before) = (date(from, None, None), date(to + 1, None, None));
        Some((
            first + 3 - at,
            span(after, before, format!("{from} – {to}")),
        ))
    })
}

pub(super) fn year(word: &str, today: i64) -> Option<i32> {
    let is_year = word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let year: i32 = is_year.then(|| word.parse().ok())??;
    let (this, ..) = parts(today);
    (FIRST_YEAR..=this + 1).contains(&year).then_some(year)
}

pub(super) fn whole_year(year: i32) -> Span {
    let mut span = span(
        date(year, None, None),
        date(year + 1, None, None),
        year.to_string(),
    );
    span.year = Some(year.to_string());
    span
}

pub(super) fn whole_month(year: i32, month: u32) -> Option<Span> {
    let next = if month == 12 {
        (year + 1, 1)
    } else {
        (year, month + 1)
    };
    let before = date(next.0, Some(next.1), None);
    let shown = format!("{year:04}-{month:02}");
    date(year, Some(month), None).map(|after| span(Some(after), before, shown))
}

fn whole_day(year: i32, month: u32, day: u32) -> Option<Span> {
    days(day_of(year, month, day)?, 1)
}

/// So many days from one on.
pub(super) fn days(first: i64, count: i64) -> Option<Span> {
    let date_at = |day: i64| {
        let (year, month, day) = parts(day);
        date(year, Some(month), Some(day))
    };
    let after = date_at(first)?;
    let mut shown = after.to_string();
    if count > 1 {
        shown = format!("{shown} – {}", date_at(first + count - 1)?);
    }
    Some(span(Some(after), date_at(first + count), shown))
}

pub(super) fn span(after: Option<Date>, before: Option<Date>, shown: String) -> Span {
    Span {
        after,
        before,
        shown,
        year: None,
    }
}

pub(super) fn date(year: i32, month: Option<u32>, day: Option<u32>) -> Option<Date> {
    let mut text = format!("{year:04}");
    for part in [month, day].into_iter().flatten() {
        text += &format!("-{part:02}");
    }
    Date::parse(&text)
}

pub(super) fn parts(day: i64) -> (i32, u32, u32) {
    let (year, month, day) = date_of(day);
    let small = |number: i64| u32::try_from(number).unwrap_or(1);
    (
        i32::try_from(year).unwrap_or(1970),
        small(month),
        small(day),
    )
}

/// The month that a word names.
fn month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches('.');
    let is_it = |name: &str| {
        let is_declined = !name.is_ascii() && word.chars().count() <= name.chars().count() + 4;
        word == name || is_declined && word.starts_with(name)
    };
    let at = MONTHS
        .iter()
        .position(|names| names.iter().any(|name| is_it(name)))?;
    u32::try_from(at + 1).ok()
}

fn day(word: &str) -> Option<u32> {
    let number = word.trim_end_matches(|c: char| c.is_alphabetic() || c == '.' || c == 'º');
    let is_day = number.len() <= 2 && word.chars().count() <= number.len() + 2;
    let day = is_day.then(|| number.parse().ok())??;
    (1..=31).contains(&day).then_some(day)
}

/// The first place from `at` on that holds no joining word.
pub(super) fn skip(words: &Words, mut at: usize) -> usize {
    while JOINING.contains(&words.plain(at)) {
        at += 1;
    }
    at
}

/// `July 2021`, `julio de 2021`, `July 4, 2021`.
fn month_first(words: &Words, at: usize, today: i64) -> Option<(usize, Span)> {
    let month = month(words.plain(at))?;
    let next = skip(words, at + 1);
    if let Some(year) = year(words.plain(next), today) {
        let has_word = YEAR_WORDS.contains(&words.plain(next + 1));
        return Some((
            next + 1 + usize::from(has_word) - at,
            whole_month(year, month)?,
        ));
    }
    let day = day(words.plain(next))?;
    let end = skip(words, next + 1);
    let year = year(words.plain(end), today)?;
    Some((end + 1 - at, whole_day(year, month, day)?))
}

/// `4 May 2019`, `4 de mayo de 2019`, `2021 July`.
fn day_first(words: &Words, at: usize, today: i64) -> Option<(usize, Span)> {
    let next = skip(words, at + 1);
    let month = month(words.plain(next))?;
    if let Some(year) = year(words.plain(at), today) {
        return Some((next + 1 - at, whole_month(year, month)?));
    }
    let day = day(words.plain(at))?;
    let end = skip(words, next + 1);
    let year = year(words.plain(end), today)?;
    let has_word = YEAR_WORDS.contains(&words.plain(end + 1));
    Some((
        end + 1 + usize::from(has_word) - at,
        whole_day(year, month, day)?,
    ))
}

/// `2019-05-04`, `2019-05`, `4.5.2019`, `2019-2021`; hyphens are spaces here.
fn numbers(word: &str, today: i64) -> Option<Span> {
    let parts: Vec<&str> = word.split([' ', '.', '/', '–']).collect();
    let number = |part: &str| {
        (part.len() <= 2)
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    match parts[..] {
        [first, second] => {
            if let (Some(month), Some(year)) = (number(first), year(second, today)) {
                return whole_month(year, month);
            }
            let from = year(first, today)?;
            if let Some(to) = year(second, today).filter(|to| *to > from) {
                let (after, before) = (date(from, None, None), date(to + 1, None, None));
                return Some(span(after, before, format!("{from} – {to}")));
            }
            whole_month(from, number(second)?)
        }
        [first, second, third] => match (year(first, today), year(third, today)) {
            (Some(year), None) => whole_day(year, number(second)?, number(third)?),
            (None, Some(year)) => {
                let (day, month) = (number(first)?, number(second)?);
                whole_day(year, month, day).or_else(|| whole_day(year, day, month))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Dates in languages without spaces: `海滩2023年7月4日`.
fn take_joined(words: &mut Words, today: i64) -> Option<Span> {
    for at in 0..words.len() {
        let raw = words.raw(at).to_owned();
        let Some((before, after)) = raw.split_once('年') else {
            continue;
        };
        let Some((start, digits)) = before
            .len()
            .checked_sub(4)
            .and_then(|at| before.split_at_checked(at))
        else {
            continue;
        };
        let Some(year) = year(digits, today) else {
            continue;
        };
        let number = |text: &str, mark: [char; 2]| {
            let (number, rest) = text.split_once(mark)?;
            Some((number.parse::<u32>().ok()?, rest.to_owned()))
        };
        let (span, rest) = match number(after, ['月', '月']) {
            None => (Some(whole_year(year)), after.to_owned()),
            Some((month, rest)) => match number(&rest, ['日', '号']) {
                None => (whole_month(year, month), rest),
                Some((day, rest)) => (whole_day(year, month, day), rest),
            },
        };
        let span = span?;
        let rest = rest.trim_start_matches(['的', 'の', 'に']);
        words.replace(at, &format!("{start} {rest}"));
        return Some(span);
    }
    None
}
