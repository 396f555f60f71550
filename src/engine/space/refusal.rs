//! Turns every way in which a Space or its hub refuses or breaks off into a [`Failure`], and says
//! what may cure it.

use std::time::Duration;

use serde_json::Value;

use super::text;
use crate::error::{Error, Kind};
use crate::http::{Head, Response};
use crate::search::{Failure, Reason};

/// `retry_after` for a Space that sleeps or starts.
const RETRY_ASLEEP: Duration = Duration::from_secs(20);
/// Shortest `retry_after` for a busy Space.
const MIN_RETRY_BUSY: Duration = Duration::from_secs(5);
/// `retry_after` when a search took too long.
const RETRY_OVERDUE: Duration = Duration::from_secs(10);
/// `retry_after` for a rate limit that names no time.
const RETRY_LIMITED: Duration = Duration::from_mins(1);
/// Longest waiting time that is taken over from a Space or its hub.
const MAX_RETRY_AFTER: Duration = Duration::from_hours(24);
/// Domain below which the hub's Spaces have their hosts.
pub(super) const SPACE_DOMAIN: &str = ".hf.space";
/// Longest text of a Space that is passed on, in characters.
const MAX_TEXT_CHARS: usize = 200;

/// A failed request to a Space, and what may cure it.
#[derive(Debug)]
pub struct SpaceFailure {
    /// What the caller is told if the cure does not help.
    pub failure: Failure,
    /// What may help.
    pub cure: Cure,
}

/// What may cure a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    /// Nothing that this program can do.
    Nothing,
    /// The connection was dropped before any answer: send the request once more.
    Resend,
    /// The Space no longer matches its description: read the description again, unless it is new.
    Refresh,
    /// The app wants a login of its own: log in, where one is known.
    LogIn,
    /// The Space may be asleep: ask the hub for its stage.
    AskStage,
}

impl From<Failure> for SpaceFailure {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            cure: Cure::Nothing,
        }
    }
}

impl SpaceFailure {
    /// A failure that can be explained by a change of the Space.
    #[must_use]
    pub fn changed(failure: Failure) -> Self {
        Self {
            failure,
            cure: Cure::Refresh,
        }
    }

    fn asleep(message: impl Into<String>) -> Self {
        Self {
            failure: asleep(message),
            cure: Cure::AskStage,
        }
    }
}

pub(super) fn asleep(message: impl Into<String>) -> Failure {
    Failure::new(Reason::SpaceAsleep, message).retry_after(RETRY_ASLEEP)
}

/// The Space has other work for `eta` seconds, where it said how many.
pub(super) fn busy(message: impl Into<String>, eta: Option<f64>) -> Failure {
    let eta = eta
        .and_then(|eta| Duration::try_from_secs_f64(eta.ceil()).ok())
        .unwrap_or_default();
    Failure::new(Reason::SpaceBusy, message).retry_after(eta.clamp(MIN_RETRY_BUSY, MAX_RETRY_AFTER))
}

pub(super) fn timeout() -> Failure {
    Failure::new(Reason::Timeout, "the Space did not answer in time").retry_after(RETRY_OVERDUE)
}

pub(super) fn mismatch(message: impl Into<String>) -> Failure {
    Failure::new(Reason::SpaceMismatch, message)
}

/// The function itself failed with `error`, which is null where the Space does not show errors.
pub(super) fn raised(error: &Value, title: Option<&str>) -> Failure {
    let said = plain(error.as_str().unwrap_or_default());
    let quota = |text: &str| {
        [
            "ZeroGPU quota",
            "exceeded your GPU quota",
            "GPU quota exceeded",
        ]
        .iter()
        .any(|words| text.contains(words))
    };
    if quota(&said) || title.is_some_and(quota) {
        let failure = Failure::new(Reason::Quota, "the Space's GPU quota is used up");
        return match try_again_in(&said) {
            Some(delay) => failure.retry_after(delay),
            None => failure,
        };
    }
    let message = if said.is_empty() {
        "the Space's function failed without saying why".to_owned()
    } else {
        format!("the Space says: {said}")
    };
    Failure::new(Reason::SpaceError, message)
}

/// A request or answer that broke off; `overdue` where the deadline has passed.
pub(super) fn broken(error: &Error, host: &str, overdue: bool) -> SpaceFailure {
    let down = || {
        Failure::new(
            Reason::SpaceDown,
            format!("{host} cannot be reached: {}", error.chain()),
        )
    };
    match error.kind() {
        Kind::Lost if overdue => timeout().into(),
        Kind::Lost => {
            let message = format!("{host} broke off: {}", error.chain());
            SpaceFailure {
                failure: Failure::new(Reason::SpaceError, message),
                cure: Cure::Resend,
            }
        }
        Kind::NotSent | Kind::Blocked | Kind::Config => down().into(),
        Kind::TooLarge | Kind::Garbled { .. } => {
            mismatch(format!("{host}: {}", error.chain())).into()
        }
        Kind::Refused
        | Kind::Deferred { .. }
        | Kind::Rejected
        | Kind::Unusable
        | Kind::Unsupported(_)
        | Kind::Busy
        | Kind::System => Failure::new(Reason::Internal, error.chain()).into(),
    }
}

/// The failure behind an answer that is not status 200 with JSON or a stream.
pub(super) fn refused(response: &Response, host: &str, with_token: bool) -> SpaceFailure {
    let status = response.head.status;
    let body: Option<Value> = serde_json::from_slice(&response.body).ok();
    let detail = body.as_ref().map(detail);
    let auth = |message: String| SpaceFailure::from(Failure::new(Reason::SpaceAuth, message));
    match (status, detail) {
        // Gradio's own words; a hub or proxy speaks otherwise.
        (401, Some(_)) if wants_login(body.as_ref()) => login_needed(host),
        (401 | 403, _) if with_token => auth(format!("{host} does not accept the token")),
        (401 | 403, _) => auth(format!(
            "{host} wants a login; a private Space needs CLIP_SEARCH_HF_TOKEN_FILE"
        )),
        (402, detail) => unpaid(&detail.unwrap_or_default(), body.as_ref()),
        (404, None) if response.head.is_html() => not_found(host, with_token),
        (404, _) => SpaceFailure::changed(mismatch(format!(
            "there is no Gradio app, or no such function, at {host}"
        ))),
        (413, _) => Failure::new(
            Reason::TooLarge,
            "the Space does not take pictures of this size",
        )
        .into(),
        (422, Some(said)) if is_invalid(body.as_ref()) => raised(&said.into(), None).into(),
        (422, detail) => {
            let detail = detail.unwrap_or_default();
            SpaceFailure::changed(mismatch(format!(
                "the Space does not understand the call: {detail}"
            )))
        }
        (429, _) => {
            let message = format!("{host} is asked too often");
            Failure::new(Reason::SpaceRateLimited, message)
                .retry_after(limit_reset(&response.head))
                .into()
        }
        (503, Some(detail)) => {
            let said = response.head.retry_after().map(|delay| delay.as_secs_f64());
            busy(format!("the Space has too much to do: {detail}"), said).into()
        }
        (502..=504, _) => {
            SpaceFailure::asleep(format!("{host} is asleep or starting (status {status})"))
        }
        (300..=399, _) => {
            let target = response.head.header("location").and_then(host_of);
            let target = target.map(|host| format!(" to {host}")).unwrap_or_default();
            mismatch(format!(
                "{host} redirects{target}; set CLIP_SEARCH_SPACE to where the Space is"
            ))
            .into()
        }
        (500, Some(_)) => match body.as_ref().and_then(|body| body.get("error")) {
            Some(error) => raised(error, None).into(),
            None => SpaceFailure::changed(failed(status)),
        },
        // Gradio answers so to the number of a function that is no more.
        (500, None) => SpaceFailure::changed(failed(status)),
        (_, None) if response.head.is_html() => web_page(response, host),
        (200, _) => mismatch(format!("{host} answers with something that is not JSON")).into(),
        (400..=499, _) => mismatch(format!("{host} answers with status {status}")).into(),
        _ => failed(status).into(),
    }
}

/// A web page where Gradio would answer with JSON.
fn web_page(response: &Response, host: &str) -> SpaceFailure {
    let title = title(&response.body);
    if response.head.status == 200 && !host.ends_with(SPACE_DOMAIN) {
        let message = format!(
            "{host} answers with a web page{title} where Gradio describes itself: this is no Gradio \
             app, or its address lacks a path"
        );
        return SpaceFailure {
            failure: mismatch(message),
            cure: Cure::AskStage,
        };
    }
    SpaceFailure::asleep(format!(
        "{host} answers with a web page{title}: it is starting, or no Gradio app"
    ))
}

/// The hub wants money for the Space; `detail` and `body` may say why.
fn unpaid(detail: &str, body: Option<&Value>) -> SpaceFailure {
    let error = body.and_then(|body| text(body, "error")).map(plain);
    let said = [detail.to_owned(), error.unwrap_or_default()];
    let said = said.iter().find(|said| !said.is_empty());
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    let message = format!("HuggingFace asks for PRO or ZeroGPU for this Space (status 402){said}");
    Failure::new(Reason::SpaceDown, message).into()
}

fn login_needed(host: &str) -> SpaceFailure {
    let message = format!(
        "the app at {host} asks for a login of its own; set CLIP_SEARCH_SPACE_LOGIN_FILE to a file \
         with user:password"
    );
    SpaceFailure {
        failure: Failure::new(Reason::SpaceAuth, message),
        cure: Cure::LogIn,
    }
}

/// Whether this is Gradio's answer to callers who are not logged in.
fn wants_login(body: Option<&Value>) -> bool {
    let Some(detail) = body.and_then(|body| body.get("detail")) else {
        return false;
    };
    let said = detail.as_str().or_else(|| text(detail, "error"));
    said == Some("Not authenticated")
}

/// Whether an app's own validator refused the values of its inputs.
fn is_invalid(body: Option<&Value>) -> bool {
    let items = body
        .and_then(|body| body.get("detail"))
        .and_then(Value::as_array);
    items.is_some_and(|items| {
        items
            .iter()
            .any(|item| item.get("is_valid") == Some(&Value::Bool(false)))
    })
}

/// The title of a web page, in front of which stands a blank.
fn title(page: &[u8]) -> String {
    let page = String::from_utf8_lossy(page);
    let title = page
        .split_once("<title")
        .and_then(|(_, rest)| rest.split_once('>'));
    let title = title.and_then(|(_, rest)| rest.split_once("</"));
    let title = title.map(|(title, _)| plain(title)).unwrap_or_default();
    if title.is_empty() {
        title
    } else {
        format!(" ({title})")
    }
}

/// A web page with status 404: what the hub's proxy says of a Space that is not there, is private,
/// or sleeps.
fn not_found(host: &str, with_token: bool) -> SpaceFailure {
    let failure = if with_token {
        mismatch(format!("there is no Gradio app at {host}"))
    } else {
        let message =
            format!("nothing found at {host}: no such Space, or a private one that needs a token");
        Failure::new(Reason::SpaceAuth, message)
    };
    SpaceFailure {
        failure,
        cure: Cure::AskStage,
    }
}

fn failed(status: u16) -> Failure {
    Failure::new(
        Reason::SpaceError,
        format!("the Space failed with status {status}"),
    )
}

/// The host (and port) of an http(s) address.
pub(super) fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    // A login in front of the host would be a secret.
    host.rsplit('@').next().filter(|host| !host.is_empty())
}

/// The message in an error body.
fn detail(body: &Value) -> String {
    match body.get("detail") {
        Some(Value::String(text)) => plain(text),
        Some(Value::Array(items)) => {
            // FastAPI's own checks, or those that the app has for its inputs.
            let words = |item| text(item, "msg").or_else(|| text(item, "message"));
            let words: Vec<&str> = items.iter().filter_map(words).collect();
            plain(&words.join(", "))
        }
        Some(Value::Object(object)) => {
            let words = ["message", "error", "auth_message"].map(|key| object.get(key));
            plain(
                words
                    .into_iter()
                    .flatten()
                    .find_map(Value::as_str)
                    .unwrap_or(""),
            )
        }
        _ => String::new(),
    }
}

/// The waiting time of `RateLimit: "api";r=0;t=55`, else of `Retry-After`, else a minute.
fn limit_reset(head: &Head) -> Duration {
    let reset = head.header("ratelimit").and_then(|value| {
        let part = value
            .split([';', ','])
            .find_map(|part| part.trim().strip_prefix("t="))?;
        part.parse().ok().map(Duration::from_secs)
    });
    reset
        .or_else(|| head.retry_after())
        .unwrap_or(RETRY_LIMITED)
        .min(MAX_RETRY_AFTER)
}

/// The time in "Try again in 1:02:03".
fn try_again_in(text: &str) -> Option<Duration> {
    let (_, rest) = text
        .split_once("ry again in ")
        .or_else(|| text.split_once("etry in "))?;
    let time = rest
        .split(|c: char| !c.is_ascii_digit() && c != ':')
        .next()?;
    let mut seconds = 0_u64;
    for part in time.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    Some(Duration::from_secs(seconds).min(MAX_RETRY_AFTER))
}

/// At most 200 characters of `text`, without markup, in one line. Gradio 4 and 5 quote it.
pub(super) fn plain(text: &str) -> String {
    let mut bare = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start..];
        let is_tag = tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!".contains(c));
        bare.push_str(&rest[..start]);
        bare.push_str(if is_tag { " " } else { "<" });
        let length = if is_tag {
            tag.find('>').map_or(tag.len(), |end| end + 1)
        } else {
            1
        };
        rest = &tag[length..];
    }
    bare.push_str(rest);
    let words: Vec<&str> = bare
        .trim_matches(['\'', '"', ' '])
        .split_whitespace()
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= MAX_TEXT_CHARS {
        return line;
    }
    line.chars().take(MAX_TEXT_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_space_are_one_plain_line() {
        let table = [
            (
                "'the <b>index</b> is\nnot loaded'",
                "the index is not loaded",
            ),
            ("1 < 2 <br", "1 < 2"),
            ("<script>alert(1)</script>", "alert(1)"),
            ("", ""),
        ];
        for (text, line) in table {
            assert_eq!(plain(text), line, "{text:?}");
        }
        assert_eq!(plain(&"é".repeat(300)).chars().count(), 200);
    }

    #[test]
    fn a_quota_says_when_it_is_over() {
        let table = [
            ("Try again in 1:02:03.", Some(3723)),
            ("try again in 0:45", Some(45)),
            ("Sign-up to get more quotas or retry in 0:09:48.", Some(588)),
            ("Try again in 99999999:00:00", Some(86_400)),
            ("Try again in a while", None),
            ("Try again in 18446744073709551615:59:59", None),
            ("later", None),
        ];
        for (text, seconds) in table {
            assert_eq!(
                try_again_in(text),
                seconds.map(Duration::from_secs),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_busy_space_is_asked_again_after_its_own_estimate() {
        let table = [
            (None, 5),
            (Some(0.2), 5),
            (Some(29.3), 30),
            (Some(-1.0), 5),
            (Some(1e9), 86_400),
            (Some(1e300), 5),
        ];
        for (eta, seconds) in table {
            assert_eq!(
                busy("m", eta).retry_after,
                Some(Duration::from_secs(seconds)),
                "{eta:?}"
            );
        }
    }

    #[test]
    fn a_host_is_named_without_what_is_around_it() {
        assert_eq!(
            host_of("https://u-s.hf.space/app?x#y"),
            Some("u-s.hf.space")
        );
        assert_eq!(host_of("http://user:secret@h:1/x"), Some("h:1"));
        assert_eq!(host_of("/relative"), None);
    }
}
