//! The bot token appears in nothing the program prints, at trace level, whatever fails.

use crate::support::process::Program;
use crate::support::server::{Reply, Server};
use crate::support::stage::{start_bot, token_file, without_token};

/// Runs against `api_url` until `line` is printed, and returns the whole output.
fn output_at(api_url: &str, line: &str) -> String {
    let bot = start_bot(api_url, "http://127.0.0.1:9", &[]);
    bot.wait_for_line(line);
    without_token(bot.stop())
}

#[test]
fn the_token_is_never_shown_when_telegram_cannot_be_reached() {
    let trying = "Telegram cannot be reached; retrying";
    let output = output_at("http://no-such-host.invalid", trying);
    assert!(
        output.contains("host name no-such-host.invalid"),
        "{output}"
    );
    assert!(output.contains("failed to lookup address"), "{output}");
    output_at("http://127.0.0.1:9", trying);
    let plain = Server::start(|_| Reply::Close);
    let output = output_at(&format!("https://{}", plain.address()), trying);
    assert!(output.contains("getMe failed"), "{output}");
    let junk = Server::start(|_| Reply::bytes(200, "application/json", b"junk".to_vec()));
    output_at(&junk.url(""), trying);
    // A server that sends our request back, token and all.
    let echo = Server::start(|request| Reply::html(502, &format!("no {}", request.target)));
    output_at(&echo.url(""), trying);
    let moved = Server::start(|request| {
        Reply::bytes(302, "text/plain", vec![]).with("location", &format!("/x{}", request.target))
    });
    output_at(&moved.url(""), trying);
    assert_eq!(
        moved
            .requests()
            .iter()
            .filter(|r| r.target.starts_with("/x"))
            .count(),
        0
    );
}

#[test]
fn the_token_is_in_no_argument_of_the_process() {
    let junk = Server::start(|_| Reply::Stall);
    let bot = start_bot(&junk.url(""), "http://127.0.0.1:9", &[]);
    junk.wait_until("getMe", |requests| !requests.is_empty());
    let secret = "THIS-TOKEN-must-never-be-shown";
    for file in ["cmdline", "environ"] {
        let content = std::fs::read(format!("/proc/{}/{file}", bot.pid())).expect("our own child");
        assert!(
            !String::from_utf8_lossy(&content).contains(secret),
            "{file}"
        );
    }
}

#[test]
fn check_shows_no_token_either() {
    let token = token_file();
    let variables = [
        ("CLIP_BOT_TOKEN_FILE", token.to_str().expect("plain")),
        ("CLIP_BOT_API_URL", "https://no-such-host.invalid"),
        ("CLIP_BOT_SEARCH_URL", "http://127.0.0.1:9"),
        ("CLIP_BOT_LOG", "trace"),
    ];
    let ended = Program::start(env!("CARGO_BIN_EXE_clip-bot"), &["check"], &variables).wait();
    assert_eq!(ended.status.code(), Some(1));
    assert!(without_token(ended).contains("FAIL token:"));
}
