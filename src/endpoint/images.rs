//! `GET /images/{id}`: the engine's own pictures. They are read in portions while they are sent, so
//! that a slow reader holds little memory.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::{Frame, SizeHint};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::answer::FailureResponse;
use super::conditional::{self, Part};
use super::http::SOCKET_BYTES;
use super::permits::Permit;
use super::{Endpoint, SharedEndpoint, Work, request};
use crate::search::{Content, Failure, Image, ImageFile, ReadAt, Reason};

/// A picture never changes under its address, so it may be kept for a day.
const KEPT: &str = "public, max-age=86400";
/// A saved picture is kept by nobody but its owner, since it may be forgotten.
const PRIVATE: &str = "private, no-store";
/// Bytes that are read from a file at once. A thumbnail usually fits.
const PORTION: usize = 64 << 10;

pub(super) async fn image(
    State(endpoint): SharedEndpoint,
    id: Result<Path<String>, PathRejection>,
    RawQuery(raw): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, FailureResponse> {
    let Path(id) = id.map_err(|_| missing())?;
    let is_saved = endpoint.engine.is_saved(&id);
    if is_saved {
        endpoint.check_operator(&headers)?;
    }
    let width = request::width(raw.as_deref())?;
    let served = endpoint.permits.served.now()?;
    let time = endpoint.timeout;
    let deadline = Instant::now() + time;
    let found = endpoint
        .ask(Work::Quick, (time, time), (), move |engine, _| {
            Ok(engine.image(&id, width)?.map(with_small))
        })
        .await?;
    let image = found.ok_or_else(missing)?;
    let tag = format!("\"{}\"", image.version);
    let kept = if is_saved { PRIVATE } else { KEPT };
    let known_by = [(ETAG, tag.as_str()), (CACHE_CONTROL, kept)];
    if conditional::is_known(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, known_by).into_response());
    }
    let file = match image.content {
        Content::Ready(file) => file,
        Content::Later(work) => {
            let permit = endpoint.permits.computed.one(deadline).await?;
            let times = (time, time);
            let computed = endpoint.ask(Work::Pixels, times, permit, move |_, deadline| {
                work(deadline)
            });
            computed.await?.ok_or_else(missing)?
        }
    };
    let size = file.bytes.size();
    let (status, bytes) = match conditional::part(&method, &headers, &tag, size) {
        Part::Whole => (StatusCode::OK, 0..size),
        Part::Bytes(range) => (StatusCode::PARTIAL_CONTENT, range),
        Part::Beyond => {
            let sizes = [(CONTENT_RANGE, format!("bytes */{size}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, sizes, known_by).into_response());
        }
    };
    let held = endpoint.reading(&file, deadline).await?;
    let about = [
        (CONTENT_TYPE, HeaderValue::from_static(file.media_type)),
        (CONTENT_DISPOSITION, conditional::disposition(&image.name)),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    let range = format!(
        "bytes {}-{}/{size}",
        bytes.start,
        bytes.end.saturating_sub(1)
    );
    let body = Portions::body(file.bytes, bytes, (served, held));
    Ok(match status {
        StatusCode::OK => (known_by, about, body).into_response(),
        _ => (status, [(CONTENT_RANGE, range)], known_by, about, body).into_response(),
    })
}

/// `image` with its file in memory where that is small and ready, so that one trip to a thread
/// where work may block is enough.
fn with_small(mut image: Image) -> Image {
    if let Content::Ready(file) = &mut image.content
        && file.bytes.size() <= PORTION as u64
        && file.bytes.in_memory() == 0
        && let Ok(bytes) = file.read()
    {
        file.bytes = Arc::new(bytes);
    }
    image
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

/// The bytes from `place` to `end`, read as they are asked for.
struct Portions {
    bytes: Arc<dyn ReadAt>,
    place: u64,
    end: u64,
    next: Option<JoinHandle<std::io::Result<Vec<u8>>>>,
    _permits: (Permit, Permit),
}

impl Portions {
    fn body(bytes: Arc<dyn ReadAt>, range: Range<u64>, permits: (Permit, Permit)) -> Body {
        Body::new(Self {
            bytes,
            place: range.start,
            end: range.end,
            next: None,
            _permits: permits,
        })
    }
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
        if bytes.in_memory() > 0 {
            let read = portion(bytes.as_ref(), place, left)?;
            this.place += read.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from(read)))));
        }
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
