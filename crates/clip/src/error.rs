//! The one error of this crate.

use std::error::Error as StdError;
use std::fmt;

/// A failure. `Display` is one line without the cause behind it, which is
/// [`source`](StdError::source).
#[derive(Debug)]
pub struct Error {
    cause: Cause,
    context: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Whose fault it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The model or checkpoint is damaged, or of a kind that is not supported.
    Model,
    /// The text, picture or tokens given are none that the model takes.
    Input,
    /// The operating system refused to read or write a file.
    System,
}

/// Short for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure by `cause`; `context` says what failed, in lower case and without full stop.
    #[must_use]
    pub fn new(cause: Cause, context: impl Into<String>) -> Self {
        Self {
            cause,
            context: context.into(),
            source: None,
        }
    }

    pub(crate) fn system(context: impl Into<String>, source: std::io::Error) -> Self {
        Self::new(Cause::System, context).because(source)
    }

    pub(crate) fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn context(mut self, doing: &str) -> Self {
        self.context = format!("{doing}: {}", self.context);
        self
    }

    /// Whose fault it was.
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The message with every cause behind it.
    #[cfg(test)]
    pub(crate) fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut next = self.source();
        while let Some(cause) = next {
            line = format!("{line}: {cause}");
            next = cause.source();
        }
        line
    }

    /// What went wrong, and the error that caused it.
    #[must_use]
    pub fn into_parts(self) -> (String, Option<Box<dyn StdError + Send + Sync>>) {
        (self.context, self.source)
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
