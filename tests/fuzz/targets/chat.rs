//! What comes from chats, and what goes back.

use std::time::Duration;

use clip_bot::bot::access::Access;
use clip_bot::bot::handler::{Identity, Manners, Task, tasks};
use clip_bot::bot::reply::{self, Reply, Tally};
use clip_bot::bot::texts::{ALL, Texts};
use clip_bot::bot::wanted::Search;
use clip_bot::config::Allowed;
use clip_bot::search::{Failure, MAX_QUERY_CHARS, MAX_URL_BYTES, Reason};
use clip_bot::telegram::types::{Event, Update};
use serde_json::{Value, json};

use super::Input;

/// The bot's own account in all cases.
const ME: i64 = 42;

fn manners(allowed: &[i64], language: Option<&str>) -> Manners {
    Manners {
        me: Identity {
            id: ME,
            username: "clip_bot".into(),
        },
        access: Access::new(if allowed.is_empty() {
            Allowed::Everyone
        } else {
            Allowed::Ids(allowed.to_vec())
        }),
        language: language.map(str::to_owned),
        results: 5,
        ..Manners::default()
    }
}

/// Any JSON as an update.
pub fn update(bytes: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    match Update::from_json(&json) {
        Ok(update) => {
            assert_eq!(Update::id_of(&json), Some(update.id));
            for manners in [
                Manners::default(),
                manners(&[], None),
                manners(&[], Some("es")),
                manners(&[7], Some("en")),
            ] {
                check_tasks(&update, &manners);
            }
        }
        Err(error) => assert!(!error.chain().is_empty()),
    }
}

/// Any text in a message, and the buttons of its answer.
pub fn command(bytes: &[u8]) {
    let mut input = Input(bytes);
    let kind = input.byte();
    let (private, answers_us) = (kind & 1 == 0, kind & 2 != 0);
    let chat = json!({ "id": if private { 7 } else { -7 }, "type": if private { "private" } else { "group" } });
    let from = json!({ "id": 7, "language_code": if kind & 4 == 0 { "en" } else { "es-AR" } });
    let text = input.text();
    let asked = json!({ "message_id": 3, "chat": chat, "from": from, "text": text });
    let mut message = asked.clone();
    if answers_us {
        let question = reply::query_needed(ALL[usize::from(kind >> 3) % ALL.len()]).text;
        message["reply_to_message"] =
            json!({ "message_id": 2, "chat": chat, "from": { "id": ME }, "text": question });
    }
    let manners = manners(&[], None);
    let all = check_json(&json!({ "update_id": 1, "message": message }), &manners);
    let command = text.strip_prefix('/');
    let to_another = command.is_some_and(|command| {
        let name = command.split(char::is_whitespace).next();
        name.is_some_and(|name| name.contains('@'))
    });
    if private && !to_another {
        assert_eq!(all.len(), 1, "nobody is left without an answer in private");
    }
    if !private && !answers_us && command.is_none() {
        assert_eq!(all, [], "no answer to what groups talk about");
    }
    let Some(Task::Search(search)) = all.first() else {
        return;
    };
    // Telegram shows one level of replies: the message that ours answers, without what that one
    // answers.
    for said in [
        reply::found(search, Tally::default(), Duration::ZERO, Some(5)),
        reply::internal(search),
    ] {
        let pressed = json!({ "update_id": 2, "callback_query": {
            "id": "1", "from": from, "data": said.markup["inline_keyboard"][0][0]["callback_data"],
            "message": { "message_id": 4, "chat": chat, "from": { "id": ME }, "text": said.text,
                "reply_to_message": asked },
        } });
        let update = Update::from_json(&pressed).expect("a good update");
        match tasks(&update, &manners).last() {
            Some(Task::Search(again)) => {
                assert_eq!((&again.query, again.to), (&search.query, search.to));
            }
            other => panic!("the button does not repeat {:?}: {other:?}", search.query),
        }
    }
}

/// Any addresses, sent as links.
pub fn links(bytes: &[u8]) {
    let mut input = Input(bytes);
    let texts = ALL[usize::from(input.byte()) % ALL.len()];
    let mut urls = Vec::new();
    // An answer has at most ten pictures.
    while let [length, more, _, ..] = input.0
        && urls.len() < 10
    {
        let length = (usize::from(*length) << 3 | usize::from(*more) & 7).clamp(1, MAX_URL_BYTES);
        input.0 = &input.0[2..];
        let line = String::from_utf8_lossy(input.line()).replace(char::is_control, "");
        if !line.is_empty() {
            let mut url = line.repeat(length / line.len() + 1);
            while url.len() > length {
                url.pop();
            }
            urls.push(url);
        }
    }
    urls.retain(|url| !url.is_empty());
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let messages = reply::links(texts, &urls);
    for text in &messages {
        check_text(text);
    }
    let heading = (!urls.is_empty()).then_some(texts.links);
    let expected: Vec<&str> = heading.into_iter().chain(urls).collect();
    assert_eq!(messages.join("\n"), expected.join("\n"));
}

fn check_json(update: &Value, manners: &Manners) -> Vec<Task> {
    let update = Update::from_json(update).expect("a good update");
    check_tasks(&update, manners)
}

/// The tasks for `update`, all of which are for the chat it came from.
fn check_tasks(update: &Update, manners: &Manners) -> Vec<Task> {
    let all = tasks(update, manners);
    let (chat, user) = match &update.event {
        Event::Message(message) => (Some(&message.chat), message.from.as_ref()),
        Event::Callback(callback) => {
            let callback_id = callback.id.clone();
            assert_eq!(
                all.first(),
                Some(&Task::Acknowledge {
                    callback: callback_id,
                    words: acknowledgement_of(&all),
                })
            );
            (
                callback.message.as_ref().map(|message| &message.chat),
                Some(&callback.from),
            )
        }
        Event::Edited(message) => (Some(&message.chat), message.from.as_ref()),
        Event::Inline(_) | Event::Member(_) | Event::OwnMembership(_) | Event::Other => {
            (None, None)
        }
    };
    for (position, task) in all.iter().enumerate() {
        match task {
            Task::Acknowledge { .. } => assert_eq!(position, 0),
            Task::Say { to, reply } => {
                assert_eq!(Some(to.chat), chat.map(|chat| chat.id));
                check_reply(reply);
            }
            Task::Stats { .. } | Task::OwnersMenu { .. } => {
                panic!("the handler does nothing for the owner")
            }
            Task::Edit { reply, .. } => check_reply(reply),
            Task::Collect(post) => {
                assert_eq!(Some(post.chat), chat.map(|chat| chat.id));
                assert!(manners.members.chats.collected_by(post.chat).is_some());
            }
            Task::Choose { user: who, .. } => assert_eq!(Some(*who), user.map(|user| user.id)),
            Task::Search(search) => {
                assert_eq!(Some(search.to.chat), chat.map(|chat| chat.id));
                let speaker = match &update.event {
                    Event::Message(message) => message.speaker(),
                    _ => user.map(|user| user.id),
                };
                assert!(manners.access.permits(speaker, search.to.chat));
                check_search(search);
            }
        }
    }
    assert!(all.len() <= 2);
    all
}

/// What who pressed a button is told; fits what Telegram shows.
fn acknowledgement_of(all: &[Task]) -> Option<&'static str> {
    let Some(Task::Acknowledge { words, .. }) = all.first() else {
        return None;
    };
    assert!(words.is_none_or(|words| words.encode_utf16().count() <= 200));
    *words
}

fn check_search(search: &Search) {
    let Search {
        query, texts, to, ..
    } = search;
    let fewest = usize::from(search.picture.is_none());
    assert!((fewest..=MAX_QUERY_CHARS).contains(&query.chars().count()));
    assert_eq!(
        query.split_whitespace().collect::<Vec<_>>().join(" "),
        *query
    );
    assert!(to.reply_to.is_none_or(|id| id > 0) && search.edit.is_none_or(|id| id > 0));
    let tally = Tally {
        pictures: 9,
        links: 1,
        ..Tally::default()
    };
    let mut said = vec![
        reply::searching(search),
        reply::waking(search),
        reply::still_asleep(search),
        reply::nothing(search),
        reply::found(search, tally, Duration::MAX, None),
        reply::internal(search),
    ];
    for reason in [
        Reason::BadQuery,
        Reason::Quota,
        Reason::Timeout,
        Reason::Garbled,
    ] {
        said.push(reply::failed(search, &Failure::new(reason, "m")));
    }
    for reply in &said {
        check_reply(reply);
        assert!(
            search.picture.is_some() || reply.text.contains(query.as_str()),
            "{}",
            reply.text
        );
    }
    assert_eq!(Texts::of(Some(texts.language)), *texts);
}

fn check_reply(reply: &Reply) {
    check_text(&reply.text);
    let rows = reply.markup["inline_keyboard"].as_array();
    for button in rows
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten()
    {
        let data = button["callback_data"].as_str().expect("a button has data");
        assert!((1..=64).contains(&data.len()), "{data}");
    }
}

/// Telegram counts in UTF-16 units.
fn check_text(text: &str) {
    let units = text.encode_utf16().count();
    assert!((1..=4096).contains(&units), "{units} units: {text}");
}
