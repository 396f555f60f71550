//! `clip-search` under systemd, which the tests play: the socket it hands over, what it is told,
//! and when the watchdog is no longer fed.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use clip_bot::config::SearchConfig;
use clip_bot::endpoint::http::{Limits, serve};
use clip_bot::shutdown::Shutdown;
use clip_bot::systemd::Pulse;

use crate::support::PATIENCE;
use crate::support::endpoint::{CLIP_SEARCH, Running, Scripted, config, listening, start};
use crate::support::process::Program;
use crate::support::raw::{Raw, Reply};
use crate::support::server::{self, Server};
use crate::support::systemd::{Notices, activate, socket};

/// Within which time the server says that it reports again.
const REPORT_WITHIN: Duration = Duration::from_secs(10);

fn ask(address: SocketAddr, target: &str) -> Reply {
    let mut connection = Raw::connect(address);
    connection.ask("GET", target, "connection: close\r\n");
    connection.reply()
}

fn serve_on(socket: &TcpListener, variables: &[(&str, &str)]) -> Program {
    let socket = socket.try_clone().expect("one more descriptor");
    activate(socket, CLIP_SEARCH, &["serve"], variables)
}

/// Waits for `done`, which other threads bring about.
#[track_caller]
fn wait_until(what: &str, done: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < until, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_socket_of_systemd_is_served_whatever_the_settings_say() {
    let socket = socket();
    let address = socket.local_addr().expect("bound");
    // Somebody asks before the program is there, which is why systemd starts it.
    let mut early = Raw::connect(address);
    early.ask("GET", "/search?query=red+bus", "");
    let program = serve_on(&socket, &[("CLIP_SEARCH_LISTEN", "127.0.0.1:1")]);
    assert_eq!(listening(&program), address);
    assert_eq!(early.reply().status, 200);
    assert_eq!(ask(address, "/health").status, 200);
    let ended = program.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    assert!(
        ended.output.contains("systemd's socket"),
        "{}",
        ended.output
    );
}

#[test]
fn a_socket_for_another_process_is_left_alone() {
    let variables = [("LISTEN_FDS", "1"), ("LISTEN_PID", "1")];
    let (program, address) = start(&variables);
    assert_eq!(ask(address, "/health").status, 200);
    assert!(!program.output().contains("systemd's socket"));
}

#[test]
fn a_socket_unit_that_does_not_fit_is_a_wrong_setting() {
    let path = std::env::temp_dir().join(format!("clip-stream-{}", std::process::id()));
    let unix = UnixListener::bind(&path).expect("a new path");
    std::fs::remove_file(&path).expect("just made");
    let file = std::fs::File::open("/dev/null").expect("everywhere");
    for wrong in [OwnedFd::from(unix), OwnedFd::from(file)] {
        let ended = activate(wrong, CLIP_SEARCH, &["serve"], &[]).wait();
        assert_eq!(ended.status.code(), Some(2), "{}", ended.output);
        let line = "clip-search: systemd handed over no TCP socket; the socket unit must have one \
                    ListenStream= with a TCP port: ";
        assert!(ended.output.starts_with(line), "{}", ended.output);
    }
}

/// Nobody asks, so it ends; systemd still has the socket, and starts it for the next one.
#[test]
fn it_ends_while_nobody_asks_and_loses_no_request() {
    let socket = socket();
    let address = socket.local_addr().expect("bound");
    let idle = [("CLIP_SEARCH_IDLE", "1s")];
    let first = serve_on(&socket, &idle);
    assert_eq!(ask(address, "/search?query=bus").status, 200);
    let ended = first.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    assert!(
        ended.output.contains("nobody was connected for 1s"),
        "{}",
        ended.output
    );
    let mut waiting = Raw::connect(address);
    waiting.ask("GET", "/search?query=bus", "connection: close\r\n");
    let second = serve_on(&socket, &idle);
    assert_eq!(waiting.reply().status, 200);
    assert_eq!(second.wait().status.code(), Some(0));
}

#[test]
fn it_does_not_end_under_a_search_however_long_that_takes() {
    let (engine, began, go) = Scripted::held();
    let idle = Duration::from_millis(100);
    let limits = Limits {
        idle: Some(idle),
        ..Limits::default()
    };
    let server = Running::new(engine, config(), limits);
    let mut connection = server.connect();
    connection.ask("GET", "/search?query=bus", "connection: close\r\n");
    began.recv_timeout(PATIENCE).expect("the search began");
    assert!(!server.shutdown.wait(idle * 5));
    go.send(()).expect("the engine waits");
    assert_eq!(connection.reply().status, 200);
    drop(connection);
    wait_until("idle", || server.shutdown.is_raised());
    server.wait();
}

#[test]
fn an_idle_time_without_a_socket_unit_is_warned_about() {
    let (program, _) = start(&[("CLIP_SEARCH_IDLE", "1h")]);
    program.wait_for_line("CLIP_SEARCH_IDLE is set without a socket unit");
}

#[test]
fn systemd_hears_when_it_is_ready_how_it_is_and_when_it_stops() {
    let notices = Notices::new();
    let variables = [
        ("NOTIFY_SOCKET", notices.path()),
        ("WATCHDOG_USEC", "60000000"),
    ];
    let (program, address) = start(&variables);
    let mut start: Vec<String> = notices.until("READY=1");
    // The first beat comes shortly before or after that. Before any search, since it would tell of it.
    if !start.contains(&"STATUS=engine mock".into()) {
        start.extend(notices.until("STATUS=engine mock"));
    }
    assert!(!start.contains(&"STOPPING=1".into()), "{start:?}");
    assert_eq!(ask(address, "/health").status, 200);
    for _ in 0..2 {
        assert_eq!(ask(address, "/search?query=bus").status, 200);
    }
    let mut all = start;
    all.extend(notices.until("STATUS=2 answered; engine mock"));
    // Two more beats, in which nothing changes.
    all.extend(notices.until("WATCHDOG=1"));
    all.extend(notices.until("WATCHDOG=1"));
    assert_eq!(program.stop().status.code(), Some(0));
    all.extend(notices.rest());
    assert!(all.contains(&"STATUS=engine mock".into()), "{all:?}");
    assert!(all.contains(&"STOPPING=1".into()), "{all:?}");
    let is_status = |notice: &&String| notice.starts_with("STATUS=");
    let statuses: Vec<_> = all.iter().filter(is_status).collect();
    let mut changes = statuses.clone();
    changes.dedup();
    assert_eq!(statuses, changes, "told only when it changes");
}

#[test]
fn an_idle_end_is_a_stop_like_any_other() {
    let notices = Notices::new();
    let socket = socket();
    let variables = [
        ("NOTIFY_SOCKET", notices.path()),
        ("CLIP_SEARCH_IDLE", "1s"),
    ];
    let ended = serve_on(&socket, &variables).wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    let all = notices.rest();
    let place = |wanted: &str| all.iter().position(|notice| notice == wanted);
    let (ready, stopping) = (place("READY=1"), place("STOPPING=1"));
    assert!(ready.is_some() && ready < stopping, "{all:?}");
}

#[test]
fn the_ping_stops_for_a_search_that_outlives_its_deadline() {
    let (engine, began, go) = Scripted::held();
    let config = SearchConfig {
        timeout: Duration::from_secs(1),
        ..config()
    };
    let server = Running::new(engine, config, Limits::default());
    let mut connection = server.connect();
    connection.ask("GET", "/search?query=bus", "");
    began.recv_timeout(PATIENCE).expect("the search began");
    // Its deadline and the slack, or soon after that.
    let late = Instant::now() + Duration::from_secs(11);
    assert_eq!(connection.reply().error(), (504, "timeout".into()));
    let running = "1 search running; 1 failed; engine mock";
    assert_eq!(server.activity.line("mock", false), running);
    let overdue = || Some(server.activity.pulse().overdue(late)?.part);
    wait_until("the search alone is late", || {
        overdue().as_deref() == Some("search-0")
    });
    go.send(()).expect("the engine waits");
    wait_until("nobody is late", || overdue().is_none());
    let over = "1 failed; engine mock";
    assert_eq!(server.activity.line("mock", false), over);
}

#[test]
fn the_ping_stops_when_requests_hold_the_server_up() {
    let (holding, held) = channel();
    let (go, gone) = channel::<()>();
    let gone = Arc::new(Mutex::new(gone));
    // What no route of ours may do: it holds the thread that all requests share.
    let wedge = move || async move {
        let _ = holding.send(());
        let _ = gone
            .lock()
            .expect("no panic while held")
            .recv_timeout(PATIENCE);
    };
    let listener = socket();
    let address = listener.local_addr().expect("bound");
    let (pulse, shutdown) = (Pulse::default(), Shutdown::default());
    let (inside, flag) = (pulse.clone(), shutdown.clone());
    let router = Router::new().route("/wedge", get(wedge));
    let server = std::thread::spawn(move || {
        serve(listener, router, &flag, Limits::default(), &inside).expect("a server");
    });
    let far = Instant::now() + PATIENCE * 100;
    wait_until("a report", || pulse.overdue(far).is_some());
    // All that was promised by now; who gets on promises more before that is over.
    let promised = Instant::now() + REPORT_WITHIN;
    wait_until("another report", || pulse.overdue(promised).is_none());

    let mut connection = Raw::connect(address);
    connection.ask("GET", "/wedge", "connection: close\r\n");
    held.recv_timeout(PATIENCE).expect("the request came");
    let promised = Instant::now() + REPORT_WITHIN;
    // Two reports would have come by then.
    assert!(!shutdown.wait(Duration::from_secs(2)));
    let overdue = pulse.overdue(promised).map(|overdue| overdue.part);
    assert_eq!(overdue.as_deref(), Some("server"));
    go.send(()).expect("the request waits");
    assert_eq!(connection.reply().status, 200);
    wait_until("another report", || pulse.overdue(promised).is_none());
    shutdown.raise();
    server.join().expect("it ends");
}

#[test]
fn a_stop_waits_for_the_search_under_way() {
    let server = Server::start(|_| server::Reply::Stall);
    let space = server.url("");
    let variables = [
        ("CLIP_SEARCH_SPACE", space.as_str()),
        ("CLIP_SEARCH_TIMEOUT", "2s"),
    ];
    let (program, address) = start(&variables);
    let mut connection = Raw::connect(address);
    connection.ask("GET", "/search?query=bus", "");
    server.wait_until("the Space is asked", |requests| !requests.is_empty());
    let ended = program.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    assert_eq!(connection.reply().error(), (504, "timeout".into()));
}
