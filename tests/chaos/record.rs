//! Keeps the record of what Telegram accepted.

use std::sync::Mutex;

use clip_bot::playground::bot_api::Event;
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::audit::{Ledger, Said, What};

/// Writes down what Telegram accepts from the bot, for as long as it lives.
pub fn record(mut events: Receiver<Event>, ledger: &Mutex<Ledger>) {
    loop {
        let event = match events.blocking_recv() {
            Ok(event) => event,
            Err(RecvError::Closed) => return,
            Err(RecvError::Lagged(count)) => {
                ledger.lock().expect("no panic while held").missed += count;
                continue;
            }
        };
        let message = &event.data["message"];
        if event.name != "message" || message["from"]["is_bot"] != true {
            continue;
        }
        let number = |value: &Value| value["message_id"].as_i64();
        let what = match message["text"].as_str() {
            Some(text) => What::Text(text.to_owned()),
            None => What::Picture(match message["media_group_id"].as_str() {
                Some(album) => album.to_owned(),
                None => format!("alone {:?}", number(message)),
            }),
        };
        let said = Said {
            chat: message["chat"]["id"].as_i64().unwrap_or_default(),
            message: number(message).unwrap_or_default(),
            reply_to: number(&message["reply_to_message"]),
            what,
        };
        ledger.lock().expect("no panic while held").say(said);
    }
}
