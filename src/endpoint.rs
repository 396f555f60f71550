//! The search contract over HTTP: one [`Router`] in front of any [`Engine`].
//!
//! `GET /search`, `POST /search` with a picture or a form, `GET /health`, `GET /ready`, `GET /images/{id}`
//! (`?w=320` for a smaller one), `POST /pictures` and `DELETE /pictures`, `GET /openapi.json`, `GET /metrics`, and a page at `/`; HEAD works like GET. Every error is
//! `{"error": {"code", "message"}}`.
//! A bearer token, where one is configured, guards `/search` alone: whoever knows the address of
//! a picture may fetch it, because Telegram and browsers send no token of ours.

mod address;
mod answer;
mod body;
mod conditional;
mod connections;
mod cors;
mod host;
pub mod http;
mod images;
#[cfg(feature = "lambda")]
pub mod lambda;
mod metrics;
mod monitor;
pub mod neighbour;
mod openapi;
#[cfg(feature = "page")]
mod page;
mod permits;
mod pictures;
mod pixels;
mod request;
pub mod socket;
mod upload;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::{delete, get, post};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::config::{Origins, SearchConfig};
use crate::search::{Engine, Failure, Query, Reason, Subject};
use crate::secret::Secret;

use answer::{AnswerSummary, FailureResponse};
use neighbour::Neighbour;
use permits::{Permit, Permits};
use pixels::PixelThreads;
use request::{Authentication, Fields, Parameters};
use upload::BodyKind;

pub use host::guarded;
pub use monitor::Monitor;

/// How long an engine may overrun its deadline before the endpoint answers in its place: the
/// engine's own failure says more.
const GRACE: Duration = Duration::from_millis(500);
/// How long an answer of [`Engine::ready`] is given to other callers, too.
const READY_FOR: Duration = Duration::from_secs(1);

/// What all routes share.
struct Endpoint {
    engine: Arc<dyn Engine>,
    monitor: Monitor,
    token: Option<Secret>,
    /// Whether only this program's own user and root search without a token.
    is_private: bool,
    /// The token of what is no search, which the installation may have made.
    operators_token: Option<Secret>,
    timeout: Duration,
    permits: Permits,
    pixels: PixelThreads,
    /// Pages of other servers that may read answers.
    origins: Origins,
    /// Address by which others reach this endpoint, where it is set.
    public_url: Option<String>,
    /// `host:port` for callers that send no usable `Host`.
    address: String,
    /// When the engine was asked last, and what it said.
    ready: Mutex<Option<(Instant, Readiness)>>,
}

/// The time left for a request, in its extensions, where that may be less than the configured
/// timeout.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(feature = "lambda"),
    allow(dead_code, reason = "Lambda alone sets it")
)]
struct TimeLeft(Duration);

/// What work costs, and so who goes first.
#[derive(Debug, Clone, Copy)]
enum Work {
    /// Milliseconds, such as a search by text.
    Quick,
    /// Pictures are decoded.
    Pixels,
}

type SharedEndpoint = State<Arc<Endpoint>>;
/// How many pictures there are, where the engine knows, or why a search would fail.
type Readiness = Result<Option<usize>, Failure>;

/// The routes that search with `engine` and count in `monitor`. Uses `token`, `timeout` and
/// `workers` of
/// `config`, and `listen`, which must be the address that is really bound.
pub fn router(engine: Arc<dyn Engine>, config: &SearchConfig, monitor: &Monitor) -> Router {
    let endpoint = Arc::new(Endpoint {
        engine,
        monitor: monitor.clone(),
        token: config.demanded_token().cloned(),
        is_private: config.is_private(),
        operators_token: config.token.clone(),
        timeout: config.timeout,
        permits: Permits::new(config.workers),
        pixels: PixelThreads::new(),
        origins: config.origins.clone(),
        public_url: config.public_url.clone(),
        address: config.listen.to_string(),
        ready: Mutex::new(None),
    });
    let observed = Arc::clone(&endpoint);
    let shared = Arc::clone(&endpoint);
    let routes = Router::new()
        .route("/search", get(search_text).post(search_body))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics::metrics))
        .route("/openapi.json", get(describe))
        .route("/images/{id}", get(images::image))
        .route(
            "/pictures",
            post(pictures::save)
                .patch(pictures::recaption)
                .delete(pictures::forget_named),
        )
        .route("/pictures/{id}", delete(pictures::forget_one));
    #[cfg(feature = "page")]
    let routes = if config.page.unwrap_or(config.demanded_token().is_none()) {
        routes.merge(page::routes())
    } else {
        routes
    };
    let routes = routes
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(axum::middleware::from_fn_with_state(observed, log))
        .with_state(endpoint);
    // Around the routes, each of which says what methods it takes.
    Router::new()
        .fallback_service(routes)
        .layer(axum::middleware::from_fn_with_state(shared, cors::answer))
}

async fn log(State(endpoint): SharedEndpoint, request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return next.run(request).await;
    }
    let start = Instant::now();
    let about = match request.uri().path() {
        "/search" => "search",
        "/ready" => "ready",
        "/health" => "health",
        path if path.starts_with("/images/") => "image",
        path if path.starts_with("/pictures") => "saved picture",
        _ => "request",
    };
    let response = next.run(request).await;
    let took = start.elapsed();
    answer::log(about, endpoint.engine.name(), &response, took);
    if about == "search"
        && let Some(summary) = response.extensions().get()
    {
        match summary {
            AnswerSummary::Found(hits) => endpoint.monitor.answered(*hits, took),
            AnswerSummary::Failed(failure) => endpoint.monitor.failed(failure.reason, took),
        }
    }
    response
}

async fn search_text(
    State(endpoint): SharedEndpoint,
    request: Request,
) -> Result<Response, FailureResponse> {
    let (parts, _) = request.into_parts();
    endpoint.authenticate(&parts)?;
    let fields = Fields::parse(parts.uri.query().unwrap_or_default());
    let parameters = Parameters::from_fields(&fields)?;
    let query = parameters.text_query(&fields)?;
    let permit = endpoint.permits.searches.now()?;
    endpoint.search(&parts, &parameters, query, permit).await
}

async fn search_body(
    State(endpoint): SharedEndpoint,
    request: Request,
) -> Result<Response, FailureResponse> {
    let (parts, mut body) = request.into_parts();
    match endpoint.receive(&parts, &mut body).await {
        Ok((parameters, query, permit)) => {
            endpoint.search(&parts, &parameters, query, permit).await
        }
        Err(rejection) => {
            body::drain(body);
            Err(rejection.closing())
        }
    }
}

async fn health(State(endpoint): SharedEndpoint) -> Response {
    let health = json!({
        "status": "ok",
        "engine": endpoint.engine.name(),
        "version": env!("CARGO_PKG_VERSION"),
        "can": abilities(&endpoint),
    });
    answer::json(StatusCode::OK, &health)
}

/// What the endpoint can do besides searching by words. Without a token nobody may save.
fn abilities(endpoint: &Endpoint) -> Vec<&'static str> {
    let engine = endpoint.engine.as_ref();
    let all = [
        ("picture", engine.takes_pictures()),
        ("filters", engine.takes_filters()),
        ("save", engine.saves() && endpoint.operators_token.is_some()),
    ];
    let can = all.into_iter().filter(|(_, can)| *can);
    can.map(|(name, _)| name).collect()
}

async fn describe(State(endpoint): SharedEndpoint) -> Response {
    let document = openapi::document(
        endpoint.engine.as_ref(),
        endpoint.token.is_some(),
        endpoint.operators_token.is_some(),
    );
    answer::json(StatusCode::OK, &document)
}

async fn ready(State(endpoint): SharedEndpoint) -> Result<Response, FailureResponse> {
    let engine = Arc::clone(&endpoint.engine);
    // A task of its own: when the caller hangs up, the check goes on, and nobody starts another.
    let check = tokio::spawn(async move { endpoint.check_ready().await });
    let pictures = check.await.unwrap_or_else(|_| Err(broken()))?;
    let mut ready = json!({ "status": "ok", "engine": engine.name() });
    if let Some(pictures) = pictures {
        ready["pictures"] = pictures.into();
    }
    if let Some(model) = engine.model() {
        ready["model"] = model.into();
    }
    if let Some(plan) = engine.plan() {
        ready["function"] = plan.function.into();
        ready["arguments"] = Value::Object(plan.arguments.into_iter().collect());
    }
    Ok(answer::json(StatusCode::OK, &ready))
}

async fn not_found() -> FailureResponse {
    Failure::new(
        Reason::NotFound,
        "there is no such path; try /search?query=red+bus",
    )
    .into()
}

async fn method_not_allowed() -> FailureResponse {
    let message = "this path does not take this method; the Allow header names those it takes";
    Failure::new(Reason::MethodNotAllowed, message).into()
}

fn broken() -> Failure {
    let message = "the search engine broke; the log of the endpoint says where";
    Failure::new(Reason::Internal, message)
}

impl Endpoint {
    fn authenticate(&self, parts: &Parts) -> Result<(), FailureResponse> {
        let operators = self.operators_token.as_ref();
        let as_operator = operators.map(|token| Self::checked(&parts.headers, Some(token)));
        // Who has it need not be looked up in the kernel.
        if let Some(Ok(())) = as_operator {
            return Ok(());
        }
        let neighbour = parts.extensions.get::<Neighbour>();
        if !self.is_private || neighbour.is_none_or(Neighbour::is_friend) {
            return Self::checked(&parts.headers, self.token.as_ref());
        }
        if let Some(refused) = as_operator {
            return refused;
        }
        let message = "without a token this endpoint answers only the user who runs it: set \
                       CLIP_SEARCH_TOKEN_FILE there and send the token, or start it with --open";
        Err(Failure::new(Reason::Forbidden, message).into())
    }

    /// Fails unless the request has `token`, if that is one.
    fn checked(headers: &HeaderMap, token: Option<&Secret>) -> Result<(), FailureResponse> {
        match request::authenticate(headers, token) {
            Authentication::Accepted => Ok(()),
            Authentication::Missing => Err(FailureResponse::unauthenticated()),
            Authentication::Wrong => {
                Err(Failure::new(Reason::Forbidden, "the token is wrong").into())
            }
        }
    }

    /// Receives the query in a body, after checking all that can be checked before. Returns the
    /// permits for it, too, to be kept until the engine returns.
    async fn receive(
        &self,
        parts: &Parts,
        body: &mut Body,
    ) -> Result<(Parameters, Query, [Permit; 3]), FailureResponse> {
        self.authenticate(parts)?;
        let fields = Fields::parse(parts.uri.query().unwrap_or_default());
        Parameters::from_fields(&fields)?;
        let kind = BodyKind::of(&parts.headers)?;
        let limit = kind.max_bytes();
        let length = body::length(&parts.headers, limit)?;
        let deadline = tokio::time::Instant::now() + self.time(parts);
        let received = self.permits.received.now()?;
        let (bytes, held) = body::read(body, length, limit, &self.permits, deadline).await?;
        let (parameters, query) = upload::query(&kind, fields, bytes)?;
        let permit = match query.subject {
            Subject::Text(_) => self.permits.searches.now()?,
            Subject::Picture { .. } => self.permits.pictures.one(deadline).await?,
        };
        Ok((parameters, query, [received, held, permit]))
    }

    async fn search(
        &self,
        parts: &Parts,
        parameters: &Parameters,
        query: Query,
        permits: impl Send + 'static,
    ) -> Result<Response, FailureResponse> {
        let text = match &query.subject {
            Subject::Text(text) => Some(text.clone()),
            Subject::Picture { .. } => None,
        };
        tracing::debug!(
            "searching for {}",
            match &text {
                Some(text) => format!("{text:?}"),
                None => "a picture".to_owned(),
            }
        );
        if query.filter.saved().next().is_some() {
            self.check_operator(&parts.headers)?;
        }
        let limit = query.limit;
        let work = if text.is_some() {
            Work::Quick
        } else {
            Work::Pixels
        };
        let mut page = self
            .ask(work, self.times(parts), permits, move |engine, deadline| {
                engine.search(&query, deadline)
            })
            .await?;
        page.hits.truncate(limit);
        let base = self.base(&parts.headers);
        Ok(answer::page(
            page,
            text.as_deref(),
            parameters.details,
            &base,
        ))
    }

    /// What paths at this endpoint are appended to.
    fn base(&self, headers: &HeaderMap) -> String {
        let public = self.public_url.clone();
        public.unwrap_or_else(|| address::own(headers, &self.address))
    }

    /// How long the work on a request may take.
    fn time(&self, parts: &Parts) -> Duration {
        let left = parts.extensions.get().map(|TimeLeft(time)| *time);
        left.map_or(self.timeout, |time| time.min(self.timeout))
    }

    /// How long a search may take, and how long one that shows that it goes on. Lambda ends the
    /// program itself when its time is over.
    fn times(&self, parts: &Parts) -> (Duration, Duration) {
        let time = self.time(parts);
        let is_limited = parts.extensions.get::<TimeLeft>().is_some();
        (
            time,
            if is_limited {
                time
            } else {
                self.engine.longest(time)
            },
        )
    }

    /// Runs `work`, of that `kind`, on a thread where it may block, with a deadline after `time`, which it may put
    /// off to `longest`, and drops `permits` when it ends; a panic in it becomes a failure.
    async fn ask<T: Send + 'static>(
        &self,
        kind: Work,
        (time, longest): (Duration, Duration),
        permits: impl Send + 'static,
        work: impl FnOnce(&dyn Engine, Instant) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let engine = Arc::clone(&self.engine);
        let deadline = Instant::now() + time;
        let running = self.monitor.begin(longest);
        let whole = move || {
            let _kept = (permits, running);
            work(engine.as_ref(), deadline)
        };
        let task = match kind {
            Work::Quick => tokio::task::spawn_blocking(whole),
            Work::Pixels => self.pixels.run(whole),
        };
        match tokio::time::timeout(longest + GRACE, task).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(broken()),
            Err(_) => {
                let message = format!(
                    "the search took longer than {}",
                    humantime::format_duration(longest)
                );
                Err(Failure::new(Reason::Timeout, message).retry_after(Duration::from_secs(10)))
            }
        }
    }

    /// Asks the engine whether it is ready, at most once in [`READY_FOR`]; other callers meanwhile
    /// get the same answer.
    async fn check_ready(&self) -> Readiness {
        let mut last = self.ready.lock().await;
        if let Some((at, answer)) = &*last
            && at.elapsed() < READY_FOR
        {
            return answer.clone();
        }
        let permit = self.permits.searches.now()?;
        let answer = self
            .ask(
                Work::Quick,
                (self.timeout, self.timeout),
                permit,
                |engine, deadline| engine.ready(deadline).map(|()| engine.pictures()),
            )
            .await;
        *last = Some((Instant::now(), answer.clone()));
        answer
    }
}

/// Headers from names and values.
#[cfg(test)]
fn test_headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let parsed = |value: &str| value.parse().expect("a header value");
    pairs
        .iter()
        .map(|(name, value)| (name.parse().expect("a header name"), parsed(value)))
        .collect()
}
