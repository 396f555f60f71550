//! What the owner may ask for, and nobody else.

use serde_json::json;

use crate::support::server::Reply;
use crate::support::stage::{Stage, file, found, start_bot};
use crate::support::telegram::{Telegram, group_message, message};

const OWNER: i64 = 7;
const GUEST: i64 = 8;
const GROUP: i64 = -100;

/// A bot that user 7 owns and that serves user 8, with an endpoint of 20,000 pictures.
fn owned() -> (Stage, String) {
    let state = file("owner", "");
    std::fs::remove_file(&state).expect("it is there");
    std::fs::create_dir_all(&state).expect("room");
    let book = r#"{"owner": {"id": 7, "name": "Ada", "language": "en"},
        "guests": [{"id": 8, "name": "Bob @bob", "since": 20785}, {"id": -100, "name": "Friends"}]}"#;
    std::fs::write(state.join("access.json"), book).expect("room");
    let folder = state.to_str().expect("a plain path").to_owned();
    let settings = [("CLIP_BOT_ALLOWED", ""), ("CLIP_BOT_STATE_DIR", &folder)];
    let endpoint = |request: &crate::support::server::Request| match request.target.as_str() {
        "/health" => Reply::json(
            200,
            &json!({"status": "ok", "engine": "clip", "version": "9.9", "can": []}),
        ),
        "/ready" => Reply::json(
            200,
            &json!({"status": "ok", "engine": "clip", "pictures": 20_000}),
        ),
        _ => found(2),
    };
    (Stage::with(Telegram::start(), endpoint, &settings), folder)
}

fn said_to(telegram: &Telegram, chat: i64, words: &str) -> String {
    let call = telegram.wait_for(&format!("{words:?} to {chat}"), |call| {
        call.text().contains(words) && call.parameters["chat_id"] == chat
    });
    call.text().to_owned()
}

#[test]
fn the_owner_sees_how_the_bot_is_doing_and_others_do_not() {
    let (stage, _) = owned();
    let menu = stage.telegram.wait_for("the owner's menu", |call| {
        call.method == "setMyCommands" && call.parameters.get("scope").is_some()
    });
    assert_eq!(
        menu.parameters["scope"],
        json!({"type": "chat", "chat_id": OWNER})
    );
    let names = menu.parameters["commands"]
        .as_array()
        .expect("a list")
        .iter();
    let names: Vec<&str> = names.filter_map(|one| one["command"].as_str()).collect();
    assert_eq!(
        names,
        [
            "query", "settings", "collect", "forget", "help", "users", "stats", "rate"
        ]
    );

    stage.telegram.write(GUEST, "bus");
    said_to(&stage.telegram, GUEST, "2 pictures for “bus”");
    stage.telegram.write(OWNER, "/stats");
    let text = said_to(&stage.telegram, OWNER, "clip-bot ");
    for line in [
        "Searches: 1 in the last hour, 1 today",
        "Answers: half within ",
        "Search: clip · ready · 20000 pictures · clip-search 9.9",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    assert!(!text.contains("Failed"), "{text}");

    stage.telegram.write(GUEST, "/stats");
    said_to(&stage.telegram, GUEST, "I find pictures by what they show");
    stage.telegram.write(OWNER, "/users");
    let text = said_to(&stage.telegram, OWNER, "You let in:");
    assert_eq!(
        text,
        "You let in:\nFriends (id -100)\nBob @bob (id 8), since 2026-11-28"
    );
    stage.stop();
}

#[test]
fn a_rate_of_ones_own_holds_at_once_and_after_a_restart() {
    let (stage, folder) = owned();
    stage.telegram.write(OWNER, "/rate 8 1/24h");
    said_to(&stage.telegram, OWNER, "Bob @bob (id 8) may search: 1/24h");
    stage.telegram.write(GUEST, "bus");
    said_to(&stage.telegram, GUEST, "2 pictures for “bus”");
    stage.telegram.write(GUEST, "tram");
    said_to(&stage.telegram, GUEST, "That was a lot at once");

    let Stage {
        telegram,
        endpoint,
        bot,
    } = stage;
    bot.stop();
    let settings = [
        ("CLIP_BOT_ALLOWED", ""),
        ("CLIP_BOT_STATE_DIR", folder.as_str()),
    ];
    let again = start_bot(&telegram.url(), &endpoint.url(""), &settings);
    telegram.write(GUEST, "ship");
    said_to(&telegram, GUEST, "2 pictures for “ship”");
    telegram.write(GUEST, "plane");
    telegram.wait_for_many("refusals", 2, |call| {
        call.text().contains("That was a lot at once")
    });

    // In a group, in reply to somebody; the group's own rate is shared.
    let mut event = group_message(GROUP, "/rate off");
    event["message"]["from"]["id"] = OWNER.into();
    event["message"]["reply_to_message"] = message(GUEST, "bus", "en")["message"].clone();
    telegram.push(event);
    said_to(&telegram, GROUP, "(id 8) may search: as often as they like");
    telegram.write(GUEST, "plane");
    said_to(&telegram, GUEST, "2 pictures for “plane”");
    again.stop();
}
