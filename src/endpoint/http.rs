//! The HTTP server, with limits on the number of connections, on the time in which a request's head
//! must arrive, and on how long stopping may take.

use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::runtime::LocalOptions;
use tokio::sync::{Semaphore, watch};

use crate::error::{Error, Result};
use crate::shutdown::Shutdown;
use crate::systemd::{self, Pulse, WatchedPart};

/// Limits of a server.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections open at the same time; further ones wait in the system's queue.
    pub connections: usize,
    /// From the start of a connection, or the end of an answer, to the end of the next head.
    /// Longer than HTTP clients keep idle connections (15 s in our own), so that they let go first.
    pub head: Duration,
    /// After this time a connection takes no more requests, and after twice this time it is cut,
    /// which ends those whose caller stopped reading. Longer than any search.
    pub connection: Duration,
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
            stop: Duration::from_secs(10),
            idle: None,
        }
    }
}

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
    let slots = Arc::new(Semaphore::new(limits.connections));
    let (stop, stopping) = watch::channel(false);
    systemd::ready();
    loop {
        part.within(REPORT_WITHIN);
        let accepted = async {
            // The semaphore is never closed.
            let slot = Arc::clone(&slots).acquire_owned().await.ok();
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            _ = &mut raised => break,
            () = unused.as_mut() => {
                shutdown.raise();
                break;
            }
            () = tokio::time::sleep(REPORT) => continue,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(stream, router.clone(), stopping.clone(), limits);
                let place = (slot, OpenConnection::new(&open));
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(cause) => {
                tracing::warn!("failed to accept a connection: {cause}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    systemd::stopping();
    part.within(limits.stop.saturating_add(REPORT_WITHIN));
    drop(listener);
    let _ = stop.send(true);
    let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    if tokio::time::timeout(limits.stop, slots.acquire_many(all))
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

/// Answers one connection until it ends, the server stops, or `limits.connection` is over.
async fn connection(
    stream: TcpStream,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    limits: Limits,
) {
    let _ = stream.set_nodelay(true);
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
    );
    let mut old = false;
    loop {
        tokio::select! {
            // The end first: an answer that is ready in the same moment then says that the
            // connection closes, and the caller sends nothing more on it.
            biased;
            _ = stopping.wait_for(|stopping| *stopping) => break,
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
