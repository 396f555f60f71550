//! What the Bot API says when it does not do what it is asked.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use crate::error::{Error, Kind};
use crate::http::Response;

/// Words of a chat that takes nothing, in descriptions with code 400. 403 says the same by its number.
const CLOSED: [&str; 20] = [
    "ALLOW_PAYMENT_REQUIRED",
    "CHANNEL_PRIVATE",
    "CHAT_ADMIN_REQUIRED",
    "CHAT_FORBIDDEN",
    "CHAT_GUEST_SEND_FORBIDDEN",
    "CHAT_RESTRICTED",
    "CHAT_WRITE_FORBIDDEN",
    "INPUT_USER_DEACTIVATED",
    "PEER_ID_INVALID",
    "TOPIC_CLOSED",
    "TOPIC_DELETED",
    "USER_BANNED_IN_CHANNEL",
    "USER_IS_BLOCKED",
    "YOU_BLOCKED_USER",
    "bot was blocked",
    "bot was kicked",
    "chat not found",
    "group chat was d",
    "have no rights to send a message",
    "need administrator rights",
];
/// Words of a chat that takes texts, and no pictures.
const NO_PICTURES: [&str; 6] = [
    "CHAT_SEND_DOCS_FORBIDDEN",
    "CHAT_SEND_MEDIA_FORBIDDEN",
    "CHAT_SEND_PHOTOS_FORBIDDEN",
    "not enough rights to send documents",
    "not enough rights to send media",
    "not enough rights to send photos",
];

/// An answer with `ok: false`, in Telegram's words. It is the source of an [`Error`], where
/// [`refusal`] finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `error_code`, an HTTP status by another name.
    pub code: u16,
    /// `description`.
    pub description: String,
    /// `parameters.retry_after`, or where else the answer names a time to wait.
    pub retry_after: Option<Duration>,
    /// `parameters.migrate_to_chat_id`: the group became the supergroup with this id.
    pub migrate_to: Option<i64>,
}

impl Refusal {
    /// The refusal that `response` with this `body` is; `None` where it is not the Bot API's.
    pub(super) fn read(response: &Response, body: &Value) -> Option<Self> {
        let description = body.get("description")?.as_str()?;
        let code = body
            .get("error_code")
            .and_then(Value::as_u64)
            .and_then(|code| u16::try_from(code).ok());
        let parameter = |name: &str| body.get("parameters").and_then(|all| all.get(name));
        let retry_after = parameter("retry_after")
            .and_then(Value::as_f64)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .or_else(|| response.head.retry_after())
            .or_else(|| retry_after_in(description));
        Some(Self {
            code: code.unwrap_or(response.head.status),
            description: description.to_owned(),
            retry_after,
            migrate_to: parameter("migrate_to_chat_id").and_then(Value::as_i64),
        })
    }

    /// Whether the chat, or the topic in it, takes nothing from the bot at all, so that every other
    /// request to it would be refused, too.
    #[must_use]
    pub fn is_of_chat(&self) -> bool {
        let says = |words: &&str| self.description.contains(*words);
        self.code == 403 && !self.is_of_pictures() || self.code == 400 && CLOSED.iter().any(says)
    }

    /// Whether the chat takes texts, and no pictures.
    #[must_use]
    pub fn is_of_pictures(&self) -> bool {
        let says = |words: &&str| self.description.contains(*words);
        matches!(self.code, 400 | 403) && NO_PICTURES.iter().any(says)
    }

    fn kind(&self) -> Kind {
        let retry_after = self.retry_after;
        match self.code {
            _ if retry_after.is_some() => Kind::Deferred { retry_after },
            // 404: a server without this method, or none at all; a wrong token is told apart.
            404 | 429 | 500.. => Kind::Deferred { retry_after },
            _ => Kind::Rejected,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.kind(), refusal.description.as_str()).because(refusal)
    }
}

/// What Telegram answered, where that is why `error` came.
#[must_use]
pub fn refusal(error: &Error) -> Option<&Refusal> {
    std::error::Error::source(error)?.downcast_ref()
}

/// An album's 400 can carry another method's flood answer: "… Too Many Requests: retry after 8".
fn retry_after_in(description: &str) -> Option<Duration> {
    number_after("Too Many Requests: retry after ", description).map(Duration::from_secs)
}

/// The number that follows `words` in one of Telegram's descriptions.
#[must_use]
pub fn number_after(words: &str, description: &str) -> Option<u64> {
    let (_, rest) = description.split_once(words)?;
    rest.split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Class;

    #[test]
    fn a_flood_inside_an_album_error_is_seen() {
        let text = "Bad Request: failed to send message #2 with the error message \
                    \"Too Many Requests: retry after 8\"";
        assert_eq!(retry_after_in(text), Some(Duration::from_secs(8)));
        assert_eq!(retry_after_in("Bad Request: chat not found"), None);
    }

    #[test]
    fn a_chat_that_is_closed_is_told_from_a_request_that_is_wrong() {
        let refused = |code, words: &str| Refusal {
            code,
            description: format!("Bad Request: {words}"),
            retry_after: None,
            migrate_to: None,
        };
        let in_an_album = "failed to send message #1 with the error message \"TOPIC_CLOSED\"";
        for words in CLOSED.into_iter().chain([in_an_album]) {
            assert!(refused(400, words).is_of_chat(), "{words}");
            assert!(!refused(400, words).is_of_pictures(), "{words}");
            assert!(!refused(429, words).is_of_chat(), "{words}");
        }
        assert!(refused(403, "anything").is_of_chat());
        for words in NO_PICTURES {
            assert!(refused(400, words).is_of_pictures(), "{words}");
            assert!(!refused(400, words).is_of_chat(), "{words}");
        }
        for words in [
            "wrong file identifier",
            "message is too long",
            "message to edit not found",
        ] {
            assert!(!refused(400, words).is_of_chat(), "{words}");
        }
    }

    #[test]
    fn class_says_what_to_do_next() {
        let day = Duration::from_hours(24);
        let table = [
            (429, Some(day), Class::Retry { after: Some(day) }),
            (429, None, Class::Retry { after: None }),
            (500, None, Class::Retry { after: None }),
            (404, None, Class::Retry { after: None }),
            (400, Some(day), Class::Retry { after: Some(day) }),
            (400, None, Class::GiveUp),
            (403, None, Class::GiveUp),
        ];
        for (code, retry_after, class) in table {
            let refused = Refusal {
                code,
                description: "words".to_owned(),
                retry_after,
                migrate_to: None,
            };
            let error = Error::from(refused.clone()).context("failed to send");
            assert_eq!(error.class(), class, "{refused:?}");
            assert_eq!(error.chain(), "failed to send: words");
            assert_eq!(refusal(&error), Some(&refused));
        }
    }
}
