//! The event stream with which Gradio 4.12 and later answer a queued call.
//!
//! Lines `data: {"msg": …}`, in this order: `estimation` (again and again while the call waits),
//! `process_starts`, for generators `process_generating` with differences that are of no use here,
//! `process_completed` with the whole result; in between `heartbeat` every 15 s for ever, `log` and
//! `progress`. Reading ends at the result: what follows may never come.

use std::io::BufRead;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::refusal::{self, Cure, SpaceFailure};
use super::text;
use crate::error::{Error, Kind};
use crate::http;
use crate::search::{Failure, Reason};

/// How many times as long as given a function may take that keeps telling of its progress.
pub const PATIENCE: u32 = 4;

/// How long the end of a stream is waited for that has given its result.
const CLOSING: Duration = Duration::from_secs(2);
/// What stands in the last event of a stream.
const CLOSED: &[u8] = b"close_stream";

/// Reads the result from the stream of `host`: the function's outputs. While the function tells of
/// its progress, the time from now to `deadline` starts again, [`PATIENCE`] times at most.
///
/// # Errors
/// [`Reason::SpaceBusy`] when the queue is too long for the time left, [`Reason::Timeout`] when the
/// function is, [`Reason::SpaceError`] and [`Reason::Quota`] in the function's own words,
/// [`Reason::SpaceAsleep`] when the server stops, [`Reason::SpaceMismatch`] for anything else.
pub fn result(
    stream: impl BufRead + Send + 'static,
    host: &str,
    deadline: Instant,
) -> Result<Vec<Value>, SpaceFailure> {
    let lines = lines(stream)?;
    result_in(&lines, host, deadline)
}

/// The same, and waits for the server to close the stream: it would take the next call of the same
/// session for one of this stream, and drop that when this one ends.
///
/// # Errors
/// As [`result`].
pub fn result_and_end(
    stream: impl BufRead + Send + 'static,
    host: &str,
    deadline: Instant,
) -> Result<Vec<Value>, SpaceFailure> {
    let lines = lines(stream)?;
    let outputs = result_in(&lines, host, deadline)?;
    let until = Instant::now() + CLOSING;
    while let Ok(Ok(line)) = lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
        if line.windows(CLOSED.len()).any(|part| part == CLOSED) {
            break;
        }
    }
    Ok(outputs)
}

fn result_in(
    lines: &Receiver<Result<Vec<u8>, Error>>,
    host: &str,
    deadline: Instant,
) -> Result<Vec<Value>, SpaceFailure> {
    let given = deadline.saturating_duration_since(Instant::now());
    let (mut until, last) = (deadline, Instant::now() + given * PATIENCE);
    let mut progress = StreamProgress::default();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let line = match lines.recv_timeout(left) {
            Ok(Ok(line)) => line,
            Ok(Err(error)) => return Err(progress.interrupted(&error, host, until)),
            Err(RecvTimeoutError::Disconnected) => {
                let cut = Error::new(Kind::Lost, "the stream ended without a result");
                return Err(progress.interrupted(&cut, host, until));
            }
            Err(RecvTimeoutError::Timeout) => {
                let late = Error::new(Kind::Lost, "the stream told nothing for too long");
                return Err(progress.interrupted(&late, host, Instant::now()));
            }
        };
        let Some(data) = line.strip_prefix(b"data:") else {
            continue;
        };
        let event: Value = serde_json::from_slice(data).map_err(|_| {
            refusal::mismatch(format!("{host} sends a stream that is not Gradio's"))
        })?;
        if let Some("progress" | "process_generating" | "process_streaming") = text(&event, "msg") {
            until = (Instant::now() + given).min(last);
        }
        if let Some(outputs) = progress.take(&event, until)? {
            return Ok(outputs);
        }
    }
}

/// The complete lines of `stream`, read by a thread that ends with the stream, or at the first line
/// after nobody listens: a heartbeat comes every 15 s.
fn lines(
    mut stream: impl BufRead + Send + 'static,
) -> Result<Receiver<Result<Vec<u8>, Error>>, Failure> {
    let (sender, receiver) = mpsc::sync_channel(1);
    let read = move || {
        loop {
            let mut line = Vec::new();
            let read = stream.read_until(b'\n', &mut line);
            let read = match read {
                Ok(_) if line.ends_with(b"\n") => Ok(line),
                Ok(_) => return,
                Err(error) => Err(http::read_error(error)),
            };
            let is_last = read.is_err();
            if sender.send(read).is_err() || is_last {
                return;
            }
        }
    };
    let started = std::thread::Builder::new()
        .name("space-stream".to_owned())
        .spawn(read);
    started.map_err(|cause| {
        Failure::new(
            Reason::Internal,
            format!("failed to start a thread: {cause}"),
        )
    })?;
    Ok(receiver)
}

/// What the stream has told so far.
#[derive(Debug, Default)]
struct StreamProgress {
    /// An event came.
    any_event: bool,
    /// The function was started.
    started: bool,
    /// Seconds until the result, as the Space estimates.
    eta: Option<f64>,
}

impl StreamProgress {
    /// Takes in one event; returns the outputs once they are there.
    fn take(&mut self, event: &Value, deadline: Instant) -> Result<Option<Vec<Value>>, Failure> {
        self.any_event = true;
        let output = &event["output"];
        match text(event, "msg") {
            Some("estimation") => {
                self.eta = event["rank_eta"].as_f64();
                let left = deadline.saturating_duration_since(Instant::now());
                // The estimate is the mean of past runs. Whoever is first in the queue waits none the
                // less: after one slow run nobody would ever correct it.
                let others = event["rank"].as_u64().unwrap_or(0) > 0;
                if let Some(eta) = self.eta
                    && others
                    && eta > left.as_secs_f64()
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

    /// What a broken stream means, given the events before it.
    fn interrupted(&self, error: &Error, host: &str, deadline: Instant) -> SpaceFailure {
        let failed = refusal::broken(error, host, Instant::now() >= deadline);
        let in_queue = self.any_event && !self.started;
        match failed.failure.reason {
            Reason::Timeout if in_queue => {
                refusal::busy("the query was still waiting in the Space's queue", self.eta).into()
            }
            _ if self.any_event && failed.cure == Cure::Resend => failed.failure.into(),
            _ => failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn after(events: &[Value]) -> Result<Vec<Value>, SpaceFailure> {
        let stream: String = events
            .iter()
            .map(|event| format!("data: {event}\n\n"))
            .collect();
        result(
            std::io::Cursor::new(stream),
            "h",
            Instant::now() + Duration::from_secs(10),
        )
    }

    fn failure_after(events: &[Value]) -> Failure {
        after(events).expect_err("no result").failure
    }

    fn completed() -> Value {
        json!({ "msg": "process_completed", "success": true, "output": { "data": [1] } })
    }

    /// Gives its lines, and tells when it is dropped.
    struct Watched(std::io::Cursor<&'static str>, mpsc::Sender<u64>);

    impl std::io::Read for Watched {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl BufRead for Watched {
        fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
            self.0.fill_buf()
        }

        fn consume(&mut self, amount: usize) {
            self.0.consume(amount);
            let _ = self.1.send(self.0.position());
        }
    }

    /// The bug: the next call of the session was taken for one of the stream that was being closed.
    #[test]
    fn where_a_call_follows_the_stream_is_read_to_its_end() {
        let text = "data: {\"msg\":\"process_completed\",\"success\":true,\"output\":{\"data\":[7]}}\n\n\
                    data: {\"msg\":\"close_stream\"}\n\n";
        let (sender, positions) = mpsc::channel();
        let stream = Watched(std::io::Cursor::new(text), sender);
        let deadline = Instant::now() + Duration::from_secs(5);
        let outputs = result_and_end(stream, "h", deadline).expect("a result");
        assert_eq!(outputs, [7]);
        let read = positions.try_iter().max().unwrap_or_default();
        let closed = text.find("close_stream").expect("there");
        assert!(read > closed as u64, "{read}");
    }

    #[test]
    fn reading_ends_at_the_result() {
        let noise = [
            json!({ "msg": "heartbeat" }),
            json!({ "msg": "of the future", "success": false }),
            json!({ "msg": "process_starts", "eta": 99 }),
            json!({ "msg": "process_generating", "success": true, "output": { "data": [[["replace", [], 2]]] } }),
            completed(),
            json!({ "msg": "process_completed", "success": false }),
        ];
        assert_eq!(after(&noise).expect("a result"), [1]);
    }

    #[test]
    fn a_queue_that_is_too_long_is_left_at_once() {
        let waiting =
            |rank: u64, eta: f64| json!({ "msg": "estimation", "rank": rank, "rank_eta": eta });
        let failure = failure_after(&[waiting(2, 29.3), completed()]);
        assert_eq!(
            (failure.reason, failure.retry_after),
            (Reason::SpaceBusy, Some(Duration::from_secs(30)))
        );
        let failure = failure_after(&[waiting(2, 9.0), waiting(1, 1e300)]);
        assert_eq!(
            failure.retry_after,
            Some(Duration::from_secs(5)),
            "{failure}"
        );
        for fitting in [
            waiting(1, 3.0),
            waiting(0, 29.3),
            json!({ "msg": "estimation", "rank_eta": null }),
        ] {
            assert!(after(&[fitting.clone(), completed()]).is_ok(), "{fitting}");
        }
    }

    #[test]
    fn failures_come_in_the_functions_words() {
        let failed = |output: Value, title: Value| json!({ "msg": "process_completed", "success": false, "output": output, "title": title });
        let quota = "You have exceeded your ZeroGPU quota (60s requested vs. 0s left). Try again in 1:02:03";
        let table = [
            (
                failed(json!({ "error": "'no <b>index</b>'" }), Value::Null),
                Reason::SpaceError,
                "says: no index",
            ),
            (
                failed(json!({ "error": null }), Value::Null),
                Reason::SpaceError,
                "without saying why",
            ),
            (
                failed(json!({ "error": quota }), Value::Null),
                Reason::Quota,
                "quota",
            ),
            (
                failed(json!({ "error": "x" }), "ZeroGPU quota exceeded".into()),
                Reason::Quota,
                "quota",
            ),
            (
                json!({ "msg": "unexpected_error", "message": "gone" }),
                Reason::SpaceError,
                "says: gone",
            ),
            (
                json!({ "msg": "server_stopped" }),
                Reason::SpaceAsleep,
                "restarted",
            ),
            (json!({ "msg": "queue_full" }), Reason::SpaceBusy, "full"),
            (
                json!({ "msg": "close_stream" }),
                Reason::SpaceError,
                "without a result",
            ),
            (
                json!({ "msg": "process_completed", "success": true }),
                Reason::SpaceMismatch,
                "no data",
            ),
        ];
        for (event, reason, words) in table {
            let failure = failure_after(std::slice::from_ref(&event));
            assert!(
                failure.reason == reason && failure.message.contains(words),
                "{event}: {failure}"
            );
        }
    }

    /// A stream whose lines come after a pause each.
    struct Slow(Vec<&'static str>);

    impl std::io::Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let Some(line) = self.0.pop() else {
                return Ok(0);
            };
            std::thread::sleep(Duration::from_millis(300));
            let line = format!("data: {line}\n");
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }

    #[test]
    fn progress_is_a_sign_of_life_and_a_heartbeat_is_none() {
        let completed = r#"{"msg":"process_completed","success":true,"output":{"data":[1]}}"#;
        let read = |sign: &'static str| {
            let stream = std::io::BufReader::new(Slow(vec![
                completed,
                sign,
                sign,
                r#"{"msg":"process_starts"}"#,
            ]));
            result(stream, "h", Instant::now() + Duration::from_millis(650))
        };
        for sign in [
            r#"{"msg":"progress"}"#,
            r#"{"msg":"process_generating","output":{}}"#,
        ] {
            assert_eq!(read(sign).expect("a result"), [1], "{sign}");
        }
        let failed = read(r#"{"msg":"heartbeat"}"#)
            .expect_err("too late")
            .failure;
        assert_eq!(failed.reason, Reason::Timeout, "{failed}");
    }

    #[test]
    fn only_a_stream_that_told_nothing_is_asked_again() {
        let cure = |stream: &str| {
            let deadline = Instant::now() + Duration::from_secs(10);
            let failed = result(std::io::Cursor::new(stream.to_owned()), "h", deadline)
                .expect_err("no result");
            (failed.failure.reason, failed.cure)
        };
        assert_eq!(cure(""), (Reason::SpaceError, Cure::Resend));
        assert_eq!(
            cure("data: {\"msg\": \"proc"),
            (Reason::SpaceError, Cure::Resend)
        );
        assert_eq!(
            cure("data: {\"msg\":\"heartbeat\"}\n"),
            (Reason::SpaceError, Cure::Nothing)
        );
        assert_eq!(
            cure("data: <html>\n"),
            (Reason::SpaceMismatch, Cure::Nothing)
        );
    }
}
