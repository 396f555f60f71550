//! The sending ladder: every picture arrives, in the best form that works.
//!
//! A picture starts on the best rung it can, and climbs down when Telegram refuses it there:
//! known `file_id` → address (Telegram fetches it) → upload → document → link in a text.
//! Pictures on the first three rungs go together as an album; one bad picture climbs down alone
//! where Telegram names it, and never costs the others. Telegram remembers for days that an
//! address failed, so the same address is never tried twice.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use serde_json::Value;

use super::pictures::{self, Picture};
use super::reply::Tally;
use crate::error::{Class, Error, Kind, Result};
use crate::search::Hit;
use crate::telegram::client::number_after;
use crate::telegram::request::{
    Address, Call, File, Photo, send_document, send_media_group, send_photo,
};
use crate::telegram::types::Message;

const CAPTION_CHARS: usize = 1024;
/// Uploads of one album together, so that a few albums at a time fit into 1 GB.
const ALBUM_BYTES: usize = 20_000_000;
const REMEMBERED: usize = 5000;

/// What the ladder needs from outside.
pub trait Outside {
    /// Sends a request to Telegram.
    ///
    /// # Errors
    /// As [`crate::telegram::delivery::Delivery::send`].
    fn send(&self, call: Call) -> Result<Value>;

    /// Downloads a picture.
    ///
    /// # Errors
    /// As [`pictures::Fetcher::fetch`].
    fn fetch(&self, url: &str) -> Result<Picture>;
}

/// Pictures on their way into a chat. Kept between attempts, so that nothing is sent twice.
#[derive(Debug)]
pub struct Album {
    items: Vec<Item>,
    /// How often Telegram refused the album while naming one picture.
    named_failures: usize,
}

#[derive(Debug)]
struct Item {
    hit: Hit,
    rung: Rung,
}

#[derive(Debug, Clone, PartialEq)]
enum Rung {
    FileId(String),
    Url,
    /// To be downloaded.
    Fetch,
    Upload(Picture),
    /// Upload, but not in an album.
    Alone(Picture),
    Document(Picture),
    Link,
    Sent,
}

impl Album {
    /// An album of `hits`, each on its best rung.
    #[must_use]
    pub fn new(hits: Vec<Hit>, known: &FileIds) -> Self {
        let items = hits.into_iter().map(|hit| {
            let rung = match known.get(&hit.url) {
                Some(file_id) => Rung::FileId(file_id),
                None if pictures::is_local(&hit.url) => Rung::Fetch,
                None => Rung::Url,
            };
            Item { hit, rung }
        });
        Self {
            items: items.collect(),
            named_failures: 0,
        }
    }

    /// Sends what was not sent yet; links are left to [`Album::links`].
    ///
    /// # Errors
    /// Only what concerns the chat or the connection, not a picture: flood waits, no network,
    /// blocked by the user. Call again later to go on where it stopped.
    pub fn send(
        &mut self,
        to: Address,
        outside: &impl Outside,
        known: &FileIds,
        uploads: &Permits,
    ) -> Result<()> {
        loop {
            let needs_bytes = |item: &Item| {
                matches!(
                    item.rung,
                    Rung::Fetch | Rung::Upload(_) | Rung::Alone(_) | Rung::Document(_)
                )
            };
            let _permit = self.items.iter().any(needs_bytes).then(|| uploads.take());
            self.fetch(outside);
            let together = self.together();
            if let [first, second, rest @ ..] = &together[..] {
                let indexes = [&[*first, *second], rest].concat();
                let photos = indexes
                    .iter()
                    .map(|index| self.items[*index].photo(*index))
                    .collect();
                match outside.send(send_media_group(to, photos)) {
                    Ok(messages) => self.sent_together(&indexes, &messages, known),
                    Err(error) if is_about_pictures(&error) => self.refused(&indexes, &error),
                    Err(error) => return Err(error),
                }
            } else if let Some(index) = self.next_alone() {
                let item = &self.items[index];
                let photo = item.photo(index);
                let call = match item.rung {
                    Rung::Document(_) => send_document(to, photo),
                    _ => send_photo(to, photo),
                };
                match outside.send(call) {
                    Ok(message) => {
                        self.sent_together(&[index], &Value::Array(vec![message]), known);
                    }
                    Err(error) if is_about_pictures(&error) => self.items[index].climb_down(&error),
                    Err(error) => return Err(error),
                }
            } else {
                return Ok(());
            }
        }
    }

    /// Addresses of the pictures that could not be sent as such.
    #[must_use]
    pub fn links(&self) -> Vec<&str> {
        let links = self.items.iter().filter(|item| item.rung == Rung::Link);
        links.map(|item| item.hit.url.as_str()).collect()
    }

    /// How many arrived in which form.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let count = |rung: &Rung| self.items.iter().filter(|item| item.rung == *rung).count();
        Tally {
            pictures: count(&Rung::Sent),
            links: count(&Rung::Link),
        }
    }

    /// Leaves all that was not sent as links, when the chat takes no pictures.
    pub fn give_up(&mut self) {
        for item in self.items.iter_mut().filter(|item| item.rung != Rung::Sent) {
            item.rung = Rung::Link;
        }
    }

    fn fetch(&mut self, outside: &impl Outside) {
        for item in self
            .items
            .iter_mut()
            .filter(|item| item.rung == Rung::Fetch)
        {
            item.rung = match outside.fetch(&item.hit.url) {
                Ok(picture) if picture.fits_as_photo => Rung::Upload(picture),
                Ok(picture) => Rung::Document(picture),
                Err(error) => {
                    tracing::warn!(
                        "picture {} is sent as a link: {}",
                        item.hit.url,
                        error.chain()
                    );
                    Rung::Link
                }
            };
        }
    }

    /// Indexes of what can go into one album; uploads up to a total size.
    fn together(&self) -> Vec<usize> {
        let mut bytes = 0;
        let mut fits = |item: &Item| match &item.rung {
            Rung::FileId(_) | Rung::Url => true,
            Rung::Upload(picture) => {
                bytes += picture.bytes.len();
                bytes <= ALBUM_BYTES
            }
            _ => false,
        };
        let indexes = (0..self.items.len()).filter(|index| fits(&self.items[*index]));
        indexes.take(10).collect()
    }

    fn next_alone(&self) -> Option<usize> {
        self.items
            .iter()
            .position(|item| !matches!(item.rung, Rung::Link | Rung::Sent | Rung::Fetch))
    }

    fn sent_together(&mut self, indexes: &[usize], messages: &Value, known: &FileIds) {
        let none = Vec::new();
        let mut messages = messages.as_array().unwrap_or(&none).iter();
        for index in indexes {
            let item = &mut self.items[*index];
            let message = messages
                .next()
                .and_then(|json| serde::Deserialize::deserialize(json).ok());
            if let Some(file_id) = message.as_ref().and_then(Message::largest_photo) {
                known.insert(&item.hit.url, file_id);
            }
            item.rung = Rung::Sent;
        }
    }

    /// The album was refused: the named picture climbs down, or all that can.
    fn refused(&mut self, indexes: &[usize], error: &Error) {
        let named = position_in(error)
            .and_then(|position| indexes.get(position))
            .copied();
        match named {
            // Each named picture costs a request; when there are many, they go down together.
            Some(index) if self.named_failures < 2 => {
                self.named_failures += 1;
                self.items[index].climb_down(error);
            }
            _ => {
                for index in indexes {
                    self.items[*index].climb_down(error);
                }
            }
        }
    }
}

impl Item {
    fn photo(&self, index: usize) -> Photo {
        let caption = self
            .hit
            .caption
            .as_deref()
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let caption = caption.map(|text| text.chars().take(CAPTION_CHARS).collect());
        let (media, file) = match &self.rung {
            Rung::FileId(file_id) => (file_id.clone(), None),
            Rung::Upload(picture) | Rung::Alone(picture) | Rung::Document(picture) => {
                let name = format!("picture{index}");
                let file = File {
                    file_name: format!("{}.{}", index + 1, picture.extension),
                    media_type: picture.media_type,
                    bytes: Arc::clone(&picture.bytes),
                    name: name.clone(),
                };
                (format!("attach://{name}"), Some(file))
            }
            Rung::Url | Rung::Fetch | Rung::Link | Rung::Sent => (self.hit.url.clone(), None),
        };
        Photo {
            media,
            caption,
            file,
        }
    }

    fn climb_down(&mut self, error: &Error) {
        tracing::debug!("picture {} climbs down: {}", self.hit.url, error.chain());
        self.rung = match std::mem::replace(&mut self.rung, Rung::Link) {
            Rung::FileId(_) if !pictures::is_local(&self.hit.url) => Rung::Url,
            Rung::FileId(_) | Rung::Url => Rung::Fetch,
            Rung::Upload(picture) => Rung::Alone(picture),
            Rung::Alone(picture) => Rung::Document(picture),
            Rung::Sent => Rung::Sent,
            Rung::Fetch | Rung::Document(_) | Rung::Link => Rung::Link,
        };
    }
}

/// Whether another form of the same pictures may succeed where `error` came.
fn is_about_pictures(error: &Error) -> bool {
    match error.kind() {
        Kind::Telegram {
            code: 400,
            description,
            ..
        } => {
            error.class() == Class::GiveUp
                && ![
                    "chat not found",
                    "not enough rights",
                    "CHAT_SEND_PHOTOS_FORBIDDEN",
                ]
                .iter()
                .any(|words| description.contains(words))
        }
        Kind::Telegram { code: 413, .. } | Kind::Garbled { status: 413 } => true,
        _ => false,
    }
}

/// Whether the chat takes texts but no pictures.
#[must_use]
pub fn forbids_pictures(error: &Error) -> bool {
    matches!(error.kind(), Kind::Telegram { code: 400 | 403, description, .. }
        if description.contains("not enough rights to send")
            || description.contains("CHAT_SEND_PHOTOS_FORBIDDEN"))
}

/// The 0-based position in "failed to send message #2 with the error message …".
fn position_in(error: &Error) -> Option<usize> {
    let Kind::Telegram { description, .. } = error.kind() else {
        return None;
    };
    let number = usize::try_from(number_after("message #", description)?).ok()?;
    number.checked_sub(1)
}

/// Which `file_id` a picture's address got; the oldest are forgotten.
#[derive(Debug, Default)]
pub struct FileIds {
    known: Mutex<Remembered>,
}

#[derive(Debug, Default)]
struct Remembered {
    by_url: HashMap<String, String>,
    order: VecDeque<String>,
}

impl FileIds {
    fn get(&self, url: &str) -> Option<String> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .by_url
            .get(url)
            .cloned()
    }

    fn insert(&self, url: &str, file_id: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known
            .by_url
            .insert(url.to_owned(), file_id.to_owned())
            .is_none()
        {
            known.order.push_back(url.to_owned());
            if known.order.len() > REMEMBERED
                && let Some(oldest) = known.order.pop_front()
            {
                known.by_url.remove(&oldest);
            }
        }
    }
}

/// A number of permits; whoever has one may hold pictures in memory.
#[derive(Debug)]
pub struct Permits {
    free: Mutex<usize>,
    returned: Condvar,
}

/// Given back when dropped.
#[derive(Debug)]
pub struct Permit<'a>(&'a Permits);

impl Permits {
    /// `count` permits.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self {
            free: Mutex::new(count),
            returned: Condvar::new(),
        }
    }

    /// Takes a permit, waiting for one.
    pub fn take(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.returned.wait_while(free, |free| *free == 0);
        *waited.unwrap_or_else(PoisonError::into_inner) -= 1;
        Permit(self)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.returned.notify_one();
    }
}
