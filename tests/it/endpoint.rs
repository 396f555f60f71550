//! The search contract, asked of the real `clip-search` with its built-in pictures.

use clip_bot::http::{Client, Request};
use serde_json::{Value, json};

use crate::support::endpoint::start;
use crate::support::raw::{Raw, Reply};

fn get(connection: &mut Raw, target: &str) -> Reply {
    connection.ask("GET", target, "").reply()
}

fn urls(value: &Value) -> Vec<String> {
    let items = value.as_array().expect("an array");
    let url = |item: &Value| item.as_str().expect("an address").to_owned();
    items.iter().map(url).collect()
}

#[test]
fn the_default_answer_is_a_bare_array_of_addresses_that_can_be_fetched() {
    let (_program, address) = start(&[]);
    let client = Client::new(1);
    let search = Request::get(format!("http://{address}/search")).query("query", "red bus");
    let answer = client.send(&search).expect("an answer");
    assert_eq!(answer.head.status, 200);
    assert_eq!(answer.head.header("content-type"), Some("application/json"));
    let urls = urls(&answer.json().expect("JSON"));
    assert_eq!(urls.len(), 5);
    assert_eq!(urls[0], format!("http://{address}/images/bus.jpg"));
    for url in urls {
        let picture = client.send(&Request::get(&url)).expect("a picture");
        assert_eq!(picture.head.status, 200, "{url}");
        assert_eq!(picture.head.header("content-type"), Some("image/jpeg"));
        assert!(picture.body.starts_with(b"\xff\xd8\xff"), "{url}");
    }
}

#[test]
fn details_limit_and_offset_page_through_everything() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    let target = "/search?query=%20Red+bus%20&details=true&limit=1&unknown=%ff&limit=x";
    let first = get(&mut connection, target).json();
    let expected = json!({
        "query": "Red bus",
        "results": [{
            "url": "http://localhost/images/bus.jpg",
            "width": 256,
            "height": 256,
            "caption": "bus",
            "score": 0.86,
        }],
        "next_offset": 1,
    });
    assert_eq!(first, expected);
    let all = get(&mut connection, "/search?query=fruit&limit=50").json();
    let all = urls(&all);
    assert!((10..50).contains(&all.len()), "{all:?}");
    let tail = format!("/search?query=fruit&limit=50&offset={}", all.len() - 2);
    assert_eq!(
        urls(&get(&mut connection, &tail).json()),
        all[all.len() - 2..]
    );
    let end = get(&mut connection, &(tail + "&details=true")).json();
    assert_eq!(end.get("next_offset"), None, "{end}");
    let beyond = get(&mut connection, "/search?query=bus&offset=1000");
    assert_eq!((beyond.status, beyond.json()), (200, json!([])));
    let short = get(&mut connection, "/search?query=bus&details=false").json();
    assert!(short.is_array());
    let nothing = get(&mut connection, "/search?query=xyzzy&details=true").json();
    assert_eq!(nothing, json!({"query": "xyzzy", "results": []}));
}

#[test]
fn a_query_that_is_blank_too_long_or_not_text_is_refused() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    let long = |count: usize| format!("/search?query={}", "%C3%A9".repeat(count));
    for good in [
        long(500),
        long(500) + "++%20",
        "/search?query=%26%3D%23".into(),
    ] {
        assert_eq!(get(&mut connection, &good).status, 200, "{good}");
    }
    let mut bad = vec![long(501)];
    bad.extend(
        [
            "/search",
            "/search?",
            "/search?query",
            "/search?query=",
            "/search?query=+",
            "/search?query=+%20%09%0A",
            "/search?query=%ff",
            "/search?query=caf%E9",
            "/search?query=%ED%A0%80",
            "/search?query=x&limit=0",
            "/search?query=x&limit=51",
            "/search?query=x&limit=-1",
            "/search?query=x&limit=five",
            "/search?query=x&limit=",
            "/search?query=x&offset=-1",
            "/search?query=x&offset=99999999999999999999999",
        ]
        .map(str::to_owned),
    );
    for target in bad {
        let reply = get(&mut connection, &target);
        assert_eq!(reply.error(), (400, "bad_query".into()), "{target}");
    }
}

#[test]
fn bytes_that_are_not_text_never_reach_the_engine() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    connection.send(b"GET /search?query=caf\xe9 HTTP/1.1\r\nhost: h\r\n\r\n");
    assert_eq!(connection.reply().status, 400);
    let mut connection = Raw::connect(address);
    connection.send("HELLO\r\n\r\n");
    assert_eq!(connection.reply().status, 400);
    assert_eq!(get(&mut Raw::connect(address), "/health").status, 200);
}

#[test]
fn wrong_paths_and_methods_are_errors_of_the_contract() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    for target in [
        "/search/",
        "/searching?query=x",
        "/images/",
        "/images/none.jpg",
        "/images/automobile",
        "/images/%ff",
        "/images/..%2f..%2fCargo.toml",
        "/images/../Cargo.toml",
    ] {
        let reply = get(&mut connection, target);
        assert_eq!(reply.error(), (404, "not_found".into()), "{target}");
    }
    for (method, target, allowed) in [
        ("DELETE", "/search?query=x", "GET,HEAD,POST"),
        ("PUT", "/search", "GET,HEAD,POST"),
        ("POST", "/health", "GET,HEAD"),
        ("PATCH", "/ready", "GET,HEAD"),
        ("POST", "/images/automobile.jpg", "GET,HEAD"),
    ] {
        let reply = connection
            .ask(method, target, "content-length: 0\r\n")
            .reply();
        let error = reply.error();
        assert_eq!(
            error,
            (405, "method_not_allowed".into()),
            "{method} {target}"
        );
        assert_eq!(reply.header("allow"), Some(allowed), "{method} {target}");
    }
}

#[test]
fn head_is_get_without_a_body_on_a_connection_that_lives_on() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    for target in [
        "/search?query=bus",
        "/search?query=%ff",
        "/health",
        "/ready",
        "/images/automobile.jpg",
        "/none",
    ] {
        let whole = get(&mut connection, target);
        let head = connection.ask("HEAD", target, "").reply_to_head();
        assert_eq!(head.status, whole.status, "{target}");
        for name in ["content-length", "content-type"] {
            assert_eq!(head.header(name), whole.header(name), "{target}");
        }
    }
}

#[test]
fn health_and_readiness_say_which_engine_answers() {
    let (_program, address) = start(&[]);
    let mut connection = Raw::connect(address);
    let health =
        json!({"status": "ok", "engine": "mock", "version": env!("CARGO_PKG_VERSION"), "can": []});
    assert_eq!(get(&mut connection, "/health").json(), health);
    let ready = get(&mut connection, "/ready");
    assert_eq!(
        (ready.status, ready.json()),
        (
            200,
            json!({"status": "ok", "engine": "mock", "pictures": clip_bot::engine::drawings::all().len()})
        )
    );
}

#[test]
fn only_the_token_opens_the_search_and_nothing_else_needs_it() {
    let (program, address) = start(&[
        ("CLIP_SEARCH_TOKEN", "s3cret-of-the-test"),
        ("CLIP_SEARCH_LOG", "trace"),
    ]);
    let mut connection = Raw::connect(address);
    let target = "/search?query=bus";
    let nameless = get(&mut connection, target);
    assert_eq!(nameless.error(), (401, "forbidden".into()));
    assert_eq!(nameless.header("www-authenticate"), Some("Bearer"));
    let mut with = |value: &str| {
        let header = format!("authorization: {value}\r\n");
        connection.ask("GET", target, &header).reply()
    };
    assert_eq!(with("Basic dTpw").error(), (401, "forbidden".into()));
    for wrong in [
        "s3cret-of-the-tes",
        "s3cret-of-the-test2",
        "S3CRET-OF-THE-TEST",
    ] {
        let reply = with(&format!("Bearer {wrong}"));
        assert_eq!(reply.error(), (403, "forbidden".into()), "{wrong}");
        assert_eq!(reply.header("www-authenticate"), None);
    }
    assert_eq!(with("Bearer s3cret-of-the-test").status, 200);
    for free in ["/health", "/ready", "/images/automobile.jpg"] {
        assert_eq!(get(&mut connection, free).status, 200, "{free}");
    }
    let output = program.stop().output;
    assert!(
        output.contains("CLIP_SEARCH_TOKEN is in the environment"),
        "{output}"
    );
    assert!(!output.to_lowercase().contains("s3cret"), "{output}");
}

#[test]
fn a_picture_is_checked_before_the_engine_sees_it() {
    let (_program, address) = start(&[]);
    let client = Client::new(1);
    let post = |media_type: &str, body: &[u8]| {
        let url = format!("http://{address}/search?limit=3");
        let answer = client.send(&Request::post(url, media_type, body.to_vec()));
        let answer = answer.expect("an answer");
        let code = answer.json().expect("JSON")["error"]["code"].clone();
        (
            answer.head.status,
            code.as_str().unwrap_or_default().to_owned(),
        )
    };
    let png = b"\x89PNG\r\n\x1a\n....";
    let unsupported = (415, "unsupported_media".to_owned());
    assert_eq!(post("image/png", png), (501, "not_supported".into()));
    assert_eq!(post("image/gif", b"GIF89a"), unsupported);
    assert_eq!(post("text/plain", png), unsupported);
    assert_eq!(post("image/png", b"<html>"), unsupported);
    assert_eq!(post("image/png", b""), unsupported);
    let large = vec![0; (10 << 20) + 1];
    assert_eq!(post("image/png", &large), (413, "too_large".into()));
    assert_eq!(post("text/plain", &large), unsupported);
}

#[test]
fn the_log_has_one_line_a_search_and_the_words_only_at_debug() {
    for (level, seen) in [("info", false), ("debug", true)] {
        let (program, address) = start(&[("CLIP_SEARCH_LOG", level)]);
        let mut connection = Raw::connect(address);
        get(&mut connection, "/search?query=purple+elephant&limit=2");
        get(&mut connection, "/search?query=purple+elephant&limit=0");
        get(&mut connection, "/health");
        let output = program.stop().output;
        let lines = |part: &str| output.lines().filter(|line| line.contains(part)).count();
        assert_eq!(lines("search: 2 hits in "), 1, "{output}");
        assert_eq!(lines("search: bad_query: limit must be"), 1, "{output}");
        assert_eq!(lines("health"), usize::from(seen), "{output}");
        assert_eq!(output.contains("elephant"), seen, "{level}:\n{output}");
    }
}

#[test]
fn sigterm_ends_it_at_once_whatever_connections_are_open() {
    let (program, address) = start(&[]);
    let mut used = Raw::connect(address);
    assert_eq!(get(&mut used, "/health").status, 200);
    let _silent = Raw::connect(address);
    let start = std::time::Instant::now();
    let ended = program.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    // Half of what a connection with a running request may take.
    assert!(start.elapsed().as_secs() < 5, "took {:?}", start.elapsed());
    assert!(ended.output.contains("stopped"), "{}", ended.output);
    assert_eq!(used.rest(), b"");
}
