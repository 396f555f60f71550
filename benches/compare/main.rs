//! Telegram and the search endpoint as both bots meet them in `benches/compare/run`: quick, the same
//! for both, and without delays but the search itself.
//!
//! Starts compare.py, which measures, and does its orders: `fresh` makes a new pair of servers,
//! `ask` lets users write, `seen` tells what they saw. Times are seconds since 1970.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/it/support/server.rs"]
mod server;

use std::collections::{HashMap, VecDeque};
use std::process::{Command, ExitCode};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use server::{Reply, Request, Server};

const PATIENCE: Duration = Duration::from_mins(3);
const SEARCH_TIME: Duration = Duration::from_millis(50);
const PICTURES: usize = 5;
/// Nobody fetches them here, as Telegram would.
const PICTURES_AT: &str = "pictures.example.org";
/// Telegram hands out no more at once.
const BATCH: usize = 100;
/// The chat whose waiting is measured.
const B: i64 = 2;

fn main() -> ExitCode {
    // `run` gives the reference's Python; Cargo adds `--bench`.
    let mut words = std::env::args().skip(1);
    let Some(python) = words.next().filter(|word| !word.starts_with("--")) else {
        eprintln!("start benches/compare/run instead");
        return ExitCode::from(2);
    };
    let outside = Mutex::new(Outside::start());
    let control = Server::start(move |request| {
        let mut outside = outside.lock().expect("no panic while held");
        if request.path() == "/fresh" {
            *outside = Outside::start();
        }
        Reply::json(200, &outside.order(request))
    });
    let status = Command::new(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/benches/compare/compare.py"
        ))
        .args([&control.url(""), env!("CARGO_BIN_EXE_clip-bot")])
        .args(words.filter(|word| word != "--bench"))
        .status();
    let code = status.expect("the Python that run gave").code();
    ExitCode::from(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

/// Both servers. Dropping it ends the polls that wait.
struct Outside {
    telegram: Server,
    endpoint: Server,
    chats: Arc<Chats>,
}

#[derive(Default)]
struct Chats {
    seen: Mutex<Seen>,
    /// There is something for a poll.
    news: Condvar,
}

#[derive(Default)]
struct Seen {
    updates: VecDeque<Value>,
    written: u64,
    closed: bool,
    /// Pictures by chat.
    pictures: HashMap<i64, usize>,
    /// Chats that have all pictures of a search.
    complete: usize,
    /// What compare.py is told as it is.
    times: HashMap<&'static str, f64>,
}

impl Outside {
    fn start() -> Self {
        let chats = Arc::new(Chats::default());
        let inside = Arc::clone(&chats);
        Self {
            telegram: Server::start(move |request| inside.telegram(request)),
            endpoint: Server::start(search),
            chats,
        }
    }

    fn order(&self, request: &Request) -> Value {
        let mut seen = self.chats.lock();
        match request.path() {
            "/fresh" => {
                json!({"telegram": self.telegram.url(""), "endpoint": self.endpoint.url("")})
            }
            "/ask" => {
                for chat in request.json().as_array().into_iter().flatten() {
                    seen.write(chat);
                }
                self.chats.news.notify_all();
                now().into()
            }
            _ => json!({"complete": seen.complete, "times": seen.times}),
        }
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.chats.lock().closed = true;
        self.chats.news.notify_all();
    }
}

impl Seen {
    /// The user of `chat` asks for something not asked for before.
    fn write(&mut self, chat: &Value) {
        self.written += 1;
        let number = self.written;
        self.updates
            .push_back(json!({"update_id": number, "message": {
                "message_id": number, "date": 1_790_000_000, "text": format!("/query bus{number}"),
                "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
                "chat": {"id": chat, "type": "private", "first_name": "U"},
                "from": {"id": chat, "is_bot": false, "first_name": "U", "language_code": "en"},
            }}));
    }
}

impl Chats {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("no panic while held")
    }

    fn telegram(&self, request: &Request) -> Reply {
        self.lock().times.insert("last_request", now());
        let result = match request.path().rsplit('/').next() {
            Some("getUpdates") => self.updates(request),
            Some("getMe") => {
                json!({"id": 4242, "is_bot": true, "first_name": "B", "username": "b_bot"})
            }
            Some("getMyCommands") => json!([]),
            Some("sendMessage" | "editMessageText") => self.show(request).1,
            Some("sendMediaGroup") => {
                let (pictures, message) = self.show(request);
                (0..pictures).map(|_| with_photo(message.clone())).collect()
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
        seen.times.entry("first_poll").or_insert_with(now);
        seen.updates
            .retain(|update| update["update_id"].as_i64() >= Some(offset));
        while seen.updates.is_empty() && !seen.closed {
            let Some(left) = until.checked_duration_since(Instant::now()) else {
                break;
            };
            seen = self
                .news
                .wait_timeout(seen, left)
                .expect("no panic while held")
                .0;
        }
        seen.updates.iter().take(BATCH).cloned().collect()
    }

    /// A message of the bot comes into a chat. Returns how many pictures it shows, and it.
    fn show(&self, request: &Request) -> (usize, Value) {
        let id = number(request, "chat_id").unwrap_or(0);
        // In an album, or as an address in a text; the name needs no encoding.
        let content = request.target.clone() + &String::from_utf8_lossy(&request.body);
        let pictures = content.matches(PICTURES_AT).count();
        let mut seen = self.lock();
        if id == B {
            seen.times.entry("b_acknowledged").or_insert_with(now);
        }
        let all = seen.pictures.entry(id).or_default();
        let before = std::mem::replace(all, *all + pictures);
        if before < PICTURES && before + pictures >= PICTURES {
            seen.complete += 1;
            seen.times.insert("last_complete", now());
            if id == B {
                seen.times.insert("b_complete", now());
            }
        }
        let message = json!({"message_id": 9000, "date": 1_790_000_000, "text": "words of the bot",
            "chat": {"id": id, "type": "private", "first_name": "U"},
            "from": {"id": 4242, "is_bot": true, "first_name": "B", "username": "b_bot"}});
        (pictures, message)
    }
}

fn with_photo(mut message: Value) -> Value {
    let size = |side: u32| {
        json!({"file_id": format!("{side}{}", "x".repeat(70)),
        "file_unique_id": format!("u{side}"), "file_size": side * 90, "width": side, "height": side})
    };
    message["photo"] = [90, 320, 800].map(size).to_vec().into();
    message["media_group_id"] = "13000000000000000".into();
    message
}

/// The reference's answer: addresses, best first.
fn search(request: &Request) -> Reply {
    std::thread::sleep(SEARCH_TIME);
    let mut pairs = request.target.split(['?', '&']);
    let query = pairs
        .find_map(|pair| pair.strip_prefix("query="))
        .unwrap_or_default();
    let picture = |number| format!("https://{PICTURES_AT}/{query}-{number}.jpg");
    Reply::json(200, &(0..PICTURES).map(picture).collect())
}

/// A parameter, from the address or from a JSON body.
fn number(request: &Request, name: &str) -> Option<i64> {
    let mut pairs = request.target.split(['?', '&']);
    let value = pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    value.or_else(|| request.json()[name].as_i64())
}

fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.expect("it is later than 1970").as_secs_f64()
}
