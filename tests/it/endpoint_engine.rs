//! The endpoint over engines that fail, panic, stall or name pictures of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use clip_bot::config::SearchConfig;
use clip_bot::endpoint::http::Limits;
use clip_bot::search::{Failure, Hit, Page, Query, Reason, Subject};
use clip_bot::secret::Secret;
use serde_json::json;

use crate::support::PATIENCE;
use crate::support::endpoint::{Running, Scripted, config, one_hit};

fn running(engine: Arc<Scripted>) -> Running {
    Running::new(engine, config(), Limits::default())
}

fn words(query: &Query) -> &str {
    match &query.subject {
        Subject::Text(text) => text,
        Subject::Picture { .. } => "",
    }
}

#[test]
fn every_failure_keeps_its_status_code_stage_and_time() {
    let server = running(Scripted::new(|query, _| {
        let reason = Reason::from_code(words(query)).unwrap_or(Reason::Internal);
        let failure = Failure::new(reason, "so it is").retry_after(Duration::from_millis(19_001));
        Err(Failure {
            stage: Some("BUILDING".into()),
            ..failure
        })
    }));
    let mut connection = server.connect();
    for reason in Reason::ALL {
        let target = format!("/search?query={}", reason.code());
        let reply = connection.ask("GET", &target, "").reply();
        // Two reasons share the code `rate_limited`; the endpoint's own comes first.
        let reason = Reason::from_code(reason.code()).expect("its own code");
        assert_eq!(reply.error(), (reason.status(), reason.code().to_owned()));
        assert_eq!(reply.header("retry-after"), Some("20"));
        let expected = json!({"code": reason.code(), "message": "so it is", "stage": "BUILDING"});
        assert_eq!(reply.json()["error"], expected);
    }
    let ready = connection.ask("GET", "/ready", "").reply();
    assert_eq!(ready.error(), (500, "internal".into()));
    assert_eq!(connection.ask("GET", "/health", "").reply().status, 200);
}

#[test]
fn an_engine_that_panics_does_not_take_the_server_with_it() {
    let server = running(Scripted::new(|query, _| match words(query) {
        "red bus" => Ok(one_hit()),
        other => panic!("scripted panic at {other}"),
    }));
    let mut connection = server.connect();
    for target in ["/search?query=boom", "/ready"] {
        let reply = connection.ask("GET", target, "").reply();
        assert_eq!(reply.error(), (500, "internal".into()), "{target}");
        assert!(!reply.json().to_string().contains("scripted"), "{target}");
    }
    let reply = connection.ask("GET", "/search?query=red+bus", "").reply();
    assert_eq!(reply.json(), json!(["https://elsewhere.example/1.jpg"]));
}

#[test]
fn an_engine_that_ignores_its_deadline_is_answered_for() {
    let (engine, began, go) = Scripted::held();
    let config = SearchConfig {
        timeout: Duration::from_millis(10),
        workers: 1,
        ..config()
    };
    let server = Running::new(engine, config, Limits::default());
    let mut connection = server.connect();
    let reply = connection.ask("GET", "/search?query=bus", "").reply();
    assert_eq!(reply.error(), (504, "timeout".into()));
    assert_eq!(reply.header("retry-after"), Some("10"));
    began.recv_timeout(PATIENCE).expect("the engine was asked");
    // It still runs, so its place is still taken.
    let reply = connection.ask("GET", "/search?query=bus", "").reply();
    assert_eq!(reply.error(), (429, "rate_limited".into()));
    go.send(()).expect("the engine waits");
}

#[test]
fn more_searches_than_workers_are_told_to_come_back() {
    let (engine, began, go) = Scripted::held();
    let config = SearchConfig {
        workers: 2,
        ..config()
    };
    let server = Running::new(engine, config, Limits::default());
    let mut running: Vec<_> = (0..2).map(|_| server.connect()).collect();
    for connection in &mut running {
        connection.ask("GET", "/search?query=bus", "");
        began.recv_timeout(PATIENCE).expect("the search began");
    }
    let mut late = server.connect();
    for target in ["/search?query=bus", "/ready"] {
        let reply = late.ask("GET", target, "").reply();
        assert_eq!(reply.error(), (429, "rate_limited".into()), "{target}");
        assert_eq!(reply.header("retry-after"), Some("2"), "{target}");
    }
    assert_eq!(late.ask("GET", "/health", "").reply().status, 200);
    go.send(()).expect("the engine waits");
    go.send(()).expect("the engine waits");
    for connection in &mut running {
        assert_eq!(connection.reply().status, 200);
    }
    go.send(()).expect("the engine waits");
    assert_eq!(late.ask("GET", "/search?query=bus", "").reply().status, 200);
}

#[test]
fn readiness_is_asked_of_the_engine_once_for_many_callers() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let server = running(Scripted::new(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        Err(Failure::new(Reason::SpaceAsleep, "it sleeps").retry_after(Duration::from_secs(20)))
    }));
    let mut connection = server.connect();
    for _ in 0..50 {
        let reply = connection.ask("GET", "/ready", "").reply();
        assert_eq!(reply.error(), (503, "space_asleep".into()));
        assert_eq!(reply.header("retry-after"), Some("20"));
    }
    // Once a second; fifty answers take far less than 25 s.
    let asked = asked.load(Ordering::SeqCst);
    assert!((1..25).contains(&asked), "{asked}");
}

#[test]
fn paths_of_the_engine_become_addresses_the_caller_can_reach() {
    let server = running(Scripted::new(|_, _| {
        let own = Hit {
            thumbnail_url: Some("/images/1-small".into()),
            ..Hit::at("/images/1")
        };
        Ok(Page {
            hits: vec![own, Hit::at("https://elsewhere.example/2.jpg")],
            next_offset: None,
            ..Page::default()
        })
    }));
    let listen = format!("http://{}", server.address);
    let table = [
        ("HTTP/1.1", "host: h.example:81\r\n", "http://h.example:81"),
        (
            "HTTP/1.1",
            "host: h.example\r\nx-forwarded-proto: https,http\r\n",
            "https://h.example",
        ),
        (
            "HTTP/1.1",
            "host: h\r\nx-forwarded-proto: ftp\r\n",
            "http://h",
        ),
        ("HTTP/1.1", "host: a b\"<x>\r\n", &listen),
        ("HTTP/1.0", "", &listen),
    ];
    for (version, headers, base) in table {
        let mut connection = server.connect();
        let target = "/search?query=x&details=true";
        connection.send(format!("GET {target} {version}\r\n{headers}\r\n"));
        let results = connection.reply().json()["results"].clone();
        let expected = json!([
            {"url": format!("{base}/images/1"), "thumbnail_url": format!("{base}/images/1-small")},
            {"url": "https://elsewhere.example/2.jpg"},
        ]);
        assert_eq!(results, expected, "{headers:?}");
    }
}

#[test]
fn a_picture_reaches_the_engine_whole() {
    let (sender, queries) = channel();
    let server = running(Scripted::new(move |query, _| {
        let _ = sender.send(query.clone());
        Ok(Page {
            hits: vec![
                Hit::at("http://a/1"),
                Hit::at("http://a/2"),
                Hit::at("http://a/3"),
            ],
            next_offset: Some(9),
            ..Page::default()
        })
    }));
    // As large as allowed, and sent without a length.
    let mut picture = b"\xff\xd8\xff\xe0".to_vec();
    picture.resize(10 << 20, 7);
    let mut connection = server.connect();
    let headers = "content-type: image/jpeg\r\ntransfer-encoding: chunked\r\n";
    connection.ask("POST", "/search?limit=2&offset=7&details=true", headers);
    for chunk in picture.chunks(1 << 20) {
        connection.send(format!("{:x}\r\n", chunk.len()));
        connection.send(chunk).send("\r\n");
    }
    let reply = connection.send("0\r\n\r\n").reply();
    // An engine that finds more than asked for is cut to what was.
    let results = json!([{"url": "http://a/1"}, {"url": "http://a/2"}]);
    assert_eq!(reply.json(), json!({"results": results, "next_offset": 9}));
    let query = queries
        .recv_timeout(PATIENCE)
        .expect("the engine was asked");
    assert_eq!((query.limit, query.offset), (2, 7));
    let expected = Subject::Picture {
        media_type: "image/jpeg".into(),
        bytes: picture,
        words: String::new(),
    };
    assert!(query.subject == expected, "the bytes differ");
    // The connection carries on.
    assert_eq!(connection.ask("GET", "/health", "").reply().status, 200);
}

#[test]
fn a_stranger_with_a_large_picture_is_answered_before_it_is_read() {
    let config = SearchConfig {
        token: Some(Secret::new("t0ken")),
        ..config()
    };
    let engine = Scripted::new(|_, _| panic!("not to be asked"));
    let server = Running::new(engine, config, Limits::default());
    let headers = "content-type: image/png\r\ncontent-length: 9000000\r\n";
    let reply = server.connect().ask("POST", "/search", headers).reply();
    assert_eq!(reply.error(), (401, "forbidden".into()));
    assert_eq!(reply.header("connection"), Some("close"));
}
