//! The playground's Bot API server judges the requests in `tests/peers/bot-api-strictness/strictness.json` as the
//! list says; `tests/peers/bot-api-strictness` asks aiogram's models about the same list.

use std::sync::Arc;

use clip_bot::playground::bot_api::BotApi;
use serde_json::{Value, json};

use crate::support::playground::Served;
use crate::support::telegram::{PNG, TOKEN};

/// A server where everything that the good requests name exists. The placeholder of a picture in
/// `parameters` is filled in.
fn judged(method: &str, parameters: &Value) -> (u16, Value) {
    let api = BotApi::new(TOKEN, Arc::new(|_: &str| Ok(PNG.to_vec())));
    let served = Served::start(&api, api.router());
    let ask = |method: &str, parameters: &Value| {
        served.post_json(&format!("/bot{TOKEN}/{method}"), parameters)
    };
    let (status, _) = ask("sendMessage", &json!({"chat_id": 1, "text": "message 1"}));
    assert_eq!(status, 200);
    let photo = json!({"chat_id": 1, "photo": "https://example.org/known.png"});
    let (_, sent) = ask("sendPhoto", &photo);
    let file_id = &sent["result"]["photo"][1]["file_id"];
    api.push(json!({"callback_query": {"id": "c"}}));
    api.push(json!({"inline_query": {"id": "i"}}));
    let filled = parameters
        .to_string()
        .replace("\"AgAC\"", &file_id.to_string());
    ask(method, &serde_json::from_str(&filled).expect("still JSON"))
}

#[test]
fn every_request_in_the_list_is_judged_as_the_list_says() {
    let list = include_str!("../peers/bot-api-strictness/strictness.json");
    let list: Vec<Value> = serde_json::from_str(list).expect("a list of requests");
    for request in &list {
        let method = request["method"].as_str().expect("a name");
        let (status, answer) = judged(method, &request["parameters"]);
        let good = request["verdict"] == "good";
        assert_eq!(status == 200, good, "{request}: {status} {answer}");
        let words = answer["description"].as_str().unwrap_or_default();
        assert!(
            good || words.starts_with("Bad Request: ") || words.starts_with("Not Found: "),
            "{request}: {answer}"
        );
        assert_eq!(answer["ok"], good);
    }
    let count = |verdict: &str| list.iter().filter(|r| r["verdict"] == verdict).count();
    assert!(count("good") >= 20 && count("bad") >= 20);
}
