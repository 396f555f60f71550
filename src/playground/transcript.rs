//! `--ask`: one query without a browser, and what the chat then shows.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::bot_api::BotApi;
use crate::bot::reply;
use crate::bot::search_client::SearchClient;
use crate::bot::texts::Texts;
use crate::bot::wanted::Search;
use crate::config::BotConfig;
use crate::search::Query;
use crate::shutdown::Shutdown;

/// The user who asks, and the chat with the bot: they share the number.
const USER: i64 = 1;
/// How long to wait for the answer: longer than the bot waits for a sleeping Space.
const PATIENCE: Duration = Duration::from_mins(7);

/// Asks for `text` in a private chat, waits for the answer, and prints the chat line by line with
/// the addresses of the pictures. Returns the exit code: 0 if there are pictures, else 1.
pub fn ask(api: &BotApi, config: &BotConfig, text: &str, shutdown: &Shutdown, say: fn(&str)) -> u8 {
    let question = format!("/query {text}");
    api.say(USER, USER, &question, None);
    let until = Instant::now() + PATIENCE;
    let answered = loop {
        let messages = api.messages(USER);
        if is_over(&messages, text) {
            break messages;
        }
        if Instant::now() > until || shutdown.wait(Duration::from_millis(20)) {
            say("playground: no answer came");
            return 1;
        }
    };
    for line in lines(&answered) {
        say(&line);
    }
    let found = Query::text(text, config.results, 0)
        .and_then(|query| SearchClient::new(config, 1).search(&query));
    let addresses: Vec<String> = found.map_or_else(
        |_| Vec::new(),
        |page| page.hits.into_iter().map(|hit| hit.url).collect(),
    );
    for address in &addresses {
        say(&format!("picture: {address}"));
    }
    u8::from(addresses.is_empty())
}

/// Whether the acknowledgement has become something final.
fn is_over(messages: &[Value], text: &str) -> bool {
    let open = [
        reply::searching(&asked(text)).text,
        reply::waking(&asked(text)).text,
    ];
    let said = messages
        .iter()
        .filter(|message| message["from"]["is_bot"] == true);
    let mut said = said
        .filter_map(|message| message["text"].as_str())
        .peekable();
    said.peek().is_some() && said.all(|text| open.iter().all(|open| open != text))
}

fn asked(text: &str) -> Search {
    Search::in_private(USER, text, Texts::of(None))
}

/// The chat as text, one line a message.
fn lines(messages: &[Value]) -> Vec<String> {
    let line = |message: &Value| {
        let from = message["from"]["first_name"].as_str().unwrap_or("?");
        let what = ["text", "caption"]
            .iter()
            .find_map(|field| message[field].as_str());
        match (what, message.get("photo")) {
            (what, Some(_)) => format!("{from}: [picture] {}", what.unwrap_or_default()),
            (what, None) => format!("{from}: {}", what.unwrap_or("[file]")),
        }
    };
    messages
        .iter()
        .map(|message| line(message).trim_end().to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_over_when_nothing_is_open_any_more() {
        let bot = |text: &str| json!({"from": {"is_bot": true, "first_name": "b"}, "text": text});
        let user = json!({"from": {"is_bot": false, "first_name": "Ada"}, "text": "/query bus"});
        let searching = reply::searching(&asked("bus")).text;
        assert!(!is_over(std::slice::from_ref(&user), "bus"));
        assert!(!is_over(&[user.clone(), bot(&searching)], "bus"));
        assert!(is_over(
            &[user.clone(), bot("2 pictures for “bus” · 0.1 s")],
            "bus"
        ));
        let picture = json!({"from": {"first_name": "b"}, "photo": [{}], "caption": "bus"});
        assert_eq!(
            lines(&[user, picture]),
            ["Ada: /query bus", "b: [picture] bus"]
        );
    }
}
