//! What is said about pictures that are saved and forgotten.

use serde_json::{Value, json};

use super::{Reply, fill, one_button, plain, with_button};
use crate::bot::button::{Act, Button};
use crate::bot::saving::{Choice, Forget, SavedCount, Wish};
use crate::bot::texts::Texts;
use crate::bot::wanted::Search;
use crate::search::{Failure, Reason};

/// Asks who sent a picture for the first time what that means.
#[must_use]
pub fn save_or_find(search: &Search) -> Reply {
    let texts = search.texts;
    let markup = one_button(texts.save_button, search.with_picture(Act::Save));
    Reply {
        text: texts.save_or_find.to_owned(),
        markup: match search.with_picture(Act::Find) {
            Some(data) => with_button(markup, texts.find_button, data),
            None => markup,
        },
    }
}

/// So many pictures are saved.
#[must_use]
pub fn saved(search: &Search, count: SavedCount) -> Reply {
    let texts = search.texts;
    let known = texts.known.of(count.known);
    let text = match (count.new, count.known) {
        (0, _) => known,
        (new, 0) => texts.saved.of(new),
        (new, _) => format!("{} {known}", texts.saved.of(new)),
    };
    let is_one = count.new + count.known == 1;
    let mut markup = Value::Null;
    for (label, act) in [
        (texts.similar_button, Act::Like),
        (texts.forget_button, Act::Forget),
    ] {
        if let Some(data) = search.with_picture(act).filter(|_| is_one) {
            markup = with_button(markup, label, data);
        }
    }
    Reply { text, markup }
}

/// A picture waits for the endpoint.
#[must_use]
pub fn save_waits(texts: &Texts) -> Reply {
    plain(texts.save_waits.to_owned())
}

/// A picture was not saved, for good.
#[must_use]
pub fn not_saved(search: &Search, failure: &Failure) -> Reply {
    let texts = search.texts;
    if let Some(Wish::Collect(_)) = search.wish.as_deref() {
        return super::collecting::not_done(texts);
    }
    plain(
        match failure.reason {
            Reason::TooLarge => texts.picture_too_large,
            Reason::UnsupportedMedia | Reason::BadQuery => texts.picture_unreadable,
            Reason::CollectionFull => texts.collection_full,
            _ => texts.not_saved,
        }
        .to_owned(),
    )
}

/// So many pictures were forgotten.
#[must_use]
pub fn forgotten(texts: &Texts, what: &Forget, count: usize) -> Reply {
    let text = match (what, count) {
        (_, 0) => texts.was_not_saved.to_owned(),
        (_, count) => texts.forgotten.of(count),
    };
    Reply {
        text,
        // An edited message loses its buttons only so.
        markup: json!({ "inline_keyboard": [] }),
    }
}

/// The buttons below a picture that was saved for where it is shown: others like it, and to forget it.
#[must_use]
pub fn below_a_saved(search: &Search) -> Value {
    let similar = super::similar(search);
    match search.with_picture(Act::ForgetShown) {
        Some(data) => with_button(similar, search.texts.forget_button, data),
        None => similar,
    }
}

/// Asks whether the picture that this replies to is to be forgotten.
#[must_use]
pub fn forget_this(texts: &Texts) -> Reply {
    let button = Button {
        act: Act::ForgetShown,
        offset: 0,
        owner: None,
        by_picture: true,
        words: "",
    };
    Reply {
        text: texts.forget_this.to_owned(),
        markup: one_button(texts.forget_button, button.data()),
    }
}

/// How one forgets a picture.
#[must_use]
pub fn forget_how(texts: &Texts) -> Reply {
    plain(texts.forget_how.to_owned())
}

/// Asks whether everything is to be forgotten.
#[must_use]
pub fn forget_all(texts: &Texts) -> Reply {
    let button = Button {
        act: Act::Forget,
        offset: 0,
        owner: None,
        by_picture: false,
        words: "",
    };
    Reply {
        text: texts.forget_all.to_owned(),
        markup: one_button(texts.forget_all_button, button.data()),
    }
}

/// What pictures without a question mean, and the buttons that change that.
#[must_use]
pub fn settings(texts: &Texts, choice: Option<Choice>) -> Reply {
    let now = match choice {
        Some(Choice::Save) => texts.save_button,
        Some(Choice::Find) => texts.find_button,
        None => texts.not_chosen,
    };
    let mut markup = Value::Null;
    for (label, act) in [
        (texts.save_button, Act::SaveAll),
        (texts.find_button, Act::FindAll),
    ] {
        let button = Button {
            act,
            offset: 0,
            owner: None,
            by_picture: false,
            words: "",
        };
        if let Some(data) = button.data() {
            markup = with_button(markup, label, data);
        }
    }
    Reply {
        text: fill(texts.settings, "choice", now),
        markup,
    }
}
