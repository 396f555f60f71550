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
//! | a picture or an image file, in private, or with our command below it or in reply to it | pictures like that one; the words count, too |
//! | a reply to our question for words, in a group | an answer |
//! | anything else in a group | silence |
//! | a service message (pins, timers, gifts, payments), or a kind that nobody knows yet | silence |
//! | several messages of one album | one answer ([`super::recent`]) |
//! | an edited message, a channel's post | silence: they are not even fetched |
//! | a button of ours, pressed by who asked | an answer, once |
//! | a button pressed by somebody else in a group, or with data of another make | a word to who pressed it, or silence |

use std::time::{Duration, UNIX_EPOCH};

use super::access::Access;
use super::access::book::Book;
use super::button::{Act, Button};
use super::command::{self, Command, Said};
use super::reply::{self, Reply};
use super::small_talk::{SmallTalk, small_talk};
use super::texts::Texts;
use super::wanted::Search;
use crate::clock::Clock;
use crate::config::{BotConfig, Rate};
use crate::search::{Language, MAX_QUERY_CHARS};
use crate::telegram::request::Address;
use crate::telegram::types::{Callback, Event, Message, SentPicture, Update};

/// After so long nobody expects a button to know what it is about.
const MAX_BUTTON_AGE: Duration = Duration::from_hours(24);

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
}

/// What `update` asks for; nothing for most.
#[must_use]
pub fn tasks(update: &Update, manners: &Manners) -> Vec<Task> {
    match &update.event {
        Event::Message(message) => message_task(message, manners).into_iter().collect(),
        Event::Callback(callback) => callback_tasks(callback, manners),
        // Those that somebody types are no chat of ours: see `inline`.
        Event::Inline(_) | Event::Other => Vec::new(),
    }
}

fn message_task(message: &Message, manners: &Manners) -> Option<Task> {
    let speaker = speaker_of(message, &manners.me)?;
    let sender = message.from.as_ref();
    let wanted = request_in(message, &manners.me)?;
    let users = sender.and_then(|user| user.language_code.as_deref());
    let texts = manners.texts(users);
    let to = address_of(message);
    if !manners.access.permits(Some(speaker), message.chat.id) {
        let reply = reply::private_bot(texts, message.chat.id);
        return message.chat.is_private().then_some(Task::Say { to, reply });
    }
    let results = manners.results;
    let language = manners.reads(users);
    let search =
        |to, words| Search::for_words(to, speaker, words, results, texts).read_in(language);
    let reply = match wanted {
        Asked::Help => reply::help(texts, manners.results),
        Asked::WordsOnly => reply::words_only(texts),
        Asked::SmallTalk(talk) => reply::small_talk(texts, talk),
        Asked::Query(words) => match tidy(words) {
            query if query.is_empty() => reply::query_needed(texts),
            query if query.chars().count() > MAX_QUERY_CHARS => reply::query_too_long(texts),
            query => return Some(Task::Search(search(to, query))),
        },
        Asked::Like(like, picture, words) => match tidy(words) {
            query if query.chars().count() > MAX_QUERY_CHARS => reply::query_too_long(texts),
            query => {
                // All that a button needs later must stand in the message that ours replies to.
                let reply_to = Some(like.message_id).filter(|id| *id > 0);
                let to = Address { reply_to, ..to };
                return Some(Task::Search(search(to, query).like(picture)));
            }
        },
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

fn callback_tasks(callback: &Callback, manners: &Manners) -> Vec<Task> {
    let acknowledge = |words| Task::Acknowledge {
        callback: callback.id.clone(),
        words,
    };
    let data = callback.data.as_deref().unwrap_or_default();
    let (Some(message), Some(button)) = (&callback.message, Button::read(data)) else {
        return vec![acknowledge(None)];
    };
    if !manners
        .access
        .permits(Some(callback.from.id), message.chat.id)
    {
        return vec![acknowledge(None)];
    }
    let texts = manners.texts(callback.from.language_code.as_deref());
    if !may_press(callback.from.id, message, &button) {
        return vec![acknowledge(Some(texts.not_yours))];
    }
    if button.act == Act::Similar {
        let search = similar(callback, message, &button, texts, manners);
        return vec![acknowledge(None), Task::Search(search)];
    }
    let asked = message.reply_to_message.as_deref();
    let to = Address {
        reply_to: asked.map(|asked| asked.message_id).filter(|id| *id > 0),
        ..address_of(message)
    };
    let expired = || Task::Say {
        to,
        reply: reply::expired(texts),
    };
    let words = Some(button.words).filter(|words| !words.is_empty());
    let words = words.or_else(|| words_of(asked?, &manners.me)).map(tidy);
    let is_query = |query: &String| (1..=MAX_QUERY_CHARS).contains(&query.chars().count());
    let language = manners.reads(callback.from.language_code.as_deref());
    let search = |query| {
        Search::for_words(to, callback.from.id, query, manners.results, texts).read_in(language)
    };
    let search = if button.by_picture {
        let picture = asked.and_then(Message::picture);
        let is_found = asked
            .and_then(|asked| asked.from.as_ref())
            .is_some_and(|from| from.id == manners.me.id);
        picture.map(|picture| Search {
            is_found,
            ..search(tidy(button.words)).like(picture)
        })
    } else {
        words.filter(is_query).map(search)
    };
    let task = match search {
        Some(search) if !is_expired(message, &button, &manners.clock) => {
            let id = Some(message.message_id).filter(|id| *id > 0);
            Task::Search(Search {
                offset: button.offset,
                edit: id.filter(|_| matches!(button.act, Act::Retry | Act::Agree)),
                pressed: id.filter(|_| button.act == Act::More),
                agrees: button.act == Act::Agree,
                ..search
            })
        }
        _ => expired(),
    };
    vec![acknowledge(None), task]
}

/// Pictures like one that we sent: the one in `message`, or in another message of its chat.
fn similar(
    callback: &Callback,
    message: &Message,
    button: &Button,
    texts: &'static Texts,
    manners: &Manners,
) -> Search {
    let here = |number: i64| (number > 0).then_some(number);
    let other = i64::try_from(button.offset).ok().and_then(here);
    let to = Address {
        reply_to: other.or(here(message.message_id)),
        ..address_of(message)
    };
    let language = manners.reads(callback.from.language_code.as_deref());
    let words = String::new();
    let search = Search::for_words(to, callback.from.id, words, manners.results, texts);
    Search {
        picture: message.picture().filter(|_| other.is_none()),
        is_found: true,
        ..search.read_in(language)
    }
}

/// Whether `user` may press `button` of our `message`: in a group only who asked, as the button and
/// the message that ours replied to say. Who asked in a chat's name is known to nobody; then everybody
/// there may.
fn may_press(user: i64, message: &Message, button: &Button) -> bool {
    let asked = message.reply_to_message.as_deref();
    // The picture may be somebody else's.
    let asked = asked.filter(|_| !button.by_picture);
    let owners = [button.owner, asked.and_then(Message::speaker)];
    let mut known = owners.into_iter().flatten().peekable();
    let is_known = known.peek().is_some();
    let is_public = message.chat.is_private() || button.act == Act::Try;
    (is_known || is_public) && known.all(|owner| owner == user || owner < 0)
}

/// Whether the button is too old: what it went on with is forgotten. What searches anew does not age.
fn is_expired(message: &Message, button: &Button, clock: &Clock) -> bool {
    let made = message.date.and_then(|date| u64::try_from(date).ok());
    let made = made.map(|date| UNIX_EPOCH + Duration::from_secs(date));
    let age = made.and_then(|made| clock.since(made));
    button.act != Act::Try && age.is_some_and(|age| age >= MAX_BUTTON_AGE)
}

/// The words in the message that ours replied to.
fn words_of<'a>(asked: &'a Message, me: &Identity) -> Option<&'a str> {
    match request_in(asked, me) {
        Some(Asked::Query(words)) => Some(words),
        Some(Asked::Help | Asked::WordsOnly | Asked::SmallTalk(_) | Asked::Like(..)) => None,
        // In a group, words that answered our question: that question is not shown here.
        None => asked.text.as_deref().filter(|text| !text.starts_with('/')),
    }
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
        }
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
        *self = Self::of(std::mem::take(&mut self.me), config)
            .with_book(book)
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
