//! `GET /images/{id}`: the engine's own pictures. They are read in portions while they are sent, so
//! that a slow reader holds little memory.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::answer::FailureResponse;
use super::http::SOCKET_BYTES;
use super::permits::Permit;
use super::{Endpoint, SharedEndpoint, request};
use crate::search::{Content, Failure, ImageFile, ReadAt, Reason};

/// Bytes that are read from a file at once. A thumbnail usually fits.
const PORTION: usize = 64 << 10;

pub(super) async fn image(
    State(endpoint): SharedEndpoint,
    id: Result<Path<String>, PathRejection>,
    RawQuery(raw): RawQuery,
) -> Result<Response, FailureResponse> {
    let Path(id) = id.map_err(|_| missing())?;
    let width = request::width(raw.as_deref())?;
    let served = endpoint.permits.served.now()?;
    let time = endpoint.timeout;
    let deadline = Instant::now() + time;
    let found = endpoint
        .ask((time, time), (), move |engine, _| engine.image(&id, width))
        .await?;
    let file = match found.ok_or_else(missing)?.content {
        Content::Ready(file) => file,
        Content::Later(work) => {
            let permit = endpoint.permits.computed.one(deadline).await?;
            let computed = endpoint.ask((time, time), permit, move |_, deadline| work(deadline));
            computed.await?.ok_or_else(missing)?
        }
    };
    let held = endpoint.reading(&file, deadline).await?;
    Ok(answer(file, (served, held)))
}

fn missing() -> Failure {
    Failure::new(Reason::NotFound, "there is no such picture")
}

impl Endpoint {
    /// A permit for the memory that a reader of `file` holds.
    async fn reading(&self, file: &ImageFile, deadline: Instant) -> Result<Permit, Failure> {
        let portion = file.bytes.in_memory().max(PORTION as u64);
        let bytes = portion + SOCKET_BYTES.min(file.bytes.size());
        self.permits.served_bytes.bytes(bytes, deadline).await
    }
}

/// It never changes under its address, so it may be kept for a day.
fn answer(file: ImageFile, permits: (Permit, Permit)) -> Response {
    let headers = [
        (CONTENT_TYPE, file.media_type),
        (CACHE_CONTROL, "public, max-age=86400"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let portions = Portions {
        place: 0,
        end: file.bytes.size(),
        bytes: file.bytes,
        next: None,
        _permits: permits,
    };
    (headers, Body::new(portions)).into_response()
}

/// The bytes from `place` to `end`, read as they are asked for.
struct Portions {
    bytes: Arc<dyn ReadAt>,
    place: u64,
    end: u64,
    next: Option<JoinHandle<std::io::Result<Vec<u8>>>>,
    _permits: (Permit, Permit),
}

impl HttpBody for Portions {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        if self.place >= self.end {
            return Poll::Ready(None);
        }
        let this = &mut *self;
        let (bytes, place, left) = (&this.bytes, this.place, this.end - this.place);
        let next = this.next.get_or_insert_with(|| {
            let bytes = Arc::clone(bytes);
            // A disk may be slow, and all requests share this thread.
            tokio::task::spawn_blocking(move || portion(bytes.as_ref(), place, left))
        });
        let read = ready!(Pin::new(next).poll(context));
        self.next = None;
        let read = read.unwrap_or_else(|cause| Err(std::io::Error::other(cause)));
        if let Ok(read) = &read {
            self.place += read.len() as u64;
        }
        Poll::Ready(Some(read.map(|read| Frame::data(Bytes::from(read)))))
    }

    fn is_end_stream(&self) -> bool {
        self.place >= self.end
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.end - self.place)
    }
}

/// Some of the `left` bytes at `place`.
fn portion(bytes: &dyn ReadAt, place: u64, left: u64) -> std::io::Result<Vec<u8>> {
    let size = usize::try_from(left).map_or(PORTION, |left| left.min(PORTION));
    let mut portion = vec![0; size];
    let count = bytes.read_at(place, &mut portion)?;
    if count == 0 {
        // The file has become shorter; the connection breaks off, so that the reader sees it.
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    portion.truncate(count);
    Ok(portion)
}
