//! How much the endpoint does at the same time. Searches by text, received pictures and served
//! pictures have permits of their own, so that none of them waits for the others' callers.
//!
//! Together with the engine's own budget for decoding (192 MiB) this is what the program takes
//! besides model and index: it stays below `MemoryMax=` of its unit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::locked::locked;
use crate::search::{Failure, Reason};

/// Pictures that are received at the same time, waiting ones included.
const RECEIVED: usize = 64;
/// Bytes of pictures that are received, or were and are being searched with.
const RECEIVED_BYTES: u64 = 32 << 20;
/// Requests for pictures at the same time, waiting ones included. With what is received and the
/// searches these are fewer than the connections, so that a search always finds a place.
const SERVED: usize = 320;
/// Bytes of pictures that are sent to readers, in our own memory and in the system's.
const SERVED_BYTES: u64 = 32 << 20;
/// For how long a pool counts as short after it refused somebody.
const SHORT: Duration = Duration::from_secs(5);
/// Unit of permits for bytes.
const UNIT: u64 = 1 << 10;

/// Permits for one kind of work, for as long as it holds them.
pub(super) type Permit = OwnedSemaphorePermit;

/// The permits of one endpoint.
pub(super) struct Permits {
    /// For searches by text, and for whether the engine is ready.
    pub searches: Pool,
    /// For searches by picture, from the end of the picture on.
    pub pictures: Pool,
    /// For pictures from their first byte on.
    pub received: Pool,
    /// For their bytes.
    pub received_bytes: Pool,
    /// For requests for pictures.
    pub served: Pool,
    /// For pictures that have to be computed first.
    pub computed: Pool,
    /// For bytes that readers have not read yet.
    pub served_bytes: Pool,
}

/// Some permits, and what to say where there are none.
pub(super) struct Pool {
    permits: Arc<Semaphore>,
    all: u32,
    waiting: AtomicUsize,
    refused: Mutex<Option<Instant>>,
    refusal: &'static str,
}

/// Somebody who waits for a permit, for as long as this lives.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Permits {
    /// `searches` by text and as many by picture at the same time.
    pub fn new(searches: usize) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let many = "too many searches are running; ask again soon";
        let received = "too many pictures are being received; ask again soon";
        let served = "too many pictures are being fetched; ask again soon";
        Self {
            searches: Pool::new(searches, many),
            pictures: Pool::new(searches, many),
            received: Pool::new(RECEIVED, received),
            received_bytes: Pool::of_bytes(RECEIVED_BYTES, received),
            served: Pool::new(SERVED, served),
            computed: Pool::new(processors, served),
            served_bytes: Pool::of_bytes(SERVED_BYTES, served),
        }
    }
}

impl Pool {
    fn new(permits: usize, refusal: &'static str) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            all: u32::try_from(permits).unwrap_or(u32::MAX),
            waiting: AtomicUsize::new(0),
            refused: Mutex::default(),
            refusal,
        }
    }

    fn of_bytes(bytes: u64, refusal: &'static str) -> Self {
        Self::new(usize::try_from(bytes / UNIT).unwrap_or(0), refusal)
    }

    /// A permit, if one is free.
    ///
    /// # Errors
    /// [`Reason::RateLimited`].
    pub fn now(&self) -> Result<Permit, Failure> {
        let permit = Arc::clone(&self.permits).try_acquire_owned();
        permit.map_err(|_| self.refused())
    }

    /// A permit; waits for it until `deadline`.
    ///
    /// # Errors
    /// [`Reason::RateLimited`].
    pub async fn one(&self, deadline: Instant) -> Result<Permit, Failure> {
        self.many(1, deadline).await
    }

    /// Permits for `bytes`, or all that there are if that is less; waits for them until `deadline`.
    ///
    /// # Errors
    /// [`Reason::RateLimited`].
    pub async fn bytes(&self, bytes: u64, deadline: Instant) -> Result<Permit, Failure> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        self.many(units.min(self.all), deadline).await
    }

    async fn many(&self, permits: u32, deadline: Instant) -> Result<Permit, Failure> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        let acquired = Arc::clone(&self.permits).acquire_many_owned(permits);
        match tokio::time::timeout_at(deadline, acquired).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(self.refused()),
        }
    }

    /// Whether somebody waits for permits, or was refused one lately.
    pub fn is_short(&self) -> bool {
        let is_lately = |refused: Instant| refused.elapsed() < SHORT;
        self.waiting.load(Ordering::Relaxed) > 0 || locked(&self.refused).is_some_and(is_lately)
    }

    fn refused(&self) -> Failure {
        *locked(&self.refused) = Some(Instant::now());
        Failure::new(Reason::RateLimited, self.refusal).retry_after(Duration::from_secs(2))
    }
}

/// Gives back of `permit` for bytes what `bytes` do not need.
pub(super) fn keep(permit: &mut Permit, bytes: u64) {
    let needed = usize::try_from(bytes.div_ceil(UNIT)).unwrap_or(usize::MAX);
    let rest = permit.num_permits().saturating_sub(needed);
    drop(permit.split(rest));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_pool_is_short_while_somebody_waits_and_after_a_refusal() {
        let soon = || Instant::now() + Duration::from_millis(5);
        let pool = Pool::of_bytes(10 << 10, "no");
        let mut first = pool.bytes(8 << 10, soon()).await.expect("all are free");
        assert!(!pool.is_short());
        let waits = pool.bytes(3 << 10, soon());
        let short = async { pool.is_short() };
        let (refused, is_short) = tokio::join!(waits, short);
        let failure = refused.expect_err("2 KiB are free");
        assert_eq!((failure.reason, is_short), (Reason::RateLimited, true));
        assert!(pool.is_short(), "a while longer");
        keep(&mut first, 7000);
        let second = pool.bytes(3 << 10, soon()).await.expect("3 KiB are free");
        drop((first, second));
        let all = pool.bytes(u64::MAX, soon()).await;
        assert_eq!(all.expect("as many as there are").num_permits(), 10);
    }
}
