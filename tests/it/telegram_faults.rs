//! Telegram misbehaves: nobody's answer is lost, nothing hangs, the log names the update.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use clip_bot::error::Kind;
use clip_bot::secret::Secret;
use clip_bot::shutdown::Shutdown;
use clip_bot::telegram::client::{Client, Timeouts};
use clip_bot::telegram::delivery::Delivery;
use clip_bot::telegram::request::{Address, send_message, send_upload_action};
use serde_json::json;

use crate::support::process::Program;
use crate::support::server::Reply;
use crate::support::stage::{Stage, failure, found, start_bot, without_token};
use crate::support::telegram::{TOKEN, Telegram, error, flood, group_message};

fn answered(stage: &Stage, chat: i64) {
    stage.telegram.wait_for("the summary", |call| {
        call.chat() == chat && call.text().contains("pictures for")
    });
}

#[test]
fn a_short_flood_wait_is_obeyed_at_every_step() {
    let stage = Stage::start(3);
    for method in ["sendMessage", "sendMediaGroup", "editMessageText"] {
        stage.telegram.fail(method, 1, flood(1));
    }
    stage.telegram.write(7, "bus");
    stage
        .telegram
        .wait_for_many("edits", 2, |call| call.method == "editMessageText");
    for method in ["sendMessage", "sendMediaGroup", "editMessageText"] {
        let calls = stage.telegram.calls_of(method);
        assert_eq!(calls.len(), 2, "{method}");
        let pause = calls[1].at - calls[0].at;
        assert!(
            pause >= Duration::from_millis(990),
            "{method} again after {pause:?}"
        );
    }
    stage.stop();
}

#[test]
fn a_day_of_flood_wait_in_one_chat_holds_up_nobody_else() {
    let stage = Stage::start(2);
    let mut flooded = false;
    stage.telegram.fail_when(move |call| {
        let hit = call.chat() == 7 && !std::mem::replace(&mut flooded, call.chat() == 7);
        hit.then(|| flood(86_400))
    });
    let update = stage.telegram.write(7, "bus");
    stage
        .bot
        .wait_for_line(&format!("update {update}: kept, next try in 1day"));
    stage.telegram.write(7, "car");
    stage.telegram.write(8, "tree");
    answered(&stage, 8);
    let to_flooded: Vec<_> = stage
        .telegram
        .calls()
        .into_iter()
        .filter(|call| call.chat() == 7)
        .collect();
    assert_eq!(
        to_flooded.len(),
        1,
        "the chat is left alone: {to_flooded:?}"
    );
    let ended = stage.bot.stop();
    let line = "stopped before 2 updates were answered, and they are not on disk";
    assert!(ended.output.contains(line), "{}", ended.output);
}

#[test]
fn a_flood_inside_an_album_error_is_waited_out() {
    let stage = Stage::start(2);
    let words = "Bad Request: failed to send message #1 with the error message \
                 \"Too Many Requests: retry after 1\"";
    stage.telegram.fail("sendMediaGroup", 1, error(400, words));
    stage.telegram.write(7, "bus");
    answered(&stage, 7);
    let albums = stage.telegram.calls_of("sendMediaGroup");
    assert_eq!(albums[0].media(), albums[1].media());
    assert!(albums[1].at - albums[0].at >= Duration::from_millis(990));
    stage.stop();
}

#[test]
fn server_errors_and_error_pages_are_retried() {
    let stage = Stage::start(3);
    stage.telegram.fail(
        "getUpdates",
        1,
        Reply::html(502, "<html><h1>Bad Gateway</h1></html>"),
    );
    stage.telegram.fail(
        "sendMessage",
        1,
        error(500, "Internal Server Error: restart"),
    );
    stage.telegram.fail(
        "sendMediaGroup",
        2,
        Reply::html(502, "<html>Bad Gateway</html>"),
    );
    stage.telegram.fail("editMessageText", 1, Reply::Close);
    stage.telegram.write(7, "bus");
    answered(&stage, 7);
    assert_eq!(stage.telegram.calls_of("sendMediaGroup").len(), 3);
    let output = stage.stop();
    assert!(
        output.contains("an HTML page instead of JSON came with status 502"),
        "{output}"
    );
}

/// The bug, found by tests/chaos: a page with status 200 in place of Telegram's answer ended an
/// update without a word.
#[test]
fn a_page_in_place_of_an_answer_is_not_the_last_word() {
    let stage = Stage::start(3);
    let page = Reply::html(200, "<html>Please log in to this network</html>");
    stage.telegram.fail("sendMessage", 1, page.clone());
    stage.telegram.write(7, "/help");
    stage.telegram.wait_for_many("help", 2, |call| {
        call.text().contains("I find pictures by what they show")
    });
    stage.telegram.fail("sendMediaGroup", 1, page);
    stage.telegram.write(7, "bus");
    answered(&stage, 7);
    assert_eq!(stage.telegram.calls_of("sendMediaGroup").len(), 2);
    stage.stop();
}

#[test]
fn the_search_goes_on_when_the_acknowledgement_cannot_be_sent() {
    let stage = Stage::start(3);
    stage
        .telegram
        .fail("sendMessage", 3, error(500, "Internal Server Error"));
    let update = stage.telegram.write(7, "bus");
    stage
        .telegram
        .wait_for("album", |call| call.method == "sendMediaGroup");
    answered(&stage, 7);
    let line = stage
        .bot
        .wait_for_line("cannot say “Searching…”, searching anyway");
    assert!(line.contains(&format!("update {update}")), "{line}");
    stage.stop();
}

#[test]
fn an_answer_cut_off_is_not_sent_a_third_time() {
    let stage = Stage::start(3);
    stage.telegram.fail(
        "sendMediaGroup",
        2,
        Reply::Cut {
            status: 200,
            body: b"{\"ok\":true".to_vec(),
        },
    );
    let update = stage.telegram.write(7, "bus");
    stage.bot.wait_for_line(&format!("update {update}: kept"));
    assert_eq!(
        stage.telegram.calls_of("sendMediaGroup").len(),
        2,
        "it may have been sent"
    );
    stage.stop();
}

#[test]
fn an_oversized_answer_is_refused_and_polling_goes_on() {
    let telegram = Telegram::start();
    telegram.fail(
        "getUpdates",
        1,
        Reply::bytes(200, "application/json", vec![b' '; 11 << 20]),
    );
    let stage = Stage::with(telegram, |_| found(2), &[]);
    stage.telegram.write(7, "bus");
    answered(&stage, 7);
    let output = stage.stop();
    assert!(output.contains("the answer is larger than"), "{output}");
}

#[test]
fn a_poll_that_stalls_is_given_up_and_repeated() {
    let telegram = Telegram::start();
    telegram.fail("getUpdates", 1, Reply::Stall);
    let stage = Stage::with(telegram, |_| found(2), &[("CLIP_BOT_POLL_TIMEOUT", "1s")]);
    stage.telegram.write(7, "bus");
    answered(&stage, 7);
    assert!(stage.stop().contains("the time for the answer is over"));
}

#[test]
fn a_poison_update_costs_only_itself() {
    let stage = Stage::start(2);
    stage.telegram.write(7, "before");
    let poison = stage
        .telegram
        .push(json!({"message": {"message_id": "x", "chat": [1]}}));
    stage.telegram.push(json!({"message_of_2030": {}}));
    stage.telegram.write(8, "after");
    answered(&stage, 7);
    answered(&stage, 8);
    stage
        .bot
        .wait_for_line(&format!("update {poison} was skipped"));
    let Stage { telegram, bot, .. } = stage;
    bot.stop();
    assert_eq!(
        telegram.unconfirmed(),
        Vec::<i64>::new(),
        "all are confirmed at the end"
    );
}

#[test]
fn a_webhook_is_deleted_without_losing_what_waits() {
    let telegram = Telegram::start();
    telegram.set_webhook("https://old.example.org/hook");
    telegram.write(7, "bus");
    let stage = Stage::with(telegram, |_| found(2), &[]);
    answered(&stage, 7);
    let deleted = &stage.telegram.calls_of("deleteWebhook")[0];
    assert_eq!(deleted.parameters, json!({"drop_pending_updates": false}));
    assert!(
        stage
            .stop()
            .contains("deleted the webhook https://old.example.org/hook")
    );
}

#[test]
fn a_second_poller_is_waited_for() {
    let words = "Conflict: terminated by other getUpdates request; \
                 make sure that only one bot instance is running";
    let telegram = Telegram::start();
    telegram.fail("getUpdates", 1, error(409, words));
    let stage = Stage::with(telegram, |_| found(2), &[]);
    stage.telegram.write(7, "bus");
    answered(&stage, 7);
    let polls = stage.telegram.calls_of("getUpdates");
    assert!(
        polls[1].at - polls[0].at >= Duration::from_millis(1400),
        "slowed down"
    );
    assert_eq!(stage.telegram.calls_of("deleteWebhook").len(), 0);
    assert!(
        stage
            .stop()
            .contains("another program polls with this bot's token")
    );
}

#[test]
fn a_wrong_token_ends_the_bot_with_code_3() {
    for (code, words) in [(401, "Unauthorized"), (404, "Not Found")] {
        let telegram = Telegram::start();
        telegram.fail("getMe", 9, error(code, words));
        let ended = start_bot(&telegram.url(), "http://127.0.0.1:9", &[]).wait();
        assert_eq!(ended.status.code(), Some(3), "{}", ended.output);
        let output = without_token(ended);
        assert!(output.contains("refuses the bot token"), "{output}");
        assert!(output.contains("copy it again from @BotFather"), "{output}");
    }
    let telegram = Telegram::start();
    telegram.fail("getUpdates", 9, error(401, "Unauthorized"));
    let ended = start_bot(&telegram.url(), "http://127.0.0.1:9", &[]).wait();
    assert_eq!(
        ended.status.code(),
        Some(3),
        "revoked while running: {}",
        ended.output
    );
}

#[test]
fn the_bot_waits_for_telegram_to_come() {
    // A port that nobody listens on, until this test does.
    let port = TcpListener::bind("127.0.0.1:0")
        .expect("a free port")
        .local_addr()
        .expect("bound");
    let bot = start_bot(&format!("http://{port}"), "http://127.0.0.1:9", &[]);
    bot.wait_for_line("Telegram cannot be reached; retrying");
    let ended = bot.stop();
    assert_eq!(ended.status.code(), Some(0));
    assert!(without_token(ended).contains("Connection refused"));
}

/// A send that is never answered: given up in time, sent once more, and no third time, since it
/// may have arrived.
#[test]
fn a_send_that_stalls_is_given_up() {
    let telegram = Telegram::start();
    telegram.fail("sendMessage", 9, Reply::Stall);
    telegram.fail("sendChatAction", 9, Reply::Stall);
    let short = Duration::from_millis(200);
    let timeouts = Timeouts {
        request: short,
        upload: short,
        poll_slack: short,
    };
    let client = Client::new(&telegram.url(), Secret::new(TOKEN), 1).with_timeouts(timeouts);
    let delivery = Delivery::new(client, Shutdown::default());
    let to = Address {
        chat: 7,
        ..Address::default()
    };
    let sent = delivery
        .send(send_message(to, "hello"))
        .expect_err("no answer came");
    assert_eq!(*sent.kind(), Kind::Lost, "{}", sent.chain());
    assert_eq!(telegram.calls_of("sendMessage").len(), 2);
    delivery
        .send(send_upload_action(to))
        .expect_err("no answer came");
    assert_eq!(
        telegram.calls_of("sendChatAction").len(),
        3,
        "this one does no harm twice"
    );
}

#[test]
fn a_user_who_blocked_the_bot_is_dropped() {
    let stage = Stage::start(3);
    stage.telegram.fail_when(|call| {
        (call.chat() == 7).then(|| error(403, "Forbidden: bot was blocked by the user"))
    });
    let update = stage.telegram.write(7, "bus");
    let line = stage.bot.wait_for_line("nobody to answer");
    assert!(
        line.contains(&format!("update {update}")) && line.contains("blocked by the user"),
        "{line}"
    );
    stage.telegram.write(8, "bus");
    answered(&stage, 8);
    assert_eq!(
        stage.endpoint.requests().len(),
        1,
        "nothing is searched for nobody"
    );
    stage.stop();
}

/// A button pressed during an outage: Telegram does not want its answer any more, and the search
/// it asked for comes all the same.
#[test]
fn a_button_that_is_too_old_to_answer_still_searches() {
    let stage = Stage::start(2);
    let words = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    stage
        .telegram
        .fail("answerCallbackQuery", 9, error(400, words));
    stage.telegram.push(
        json!({"callback_query": {"id": "c1", "from": {"id": 7}, "data": "a:bus",
        "message": {"message_id": 5, "chat": {"id": 7, "type": "private"}}}}),
    );
    answered(&stage, 7);
    assert_eq!(stage.telegram.calls_of("answerCallbackQuery").len(), 1);
    assert!(!stage.stop().contains("given up"));
}

#[test]
fn a_group_that_moved_is_followed() {
    let stage = Stage::start(3);
    stage.telegram.fail_when(|call| {
        let body = json!({"ok": false, "error_code": 400,
            "description": "Bad Request: group chat was upgraded to a supergroup chat",
            "parameters": {"migrate_to_chat_id": -100_500}});
        (call.chat() == -5).then(|| Reply::json(400, &body))
    });
    stage.telegram.push(group_message(-5, "/query bus"));
    answered(&stage, -100_500);
    let to_old = stage
        .telegram
        .calls()
        .into_iter()
        .filter(|call| call.chat() == -5)
        .count();
    assert_eq!(to_old, 1, "the new id is remembered");
    stage.stop();
}

/// Somebody deleted "Searching…" before the search failed: the user heard nothing at all.
#[test]
fn a_deleted_acknowledgement_is_replaced_by_a_new_message() {
    let stage = Stage::with_endpoint(|_| failure(502, "space_down", None));
    let gone = error(400, "Bad Request: message to edit not found");
    stage.telegram.fail("editMessageText", 9, gone);
    stage.telegram.write(7, "bus");
    let said = stage.telegram.wait_for("the sentence", |call| {
        call.method == "sendMessage" && call.text().contains("not available")
    });
    assert_eq!(said.chat(), 7);
    stage.stop();
}

#[test]
fn a_vanished_topic_or_message_is_left_out() {
    let stage = Stage::start(3);
    stage.telegram.fail_when(|call| {
        let topic = call.parameters.get("message_thread_id").is_some();
        topic.then(|| error(400, "Bad Request: message thread not found"))
    });
    stage.telegram.fail_when(|call| {
        let reply = call.parameters.get("reply_parameters").is_some();
        reply.then(|| error(400, "Bad Request: message to be replied not found"))
    });
    let mut event = group_message(-5, "/query bus");
    event["message"]["message_thread_id"] = 3.into();
    event["message"]["is_topic_message"] = true.into();
    stage.telegram.push(event);
    answered(&stage, -5);
    stage.stop();
}

/// The Bot API server saw the interrupted long poll for a moment longer, and refused the
/// confirmation: the last updates came again at the next start.
#[test]
fn the_last_confirmation_outlasts_a_conflict() {
    let stage = Stage::start(2);
    stage.telegram.write(7, "bus");
    answered(&stage, 7);
    let mut times = 2;
    stage.telegram.fail_when(move |call| {
        let last = call.method == "getUpdates" && call.parameters["timeout"] == 0 && times > 0;
        times -= u32::from(last);
        last.then(|| error(409, "Conflict: terminated by other getUpdates request"))
    });
    let Stage { telegram, bot, .. } = stage;
    let ended = bot.stop();
    assert!(
        !ended.output.contains("will come again"),
        "{}",
        ended.output
    );
    assert_eq!(telegram.unconfirmed(), Vec::<i64>::new());
}

#[test]
fn a_stop_is_clean_while_polling_and_while_searching() {
    let stage = Stage::with_endpoint(|_| {
        std::thread::sleep(Duration::from_secs(1));
        found(2)
    });
    stage.telegram.write(7, "bus");
    stage.telegram.wait_for_text("Searching for “bus”");
    let start = Instant::now();
    let Stage { telegram, bot, .. } = stage;
    let ended: Program = bot;
    let ended = ended.stop();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "the long poll is interrupted"
    );
    assert_eq!(
        telegram.calls_of("editMessageText").len(),
        1,
        "what was under way was answered"
    );
    assert_eq!(telegram.unconfirmed(), Vec::<i64>::new());
}
