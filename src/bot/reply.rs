//! What the bot says, as plain text: hits and failures in, sentences and buttons out. Pure.

pub mod guests;

use std::time::Duration;

use serde_json::Value;

use super::texts::Texts;
use crate::search::{Failure, MAX_QUERY_CHARS, Reason};
use crate::telegram::client::Command;
use crate::telegram::request::{buttons, force_reply};

/// A text with its keyboard (`Value::Null` for none).
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// Plain text, at most 4,096 characters.
    pub text: String,
    /// `reply_markup`.
    pub markup: Value,
}

/// How many of the pictures arrived, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Sent as picture or file.
    pub pictures: usize,
    /// Sent as a link.
    pub links: usize,
    /// Not sent: no picture could be had, and the address is private.
    pub withheld: usize,
}

/// What a button asks for, in at most 64 bytes: `r:` repeats in place (after a failure), `a:`
/// repeats below (again), both followed by the query, or by nothing where it is too long.
pub const RETRY: &str = "r:";
/// See [`RETRY`].
pub const AGAIN: &str = "a:";
const MAX_DATA_BYTES: usize = 64;
const MAX_LINKS_CHARS: usize = 4000;

fn fill(template: &str, name: &str, value: &str) -> String {
    template.replace(&format!("{{{name}}}"), value)
}

fn plain(text: String) -> Reply {
    Reply {
        text,
        markup: Value::Null,
    }
}

fn data(kind: &str, query: &str) -> String {
    let data = format!("{kind}{query}");
    if data.len() <= MAX_DATA_BYTES {
        data
    } else {
        kind.to_owned()
    }
}

impl Reply {
    /// Adds that `away` pictures that fit are not there at the moment.
    #[must_use]
    pub fn with_away(mut self, texts: &Texts, away: usize) -> Self {
        let line = match away {
            0 => return self,
            1 => texts.one_away.to_owned(),
            _ => fill(texts.many_away, "count", &away.to_string()),
        };
        self.text.push('\n');
        self.text.push_str(&line);
        self
    }
}

/// `/start` and `/help`; up to `results` pictures come.
#[must_use]
pub fn help(texts: &Texts, results: usize) -> Reply {
    let text = fill(
        &fill(texts.help, "query", texts.example),
        "count",
        &results.to_string(),
    );
    let label = fill(texts.try_button, "query", texts.example);
    Reply {
        text,
        markup: buttons(&[(&label, data(AGAIN, texts.example))]),
    }
}

/// `/query` alone: asks for the words.
#[must_use]
pub fn query_needed(texts: &Texts) -> Reply {
    let text = fill(texts.query_needed, "query", texts.example);
    Reply {
        text,
        markup: force_reply(texts.query_hint),
    }
}

/// Whether `text` is a message made by [`query_needed`], so that a reply to it is a query.
#[must_use]
pub fn is_query_needed(text: &str) -> bool {
    super::texts::ALL
        .into_iter()
        .any(|texts| query_needed(texts).text == text)
}

/// The query is too long.
#[must_use]
pub fn query_too_long(texts: &Texts) -> Reply {
    plain(fill(
        texts.query_too_long,
        "limit",
        &MAX_QUERY_CHARS.to_string(),
    ))
}

/// A private message without words.
#[must_use]
pub fn words_only(texts: &Texts) -> Reply {
    plain(fill(texts.words_only, "query", texts.example))
}

/// The user with `id` is not on the allow-list.
#[must_use]
pub fn private_bot(texts: &Texts, id: i64) -> Reply {
    plain(fill(texts.private_bot, "id", &id.to_string()))
}

/// The user asked more often than is allowed, and may go on after `wait`.
#[must_use]
pub fn slow_down(texts: &Texts, wait: Duration) -> Reply {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    plain(fill(texts.slow_down, "seconds", &seconds.to_string()))
}

/// A button whose query is not known any more.
#[must_use]
pub fn expired(texts: &Texts) -> Reply {
    plain(texts.expired.to_owned())
}

/// The acknowledgement, before the search.
#[must_use]
pub fn searching(texts: &Texts, query: &str) -> Reply {
    plain(fill(texts.searching, "query", query))
}

/// The endpoint is waking up.
#[must_use]
pub fn waking(texts: &Texts, query: &str) -> Reply {
    plain(fill(texts.waking, "query", query))
}

/// The endpoint did not wake up.
#[must_use]
pub fn still_asleep(texts: &Texts, query: &str) -> Reply {
    with_retry(texts, texts.still_asleep, query)
}

/// Nothing fits.
#[must_use]
pub fn nothing(texts: &Texts, query: &str) -> Reply {
    plain(fill(texts.nothing, "query", query))
}

/// The search is over: `tally` arrived `took` after the question.
#[must_use]
pub fn found(texts: &Texts, query: &str, tally: Tally, took: Duration) -> Reply {
    if tally.pictures + tally.links == 0 && tally.withheld > 0 {
        return with_retry(texts, texts.withheld, query);
    }
    let count = |count: usize, one: &str, many: &str| match count {
        1 => one.to_owned(),
        count => fill(many, "count", &count.to_string()),
    };
    let pictures = count(tally.pictures, texts.one_picture, texts.many_pictures);
    let links = count(tally.links, texts.one_link, texts.many_links);
    let what = match (tally.pictures, tally.links) {
        (_, 0) => pictures,
        (0, _) => links,
        _ => format!("{pictures}{}{links}", texts.and),
    };
    let seconds = format!("{:.1}", took.as_secs_f64());
    let text = fill(&fill(texts.found, "pictures", &what), "seconds", &seconds);
    let text = fill(&text, "query", query);
    Reply {
        text,
        markup: buttons(&[(texts.again_button, data(AGAIN, query))]),
    }
}

/// One plain sentence for a failed search; the details belong in the log.
#[must_use]
pub fn failed(texts: &Texts, query: &str, failure: &Failure) -> Reply {
    let template = match failure.reason {
        Reason::BadQuery | Reason::TooLarge | Reason::UnsupportedMedia | Reason::NotSupported => {
            texts.refused
        }
        Reason::RateLimited | Reason::SpaceBusy | Reason::SpaceRateLimited | Reason::Quota => {
            texts.busy
        }
        Reason::Timeout => texts.slow,
        Reason::SpaceAsleep => texts.still_asleep,
        Reason::Forbidden
        | Reason::NotFound
        | Reason::MethodNotAllowed
        | Reason::Misdirected
        | Reason::SpaceError
        | Reason::SpaceDown
        | Reason::SpaceAuth
        | Reason::SpaceMismatch
        | Reason::NotReady
        | Reason::Internal
        | Reason::Unreachable
        | Reason::Garbled => texts.unavailable,
    };
    with_retry(texts, template, query)
}

/// The pictures were found, and Telegram takes nothing at the moment.
#[must_use]
pub fn held(texts: &Texts, query: &str) -> Reply {
    plain(fill(texts.held, "query", query))
}

/// The search ended the program several times, and is not tried again.
#[must_use]
pub fn set_aside(texts: &Texts, query: &str) -> Reply {
    plain(fill(texts.set_aside, "query", query))
}

/// A fault of the bot itself.
#[must_use]
pub fn internal(texts: &Texts, query: &str) -> Reply {
    with_retry(texts, texts.internal, query)
}

fn with_retry(texts: &Texts, template: &str, query: &str) -> Reply {
    let markup = buttons(&[(texts.retry_button, data(RETRY, query))]);
    Reply {
        text: fill(template, "query", query),
        markup,
    }
}

/// The pictures that could only be sent as links, in as many messages as they need.
#[must_use]
pub fn links(texts: &Texts, urls: &[&str]) -> Vec<String> {
    if urls.is_empty() {
        return Vec::new();
    }
    let mut messages = vec![texts.links.to_owned()];
    for url in urls {
        let last = messages
            .last_mut()
            .filter(|text| text.len() + url.len() < MAX_LINKS_CHARS);
        match last {
            Some(text) => {
                text.push('\n');
                text.push_str(url);
            }
            None => messages.push((*url).to_owned()),
        }
    }
    messages
}

/// The commands menu.
#[must_use]
pub fn commands(texts: &Texts) -> Vec<Command> {
    let entry = |command: &str, description: &str| Command {
        command: command.to_owned(),
        description: description.to_owned(),
    };
    vec![
        entry("query", texts.query_command),
        entry("help", texts.help_command),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::texts::ALL;
    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn every_language_fills_the_same_placeholders() {
        let fields = |texts: &Texts| {
            [
                texts.help,
                texts.try_button,
                texts.query_needed,
                texts.query_too_long,
                texts.words_only,
                texts.private_bot,
                texts.asks,
                texts.asks_in_group,
                texts.let_in,
                texts.put_out,
                texts.slow_down,
                texts.searching,
                texts.waking,
                texts.still_asleep,
                texts.found,
                texts.many_pictures,
                texts.many_links,
                texts.nothing,
                texts.many_away,
                texts.busy,
                texts.unavailable,
                texts.slow,
                texts.refused,
                texts.held,
                texts.set_aside,
                texts.internal,
                texts.withheld,
            ]
        };
        for texts in ALL {
            for (own, english) in fields(texts).into_iter().zip(fields(ALL[0])) {
                assert_eq!(placeholders(own), placeholders(english), "{own}");
            }
        }
    }

    #[test]
    fn no_reply_keeps_a_placeholder_or_breaks_a_limit() {
        let query = "日".repeat(MAX_QUERY_CHARS);
        let tally = Tally {
            pictures: 3,
            links: 2,
            withheld: 1,
        };
        for texts in ALL {
            let mut replies = vec![
                help(texts, 5),
                query_needed(texts),
                query_too_long(texts),
                words_only(texts),
                private_bot(texts, 7),
                expired(texts),
                slow_down(texts, Duration::from_hours(1)),
                searching(texts, &query),
                waking(texts, &query),
                still_asleep(texts, &query),
                nothing(texts, &query),
                found(texts, &query, tally, Duration::from_millis(1234)),
                found(
                    texts,
                    &query,
                    Tally {
                        withheld: 2,
                        ..Tally::default()
                    },
                    Duration::ZERO,
                ),
                held(texts, &query),
                set_aside(texts, &query),
                internal(texts, &query),
            ];
            replies
                .extend(Reason::ALL.map(|reason| failed(texts, &query, &Failure::new(reason, ""))));
            for reply in replies {
                assert!(placeholders(&reply.text).is_empty(), "{}", reply.text);
                assert!(reply.text.chars().count() <= 4096);
                let rows = reply.markup["inline_keyboard"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                for button in rows.iter().filter_map(Value::as_array).flatten() {
                    let data = button["callback_data"].as_str().expect("a button has data");
                    assert!((1..=64).contains(&data.len()), "{data}");
                }
            }
            assert!(texts.query_hint.chars().count() <= 64);
            for entry in commands(texts) {
                assert!((1..=256).contains(&entry.description.chars().count()));
            }
        }
    }

    #[test]
    fn the_summary_counts_pictures_and_links() {
        let english = Texts::of(None);
        let summary = |pictures, links| {
            found(
                english,
                "bus",
                Tally {
                    pictures,
                    links,
                    withheld: 0,
                },
                Duration::from_millis(1234),
            )
            .text
        };
        assert_eq!(summary(5, 0), "5 pictures for “bus” · 1.2 s");
        assert_eq!(summary(1, 2), "1 picture and 2 links for “bus” · 1.2 s");
        assert_eq!(summary(0, 1), "1 link for “bus” · 1.2 s");
        let none = Tally {
            withheld: 2,
            ..Tally::default()
        };
        let text = found(english, "bus", none, Duration::ZERO).text;
        assert_eq!(text, "The pictures for “bus” could not be sent.");
    }

    #[test]
    fn a_query_with_braces_is_shown_as_it_is() {
        let english = Texts::of(None);
        assert_eq!(
            searching(english, "{query} {count}").text,
            "Searching for “{query} {count}”…"
        );
        let tally = Tally {
            pictures: 2,
            ..Tally::default()
        };
        let text = found(english, "{seconds}", tally, Duration::from_secs(1)).text;
        assert_eq!(text, "2 pictures for “{seconds}” · 1.0 s");
    }

    #[test]
    fn language_goes_by_the_primary_tag() {
        for (tag, language) in [
            ("es", "es"),
            ("es-AR", "es"),
            ("ES", "es"),
            ("est", "en"),
            ("", "en"),
        ] {
            assert_eq!(Texts::of(Some(tag)).language, language, "{tag}");
        }
        assert_eq!(Texts::of(None).language, "en");
    }

    #[test]
    fn a_reply_to_our_question_is_recognised() {
        for texts in ALL {
            assert!(is_query_needed(&query_needed(texts).text));
        }
        assert!(!is_query_needed("something else"));
    }

    #[test]
    fn many_links_are_split_into_messages() {
        let url = format!("http://h/{}", "x".repeat(2000));
        let messages = links(Texts::of(None), &[&url, &url, &url]);
        assert_eq!(messages.len(), 3);
        assert!(messages.iter().all(|text| text.len() <= 4096));
        assert_eq!(messages.join("\n").matches("http://h/").count(), 3);
    }
}
