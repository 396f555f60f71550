//! The storage chat: own pictures that have no public address are put there once, silently, so that
//! Telegram knows them by a `file_id`, which inline results need.
//!
//! [`rules`] are checked at the start, which ends for a chat that breaks them, and before every single
//! picture.

pub mod rules;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use super::album::{Budget, FileIds};
use super::pictures::{Fetcher, MAX_BYTES};
use crate::error::{Class, Error, Kind, Result};
use crate::locked::{locked, unpoisoned};
use crate::search::Hit;
use crate::systemd::WatchedPart;
use crate::telegram::client::Client;
use crate::telegram::delivery::Delivery;
use crate::telegram::request::{Address, Attachment, Photo, send_photo};
use crate::telegram::types::Message;
use rules::{Insiders, Trouble};

/// Pictures that wait; the oldest wishes are dropped.
const MAX_WAITING: usize = 100;
/// A picture that could not be put there is not tried again for so long.
const RESPITE: Duration = Duration::from_mins(10);
const MAX_FAILED: usize = 1000;
/// A chat that may hold no pictures is asked about again after so long.
const CHECK_PAUSE: Duration = Duration::from_secs(30);
/// How long the watchdog lets one picture take: checks, download, upload, short flood waits.
const MAX_STORING: Duration = Duration::from_mins(10);

/// Puts pictures into the storage chat.
#[derive(Debug)]
pub struct Storage {
    chat: i64,
    delivery: Delivery,
    fetcher: Fetcher,
    budget: Arc<Budget>,
    file_ids: FileIds,
    state: Mutex<StorageState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct StorageState {
    insiders: Insiders,
    waiting: VecDeque<Hit>,
    /// Address of the one that is on its way.
    current: Option<String>,
    failed: HashMap<String, Instant>,
    /// Nothing is put there before.
    paused_until: Option<Instant>,
    /// What was said last about the chat; nothing where it is good.
    said: Option<String>,
    is_closed: bool,
}

impl StorageState {
    fn is_waiting(&self, url: &str) -> bool {
        let is_current = self.current.as_deref() == Some(url);
        is_current || self.waiting.iter().any(|one| one.url == url)
    }
}

impl Storage {
    /// Puts pictures of `fetcher` into `chat` by `delivery`, and their `file_id`s into `file_ids`.
    #[must_use]
    pub fn new(
        chat: i64,
        delivery: Delivery,
        fetcher: Fetcher,
        budget: Arc<Budget>,
        file_ids: FileIds,
    ) -> Self {
        Self {
            chat,
            delivery,
            fetcher,
            budget,
            file_ids,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Who may be in the chat, from now on.
    pub fn belongs_to(&self, insiders: Insiders) {
        self.lock().insiders = insiders;
    }

    /// Wants these pictures put there before all others, in their order, and waits until `until` at the
    /// latest. Returns the addresses of those that wait still.
    pub fn store(&self, hits: &[Hit], until: Instant) -> Vec<String> {
        let now = Instant::now();
        let mut state = self.lock();
        if state.is_closed || state.paused_until.is_some_and(|end| end > now) {
            return Vec::new();
        }
        state
            .failed
            .retain(|_, at| now.saturating_duration_since(*at) < RESPITE);
        for hit in hits.iter().rev() {
            state.waiting.retain(|one| one.url != hit.url);
            let is_current = state.current.as_ref() == Some(&hit.url);
            if !is_current && !state.failed.contains_key(&hit.url) {
                state.waiting.push_front(hit.clone());
            }
        }
        state.waiting.truncate(MAX_WAITING);
        self.changed.notify_all();
        loop {
            let waiting: Vec<String> = hits
                .iter()
                .filter(|hit| state.is_waiting(&hit.url))
                .map(|hit| hit.url.clone())
                .collect();
            let left = until.saturating_duration_since(Instant::now());
            if waiting.is_empty() || left.is_zero() {
                return waiting;
            }
            state = unpoisoned(self.changed.wait_timeout(state, left)).0;
        }
    }

    /// Lets nothing begin any more.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    /// Asks by `client` whether the chat may hold pictures.
    ///
    /// # Errors
    /// [`Kind::Config`] where it may not. A Telegram that does not say is asked again before the first
    /// picture.
    pub fn admit(&self, client: &Client) -> Result<()> {
        let (chat, insiders) = (self.chat, self.lock().insiders);
        match rules::check(chat, insiders, |call| client.call(&call)) {
            Err(Trouble::Unfit(words)) => {
                let remedy = rules::REMEDY;
                let context = format!("CLIP_BOT_STORAGE={chat}: {words}. {remedy}");
                Err(Error::config(context))
            }
            Err(Trouble::Unknown(words)) => {
                tracing::warn!("CLIP_BOT_STORAGE={chat} is checked later: {words}");
                Ok(())
            }
            Ok(()) => {
                self.said_good(&mut self.lock());
                Ok(())
            }
        }
    }

    /// Puts pictures there until it is closed, watched as `part`.
    pub fn run(&self, part: &WatchedPart) {
        while let Some(hit) = self.next() {
            part.within(MAX_STORING);
            let stored = self.put(&hit);
            let mut state = self.lock();
            state.current = None;
            if let Err(error) = stored {
                if let Class::Retry { after: Some(after) } = error.class() {
                    state.paused_until = Some(Instant::now() + after);
                }
                let is_its_fault = *error.kind() != Kind::Blocked;
                if is_its_fault && state.failed.len() < MAX_FAILED {
                    state.failed.insert(hit.url.clone(), Instant::now());
                }
                let url = &hit.url;
                tracing::info!(
                    "picture {url} has no place in the storage chat: {}",
                    error.chain()
                );
            }
            drop(state);
            self.changed.notify_all();
            part.rest();
        }
    }

    fn next(&self) -> Option<Hit> {
        let mut state = self.lock();
        loop {
            if state.is_closed {
                return None;
            }
            if state.paused_until.is_some_and(|end| end > Instant::now()) {
                state.waiting.clear();
                self.changed.notify_all();
            }
            if let Some(hit) = state.waiting.pop_front() {
                state.current = Some(hit.url.clone());
                return Some(hit);
            }
            state = unpoisoned(self.changed.wait(state));
        }
    }

    /// Whether the chat may hold pictures; where not, nobody waits for one.
    fn check(&self) -> bool {
        let insiders = self.lock().insiders;
        let found = rules::check(self.chat, insiders, |call| self.delivery.send(call));
        let mut state = self.lock();
        let Err(trouble) = found else {
            self.said_good(&mut state);
            return true;
        };
        state.waiting.clear();
        state.paused_until = Some(Instant::now() + CHECK_PAUSE);
        let words = trouble.words();
        if state.said.as_deref() != Some(words) {
            let chat = self.chat;
            tracing::error!(
                "no picture is put into the chat {chat} (CLIP_BOT_STORAGE): {words}; inline mode shows \
                 own pictures only where Telegram has them already"
            );
            state.said = Some(words.to_owned());
        }
        false
    }

    /// Says that the chat may hold pictures, where that is new.
    fn said_good(&self, state: &mut StorageState) {
        if state.said.as_deref() != Some("") {
            let chat = self.chat;
            tracing::info!("own pictures for inline mode are put into the chat {chat}");
            state.said = Some(String::new());
        }
    }

    fn put(&self, hit: &Hit) -> Result<()> {
        if self.file_ids.get(&hit.url).is_some() {
            return Ok(());
        }
        let mut portion = self.budget.portion();
        let form = self
            .fetcher
            .fetch(&hit.url, &mut portion.bytes, MAX_BYTES)?;
        if !form.fits_as_photo {
            let context = "Telegram would not show it as a photo";
            return Err(Error::new(Kind::Unusable, context));
        }
        let length = portion.bytes.len();
        let name = "picture".to_owned();
        let file = Attachment {
            file_name: format!("{name}.{}", form.extension),
            media_type: form.media_type,
            bytes: portion.full().slice(0, length),
            name: name.clone(),
        };
        let to = Address {
            chat: self.chat,
            ..Address::default()
        };
        let photo = Photo {
            media: format!("attach://{name}"),
            caption: None,
            file: Some(file),
            is_covered: hit.sensitive,
        };
        // Nothing comes between the check and the picture.
        if !self.check() {
            return Err(Error::new(Kind::Blocked, "the chat may not hold it"));
        }
        let call = send_photo(to, photo).with("disable_notification", true);
        let sent: Value = self.delivery.send(call)?;
        let message = Message::deserialize(&sent).unwrap_or_default();
        if let Some(file_id) = message.largest_photo() {
            self.file_ids.insert(&hit.url, file_id);
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, StorageState> {
        locked(&self.state)
    }
}
