//! What the bot's words mean as an answer to a question.

use std::time::Duration;

use clip_bot::bot::reply::{self, Tally};
use clip_bot::bot::texts::Texts;
use clip_bot::bot::wanted::Search;
use clip_bot::search::{Failure, Reason};

use clip_bot::telegram::types::SentPicture;

use super::Want;

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    Acknowledgement,
    Waking,
    /// Summary of pictures that were sent.
    Found,
    /// The honest end of a search without pictures.
    Failed,
    Help,
    Links,
    /// No answer to this question.
    Foreign,
}

impl Meaning {
    /// What `text` means below a message that wants `want`.
    pub fn of(text: &str, want: &Want) -> Self {
        let texts = Texts::of(None);
        let search = match want {
            Want::Pictures(words) | Want::Again(words) => Search::in_private(1, words, texts),
            Want::Similar => Search {
                is_found: true,
                ..Search::in_private(1, "", texts).like(SentPicture::default())
            },
            Want::Help => {
                let help = reply::help(texts, 5).text == text;
                return if help { Self::Help } else { Self::Foreign };
            }
        };
        // Faults can meet all pictures of an answer, whose private addresses nobody is told.
        let withheld = Tally {
            withheld: 1,
            ..Tally::default()
        };
        let withheld = reply::found(&search, withheld, Duration::ZERO, None);
        let failures = Reason::ALL.map(|reason| Failure::new(reason, ""));
        let mut failed = failures
            .iter()
            .map(|failure| reply::failed(&search, failure));
        if text == reply::searching(&search).text {
            Self::Acknowledgement
        } else if text == reply::waking(&search).text || text == reply::held(&search).text {
            Self::Waking
        } else if text.starts_with(texts.links) || text.starts_with("http://") {
            Self::Links
        } else if text.starts_with(|c: char| c.is_ascii_digit())
            && text.contains(&format!(" for {} · ", search.what()))
        {
            Self::Found
        } else if text == reply::nothing(&search).text
            || text == reply::that_was_all(&search).text
            || text == reply::internal(&search).text
            || text == reply::set_aside(&search).text
            || text == reply::expired(texts).text
            || text == withheld.text
            || failed.any(|reply| reply.text == text)
        {
            Self::Failed
        } else {
            Self::Foreign
        }
    }
}
