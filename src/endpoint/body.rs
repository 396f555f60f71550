//! Reads bodies of requests up to a limit, or discards them without breaking the answer.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;

use crate::search::{Failure, MAX_PICTURE_BYTES, Reason};

/// Longest time a picture may take to arrive.
const MAX_UPLOAD_TIME: Duration = Duration::from_secs(30);
/// How long a body that is not wanted is still received.
const MAX_DRAIN_TIME: Duration = Duration::from_secs(5);
/// How much of it is still received.
const MAX_DRAIN_BYTES: usize = 64 << 20;

/// Refuses a body whose announced length is more than [`MAX_PICTURE_BYTES`].
///
/// # Errors
/// [`Reason::TooLarge`].
pub(super) fn check_length(headers: &HeaderMap) -> Result<(), Failure> {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_PICTURE_BYTES as u64) {
        return Err(too_large());
    }
    Ok(())
}

/// Reads the whole body, which must arrive within `time` and within 30 s.
///
/// # Errors
/// [`Reason::TooLarge`] beyond [`MAX_PICTURE_BYTES`]; [`Reason::BadQuery`] when it breaks off or
/// takes too long.
pub(super) async fn read(body: &mut Body, time: Duration) -> Result<Vec<u8>, Failure> {
    let whole = async {
        let mut bytes = Vec::new();
        while let Some(chunk) = next(body).await {
            let chunk = chunk.map_err(|_| {
                Failure::new(Reason::BadQuery, "the picture broke off; send it again")
            })?;
            if bytes.len() + chunk.len() > MAX_PICTURE_BYTES {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    };
    let time = time.min(MAX_UPLOAD_TIME);
    tokio::time::timeout(time, whole).await.unwrap_or_else(|_| {
        let time = humantime::format_duration(time);
        let message = format!("the picture did not arrive within {time}; send a smaller one");
        Err(Failure::new(Reason::BadQuery, message))
    })
}

/// Receives and discards the rest of a body in the background. Closing at once would reset the
/// connection of a caller that is still sending, and the caller would never see the answer.
pub(super) fn drain(mut body: Body) {
    let rest = async move {
        let mut received = 0;
        while let Some(Ok(chunk)) = next(&mut body).await {
            received += chunk.len();
            if received > MAX_DRAIN_BYTES {
                break;
            }
        }
    };
    tokio::spawn(tokio::time::timeout(MAX_DRAIN_TIME, rest));
}

/// The next piece of data; trailers count as none.
async fn next(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

fn too_large() -> Failure {
    let message =
        format!("the picture is larger than {MAX_PICTURE_BYTES} bytes; send a smaller one");
    Failure::new(Reason::TooLarge, message)
}
