//! Users, chats, and what the chats show.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::call::Refusal;

/// How many messages a chat keeps.
const MAX_MESSAGES: usize = 2000;

/// All users and chats.
#[derive(Debug, Default)]
pub(super) struct Chats {
    users: BTreeMap<i64, Value>,
    chats: BTreeMap<i64, Chat>,
}

/// One chat.
#[derive(Debug)]
pub(super) struct Chat {
    /// Telegram's `Chat`.
    pub json: Value,
    pub members: BTreeSet<i64>,
    /// Administrators beside the first member.
    pub admins: BTreeSet<i64>,
    /// Who was there and is not any more.
    pub gone: BTreeSet<i64>,
    next: i64,
    threads: BTreeSet<i64>,
    messages: BTreeMap<i64, Value>,
}

impl Chats {
    /// Adds a user, or changes what is known about one.
    pub fn add_user(&mut self, id: i64, first_name: &str, language: &str) {
        let user = json!({"id": id, "is_bot": false, "first_name": first_name,
            "language_code": language});
        self.users.insert(id, user);
    }

    /// Adds a chat unless it is there.
    pub fn add_chat(&mut self, json: &Value) -> Option<&mut Chat> {
        let id = json.get("id")?.as_i64()?;
        let chat = self.chats.entry(id).or_insert_with(|| Chat {
            json: json.clone(),
            members: BTreeSet::new(),
            admins: BTreeSet::new(),
            gone: BTreeSet::new(),
            next: 1,
            threads: BTreeSet::new(),
            messages: BTreeMap::new(),
        });
        Some(chat)
    }

    /// Telegram's `User`; one that nobody introduced has only a number.
    pub fn user(&self, id: i64) -> Value {
        let unknown = || json!({"id": id, "is_bot": false, "first_name": format!("User {id}")});
        self.users.get(&id).cloned().unwrap_or_else(unknown)
    }

    /// Every user.
    pub fn users(&self) -> Vec<Value> {
        self.users.values().cloned().collect()
    }

    /// Every chat.
    pub fn all(&self) -> impl Iterator<Item = &Chat> {
        self.chats.values()
    }

    /// The chat that a request names.
    ///
    /// # Errors
    /// "chat not found".
    pub fn find(&mut self, id: &Value) -> Result<&mut Chat, Refusal> {
        let id = id.as_i64();
        id.and_then(|id| self.chats.get_mut(&id))
            .ok_or_else(|| Refusal::bad("chat not found"))
    }

    /// The chat of this number.
    pub fn get(&self, id: i64) -> Option<&Chat> {
        self.chats.get(&id)
    }

    /// Telegram's `ChatMember`s that lead a group: its first member, who made it, and the bot `me`.
    ///
    /// # Errors
    /// "chat not found"; "there are no administrators in the private chat".
    pub fn administrators(&mut self, id: &Value, me: &Value) -> Result<Value, Refusal> {
        let chat = self.find(id)?;
        if chat.is_private() {
            return Err(Refusal::bad(
                "there are no administrators in the private chat",
            ));
        }
        let creator = chat.members.first().copied();
        let creator = creator
            .map(|id| json!({"status": "creator", "is_anonymous": false, "user": self.user(id)}));
        let bot = json!({"status": "administrator", "can_be_edited": false, "is_anonymous": false,
            "user": me});
        Ok(creator.into_iter().chain([bot]).collect())
    }

    /// Learns chats, users and messages from an update that did not come from here.
    pub fn learn(&mut self, update: &Value) {
        let message = &update["message"];
        let pressed = &update["callback_query"]["message"];
        for user in [&message["from"], &update["callback_query"]["from"]] {
            if let Some(id) = user["id"].as_i64() {
                self.users.entry(id).or_insert_with(|| user.clone());
            }
        }
        for message in [message, pressed] {
            let thread = message["message_thread_id"].as_i64();
            if let (Some(chat), Some(id)) = (
                self.add_chat(&message["chat"]),
                message["message_id"].as_i64(),
            ) {
                chat.members.extend(message["from"]["id"].as_i64());
                chat.threads.extend(thread);
                chat.next = chat.next.max(id + 1);
                chat.messages.entry(id).or_insert_with(|| message.clone());
            }
        }
    }
}

impl Chat {
    /// Its number.
    pub fn id(&self) -> i64 {
        self.json["id"].as_i64().unwrap_or_default()
    }

    /// Whether it has only one user.
    pub fn is_private(&self) -> bool {
        self.json["type"] == "private"
    }

    /// Telegram's `ChatFullInfo`.
    pub fn full_info(&self) -> Value {
        let mut info = self.json.clone();
        info["accent_color_id"] = 0.into();
        info["max_reaction_count"] = 11.into();
        info["accepted_gift_types"] = json!({"unlimited_gifts": false, "limited_gifts": false,
            "unique_gifts": false, "premium_subscription": false, "gifts_from_channels": false});
        info
    }

    /// Whether people only read there.
    pub fn is_channel(&self) -> bool {
        self.json["type"] == "channel"
    }

    /// Adds a message by `from` with these fields; returns it as Telegram would.
    pub fn add(&mut self, from: &Value, fields: Value) -> Value {
        let id = self.next;
        self.next += 1;
        let mut message = json!({"message_id": id, "chat": self.json, "date": now()});
        if !from.is_null() {
            message["from"] = from.clone();
        }
        if let (Some(message), Value::Object(fields)) = (message.as_object_mut(), fields) {
            message.extend(fields.into_iter().filter(|(_, value)| !value.is_null()));
        }
        self.messages.insert(id, message.clone());
        while self.messages.len() > MAX_MESSAGES {
            self.messages.pop_first();
        }
        message
    }

    /// A message of it.
    pub fn message(&self, id: &Value) -> Option<&Value> {
        self.messages.get(&id.as_i64()?)
    }

    /// The same, to be changed.
    pub fn message_mut(&mut self, id: &Value) -> Option<&mut Value> {
        self.messages.get_mut(&id.as_i64()?)
    }

    /// Takes a message away; returns whether there was one.
    pub fn remove(&mut self, id: &Value) -> bool {
        let id = id.as_i64();
        id.is_some_and(|id| self.messages.remove(&id).is_some())
    }

    /// What it shows, in order.
    pub fn messages(&self) -> impl Iterator<Item = &Value> {
        self.messages.values()
    }

    /// `reply_to_message` and topic for what a request sends here.
    ///
    /// # Errors
    /// When the message or the topic does not exist.
    pub fn place(&self, parameters: &Value) -> Result<Value, Refusal> {
        let mut fields = json!({});
        if let Some(thread) = parameters.get("message_thread_id") {
            if !thread
                .as_i64()
                .is_some_and(|thread| self.threads.contains(&thread))
            {
                return Err(Refusal::bad("message thread not found"));
            }
            fields["message_thread_id"] = thread.clone();
            fields["is_topic_message"] = true.into();
        }
        if let Some(reply) = parameters.get("reply_parameters") {
            match self.message(&reply["message_id"]) {
                Some(message) => fields["reply_to_message"] = without_reply(message),
                None if reply["allow_sending_without_reply"] == true => {}
                None => return Err(Refusal::bad("message to be replied not found")),
            }
        }
        Ok(fields)
    }
}

/// A message as it stands in another one that replies to it.
pub(super) fn without_reply(message: &Value) -> Value {
    let mut message = message.clone();
    if let Some(fields) = message.as_object_mut() {
        fields.remove("reply_to_message");
    }
    message
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}
