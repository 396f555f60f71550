//! The playground: everything on one machine, by the real binary.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clip_bot::engine::drawings;
use clip_bot::http::{Client, Request};
use serde_json::json;

use crate::support::PATIENCE;
use crate::support::process::Program;
use crate::support::server::Server;
use crate::support::stage::{failure, token_file, without_token};
use crate::support::telegram::Telegram;

fn start(arguments: &[&str]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_playground"), arguments, &[])
}

/// The address of the page.
fn url(playground: &Program) -> String {
    let line = playground.wait_for_line("playground: http://");
    line.trim_start_matches("playground: ")
        .trim_end_matches('/')
        .to_owned()
}

#[test]
fn one_question_is_answered_without_a_browser() {
    let ended = start(&["--ask", "red bus"]).wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    let lines: Vec<&str> = ended.output.lines().collect();
    assert_eq!(lines[0], "Ada: /query red bus");
    assert!(
        lines[1].contains("5 pictures for “red bus” · "),
        "{lines:?}"
    );
    let pictures = lines
        .iter()
        .filter(|line| line.contains(": [picture]"))
        .count();
    let addresses = lines
        .iter()
        .filter(|line| line.starts_with("picture: http://127.0.0.1:"))
        .count();
    assert_eq!((pictures, addresses), (5, 5), "{lines:?}");
}

#[test]
fn a_question_without_an_answer_ends_with_code_1() {
    let ended = start(&["--ask", "xyzzyplugh"]).wait();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.output);
    assert!(
        ended.output.contains("Nothing found for “xyzzyplugh”"),
        "{}",
        ended.output
    );
}

#[test]
fn a_space_can_be_put_behind_it() {
    let broken = Server::start(|_| failure(404, "not_found", None));
    let ended = start(&["--space", &broken.url(""), "--ask", "bus"]).wait();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.output);
    assert!(
        ended
            .output
            .contains("The search is not available right now"),
        "{}",
        ended.output
    );
    assert!(!broken.requests().is_empty());
}

#[test]
fn the_page_is_served_and_ctrl_c_ends_everything() {
    let playground = start(&[]);
    let url = url(&playground);
    let client = Client::new(1);
    let page = client
        .send(&Request::get(format!("{url}/")))
        .expect("the page");
    assert_eq!(page.head.status, 200);
    assert!(page.head.is_html());
    let policy = page
        .head
        .header("content-security-policy")
        .expect("a policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let said = json!({"user": 1, "chat": 1, "text": "/query bus"});
    let said = client
        .send(&Request::post_json(format!("{url}/api/say"), &said))
        .expect("said");
    assert_eq!(said.head.status, 200);
    playground.signal("INT");
    let ended = playground.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
}

#[test]
fn with_a_token_the_bot_answers_on_telegram() {
    let telegram = Telegram::start();
    telegram.write(7, "/query bus");
    let (token, api) = (token_file(), telegram.url());
    let token = token.to_str().expect("a plain path");
    let variables = [
        ("CLIP_BOT_API_URL", api.as_str()),
        ("CLIP_BOT_ALLOWED", "everyone"),
        ("PLAYGROUND_LOG", "trace"),
    ];
    let binary = env!("CARGO_BIN_EXE_playground");
    let playground = Program::start(binary, &["--token-file", token], &variables);
    playground.wait_for_line("your bot answers on Telegram");
    telegram.wait_for_text("5 pictures for “bus”");
    let ended = playground.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    without_token(ended);
}

/// A folder of a test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("room");
    folder
}

#[test]
fn a_bot_on_telegram_finds_what_was_kept_after_a_restart() {
    let telegram = Telegram::start();
    let (token, api, state) = (token_file(), telegram.url(), folder("playground-kept"));
    let token = token.to_str().expect("a plain path");
    let variables = [
        ("CLIP_BOT_API_URL", api.as_str()),
        ("CLIP_BOT_ALLOWED", "everyone"),
        ("XDG_STATE_HOME", state.to_str().expect("a plain path")),
    ];
    let binary = env!("CARGO_BIN_EXE_playground");
    let start = || Program::start(binary, &["--token-file", token], &variables);
    let playground = start();
    let bus = drawings::find("bus").expect("built in").file.to_vec();
    let sent = telegram.api.send_picture(7, 7, bus, "our zephyrine");
    sent.expect("a good picture");
    let asked = telegram.wait_for_text("Shall I keep the pictures");
    // A call is recorded before its effect can be seen.
    let until = Instant::now() + PATIENCE;
    let message = loop {
        let shown = telegram.api.messages(7);
        let shown = shown.iter().find(|message| message["text"] == asked.text());
        if let Some(message) = shown.and_then(|message| message["message_id"].as_i64()) {
            break message;
        }
        assert!(Instant::now() < until, "the question is not shown");
        std::thread::sleep(Duration::from_millis(5));
    };
    let data = &asked.parameters["reply_markup"]["inline_keyboard"][0][0]["callback_data"];
    let data = data.as_str().expect("a button");
    let pressed = telegram.api.press(7, 7, message, data);
    pressed.expect("it is there");
    telegram.wait_for_text("Saved.");
    assert_eq!(playground.stop().status.code(), Some(0));

    let playground = start();
    telegram.write(7, "zephyrine");
    telegram.wait_for_text("for “zephyrine” ·");
    let photos = telegram.calls_of("sendPhoto");
    let caption = photos.last().expect("a picture").parameters["caption"].clone();
    let caption = caption.as_str().unwrap_or_default();
    assert!(caption.starts_with("our zephyrine"), "{caption}");
    assert_eq!(playground.stop().status.code(), Some(0));
}

#[test]
fn what_the_page_keeps_is_private_and_goes_with_the_process() {
    let temporary = folder("playground-temporary");
    let path = temporary.to_str().expect("a plain path");
    let playground = Program::start(env!("CARGO_BIN_EXE_playground"), &[], &[("TMPDIR", path)]);
    url(&playground);
    let entries = || std::fs::read_dir(&temporary).expect("it is there");
    let modes: Vec<u32> = entries()
        .map(|entry| entry.and_then(|entry| entry.metadata()).expect("readable"))
        .map(|about| about.permissions().mode() & 0o777)
        .collect();
    assert_eq!(modes, [0o700]);
    assert_eq!(playground.stop().status.code(), Some(0));
    assert_eq!(entries().count(), 0);
}

#[test]
fn wrong_settings_are_refused() {
    for (arguments, words) in [
        (&["--port", "99999"][..], "PLAYGROUND_PORT"),
        (&["--prot", "1"], "did you mean --port?"),
        (&["run", "now"], "run takes no words"),
        (&["--token-file", "/nowhere/token"], "/nowhere/token"),
        (
            &["telegram", "--pictures", "/"],
            "leave out the word telegram",
        ),
    ] {
        let ended = start(arguments).wait();
        assert_eq!(ended.status.code(), Some(2), "{}", ended.output);
        assert!(
            ended.output.contains(words),
            "{words:?} in {}",
            ended.output
        );
    }
}

/// As the installed service is tried without an account: `playground telegram` is its Telegram.
#[test]
fn a_bot_started_elsewhere_talks_to_this_telegram_alone() {
    let telegram = start(&["telegram"]);
    let address = url(&telegram);
    let how = telegram.wait_for_line("for a bot of yours: ");
    let setting = |name: &str| {
        let words = how.split_whitespace();
        let mut values = words.filter_map(|word| word.strip_prefix(name));
        values.next().expect("it is said").to_owned()
    };
    let variables = [
        ("CLIP_BOT_API_URL", setting("CLIP_BOT_API_URL=")),
        ("CLIP_BOT_TOKEN", setting("CLIP_BOT_TOKEN=")),
        ("CLIP_BOT_SEARCH_URL", "http://127.0.0.1:1".to_owned()),
        ("CLIP_BOT_LOG", "info".to_owned()),
    ];
    assert_eq!(variables[0].1, address);
    let variables = variables
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let bot = Program::start(env!("CARGO_BIN_EXE_clip-bot"), &[], &variables);
    let line = bot.wait_for_line("?start=");
    let (_, code) = line.split_once("?start=").expect("a link");
    let code = code.split_whitespace().next().expect("a code");
    let said = json!({"user": 1, "chat": 1, "text": format!("/start {code}")});
    let said = Client::new(1)
        .send(&Request::post_json(format!("{address}/api/say"), &said))
        .expect("said");
    assert_eq!(said.head.status, 200);
    bot.wait_for_line("user 1 has claimed the bot");
    bot.stop();
    assert_eq!(telegram.stop().status.code(), Some(0));
}
