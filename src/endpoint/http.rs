//! The HTTP server, with limits on the number of connections, on the time in which a request's head
//! must arrive, and on how long stopping may take.

use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::runtime::LocalOptions;
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::connections::{Connection, Connections, Requests};
use super::neighbour::Neighbour;
use crate::error::{Error, Result};
use crate::shutdown::Shutdown;
use crate::systemd::{self, Pulse, WatchedPart};

/// Limits of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at the same time; further ones wait in the system's queue until one ends, or
    /// has been without a request for half a second.
    pub connections: usize,
    /// From the start of a connection, or the end of an answer, to the end of the next head.
    /// Longer than HTTP clients keep idle connections (15 s in our own), so that they let go first.
    pub head: Duration,
    /// After this time a connection takes no more requests, and after twice this time it is cut,
    /// which ends those whose caller stopped reading. Longer than any search.
    pub connection: Duration,
    /// An answer is cut of which in such a time less than 16 KiB a second was read.
    pub reading: Duration,
    /// How long running requests may take to finish when the server stops.
    pub stop: Duration,
    /// After this time without any connection the server raises its shutdown by itself. A
    /// connection without requests counts, for it too would start the program again.
    pub idle: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(30),
            connection: Duration::from_mins(15),
            reading: Duration::from_secs(10),
            stop: Duration::from_secs(10),
            idle: None,
        }
    }
}

/// Bytes of an answer that the system keeps for a reader, and of a request that it keeps for us. As
/// much as it likes would be megabytes for each connection, which count as ours.
pub(super) const SOCKET_BYTES: u64 = 256 << 10;
/// Largest head of a request, in bytes; a query of 500 characters takes 6 KiB at most.
const MAX_HEAD_BYTES: usize = 32 << 10;
/// Pause after the system refused to accept a connection, for example without free file
/// descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often the server reports to the watchdog, and how late it may be. All requests share its
/// thread, so none of them may occupy it for longer.
const REPORT: Duration = Duration::from_secs(1);
const REPORT_WITHIN: Duration = Duration::from_secs(10);

/// Answers the requests that come to `listener` until `shutdown` is raised, then finishes those
/// that are running. Watched by `pulse` meanwhile. Tells systemd when it accepts requests and when
/// it stops. Blocks; does not wait for searches that are still running after `limits.stop`.
///
/// # Errors
/// [`crate::error::Kind::System`] when the runtime or the listener cannot be set up.
pub fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: &Shutdown,
    limits: Limits,
    pulse: &Pulse,
) -> Result<()> {
    let failed = |cause| Error::system("failed to start the HTTP server", cause);
    // Local for the sake of `endpoint::lambda`, which is in the same program.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build_local(LocalOptions::default())
        .map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    // Connections inherit it. The system doubles what it is given, and may refuse it.
    let half = usize::try_from(SOCKET_BYTES / 2).unwrap_or(usize::MAX);
    let socket = SockRef::from(&listener);
    let _ = (
        socket.set_send_buffer_size(half),
        socket.set_recv_buffer_size(half),
    );
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
        accept(listener, router, shutdown, limits, pulse.part("server")).await;
        Ok(())
    });
    runtime.shutdown_background();
    served
}

async fn accept(
    listener: tokio::net::TcpListener,
    router: Router,
    shutdown: &Shutdown,
    limits: Limits,
    part: WatchedPart,
) {
    let flag = shutdown.clone();
    let mut raised = tokio::task::spawn_blocking(move || flag.wait(Duration::MAX));
    let open = Arc::new(watch::Sender::new(0));
    let mut unused = pin!(unused(open.subscribe(), limits.idle));
    let connections = Connections::new(limits.connections, limits.reading);
    let (stop, stopping) = watch::channel(false);
    let mut report = tokio::time::interval(REPORT);
    report.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Accepted and without a place yet.
    let mut accepted = None;
    systemd::ready();
    loop {
        let next = async {
            if accepted.is_none() {
                accepted = Some(listener.accept().await);
            }
            connections.place().await
        };
        let place = tokio::select! {
            _ = &mut raised => break,
            () = unused.as_mut() => {
                shutdown.raise();
                break;
            }
            _ = report.tick() => {
                part.within(REPORT_WITHIN);
                connections.cut_slow();
                continue;
            }
            place = next => place,
        };
        match accepted.take() {
            Some(Ok((stream, address))) => {
                let open = OpenConnection::new(&open);
                let ours = stream.local_addr().unwrap_or(address);
                let requests = place.service(router.clone(), Neighbour::new(address, ours));
                let connection = connection(stream, requests, place, stopping.clone(), limits);
                tokio::spawn(async move {
                    connection.await;
                    drop(open);
                });
            }
            Some(Err(cause)) => {
                tracing::warn!("failed to accept a connection: {cause}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            None => {}
        }
    }
    systemd::stopping();
    part.within(limits.stop.saturating_add(REPORT_WITHIN));
    drop(listener);
    let _ = stop.send(true);
    if tokio::time::timeout(limits.stop, connections.ended())
        .await
        .is_err()
    {
        tracing::warn!("stopping while requests are still running");
    }
}

/// One of the open connections, for as long as it lives.
struct OpenConnection(Arc<watch::Sender<usize>>);

impl OpenConnection {
    fn new(count: &Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(Arc::clone(count))
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// Returns after `time` in which no connection was `open`.
async fn unused(mut open: watch::Receiver<usize>, time: Option<Duration>) {
    let Some(time) = time else {
        return std::future::pending().await;
    };
    loop {
        let is_unused = *open.borrow_and_update() == 0;
        let limit = if is_unused { time } else { Duration::MAX };
        // A connection that came and went in between counts as a change.
        if tokio::time::timeout(limit, open.changed()).await.is_err() {
            let time = humantime::format_duration(time);
            tracing::info!("nobody was connected for {time}: ending until the next request");
            return;
        }
    }
}

/// Answers one connection until it ends, has to make room, the server stops, or `limits.connection`
/// is over.
async fn connection(
    stream: TcpStream,
    requests: Requests,
    place: Connection,
    mut stopping: watch::Receiver<bool>,
    limits: Limits,
) {
    let _ = stream.set_nodelay(true);
    let stream = place.stream(TokioIo::new(stream));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(stream, requests)
    );
    let mut old = false;
    loop {
        tokio::select! {
            // The end first: an answer that is ready in the same moment then says that the
            // connection closes, and the caller sends nothing more on it.
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => break,
            () = place.cut() => return,
            () = tokio::time::sleep(limits.connection) => {
                if old {
                    return;
                }
                old = true;
                connection.as_mut().graceful_shutdown();
            }
            // How a connection breaks is the caller's business, and nothing follows from it.
            _ = connection.as_mut() => return,
        }
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(limits.stop, connection).await;
}
