//! The description at `/openapi.json`, held against what is really answered.

use std::time::Duration;

use clip_bot::endpoint::http::Limits;
use clip_bot::search::{Failure, Reason};
use serde_json::Value;

use crate::support::endpoint::{Running, Scripted, config, one_hit, start};
use crate::support::raw::Raw;

/// The statuses that the description of `address` names for an operation.
fn statuses(description: &Value, path: &str, method: &str) -> Vec<u16> {
    let responses = description["paths"][path][method]["responses"].as_object();
    let responses = responses.expect("an operation that is described");
    responses
        .keys()
        .map(|status| status.parse().expect("a status"))
        .collect()
}

fn description(mut connection: Raw) -> Value {
    let reply = connection.ask("GET", "/openapi.json", "").reply();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.json()
}

#[test]
fn every_failure_of_an_engine_has_a_status_that_is_described() {
    for reason in Reason::ALL {
        // These are seen by clients alone, told by the endpoint itself, or no search's.
        if matches!(
            reason,
            Reason::Unreachable | Reason::Garbled | Reason::Forbidden
        ) || [404, 405, 421, 507].contains(&reason.status())
        {
            continue;
        }
        let engine = Scripted::new(move |_, _| {
            Err(Failure::new(reason, "m").retry_after(Duration::from_secs(1)))
        });
        let running = Running::new(engine, config(), Limits::default());
        let described = description(running.connect());
        let headers = "content-type: image/png\r\ncontent-length: 8\r\n";
        let mut connection = running.connect();
        connection.ask("POST", "/search", headers);
        let posted = connection.send(b"\x89PNG\r\n\x1a\n").reply().status;
        assert!(
            statuses(&described, "/search", "post").contains(&posted),
            "{reason:?} {posted}"
        );
        if [413, 415].contains(&reason.status()) {
            continue;
        }
        let got = running
            .connect()
            .ask("GET", "/search?query=x", "")
            .reply()
            .status;
        assert_eq!(got, reason.status());
        assert!(
            statuses(&described, "/search", "get").contains(&got),
            "{reason:?}"
        );
        if reason == Reason::BadQuery {
            continue;
        }
        let ready = running.connect().ask("GET", "/ready", "").reply().status;
        assert!(
            statuses(&described, "/ready", "get").contains(&ready),
            "{reason:?}"
        );
    }
}

#[test]
fn the_description_names_what_there_is_and_nothing_else() {
    let (_program, address) = start(&[]);
    let described = description(Raw::connect(address));
    assert_eq!(described["openapi"], "3.1.0");
    for (path, methods) in described["paths"].as_object().expect("paths") {
        let target = path.replace("{id}", "bus.jpg");
        let query = if path == "/search" { "?query=bus" } else { "" };
        let reply = Raw::connect(address)
            .ask("GET", &format!("{target}{query}"), "")
            .reply();
        assert_eq!(reply.status, 200, "{path}");
        let posted = Raw::connect(address)
            .ask("POST", &target, "content-length: 0\r\n")
            .reply();
        assert_eq!(
            posted.status != 405,
            methods.get("post").is_some(),
            "{path}"
        );
    }
    let parameters = described["paths"]["/search"]["get"]["parameters"].as_array();
    for parameter in parameters.expect("parameters") {
        // A value beyond the schema is refused, so the parameter is known.
        let name = parameter["name"].as_str().expect("a name");
        let target = format!("/search?query=bus&{name}=%ff").replace("query=bus&query", "query");
        let reply = Raw::connect(address).ask("GET", &target, "").reply();
        assert_eq!(reply.error(), (400, "bad_query".into()), "{name}");
    }
    let limit = &parameters.expect("parameters")[1]["schema"];
    for (limit, status) in [(&limit["maximum"], 200), (&limit["minimum"], 200)] {
        let target = format!("/search?query=bus&limit={limit}");
        assert_eq!(
            Raw::connect(address).ask("GET", &target, "").reply().status,
            status
        );
    }
}

#[test]
fn only_what_the_engine_and_the_token_make_possible_is_described() {
    let content = |described: &Value| {
        let content = &described["paths"]["/search"]["post"]["requestBody"]["content"];
        let kinds = content
            .as_object()
            .expect("kinds of bodies")
            .keys()
            .cloned();
        kinds.collect::<Vec<_>>()
    };
    let (_program, address) = start(&[]);
    let words_only = description(Raw::connect(address));
    assert_eq!(content(&words_only), ["application/json"]);
    assert!(!statuses(&words_only, "/search", "get").contains(&401));
    assert_eq!(words_only["components"].get("securitySchemes"), None);
    let settings = [("CLIP_SEARCH_ENGINE", "clip"), ("CLIP_SEARCH_TOKEN", "t")];
    let (_program, address) = start(&settings);
    let guarded = description(Raw::connect(address));
    assert!(content(&guarded).contains(&"multipart/form-data".to_owned()));
    assert!(statuses(&guarded, "/search", "get").contains(&401));
    assert!(!statuses(&guarded, "/health", "get").contains(&401));
    let reply = Raw::connect(address)
        .ask("GET", "/search?query=x", "")
        .reply();
    assert_eq!(reply.status, 401);
}

#[test]
fn the_page_is_there_unless_a_token_is_set_or_it_is_switched_off() {
    for (settings, status) in [
        (&[][..], 200),
        (&[("CLIP_SEARCH_PAGE", "off")][..], 404),
        (&[("CLIP_SEARCH_TOKEN", "t")][..], 404),
        (
            &[("CLIP_SEARCH_TOKEN", "t"), ("CLIP_SEARCH_PAGE", "on")][..],
            200,
        ),
    ] {
        let (_program, address) = start(settings);
        for path in ["/", "/page.css", "/page.js", "/page.svg"] {
            let reply = Raw::connect(address).ask("GET", path, "").reply();
            assert_eq!(reply.status, status, "{settings:?} {path}");
            if status == 200 {
                let policy = reply.header("content-security-policy");
                assert!(policy.is_some_and(|policy| policy.starts_with("default-src 'none'")));
            }
        }
    }
}

#[test]
fn ready_says_what_is_searched_and_health_what_can_be_asked() {
    let (_program, address) = start(&[("CLIP_SEARCH_ENGINE", "clip")]);
    let get = |path: &str| Raw::connect(address).ask("GET", path, "").reply().json();
    let ready = get("/ready");
    assert!(
        ready["pictures"].as_u64().is_some_and(|count| count > 1000),
        "{ready}"
    );
    let model = ready["model"].as_str().unwrap_or_default();
    assert!(model.starts_with("sample "), "{ready}");
    assert_eq!(get("/health")["can"], serde_json::json!(["picture"]));
    let running = Running::new(
        Scripted::new(|_, _| Ok(one_hit())),
        config(),
        Limits::default(),
    );
    let ready = running.connect().ask("GET", "/ready", "").reply().json();
    assert_eq!(ready, serde_json::json!({"status": "ok", "engine": "mock"}));
}
