//! Threads for work on pixels: searches by picture, and pictures that are computed before they are
//! served. The system runs them after those of searches by text, which take a hundredth of their
//! time.

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// The niceness of the threads above the program's own. At 10 above another, a thread gets a tenth
/// of the other's time while both want a processor, and all of it otherwise.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// The threads. They are started when they are needed.
pub(super) struct PixelThreads {
    /// Only its blocking threads are used. None where the system gives no runtime; and it is taken
    /// when this is dropped.
    runtime: Option<Runtime>,
}

impl PixelThreads {
    pub fn new() -> Self {
        let mut builder = Builder::new_current_thread();
        builder.thread_name("pixels");
        #[cfg(target_os = "linux")]
        builder.on_thread_start(give_way);
        Self {
            runtime: builder.build().ok(),
        }
    }

    /// Runs `work`, which may block.
    pub fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> JoinHandle<T> {
        match &self.runtime {
            Some(runtime) => runtime.spawn_blocking(work),
            None => tokio::task::spawn_blocking(work),
        }
    }
}

impl Drop for PixelThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // This may be dropped where nothing may block.
            runtime.shutdown_background();
        }
    }
}

/// Makes this thread nicer than the program. On Linux the call is about the calling thread, and a
/// thread that may not do it works as well.
#[cfg(target_os = "linux")]
fn give_way() {
    let own = rustix::process::getpriority_process(None).unwrap_or(0);
    let _ = rustix::process::setpriority_process(None, own + NICENESS);
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn they_alone_are_nicer_than_the_program() {
        let niceness = || rustix::process::getpriority_process(None).expect("it is our own");
        let own = niceness();
        let threads = PixelThreads::new();
        let theirs = threads.run(niceness).await.expect("no panic");
        assert_eq!(theirs, (own + NICENESS).min(19));
        let ordinary = tokio::task::spawn_blocking(niceness).await;
        assert_eq!(ordinary.expect("no panic"), own);
    }
}
