//! What an update asks for: update in, tasks out. Pure, so that every manner of the bot can be
//! read and tested here.

use super::access::Access;
use super::access::book::Book;
use super::reply::{self, Reply};
use super::texts::Texts;
use crate::config::BotConfig;
use crate::search::MAX_QUERY_CHARS;
use crate::telegram::request::Address;
use crate::telegram::types::{Callback, Event, Message, Update};

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
    },
    /// Search and send the pictures.
    Search(Search),
}

/// A search somebody asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// Where the pictures go.
    pub to: Address,
    /// The user who asked, or the chat that somebody asked in its name.
    pub asker: i64,
    /// The words, 1 to [`MAX_QUERY_CHARS`] characters, single blanks between them.
    pub query: String,
    /// How many pictures are wanted.
    pub results: usize,
    /// A message of ours to be edited into the acknowledgement, instead of a new one.
    pub edit: Option<i64>,
    /// What is said about it.
    pub texts: &'static Texts,
}

/// What `update` asks for; nothing for most.
#[must_use]
pub fn tasks(update: &Update, manners: &Manners) -> Vec<Task> {
    match &update.event {
        Event::Message(message) => message_task(message, manners).into_iter().collect(),
        Event::Callback(callback) => callback_tasks(callback, manners),
        Event::Other => Vec::new(),
    }
}

fn message_task(message: &Message, manners: &Manners) -> Option<Task> {
    let sender = message.from.as_ref();
    if sender.is_some_and(|user| user.is_bot) && message.chat.is_private() {
        return None;
    }
    if message
        .via_bot
        .as_ref()
        .is_some_and(|bot| bot.id == manners.me.id)
    {
        return None;
    }
    let wanted = request_in(message, &manners.me)?;
    let texts = manners.texts(sender.and_then(|user| user.language_code.as_deref()));
    let to = address_of(message);
    if !manners.access.permits(message.speaker(), message.chat.id) {
        let reply = reply::private_bot(texts, message.chat.id);
        return message.chat.is_private().then_some(Task::Say { to, reply });
    }
    let reply = match wanted {
        Asked::Help => reply::help(texts, manners.results),
        Asked::WordsOnly => reply::words_only(texts),
        Asked::Query(words) => match tidy(words) {
            query if query.is_empty() => reply::query_needed(texts),
            query if query.chars().count() > MAX_QUERY_CHARS => reply::query_too_long(texts),
            query => {
                return Some(Task::Search(Search {
                    to,
                    asker: message.speaker().unwrap_or(message.chat.id),
                    query,
                    results: manners.results,
                    edit: None,
                    texts,
                }));
            }
        },
    };
    Some(Task::Say { to, reply })
}

fn callback_tasks(callback: &Callback, manners: &Manners) -> Vec<Task> {
    let mut tasks = vec![Task::Acknowledge {
        callback: callback.id.clone(),
    }];
    let Some(message) = &callback.message else {
        return tasks;
    };
    if !manners
        .access
        .permits(Some(callback.from.id), message.chat.id)
    {
        return tasks;
    }
    let texts = manners.texts(callback.from.language_code.as_deref());
    let data = callback.data.as_deref().unwrap_or_default();
    // The query stands in the button, or, where it was too long for one, in the message that
    // ours replied to.
    let asked = message.reply_to_message.as_deref();
    let from_message = || match request_in(asked?, &manners.me) {
        Some(Asked::Query(words)) => Some(words),
        Some(Asked::Help | Asked::WordsOnly) => None,
        // In a group, words that answered our question: that question is not shown here.
        None => asked?.text.as_deref().filter(|text| !text.starts_with('/')),
    };
    let (in_place, words) = if let Some(words) = data.strip_prefix(reply::RETRY) {
        (true, words)
    } else if let Some(words) = data.strip_prefix(reply::AGAIN) {
        (false, words)
    } else {
        return tasks;
    };
    let words = if words.is_empty() {
        from_message()
    } else {
        Some(words)
    };
    let to = Address {
        reply_to: asked.map(|asked| asked.message_id).filter(|id| *id > 0),
        ..address_of(message)
    };
    tasks.push(match words.map(tidy) {
        Some(query) if (1..=MAX_QUERY_CHARS).contains(&query.chars().count()) => {
            let edit = (in_place && message.message_id > 0).then_some(message.message_id);
            Task::Search(Search {
                to,
                asker: callback.from.id,
                query,
                results: manners.results,
                edit,
                texts,
            })
        }
        _ => Task::Say {
            to,
            reply: reply::expired(texts),
        },
    });
    tasks
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
        }
    }

    /// The same with what the owner decided so far.
    #[must_use]
    pub fn with_book(mut self, book: Book) -> Self {
        self.access.book = book;
        self
    }

    /// Other manners of the same bot.
    pub fn take_over(&mut self, config: &BotConfig) {
        let book = std::mem::take(&mut self.access.book);
        *self = Self::of(std::mem::take(&mut self.me), config).with_book(book);
    }

    /// The texts for a user whose app speaks `users` language.
    #[must_use]
    pub fn texts(&self, users: Option<&str>) -> &'static Texts {
        Texts::of(self.language.as_deref().or(users))
    }
}

enum Asked<'a> {
    Help,
    Query(&'a str),
    /// Something without words, in private.
    WordsOnly,
}

/// What a message asks this bot for; `None` for silence.
fn request_in<'a>(message: &'a Message, me: &Identity) -> Option<Asked<'a>> {
    let private = message.chat.is_private();
    let Some(text) = message.text.as_deref() else {
        return private.then_some(Asked::WordsOnly);
    };
    if let Some(command) = text.strip_prefix('/') {
        let (command, words) = command
            .split_once(char::is_whitespace)
            .unwrap_or((command, ""));
        let (name, bot) = command.split_once('@').unwrap_or((command, ""));
        if !bot.is_empty() && !bot.eq_ignore_ascii_case(&me.username) {
            return None;
        }
        return match name.to_ascii_lowercase().as_str() {
            "start" | "help" => Some(Asked::Help),
            "query" => Some(Asked::Query(words)),
            _ => private.then_some(Asked::Help),
        };
    }
    let answers_us = message.reply_to_message.as_deref().is_some_and(|asked| {
        asked.from.as_ref().is_some_and(|author| author.id == me.id)
            && asked.text.as_deref().is_some_and(reply::is_query_needed)
    });
    (private || answers_us).then_some(Asked::Query(text))
}

/// What follows `/start`, if `message` is that command and meant for us.
pub(super) fn start_in<'a>(message: &'a Message, me: &Identity) -> Option<&'a str> {
    let text = message.text.as_deref()?;
    let (command, words) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (name, bot) = command.split_once('@').unwrap_or((command, ""));
    let ours = bot.is_empty() || bot.eq_ignore_ascii_case(&me.username);
    (ours && name.eq_ignore_ascii_case("/start")).then(|| words.trim())
}

fn tidy(words: &str) -> String {
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
mod tests {
    use super::*;
    use crate::config::Allowed;
    use serde_json::{Value, json};

    fn manners() -> Manners {
        let me = Identity {
            id: 42,
            username: "clip_bot".into(),
        };
        Manners {
            me,
            access: Access::new(Allowed::Everyone),
            results: 5,
            ..Manners::default()
        }
    }

    fn tasks_of(event: Value) -> Vec<Task> {
        let mut update = event;
        update["update_id"] = 1.into();
        tasks(
            &Update::from_json(&update).expect("a good update"),
            &manners(),
        )
    }

    fn private(text: &str) -> Value {
        json!({"message": {"message_id": 3, "text": text, "chat": {"id": 7, "type": "private"},
            "from": {"id": 7, "language_code": "en"}}})
    }

    fn group(text: &str) -> Value {
        json!({"message": {"message_id": 3, "text": text, "chat": {"id": -7, "type": "supergroup"},
            "from": {"id": 8}}})
    }

    /// `search: words`, `say: first words…`, or nothing.
    fn said(event: Value) -> String {
        let lines: Vec<String> = tasks_of(event)
            .into_iter()
            .map(|task| match task {
                Task::Search(search) => format!("search: {}", search.query),
                Task::Say { reply, .. } => {
                    format!("say: {}", reply.text.chars().take(14).collect::<String>())
                }
                Task::Acknowledge { callback } => format!("ack {callback}"),
                Task::Edit { reply, .. } => format!("edit: {}", reply.text),
            })
            .collect();
        lines.join("; ")
    }

    #[test]
    fn what_a_message_gets() {
        let table = [
            (private("/start"), "say: I find picture"),
            (private("/help"), "say: I find picture"),
            (private("/start deep-link"), "say: I find picture"),
            (private("/query red bus"), "search: red bus"),
            (private("/query a&b #1 100%"), "search: a&b #1 100%"),
            (private("/QUERY@Clip_Bot  red\nbus "), "search: red bus"),
            (private("red bus"), "search: red bus"),
            (private("/query"), "say: What shall I l"),
            (private("/query  \n"), "say: What shall I l"),
            (private(&"x ".repeat(251)), "say: That is too lo"),
            (private("/unknown"), "say: I find picture"),
            (private("/query@other_bot x"), ""),
            (group("/query red bus"), "search: red bus"),
            (group("/query@clip_bot red bus"), "search: red bus"),
            (group("/query@other_bot red bus"), ""),
            (group("/queryx red bus"), ""),
            (group("red bus"), ""),
            (group("/help@clip_bot"), "say: I find picture"),
            (
                json!({"edited_message": private("/query x")["message"]}),
                "",
            ),
            (json!({"channel_post": group("/query x")["message"]}), ""),
        ];
        for (event, expected) in table {
            assert_eq!(said(event.clone()), expected, "{event}");
        }
    }

    #[test]
    fn a_picture_in_private_is_answered_and_in_a_group_is_not() {
        let picture =
            |chat: Value| json!({"message": {"message_id": 1, "photo": [], "chat": chat}});
        assert_eq!(
            said(picture(json!({"id": 7, "type": "private"}))),
            "say: I search by wo"
        );
        assert_eq!(said(picture(json!({"id": -7, "type": "group"}))), "");
    }

    #[test]
    fn a_reply_to_our_question_is_a_query_in_a_group_too() {
        let question = reply::query_needed(Texts::of(Some("es"))).text;
        let mut event = group("un gato");
        event["message"]["reply_to_message"] =
            json!({"message_id": 2, "chat": {"id": -7}, "from": {"id": 42}, "text": question});
        assert_eq!(said(event.clone()), "search: un gato");
        event["message"]["reply_to_message"]["from"]["id"] = 43.into();
        assert_eq!(said(event), "");
    }

    #[test]
    fn the_answer_goes_to_the_message_and_its_topic() {
        let mut event = group("/query x");
        event["message"]["message_thread_id"] = 9.into();
        let address = |event: Value| match tasks_of(event).pop() {
            Some(Task::Search(search)) => search.to,
            other => panic!("{other:?}"),
        };
        let here = Address {
            chat: -7,
            thread: None,
            reply_to: Some(3),
        };
        assert_eq!(address(event.clone()), here, "a thread that is no topic");
        event["message"]["is_topic_message"] = true.into();
        assert_eq!(
            address(event.clone()),
            Address {
                thread: Some(9),
                ..here
            }
        );
        event["message"]["message_id"] = 0.into();
        assert_eq!(
            address(event),
            Address {
                thread: Some(9),
                reply_to: None,
                ..here
            },
            "ephemeral"
        );
    }

    fn pressed(data: &str, asked: &str) -> Value {
        json!({"callback_query": {"id": "c1", "from": {"id": 7}, "data": data, "message": {
            "message_id": 5, "chat": {"id": 7, "type": "private"}, "from": {"id": 42},
            "reply_to_message": {"message_id": 3, "text": asked, "chat": {"id": 7, "type": "private"}}
        }}})
    }

    #[test]
    fn buttons_repeat_a_search() {
        let table = [
            (pressed("a:red bus", "/query x"), "ack c1; search: red bus"),
            (pressed("r:", "/query red bus"), "ack c1; search: red bus"),
            (pressed("r:", "/help"), "ack c1; say: I no longer kn"),
            (pressed("x:red bus", "/query x"), "ack c1"),
            (pressed("", "/query x"), "ack c1"),
            (
                json!({"callback_query": {"id": "c1", "from": {"id": 7}, "data": "r:x"}}),
                "ack c1",
            ),
        ];
        for (event, expected) in table {
            assert_eq!(said(event.clone()), expected, "{event}");
        }
        let edit = |data| match tasks_of(pressed(data, "/query x")).pop() {
            Some(Task::Search(search)) => search.edit,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            (edit("r:bus"), edit("a:bus")),
            (Some(5), None),
            "retry edits, again does not"
        );
    }

    #[test]
    fn a_button_repeats_a_long_reply_to_our_question_in_a_group() {
        let words = "un gato ".repeat(20);
        let chat = json!({"id": -7, "type": "supergroup"});
        let mut event = pressed("a:", &words);
        event["callback_query"]["message"]["chat"] = chat.clone();
        event["callback_query"]["message"]["reply_to_message"]["chat"] = chat;
        assert_eq!(
            said(event.clone()),
            format!("ack c1; search: {}", words.trim())
        );
        event["callback_query"]["message"]["reply_to_message"]["text"] = "/other x".into();
        assert_eq!(said(event), "ack c1; say: I no longer kn");
    }

    #[test]
    fn strangers_are_told_in_private_and_ignored_in_groups() {
        let manners = Manners {
            access: Access::new(Allowed::Ids(vec![1])),
            ..manners()
        };
        let tasks = |mut event: Value| {
            event["update_id"] = 1.into();
            tasks(&Update::from_json(&event).expect("a good update"), &manners)
        };
        let [Task::Say { reply, .. }] = &tasks(private("/query x"))[..] else {
            panic!("told")
        };
        assert!(reply.text.contains("your id is 7"), "{}", reply.text);
        assert_eq!(tasks(group("/query x")), []);
        assert_eq!(
            tasks(pressed("a:x", "")),
            [Task::Acknowledge {
                callback: "c1".into()
            }]
        );
    }
}
