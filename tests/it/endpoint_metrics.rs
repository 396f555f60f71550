//! `GET /metrics`, for an operator's monitoring alone.

use crate::support::endpoint::start;
use crate::support::raw::Raw;

#[test]
fn metrics_are_for_whoever_has_the_token_and_name_no_query() {
    let (_program, address) = start(&[("CLIP_SEARCH_TOKEN", "s3cret-of-the-test")]);
    let ask = |target: &str, token: &str| {
        let header = format!("authorization: Bearer {token}\r\n");
        Raw::connect(address).ask("GET", target, &header).reply()
    };
    let right = "s3cret-of-the-test";
    assert_eq!(ask("/search?query=zebra", right).status, 200);
    assert_eq!(ask("/search?query=%20", right).status, 400);
    assert_eq!(ask("/search?query=zebra", "wrong").status, 403);
    let nameless = Raw::connect(address).ask("GET", "/metrics", "").reply();
    assert_eq!(nameless.error(), (401, "forbidden".into()));
    assert_eq!(ask("/metrics", "wrong").error(), (403, "forbidden".into()));
    let metrics = ask("/metrics", right);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(metrics.header("content-type"), Some(kind));
    let text = String::from_utf8_lossy(&metrics.body);
    for line in [
        "clip_search_searches_total{outcome=\"found\"} 1",
        "clip_search_searches_total{outcome=\"bad_query\"} 1",
        "clip_search_searches_total{outcome=\"forbidden\"} 1",
        "clip_search_duration_seconds_count 3",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(!text.contains("zebra") && !text.contains(right), "{text}");
}

#[test]
fn without_a_token_there_are_no_metrics() {
    let (_program, address) = start(&[]);
    let reply = Raw::connect(address).ask("GET", "/metrics", "").reply();
    assert_eq!(reply.error(), (404, "not_found".into()));
}

/// The installation makes it, and searches on the machine itself do without.
#[test]
fn the_token_of_the_installation_opens_the_metrics_and_closes_no_search() {
    let made = "local-0123456789abcdef";
    let (_program, address) = start(&[("CLIP_SEARCH_TOKEN", made)]);
    let ask = |target: &str, header: &str| Raw::connect(address).ask("GET", target, header).reply();
    assert_eq!(ask("/search?query=zebra", "").status, 200);
    assert_eq!(ask("/metrics", "").status, 401);
    let header = format!("authorization: Bearer {made}\r\n");
    assert_eq!(ask("/metrics", &header).status, 200);
    let document = ask("/openapi.json", "");
    let document: serde_json::Value = serde_json::from_slice(&document.body).expect("JSON");
    assert!(document["paths"]["/metrics"].is_object());
    assert!(
        document["paths"]["/search"]["get"]
            .get("security")
            .is_none()
    );
}
