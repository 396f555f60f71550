//! Reads bodies of requests up to a limit, or discards them without breaking the answer.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use tokio::time::Instant;

use super::permits::{self, Permit, Permits};
use crate::search::{Failure, MAX_PICTURE_BYTES, Reason};

/// Longest time a picture may take to arrive.
const MAX_UPLOAD_TIME: Duration = Duration::from_secs(30);
/// How long a body that is not wanted is still received.
const MAX_DRAIN_TIME: Duration = Duration::from_secs(5);
/// How much of it is still received.
const MAX_DRAIN_BYTES: usize = 64 << 20;

/// Bytes that are received before there is a permit for them, so that a body that does not arrive
/// holds none.
const AHEAD: usize = 64 << 10;
/// While others wait for permits, a body must arrive as fast as this, in bytes a second...
const MIN_RATE: f64 = 65_536.0;
/// ...after this time.
const GRACE: Duration = Duration::from_secs(3);
/// How often a body that does not arrive is looked after.
const LOOK: Duration = Duration::from_secs(1);

/// The announced length of a body, if there is one.
///
/// # Errors
/// [`Reason::TooLarge`] for more than `limit` bytes.
pub(super) fn length(headers: &HeaderMap, limit: usize) -> Result<Option<usize>, Failure> {
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let Some(length) = length else {
        return Ok(None);
    };
    match usize::try_from(length) {
        Ok(length) if length <= limit => Ok(Some(length)),
        _ => Err(too_large()),
    }
}

/// Reads the whole body, of `length` bytes where that is known, which must arrive until `deadline`
/// and within 30 s. Returns the permit for its bytes, too.
///
/// # Errors
/// [`Reason::TooLarge`] beyond `limit` bytes; [`Reason::BadQuery`] when it breaks off or
/// takes too long; [`Reason::RateLimited`] when there is no memory for it in time, or it is slow
/// while others wait.
pub(super) async fn read(
    body: &mut Body,
    length: Option<usize>,
    limit: usize,
    permits: &Permits,
    deadline: Instant,
) -> Result<(Vec<u8>, Permit), Failure> {
    let start = Instant::now();
    let until = deadline.min(start + MAX_UPLOAD_TIME);
    let mut received = Received {
        bytes: Vec::new(),
        limit,
        until,
        start,
        permits,
    };
    let size = length.unwrap_or(limit);
    let is_whole = received.read(body, AHEAD.min(size)).await?;
    let size = if is_whole { received.bytes.len() } else { size };
    let mut permit = permits.received_bytes.bytes(size as u64, deadline).await?;
    if !is_whole {
        // The time in which there was no memory for it is not the caller's.
        received.start = Instant::now();
        received.until = deadline.min(received.start + MAX_UPLOAD_TIME);
        received.bytes.reserve_exact(size - received.bytes.len());
        received.read(body, usize::MAX).await?;
    }
    let bytes = received.bytes;
    permits::keep(&mut permit, bytes.capacity() as u64);
    Ok((bytes, permit))
}

/// What has arrived of a body.
struct Received<'a> {
    bytes: Vec<u8>,
    limit: usize,
    start: Instant,
    until: Instant,
    permits: &'a Permits,
}

impl Received<'_> {
    /// Reads on until there are at least `size` bytes; returns whether the body ended before.
    async fn read(&mut self, body: &mut Body, size: usize) -> Result<bool, Failure> {
        while self.bytes.len() < size {
            let Some(chunk) = self.next(body).await? else {
                return Ok(true);
            };
            if self.bytes.len() + chunk.len() > self.limit {
                return Err(too_large());
            }
            self.bytes.extend_from_slice(&chunk);
        }
        Ok(false)
    }

    /// The next piece of data.
    async fn next(&self, body: &mut Body) -> Result<Option<Bytes>, Failure> {
        loop {
            let look = self.until.min(Instant::now() + LOOK);
            let arrived = tokio::time::timeout_at(look, next(body)).await;
            if self.is_too_slow() {
                let message = "the picture arrives too slowly while others wait; ask again soon";
                return Err(Failure::new(Reason::RateLimited, message).retry_after(GRACE));
            }
            if let Ok(chunk) = arrived {
                return chunk.transpose().map_err(|_| {
                    Failure::new(Reason::BadQuery, "the picture broke off; send it again")
                });
            }
            let now = Instant::now();
            if now >= self.until {
                let time = Duration::from_secs((now - self.start).as_secs().max(1));
                let time = humantime::format_duration(time);
                let message =
                    format!("the picture did not arrive within {time}; send a smaller one");
                return Err(Failure::new(Reason::BadQuery, message));
            }
        }
    }

    fn is_too_slow(&self) -> bool {
        let time = self.start.elapsed();
        let least = time.as_secs_f64() * MIN_RATE;
        // At most 10 MB, which a double holds exactly.
        #[expect(clippy::cast_precision_loss)]
        let is_slow = time > GRACE && (self.bytes.len() as f64) < least;
        is_slow && (self.permits.received.is_short() || self.permits.received_bytes.is_short())
    }
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

/// The picture is larger than [`MAX_PICTURE_BYTES`].
pub(super) fn too_large() -> Failure {
    let message =
        format!("the picture is larger than {MAX_PICTURE_BYTES} bytes; send a smaller one");
    Failure::new(Reason::TooLarge, message)
}
