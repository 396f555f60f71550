//! Spaces by `user/name`: host, stage, and where the token goes.

use std::sync::Mutex;

use super::*;
use crate::support::process::Program;
use crate::support::server::{Reply, Request};
use crate::support::stage::file;

const TOKEN: &str = "hf_SECRET";

/// A hub that says the Space `u/s` is at `host`, in `stage`.
fn hub(host: String, stage: &'static str) -> Server {
    Server::start(move |request| match request.path() {
        "/api/spaces/u/s/host" => Reply::json(200, &json!({ "subdomain": "u-s", "host": host })),
        "/api/spaces/u/s/runtime" => {
            Reply::json(200, &json!({ "stage": stage, "gcTimeout": 172_800 }))
        }
        _ => Reply::json(404, &json!({ "error": "not found" })),
    })
}

fn at_hub(hub: &Server) -> SpaceConfig {
    SpaceConfig {
        location: SpaceLocation::Hub("u/s".into()),
        token: Some(Secret::new(TOKEN)),
        hub: hub.url(""),
        ..config("", "gallery")
    }
}

fn sleeper() -> Server {
    Server::start(|_| Reply::html(503, "<h1>This Space is sleeping</h1>"))
}

#[test]
fn the_hub_is_asked_for_the_host_once() {
    let server = gradio("6.31", |_| None);
    let hub = hub(server.url("/"), "RUNNING");
    let space = space(&at_hub(&hub));
    for _ in 0..2 {
        space
            .search(&words(2, 0), Instant::now() + LONG)
            .expect("found");
    }
    assert_eq!(paths(&hub), ["/api/spaces/u/s/host"]);
}

#[test]
fn a_space_with_a_new_name_is_found_under_its_old_one() {
    let server = gradio("6.31", |_| None);
    let address = server.url("");
    let hub = Server::start(move |request| match request.path() {
        "/api/spaces/u/s/host" => {
            Reply::json(307, &json!({})).with("location", "/api/spaces/u/new/host")
        }
        "/api/spaces/u/new/host" => Reply::json(200, &json!({ "host": address })),
        _ => Reply::json(404, &json!({ "error": "not found" })),
    });
    ask(&at_hub(&hub)).expect("found");
    assert_eq!(
        paths(&hub),
        ["/api/spaces/u/s/host", "/api/spaces/u/new/host"]
    );
}

#[test]
fn a_redirect_of_the_hub_to_elsewhere_is_not_followed() {
    let elsewhere = Server::start(|_| Reply::json(200, &json!({ "host": "http://127.0.0.1:1" })));
    for location in [elsewhere.url("/x"), format!("//{}/x", elsewhere.address())] {
        let hub = Server::start(move |_| Reply::json(307, &json!({})).with("location", &location));
        let failure = ask(&at_hub(&hub)).expect_err("not followed");
        assert!(failure.message.contains("redirects"), "{failure}");
    }
    assert_eq!(paths(&elsewhere), [""; 0]);
}

#[test]
fn a_space_that_moved_is_found_again() {
    let old = Server::start(|_| Reply::json(404, &json!({ "detail": "Not Found" })));
    let new = gradio("6.31", |_| None);
    let hosts = Mutex::new(vec![new.url(""), old.url("")]);
    let hub = Server::start(move |_| {
        let host = hosts.lock().expect("no panic while held").pop();
        Reply::json(200, &json!({ "host": host }))
    });
    let space = space(&at_hub(&hub));
    let search = || space.search(&words(2, 0), Instant::now() + LONG);
    assert_eq!(
        search().expect_err("nothing there").reason,
        Reason::SpaceMismatch
    );
    search().expect("found at its new host");
}

#[test]
fn the_token_goes_to_the_hub_and_the_space_in_its_own_header() {
    let server = gradio("6.31", |_| None);
    let hub = hub(server.url(""), "RUNNING");
    ask(&at_hub(&hub)).expect("found");
    let bearer = format!("Bearer {TOKEN}");
    for request in hub.requests() {
        assert_eq!(request.header("authorization"), Some(bearer.as_str()));
    }
    for request in server.requests() {
        assert_eq!(
            request.header("x-hf-authorization"),
            Some(bearer.as_str()),
            "{}",
            request.target
        );
        assert_eq!(request.header("authorization"), None, "{}", request.target);
    }
}

#[test]
fn a_redirect_is_named_and_not_followed() {
    let elsewhere = Server::start(|_| Reply::json(200, &json!({})));
    let target = elsewhere.url("/config?from=x");
    let redirect = move |_: &Request| Reply::html(302, "moved").with("location", &target);
    let server = Server::start(redirect);
    let hub = hub(server.url(""), "RUNNING");
    let failure = ask(&at_hub(&hub)).expect_err("redirected");
    assert_eq!(failure.reason, Reason::SpaceMismatch);
    assert!(
        failure
            .message
            .contains(&format!("redirects to {}", elsewhere.address())),
        "{failure}"
    );
    assert_eq!(paths(&elsewhere), [""; 0]);
}

#[test]
fn the_stage_tells_asleep_from_dead() {
    let table = [
        ("SLEEPING", Reason::SpaceAsleep),
        ("APP_STARTING", Reason::SpaceAsleep),
        ("PAUSED", Reason::SpaceDown),
        ("BUILD_ERROR", Reason::SpaceDown),
    ];
    for (stage, reason) in table {
        let space = sleeper();
        let hub = hub(space.url(""), stage);
        let failure = ask(&at_hub(&hub)).expect_err(stage);
        assert_eq!(
            (failure.reason, failure.stage.as_deref()),
            (reason, Some(stage))
        );
        assert_eq!(
            paths(&hub),
            ["/api/spaces/u/s/host", "/api/spaces/u/s/runtime"]
        );
        assert_eq!(paths(&space), ["/config"]);
    }
}

#[test]
fn a_silent_hub_costs_two_seconds() {
    let space = sleeper();
    let address = space.url("");
    let hub = Server::start(move |request| match request.path() {
        "/api/spaces/u/s/host" => Reply::json(200, &json!({ "host": address })),
        _ => Reply::Stall,
    });
    let since = Instant::now();
    let failure = ask(&at_hub(&hub)).expect_err("asleep");
    assert_eq!((failure.reason, failure.stage), (Reason::SpaceAsleep, None));
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
}

#[test]
fn a_space_of_its_own_is_no_business_of_the_hub() {
    let space = sleeper();
    let hub = hub(String::new(), "PAUSED");
    let config = SpaceConfig {
        hub: hub.url(""),
        ..config(&space.url(""), "gallery")
    };
    let failure = ask(&config).expect_err("asleep");
    assert_eq!((failure.reason, failure.stage), (Reason::SpaceAsleep, None));
    assert_eq!(paths(&hub), [""; 0]);
}

#[test]
fn a_streamlit_space_is_no_sleeper() {
    let space = Server::start(|_| Reply::html(404, "<html>404"));
    let hub = hub(space.url(""), "RUNNING");
    let failure = ask(&at_hub(&hub)).expect_err("no Gradio");
    assert_eq!(
        (failure.reason, failure.stage.as_deref()),
        (Reason::SpaceMismatch, Some("RUNNING"))
    );
}

#[test]
fn a_hub_that_does_not_tell_the_host_says_why() {
    let limited = || Reply::json(429, &json!({})).with("ratelimit", "\"api\";r=0;t=55");
    let table = [
        (
            Reply::json(401, &json!({ "error": "Invalid username or password." })),
            Reason::SpaceAuth,
            None,
        ),
        (
            Reply::json(404, &json!({ "error": "Repository not found" })),
            Reason::SpaceMismatch,
            None,
        ),
        (limited(), Reason::SpaceRateLimited, Some(55)),
        (Reply::html(503, "maintenance"), Reason::SpaceDown, None),
        (
            Reply::json(200, &json!({ "host": "u-s.hf.space" })),
            Reason::SpaceDown,
            None,
        ),
        (Reply::Close, Reason::SpaceError, None),
    ];
    for (reply, reason, seconds) in table {
        let answer = reply.clone();
        let hub = Server::start(move |_| answer.clone());
        let failure = ask(&at_hub(&hub)).expect_err("no host");
        let expected = (reason, seconds.map(Duration::from_secs));
        assert_eq!(
            (failure.reason, failure.retry_after),
            expected,
            "{reply:?}: {failure}"
        );
    }
}

#[test]
fn the_token_and_the_query_stay_out_of_failures_and_logs() {
    let token = file("hf-token", TOKEN);
    let token = token.to_str().expect("a plain path");
    // What `clip-search query` prints and logs, with a Space that answers `/config` like this.
    let output = |config: Option<Reply>| {
        let server = gradio("6.31", move |request| {
            config.clone().filter(|_| request.path() == "/config")
        });
        let hub = hub(server.url(""), "RUNNING");
        let variables = [
            ("CLIP_SEARCH_HF_TOKEN_FILE", token),
            ("CLIP_SEARCH_HUB", &hub.url("")),
            ("CLIP_SEARCH_LOG", "trace"),
            ("CLIP_SEARCH_SPACE", "u/s"),
            ("CLIP_SEARCH_SPACE_API", "gallery"),
        ];
        let words = ["query", "my", "private", "words"];
        Program::start(env!("CARGO_BIN_EXE_clip-search"), &words, &variables)
            .wait()
            .output
    };
    let moved = Reply::html(302, "moved").with("location", "http://user:hf_SECRET@h/");
    let cases = [
        (None, "queue/join"),
        (
            Some(Reply::json(401, &json!({ "detail": "Not authenticated" }))),
            "space_auth",
        ),
        (Some(Reply::html(503, "asleep")), "space_asleep"),
        (Some(moved), "redirect"),
        (Some(Reply::Close), "clip-search: space_"),
    ];
    for (config, expected) in cases {
        let output = output(config);
        assert!(output.contains(expected), "no {expected:?} in {output}");
        for secret in [TOKEN, "private"] {
            assert!(!output.contains(secret), "{secret} in {output}");
        }
    }
    let debug = format!("{:?}", at_hub(&sleeper()));
    assert!(!debug.contains(TOKEN), "{debug}");
}

/// What `clip-search query` prints of the Space `u/s` of this hub.
fn printed(hub: &Server) -> String {
    let variables = [
        ("CLIP_SEARCH_HUB", &*hub.url("")),
        ("CLIP_SEARCH_SPACE", "u/s"),
        ("CLIP_SEARCH_SPACE_API", "gallery"),
    ];
    let words = ["query", "bus"];
    let program = Program::start(env!("CARGO_BIN_EXE_clip-search"), &words, &variables);
    program.wait().output
}

#[test]
fn a_space_with_a_new_name_is_followed_and_its_name_is_said() {
    let server = gradio("6.31", |_| None);
    let host = server.url("");
    let hub = Server::start(move |request| match request.path() {
        "/api/spaces/u/s/host" => {
            Reply::html(307, "renamed").with("location", "/api/spaces/v/pictures/host")
        }
        "/api/spaces/v/pictures/host" => Reply::json(200, &json!({ "host": host })),
        other => panic!("{other}"),
    });
    let printed = printed(&hub);
    assert!(
        printed.contains("the Space is called `v/pictures` now"),
        "{printed}"
    );
    assert!(
        printed.contains("http"),
        "its pictures are there: {printed}"
    );
}

#[test]
fn a_space_that_nobody_pays_for_says_so() {
    let said = "requires a PRO subscription";
    let server = gradio("6.31", move |request| {
        let unpaid = Reply::json(402, &json!({ "error": said }));
        (request.path() == "/config").then_some(unpaid)
    });
    let printed = printed(&hub(server.url(""), "PAUSED"));
    let expected =
        format!("HuggingFace asks for PRO or ZeroGPU for this Space (status 402): {said}");
    assert!(printed.contains(&expected), "{printed}");
}
