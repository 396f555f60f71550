//! What is asked: [`Query`].

use super::{Failure, Filter, Language, Reason};

/// Longest text accepted as a query, in characters.
pub const MAX_QUERY_CHARS: usize = 500;
/// Largest picture accepted as a query, in bytes.
pub const MAX_PICTURE_BYTES: usize = 10 << 20;
/// Most results one answer holds.
pub const MAX_LIMIT: usize = 50;
/// Results in an answer where `limit` is not given.
pub const DEFAULT_LIMIT: usize = 5;

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Words, trimmed, 1 to [`MAX_QUERY_CHARS`] characters.
    Text(String),
    /// A picture: pictures like this one are wanted.
    Picture {
        /// `image/jpeg`, `image/png` or `image/webp`.
        media_type: String,
        /// The file, at most [`MAX_PICTURE_BYTES`] long.
        bytes: Vec<u8>,
        /// What counts beside it, at most [`MAX_QUERY_CHARS`] characters; may be empty. A word that
        /// begins with a hyphen is not wanted. Engines that cannot weigh words leave them out.
        words: String,
    },
}

/// One question to an [`Engine`](super::Engine).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What is searched for.
    pub subject: Subject,
    /// How many results are wanted, 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// How many of the best results are skipped.
    pub offset: usize,
    /// Which pictures may be found, whatever they show.
    pub filter: Filter,
    /// The language of who asks, where it is known: captions come in it where there are some.
    pub language: Option<Language>,
}

impl Query {
    /// A query by words.
    ///
    /// # Errors
    /// [`Reason::BadQuery`] when `text` is blank or longer than [`MAX_QUERY_CHARS`] characters.
    pub fn text(text: &str, limit: usize, offset: usize) -> Result<Self, Failure> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Failure::new(Reason::BadQuery, "the query is empty"));
        }
        if text.chars().count() > MAX_QUERY_CHARS {
            let message = format!("the query is longer than {MAX_QUERY_CHARS} characters");
            return Err(Failure::new(Reason::BadQuery, message));
        }
        Ok(Self {
            subject: Subject::Text(text.to_owned()),
            limit,
            offset,
            filter: Filter::default(),
            language: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_trimmed_and_bounded() {
        let query = Query::text("  red bus ", 5, 0).expect("a good query");
        assert_eq!(query.subject, Subject::Text("red bus".into()));
        assert!(Query::text(&"é".repeat(500), 5, 0).is_ok());
        for bad in [" \n\t", "", &"é".repeat(501)] {
            assert_eq!(
                Query::text(bad, 5, 0).expect_err(bad).reason,
                Reason::BadQuery
            );
        }
    }
}
