//! The programs: a scripted Telegram that lives through the whole run, the real `clip-search`, the
//! real `clip-bot` from life to life, and a proxy before each peer of the bot.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use clip_bot::playground::bot_api::Event;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;

use crate::audit::{Ask, Ledger, Want};
use crate::faults::Side;
use crate::plan::Line;
use crate::proxy::Proxy;
use crate::record::record;
use crate::saving::TOKEN;
use crate::support::endpoint;
use crate::support::process::{Ended, Program};
use crate::support::stage::{token_file, without_token};
use crate::support::telegram::Telegram;

/// Of the bot: what each of them is doing may happen twice at a kill.
pub const WORKERS: usize = 16;
/// Longest clean stop.
const STOP: Duration = Duration::from_secs(25);
/// Messages said in one life before its memory counts as usual.
const WARM: usize = 200;

/// The bot from one start to its end.
struct Life {
    program: Program,
    moves: usize,
    warm: Option<u64>,
}

/// Resident memory of the bot in one life, in KiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    pub warm: u64,
    pub end: u64,
}

pub struct Rig {
    telegram: Telegram,
    /// Settings of the endpoint.
    settings: Vec<(&'static str, String)>,
    /// Where it listens.
    endpoint: SocketAddr,
    ledger: Arc<Mutex<Ledger>>,
    pub bot_api: Proxy,
    pub search: Proxy,
    clip_search: Option<Program>,
    life: Option<Life>,
    pub lives: usize,
    /// `None`: the bot keeps its inbox in memory.
    pub state: Option<PathBuf>,
    /// Where logs go.
    pub folder: PathBuf,
    pub memory: Vec<Memory>,
    pub slowest_stop: Duration,
    /// Broken rules that the record of Telegram does not show.
    pub broken: Vec<String>,
}

impl Rig {
    pub fn start(seed: u64, folder: &Path, inbox: bool) -> Self {
        Self::with_endpoint(seed, folder, inbox, Vec::new())
    }

    /// With an endpoint that saves pictures in `store`.
    pub fn saving(seed: u64, folder: &Path, store: &Path) -> Self {
        let store = store.to_str().expect("a plain path").to_owned();
        let settings = vec![
            ("CLIP_SEARCH_ENGINE", "clip".to_owned()),
            ("CLIP_SEARCH_SAVED", store),
            ("CLIP_SEARCH_TOKEN", TOKEN.to_owned()),
        ];
        Self::with_endpoint(seed, folder, true, settings)
    }

    fn with_endpoint(
        seed: u64,
        folder: &Path,
        inbox: bool,
        settings: Vec<(&'static str, String)>,
    ) -> Self {
        let telegram = Telegram::start();
        let ledger = Arc::new(Mutex::new(Ledger::default()));
        let (events, inside) = (telegram.api.subscribe(), Arc::clone(&ledger));
        std::thread::spawn(move || record(events, &inside));
        let api: SocketAddr = telegram.url()["http://".len()..]
            .parse()
            .expect("host and port");
        let (clip_search, address) = start_search(&settings);
        let state = folder.join("state");
        std::fs::create_dir_all(&state).expect("a folder for tests");
        Self {
            bot_api: Proxy::start(seed, Side::Telegram, api),
            search: Proxy::start(seed, Side::Search, address),
            telegram,
            settings,
            endpoint: address,
            ledger,
            clip_search: Some(clip_search),
            life: None,
            lives: 0,
            state: inbox.then_some(state),
            folder: folder.to_owned(),
            memory: Vec::new(),
            slowest_stop: Duration::ZERO,
            broken: Vec::new(),
        }
    }

    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().expect("no panic while held")
    }

    pub fn add_group(&self, chat: i64, members: &[i64]) {
        let group = json!({"id": chat, "type": "supergroup", "title": "Group"});
        self.telegram.api.add_chat(&group, members);
    }

    /// A user writes.
    pub fn write(&self, line: Line, disk_full: bool) {
        let Line {
            user,
            chat,
            text,
            want,
        } = line;
        // Held, so that no answer is recorded before the question.
        let mut ledger = self.ledger();
        let update = self.telegram.api.say(user, chat, &text, None);
        let messages = self.telegram.api.messages(chat);
        let ours = |message: &&Value| message["from"]["id"] == user && message["text"] == text;
        let message = messages.iter().rev().find(ours).expect("was just written");
        let message = message["message_id"].as_i64().expect("a number");
        ledger.ask(Ask {
            update,
            chat,
            message,
            want,
            disk_full,
        });
    }

    /// A user writes, and nobody waits for an answer.
    pub fn say(&self, user: i64, text: &str) {
        self.telegram.api.say(user, user, text, None);
    }

    /// Somebody sends a picture; returns the message.
    pub fn send_picture(&self, user: i64, chat: i64, file: Vec<u8>, caption: &str) -> Value {
        let sent = self.telegram.api.send_picture(user, chat, file, caption);
        sent.expect("a good picture");
        let messages = self.telegram.api.messages(chat);
        let mut own = messages
            .into_iter()
            .filter(|message| message["caption"] == caption);
        own.next_back().expect("was just sent")
    }

    /// An update as it is.
    pub fn push(&self, event: Value) {
        self.telegram.api.push(event);
    }

    /// Presses the button with this label in a private chat, if one is shown.
    pub fn press_label(&self, user: i64, label: &str) -> bool {
        let messages = self.telegram.api.messages(user);
        messages.iter().any(|message| {
            let rows = message["reply_markup"]["inline_keyboard"].as_array();
            let buttons = rows.into_iter().flatten().filter_map(Value::as_array);
            let mut fits = buttons.flatten().filter(|button| button["text"] == label);
            let data = fits
                .next()
                .and_then(|button| button["callback_data"].as_str());
            let message = message["message_id"].as_i64();
            message.zip(data).is_some_and(|(message, data)| {
                self.telegram.api.press(user, user, message, data).is_ok()
            })
        })
    }

    /// What Telegram accepts from now on.
    pub fn events(&self) -> Receiver<Event> {
        self.telegram.api.subscribe()
    }

    /// Where the endpoint listens, without a proxy before it.
    pub fn endpoint(&self) -> SocketAddr {
        self.endpoint
    }

    /// A user types words behind the bot's name: nobody waits for an answer for long.
    pub fn type_inline(&self, user: i64, words: &str) {
        self.telegram.api.ask_inline(user, words, "");
    }

    /// A user presses "More" or, where it is `similar`, the last "Similar" under a new answer, if there
    /// is one.
    pub fn press(&self, similar: bool, disk_full: bool) {
        let mut ledger = self.ledger();
        let Some((chat, summary, message, words)) = ledger.latest_summary() else {
            return;
        };
        let messages = self.telegram.api.messages(chat);
        let shown = messages.iter().find(|one| one["message_id"] == summary);
        let button = shown.and_then(|one| {
            let user = one["reply_to_message"]["from"]["id"].as_i64()?;
            let rows = one["reply_markup"]["inline_keyboard"].as_array()?;
            let buttons = rows.iter().filter_map(Value::as_array).flatten();
            let all = buttons.filter_map(|button| button["callback_data"].as_str());
            let mut fits = all.filter(|data| data.starts_with(if similar { 'S' } else { 'm' }));
            Some((user, fits.next_back()?.to_owned()))
        });
        let Some((user, data)) = button else {
            return;
        };
        let picture = data.split(['S', '.', ':']).nth(1);
        let picture = picture.and_then(|hex| i64::from_str_radix(hex, 16).ok());
        let (message, want) = match picture.filter(|_| similar) {
            Some(picture) => (picture, Want::Similar),
            None => (message, Want::Again(words)),
        };
        if let Ok(update) = self.telegram.api.press(user, chat, summary, &data) {
            ledger.ask(Ask {
                update,
                chat,
                message,
                want,
                disk_full,
            });
        }
    }

    pub fn start_bot(&mut self) {
        let (token, api, search) = (token_file(), self.bot_api.url(), self.search.url());
        let workers = WORKERS.to_string();
        let mut variables = vec![
            ("CLIP_BOT_WORKERS", workers.as_str()),
            ("CLIP_BOT_TOKEN_FILE", token.to_str().expect("a plain path")),
            ("CLIP_BOT_ALLOWED", "everyone"),
            ("CLIP_BOT_API_URL", &api),
            ("CLIP_BOT_SEARCH_URL", &search),
            ("CLIP_BOT_SEARCH_TIMEOUT", "4s"),
            ("CLIP_BOT_POLL_TIMEOUT", "1s"),
            ("CLIP_BOT_LOG", "info"),
            // Not to be held back for asking as fast as this.
            ("CLIP_BOT_RATE", "none"),
        ];
        if !self.settings.is_empty() {
            variables.push(("CLIP_BOT_SEARCH_TOKEN", TOKEN));
        }
        if let Some(state) = &self.state {
            variables.push(("CLIP_BOT_STATE_DIR", state.to_str().expect("a plain path")));
        }
        let program = Program::start(env!("CARGO_BIN_EXE_clip-bot"), &["run"], &variables);
        let moves = self.ledger().moves();
        self.life = Some(Life {
            program,
            moves,
            warm: None,
        });
        self.lives += 1;
    }

    /// Notes the memory once it is as usual, and whether the bot ended by itself.
    pub fn look_after_bot(&mut self) {
        let moves = self.ledger().moves();
        let Some(life) = &mut self.life else { return };
        if let Some(status) = life.program.status() {
            self.broken.push(format!(
                "life {}: the bot ended by itself, {status}",
                self.lives
            ));
            self.bury();
            self.start_bot();
        } else if life.warm.is_none() && moves >= life.moves + WARM {
            life.warm = resident(&life.program);
        }
    }

    /// What the bot printed in this life.
    pub fn output(&self) -> String {
        self.life
            .as_ref()
            .map_or_else(String::new, |life| life.program.output())
    }

    pub fn signal(&self, signal: &str) {
        if let Some(life) = &self.life {
            life.program.signal(signal);
        }
    }

    /// Kills the bot.
    pub fn kill(&mut self) {
        self.look_after_bot();
        self.weigh();
        self.signal("KILL");
        if let Some(ended) = self.bury()
            && ended.status.signal() != Some(9)
        {
            let status = ended.status;
            self.broken
                .push(format!("life {}: {status} in place of a kill", self.lives));
        }
    }

    /// Asks the bot to end, and waits for that.
    pub fn stop(&mut self) {
        self.look_after_bot();
        self.weigh();
        let start = Instant::now();
        self.signal("TERM");
        while let Some(life) = &mut self.life
            && life.program.status().is_none()
            && start.elapsed() < STOP
        {
            std::thread::sleep(Duration::from_millis(5));
        }
        let took = start.elapsed();
        self.slowest_stop = self.slowest_stop.max(took);
        if took >= STOP {
            self.broken
                .push(format!("life {}: no stop within {STOP:?}", self.lives));
            self.signal("KILL");
        }
        // Who was not yet able to say a word was ended by the system.
        if let Some(ended) = self.bury()
            && ended.status.code() != Some(0)
            && !ended.output.is_empty()
        {
            let status = ended.status;
            self.broken
                .push(format!("life {}: {status} after SIGTERM", self.lives));
        }
    }

    /// `clip-search` is gone for `time`.
    pub fn restart_search(&mut self, time: Duration) {
        if let Some(program) = self.clip_search.take() {
            program.signal("KILL");
            program.wait();
        }
        self.search.down();
        self.wait(time);
        let (program, address) = start_search(&self.settings);
        self.clip_search = Some(program);
        self.endpoint = address;
        self.search.up(address);
    }

    /// Asks `clip-search` to end.
    pub fn stop_search(&mut self) {
        if let Some(program) = self.clip_search.take() {
            let ended = program.stop();
            if ended.status.code() != Some(0) {
                self.broken
                    .push(format!("clip-search: {} after SIGTERM", ended.status));
            }
        }
    }

    /// Telegram cannot be reached for `time`.
    pub fn offline(&mut self, time: Duration) {
        let api = self.telegram.url()["http://".len()..]
            .parse()
            .expect("host and port");
        self.bot_api.down();
        self.wait(time);
        self.bot_api.up(api);
    }

    /// Lets `time` pass.
    pub fn wait(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.look_after_bot();
            std::thread::sleep(Duration::from_millis(10).min(time));
        }
    }

    fn weigh(&mut self) {
        let end = self.life.as_ref().and_then(|life| resident(&life.program));
        let warm = self.life.as_ref().and_then(|life| life.warm);
        if let (Some(warm), Some(end)) = (warm, end) {
            self.memory.push(Memory { warm, end });
        }
    }

    /// Keeps the log of a bot that ended, and looks for faults in it.
    fn bury(&mut self) -> Option<Ended> {
        let mut ended = self.life.take()?.program.wait();
        for words in ["a fault of ours", "panicked at"] {
            if let Some(line) = ended.output.lines().find(|line| line.contains(words)) {
                self.broken.push(format!("life {}: {line}", self.lives));
            }
        }
        let log = self.folder.join(format!("bot-{}.log", self.lives));
        std::fs::write(log, &ended.output).expect("a folder for tests");
        let output = std::mem::take(&mut ended.output);
        without_token(Ended {
            status: ended.status,
            output,
        });
        Some(ended)
    }
}

fn start_search(settings: &[(&'static str, String)]) -> (Program, SocketAddr) {
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    endpoint::start(&settings.collect::<Vec<_>>())
}

fn resident(program: &Program) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.pid())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
