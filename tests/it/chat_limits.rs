//! What a chat, its topic or Telegram itself does not take, and what nobody wants answered.

use serde_json::{Value, json};

use crate::support::server::Reply;
use crate::support::stage::{Stage, found};
use crate::support::telegram::{PNG, error, group_message};

fn sends(stage: &Stage) -> Vec<String> {
    let calls = stage.telegram.calls().into_iter();
    let sends = calls.filter(|call| call.method.starts_with("send"));
    sends.map(|call| call.method).collect()
}

#[test]
fn a_chat_that_takes_nothing_is_asked_once_and_nothing_is_searched() {
    let stage = Stage::start(5);
    stage.telegram.fail_when(|call| {
        let is_send = call.method.starts_with("send") && call.chat() == -6;
        is_send.then(|| error(400, "Bad Request: TOPIC_CLOSED"))
    });
    let mut topic = group_message(-6, "/query bus");
    topic["message"]["message_thread_id"] = 3.into();
    topic["message"]["is_topic_message"] = true.into();
    stage.telegram.push(topic);
    stage.bot.wait_for_line("nobody to answer");
    assert_eq!(sends(&stage), ["sendMessage"]);
    assert_eq!(stage.endpoint.requests().len(), 0);
    stage.stop();
}

/// The search is made once, to see whether links would help; then the chat is known.
#[test]
fn a_chat_without_the_right_to_pictures_is_told_so() {
    let stage = Stage::with_endpoint(|request| match request.path() {
        "/search" => {
            let own = request.header("host").unwrap_or_default();
            Reply::json(
                200,
                &json!([format!("http://{own}/a.png"), format!("http://{own}/b.png")]),
            )
        }
        _ => Reply::bytes(200, "image/png", PNG.to_vec()),
    });
    stage.telegram.fail_when(|call| {
        let words = "Bad Request: not enough rights to send photos to the chat";
        (call.method == "sendMediaGroup").then(|| error(400, words))
    });
    for words in ["bus", "cat"] {
        stage
            .telegram
            .push(group_message(-6, &format!("/query {words}")));
    }
    let told = |call: &crate::support::telegram::Call| {
        call.text()
            .starts_with("I may not send pictures in this chat.")
    };
    stage.telegram.wait_for_many("told", 2, told);
    assert_eq!(
        sends(&stage),
        ["sendMessage", "sendMediaGroup", "sendMessage"]
    );
    let searches = stage.endpoint.requests();
    let searches = searches.iter().filter(|one| one.path() == "/search");
    assert_eq!(searches.count(), 1);
    stage.stop();
}

#[test]
fn a_caption_that_telegram_refuses_is_dropped_and_never_its_picture() {
    let stage = Stage::with_endpoint(|_| {
        let hit = |n| json!({"url": format!("https://pictures.example.org/{n}.jpg"), "caption": "😀".repeat(700)});
        Reply::json(200, &json!({"results": [hit(1), hit(2)]}))
    });
    let mut first = true;
    stage.telegram.fail_when(move |call| {
        let is_first = call.method == "sendMediaGroup" && std::mem::take(&mut first);
        is_first.then(|| error(400, "Bad Request: message caption is too long"))
    });
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("2 pictures for “bus”");
    let albums = stage.telegram.calls_of("sendMediaGroup");
    let caption = |n: usize| albums[n].parameters["media"][0]["caption"].clone();
    let cut = caption(0).as_str().map(|text| text.encode_utf16().count());
    assert_eq!(
        (albums.len(), cut, caption(1)),
        (2, Some(1023), Value::Null)
    );
    stage.stop();
}

#[test]
fn a_picture_too_large_for_a_photo_arrives_as_a_file() {
    let mut large = PNG.to_vec();
    large.resize(12_000_000, 0);
    let stage = Stage::with_endpoint(move |request| match request.path() {
        "/search" => {
            let own = request.header("host").unwrap_or_default();
            let hit = |name: &str| format!("http://{own}/{name}.png");
            Reply::json(200, &json!([hit("small"), hit("large"), hit("tiny")]))
        }
        "/large.png" => Reply::bytes(200, "image/png", large.clone()),
        _ => Reply::bytes(200, "image/png", PNG.to_vec()),
    });
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("3 pictures for “bus”");
    let files = stage.telegram.calls_of("sendDocument");
    assert_eq!((files.len(), files[0].files[0].1.len()), (1, 12_000_000));
    assert_eq!(stage.telegram.calls_of("sendMediaGroup").len(), 1);
    stage.stop();
}

#[test]
fn albums_service_messages_and_other_bots_cost_no_more_than_one_answer() {
    let stage = Stage::with_endpoint(|_| found(1));
    let base = json!({"message_id": 60, "date": 1_790_000_000, "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": false, "first_name": "U", "language_code": "en"}});
    let message = |more: Value| {
        let mut message = base.clone();
        for (name, value) in more.as_object().expect("fields") {
            message[name] = value.clone();
        }
        json!({ "message": message })
    };
    stage
        .telegram
        .push(message(json!({"pinned_message": base})));
    stage.telegram.push(message(
        json!({"message_auto_delete_timer_changed": {"message_auto_delete_time": 86400}}),
    ));
    stage.telegram.push(message(
        json!({"text": "bus", "from": {"id": 9, "is_bot": true, "first_name": "b"}}),
    ));
    for n in 0..10 {
        let video = json!({"file_id": format!("f{n}"), "file_unique_id": format!("u{n}"), "width": 90,
            "height": 90, "duration": 1});
        stage.telegram.push(message(
            json!({"message_id": 61 + n, "media_group_id": "777", "video": video}),
        ));
    }
    stage
        .telegram
        .push(message(json!({"text": "/help", "message_id": 80})));
    stage.telegram.wait_for_text("I find pictures");
    assert_eq!(
        sends(&stage),
        ["sendMessage", "sendMessage"],
        "one for the album, one for help"
    );
    stage.stop();
}
