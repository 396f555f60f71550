//! A bot without an access list: closed until its owner claims it with the code from the log.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::json;

use crate::support::process::Program;
use crate::support::server::Server;
use crate::support::stage::{file, found, start_bot, without_token};
use crate::support::telegram::Telegram;

const OWNER: i64 = 7;
const STRANGER: i64 = 8;

fn start(telegram: &Telegram, endpoint: &Server, state: &str) -> Program {
    let settings = [
        ("CLIP_BOT_ALLOWED", ""),
        ("CLIP_BOT_LOG", "info"),
        ("CLIP_BOT_STATE_DIR", state),
    ];
    start_bot(&telegram.url(), &endpoint.url(""), &settings)
}

fn state_folder() -> PathBuf {
    let place = file("claim", "");
    std::fs::remove_file(&place).expect("it is there");
    place
}

fn code_in(line: &str) -> String {
    let (_, rest) = line.split_once("?start=").expect("a deep link");
    rest.split_whitespace().next().expect("a code").to_owned()
}

fn press(telegram: &Telegram, user: i64, chat: i64, data: &str) {
    telegram.push(json!({"callback_query": {
        "id": "c", "chat_instance": "i", "data": data,
        "from": {"id": user, "is_bot": false, "first_name": "U", "language_code": "en"},
        "message": {"message_id": 900, "date": 1_790_000_000, "text": "asks",
            "chat": {"id": chat, "type": "private", "first_name": "U"}},
    }}));
}

fn said_to(telegram: &Telegram, chat: i64, words: &str) -> serde_json::Value {
    let call = telegram.wait_for(&format!("{words:?} to {chat}"), |call| {
        call.text().contains(words) && call.parameters["chat_id"] == chat
    });
    call.parameters["reply_markup"].clone()
}

#[test]
fn a_fresh_bot_serves_nobody_until_it_is_claimed_and_then_whom_the_owner_lets_in() {
    let (telegram, endpoint) = (Telegram::start(), Server::start(|_| found(2)));
    let state = state_folder();
    let folder = state.to_str().expect("a plain path");
    let bot = start(&telegram, &endpoint, folder);
    let code = code_in(&bot.wait_for_line("nobody is served until"));
    bot.wait_for_line("unclaimed, serves nobody");

    telegram.write(STRANGER, "bus");
    said_to(&telegram, STRANGER, "This bot is private");
    telegram.write(STRANGER, "/start wrong");
    said_to(&telegram, STRANGER, "nobody owns it yet");
    assert_eq!(endpoint.requests().len(), 0, "nothing was searched");

    telegram.write(OWNER, &format!("/start {code}"));
    said_to(&telegram, OWNER, "This bot is yours now");
    telegram.write(OWNER, "bus");
    said_to(&telegram, OWNER, "2 pictures for “bus”");

    telegram.write(STRANGER, &format!("/start {code}"));
    let markup = said_to(&telegram, OWNER, "wants to use this bot");
    let buttons = &markup["inline_keyboard"][0];
    let data = |number: usize| buttons[number]["callback_data"].as_str().expect("data");
    assert_eq!((data(0), data(1)), ("in:8", "no:8"));
    press(&telegram, STRANGER, STRANGER, data(0));
    telegram.wait_for_count("answerCallbackQuery", 1);
    telegram.write(STRANGER, "tram");
    telegram.wait_for_many("refusals", 2, |call| {
        call.text().contains("This bot is private. Its owner")
    });
    let printed = without_token(bot.stop());
    assert_eq!(printed.matches(&code).count(), 1, "{printed}");
    let mode = std::fs::metadata(state.join("access.json")).expect("it is kept");
    assert_eq!(mode.permissions().mode() & 0o077, 0);

    // The button works after a restart, and the owner is still the owner.
    let bot = start(&telegram, &endpoint, folder);
    bot.wait_for_line("serves the owner");
    press(&telegram, OWNER, OWNER, data(0));
    said_to(&telegram, STRANGER, "The owner let you in.");
    telegram.write(STRANGER, "ship");
    said_to(&telegram, STRANGER, "2 pictures for “ship”");
    let printed = without_token(bot.stop());
    assert!(!printed.contains("?start="), "no second code: {printed}");
}

#[test]
fn each_start_makes_a_new_code() {
    let (telegram, endpoint) = (Telegram::start(), Server::start(|_| found(1)));
    let state = state_folder();
    let folder = state.to_str().expect("a plain path");
    let codes = [(); 2].map(|()| {
        let bot = start(&telegram, &endpoint, folder);
        let code = code_in(&bot.wait_for_line("nobody is served until"));
        bot.stop();
        code
    });
    assert_ne!(codes[0], codes[1]);
    assert!(codes.iter().all(|code| code.len() == 32), "{codes:?}");
}

#[test]
fn the_code_is_said_at_every_log_level_and_never_in_the_status() {
    let (telegram, endpoint) = (Telegram::start(), Server::start(|_| found(1)));
    let notices = crate::support::systemd::Notices::new();
    let settings = [
        ("CLIP_BOT_ALLOWED", ""),
        ("CLIP_BOT_LOG", "off"),
        ("NOTIFY_SOCKET", notices.path()),
    ];
    let bot = start_bot(&telegram.url(), &endpoint.url(""), &settings);
    let code = code_in(&bot.wait_for_line("nobody is served until"));
    let messages = notices.until_like("STATUS=polling; unclaimed, serves nobody");
    assert!(messages.iter().all(|message| !message.contains(&code)));
    bot.stop();
}

#[test]
fn check_says_who_is_served() {
    let (telegram, endpoint) = (Telegram::start(), Server::start(|_| found(1)));
    let state = state_folder();
    std::fs::create_dir_all(&state).expect("room");
    let owner = r#"{"owner": {"id": 7, "name": "Ada"}, "guests": [{"id": 8}]}"#;
    std::fs::write(state.join("access.json"), owner).expect("room");
    let token = crate::support::stage::token_file();
    for (allowed, words) in [
        (
            "",
            "access: serves the owner and 1 guest; the owner is Ada (id 7)",
        ),
        (
            "everyone",
            "access: serves everyone; the owner is Ada (id 7)",
        ),
        (
            "5,6",
            "access: serves the owner and 1 guest and 2 listed ids",
        ),
    ] {
        let variables = [
            ("CLIP_BOT_TOKEN_FILE", token.to_str().expect("plain")),
            ("CLIP_BOT_API_URL", &telegram.url()),
            ("CLIP_BOT_SEARCH_URL", &endpoint.url("")),
            ("CLIP_BOT_STATE_DIR", state.to_str().expect("plain")),
            ("CLIP_BOT_ALLOWED", allowed),
        ];
        let ended = Program::start(env!("CARGO_BIN_EXE_clip-bot"), &["check"], &variables).wait();
        assert!(ended.output.contains(words), "{words} in {}", ended.output);
    }
}
