//! One Bot API request and its answer. No retries here; see [`super::delivery`].

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::{Refusal, refusal};
use super::request::Call;
use super::types::User;
use super::upload;
use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::http;
use crate::secret::Secret;

/// Kinds of updates that the bot wants; Telegram sends `chat_member` to administrators alone, and only where
/// it is asked for.
const UPDATES: [&str; 8] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "callback_query",
    "inline_query",
    "my_chat_member",
    "chat_member",
];

/// Timeouts of requests.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// An ordinary request. Default: 60 s, since Telegram fetches pictures while we wait.
    pub request: Duration,
    /// A request with files. Default: 120 s.
    pub upload: Duration,
    /// How much longer than the server a long poll waits: a broken TCP connection is silent, so
    /// without a deadline of its own the poll could hang for ever. Default: 10 s.
    pub poll_slack: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            request: seconds(60),
            upload: seconds(120),
            poll_slack: seconds(10),
        }
    }
}

/// A client of a Bot API server, for one bot. Clones share connections.
#[derive(Clone, Debug)]
pub struct Client {
    base: String,
    token: Secret,
    timeouts: Timeouts,
    clock: Clock,
    http: http::Client,
}

/// One entry of the commands menu.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Command {
    /// Without slash, 1 to 32 of `a-z0-9_`.
    pub command: String,
    /// 1 to 256 characters.
    pub description: String,
}

/// A text that Telegram shows of a bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// In a chat before its first message; up to 512 characters.
    Description,
    /// On the bot's profile, and beside links to it; up to 120 characters.
    ShortDescription,
}

impl Client {
    /// A client for the server at `base` (without slash at the end) that keeps up to
    /// `connections` connections.
    #[must_use]
    pub fn new(base: &str, token: Secret, connections: usize) -> Self {
        let timeouts = Timeouts::default();
        Self {
            base: base.to_owned(),
            token,
            timeouts,
            clock: Clock::default(),
            http: http::Client::new(connections),
        }
    }

    /// The same client, whose answers set `clock`.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same client with other timeouts.
    #[must_use]
    pub fn with_timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// Sends `call` and returns its `result`.
    ///
    /// # Errors
    /// One that holds Telegram's [`Refusal`], [`Kind::Refused`] for a wrong token, or those of
    /// [`http::Client::send`]; never with the token in it.
    pub fn call(&self, call: &Call) -> Result<Value> {
        let Timeouts {
            request, upload, ..
        } = self.timeouts;
        self.call_within(
            call,
            if call.files.is_empty() {
                request
            } else {
                upload
            },
        )
    }

    /// As [`Client::call`], waiting for `timeout` at most.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn call_within(&self, call: &Call, timeout: Duration) -> Result<Value> {
        let url = format!("{}/bot{}/{}", self.base, self.token.expose(), call.method);
        let request = if call.files.is_empty() {
            http::Request::post(url, "application/json", parameters_json(call))
        } else {
            let (content_type, parts) = upload::multipart(call);
            http::Request::post_parts(url, &content_type, parts)
        };
        tracing::trace!(
            "{} {}",
            call.method,
            serde_json::Value::Object(call.parameters.clone())
        );
        let result = self
            .http
            .send(&request.timeout(timeout))
            .and_then(|response| {
                if let Some(date) = response.head.date() {
                    self.clock.set(date);
                }
                result_of(&response)
            })
            .map_err(|error| self.refine(error, call.method));
        match &result {
            Ok(result) => tracing::trace!("{} answered {result}", call.method),
            Err(error) => tracing::debug!("{}", error.chain()),
        }
        result
    }

    fn refine(&self, error: Error, method: &str) -> Error {
        // A token that is not even well-formed is 404 "Not Found" to Telegram.
        let refused = match refusal(&error).map(|refusal| refusal.code) {
            Some(401) => true,
            Some(404) => method == "getMe" || method == "getUpdates",
            _ => false,
        };
        if refused {
            let context = format!(
                "{} refuses the bot token ({method}: {error}); \
                 copy it again from @BotFather, /mybots, API Token",
                self.base
            );
            return Error::new(Kind::Refused, context);
        }
        error.context(&format!("{method} failed"))
    }

    /// `getMe`: the bot itself.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn get_me(&self) -> Result<User> {
        decode(self.call(&Call::new("getMe"))?)
    }

    /// `getUpdates` from `offset` on, waiting up to `wait` for the first one; undecoded, since
    /// one unreadable update must not hide the others.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn get_updates(
        &self,
        offset: Option<i64>,
        limit: u32,
        wait: Duration,
    ) -> Result<Vec<Value>> {
        let mut call = Call::new("getUpdates")
            .with("allowed_updates", json!(UPDATES))
            .with("limit", limit)
            .with("timeout", wait.as_secs());
        if let Some(offset) = offset {
            call = call.with("offset", offset);
        }
        decode(self.call_within(&call, self.longest_poll(wait))?)
    }

    /// How long [`Client::get_updates`] with `wait` takes at most.
    #[must_use]
    pub fn longest_poll(&self, wait: Duration) -> Duration {
        wait + self.timeouts.poll_slack
    }

    /// `getWebhookInfo`: the address updates are sent to; empty when they are fetched.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn get_webhook_url(&self) -> Result<String> {
        let info = self.call(&Call::new("getWebhookInfo"))?;
        Ok(info
            .get("url")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned())
    }

    /// `deleteWebhook`, keeping the updates that wait.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn delete_webhook(&self) -> Result<()> {
        self.call(&Call::new("deleteWebhook").with("drop_pending_updates", false))
            .map(drop)
    }

    /// `setMyCommands` for users of `language` (empty: of all other languages), unless the menu has these
    /// commands already. Returns whether it changed anything.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn set_commands(&self, commands: &[Command], language: &str) -> Result<bool> {
        self.set_menu(commands, |call| for_language(call, language))
    }

    /// The same for the `chat` alone, in any language.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn set_commands_of(&self, chat: i64, commands: &[Command]) -> Result<bool> {
        self.set_menu(commands, |call| for_chat(call, chat))
    }

    fn set_menu(&self, commands: &[Command], with_whom: impl Fn(Call) -> Call) -> Result<bool> {
        let present: Vec<Command> = decode(self.call(&with_whom(Call::new("getMyCommands")))?)?;
        if present == commands {
            return Ok(false);
        }
        self.call(&with_whom(set_commands(commands)))?;
        Ok(true)
    }

    /// Sets what Telegram shows of the bot to users of `language` (empty: of all other languages), unless
    /// it is `text` already. Returns whether it changed anything.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn set_profile(&self, part: Profile, text: &str, language: &str) -> Result<bool> {
        let (get, set, field) = match part {
            Profile::Description => ("getMyDescription", "setMyDescription", "description"),
            Profile::ShortDescription => (
                "getMyShortDescription",
                "setMyShortDescription",
                "short_description",
            ),
        };
        let present = self.call(&for_language(Call::new(get), language))?;
        if present.get(field).and_then(Value::as_str) == Some(text) {
            return Ok(false);
        }
        self.call(&for_language(Call::new(set).with(field, text), language))?;
        Ok(true)
    }

    /// The file at `path`, which `getFile` named, of at most `limit` bytes. Its address holds the token,
    /// and is shown nowhere.
    ///
    /// # Errors
    /// [`Kind::TooLarge`], [`Kind::Unusable`] for a path that is none of a server's, and as
    /// [`http::Client::send`].
    pub fn download(&self, path: &str, limit: u64) -> Result<Vec<u8>> {
        if path.starts_with('/') || path.split('/').any(|part| part == "..") {
            let context =
                "the Bot API server keeps the file in a folder of its own (it runs with --local)";
            return Err(Error::new(Kind::Unusable, context));
        }
        let path = http::percent_encode(path, b"/");
        let url = format!("{}/file/bot{}/{path}", self.base, self.token.expose());
        let request = http::Request::get(url).timeout(self.timeouts.upload);
        let answer = self.http.send(&request.limit(limit))?;
        if answer.head.status != 200 {
            let kind = Kind::Garbled {
                status: Some(answer.head.status),
            };
            return Err(Error::new(kind, "Telegram does not hand out the file"));
        }
        Ok(answer.body)
    }

    /// Interrupts all running requests of this client and its clones; later ones fail.
    pub fn shut_down(&self) {
        self.http.shut_down();
    }
}

fn set_commands(commands: &[Command]) -> Call {
    let entry = |one: &Command| json!({ "command": one.command, "description": one.description });
    let wanted: Vec<Value> = commands.iter().map(entry).collect();
    Call::new("setMyCommands").with("commands", wanted)
}

/// `setMyCommands` for the `chat` alone.
#[must_use]
pub fn set_commands_of(chat: i64, commands: &[Command]) -> Call {
    for_chat(set_commands(commands), chat)
}

fn for_chat(call: Call, chat: i64) -> Call {
    call.with("scope", json!({ "type": "chat", "chat_id": chat }))
}

fn for_language(call: Call, language: &str) -> Call {
    if language.is_empty() {
        call
    } else {
        call.with("language_code", language)
    }
}

fn parameters_json(call: &Call) -> Vec<u8> {
    // A map of JSON values is JSON: this cannot fail.
    serde_json::to_vec(&call.parameters).unwrap_or_default()
}

fn decode<T: for<'a> Deserialize<'a>>(result: Value) -> Result<T> {
    serde_json::from_value(result).map_err(|cause| {
        let kind = Kind::Garbled { status: None };
        Error::new(kind, "Telegram's answer cannot be read").because(cause)
    })
}

/// The `result` of an answer, or Telegram's error whatever the HTTP status.
fn result_of(response: &http::Response) -> Result<Value> {
    let mut body = response.json()?;
    if body.get("ok") == Some(&Value::Bool(true)) {
        return Ok(body.get_mut("result").map_or(Value::Null, Value::take));
    }
    if let Some(refusal) = Refusal::read(response, &body) {
        return Err(refusal.into());
    }
    let status = response.head.status;
    let context = format!("JSON that is not Telegram's came with status {status}");
    let kind = Kind::Garbled {
        status: Some(status),
    };
    Err(Error::new(kind, context))
}
