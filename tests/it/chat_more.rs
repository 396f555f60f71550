//! The next page: by the button "More", up to the end.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::server::{Reply, Request};
use crate::support::stage::{Stage, start_bot};
use crate::support::telegram::{Call, Telegram};

/// An endpoint with twelve pictures.
fn pages(request: &Request) -> Reply {
    let offset = request.target.split("offset=").nth(1).unwrap_or("0");
    let offset: usize = offset.parse().expect("a number");
    let end = (offset + 5).min(12);
    let url = |n| json!({"url": format!("https://pictures.example.org/{n}.jpg")});
    let mut page = json!({"results": (offset..end).map(url).collect::<Vec<_>>()});
    if end < 12 {
        page["next_offset"] = end.into();
    }
    Reply::json(200, &page)
}

/// Searches so far.
fn searches(stage: &Stage) -> usize {
    let requests = stage.endpoint.requests();
    let searches = requests.iter().filter(|one| one.target.contains("query="));
    searches.count()
}

/// The data of the button "More" of `call`.
fn button(call: &Call) -> Option<String> {
    let button = &call.parameters["reply_markup"]["inline_keyboard"][0][0];
    let data = button["callback_data"].as_str().map(str::to_owned);
    data.filter(|_| button["text"] == "More")
}

fn pressed(by: i64, chat: &Value, summary: &Call, data: &str) -> Value {
    let id = &summary.parameters["message_id"];
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("after 1970");
    json!({"callback_query": {"id": "c", "from": {"id": by, "is_bot": false, "first_name": "U"},
        "data": data, "message": {"message_id": id, "date": now.as_secs(), "chat": chat,
        "from": {"id": 4242, "is_bot": true, "first_name": "b"},
        "reply_to_message": {"message_id": 507, "date": 1_790_000_000, "chat": chat, "text": "/query bus",
            "from": {"id": 7, "is_bot": false, "first_name": "U"}}}}})
}

#[test]
fn more_goes_on_to_the_end_and_survives_a_restart() {
    let stage = Stage::with_endpoint(pages);
    let Stage {
        telegram,
        endpoint,
        bot,
    } = stage;
    let chat = json!({"id": 7, "type": "private"});
    telegram.write(7, "/query bus");
    let first = telegram.wait_for_text("5 pictures for “bus”");
    bot.stop();
    let again = start_bot(&telegram.url(), &endpoint.url(""), &[]);
    let data = button(&first).expect("there is more");
    assert_eq!(data, "m5:bus");
    telegram.push(pressed(7, &chat, &first, &data));
    let summaries = |count| {
        let is_summary = |call: &Call| call.text().contains("for “bus” ·");
        telegram.wait_for_many("summaries", count, is_summary)
    };
    let second = summaries(2).remove(1);
    let unbuttoned = telegram
        .wait_for_count_of("editMessageReplyMarkup", 1)
        .remove(0);
    assert_eq!(
        unbuttoned.parameters,
        json!({"chat_id": 7, "message_id": first.parameters["message_id"]}),
        "the pressed button is gone"
    );
    assert_ne!(
        second.parameters["message_id"],
        first.parameters["message_id"]
    );
    let data = button(&second).expect("there is more");
    telegram.push(pressed(7, &chat, &second, &data));
    let third = summaries(3).remove(2);
    assert!(
        third.text().starts_with("2 pictures for “bus”"),
        "{}",
        third.text()
    );
    assert!(
        third.text().ends_with("That was all for “bus”."),
        "{}",
        third.text()
    );
    assert_eq!(button(&third), None);
    let albums = telegram.calls_of("sendMediaGroup");
    let media: Vec<&str> = albums.iter().flat_map(Call::media).collect();
    let all: Vec<String> = (0..12)
        .map(|n| format!("https://pictures.example.org/{n}.jpg"))
        .collect();
    assert_eq!(media, all, "each once, in their order");
    let sent = telegram.calls().into_iter();
    let sent = sent.filter(|call| call.method.starts_with("sendM"));
    assert_eq!(sent.count(), 6, "two messages a page");
    again.stop();
}

#[test]
fn forged_buttons_search_nothing() {
    let stage = Stage::with_endpoint(pages);
    let group = json!({"id": -5, "type": "supergroup", "title": "G"});
    stage.telegram.write(7, "/query bus");
    let summary = stage.telegram.wait_for_text("5 pictures for “bus”");
    let emoji = "😀".repeat(16);
    let of_another = format!("m5.{:x}:bus", 8);
    for (by, data) in [
        (8, "m5:bus"),
        (8, "m5.7:bus"),
        (8, of_another.as_str()),
        (7, of_another.as_str()),
        (8, "r:bus"),
        (7, emoji.as_str()),
        (7, "\u{1}\u{2}x:\n"),
        (7, "m5.7"),
        (7, "mffffffffffffffff.7:bus"),
    ] {
        stage.telegram.push(pressed(by, &group, &summary, data));
    }
    let answers = stage.telegram.wait_for_count_of("answerCallbackQuery", 9);
    let told = answers
        .iter()
        .filter(|call| call.parameters["text"] == "Only who asked can press this.");
    assert_eq!(told.count(), 5);
    assert_eq!(searches(&stage), 1);
    stage.stop();
}

#[test]
fn a_button_pressed_twice_brings_one_page() {
    let stage = Stage::with_endpoint(pages);
    let chat = json!({"id": 7, "type": "private"});
    stage.telegram.write(7, "/query bus");
    let summary = stage.telegram.wait_for_text("5 pictures for “bus”");
    for _ in 0..3 {
        stage.telegram.push(pressed(7, &chat, &summary, "m5:bus"));
    }
    stage.telegram.wait_for_count("answerCallbackQuery", 3);
    stage.telegram.write(7, "cat");
    stage.telegram.wait_for_text("5 pictures for “cat”");
    assert_eq!(searches(&stage), 3);
    stage.stop();
}

/// Nobody who is not served gets an answer by a button.
#[test]
fn a_strangers_button_is_only_let_go() {
    let stage = Stage::with(Telegram::start(), pages, &[("CLIP_BOT_ALLOWED", "8")]);
    let chat = json!({"id": 7, "type": "private"});
    let summary = Call {
        parameters: json!({"message_id": 5}),
        ..stage.telegram.wait_for("anything", |_| true)
    };
    stage.telegram.push(pressed(7, &chat, &summary, "m5:bus"));
    let answer = stage
        .telegram
        .wait_for_count_of("answerCallbackQuery", 1)
        .remove(0);
    assert_eq!(answer.parameters, json!({"callback_query_id": "c"}));
    assert_eq!(stage.endpoint.requests().len(), 0);
    stage.stop();
}
