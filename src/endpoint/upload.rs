//! What the body of `POST /search` holds: a picture as it is, or a form with a picture or a query.
//! Its kind is what its first bytes say; what the headers say only tells how to look.

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use super::request::{Fields, Parameters, bad_query};
use crate::multipart;
use crate::search::{Failure, Filter, MAX_PICTURE_BYTES, Query, Reason, Subject};

/// Most bytes of a form that are not a picture.
pub(super) const MAX_FORM_BYTES: usize = 64 << 10;

/// How a body is to be read, by its `Content-Type`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyKind {
    /// `multipart/form-data` with this boundary.
    Multipart(String),
    /// `application/x-www-form-urlencoded`, which curl calls everything it is not told about.
    Form,
    /// `application/json`.
    Json,
    /// A picture, or not said.
    Picture,
}

impl BodyKind {
    /// Reads the `Content-Type` header.
    ///
    /// # Errors
    /// [`Reason::UnsupportedMedia`] for what is neither picture nor form, naming what is;
    /// [`Reason::BadQuery`] for a form without boundary.
    pub fn of(headers: &HeaderMap) -> Result<Self, Failure> {
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Ok(Self::Picture);
        };
        let text = value.to_str().unwrap_or_default();
        match multipart::boundary(text) {
            Some(Some(boundary)) => return Ok(Self::Multipart(boundary)),
            Some(None) => {
                return Err(bad_query(
                    "the content type names no boundary; let the HTTP client write the header"
                        .to_owned(),
                ));
            }
            None => {}
        }
        let media_type = text.split(';').next().unwrap_or_default().trim();
        match media_type.to_ascii_lowercase().as_str() {
            "application/x-www-form-urlencoded" => Ok(Self::Form),
            "application/json" => Ok(Self::Json),
            "" | "application/octet-stream" | "binary/octet-stream" => Ok(Self::Picture),
            other if other.starts_with("image/") => Ok(Self::Picture),
            _ => Err(unsupported(
                "the content type must be image/jpeg, image/png or image/webp, \
                 multipart/form-data, or application/json",
            )),
        }
    }

    /// The most bytes that such a body may have.
    pub fn max_bytes(&self) -> usize {
        match self {
            Self::Multipart(_) => MAX_PICTURE_BYTES + MAX_FORM_BYTES,
            Self::Form | Self::Json | Self::Picture => MAX_PICTURE_BYTES,
        }
    }
}

/// The query in `body`, and its parameters: those in the address, `fields`, come first. Where there
/// are a picture and words, both count.
///
/// # Errors
/// [`Reason::UnsupportedMedia`] when it is neither a picture of an accepted kind nor a form;
/// [`Reason::TooLarge`]; [`Reason::BadQuery`].
pub(super) fn query(
    kind: &BodyKind,
    mut fields: Fields,
    mut body: Vec<u8>,
) -> Result<(Parameters, Query), Failure> {
    let mut media_type = picture_type(&body);
    let mut own = Fields::default();
    match kind {
        BodyKind::Multipart(boundary) => {
            media_type = None;
            if let Some(picture) = take_form(&body, boundary, &mut own)? {
                media_type = Some(kind_of_picture(&body[picture.clone()])?);
                body.truncate(picture.end);
                body.drain(..picture.start);
            }
        }
        _ if media_type.is_some() => {}
        BodyKind::Picture if body.is_empty() && fields.has("query") => {}
        BodyKind::Picture => drop(kind_of_picture(&body)?),
        BodyKind::Form | BodyKind::Json if body.len() > MAX_FORM_BYTES => {
            return Err(form_too_large());
        }
        BodyKind::Form => {
            let text = str::from_utf8(&body);
            let text = text.map_err(|_| unsupported(&what_it_is(&body)))?;
            own.extend(Fields::parse(text));
        }
        BodyKind::Json => own.extend(json(&body)?),
    }
    // Those that the address overrides must be right, too.
    Parameters::from_fields(&own)?;
    fields.extend(own);
    let parameters = Parameters::from_fields(&fields)?;
    let Some(media_type) = media_type else {
        let query = parameters.text_query(&fields)?;
        return Ok((parameters, query));
    };
    if body.len() > MAX_PICTURE_BYTES {
        return Err(super::body::too_large());
    }
    let subject = Subject::Picture {
        media_type: media_type.to_owned(),
        bytes: body,
        words: words_beside_picture(&parameters)?,
    };
    let query = Query {
        subject,
        limit: parameters.limit,
        offset: parameters.offset,
        filter: parameters.filter.clone(),
        language: parameters.language,
    };
    Ok((parameters, query))
}

/// The words beside a picture; empty where there are none.
///
/// # Errors
/// [`Reason::BadQuery`] when they are too long.
fn words_beside_picture(parameters: &Parameters) -> Result<String, Failure> {
    let words = parameters.query.as_deref().unwrap_or_default().trim();
    if words.is_empty() {
        return Ok(String::new());
    }
    Query::text(words, parameters.limit, parameters.offset).map(|_| words.to_owned())
}

/// Puts the values of a form into `fields`, and returns where in `body` its picture lies. The field
/// of the picture may have any name; a file without content is one that nobody chose.
fn take_form(
    body: &[u8],
    boundary: &str,
    fields: &mut Fields,
) -> Result<Option<std::ops::Range<usize>>, Failure> {
    let parts = multipart::parts(body, boundary)
        .map_err(|why| bad_query(format!("the form cannot be read: {why}")))?;
    let (mut picture, mut taken) = (None, 0);
    for part in parts {
        if part.is_file || picture_type(part.content).is_some() {
            take_picture(&mut picture, part.content, body)?;
        } else {
            taken += part.name.len() + part.content.len();
            if taken > MAX_FORM_BYTES {
                return Err(form_too_large());
            }
            fields.push(part.name, part.content);
        }
    }
    Ok(picture)
}

/// Makes `picture` the place in `body` of a form's part that is a picture, unless there is nothing in it.
pub(super) fn take_picture(
    picture: &mut Option<std::ops::Range<usize>>,
    content: &[u8],
    body: &[u8],
) -> Result<(), Failure> {
    if content.is_empty() {
        return Ok(());
    }
    let start = content.as_ptr().addr() - body.as_ptr().addr();
    match picture.replace(start..start + content.len()) {
        None => Ok(()),
        Some(_) => Err(bad_query(
            "the form holds several pictures; send one at a time".to_owned(),
        )),
    }
}

/// The members of a JSON object as fields.
fn json(body: &[u8]) -> Result<Fields, Failure> {
    let Ok(Value::Object(object)) = serde_json::from_slice(body) else {
        let message = r#"the body must be a JSON object, such as {"query": "red bus"}"#;
        return Err(bad_query(message.to_owned()));
    };
    let mut fields = Fields::default();
    for (name, value) in object {
        if let (Filter::COLLECTION, Value::Array(names)) = (name.as_str(), &value) {
            for collection in names {
                let text = collection.as_str();
                let text = text.ok_or_else(|| bad_query(format!("each {name} must be text")))?;
                fields.push(name.as_str(), text);
            }
            continue;
        }
        let is_text = value.is_string() || value.is_null() && name != "query";
        if !is_text
            && ["query", "near", "folder", "lang", Filter::COLLECTION].contains(&name.as_str())
        {
            return Err(bad_query(format!("{name} must be text")));
        }
        let value = match value {
            Value::String(text) => text,
            Value::Null => continue,
            // 3.0 is a whole number, too.
            Value::Number(number) => match number.as_f64() {
                Some(float) if number.is_f64() && float.fract() == 0.0 => format!("{float:.0}"),
                _ => number.to_string(),
            },
            Value::Bool(yes) => yes.to_string(),
            Value::Array(_) | Value::Object(_) if Parameters::knows(&name) => {
                return Err(bad_query(format!("{name} must be a single value")));
            }
            Value::Array(_) | Value::Object(_) => continue,
        };
        fields.push(name, value);
    }
    Ok(fields)
}

/// The media type of the picture in `bytes`.
///
/// # Errors
/// [`Reason::UnsupportedMedia`] when it is of no accepted kind, saying what it is.
pub(super) fn kind_of_picture(bytes: &[u8]) -> Result<&'static str, Failure> {
    picture_type(bytes).ok_or_else(|| unsupported(&what_it_is(bytes)))
}

/// By the first bytes: the media type, where it is one that is accepted.
fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

/// A sentence about what is no picture of an accepted kind.
fn what_it_is(bytes: &[u8]) -> String {
    let brand = bytes.get(4..12).filter(|brand| brand.starts_with(b"ftyp"));
    let found = match brand.map(|brand| &brand[4..]) {
        Some(b"avif" | b"avis") => "it is an AVIF picture",
        Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1") => "it is a HEIC picture",
        Some(_) => "it is a video",
        None if bytes.is_empty() => "it is empty",
        None if bytes.starts_with(b"GIF8") => "it is a GIF picture",
        None if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") => {
            "it is a TIFF picture"
        }
        None if bytes.starts_with(b"BM") => "it is a BMP picture",
        None if bytes.starts_with(b"%PDF") => "it is a PDF document",
        None if bytes.starts_with(b"data:") => "it is a data URL; decode it first",
        None => return "the body is not a JPEG, PNG or WebP picture".to_owned(),
    };
    format!("the body is not a JPEG, PNG or WebP picture: {found}")
}

pub(super) fn form_too_large() -> Failure {
    let message = format!("the form's text is larger than {MAX_FORM_BYTES} bytes");
    Failure::new(Reason::TooLarge, message)
}

fn unsupported(message: &str) -> Failure {
    Failure::new(Reason::UnsupportedMedia, message)
}

#[cfg(test)]
mod tests {
    use super::super::test_headers as headers;
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

    /// What a body of that type asks for: the picture's media type or the words, and the limit.
    fn asked(content_type: &str, address: &str, body: &[u8]) -> Result<(String, usize), Failure> {
        let kind = match content_type {
            "" => BodyKind::of(&HeaderMap::new()),
            some => BodyKind::of(&headers(&[("content-type", some)])),
        }?;
        let (_, query) = query(&kind, Fields::parse(address), body.to_vec())?;
        let subject = match query.subject {
            Subject::Text(text) => text,
            Subject::Picture {
                media_type, bytes, ..
            } => {
                assert_eq!(bytes, PNG);
                media_type
            }
        };
        Ok((subject, query.limit))
    }

    fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (parameters, content) in parts {
            body.extend(b"--X\r\nContent-Disposition: form-data; name=");
            body.extend(parameters.as_bytes());
            body.extend(b"\r\n\r\n");
            body.extend(*content);
            body.extend(b"\r\n");
        }
        body.extend(b"--X--\r\n");
        body
    }

    const FORM: &str = "multipart/form-data; boundary=X";

    #[test]
    fn a_picture_is_taken_whatever_its_type_is_called() {
        for content_type in [
            "",
            "image/png",
            "IMAGE/JPEG",
            "image/webp; q=1",
            "image/jpg",
            "image/x-png",
            "image/gif",
            "image/*",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
            "application/json",
        ] {
            let found = asked(content_type, "limit=3&query=x", PNG);
            assert_eq!(found, Ok(("image/png".into(), 3)), "{content_type}");
        }
        for content_type in [
            "text/plain",
            "video/mp4",
            "multipart/mixed; boundary=X",
            "image",
        ] {
            let refused = asked(content_type, "", PNG).expect_err(content_type);
            assert_eq!(refused.reason, Reason::UnsupportedMedia);
        }
    }

    #[test]
    fn a_form_with_a_file_is_a_picture_whatever_its_field_is_called() {
        for field in [
            "\"file\"; filename=\"x.jpg\"",
            "\"files\"; filename=\"x\"",
            "image; filename=\"blob\"\r\nContent-Type: image/png",
            "\"image\"",
            "\"anything\"; filename*=UTF-8''x.png",
        ] {
            let found = asked(FORM, "", &form(&[(field, PNG), ("limit", b"7")]));
            assert_eq!(found, Ok(("image/png".into(), 7)), "{field}");
            let found = asked(FORM, "limit=2", &form(&[("limit", b"7"), (field, PNG)]));
            assert_eq!(found, Ok(("image/png".into(), 2)), "{field}");
        }
        let unchosen = form(&[("file; filename=\"\"", b""), ("query", b"red bus")]);
        assert_eq!(asked(FORM, "", &unchosen), Ok(("red bus".into(), 5)));
        let both = form(&[("query", b"red bus"), ("file; filename=a", PNG)]);
        assert_eq!(asked(FORM, "", &both), Ok(("image/png".into(), 5)));
    }

    #[test]
    fn words_can_be_posted_too() {
        let json = "application/json; charset=utf-8";
        for (content_type, address, body) in [
            (
                "application/x-www-form-urlencoded",
                "",
                "query=red+b%C3%BAs&limit=3",
            ),
            (
                "application/x-www-form-urlencoded",
                "limit=3",
                "limit=4&query=red+b%C3%BAs",
            ),
            (
                json,
                "",
                r#"{"query": "red bús", "limit": 3, "details": true}"#,
            ),
            (
                json,
                "",
                r#"{"query": "red bús", "limit": "3", "filter": {}, "offset": null}"#,
            ),
            (json, "", r#"{"query": "red bús", "limit": 3.0}"#),
            ("", "query=red+b%C3%BAs&limit=3", ""),
        ] {
            let found = asked(content_type, address, body.as_bytes());
            assert_eq!(found, Ok(("red bús".into(), 3)), "{content_type} {body}");
        }
    }

    #[test]
    fn what_cannot_be_searched_is_told_why() {
        let (bad, media) = (Reason::BadQuery, Reason::UnsupportedMedia);
        let two = form(&[("a; filename=a", PNG), ("b; filename=b", PNG)]);
        let long = form(&[("query", &vec![b'x'; MAX_FORM_BYTES])]);
        let urlencoded = "application/x-www-form-urlencoded";
        let overridden = BodyKind::Json;
        let refused = query(
            &overridden,
            Fields::parse("limit=3"),
            br#"{"limit": "", "query": "a"}"#.to_vec(),
        );
        assert_eq!(refused.map_err(|failure| failure.reason), Err(bad));
        let table: [(&str, &[u8], Reason, &str); 17] = [
            ("multipart/form-data", PNG, bad, "boundary"),
            (FORM, PNG, bad, "the form cannot be read"),
            (FORM, &two, bad, "several pictures"),
            (FORM, &form(&[]), bad, "no query"),
            (FORM, &form(&[("q", b"bus")]), bad, "called query"),
            (FORM, &form(&[("f; filename=a", b"GIF89a")]), media, "a GIF"),
            (FORM, &long, Reason::TooLarge, "larger"),
            (urlencoded, b"q=bus", bad, "called query"),
            (urlencoded, b"\xff\xfe", media, "not a JPEG"),
            (
                urlencoded,
                &vec![b'x'; MAX_FORM_BYTES + 1],
                Reason::TooLarge,
                "larger",
            ),
            ("application/json", b"[1]", bad, "JSON object"),
            (
                "application/json",
                br#"{"query": ["a"]}"#,
                bad,
                "must be text",
            ),
            (
                "application/json",
                br#"{"limit": 2.5, "query": "a"}"#,
                bad,
                "whole number",
            ),
            ("image/png", b"", media, "empty"),
            ("", b"....ftypheic....", media, "HEIC"),
            ("", b"....ftypavif....", media, "AVIF"),
            ("", b"RIFF....WAVE", media, "not a JPEG"),
        ];
        for (content_type, body, reason, words) in table {
            let refused = asked(content_type, "", body).expect_err(words);
            assert_eq!(refused.reason, reason, "{content_type}: {refused}");
            assert!(refused.message.contains(words), "{words}: {refused}");
        }
    }
}
