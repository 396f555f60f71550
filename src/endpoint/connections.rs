//! The open connections: which of them have a request, which wait for one, and which make room for
//! others. Also cuts those whose callers hardly read.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::Request;
use axum::response::Response;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::neighbour::Neighbour;
use crate::locked::locked;

/// Where places are short, a connection keeps its own without a request for this long. Whoever
/// connects to ask something asks at once.
const UNASKED: Duration = Duration::from_millis(500);
/// What a reader must read a second, in bytes.
const LEAST_RATE: u64 = 16 << 10;

/// All open connections; clones share them.
#[derive(Clone)]
pub(super) struct Connections {
    places: Arc<Semaphore>,
    most: usize,
    reading: Duration,
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    last: u64,
    connections: BTreeMap<u64, Watched>,
}

struct Watched {
    state: State,
    /// Tells its task to end.
    cut: Arc<Notify>,
}

/// What a connection does.
#[derive(Debug, Clone, Copy)]
enum State {
    /// It waits for a request, or for the rest of its head.
    Waiting { since: Instant },
    /// A request is being answered.
    Asked,
    /// The answer is being sent: so many bytes of it since then.
    Answered { since: Instant, bytes: u64 },
}

/// One open connection, for as long as it lives; clones are the same one.
#[derive(Clone)]
pub(super) struct Connection(Arc<Entry>);

struct Entry {
    number: u64,
    open: Arc<Mutex<Open>>,
    cut: Arc<Notify>,
    _place: OwnedSemaphorePermit,
}

impl Connections {
    /// Places for `most` connections; an answer that is hardly read is cut after the time `reading`.
    pub fn new(most: usize, reading: Duration) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            most,
            reading,
            open: Arc::default(),
        }
    }

    /// A place for a connection. While there is none, the connection that has been waiting for a
    /// request for longest is cut.
    pub async fn place(&self) -> Connection {
        let mut place = std::pin::pin!(Arc::clone(&self.places).acquire_owned());
        loop {
            let wait = if self.places.available_permits() == 0 {
                self.make_room()
            } else {
                UNASKED
            };
            match tokio::time::timeout(wait, place.as_mut()).await {
                Ok(Ok(place)) => return self.opened(place),
                // The semaphore is never closed.
                Ok(Err(_)) => std::future::pending::<()>().await,
                Err(_) => {}
            }
        }
    }

    fn opened(&self, place: OwnedSemaphorePermit) -> Connection {
        let cut = Arc::new(Notify::new());
        let mut open = locked(&self.open);
        open.last += 1;
        let number = open.last;
        let watched = Watched {
            state: State::Waiting {
                since: Instant::now(),
            },
            cut: Arc::clone(&cut),
        };
        open.connections.insert(number, watched);
        drop(open);
        Connection(Arc::new(Entry {
            number,
            open: Arc::clone(&self.open),
            cut,
            _place: place,
        }))
    }

    /// Cuts the connection that has been waiting for a request for longest, if that is long enough;
    /// returns when to look again.
    fn make_room(&self) -> Duration {
        let mut open = locked(&self.open);
        let waiting = open.connections.iter().filter_map(|(number, watched)| {
            let State::Waiting { since } = watched.state else {
                return None;
            };
            Some((since, *number))
        });
        let Some((since, number)) = waiting.min() else {
            return UNASKED;
        };
        let left = UNASKED.saturating_sub(since.elapsed());
        if left.is_zero()
            && let Some(oldest) = open.connections.remove(&number)
        {
            oldest.cut.notify_one();
        }
        left.max(Duration::from_millis(1))
    }

    /// Cuts those that hardly read their answers.
    pub fn cut_slow(&self) {
        let mut open = locked(&self.open);
        for watched in open.connections.values_mut() {
            if let State::Answered { since, bytes } = &mut watched.state
                && since.elapsed() > self.reading
            {
                if *bytes / LEAST_RATE < since.elapsed().as_secs().max(1) {
                    watched.cut.notify_one();
                }
                (*since, *bytes) = (Instant::now(), 0);
            }
        }
    }

    /// Waits until no connection is open.
    pub async fn ended(&self) {
        let all = u32::try_from(self.most).unwrap_or(u32::MAX);
        let _ = self.places.acquire_many(all).await;
    }
}

impl Connection {
    /// Returns when this connection has to end.
    pub async fn cut(&self) {
        self.0.cut.notified().await;
    }

    /// Answers requests of `neighbour` with `router`, seeing when they come and when their answers are
    /// sent.
    pub fn service(&self, router: Router, neighbour: Neighbour) -> Requests {
        Requests {
            neighbour,
            router: TowerToHyperService::new(router),
            connection: self.clone(),
        }
    }

    /// `stream`, seeing how much is read from it.
    pub fn stream<S>(&self, stream: S) -> Stream<S> {
        Stream {
            inner: stream,
            connection: self.clone(),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut open = locked(&self.0.open);
        if let Some(watched) = open.connections.get_mut(&self.0.number) {
            change(&mut watched.state);
        }
    }

    fn sent(&self, count: usize) {
        self.change(|state| match state {
            // What the system could not take yet of an answer.
            State::Waiting { since } => *since = Instant::now(),
            State::Asked => {}
            State::Answered { bytes, .. } => *bytes += count as u64,
        });
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        locked(&self.open).connections.remove(&self.number);
    }
}

/// The router, for the requests of one connection.
pub(super) struct Requests {
    neighbour: Neighbour,
    router: TowerToHyperService<Router>,
    connection: Connection,
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Self::Error>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.neighbour.clone());
        let connection = self.connection.clone();
        connection.change(|state| *state = State::Asked);
        let answer = self.router.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            connection.change(|state| {
                *state = State::Answered {
                    since: Instant::now(),
                    bytes: 0,
                };
            });
            Ok(answer.map(|body| Body::new(Answer { body, connection })))
        })
    }
}

/// The body of an answer; when it is dropped, it has been handed over to the system.
struct Answer {
    body: Body,
    connection: Connection,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let since = Instant::now();
        self.connection
            .change(|state| *state = State::Waiting { since });
    }
}

/// A stream of which it is seen how much is read.
pub(super) struct Stream<S> {
    inner: S,
    connection: Connection,
}

impl<S: Read + Unpin> Read for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: Write + Unpin> Stream<S> {
    fn counted(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(count)) = written {
            self.connection.sent(count);
        }
        written
    }
}

impl<S: Write + Unpin> Write for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.counted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        self.counted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
