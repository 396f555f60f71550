//! Asks the endpoint what somebody searches for.

use super::{ChatWorker, SEARCH_SLACK};
use crate::bot::search_job::SearchEvent;
use crate::bot::sent_pictures;
use crate::bot::wanted::Search;
use crate::search::{Failure, Language, Page, Query};

impl ChatWorker {
    pub(super) fn answer(&self, wanted: &Search) -> SearchEvent {
        match self.may_ask(wanted) {
            Ok(true) => {}
            Ok(false) => return SearchEvent::AgreementNeeded,
            Err(failure) => return SearchEvent::SearchFailed(failure),
        }
        match self.ask_endpoint(wanted) {
            Ok(page) => SearchEvent::Found(page),
            Err(failure) => SearchEvent::SearchFailed(failure),
        }
    }

    /// Whether what is searched for may go to the endpoint: a photo goes to a third party only when who
    /// sent it has agreed.
    fn may_ask(&self, wanted: &Search) -> Result<bool, Failure> {
        let tools = &self.tools;
        if wanted.agrees {
            tools.agreements.add(wanted.asker);
        }
        let Some(picture) = &wanted.picture else {
            return Ok(true);
        };
        sent_pictures::check(picture)?;
        if tools.agreements.has(wanted.asker) {
            return Ok(true);
        }
        self.part.within(tools.search.timeout() + SEARCH_SLACK);
        Ok(!tools.search.is_third_party()?)
    }

    pub(super) fn ask_endpoint(&self, wanted: &Search) -> Result<Page, Failure> {
        let tools = &self.tools;
        let Some(filter) = self.filter_of(wanted) else {
            return Ok(Page::default());
        };
        let Some(picture) = &wanted.picture else {
            self.part.within(tools.search.timeout() + SEARCH_SLACK);
            let (query, tag) = (&wanted.query, wanted.language.map_or("", Language::tag));
            let key = format!("{} {} {tag} {query}", wanted.results, wanted.offset);
            let is_saved = !filter.collections.is_empty();
            let query = Query {
                language: wanted.language,
                filter,
                ..Query::text(query, wanted.results, wanted.offset)?
            };
            // What was saved or forgotten a moment ago, and who came or went, counts at once.
            if is_saved {
                return tools.search.search(&query);
            }
            return tools.searches.once(&key, || tools.search.search(&query));
        };
        let (send, download) = (
            |call| self.send(call),
            |path: &str, most| self.download(path, most),
        );
        let query = sent_pictures::query(wanted, picture, send, download)?;
        let query = Query { filter, ..query };
        self.part.within(tools.search.timeout() + SEARCH_SLACK);
        tools.search.search(&query)
    }
}
