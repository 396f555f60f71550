//! Telegram, or what stands in its place, fails for good at one kind of request: the answer comes in a
//! form that it takes, within a minute.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::server::Reply;
use crate::support::stage::{Stage, pictures};
use crate::support::telegram::{Call, error};

/// A stage on which every request of these methods fails with `reply`.
fn failing(methods: &'static [&'static str], reply: &Reply) -> Stage {
    let (stage, reply) = (Stage::start(3), reply.clone());
    let fails = move |call: &Call| methods.contains(&&*call.method).then(|| reply.clone());
    stage.telegram.fail_when(fails);
    stage
}

#[test]
fn albums_that_fail_for_good_come_as_single_photos() {
    let replies = [
        error(500, "Internal Server Error"),
        error(404, "Not Found"),
        Reply::html(502, "<html>502 Bad Gateway</html>"),
        Reply::html(404, "<html>404 Not Found</html>"),
    ];
    std::thread::scope(|scope| {
        for reply in &replies {
            scope.spawn(move || {
                let stage = failing(&["sendMediaGroup"], reply);
                stage.telegram.write(7, "bus");
                stage.telegram.wait_for_text("3 pictures for “bus”");
                let sent = stage.telegram.calls_of("sendPhoto");
                let sent: Vec<_> = sent.iter().flat_map(Call::media).collect();
                assert_eq!(sent, pictures(3), "{reply:?}");
                stage.stop();
            });
        }
    });
}

#[test]
fn pictures_that_fail_for_good_come_as_links() {
    let pictures_fail = &["sendMediaGroup", "sendPhoto", "sendDocument"];
    let stage = failing(pictures_fail, &error(500, "Internal Server Error"));
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("3 links for “bus”");
    let links = stage
        .telegram
        .wait_for_text("could not be sent as pictures");
    assert!(pictures(3).iter().all(|url| links.text().contains(url)));
    stage.stop();
}

/// Nothing is given up where nothing can be sent: that is an outage. The user reads a sentence where
/// that can be said, and gets the album when it is over.
#[test]
fn where_nothing_can_be_sent_it_is_said_and_waited_for() {
    let stage = Stage::start(3);
    let over = Arc::new(AtomicBool::new(false));
    let (mut begun, is_over) = (false, Arc::clone(&over));
    stage.telegram.fail_when(move |call| {
        begun |= call.method == "sendMediaGroup";
        let fails = begun && call.method.starts_with("send") && !is_over.load(Ordering::Relaxed);
        fails.then(|| error(500, "Internal Server Error"))
    });
    stage.telegram.write(7, "bus");
    let said = stage.telegram.wait_for_text("takes no pictures right now");
    assert_eq!(said.method, "editMessageText");
    over.store(true, Ordering::Relaxed);
    stage.telegram.wait_for_text("3 pictures for “bus”");
    let albums = stage.telegram.calls_of("sendMediaGroup");
    let last = albums.last().expect("it was tried");
    assert_eq!(last.media(), pictures(3), "as an album after all");
    stage.stop();
}

/// The bug: it ended between two tries of the links, which came in place of the album.
#[test]
fn an_outage_that_ends_while_links_are_tried_costs_no_pictures() {
    let stage = Stage::start(3);
    let mut over = false;
    stage.telegram.fail_when(move |call| {
        let is_link = call.text().contains("could not be sent as pictures");
        let pictures = ["sendMediaGroup", "sendPhoto", "sendDocument"];
        let fails = is_link || pictures.contains(&&*call.method);
        let reply = (fails && !over).then(|| error(500, "Internal Server Error"));
        over |= is_link;
        reply
    });
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("3 pictures for “bus”");
    let albums = stage.telegram.calls_of("sendMediaGroup");
    assert_eq!(albums.last().expect("it was tried").media(), pictures(3));
    stage.stop();
}

#[test]
fn a_server_that_does_not_wait_is_polled_a_few_times_a_second() {
    let stage = Stage::start(2);
    stage.telegram.fail_when(|call| {
        let is_poll = call.method == "getUpdates" && call.parameters["timeout"] != 0;
        is_poll.then(|| Reply::json(200, &json!({"ok": true, "result": []})))
    });
    let (from, since) = (stage.telegram.calls_of("getUpdates").len(), Instant::now());
    std::thread::sleep(Duration::from_secs(3));
    let polls = stage.telegram.calls_of("getUpdates").len() - from;
    let seconds = since.elapsed().as_secs_f64();
    assert!((3..=12).contains(&polls), "{polls} in {seconds:.1} s");
    stage.stop();
}

/// Something between the bot and Telegram ends every poll that is idle for some seconds: after eight
/// of them, whoever wrote was not heard for half a minute.
#[test]
fn polls_that_are_cut_off_are_no_outage() {
    let settings = [("CLIP_BOT_POLL_TIMEOUT", "30s")];
    let telegram = crate::support::telegram::Telegram::start();
    telegram.fail_when(|call| {
        let is_long = call.method == "getUpdates" && call.parameters["timeout"].as_i64() > Some(2);
        is_long.then(|| {
            std::thread::sleep(Duration::from_millis(2800));
            Reply::html(504, "<html>504 Gateway Time-out</html>")
        })
    });
    let stage = Stage::with(telegram, |_| crate::support::stage::found(2), &settings);
    stage.bot.wait_for_line("polls are cut off");
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("2 pictures for “bus”");
    let output = stage.stop();
    assert!(!output.contains("no updates from Telegram"), "{output}");
}
