//! `multipart/form-data` bodies (RFC 7578), in parts: files are sent from where they are.

use std::hash::{BuildHasher, RandomState};

use serde_json::Value;

use super::request::Call;
use crate::http::Bytes;

/// The content type and the parts of the body of `call` with its files.
#[must_use]
pub fn multipart(call: &Call) -> (String, Vec<Bytes>) {
    let boundary = boundary();
    let mut text = String::new();
    for (name, value) in &call.parameters {
        let value = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        text += &format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    let mut parts = Vec::with_capacity(2 * call.files.len() + 1);
    for file in &call.files {
        text += &format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             content-type: {}\r\n\r\n",
            file.name, file.file_name, file.media_type
        );
        parts.push(Bytes::new(std::mem::take(&mut text)));
        parts.push(file.bytes.clone());
        "\r\n".clone_into(&mut text);
    }
    text += &format!("--{boundary}--\r\n");
    parts.push(Bytes::new(text));
    (format!("multipart/form-data; boundary={boundary}"), parts)
}

/// A separator that occurs in no file and no text: 128 bits that nobody can foresee.
fn boundary() -> String {
    let number = || RandomState::new().hash_one("clip-bot");
    format!("clip-bot-{:016x}{:016x}", number(), number())
}

#[cfg(test)]
mod tests {
    use super::super::request::{Address, Attachment, Photo, send_photo};
    use super::*;

    #[test]
    fn a_body_has_every_parameter_and_file_between_boundaries() {
        let file = Attachment {
            name: "p0".into(),
            file_name: "0.png".into(),
            media_type: "image/png",
            bytes: Bytes::new(b"\x89PNG\r\n\r\n--x"),
        };
        let photo = Photo {
            media: "attach://p0".into(),
            caption: Some("año".into()),
            file: Some(file),
            is_covered: false,
        };
        let to = Address {
            chat: -7,
            reply_to: Some(3),
            ..Address::default()
        };
        let (content_type, parts) = multipart(&send_photo(to, photo));
        let body = parts
            .iter()
            .map(Bytes::as_slice)
            .collect::<Vec<_>>()
            .concat();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .expect("the type");
        let expected = [
            ("caption", "año"),
            ("chat_id", "-7"),
            ("photo", "attach://p0"),
            (
                "reply_parameters",
                r#"{"allow_sending_without_reply":true,"message_id":3}"#,
            ),
        ];
        let mut wanted = Vec::new();
        for (name, value) in expected {
            let part = format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            wanted.extend_from_slice(part.as_bytes());
        }
        wanted.extend_from_slice(
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"p0\"; filename=\"0.png\"\r\n\
                 content-type: image/png\r\n\r\n"
            )
            .as_bytes(),
        );
        wanted.extend_from_slice(b"\x89PNG\r\n\r\n--x\r\n");
        wanted.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        assert_eq!(
            String::from_utf8_lossy(&body),
            String::from_utf8_lossy(&wanted)
        );
    }
}
