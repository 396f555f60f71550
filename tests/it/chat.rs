//! What a user sees, when all goes well.

use serde_json::json;

use crate::support::server::Reply;
use crate::support::stage::{Stage, found, pictures};
use crate::support::telegram::{Call, Telegram, group_message, message};

#[test]
fn a_query_becomes_an_acknowledgement_an_album_and_a_summary() {
    let stage = Stage::start(5);
    stage.telegram.write(7, "/query red bus");
    let summary = stage.telegram.wait_for_text("5 pictures for “red bus”");
    let calls = stage.telegram.calls();
    let first = |method: &str| calls.iter().find(|c| c.method == method).expect(method);
    let (acknowledgement, album) = (first("sendMessage"), first("sendMediaGroup"));
    assert_eq!(acknowledgement.text(), "Searching for “red bus”…");
    let reply = json!({"message_id": 507, "allow_sending_without_reply": true});
    assert_eq!(acknowledgement.parameters["reply_parameters"], reply);
    assert_eq!(album.media(), pictures(5));
    assert_eq!(album.parameters["reply_parameters"], reply);
    assert_eq!(
        summary.method, "editMessageText",
        "the acknowledgement is edited"
    );
    let search = &stage.endpoint.requests()[0];
    assert_eq!(
        search.target,
        "/search?query=red%20bus&details=true&limit=5&lang=en"
    );
    assert!(acknowledgement.at < search.at && search.at < album.at && album.at < summary.at);
    assert!(stage.stop().contains("5 pictures and 0 links sent"));
}

#[test]
fn help_start_and_an_empty_query_are_answered_without_a_search() {
    let stage = Stage::start(5);
    stage.telegram.write(7, "/start");
    stage.telegram.push(message(8, "/help", "es-MX"));
    stage.telegram.write(9, "/query");
    stage.telegram.wait_for_text("You get up to 5 pictures");
    stage.telegram.wait_for_text("Recibirás hasta 5 imágenes");
    let asked = stage.telegram.wait_for_text("What shall I look for?");
    assert_eq!(asked.parameters["reply_markup"]["force_reply"], true);
    stage.telegram.write(10, "a last one");
    stage.telegram.wait_for_text("5 pictures for “a last one”");
    assert_eq!(
        stage.endpoint.requests().len(),
        1,
        "only the last message was a query"
    );
    stage.stop();
}

#[test]
fn a_group_is_answered_only_when_it_asks_this_bot() {
    let stage = Stage::start(2);
    for text in ["hello", "/query@other_bot x", "/weather"] {
        stage.telegram.push(group_message(-5, text));
    }
    let mut topic = group_message(-6, "/query@Clip_Bot bus");
    topic["message"]["message_thread_id"] = 3.into();
    topic["message"]["is_topic_message"] = true.into();
    stage.telegram.push(topic);
    stage.telegram.wait_for_text("2 pictures for “bus”");
    let sent: Vec<_> = stage
        .telegram
        .calls()
        .into_iter()
        .filter(|call| call.method.starts_with("send"))
        .collect();
    assert!(!sent.is_empty());
    for call in sent {
        assert_eq!(
            (call.chat(), &call.parameters["message_thread_id"]),
            (-6, &json!(3)),
            "{call:?}"
        );
    }
    stage.stop();
}

#[test]
fn nothing_found_is_said() {
    let stage = Stage::start(0);
    stage.telegram.write(7, "xyzzy");
    assert_eq!(
        stage
            .telegram
            .wait_for_text("Nothing found for “xyzzy”")
            .method,
        "editMessageText"
    );
    stage.stop();
}

#[test]
fn one_picture_is_sent_as_a_photo_and_again_by_its_file_id() {
    let stage = Stage::start(1);
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("1 picture for “bus”");
    stage.telegram.push(
        json!({"callback_query": {"id": "c1", "from": {"id": 7}, "data": "a:bus",
        "message": {"message_id": 5, "chat": {"id": 7, "type": "private"}}}}),
    );
    let photos = stage
        .telegram
        .wait_for_many("photo", 2, |call| call.method == "sendPhoto");
    assert_eq!(photos[0].media(), pictures(1));
    assert_eq!(photos[1].media(), stage.telegram.pictures_in(7)[..1]);
    let answered = stage
        .telegram
        .wait_for("the button's answer", |c| c.method == "answerCallbackQuery");
    assert_eq!(answered.parameters, json!({"callback_query_id": "c1"}));
    stage.stop();
}

#[test]
fn captions_reach_the_pictures() {
    let stage = Stage::with_endpoint(|_| {
        let results = json!([
            {"url": "https://pictures.example.org/a.jpg", "caption": "a <red> bus & more"},
            {"url": "https://pictures.example.org/b.jpg", "caption": "x".repeat(3000)},
        ]);
        Reply::json(200, &json!({"results": results}))
    });
    stage.telegram.write(7, "bus");
    let album = stage
        .telegram
        .wait_for("album", |call| call.method == "sendMediaGroup");
    assert_eq!(
        album.parameters["media"][0]["caption"],
        "a <red> bus & more"
    );
    let cut = format!("{}…", "x".repeat(1023));
    assert_eq!(album.parameters["media"][1]["caption"], cut);
    stage.stop();
}

#[test]
fn answers_keep_the_order_of_a_chat_and_wait_for_no_other() {
    let stage = Stage::with_endpoint(|request| {
        if request.target.contains("slow") {
            std::thread::sleep(std::time::Duration::from_millis(400));
        }
        found(2)
    });
    stage.telegram.write(7, "slow one");
    stage.telegram.write(7, "second");
    stage.telegram.write(8, "other chat");
    let summaries = stage
        .telegram
        .wait_for_many("summary", 3, |call| call.text().contains("pictures for"));
    let order: Vec<i64> = summaries
        .iter()
        .map(super::support::telegram::Call::chat)
        .collect();
    assert_eq!(order, [8, 7, 7]);
    assert!(summaries[1].text().contains("slow one") && summaries[2].text().contains("second"));
    stage.stop();
}

#[test]
fn the_action_is_shown_while_a_search_takes_long() {
    let stage = Stage::with_endpoint(|_| {
        std::thread::sleep(std::time::Duration::from_secs(3));
        found(2)
    });
    stage.telegram.write(7, "bus");
    let action = stage
        .telegram
        .wait_for("action", |call| call.method == "sendChatAction");
    assert_eq!(
        action.parameters,
        json!({"chat_id": 7, "action": "upload_photo"})
    );
    let summary = stage.telegram.wait_for_text("2 pictures");
    assert!(action.at < summary.at);
    stage.stop();
}

#[test]
fn menu_and_descriptions_are_set_once_in_each_language() {
    let stage = Stage::start(1);
    let languages = |method: &str| -> Vec<String> {
        let set = stage.telegram.wait_for_count_of(method, 10);
        let language = |call: &Call| call.parameters["language_code"].as_str().map(str::to_owned);
        set.iter()
            .map(|call| language(call).unwrap_or_default())
            .collect()
    };
    let all = ["", "es", "de", "fr", "it", "pt", "ru", "uk", "zh", "ja"];
    for method in ["setMyCommands", "setMyDescription", "setMyShortDescription"] {
        assert_eq!(languages(method), all, "{method}");
    }
    let set = stage.telegram.calls_of("setMyCommands");
    assert_eq!(set[0].parameters["commands"][0]["command"], "query");
    let Stage {
        telegram,
        endpoint,
        bot,
    } = stage;
    bot.stop();
    let again = crate::support::stage::start_bot(&telegram.url(), &endpoint.url(""), &[]);
    telegram.wait_for_count("getMyShortDescription", 20);
    telegram.write(7, "/help");
    telegram.wait_for_text("I find pictures");
    for method in ["setMyCommands", "setMyDescription", "setMyShortDescription"] {
        assert_eq!(
            telegram.calls_of(method).len(),
            10,
            "{method} is not repeated"
        );
    }
    again.stop();
}

#[test]
fn people_are_answered_in_their_language() {
    let stage = Stage::start(3);
    for (user, code, summary) in [
        (21, "ru", "«bus»: 3 картинки · "),
        (22, "fr", "3 images pour «\u{a0}bus\u{a0}» · "),
        (23, "zh-hant", "“bus”：3 张图片 · "),
        (24, "pt-br", "3 imagens para “bus” · "),
        (25, "nl", "3 pictures for “bus” · "),
    ] {
        stage.telegram.push(message(user, "bus", code));
        let text = stage.telegram.wait_for_text(summary);
        assert_eq!(text.parameters["chat_id"], user, "{code}");
    }
    stage.stop();
}

#[test]
fn only_the_allowed_are_answered() {
    let stage = Stage::with(
        Telegram::start(),
        |_| found(2),
        &[("CLIP_BOT_ALLOWED", "8")],
    );
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("your id is 7");
    stage.telegram.write(8, "bus");
    stage.telegram.wait_for_text("2 pictures");
    assert_eq!(stage.endpoint.requests().len(), 1);
    stage.stop();
}
