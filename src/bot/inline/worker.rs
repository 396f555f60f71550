//! Answers inline queries, one at a time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::answer::Knowledge;
use super::desk::Desk;
use super::probe::Probes;
use super::scope::Scope;
use super::typing::Ticket;
use super::{InlineAsk, answer};
use crate::bot::album::FileIds;
use crate::bot::membership::Members;
use crate::bot::rate::Rates;
use crate::bot::saving::collection_of;
use crate::bot::search_client::SearchClient;
use crate::bot::searches::Searches;
use crate::bot::storage::Storage;
use crate::error::{Class, Error, Kind, Result};
use crate::http::Allowed;
use crate::locked::locked;
use crate::search::{Failure, Hit, Language, Page, Query};
use crate::systemd::WatchedPart;
use crate::telegram::client::Client;
use crate::telegram::request::Call;

/// A later answer is none: nobody waits for it any more.
const DEADLINE: Duration = Duration::from_millis(4800);
/// Of that, for finding and storing pictures; the rest is for the answer itself.
const FINDING: Duration = Duration::from_millis(3800);
/// Of that, for looking at pictures that Telegram would have to fetch.
const LOOKING: Duration = Duration::from_millis(1500);
/// Shorter than that no search is worth its request.
const SHORTEST: Duration = Duration::from_millis(200);
/// Worth a second try.
const NO_LUCK: Class = Class::Retry { after: None };
/// Pictures of one page that are put into the storage chat.
const MAX_STORED: usize = 10;
/// How long the watchdog lets one answer take.
const WATCHED: Duration = Duration::from_secs(30);

/// What inline queries need. Shared by all who answer them.
#[derive(Debug)]
pub struct InlineTools {
    /// Where the queries wait.
    pub desk: Arc<Desk>,
    client: Client,
    search: SearchClient,
    searches: Searches,
    file_ids: FileIds,
    probes: Probes,
    rates: Arc<Mutex<Rates>>,
    storage: Option<Arc<Storage>>,
    scope: Scope,
}

/// Answers inline queries.
#[derive(Debug)]
pub struct InlineWorker {
    tools: Arc<InlineTools>,
    part: WatchedPart,
}

impl InlineTools {
    /// Answers by `client`, searches by `search` as often as `rates` allow; `file_ids`: pictures that
    /// Telegram has.
    #[must_use]
    pub fn new(
        client: Client,
        search: SearchClient,
        file_ids: FileIds,
        rates: Arc<Mutex<Rates>>,
    ) -> Self {
        Self {
            desk: Arc::default(),
            client,
            search,
            searches: Searches::default(),
            file_ids,
            probes: Probes::new(Allowed::PublicOr(None)),
            rates,
            storage: None,
            scope: Scope::default(),
        }
    }

    fn knowledge(&self) -> Knowledge<'_> {
        Knowledge {
            file_ids: &self.file_ids,
            probes: &self.probes,
        }
    }

    /// Lets nothing begin any more.
    pub fn close(&self) {
        self.desk.close();
        self.storage.iter().for_each(|storage| storage.close());
    }

    /// The same, which finds pictures of these chats for those who are in them.
    #[must_use]
    pub fn with_members(mut self, members: Arc<Members>) -> Self {
        self.scope.members = members;
        self
    }

    /// The same, which puts own pictures into `storage`.
    #[must_use]
    pub fn with_storage(self, storage: Option<Arc<Storage>>) -> Self {
        Self { storage, ..self }
    }
}

impl InlineWorker {
    /// A worker with `tools`, watched as `part`.
    #[must_use]
    pub fn new(tools: Arc<InlineTools>, part: WatchedPart) -> Self {
        Self { tools, part }
    }

    /// Answers queries until the desk is closed. Calls `at_work` once, with the first of them.
    pub fn run(&self, at_work: impl FnOnce()) {
        let mut at_work = Some(at_work);
        while let Some((ticket, ask)) = self.tools.desk.take() {
            if let Some(at_work) = at_work.take() {
                at_work();
            }
            self.part.within(WATCHED);
            let turn = std::panic::AssertUnwindSafe(|| self.turn(ticket, &ask));
            if std::panic::catch_unwind(turn).is_err() {
                tracing::error!("an inline query was not answered, by a fault");
            }
            self.tools.desk.done(ticket);
            self.part.rest();
        }
    }

    fn turn(&self, ticket: Ticket, ask: &InlineAsk) {
        let (call, page) = self.answer(ticket, ask);
        if self.tools.desk.is_superseded(ticket) {
            return;
        }
        let sent = self.send(ask, &call);
        let knowledge = self.tools.knowledge();
        let sent = match (sent, page) {
            (Err(error), Some(page)) if *error.kind() == Kind::Rejected => {
                let page = answer::without_cached(&call, page, knowledge.file_ids);
                self.send(ask, &answer::page(ask, &page, knowledge, &[]))
            }
            (sent, _) => sent,
        };
        if let Err(error) = sent {
            tracing::info!("an inline query was not answered: {}", error.chain());
        }
    }

    /// The answer, and the page that it shows, if any.
    fn answer(&self, ticket: Ticket, ask: &InlineAsk) -> (Call, Option<Page>) {
        let nothing = || (answer::nothing(ask), None);
        if !answer::is_searched(ask) {
            return nothing();
        }
        match self.find(ask) {
            Ok(Some(page)) => {
                let late = if self.tools.desk.is_superseded(ticket) {
                    Vec::new()
                } else {
                    self.look(ask, &page.hits);
                    self.store(ask, &page.hits)
                };
                let call = answer::page(ask, &page, self.tools.knowledge(), &late);
                (call, Some(page))
            }
            Ok(None) => nothing(),
            Err(failure) => {
                tracing::info!("an inline query was not answered: {failure}");
                nothing()
            }
        }
    }

    /// The page that `ask` is about; nothing for who asks too often.
    fn find(&self, ask: &InlineAsk) -> Result<Option<Page>, Failure> {
        let tools = &self.tools;
        let tag = ask.language.map_or("", Language::tag);
        let key = format!("{} {tag} {}", ask.offset, ask.words);
        let mut query = Query {
            language: ask.language,
            ..Query::text(&ask.words, answer::PAGE, ask.offset)?
        };
        if !locked(&tools.rates).admit_quietly(ask.user, Instant::now()) {
            tracing::info!("user {} asks too often by inline mode", ask.user);
            return Ok(None);
        }
        let time = FINDING.saturating_sub(ask.since.elapsed()).max(SHORTEST);
        let search = tools.search.within(time);
        let by = Instant::now() + time / 2;
        let filter = tools
            .scope
            .filter(ask, &tools.client, &search.within(time / 4), by);
        let Some(filter) = filter else {
            return Ok(None);
        };
        if !filter.collections.is_empty() {
            // What was saved or forgotten a moment ago, and who came or went, counts at once.
            query.filter = filter;
            return search.search(&query).map(Some);
        }
        tools
            .searches
            .once(&key, || search.search(&query))
            .map(Some)
    }

    /// Looks at those of `hits` that Telegram would have to fetch, as far as there is time.
    fn look(&self, ask: &InlineAsk, hits: &[Hit]) {
        let knowledge = self.tools.knowledge();
        let until = (Instant::now() + LOOKING).min(ask.since + FINDING);
        self.tools.probes.look(&knowledge.to_fetch(hits), until);
        self.tools.probes.look(&knowledge.smaller(hits), until);
    }

    /// Puts the first of `hits` that cannot be shown otherwise into the storage chat, where there is one,
    /// as far as there is time. Returns the addresses of those for which there was none. The owner sees that
    /// chat: what others saved does not go there.
    fn store(&self, ask: &InlineAsk, hits: &[Hit]) -> Vec<String> {
        let tools = &self.tools;
        let Some(storage) = &tools.storage else {
            return Vec::new();
        };
        let owner = ask.insiders.owner.map(collection_of);
        let is_owners = |hit: &Hit| hit.collection.is_none() || hit.collection == owner;
        let is_new = |hit: &&Hit| is_owners(hit) && tools.knowledge().photo_of(hit).is_none();
        let new: Vec<Hit> = hits.iter().filter(is_new).cloned().collect();
        let (now, later) = new.split_at(new.len().min(MAX_STORED));
        let mut late = Vec::new();
        if !now.is_empty() {
            storage.belongs_to(ask.insiders);
            late = storage.store(now, ask.since + FINDING);
        }
        late.extend(later.iter().map(|hit| hit.url.clone()));
        late
    }

    /// Sends the answer, as long as somebody waits for it.
    fn send(&self, ask: &InlineAsk, call: &Call) -> Result<()> {
        let client = &self.tools.client;
        let time = left(ask);
        if time.is_zero() {
            return Err(Error::new(Kind::Lost, "it is too late"));
        }
        match client.call_within(call, time) {
            // Two answers are as good as one.
            Err(error) if error.class() == NO_LUCK && !left(ask).is_zero() => {
                client.call_within(call, left(ask)).map(drop)
            }
            answered => answered.map(drop),
        }
    }
}

/// How long an answer to `ask` is worth something.
fn left(ask: &InlineAsk) -> Duration {
    DEADLINE.saturating_sub(ask.since.elapsed())
}
