//! The seven defects of the reference system, each shown not to be ours.

use std::time::{Duration, Instant};

use crate::support::server::Reply;
use crate::support::stage::{Stage, failure, found};
use crate::support::telegram::{Telegram, flood, group_message};

/// 1. Only the first word was searched, and it was not encoded.
#[test]
fn the_whole_query_is_searched_and_encoded() {
    let stage = Stage::start(2);
    stage.telegram.write(7, "/query red bus & 100% más? #1+1");
    stage
        .telegram
        .wait_for_text("2 pictures for “red bus & 100% más? #1+1”");
    let target = &stage.endpoint.requests()[0].target;
    let query = "/search?query=red%20bus%20%26%20100%25%20m%C3%A1s%3F%20%231%2B1&";
    assert!(target.starts_with(query), "{target}");
    stage.stop();
}

/// 2. A sleeping Space was a 500 without a word, and the user heard nothing.
#[test]
fn a_sleeping_space_is_told_and_waited_for() {
    let started = Instant::now();
    let stage = Stage::with_endpoint(move |_| {
        if started.elapsed() < Duration::from_secs(2) {
            return failure(503, "space_asleep", Some(1));
        }
        found(2)
    });
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("is waking up");
    stage.telegram.wait_for_text("2 pictures for “bus”");
    let bare = Stage::with_endpoint(|_| Reply::json(500, &serde_json::json!({"message": "x"})));
    bare.telegram.write(7, "bus");
    bare.telegram
        .wait_for_text("The search is not available right now");
    stage.stop();
}

/// 3. One failure stopped polling for everybody, for seconds.
#[test]
fn one_failing_search_delays_nobody() {
    let stage = Stage::with_endpoint(|request| {
        if request.target.contains("bad") {
            Reply::Stall
        } else {
            found(2)
        }
    });
    for chat in 1..=8 {
        stage.telegram.write(chat, "bad");
    }
    stage
        .telegram
        .wait_for_many("acknowledgements", 8, |call| call.text().contains("“bad”"));
    let start = Instant::now();
    stage.telegram.write(9, "good");
    stage.telegram.wait_for_text("2 pictures for “good”");
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
}

/// 4. Six messages a query: a group's limit of 20 a minute was reached by the third query.
#[test]
fn a_query_costs_a_group_one_message_and_one_album() {
    let stage = Stage::start(5);
    stage.telegram.push(group_message(-5, "/query bus"));
    stage.telegram.wait_for_text("5 pictures for “bus”");
    let methods: Vec<String> = stage
        .telegram
        .calls()
        .into_iter()
        .filter(|call| call.chat() == -5 && call.method != "sendChatAction")
        .map(|call| call.method)
        .collect();
    assert_eq!(
        methods,
        ["sendMessage", "sendMediaGroup", "editMessageText"]
    );
    stage.stop();
}

/// 5. The endpoint was open to anyone who found it.
#[test]
fn the_endpoint_is_asked_with_its_token() {
    let file = crate::support::stage::file("search-token", "s3cret-endpoint-token\n");
    let file = file.to_str().expect("a plain path").to_owned();
    let settings = [("CLIP_BOT_SEARCH_TOKEN_FILE", file.as_str())];
    let stage = Stage::with(Telegram::start(), |_| found(2), &settings);
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("2 pictures");
    let request = &stage.endpoint.requests()[0];
    assert_eq!(
        request.header("authorization"),
        Some("Bearer s3cret-endpoint-token")
    );
    assert!(!stage.stop().contains("s3cret-endpoint-token"));
}

/// 6. No allow-list and no logs that name what failed.
#[test]
fn strangers_cost_no_search_and_failures_are_logged() {
    let settings = [("CLIP_BOT_ALLOWED", "8,-5")];
    let stage = Stage::with(
        Telegram::start(),
        |_| failure(502, "space_error", None),
        &settings,
    );
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("This bot is private");
    let update = stage.telegram.write(8, "bus");
    stage
        .bot
        .wait_for_line(&format!("update {update}: the search failed: space_error"));
    assert_eq!(stage.endpoint.requests().len(), 1);
    stage.stop();
}

/// 7. Nine requests on six connections for a search, and seconds to start.
#[test]
fn a_start_costs_one_request_and_a_search_four_on_kept_connections() {
    let stage = Stage::with(
        Telegram::start(),
        |_| found(5),
        &[("CLIP_BOT_WORKERS", "1")],
    );
    for number in 1..=3 {
        stage.telegram.write(number, &format!("bus {number}"));
    }
    stage.telegram.wait_for_many("summaries", 3, |call| {
        call.text().contains("5 pictures for")
    });
    let calls = stage.telegram.calls();
    assert_eq!(calls[0].method, "getMe");
    let before_first_poll = calls.iter().position(|call| call.method == "getUpdates");
    let others = calls[1..before_first_poll.expect("it polls")].iter();
    assert!(
        others
            .clone()
            .all(|call| call.method.ends_with("MyCommands")),
        "{others:?}"
    );
    let ours = ["sendMessage", "sendMediaGroup", "editMessageText"];
    let sent = calls
        .iter()
        .filter(|call| ours.contains(&call.method.as_str()))
        .count();
    assert_eq!((sent, stage.endpoint.requests().len()), (9, 3));
    assert_eq!(stage.endpoint.connections(), 1, "kept alive");
    stage.stop();
}

/// 3, second half: a flood answer to the acknowledgement cost the whole query.
#[test]
fn one_flood_answer_costs_nothing() {
    let stage = Stage::start(2);
    stage.telegram.fail("sendMessage", 1, flood(1));
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("2 pictures for “bus”");
    stage.stop();
}
