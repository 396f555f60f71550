//! The [`Engine`] that asks a Hugging Face Space, or any other Gradio server.
//!
//! One search is at most three requests on the Space: `/config` (kept for ten minutes), the call,
//! and the stream with its result. The hub is asked only where a Space given as `user/name` is,
//! and, once something looks like sleep, for the Space's stage. Nothing here waits for a Space to
//! wake up: the caller gets [`Reason::SpaceAsleep`] at once and asks again.
//!
//! - `description`: what `/config` says about the function that is called
//! - `pruned`: of that and other large documents what is read, and no more
//! - `arguments`: the template and a query make its arguments
//! - `gradio`: the requests, over every protocol since 3.x
//! - `events`: the stream that a queued call answers with
//! - `outputs`: whatever a function returns, as hits; `links`: those in text
//! - `refusal`: every way to fail, as a [`Failure`]
//! - `hub`: host and stage of a Space

mod arguments;
mod description;
pub mod events;
mod gradio;
mod hub;
mod links;
pub mod outputs;
mod pruned;
pub mod refusal;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::config::{SpaceArguments, SpaceConfig, SpaceLocation};
use crate::error::Error;
use crate::http::Client;
use crate::locked::locked;
use crate::search::{Engine, Failure, MAX_LIMIT, Page, Query, Reason, Subject};

use arguments::Words;
use description::Description;
use gradio::Server;
use hub::Hub;
use refusal::{Cure, Trouble};

/// Connections kept for reuse.
const CONNECTIONS: usize = 8;
/// How long a description is believed. A Space that was changed so that the old call still works
/// (another function has the number now) shows in no other way.
const DESCRIPTION_AGE: Duration = Duration::from_mins(10);

/// A Space that searches pictures.
#[derive(Debug)]
pub struct Space {
    config: SpaceConfig,
    client: Client,
    hub: Hub,
    address: Mutex<Option<String>>,
    description: Mutex<Option<(Instant, Arc<Description>)>>,
}

impl Space {
    /// The Space of `config`; nothing is asked yet.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] when the argument template leaves the query out, or the token
    /// cannot stand in a header.
    pub fn new(config: &SpaceConfig) -> Result<Self, Error> {
        let template = &config.arguments;
        if !["{query}", "{image}"]
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
        })
    }

    /// Runs `attempt` and cures what can be cured: a dropped connection once, a changed Space once.
    fn with_cures<T>(
        &self,
        deadline: Instant,
        mut attempt: impl FnMut(&Server) -> Result<T, Trouble>,
    ) -> Result<T, Failure> {
        let (mut may_resend, mut may_refresh) = (true, true);
        loop {
            let server = self.server(deadline)?;
            let trouble = match attempt(&server) {
                Ok(done) => return Ok(done),
                Err(trouble) => trouble,
            };
            tracing::debug!(
                "the Space was asked in vain ({:?}): {}",
                trouble.cure,
                trouble.failure
            );
            match trouble.cure {
                Cure::Resend if may_resend => may_resend = false,
                Cure::Refresh if may_refresh => {
                    may_refresh = false;
                    *locked(&self.description) = None;
                }
                Cure::AskStage => {
                    let failure = self.judge(&server, trouble, deadline);
                    self.forget(failure.reason);
                    return Err(failure);
                }
                Cure::Resend | Cure::Refresh | Cure::Nothing => {
                    self.forget(trouble.failure.reason);
                    return Err(trouble.failure);
                }
            }
        }
    }

    /// Where the Space is; for `user/name` the hub is asked the first time.
    fn server(&self, deadline: Instant) -> Result<Server, Failure> {
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
        Ok(Server::new(
            self.client.clone(),
            base,
            self.config.token.clone(),
        ))
    }

    fn ask(&self, server: &Server, query: &Query, deadline: Instant) -> Result<Page, Trouble> {
        let kept = self.kept_description();
        let fresh = kept.is_none();
        let description = match kept {
            Some(kept) => kept,
            None => self.describe(server, deadline)?,
        };
        let answer = self.call(server, &description, query, deadline);
        answer.map_err(|trouble| match trouble.cure {
            Cure::Refresh if fresh => trouble.failure.into(),
            _ => trouble,
        })
    }

    fn call(
        &self,
        server: &Server,
        description: &Description,
        query: &Query,
        deadline: Instant,
    ) -> Result<Page, Trouble> {
        let wanted = query.offset.saturating_add(query.limit).min(MAX_LIMIT);
        let words = match &query.subject {
            Subject::Text(text) => Words::text(text, wanted),
            Subject::Picture { media_type, bytes } => Words::picture(
                server.give(description, media_type, bytes, deadline)?,
                wanted,
            ),
        };
        let filled = arguments::fill(&self.config.arguments, description, &words)
            .map_err(Trouble::changed)?;
        let outputs = server.run(description, filled.data, deadline)?;
        let files = server.file_base(description);
        let hits = outputs::hits(
            &outputs,
            &description.outputs,
            &files,
            self.config.public_base.as_deref(),
        )?;
        // A function that knows no limit gives all it has: only a surplus says there is more.
        let enough = if filled.limited {
            hits.len() >= wanted
        } else {
            hits.len() > wanted
        };
        Ok(Page {
            hits: hits.into_iter().take(wanted).skip(query.offset).collect(),
            next_offset: (enough && wanted < MAX_LIMIT).then_some(wanted),
        })
    }

    fn describe(&self, server: &Server, deadline: Instant) -> Result<Arc<Description>, Trouble> {
        let by_name = matches!(self.config.arguments, SpaceArguments::Named(_));
        let description =
            Arc::new(server.describe(self.config.api.as_deref(), by_name, deadline)?);
        *locked(&self.description) = Some((Instant::now(), Arc::clone(&description)));
        Ok(description)
    }

    fn kept_description(&self) -> Option<Arc<Description>> {
        let kept = locked(&self.description);
        let (since, description) = kept.as_ref()?;
        (since.elapsed() < DESCRIPTION_AGE).then(|| Arc::clone(description))
    }

    /// Tells asleep from dead, with one question to the hub where the hub knows the Space.
    fn judge(&self, server: &Server, trouble: Trouble, deadline: Instant) -> Failure {
        let stage = match &self.config.location {
            SpaceLocation::Hub(id) => self.hub.stage_by_id(id, deadline),
            SpaceLocation::Url(_) => self.hub.stage_by_host(server.host(), deadline),
        };
        hub::judge(trouble.failure, stage)
    }

    /// After a failure nothing is believed any more that could have caused it.
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
        let by_picture = matches!(query.subject, Subject::Picture { .. });
        if by_picture && !arguments::mentions(&self.config.arguments, "{image}") {
            let message =
                "this Space is asked by words only (CLIP_SEARCH_SPACE_ARGS has no {image})";
            return Err(Failure::new(Reason::NotSupported, message));
        }
        if query.offset >= MAX_LIMIT {
            return Ok(Page::default());
        }
        self.with_cures(deadline, |server| self.ask(server, query, deadline))
    }

    fn ready(&self, deadline: Instant) -> Result<(), Failure> {
        self.with_cures(deadline, |server| {
            let description = self.describe(server, deadline)?;
            arguments::fill(&self.config.arguments, &description, &Words::text("", 1))?;
            Ok(())
        })
    }
}

/// What is kept stays usable when a thread panicked while it held the lock: it is only replaced.

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
