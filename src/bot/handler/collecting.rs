//! What is asked for in chats whose pictures are collected, and what is posted there.

use super::{Asked as AskedFor, Manners, Task, address_of, tidy};
use crate::bot::collecting::{Asked, Post, Request};
use crate::bot::command::{self, Said};
use crate::bot::reply;
use crate::bot::saving::{NewPicture, Wish};
use crate::bot::texts::Texts;
use crate::bot::wanted::Search;
use crate::search::MAX_QUERY_CHARS;
use crate::telegram::request::Address;
use crate::telegram::types::Message;

/// What `message`, which is not private, asks of the collection of its chat, or adds to it; nothing where
/// it is about something else.
pub(super) fn task(message: &Message, manners: &Manners) -> Option<Task> {
    let text = message.text.as_deref().or(message.caption.as_deref());
    match command::said(text.unwrap_or_default(), &manners.me.username) {
        Said::Ours(command) => match command.name.as_str() {
            "collect" => asked_for(message, collect_of(command.words), manners),
            "forget" => asked_for(message, forget_of(message), manners),
            _ => None,
        },
        Said::Words | Said::Anothers => post(message, false, manners),
    }
}

/// The picture of `message`, if its chat is collected.
pub(super) fn post(message: &Message, is_edit: bool, manners: &Manners) -> Option<Task> {
    if !is_collected(message.chat.id, manners) {
        return None;
    }
    let by_us = |id: Option<i64>| id == Some(manners.me.id);
    let sender = message.from.as_ref().map(|user| user.id);
    let way = message.via_bot.as_ref().map(|bot| bot.id);
    if by_us(sender) || by_us(way) || message.is_service || message.chat.is_direct_messages {
        return None;
    }
    Post::of(message, is_edit).map(Task::Collect)
}

/// Whether what is posted in `chat` is saved: somebody who leads it said so, and the owner let it in.
fn is_collected(chat: i64, manners: &Manners) -> bool {
    let access = &manners.access;
    let by = manners.members.chats.collected_by(chat);
    by.is_some_and(|by| access.serves(chat) || access.book.is_owner(by))
}

fn collect_of(words: &str) -> Asked {
    match words.trim().to_ascii_lowercase().as_str() {
        "off" | "stop" => Asked::Off,
        "forget" => Asked::ForgetAll,
        _ => Asked::On,
    }
}

fn forget_of(message: &Message) -> Asked {
    let replied = message.reply_to_message.as_deref();
    let picture = replied
        .into_iter()
        .chain([message])
        .find_map(NewPicture::of);
    picture.map_or(Asked::ForgetWhat, |picture| Asked::Forget(picture.key))
}

fn asked_for(message: &Message, what: Asked, manners: &Manners) -> Option<Task> {
    let sender = message.from.as_ref();
    let by_a_bot = message.sender_chat.is_none() && sender.is_some_and(|user| user.is_bot);
    let is_to_others = message.is_automatic_forward || message.chat.is_direct_messages;
    if by_a_bot || message.via_bot.is_some() || is_to_others {
        return None;
    }
    let chat = message.chat.id;
    let speaker = message.speaker().unwrap_or(chat);
    let texts = manners.texts(sender.and_then(|user| user.language_code.as_deref()));
    let to = address_of(message);
    let access = &manners.access;
    if !access.serves(chat) && !access.book.is_owner(speaker) {
        let is_known = access.serves(speaker) && !matches!(what, Asked::Forget(_));
        let reply = reply::collecting::not_let_in(texts);
        return is_known.then_some(Task::Say { to, reply });
    }
    let request = Request {
        what,
        leads: speaker == chat,
    };
    Some(Task::Search(search_for(to, speaker, request, texts)))
}

/// What somebody who is not let in asks for in private: a search among the pictures of chats that they may be
/// in, which is asked first.
pub(super) fn as_member(
    wanted: AskedFor<'_>,
    message: &Message,
    manners: &Manners,
    to: Address,
) -> Option<Task> {
    let chats = manners.chats_seen_in(None);
    let user = message.from.as_ref()?;
    if !message.chat.is_private() || user.id != message.chat.id || chats.is_empty() {
        return None;
    }
    let (words, picture) = match wanted {
        AskedFor::Query(words) => (words, None),
        AskedFor::Like(like, picture, words) if like.message_id != message.message_id => {
            (words, Some(picture))
        }
        _ => return None,
    };
    let words = Some(tidy(words)).filter(|words| words.chars().count() <= MAX_QUERY_CHARS)?;
    if words.is_empty() && picture.is_none() {
        return None;
    }
    let language = user.language_code.as_deref();
    let texts = manners.texts(language);
    let search = Search::for_words(to, user.id, words, manners.results, texts);
    let search = search.read_in(manners.reads(language)).among(chats);
    Some(Task::Search(Search {
        picture,
        ..search.as_member()
    }))
}

/// `request` as something to be done before a search that there is none of.
pub(super) fn search_for(
    to: Address,
    asker: i64,
    request: Request,
    texts: &'static Texts,
) -> Search {
    Search {
        wish: Some(Box::new(Wish::Collect(request))),
        ..Search::for_words(to, asker, String::new(), 1, texts)
    }
}
