//! What a query asks for besides what a picture shows: a time (`beach 2023`, `July 2021`, `last
//! summer`), a place (`near Rome`), a folder (`in folder Hochzeit`). Pure: text and today's date in,
//! the other words and a filter out.
//!
//! Years, months and days are understood in the languages of the bot's users; seasons and the like in
//! English and Spanish, and as they are north of the equator. A query in quotation marks is words alone.

mod dates;
mod places;
mod relative;
mod text;

use crate::search::Filter;
use text::Words;

/// A query that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What the picture is to show; may be empty.
    pub words: String,
    /// The rest.
    pub filter: Filter,
    /// The words and the filter in one line, such as `beach · 2023`; empty if there is no filter.
    pub shown: String,
    /// The year that was named, if it may be part of a name as well.
    pub year: Option<String>,
}

/// Understands `query`, on a day that is so many days after 1970-01-01.
#[must_use]
pub fn understand(query: &str, today: i64) -> Asked {
    let query = query.trim();
    for (open, close) in [('"', '"'), ('“', '”'), ('«', '»'), ('„', '“')] {
        let inner = query
            .strip_prefix(open)
            .and_then(|rest| rest.strip_suffix(close));
        if let Some(inner) = inner.filter(|inner| !inner.contains([open, close])) {
            return Asked {
                words: inner.trim().to_owned(),
                filter: Filter::default(),
                shown: String::new(),
                year: None,
            };
        }
    }
    let mut words = Words::new(query);
    let mut filter = Filter::default();
    let mut parts = Vec::new();
    if let Some(folder) = words.take_folder() {
        parts.push(folder.clone());
        filter.folder = Some(folder);
    }
    if let Some((near, name)) = places::take_near(&mut words) {
        filter.near = Some(near);
        parts.push(name);
    }
    let mut year = None;
    if let Some(span) = dates::take_span(&mut words, today) {
        (filter.after, filter.before) = (span.after, span.before);
        parts.insert(0, span.shown);
        year = span.year;
    }
    let rest = words.rest();
    let mut shown = String::new();
    if !parts.is_empty() {
        let all = std::iter::once(rest.clone()).filter(|rest| !rest.is_empty());
        shown = all.chain(parts).collect::<Vec<_>>().join(" · ");
    }
    Asked {
        words: rest,
        filter,
        shown,
        year,
    }
}

#[cfg(test)]
mod tests;
