//! A scripted Bot API server: keeps updates until they are confirmed, answers every method the
//! bot uses, records every request, and fails where a test says so. When it is dropped, every
//! request it got is judged by an independent set of Bot API types.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::server::{Reply, Request, Server};
use super::{PATIENCE, judge};

/// The token of the bot under test; must appear in nothing it prints.
pub const TOKEN: &str = "4242:THIS-TOKEN-must-never-be-shown";

/// One recorded Bot API request.
#[derive(Debug, Clone)]
pub struct Call {
    pub method: String,
    pub parameters: Value,
    /// Names and contents of uploaded files.
    pub files: Vec<(String, Vec<u8>)>,
    pub at: Instant,
}

impl Call {
    pub fn text(&self) -> &str {
        self.parameters["text"].as_str().unwrap_or_default()
    }

    pub fn chat(&self) -> i64 {
        self.parameters["chat_id"].as_i64().unwrap_or_default()
    }

    /// `media` of every picture in the request.
    pub fn media(&self) -> Vec<&str> {
        match &self.parameters["media"] {
            Value::Array(items) => items
                .iter()
                .filter_map(|item| item["media"].as_str())
                .collect(),
            _ => ["photo", "document"]
                .iter()
                .filter_map(|f| self.parameters[*f].as_str())
                .collect(),
        }
    }
}

type Fault = Box<dyn FnMut(&Call) -> Option<Reply> + Send>;

#[derive(Default)]
struct State {
    updates: Vec<Value>,
    next_update: i64,
    next_message: i64,
    calls: Vec<Call>,
    faults: Vec<Fault>,
    bad_media: Vec<String>,
    names_bad_item: bool,
    webhook: String,
    commands: HashMap<String, Value>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while held")
    }
}

/// The server.
pub struct Telegram {
    server: Server,
    shared: Arc<Shared>,
}

impl Telegram {
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        {
            let mut state = shared.lock();
            (state.next_update, state.next_message, state.names_bad_item) = (1000, 1, true);
        }
        let inside = Arc::clone(&shared);
        let server = Server::start(move |request| answer(request, &inside));
        Self { server, shared }
    }

    pub fn url(&self) -> String {
        self.server.url("")
    }

    /// Adds an update; returns its id.
    pub fn push(&self, mut event: Value) -> i64 {
        let mut state = self.shared.lock();
        let id = state.next_update;
        state.next_update += 1;
        event["update_id"] = id.into();
        state.updates.push(event);
        self.shared.changed.notify_all();
        id
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
    pub fn fail_when(&self, fault: impl FnMut(&Call) -> Option<Reply> + Send + 'static) {
        self.shared.lock().faults.push(Box::new(fault));
    }

    /// Telegram cannot use these addresses; `named`: it says which picture of an album it was.
    pub fn cannot_fetch(&self, urls: &[String], named: bool) {
        let mut state = self.shared.lock();
        state.bad_media.extend_from_slice(urls);
        state.names_bad_item = named;
    }

    pub fn set_webhook(&self, url: &str) {
        url.clone_into(&mut self.shared.lock().webhook);
    }

    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
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
        let until = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        loop {
            let found: Vec<Call> = state
                .calls
                .iter()
                .filter(|call| fits(call))
                .cloned()
                .collect();
            if found.len() >= count {
                return found;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let calls: Vec<_> = state
                    .calls
                    .iter()
                    .map(|c| format!("{} {}", c.method, c.parameters))
                    .collect();
                drop(state);
                panic!(
                    "{what} did not come {count} times; calls:\n{}",
                    calls.join("\n")
                );
            }
            state = self
                .shared
                .changed
                .wait_timeout(state, left)
                .expect("no panic while held")
                .0;
        }
    }

    /// Waits until `method` was called `count` times.
    pub fn wait_for_count(&self, method: &str, count: usize) {
        let so_far = |state: &State| state.calls.iter().filter(|c| c.method == method).count();
        let state = self.shared.lock();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, |s| so_far(s) < count);
        let state = waited.expect("no panic while held").0;
        assert!(
            so_far(&state) >= count,
            "{method} came only {} times",
            so_far(&state)
        );
    }

    /// Waits for a text, sent or edited, that contains `words`.
    pub fn wait_for_text(&self, words: &str) -> Call {
        self.wait_for(&format!("text {words:?}"), |call| {
            call.text().contains(words)
        })
    }

    /// What the server keeps for the bot.
    pub fn unconfirmed(&self) -> Vec<i64> {
        let state = self.shared.lock();
        state
            .updates
            .iter()
            .filter_map(|update| update["update_id"].as_i64())
            .collect()
    }
}

impl Drop for Telegram {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
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
    Reply::json(
        code,
        &json!({"ok": false, "error_code": code, "description": description}),
    )
}

/// "Too Many Requests".
pub fn flood(seconds: u64) -> Reply {
    let description = format!("Too Many Requests: retry after {seconds}");
    let body = json!({"ok": false, "error_code": 429, "description": description,
        "parameters": {"retry_after": seconds}});
    Reply::json(429, &body)
}

fn ok(result: &Value) -> Reply {
    Reply::json(200, &json!({"ok": true, "result": result}))
}

fn answer(request: &Request, shared: &Shared) -> Reply {
    let Some(method) = request.path().strip_prefix(&format!("/bot{TOKEN}/")) else {
        return error(401, "Unauthorized");
    };
    let (parameters, files) = parameters_of(request);
    let call = Call {
        method: method.to_owned(),
        parameters,
        files,
        at: request.at,
    };
    let mut state = shared.lock();
    state.calls.push(call.clone());
    shared.changed.notify_all();
    if let Some(reply) = state.faults.iter_mut().find_map(|fault| fault(&call)) {
        return reply;
    }
    let parameters = &call.parameters;
    match method {
        "getMe" => {
            ok(&json!({"id": 42, "is_bot": true, "first_name": "b", "username": "clip_bot"}))
        }
        "getUpdates" => updates(parameters, shared, state),
        "getWebhookInfo" => ok(&json!({"url": state.webhook, "pending_update_count": 0})),
        "deleteWebhook" => {
            state.webhook.clear();
            ok(&true.into())
        }
        "getMyCommands" => {
            let language = parameters["language_code"].as_str().unwrap_or_default();
            ok(state.commands.get(language).unwrap_or(&json!([])))
        }
        "setMyCommands" => {
            let language = parameters["language_code"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            state
                .commands
                .insert(language, parameters["commands"].clone());
            ok(&true.into())
        }
        "sendChatAction" | "answerCallbackQuery" => ok(&true.into()),
        "sendMessage" | "editMessageText" | "sendPhoto" | "sendDocument" | "sendMediaGroup" => {
            send(&call, &mut state)
        }
        _ => error(404, "Not Found: method not found"),
    }
}

fn send(call: &Call, state: &mut State) -> Reply {
    let media = call.media();
    let bad = media
        .iter()
        .position(|media| state.bad_media.iter().any(|bad| bad == media));
    if let Some(position) = bad {
        let description = match (call.method.as_str(), state.names_bad_item) {
            ("sendMediaGroup", true) => format!(
                "Bad Request: failed to send message #{} with the error message \"WEBPAGE_CURL_FAILED\"",
                position + 1
            ),
            ("sendMediaGroup", false) => "Bad Request: group send failed".to_owned(),
            _ => "Bad Request: failed to get HTTP URL content".to_owned(),
        };
        return error(400, &description);
    }
    let mut one = |media: Option<&str>| {
        state.next_message += 1;
        let id = call.parameters["message_id"]
            .as_i64()
            .unwrap_or(state.next_message);
        let mut message = json!({"message_id": id, "date": 1_790_000_000,
            "chat": {"id": call.chat(), "type": "private"}});
        if let Some(media) = media {
            message["photo"] = json!([
                {"file_id": format!("small of {media}"), "file_unique_id": "s", "width": 90, "height": 90},
                {"file_id": format!("id of {media}"), "file_unique_id": "l", "width": 800, "height": 800},
            ]);
        }
        message
    };
    if call.method == "sendMediaGroup" {
        let messages: Vec<Value> = media.iter().map(|media| one(Some(media))).collect();
        return ok(&messages.into());
    }
    ok(&one(media.first().copied()))
}

fn updates(parameters: &Value, shared: &Shared, mut state: MutexGuard<'_, State>) -> Reply {
    if let Some(offset) = parameters["offset"].as_i64() {
        state
            .updates
            .retain(|update| update["update_id"].as_i64() >= Some(offset));
    }
    if !state.webhook.is_empty() {
        let words = "Conflict: can't use getUpdates method while webhook is active; \
                     use deleteWebhook to delete the webhook first";
        return error(409, words);
    }
    let until = Instant::now() + Duration::from_secs(parameters["timeout"].as_u64().unwrap_or(0));
    while state.updates.is_empty() && !state.closed {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        state = shared
            .changed
            .wait_timeout(state, left)
            .expect("no panic while held")
            .0;
    }
    let limit = parameters["limit"]
        .as_u64()
        .map_or(100, |limit| usize::try_from(limit).expect("small"));
    let batch: Vec<Value> = state.updates.iter().take(limit).cloned().collect();
    ok(&batch.into())
}

fn parameters_of(request: &Request) -> (Value, Vec<(String, Vec<u8>)>) {
    let content_type = request.header("content-type").unwrap_or_default();
    let Some((_, boundary)) = content_type.split_once("boundary=") else {
        return (request.json(), Vec::new());
    };
    let (mut parameters, mut files) = (json!({}), Vec::new());
    let separator = format!("--{boundary}");
    for part in split(&request.body, separator.as_bytes()) {
        let Some(end) = find(part, b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&part[..end]).into_owned();
        let content = part[end + 4..]
            .strip_suffix(b"\r\n")
            .expect("a part ends its line")
            .to_vec();
        let name = head
            .split("name=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let name = name.expect("a part has a name").to_owned();
        if head.contains("filename=") {
            files.push((name, content));
            continue;
        }
        let text = String::from_utf8(content).expect("fields are text");
        let is_text = ["caption", "text", "photo", "document"].contains(&name.as_str());
        let json = serde_json::from_str(&text).ok().filter(|_| !is_text);
        parameters[name] = json.unwrap_or(Value::String(text));
    }
    (parameters, files)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn split<'a>(mut body: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    while let Some(at) = find(body, separator) {
        parts.push(&body[..at]);
        body = &body[at + separator.len()..];
    }
    parts
}
