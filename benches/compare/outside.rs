//! Telegram and the search endpoint as every bot here meets them: quick, the same for all, and
//! without delays but the search itself. It only notes what was seen in which chat, and when.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server::{Reply, Request, Server};

/// How long one search takes.
pub const SEARCH_TIME: Duration = Duration::from_millis(50);
/// Pictures of one search.
const PICTURES: usize = 5;
/// Where the pictures would be; nobody fetches them here, as Telegram would.
const PICTURES_AT: &str = "https://pictures.example.org/";
/// Telegram hands out no more at once.
const BATCH: usize = 100;

/// Both servers. Dropping it ends the polls that wait.
pub struct Outside {
    pub telegram: Server,
    pub endpoint: Server,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    /// There is something for a poll.
    news: Condvar,
    /// Something happened that a measurement waits for.
    changed: Condvar,
}

/// What was seen so far.
#[derive(Default)]
pub struct Seen {
    updates: VecDeque<Value>,
    written: u64,
    closed: bool,
    pub chats: HashMap<i64, Chat>,
    pub first_poll: Option<Instant>,
    pub last_request: Option<Instant>,
    /// Chats that have all pictures of a search, and when the last one got them.
    pub complete: usize,
    pub last_complete: Option<Instant>,
}

/// A chat as its user sees it.
#[derive(Default)]
pub struct Chat {
    pictures: usize,
    /// The first word of the bot.
    pub acknowledged: Option<Instant>,
    /// All pictures of the first search are there.
    pub complete: Option<Instant>,
}

impl Outside {
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let inside = Arc::clone(&shared);
        Self {
            telegram: Server::start(move |request| inside.telegram(request)),
            endpoint: Server::start(search),
            shared,
        }
    }

    /// The users of `chats` ask for something each, all in the same moment, which is returned.
    pub fn ask(&self, chats: impl Iterator<Item = i64>) -> Instant {
        let mut seen = self.shared.lock();
        for chat in chats {
            seen.written += 1;
            let number = seen.written;
            seen.updates.push_back(json!({"update_id": 1000 + number, "message": {
                "message_id": number, "date": 1_790_000_000, "text": format!("/query bus{number}"),
                "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
                "chat": {"id": chat, "type": "private", "first_name": "U"},
                "from": {"id": chat, "is_bot": false, "first_name": "U", "language_code": "en"},
            }}));
        }
        self.shared.news.notify_all();
        Instant::now()
    }

    /// Waits until `get` finds what it looks for; `None` when that takes too long.
    pub fn wait_for<T>(&self, get: impl Fn(&Seen) -> Option<T>) -> Option<T> {
        let until = Instant::now() + super::PATIENCE;
        let mut seen = self.shared.lock();
        loop {
            if let found @ Some(_) = get(&seen) {
                return found;
            }
            let left = until.checked_duration_since(Instant::now())?;
            let waited = self.shared.changed.wait_timeout(seen, left);
            seen = waited.expect("no panic while held").0;
        }
    }

    /// When the last request came.
    pub fn last_request(&self) -> Option<Instant> {
        self.shared.lock().last_request
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.news.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no panic while held")
    }

    fn telegram(&self, request: &Request) -> Reply {
        let method = request.path().rsplit('/').next().unwrap_or_default();
        self.lock().last_request = Some(request.at);
        let result = match method {
            "getUpdates" => self.updates(request),
            "getMe" => json!({"id": 4242, "is_bot": true, "first_name": "B", "username": "b_bot"}),
            "getMyCommands" => json!([]),
            "sendMessage" | "sendPhoto" | "sendMediaGroup" | "editMessageText" => {
                self.show(method, request)
            }
            _ => json!(true),
        };
        Reply::json(200, &json!({"ok": true, "result": result}))
    }

    /// `getUpdates`: confirms, then waits for something new.
    fn updates(&self, request: &Request) -> Value {
        let seconds = number(request, "timeout").and_then(|seconds| seconds.try_into().ok());
        let until = Instant::now() + Duration::from_secs(seconds.unwrap_or(0));
        let offset = number(request, "offset").unwrap_or(0);
        let mut seen = self.lock();
        if seen.first_poll.is_none() {
            seen.first_poll = Some(request.at);
            self.changed.notify_all();
        }
        let id = |update: &Value| update["update_id"].as_i64().unwrap_or(0);
        while seen
            .updates
            .front()
            .is_some_and(|update| id(update) < offset)
        {
            seen.updates.pop_front();
        }
        while seen.updates.is_empty() && !seen.closed {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                break;
            };
            let waited = self.news.wait_timeout(seen, left);
            seen = waited.expect("no panic while held").0;
        }
        seen.updates.iter().take(BATCH).cloned().collect()
    }

    /// A message comes into a chat; returns it as Telegram would.
    fn show(&self, method: &str, request: &Request) -> Value {
        let id = number(request, "chat_id").unwrap_or(0);
        let content = request.target.clone() + &String::from_utf8_lossy(&request.body);
        // Encoded or not, as text or in an album.
        let pictures = content.matches("pictures.example.org").count();
        let mut seen = self.lock();
        let chat = seen.chats.entry(id).or_default();
        chat.acknowledged.get_or_insert(request.at);
        chat.pictures += pictures;
        if chat.pictures >= PICTURES && chat.complete.is_none() {
            chat.complete = Some(request.at);
            seen.complete += 1;
            seen.last_complete = Some(request.at);
            self.changed.notify_all();
        }
        drop(seen);
        match method {
            "sendMediaGroup" => (0..pictures).map(|_| photo(id)).collect(),
            "sendPhoto" => photo(id),
            _ => message(id),
        }
    }
}

fn search(request: &Request) -> Reply {
    std::thread::sleep(SEARCH_TIME);
    let query = request.target.split(['?', '&']);
    let query = query.filter_map(|pair| pair.strip_prefix("query=")).next();
    let picture = |n| format!("{PICTURES_AT}{}-{n}.jpg", query.unwrap_or_default());
    let pictures: Value = (0..PICTURES).map(picture).collect();
    Reply::json(200, &pictures)
}

/// A parameter, from the address or from a JSON body.
fn number(request: &Request, name: &str) -> Option<i64> {
    let mut pairs = request.target.split(['?', '&']);
    let value = pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    value.or_else(|| request.json()[name].as_i64())
}

fn message(chat: i64) -> Value {
    json!({"message_id": 9000, "date": 1_790_000_000, "text": "words of the bot",
        "chat": {"id": chat, "type": "private", "first_name": "U"},
        "from": {"id": 4242, "is_bot": true, "first_name": "B", "username": "b_bot"}})
}

fn photo(chat: i64) -> Value {
    let size = |side: u32| {
        json!({"file_id": format!("{side}{}", "x".repeat(70)),
        "file_unique_id": format!("u{side}"), "file_size": side * 90, "width": side, "height": side})
    };
    let mut message = message(chat);
    message["photo"] = [90, 320, 800].map(size).to_vec().into();
    message["media_group_id"] = "13000000000000000".into();
    message
}
