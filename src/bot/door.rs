//! Who comes in: an update that claims the bot, asks to be let in, lets somebody in or out, or moves
//! a group becomes tasks here, and changes who is served. Everything else is [`super::handler`]'s.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::access::book::Person;
use super::access::claim::Claim;
use super::access::file;
use super::handler::{Manners, Task, address_of, start_in};
use super::reply::{self, guests};
use super::status::Status;
use super::texts::Texts;
use crate::config::{BotConfig, Rate};
use crate::secret::Secret;
use crate::telegram::members::MemberUpdate;
use crate::telegram::request::Address;
use crate::telegram::types::{Callback, Event, Message, Update};

const DAY: Duration = Duration::from_hours(24);

/// Says the link that makes its reader the owner.
pub type Announce = Box<dyn Fn(&str) + Send>;

/// Decides who is served.
pub struct Door {
    manners: Manners,
    claim: Option<Claim>,
    announce: Announce,
    folder: Option<PathBuf>,
    status: Arc<Status>,
    unsaved: bool,
    /// The owner changed how often others may search.
    rates_changed: bool,
}

/// When an update is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// For limits.
    pub now: Instant,
    /// Days since 1970.
    pub day: u64,
    /// An earlier run accepted the update, and may have done what it asks for.
    pub again: bool,
}

impl Moment {
    /// This moment.
    #[must_use]
    pub fn now(again: bool) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            now: Instant::now(),
            day: since.unwrap_or_default().as_secs() / DAY.as_secs(),
            again,
        }
    }
}

impl Door {
    /// A door of a bot with `manners`. Its access is kept in `folder`, told to `status`, and, as long
    /// as nobody owns the bot, the link to claim it to `announce`.
    #[must_use]
    pub fn new(
        manners: Manners,
        folder: Option<PathBuf>,
        status: Arc<Status>,
        announce: Announce,
    ) -> Self {
        let mut door = Self {
            manners,
            claim: None,
            announce,
            folder,
            status,
            unsaved: false,
            rates_changed: true,
        };
        door.changed();
        door
    }

    /// How the bot behaves.
    #[must_use]
    pub fn manners(&self) -> &Manners {
        &self.manners
    }

    /// Other manners of the same bot.
    pub fn take_over(&mut self, config: &BotConfig) {
        self.manners.take_over(config);
        self.changed();
    }

    /// How often the owner lets others search, if that changed since the last call.
    pub fn changed_rates(&mut self) -> Option<HashMap<i64, Option<Rate>>> {
        let changed = std::mem::take(&mut self.rates_changed);
        changed.then(|| self.manners.access.book.rates())
    }

    /// Writes down who is served, if that changed; it must be on disk before somebody is told. A disk
    /// that refuses is tried again with the next update.
    pub fn save(&mut self) {
        let Some(folder) = self.folder.as_ref().filter(|_| self.unsaved) else {
            return;
        };
        match file::save(folder, &self.manners.access.book) {
            Ok(()) => self.unsaved = false,
            Err(error) => tracing::error!(
                "who is served is not on disk, and forgotten at a restart: {}",
                error.chain()
            ),
        }
    }

    /// Makes or ends the claim, as the access now is.
    fn changed(&mut self) {
        let access = &self.manners.access;
        self.status.serves(access.in_words());
        if !access.is_unclaimed() {
            self.claim = None;
        } else if self.claim.is_none() {
            match Secret::random() {
                Ok(code) => {
                    let claim = Claim::new(code);
                    (self.announce)(&claim.link(&self.manners.me.username));
                    self.claim = Some(claim);
                }
                Err(cause) => tracing::error!("nobody can claim the bot: {cause}"),
            }
        }
    }

    /// What `update` asks for, if it is about who is served.
    pub fn tasks(&mut self, update: &Update, moment: Moment) -> Option<Vec<Task>> {
        match &update.event {
            Event::Message(message) => {
                self.follow_migration(message);
                self.message(message, moment)
            }
            Event::Callback(callback) => self.pressed(callback, moment),
            Event::OwnMembership(own) => {
                self.follow_own_membership(own);
                None
            }
            Event::Member(member) => {
                let (chat, user) = (member.chat.id, member.new_chat_member.user.id);
                self.manners.members.changed(chat, user);
                None
            }
            Event::Edited(_) | Event::Inline(_) | Event::Other => None,
        }
    }

    /// A group that becomes a supergroup gets another id; both tell of it.
    fn follow_migration(&mut self, message: &Message) {
        let Some((old, new)) = message.migration() else {
            return;
        };
        tracing::info!("the group {old} is now {new}");
        kept(self.manners.members.chats.migrate(old, new));
        self.manners.members.left(old);
        let access = &mut self.manners.access;
        if access.book.move_rate(old, new) {
            (self.unsaved, self.rates_changed) = (true, true);
        }
        let served = access.serves(old) && !access.serves(new);
        if served && access.book.migrate(old, new, true) {
            tracing::warn!(
                "the group {old} is now {new}, and served as before; if CLIP_BOT_ALLOWED names the old \
                 id, name the new one there"
            );
            self.unsaved = true;
            self.changed();
        }
    }

    /// Where the bot was removed, nothing is shown any more of what was collected there.
    fn follow_own_membership(&self, own: &MemberUpdate) {
        let (chat, is_in) = (own.chat.id, own.new_chat_member.is_in());
        if !own.chat.is_private() {
            let members = &self.manners.members;
            kept(members.chats.is_in(chat, is_in, SystemTime::now()));
            members.left(chat);
        }
    }

    fn message(&mut self, message: &Message, moment: Moment) -> Option<Vec<Task>> {
        let sender = message.from.as_ref();
        let private = message.chat.is_private();
        let speaker = message.speaker();
        let language = sender.and_then(|user| user.language_code.as_deref());
        let texts = self.manners.texts(language);
        let to = address_of(message);
        let access = &self.manners.access;
        if !private && self.may_name_storage(speaker) && self.asks_for_storage(message) {
            let reply = guests::storage(message.chat.id);
            return Some(vec![Task::Say { to, reply }]);
        }
        if speaker.is_some_and(|user| access.book.is_owner(user)) {
            let wish = owner::wish(message, &self.manners, texts)?;
            return Some(vec![self.fulfil(wish, message, texts)]);
        }
        let payload = start_in(message, &self.manners.me)?;
        if access.permits(speaker, message.chat.id) {
            return None;
        }
        let user = sender.filter(|user| !user.is_bot && message.sender_chat.is_none())?;
        let person = Person::new(user.id, &user.full_name(), language);
        if private && self.claims(&person, payload, moment.now) {
            let owner = person.id;
            return Some(vec![
                Task::Say {
                    to,
                    reply: guests::claimed(texts),
                },
                Task::OwnersMenu { owner, texts },
            ]);
        }
        let mut tasks = Vec::new();
        if private {
            let reply = if self.claim.is_some() {
                guests::unclaimed(texts)
            } else {
                reply::private_bot(texts, message.chat.id)
            };
            tasks.push(Task::Say { to, reply });
        }
        tasks.extend(self.ask_owner(message, person, moment));
        Some(tasks)
    }

    fn fulfil(&mut self, wish: owner::Wish, message: &Message, texts: &Texts) -> Task {
        let id = match wish {
            owner::Wish::Task(task) => return task,
            owner::Wish::ShowRate { id } => id,
            owner::Wish::Rate { id, rate } => {
                tracing::info!("the owner set the rate of {id}");
                let rate = match rate {
                    owner::NewRate::Default => None,
                    owner::NewRate::NoLimit => Some(None),
                    owner::NewRate::Own(rate) => Some(Some(rate)),
                };
                self.manners.access.book.set_rate(id, rate);
                (self.unsaved, self.rates_changed) = (true, true);
                id
            }
        };
        let book = &self.manners.access.book;
        let asked = message.reply_to_message.as_deref();
        let speaks = asked.filter(|asked| asked.speaker() == Some(id));
        let named = speaks.and_then(|asked| asked.from.as_ref());
        let person = match named.filter(|user| user.id == id) {
            Some(user) => Person::new(id, &user.full_name(), None),
            None => book.known(id),
        };
        let rate = book.rate(id).unwrap_or(self.manners.rate);
        Task::Say {
            to: address_of(message),
            reply: reply::owner::rate_of(texts, &person, rate),
        }
    }

    /// Whether `message` is `/storage`, meant for us.
    fn asks_for_storage(&self, message: &Message) -> bool {
        let text = message.text.as_deref().unwrap_or_default().trim();
        let (command, bot) = text.split_once('@').unwrap_or((text, ""));
        let ours = bot.is_empty() || bot.eq_ignore_ascii_case(&self.manners.me.username);
        ours && command.eq_ignore_ascii_case("/storage")
    }

    /// Whether who speaks is the owner, or served where nobody owns the bot.
    fn may_name_storage(&self, speaker: Option<i64>) -> bool {
        let access = &self.manners.access;
        speaker.is_some_and(|user| match &access.book.owner {
            Some(owner) => owner.id == user,
            None => access.serves(user),
        })
    }

    /// Whether `person`, who sent `code`, has become the owner.
    fn claims(&mut self, person: &Person, code: &str, now: Instant) -> bool {
        let right = |claim: &mut Claim| !code.is_empty() && claim.accepts(person.id, code, now);
        if !self.claim.as_mut().is_some_and(right) {
            return false;
        }
        tracing::warn!(
            "user {} has claimed the bot and owns it from now on",
            person.id
        );
        self.manners.access.book.owner = Some(person.clone());
        self.unsaved = true;
        self.changed();
        true
    }

    /// Asks the owner about `person`, once a person and ten times a day.
    fn ask_owner(&mut self, message: &Message, person: Person, moment: Moment) -> Option<Task> {
        let book = &mut self.manners.access.book;
        let owner = book.owner.clone()?;
        let told = moment.again && book.asked(person.id);
        if !told && !book.asks(person.clone(), moment.day) {
            return None;
        }
        let chat = &message.chat;
        let title = chat.title.as_deref().unwrap_or_default();
        let group = (!chat.is_private()).then(|| Person::new(chat.id, title, None));
        if let Some(group) = group.clone() {
            book.remember(group);
        }
        self.unsaved = true;
        let texts = self.manners.texts(owner.language.as_deref());
        Some(Task::Say {
            to: to(owner.id),
            reply: guests::asks(texts, &person, group.as_ref()),
        })
    }

    /// A button under a question to the owner. Only the owner's presses count, in the owner's chat.
    fn pressed(&mut self, callback: &Callback, moment: Moment) -> Option<Vec<Task>> {
        let data = callback.data.as_deref().unwrap_or_default();
        let id = |kind: &str| data.strip_prefix(kind)?.parse::<i64>().ok();
        let (id, is_in) = match (id(guests::LET_IN), id(guests::REFUSE), id(guests::PUT_OUT)) {
            (Some(id), ..) => (id, true),
            (_, Some(id), _) | (.., Some(id)) => (id, false),
            _ => return None,
        };
        let mut tasks = vec![Task::Acknowledge {
            callback: callback.id.clone(),
            words: None,
        }];
        let book = &mut self.manners.access.book;
        let here = callback.message.as_ref();
        let Some(message) = here.filter(|message| message.chat.id == callback.from.id) else {
            return Some(tasks);
        };
        if !book.is_owner(callback.from.id) || book.is_owner(id) {
            return Some(tasks);
        }
        let person = book.known(id);
        let was_in = book.guest(id).is_some();
        if is_in {
            book.let_in(person.clone(), moment.day);
        } else {
            book.put_out(id);
            kept(self.manners.members.chats.turn_off(id));
        }
        let words = if is_in { "let in" } else { "put out" };
        tracing::info!("the owner {words} {id}");
        self.unsaved = true;
        self.changed();
        let texts = self.manners.texts(callback.from.language_code.as_deref());
        if message.message_id > 0 {
            tasks.push(Task::Edit {
                chat: message.chat.id,
                message: message.message_id,
                reply: guests::decided(texts, &person, is_in),
            });
        }
        if is_in && (!was_in || moment.again) {
            let texts: &Texts = self.manners.texts(person.language.as_deref());
            tasks.push(Task::Say {
                to: to(id),
                reply: guests::welcome(texts, self.manners.results),
            });
        }
        Some(tasks)
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door")
            .field("manners", &self.manners)
            .finish_non_exhaustive()
    }
}

/// Says what could not be kept about collected chats.
fn kept(written: std::io::Result<()>) {
    if let Err(cause) = written {
        tracing::error!("which chats are collected is not on disk: {cause}");
    }
}

fn to(chat: i64) -> Address {
    Address {
        chat,
        ..Address::default()
    }
}

mod owner;
#[cfg(test)]
mod tests;
