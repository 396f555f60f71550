//! What is said about who is served, to the owner and to those who ask.

use serde_json::{Value, json};

use super::{Reply, fill, help, plain};
use crate::bot::access::book::Person;
use crate::bot::texts::Texts;

/// Guests in one list: Telegram shows up to 100 buttons.
const MAX_LISTED: usize = 50;

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

/// The owner's list of guests, with a button to put each of them out.
#[must_use]
pub fn list<'a>(texts: &Texts, guests: impl Iterator<Item = &'a Person>) -> Reply {
    let mut guests: Vec<&Person> = guests.collect();
    if guests.is_empty() {
        return plain(texts.no_guests.to_owned());
    }
    guests.reverse();
    guests.truncate(MAX_LISTED);
    let lines: Vec<String> = guests.iter().map(|guest| shown(texts, guest)).collect();
    let text = format!("{}\n{}", texts.guests, lines.join("\n"));
    let row = |guest: &&Person| {
        let label = format!("{}: {}", texts.put_out_button, shown(texts, guest));
        vec![button(&label, PUT_OUT, guest.id)]
    };
    let rows: Vec<Vec<Value>> = guests.iter().map(row).collect();
    keyboard(text, &rows)
}

fn shown(texts: &Texts, person: &Person) -> String {
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
            let many: Vec<Person> = (0..500).map(|id| Person { id, ..who.clone() }).collect();
            for reply in [
                asks(texts, &who, Some(&group)),
                asks(texts, &group, None),
                decided(texts, &who, true),
                decided(texts, &who, false),
                welcome(texts, 5),
                list(texts, many.iter()),
                list(texts, [].iter()),
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
}
