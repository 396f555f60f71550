//! The button "Similar" under pictures that were found.

use std::time::Instant;

use serde_json::{Value, json};

use crate::support::PATIENCE;
use crate::support::server::{Reply, Request};
use crate::support::stage::{Stage, found, start_bot};
use crate::support::telegram::{Call, PNG, Telegram};

/// An endpoint that finds `n` pictures, and is `engine`.
fn endpoint(engine: &'static str, n: usize) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| match request.path() {
        "/health" => Reply::json(200, &json!({"status": "ok", "engine": engine})),
        _ => found(n),
    }
}

fn stage(engine: &'static str, n: usize) -> Stage {
    let stage = Stage::with(Telegram::start(), endpoint(engine, n), &[]);
    stage.telegram.api.add_user(7, "U", "en");
    let chat = json!({"id": 7, "type": "private", "first_name": "U"});
    stage.telegram.api.add_chat(&chat, &[7]);
    stage
}

/// (message, label, data) of each button with "Similar" or a number that `chat` shows.
fn buttons(telegram: &Telegram, chat: i64) -> Vec<(i64, String, String)> {
    let mut all = Vec::new();
    for message in telegram.api.messages(chat) {
        let rows = message["reply_markup"]["inline_keyboard"].as_array();
        for button in rows
            .into_iter()
            .flatten()
            .filter_map(Value::as_array)
            .flatten()
        {
            let text = |name: &str| button[name].as_str().unwrap_or_default().to_owned();
            if text("callback_data").starts_with('S') {
                let id = message["message_id"].as_i64().expect("a number");
                all.push((id, text("text"), text("callback_data")));
            }
        }
    }
    all
}

/// The same, once there are some.
fn wait_for_buttons(telegram: &Telegram, chat: i64) -> Vec<(i64, String, String)> {
    let until = Instant::now() + PATIENCE;
    loop {
        let all = buttons(telegram, chat);
        if !all.is_empty() {
            return all;
        }
        assert!(Instant::now() < until, "no buttons");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// Searches by a picture, all of which hold its bytes.
fn by_picture(stage: &Stage) -> usize {
    let requests = stage.endpoint.requests();
    let posted = requests.iter().filter(|one| !one.body.is_empty());
    posted.inspect(|one| assert_eq!(one.body, PNG)).count()
}

#[test]
fn each_picture_of_an_album_has_a_numbered_button() {
    let stage = stage("clip", 3);
    stage.telegram.api.say(7, 7, "red bus", None);
    stage.telegram.wait_for_text("3 pictures for “red bus”");
    let all = wait_for_buttons(&stage.telegram, 7);
    let labels: Vec<&str> = all.iter().map(|(_, label, _)| label.as_str()).collect();
    assert_eq!(labels, ["Similar: 1", "2", "3"]);
    let (summary, _, data) = &all[1];
    stage
        .telegram
        .api
        .press(7, 7, *summary, data)
        .expect("a button");
    let said = stage.telegram.wait_for_text("Searching for this picture");
    let album: Vec<i64> = stage
        .telegram
        .api
        .messages(7)
        .iter()
        .filter(|one| one["photo"].is_array())
        .filter_map(|one| one["message_id"].as_i64())
        .collect();
    assert_eq!(
        said.parameters["reply_parameters"]["message_id"], album[1],
        "the second picture"
    );
    stage.telegram.wait_for_text("3 pictures for this picture");
    assert_eq!(by_picture(&stage), 1);
    stage.stop();
}

#[test]
fn a_single_picture_has_its_button_below_itself() {
    let stage = stage("clip", 1);
    stage.telegram.api.say(7, 7, "red bus", None);
    stage.telegram.wait_for_text("1 picture for “red bus”");
    let all = wait_for_buttons(&stage.telegram, 7);
    assert_eq!(all.len(), 1);
    let (message, label, data) = &all[0];
    assert_eq!((label.as_str(), data.as_str()), ("Similar", "S:"));
    let photo = stage.telegram.calls_of("sendPhoto").remove(0);
    assert_eq!(
        photo.parameters["reply_markup"]["inline_keyboard"][0][0]["text"],
        "Similar"
    );
    stage
        .telegram
        .api
        .press(7, 7, *message, data)
        .expect("a button");
    stage.telegram.wait_for_text("1 picture for this picture");
    assert_eq!(by_picture(&stage), 1);
    stage.stop();
}

/// Nothing but the button is needed, and the picture is known to who goes on after a kill.
#[test]
fn the_button_works_after_a_restart() {
    let folder = std::env::temp_dir().join(format!("similar-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = [("CLIP_BOT_STATE_DIR", folder.to_str().expect("plain"))];
    let stage = Stage::with(Telegram::start(), endpoint("clip", 2), &settings);
    stage.telegram.write(7, "red bus");
    stage.telegram.wait_for_text("2 pictures for “red bus”");
    let (summary, _, data) = wait_for_buttons(&stage.telegram, 7).remove(0);
    let Stage {
        telegram,
        endpoint: first,
        bot,
    } = stage;
    bot.stop();
    // This one ends by a kill while the endpoint has the search.
    let stalled = crate::support::server::Server::start(|request| match request.path() {
        "/health" => Reply::json(200, &json!({"status": "ok", "engine": "clip"})),
        _ => Reply::Stall,
    });
    let killed = start_bot(&telegram.url(), &stalled.url(""), &settings);
    telegram.api.press(7, 7, summary, &data).expect("a button");
    stalled.wait_until("a search", |all| all.iter().any(|one| !one.body.is_empty()));
    drop(killed);
    let again = start_bot(&telegram.url(), &first.url(""), &settings);
    telegram.wait_for_text("2 pictures for this picture");
    let said = telegram.calls().into_iter();
    let said =
        said.filter(|call| call.method == "sendMessage" && call.text().contains("this picture"));
    assert_eq!(said.count(), 1, "said once");
    again.stop();
    std::fs::remove_dir_all(&folder).expect("our own folder");
}

/// In a group only who asked may press; a forged button searches nothing.
#[test]
fn only_who_asked_searches_on_in_a_group() {
    let stage = stage("clip", 2);
    let group = json!({"id": -1005, "type": "supergroup", "title": "G"});
    stage.telegram.api.add_chat(&group, &[7, 8]);
    stage.telegram.api.say(7, -1005, "/query bus", None);
    stage.telegram.wait_for_text("2 pictures for “bus”");
    let (summary, _, data) = wait_for_buttons(&stage.telegram, -1005).remove(0);
    stage
        .telegram
        .api
        .press(8, -1005, summary, &data)
        .expect("a button");
    let told = stage
        .telegram
        .wait_for_count_of("answerCallbackQuery", 1)
        .remove(0);
    assert_eq!(told.parameters["text"], "Only who asked can press this.");
    let forged = |data: &str| {
        json!({"callback_query": {"id": "c", "data": data,
        "from": {"id": 8, "is_bot": false, "first_name": "U"},
        "message": {"message_id": summary, "date": 0, "chat": group}}})
    };
    for data in ["S:", "S5:", "S5.7:", "s5:", "S99999999999:", "S-1:"] {
        stage.telegram.push(forged(data));
    }
    stage.telegram.wait_for_count("answerCallbackQuery", 7);
    stage
        .telegram
        .api
        .press(7, -1005, summary, &data)
        .expect("a button");
    stage.telegram.wait_for_text("2 pictures for this picture");
    assert_eq!(by_picture(&stage), 1);
    stage.stop();
}

/// A picture that was taken away is nothing to go by.
#[test]
fn a_picture_that_is_gone_is_said_to_be() {
    let stage = stage("clip", 2);
    stage
        .telegram
        .push(json!({"callback_query": {"id": "c", "data": "Sfff:",
        "from": {"id": 7, "is_bot": false, "first_name": "U", "language_code": "en"},
        "message": {"message_id": 5, "date": 0, "chat": {"id": 7, "type": "private"}}}}));
    stage
        .telegram
        .wait_for_text("I no longer know what that button was for");
    assert_eq!(by_picture(&stage), 0);
    stage.stop();
}

/// The same question as before one's own photos leave for a third party.
#[test]
fn a_space_gets_the_picture_when_who_pressed_agrees() {
    let stage = stage("space", 2);
    stage.telegram.api.say(7, 7, "red bus", None);
    stage.telegram.wait_for_text("2 pictures for “red bus”");
    let (summary, _, data) = wait_for_buttons(&stage.telegram, 7).remove(1);
    stage
        .telegram
        .api
        .press(7, 7, summary, &data)
        .expect("a button");
    let asked = stage
        .telegram
        .wait_for_text("Shall I send your photos there?");
    assert_eq!(by_picture(&stage), 0);
    let message = asked.parameters["message_id"].as_i64().expect("an edit");
    let until = Instant::now() + PATIENCE;
    while stage.telegram.api.press(7, 7, message, "Y:").is_err() {
        assert!(Instant::now() < until, "not shown");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    stage.telegram.wait_for_text("2 pictures for this picture");
    assert_eq!(by_picture(&stage), 1);
    let summary = |call: &Call| call.text().contains("this picture ·");
    assert_eq!(
        stage.telegram.wait_for("summary", summary).parameters["message_id"],
        message
    );
    stage.stop();
}
