//! What is said about chats whose pictures are collected.

use serde_json::json;

use super::{Reply, one_button, plain};
use crate::bot::button::{Act, Button};
use crate::bot::texts::Texts;

/// The owner has not let the chat in.
#[must_use]
pub fn not_let_in(texts: &Texts) -> Reply {
    plain(texts.collect_not_let_in.to_owned())
}

/// `/collect` in private.
#[must_use]
pub fn only_in_groups(texts: &Texts) -> Reply {
    plain(texts.collect_where.to_owned())
}

/// Only who leads the chat may ask for that.
#[must_use]
pub fn not_an_administrator(texts: &Texts) -> Reply {
    plain(texts.collect_admins.to_owned())
}

/// The endpoint saves nothing.
#[must_use]
pub fn cannot_save(texts: &Texts) -> Reply {
    plain(texts.collect_unable.to_owned())
}

/// What is posted is saved from now on; or would be, if Telegram showed it to the bot.
#[must_use]
pub fn on(texts: &Texts, sees: bool) -> Reply {
    if sees {
        return plain(texts.collect_on.to_owned());
    }
    plain(format!("{}\n\n{}", texts.collect_on, texts.collect_blind))
}

/// Nothing is saved any more.
#[must_use]
pub fn off(texts: &Texts) -> Reply {
    plain(texts.collect_off.to_owned())
}

/// Asks whether everything is to be forgotten.
#[must_use]
pub fn forget_all(texts: &Texts) -> Reply {
    let button = Button {
        act: Act::ForgetChat,
        offset: 0,
        owner: None,
        by_picture: false,
        words: "",
    };
    Reply {
        text: texts.collect_forget.to_owned(),
        markup: one_button(texts.forget_all_button, button.data()),
    }
}

/// How a picture is forgotten.
#[must_use]
pub fn forget_how(texts: &Texts) -> Reply {
    plain(texts.collect_forget_how.to_owned())
}

/// It is not there, or it is somebody else's.
#[must_use]
pub fn not_forgotten(texts: &Texts) -> Reply {
    plain(texts.collect_not_forgotten.to_owned())
}

/// So many are forgotten.
#[must_use]
pub fn forgotten(texts: &Texts, count: usize) -> Reply {
    Reply {
        text: texts.forgotten.of(count),
        // An edited message loses its buttons only so.
        markup: json!({ "inline_keyboard": [] }),
    }
}

/// It did not work.
#[must_use]
pub fn not_done(texts: &Texts) -> Reply {
    plain(texts.not_done.to_owned())
}
