//! What the `check` commands find, and what `clip-bot check` looks at: everything that the bot needs.

use serde_json::json;

use super::command_line::print_lines;
use crate::bot::access::{self, Access};
use crate::bot::pictures::is_local;
use crate::bot::search_client::SearchClient;
use crate::bot::storage::rules::{self, Insiders};
use crate::config::BotConfig;
use crate::error::{Error, Kind, Result};
use crate::log::Sink;
use crate::quantity::counted;
use crate::search::{Failure, Query, Reason};
use crate::systemd;
use crate::telegram::client::Client;
use crate::telegram::types::User;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether the program can work with it.
    pub good: bool,
    /// What was found, in one line.
    pub line: String,
}

pub(super) fn finding(good: bool, line: String) -> Finding {
    Finding { good, line }
}

/// Settings that were read without an error.
pub(super) fn settings() -> Finding {
    finding(true, "settings".to_owned())
}

/// What is wrong with the settings, one finding each; a single good one if nothing is.
pub(super) fn settings_but(faults: &[Error]) -> Vec<Finding> {
    if faults.is_empty() {
        return vec![settings()];
    }
    let wrong = |fault: &Error| finding(false, fault.chain());
    faults.iter().map(wrong).collect()
}

/// Prints `findings`, as JSON or one a line, and returns the exit code: that of wrong settings where
/// there are `faults` in them.
pub(super) fn report_with(findings: &[Finding], faults: &[Error], as_json: bool) -> u8 {
    let code = report(findings, as_json);
    faults.first().map_or(code, Error::exit_code)
}

/// Prints `findings`, as JSON or one a line, and returns the exit code.
pub(super) fn report(findings: &[Finding], as_json: bool) -> u8 {
    if as_json {
        let array: serde_json::Value = findings
            .iter()
            .map(|finding| json!({ "ok": finding.good, "line": finding.line }))
            .collect();
        print_lines([array.to_string()]);
    } else {
        let word = |finding: &Finding| if finding.good { "ok  " } else { "FAIL" };
        let line = |finding: &Finding| format!("{} {}", word(finding), finding.line);
        print_lines(findings.iter().map(line));
    }
    u8::from(findings.iter().any(|finding| !finding.good))
}

/// Looks at the token, the webhook, the endpoint, the log, the watchdog and the state folder. Token and
/// address are left out where they are empty.
#[must_use]
pub fn check(config: &BotConfig, sink: Sink) -> Vec<Finding> {
    let telegram = Client::new(&config.api_url, config.token.clone(), 1);
    let search = SearchClient::new(config, 1);
    let watchdog = match systemd::watchdog_period() {
        Some(period) => format!(
            "watchdog: fed, every {}",
            humantime::format_duration(period)
        ),
        None => "watchdog: none (not started by systemd with WatchdogSec)".to_owned(),
    };
    let log = match sink {
        Sink::Journal => "log: journal",
        Sink::StandardError => "log: standard error (no journal connected)",
    };
    let state = match &config.state_dir {
        Some(folder) => format!("state: kept in {}", folder.display()),
        None => "state: in memory only; set CLIP_BOT_STATE_DIR to outlast a kill".to_owned(),
    };
    let (mut findings, mut me) = (Vec::new(), None);
    if !config.token.is_empty() {
        let known = telegram.get_me();
        findings.extend([token(&known), webhook(&telegram)]);
        me = known.ok();
    }
    if !config.search_url.is_empty() {
        findings.push(endpoint(&search));
        findings.extend(saving(&search));
    }
    findings.extend([
        finding(true, log.to_owned()),
        finding(true, watchdog),
        finding(true, state),
        served(config),
    ]);
    if let Some(me) = me {
        findings.extend(inline_mode(&me, config));
        let stored = config
            .storage
            .map(|chat| storage(&telegram, chat, me.id, config));
        findings.extend(stored);
    }
    findings
}

/// Who is served, with the owner's id, as the operator may know it.
fn served(config: &BotConfig) -> Finding {
    let kept = config.state_dir.as_deref().map(access::file::read);
    let book = match kept.transpose() {
        Ok(book) => book.unwrap_or_default(),
        Err(error) => {
            let remedy = match error.kind() {
                Kind::Unusable => {
                    "; restore it from a backup, else the bot moves it aside at its next start and must \
                     be claimed anew"
                }
                _ => "",
            };
            return finding(false, format!("access: {}{remedy}", error.chain()));
        }
    };
    let owner = book.owner.as_ref();
    let owner = owner.map_or_else(String::new, |owner| {
        format!("; the owner is {} (id {})", owner.name, owner.id)
    });
    let mut access = Access::new(config.allowed.clone());
    access.book = book;
    finding(true, format!("access: {}{owner}", access.in_words()))
}

/// What stands in the way of inline mode, if anything.
fn inline_mode(me: &User, config: &BotConfig) -> Option<Finding> {
    let line = if !me.supports_inline_queries {
        "inline mode: off; to find pictures in any chat by the bot's name, send /setinline to @BotFather \
         and choose this bot"
    } else if is_local(&config.search_url) && config.storage.is_none() {
        "inline mode: on; it shows own pictures once they were sent in private, or all of them with a \
         storage chat: make a private group of only you and the bot, send /storage there, and set \
         CLIP_BOT_STORAGE to the number in the answer"
    } else {
        return None;
    };
    Some(finding(true, line.to_owned()))
}

/// Whether pictures may be put into the chat that is to hold them.
fn storage(telegram: &Client, chat: i64, me: i64, config: &BotConfig) -> Finding {
    let kept = config.state_dir.as_deref().map(access::file::read);
    let book = kept.and_then(Result::ok).unwrap_or_default();
    let owner = config.owner.or(book.owner.map(|owner| owner.id));
    let insiders = Insiders { me, owner };
    match rules::check(chat, insiders, |call| telegram.call(&call)) {
        Ok(()) => finding(
            true,
            format!("storage: {chat} holds nobody but its owner and the bot"),
        ),
        Err(trouble) => {
            let (words, remedy) = (trouble.words(), rules::REMEDY);
            finding(false, format!("storage: {chat}: {words}. {remedy}"))
        }
    }
}

fn token(me: &Result<User>) -> Finding {
    match me {
        Ok(me) => {
            let name = me.username.as_deref().unwrap_or_default();
            finding(true, format!("token: good, this is @{name}"))
        }
        Err(error) => finding(false, format!("token: {}", error.chain())),
    }
}

fn webhook(telegram: &Client) -> Finding {
    match telegram.get_webhook_url() {
        Ok(url) if url.is_empty() => finding(true, "webhook: none, updates are fetched".to_owned()),
        Ok(url) => finding(
            true,
            format!("webhook: {url}; the bot will delete it when it starts"),
        ),
        Err(error) => finding(false, format!("webhook: {}", error.chain())),
    }
}

fn endpoint(search: &SearchClient) -> Finding {
    let found = Query::text("a picture", 1, 0).and_then(|query| search.search(&query));
    match found {
        Ok(page) => {
            let count = counted(page.hits.len(), "result", "results");
            finding(
                true,
                format!("endpoint: {} answers ({count})", search.url()),
            )
        }
        Err(failure) => {
            let hint = hint(&failure);
            finding(
                false,
                format!("endpoint: {}: {failure}{hint}", search.url()),
            )
        }
    }
}

/// Whether pictures that people send are kept; nothing where the endpoint is not one of ours, or away.
fn saving(search: &SearchClient) -> Option<Finding> {
    let line = if search.can_save().ok()?? {
        "saving: the endpoint keeps pictures that people send to the bot"
    } else {
        "saving: none; the endpoint keeps pictures once CLIP_SEARCH_SAVED names a folder there, and both \
         have the same token (CLIP_SEARCH_TOKEN_FILE, CLIP_BOT_SEARCH_TOKEN_FILE)"
    };
    Some(finding(true, line.to_owned()))
}

fn hint(failure: &Failure) -> &'static str {
    match failure.reason {
        Reason::SpaceAsleep => "; it is waking up now, try again in a minute",
        Reason::Forbidden => "; set CLIP_BOT_SEARCH_TOKEN_FILE to the endpoint's token",
        Reason::Unreachable => "; is it running, and is CLIP_BOT_SEARCH_URL right?",
        _ => "",
    }
}
