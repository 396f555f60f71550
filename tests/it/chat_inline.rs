//! Inline mode: "@bot red bus", typed in any chat.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::server::{Reply, Request};
use crate::support::stage::{Stage, start_bot, without_token};
use crate::support::telegram::{Call, PNG, Telegram, group_message};

/// An endpoint with 30 public pictures.
fn pages(request: &Request) -> Reply {
    let number = |name: &str| {
        let value = request.target.split(name).nth(1)?;
        value.split('&').next()?.parse().ok()
    };
    let (offset, limit): (usize, usize) = (
        number("&offset=").unwrap_or(0),
        number("limit=").unwrap_or(5),
    );
    let end = (offset + limit).min(30);
    let hit = |n| {
        json!({"url": format!("https://pictures.example.org/{n}.jpg"), "width": 640, "height": 480,
            "thumbnail_url": format!("https://pictures.example.org/{n}-small.jpg"), "caption": format!("No. {n}")})
    };
    let mut page = json!({"results": (offset..end).map(hit).collect::<Vec<_>>()});
    if end < 30 {
        page["next_offset"] = end.into();
    }
    Reply::json(200, &page)
}

fn inline(user: i64, id: &str, query: &str, offset: &str) -> Value {
    json!({"inline_query": {"id": id, "query": query, "offset": offset, "chat_type": "supergroup",
        "from": {"id": user, "is_bot": false, "first_name": "U", "language_code": "en"}}})
}

/// The answer to the inline query `id`.
fn answer(stage: &Stage, id: &str) -> Value {
    let fits = |call: &Call| {
        call.method == "answerInlineQuery" && call.parameters["inline_query_id"] == id
    };
    stage
        .telegram
        .wait_for(&format!("answer to {id}"), fits)
        .parameters
}

fn results(answer: &Value) -> &[Value] {
    answer["results"].as_array().expect("a list")
}

fn searches(stage: &Stage) -> Vec<String> {
    let requests = stage.endpoint.requests();
    let searches = requests.iter().filter(|one| one.path() == "/search");
    searches.map(|one| one.target.clone()).collect()
}

#[test]
fn public_pictures_come_by_address_with_size_and_thumbnail() {
    let stage = Stage::with_endpoint(pages);
    stage.telegram.push(inline(7, "q", "  red   bus ", ""));
    let first = answer(&stage, "q");
    let expected = json!({"type": "photo", "id": "0", "photo_url": "https://pictures.example.org/0.jpg",
        "thumbnail_url": "https://pictures.example.org/0-small.jpg", "photo_width": 640,
        "photo_height": 480, "caption": "No. 0"});
    assert_eq!(results(&first)[0], expected);
    assert_eq!(results(&first).len(), 20);
    assert_eq!(first["next_offset"], "20");
    assert_eq!(
        (&first["is_personal"], &first["button"]),
        (&json!(true), &Value::Null)
    );
    stage.telegram.push(inline(7, "r", "red bus", "20"));
    let second = answer(&stage, "r");
    assert_eq!(
        (results(&second).len(), &second["next_offset"]),
        (10, &json!(""))
    );
    assert_eq!(results(&second)[0]["caption"], "No. 20");
    assert_eq!(
        searches(&stage),
        [
            "/search?query=red%20bus&details=true&limit=20&lang=en",
            "/search?query=red%20bus&details=true&limit=20&offset=20&lang=en"
        ]
    );
    stage.stop();
}

/// Each letter as a query of its own, in one batch and one after the other.
#[test]
fn a_phrase_typed_fast_is_at_most_three_searches() {
    let stage = Stage::with_endpoint(pages);
    let phrase = "a red bus in the fog";
    for pause in [0, 40] {
        let before = searches(&stage).len();
        for letters in 1..=phrase.len() {
            let id = format!("{pause}-{letters}");
            stage
                .telegram
                .push(inline(7 + pause, &id, &phrase[..letters], ""));
            std::thread::sleep(Duration::from_millis(pause.unsigned_abs()));
        }
        let last = answer(&stage, &format!("{pause}-20"));
        assert_eq!(results(&last).len(), 20);
        let now = searches(&stage).len();
        assert!(now - before <= 3, "{:?}", &searches(&stage)[before..]);
    }
    let answered = stage.telegram.calls_of("answerInlineQuery");
    let last = answered.last().expect("some");
    assert_eq!(last.parameters["inline_query_id"], "40-20");
    stage.stop();
}

/// A person who may not search in private learns nothing about the pictures, and neither does a forger.
#[test]
fn a_stranger_gets_an_empty_answer_and_no_search() {
    let settings = [("CLIP_BOT_ALLOWED", "8,-1005")];
    let stage = Stage::with(Telegram::start(), pages, &settings);
    stage.telegram.push(inline(7, "stranger", "red bus", ""));
    let empty = answer(&stage, "stranger");
    let button = json!({"text": "Search in private", "start_parameter": "inline"});
    let expected = json!({"inline_query_id": "stranger", "results": [], "next_offset": "",
        "cache_time": 0, "is_personal": true, "button": button});
    assert_eq!(empty, expected);
    assert_eq!(searches(&stage).len(), 0);
    stage.telegram.push(inline(8, "guest", "red bus", ""));
    let served = answer(&stage, "guest");
    assert_eq!(
        (results(&served).len(), &served["cache_time"]),
        (20, &json!(0))
    );
    stage.stop();
}

#[test]
fn forged_queries_get_nothing_and_stop_nobody() {
    let stage = Stage::with_endpoint(pages);
    let mut bot = inline(9, "bot", "bus", "");
    bot["inline_query"]["from"]["is_bot"] = true.into();
    let emoji = "😀".repeat(16);
    for forged in [
        bot,
        inline(-5, "negative", "bus", ""),
        inline(9, "offset", "bus", &emoji),
        inline(9, "minus", "bus", "-20"),
        inline(9, "far", "bus", "99999999999999999999"),
        json!({"inline_query": {"id": 7, "from": "nobody"}}),
        json!({"chosen_inline_result": {"result_id": "0", "query": "bus",
            "from": {"id": 9, "is_bot": false, "first_name": "U"}}}),
    ] {
        stage.telegram.push(forged);
    }
    stage.telegram.push(inline(7, "good", "red bus", ""));
    answer(&stage, "good");
    assert_eq!(stage.telegram.calls_of("answerInlineQuery").len(), 1);
    assert_eq!(searches(&stage).len(), 1);
    stage.stop();
}

/// Nobody waits for an answer that comes after five seconds.
#[test]
fn a_slow_endpoint_gets_an_empty_answer_in_time() {
    let stage = Stage::with_endpoint(|_| Reply::Stall);
    let asked = Instant::now();
    stage.telegram.push(inline(7, "slow", "red bus", ""));
    let empty = answer(&stage, "slow");
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert_eq!(results(&empty).len(), 0);
    assert_eq!(empty["button"]["start_parameter"], "inline");
    stage.stop();
}

/// Own pictures have no address that Telegram could fetch: those are shown that it has already.
#[test]
fn private_pictures_are_shown_once_telegram_has_them() {
    let stage = Stage::with_endpoint(|request| match request.path() {
        "/search" => {
            let host = request.header("host").unwrap_or_default().to_owned();
            let hit = |n| json!({"url": format!("http://{host}/images/{n}.png")});
            let results: Vec<Value> = (0..3).map(hit).collect();
            Reply::json(200, &json!({ "results": results }))
        }
        _ => Reply::bytes(200, "image/png", PNG.to_vec()),
    });
    stage.telegram.push(inline(7, "before", "red bus", ""));
    let empty = answer(&stage, "before");
    assert_eq!(results(&empty).len(), 0);
    assert!(
        !empty.to_string().contains("127.0.0.1"),
        "no private address"
    );
    stage.telegram.write(7, "red bus");
    stage.telegram.wait_for_text("3 pictures for “red bus”");
    stage.telegram.push(inline(7, "after", "red bus", ""));
    let shown = answer(&stage, "after");
    let ids: Vec<&str> = results(&shown)
        .iter()
        .filter_map(|one| one["photo_file_id"].as_str())
        .collect();
    assert_eq!(ids, stage.telegram.pictures_in(7));
    assert_eq!(
        (&shown["cache_time"], &shown["is_personal"]),
        (&json!(0), &json!(true))
    );
    stage.stop();
}

/// Who types faster than the rate allows gets empty answers, and a word in private all the same.
#[test]
fn inline_searches_count_for_the_rate_of_their_user() {
    let settings = [("CLIP_BOT_RATE", "2/1h")];
    let stage = Stage::with(Telegram::start(), pages, &settings);
    for (id, offset) in [("a", "1"), ("b", "2"), ("c", "3")] {
        stage.telegram.push(inline(7, id, "bus", offset));
        answer(&stage, id);
    }
    assert_eq!(searches(&stage).len(), 2);
    assert_eq!(results(&answer(&stage, "c")).len(), 0);
    stage.telegram.write(7, "/query bus");
    stage.telegram.wait_for_text("That was a lot at once");
    stage.stop();
}

/// What was typed before a restart is not answered after it.
#[test]
fn a_restart_forgets_inline_queries() {
    let folder = std::env::temp_dir().join(format!("inline-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = [("CLIP_BOT_STATE_DIR", folder.to_str().expect("plain"))];
    let stage = Stage::with(Telegram::start(), |_| Reply::Stall, &settings);
    let update = stage.telegram.push(inline(7, "old", "red bus", ""));
    stage.endpoint.wait_until("a search", |all| !all.is_empty());
    stage
        .telegram
        .wait_for("the update being confirmed", |call| {
            call.method == "getUpdates" && call.parameters["offset"].as_i64() == Some(update + 1)
        });
    let Stage {
        telegram,
        endpoint,
        bot,
    } = stage;
    drop(bot);
    let again = start_bot(&telegram.url(), &endpoint.url(""), &settings);
    telegram.write(7, "/help");
    telegram.wait_for_text("I find pictures");
    assert_eq!(telegram.calls_of("answerInlineQuery").len(), 0);
    assert_eq!(endpoint.requests().len(), 1);
    again.stop();
    std::fs::remove_dir_all(&folder).expect("our own folder");
}

/// A private group of the owner and the bot, and an endpoint with pictures that nobody else can reach.
fn storage(chat: &Value, members: &[i64]) -> Stage {
    let telegram = Telegram::start();
    telegram.api.add_chat(chat, members);
    let settings = [("CLIP_BOT_STORAGE", "-100777")];
    Stage::with(telegram, own_pictures, &settings)
}

fn own_pictures(request: &Request) -> Reply {
    match request.path() {
        "/search" => {
            let host = request.header("host").unwrap_or_default().to_owned();
            let hit = |n| json!({"url": format!("http://{host}/images/{n}.png"), "caption": format!("No. {n}")});
            let results: Vec<Value> = (0..12).map(hit).collect();
            Reply::json(200, &json!({ "results": results }))
        }
        _ => Reply::bytes(200, "image/png", PNG.to_vec()),
    }
}

fn group() -> Value {
    json!({"id": -100_777, "type": "supergroup", "title": "Storage"})
}

#[test]
fn own_pictures_are_put_once_and_silently_into_the_storage_chat() {
    let stage = storage(&group(), &[1]);
    stage.telegram.push(inline(7, "first", "red bus", ""));
    let first = answer(&stage, "first");
    let shown = results(&first).len();
    assert!((1..=10).contains(&shown), "{first}");
    assert_eq!(first["next_offset"], shown.to_string());
    let kept = stage.telegram.pictures_in(-100_777);
    assert_eq!(results(&first)[0]["photo_file_id"], kept[0].as_str());
    assert_eq!(results(&first)[0]["caption"], "No. 0");
    for sent in stage.telegram.calls_of("sendPhoto") {
        assert_eq!(sent.parameters["chat_id"], -100_777);
        assert_eq!(sent.parameters["disable_notification"], true);
        assert_eq!(
            sent.parameters.get("caption"),
            None,
            "nothing is said about it"
        );
    }
    stage
        .telegram
        .push(inline(7, "second", "red bus", &shown.to_string()));
    answer(&stage, "second");
    stage.telegram.push(inline(7, "again", "red bus", ""));
    let again = answer(&stage, "again");
    assert_eq!(results(&again).len(), 12, "all are known now");
    assert_eq!(stage.telegram.calls_of("sendPhoto").len(), 12, "each once");
    let checks = stage.telegram.calls_of("getChatMemberCount").len();
    assert_eq!(checks, 13, "at the start and before each");
    stage.stop();
}

/// Nothing is put where others could see it: the start ends, and says what to do.
#[test]
fn a_bot_does_not_start_with_a_storage_chat_that_others_read() {
    for (field, value, members) in [
        ("username", json!("storage"), &[1][..]),
        ("linked_chat_id", json!(-100_888), &[1]),
        ("title", json!("T"), &[1, 2]),
        ("type", json!("private"), &[1]),
    ] {
        let mut chat = group();
        chat[field] = value;
        let stage = storage(&chat, members);
        let ended = stage.bot.wait();
        assert_eq!(ended.status.code(), Some(2), "{field}: {}", ended.output);
        let said = without_token(ended);
        assert!(said.contains("CLIP_BOT_STORAGE=-100777: it "), "{said}");
        assert!(said.contains("Make a new private group"), "{said}");
        assert_eq!(stage.telegram.calls_of("sendPhoto").len(), 0, "{field}");
    }
}

/// A Telegram that fails for a moment keeps nobody from starting; the chat is asked about later.
#[test]
fn a_storage_chat_that_cannot_be_asked_about_is_checked_before_the_first_picture() {
    let telegram = Telegram::start();
    telegram.api.add_chat(&group(), &[1]);
    let mut asked = 0;
    telegram.fail_when(move |call| {
        asked += i32::from(call.method == "getChat");
        (call.method == "getChat" && asked == 1).then(|| Reply::html(502, "Bad Gateway"))
    });
    let settings = [("CLIP_BOT_STORAGE", "-100777")];
    let stage = Stage::with(telegram, own_pictures, &settings);
    stage.telegram.push(inline(7, "q", "red bus", ""));
    assert!(!results(&answer(&stage, "q")).is_empty());
    let output = stage.stop();
    assert!(output.contains("CLIP_BOT_STORAGE=-100777 is checked later"));
}

#[test]
fn a_storage_chat_that_somebody_joined_gets_no_further_picture() {
    let stage = storage(&group(), &[1]);
    stage.telegram.wait_for_count("getChatMemberCount", 1);
    let api = stage.telegram.api.clone();
    // The fourth check: at the start, and before the first and second picture.
    let mut checks = 0;
    stage.telegram.fail_when(move |call| {
        checks += i32::from(call.method == "sendPhoto");
        (call.method == "getChatMemberCount" && checks == 2)
            .then(|| Reply::json(200, &json!({"ok": true, "result": 3})))
    });
    stage.telegram.push(inline(7, "q", "red bus", ""));
    let shown = answer(&stage, "q");
    assert_eq!(results(&shown).len(), 2, "what was put there before");
    assert_eq!(api.messages(-100_777).len(), 2);
    let output = stage.stop();
    assert!(output.contains("it has 3 members; only you and the bot may be in it"));
}

/// What Telegram has is known after a restart.
#[test]
fn stored_pictures_are_remembered_on_disk() {
    let folder = std::env::temp_dir().join(format!("stored-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = [
        ("CLIP_BOT_STORAGE", "-100777"),
        ("CLIP_BOT_STATE_DIR", folder.to_str().expect("plain")),
    ];
    let telegram = Telegram::start();
    telegram.api.add_chat(&group(), &[1]);
    let stage = Stage::with(telegram, own_pictures, &settings);
    stage.telegram.push(inline(7, "a", "red bus", ""));
    let shown = results(&answer(&stage, "a")).len();
    let Stage {
        telegram,
        endpoint,
        bot,
    } = stage;
    bot.stop();
    let sent = telegram.calls_of("sendPhoto").len();
    let settings = [settings[1]];
    let again = start_bot(&telegram.url(), &endpoint.url(""), &settings);
    let stage = Stage {
        telegram,
        endpoint,
        bot: again,
    };
    stage.telegram.push(inline(7, "b", "red bus", ""));
    assert!(results(&answer(&stage, "b")).len() >= shown);
    assert_eq!(stage.telegram.calls_of("sendPhoto").len(), sent);
    stage.stop();
    std::fs::remove_dir_all(&folder).expect("our own folder");
}

/// The number of the storage chat is told to the owner alone, in the group itself.
#[test]
fn the_owner_learns_the_number_of_a_storage_chat() {
    let stage = Stage::with(Telegram::start(), pages, &[("CLIP_BOT_ALLOWED", "9")]);
    stage
        .telegram
        .push(group_message(-100_500, "/storage@clip_bot"));
    stage.telegram.wait_for_text("CLIP_BOT_STORAGE=-100500");
    let mut other = group_message(-100_500, "/storage");
    other["message"]["from"]["id"] = 8.into();
    stage.telegram.push(other);
    stage.telegram.push(inline(9, "q", "bus", ""));
    answer(&stage, "q");
    assert_eq!(stage.telegram.calls_of("sendMessage").len(), 1);
    stage.stop();
}

/// A `file_id` that Telegram does not know costs only itself, and is not given again.
#[test]
fn a_file_id_that_telegram_refuses_costs_only_itself() {
    let stage = Stage::with_endpoint(|_| {
        let public = "https://pictures.example.org/0.jpg";
        let results = json!([{"url": "http://127.0.0.1/1", "file_id": "unknown"}, {"url": public}]);
        Reply::json(200, &json!({ "results": results }))
    });
    stage.telegram.push(inline(7, "q", "red bus", ""));
    let answers = stage.telegram.wait_for_count_of("answerInlineQuery", 2);
    assert_eq!(
        results(&answers[0].parameters)[0]["photo_file_id"],
        "unknown"
    );
    let second = &answers[1].parameters;
    assert_eq!(results(second).len(), 1);
    assert_eq!(
        results(second)[0]["photo_url"],
        "https://pictures.example.org/0.jpg"
    );
    stage.stop();
}
