//! What the hub knows about a Space: its host and its stage.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::refusal::{self, SPACE_DOMAIN, host_of};
use super::{text, time_left};
use crate::config;
use crate::error::Error;
use crate::http::{Client, Request, Response};
use crate::search::{Failure, Reason};
use crate::secret::Secret;

/// Timeout for asking about a stage, since the answer is not worth a longer wait.
const STAGE_TIMEOUT: Duration = Duration::from_secs(2);
/// Largest answer of the hub, in bytes.
const MAX_ANSWER_BYTES: u64 = 1 << 20;

/// The hub, with the token for its private Spaces.
#[derive(Debug)]
pub(super) struct Hub {
    client: Client,
    address: String,
    token: Option<Secret>,
}

impl Hub {
    pub fn new(client: Client, address: &str, token: Option<Secret>) -> Self {
        Self {
            client,
            address: address.to_owned(),
            token,
        }
    }

    /// The address of the Space `id` (`user/name`), without a slash at the end.
    ///
    /// # Errors
    /// [`Reason::SpaceAuth`], [`Reason::SpaceMismatch`], [`Reason::SpaceRateLimited`];
    /// [`Reason::SpaceDown`] when the hub cannot tell; [`Reason::Timeout`].
    pub fn host(&self, id: &str, deadline: Instant) -> Result<String, Failure> {
        let started = Instant::now();
        let hub = host_of(&self.address).unwrap_or("the hub");
        let overdue = || Instant::now() >= deadline;
        let response = self
            .ask(&format!("/api/spaces/{id}/host"), time_left(deadline)?)
            .map_err(|error| refusal::broken(&error, hub, overdue()).failure)?;
        log("host", response.head.status, started);
        let found: Option<Value> = (response.head.status == 200)
            .then(|| response.json().ok())
            .flatten();
        let host = found.as_ref().and_then(|found| text(found, "host"));
        if let Some(host) = host.filter(|host| host_of(host).is_some()) {
            return Ok(host.trim_end_matches('/').to_owned());
        }
        let status = response.head.status;
        let failure = refusal::refused(&response, hub, self.token.is_some()).failure;
        Err(match (status, failure.reason) {
            (404, Reason::SpaceMismatch) => refusal::mismatch(format!("{hub} knows no Space {id}")),
            (300..=499, _) => failure,
            _ => {
                let message = format!("{hub} does not tell where {id} is (status {status})");
                Failure::new(Reason::SpaceDown, message)
            }
        })
    }

    /// The stage of the Space `id`; none where the hub does not answer within two seconds.
    pub fn stage_by_id(&self, id: &str, deadline: Instant) -> Option<String> {
        self.stage(&format!("/api/spaces/{id}/runtime"), deadline)
    }

    /// The stage of the Space with this host; none for hosts that are not the hub's.
    pub fn stage_by_host(&self, host: &str, deadline: Instant) -> Option<String> {
        let subdomain = host.strip_suffix(SPACE_DOMAIN)?;
        self.stage(&format!("/api/spaces/by-subdomain/{subdomain}"), deadline)
    }

    fn stage(&self, path: &str, deadline: Instant) -> Option<String> {
        let started = Instant::now();
        let timeout = time_left(deadline).ok()?.min(STAGE_TIMEOUT);
        let response = self.ask(path, timeout).ok()?;
        log("stage", response.head.status, started);
        let body = response.json().ok()?;
        let stage = text(&body, "stage").or_else(|| text(&body["runtime"], "stage"))?;
        let plain = stage.len() <= 40 && stage.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        plain.then(|| stage.to_owned())
    }

    /// The hub's answer; after a redirect on itself, as for a Space that has a new name, that of the
    /// new place.
    fn ask(&self, path: &str, timeout: Duration) -> Result<Response, Error> {
        let response = self.client.send(&self.get(path).timeout(timeout))?;
        let is_moved = (300..=399).contains(&response.head.status);
        let place = response.head.header("location").filter(|_| is_moved);
        let place = place.map(|place| place.strip_prefix(&self.address).unwrap_or(place));
        match place.filter(|place| place.starts_with('/') && !place.starts_with("//")) {
            Some(place) => {
                let is_name = |part: &str| part != "host" && part != "runtime";
                let name = place.trim_start_matches("/api/spaces/").split('/');
                let name: Vec<&str> = name.filter(|part| is_name(part)).collect();
                let name = config::printable(&name.join("/"));
                tracing::warn!("the Space is called {name} now: set CLIP_SEARCH_SPACE to that");
                self.client.send(&self.get(place).timeout(timeout))
            }
            None => Ok(response),
        }
    }

    fn get(&self, path: &str) -> Request {
        let request = Request::get(format!("{}{path}", self.address)).limit(MAX_ANSWER_BYTES);
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {}", token.expose())),
            None => request,
        }
    }
}

/// The failure for a Space that was suspected to be asleep, now that the hub has named its stage.
/// An unknown stage counts as one that ends by itself.
pub(super) fn judge(suspicion: Failure, stage: Option<String>) -> Failure {
    let Some(stage) = stage else { return suspicion };
    let down = |message: &str| Failure::new(Reason::SpaceDown, message);
    let failure = match stage.as_str() {
        "PAUSED" => down("the Space is paused; its owner alone can restart it"),
        "DELETING" => down("the Space is being deleted"),
        "NO_APP_FILE" => down("the Space has no app; its owner has to add one"),
        "CONFIG_ERROR" => down("the Space's settings are wrong; its owner has to mend them"),
        "BUILD_ERROR" => down("the Space cannot be built; its owner has to mend it"),
        "RUNTIME_ERROR" => down("the Space's app fails when it starts; its owner has to mend it"),
        "RUNNING" | "RUNNING_BUILDING" if suspicion.reason == Reason::SpaceAsleep => suspicion,
        "RUNNING" | "RUNNING_BUILDING" => refusal::mismatch("the Space runs, but is no Gradio app"),
        _ => refusal::asleep("the Space is asleep or starting"),
    };
    Failure {
        stage: Some(stage),
        ..failure
    }
}

fn log(what: &str, status: u16, started: Instant) {
    let millis = started.elapsed().as_millis();
    tracing::debug!(
        status,
        millis,
        "hub, {what}: status {status} in {millis} ms"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_tells_asleep_from_dead() {
        let table = [
            ("SLEEPING", Reason::SpaceAsleep),
            ("STOPPED", Reason::SpaceAsleep),
            ("BUILDING", Reason::SpaceAsleep),
            ("APP_STARTING", Reason::SpaceAsleep),
            ("OF_THE_FUTURE", Reason::SpaceAsleep),
            ("RUNNING", Reason::SpaceAsleep),
            ("PAUSED", Reason::SpaceDown),
            ("BUILD_ERROR", Reason::SpaceDown),
            ("RUNTIME_ERROR", Reason::SpaceDown),
            ("CONFIG_ERROR", Reason::SpaceDown),
            ("NO_APP_FILE", Reason::SpaceDown),
            ("DELETING", Reason::SpaceDown),
        ];
        for (stage, reason) in table {
            let failure = judge(refusal::asleep("status 503"), Some(stage.to_owned()));
            assert_eq!(
                (failure.reason, failure.stage.as_deref()),
                (reason, Some(stage))
            );
            assert_eq!(
                failure.retry_after.is_some(),
                reason == Reason::SpaceAsleep,
                "{stage}"
            );
        }
    }

    #[test]
    fn a_space_that_runs_without_gradio_is_no_sleeper() {
        let not_found = Failure::new(Reason::SpaceAuth, "status 404");
        assert_eq!(
            judge(not_found.clone(), Some("RUNNING".into())).reason,
            Reason::SpaceMismatch
        );
        assert_eq!(
            judge(not_found.clone(), Some("SLEEPING".into())).reason,
            Reason::SpaceAsleep
        );
        assert_eq!(judge(not_found.clone(), None), not_found);
    }
    #[test]
    fn a_host_of_the_hub_is_asked_for_by_its_subdomain() {
        use std::io::{BufRead, BufReader, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let hub = Hub::new(Client::new(1), &address, None);
        let deadline = Instant::now() + Duration::from_secs(30);
        assert_eq!(hub.stage_by_host("u-s.hf.space.example", deadline), None);
        let answering = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("one question");
            let mut line = String::new();
            BufReader::new(&stream)
                .read_line(&mut line)
                .expect("a request");
            let body = r#"{"id":"u/s","runtime":{"stage":"PAUSED"}}"#;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            stream
                .write_all((head + body).as_bytes())
                .expect("the answer is taken");
            line
        });
        let stage = hub.stage_by_host("u-s.hf.space", deadline);
        assert_eq!(stage.as_deref(), Some("PAUSED"));
        let line = answering.join().expect("the answer was given");
        assert_eq!(line.trim_end(), "GET /api/spaces/by-subdomain/u-s HTTP/1.1");
    }
}
