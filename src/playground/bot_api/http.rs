//! The Bot API over HTTP: requests in, answers out, and polls that wait.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use hyper::body::Frame;
use serde_json::Value;
use tokio::time::Instant;

use super::call::{Answer, Call, Refusal};
use super::perform::FetchedFiles;
use super::{BotApi, form, methods, perform, updates};

/// Largest body; Telegram takes files up to 50 MB.
const MAX_BODY_BYTES: usize = 51 << 20;
/// The longest time that Telegram lets a poll wait.
const MAX_POLL: Duration = Duration::from_secs(50);

/// Left in the extensions of a response to a request that this server refused for its form or
/// content, with Telegram's words.
#[derive(Debug, Clone)]
pub(in crate::playground) struct RefusalWords(pub String);

/// The routes.
pub(super) fn router(api: &BotApi) -> Router {
    Router::new()
        .route("/{bot}/{method}", any(method))
        .route("/file/{bot}/{*path}", get(download))
        .with_state(api.clone())
}

async fn method(State(api): State<BotApi>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut segments = parts.uri.path().splitn(3, '/').skip(1);
    let token = segments.next().and_then(|bot| bot.strip_prefix("bot"));
    let method = segments.next().unwrap_or_default();
    let Some(token) = token else {
        return refuse(&Refusal::new(404, "Not Found"));
    };
    // Telegram answers "Not Found" if the path cannot contain a token at all.
    if token != api.0.token {
        return refuse(&Refusal::new(401, "Unauthorized"));
    }
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return refuse(&Refusal::new(413, "Request Entity Too Large"));
    };
    let shape = methods::parameters(method);
    let content_type = parts.headers.get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let read = form::read(
        shape,
        parts.uri.query().unwrap_or_default(),
        content_type.unwrap_or_default(),
        &body,
    );
    let (parameters, files) = match read {
        Ok(read) => read,
        Err(refusal) => return refuse(&refusal),
    };
    let call = Call {
        method: method.to_owned(),
        parameters,
        files,
        at: std::time::Instant::now(),
    };
    match api.answer(call).await {
        Ok(answer) => respond(&api, answer).await,
        Err(refusal) => refuse(&refusal),
    }
}

impl BotApi {
    /// Records the request and answers it.
    pub(super) async fn answer(&self, call: Call) -> Result<Answer, Refusal> {
        let injected = {
            let mut state = self.lock();
            state.calls.push(call.clone());
            state.faults.iter_mut().find_map(|fault| fault(&call))
        };
        self.0.recorded.notify_all();
        if let Some(answer) = injected {
            return Ok(answer);
        }
        let Some(shape) = methods::parameters(&call.method) else {
            return Err(Refusal::new(404, "Not Found: method not found"));
        };
        shape.check(&call.parameters)?;
        if call.method == "getUpdates" {
            return self.wait_for_updates(&call.parameters).await;
        }
        let fetched = self.fetch(&call).await;
        let done = perform::perform(&mut self.lock(), &call, &fetched);
        let (result, events) = done?;
        self.publish(events);
        if call.method.ends_with("Webhook") {
            self.0.news.notify_waiters();
        }
        Ok(Answer::ok(result))
    }

    /// Gets every address in a request whose content is not known yet, where it may block.
    async fn fetch(&self, call: &Call) -> FetchedFiles {
        let addresses = perform::addresses(&self.lock(), call);
        if addresses.is_empty() {
            return FetchedFiles::new();
        }
        let fetch = Arc::clone(&self.0.fetch);
        let all = move || {
            let one = |address: String| {
                let content = fetch(&address);
                (address, content)
            };
            addresses.into_iter().map(one).collect()
        };
        // A fetch that panics gave nothing.
        tokio::task::spawn_blocking(all).await.unwrap_or_default()
    }

    /// `getUpdates`: waits for the first update, a webhook, or a younger poll.
    async fn wait_for_updates(&self, parameters: &Value) -> Result<Answer, Refusal> {
        let seconds = parameters["timeout"].as_u64().unwrap_or(0);
        let until = Instant::now() + Duration::from_secs(seconds).min(MAX_POLL);
        let limit = parameters["limit"].as_u64().unwrap_or(100);
        let request = updates::PollRequest {
            offset: parameters["offset"].as_i64(),
            limit: usize::try_from(limit).unwrap_or(100),
        };
        let number = {
            let mut state = self.lock();
            if let Some(kinds) = parameters["allowed_updates"].as_array() {
                let kinds = kinds.iter().filter_map(Value::as_str).map(str::to_owned);
                state.updates.allow(kinds.collect());
            }
            state.poll += 1;
            state.poll
        };
        self.0.news.notify_waiters();
        loop {
            let mut news = pin!(self.0.news.notified());
            // From here on nothing is missed, though the state is looked at first.
            news.as_mut().enable();
            {
                let mut state = self.lock();
                if !state.webhook.is_empty() {
                    return Err(Refusal::new(
                        409,
                        "Conflict: can't use getUpdates method while webhook is active; \
                         use deleteWebhook to delete the webhook first",
                    ));
                }
                if state.poll != number {
                    return Err(Refusal::new(
                        409,
                        "Conflict: terminated by other getUpdates request; \
                         make sure that only one bot instance is running",
                    ));
                }
                let batch = state.updates.take(request);
                if !batch.is_empty() || state.closed || Instant::now() >= until {
                    return Ok(Answer::ok(batch.into()));
                }
            }
            let _ = tokio::time::timeout_at(until, news).await;
        }
    }
}

async fn download(State(api): State<BotApi>, request: Request) -> Response {
    let path = request.uri().path();
    let wanted = path
        .strip_prefix("/file/bot")
        .and_then(|rest| rest.strip_prefix(api.0.token.as_str()))
        .and_then(|rest| rest.strip_prefix('/'));
    let state = api.lock();
    match wanted.map(|path| state.files.at(path)) {
        None => refuse(&Refusal::new(401, "Unauthorized")),
        Some(None) => refuse(&Refusal::new(404, "Not Found")),
        Some(Some(file)) => {
            let bytes = file.bytes.to_vec();
            ([(CONTENT_TYPE, file.media_type)], bytes).into_response()
        }
    }
}

fn refuse(refusal: &Refusal) -> Response {
    let mut response = match Answer::from(refusal) {
        Answer::Json(status, body) => whole(status, "application/json", body.to_string().into()),
        // `From<&Refusal>` makes JSON only.
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let refused = RefusalWords(refusal.words.clone());
    response.extensions_mut().insert(refused);
    response
}

async fn respond(api: &BotApi, answer: Answer) -> Response {
    match answer {
        Answer::Json(status, body) => whole(status, "application/json", body.to_string().into()),
        Answer::Raw {
            status,
            content_type,
            body,
        } => whole(status, &content_type, body.into()),
        Answer::Stall => {
            api.closed().await;
            unanswered()
        }
        Answer::Cut(bytes) => broken(bytes.into()),
        Answer::Close => unanswered(),
    }
}

fn whole(status: u16, content_type: &str, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Ok(kind) = HeaderValue::from_str(content_type) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

/// A connection that is closed without an answer: the body fails before anything was written.
pub(in crate::playground) fn unanswered() -> Response {
    Response::new(Body::new(BrokenBody {
        bytes: None,
        waited: true,
    }))
}

/// A 200 that announces more than `bytes`; then the connection is closed.
pub(in crate::playground) fn broken(bytes: Bytes) -> Response {
    let length = bytes.len() + 100;
    let mut response = Response::new(Body::new(BrokenBody {
        bytes: Some(bytes),
        waited: false,
    }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, length.into());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A body that ends in an error, which closes the connection.
struct BrokenBody {
    bytes: Option<Bytes>,
    /// Whether there was time to write `bytes`.
    waited: bool,
}

impl HttpBody for BrokenBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(bytes) = self.bytes.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        if !self.waited {
            self.waited = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let meant = std::io::Error::other("the connection is to be closed");
        Poll::Ready(Some(Err(meant)))
    }
}
