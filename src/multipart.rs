//! Takes a `multipart/form-data` body (RFC 7578) apart: as browsers, curl and HTTP libraries send
//! forms with files. Copies no content; strict about the delimiters, and bounded.

/// Most parts of one body.
pub const MAX_PARTS: usize = 32;
/// Longest header of a part, in bytes.
const MAX_HEADER_BYTES: usize = 8 << 10;
/// Longest boundary, in bytes (RFC 2046).
const MAX_BOUNDARY_BYTES: usize = 70;

/// One field of a form.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The field's name; several parts may have the same.
    pub name: String,
    /// Whether the sender calls it a file, with a name or without.
    pub is_file: bool,
    /// The field's value or the file, as it is.
    pub content: &'a [u8],
}

/// The boundary in a `Content-Type` header's value, where that is `multipart/form-data`'s;
/// `Some(None)` where it is, and the boundary is missing or not allowed.
#[must_use]
pub fn boundary(content_type: &str) -> Option<Option<String>> {
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !media_type
        .trim()
        .eq_ignore_ascii_case("multipart/form-data")
    {
        return None;
    }
    let allowed = |text: &String| {
        let is_allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
        (1..=MAX_BOUNDARY_BYTES).contains(&text.len())
            && text.bytes().all(is_allowed)
            && !text.ends_with(' ')
    };
    Some(parameter(parameters, "boundary").filter(allowed))
}

/// The parts between the delimiters of `boundary`.
///
/// # Errors
/// What is wrong with the body, in a few words.
pub fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, &'static str> {
    let delimiter = format!("\r\n--{boundary}");
    // Before the first delimiter there may be a preamble, which nobody reads.
    let mut rest = Delimiter::at_start(body, &delimiter.as_bytes()[2..])
        .or_else(|| Delimiter::find(body, delimiter.as_bytes()))
        .ok_or("its boundary is not the one that the content type names")?;
    let mut parts = Vec::new();
    while !rest.is_last {
        if parts.len() == MAX_PARTS {
            return Err("it has too many parts");
        }
        let next = Delimiter::find(rest.after, delimiter.as_bytes()).ok_or("its end is missing")?;
        parts.push(part(&rest.after[..next.start])?);
        rest = next;
    }
    Ok(parts)
}

/// A delimiter in a body.
struct Delimiter<'a> {
    /// Where it begins, in what was searched.
    start: usize,
    /// What follows.
    after: &'a [u8],
    /// Whether it ends the body.
    is_last: bool,
}

impl<'a> Delimiter<'a> {
    /// The delimiter that `text` begins with. A longer word that only begins like it is none.
    fn at_start(text: &'a [u8], delimiter: &[u8]) -> Option<Self> {
        let after = text.strip_prefix(delimiter)?;
        if let Some(after) = after.strip_prefix(b"--") {
            return Some(Self {
                start: 0,
                after,
                is_last: true,
            });
        }
        let padding = after.iter().take_while(|byte| b" \t".contains(byte));
        let after = &after[padding.count()..];
        Some(Self {
            start: 0,
            after: after.strip_prefix(b"\r\n")?,
            is_last: false,
        })
    }

    /// The first delimiter in `text`.
    fn find(text: &'a [u8], delimiter: &[u8]) -> Option<Self> {
        let mut from = 0;
        while let Some(at) = text[from..].iter().position(|byte| *byte == delimiter[0]) {
            let start = from + at;
            if let Some(found) = Self::at_start(&text[start..], delimiter) {
                return Some(Self { start, ..found });
            }
            from = start + 1;
        }
        None
    }
}

/// The part with this header and content.
fn part(text: &[u8]) -> Result<Part<'_>, &'static str> {
    let near = &text[..text.len().min(MAX_HEADER_BYTES)];
    let end = near.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or("a part has no header, or one that is too long")?;
    let header = std::str::from_utf8(&text[..end]).map_err(|_| "a header is not UTF-8")?;
    let (mut disposition, mut is_typed_file) = (None, false);
    for line in header.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or("a header has no colon")?;
        if name.trim().eq_ignore_ascii_case("content-disposition") {
            disposition = Some(value);
        } else if name.trim().eq_ignore_ascii_case("content-type") {
            let kind = value.trim().to_ascii_lowercase();
            is_typed_file = kind.starts_with("image/") || kind == "application/octet-stream";
        }
    }
    let disposition = disposition.ok_or("a part has no Content-Disposition")?;
    let (kind, parameters) = disposition.split_once(';').unwrap_or((disposition, ""));
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err("a part is no form-data");
    }
    let has = |name: &str| parameter(parameters, name).is_some();
    Ok(Part {
        name: parameter(parameters, "name").ok_or("a part has no name")?,
        is_file: is_typed_file || has("filename") || has("filename*"),
        content: &text[end + 4..],
    })
}

/// The value of the first parameter `wanted` in `name=value; name="value"`. In quotes a backslash
/// keeps the next quote or backslash, as curl writes it; `%22` is how browsers write a quote.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        let (name, value) = rest.split_once('=')?;
        let (value, after) = if let Some(quoted) = value.trim_start().strip_prefix('"') {
            unquoted(quoted)?
        } else {
            let end = value.find(';').unwrap_or(value.len());
            (value[..end].trim().to_owned(), &value[end..])
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// The text up to the closing quote, and what follows that. Where no quote closes it, the last one that a
/// backslash stands before does: not everybody writes a name that ends with a backslash as curl does.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut before_quote = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value.replace("%22", "\""), &text[at + 1..])),
            '\\' => match characters.next_if(|(_, next)| ['"', '\\'].contains(next)) {
                Some((at, next)) => {
                    if next == '"' {
                        before_quote = Some((format!("{value}\\"), &text[at + 1..]));
                    }
                    value.push(next);
                }
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    before_quote.map(|(value, after)| (value.replace("%22", "\""), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<(String, bool, String)>, &'static str> {
        let text = |content: &[u8]| String::from_utf8_lossy(content).into_owned();
        let parts = parts(body.as_bytes(), "X")?;
        Ok(parts
            .into_iter()
            .map(|part| (part.name, part.is_file, text(part.content)))
            .collect())
    }

    fn one(header: &str, content: &str) -> String {
        format!("--X\r\n{header}\r\n\r\n{content}\r\n--X--\r\n")
    }

    #[test]
    fn the_boundary_is_found_however_it_is_written() {
        for (content_type, expected) in [
            ("multipart/form-data; boundary=X", Some(Some("X"))),
            ("Multipart/Form-Data;BOUNDARY=\"a b\"", Some(Some("a b"))),
            (
                "multipart/form-data; charset=utf-8; boundary=--y; z=1",
                Some(Some("--y")),
            ),
            (
                "multipart/form-data; note=\"; boundary=no\"; boundary=X",
                Some(Some("X")),
            ),
            ("multipart/form-data", Some(None)),
            ("multipart/form-data; boundary=", Some(None)),
            ("multipart/form-data; boundary=\"X", Some(None)),
            ("multipart/form-data; boundary=\"a\r\nb\"", Some(None)),
            ("multipart/mixed; boundary=X", None),
            ("image/png", None),
            ("", None),
        ] {
            let found = boundary(content_type);
            assert_eq!(
                found,
                expected.map(|it| it.map(str::to_owned)),
                "{content_type}"
            );
        }
        let longest = "x".repeat(MAX_BOUNDARY_BYTES);
        for (text, is_good) in [(longest.clone(), true), (longest + "x", false)] {
            let found = boundary(&format!("multipart/form-data; boundary={text}"));
            assert_eq!(found, Some(is_good.then_some(text)));
        }
    }

    #[test]
    fn fields_and_files_come_out_as_they_went_in() {
        let field = "Content-Disposition: form-data; name=";
        let body = format!(
            "preamble\r\n--X\r\n{field}\"query\"\r\n\r\nred bus\r\n--X  \r\n\
             content-disposition:form-data;name=limit\r\n\r\n3\r\n--X\r\n\
             {field}\"file\"; filename=\"a;b.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\
             a\r\n--Xy\r\n\r\n--X\r\n{field}\"empty\"; filename*=utf-8''x\r\n\r\n\r\n--X--epilogue"
        );
        let expected = [
            ("query", false, "red bus"),
            ("limit", false, "3"),
            ("file", true, "a\r\n--Xy\r\n"),
            ("empty", true, ""),
        ];
        let expected = expected.map(|(name, file, text)| (name.to_owned(), file, text.to_owned()));
        assert_eq!(read(&body), Ok(expected.to_vec()));
        let typed = one(
            "content-disposition: form-data; name=i\r\ncontent-type: image/png",
            "p",
        );
        assert_eq!(read(&typed), Ok(vec![("i".into(), true, "p".into())]));
        assert_eq!(read("--X--"), Ok(vec![]));
    }

    #[test]
    fn names_are_read_as_curl_and_browsers_write_them() {
        for (written, name) in [
            (r#""a\"b""#, "a\"b"),
            (r#""a%22b""#, "a\"b"),
            (r#""c:\\d\e""#, r"c:\d\e"),
            ("\"日本\"", "日本"),
            ("\"\"", ""),
        ] {
            let body = one(
                &format!("Content-Disposition: form-data; name={written}"),
                "v",
            );
            let expected = (name.to_owned(), false, "v".to_owned());
            assert_eq!(read(&body), Ok(vec![expected]), "{written}");
        }
    }

    #[test]
    fn broken_bodies_are_refused_in_words() {
        let named = "Content-Disposition: form-data; name=a";
        let many = format!("--X\r\n{named}\r\n\r\nv\r\n").repeat(MAX_PARTS + 1) + "--X--";
        let long = one(
            &format!("{named}\r\nx: {}", "y".repeat(MAX_HEADER_BYTES)),
            "v",
        );
        for (body, why) in [
            ("", "boundary"),
            ("--Y--", "boundary"),
            ("--X", "boundary"),
            ("--X\n\n", "boundary"),
            ("--X\r\n", "end"),
            (&format!("--X\r\n{named}\r\n\r\nv"), "end"),
            ("--X\r\nno header\r\n--X--", "no header"),
            (&one("no colon", "v"), "colon"),
            (&one("content-type: a/b", "v"), "Content-Disposition"),
            (
                &one("content-disposition: attachment; name=a", "v"),
                "form-data",
            ),
            (&one("content-disposition: form-data", "v"), "name"),
            (
                &one("content-disposition: form-data; name=\"a", "v"),
                "name",
            ),
            (&many, "too many"),
            (&long, "too long"),
        ] {
            let refused = read(body).expect_err(body);
            assert!(refused.contains(why), "{body:?}: {refused}");
        }
    }

    #[test]
    fn a_name_may_end_with_a_backslash_that_is_not_doubled() {
        for (header, name) in [
            (r#"form-data; name="a\""#, r"a\"),
            (r#"form-data; name="a\"b"; filename="c""#, r#"a"b"#),
            (r#"form-data; name="a\\""#, r"a\"),
            (r#"form-data; name="!\"b\""#, r#"!"b\"#),
            (r#"form-data; name="\"; filename="c""#, r#""; filename="#),
        ] {
            let body = one(&format!("Content-Disposition: {header}"), "x");
            let found = read(&body).expect("a form");
            assert_eq!(found[0].0, name, "{header}");
        }
    }
}
