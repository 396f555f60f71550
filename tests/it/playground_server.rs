//! The playground's server over HTTP: the page's interface, and who may use it.

mod bot_api;

use std::sync::Arc;
use std::time::Instant;

use clip_bot::playground::bot_api::BotApi;
use clip_bot::playground::faults::{Fault, Faults};
use clip_bot::playground::server::{self, About};
use clip_bot::playground::traffic::Traffic;
use serde_json::{Value, json};

use crate::support::PATIENCE;
use crate::support::playground::Served;
use crate::support::raw::Raw;
use crate::support::telegram::{PNG, TOKEN};

struct Page {
    api: BotApi,
    served: Served,
}

impl Page {
    fn open() -> Self {
        let api = BotApi::new(TOKEN, Arc::new(|_: &str| Err("no network".to_owned())));
        let about = About {
            engine: "mock".into(),
            ..About::default()
        };
        let router = server::router(&api, &Traffic::default(), &Faults::default(), about);
        let served = Served::start(&api, router);
        Self { api, served }
    }

    fn bot(&self, method: &str, parameters: &Value) -> (u16, Value) {
        self.served
            .post_json(&format!("/bot{TOKEN}/{method}"), parameters)
    }

    fn say(&self, user: i64, chat: i64, text: &str) -> (u16, Value) {
        let body = json!({"user": user, "chat": chat, "text": text});
        self.served.post_json("/api/say", &body)
    }

    /// Everything the bot has not confirmed.
    fn updates(&self) -> Vec<Value> {
        let (_, answer) = self.bot("getUpdates", &json!({}));
        answer["result"].as_array().expect("a list").clone()
    }

    fn events(&self) -> Events {
        let mut connection = Raw::connect(self.served.address);
        connection.send(format!(
            "GET /api/events HTTP/1.1\r\nhost: {}\r\n\r\n",
            self.served.address
        ));
        Events {
            connection,
            early: Vec::new(),
        }
    }
}

/// A stream of events; kinds come in an order of their own.
struct Events {
    connection: Raw,
    /// What came while something else was waited for.
    early: Vec<(String, Value)>,
}

impl Events {
    /// The next event of this name.
    fn next(&mut self, name: &str) -> Value {
        if let Some(at) = self.early.iter().position(|(known, _)| known == name) {
            return self.early.remove(at).1;
        }
        let start = Instant::now();
        // The stream itself never falls silent.
        while start.elapsed() < PATIENCE {
            let line = self.connection.line();
            let Some(found) = line.strip_prefix("event: ") else {
                continue;
            };
            let data = self.connection.line();
            let data = data.strip_prefix("data: ").expect("data behind its name");
            let data = serde_json::from_str(data).expect("JSON on one line");
            if found == name {
                return data;
            }
            self.early.push((found.to_owned(), data));
        }
        panic!("no event {name}, but {:?}", self.early);
    }
}

#[test]
fn the_page_sees_the_state_and_then_what_happens() {
    let page = Page::open();
    let mut events = page.events();
    check_the_first_state(&events.next("state"));
    let id = see_messages_and_traffic(&page, &mut events);
    see_what_the_bot_does(&page, &mut events, &id);

    let late = page.events().next("state");
    assert_eq!(late["messages"].as_array().map(Vec::len), Some(1));
    assert!(
        late["traffic"]
            .as_array()
            .is_some_and(|rows| rows.len() >= 6)
    );
    assert_eq!(late["commands"]["es"][0]["command"], "query");
}

fn check_the_first_state(state: &Value) {
    assert_eq!(state["me"]["username"], "playground_bot");
    assert_eq!(
        state["users"][1],
        json!({"id": 2, "is_bot": false, "first_name": "Bob", "language_code": "es"})
    );
    assert_eq!(state["members"]["-100"], json!([1, 2]));
    assert_eq!(state["about"]["engine"], "mock");
    assert_eq!(
        (&state["messages"], &state["traffic"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(state["faults"]["telegram_429"], false);
}

/// The reader asks, the bot answers, edits its answer and makes a mistake. Returns the answer's id.
fn see_messages_and_traffic(page: &Page, events: &mut Events) -> Value {
    assert_eq!(page.say(1, 1, "/query red bus").0, 200);
    let said = events.next("message");
    assert_eq!(
        (&said["edited"], &said["message"]["text"]),
        (&json!(false), &json!("/query red bus"))
    );
    assert_eq!(said["message"]["from"]["first_name"], "Ada");

    let button = json!({"inline_keyboard": [[{"text": "More", "callback_data": "m:1"}]]});
    let (_, sent) = page.bot(
        "sendMessage",
        &json!({"chat_id": 1, "text": "Searching", "reply_markup": button}),
    );
    let id = sent["result"]["message_id"].clone();
    assert_eq!(events.next("message")["message"]["reply_markup"], button);
    let row = events.next("traffic");
    assert_eq!(
        (&row["what"], &row["status"], &row["peer"]),
        (&json!("sendMessage"), &json!(200), &json!("telegram"))
    );
    page.bot(
        "editMessageText",
        &json!({"chat_id": 1, "message_id": id, "text": "Found", "reply_markup": button}),
    );
    let edited = events.next("message");
    assert_eq!(
        (&edited["edited"], &edited["message"]["text"]),
        (&json!(true), &json!("Found"))
    );
    page.bot("sendMessage", &json!({"chat_id": 1, "txet": "typo"}));
    events.next("traffic");
    let refused = events.next("traffic");
    let words = "Bad Request: unknown parameter \"txet\" of sendMessage";
    assert_eq!(
        (&refused["status"], &refused["refused"]),
        (&json!(400), &json!(words))
    );
    id
}

/// The bot answers a press on a button of message `id`, sets commands, shows an action, and deletes
/// the message.
fn see_what_the_bot_does(page: &Page, events: &mut Events, id: &Value) {
    let press = json!({"user": 1, "chat": 1, "message": id, "data": "m:1"});
    let (status, pressed) = page.served.post_json("/api/press", &press);
    assert_eq!(status, 200);
    page.bot(
        "answerCallbackQuery",
        &json!({"callback_query_id": pressed["id"], "text": "Soon"}),
    );
    assert_eq!(
        events.next("callback"),
        json!({"id": pressed["id"], "text": "Soon", "show_alert": false})
    );
    page.bot(
        "setMyCommands",
        &json!({"language_code": "es", "commands": [{"command": "query", "description": "Busca"}]}),
    );
    assert_eq!(events.next("commands")["es"][0]["description"], "Busca");
    page.bot(
        "sendChatAction",
        &json!({"chat_id": 1, "action": "upload_photo"}),
    );
    assert_eq!(
        events.next("action"),
        json!({"chat_id": 1, "action": "upload_photo"})
    );
    page.bot("deleteMessage", &json!({"chat_id": 1, "message_id": id}));
    assert_eq!(
        events.next("deleted"),
        json!({"chat_id": 1, "message_id": id})
    );
}

#[test]
fn an_inline_query_is_answered_on_the_page() {
    let page = Page::open();
    let mut events = page.events();
    events.next("state");
    let ask = json!({"user": 1, "query": "bus", "offset": ""});
    let (_, asked) = page.served.post_json("/api/inline", &ask);
    let update = &page.updates()[0]["inline_query"];
    assert_eq!(
        (&update["id"], &update["query"]),
        (&asked["id"], &json!("bus"))
    );
    let results = json!([{"type": "article", "id": "1", "title": "t", "input_message_content": {"message_text": "m"}}]);
    let answer = json!({"inline_query_id": asked["id"], "results": results, "next_offset": "1"});
    assert_eq!(page.bot("answerInlineQuery", &answer).0, 200);
    let shown = events.next("inline");
    assert_eq!(
        (&shown["id"], &shown["results"], &shown["next_offset"]),
        (&asked["id"], &results, &json!("1"))
    );
    let (status, gone) = page.bot(
        "answerInlineQuery",
        &json!({"inline_query_id": "9", "results": []}),
    );
    assert_eq!(status, 400);
    assert!(
        gone["description"]
            .as_str()
            .is_some_and(|words| words.starts_with("Bad Request: query is too old"))
    );
}

#[test]
fn a_photo_from_the_page_can_be_fetched_by_the_bot() {
    let page = Page::open();
    let target = "/api/photo?user=1&chat=1&caption=like+this%3F";
    let sent = page.served.post(target, "content-type: image/png\r\n", PNG);
    assert_eq!(sent.status, 200);
    let message = &page.updates()[0]["message"];
    assert_eq!(message["caption"], "like this?");
    let file_id = message["photo"][1]["file_id"].as_str().expect("an id");
    let shown = page
        .served
        .get(&format!("/api/files/{file_id}"), "host: localhost\r\n");
    assert_eq!(
        (shown.status, shown.header("content-type"), &shown.body[..]),
        (200, Some("image/png"), PNG)
    );
    let (_, file) = page.bot("getFile", &json!({"file_id": file_id}));
    let path = file["result"]["file_path"].as_str().expect("a path");
    let fetched = page
        .served
        .get(&format!("/file/bot{TOKEN}/{path}"), "host: a\r\n");
    assert_eq!((fetched.status, &fetched.body[..]), (200, PNG));
    assert_eq!(
        page.served
            .get(&format!("/file/bot1:wrong/{path}"), "host: a\r\n")
            .status,
        401
    );
    let junk = page
        .served
        .post(target, "content-type: image/png\r\n", b"<html>");
    assert_eq!(
        (junk.status, junk.json()),
        (400, json!({"error": "IMAGE_PROCESS_FAILED"}))
    );
}

#[test]
fn nobody_but_the_page_uses_its_interface() {
    let page = Page::open();
    let body = br#"{"user": 1, "chat": 1, "text": "x"}"#;
    let own = format!("origin: http://{}\r\n", page.served.address);
    let json = "content-type: application/json\r\n";
    let status = |headers: &str| page.served.post("/api/say", headers, body).status;
    assert_eq!(status(json), 200);
    assert_eq!(status(&format!("{json}{own}")), 200);
    assert_eq!(
        status(&format!("{json}origin: https://evil.example\r\n")),
        403
    );
    assert_eq!(status(&format!("{json}origin: null\r\n")), 403);
    assert_eq!(status("content-type: text/plain\r\n"), 415);
    assert_eq!(status(""), 415);
    for target in ["/", "/api/events", "/api/files/x"] {
        let rebound = page.served.get(target, "host: rebound.example:80\r\n");
        assert_eq!(rebound.status, 403, "{target}");
    }
    assert_eq!(page.updates().len(), 2, "only the two allowed were said");

    let front = page.served.get("/", "host: localhost:1\r\n");
    assert_eq!(front.status, 200);
    let policy = front.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    assert_eq!(
        (
            front.header("x-content-type-options"),
            front.header("cache-control")
        ),
        (Some("nosniff"), Some("no-store"))
    );
    for (target, kind) in [("/app.js", "text/javascript"), ("/app.css", "text/css")] {
        let file = page.served.get(target, "host: localhost\r\n");
        assert!(
            file.header("content-type")
                .is_some_and(|found| found.starts_with(kind))
        );
    }
}

#[test]
fn requests_of_the_page_that_make_no_sense_are_explained() {
    let page = Page::open();
    for (target, body) in [
        ("/api/say", json!({"user": 1, "chat": 1, "text": "  "})),
        (
            "/api/say",
            json!({"user": 1, "chat": 2, "text": "not my chat"}),
        ),
        ("/api/say", json!({"user": 1})),
        (
            "/api/press",
            json!({"user": 1, "chat": 1, "message": 1, "data": "x"}),
        ),
        ("/api/faults", json!({"name": "rain", "on": true})),
    ] {
        let (status, answer) = page.served.post_json(target, &body);
        assert_eq!(status, 400, "{target} {body}");
        assert!(
            answer["error"]
                .as_str()
                .is_some_and(|words| !words.is_empty())
        );
    }
}

#[test]
fn switches_make_telegram_fail_until_they_are_off() {
    let page = Page::open();
    let mut events = page.events();
    events.next("state");
    let send = || {
        page.bot("sendMessage", &json!({"chat_id": 1, "text": "x"}))
            .0
    };
    let switch = |name: &str, on: bool| {
        let body = json!({"name": name, "on": on});
        let (status, faults) = page.served.post_json("/api/faults", &body);
        assert_eq!((status, &faults[name]), (200, &json!(on)));
    };
    switch("telegram_429", true);
    assert_eq!(events.next("faults")["telegram_429"], true);
    assert_eq!((send(), page.bot("getMe", &json!({})).0), (429, 200));
    switch("telegram_429", false);
    assert_eq!(events.next("faults")["telegram_429"], false);
    switch("telegram_502", true);
    let (target, headers) = (
        format!("/bot{TOKEN}/getMe"),
        "content-type: application/json\r\n",
    );
    let broken = page.served.post(&target, headers, b"{}");
    assert_eq!(
        (broken.status, broken.header("content-type")),
        (502, Some("text/html"))
    );
    switch("telegram_502", false);
    assert_eq!(send(), 200);
}

#[test]
fn the_endpoint_can_be_down_or_asleep() {
    let (faults, traffic) = (Faults::default(), Traffic::default());
    let search = axum::Router::new().route("/search", axum::routing::get(|| async { "[]" }));
    let api = BotApi::new(TOKEN, Arc::new(|_: &str| Err(String::new())));
    let served = Served::start(&api, faults.search_layer(search, &traffic));
    let ask = || served.get("/search?query=bus", "host: a\r\n");
    assert_eq!(ask().status, 200);
    faults.set(Fault::SpaceAsleep, true);
    let asleep = ask();
    assert_eq!(
        (asleep.error(), asleep.header("retry-after")),
        ((503, "space_asleep".into()), Some("2"))
    );
    faults.set(Fault::SpaceAsleep, false);
    faults.set(Fault::EndpointDown, true);
    let mut connection = Raw::connect(served.address);
    connection.send("GET /search?query=bus HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(connection.rest(), b"", "closed without a word");
    let seen: Vec<_> = traffic
        .recent()
        .iter()
        .map(|row| (row["what"].clone(), row["status"].clone()))
        .collect();
    let what = json!("GET /search?query=bus");
    assert_eq!(
        seen,
        [200, 503, 0].map(|status| (what.clone(), json!(status)))
    );
}
