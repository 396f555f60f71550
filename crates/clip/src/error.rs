//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;

/// Why something could not be done, for the caller and for the person who reads the message.
///
/// [`Error::kind`] says what the caller can do. `Display` writes one line, in lower case and without a
/// full stop, that names the file or tensor; the error behind it is its
/// [`source`](StdError::source) and not part of that line.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What the caller can do about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The checkpoint is damaged, or of a kind that this crate does not support: take another one.
    Unsupported,
    /// The file of the model is damaged, or of another version of the format:
    /// [`convert`](crate::convert::convert()) the checkpoint again. The message ends with this advice.
    Damaged,
    /// Another program changed or truncated the file while it was in use: put its content back, or open it
    /// again.
    Changed,
    /// The model does not take this text, these tokens or this picture: give it another one.
    Input,
    /// The operating system could not read or write a file; the source is its error.
    System,
}

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a message in lower case and without a full stop, and without a source. It is for
    /// those who implement [`Encoder`](crate::Encoder), too.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn system(message: impl Into<String>, source: std::io::Error) -> Self {
        Self::new(ErrorKind::System, message).with_source(source)
    }

    /// The same error, caused by `source`.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same error, its message after `doing`, which says what failed because of it.
    #[must_use]
    pub fn with_context(mut self, doing: &str) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message and those of all sources behind it, on one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut next = self.source();
        while let Some(source) = next {
            line = format!("{line}: {source}");
            next = source.source();
        }
        line
    }

    /// The message and the source, for an error type that takes the place of this one.
    #[must_use]
    pub fn into_parts(self) -> (String, Option<Box<dyn StdError + Send + Sync>>) {
        (self.message, self.source)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
