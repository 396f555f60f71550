//! The one error type, which says what its caller may do next.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// A failure with its cause. `Display` is one line without the cause; [`Error::chain`] has both.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    context: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What went wrong, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A setting is missing or invalid. Exit code 2.
    Config,
    /// The other side does not accept this program's credentials. Exit code 3.
    Refused,
    /// The request cannot have reached the other side: no route, unknown host name, failed TLS.
    NotSent,
    /// The request was sent, but no complete answer arrived in time; it may have been carried out.
    Lost,
    /// An answer arrived that is not what the protocol promises, such as an HTML error page.
    Garbled {
        /// HTTP status of that answer; none where its status was as it should be.
        status: Option<u16>,
    },
    /// The other side declines for now, since it is asked too often or fails itself: the same
    /// request may succeed later.
    Deferred {
        /// The waiting time that the other side asks for.
        retry_after: Option<Duration>,
    },
    /// The other side understood the request and declines it: the same request would fail again.
    Rejected,
    /// The program does not connect to that address (link-local, metadata service, private).
    Blocked,
    /// The answer is larger than its request allowed.
    TooLarge,
    /// A file (a model, a picture, an index) is damaged, or of a kind that is not supported: it
    /// fails again until it is replaced.
    Unusable,
    /// A picture of a format, or of a variant of one, that is not read, by its usual name.
    Unsupported(&'static str),
    /// Another process holds what is needed: try again when it has ended.
    Busy,
    /// The operating system refused: files, threads, sockets to listen on.
    System,
}

/// What a loop may do with a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Try again, not before `after` where the other side named a time.
    Retry {
        /// The waiting time asked for.
        after: Option<Duration>,
    },
    /// The same request would fail again.
    GiveUp,
    /// Nothing will work until somebody changes the configuration.
    Fatal,
}

/// Short for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of `kind`; `context` says what failed or names the thing, without full stop.
    #[must_use]
    pub fn new(kind: Kind, context: impl Into<String>) -> Self {
        Self {
            kind,
            context: context.into(),
            source: None,
        }
    }

    /// An invalid or missing setting: the line names the variable and the remedy.
    #[must_use]
    pub fn config(context: impl Into<String>) -> Self {
        Self::new(Kind::Config, context)
    }

    /// The operating system's refusal to do what `context` says.
    #[must_use]
    pub fn system(context: impl Into<String>, source: std::io::Error) -> Self {
        Self::new(Kind::System, context).because(source)
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts what was being done in front of the message.
    #[must_use]
    pub fn context(mut self, doing: &str) -> Self {
        self.context = format!("{doing}: {}", self.context);
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// What a loop may do next.
    #[must_use]
    pub fn class(&self) -> Class {
        match &self.kind {
            Kind::Config | Kind::Refused => Class::Fatal,
            Kind::Blocked
            | Kind::TooLarge
            | Kind::Unusable
            | Kind::Unsupported(_)
            | Kind::System
            | Kind::Rejected
            | Kind::Garbled { status: Some(413) } => Class::GiveUp,
            // Something between us and the other side answered in its place; it may pass.
            Kind::NotSent | Kind::Lost | Kind::Busy | Kind::Garbled { .. } => {
                Class::Retry { after: None }
            }
            Kind::Deferred { retry_after } => Class::Retry {
                after: *retry_after,
            },
        }
    }

    /// The process exit code: 1 worth a restart, 2 configuration, 3 credentials refused.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Config => 2,
            Kind::Refused => 3,
            Kind::NotSent
            | Kind::Lost
            | Kind::Garbled { .. }
            | Kind::Blocked
            | Kind::TooLarge
            | Kind::Deferred { .. }
            | Kind::Rejected
            | Kind::Unusable
            | Kind::Unsupported(_)
            | Kind::Busy
            | Kind::System => 1,
        }
    }

    /// The message with every cause behind it, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            let said = cause.to_string();
            // Wrappers repeat what they wrap.
            if !line.ends_with(&said) {
                line = format!("{line}: {said}");
            }
            next = cause.source();
        }
        one_line(&line)
    }
}

/// `text` without line ends and other control characters: parts of it may come from elsewhere, and must
/// neither forge a log line nor control a terminal.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}

#[cfg(feature = "clip")]
impl From<clip::Error> for Error {
    fn from(error: clip::Error) -> Self {
        use clip::ErrorKind;
        let error_kind = error.kind();
        let (mut context, source) = error.into_parts();
        let kind = match error_kind {
            ErrorKind::Unsupported | ErrorKind::Changed | ErrorKind::Input => Kind::Unusable,
            ErrorKind::Damaged => {
                // It ends with the advice to convert the checkpoint.
                context += " with `clip-search model convert`";
                Kind::Unusable
            }
            ErrorKind::System => Kind::System,
        };
        Self {
            kind,
            context,
            source,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.context)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|cause| cause as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_says_what_to_do_next() {
        let table = [
            (Error::config("x"), Class::Fatal),
            (Error::new(Kind::Refused, "x"), Class::Fatal),
            (Error::new(Kind::NotSent, "x"), Class::Retry { after: None }),
            (
                Error::new(Kind::Garbled { status: Some(502) }, "x"),
                Class::Retry { after: None },
            ),
            (
                Error::new(Kind::Garbled { status: Some(200) }, "x"),
                Class::Retry { after: None },
            ),
            (
                Error::new(Kind::Garbled { status: Some(413) }, "x"),
                Class::GiveUp,
            ),
            (
                Error::new(
                    Kind::Deferred {
                        retry_after: Some(Duration::from_hours(24)),
                    },
                    "x",
                ),
                Class::Retry {
                    after: Some(Duration::from_hours(24)),
                },
            ),
            (
                Error::new(Kind::Deferred { retry_after: None }, "x"),
                Class::Retry { after: None },
            ),
            (Error::new(Kind::Rejected, "x"), Class::GiveUp),
        ];
        for (error, class) in table {
            assert_eq!(error.class(), class, "{:?}", error.kind());
        }
    }

    #[test]
    fn a_chain_stays_on_its_line() {
        let cause = std::io::Error::other("b\u{85}c");
        let error = Error::system("é:\r\n\x1b[2ma", cause);
        assert_eq!(error.chain(), "é:   [2ma: b c");
    }

    #[test]
    fn chain_names_every_cause_once() {
        let cause = std::io::Error::other("no space left on device");
        let error = Error::system("failed to write file", cause).context("failed to start");
        assert_eq!(error.to_string(), "failed to start: failed to write file");
        assert_eq!(
            error.chain(),
            "failed to start: failed to write file: no space left on device"
        );
    }
}
