//! Reads requests strictly: parameters and bearer token. What a body holds is `upload`'s.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use percent_encoding::percent_decode;

use crate::search::{DEFAULT_LIMIT, Failure, Filter, Language, MAX_LIMIT, Query, Reason};
use crate::secret::Secret;

/// Largest `offset` accepted: no answer is useful so far down, and sums with it cannot overflow.
pub(super) const MAX_OFFSET: usize = 1_000_000;

/// What people call the parameters of `/search`, from other services and by guessing.
const ALIASES: [(&str, &[&str]); 8] = [
    (
        "query",
        &[
            "q",
            "s",
            "text",
            "search",
            "search_query",
            "prompt",
            "text_prompt",
            "term",
            "terms",
            "keyword",
            "keywords",
            "word",
            "words",
            "phrase",
            "input",
        ],
    ),
    (
        "limit",
        &[
            "n",
            "k",
            "top",
            "top_k",
            "topk",
            "count",
            "num",
            "number",
            "size",
            "max",
            "max_results",
            "num_results",
            "results",
            "per_page",
            "page_size",
            "nofimages_to_show",
        ],
    ),
    ("offset", &["skip", "start", "page"]),
    ("details", &["detail", "detailed", "verbose", "full"]),
    (
        "after",
        &[
            "since",
            "from",
            "from_date",
            "date_from",
            "start_date",
            "taken_after",
        ],
    ),
    (
        "before",
        &[
            "until",
            "till",
            "to_date",
            "date_to",
            "end_date",
            "taken_before",
        ],
    ),
    ("near", &["around", "location", "place", "geo", "gps"]),
    ("folder", &["folders", "dir", "directory", "path", "album"]),
];

/// The words for yes and for no, in any case.
pub(super) const YES: [&str; 4] = ["true", "1", "yes", "on"];
pub(super) const NO: [&str; 4] = ["false", "0", "no", "off"];

/// Names and values, as a caller sent them in an address or in a form. The bytes may be anything.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<(Vec<u8>, Vec<u8>)>);

impl Fields {
    /// Those of `name=value&name=value`.
    pub fn parse(text: &str) -> Self {
        let mut fields = Self::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            fields.push(decode(name), decode(value));
        }
        fields
    }

    /// Adds one behind those that are there.
    pub fn push(&mut self, name: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.0.push((name.into(), value.into()));
    }

    /// Adds `other`'s behind those that are there.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether there is one called `name`.
    pub fn has(&self, wanted: &str) -> bool {
        self.0.iter().any(|(name, _)| name == wanted.as_bytes())
    }

    /// The first value called `wanted`.
    ///
    /// # Errors
    /// [`Reason::BadQuery`] where it is not UTF-8.
    pub fn value(&self, wanted: &str) -> Result<Option<String>, Failure> {
        let first = self.named(wanted).next();
        first.map(|value| utf8(wanted, value)).transpose()
    }

    /// All values called `wanted`.
    ///
    /// # Errors
    /// [`Reason::BadQuery`] where one is not UTF-8.
    fn values(&self, wanted: &str) -> Result<Vec<String>, Failure> {
        let all = self.named(wanted);
        all.map(|value| utf8(wanted, value)).collect()
    }

    fn named<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = self
            .0
            .iter()
            .filter(move |(name, _)| name == wanted.as_bytes());
        named.map(|(_, value)| value.as_slice())
    }

    /// Refuses a name that can only mean `wanted`, which is absent.
    ///
    /// # Errors
    /// [`Reason::BadQuery`], naming both.
    fn check_name(&self, wanted: &str) -> Result<(), Failure> {
        let aliases = ALIASES.iter().find(|(name, _)| *name == wanted);
        let aliases = aliases.map_or(&[][..], |(_, aliases)| aliases);
        for name in self
            .0
            .iter()
            .filter_map(|(name, _)| str::from_utf8(name).ok())
        {
            let plain = name.trim().to_ascii_lowercase().replace('-', "_");
            let is_near = name != wanted && strsim::osa_distance(&plain, wanted) <= 1;
            if is_near || aliases.contains(&plain.as_str()) {
                return Err(bad_query(format!(
                    "there is no parameter {name}; it is called {wanted} here"
                )));
            }
        }
        Ok(())
    }
}

fn utf8(name: &str, value: &[u8]) -> Result<String, Failure> {
    let wrong = |_| bad_query(format!("{name} is not UTF-8 text; send it as UTF-8"));
    String::from_utf8(value.to_vec()).map_err(wrong)
}

/// The parameters of `/search`. Unknown ones are ignored, unless they can only mean a known one; of
/// several with one name the first counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    /// `query`, decoded; not yet checked.
    pub query: Option<String>,
    /// 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// 0 to [`MAX_OFFSET`].
    pub offset: usize,
    /// Whether the caller wants the long form of the answer.
    pub details: bool,
    /// `after`, `before`, `near` and `folder`.
    pub filter: Filter,
    /// That of the tag `lang`; none for a language without captions.
    pub language: Option<Language>,
}

impl Parameters {
    /// Whether one of them is called `name`.
    pub fn knows(name: &str) -> bool {
        ALIASES.iter().any(|(known, _)| *known == name)
    }

    /// Reads them from `fields`.
    ///
    /// # Errors
    /// [`Reason::BadQuery`] for a known parameter that is not UTF-8, out of range, or has another
    /// name.
    pub fn from_fields(fields: &Fields) -> Result<Self, Failure> {
        Ok(Self {
            query: fields.value("query")?,
            limit: number(fields, "limit", DEFAULT_LIMIT, 1..=MAX_LIMIT)?,
            offset: number(fields, "offset", 0, 0..=MAX_OFFSET)?,
            details: switch(fields, "details")?,
            filter: Filter::from_parameters(|name| {
                let value = fields.value(name)?;
                if value.is_none() {
                    fields.check_name(name)?;
                }
                Ok(value)
            })?
            .in_collections(fields.values(Filter::COLLECTION)?)?,
            language: fields.value("lang")?.as_deref().and_then(Language::of_tag),
        })
    }

    /// The query by words in `fields`, which these parameters were read from.
    ///
    /// # Errors
    /// As [`Query::text`], and where the query has another name.
    pub fn text_query(&self, fields: &Fields) -> Result<Query, Failure> {
        let Some(text) = &self.query else {
            fields.check_name("query")?;
            return Err(bad_query(
                "there is no query; ask as in /search?query=red+bus".to_owned(),
            ));
        };
        Ok(Query {
            filter: self.filter.clone(),
            language: self.language,
            ..Query::text(text, self.limit, self.offset)?
        })
    }
}

/// Widths that a picture can be scaled to, in pixels.
pub(super) const WIDTHS: RangeInclusive<u32> = 16..=2048;

/// `w` of `/images/{id}`, in pixels, from the part of an address behind `?`.
///
/// # Errors
/// [`Reason::BadQuery`] where it is out of range.
pub(super) fn width(raw: Option<&str>) -> Result<Option<u32>, Failure> {
    let fields = Fields::parse(raw.unwrap_or_default());
    match fields.value("w")? {
        None => Ok(None),
        Some(_) => number(&fields, "w", 0, WIDTHS).map(Some),
    }
}

/// Decodes `%41` and `+` of a query string; the bytes may be anything.
fn decode(text: &str) -> Vec<u8> {
    let blanks = text.replace('+', " ");
    percent_decode(blanks.as_bytes()).collect()
}

fn number<N: FromStr + PartialOrd + Display>(
    fields: &Fields,
    name: &str,
    default: N,
    range: RangeInclusive<N>,
) -> Result<N, Failure> {
    let Some(text) = fields.value(name)? else {
        fields.check_name(name)?;
        return Ok(default);
    };
    // `parse` alone would take a plus sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && range.contains(&number) => Ok(number),
        _ => {
            let (least, most) = range.into_inner();
            Err(bad_query(format!(
                "{name} must be a whole number from {least} to {most}"
            )))
        }
    }
}

/// Whether `name` is there and says yes.
pub(super) fn switch(fields: &Fields, name: &str) -> Result<bool, Failure> {
    let Some(text) = fields.value(name)? else {
        fields.check_name(name)?;
        return Ok(false);
    };
    let is_one_of = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if !is_one_of(YES) && !is_one_of(NO) {
        return Err(bad_query(format!(
            "{name} must be {} or {}",
            YES.join(", "),
            NO.join(", ")
        )));
    }
    Ok(is_one_of(YES))
}

pub(super) fn bad_query(message: String) -> Failure {
    Failure::new(Reason::BadQuery, message)
}

/// How a caller has authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authentication {
    /// By the right token, or the endpoint has none.
    Accepted,
    /// The request has no bearer token.
    Missing,
    /// The request has another token.
    Wrong,
}

/// Checks the bearer token of a request against `token`.
pub(super) fn authenticate(headers: &HeaderMap, token: Option<&Secret>) -> Authentication {
    let Some(token) = token else {
        return Authentication::Accepted;
    };
    let shown = headers
        .get(AUTHORIZATION)
        .map(axum::http::HeaderValue::as_bytes);
    match shown.and_then(|value| value.split_at_checked(7)) {
        Some((scheme, guess)) if scheme.eq_ignore_ascii_case(b"bearer ") => {
            if token.matches(guess.trim_ascii()) {
                Authentication::Accepted
            } else {
                Authentication::Wrong
            }
        }
        _ => Authentication::Missing,
    }
}

#[cfg(test)]
mod tests;
