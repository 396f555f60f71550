//! What is said about who is served, to the owner and to those who ask.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Reply, fill, help, owner, plain};
use crate::bot::access::book::{Book, Person};
use crate::bot::texts::Texts;
use crate::config::Allowed;

/// Guests in one list: Telegram shows up to 100 buttons.
const MAX_LISTED: usize = 50;
/// Ids that the settings serve.
const MAX_LISTED_IDS: usize = 30;
/// Of the text of that list, in UTF-16 units; ids that the settings serve follow.
const MAX_LIST_LENGTH: usize = 3000;

/// What a button of the owner's asks for: one of the words, a colon, and the id of a user or group.
/// Nothing else is needed to obey it, so that it works after a restart.
pub const LET_IN: &str = "in:";
/// See [`LET_IN`].
pub const REFUSE: &str = "no:";
/// See [`LET_IN`].
pub const PUT_OUT: &str = "out:";

/// Nobody owns the bot.
#[must_use]
pub fn unclaimed(texts: &Texts) -> Reply {
    plain(texts.unclaimed.to_owned())
}

/// The user has become the owner.
#[must_use]
pub fn claimed(texts: &Texts) -> Reply {
    plain(texts.claimed.to_owned())
}

/// The setting that makes `chat` the storage chat, in no language.
#[must_use]
pub fn storage(chat: i64) -> Reply {
    plain(format!("CLIP_BOT_STORAGE={chat}"))
}

/// Asks the owner about `who`, who spoke in `group`, if in any.
#[must_use]
pub fn asks(texts: &Texts, who: &Person, group: Option<&Person>) -> Reply {
    let template = if group.is_some() {
        texts.asks_in_group
    } else {
        texts.asks
    };
    let group_name = group.map(|group| shown(texts, group)).unwrap_or_default();
    // The name may hold braces; it is filled in last.
    let text = fill(template, "group", &group_name);
    let text = fill(&text, "who", &shown(texts, who));
    let mut rows = vec![vec![
        button(texts.let_in_button, LET_IN, who.id),
        button(texts.refuse_button, REFUSE, who.id),
    ]];
    rows.extend(group.map(|group| vec![button(texts.let_group_in_button, LET_IN, group.id)]));
    keyboard(text, &rows)
}

/// Tells the owner that `who` is served, or not.
#[must_use]
pub fn decided(texts: &Texts, who: &Person, is_in: bool) -> Reply {
    let (template, change) = if is_in {
        (texts.let_in, button(texts.put_out_button, PUT_OUT, who.id))
    } else {
        (texts.put_out, button(texts.let_in_button, LET_IN, who.id))
    };
    let text = fill(template, "who", &shown(texts, who));
    keyboard(text, &[vec![change]])
}

/// To who was let in.
#[must_use]
pub fn welcome(texts: &Texts, results: usize) -> Reply {
    let help = help(texts, results);
    Reply {
        text: format!("{}\n\n{}", texts.welcome, help.text),
        ..help
    }
}

/// The owner's list of guests, with a button to put each of them out, and whom the settings serve.
#[must_use]
pub fn list(texts: &Texts, book: &Book, allowed: &Allowed) -> Reply {
    let mut guests: Vec<&Person> = book.guests().collect();
    guests.reverse();
    guests.truncate(MAX_LISTED);
    let line = |guest: &&Person| {
        let since = guest.since.map(|day| fill(texts.since, "date", &date(day)));
        let rate = book.rate(guest.id).map(|rate| owner::rate(texts, rate));
        let parts = [Some(shown(texts, guest)), since, rate];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        parts.join(", ")
    };
    let mut text = texts.guests.to_owned();
    let mut rows = Vec::new();
    for guest in &guests {
        let line = line(guest);
        if text.encode_utf16().count() + line.encode_utf16().count() > MAX_LIST_LENGTH {
            break;
        }
        text = format!("{text}\n{line}");
        let label = format!("{}: {}", texts.put_out_button, shown(texts, guest));
        rows.push(vec![button(&label, PUT_OUT, guest.id)]);
    }
    let listed = match allowed {
        Allowed::Everyone => Some(texts.everyone.to_owned()),
        Allowed::Ids(ids) if ids.is_empty() => None,
        Allowed::Ids(ids) => {
            let ids: Vec<String> = ids
                .iter()
                .take(MAX_LISTED_IDS)
                .map(i64::to_string)
                .collect();
            Some(fill(texts.listed, "ids", &ids.join(", ")))
        }
    };
    match (listed, rows.is_empty()) {
        (None, true) => plain(texts.no_guests.to_owned()),
        (Some(listed), true) => plain(listed),
        (None, false) => keyboard(text, &rows),
        (Some(listed), false) => keyboard(format!("{text}\n\n{listed}"), &rows),
    }
}

/// Such as `2026-11-28`, of a day since 1970.
fn date(day: u64) -> String {
    let time = UNIX_EPOCH + Duration::from_secs(day * 24 * 3600);
    let text = humantime::format_rfc3339_seconds(time).to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// Name and id.
pub(super) fn shown(texts: &Texts, person: &Person) -> String {
    let name = if person.name.is_empty() {
        texts.somebody
    } else {
        &person.name
    };
    format!("{name} (id {})", person.id)
}

fn button(label: &str, what: &str, id: i64) -> Value {
    json!({ "text": label, "callback_data": format!("{what}{id}") })
}

fn keyboard(text: String, rows: &[Vec<Value>]) -> Reply {
    Reply {
        text,
        markup: json!({ "inline_keyboard": rows }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::texts::ALL;
    use super::*;

    #[test]
    fn names_and_buttons_keep_telegrams_limits() {
        let who = Person::new(i64::MIN, &"{group}".repeat(99), None);
        let group = Person::new(-100, "{who}", None);
        for texts in ALL {
            let mut many = Book::default();
            for id in 0..500 {
                many.let_in(
                    Person {
                        id: -1_000_000_000_000 - id,
                        ..who.clone()
                    },
                    20_000,
                );
            }
            let ids = Allowed::Ids(vec![i64::MIN; 500]);
            for reply in [
                asks(texts, &who, Some(&group)),
                asks(texts, &group, None),
                decided(texts, &who, true),
                decided(texts, &who, false),
                welcome(texts, 5),
                list(texts, &many, &ids),
                list(texts, &many, &Allowed::Everyone),
                list(texts, &Book::default(), &ids),
                list(texts, &Book::default(), &Allowed::default()),
                unclaimed(texts),
                claimed(texts),
            ] {
                assert!(reply.text.chars().count() <= 4096, "{}", reply.text);
                let rows = reply.markup["inline_keyboard"].as_array();
                let rows = rows.cloned().unwrap_or_default();
                assert!(rows.len() <= 100);
                for button in rows.iter().filter_map(Value::as_array).flatten() {
                    let data = button["callback_data"].as_str().expect("a button has data");
                    assert!((1..=64).contains(&data.len()), "{data}");
                }
            }
            assert!(
                asks(texts, &who, None).text.contains("{group}"),
                "as written"
            );
        }
    }

    #[test]
    fn the_list_says_since_when_and_at_which_rate() {
        let mut book = Book::default();
        book.let_in(Person::new(8, "Bob @bob", None), 20_785);
        book.let_in(Person::new(-9, "Family", None), 0);
        book.set_rate(8, Some("30/1m".parse().ok()));
        book.set_rate(-9, Some(None));
        let shown = list(Texts::of(None), &book, &Allowed::Ids(vec![5, -6]));
        assert_eq!(
            shown.text,
            "You let in:\nFamily (id -9), since 1970-01-01, as often as they like\n\
             Bob @bob (id 8), since 2026-11-28, 30/1m\n\n\
             By the settings (CLIP_BOT_ALLOWED): 5, -6"
        );
    }
}
