//! The sending ladder: every picture arrives, in the best form that works.
//!
//! A picture starts on the best rung it can, and climbs down when Telegram refuses it there:
//! known `file_id` → address (Telegram fetches it) → upload → document → link in a text. A saved picture
//! has its `file_id` alone, of a photo or of a file, and the link to its message.
//! Pictures on the first three rungs go together as an album; one bad picture climbs down alone
//! where Telegram names it, and never costs the others. Telegram remembers for days that an
//! address failed, so the same address is never tried twice.
//!
//! Where Telegram fails at every album, turn after turn, it may take single photos all the same, or a
//! text with links. Where it takes nothing at all, that is an outage, to be waited for with everything
//! as it was.

mod budget;
mod caption;
mod failures;
mod file_ids;
mod item;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use budget::Budget;
pub use caption::caption_of;
pub use file_ids::FileIds;

use failures::{forbids_pictures, is_about_pictures, is_telegrams_own, position_in};

use super::pictures::{self, MAX_BYTES, MAX_FILE_BYTES, PictureFile, PictureForm};
use super::reply::{self, Shown, Tally};
use super::search_client::FILE;
use super::texts::Texts;
use crate::error::{Error, Kind, Result};
use crate::search::Hit;
use crate::telegram::request::{
    Address, Call, send_document, send_media_group, send_message, send_photo,
};
use crate::telegram::types::Message;

/// What the ladder needs from outside.
pub trait Outside {
    /// Sends a request to Telegram.
    ///
    /// # Errors
    /// As [`crate::telegram::delivery::Delivery::send`].
    fn send(&self, call: Call) -> Result<Value>;

    /// The same without repetitions.
    ///
    /// # Errors
    /// As [`crate::telegram::delivery::Delivery::send_once`].
    fn send_once(&self, call: Call) -> Result<Value>;

    /// Downloads a picture and appends it to `bytes`.
    ///
    /// # Errors
    /// As [`pictures::Fetcher::fetch`].
    fn fetch(&self, url: &str, bytes: &mut Vec<u8>, limit: u64) -> Result<PictureForm>;

    /// Told before a wait for the pictures of others, who are watched themselves.
    fn waits_for_others(&self);

    /// Told whenever more of an album went out.
    fn went_out(&self, sent: &Sent);
}

/// Which pictures of an album went out, to be remembered over a restart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    hits: Vec<Hit>,
    /// Indexes of those that were sent as a picture or a file.
    pictures: Vec<usize>,
    /// Numbers of their messages.
    #[serde(default)]
    messages: Vec<i64>,
    /// How many messages with links were sent.
    links: usize,
}

/// Pictures on their way into a chat. Kept between attempts, so that nothing is sent twice.
#[derive(Debug)]
pub struct Album {
    items: Vec<Item>,
    /// The keyboard below a picture that is the only one.
    pub below_a_single: Value,
    /// Messages with links that were sent.
    links_sent: usize,
    /// How often Telegram refused the album while naming one picture.
    named_failures: usize,
    /// What it sends, and whether Telegram itself failed at that in an earlier turn.
    parcels: Parcels,
    failed_before: bool,
    /// The chat takes no pictures.
    is_forbidden: bool,
}

/// In what pictures are sent, as long as Telegram takes it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Parcels {
    Albums,
    Singles,
    Links,
}

#[derive(Debug)]
struct Item {
    hit: Hit,
    rung: Rung,
    /// Number of the message that it was sent in.
    message: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Rung {
    FileId(String),
    /// The same, of a file.
    FileIdOfFile(String),
    Url,
    /// To be downloaded, then uploaded.
    Fetch(SendForm),
    Upload(SendForm, PictureFile),
    Link,
    /// Not even as a link: whoever reads it cannot reach the address, and has no business knowing it.
    Withheld,
    Sent,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum SendForm {
    /// A photo, in an album with others.
    Together,
    /// A photo by itself.
    Alone,
    Document,
}

impl Album {
    /// An album of `hits`, each on its best rung.
    #[must_use]
    pub fn new(hits: Vec<Hit>, known: &FileIds) -> Self {
        let items = hits.into_iter().map(|hit| {
            let known = hit.file_id.clone().or_else(|| known.get(&hit.url));
            let rung = match known {
                Some(file_id) => match file_id.strip_prefix(FILE) {
                    Some(of_file) => Rung::FileIdOfFile(of_file.to_owned()),
                    None => Rung::FileId(file_id),
                },
                None if hit.url.is_empty() => Rung::last(hit.link.as_deref().unwrap_or_default()),
                None if pictures::is_local(&hit.url) => Rung::Fetch(SendForm::Together),
                None => Rung::Url,
            };
            Item {
                hit,
                rung,
                message: None,
            }
        });
        Self {
            items: items.collect(),
            below_a_single: Value::Null,
            links_sent: 0,
            named_failures: 0,
            parcels: Parcels::Albums,
            failed_before: false,
            is_forbidden: false,
        }
    }

    /// Whether its pictures were saved, in collections with such names.
    pub fn is_of(&self, is_such: impl Fn(&str) -> bool) -> bool {
        let mut of = self.items.iter().map(|item| item.hit.collection.as_deref());
        of.all(|name| name.is_some_and(&is_such))
    }

    /// An album that was begun before a restart, to be gone on with.
    #[must_use]
    pub fn resumed(sent: Sent, known: &FileIds) -> Self {
        let mut album = Self::new(sent.hits, known);
        album.links_sent = sent.links;
        let mut messages = sent.messages.into_iter();
        for index in sent.pictures {
            let message = messages.next().filter(|id| *id > 0);
            if let Some(item) = album.items.get_mut(index) {
                item.rung = Rung::Sent;
                item.message = message;
            }
        }
        if sent.links > 0 {
            album.give_up();
        }
        album
    }

    /// Sends what was not sent yet, in the end `texts` with the links of what could not be sent
    /// as a picture.
    ///
    /// # Errors
    /// Only what concerns the chat or the connection, not a picture: flood waits, no network,
    /// blocked by the user. Call again later to go on where it stopped.
    pub fn send(
        &mut self,
        to: Address,
        texts: &Texts,
        outside: &impl Outside,
        known: &FileIds,
        budget: &Arc<Budget>,
    ) -> Result<()> {
        match self.send_pictures(to, outside, known, budget) {
            Err(error) if forbids_pictures(&error) => {
                tracing::info!("chat {} takes no pictures: {}", to.chat, error.chain());
                self.is_forbidden = true;
                self.give_up();
            }
            Err(error) => return Err(self.stopped(error)),
            Ok(()) => {}
        }
        let messages = reply::links(texts, &self.links());
        for text in messages.iter().skip(self.links_sent) {
            let call = send_message(to, text);
            // What fails only for a while is to end while pictures are tried, not while links are.
            let is_attempt = self.parcels == Parcels::Links && self.links_sent == 0;
            let sent = if is_attempt {
                outside.send_once(call)
            } else {
                outside.send(call)
            };
            if let Err(error) = sent {
                return Err(self.stopped(error));
            }
            self.links_sent += 1;
            // Now it is known that Telegram takes these.
            self.give_up();
            outside.went_out(&self.sent());
        }
        Ok(())
    }

    fn send_pictures(
        &mut self,
        to: Address,
        outside: &impl Outside,
        known: &FileIds,
        budget: &Arc<Budget>,
    ) -> Result<()> {
        loop {
            self.fetch(outside, budget);
            let together = self.together();
            let (indexes, sent) = if together.len() > 1 {
                let photos = together
                    .iter()
                    .map(|index| self.items[*index].photo(*index));
                let sent = outside.send(send_media_group(to, photos.collect()));
                (together, sent)
            } else if let Some(index) = self.next_alone() {
                let item = &self.items[index];
                let photo = item.photo(index);
                let call = match item.rung {
                    Rung::Upload(SendForm::Document, _) | Rung::FileIdOfFile(_) => {
                        send_document(to, photo)
                    }
                    _ => send_photo(to, photo),
                };
                let call = if self.items.len() == 1 {
                    call.markup(self.below_a_single.clone())
                } else {
                    call
                };
                let sent = outside.send(call);
                (vec![index], sent.map(|message| Value::Array(vec![message])))
            } else if self.parcels != Parcels::Links
                && self.is_any(|rung| matches!(rung, Rung::Fetch(_)))
            {
                continue;
            } else {
                return Ok(());
            };
            match sent {
                Ok(messages) => {
                    self.mark_sent(&indexes, &messages, known);
                    outside.went_out(&self.sent());
                }
                Err(error) if is_about_pictures(&error) => self.refused(&indexes, &error),
                Err(error) if self.failed_before && is_telegrams_own(&error) => {
                    tracing::warn!(
                        "trying a simpler form in chat {}: {}",
                        to.chat,
                        error.chain()
                    );
                    self.parcels = match self.parcels {
                        Parcels::Albums => Parcels::Singles,
                        Parcels::Singles if self.could_be_links() => Parcels::Links,
                        Parcels::Singles | Parcels::Links => return Err(error),
                    };
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn sent(&self) -> Sent {
        let is_sent = |index: &usize| self.items[*index].rung == Rung::Sent;
        Sent {
            hits: self.items.iter().map(|item| item.hit.clone()).collect(),
            pictures: (0..self.items.len()).filter(is_sent).collect(),
            messages: (0..self.items.len())
                .filter(is_sent)
                .map(|index| self.items[index].message.unwrap_or_default())
                .collect(),
            links: self.links_sent,
        }
    }

    /// Whether whoever reads them could follow links to all that was not sent.
    fn could_be_links(&self) -> bool {
        let is_over = |rung: &Rung| matches!(rung, Rung::Link | Rung::Withheld | Rung::Sent);
        let mut left = self.items.iter().filter(|item| !is_over(&item.rung));
        left.all(|item| Rung::last(item.address()) == Rung::Link)
    }

    fn links(&self) -> Vec<&str> {
        let is_link = |item: &&Item| match self.parcels {
            Parcels::Links => !matches!(item.rung, Rung::Sent | Rung::Withheld),
            Parcels::Albums | Parcels::Singles => item.rung == Rung::Link,
        };
        let links = self.items.iter().filter(is_link);
        links.map(Item::address).collect()
    }

    /// The pictures that were sent, in the order in which the chat shows them; `is_kept` are the collections
    /// that are forgotten from there.
    #[must_use]
    pub fn shown(&self, is_kept: impl Fn(&str) -> bool) -> Vec<Shown> {
        let shown = self.items.iter().map(|item| item.shown(&is_kept));
        let mut all: Vec<Shown> = shown.flatten().collect();
        all.sort_unstable_by_key(|one| one.message);
        all
    }

    /// How many arrived in which form.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let count = |rung: &Rung| self.items.iter().filter(|item| item.rung == *rung).count();
        Tally {
            pictures: count(&Rung::Sent),
            links: count(&Rung::Link),
            withheld: count(&Rung::Withheld),
            is_forbidden: self.is_forbidden,
        }
    }

    /// Leaves all that was not sent as links, when the chat takes no pictures.
    fn give_up(&mut self) {
        for item in self.items.iter_mut().filter(|item| item.rung != Rung::Sent) {
            item.rung = Rung::last(item.address());
        }
    }

    /// The turn ends by `error`. Where Telegram took nothing at all, everything is tried again.
    fn stopped(&mut self, error: Error) -> Error {
        if is_telegrams_own(&error) {
            self.failed_before = true;
        }
        if self.links_sent == 0 {
            self.parcels = Parcels::Albums;
        }
        self.put_down();
        error
    }

    /// Forgets what was downloaded: a chat can be closed for long, and memory is for those who
    /// are served.
    fn put_down(&mut self) {
        for item in &mut self.items {
            if let Rung::Upload(form, _) = item.rung {
                item.rung = Rung::Fetch(form);
            }
        }
    }

    /// Downloads a portion of what is to be downloaded, once the portion before was sent: who waits
    /// for memory holds none.
    fn fetch(&mut self, outside: &impl Outside, budget: &Arc<Budget>) {
        let is_to_send = |rung: &Rung| matches!(rung, Rung::Upload(..));
        if self.parcels == Parcels::Links
            || self.is_any(is_to_send)
            || !self.is_any(|rung| matches!(rung, Rung::Fetch(_)))
        {
            return;
        }
        outside.waits_for_others();
        let is_large =
            !self.is_any(|rung| matches!(rung, Rung::Fetch(form) if *form != SendForm::Document));
        let (mut portion, most) = if is_large {
            (budget.large_portion(), MAX_FILE_BYTES)
        } else {
            (budget.portion(), MAX_BYTES)
        };
        let mut fetched = Vec::new();
        for (index, item) in self.items.iter_mut().enumerate() {
            let form = match item.rung {
                Rung::Fetch(form) if is_large || form != SendForm::Document => form,
                _ => continue,
            };
            let (start, room) = (portion.bytes.len(), portion.room() as u64);
            match outside.fetch(&item.hit.url, &mut portion.bytes, room.min(most)) {
                Ok(picture) => fetched.push((index, form, picture, start, portion.bytes.len())),
                // For the next portion.
                Err(error) if *error.kind() == Kind::TooLarge && room < most => break,
                Err(error) => item.cannot_be_fetched(&error),
            }
            if is_large {
                break;
            }
        }
        let portion = portion.full();
        for (index, form, picture, start, end) in fetched {
            let form = if picture.fits_as_photo {
                form
            } else {
                SendForm::Document
            };
            let bytes = portion.slice(start, end);
            let picture = PictureFile {
                bytes,
                form: picture,
            };
            self.items[index].rung = Rung::Upload(form, picture);
        }
    }

    /// Indexes of what can go into one album.
    fn together(&self) -> Vec<usize> {
        let fits = |item: &Item| {
            self.parcels == Parcels::Albums
                && matches!(
                    item.rung,
                    Rung::FileId(_) | Rung::Url | Rung::Upload(SendForm::Together, _)
                )
        };
        let indexes = (0..self.items.len()).filter(|index| fits(&self.items[*index]));
        indexes.take(10).collect()
    }

    fn is_any(&self, is: impl Fn(&Rung) -> bool) -> bool {
        self.items.iter().any(|item| is(&item.rung))
    }

    fn next_alone(&self) -> Option<usize> {
        if self.parcels == Parcels::Links {
            return None;
        }
        self.items.iter().position(|item| {
            !matches!(
                item.rung,
                Rung::Fetch(_) | Rung::Link | Rung::Withheld | Rung::Sent
            )
        })
    }

    fn mark_sent(&mut self, indexes: &[usize], messages: &Value, known: &FileIds) {
        let none = Vec::new();
        let mut messages = messages.as_array().unwrap_or(&none).iter();
        for index in indexes {
            let item = &mut self.items[*index];
            let message = messages
                .next()
                .and_then(|json| Deserialize::deserialize(json).ok());
            if let Some(file_id) = message.as_ref().and_then(Message::largest_photo)
                && !item.hit.url.is_empty()
            {
                known.insert(&item.hit.url, file_id);
            }
            item.rung = Rung::Sent;
            item.message = message.map(|message| message.message_id);
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
