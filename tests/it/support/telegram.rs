//! The playground's Bot API server on port 0, as the tests use it: they push updates, make it fail
//! and read what was asked. When it is dropped, every request it got is judged by an independent
//! set of Bot API types.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clip_bot::playground::bot_api::{Answer, BotApi};
use serde_json::{Value, json};

use super::playground::Served;
use super::server::Reply;
use super::{PATIENCE, judge};

pub use clip_bot::playground::bot_api::Call;

/// The token of the bot under test; must appear in nothing it prints.
pub const TOKEN: &str = "4242:THIS-TOKEN-must-never-be-shown";

/// A picture that nothing is wrong with: 1 × 1 pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\
    \0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

/// The server.
pub struct Telegram {
    pub api: BotApi,
    served: Served,
    bad_media: Arc<Mutex<Vec<String>>>,
}

impl Telegram {
    pub fn start() -> Self {
        let bad_media = Arc::new(Mutex::new(Vec::new()));
        let bad = Arc::clone(&bad_media);
        let fetch = move |address: &str| {
            let bad = bad.lock().expect("no panic while held");
            let is_bad = bad.iter().any(|bad| bad == address);
            (!is_bad)
                .then(|| PNG.to_vec())
                .ok_or_else(|| "no such host".to_owned())
        };
        let api = BotApi::new(TOKEN, Arc::new(fetch));
        api.rename("clip_bot");
        // The group that moves is only named in an error.
        api.add_chat(
            &json!({"id": -100_500, "type": "supergroup", "title": "G"}),
            &[9],
        );
        let served = Served::start(&api, api.router());
        Self {
            api,
            served,
            bad_media,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.served.address)
    }

    /// Adds an update; returns its id.
    pub fn push(&self, event: Value) -> i64 {
        self.api.push(event)
    }

    /// Adds a private message of `text` by the user `chat`, in English; returns the update's id.
    pub fn write(&self, chat: i64, text: &str) -> i64 {
        self.push(message(chat, text, "en"))
    }

    /// The first `times` requests of `method` get `reply`.
    pub fn fail(&self, method: &'static str, mut times: usize, reply: Reply) {
        self.fail_when(move |call| {
            let hit = call.method == method && times > 0;
            times -= usize::from(hit);
            hit.then(|| reply.clone())
        });
    }

    /// Requests for which `fault` has a reply get that one.
    pub fn fail_when(&self, mut fault: impl FnMut(&Call) -> Option<Reply> + Send + 'static) {
        self.api.inject(move |call| fault(call).map(answer));
    }

    /// Telegram cannot use these addresses; `named`: it says which picture of an album it was.
    pub fn cannot_fetch(&self, urls: &[String], named: bool) {
        let mut bad = self.bad_media.lock().expect("no panic while held");
        bad.extend_from_slice(urls);
        if !named {
            let bad = bad.clone();
            self.fail_when(move |call| {
                let hit = call
                    .media()
                    .iter()
                    .any(|media| bad.iter().any(|b| b == media));
                (call.method == "sendMediaGroup" && hit)
                    .then(|| error(400, "Bad Request: group send failed"))
            });
        }
    }

    pub fn set_webhook(&self, url: &str) {
        self.api.set_webhook(url);
    }

    pub fn calls(&self) -> Vec<Call> {
        self.api.calls()
    }

    /// Requests of `method`, so far.
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.calls()
            .into_iter()
            .filter(|call| call.method == method)
            .collect()
    }

    /// Waits until a recorded request fits, and returns it.
    pub fn wait_for(&self, what: &str, fits: impl Fn(&Call) -> bool) -> Call {
        self.wait_for_many(what, 1, fits).remove(0)
    }

    /// Waits until `count` recorded requests fit, and returns all that do.
    pub fn wait_for_many(
        &self,
        what: &str,
        count: usize,
        fits: impl Fn(&Call) -> bool,
    ) -> Vec<Call> {
        self.api
            .wait_for(PATIENCE, count, fits)
            .unwrap_or_else(|calls| {
                let calls: Vec<_> = calls
                    .iter()
                    .map(|c| format!("{} {}", c.method, c.parameters))
                    .collect();
                panic!(
                    "{what} did not come {count} times; calls:\n{}",
                    calls.join("\n")
                )
            })
    }

    /// Waits until `method` was called `count` times.
    pub fn wait_for_count(&self, method: &str, count: usize) {
        self.wait_for_many(method, count, |call| call.method == method);
    }

    /// The same; returns them.
    pub fn wait_for_count_of(&self, method: &str, count: usize) -> Vec<Call> {
        self.wait_for_many(method, count, |call| call.method == method)
    }

    /// Waits for a text, sent or edited, that contains `words`.
    pub fn wait_for_text(&self, words: &str) -> Call {
        self.wait_for(&format!("text {words:?}"), |call| {
            call.text().contains(words)
        })
    }

    /// Waits for a message in `chat` with a button that fits; of several, the newest. Returns the message's number
    /// and the button's data.
    pub fn wait_for_button(
        &self,
        chat: i64,
        what: &str,
        fits: impl Fn(&Value) -> bool,
    ) -> (i64, String) {
        let until = Instant::now() + PATIENCE;
        loop {
            let shown = self.api.messages(chat);
            let found = shown.iter().rev().find_map(|message| {
                let rows = message["reply_markup"]["inline_keyboard"].as_array()?;
                let mut all = rows.iter().filter_map(Value::as_array).flatten();
                let data = all.find(|button| fits(button))?["callback_data"].as_str()?;
                Some((message["message_id"].as_i64()?, data.to_owned()))
            });
            if let Some(found) = found {
                return found;
            }
            assert!(Instant::now() < until, "no button {what}: {shown:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the newest button in `chat` with this label, as [`Telegram::wait_for_button`].
    pub fn button(&self, chat: i64, label: &str) -> (i64, String) {
        self.wait_for_button(chat, label, |button| button["text"] == label)
    }

    /// `user` presses the newest button in `chat` with this label, once it is there.
    pub fn press(&self, user: i64, chat: i64, label: &str) {
        let (message, data) = self.button(chat, label);
        let pressed = self.api.press(user, chat, message, &data);
        pressed.expect("it is shown");
    }

    /// What the bot answers when `user` types `words` behind its name.
    pub fn ask_inline(&self, user: i64, words: &str) -> Call {
        let id = self.api.ask_inline(user, words, "").to_string();
        self.wait_for("an inline answer", |call| {
            call.method == "answerInlineQuery" && call.parameters["inline_query_id"] == *id
        })
    }

    /// What the server keeps for the bot.
    pub fn unconfirmed(&self) -> Vec<i64> {
        self.api.unconfirmed()
    }

    /// `file_id`s, in the largest size, of the pictures that a chat shows, oldest first.
    pub fn pictures_in(&self, chat: i64) -> Vec<String> {
        let messages = self.api.messages(chat);
        let largest = |message: &Value| {
            message["photo"].as_array()?.last()?["file_id"]
                .as_str()
                .map(str::to_owned)
        };
        messages.iter().filter_map(largest).collect()
    }
}

impl Drop for Telegram {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let calls = self.calls();
            judge::log(&calls);
            for call in calls {
                judge::check(&call.method, &call.parameters).unwrap_or_else(|e| panic!("{e}"));
            }
        }
    }
}

/// A private text message.
pub fn message(chat: i64, text: &str, language: &str) -> Value {
    json!({"message": {
        "message_id": 500 + chat, "date": 1_790_000_000,
        "chat": {"id": chat, "type": "private", "first_name": "U"},
        "from": {"id": chat, "is_bot": false, "first_name": "U", "language_code": language},
        "text": text,
    }})
}

/// A message in the group `chat`.
pub fn group_message(chat: i64, text: &str) -> Value {
    let mut event = message(chat, text, "en");
    event["message"]["message_id"] = 77.into();
    event["message"]["chat"] = json!({"id": chat, "type": "supergroup", "title": "G"});
    event["message"]["from"]["id"] = 9.into();
    event
}

/// An error in Telegram's form.
pub fn error(code: u16, description: &str) -> Reply {
    reply(Answer::error(code, description))
}

/// "Too Many Requests".
pub fn flood(seconds: u64) -> Reply {
    reply(Answer::flood(seconds))
}

fn reply(answer: Answer) -> Reply {
    match answer {
        Answer::Json(status, body) => Reply::json(status, &body),
        other => panic!("{other:?} is no error"),
    }
}

/// What the scripted servers of the tests call a reply, in the words of this one.
fn answer(reply: Reply) -> Answer {
    match reply {
        Reply::Whole {
            status,
            headers,
            body,
        } => {
            let mut headers = headers.into_iter();
            let content_type = headers.next().expect("a content type").1;
            assert_eq!(headers.next(), None, "only a content type can be answered");
            Answer::Raw {
                status,
                content_type,
                body,
            }
        }
        Reply::Cut { body, .. } => Answer::Cut(body),
        Reply::Stall => Answer::Stall,
        Reply::Close => Answer::Close,
        Reply::Stream { .. } => panic!("the Bot API does not stream"),
    }
}
