//! Who is in a chat, and what the bot is told of that.

use serde_json::{Value, json};

use super::call::Refusal;
use super::chats::{Chat, now};
use super::people::Happened;
use super::state::ServerState;

/// Answers `getChatMember`.
///
/// # Errors
/// "chat not found"; the bot is not in the chat.
pub(super) fn get(state: &mut ServerState, parameters: &Value) -> Result<Value, Refusal> {
    let user = parameters["user_id"].as_i64().unwrap_or_default();
    let (me, user_json) = (me(state), user_of(state, user));
    let chat = state.chats.find(&parameters["chat_id"])?;
    if status(chat, me, me) == "kicked" {
        return Err(Refusal::new(
            403,
            "Forbidden: bot was kicked from the supergroup chat",
        ));
    }
    Ok(member(status(chat, user, me), &user_json))
}

/// `user` becomes `wanted` in `chat`.
pub(super) fn set(state: &mut ServerState, user: i64, chat: i64, wanted: &'static str) -> Happened {
    let id = state.updates.number();
    let (me, user_json) = (me(state), user_of(state, user));
    let Ok(chat) = state.chats.find(&chat.into()) else {
        return (id, Vec::new());
    };
    let before = member(status(chat, user, me), &user_json);
    chat.admins.remove(&user);
    chat.gone.remove(&user);
    match wanted {
        "administrator" => {
            chat.admins.insert(user);
            chat.members.extend((user != me).then_some(user));
        }
        "left" | "kicked" => {
            chat.gone.insert(user);
            chat.members.remove(&user);
        }
        _ => chat.members.extend((user != me).then_some(user)),
    }
    let after = member(status(chat, user, me), &user_json);
    let leads = chat.admins.contains(&me);
    let change = json!({"chat": chat.json, "from": user_json, "date": now(),
        "old_chat_member": before, "new_chat_member": after});
    let kind = if user == me {
        Some("my_chat_member")
    } else {
        leads.then_some("chat_member")
    };
    if let Some(kind) = kind.filter(|kind| state.updates.wanted(kind)) {
        state.updates.push(id, json!({ kind: change }));
    }
    (id, Vec::new())
}

fn me(state: &ServerState) -> i64 {
    state.me["id"].as_i64().unwrap_or_default()
}

fn user_of(state: &ServerState, user: i64) -> Value {
    if user == me(state) {
        return state.me.clone();
    }
    state.chats.user(user)
}

/// What `user` is in `chat`. The bot `me` is in every chat that it was not removed from.
fn status(chat: &Chat, user: i64, me: i64) -> &'static str {
    let is_there = user == me || chat.members.contains(&user);
    if chat.gone.contains(&user) && user == me {
        "kicked"
    } else if !is_there {
        "left"
    } else if user != me && chat.members.first() == Some(&user) {
        "creator"
    } else if chat.admins.contains(&user) {
        "administrator"
    } else {
        "member"
    }
}

/// Telegram's `ChatMember`.
fn member(status: &str, user: &Value) -> Value {
    let mut member = json!({"status": status, "user": user});
    match status {
        "creator" => member["is_anonymous"] = false.into(),
        "administrator" => {
            member["can_be_edited"] = false.into();
            member["is_anonymous"] = false.into();
            for right in [
                "can_manage_chat",
                "can_delete_messages",
                "can_manage_video_chats",
                "can_restrict_members",
                "can_promote_members",
                "can_change_info",
                "can_invite_users",
                "can_post_stories",
                "can_edit_stories",
                "can_delete_stories",
            ] {
                member[right] = false.into();
            }
        }
        "kicked" => member["until_date"] = 0.into(),
        _ => {}
    }
    member
}
