//! Fetches the pictures that people send, to search by them. The address at Telegram holds the token:
//! only the bytes leave this process.

use serde_json::Value;

use super::pictures::PictureForm;
use crate::error::{Error, Kind, Result};
use crate::search::{Failure, MAX_PICTURE_BYTES, Query, Reason, Subject};
use crate::telegram::refusal;
use crate::telegram::request::{Call, get_file};
use crate::telegram::types::SentPicture;

use super::wanted::Search;

const LIMIT: u64 = MAX_PICTURE_BYTES as u64;

/// The form and bytes of the picture that Telegram calls `file_id`, fetched by `send` and `download`.
///
/// # Errors
/// As [`query`]; [`Reason::Garbled`] when less or more came than Telegram says the file has.
pub fn fetch(
    file_id: &str,
    send: impl FnOnce(Call) -> Result<Value>,
    download: impl FnOnce(&str, u64) -> Result<Vec<u8>>,
) -> std::result::Result<(PictureForm, Vec<u8>), Failure> {
    let file = send(get_file(file_id)).map_err(|error| failure(&error))?;
    let path = file.get("file_path").and_then(Value::as_str);
    let path =
        path.ok_or_else(|| Failure::new(Reason::Garbled, "Telegram named no path of the file"))?;
    let bytes = download(path, LIMIT).map_err(|error| failure(&error))?;
    let size = file.get("file_size").and_then(Value::as_u64);
    let came = bytes.len() as u64;
    // A page of a proxy, or what is left of a picture: the picture itself may be good.
    if let Some(size) = size.filter(|size| *size != came) {
        let message = format!("{came} bytes of the picture came, and Telegram says {size}");
        return Err(Failure::new(Reason::Garbled, message));
    }
    let form = PictureForm::of(&bytes)
        .map_err(|error| Failure::new(Reason::UnsupportedMedia, error.chain()))?;
    Ok((form, bytes))
}

/// The query for pictures like `picture`, as `wanted` says, fetched by `send` and `download`.
///
/// # Errors
/// [`Reason::TooLarge`] and [`Reason::UnsupportedMedia`] for the picture, else
/// [`Reason::Unreachable`].
pub fn query(
    wanted: &Search,
    picture: &SentPicture,
    send: impl FnOnce(Call) -> Result<Value>,
    download: impl FnOnce(&str, u64) -> Result<Vec<u8>>,
) -> std::result::Result<Query, Failure> {
    let (form, bytes) = fetch(&picture.file_id, send, download)?;
    Ok(Query {
        subject: Subject::Picture {
            media_type: form.media_type.to_owned(),
            bytes,
            words: wanted.query.clone(),
        },
        limit: wanted.results,
        offset: wanted.offset,
        filter: crate::search::Filter::default(),
        language: wanted.language,
    })
}

/// Whether `picture` may be fetched at all.
///
/// # Errors
/// [`Reason::TooLarge`].
pub fn check(picture: &SentPicture) -> std::result::Result<(), Failure> {
    let too_large = |size| u64::try_from(size).is_ok_and(|size| size > LIMIT);
    if picture.size.is_some_and(too_large) {
        let message = "the picture is larger than 10 MiB";
        return Err(Failure::new(Reason::TooLarge, message));
    }
    Ok(())
}

fn failure(error: &Error) -> Failure {
    let is_too_big = |words: &str| words.contains("too big");
    let reason = match error.kind() {
        Kind::TooLarge => Reason::TooLarge,
        Kind::Rejected if refusal(error).is_some_and(|it| is_too_big(&it.description)) => {
            Reason::TooLarge
        }
        Kind::Rejected => Reason::Internal,
        Kind::Unusable | Kind::Garbled { .. } => Reason::Garbled,
        _ => Reason::Unreachable,
    };
    Failure::new(
        reason,
        format!("the picture cannot be fetched: {}", error.chain()),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

    fn fetched(file: &Value, came: &[u8]) -> std::result::Result<Vec<u8>, Reason> {
        let bytes = fetch("one", |_| Ok(file.clone()), |_, _| Ok(came.to_vec()));
        bytes
            .map(|(_, bytes)| bytes)
            .map_err(|failure| failure.reason)
    }

    #[test]
    fn what_is_not_the_file_says_nothing_about_the_picture() {
        let file = json!({"file_path": "photos/1.png", "file_size": PNG.len()});
        assert_eq!(fetched(&file, PNG), Ok(PNG.to_vec()));
        assert_eq!(fetched(&file, &PNG[..9]), Err(Reason::Garbled));
        assert_eq!(
            fetched(&file, b"<html>Bad Gateway</html>"),
            Err(Reason::Garbled)
        );
        let text = json!({"file_path": "documents/1.png", "file_size": 6});
        assert_eq!(fetched(&text, b"a text"), Err(Reason::UnsupportedMedia));
        let sizeless = json!({"file_path": "photos/1.png"});
        assert_eq!(fetched(&sizeless, PNG), Ok(PNG.to_vec()));
        assert_eq!(fetched(&json!({}), PNG), Err(Reason::Garbled));
    }
}
