//! The server as a whole, asked without HTTP.

use super::*;

/// A PNG of 1 × 1 pixel, as far as its size is read.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\0IEND\xaeB`\x82";

struct Desk {
    api: BotApi,
    runtime: tokio::runtime::Runtime,
}

impl Desk {
    /// A server that can fetch everything but what has "bad" in its address.
    fn new() -> Self {
        let fetch = |address: &str| {
            let bad = address.contains("bad");
            (!bad).then(|| PNG.to_vec()).ok_or_else(String::new)
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("the system gives a runtime");
        Self {
            api: BotApi::new("4242:x", Arc::new(fetch)),
            runtime,
        }
    }

    fn send(
        &self,
        method: &str,
        parameters: Value,
        files: &[(&str, &[u8])],
    ) -> Result<Value, String> {
        let files = files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
        let call = Call {
            method: method.to_owned(),
            parameters,
            files: files.collect(),
            at: Instant::now(),
        };
        match self.runtime.block_on(self.api.answer(call)) {
            Ok(Answer::Json(200, body)) => Ok(body["result"].clone()),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal.words),
        }
    }

    fn ask(&self, method: &str, parameters: Value) -> Result<Value, String> {
        self.send(method, parameters, &[])
    }

    fn good(&self, method: &str, parameters: Value) -> Value {
        self.ask(method, parameters).expect("a good request")
    }

    fn refused(&self, method: &str, parameters: Value) -> String {
        self.ask(method, parameters).expect_err("a bad request")
    }
}

#[test]
fn a_text_is_trimmed_and_has_limits() {
    let desk = Desk::new();
    let text = |text: &str| json!({"chat_id": 1, "text": text});
    let sent = desk.good("sendMessage", text("  hello\n"));
    assert_eq!(sent["text"], "hello");
    assert_eq!(
        (&sent["from"]["username"], &sent["chat"]["first_name"]),
        (&json!("playground_bot"), &json!("Ada"))
    );
    desk.good("sendMessage", text(&"é".repeat(4096)));
    let refused = |value: &str| desk.refused("sendMessage", text(value));
    assert_eq!(refused(" \n"), "Bad Request: message text is empty");
    assert_eq!(
        refused(&"é".repeat(4097)),
        "Bad Request: message is too long"
    );
    assert_eq!(
        desk.refused("sendMessage", json!({"chat_id": 77, "text": "x"})),
        "Bad Request: chat not found"
    );
}

#[test]
fn buttons_and_lists_have_limits() {
    let desk = Desk::new();
    let button = |data: &str| {
        let keyboard = json!({"inline_keyboard": [[{"text": "x", "callback_data": data}]]});
        desk.ask(
            "sendMessage",
            json!({"chat_id": 1, "text": "x", "reply_markup": keyboard}),
        )
    };
    assert!(button(&"é".repeat(32)).is_ok());
    let invalid = || Err("Bad Request: BUTTON_DATA_INVALID".to_owned());
    assert_eq!(
        (button(""), button(&"é".repeat(33))),
        (invalid(), invalid())
    );
    let keyboard = json!({"inline_keyboard": [[{"text": "x"}]]});
    let words = desk.refused(
        "sendMessage",
        json!({"chat_id": 1, "text": "x", "reply_markup": keyboard}),
    );
    assert!(
        words.ends_with("Text buttons are unallowed in the inline keyboard"),
        "{words}"
    );
    let album = |count: usize| {
        let media = vec![json!({"type": "photo", "media": "http://a/1.png"}); count];
        desk.ask("sendMediaGroup", json!({"chat_id": 1, "media": media}))
    };
    assert!(album(2).is_ok() && album(10).is_ok());
    let wrong = || Err("Bad Request: media group must include 2-10 items".to_owned());
    assert_eq!((album(1), album(11)), (wrong(), wrong()));
    let caption = json!({"chat_id": 1, "photo": "http://a/1.png", "caption": "x".repeat(1025)});
    assert_eq!(
        desk.refused("sendPhoto", caption),
        "Bad Request: message caption is too long"
    );
}

#[test]
fn only_what_changes_is_edited() {
    let desk = Desk::new();
    let keyboard = json!({"inline_keyboard": [[{"text": "More", "callback_data": "m"}]]});
    desk.good(
        "sendMessage",
        json!({"chat_id": 1, "text": "one", "reply_markup": keyboard}),
    );
    let edit = |text: &str, keyboard: &Value| {
        desk.ask(
            "editMessageText",
            json!({"chat_id": 1, "message_id": 1, "text": text, "reply_markup": keyboard}),
        )
    };
    let same = edit("one ", &keyboard).expect_err("nothing changes");
    assert!(
        same.starts_with("Bad Request: message is not modified: specified new"),
        "{same}"
    );
    assert_eq!(edit("two", &keyboard).expect("a change")["text"], "two");
    assert!(
        edit("two", &json!({"inline_keyboard": []})).is_ok(),
        "the keyboard goes"
    );
    let shown = desk.api.messages(1);
    assert_eq!(
        (shown.len(), &shown[0]["text"], shown[0].get("reply_markup")),
        (1, &json!("two"), None)
    );
    desk.good(
        "editMessageReplyMarkup",
        json!({"chat_id": 1, "message_id": 1, "reply_markup": keyboard}),
    );
    assert_eq!(desk.api.messages(1)[0]["reply_markup"], keyboard);

    desk.api.say(1, 1, "mine", None);
    desk.good(
        "sendPhoto",
        json!({"chat_id": 1, "photo": "http://a/1.png"}),
    );
    let edit = |id: i64| {
        desk.refused(
            "editMessageText",
            json!({"chat_id": 1, "message_id": id, "text": "x"}),
        )
    };
    assert_eq!(edit(2), "Bad Request: message can't be edited");
    assert_eq!(
        edit(3),
        "Bad Request: there is no text in the message to edit"
    );
    assert_eq!(edit(4), "Bad Request: message to edit not found");
    let delete = || desk.ask("deleteMessage", json!({"chat_id": 1, "message_id": 1}));
    assert_eq!(delete(), Ok(json!(true)));
    assert_eq!(
        delete(),
        Err("Bad Request: message to delete not found".to_owned())
    );
}

#[test]
fn replies_name_what_they_reply_to() {
    let desk = Desk::new();
    desk.api.say(1, 1, "/query bus", None);
    let reply = |id: i64, anyway: bool| {
        let reply = json!({"message_id": id, "allow_sending_without_reply": anyway});
        desk.ask(
            "sendMessage",
            json!({"chat_id": 1, "text": "x", "reply_parameters": reply}),
        )
    };
    let replied = reply(1, false).expect("it is there");
    assert_eq!(replied["reply_to_message"]["text"], "/query bus");
    assert_eq!(
        reply(9, false),
        Err("Bad Request: message to be replied not found".to_owned())
    );
    assert_eq!(
        reply(9, true).expect("anyway").get("reply_to_message"),
        None
    );
    let thread = json!({"chat_id": -100, "text": "x", "message_thread_id": 3});
    assert_eq!(
        desk.refused("sendMessage", thread),
        "Bad Request: message thread not found"
    );
}

#[test]
fn an_album_is_one_message_a_picture() {
    let desk = Desk::new();
    let media = json!([
        {"type": "photo", "media": "attach://up", "caption": "first"},
        {"type": "photo", "media": "https://a/2.png", "caption": "second"},
    ]);
    let album = json!({"chat_id": -100, "media": media});
    let sent = desk
        .send("sendMediaGroup", album, &[("up", PNG)])
        .expect("an album");
    assert_eq!(
        (&sent[0]["caption"], &sent[1]["caption"]),
        (&json!("first"), &json!("second"))
    );
    assert_eq!(sent[0]["media_group_id"], sent[1]["media_group_id"]);
    assert_eq!(desk.api.messages(-100).len(), 2);
    let file_id = &sent[1]["photo"][1]["file_id"];
    let again = desk.good("sendPhoto", json!({"chat_id": 1, "photo": file_id}));
    assert_eq!(again["photo"][1]["file_id"], *file_id, "the same picture");
    let content = desk.api.file(file_id.as_str().expect("text"));
    assert_eq!(content, Some(("image/png".to_owned(), PNG.into())));
    let words = desk.refused("sendDocument", json!({"chat_id": 1, "document": file_id}));
    assert_eq!(
        words,
        "Bad Request: can't use file of type Photo as Document"
    );
}

#[test]
fn a_bad_picture_is_named_and_nothing_is_sent() {
    let desk = Desk::new();
    let album = |media: &str| {
        let media = json!([{"type": "photo", "media": "http://a/1.png"}, {"type": "photo", "media": media}]);
        desk.send(
            "sendMediaGroup",
            json!({"chat_id": 1, "media": media}),
            &[("text", b"<html>")],
        )
    };
    let failed = |words: &str| {
        Err(format!(
            "Bad Request: failed to send message #2 with the error message \"{words}\""
        ))
    };
    assert_eq!(album("http://bad/2.png"), failed("WEBPAGE_CURL_FAILED"));
    assert_eq!(album("attach://text"), failed("IMAGE_PROCESS_FAILED"));
    assert_eq!(desk.api.messages(1), Vec::<Value>::new());
    let photo = |photo: &str| desk.refused("sendPhoto", json!({"chat_id": 1, "photo": photo}));
    assert_eq!(
        photo("http://bad/2.png"),
        "Bad Request: failed to get HTTP URL content"
    );
    assert_eq!(
        photo("attach://nothing"),
        "Bad Request: there is no photo in the request"
    );
    assert_eq!(
        photo("AgACnonsense"),
        "Bad Request: wrong file identifier/HTTP URL specified"
    );
}

#[test]
fn a_press_needs_a_button() {
    let desk = Desk::new();
    let keyboard = json!({"inline_keyboard": [[{"text": "More", "callback_data": "m"}]]});
    desk.good(
        "sendMessage",
        json!({"chat_id": 1, "text": "one", "reply_markup": keyboard}),
    );
    assert!(desk.api.press(1, 1, 1, "x").is_err() && desk.api.press(1, 1, 9, "m").is_err());
    let id = desk.api.press(2, 1, 1, "m").expect("it is there");
    let update = &desk.good("getUpdates", json!({}))[0];
    assert_eq!(
        (&update["update_id"], &update["callback_query"]["id"]),
        (&json!(id), &json!(id.to_string()))
    );
    assert_eq!(update["callback_query"]["message"]["text"], "one");
    assert_eq!(update["callback_query"]["from"]["first_name"], "Bob");
    desk.good(
        "answerCallbackQuery",
        json!({"callback_query_id": id.to_string()}),
    );
    let old = desk.refused("answerCallbackQuery", json!({"callback_query_id": "1"}));
    assert!(old.starts_with("Bad Request: query is too old"), "{old}");
}

#[test]
fn a_group_bot_hears_what_is_for_it() {
    let desk = Desk::new();
    desk.good("sendMessage", json!({"chat_id": -100, "text": "hello"}));
    let heard = [
        desk.api.say(1, -100, "/query bus", None),
        desk.api.say(2, -100, "yes", Some(1)),
        desk.api.say(2, -100, "hey @Playground_Bot", None),
    ];
    desk.api.say(1, -100, "lovely weather", None);
    desk.api.say(1, -100, "indeed", Some(2));
    assert_eq!(desk.api.unconfirmed(), heard);
    assert_eq!(desk.api.messages(-100).len(), 6);
}

#[test]
fn updates_come_again_until_confirmed_and_only_those_asked_for() {
    let desk = Desk::new();
    let first = desk.api.say(1, 1, "one", None);
    let ids = |parameters: Value| -> Vec<i64> {
        let batch = desk.good("getUpdates", parameters);
        let batch = batch.as_array().expect("a list").iter();
        batch
            .filter_map(|update| update["update_id"].as_i64())
            .collect()
    };
    assert_eq!(ids(json!({"allowed_updates": ["message"]})), [first]);
    desk.api.ask_inline(1, "bus", "");
    let second = desk.api.say(1, 1, "two", None);
    assert_eq!(ids(json!({"limit": 1})), [first]);
    assert_eq!(ids(json!({"offset": first})), [first, second]);
    let poison = desk.api.push(json!({"message_of_2030": {}}));
    assert_eq!(ids(json!({"offset": -1})), [poison]);
    assert_eq!(desk.api.unconfirmed(), [poison]);
    desk.good("setWebhook", json!({"url": "https://example.org/hook"}));
    assert!(
        desk.refused("getUpdates", json!({}))
            .starts_with("Conflict: can't use getUpdates")
    );
    assert_eq!(
        desk.good("getWebhookInfo", json!({}))["pending_update_count"],
        1
    );
    desk.good("deleteWebhook", json!({"drop_pending_updates": true}));
    assert_eq!(ids(json!({})), [0; 0]);
}

#[test]
fn the_first_fault_with_an_answer_counts() {
    let desk = Desk::new();
    desk.api
        .inject(|call| (call.method == "sendPhoto").then(|| Answer::flood(1)));
    desk.api.inject(|_| Some(Answer::Close));
    let call = |method: &str| Call {
        method: method.to_owned(),
        parameters: json!({}),
        files: Vec::new(),
        at: Instant::now(),
    };
    let ask = |method| desk.runtime.block_on(desk.api.answer(call(method)));
    assert_eq!(ask("sendPhoto"), Ok(Answer::flood(1)));
    assert_eq!(ask("getMe"), Ok(Answer::Close));
    let both = desk
        .api
        .wait_for(Duration::ZERO, 2, |_| true)
        .expect("recorded");
    assert_eq!(both[1].method, "getMe");
    assert_eq!(
        desk.api
            .wait_for(Duration::ZERO, 3, |_| true)
            .expect_err("too few")
            .len(),
        2
    );
}

#[test]
fn commands_are_kept_by_scope_and_language() {
    let desk = Desk::new();
    let list = json!([{"command": "query", "description": "Find"}]);
    let group = json!({"type": "all_group_chats"});
    desk.good(
        "setMyCommands",
        json!({"commands": list, "scope": {"type": "default"}}),
    );
    assert_eq!(desk.good("getMyCommands", json!({})), list);
    assert_eq!(
        desk.good("getMyCommands", json!({"language_code": "es"})),
        json!([])
    );
    assert_eq!(
        desk.good("getMyCommands", json!({"scope": group})),
        json!([])
    );
    desk.good("deleteMyCommands", json!({}));
    assert_eq!(desk.good("getMyCommands", json!({})), json!([]));
    let bad = json!({"commands": [{"command": "Query!", "description": "Find"}]});
    assert_eq!(
        desk.refused("setMyCommands", bad),
        "Bad Request: BOT_COMMAND_INVALID"
    );
}

#[test]
fn descriptions_are_kept_by_language() {
    let desk = Desk::new();
    let set = json!({"description": "Finds", "language_code": "es"});
    desk.good("setMyDescription", set);
    let spanish = json!({"language_code": "es"});
    assert_eq!(
        desk.good("getMyDescription", spanish.clone()),
        json!({"description": "Finds"})
    );
    assert_eq!(
        desk.good("getMyDescription", json!({})),
        json!({"description": ""})
    );
    let short = desk.good("getMyShortDescription", spanish);
    assert_eq!(short, json!({"short_description": ""}));
    let long = json!({"short_description": "x".repeat(121)});
    assert_eq!(
        desk.refused("setMyShortDescription", long),
        "Bad Request: bot short description is too long"
    );
}
