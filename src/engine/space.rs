//! The [`Engine`] that asks a Hugging Face Space, or any other Gradio server.
//!
//! One search is at most three requests on the Space: `/config` (kept for ten minutes), the call,
//! and the stream with its result. The hub is asked only where a Space given as `user/name` is,
//! and, once something looks like sleep, for the Space's stage. Nothing here waits for a Space to
//! wake up: the caller gets [`Reason::SpaceAsleep`] at once and asks again.
//!
//! - `description`: reads what `/config` says about a Space
//! - `function`: chooses the function that is called
//! - `input`: what a function's inputs take; `roles`: what each of them is for
//! - `pruned`: parses large JSON documents, keeping only the fields that are used
//! - `arguments`: fills the arguments from a query
//! - `chain`: runs what the Space's page runs after a function
//! - `placeholder`: the values of a query
//! - `gradio`: sends the requests, over every protocol since Gradio 3.x
//! - `events`: reads the stream that answers a queued call
//! - `outputs`: finds the hits in what a function returns; `links`: those in text; `object`: what an
//!   object tells about its picture; `locations`: what an address leads to
//! - `kept`: pictures that came without an address
//! - `login`: logs into an app that asks for a login of its own
//! - `refusal`: turns every way in which a Space fails into a [`Failure`]
//! - `hub`: asks the hub for host and stage of a Space

mod arguments;
mod chain;
mod description;
pub mod events;
mod function;
mod gradio;
mod hub;
mod input;
mod kept;
mod links;
pub mod locations;
mod login;
mod object;
pub mod outputs;
mod placeholder;
mod pruned;
pub mod refusal;
mod roles;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::config::{SpaceArguments, SpaceConfig, SpaceLocation};
use crate::error::Error;
use crate::http::Client;
use crate::locked::locked;
use crate::search::{Engine, Failure, Hit, Image, MAX_LIMIT, Page, Plan, Query, Reason, Subject};

use description::SpaceDescription;
use gradio::{GradioServer, Names, Session};
use hub::Hub;
use kept::{Fetch, KeptPictures};
use locations::Locations;
use outputs::Pictures;
use placeholder::PlaceholderValues;
use refusal::{Cure, SpaceFailure};

/// Connections kept for reuse.
const CONNECTIONS: usize = 8;
/// How long a description is kept. A changed Space in which the old call still works (another
/// function has that number now) is noticed in no other way.
const DESCRIPTION_AGE: Duration = Duration::from_mins(10);

/// A Space that searches pictures.
#[derive(Debug)]
pub struct Space {
    config: SpaceConfig,
    client: Client,
    hub: Hub,
    address: Mutex<Option<String>>,
    description: Mutex<Option<(Instant, Arc<SpaceDescription>)>>,
    kept: KeptPictures,
}

/// What is done with the pictures of one answer.
struct PicturesOfSearch<'a> {
    kept: &'a KeptPictures,
    is_picture: &'a dyn Fn(&str) -> bool,
}

impl Pictures for PicturesOfSearch<'_> {
    fn keep(&self, data: &str) -> Option<String> {
        self.kept.keep(data).map(|id| format!("/images/{id}"))
    }

    fn is_picture(&self, url: &str) -> bool {
        (self.is_picture)(url)
    }
}

impl Space {
    /// An engine for the Space that `config` names. Sends no request yet.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when the argument template leaves the query out, or the token
    /// cannot stand in a header.
    pub fn new(config: &SpaceConfig) -> Result<Self, Error> {
        let template = &config.arguments;
        if *template != SpaceArguments::ByKind
            && !["{query}", "{image}"]
                .iter()
                .any(|name| arguments::mentions(template, name))
        {
            return Err(Error::config(
                "CLIP_SEARCH_SPACE_ARGS holds no {query}: the Space would always search the same",
            ));
        }
        if let Some(token) = &config.token
            && !token.expose().bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(Error::config(
                "CLIP_SEARCH_HF_TOKEN_FILE: this is not a token; copy it from the hub's settings",
            ));
        }
        let client = Client::new(CONNECTIONS);
        Ok(Self {
            hub: Hub::new(client.clone(), &config.hub, config.token.clone()),
            config: config.clone(),
            client,
            address: Mutex::new(None),
            description: Mutex::new(None),
            kept: KeptPictures::default(),
        })
    }

    /// Runs `attempt`, and again after a failure that can be cured: once after a dropped
    /// connection, once after the Space has changed.
    fn with_cures<T>(
        &self,
        deadline: Instant,
        mut attempt: impl FnMut(&GradioServer) -> Result<T, SpaceFailure>,
    ) -> Result<T, Failure> {
        let (mut may_resend, mut may_refresh) = (true, true);
        loop {
            let server = self.server(deadline)?;
            let failed = match attempt(&server) {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            tracing::debug!(
                "the request to the Space failed (cure: {:?}): {}",
                failed.cure,
                failed.failure
            );
            match failed.cure {
                Cure::Resend if may_resend => may_resend = false,
                // A session has ended.
                Cure::Refresh | Cure::LogIn
                    if may_refresh
                        && (failed.cure == Cure::Refresh || self.config.login.is_some()) =>
                {
                    may_refresh = false;
                    *locked(&self.description) = None;
                }
                Cure::AskStage => {
                    let failure = self.judge(&server, failed, deadline);
                    self.forget(failure.reason);
                    return Err(failure);
                }
                Cure::Resend | Cure::Refresh | Cure::LogIn | Cure::Nothing => {
                    self.forget(failed.failure.reason);
                    return Err(failed.failure);
                }
            }
        }
    }

    /// The Space's server; for `user/name` the hub is asked for its address the first time.
    fn server(&self, deadline: Instant) -> Result<GradioServer, Failure> {
        let known = locked(&self.address).clone();
        let base = match (&self.config.location, known) {
            (SpaceLocation::Url(url), _) => url.clone(),
            (SpaceLocation::Hub(_), Some(known)) => known,
            (SpaceLocation::Hub(id), None) => {
                let found = self.hub.host(id, deadline)?;
                *locked(&self.address) = Some(found.clone());
                found
            }
        };
        Ok(GradioServer::new(
            self.client.clone(),
            base,
            self.config.token.clone(),
            self.config.login.clone(),
        ))
    }

    fn ask(
        &self,
        server: &GradioServer,
        query: &Query,
        deadline: Instant,
    ) -> Result<Page, SpaceFailure> {
        let kept = self.kept_description();
        let fresh = kept.is_none();
        let description = match kept {
            Some(kept) => kept,
            None => self.describe(server, deadline)?,
        };
        let answer = self.call(server, &description, query, deadline);
        answer.map_err(|failed| match failed.cure {
            Cure::Refresh | Cure::LogIn if fresh => failed.failure.into(),
            _ => failed,
        })
    }

    fn call(
        &self,
        server: &GradioServer,
        description: &Arc<SpaceDescription>,
        query: &Query,
        deadline: Instant,
    ) -> Result<Page, SpaceFailure> {
        let wanted = query.offset.saturating_add(query.limit).min(MAX_LIMIT);
        self.check_subject(description, &query.subject)?;
        let words = match &query.subject {
            Subject::Text(text) => PlaceholderValues::text(text, wanted),
            Subject::Picture {
                media_type, bytes, ..
            } => PlaceholderValues::picture(
                server.upload(description, media_type, bytes, deadline)?,
                wanted,
            ),
        };
        let filled = arguments::fill(&self.config.arguments, description, &words)
            .map_err(SpaceFailure::changed)?;
        let locations = server.locations(description, self.config.public_base.as_deref());
        let pictures = PicturesOfSearch {
            kept: &self.kept,
            is_picture: &|url| server.is_picture(url, description, deadline),
        };
        let read = |outputs: &[Value], kinds: &[String]| {
            outputs::hits(outputs, kinds, &locations, &pictures)
        };
        let session = Session::new(!description.followers.is_empty() || description.page.is_some());
        let run = |function: &SpaceDescription, data: Vec<Value>| {
            server.run(function, &session, data, deadline)
        };
        let found = chain::search(description, filled.data, &run, &read);
        let mut hits = match (found, &description.page) {
            (Err(failed), Some(page)) if chain::may_go_on(&failed.failure) => {
                let filled = arguments::fill(&self.config.arguments, page, &words)?;
                chain::search(page, filled.data, &run, &read).map_err(|other| {
                    if chain::may_go_on(&other.failure) {
                        failed
                    } else {
                        other
                    }
                })?
            }
            (found, _) => found?,
        };
        self.keep_guarded(&mut hits, server, description, &locations);
        // A function without a parameter for the limit returns all it has: then only more hits than
        // wanted mean that there is another page.
        let enough = if filled.limited {
            hits.len() >= wanted
        } else {
            hits.len() > wanted
        };
        Ok(Page {
            hits: hits.into_iter().take(wanted).skip(query.offset).collect(),
            next_offset: (enough && wanted < MAX_LIMIT).then_some(wanted),
            ..Page::default()
        })
    }

    /// Lets this program serve the Space's own files where it needs a token or a login for them,
    /// which their readers do not have.
    fn keep_guarded(
        &self,
        hits: &mut [Hit],
        server: &GradioServer,
        description: &Arc<SpaceDescription>,
        locations: &Locations,
    ) {
        if self.config.token.is_none() && self.config.login.is_none() {
            return;
        }
        for hit in hits
            .iter_mut()
            .filter(|hit| locations.is_own_file(&hit.url))
        {
            let (server, description) = (server.clone(), Arc::clone(description));
            let url = hit.url.clone();
            let fetch: Fetch =
                Arc::new(move |deadline| server.picture(&url, &description, deadline));
            if let Some(id) = self.kept.keep_address(&hit.url, fetch) {
                hit.url = format!("/images/{id}");
            }
        }
    }

    /// Whether the function takes what is searched by.
    fn check_subject(
        &self,
        description: &SpaceDescription,
        subject: &Subject,
    ) -> Result<(), Failure> {
        if self.config.arguments != SpaceArguments::ByKind {
            return Ok(());
        }
        let (taken, other) = match subject {
            Subject::Text(_) => (roles::takes_text(&description.inputs), "picture"),
            Subject::Picture { .. } => {
                (description.inputs.iter().any(roles::takes_picture), "words")
            }
        };
        let message = format!(
            "this Space is asked by {other} only: {}",
            description.signature()
        );
        match (taken, subject) {
            (true, _) => Ok(()),
            (false, Subject::Picture { .. }) => Err(Failure::new(Reason::NotSupported, message)),
            (false, Subject::Text(_)) => Err(refusal::mismatch(message)),
        }
    }

    fn describe(
        &self,
        server: &GradioServer,
        deadline: Instant,
    ) -> Result<Arc<SpaceDescription>, SpaceFailure> {
        let names = match self.config.arguments {
            SpaceArguments::ByKind => Names::Helpful,
            SpaceArguments::Positional(_) => Names::Unused,
            SpaceArguments::Named(_) => Names::Needed,
        };
        let description = Arc::new(server.describe(self.config.api.as_deref(), names, deadline)?);
        *locked(&self.description) = Some((Instant::now(), Arc::clone(&description)));
        Ok(description)
    }

    fn kept_description(&self) -> Option<Arc<SpaceDescription>> {
        let kept = locked(&self.description);
        let (since, description) = kept.as_ref()?;
        (since.elapsed() < DESCRIPTION_AGE).then(|| Arc::clone(description))
    }

    /// Tells asleep from dead, with one question to the hub where the hub knows the Space.
    fn judge(&self, server: &GradioServer, failed: SpaceFailure, deadline: Instant) -> Failure {
        let stage = match &self.config.location {
            SpaceLocation::Hub(id) => self.hub.stage_by_id(id, deadline),
            SpaceLocation::Url(_) => self.hub.stage_by_host(server.host(), deadline),
        };
        hub::judge(failed.failure, stage)
    }

    /// Forgets what could have caused a failure with this reason, so that it is asked for anew.
    fn forget(&self, reason: Reason) {
        use Reason::{
            Quota, SpaceAuth, SpaceBusy, SpaceDown, SpaceMismatch, SpaceRateLimited, Timeout,
        };
        if !matches!(reason, SpaceBusy | SpaceRateLimited | Quota | Timeout) {
            *locked(&self.description) = None;
        }
        if matches!(reason, SpaceDown | SpaceAuth | SpaceMismatch) {
            *locked(&self.address) = None;
        }
    }
}

impl Engine for Space {
    fn name(&self) -> &'static str {
        "space"
    }

    fn search(&self, query: &Query, deadline: Instant) -> Result<Page, Failure> {
        query.filter.refuse("a Space")?;
        let by_picture = matches!(query.subject, Subject::Picture { .. });
        if by_picture
            && self.config.arguments != SpaceArguments::ByKind
            && !arguments::mentions(&self.config.arguments, "{image}")
        {
            let message =
                "this Space is asked by words only (CLIP_SEARCH_SPACE_ARGS has no {image})";
            return Err(Failure::new(Reason::NotSupported, message));
        }
        if query.offset >= MAX_LIMIT {
            return Ok(Page::default());
        }
        self.with_cures(deadline, |server| self.ask(server, query, deadline))
    }

    fn longest(&self, time: Duration) -> Duration {
        time * events::PATIENCE
    }

    fn own_servers(&self) -> Vec<String> {
        let base = match &self.config.location {
            SpaceLocation::Url(url) => Some(url.clone()),
            SpaceLocation::Hub(_) => locked(&self.address).clone(),
        };
        base.into_iter()
            .chain(self.config.public_base.clone())
            .collect()
    }

    fn ready(&self, deadline: Instant) -> Result<(), Failure> {
        self.with_cures(deadline, |server| {
            let description = self.describe(server, deadline)?;
            let picture = Subject::Picture {
                media_type: String::new(),
                bytes: Vec::new(),
                words: String::new(),
            };
            self.check_subject(&description, &picture)
                .or_else(|_| self.check_subject(&description, &Subject::Text(String::new())))?;
            arguments::plan(&self.config.arguments, &description)?;
            Ok(())
        })
    }

    fn plan(&self) -> Option<Plan> {
        let description = self.kept_description()?;
        Some(Plan {
            function: description.title(),
            arguments: arguments::plan(&self.config.arguments, &description).ok()?,
        })
    }

    fn image(&self, id: &str, _width: Option<u32>) -> Result<Option<Image>, Failure> {
        Ok(self.kept.get(id))
    }

    fn takes_pictures(&self) -> bool {
        let template = &self.config.arguments;
        *template == SpaceArguments::ByKind || arguments::mentions(template, "{image}")
    }
}

/// The time that is left.
///
/// # Errors
/// [`Reason::Timeout`] when there is none.
fn time_left(deadline: Instant) -> Result<Duration, Failure> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(refusal::timeout())
    } else {
        Ok(left)
    }
}

/// The string at `key` of an object.
fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}
