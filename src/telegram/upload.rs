//! `multipart/form-data` bodies (RFC 7578), built in memory.

use serde_json::Value;

use super::request::Call;

/// The content type and body of `call` with its files.
#[must_use]
pub fn multipart(call: &Call) -> (String, Vec<u8>) {
    let boundary = boundary(call);
    let size: usize = call.files.iter().map(|file| file.bytes.len() + 512).sum();
    let mut body = Vec::with_capacity(size + 4096);
    for (name, value) in &call.parameters {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let head =
            format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(text.as_bytes());
        body.extend_from_slice(b"\r\n");
    }
    for file in &call.files {
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             content-type: {}\r\n\r\n",
            file.name, file.file_name, file.media_type
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&file.bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/form-data; boundary={boundary}"), body)
}

/// A separator that occurs in no file: random, and chosen anew while it does.
fn boundary(call: &Call) -> String {
    use std::hash::{BuildHasher, RandomState};
    loop {
        let boundary = format!("clip-bot-{:016x}", RandomState::new().hash_one(call.method));
        let needle = boundary.as_bytes();
        let taken = call.files.iter().any(|file| {
            file.bytes
                .windows(needle.len())
                .any(|window| window == needle)
        });
        if !taken {
            return boundary;
        }
    }
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
            bytes: b"\x89PNG\r\n\r\n--x".as_slice().into(),
        };
        let photo = Photo {
            media: "attach://p0".into(),
            caption: Some("año".into()),
            file: Some(file),
        };
        let to = Address {
            chat: -7,
            reply_to: Some(3),
            ..Address::default()
        };
        let (content_type, body) = multipart(&send_photo(to, photo));
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
