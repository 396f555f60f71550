//! The client of the search endpoint: one request a query, and every kind of answer becomes a
//! [`Page`] of hits or a [`Failure`].
//!
//! Besides our own endpoint's answers this reads those of the reference (a bare array) and what API
//! Gateway answers by itself: `{"message": "Service Unavailable"}`, 403 Forbidden, 429 Too Many
//! Requests.

mod saving;

pub use saving::FILE;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use super::endpoint_state::EndpointState;
use super::pictures::Fetcher;
use crate::aws::credentials::Provider;
use crate::aws::signature::{self, Scope, Signable};
use crate::config::{BotConfig, SearchAuth};
use crate::error::{Error, Kind};
use crate::http;
use crate::search::{Failure, Hit, Page, Query, Reason, Subject};
use crate::secret::Secret;

/// Largest answer that is read.
const MAX_ANSWER_BYTES: u64 = 2 << 20;
/// When an endpoint is asked again that is there, and fails in its own way.
const SOON: Duration = Duration::from_secs(1);

/// Asks a search endpoint. Clones share connections.
#[derive(Debug, Clone)]
pub struct SearchClient {
    url: String,
    auth: Arc<Auth>,
    timeout: Duration,
    keep_files: bool,
    http: http::Client,
    /// Whose `file_id`s are of use.
    bot: String,
}

/// How the bot authenticates to the endpoint.
#[derive(Debug)]
enum Auth {
    /// It does not.
    None,
    /// With a token in the header `Authorization`.
    Bearer(Secret),
    /// With a signature by AWS credentials (Signature Version 4).
    AwsIam { region: String, provider: Provider },
}

impl Auth {
    fn new(config: &SearchAuth) -> Self {
        match config {
            SearchAuth::None => Self::None,
            SearchAuth::Bearer(token) => Self::Bearer(token.clone()),
            SearchAuth::AwsIam(aws) => Self::AwsIam {
                region: aws.region.clone(),
                provider: Provider::new(aws.credentials.clone(), &aws.metadata),
            },
        }
    }

    fn add_to(&self, request: http::Request) -> Result<http::Request, Failure> {
        match self {
            Self::None => Ok(request),
            Self::Bearer(token) => {
                Ok(request.header("authorization", format!("Bearer {}", token.expose())))
            }
            Self::AwsIam { region, provider } => {
                let now = SystemTime::now();
                let credentials = provider
                    .get(now)
                    .map_err(|error| Failure::new(Reason::Forbidden, error.chain()))?;
                let scope = Scope {
                    region,
                    service: "execute-api",
                };
                let headers = signature::headers(Signable::of(&request), &credentials, scope, now);
                Ok(headers.into_iter().fold(request, |request, (name, value)| {
                    request.header(name, value)
                }))
            }
        }
    }

    /// After the endpoint refused the request: whether a second try can be signed with newer
    /// credentials.
    fn can_renew(&self) -> bool {
        matches!(self, Self::AwsIam { provider, .. } if provider.refuse())
    }
}

impl SearchClient {
    /// Asks the endpoint that `config` names, keeping up to `connections` connections.
    #[must_use]
    pub fn new(config: &BotConfig, connections: usize) -> Self {
        Self {
            url: config.search_url.clone(),
            auth: Arc::new(Auth::new(&config.search_auth)),
            timeout: config.search_timeout,
            keep_files: config.keep_files,
            http: http::Client::new(connections),
            bot: config.bot_id().to_owned(),
        }
    }

    /// The same, which waits for an answer for `timeout` at most.
    #[must_use]
    pub fn within(&self, timeout: Duration) -> Self {
        Self {
            timeout: timeout.min(self.timeout),
            ..self.clone()
        }
    }

    /// What fetches the pictures that the endpoint names.
    #[must_use]
    pub fn fetcher(&self) -> Fetcher {
        let fetcher = Fetcher::new(&self.url);
        match &*self.auth {
            Auth::Bearer(token) => fetcher.with_token(&self.url, token.clone()),
            Auth::None | Auth::AwsIam { .. } => fetcher,
        }
    }

    /// Whether the endpoint is shown who asks.
    #[must_use]
    pub fn authenticates(&self) -> bool {
        !matches!(*self.auth, Auth::None)
    }

    /// Address of the endpoint.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Longest time an answer is waited for.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Sends `query` and waits for the answer, for `CLIP_BOT_SEARCH_TIMEOUT` at most. A request that
    /// is refused for its credentials is sent once more if there are newer ones.
    ///
    /// # Errors
    /// The endpoint's own [`Failure`]; [`Reason::Unreachable`], [`Reason::Timeout`] or
    /// [`Reason::Garbled`] where there is none.
    pub fn search(&self, query: &Query) -> Result<Page, Failure> {
        let mut request = match &query.subject {
            Subject::Text(text) => http::Request::get(&self.url).query("query", text),
            Subject::Picture {
                media_type,
                bytes,
                words,
            } => {
                let request = http::Request::post(&self.url, media_type, bytes.clone());
                if words.is_empty() {
                    request
                } else {
                    request.query("query", words)
                }
            }
        };
        request = request
            .query("details", "true")
            .query("limit", &query.limit.to_string());
        if query.offset > 0 {
            request = request.query("offset", &query.offset.to_string());
        }
        for (name, value) in query.filter.parameters() {
            request = request.query(name, &value);
        }
        if let Some(language) = query.language {
            request = request.query("lang", language.tag());
        }
        let request = request.timeout(self.timeout).limit(MAX_ANSWER_BYTES);
        let mut found = self.ask(request.clone());
        if let Err(Failure {
            reason: Reason::Forbidden,
            ..
        }) = found
            && self.auth.can_renew()
        {
            found = self.ask(request);
        }
        let mut page = found?;
        let sent = page.hits.len();
        for hit in &mut page.hits {
            hit.file_id = hit.file_id.take().and_then(|id| self.usable_file_id(&id));
        }
        page.hits
            .retain(|hit| Hit::is_address(&hit.url) || hit.file_id.is_some() || hit.link.is_some());
        if page.hits.is_empty() && sent > 0 {
            let message = "the endpoint's answer holds no address that Telegram could fetch";
            return Err(Failure::new(Reason::Garbled, message));
        }
        // An endpoint that does not know `limit` sends as many as it likes.
        page.hits.truncate(query.limit);
        Ok(page)
    }

    /// Whether the endpoint hands queries on to a third party, a `HuggingFace` Space, as its `/health`
    /// says; one without that page does not.
    ///
    /// # Errors
    /// As [`SearchClient::search`], where the endpoint does not answer.
    pub fn is_third_party(&self) -> Result<bool, Failure> {
        let health = self.health()?;
        Ok(health.get("engine").is_some_and(|engine| engine == "space"))
    }

    /// What its `/health` says; null for an endpoint without that page.
    fn health(&self) -> Result<Value, Failure> {
        let answer = self.get("/health")?;
        if matches!(answer.head.status, 408 | 429 | 500 | 502..) {
            return Err(failure_of(&answer));
        }
        Ok(answer.json().unwrap_or_default())
    }

    /// What the endpoint says of itself.
    #[must_use]
    pub fn state(&self) -> EndpointState {
        let mut state = EndpointState::default();
        let text = |json: &Value, name: &str| json.get(name)?.as_str().map(str::to_owned);
        match self.get("/health") {
            Ok(answer) => {
                let health = answer.json().unwrap_or_default();
                state.engine = text(&health, "engine");
                state.version = text(&health, "version");
            }
            Err(failure) => {
                state.trouble = Some(failure.reason);
                return state;
            }
        }
        match self.get("/ready") {
            Ok(answer) if answer.head.status == 200 => {
                let ready = answer.json().unwrap_or_default();
                let pictures = ready.get("pictures").and_then(Value::as_u64);
                state.pictures = pictures.and_then(|count| count.try_into().ok());
            }
            // The reference's endpoint has no such page.
            Ok(answer) if answer.head.status == 404 => {}
            Ok(answer) => {
                let failure = page_of(&answer).err();
                state.trouble = Some(failure.map_or(Reason::Garbled, |failure| failure.reason));
            }
            Err(failure) => state.trouble = Some(failure.reason),
        }
        state
    }

    /// The address of another page of the endpoint.
    fn place(&self, path: &str) -> String {
        let base = self.url.trim_end_matches('/');
        let base = base.strip_suffix("/search").unwrap_or(base);
        format!("{base}{path}")
    }

    /// Asks for a page of the endpoint beside its search.
    fn get(&self, path: &str) -> Result<http::Response, Failure> {
        let request = http::Request::get(self.place(path));
        let request = request.timeout(self.timeout).limit(MAX_ANSWER_BYTES);
        let start = Instant::now();
        self.http
            .send(&self.auth.add_to(request)?)
            .map_err(|error| no_answer(&error, start.elapsed() < self.timeout))
    }

    fn ask(&self, request: http::Request) -> Result<Page, Failure> {
        let request = self.auth.add_to(request)?;
        let start = Instant::now();
        self.http
            .send(&request)
            .map_err(|error| no_answer(&error, start.elapsed() < self.timeout))
            .and_then(|answer| page_of(&answer))
    }
}

/// The failure of a request that got no whole answer; `in_time`: its time-out had not passed.
fn no_answer(error: &Error, in_time: bool) -> Failure {
    let reason = match error.kind() {
        Kind::Lost if !in_time => Reason::Timeout,
        Kind::TooLarge => Reason::Garbled,
        _ => Reason::Unreachable,
    };
    let failure = Failure::new(reason, error.chain());
    if *error.kind() == Kind::Lost && in_time {
        return failure.retry_after(SOON);
    }
    failure
}

fn page_of(answer: &http::Response) -> Result<Page, Failure> {
    if answer.head.status != 200 {
        return Err(failure_of(answer));
    }
    let page = answer.json().ok().as_ref().and_then(Page::from_json);
    page.ok_or_else(|| {
        Failure::new(
            Reason::Garbled,
            "the endpoint's answer is not a list of pictures",
        )
    })
}

/// The failure in an answer that is none.
fn failure_of(answer: &http::Response) -> Failure {
    let status = answer.head.status;
    let retry_after = answer.head.retry_after();
    let json = answer.json();
    if let Ok(body) = &json
        && let Some(failure) = Failure::from_json(body, retry_after)
    {
        return failure;
    }
    let reason = match status {
        401 | 403 => Reason::Forbidden,
        404 => Reason::NotFound,
        429 => Reason::RateLimited,
        504 => Reason::Timeout,
        500..600 => Reason::Unreachable,
        _ => Reason::Garbled,
    };
    let words = json
        .ok()
        .and_then(|body| Some(body.get("message")?.as_str()?.to_owned()));
    let message = match words {
        Some(words) => format!(
            "status {status}, {}",
            words.chars().take(200).collect::<String>()
        ),
        None => format!("status {status}"),
    };
    // A proxy's word for an endpoint that is not there, and nobody's for when it will be.
    let is_away = matches!(status, 502 | 503);
    let soon = (reason == Reason::Unreachable && !is_away).then_some(SOON);
    Failure {
        retry_after: retry_after.or(soon),
        ..Failure::new(reason, message)
    }
}
