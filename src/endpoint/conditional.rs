//! Requests for a file that the caller has already, or for a part of one (RFC 9110, sections 13
//! and 14), and the name under which it is saved (RFC 6266).

use std::ops::Range;

use axum::http::header::{IF_NONE_MATCH, IF_RANGE, RANGE};
use axum::http::{HeaderMap, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays as it is in an extended parameter of a header.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What of a file is wanted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// Some bytes in it; at least one.
    Bytes(Range<u64>),
    /// Bytes that it does not have.
    Beyond,
}

/// Whether the caller has the file with this `tag`, with its quotation marks, already.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter();
    let mut known = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim);
    known.any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// The part of a file of `size` bytes that is wanted. Several parts at once are not served, which
/// is allowed, and neither is a part of another version than that with `tag`.
pub(super) fn part(method: &Method, headers: &HeaderMap, tag: &str, size: u64) -> Part {
    let is_other = headers.get(IF_RANGE).is_some_and(|value| value != tag);
    let range = headers.get(RANGE).and_then(|value| value.to_str().ok());
    match range.and_then(bounds) {
        Some(bounds) if method == Method::GET && !is_other => within(bounds, size),
        _ => Part::Whole,
    }
}

/// First and last byte, or the number of last bytes.
fn bounds(range: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (unit, range) = range.split_once('=')?;
    let (first, last) = range.trim().split_once('-')?;
    let number = |text: &str| match text.trim() {
        "" => Some(None),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            // More than any file has.
            Some(Some(digits.parse().unwrap_or(u64::MAX)))
        }
        _ => None,
    };
    let bounds = (number(first)?, number(last)?);
    let is_sound = match bounds {
        (None, None) => false,
        (Some(first), Some(last)) => first <= last,
        _ => true,
    };
    (is_sound && unit.trim().eq_ignore_ascii_case("bytes")).then_some(bounds)
}

fn within(bounds: (Option<u64>, Option<u64>), size: u64) -> Part {
    let range = match bounds {
        (Some(first), last) => first..last.map_or(size, |last| size.min(last.saturating_add(1))),
        (None, count) => size.saturating_sub(count.unwrap_or(0))..size,
    };
    if range.is_empty() {
        Part::Beyond
    } else {
        Part::Bytes(range)
    }
}

/// `Content-Disposition` of a file that is shown, and saved as `name`.
pub(super) fn disposition(name: &str) -> HeaderValue {
    let is_plain = |c: char| (c.is_ascii_graphic() || c == ' ') && !"\"\\%".contains(c);
    let plain: String = name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let mut value = format!("inline; filename=\"{plain}\"");
    if plain != name {
        value += &format!("; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN));
    }
    // All of it is printable ASCII.
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static("inline"))
}

#[cfg(test)]
mod tests {
    use super::super::test_headers as headers;
    use super::*;

    #[test]
    fn a_version_is_known_by_any_of_its_tags() {
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*", "\"b\",W/\"a\""] {
            assert!(
                is_known(&headers(&[("if-none-match", known)]), "\"a\""),
                "{known}"
            );
        }
        for other in ["\"b\"", "a", "", "\"a", "\"b\", \"c\""] {
            assert!(
                !is_known(&headers(&[("if-none-match", other)]), "\"a\""),
                "{other}"
            );
        }
        assert!(!is_known(&HeaderMap::new(), "\"a\""));
    }

    #[test]
    fn a_range_is_taken_as_it_is_meant() {
        let table = [
            ("bytes=0-99", Part::Bytes(0..100)),
            ("bytes=900-", Part::Bytes(900..1000)),
            ("bytes=-100", Part::Bytes(900..1000)),
            ("bytes=-5000", Part::Bytes(0..1000)),
            ("bytes=999-5000", Part::Bytes(999..1000)),
            ("BYTES = 5 - 5", Part::Bytes(5..6)),
            ("bytes=0-99999999999999999999", Part::Bytes(0..1000)),
            ("bytes=1000-", Part::Beyond),
            ("bytes=99999999999999999999-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-4", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("rows=0-1", Part::Whole),
            ("bytes", Part::Whole),
        ];
        for (range, expected) in table {
            let part = part(&Method::GET, &headers(&[("range", range)]), "\"a\"", 1000);
            assert_eq!(part, expected, "{range}");
        }
        let part = |method, tag| {
            let headers = headers(&[("range", "bytes=0-0"), ("if-range", tag)]);
            part(&method, &headers, "\"a\"", 1000)
        };
        assert_eq!(part(Method::GET, "\"a\""), Part::Bytes(0..1));
        assert_eq!(part(Method::GET, "\"b\""), Part::Whole, "another version");
        assert_eq!(part(Method::HEAD, "\"a\""), Part::Whole);
    }

    #[test]
    fn a_name_cannot_leave_its_quotation_marks() {
        let table = [
            ("my bus.jpg", "inline; filename=\"my bus.jpg\""),
            (
                "gató.jpg",
                "inline; filename=\"gat_.jpg\"; filename*=UTF-8''gat%C3%B3.jpg",
            ),
            (
                "a\"; b\r\nc.jpg",
                "inline; filename=\"a_; b__c.jpg\"; filename*=UTF-8''a%22%3B%20b%0D%0Ac.jpg",
            ),
        ];
        for (name, expected) in table {
            assert_eq!(disposition(name), expected, "{name}");
        }
    }
}
