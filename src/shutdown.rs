//! A flag that ends the program, and waits that end when it is raised.

use std::io;
use std::sync::{Arc, Condvar, Mutex, mpsc};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{LocalOptions, LocalRuntime};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Error, Result};
use crate::locked::{locked, unpoisoned};

/// A shared flag: raised once, never lowered. Clones are the same flag.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    state: Arc<(Mutex<bool>, Condvar)>,
}

impl Shutdown {
    /// Raises the flag and wakes every wait.
    pub fn raise(&self) {
        *locked(&self.state.0) = true;
        self.state.1.notify_all();
    }

    /// Whether the flag is raised.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *locked(&self.state.0)
    }

    /// Waits for `delay`, or less if the flag is raised meanwhile. Returns whether it is raised.
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers wait and then go on either way"
    )]
    pub fn wait(&self, delay: Duration) -> bool {
        let until = Instant::now().checked_add(delay);
        let mut raised = locked(&self.state.0);
        while !*raised {
            let left = match until {
                Some(until) => until.saturating_duration_since(Instant::now()),
                None => Duration::from_hours(1),
            };
            if left.is_zero() {
                break;
            }
            raised = unpoisoned(self.state.1.wait_timeout(raised, left)).0;
        }
        *raised
    }

    /// Raises the flag at the first SIGTERM or SIGINT. At the second one the process exits at
    /// once with code 1. SIGHUP only logs a line, since `systemctl reload` does not use it.
    ///
    /// # Errors
    /// [`crate::error::Kind::System`] when the thread or a signal handler cannot be set up.
    pub fn on_signals(&self) -> Result<()> {
        let failed = |source| Error::system("failed to listen for signals", source);
        let flag = self.clone();
        let (tell, told) = mpsc::sync_channel(1);
        let listen = move || match Signals::new() {
            Ok(signals) => {
                let _ = tell.send(Ok(()));
                signals.raise(&flag);
            }
            Err(cause) => drop(tell.send(Err(cause))),
        };
        std::thread::Builder::new()
            .name("signals".into())
            .stack_size(128 << 10)
            .spawn(listen)
            .map_err(failed)?;
        let ended = |_| Err(io::Error::other("the thread signals ended"));
        told.recv().unwrap_or_else(ended).map_err(failed)
    }
}

/// Handlers of the signals. They must stay on the thread that made them.
struct Signals {
    runtime: LocalRuntime,
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        // Local for the sake of `endpoint::lambda`, which is in the same program.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build_local(LocalOptions::default())?;
        let context = runtime.enter();
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        let hang_up = signal(SignalKind::hangup())?;
        drop(context);
        Ok(Self {
            runtime,
            terminate,
            interrupt,
            hang_up,
        })
    }

    /// Raises `flag` at the first signal to end, and exits at the second.
    fn raise(self, flag: &Shutdown) {
        let Self {
            runtime,
            mut terminate,
            mut interrupt,
            mut hang_up,
        } = self;
        runtime.block_on(async {
            loop {
                std::future::poll_fn(|context| {
                    let terminate = terminate.poll_recv(context);
                    let interrupt = interrupt.poll_recv(context);
                    while hang_up.poll_recv(context).is_ready() {
                        tracing::info!("SIGHUP changes nothing; use systemctl reload");
                    }
                    if terminate.is_ready() || interrupt.is_ready() {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
                if flag.is_raised() {
                    std::process::exit(1);
                }
                flag.raise();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_when_the_flag_is_raised() {
        let shutdown = Shutdown::default();
        assert!(!shutdown.wait(Duration::ZERO));
        let waiting = {
            let flag = shutdown.clone();
            std::thread::spawn(move || flag.wait(Duration::MAX))
        };
        shutdown.raise();
        assert!(waiting.join().expect("the waiting thread ends"));
        assert!(shutdown.is_raised());
    }
}
