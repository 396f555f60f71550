//! Reads requests strictly: parameters, bearer token, picture.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use percent_encoding::percent_decode;

use crate::search::{DEFAULT_LIMIT, Failure, MAX_LIMIT, Query, Reason, Subject};
use crate::secret::Secret;

/// Largest `offset` accepted: no answer is useful so far down, and sums with it cannot overflow.
const MAX_OFFSET: usize = 1_000_000;

/// The parameters of `/search`. Unknown ones are ignored; of several with one name the first
/// counts.
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
}

impl Parameters {
    /// Reads the part of an address behind `?`.
    ///
    /// # Errors
    /// [`Reason::BadQuery`] for a known parameter that is not UTF-8 or out of range.
    pub fn parse(raw: Option<&str>) -> Result<Self, Failure> {
        let raw = raw.unwrap_or_default();
        let details = value_of(raw, "details")?;
        Ok(Self {
            query: value_of(raw, "query")?,
            limit: number(raw, "limit", DEFAULT_LIMIT, 1..=MAX_LIMIT)?,
            offset: number(raw, "offset", 0, 0..=MAX_OFFSET)?,
            details: details.as_deref() == Some("true"),
        })
    }

    /// The query by words.
    ///
    /// # Errors
    /// As [`Query::text`].
    pub fn text_query(&self) -> Result<Query, Failure> {
        Query::text(
            self.query.as_deref().unwrap_or_default(),
            self.limit,
            self.offset,
        )
    }
}

/// Widths that a picture can be scaled to, in pixels.
const WIDTHS: RangeInclusive<u32> = 16..=2048;

/// `w` of `/images/{id}`, in pixels, from the part of an address behind `?`.
///
/// # Errors
/// [`Reason::BadQuery`] where it is out of range.
pub(super) fn width(raw: Option<&str>) -> Result<Option<u32>, Failure> {
    let raw = raw.unwrap_or_default();
    match value_of(raw, "w")? {
        None => Ok(None),
        Some(_) => number(raw, "w", 0, WIDTHS).map(Some),
    }
}

fn value_of(raw: &str, wanted: &str) -> Result<Option<String>, Failure> {
    for pair in raw.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if decode(name) == wanted.as_bytes() {
            let value = String::from_utf8(decode(value));
            let wrong = |_| bad_query(format!("{wanted} is not UTF-8 text; send it as UTF-8"));
            return value.map(Some).map_err(wrong);
        }
    }
    Ok(None)
}

/// Decodes `%41` and `+` of a query string; the bytes may be anything.
fn decode(text: &str) -> Vec<u8> {
    let blanks = text.replace('+', " ");
    percent_decode(blanks.as_bytes()).collect()
}

fn number<N: FromStr + PartialOrd + Display>(
    raw: &str,
    name: &str,
    default: N,
    range: RangeInclusive<N>,
) -> Result<N, Failure> {
    let Some(text) = value_of(raw, name)? else {
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

fn bad_query(message: String) -> Failure {
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

/// Checks that the `Content-Type` header names a kind of picture that the endpoint accepts.
///
/// # Errors
/// [`Reason::UnsupportedMedia`], naming the accepted kinds.
pub(super) fn check_media_type(headers: &HeaderMap) -> Result<(), Failure> {
    let text = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = text.and_then(|text| text.split(';').next()).map(str::trim);
    let known = ["image/jpeg", "image/png", "image/webp"];
    match media_type {
        Some(media_type) if known.iter().any(|k| media_type.eq_ignore_ascii_case(k)) => Ok(()),
        _ => Err(unsupported(
            "the content type must be image/jpeg, image/png or image/webp",
        )),
    }
}

/// The picture in `bytes`; its kind is what its first bytes say, whatever the headers said.
///
/// # Errors
/// [`Reason::UnsupportedMedia`] when it is of no accepted kind.
pub(super) fn picture(bytes: Vec<u8>) -> Result<Subject, Failure> {
    let media_type = if bytes.starts_with(b"\xff\xd8\xff") {
        "image/jpeg"
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        "image/webp"
    } else {
        return Err(unsupported("the body is not a JPEG, PNG or WebP picture"));
    };
    Ok(Subject::Picture {
        media_type: media_type.to_owned(),
        bytes,
    })
}

fn unsupported(message: &str) -> Failure {
    Failure::new(Reason::UnsupportedMedia, message)
}

#[cfg(test)]
mod tests {
    use super::super::test_headers as headers;
    use super::*;

    #[test]
    fn parameters_are_decoded_and_bounded() {
        let parsed = Parameters::parse(Some(
            "x=%ff&query=red+b%C3%BAs%2B&limit=50&offset=7&details=true",
        ));
        let expected = Parameters {
            query: Some("red bús+".into()),
            limit: 50,
            offset: 7,
            details: true,
        };
        assert_eq!(parsed, Ok(expected));
        let nothing = Parameters::parse(None).expect("all have defaults");
        assert_eq!((nothing.query, nothing.limit, nothing.offset), (None, 5, 0));
        let first = Parameters::parse(Some("query=a&query=b&details=1&%71uery=c")).expect("good");
        assert_eq!((first.query.as_deref(), first.details), (Some("a"), false));
        let encoded = Parameters::parse(Some("%71uery=c")).expect("good");
        assert_eq!(encoded.query.as_deref(), Some("c"));
    }

    #[test]
    fn a_width_is_optional_and_bounded() {
        assert_eq!(width(None), Ok(None));
        assert_eq!(width(Some("w=320&x=1")), Ok(Some(320)));
        for wrong in ["w=15", "w=2049", "w=", "w=-1", "w=1e3"] {
            let failure = width(Some(wrong)).expect_err(wrong);
            assert!(
                failure
                    .message
                    .contains("w must be a whole number from 16 to 2048")
            );
        }
    }

    #[test]
    fn wrong_parameters_are_named() {
        let table = [
            ("query=%ff", "query is not UTF-8"),
            ("query=%C3", "query is not UTF-8"),
            ("limit=0", "limit must be a whole number from 1 to 50"),
            ("limit=51", "from 1 to 50"),
            ("limit=", "limit must be"),
            ("limit=five", "limit must be"),
            ("limit=%2B5", "limit must be"),
            ("limit=5.0", "limit must be"),
            ("limit=99999999999999999999", "limit must be"),
            ("offset=-1", "offset must be a whole number from 0"),
            ("offset=1000001", "offset must be"),
            ("offset=%ff", "offset is not UTF-8"),
        ];
        for (raw, part) in table {
            let failure = Parameters::parse(Some(raw)).expect_err(raw);
            assert_eq!(failure.reason, Reason::BadQuery, "{raw}");
            assert!(failure.message.contains(part), "{raw}: {}", failure.message);
        }
    }

    #[test]
    fn only_the_whole_token_is_known() {
        let token = Secret::new("s3cret");
        let table = [
            ("Bearer s3cret", Authentication::Accepted),
            ("bearer  s3cret", Authentication::Accepted),
            ("Bearer s3cre", Authentication::Wrong),
            ("Bearer ", Authentication::Missing),
            ("Bearer x", Authentication::Wrong),
            ("Basic s3cret", Authentication::Missing),
            ("s3cret", Authentication::Missing),
            ("", Authentication::Missing),
        ];
        for (value, expected) in table {
            let headers = headers(&[("authorization", value.trim_end())]);
            assert_eq!(authenticate(&headers, Some(&token)), expected, "{value:?}");
        }
        assert_eq!(
            authenticate(&HeaderMap::new(), Some(&token)),
            Authentication::Missing
        );
        assert_eq!(
            authenticate(&HeaderMap::new(), None),
            Authentication::Accepted
        );
    }

    #[test]
    fn a_picture_needs_the_right_type_and_the_right_bytes() {
        for good in ["image/png", "IMAGE/JPEG", "image/webp; q=1"] {
            assert!(
                check_media_type(&headers(&[("content-type", good)])).is_ok(),
                "{good}"
            );
        }
        for bad in ["image/gif", "text/plain", "image/pngx"] {
            assert!(
                check_media_type(&headers(&[("content-type", bad)])).is_err(),
                "{bad}"
            );
        }
        assert!(check_media_type(&HeaderMap::new()).is_err());
        let table: [(&[u8], Option<&str>); 6] = [
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n...", Some("image/png")),
            (b"RIFF....WEBPVP8 ", Some("image/webp")),
            (b"RIFF....WAVE", None),
            (b"GIF89a", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            let found = match picture(bytes.to_vec()) {
                Ok(Subject::Picture { media_type, .. }) => Some(media_type),
                _ => None,
            };
            assert_eq!(found.as_deref(), expected, "{bytes:?}");
        }
    }
}
