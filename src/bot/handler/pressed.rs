//! What a pressed button asks for.

use std::time::{Duration, UNIX_EPOCH};

use super::collecting::search_for;
use super::{Asked, Identity, Manners, Task, address_of, request_in, tidy};
use crate::bot::button::{Act, Button};
use crate::bot::collecting::{Asked as CollectAsked, Request};
use crate::bot::reply;
use crate::bot::saving::{Choice, Forget, NewPicture, Wish};
use crate::bot::texts::Texts;
use crate::bot::wanted::Search;
use crate::clock::Clock;
use crate::search::MAX_QUERY_CHARS;
use crate::telegram::request::Address;
use crate::telegram::types::{Callback, Message};

/// After so long nobody expects a button to know what it is about.
const MAX_BUTTON_AGE: Duration = Duration::from_hours(24);

/// What a pressed button asks for.
pub(super) fn tasks(callback: &Callback, manners: &Manners) -> Vec<Task> {
    let acknowledge = |words| Task::Acknowledge {
        callback: callback.id.clone(),
        words,
    };
    let data = callback.data.as_deref().unwrap_or_default();
    let (Some(message), Some(button)) = (&callback.message, Button::read(data)) else {
        return vec![acknowledge(None)];
    };
    let is_in = manners
        .access
        .permits(Some(callback.from.id), message.chat.id);
    if !is_in && !may_be_members(callback, message, &button, manners) {
        return vec![acknowledge(None)];
    }
    let entered = |search: Search| {
        let chats = manners.chats_seen_in(Some(message.chat.id));
        let search = search.among(chats);
        if is_in { search } else { search.as_member() }
    };
    let texts = manners.texts(callback.from.language_code.as_deref());
    let may_press = may_press(callback.from.id, message, &button);
    let task = match (button.act, button.offset) {
        (Act::ForgetChat, _) => forget_chat(callback, message, texts),
        (Act::ForgetShown, 0) => Some(forget_shown(callback, message, texts)),
        (Act::ForgetShown, _) if may_press => Some(ask_to_forget(message, &button, texts)),
        _ => None,
    };
    if task.is_some() || button.act == Act::ForgetChat {
        return [acknowledge(None)].into_iter().chain(task).collect();
    }
    if !may_press {
        return vec![acknowledge(Some(texts.not_yours))];
    }
    if button.act == Act::Similar {
        let search = similar(callback, message, &button, texts, manners);
        return vec![acknowledge(None), Task::Search(entered(search))];
    }
    if let Some(tasks) = choice_tasks(callback, message, &button, texts) {
        return [vec![acknowledge(None)], tasks].concat();
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
    let search = search_of(callback, asked, &button, to, manners).map(entered);
    let task = match search {
        Some(search) if !is_expired(message, &button, &manners.clock) => {
            let id = Some(message.message_id).filter(|id| *id > 0);
            Task::Search(Search {
                offset: button.offset,
                edit: id.filter(|_| {
                    use Act::{Agree, Find, Forget, Retry, Save};
                    matches!(button.act, Retry | Agree | Save | Find | Forget)
                }),
                pressed: id.filter(|_| button.act == Act::More),
                agrees: button.act == Act::Agree,
                ..search
            })
        }
        _ => expired(),
    };
    vec![acknowledge(None), task]
}

/// Whether the button may be pressed by somebody who was not let in: a search in private, among the pictures
/// of chats that they are in, which is asked before.
fn may_be_members(
    callback: &Callback,
    message: &Message,
    button: &Button<'_>,
    manners: &Manners,
) -> bool {
    let is_theirs = message.chat.is_private() && message.chat.id == callback.from.id;
    let searches = matches!(
        button.act,
        Act::Try | Act::Retry | Act::More | Act::Agree | Act::Similar
    );
    is_theirs && searches && !manners.chats_seen_in(None).is_empty()
}

/// The search that a button asks for, with the message that ours replied to; its page goes `to` there.
fn search_of(
    callback: &Callback,
    asked: Option<&Message>,
    button: &Button<'_>,
    to: Address,
    manners: &Manners,
) -> Option<Search> {
    let users = callback.from.language_code.as_deref();
    let (texts, language) = (manners.texts(users), manners.reads(users));
    let search = |query| {
        Search::for_words(to, callback.from.id, query, manners.results, texts).read_in(language)
    };
    if let Act::Save | Act::Find | Act::Forget = button.act {
        let wish = Some(Box::new(wish_of(button, asked)?));
        let caption = asked.and_then(|asked| asked.caption.as_deref());
        let words = tidy(caption.unwrap_or_default());
        let words = words.chars().take(MAX_QUERY_CHARS).collect();
        let found = Search {
            wish,
            ..search(words)
        };
        return Some(match asked.and_then(Message::picture) {
            Some(picture) => found.like(picture),
            None => found,
        });
    }
    if button.by_picture {
        let picture = asked?.picture()?;
        let from = asked.and_then(|asked| asked.from.as_ref());
        return Some(Search {
            is_found: from.is_some_and(|from| from.id == manners.me.id),
            ..search(tidy(button.words)).like(picture)
        });
    }
    let words = Some(button.words).filter(|words| !words.is_empty());
    let words = words.or_else(|| words_of(asked?, &manners.me)).map(tidy)?;
    let is_query = (1..=MAX_QUERY_CHARS).contains(&words.chars().count());
    is_query.then(|| search(words))
}

/// To forget all that was saved in the chat of `message`; who presses must lead it, which is asked later.
fn forget_chat(callback: &Callback, message: &Message, texts: &'static Texts) -> Option<Task> {
    if message.chat.is_private() {
        return None;
    }
    let request = Request {
        what: CollectAsked::SurelyForgetAll,
        leads: false,
    };
    let to = address_of(message);
    let search = search_for(to, callback.from.id, request, texts);
    let edit = Some(message.message_id).filter(|id| *id > 0);
    Some(Task::Search(Search { edit, ..search }))
}

/// To forget the picture in `message`, which we found, or in the one that ours replied to: in a chat, if who
/// presses may do that, which is asked later; in private, if they saved it.
fn forget_shown(callback: &Callback, message: &Message, texts: &'static Texts) -> Task {
    let (to, user) = (address_of(message), callback.from.id);
    let asked = message.reply_to_message.as_deref();
    let own = NewPicture::of(message);
    // Our question becomes the answer; a picture stays.
    let edit = Some(message.message_id).filter(|id| own.is_none() && *id > 0);
    let Some(picture) = own.or_else(|| asked.and_then(NewPicture::of)) else {
        let reply = reply::expired(texts);
        return Task::Say { to, reply };
    };
    let search = if message.chat.is_private() {
        let found = Search::for_words(to, user, String::new(), 1, texts);
        Search {
            wish: Some(Box::new(Wish::Forget(Forget::Picture(picture.key)))),
            ..found
        }
    } else {
        let request = Request {
            what: CollectAsked::Forget(picture.key),
            leads: false,
        };
        search_for(to, user, request, texts)
    };
    Task::Search(Search { edit, ..search })
}

/// Asks whether a picture in another message of ours is to be forgotten, in reply to it: so everybody sees
/// which, and Telegram shows it to us with the answer.
fn ask_to_forget(message: &Message, button: &Button<'_>, texts: &Texts) -> Task {
    let to = Address {
        reply_to: i64::try_from(button.offset).ok(),
        ..address_of(message)
    };
    let reply = reply::forget_this(texts);
    Task::Say { to, reply }
}

/// Pictures like one that we sent: the one in `message`, or in another message of its chat.
fn similar(
    callback: &Callback,
    message: &Message,
    button: &Button<'_>,
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

/// What a button of `/settings` changes, and says.
fn choice_tasks(
    callback: &Callback,
    message: &Message,
    button: &Button<'_>,
    texts: &'static Texts,
) -> Option<Vec<Task>> {
    let choice = match button.act {
        Act::SaveAll => Choice::Save,
        Act::FindAll => Choice::Find,
        _ => return None,
    };
    let user = callback.from.id;
    let reply = reply::settings(texts, Some(choice));
    let (chat, message) = (message.chat.id, message.message_id);
    let shown = Task::Edit {
        chat,
        message,
        reply,
    };
    Some(vec![Task::Choose { user, choice }, shown])
}

/// What a button asks for that is about saving, with the message that ours replied to.
fn wish_of(button: &Button<'_>, asked: Option<&Message>) -> Option<Wish> {
    if button.act == Act::Forget && !button.by_picture {
        return Some(Wish::Forget(Forget::All));
    }
    let picture = NewPicture::of(asked?)?;
    let choice = match button.act {
        Act::Forget => return Some(Wish::Forget(Forget::Picture(picture.key))),
        Act::Save => Choice::Save,
        _ => Choice::Find,
    };
    Some(Wish::Bare {
        picture,
        choice: Some(choice),
        follows: false,
    })
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
    let goes_on = matches!(button.act, Act::Retry | Act::More | Act::Agree);
    goes_on && age.is_some_and(|age| age >= MAX_BUTTON_AGE)
}

/// The words in the message that ours replied to.
fn words_of<'a>(asked: &'a Message, me: &Identity) -> Option<&'a str> {
    match request_in(asked, me) {
        Some(Asked::Query(words)) => Some(words),
        Some(
            Asked::Help
            | Asked::WordsOnly
            | Asked::SmallTalk(_)
            | Asked::Like(..)
            | Asked::Settings
            | Asked::Forget(_)
            | Asked::ForgetMe
            | Asked::Collect,
        ) => None,
        // In a group, words that answered our question: that question is not shown here.
        None => asked.text.as_deref().filter(|text| !text.starts_with('/')),
    }
}
