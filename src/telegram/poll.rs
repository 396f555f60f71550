//! Long polling.
//!
//! `getUpdates` waits at the server until there is an update or the timeout (at most 50 s there)
//! is over. Asking with `offset` = highest `update_id` + 1 confirms all before it: the server
//! then forgets them. So each round confirms the round before, and what was handed over by
//! [`Poller::run`] but not confirmed comes again after a crash. `update_id`s can jump.
//!
//! Two kinds of 409 exist: a webhook is set (then it is deleted, keeping what waits), or another
//! program polls with the same token (then this one slows down and says so, since the other may
//! be our predecessor about to stop). A wrong token is the only error that ends polling.

use std::time::Duration;

use serde_json::Value;

use super::client::Client;
use super::types::Update;
use crate::backoff::{self, Backoff};
use crate::error::{Class, Error, Kind, Result};
use crate::shutdown::Shutdown;

const BATCH: u32 = 100;
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(30),
};
const CONFLICT: Backoff = Backoff {
    first: Duration::from_secs(3),
    longest: Duration::from_secs(30),
};
const CONFIRM_TRIES: u32 = 5;
const CONFIRM_PAUSE: Duration = Duration::from_millis(300);

/// Fetches updates, in order, each once while the process lives.
#[derive(Debug)]
pub struct Poller {
    client: Client,
    wait: Duration,
    offset: Option<i64>,
}

impl Poller {
    /// A poller whose requests wait up to `wait` at the server.
    #[must_use]
    pub fn new(client: Client, wait: Duration) -> Self {
        Self {
            client,
            wait,
            offset: None,
        }
    }

    /// The next offset: everything before it was handed over.
    #[must_use]
    pub fn offset(&self) -> Option<i64> {
        self.offset
    }

    /// Hands every update to `deliver` until `shutdown` is raised or `deliver` returns `false`
    /// (that update then counts as not handed over). `progress` is called once a round.
    ///
    /// # Errors
    /// Only [`Kind::Refused`]; everything else is waited out.
    pub fn run(
        &mut self,
        shutdown: &Shutdown,
        mut progress: impl FnMut(Option<&Error>),
        mut deliver: impl FnMut(Update) -> bool,
    ) -> Result<()> {
        let mut failures = 0;
        while !shutdown.is_raised() {
            let delay = match self.client.get_updates(self.offset, BATCH, self.wait) {
                Ok(batch) => {
                    failures = 0;
                    progress(None);
                    match self.hand_over(&batch, &mut deliver) {
                        Some(true) => continue,
                        Some(false) => return Ok(()),
                        // Nothing in the batch had an id: asking again at once would spin.
                        None => BACKOFF.longest,
                    }
                }
                Err(_) if shutdown.is_raised() => break,
                Err(error) if error.class() == Class::Fatal => return Err(error),
                Err(error) => {
                    failures += 1;
                    progress(Some(&error));
                    self.delay_after(&error, failures)
                }
            };
            shutdown.wait(delay);
        }
        Ok(())
    }

    /// `Some(true)`: go on; `Some(false)`: `deliver` wants no more; `None`: no update had an id.
    fn hand_over(
        &mut self,
        batch: &[Value],
        deliver: &mut impl FnMut(Update) -> bool,
    ) -> Option<bool> {
        let mut any_id = batch.is_empty();
        for raw in batch {
            let Some(id) = Update::id_of(raw) else {
                tracing::error!("an update without update_id was skipped");
                continue;
            };
            any_id = true;
            match Update::from_json(raw) {
                Ok(update) => {
                    if !deliver(update) {
                        return Some(false);
                    }
                }
                Err(error) => tracing::error!("update {id} was skipped: {}", error.chain()),
            }
            self.offset = Some(id.saturating_add(1));
        }
        any_id.then_some(true)
    }

    fn delay_after(&self, error: &Error, failures: u32) -> Duration {
        if let Kind::Telegram {
            code: 409,
            description,
            ..
        } = error.kind()
        {
            if description.contains("webhook") {
                self.remove_webhook();
                return BACKOFF.delay(failures, backoff::chance());
            }
            tracing::warn!(
                "another program polls with this bot's token; stop it, or revoke the token at @BotFather"
            );
            return CONFLICT.delay(failures, backoff::chance());
        }
        let delay = match error.class() {
            Class::Retry { after: Some(after) } => after,
            _ => BACKOFF.delay(failures, backoff::chance()),
        };
        let shown = backoff::in_words(delay);
        tracing::warn!(
            "no updates from Telegram, next try in {shown}: {}",
            error.chain()
        );
        delay
    }

    fn remove_webhook(&self) {
        let deleted = self.client.get_webhook_url().and_then(|url| {
            self.client.delete_webhook()?;
            Ok(url)
        });
        match deleted {
            Ok(url) => tracing::warn!("deleted the webhook {url}: this bot fetches its updates"),
            Err(error) => tracing::warn!("failed to delete the webhook: {}", error.chain()),
        }
    }
}

/// Confirms everything before `offset` by `client`, so that the next start does not get it again.
/// The server may take a moment to see that the long poll before was interrupted.
///
/// # Errors
/// As [`Client::call`]; the updates then come again.
pub fn confirm(client: &Client, offset: i64) -> Result<()> {
    let mut tries = 0;
    loop {
        tries += 1;
        match client.get_updates(Some(offset), 1, Duration::ZERO) {
            Err(error) if tries < CONFIRM_TRIES && is_conflict(&error) => {
                std::thread::sleep(CONFIRM_PAUSE);
            }
            other => return other.map(drop),
        }
    }
}

fn is_conflict(error: &Error) -> bool {
    matches!(error.kind(), Kind::Telegram { code: 409, .. })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::secret::Secret;

    #[test]
    fn the_largest_id_is_no_fault() {
        let client = Client::new("http://127.0.0.1:1", Secret::new("42:TOKEN"), 1);
        let mut poller = Poller::new(client, Duration::ZERO);
        let batch = [json!({ "update_id": i64::MAX })];
        assert_eq!(poller.hand_over(&batch, &mut |_| true), Some(true));
        assert_eq!(poller.offset(), Some(i64::MAX));
    }
}
