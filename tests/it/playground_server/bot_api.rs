//! The Bot API beside the page: long polls, broken answers, and requests that it refuses.

use std::time::{Duration, Instant};

use clip_bot::playground::bot_api::Answer;
use serde_json::json;

use super::Page;
use crate::support::PATIENCE;
use crate::support::raw::Raw;
use crate::support::telegram::TOKEN;

#[test]
fn the_older_of_two_polls_loses() {
    let page = Page::open();
    std::thread::scope(|scope| {
        let older = scope.spawn(|| page.bot("getUpdates", &json!({"timeout": 30})));
        let polls = |count| {
            page.api
                .wait_for(PATIENCE, count, |call| call.method == "getUpdates")
        };
        polls(1).expect("the first poll");
        let younger = scope.spawn(|| page.bot("getUpdates", &json!({"timeout": 30})));
        let (status, answer) = older.join().expect("no panic");
        assert_eq!(status, 409);
        assert_eq!(
            answer["description"],
            "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        );
        let id = page.api.say(1, 1, "hello", None);
        let (status, answer) = younger.join().expect("no panic");
        assert_eq!(
            (status, &answer["result"][0]["update_id"]),
            (200, &json!(id))
        );
    });
    let waiting = || page.bot("getUpdates", &json!({"offset": 9999, "timeout": 30}));
    std::thread::scope(|scope| {
        let poll = scope.spawn(waiting);
        page.api
            .wait_for(PATIENCE, 3, |call| call.method == "getUpdates")
            .expect("a third poll");
        page.api.set_webhook("https://example.org/hook");
        let (status, answer) = poll.join().expect("no panic");
        assert_eq!(status, 409);
        assert!(
            answer["description"]
                .as_str()
                .is_some_and(|words| words.contains("while webhook is active"))
        );
    });
    assert_eq!(waiting().0, 409);
}

#[test]
fn an_empty_poll_waits_as_long_as_it_says() {
    let page = Page::open();
    let start = Instant::now();
    assert_eq!(
        page.bot("getUpdates", &json!({"timeout": 1})).1["result"],
        json!([])
    );
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn answers_can_be_cut_stalled_and_left_out() {
    let page = Page::open();
    let mut answers = vec![
        Answer::Stall,
        Answer::Close,
        Answer::Cut(b"{\"ok\":".to_vec()),
    ];
    page.api.inject(move |_| answers.pop());
    let ask = || {
        let mut connection = Raw::connect(page.served.address);
        connection.send(format!("GET /bot{TOKEN}/getMe HTTP/1.1\r\nhost: a\r\n\r\n"));
        connection
    };
    let cut = String::from_utf8(ask().rest()).expect("text");
    assert!(
        cut.starts_with("HTTP/1.1 200")
            && cut.contains("content-length: 106")
            && cut.ends_with("{\"ok\":"),
        "{cut}"
    );
    assert_eq!(ask().rest(), b"");
    let mut stalled = ask();
    page.api
        .wait_for(PATIENCE, 3, |_| true)
        .expect("three requests");
    assert!(stalled.is_silent());
    page.api.close();
    assert_eq!(stalled.rest(), b"");
}

#[test]
fn a_wrong_token_or_path_is_refused() {
    let page = Page::open();
    let get = |target: &str| page.served.get(target, "host: a\r\n");
    assert_eq!(get("/bot1:wrong/getMe").json()["error_code"], 401);
    assert_eq!(
        get(&format!("/bot{TOKEN}/getMyself")).json()["description"],
        "Not Found: method not found"
    );
    assert_eq!(get("/robot/getMe").json()["error_code"], 404);
    assert_eq!(
        get(&format!("/bot{TOKEN}/sendMessage?chat_id=1&text=a+b%26c")).json()["result"]["text"],
        "a b&c"
    );
}
