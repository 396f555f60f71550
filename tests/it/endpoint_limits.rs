//! What slow, silent, greedy or many callers can do to the server, and how it stops.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clip_bot::config::SearchConfig;
use clip_bot::endpoint::http::Limits;
use clip_bot::engine::mock::MockEngine;

use crate::support::PATIENCE;
use crate::support::endpoint::{PICTURE, Running, Scripted, config};

const SHORT: Duration = Duration::from_millis(300);

fn mock(limits: Limits) -> Running {
    Running::new(Arc::new(MockEngine), config(), limits)
}

#[test]
fn half_a_request_and_silence_is_closed() {
    let limits = Limits {
        head: SHORT,
        ..Limits::default()
    };
    let server = mock(limits);
    let mut nothing = server.connect();
    let mut half = server.connect();
    half.send("GET /health HTTP/1.1\r\nhost: h\r\nx-half: ");
    let mut idle = server.connect();
    assert_eq!(idle.ask("GET", "/health", "").reply().status, 200);
    for connection in [&mut nothing, &mut half, &mut idle] {
        assert!(connection.rest().is_empty());
    }
}

#[test]
fn a_head_that_drips_is_closed_after_the_whole_time() {
    let limits = Limits {
        head: SHORT,
        ..Limits::default()
    };
    let server = mock(limits);
    let mut connection = server.connect();
    let start = Instant::now();
    // Ends only when the server closes: every header line restarts a naive timer.
    connection.send("GET /health HTTP/1.1\r\n");
    while start.elapsed() < PATIENCE && !connection.is_closed() {
        connection.send("x: y\r\n");
        std::thread::sleep(SHORT / 10);
    }
    assert!(start.elapsed() < PATIENCE, "still open after {PATIENCE:?}");
    assert!(start.elapsed() >= SHORT);
}

#[test]
fn a_head_without_end_is_refused() {
    let server = mock(Limits::default());
    let mut connection = server.connect();
    connection.send("GET /health HTTP/1.1\r\nx: ");
    connection.send(vec![b'y'; 100 << 10]);
    assert_eq!(connection.reply().status, 431);
}

#[test]
fn a_body_that_is_too_large_is_refused_by_its_length_alone() {
    let server = mock(Limits::default());
    let headers = "content-type: image/png\r\ncontent-length: 10485761\r\n";
    let reply = server.connect().ask("POST", "/search", headers).reply();
    assert_eq!(reply.error(), (413, "too_large".into()));
}

#[test]
fn a_body_that_grows_too_large_is_refused_while_it_is_sent() {
    let server = mock(Limits::default());
    let mut connection = server.connect();
    let headers = "content-type: image/png\r\ntransfer-encoding: chunked\r\n";
    connection.ask("POST", "/search", headers);
    let chunk = vec![0; 1 << 20];
    for _ in 0..12 {
        connection.send(format!("{:x}\r\n", chunk.len()));
        connection.send(&chunk).send("\r\n");
    }
    assert_eq!(connection.reply().error(), (413, "too_large".into()));
}

#[test]
fn a_body_that_stops_arriving_is_given_up() {
    let config = SearchConfig {
        timeout: SHORT,
        ..config()
    };
    let server = Running::new(Arc::new(MockEngine), config, Limits::default());
    let mut connection = server.connect();
    let headers = "content-type: image/png\r\ncontent-length: 1000\r\n";
    connection.ask("POST", "/search", headers).send("\u{89}PNG");
    let reply = connection.reply();
    assert_eq!(reply.error(), (400, "bad_query".into()));
    assert_eq!(reply.header("connection"), Some("close"));
}

/// Finding 9: 32 slow bodies had every search by text answered with 429.
#[test]
fn slow_bodies_delay_no_search_by_text_and_give_way_to_other_pictures() {
    let server = mock(Limits::default());
    let slow = |_| {
        let mut connection = server.connect();
        let headers = "content-type: image/png\r\ncontent-length: 7340032\r\n";
        connection.ask("POST", "/search", headers);
        connection.send(vec![0; 70 << 10]);
        connection
    };
    let mut slow: Vec<_> = (0..40).map(slow).collect();
    let mut other = server.connect();
    for _ in 0..20 {
        let reply = other.ask("GET", "/search?query=bus", "").reply();
        assert_eq!(reply.status, 200);
    }
    let picture = b"\x89PNG\r\n\x1a\n....";
    let headers = "content-type: image/png\r\ncontent-length: 12\r\n";
    let reply = other.ask("POST", "/search", headers).send(picture).reply();
    assert_eq!(reply.error(), (501, "not_supported".into()), "received");
    // Those that hold memory make room for those that wait for it.
    let reply = slow[0].reply();
    assert_eq!(reply.error(), (429, "rate_limited".into()));
    assert_eq!(reply.header("connection"), Some("close"));
}

#[test]
fn more_connections_than_allowed_wait_for_one_that_is_being_answered() {
    let (engine, began, go) = Scripted::held();
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = Running::new(engine, config(), limits);
    let mut first = server.connect();
    first.ask("GET", "/search?query=bus", "");
    began.recv_timeout(PATIENCE).expect("the search began");
    let mut second = server.connect();
    second.ask("GET", "/health", "");
    // Twice the time after which one without a request would make room.
    assert!(!server.shutdown.wait(Duration::from_secs(1)));
    assert!(first.is_silent() && second.is_silent());
    go.send(()).expect("the engine waits");
    assert_eq!(first.reply().status, 200);
    assert_eq!(second.reply().status, 200);
}

/// Finding 19: 641 connections without a request held a search for 35 s.
#[test]
fn connections_without_a_request_make_room() {
    let limits = Limits {
        connections: 8,
        ..Limits::default()
    };
    let server = mock(limits);
    let mut used = server.connect();
    assert_eq!(used.ask("GET", "/health", "").reply().status, 200);
    let mut others: Vec<_> = (0..30).map(|_| server.connect()).collect();
    others[0].send("GET /health HTTP/1.1\r\nx-half: ");
    let start = Instant::now();
    let mut last = server.connect();
    assert_eq!(last.ask("GET", "/health", "").reply().status, 200);
    let took = start.elapsed();
    assert!(took < limits.head / 4, "took {took:?}");
    assert!(used.rest().is_empty() && others[0].rest().is_empty());
}

/// Finding 8: whoever does not read a picture holds memory for it.
#[test]
fn a_reader_who_hardly_reads_is_cut() {
    let limits = Limits {
        reading: SHORT,
        // It ends when nobody is connected any more.
        idle: Some(SHORT * 4),
        ..Limits::default()
    };
    let engine = Scripted::new(|_, _| panic!("nobody searches"));
    let server = Running::new(engine, config(), limits);
    let mut slow = server.connect();
    slow.ask("GET", "/images/1", "");
    let mut quick = server.connect();
    let reply = quick.ask("GET", "/images/1", "").reply();
    assert_eq!((reply.status, reply.body.len()), (200, PICTURE));
    drop(quick);
    let took = server.wait();
    assert!(took < PATIENCE, "took {took:?}");
    assert!(slow.rest().len() < PICTURE);
}

#[test]
fn a_connection_does_not_live_for_ever() {
    let limits = Limits {
        connection: SHORT,
        ..Limits::default()
    };
    let server = mock(limits);
    let mut connection = server.connect();
    let start = Instant::now();
    while start.elapsed() < PATIENCE && !connection.is_closed() {
        connection.ask("GET", "/health", "");
        std::thread::sleep(SHORT / 10);
    }
    assert!(start.elapsed() < PATIENCE, "still open after {PATIENCE:?}");
}

#[test]
fn a_search_outlives_the_age_of_its_connection() {
    let (engine, began, go) = Scripted::held();
    let limits = Limits {
        connection: SHORT * 4,
        stop: Duration::ZERO,
        ..Limits::default()
    };
    let server = Running::new(engine, config(), limits);
    let mut connection = server.connect();
    connection.ask("GET", "/search?query=bus", "");
    began.recv_timeout(PATIENCE).expect("the search began");
    // One and a half of its lives, which is less than the two after which it is cut.
    assert!(!server.shutdown.wait(SHORT * 6));
    go.send(()).expect("the engine waits");
    let reply = connection.reply();
    assert_eq!(
        (reply.status, reply.header("connection")),
        (200, Some("close"))
    );
}

#[test]
fn stopping_finishes_the_search_that_runs() {
    let (engine, began, go) = Scripted::held();
    let server = Running::new(engine, config(), Limits::default());
    let mut connection = server.connect();
    connection.ask("GET", "/search?query=bus", "");
    began.recv_timeout(PATIENCE).expect("the search began");
    server.shutdown.raise();
    // Stopped accepting, though the search still runs.
    let until = Instant::now() + PATIENCE;
    while TcpStream::connect(server.address).is_ok() {
        assert!(Instant::now() < until, "still accepting");
    }
    assert!(connection.is_silent());
    go.send(()).expect("the engine waits");
    let reply = connection.reply();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(server.wait() < Duration::from_secs(5));
}

#[test]
fn stopping_does_not_wait_for_ever() {
    let (engine, began, _go) = Scripted::held();
    let limits = Limits {
        stop: SHORT,
        ..Limits::default()
    };
    let server = Running::new(engine, config(), limits);
    let mut connection = server.connect();
    connection.ask("GET", "/search?query=bus", "");
    began.recv_timeout(PATIENCE).expect("the search began");
    server.shutdown.raise();
    let took = server.wait();
    assert!(took < PATIENCE / 2, "took {took:?}");
}
