//! What the bot's words mean as an answer to a question.

use clip_bot::bot::reply;
use clip_bot::bot::texts::Texts;
use clip_bot::bot::wanted::Search;
use clip_bot::search::{Failure, Reason};

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
        let (Want::Pictures(words) | Want::Again(words)) = want else {
            let help = reply::help(texts, 5).text == text;
            return if help { Self::Help } else { Self::Foreign };
        };
        let search = Search::in_private(1, words, texts);
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
            && text.contains(&format!(" for “{words}” · "))
        {
            Self::Found
        } else if text == reply::nothing(&search).text
            || text == reply::that_was_all(&search).text
            || text == reply::internal(&search).text
            || text == reply::set_aside(&search).text
            || failed.any(|reply| reply.text == text)
        {
            Self::Failed
        } else {
            Self::Foreign
        }
    }
}
