//! By which names the endpoint answers, which address it tells of itself, and which pages of other
//! servers may read its answers.

use serde_json::Value;

use crate::support::endpoint::start;
use crate::support::raw::{Raw, Reply};

fn ask(connection: &mut Raw, method: &str, target: &str, headers: &str) -> Reply {
    connection
        .send(format!("{method} {target} HTTP/1.1\r\n{headers}\r\n"))
        .reply()
}

fn first(reply: &Reply) -> String {
    let found: Value = reply.json();
    found[0].as_str().unwrap_or_default().to_owned()
}

/// A page in a browser whose name was made to lead to this machine sends that name.
#[test]
fn a_request_by_another_host_name_is_answered_421() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    for target in [
        "/search?query=bus",
        "/health",
        "/ready",
        "/images/bus.jpg",
        "/none",
    ] {
        for host in [
            "evil.example",
            "evil.example:80",
            "127.0.0.1.evil.example",
            "",
        ] {
            let reply = ask(&mut connection, "GET", target, &format!("host: {host}\r\n"));
            assert_eq!(reply.error(), (421, "misdirected".into()), "{host}{target}");
        }
    }
    let two = "host: localhost\r\nhost: evil.example\r\n";
    assert_ne!(
        ask(&mut Raw::connect(address), "GET", "/health", two).status,
        200
    );
    let mut connection = Raw::connect(address);
    let absolute = "http://evil.example/health";
    assert_eq!(
        ask(&mut connection, "GET", absolute, "host: localhost\r\n").status,
        421
    );
    for host in [
        &address.to_string(),
        "localhost",
        "LocalHost:1",
        "[::1]:8080",
        "127.0.0.1",
    ] {
        let reply = ask(
            &mut connection,
            "GET",
            "/health",
            &format!("host: {host}\r\n"),
        );
        assert_eq!(reply.status, 200, "{host}");
    }
    let old = connection.send("GET /health HTTP/1.0\r\n\r\n").reply();
    assert_eq!(old.status, 200, "without a host");
}

#[test]
fn addresses_start_with_the_public_url_and_a_local_caller_gets_its_own() {
    let public = ("CLIP_SEARCH_PUBLIC_URL", "https://Photos.example/clip/");
    let (_program, address) = start(&[public]);
    let mut connection = Raw::connect(address);
    for host in ["photos.example", "photos.example:8443", "127.0.0.1:8080"] {
        let reply = ask(
            &mut connection,
            "GET",
            "/search?query=bus",
            &format!("host: {host}\r\n"),
        );
        assert_eq!(
            first(&reply),
            "https://Photos.example/clip/images/bus.jpg",
            "{host}"
        );
    }
    let reply = ask(&mut connection, "GET", "/health", "host: other.example\r\n");
    assert_eq!(reply.status, 421);
    let (_program, address) = start(&[]);
    let reply = ask(
        &mut Raw::connect(address),
        "GET",
        "/search?query=bus",
        &format!("host: {address}\r\n"),
    );
    assert_eq!(first(&reply), format!("http://{address}/images/bus.jpg"));
}

#[test]
fn options_tells_what_a_path_takes() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    for (target, allowed) in [
        ("/search?query=bus", "GET,HEAD,POST,OPTIONS"),
        ("/health", "GET,HEAD,OPTIONS"),
        ("/images/bus.jpg", "GET,HEAD,OPTIONS"),
    ] {
        let origin = "host: localhost\r\norigin: https://a.example\r\n\
                      access-control-request-method: GET\r\n";
        let reply = ask(&mut connection, "OPTIONS", target, origin);
        assert_eq!((reply.status, reply.body.len()), (204, 0), "{target}");
        assert_eq!(reply.header("allow"), Some(allowed), "{target}");
        assert_eq!(
            reply.header("access-control-allow-origin"),
            None,
            "{target}"
        );
    }
    let reply = ask(&mut connection, "OPTIONS", "/none", "host: localhost\r\n");
    assert_eq!(reply.status, 404);
}

#[test]
fn pages_of_named_origins_may_read_answers() {
    let origins = "https://a.example, http://localhost:5173/";
    let (_program, address) = start(&[("CLIP_SEARCH_CORS", origins)]);
    let mut connection = Raw::connect(address);
    let mut from = |method: &str, origin: &str, more: &str| {
        let headers = format!("host: localhost\r\norigin: {origin}\r\n{more}");
        ask(&mut connection, method, "/search?query=bus", &headers)
    };
    let known = from("GET", "https://a.example", "");
    assert_eq!(known.status, 200);
    let allowed = known.header("access-control-allow-origin");
    assert_eq!(allowed, Some("https://a.example"));
    assert_eq!(known.header("vary"), Some("Origin"));
    let other = from("GET", "https://b.example", "");
    assert_eq!(other.header("access-control-allow-origin"), None);
    assert_eq!(other.header("vary"), Some("Origin"));
    let first = "access-control-request-method: POST\r\n\
                 access-control-request-headers: authorization\r\n\
                 access-control-request-private-network: true\r\n";
    let preflight = from("OPTIONS", "http://localhost:5173", first);
    assert_eq!(preflight.status, 204);
    for (name, part) in [
        ("access-control-allow-origin", "http://localhost:5173"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "Authorization"),
        ("access-control-allow-headers", "Content-Type"),
        ("access-control-allow-private-network", "true"),
    ] {
        let value = preflight.header(name).unwrap_or_default();
        assert!(value.contains(part), "{name}: {value}");
    }
    let refused = from("OPTIONS", "https://b.example", first);
    assert_eq!(refused.header("access-control-allow-origin"), None);
    assert_eq!(refused.header("access-control-allow-methods"), None);
}
