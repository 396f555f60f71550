//! The stream that Gradio 4.12 and later answer a queued call with.
//!
//! Lines `data: {"msg": …}`, in this order: `estimation` (again and again while the call waits),
//! `process_starts`, for generators `process_generating` with differences that are of no use here,
//! `process_completed` with the whole result; in between `heartbeat` every 15 s for ever, `log` and
//! `progress`. Reading ends at the result: what follows may never come.

use std::io::BufRead;
use std::time::Instant;

use serde_json::Value;

use super::refusal::{self, Cure, Trouble};
use super::{text, time_left};
use crate::error::{Error, Kind};
use crate::http;
use crate::search::{Failure, Reason};

/// Reads the result from the stream of `host`: the function's outputs.
///
/// # Errors
/// [`Reason::SpaceBusy`] when the queue is too long for the time left, [`Reason::Timeout`] when the
/// function is, [`Reason::SpaceError`] and [`Reason::Quota`] in the function's own words,
/// [`Reason::SpaceAsleep`] when the server stops, [`Reason::SpaceMismatch`] for anything else.
pub(super) fn result(
    mut stream: impl BufRead,
    host: &str,
    deadline: Instant,
) -> Result<Vec<Value>, Trouble> {
    let mut progress = Progress::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        match stream.read_until(b'\n', &mut line) {
            Ok(_) if line.ends_with(b"\n") => {}
            Ok(_) => {
                let cut = Error::new(Kind::Lost, "the stream ended without a result");
                return Err(progress.interrupted(&cut, host, deadline));
            }
            Err(error) => {
                return Err(progress.interrupted(&http::read_error(error), host, deadline));
            }
        }
        let Some(data) = line.strip_prefix(b"data:") else {
            continue;
        };
        let event: Value = serde_json::from_slice(data).map_err(|_| {
            refusal::mismatch(format!("{host} sends a stream that is not Gradio's"))
        })?;
        if let Some(outputs) = progress.take(&event, deadline)? {
            return Ok(outputs);
        }
    }
}

/// What was heard so far.
#[derive(Debug, Default)]
struct Progress {
    anything: bool,
    started: bool,
    eta: Option<f64>,
}

impl Progress {
    fn take(&mut self, event: &Value, deadline: Instant) -> Result<Option<Vec<Value>>, Failure> {
        self.anything = true;
        let output = &event["output"];
        match text(event, "msg") {
            Some("estimation") => {
                self.eta = event["rank_eta"].as_f64();
                if let Some(eta) = self.eta
                    && eta > time_left(deadline)?.as_secs_f64()
                {
                    let message =
                        format!("the Space needs about {eta:.0} s for the queries before this one");
                    return Err(refusal::busy(message, self.eta));
                }
                Ok(None)
            }
            Some("process_starts") => {
                self.started = true;
                Ok(None)
            }
            Some("process_completed") if event["success"] == true => {
                match output["data"].as_array() {
                    Some(outputs) => Ok(Some(outputs.clone())),
                    None => Err(refusal::mismatch("the Space's result holds no data")),
                }
            }
            Some("process_completed") => {
                let title = text(event, "title").or_else(|| text(output, "title"));
                Err(refusal::raised(&output["error"], title))
            }
            Some("unexpected_error") => Err(refusal::raised(&event["message"], None)),
            Some("queue_full") => Err(refusal::busy("the Space's queue is full", None)),
            Some("server_stopped") => Err(refusal::asleep("the Space is being restarted")),
            Some("close_stream") => {
                let message = "the Space closed the stream without a result";
                Err(Failure::new(Reason::SpaceError, message))
            }
            _ => Ok(None),
        }
    }

    /// What a broken stream means, by what was heard before.
    fn interrupted(&self, error: &Error, host: &str, deadline: Instant) -> Trouble {
        let trouble = refusal::broken(error, host, Instant::now() >= deadline);
        let in_queue = self.anything && !self.started;
        match trouble.failure.reason {
            Reason::Timeout if in_queue => {
                refusal::busy("the query was still waiting in the Space's queue", self.eta).into()
            }
            _ if self.anything && trouble.cure == Cure::Resend => trouble.failure.into(),
            _ => trouble,
        }
    }
}
