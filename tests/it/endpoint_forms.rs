//! What people send in other ways than the contract's own: names, words for yes, forms.

use std::net::SocketAddr;

use serde_json::Value;

use crate::support::endpoint::start;
use crate::support::raw::{Raw, Reply};

fn get(address: SocketAddr, target: &str) -> Reply {
    Raw::connect(address).ask("GET", target, "").reply()
}

/// Posts `body` with these headers; their length is added.
fn post(address: SocketAddr, target: &str, headers: &str, body: &[u8]) -> Reply {
    let headers = format!("{headers}content-length: {}\r\n", body.len());
    let mut connection = Raw::connect(address);
    connection.ask("POST", target, &headers).send(body).reply()
}

fn message(reply: &Reply) -> String {
    let body = reply.json();
    body["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// As `curl -F` writes a form.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (parameters, content) in parts {
        body.extend(b"--------------------------0123456789abcdef\r\n");
        body.extend(format!("Content-Disposition: form-data; name={parameters}\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--------------------------0123456789abcdef--\r\n");
    body
}

const FORM: &str =
    "content-type: multipart/form-data; boundary=------------------------0123456789abcdef\r\n";

#[test]
fn details_can_be_wanted_in_any_of_the_usual_words() {
    let (_program, address) = start(&[]);
    for word in ["true", "True", "TRUE", "1", "yes", "Yes", "on", "ON"] {
        let reply = get(address, &format!("/search?query=bus&details={word}"));
        assert!(reply.json()["results"].is_array(), "{word}");
    }
    for word in ["false", "False", "0", "no", "off"] {
        let reply = get(address, &format!("/search?query=bus&details={word}"));
        assert!(reply.json().is_array(), "{word}");
    }
    let reply = get(address, "/search?query=bus&details=sure");
    assert_eq!(reply.error(), (400, "bad_query".into()));
    assert!(message(&reply).contains("true, 1, yes, on"), "{reply:?}");
}

#[test]
fn a_parameter_of_another_name_is_answered_with_its_right_one() {
    let (_program, address) = start(&[]);
    for (target, right) in [
        ("/search?q=bus", "it is called query here"),
        ("/search?Query=bus", "it is called query here"),
        ("/search?query=bus&n=3", "it is called limit here"),
        ("/search?query=bus&page=3", "it is called offset here"),
        ("/search?query=bus&verbose=1", "it is called details here"),
        ("/search?red+bus", "/search?query=red+bus"),
    ] {
        let reply = get(address, target);
        assert_eq!(reply.error(), (400, "bad_query".into()), "{target}");
        assert!(message(&reply).contains(right), "{target}: {reply:?}");
    }
    assert_eq!(
        get(address, "/search?query=bus&utm_source=x&_=1").status,
        200
    );
}

#[test]
fn words_are_found_in_forms_and_in_json() {
    let (_program, address) = start(&[]);
    let expected = get(address, "/search?query=red+bus&limit=2&details=1").json();
    let fields: [(&str, &[u8]); 3] = [
        ("\"query\"", b"red bus"),
        ("\"limit\"", b"2"),
        ("\"details\"", b"on"),
    ];
    let form = form(&fields);
    let json = r#"{"query": "red bus", "limit": 2, "details": true}"#;
    let table: [(&str, &str, &[u8]); 4] = [
        ("/search", FORM, &form),
        (
            "/search?limit=2",
            "content-type: application/json\r\n",
            json.as_bytes(),
        ),
        (
            "/search?details=yes",
            "content-type: application/x-www-form-urlencoded\r\n",
            b"query=red+bus&limit=2",
        ),
        ("/search?query=red+bus&limit=2&details=1", "", b""),
    ];
    for (target, headers, body) in table {
        let reply = post(address, target, headers, body);
        assert_eq!(
            (reply.status, reply.json()),
            (200, expected.clone()),
            "{headers}"
        );
    }
}

#[test]
fn a_picture_is_found_in_whatever_way_it_is_sent() {
    let (_program, address) = start(&[("CLIP_SEARCH_ENGINE", "clip")]);
    let dog = get(address, "/search?query=dog&limit=1").json();
    let path = dog[0].as_str().and_then(|url| url.split_once("localhost"));
    let (_, path) = path.expect("an address at the endpoint");
    let picture = get(address, path).body;
    let as_it_is = post(
        address,
        "/search?limit=3",
        "content-type: image/jpeg\r\n",
        &picture,
    );
    let expected = as_it_is.json();
    assert_eq!((as_it_is.status, &expected[0]), (200, &dog[0]));
    for headers in [
        "",
        "content-type: image/jpg\r\n",
        "content-type: image/*\r\n",
        "content-type: application/octet-stream\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
    ] {
        let reply = post(address, "/search?limit=3", headers, &picture);
        assert_eq!(
            (reply.status, reply.json()),
            (200, expected.clone()),
            "{headers}"
        );
    }
    for field in [
        "\"file\"; filename=\"x.jpg\"\r\nContent-Type: image/jpeg",
        "\"files\"; filename=\"x.jpg\"",
        "\"image\"; filename=\"blob\"\r\nContent-Type: application/octet-stream",
        "\"picture\"",
    ] {
        let in_address = form(&[(field, &picture)]);
        let reply = post(address, "/search?limit=3", FORM, &in_address);
        assert_eq!(
            (reply.status, reply.json()),
            (200, expected.clone()),
            "{field}"
        );
        let in_form = form(&[("\"limit\"", b"3"), (field, &picture)]);
        let reply = post(address, "/search", FORM, &in_form);
        assert_eq!(
            (reply.status, reply.json()),
            (200, expected.clone()),
            "{field}"
        );
    }
}

#[test]
fn a_broken_form_is_a_bad_query_and_a_large_one_is_too_large() {
    let (_program, address) = start(&[]);
    for (headers, body) in [
        ("content-type: multipart/form-data\r\n", "x"),
        (FORM, "no delimiter"),
        ("content-type: application/json\r\n", "{"),
    ] {
        let reply = post(address, "/search", headers, body.as_bytes());
        assert_eq!(reply.error(), (400, "bad_query".into()), "{headers}");
    }
    let long = vec![b'x'; 70 << 10];
    let reply = post(address, "/search", FORM, &form(&[("query", &long)]));
    assert_eq!(reply.error(), (413, "too_large".into()));
    let mut picture = b"\xff\xd8\xff".to_vec();
    picture.resize((10 << 20) + 1, 0);
    let reply = post(
        address,
        "/search",
        FORM,
        &form(&[("f; filename=f", &picture)]),
    );
    assert_eq!(reply.error(), (413, "too_large".into()));
    let gif = post(
        address,
        "/search",
        FORM,
        &form(&[("f; filename=f", b"GIF89a")]),
    );
    assert_eq!(gif.error(), (415, "unsupported_media".into()));
    assert!(matches!(gif.json(), Value::Object(_)));
    assert!(message(&gif).contains("GIF"), "{gif:?}");
}
