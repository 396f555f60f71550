//! Inline mode: "@bot red bus", typed in any chat, shows pictures to choose from.
//!
//! Queries come as updates, and are worth an answer within seconds or none: they are in no inbox, a
//! restart forgets them, and a newer one takes the place of an older one of the same user
//! ([`typing`]). What is shown is what Telegram can show: pictures that it has, or can fetch by itself
//! ([`answer`]) and would take ([`probe`]). [`worker`] does it.

pub mod answer;
pub mod desk;
pub mod probe;
mod scope;
pub mod typing;
pub mod worker;

use std::time::Instant;

use super::handler::{Manners, tidy};
use super::storage::rules::Insiders;
use super::texts::Texts;
use crate::config::Allowed;
use crate::search::Language;
use crate::telegram::types::InlineQuery;

/// An inline query, as it is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct InlineAsk {
    /// To be named in the answer.
    pub id: String,
    /// Who types.
    pub user: i64,
    /// The words, single blanks between them; may be empty.
    pub words: String,
    /// How many better pictures were shown before.
    pub offset: usize,
    /// Whether who types may search the owner's folders, and what they saved.
    pub is_served: bool,
    /// Chats whose pictures they may see, too, as far as they are in them.
    pub chats: Vec<i64>,
    /// Whether they may have saved something.
    pub has_saved: bool,
    /// Whether everybody may.
    pub is_public: bool,
    /// Language of the button.
    pub texts: &'static Texts,
    /// Language of captions.
    pub language: Option<Language>,
    /// Who may be in the storage chat.
    pub insiders: Insiders,
    /// When it came.
    pub since: Instant,
}

impl InlineAsk {
    /// Whether something may be found for who types beside the owner's folders.
    #[must_use]
    pub fn may_see_saved(&self) -> bool {
        self.has_saved || !self.chats.is_empty()
    }
}

/// Who may be in the storage chat, as `manners` are now.
#[must_use]
pub fn insiders(manners: &Manners) -> Insiders {
    Insiders {
        me: manners.me.id,
        owner: manners.access.book.owner.as_ref().map(|owner| owner.id),
    }
}

/// What `query` asks for; nothing for what no person typed. Who may search in private may search here.
#[must_use]
pub fn ask_of(query: &InlineQuery, manners: &Manners, now: Instant) -> Option<InlineAsk> {
    let user = &query.from;
    if user.is_bot || user.id <= 0 || query.id.is_empty() {
        return None;
    }
    let offset = match query.offset.as_str() {
        "" => 0,
        offset => answer::read_offset(offset)?,
    };
    let language = user.language_code.as_deref();
    Some(InlineAsk {
        id: query.id.clone(),
        user: user.id,
        words: tidy(&query.query),
        offset,
        is_served: manners.access.permits(Some(user.id), user.id),
        chats: manners.chats_seen_in(None),
        has_saved: manners.habits.has_saved(user.id),
        is_public: manners.access.allowed == Allowed::Everyone,
        texts: manners.texts(language),
        language: manners.reads(language),
        insiders: insiders(manners),
        since: now,
    })
}
