//! One flag that ends the program, and waits that wake when it is raised.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// A shared flag: raised once, never lowered. Clones are the same flag.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    state: Arc<(Mutex<bool>, Condvar)>,
}

impl Shutdown {
    /// Raises the flag and wakes every wait.
    pub fn raise(&self) {
        *self.state.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.state.1.notify_all();
    }

    /// Whether the flag is raised.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for `delay`, or less if the flag is raised meanwhile. Returns whether it is raised.
    pub fn wait(&self, delay: Duration) -> bool {
        let until = Instant::now().checked_add(delay);
        let mut raised = self.state.0.lock().unwrap_or_else(PoisonError::into_inner);
        while !*raised {
            let left = match until {
                Some(until) => until.saturating_duration_since(Instant::now()),
                None => Duration::from_hours(1),
            };
            if left.is_zero() {
                break;
            }
            raised = self
                .state
                .1
                .wait_timeout(raised, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        *raised
    }

    /// Raises the flag at the first SIGTERM or SIGINT. At the second one the process exits at
    /// once with code 1. SIGHUP does nothing but a line in the log: settings come another way.
    ///
    /// # Errors
    /// When the system gives no thread or no signal handler.
    pub fn on_signals(&self) -> Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let failed = |source| Error::system("failed to listen for signals", source);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .map_err(failed)?;
        let (mut terminate, mut interrupt, mut hang_up) = {
            let _context = runtime.enter();
            (
                signal(SignalKind::terminate()).map_err(failed)?,
                signal(SignalKind::interrupt()).map_err(failed)?,
                signal(SignalKind::hangup()).map_err(failed)?,
            )
        };
        let flag = self.clone();
        let listen = move || {
            runtime.block_on(async {
                loop {
                    std::future::poll_fn(|context| {
                        let terminate = terminate.poll_recv(context);
                        let interrupt = interrupt.poll_recv(context);
                        while hang_up.poll_recv(context).is_ready() {
                            tracing::info!("SIGHUP changes nothing; use systemctl reload");
                        }
                        if terminate.is_ready() || interrupt.is_ready() {
                            std::task::Poll::Ready(())
                        } else {
                            std::task::Poll::Pending
                        }
                    })
                    .await;
                    if flag.is_raised() {
                        std::process::exit(1);
                    }
                    flag.raise();
                }
            });
        };
        std::thread::Builder::new()
            .name("signals".into())
            .stack_size(128 << 10)
            .spawn(listen)
            .map_err(failed)?;
        Ok(())
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
