//! Which chat may hold own pictures: one that nobody can find, and where nobody but the owner and the
//! bot reads. Pure.

use serde_json::Value;

use crate::error::{Class, Result};
use crate::telegram::request::{Call, get_chat, get_chat_administrators, get_chat_member_count};

/// Who may be in the chat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Insiders {
    /// The bot.
    pub me: i64,
    /// The owner, where the bot has one.
    pub owner: Option<i64>,
}

/// Why no picture may be put into a chat, in words for the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The chat is not one for own pictures.
    Unfit(String),
    /// Telegram does not say what it is, for now.
    Unknown(String),
}

impl Trouble {
    /// The words.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Unfit(words) | Self::Unknown(words) => words,
        }
    }
}

/// What to do about a chat that is not one for own pictures.
pub const REMEDY: &str = "Make a new private group of only you and the bot, send /storage there, and set \
                          CLIP_BOT_STORAGE to the number in the answer";

/// Asks about `chat` with `send` whether pictures may be put there.
///
/// # Errors
/// Why not.
pub fn check(
    chat: i64,
    insiders: Insiders,
    send: impl Fn(Call) -> Result<Value>,
) -> std::result::Result<(), Trouble> {
    let ask = |call: Call| {
        let method = call.method;
        send(call).map_err(|error| {
            let words = format!("{method} is refused: {}", error.chain());
            match error.class() {
                Class::GiveUp => Trouble::Unfit(words),
                Class::Retry { .. } | Class::Fatal => Trouble::Unknown(words),
            }
        })
    };
    let about = ask(get_chat(chat))?;
    judge_chat(&about).map_err(Trouble::Unfit)?;
    let count = ask(get_chat_member_count(chat))?;
    let administrators = ask(get_chat_administrators(chat))?;
    judge_members(&count, &administrators, insiders).map_err(Trouble::Unfit)
}

/// `about`: Telegram's `ChatFullInfo`.
fn judge_chat(about: &Value) -> std::result::Result<(), String> {
    let kind = about["type"].as_str().unwrap_or_default();
    if !["group", "supergroup", "channel"].contains(&kind) {
        return Err("it is neither a group nor a channel".to_owned());
    }
    let is_there = |field: &str| match &about[field] {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    if is_there("username") || is_there("active_usernames") {
        return Err("it has a public name, so that anybody can read it".to_owned());
    }
    if is_there("linked_chat_id") {
        return Err("it has a linked chat, whose members could read it".to_owned());
    }
    if is_there("location") {
        return Err("it is shown to people nearby".to_owned());
    }
    Ok(())
}

/// `count`: of members, the bot included; `administrators`: Telegram's `ChatMember`s.
fn judge_members(
    count: &Value,
    administrators: &Value,
    insiders: Insiders,
) -> std::result::Result<(), String> {
    match count.as_u64() {
        Some(..=2) => {}
        Some(count) => {
            return Err(format!(
                "it has {count} members; only you and the bot may be in it"
            ));
        }
        None => return Err("Telegram does not say how many members it has".to_owned()),
    }
    let mut creator = None;
    for one in administrators.as_array().into_iter().flatten() {
        let (user, status) = (&one["user"], one["status"].as_str());
        match user["id"].as_i64() {
            Some(id) if id == insiders.me => {}
            Some(id) if status == Some("creator") && user["is_bot"] != true => creator = Some(id),
            _ => return Err("it has another administrator than its creator and the bot".to_owned()),
        }
    }
    let creator = creator.ok_or("its creator is not in it any more")?;
    if insiders.owner.is_some_and(|owner| owner != creator) {
        return Err("its creator is not the owner of this bot".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const INSIDERS: Insiders = Insiders {
        me: 42,
        owner: Some(1),
    };

    fn member(id: i64, status: &str) -> Value {
        json!({"status": status, "user": {"id": id, "is_bot": id == 42 || id == 43, "first_name": "x"}})
    }

    #[test]
    fn only_a_chat_that_nobody_can_find_will_do() {
        let good = json!({"id": -5, "type": "channel", "title": "Storage"});
        assert_eq!(judge_chat(&good), Ok(()));
        for (field, value) in [
            ("username", json!("storage")),
            ("active_usernames", json!(["storage"])),
            ("linked_chat_id", json!(-7)),
            ("location", json!({"address": "x"})),
            ("type", json!("private")),
            ("type", json!("hologroup")),
            ("type", json!(7)),
        ] {
            let mut chat = good.clone();
            chat[field] = value;
            assert!(judge_chat(&chat).is_err(), "{field}");
        }
        assert!(judge_chat(&json!([])).is_err());
    }

    #[test]
    fn only_the_owner_and_the_bot_may_be_in_it() {
        let (owner, bot) = (member(1, "creator"), member(42, "administrator"));
        let judge = |count: Value, all: &[&Value]| judge_members(&count, &json!(all), INSIDERS);
        assert_eq!(judge(json!(2), &[&owner, &bot]), Ok(()));
        assert_eq!(
            judge(json!(2), &[&owner]),
            Ok(()),
            "the bot needs no rights in a group"
        );
        let other = member(7, "administrator");
        let (stranger, second_bot) = (member(7, "creator"), member(43, "administrator"));
        for (count, all) in [
            (json!(3), &[&owner, &bot][..]),
            (json!(2), &[&owner, &other]),
            (json!(2), &[&owner, &second_bot]),
            (json!(2), &[&stranger, &bot]),
            (json!(1), &[&bot]),
            (json!("2"), &[&owner, &bot]),
            (Value::Null, &[&owner, &bot]),
        ] {
            assert!(judge(count.clone(), all).is_err(), "{count} {all:?}");
        }
        assert!(judge_members(&json!(2), &json!({}), INSIDERS).is_err());
        let unowned = Insiders {
            owner: None,
            ..INSIDERS
        };
        assert_eq!(
            judge_members(&json!(2), &json!([stranger, bot]), unowned),
            Ok(())
        );
    }
}
