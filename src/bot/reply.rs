//! What the bot says, as plain text: hits and failures in, sentences and buttons out. Pure.

pub mod collecting;
pub mod guests;
pub mod owner;
mod saving;

pub use saving::{
    below_a_saved, forget_all, forget_how, forget_this, forgotten, not_saved, save_or_find,
    save_waits, saved, settings,
};

use std::time::Duration;

use serde_json::Value;

use super::button::{Act, Button};
use super::small_talk::SmallTalk;
use super::texts::Texts;
use super::wanted::Search;
use crate::search::{Failure, MAX_QUERY_CHARS, Page, Reason, Remark};
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
    /// The chat takes no pictures.
    pub is_forbidden: bool,
}

/// A picture that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Number of its message.
    pub message: i64,
    /// It was saved for where it is shown, and can be forgotten there.
    pub is_kept: bool,
}

const NUMBERS_IN_A_ROW: usize = 5;
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

impl Reply {
    /// Adds what else `page` says: what was understood of the query, with a button that searches for its
    /// words alone, and that pictures that fit are not there at the moment.
    #[must_use]
    pub fn with_aside(mut self, search: &Search, page: &Page) -> Self {
        let texts = search.texts;
        if let Some(understood) = &page.understood {
            let shown = fill(texts.quoted, "query", understood);
            self.text = self.text.replace(&search.what(), &shown);
            let words = format!("\"{}\"", search.query);
            let button = Button {
                act: Act::Try,
                offset: 0,
                owner: None,
                by_picture: false,
                words: &words,
            };
            // Words that are too long for a button can be sent in quotation marks.
            if let Some(data) = button.data()
                && data.ends_with('"')
            {
                self.markup = with_button(self.markup, texts.words_button, data);
            }
        }
        if page.away > 0 {
            self.text.push('\n');
            self.text.push_str(&texts.away.of(page.away));
        }
        self
    }

    /// Adds a button for each of several pictures that were `shown`: others like it; and one that forgets
    /// it, if it was saved for where it is shown. A single picture has its buttons below itself.
    #[must_use]
    pub fn below_several(self, search: &Search, shown: &[Shown]) -> Self {
        if shown.len() < 2 {
            return self;
        }
        let texts = search.texts;
        let all = shown.iter().enumerate();
        let kept = all.clone().filter(|(_, one)| one.is_kept);
        self.numbered(texts.similar_button, all, |id| search.similar(id))
            .numbered(texts.forget_button, kept, |id| search.forget(id))
    }

    /// Adds rows of buttons for pictures, the first of which is called `label`.
    fn numbered<'a>(
        mut self,
        label: &str,
        pictures: impl Iterator<Item = (usize, &'a Shown)>,
        data: impl Fn(usize) -> Option<String>,
    ) -> Self {
        let mut all = Vec::new();
        for (at, picture) in pictures {
            let id = usize::try_from(picture.message).ok();
            let Some(data) = id.and_then(&data) else {
                continue;
            };
            let number = (at + 1).to_string();
            let label = if all.is_empty() {
                format!("{label}: {number}")
            } else {
                number
            };
            all.push((label, data));
        }
        for row in all.chunks(NUMBERS_IN_A_ROW) {
            let row: Vec<(&str, String)> = row
                .iter()
                .map(|(label, data)| (label.as_str(), data.clone()))
                .collect();
            self.markup = with_row(self.markup, &row);
        }
        self
    }

    /// Adds why nothing may have been found.
    #[must_use]
    pub fn with_remark(mut self, texts: &Texts, remark: Option<Remark>) -> Self {
        if let Some(Remark::DrawingsOnly) = remark {
            self.text = format!("{} {}", self.text, texts.drawings_only);
        }
        self
    }
}

/// `markup` with one more row of one button.
fn with_button(markup: Value, label: &str, data: String) -> Value {
    with_row(markup, &[(label, data)])
}

/// The button below a single picture: others like it.
#[must_use]
pub fn similar(search: &Search) -> Value {
    one_button(search.texts.similar_button, search.similar(0))
}

/// `markup` with one more row.
fn with_row(mut markup: Value, row: &[(&str, String)]) -> Value {
    let mut more = buttons(row);
    match markup["inline_keyboard"].as_array_mut() {
        Some(rows) => rows.push(more["inline_keyboard"][0].take()),
        None => markup = more,
    }
    markup
}

/// `/start` and `/help`; up to `results` pictures come.
#[must_use]
pub fn help(texts: &Texts, results: usize) -> Reply {
    let text = fill(
        &fill(texts.help, "query", texts.example),
        "pictures",
        &texts.pictures.of(results),
    );
    let label = fill(texts.try_button, "query", texts.example);
    let example = Button {
        act: Act::Try,
        offset: 0,
        owner: None,
        by_picture: false,
        words: texts.example,
    };
    Reply {
        text,
        markup: one_button(&label, example.data()),
    }
}

/// `/query` alone: asks for the words.
#[must_use]
pub fn query_needed(texts: &Texts) -> Reply {
    let text = fill(texts.query_needed, "query", texts.example);
    Reply {
        text,
        markup: force_reply(texts.example),
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

/// A greeting or thanks in a private chat.
#[must_use]
pub fn small_talk(texts: &Texts, talk: SmallTalk) -> Reply {
    match talk {
        SmallTalk::Greeting => plain(fill(texts.greeting, "query", texts.example)),
        SmallTalk::Thanks => plain(texts.thanks.to_owned()),
    }
}

/// A message without words in a private chat.
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
pub fn searching(search: &Search) -> Reply {
    plain(fill(search.texts.searching, "what", &search.what()))
}

/// The endpoint is waking up.
#[must_use]
pub fn waking(search: &Search) -> Reply {
    plain(fill(search.texts.waking, "what", &search.what()))
}

/// The endpoint did not wake up.
#[must_use]
pub fn still_asleep(search: &Search) -> Reply {
    with_retry(search, search.texts.still_asleep)
}

/// Nothing fits.
#[must_use]
pub fn nothing(search: &Search) -> Reply {
    plain(fill(search.texts.nothing, "what", &search.what()))
}

/// The search is over: `tally` arrived `took` after the question; the next page begins at `next`.
#[must_use]
pub fn found(search: &Search, tally: Tally, took: Duration, next: Option<usize>) -> Reply {
    let texts = search.texts;
    if tally.pictures + tally.links == 0 && tally.withheld > 0 {
        return if tally.is_forbidden {
            takes_no_pictures(search)
        } else {
            with_retry(search, texts.withheld)
        };
    }
    let pictures = texts.pictures.of(tally.pictures);
    let links = texts.links_sent.of(tally.links);
    let what = match (tally.pictures, tally.links) {
        (_, 0) => pictures,
        (0, _) => links,
        _ => format!("{pictures}{}{links}", texts.and),
    };
    let time = texts.took(took);
    let mut text = fill(&fill(texts.found, "pictures", &what), "time", &time);
    let more = next.and_then(|offset| search.more(offset));
    let markup = one_button(texts.more_button, more);
    if next.is_none() && search.offset > 0 {
        text = format!("{text}\n{}", texts.that_was_all);
    }
    Reply {
        text: fill(&text, "what", &search.what()),
        markup,
    }
}

/// There is no next page, although a button promised one.
#[must_use]
pub fn that_was_all(search: &Search) -> Reply {
    plain(fill(search.texts.that_was_all, "what", &search.what()))
}

/// The chat takes texts and no pictures.
#[must_use]
pub fn takes_no_pictures(search: &Search) -> Reply {
    plain(search.texts.takes_no_pictures.to_owned())
}

/// One plain sentence for a failed search; the details belong in the log.
#[must_use]
pub fn failed(search: &Search, failure: &Failure) -> Reply {
    let texts = search.texts;
    if search.picture.is_some()
        && let Some(text) = failed_by_picture(texts, failure.reason)
    {
        return plain(text.to_owned());
    }
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
        | Reason::CollectionFull
        | Reason::DiskFull
        | Reason::NotReady
        | Reason::Internal
        | Reason::Unreachable
        | Reason::Garbled => texts.unavailable,
    };
    with_retry(search, template)
}

/// What is wrong with a picture to search by, or with searching by one; nothing for other failures.
fn failed_by_picture(texts: &Texts, reason: Reason) -> Option<&'static str> {
    match reason {
        Reason::TooLarge => Some(texts.picture_too_large),
        Reason::UnsupportedMedia | Reason::BadQuery => Some(texts.picture_unreadable),
        Reason::NotSupported | Reason::MethodNotAllowed | Reason::NotFound => {
            Some(texts.no_picture_search)
        }
        _ => None,
    }
}

/// The pictures were found, and Telegram takes nothing at the moment.
#[must_use]
pub fn held(search: &Search) -> Reply {
    plain(fill(search.texts.held, "what", &search.what()))
}

/// The search ended the program several times, and is not tried again.
#[must_use]
pub fn set_aside(search: &Search) -> Reply {
    plain(fill(search.texts.set_aside, "what", &search.what()))
}

/// A fault of the bot itself.
#[must_use]
pub fn internal(search: &Search) -> Reply {
    with_retry(search, search.texts.internal)
}

/// Photos go to a third party: asks who sent one.
#[must_use]
pub fn agree(search: &Search) -> Reply {
    Reply {
        text: search.texts.agree.to_owned(),
        markup: one_button(search.texts.agree_button, search.agree()),
    }
}

fn one_button(label: &str, data: Option<String>) -> Value {
    data.map_or(Value::Null, |data| buttons(&[(label, data)]))
}

fn with_retry(search: &Search, template: &str) -> Reply {
    Reply {
        text: fill(template, "what", &search.what()),
        markup: one_button(search.texts.retry_button, search.retry()),
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
        entry("settings", texts.settings_command),
        entry("collect", texts.collect_command),
        entry("forget", texts.forget_command),
        entry("help", texts.help_command),
    ]
}

/// The commands menu of the owner.
#[must_use]
pub fn owners_commands(texts: &Texts) -> Vec<Command> {
    let entry = |command: &str, description: &str| Command {
        command: command.to_owned(),
        description: description.to_owned(),
    };
    let mut all = commands(texts);
    all.extend([
        entry("users", texts.users_command),
        entry("stats", texts.stats_command),
        entry("rate", texts.rate_command),
    ]);
    all
}

/// What a chat with the bot shows before its first message.
#[must_use]
pub fn description(texts: &Texts) -> String {
    fill(texts.description, "query", texts.example)
}

#[cfg(test)]
mod tests;
