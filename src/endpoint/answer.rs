//! Builds responses (JSON, pictures, failures), and logs a line for each of them.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::quantity::counted;
use crate::search::{Failure, Page, Reason};

/// A search's [`Failure`] as an HTTP response.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FailureResponse {
    failure: Failure,
    /// The caller sent no token: 401 with a challenge instead of 403.
    unauthenticated: bool,
    /// The body was not read, so the connection cannot carry another request.
    close: bool,
}

impl FailureResponse {
    /// The caller has to send a bearer token.
    pub fn unauthenticated() -> Self {
        let message = "a token is needed; send it as Authorization: Bearer";
        Self {
            unauthenticated: true,
            ..Failure::new(Reason::Forbidden, message).into()
        }
    }

    /// Closes the connection after this response.
    pub fn closing(mut self) -> Self {
        self.close = true;
        self
    }
}

impl From<Failure> for FailureResponse {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            unauthenticated: false,
            close: false,
        }
    }
}

impl IntoResponse for FailureResponse {
    fn into_response(self) -> Response {
        // `Reason::status` names only statuses that exist; a test holds it.
        let status = StatusCode::from_u16(self.failure.reason.status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = json(status, &self.failure.to_json());
        let headers = response.headers_mut();
        if let Some(seconds) = self.failure.retry_after_seconds() {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if self.unauthenticated {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            *response.status_mut() = StatusCode::UNAUTHORIZED;
        }
        response
            .extensions_mut()
            .insert(AnswerSummary::Failed(self.failure));
        response
    }
}

/// What a response tells, left in its extensions for the log.
#[derive(Debug, Clone)]
pub(super) enum AnswerSummary {
    /// A search found this many pictures.
    Found(usize),
    /// The request failed.
    Failed(Failure),
}

/// Writes the log line of one request; `about` is its route, `engine` the engine's name, `elapsed`
/// the time to its answer.
pub(super) fn log(about: &str, engine: &str, response: &Response, elapsed: Duration) {
    let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let clip_status = response.status().as_u16();
    match response.extensions().get() {
        Some(AnswerSummary::Found(hits)) => {
            tracing::info!(
                clip_engine = engine,
                clip_results = hits,
                clip_status,
                clip_millis = millis,
                "{about}: {} in {millis} ms",
                counted(*hits, "hit", "hits")
            );
        }
        Some(AnswerSummary::Failed(failure)) => {
            let clip_failure = failure.reason.code();
            if response.status().is_server_error() {
                tracing::warn!(
                    clip_engine = engine,
                    clip_failure,
                    clip_status,
                    clip_millis = millis,
                    "{about}: {failure} ({millis} ms)"
                );
            } else {
                tracing::info!(
                    clip_engine = engine,
                    clip_failure,
                    clip_status,
                    clip_millis = millis,
                    "{about}: {failure} ({millis} ms)"
                );
            }
        }
        None => tracing::debug!(clip_millis = millis, "{about}: answered in {millis} ms"),
    }
}

/// A JSON answer.
pub(super) fn json(status: StatusCode, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// The answer to a search, in the long form if `details`; paths become addresses below `base`.
pub(super) fn page(mut page: Page, query: Option<&str>, details: bool, base: &str) -> Response {
    let absolute = |url: &mut String| {
        if url.starts_with('/') {
            url.insert_str(0, base);
        }
    };
    for hit in &mut page.hits {
        absolute(&mut hit.url);
        hit.thumbnail_url.as_mut().map(absolute);
    }
    let value = if details {
        page.to_details(query)
    } else {
        page.to_urls()
    };
    let mut response = json(StatusCode::OK, &value);
    let summary = AnswerSummary::Found(page.hits.len());
    response.extensions_mut().insert(summary);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_status_that_exists() {
        for reason in Reason::ALL {
            let failure = Failure::new(reason, "m").retry_after(Duration::from_secs(7));
            let response = FailureResponse::from(failure).into_response();
            assert_eq!(response.status().as_u16(), reason.status());
            assert_eq!(response.headers()[RETRY_AFTER], "7");
        }
    }
}
