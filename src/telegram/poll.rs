//! Long polling.
//!
//! `getUpdates` waits at the server until there is an update or the timeout (at most 50 s there)
//! is over. Asking with `offset` = highest `update_id` + 1 confirms all before it: the server
//! then forgets them. So each round confirms the round before, and a batch is only confirmed once
//! the receiver of [`Poller::run`] took it into its care. `update_id`s can jump.
//!
//! Two kinds of 409 exist: a webhook is set (then it is deleted, keeping what waits), or another
//! program polls with the same token (then this one slows down and says so, since the other may
//! be our predecessor about to stop). A wrong token is the only error that ends polling.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::client::Client;
use super::refusal::{Refusal, refusal};
use super::types::Update;
use crate::backoff::{self, Backoff};
use crate::error::{Class, Error, Kind, Result};
use crate::shutdown::Shutdown;

/// Updates in one answer, as Telegram limits them.
pub const MAX_BATCH: u32 = 100;
/// Everybody waits for the first poll that is answered after an outage.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(500),
    longest: Duration::from_secs(5),
};
const CONFLICT: Backoff = Backoff {
    first: Duration::from_secs(3),
    longest: Duration::from_secs(30),
};
/// Shortest time from one poll to the next where the first brought nothing new: not every server waits.
const MIN_ROUND: Duration = Duration::from_millis(400);
/// A poll that waited for so long and got no answer was cut off by something in between.
const MIN_CUT: Duration = Duration::from_secs(2);
/// Polls that are answered before longer waits are tried again.
const GOOD_POLLS: u32 = 50;
const MAX_CONFIRM_TRIES: u32 = 5;
const CONFIRM_PAUSE: Duration = Duration::from_millis(300);

/// Fetches updates, in order, each once while the process lives.
#[derive(Debug)]
pub struct Poller {
    client: Client,
    wait: Duration,
    /// How long a poll waits now: less where longer ones are cut off.
    wait_now: Duration,
    /// Polls that were answered since that changed.
    good: u32,
    offset: Option<i64>,
    limit: u32,
}

/// What [`Poller::run`] is doing, for the watchdog and the status line.
#[derive(Debug)]
pub enum PollEvent<'a> {
    /// A request begins, which takes this long at most.
    Asking(Duration),
    /// An answer came.
    Answered,
    /// The request failed with this error; the next one begins after this time.
    Failed(&'a Error, Duration),
}

/// An update as it came, and as it was understood.
#[derive(Debug)]
pub struct FetchedUpdate {
    /// As it came.
    pub raw: Value,
    /// The same, decoded.
    pub update: Update,
}

impl Poller {
    /// A poller whose requests wait up to `wait` at the server, from `offset` on if it is known.
    #[must_use]
    pub fn new(client: Client, wait: Duration, offset: Option<i64>) -> Self {
        Self {
            client,
            wait,
            wait_now: wait,
            good: 0,
            offset,
            limit: MAX_BATCH,
        }
    }

    /// The next offset: all updates before it were delivered.
    #[must_use]
    pub fn offset(&self) -> Option<i64> {
        self.offset
    }

    /// Hands each batch of updates, with the offset behind it, to `deliver` until `shutdown` is
    /// raised. `deliver` returns how many updates the next batch may have. `progress` is called
    /// with each event.
    ///
    /// # Errors
    /// Only [`crate::error::Kind::Refused`]; everything else is waited out.
    pub fn run(
        &mut self,
        shutdown: &Shutdown,
        mut progress: impl FnMut(PollEvent),
        mut deliver: impl FnMut(Vec<FetchedUpdate>, i64) -> u32,
    ) -> Result<()> {
        let mut failures = 0;
        while !shutdown.is_raised() {
            // An outage is over as soon as anything is answered.
            let wait = if failures == 0 {
                self.wait_now
            } else {
                Duration::ZERO
            };
            let asked = Instant::now();
            progress(PollEvent::Asking(self.client.longest_poll(wait)));
            let delay = match self.client.get_updates(self.offset, self.limit, wait) {
                Ok(batch) => {
                    failures = 0;
                    self.answered();
                    progress(PollEvent::Answered);
                    let early = MIN_ROUND.saturating_sub(asked.elapsed());
                    if batch.is_empty() {
                        early
                    } else {
                        let (fetched, next) = read(batch);
                        match next {
                            Some(next) => {
                                self.limit = deliver(fetched, next).clamp(1, MAX_BATCH);
                                let is_new = self.offset.replace(next) != Some(next);
                                if is_new { Duration::ZERO } else { early }
                            }
                            // Nothing in the batch had an id: asking again at once would spin.
                            None => BACKOFF.longest,
                        }
                    }
                }
                Err(_) if shutdown.is_raised() => break,
                Err(error) if error.class() == Class::Fatal => return Err(error),
                Err(error) if failures == 0 && self.was_cut(&error, asked.elapsed()) => continue,
                Err(error) => {
                    failures += 1;
                    let delay = self.delay_after(&error, failures);
                    progress(PollEvent::Failed(&error, delay));
                    delay
                }
            };
            if !delay.is_zero() {
                shutdown.wait(delay);
            }
        }
        Ok(())
    }

    /// Whether a poll that failed after `waited` was cut off while it had nothing to say: no outage.
    /// The next ones wait for a shorter time.
    fn was_cut(&mut self, error: &Error, waited: Duration) -> bool {
        let cut = match error.kind() {
            Kind::Lost => waited < self.client.longest_poll(self.wait_now),
            Kind::Garbled { status } => status.is_some_and(|status| status >= 500),
            Kind::Deferred { retry_after: None } => true,
            _ => false,
        };
        if !cut || waited < MIN_CUT || self.wait_now < MIN_CUT {
            return false;
        }
        let wait = waited.min(self.wait_now).mul_f64(0.75);
        self.wait_now = Duration::from_secs(wait.as_secs().max(1));
        self.good = 0;
        let shown = backoff::in_words(self.wait_now);
        tracing::info!(
            "polls are cut off, the next wait {shown}: {}",
            error.chain()
        );
        true
    }

    fn answered(&mut self) {
        self.good += 1;
        if self.good >= GOOD_POLLS && self.wait_now < self.wait {
            self.good = 0;
            self.wait_now = self.wait.min(self.wait_now * 2);
        }
    }

    fn delay_after(&self, error: &Error, failures: u32) -> Duration {
        if let Some(Refusal {
            code: 409,
            description,
            ..
        }) = refusal(error)
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

/// The updates that can be understood, and the offset behind all that have an id.
fn read(batch: Vec<Value>) -> (Vec<FetchedUpdate>, Option<i64>) {
    let mut next = None;
    let mut fetched = Vec::with_capacity(batch.len());
    for raw in batch {
        let Some(id) = Update::id_of(&raw) else {
            tracing::error!("an update without update_id was skipped");
            continue;
        };
        next = Some(id.saturating_add(1));
        match Update::from_json(&raw) {
            Ok(update) => fetched.push(FetchedUpdate { raw, update }),
            Err(error) => tracing::error!("update {id} was skipped: {}", error.chain()),
        }
    }
    (fetched, next)
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
            Err(error) if tries < MAX_CONFIRM_TRIES && is_conflict(&error) => {
                std::thread::sleep(CONFIRM_PAUSE);
            }
            other => return other.map(drop),
        }
    }
}

fn is_conflict(error: &Error) -> bool {
    refusal(error).is_some_and(|refusal| refusal.code == 409)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_understood_is_left_out_and_passed() {
        let poison = json!({"update_id": 8, "message": {"chat": "nowhere"}});
        let batch = vec![json!({"update_id": 7}), poison, json!({"no": "id"})];
        let (fetched, next) = read(batch);
        let ids: Vec<i64> = fetched.iter().map(|fetched| fetched.update.id).collect();
        assert_eq!((ids, next), (vec![7], Some(9)));
        assert_eq!(read(vec![json!({"no": "id"})]).1, None);
    }

    #[test]
    fn the_largest_id_is_no_fault() {
        let batch = vec![json!({ "update_id": i64::MAX })];
        assert_eq!(read(batch).1, Some(i64::MAX));
    }
}
