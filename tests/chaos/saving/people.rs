//! Who forwards pictures, what they choose, and what they see.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::Duration;

use clip_bot::engine::drawings;
use clip_bot::playground::bot_api::Event;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::audit::Forwarded;
use crate::faults::Dice;
use crate::rig::Rig;

/// Drawings that are sent, each with other bytes behind its end.
const DRAWINGS: [&str; 8] = [
    "bus", "dog", "cat", "pizza", "rose", "tulip", "door", "banana",
];
const FIRST_USER: i64 = 70_000;
/// Numbers of messages that are pushed as they are.
const FIRST_FORWARD: i64 = 5_000_000;
/// Where pictures of albums come from, and who sends them there: the bot hears nothing of them.
pub const ELSEWHERE: i64 = -7;
pub const SOMEBODY: i64 = 7;
const STRANGER: i64 = 60_000;

/// The people, and how far they are.
pub struct People {
    dice: Dice,
    users: u64,
    pictures: u64,
    forwards: i64,
    /// Who was asked, and pressed the button.
    chose: BTreeSet<i64>,
    last: Option<(i64, Value)>,
}

impl People {
    pub fn new(seed: u64, users: u64) -> Self {
        Self {
            dice: Dice::new(seed ^ 0x5045_4F50),
            users,
            pictures: 0,
            forwards: FIRST_FORWARD,
            chose: BTreeSet::new(),
            last: None,
        }
    }

    /// Until the bot knows that the endpoint saves, a picture may be taken for a question: somebody who is
    /// not counted sends pictures until it asks what they mean.
    pub fn begin(rig: &mut Rig) {
        for number in 0..50_u64 {
            let mut file = drawings::find(DRAWINGS[0]).expect("built in").file.to_vec();
            file.extend(number.to_le_bytes());
            rig.send_picture(STRANGER, STRANGER, file, &format!("first {number}"));
            rig.wait(Duration::from_secs(1));
            if rig.press_label(STRANGER, "Look for others like them") {
                return;
            }
        }
        rig.broken
            .push("the bot asks nobody whether to keep pictures".to_owned());
    }

    fn user(&self, number: u64) -> i64 {
        FIRST_USER + i64::try_from(number % self.users).expect("few users")
    }

    /// Somebody else than `user`.
    pub fn other(&mut self, user: i64) -> i64 {
        let step = 1 + self.dice.below(self.users - 1);
        let number = u64::try_from(user - FIRST_USER).expect("ours");
        self.user(number + step)
    }

    /// Somebody forwards a picture, the same one again, or an album of three. Returns how many are new.
    pub fn forward(&mut self, rig: &Rig, forwarded: &Mutex<Forwarded>) -> u64 {
        let number = self.dice.below(self.users);
        let user = self.user(number);
        match self.dice.below(10) {
            0 => {
                if let Some((user, message)) = self.last.clone() {
                    self.push(rig, forwarded, user, &message, None);
                }
                0
            }
            1 | 2 => {
                let album = format!("album-{}", self.pictures);
                for _ in 0..3 {
                    let message = self.picture(rig, SOMEBODY, ELSEWHERE);
                    self.push(rig, forwarded, user, &message, Some(&album));
                }
                3
            }
            _ => {
                // Held, so that no answer comes before the question.
                let mut forwarded = forwarded.lock().expect("no panic");
                let message = self.picture(rig, user, user);
                note(&mut forwarded, user, &message);
                self.last = Some((user, message));
                1
            }
        }
    }

    /// A new picture in that chat: the message that shows it.
    fn picture(&mut self, rig: &Rig, user: i64, chat: i64) -> Value {
        self.pictures += 1;
        let name = self.dice.one(&DRAWINGS);
        let mut file = drawings::find(name).expect("built in").file.to_vec();
        file.extend(self.pictures.to_be_bytes());
        rig.send_picture(user, chat, file, &word(self.pictures))
    }

    /// Forwards what `message` shows.
    fn push(
        &mut self,
        rig: &Rig,
        forwarded: &Mutex<Forwarded>,
        user: i64,
        message: &Value,
        album: Option<&str>,
    ) {
        self.forwards += 1;
        let mut copy = json!({
            "message_id": self.forwards, "date": message["date"],
            "from": {"id": user, "is_bot": false, "first_name": "U", "language_code": "en"},
            "chat": {"id": user, "type": "private", "first_name": "U"},
            "photo": message["photo"], "caption": message["caption"],
        });
        if let Some(album) = album {
            copy["media_group_id"] = album.into();
        }
        let mut forwarded = forwarded.lock().expect("no panic");
        note(&mut forwarded, user, &copy);
        rig.push(json!({ "message": copy }));
    }

    /// Whoever was asked what pictures mean presses the button that keeps them, once.
    pub fn choose(&mut self, rig: &Rig) {
        for number in 0..self.users {
            let user = self.user(number);
            if !self.chose.contains(&user) && rig.press_label(user, "Keep them") {
                self.chose.insert(user);
            }
        }
    }

    /// For each person a word of their own, and one of somebody else.
    pub fn samples(&mut self, all: &[(i64, String)]) -> Vec<(i64, String)> {
        let mut samples = Vec::new();
        for number in 0..self.users {
            let user = self.user(number);
            let own = all.iter().find(|(owner, _)| *owner == user);
            let other = all.iter().find(|(owner, _)| *owner != user);
            let words = own.into_iter().chain(other);
            samples.extend(words.map(|(_, word)| (user, word.clone())));
        }
        samples
    }
}

fn note(forwarded: &mut Forwarded, user: i64, message: &Value) {
    let sizes = message["photo"].as_array();
    let largest = sizes.and_then(|sizes| sizes.last()).expect("a photo");
    forwarded.sent(
        user,
        message["message_id"].as_i64().expect("a number"),
        largest["file_unique_id"].as_str().expect("a name"),
        message["caption"].as_str().expect("a caption"),
    );
}

/// A word that stands for `number` and is in no dictionary.
fn word(mut number: u64) -> String {
    let mut word = "zq".to_owned();
    for _ in 0..5 {
        let consonants = b"bdfgklmnprstvz";
        let at = usize::try_from(number % 14).expect("small");
        word.push(char::from(consonants[at]));
        number /= 14;
        word.push(['a', 'o', 'u'][at % 3]);
    }
    word
}

/// Writes down what the bot says and shows.
pub fn listen(mut events: Receiver<Event>, forwarded: &Mutex<Forwarded>) {
    loop {
        let event = match events.blocking_recv() {
            Ok(event) => event,
            Err(RecvError::Closed) => return,
            Err(RecvError::Lagged(count)) => panic!("{count} events were missed"),
        };
        let message = &event.data["message"];
        if event.name != "message" || message["from"]["is_bot"] != true {
            continue;
        }
        let chat = message["chat"]["id"].as_i64().unwrap_or_default();
        let mut forwarded = forwarded.lock().expect("no panic");
        if let Some(text) = message["text"].as_str() {
            let below = message["reply_to_message"]["message_id"].as_i64();
            forwarded.said(chat, below, text);
        }
        if let Some(caption) = message["caption"].as_str() {
            forwarded.shown(chat, caption);
        }
    }
}
