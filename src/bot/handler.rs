//! What an update asks for: update in, tasks out. Pure, so that every manner of the bot can be
//! read and tested here.
//!
//! | who writes | who that is: for access, rate and buttons |
//! |---|---|
//! | a person | the account |
//! | an anonymous administrator, or a channel that writes in a group (`sender_chat`) | that chat; the account is one that all such senders share |
//! | another bot | nobody: two bots could talk for ever |
//! | somebody by way of ourselves (`via_bot`) | nobody: we wrote that |
//! | a channel whose posts its discussion group repeats | nobody: it spoke to its readers |
//! | somebody in the direct messages of a channel | nobody: they write to its owners |
//!
//! | what comes | what it gets |
//! |---|---|
//! | our command, also with our name | an answer |
//! | a command with another bot's name | silence |
//! | words or something else that a person made, in private | an answer |
//! | a picture or an image file with our command below it, or in reply to it | pictures like that one; the words count, too |
//! | another picture or image file, in private | the same, or it is saved ([`super::saving`]) |
//! | `/forget` in reply to a picture | it is saved no longer |
//! | `/collect` in a group or channel | what is posted there is saved ([`super::collecting`]) |
//! | a picture in a chat that is collected, or a change of what is written below it | the same, in silence |
//! | a reply to our question for words, in a group | an answer |
//! | anything else in a group | silence |
//! | a service message (pins, timers, gifts, payments), or a kind that nobody knows yet | silence |
//! | several messages of one album | one answer ([`super::recent`]) |
//! | another edited message, another post of a channel | silence |
//! | a button of ours, pressed by who asked | an answer, once |
//! | a button pressed by somebody else in a group, or with data of another make | a word to who pressed it, or silence |

mod collecting;
mod pressed;

use std::sync::Arc;

use super::access::Access;
use super::access::book::Book;
use super::collecting::Post;
use super::command::{self, Command, Said};
use super::membership::Members;
use super::reply::{self, Reply};
use super::saving::habits::Habits;
use super::saving::{Choice, Forget, NewPicture, Wish};
use super::small_talk::{SmallTalk, small_talk};
use super::texts::Texts;
use super::wanted::Search;
use crate::clock::Clock;
use crate::config::{BotConfig, Rate};
use crate::search::{Language, MAX_QUERY_CHARS};
use crate::telegram::request::Address;
use crate::telegram::types::{Event, Message, SentPicture, Update};

/// What the bot knows about itself.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Account number.
    pub id: i64,
    /// Name without `@`.
    pub username: String,
}

/// How the bot behaves.
#[derive(Debug, Clone, Default)]
pub struct Manners {
    /// Itself.
    pub me: Identity,
    /// Who is answered.
    pub access: Access,
    /// Fixed language, or none to go by the user's.
    pub language: Option<String>,
    /// Pictures in an answer.
    pub results: usize,
    /// How often everybody may search whom the owner gave no rate.
    pub rate: Option<Rate>,
    /// What time it is for Telegram.
    pub clock: Clock,
    /// What pictures without a question mean.
    pub habits: Arc<Habits>,
    /// Chats whose pictures are collected, and who is in them.
    pub members: Arc<Members>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Send a text.
    Say {
        /// Where.
        to: Address,
        /// What.
        reply: Reply,
    },
    /// Change a text of ours.
    Edit {
        /// Its chat.
        chat: i64,
        /// Its number.
        message: i64,
        /// What it becomes.
        reply: Reply,
    },
    /// Let a pressed button stop spinning.
    Acknowledge {
        /// `callback_query.id`.
        callback: String,
        /// What who pressed it is told.
        words: Option<&'static str>,
    },
    /// Search and send the pictures.
    Search(Search),
    /// Save what was posted in a chat, without a word.
    Collect(Post),
    /// Tell the owner how the bot is doing.
    Stats {
        /// Where.
        to: Address,
        /// In which words.
        texts: &'static Texts,
    },
    /// Show the owner's commands in the menu of the owner's chat.
    OwnersMenu {
        /// Who that is.
        owner: i64,
        /// In which words.
        texts: &'static Texts,
    },
    /// From now on pictures without a question mean this to a user.
    Choose {
        /// Who chose.
        user: i64,
        /// What they mean.
        choice: Choice,
    },
}

/// What `update` asks for; nothing for most.
#[must_use]
pub fn tasks(update: &Update, manners: &Manners) -> Vec<Task> {
    match &update.event {
        Event::Message(message) => message_task(message, manners).into_iter().collect(),
        Event::Edited(message) => collecting::post(message, true, manners)
            .into_iter()
            .collect(),
        Event::Callback(callback) => pressed::tasks(callback, manners),
        // Those that somebody types are no chat of ours: see `inline`.
        Event::Inline(_) | Event::Member(_) | Event::OwnMembership(_) | Event::Other => Vec::new(),
    }
}

fn message_task(message: &Message, manners: &Manners) -> Option<Task> {
    if !message.chat.is_private()
        && let Some(task) = collecting::task(message, manners)
    {
        return Some(task);
    }
    if message.chat.is_channel() {
        return None;
    }
    let speaker = speaker_of(message, &manners.me)?;
    let sender = message.from.as_ref();
    let wanted = request_in(message, &manners.me)?;
    let users = sender.and_then(|user| user.language_code.as_deref());
    let texts = manners.texts(users);
    let to = address_of(message);
    if !manners.access.permits(Some(speaker), message.chat.id) {
        return collecting::as_member(wanted, message, manners, to).or_else(|| {
            let reply = reply::private_bot(texts, message.chat.id);
            message.chat.is_private().then_some(Task::Say { to, reply })
        });
    }
    let results = manners.results;
    let chats = manners.chats_seen_in(Some(message.chat.id));
    let language = manners.reads(users);
    let search = |to, words| {
        let search = Search::for_words(to, speaker, words, results, texts);
        search.read_in(language).among(chats.clone())
    };
    let reply = match wanted {
        Asked::Help => reply::help(texts, manners.results),
        Asked::WordsOnly => reply::words_only(texts),
        Asked::SmallTalk(talk) => reply::small_talk(texts, talk),
        Asked::Query(words) => match tidy(words) {
            query if query.is_empty() => reply::query_needed(texts),
            query if query.chars().count() > MAX_QUERY_CHARS => reply::query_too_long(texts),
            query => return Some(Task::Search(search(to, query))),
        },
        Asked::Like(like, picture, words) => {
            let query = tidy(words);
            let bare = bare_picture(message, &manners.me)
                .filter(|_| like.message_id == message.message_id);
            // What is saved may have a long caption.
            let is_too_long = query.chars().count() > MAX_QUERY_CHARS;
            if is_too_long && bare.is_none() {
                let reply = reply::query_too_long(texts);
                return Some(Task::Say { to, reply });
            }
            // All that a button needs later must stand in the message that ours replies to.
            let reply_to = Some(like.message_id).filter(|id| *id > 0);
            let to = Address { reply_to, ..to };
            let query = query.chars().take(MAX_QUERY_CHARS).collect();
            let found = search(to, query).like(picture);
            return Some(Task::Search(match bare {
                Some(bare) => found.of_bare(bare, None),
                None => found,
            }));
        }
        Asked::Settings => reply::settings(texts, manners.habits.choice(speaker)),
        Asked::Forget(Some(what)) => {
            let wish = Some(Box::new(Wish::Forget(what)));
            let found = search(to, String::new());
            return Some(Task::Search(Search { wish, ..found }));
        }
        Asked::Forget(None) => reply::forget_how(texts),
        Asked::ForgetMe => reply::forget_all(texts),
        Asked::Collect => reply::collecting::only_in_groups(texts),
    };
    Some(Task::Say { to, reply })
}

/// Who writes, where that is somebody to be answered: the first table above.
fn speaker_of(message: &Message, me: &Identity) -> Option<i64> {
    let by_us = message.via_bot.as_ref().is_some_and(|bot| bot.id == me.id);
    let is_to_others = message.is_automatic_forward || message.chat.is_direct_messages;
    if by_us || is_to_others || message.is_service {
        return None;
    }
    let is_bot = message.from.as_ref().is_some_and(|user| user.is_bot);
    if is_bot && message.sender_chat.is_none() {
        return None;
    }
    Some(message.speaker().unwrap_or(message.chat.id))
}

/// The picture that `message` shows in private, unless it asks for others like that.
fn bare_picture(message: &Message, me: &Identity) -> Option<NewPicture> {
    let caption = message.caption.as_deref().unwrap_or_default();
    let asks = !matches!(command::said(caption, &me.username), Said::Words);
    let is_bare = message.chat.is_private() && !asks;
    NewPicture::of(message).filter(|_| is_bare)
}

impl Manners {
    /// The manners that `config` asks of `me`.
    #[must_use]
    pub fn of(me: Identity, config: &BotConfig) -> Self {
        Self {
            me,
            access: Access::new(config.allowed.clone()),
            language: config.language.clone(),
            results: config.results,
            rate: config.rate,
            clock: Clock::default(),
            habits: Arc::default(),
            members: Arc::default(),
        }
    }

    /// The same, with these chats collected.
    #[must_use]
    pub fn with_members(mut self, members: Arc<Members>) -> Self {
        self.members = members;
        self
    }

    /// The chats whose pictures can be seen from `chat`: in private, and inline (none), by those that are
    /// in them, elsewhere its own. They must be let in, or be collected by the owner.
    #[must_use]
    pub(super) fn chats_seen_in(&self, chat: Option<i64>) -> Vec<i64> {
        let mut all = self.members.chats.all();
        all.retain(|one| chat.is_none_or(|chat| chat >= 0 || chat == *one));
        all.retain(|one| self.access.serves(*one) || self.is_owners(*one));
        all
    }

    fn is_owners(&self, chat: i64) -> bool {
        let by = self.members.chats.turned_on_by(chat);
        by.is_some_and(|by| self.access.book.is_owner(by))
    }

    /// The same, by these habits of users.
    #[must_use]
    pub fn with_habits(mut self, habits: Arc<Habits>) -> Self {
        self.habits = habits;
        self
    }

    /// The same with what the owner decided so far.
    #[must_use]
    pub fn with_book(mut self, book: Book) -> Self {
        self.access.book = book;
        self
    }

    /// The same, by this clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Other manners of the same bot.
    pub fn take_over(&mut self, config: &BotConfig) {
        let book = std::mem::take(&mut self.access.book);
        let clock = std::mem::take(&mut self.clock);
        let (habits, members) = (Arc::clone(&self.habits), Arc::clone(&self.members));
        *self = Self::of(std::mem::take(&mut self.me), config)
            .with_book(book)
            .with_habits(habits)
            .with_members(members)
            .with_clock(clock);
    }

    /// The texts for a user whose app speaks `users` language.
    #[must_use]
    pub fn texts(&self, users: Option<&str>) -> &'static Texts {
        Texts::of(self.language.as_deref().or(users))
    }

    /// The language that a user reads whose app speaks `users`, if pictures are described in it.
    pub(super) fn reads(&self, users: Option<&str>) -> Option<Language> {
        Language::of_tag(self.language.as_deref().or(users)?)
    }
}

enum Asked<'a> {
    Help,
    Query(&'a str),
    /// Pictures like the one in this message, with these words.
    Like(&'a Message, SentPicture, &'a str),
    /// What pictures without a question mean.
    Settings,
    /// To forget this; nothing where it is not said what.
    Forget(Option<Forget>),
    /// To forget everything: asked twice.
    ForgetMe,
    /// To collect pictures, where there is nobody else.
    Collect,
    /// Something without words, in private.
    WordsOnly,
    /// Nothing, politely, in private.
    SmallTalk(SmallTalk),
}

/// What a message asks this bot for; `None` for silence.
fn request_in<'a>(message: &'a Message, me: &Identity) -> Option<Asked<'a>> {
    let private = message.chat.is_private();
    let asked = message.reply_to_message.as_deref();
    let like = |words| {
        let candidates = [Some(message), asked].into_iter().flatten();
        let with_picture = candidates.map(|one| (one, one.picture()));
        let mut found = with_picture.filter_map(|(one, picture)| Some((one, picture?)));
        found
            .next()
            .map(|(one, picture)| Asked::Like(one, picture, words))
    };
    let Some(text) = message.text.as_deref().or(message.caption.as_deref()) else {
        return private.then(|| like("").unwrap_or(Asked::WordsOnly));
    };
    match command::said(text, &me.username) {
        Said::Anothers => return None,
        Said::Ours(Command { name, words }) => {
            return match name.as_str() {
                "start" | "help" => Some(Asked::Help),
                "query" => Some(like(words).unwrap_or(Asked::Query(words))),
                "settings" if private => Some(Asked::Settings),
                "collect" if private => Some(Asked::Collect),
                "forget" if private && words.trim().eq_ignore_ascii_case("me") => {
                    Some(Asked::ForgetMe)
                }
                "forget" if private => {
                    let picture = [Some(message), asked].into_iter().flatten();
                    let mut picture = picture.filter_map(NewPicture::of);
                    let key = picture.next().map(|picture| picture.key);
                    Some(Asked::Forget(key.map(Forget::Picture)))
                }
                _ => private.then_some(Asked::Help),
            };
        }
        Said::Words => {}
    }
    let answers_us = asked.is_some_and(|asked| {
        asked.from.as_ref().is_some_and(|author| author.id == me.id)
            && asked.text.as_deref().is_some_and(reply::is_query_needed)
    });
    if private {
        let own_words = message.text.is_some();
        if let Some(talk) = small_talk(text).filter(|_| own_words && !answers_us) {
            return Some(Asked::SmallTalk(talk));
        }
        let text = command::without_address(text, &me.username);
        let other = || {
            if own_words {
                Asked::Query(text)
            } else {
                Asked::WordsOnly
            }
        };
        return Some(like(text).unwrap_or_else(other));
    }
    answers_us.then_some(Asked::Query(text))
}

/// What follows `/start`, if `message` is that command and meant for us.
pub(super) fn start_in<'a>(message: &'a Message, me: &Identity) -> Option<&'a str> {
    let text = message.text.as_deref()?;
    match command::said(text, &me.username) {
        Said::Ours(command) if command.name == "start" => Some(command.words),
        _ => None,
    }
}

/// `words` with single blanks between them; nothing where there is nothing to see.
pub(super) fn tidy(words: &str) -> String {
    let is_invisible = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{3164}')
    };
    if words.chars().all(is_invisible) {
        return String::new();
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn address_of(message: &Message) -> Address {
    Address {
        chat: message.chat.id,
        thread: message
            .message_thread_id
            .filter(|_| message.is_topic_message),
        reply_to: Some(message.message_id).filter(|id| *id > 0),
    }
}

#[cfg(test)]
mod tests;
