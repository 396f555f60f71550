//! Pictures as questions.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::PATIENCE;
use crate::support::server::{Reply, Request};
use crate::support::stage::{Stage, failure, found};
use crate::support::telegram::{Call, PNG, Telegram, error};

/// An endpoint that is `engine` and finds two pictures.
fn endpoint(engine: &'static str) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| match request.path() {
        "/health" => Reply::json(200, &json!({"status": "ok", "engine": engine})),
        _ => found(2),
    }
}

fn stage(engine: &'static str) -> Stage {
    Stage::with(Telegram::start(), endpoint(engine), &[])
}

/// Searches by a picture so far: what follows `/search`.
fn searches(stage: &Stage) -> Vec<String> {
    let requests = stage.endpoint.requests();
    let searches = requests.iter().filter(|one| one.path() == "/search");
    searches
        .map(|one| {
            assert_eq!(one.body, PNG, "the picture's bytes, and no address");
            one.target["/search?".len()..].to_owned()
        })
        .collect()
}

fn send(stage: &Stage, chat: i64, caption: &str) {
    stage.telegram.api.add_user(7, "U", "en");
    let sent = stage
        .telegram
        .api
        .send_picture(7, chat, PNG.to_vec(), caption);
    sent.expect("a good picture");
}

/// Presses the button with `data` under the message that `said` made, once it is shown.
fn press(stage: &Stage, said: &Call, data: &str) -> Result<i64, String> {
    let until = Instant::now() + PATIENCE;
    loop {
        let shown = stage.telegram.api.messages(7);
        let message = shown.iter().find(|one| one["text"] == said.text());
        match message.and_then(|one| one["message_id"].as_i64()) {
            Some(message) => return stage.telegram.api.press(7, 7, message, data),
            None => assert!(Instant::now() < until, "not shown"),
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_bare_picture_is_answered_by_pictures_and_one_line() {
    let stage = stage("clip");
    send(&stage, 7, "");
    stage.telegram.wait_for_text("2 pictures for your picture");
    let texts = stage.telegram.calls();
    let texts = texts.iter().filter(|call| !call.text().is_empty());
    assert_eq!(texts.count(), 1, "nothing was asked in words");
    assert_eq!(searches(&stage), ["details=true&limit=5&lang=en"]);
    stage.stop();
}

#[test]
fn words_count_beside_a_picture() {
    let stage = stage("clip");
    send(&stage, 7, "at night -people");
    stage
        .telegram
        .wait_for_text("Searching for your picture and “at night -people”");
    stage
        .telegram
        .wait_for_text("2 pictures for your picture and “at night -people”");
    assert_eq!(
        searches(&stage),
        ["query=at%20night%20-people&details=true&limit=5&lang=en"]
    );
    stage.stop();
}

#[test]
fn in_a_group_a_picture_is_a_question_with_the_command_only() {
    let stage = stage("clip");
    stage.telegram.api.add_user(7, "U", "en");
    let group = json!({"id": -1005, "type": "supergroup", "title": "G"});
    stage.telegram.api.add_chat(&group, &[7]);
    send(&stage, -1005, "look at this");
    let shown = stage.telegram.api.messages(-1005);
    let picture = shown[0]["message_id"].as_i64();
    stage.telegram.api.say(7, -1005, "/query at night", picture);
    let summary = stage
        .telegram
        .wait_for_text("2 pictures for your picture and “at night”");
    assert_eq!(summary.chat(), -1005);
    send(&stage, -1005, "/query");
    stage
        .telegram
        .wait_for_text("2 pictures for your picture ·");
    assert_eq!(searches(&stage).len(), 2);
    stage.stop();
}

#[test]
fn more_like_a_picture_needs_nothing_but_the_message() {
    let stage = Stage::with_endpoint(|request| {
        let offset = request.target.contains("offset=5");
        let results = json!([{"url": "https://pictures.example.org/0.jpg"}]);
        if offset {
            Reply::json(200, &json!({"results": results}))
        } else {
            Reply::json(200, &json!({"results": results, "next_offset": 5}))
        }
    });
    send(&stage, 7, "");
    let summary = stage.telegram.wait_for_text("1 picture for your picture");
    let data = &summary.parameters["reply_markup"]["inline_keyboard"][0][0]["callback_data"];
    assert_eq!(data, "M5:");
    let pressed = press(&stage, &summary, "M5:");
    pressed.expect("there is such a button");
    stage
        .telegram
        .wait_for_text("That was all for your picture.");
    let targets = searches(&stage);
    assert_eq!(
        targets,
        [
            "details=true&limit=5&lang=en",
            "details=true&limit=5&offset=5&lang=en"
        ]
    );
    stage.stop();
}

/// With a Space behind, each user is asked once before a photo leaves for it.
#[test]
fn a_photo_goes_to_a_third_party_when_its_sender_agreed() {
    let stage = stage("space");
    send(&stage, 7, "");
    let asked = stage
        .telegram
        .wait_for_text("Shall I send your photos there?");
    assert_eq!(searches(&stage), [""; 0], "nothing left");
    let agreed = press(&stage, &asked, "Y:");
    agreed.expect("there is such a button");
    stage.telegram.wait_for_text("2 pictures for your picture");
    send(&stage, 7, "");
    let done = |call: &Call| call.text().starts_with("2 pictures for your picture");
    stage.telegram.wait_for_many("not asked again", 2, done);
    assert_eq!(searches(&stage).len(), 2);
    stage.stop();
}

/// A message with an image as a file.
fn file(size: i64) -> Value {
    json!({"message": {"message_id": 60, "date": 1_790_000_000, "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": false, "first_name": "U", "language_code": "en"},
        "document": {"file_id": "f", "file_unique_id": "u", "mime_type": "image/png", "file_size": size}}})
}

#[test]
fn what_cannot_be_searched_by_is_one_plain_sentence() {
    let stage = Stage::with_endpoint(|_| failure(501, "not_supported", None));
    stage.telegram.push(file(20_000_000));
    stage
        .telegram
        .wait_for_text("That picture is too large for me");
    assert_eq!(stage.telegram.calls_of("getFile").len(), 0);
    let words = "Bad Request: file is too big";
    stage.telegram.fail("getFile", 1, error(400, words));
    stage.telegram.push(file(1000));
    let told = |call: &Call| call.text().starts_with("That picture is too large");
    stage.telegram.wait_for_many("told", 2, told);
    assert_eq!(
        stage
            .endpoint
            .requests()
            .iter()
            .filter(|r| r.path() == "/search")
            .count(),
        0
    );
    send(&stage, 7, "");
    stage
        .telegram
        .wait_for_text("This search finds pictures by words only.");
    stage.stop();
}

#[test]
fn nobody_who_is_not_served_gets_a_picture_searched() {
    let stage = Stage::with(
        Telegram::start(),
        endpoint("clip"),
        &[("CLIP_BOT_ALLOWED", "8")],
    );
    send(&stage, 7, "");
    stage.telegram.wait_for_text("your id is 7");
    assert_eq!(searches(&stage), [""; 0]);
    assert_eq!(stage.telegram.calls_of("getFile").len(), 0);
    stage.stop();
}
