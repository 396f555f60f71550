//! What the owner may ask for besides pictures. For everybody else these are commands that nobody knows.
//!
//! | command | where | what comes |
//! |---|---|---|
//! | `/users` | in private | who is let in, with buttons to put them out |
//! | `/stats` | in private | how the bot is doing |
//! | `/rate 12345 30/1m` | in private | how often somebody may search from now on |
//! | `/rate 30/1m` in reply to somebody | anywhere | the same |

use crate::bot::command::{self, Said};
use crate::bot::handler::{Manners, Task, address_of};
use crate::bot::reply::{guests, owner};
use crate::bot::texts::Texts;
use crate::config::Rate;
use crate::telegram::types::Message;

/// How often somebody may search from now on.
pub(super) enum NewRate {
    /// As everybody.
    Default,
    /// As often as they like.
    NoLimit,
    /// So often.
    Own(Rate),
}

/// What the owner's `message` asks for.
pub(super) enum Wish {
    /// Nothing but an answer.
    Task(Task),
    /// An answer, and `id` may search so often from now on.
    Rate { id: i64, rate: NewRate },
    /// To see the rate of `id`.
    ShowRate { id: i64 },
}

/// What the `message` of the owner asks for, if it is one of the owner's own commands.
pub(super) fn wish(message: &Message, manners: &Manners, texts: &'static Texts) -> Option<Wish> {
    let text = message.text.as_deref()?;
    let Said::Ours(command) = command::said(text, &manners.me.username) else {
        return None;
    };
    let (to, is_private) = (address_of(message), message.chat.is_private());
    let say = |reply| Some(Wish::Task(Task::Say { to, reply }));
    match command.name.as_str() {
        "users" | "people" if is_private => {
            let access = &manners.access;
            say(guests::list(texts, &access.book, &access.allowed))
        }
        "stats" if is_private => Some(Wish::Task(Task::Stats { to, texts })),
        "rate" => {
            let mut words: Vec<&str> = command.words.split_whitespace().collect();
            let id = words.first().and_then(|word| word.parse().ok());
            let answered = message.reply_to_message.as_deref();
            let answered = answered.and_then(Message::speaker);
            let id = if id.is_some() {
                words.remove(0);
                id
            } else {
                answered.filter(|id| *id != manners.me.id)
            };
            let usage = || say(owner::rate_usage(texts, manners.rate));
            let Some(id) = id else {
                return if is_private { usage() } else { None };
            };
            match words[..] {
                [] => Some(Wish::ShowRate { id }),
                [word] => match rate(word) {
                    Some(rate) => Some(Wish::Rate { id, rate }),
                    None => usage(),
                },
                _ => usage(),
            }
        }
        _ => None,
    }
}

/// What the last word of `/rate` means.
fn rate(word: &str) -> Option<NewRate> {
    match word.to_ascii_lowercase().as_str() {
        "default" => Some(NewRate::Default),
        "off" | "none" => Some(NewRate::NoLimit),
        rate => rate.parse().ok().map(NewRate::Own),
    }
}
