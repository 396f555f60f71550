//! From the bytes of a request to its parameters: query, JSON, and both kinds of forms.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::call::Refusal;
use super::schema::Shape;

/// Parameters and files of a request.
pub(super) type Form = (Value, Vec<(String, Vec<u8>)>);

/// Reads a request to a method of this shape.
///
/// # Errors
/// When the body is not what its media type says.
pub(super) fn read(
    shape: Option<&Shape>,
    query: &str,
    content_type: &str,
    body: &[u8],
) -> Result<Form, Refusal> {
    let mut fields = Fields {
        shape,
        all: Map::new(),
    };
    let mut files = Vec::new();
    fields.add_pairs(query);
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    match kind {
        _ if body.is_empty() => {}
        "application/json" => match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => fields.all.extend(object),
            _ => return Err(Refusal::bad("can't parse JSON object")),
        },
        "application/x-www-form-urlencoded" => fields.add_pairs(&String::from_utf8_lossy(body)),
        "multipart/form-data" => {
            let unreadable = || Refusal::bad("can't parse multipart form data");
            let boundary = boundary(content_type).ok_or_else(unreadable)?;
            for part in parts(body, boundary).ok_or_else(unreadable)? {
                if part.is_file {
                    files.push((part.name, part.content.to_vec()));
                } else {
                    fields.add(&part.name, &String::from_utf8_lossy(part.content));
                }
            }
        }
        _ => return Err(Refusal::bad("unsupported content type of the request")),
    }
    // A file sent directly in a field counts as `attach://` followed by the field's name.
    for (name, _) in &files {
        let takes_file = shape
            .and_then(|shape| shape.field(name))
            .is_some_and(|field| matches!(field.kind, super::schema::ValueKind::File));
        if takes_file && !fields.all.contains_key(name) {
            fields
                .all
                .insert(name.clone(), format!("attach://{name}").into());
        }
    }
    Ok((Value::Object(fields.all), files))
}

struct Fields<'a> {
    shape: Option<&'a Shape>,
    all: Map<String, Value>,
}

impl Fields<'_> {
    fn add(&mut self, name: &str, text: &str) {
        let value = match self.shape.and_then(|shape| shape.field(name)) {
            Some(field) => field.kind.read(text),
            None => Value::String(text.to_owned()),
        };
        self.all.insert(name.to_owned(), value);
    }

    fn add_pairs(&mut self, text: &str) {
        let decode = |text: &str| {
            let text = text.replace('+', " ");
            percent_decode_str(&text).decode_utf8_lossy().into_owned()
        };
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            self.add(&decode(name), &decode(value));
        }
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let (_, boundary) = content_type.split_once("boundary=")?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    (!boundary.is_empty()).then_some(boundary)
}

struct FormPart<'a> {
    name: String,
    is_file: bool,
    content: &'a [u8],
}

/// The parts of a `multipart/form-data` body (RFC 7578); `None` when it is broken.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Option<Vec<FormPart<'a>>> {
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut rest = &body[find(body, first.as_bytes())? + first.len()..];
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&rest[..head_end]);
        let content = &rest[head_end + 4..];
        let end = find(content, next.as_bytes())?;
        let disposition = head.lines().find(|line| {
            let start = line.split(':').next().unwrap_or_default();
            start.eq_ignore_ascii_case("content-disposition")
        })?;
        parts.push(FormPart {
            name: quoted(disposition, "name")?,
            is_file: quoted(disposition, "filename").is_some(),
            content: &content[..end],
        });
        rest = &content[end + next.len()..];
    }
    Some(parts)
}

/// The value of a parameter of a header, with or without quotes.
fn quoted(header: &str, name: &str) -> Option<String> {
    header.split(';').find_map(|parameter| {
        let (known, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (known.trim() == name).then(|| value.to_owned())
    })
}

/// Where `needle` first is. By its first byte, which is quick on pictures.
fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut start = 0;
    while let Some(at) = haystack[start..].iter().position(|byte| *byte == first) {
        let at = start + at;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        start = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::methods;
    use super::*;
    use serde_json::json;

    fn send_photo(content_type: &str, body: &[u8]) -> Result<Form, Refusal> {
        read(methods::parameters("sendPhoto"), "", content_type, body)
    }

    #[test]
    fn every_form_of_a_request_means_the_same() {
        let shape = methods::parameters("sendMessage");
        let wanted = json!({"chat_id": -7, "text": "a & 7", "protect_content": true});
        let pairs = "chat_id=-7&text=a+%26%207&protect_content=true";
        let form = "application/x-www-form-urlencoded";
        for (query, kind, body) in [
            (pairs, "", String::new()),
            ("", form, pairs.to_owned()),
            ("", "application/json; charset=utf-8", wanted.to_string()),
            (
                "chat_id=-7",
                form,
                "text=a+%26+7&protect_content=1".to_owned(),
            ),
        ] {
            let read = read(shape, query, kind, body.as_bytes());
            assert_eq!(read, Ok((wanted.clone(), vec![])), "{kind}");
        }
    }

    #[test]
    fn files_and_fields_come_out_of_a_multipart_body() {
        let body = b"--X\r\ncontent-disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n\
            --X\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\n[1]\r\n\
            --X\r\ncontent-disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\
            content-type: image/png\r\n\r\n\x89\r\n--\0\r\n--X--\r\n";
        let (parameters, files) =
            send_photo("multipart/form-data; boundary=\"X\"", body).expect("well-formed");
        let wanted = json!({"chat_id": 7, "caption": "[1]", "photo": "attach://photo"});
        assert_eq!((parameters, files.len()), (wanted, 1));
        assert_eq!(files[0], ("photo".into(), b"\x89\r\n--\0".to_vec()));
    }

    #[test]
    fn broken_bodies_are_refused() {
        for (kind, body) in [
            ("application/json", "[1]"),
            ("application/json", "{"),
            ("multipart/form-data", "--X"),
            ("multipart/form-data; boundary=X", "--X\r\nno end"),
            ("multipart/form-data; boundary=X", ""),
            ("text/plain", "text=a"),
        ] {
            let read = send_photo(kind, body.as_bytes());
            assert_eq!(read.is_err(), !body.is_empty(), "{kind}: {body}");
        }
    }
}
