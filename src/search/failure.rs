//! What is answered instead: a [`Failure`] with its [`Reason`], and its JSON.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

#[cfg(doc)]
use super::query::MAX_PICTURE_BYTES;
use crate::error::{Error, Kind, one_line};

/// Longest message of a failure, in characters: it may name every function of a Space.
pub const MAX_MESSAGE_CHARS: usize = 8000;

/// Why a search failed: a closed list, by which chat texts and status codes are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The query is missing, blank, too long or not text.
    BadQuery,
    /// Bearer token or signature is missing or wrong.
    Forbidden,
    /// No such path.
    NotFound,
    /// The path does not take this method.
    MethodNotAllowed,
    /// The host name in the request is not one of the endpoint's.
    Misdirected,
    /// The picture is larger than [`MAX_PICTURE_BYTES`].
    TooLarge,
    /// The picture is not JPEG, PNG or WebP.
    UnsupportedMedia,
    /// The endpoint itself is running too many searches.
    RateLimited,
    /// The engine cannot search by picture.
    NotSupported,
    /// The Space sleeps, is being built or starts.
    SpaceAsleep,
    /// The Space's queue is full or too long for the time left.
    SpaceBusy,
    /// The Space or its hub limits how often it may be asked.
    SpaceRateLimited,
    /// The Space's GPU quota is used up.
    Quota,
    /// The collection is full: as many pictures or bytes are saved in it as may be.
    CollectionFull,
    /// The disk that pictures are saved on is full.
    DiskFull,
    /// The time was over while the engine was working.
    Timeout,
    /// The Space's function failed.
    SpaceError,
    /// The Space is paused, deleted or broken until its owner acts.
    SpaceDown,
    /// The Space needs a token, or another one.
    SpaceAuth,
    /// The Space's function does not fit the settings: other arguments, or another result.
    SpaceMismatch,
    /// The endpoint's index of pictures is not there yet.
    NotReady,
    /// An error in the endpoint itself.
    Internal,
    /// Seen by a client only: the endpoint could not be reached.
    Unreachable,
    /// Seen by a client only: the endpoint's answer does not follow the contract.
    Garbled,
}

impl Reason {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 24] = [
        Self::BadQuery,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Misdirected,
        Self::TooLarge,
        Self::UnsupportedMedia,
        Self::RateLimited,
        Self::NotSupported,
        Self::SpaceAsleep,
        Self::SpaceBusy,
        Self::SpaceRateLimited,
        Self::Quota,
        Self::CollectionFull,
        Self::DiskFull,
        Self::Timeout,
        Self::SpaceError,
        Self::SpaceDown,
        Self::SpaceAuth,
        Self::SpaceMismatch,
        Self::NotReady,
        Self::Internal,
        Self::Unreachable,
        Self::Garbled,
    ];

    /// The stable `code` on the wire and in the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::BadQuery => "bad_query",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Misdirected => "misdirected",
            Self::TooLarge => "too_large",
            Self::UnsupportedMedia => "unsupported_media",
            Self::RateLimited | Self::SpaceRateLimited => "rate_limited",
            Self::NotSupported => "not_supported",
            Self::SpaceAsleep => "space_asleep",
            Self::SpaceBusy => "space_busy",
            Self::Quota | Self::CollectionFull => "quota",
            Self::DiskFull => "disk_full",
            Self::Timeout => "timeout",
            Self::SpaceError => "space_error",
            Self::SpaceDown => "space_down",
            Self::SpaceAuth => "space_auth",
            Self::SpaceMismatch => "space_mismatch",
            Self::NotReady => "not_ready",
            Self::Internal => "internal",
            Self::Unreachable => "unreachable",
            Self::Garbled => "garbled",
        }
    }

    /// The HTTP status an endpoint answers with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::BadQuery => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Misdirected => 421,
            Self::TooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::NotSupported => 501,
            Self::SpaceError
            | Self::SpaceDown
            | Self::SpaceAuth
            | Self::SpaceMismatch
            | Self::Unreachable
            | Self::Garbled => 502,
            Self::SpaceAsleep
            | Self::SpaceBusy
            | Self::SpaceRateLimited
            | Self::Quota
            | Self::NotReady => 503,
            Self::Timeout => 504,
            Self::CollectionFull | Self::DiskFull => 507,
        }
    }

    /// The reason with this `code` on the wire.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

/// A search that failed: the reason for programs, a sentence for people, and when to ask again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub reason: Reason,
    /// One sentence without secrets, lower case, no full stop; one line, at most 8,000 characters.
    pub message: String,
    /// The stage a hub reports for its Space, such as `BUILDING`.
    pub stage: Option<String>,
    /// When asking again makes sense.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure for `reason`.
    #[must_use]
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: line(&message.into()),
            stage: None,
            retry_after: None,
        }
    }

    /// Adds when asking again makes sense.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = Some(delay);
        self
    }

    /// The value of the `Retry-After` header: whole seconds, rounded up.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after
            .map(|delay| delay.as_secs() + u64::from(delay.subsec_nanos() > 0))
    }

    /// The error body.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.reason.code(), "message": self.message });
        if let Some(stage) = &self.stage {
            error["stage"] = stage.as_str().into();
        }
        json!({ "error": error })
    }

    /// Reads an error body of ours; `None` when `value` is not one or its code is unknown.
    #[must_use]
    pub fn from_json(value: &Value, retry_after: Option<Duration>) -> Option<Self> {
        let error = value.get("error")?;
        let reason = Reason::from_code(error.get("code")?.as_str()?)?;
        let message = error
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default();
        Some(Self {
            stage: error.get("stage").and_then(Value::as_str).map(line),
            retry_after,
            ..Self::new(reason, message)
        })
    }
}

/// `text` from elsewhere, shortened and on one line, so that it fits into a log.
fn line(text: &str) -> String {
    let start: String = text.chars().take(MAX_MESSAGE_CHARS).collect();
    one_line(&start)
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.code(), self.message)?;
        if let Some(stage) = &self.stage {
            write!(f, " (stage {stage})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let retry_after = failure.retry_after;
        let kind = match failure.reason {
            Reason::Unreachable => Kind::NotSent,
            Reason::Timeout => Kind::Lost,
            Reason::Garbled => Kind::Garbled { status: None },
            _ if retry_after.is_some() => Kind::Deferred { retry_after },
            Reason::RateLimited
            | Reason::NotReady
            | Reason::SpaceAsleep
            | Reason::SpaceBusy
            | Reason::SpaceRateLimited
            | Reason::Quota
            | Reason::DiskFull => Kind::Deferred { retry_after },
            Reason::BadQuery
            | Reason::Forbidden
            | Reason::NotFound
            | Reason::MethodNotAllowed
            | Reason::Misdirected
            | Reason::TooLarge
            | Reason::UnsupportedMedia
            | Reason::NotSupported
            | Reason::CollectionFull
            | Reason::SpaceError
            | Reason::SpaceDown
            | Reason::SpaceAuth
            | Reason::SpaceMismatch
            | Reason::Internal => Kind::Rejected,
        };
        Self::new(kind, failure.to_string()).because(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_failure_are_one_line_and_not_endless() {
        let body =
            json!({ "error": { "code": "internal", "message": "a\nb\u{1b}[2m", "stage": "x\ny" } });
        let failure = Failure::from_json(&body, None).expect("our own body");
        assert_eq!(failure.to_string(), "internal: a b [2m (stage x y)");
        let failure = Failure::new(Reason::SpaceMismatch, "é".repeat(MAX_MESSAGE_CHARS + 1));
        assert_eq!(failure.message.chars().count(), MAX_MESSAGE_CHARS);
    }

    #[test]
    fn every_failure_survives_the_wire() {
        for reason in Reason::ALL {
            let failure = Failure {
                stage: Some("BUILDING".into()),
                ..Failure::new(reason, "m")
            };
            let back = Failure::from_json(&failure.to_json(), None).expect("our own body");
            assert_eq!(
                (back.reason.code(), back.message, back.stage),
                (reason.code(), "m".into(), failure.stage)
            );
            assert!((400..600).contains(&reason.status()));
        }
        assert_eq!(
            Failure::from_json(&json!({"message": "Forbidden"}), None),
            None
        );
    }

    #[test]
    fn retry_after_is_rounded_up_to_whole_seconds() {
        let failure = Failure::new(Reason::SpaceBusy, "m").retry_after(Duration::from_millis(4200));
        assert_eq!(failure.retry_after_seconds(), Some(5));
    }
}
