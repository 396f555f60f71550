//! The switches that make Telegram and the endpoint fail.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::sync::watch;

use super::bot_api::{Answer, BotApi, Call, unanswered};
use super::traffic::Traffic;
use crate::locked::locked;
use crate::search::{Failure, Reason};

/// How long the Space sleeps.
const NAP: Duration = Duration::from_secs(10);
/// The `retry_after` of the 429 answers.
const RETRY: Duration = Duration::from_secs(2);

/// One switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Methods that write to a chat are answered with 429.
    Telegram429,
    /// Every method is answered with an HTML page and 502.
    Telegram502,
    /// The endpoint closes connections without an answer.
    EndpointDown,
    /// The endpoint says that the Space sleeps; ends by itself after 10 s.
    SpaceAsleep,
}

impl Fault {
    /// Every switch.
    pub const ALL: [Self; 4] = [
        Self::Telegram429,
        Self::Telegram502,
        Self::EndpointDown,
        Self::SpaceAsleep,
    ];

    /// Its name on the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Telegram429 => "telegram_429",
            Self::Telegram502 => "telegram_502",
            Self::EndpointDown => "endpoint_down",
            Self::SpaceAsleep => "space_asleep",
        }
    }

    /// The switch of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }
}

/// The switches. Clones are the same ones; all are off at first.
#[derive(Debug, Clone)]
pub struct Faults(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Until when each is on, in the order of [`Fault::ALL`].
    until: Mutex<[Option<Instant>; 4]>,
    changed: watch::Sender<()>,
}

impl Default for Faults {
    fn default() -> Self {
        Self(Arc::new(Inner {
            until: Mutex::default(),
            changed: watch::Sender::new(()),
        }))
    }
}

impl Faults {
    /// Turns a switch.
    pub fn set(&self, fault: Fault, on: bool) {
        let life = match fault {
            Fault::SpaceAsleep => NAP,
            // As good as for ever.
            _ => Duration::from_hours(24 * 365),
        };
        self.lock()[fault as usize] = on.then(|| Instant::now() + life);
        self.0.changed.send_replace(());
        if fault == Fault::SpaceAsleep
            && on
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let faults = self.clone();
            runtime.spawn(async move {
                tokio::time::sleep(NAP).await;
                // `is_on` compares with the clock; this only notifies the page.
                faults.0.changed.send_replace(());
            });
        }
    }

    /// Whether a switch is on.
    #[must_use]
    pub fn is_on(&self, fault: Fault) -> bool {
        self.lock()[fault as usize].is_some_and(|until| until > Instant::now())
    }

    /// All switches as JSON, for the page.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let all = Fault::ALL.map(|fault| (fault.name().to_owned(), self.is_on(fault).into()));
        Value::Object(all.into_iter().collect())
    }

    /// A receiver that is notified whenever a switch may have changed.
    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// Lets the switches work on the Bot API server.
    pub fn plug_into(&self, api: &BotApi) {
        let faults = self.clone();
        api.inject(move |call| faults.answer(call));
    }

    fn answer(&self, call: &Call) -> Option<Answer> {
        if self.is_on(Fault::Telegram502) {
            let page = b"<html><h1>502 Bad Gateway</h1></html>";
            return Some(Answer::Raw {
                status: 502,
                content_type: "text/html".to_owned(),
                body: page.to_vec(),
            });
        }
        let limited = self.is_on(Fault::Telegram429) && call.parameters.get("chat_id").is_some();
        limited.then(|| Answer::flood(RETRY.as_secs()))
    }

    /// The endpoint's routes, with the switches in front of `/search` and with every request to
    /// it in `traffic`.
    pub fn search_layer(&self, router: Router, traffic: &Traffic) -> Router {
        let (faults, traffic) = (self.clone(), traffic.clone());
        router.layer(axum::middleware::from_fn(
            move |request: Request, next: Next| {
                let (faults, traffic) = (faults.clone(), traffic.clone());
                async move { faults.around_search(&traffic, request, next).await }
            },
        ))
    }

    async fn around_search(&self, traffic: &Traffic, request: Request, next: Next) -> Response {
        if request.uri().path() != "/search" {
            return next.run(request).await;
        }
        let start = Instant::now();
        let target = request
            .uri()
            .path_and_query()
            .map_or("/search", |all| all.as_str());
        let what = format!("{} {target}", request.method());
        let (status, response) = if self.is_on(Fault::EndpointDown) {
            (0, unanswered())
        } else if self.is_on(Fault::SpaceAsleep) {
            let response = asleep();
            (response.status().as_u16(), response)
        } else {
            let response = next.run(request).await;
            (response.status().as_u16(), response)
        };
        traffic.record("search", &what, status, start.elapsed(), None);
        response
    }

    fn lock(&self) -> MutexGuard<'_, [Option<Instant>; 4]> {
        locked(&self.0.until)
    }
}

/// What the endpoint says while its Space sleeps.
fn asleep() -> Response {
    let failure = Failure::new(
        Reason::SpaceAsleep,
        "the Space is asleep and is being woken",
    );
    let failure = failure.retry_after(RETRY);
    let status = StatusCode::from_u16(failure.reason.status());
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (RETRY_AFTER, RETRY.as_secs().to_string()),
    ];
    let body = failure.to_json().to_string();
    (
        status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        headers,
        body,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn switches_turn_on_and_off() {
        let faults = Faults::default();
        assert!(Fault::ALL.into_iter().all(|fault| !faults.is_on(fault)));
        for fault in Fault::ALL {
            assert_eq!(Fault::named(fault.name()), Some(fault));
            faults.set(fault, true);
            assert!(faults.is_on(fault) && faults.to_json()[fault.name()] == true);
            faults.set(fault, false);
            assert!(!faults.is_on(fault));
        }
        assert_eq!(Fault::named("rain"), None);
    }

    #[test]
    fn a_flood_is_for_what_goes_to_chats() {
        let faults = Faults::default();
        let call = |method: &str, parameters| Call {
            method: method.to_owned(),
            parameters,
            files: Vec::new(),
            at: Instant::now(),
        };
        let (send, poll) = (
            call("sendMessage", json!({"chat_id": 1})),
            call("getUpdates", json!({})),
        );
        assert_eq!(faults.answer(&send), None);
        faults.set(Fault::Telegram429, true);
        assert_eq!(
            (faults.answer(&send), faults.answer(&poll)),
            (Some(Answer::flood(2)), None)
        );
        faults.set(Fault::Telegram502, true);
        assert!(matches!(
            faults.answer(&poll),
            Some(Answer::Raw { status: 502, .. })
        ));
    }
}
