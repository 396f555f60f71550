//! What goes wrong at a Space, and that each case has its own name and waiting time.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::recording::{completed, events, stream};
use super::*;
use crate::support::server::{Reply, Request, Step};

/// A Gradio 6 that answers requests whose path ends with `path` with `reply`.
fn broken(path: &'static str, reply: Reply) -> Server {
    gradio("6.31", move |request| {
        request.path().ends_with(path).then(|| reply.clone())
    })
}

/// The failure of one search at such a server.
fn failure(path: &'static str, reply: Reply) -> Failure {
    let server = broken(path, reply);
    ask(&config(&server.url(""), "gallery")).expect_err(path)
}

fn asked(server: &Server, path: &str) -> usize {
    server
        .requests()
        .iter()
        .filter(|request| request.path().ends_with(path))
        .count()
}

/// Path, answer there, and the reason and pause that follow.
type StatusCase = (&'static str, Reply, Reason, Option<u64>);

fn plain(status: u16, text: &str) -> Reply {
    Reply::bytes(status, "text/plain", text.as_bytes().to_vec())
}

fn statuses_of_a_sleeping_space() -> Vec<StatusCase> {
    let sleeping = "<h1>This Space is sleeping due to inactivity.</h1>";
    vec![
        (
            "/config",
            Reply::html(502, sleeping),
            Reason::SpaceAsleep,
            Some(20),
        ),
        (
            "/config",
            Reply::html(503, sleeping),
            Reason::SpaceAsleep,
            Some(20),
        ),
        (
            "/queue/join",
            Reply::html(503, sleeping),
            Reason::SpaceAsleep,
            Some(20),
        ),
        (
            "/queue/data",
            plain(504, "timeout"),
            Reason::SpaceAsleep,
            Some(20),
        ),
        (
            "/config",
            Reply::html(200, "<title>Streamlit</title>"),
            Reason::SpaceMismatch,
            None,
        ),
    ]
}

fn statuses_of_a_space_that_is_awake() -> Vec<StatusCase> {
    let detail = |status, text: &str| Reply::json(status, &json!({ "detail": text }));
    let full = || detail(503, "Queue is full. Max size is 2 and size is 2.");
    let invalid = json!({ "detail": [{ "type": "missing", "loc": ["body", "data"], "msg": "Field required" }] });
    let limited = || Reply::json(429, &json!({ "error": "rate limited" }));
    vec![
        ("/queue/join", full(), Reason::SpaceBusy, Some(5)),
        (
            "/queue/join",
            full().with("retry-after", "33"),
            Reason::SpaceBusy,
            Some(33),
        ),
        (
            "/config",
            detail(401, "Not authenticated"),
            Reason::SpaceAuth,
            None,
        ),
        ("/config", plain(403, ""), Reason::SpaceAuth, None),
        (
            "/config",
            Reply::html(404, "<html>404"),
            Reason::SpaceAuth,
            None,
        ),
        (
            "/config",
            detail(404, "Not Found"),
            Reason::SpaceMismatch,
            None,
        ),
        (
            "/config",
            Reply::json(200, &json!({ "name": "no Gradio" })),
            Reason::SpaceMismatch,
            None,
        ),
        ("/config", plain(200, "ok"), Reason::SpaceMismatch, None),
        (
            "/queue/join",
            Reply::json(422, &invalid),
            Reason::SpaceMismatch,
            None,
        ),
        (
            "/queue/join",
            plain(500, "Internal Server Error"),
            Reason::SpaceError,
            None,
        ),
        ("/queue/join", plain(418, ""), Reason::SpaceMismatch, None),
        (
            "/config",
            limited().with("ratelimit", "\"api\";r=0;t=55"),
            Reason::SpaceRateLimited,
            Some(55),
        ),
        (
            "/queue/join",
            limited().with("retry-after", "7"),
            Reason::SpaceRateLimited,
            Some(7),
        ),
        ("/queue/data", limited(), Reason::SpaceRateLimited, Some(60)),
    ]
}

#[test]
fn every_status_has_its_reason() {
    let table = statuses_of_a_sleeping_space().into_iter();
    let table = table.chain(statuses_of_a_space_that_is_awake());
    for (path, reply, reason, seconds) in table {
        let failure = failure(path, reply.clone());
        let expected = (reason, seconds.map(Duration::from_secs));
        assert_eq!(
            (failure.reason, failure.retry_after),
            expected,
            "{path} {reply:?}: {failure}"
        );
    }
}

#[test]
fn every_stream_has_its_meaning() {
    let heartbeat = json!({ "msg": "heartbeat" });
    let started = json!({ "msg": "process_starts", "eta": 1.0 });
    let found = || completed(&json!([["http://pictures.test/1"]]));
    let failed =
        json!({ "msg": "process_completed", "success": false, "output": { "error": "no" } });
    let line = |event: &Value| Step::Send(format!("data: {event}\n\n").into_bytes());
    let half = Step::Send(b"data: {\"msg\":\"process_comp".to_vec());
    let future = json!({ "msg": "of the future" });
    let megabyte = vec![b'x'; 1 << 20];
    let endless = [
        vec![Step::Send(b"data: \"".to_vec())],
        vec![Step::Send(megabyte); 17],
    ]
    .concat();
    let table = [
        (
            stream(vec![
                line(&heartbeat),
                line(&started),
                line(&heartbeat),
                line(&found()),
                Step::Hold,
            ]),
            None,
        ),
        (stream(vec![line(&future), line(&found()), Step::Cut]), None),
        (
            stream(vec![line(&started), line(&failed), Step::Cut]),
            Some((Reason::SpaceError, "the Space says: no")),
        ),
        (
            stream(vec![line(&started), half.clone(), Step::Cut]),
            Some((Reason::SpaceError, "broke off")),
        ),
        (
            stream(vec![line(&started), half]),
            Some((Reason::SpaceError, "broke off")),
        ),
        (
            events(&[started]),
            Some((Reason::SpaceError, "without a result")),
        ),
        (
            stream(endless),
            Some((Reason::SpaceMismatch, "larger than")),
        ),
        (
            stream(vec![Step::Send(b"data: {]\n\n".to_vec())]),
            Some((Reason::SpaceMismatch, "not Gradio's")),
        ),
        (
            events(&[completed(&json!({}))]),
            Some((Reason::SpaceMismatch, "no data")),
        ),
    ];
    for (reply, expected) in table {
        let server = broken("/queue/data", reply);
        match (ask(&config(&server.url(""), "gallery")), expected) {
            (Ok(page), None) => assert_eq!(urls(&page), ["http://pictures.test/1"]),
            (Err(failure), Some((reason, words))) => {
                assert!(
                    failure.reason == reason && failure.message.contains(words),
                    "{failure}"
                );
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }
}

#[test]
fn the_deadline_ends_everything() {
    let line = |event: Value| Step::Send(format!("data: {event}\n\n").into_bytes());
    let beats = || {
        let beat = [
            line(json!({ "msg": "heartbeat" })),
            Step::Pause(Duration::from_millis(20)),
        ];
        beat.into_iter().cycle().take(200)
    };
    let queued = stream(
        [line(
            json!({ "msg": "estimation", "rank": 0, "rank_eta": 7.0 }),
        )]
        .into_iter()
        .chain(beats())
        .collect(),
    );
    let running = stream(
        [line(json!({ "msg": "process_starts" }))]
            .into_iter()
            .chain(beats())
            .collect(),
    );
    let table = [
        ("/queue/data", queued, Reason::SpaceBusy, 7),
        ("/queue/data", running, Reason::Timeout, 10),
        ("/config", Reply::Stall, Reason::Timeout, 10),
        ("/queue/join", Reply::Stall, Reason::Timeout, 10),
    ];
    for (path, reply, reason, seconds) in table {
        let server = broken(path, reply);
        let (since, limit) = (Instant::now(), Duration::from_millis(600));
        let config = config(&server.url(""), "gallery");
        let failure = space(&config)
            .search(&words(2, 0), since + limit)
            .expect_err("too late");
        let took = since.elapsed();
        assert_eq!(
            (failure.reason, failure.retry_after),
            (reason, Some(Duration::from_secs(seconds))),
            "{path}"
        );
        assert!(took >= limit && took < limit * 4, "{path}: {took:?}");
    }
}

#[test]
fn a_queue_longer_than_the_deadline_is_not_waited_for() {
    let waiting = json!({ "msg": "estimation", "rank": 3, "queue_size": 4, "rank_eta": 41.2 });
    let line = Step::Send(format!("data: {waiting}\n\n").into_bytes());
    let since = Instant::now();
    let failure = failure("/queue/data", stream(vec![line, Step::Hold]));
    assert_eq!(
        (failure.reason, failure.retry_after),
        (Reason::SpaceBusy, Some(Duration::from_secs(42)))
    );
    assert!(since.elapsed() < LONG / 2);
}

#[test]
fn a_dropped_connection_is_tried_once_more() {
    for path in ["/queue/join", "/queue/data"] {
        let drops = AtomicUsize::new(1);
        let once = move |request: &Request| {
            let dropped = request.path().ends_with(path)
                && drops
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                        left.checked_sub(1)
                    })
                    .is_ok();
            dropped.then_some(Reply::Close)
        };
        let server = gradio("6.31", once);
        ask(&config(&server.url(""), "gallery")).expect("the second call");
        assert_eq!(
            (asked(&server, "/config"), asked(&server, "/queue/join")),
            (1, 2),
            "{path}"
        );

        let server = broken(path, Reply::Close);
        let failure = ask(&config(&server.url(""), "gallery")).expect_err("no third");
        assert_eq!(
            (failure.reason, asked(&server, "/queue/join")),
            (Reason::SpaceError, 2),
            "{path}: {failure}"
        );
    }
}

#[test]
fn a_call_that_was_taken_is_not_repeated() {
    let started = Step::Send(b"data: {\"msg\":\"process_starts\"}\n\n".to_vec());
    let server = broken("/queue/data", stream(vec![started, Step::Cut]));
    ask(&config(&server.url(""), "gallery")).expect_err("cut");
    assert_eq!(asked(&server, "/queue/join"), 1);
}

#[test]
fn a_changed_space_is_described_anew() {
    let refusals = [
        Reply::json(404, &json!({ "detail": "Not Found" })),
        Reply::json(422, &json!({ "detail": "No function" })),
        Reply::bytes(500, "text/plain", b"Internal Server Error".to_vec()),
    ];
    for refusal in refusals {
        let calls = AtomicUsize::new(0);
        let reply = refusal.clone();
        // The second search finds another Space.
        let server = gradio("6.31", move |request| {
            let join = request.path().ends_with("/queue/join");
            (join && calls.fetch_add(1, Ordering::SeqCst) == 1).then(|| reply.clone())
        });
        let space = space(&config(&server.url(""), "gallery"));
        for _ in 0..2 {
            space
                .search(&words(2, 0), Instant::now() + LONG)
                .expect("found again");
        }
        assert_eq!(
            (asked(&server, "/config"), asked(&server, "/queue/join")),
            (2, 3),
            "{refusal:?}"
        );

        let server = broken("/queue/join", refusal);
        ask(&config(&server.url(""), "gallery")).expect_err("a fresh description is not doubted");
        assert_eq!(
            (asked(&server, "/config"), asked(&server, "/queue/join")),
            (1, 1)
        );
    }
}

#[test]
fn gradio_4_0_is_told_to_move_on() {
    let server = gradio("4.44", |request| match request.path() {
        "/config" => {
            let mut config = recording::recorded("4.44")["config"].clone();
            config["protocol"] = "sse".into();
            config["version"] = "4.11.0".into();
            Some(Reply::json(200, &config))
        }
        path if path.starts_with("/run/") => {
            Some(Reply::json(404, &json!({ "detail": "no direct calls" })))
        }
        _ => None,
    });
    let failure = ask(&config(&server.url(""), "gallery")).expect_err("too old");
    assert_eq!(failure.reason, Reason::SpaceMismatch);
    assert!(
        failure.message.contains("4.11.0") && failure.message.contains("4.12"),
        "{failure}"
    );
}

#[test]
fn a_space_that_cannot_be_reached_is_named() {
    let failure = ask(&config("http://127.0.0.1:1/app", "gallery")).expect_err("nobody listens");
    assert_eq!(
        (failure.reason, failure.retry_after),
        (Reason::SpaceDown, None)
    );
    assert!(
        failure.message.starts_with("127.0.0.1:1 cannot be reached"),
        "{failure}"
    );
}

#[test]
fn cookies_lead_to_the_same_replica() {
    let described = Reply::json(200, &recording::recorded("6.31")["config"])
        .with("set-cookie", "replica=7; Path=/; HttpOnly")
        .with("set-cookie", "b=2");
    let server = broken("/config", described);
    ask(&config(&server.url(""), "gallery")).expect("found");
    let cookies: Vec<Option<String>> = server
        .requests()
        .iter()
        .map(|request| request.header("cookie").map(str::to_owned))
        .collect();
    let kept = Some("replica=7; b=2".to_owned());
    assert_eq!(cookies, [None, kept.clone(), kept]);
}

#[test]
fn what_a_failure_casts_doubt_on_is_asked_anew() {
    let asleep = Reply::html(503, "asleep");
    let full = Reply::json(503, &json!({ "detail": "Queue is full." }));
    let raised =
        json!({ "msg": "process_completed", "success": false, "output": { "error": "no" } });
    let table = [
        ("/queue/join", asleep, 2),
        ("/queue/data", events(&[raised]), 2),
        ("/queue/join", full, 1),
        ("/queue/data", Reply::json(429, &json!({})), 1),
    ];
    for (path, reply, described) in table {
        let calls = AtomicUsize::new(0);
        let answer = reply.clone();
        let server = gradio("6.31", move |request| {
            let first = request.path().ends_with(path) && calls.fetch_add(1, Ordering::SeqCst) == 0;
            first.then(|| answer.clone())
        });
        let space = space(&config(&server.url(""), "gallery"));
        let search = || space.search(&words(2, 0), Instant::now() + LONG);
        search().expect_err("the first fails");
        search().expect("the second is answered");
        assert_eq!(asked(&server, "/config"), described, "{path} {reply:?}");
    }
}

#[test]
fn the_words_of_an_apps_own_validator_are_kept() {
    let refused = json!({ "detail": [{ "is_valid": false, "message": "at least six letters" }] });
    let failure = failure("/queue/join", Reply::json(422, &refused));
    assert_eq!(failure.message, "the Space says: at least six letters");
}
