//! What `clip-bot` tells systemd, and what it takes over while it runs.

use crate::support::process::Program;
use crate::support::server::Server;
use crate::support::stage::{failure, found, start_bot, token_file, without_token};
use crate::support::systemd::Notices;
use crate::support::telegram::Telegram;

fn statuses(messages: &[String]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|message| message.strip_prefix("STATUS="))
        .collect()
}

#[test]
fn ready_comes_before_the_network_and_the_status_tells_the_rest() {
    let systemd = Notices::new();
    let endpoint = Server::start(|_| found(2));
    let notify = systemd.path();
    // Nothing listens there.
    let bot = start_bot(
        "http://127.0.0.1:9",
        &endpoint.url(""),
        &[("NOTIFY_SOCKET", notify)],
    );
    assert_eq!(systemd.next(), "READY=1");
    let messages = systemd.until_like("STATUS=no updates: getMe failed");
    assert!(
        statuses(&messages).len() <= 2,
        "only changes are told: {messages:?}"
    );
    bot.signal("TERM");
    without_token(bot.wait());
}

#[test]
fn the_status_follows_what_happens() {
    let systemd = Notices::new();
    let telegram = Telegram::start();
    let endpoint = Server::start(|request| {
        if request.target.contains("sleep") {
            failure(503, "space_asleep", Some(60))
        } else {
            found(2)
        }
    });
    let notify = systemd.path();
    let settings = [("NOTIFY_SOCKET", notify), ("WATCHDOG_USEC", "1000000")];
    let bot = start_bot(&telegram.url(), &endpoint.url(""), &settings);
    systemd.until_like("STATUS=polling; serves everyone");
    systemd.until_like("WATCHDOG=1");
    telegram.write(7, "bus");
    systemd.until_like("STATUS=polling; 1 answered, p95 ");
    telegram.write(8, "sleep");
    let messages = systemd.until_like("STATUS=polling; 1 answered, p95 ");
    let asleep = messages.last().expect("the one waited for");
    assert!(asleep.contains("endpoint asleep since "), "{asleep}");
    assert!(
        asleep.contains(" UTC, 1 wait for it; serves everyone"),
        "{asleep}"
    );
    bot.signal("TERM");
    systemd.until_like("STOPPING=1");
    without_token(bot.wait());
}

#[test]
fn a_reload_changes_level_and_allow_list_of_the_bot_that_runs() {
    let systemd = Notices::new();
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(2));
    let (notify, runtime) = (systemd.path(), systemd.folder());
    let settings = [
        ("NOTIFY_SOCKET", notify),
        ("RUNTIME_DIRECTORY", runtime),
        ("CLIP_BOT_LOG", "info"),
    ];
    let bot = start_bot(&telegram.url(), &endpoint.url(""), &settings);
    systemd.until_like("STATUS=polling; serves everyone");

    let token = token_file();
    let (api, search) = (telegram.url(), endpoint.url(""));
    let reload = |more: &[(&str, &str)]| {
        let mut settings = vec![
            ("CLIP_BOT_TOKEN_FILE", token.to_str().expect("a plain path")),
            ("CLIP_BOT_API_URL", api.as_str()),
            ("CLIP_BOT_SEARCH_URL", search.as_str()),
            ("CLIP_BOT_POLL_TIMEOUT", "2s"),
            ("RUNTIME_DIRECTORY", runtime),
        ];
        settings.extend(more);
        Program::start(env!("CARGO_BIN_EXE_clip-bot"), &["reload"], &settings).wait()
    };
    let wrong = reload(&[("CLIP_BOT_RESULTS", "99")]);
    assert_eq!(wrong.status.code(), Some(2), "{}", wrong.output);

    let done = reload(&[
        ("CLIP_BOT_LOG", "debug"),
        ("CLIP_BOT_ALLOWED", "7"),
        ("CLIP_BOT_WORKERS", "3"),
    ]);
    assert_eq!(done.status.code(), Some(0), "{}", done.output);
    let line = bot.wait_for_line("the settings were taken over, but for these");
    assert!(line.ends_with("CLIP_BOT_WORKERS"), "{line}");
    let messages = systemd.until_like("READY=1");
    let reloading = &messages[messages.len() - 2];
    assert!(
        reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{messages:?}"
    );

    telegram.write(8, "bus");
    telegram.wait_for_text("This bot is private");
    telegram.write(7, "bus");
    telegram.wait_for_text("2 pictures for “bus”");
    bot.wait_for_line("DEBUG update");

    bot.signal("HUP");
    bot.wait_for_line("SIGHUP changes nothing");
    without_token(bot.stop());
}

#[test]
fn a_reload_without_a_bot_says_so() {
    let systemd = Notices::new();
    let token = token_file();
    let settings = |runtime| {
        let token = token.to_str().expect("a plain path");
        [
            ("CLIP_BOT_TOKEN_FILE", token),
            ("CLIP_BOT_SEARCH_URL", "http://127.0.0.1:9"),
            ("RUNTIME_DIRECTORY", runtime),
        ]
    };
    let reload = |runtime| {
        let binary = env!("CARGO_BIN_EXE_clip-bot");
        Program::start(binary, &["reload"], &settings(runtime)).wait()
    };
    let nobody = reload(systemd.folder());
    assert_eq!(nobody.status.code(), Some(1));
    assert!(
        nobody.output.contains("no clip-bot answers at"),
        "{}",
        nobody.output
    );
    let elsewhere = reload("");
    assert_eq!(elsewhere.status.code(), Some(2));
    assert!(
        elsewhere.output.contains("RUNTIME_DIRECTORY is not set"),
        "{}",
        elsewhere.output
    );
}
