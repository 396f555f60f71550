//! Everything the server remembers.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::call::{Answer, Call, Refusal};
use super::chats::Chats;
use super::files::StoredFiles;
use super::updates::Updates;

/// How many requests are recorded, and how many bytes of files in them.
const MAX_CALLS: usize = 20_000;
const MAX_CALL_BYTES: usize = 64 << 20;
/// How long a query may be answered.
const INLINE_LIFE: Duration = Duration::from_secs(30);
const CALLBACK_LIFE: Duration = Duration::from_secs(150);

type Injected = Box<dyn FnMut(&Call) -> Option<Answer> + Send>;

/// The state, behind the lock of [`super::BotApi`].
pub(super) struct ServerState {
    /// The bot as Telegram's `User`.
    pub me: Value,
    pub updates: Updates,
    pub chats: Chats,
    pub files: StoredFiles,
    pub calls: Calls,
    pub faults: Vec<Injected>,
    /// By scope and language.
    pub commands: BTreeMap<(String, String), Value>,
    /// By name and language.
    pub descriptions: BTreeMap<(&'static str, String), String>,
    /// Until when each callback and inline query may be answered.
    queries: HashMap<String, Instant>,
    pub webhook: String,
    /// Number of the newest `getUpdates`; an older one that still waits has lost.
    pub poll: u64,
    pub albums: u64,
    pub closed: bool,
}

impl ServerState {
    pub fn new(id: i64) -> Self {
        let mut chats = Chats::default();
        chats.add_user(1, "Ada", "en");
        chats.add_user(2, "Bob", "es");
        for (id, name) in [(1, "Ada"), (2, "Bob")] {
            let chat = chats.add_chat(&json!({"id": id, "type": "private", "first_name": name}));
            chat.map(|chat| chat.members.insert(id));
        }
        let friends =
            chats.add_chat(&json!({"id": -100, "type": "supergroup", "title": "Friends"}));
        if let Some(friends) = friends {
            friends.members.extend([1, 2]);
        }
        Self {
            me: json!({"id": id, "is_bot": true, "first_name": "Playground",
                "username": "playground_bot"}),
            updates: Updates::new(),
            chats,
            files: StoredFiles::new(),
            calls: Calls::default(),
            faults: Vec::new(),
            commands: BTreeMap::new(),
            descriptions: BTreeMap::new(),
            queries: HashMap::new(),
            webhook: String::new(),
            poll: 0,
            albums: 0,
            closed: false,
        }
    }

    /// The answer of `getMe`.
    pub fn get_me(&self) -> Value {
        let mut me = self.me.clone();
        me["can_join_groups"] = true.into();
        me["can_read_all_group_messages"] = false.into();
        me["supports_inline_queries"] = true.into();
        me["can_connect_to_business"] = false.into();
        me["has_main_web_app"] = false.into();
        me
    }

    /// Name without `@`.
    pub fn username(&self) -> &str {
        self.me["username"].as_str().unwrap_or_default()
    }

    /// A query of this id may be answered from now on, for as long as Telegram lets.
    pub fn open_query(&mut self, id: &str, inline: bool) {
        let now = Instant::now();
        self.queries.retain(|_, until| *until > now);
        let life = if inline { INLINE_LIFE } else { CALLBACK_LIFE };
        self.queries.insert(id.to_owned(), now + life);
    }

    /// Checks that a query is still open.
    ///
    /// # Errors
    /// "query is too old …".
    pub fn check_query(&self, id: &Value) -> Result<(), Refusal> {
        let until = id.as_str().and_then(|id| self.queries.get(id));
        if until.is_some_and(|until| *until > Instant::now()) {
            return Ok(());
        }
        Err(Refusal::bad(
            "query is too old and response timeout expired or query ID is invalid",
        ))
    }

    /// The commands of everybody, by language, for the page.
    pub fn shown_commands(&self) -> Value {
        let everybody = self
            .commands
            .iter()
            .filter(|((scope, _), _)| scope == "default");
        let by_language = everybody.map(|((_, language), list)| (language.clone(), list.clone()));
        Value::Object(by_language.collect())
    }
}

/// Recorded requests; the oldest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Calls {
    kept: VecDeque<Call>,
    bytes: usize,
}

impl Calls {
    pub fn push(&mut self, call: Call) {
        self.bytes += size(&call);
        self.kept.push_back(call);
        while (self.kept.len() > MAX_CALLS || self.bytes > MAX_CALL_BYTES)
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes -= size(&oldest);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Call> {
        self.kept.iter()
    }
}

fn size(call: &Call) -> usize {
    call.files.iter().map(|(_, bytes)| bytes.len()).sum()
}
