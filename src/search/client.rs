//! The bot's side of the search contract: one GET, every answer understood.
//!
//! Besides our own endpoint this understands the reference's (a bare array) and what API Gateway
//! says by itself: `{"message": "Service Unavailable"}`, 403 Forbidden, 429 Too Many Requests.

use std::time::{Duration, Instant};

use super::{Failure, Page, Query, Reason, Subject};
use crate::config::BotConfig;
use crate::error::{Error, Kind};
use crate::http;
use crate::secret::Secret;

const ANSWER_LIMIT: u64 = 2 << 20;

/// Asks a search endpoint. Clones share connections.
#[derive(Debug, Clone)]
pub struct SearchClient {
    url: String,
    token: Option<Secret>,
    timeout: Duration,
    http: http::Client,
}

impl SearchClient {
    /// Asks the endpoint that `config` names, keeping up to `connections` connections.
    #[must_use]
    pub fn new(config: &BotConfig, connections: usize) -> Self {
        Self {
            url: config.search_url.clone(),
            token: config.search_token.clone(),
            timeout: config.search_timeout,
            http: http::Client::new(connections),
        }
    }

    /// Address of the endpoint, for messages.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Longest time an answer is waited for.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Asks for `query`. One request, within `CLIP_BOT_SEARCH_TIMEOUT`.
    ///
    /// # Errors
    /// The endpoint's own [`Failure`]; [`Reason::Unreachable`], [`Reason::Timeout`] or
    /// [`Reason::Garbled`] where there is none.
    pub fn search(&self, query: &Query) -> Result<Page, Failure> {
        let mut request = match &query.subject {
            Subject::Text(text) => http::Request::get(&self.url).query("query", text),
            Subject::Picture { media_type, bytes } => {
                http::Request::post(&self.url, media_type, bytes.clone())
            }
        };
        request = request
            .query("details", "true")
            .query("limit", &query.limit.to_string());
        if query.offset > 0 {
            request = request.query("offset", &query.offset.to_string());
        }
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {}", token.expose()));
        }
        let start = Instant::now();
        let answer = self
            .http
            .send(&request.timeout(self.timeout).limit(ANSWER_LIMIT));
        let mut page = answer
            .map_err(|error| no_answer(&error, start.elapsed() < self.timeout))
            .and_then(|answer| page_of(&answer))?;
        // An endpoint that does not know `limit` sends as many as it likes.
        page.hits.truncate(query.limit);
        Ok(page)
    }
}

/// `in_time`: the time for the answer was not over yet.
fn no_answer(error: &Error, in_time: bool) -> Failure {
    let reason = match error.kind() {
        Kind::Lost if !in_time => Reason::Timeout,
        Kind::TooLarge | Kind::Lost => Reason::Garbled,
        _ => Reason::Unreachable,
    };
    Failure::new(reason, error.chain())
}

fn page_of(answer: &http::Response) -> Result<Page, Failure> {
    let status = answer.head.status;
    let retry_after = answer.head.retry_after();
    let json = answer.json();
    if status == 200 {
        let page = json.as_ref().ok().and_then(Page::from_json);
        return page.ok_or_else(|| {
            Failure::new(
                Reason::Garbled,
                "the endpoint's answer is not a list of pictures",
            )
        });
    }
    if let Ok(body) = &json
        && let Some(failure) = Failure::from_json(body, retry_after)
    {
        return Err(failure);
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
    Err(Failure {
        retry_after,
        ..Failure::new(reason, message)
    })
}
