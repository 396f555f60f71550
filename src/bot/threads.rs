//! The threads that do the work, started as there is work for them.

use std::sync::Arc;
use std::time::Duration;

use super::inline::worker::{InlineTools, InlineWorker};
use super::worker::{ChatWorker, Tools};
use crate::error::{Error, Result};
use crate::systemd::Pulse;

/// Stack of each thread, in bytes. TLS needs most of it; only what is used of it takes memory.
const STACK: usize = 512 << 10;
/// Inline queries that are answered at the same time.
pub(super) const INLINE_WORKERS: usize = 4;

/// Starts worker `number` of `all`. Each one starts the next when it gets its first job: a bot that
/// is seldom asked needs few threads.
pub(super) fn start_worker(
    number: usize,
    all: usize,
    tools: Arc<Tools>,
    pulse: Pulse,
) -> Result<()> {
    let name = format!("worker-{number}");
    let worker = ChatWorker::new(Arc::clone(&tools), pulse.part(&name));
    let next = move || {
        if number == 0
            && let Err(error) = start_helpers(&tools, &pulse)
        {
            tracing::error!(
                "cannot start the threads that show activity and wake sleeping searches: {}",
                error.chain()
            );
        }
        if number + 1 < all
            && let Err(error) = start_worker(number + 1, all, tools, pulse)
        {
            let started = number + 1;
            tracing::warn!(
                "cannot start another worker thread; {started} of {all} do all the work: {}",
                error.chain()
            );
        }
    };
    spawn(&name, move || worker.run(next))
}

/// Starts who answers inline queries, one after the other when there is work, as [`start_worker`].
pub(super) fn start_inline_worker(
    number: usize,
    tools: Arc<InlineTools>,
    pulse: Pulse,
) -> Result<()> {
    let name = format!("inline-{number}");
    let worker = InlineWorker::new(Arc::clone(&tools), pulse.part(&name));
    let next = move || {
        if number + 1 < INLINE_WORKERS
            && let Err(error) = start_inline_worker(number + 1, tools, pulse)
        {
            tracing::warn!(
                "inline queries are answered by fewer threads: {}",
                error.chain()
            );
        }
    };
    spawn(&name, move || worker.run(next))
}

/// Starts the thread that forgets the pictures of chats `after` the bot was removed from them.
pub(super) fn start_forgetting(tools: &Arc<Tools>, pulse: &Pulse, after: Duration) -> Result<()> {
    let worker = ChatWorker::new(Arc::clone(tools), pulse.part("forgetting"));
    spawn("forgetting", move || worker.forget_left_chats(after))
}

/// Starts the threads that searches need beside their worker: one shows "sending a photo…", one
/// asks a sleeping endpoint again.
fn start_helpers(tools: &Arc<Tools>, pulse: &Pulse) -> Result<()> {
    let activities = Arc::clone(tools);
    spawn("activities", move || activities.show_activities())?;
    let watching = ChatWorker::new(Arc::clone(tools), pulse.part("asleep"));
    spawn("asleep", move || watching.watch_asleep())
}

/// Starts the thread `name`.
///
/// # Errors
/// [`crate::error::Kind::System`].
pub(crate) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let builder = std::thread::Builder::new()
        .name(name.to_owned())
        .stack_size(STACK);
    let failed = |cause| Error::system(format!("failed to start the thread {name}"), cause);
    builder.spawn(body).map(drop).map_err(failed)
}
