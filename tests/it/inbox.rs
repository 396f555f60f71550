//! What was accepted is answered, whatever happens to the process and its folder.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::support::PATIENCE;
use crate::support::process::Program;
use crate::support::server::{Reply, Server};
use crate::support::stage::{file, found, start_bot, without_token};
use crate::support::telegram::{Telegram, error, flood};

/// A folder that is not there yet.
fn folder() -> PathBuf {
    file("state", "").with_extension("d")
}

fn start(telegram: &Telegram, endpoint: &Server, folder: &Path, more: &[(&str, &str)]) -> Program {
    let mut settings = vec![("CLIP_BOT_STATE_DIR", folder.to_str().expect("a plain path"))];
    settings.extend(more);
    start_bot(&telegram.url(), &endpoint.url(""), &settings)
}

/// An endpoint that says when it was asked, and answers when it is let go.
fn held_endpoint() -> (Server, Receiver<()>, Sender<()>) {
    let (asked, asks) = channel();
    let (go, gone) = channel();
    let (asked, gone) = (Mutex::new(asked), Mutex::new(gone));
    let server = Server::start(move |_| {
        let _ = asked.lock().expect("no panic while held").send(());
        let _ = gone
            .lock()
            .expect("no panic while held")
            .recv_timeout(PATIENCE);
        found(2)
    });
    (server, asks, go)
}

fn searching(telegram: &Telegram) -> usize {
    let calls = telegram.calls_of("sendMessage");
    calls
        .iter()
        .filter(|call| call.text().contains("Searching for"))
        .count()
}

/// The bug: what was confirmed to Telegram and not answered was gone with the process.
#[test]
fn a_kill_in_the_middle_of_a_search_loses_nothing_and_says_nothing_twice() {
    let telegram = Telegram::start();
    let (endpoint, asks, go) = held_endpoint();
    let folder = folder();
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.write(7, "bus");
    telegram.write(8, "cat");
    for _ in 0..2 {
        asks.recv_timeout(PATIENCE).expect("both are searched for");
    }
    // When the next update is confirmed, all before it is on disk.
    telegram.write(9, "/help");
    telegram.wait_for("confirmed", |call| {
        call.method == "getUpdates" && call.parameters["offset"].as_i64() == Some(1003)
    });
    telegram.wait_for_text("I find pictures by what they show");
    let until = Instant::now() + PATIENCE;
    while !telegram.unconfirmed().is_empty() {
        assert!(Instant::now() < until, "{:?}", telegram.unconfirmed());
        std::thread::sleep(Duration::from_millis(5));
    }
    drop(bot);
    for _ in 0..4 {
        go.send(()).expect("the endpoint listens");
    }
    let bot = start(&telegram, &endpoint, &folder, &[]);
    bot.wait_for_line("updates of an earlier run go on");
    telegram.wait_for_text("2 pictures for “bus”");
    telegram.wait_for_text("2 pictures for “cat”");
    assert_eq!(searching(&telegram), 2, "the first messages were edited");
    assert_eq!(telegram.calls_of("sendMediaGroup").len(), 2);
    without_token(bot.stop());
    let bot = start(&telegram, &endpoint, &folder, &[]);
    bot.wait_for_line("started as");
    assert!(
        !bot.stop().output.contains("earlier run"),
        "all was answered"
    );
}

#[test]
fn an_album_that_went_out_before_the_kill_is_not_sent_again() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(2));
    let folder = folder();
    // The summary is the step that hangs.
    telegram.fail("editMessageText", 1, Reply::Stall);
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.write(7, "bus");
    telegram.wait_for_count("editMessageText", 1);
    drop(bot);
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.wait_for_many("summary", 2, |call| {
        call.text().contains("2 pictures for “bus”")
    });
    assert_eq!(telegram.calls_of("sendMediaGroup").len(), 1);
    assert_eq!(endpoint.requests().len(), 1, "nor searched for again");
    without_token(bot.stop());
}

/// The bug: a query that ended the process came back with each start, and nobody was answered any more.
#[test]
fn a_query_at_work_in_three_processes_that_ended_is_set_aside() {
    let telegram = Telegram::start();
    let (asked, asks) = channel();
    let asked = Mutex::new(asked);
    let endpoint = Server::start(move |request| {
        if !request.target.contains("poison") {
            return found(2);
        }
        let _ = asked.lock().expect("no panic while held").send(());
        Reply::Stall
    });
    let folder = folder();
    telegram.write(7, "poison");
    for _ in 0..3 {
        let bot = start(&telegram, &endpoint, &folder, &[]);
        asks.recv_timeout(PATIENCE).expect("it is searched for");
        // What happened before is on disk with this one's answer.
        let help = telegram.calls_of("sendMessage").len();
        telegram.write(9, "/help");
        telegram.wait_for_count("sendMessage", help + 1);
        drop(bot);
    }
    let bot = start(&telegram, &endpoint, &folder, &[]);
    let said = telegram.wait_for_text("“poison” stopped this bot three times");
    assert_eq!((said.chat(), said.method.as_str()), (7, "editMessageText"));
    bot.wait_for_line("set aside: the program ended 3 times while it was at work");
    telegram.write(7, "bus");
    telegram.wait_for_text("2 pictures for “bus”");
    without_token(bot.stop());
    assert!(asks.try_recv().is_err(), "it was not searched for again");
}

#[test]
fn polling_goes_on_where_it_stopped() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(2));
    let folder = folder();
    let bot = start(&telegram, &endpoint, &folder, &[]);
    let update = telegram.write(7, "bus");
    telegram.wait_for_text("2 pictures for");
    drop(bot);
    let before = telegram.calls_of("getUpdates").len();
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.wait_for_count("getUpdates", before + 1);
    let first = &telegram.calls_of("getUpdates")[before];
    assert_eq!(first.parameters["offset"].as_i64(), Some(update + 1));
    without_token(bot.stop());
}

#[test]
fn a_stop_parks_what_waits_and_the_next_start_answers_it_in_order() {
    let telegram = Telegram::start();
    let (endpoint, asks, go) = held_endpoint();
    let folder = folder();
    let one_worker = [("CLIP_BOT_WORKERS", "1"), ("CLIP_BOT_RATE", "none")];
    let bot = start(&telegram, &endpoint, &folder, &one_worker);
    for number in 0..5 {
        telegram.write(7, &format!("bus {number}"));
    }
    asks.recv_timeout(PATIENCE)
        .expect("the first is searched for");
    telegram.wait_for("all were fetched", |call| {
        call.method == "getUpdates" && call.parameters["offset"].as_i64() == Some(1005)
    });
    bot.signal("TERM");
    bot.wait_for_line("stopping; 1 at work");
    go.send(()).expect("the endpoint listens");
    let ended = bot.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    assert!(
        ended
            .output
            .contains("4 updates are not answered yet; they go on at the next start"),
        "{}",
        ended.output
    );
    assert_eq!(telegram.unconfirmed(), Vec::<i64>::new());
    drop(go);
    let bot = start(&telegram, &endpoint, &folder, &one_worker);
    let answers = telegram.wait_for_many("answers", 5, |call| call.text().contains("2 pictures"));
    for (number, answer) in answers.iter().enumerate() {
        let expected = format!("“bus {number}”");
        assert!(answer.text().contains(&expected), "{}", answer.text());
    }
    without_token(bot.stop());
}

#[test]
fn a_second_signal_ends_at_once_and_loses_nothing() {
    let telegram = Telegram::start();
    let (endpoint, asks, go) = held_endpoint();
    let folder = folder();
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.write(7, "bus");
    asks.recv_timeout(PATIENCE).expect("searched for");
    bot.signal("TERM");
    bot.wait_for_line("stopping; 1 at work");
    let second = Instant::now();
    bot.signal("TERM");
    assert_eq!(bot.wait().status.code(), Some(1));
    assert!(
        second.elapsed() < Duration::from_secs(10),
        "the drain takes 20 s"
    );
    drop(go);
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.wait_for_text("2 pictures for “bus”");
    without_token(bot.stop());
}

/// The bug: a token that was revoked ended what was under way without an answer.
#[test]
fn what_a_revoked_token_left_open_is_answered_with_the_next_one() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(2));
    let folder = folder();
    let refused = error(401, "Unauthorized");
    telegram.fail("sendMessage", 1, refused.clone());
    let mut revoked = true;
    telegram.fail_when(move |call| {
        let confirms = call.parameters["offset"].as_i64() == Some(1001);
        let hit = call.method == "getUpdates" && confirms && revoked;
        revoked &= !hit;
        hit.then(|| refused.clone())
    });
    telegram.write(7, "bus");
    let bot = start(&telegram, &endpoint, &folder, &[]);
    assert_eq!(bot.wait().status.code(), Some(3));
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.wait_for_text("2 pictures for “bus”");
    without_token(bot.stop());
}

#[test]
fn a_folder_in_use_is_refused_with_the_remedy() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(2));
    let folder = folder();
    let first = start(&telegram, &endpoint, &folder, &[]);
    first.wait_for_line("started as");
    let second = start(&telegram, &endpoint, &folder, &[]).wait();
    assert_eq!(second.status.code(), Some(1), "{}", second.output);
    let line = format!(
        "another process uses {}: stop the other clip-bot",
        folder.display()
    );
    assert!(second.output.contains(&line), "{}", second.output);
    without_token(first.stop());
}

#[test]
fn a_damaged_file_is_set_aside_and_the_bot_goes_on() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(2));
    let folder = folder();
    std::fs::create_dir(&folder).expect("the folder for tests can be written");
    std::fs::write(folder.join("inbox.redb"), "no database at all").expect("just made");
    let bot = start(&telegram, &endpoint, &folder, &[]);
    let line = bot.wait_for_line("inbox.damaged");
    assert!(line.contains("ERROR"), "{line}");
    telegram.write(7, "bus");
    telegram.wait_for_text("2 pictures for “bus”");
    assert!(folder.join("inbox.damaged").exists());
    without_token(bot.stop());
}

/// Where nothing can be written, Telegram keeps the updates until they are answered.
#[test]
fn without_a_usable_folder_nothing_is_confirmed_before_it_is_answered() {
    let telegram = Telegram::start();
    let (endpoint, asks, go) = held_endpoint();
    // A file stands where the folder should be.
    let folder = file("not-a-folder", "x").join("state");
    let bot = start(&telegram, &endpoint, &folder, &[]);
    bot.wait_for_line("ERROR");
    let update = telegram.write(7, "bus");
    asks.recv_timeout(PATIENCE).expect("searched for");
    drop(bot);
    assert_eq!(telegram.unconfirmed(), [update], "Telegram has it still");
    drop(go);
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.wait_for_text("2 pictures for “bus”");
    telegram.wait_for("confirmed", |call| {
        call.method == "getUpdates" && call.parameters["offset"].as_i64() == Some(update + 1)
    });
    without_token(bot.stop());
}

#[test]
fn who_asks_too_often_is_told_once_and_the_others_are_served() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(2));
    let bot = start(
        &telegram,
        &endpoint,
        &folder(),
        &[("CLIP_BOT_RATE", "2/1h")],
    );
    for number in 0..6 {
        telegram.write(7, &format!("bus {number}"));
    }
    telegram.write(8, "cat");
    telegram.wait_for_text("2 pictures for “cat”");
    telegram.wait_for_text("2 pictures for “bus 1”");
    let told = telegram.wait_for_text("I take the next search in");
    assert_eq!(told.chat(), 7);
    let ended = bot.stop();
    assert!(
        ended
            .output
            .contains("user 7 asks too often, next search in 30m")
    );
    let said = telegram.calls_of("sendMessage");
    assert_eq!(
        said.iter()
            .filter(|call| call.text().contains("I take the next"))
            .count(),
        1
    );
    assert_eq!(endpoint.requests().len(), 3);
}

#[test]
fn those_who_ask_the_same_at_the_same_time_share_one_search() {
    let telegram = Telegram::start();
    let (endpoint, asks, go) = held_endpoint();
    let bot = start(&telegram, &endpoint, &folder(), &[]);
    for chat in 1..=5 {
        telegram.write(chat, "red bus");
    }
    asks.recv_timeout(PATIENCE).expect("searched for");
    telegram.wait_for_many("acknowledgements", 5, |call| {
        call.text().contains("Searching")
    });
    go.send(()).expect("the endpoint listens");
    telegram.wait_for_many("answers", 5, |call| {
        call.text().contains("2 pictures for “red bus”")
    });
    assert_eq!(endpoint.requests().len(), 1);
    without_token(bot.stop());
}

/// A chat that floods leaves its jobs on disk, not in the way of others nor of the stop.
#[test]
fn a_day_of_flood_wait_outlasts_a_restart() {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| found(2));
    let folder = folder();
    telegram.fail("sendMediaGroup", 1, flood(86_400));
    let bot = start(&telegram, &endpoint, &folder, &[]);
    let update = telegram.write(7, "bus");
    bot.wait_for_line(&format!("update {update}: kept, next try in 1day"));
    assert_eq!(bot.stop().status.code(), Some(0));
    let bot = start(&telegram, &endpoint, &folder, &[]);
    telegram.wait_for_text("2 pictures for “bus”");
    assert_eq!(searching(&telegram), 1);
    without_token(bot.stop());
}
