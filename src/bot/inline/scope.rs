//! What an inline query may be answered with: the owner's folders for whom the owner let in, what they saved,
//! and the pictures of chats that they are in.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::InlineAsk;
use crate::bot::membership::Members;
use crate::bot::saving::collection_of;
use crate::bot::search_client::SearchClient;
use crate::locked::locked;
use crate::search::{FOLDERS, Filter, MAX_COLLECTIONS};
use crate::telegram::client::Client;
use crate::telegram::members::ChatMember;
use crate::telegram::request::get_chat_member;

/// How long the endpoint's word on whether it saves is believed.
const ABILITY_AGE: Duration = Duration::from_mins(1);

/// Who may see what.
#[derive(Debug, Default)]
pub(super) struct Scope {
    pub members: Arc<Members>,
    /// Whether the endpoint saves pictures, as it said then.
    saves: Mutex<Option<(Instant, bool)>>,
}

impl Scope {
    /// The collections to be searched for `ask`; none where there is nothing to search. Ends `by` then.
    pub fn filter(
        &self,
        ask: &InlineAsk,
        client: &Client,
        search: &SearchClient,
        by: Instant,
    ) -> Option<Filter> {
        let nothing_saved = || ask.is_served.then(Filter::default);
        // Others may have saved for them: an import of what they had elsewhere.
        let has_own = ask.is_served && (ask.has_saved || search.authenticates());
        if !(has_own || ask.may_see_saved()) || !self.saves(search) {
            return nothing_saved();
        }
        let mut saved = Vec::new();
        if has_own {
            saved.push(collection_of(ask.user));
        }
        let is_in = |chat, user| {
            let time = by.saturating_duration_since(Instant::now());
            if time.is_zero() {
                return None;
            }
            let member = client
                .call_within(&get_chat_member(chat, user), time)
                .ok()?;
            Some(ChatMember::deserialize(member).ok()?.is_in())
        };
        let most = MAX_COLLECTIONS - 2;
        saved.extend(self.members.seen_by(ask.user, &ask.chats, most, is_in));
        if saved.is_empty() {
            return nothing_saved();
        }
        if ask.is_served {
            saved.insert(0, FOLDERS.to_owned());
        }
        Some(Filter {
            collections: saved,
            ..Filter::default()
        })
    }

    fn saves(&self, search: &SearchClient) -> bool {
        let known = *locked(&self.saves);
        if let Some((_, can)) = known.filter(|(since, _)| since.elapsed() < ABILITY_AGE) {
            return can;
        }
        match search.can_save() {
            Ok(Some(can)) => {
                *locked(&self.saves) = Some((Instant::now(), can));
                can
            }
            // What it said before is more likely than anything else.
            Ok(None) | Err(_) => known.is_some_and(|(_, can)| can),
        }
    }
}
