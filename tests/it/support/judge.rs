//! Judges Bot API requests by the types of `frankenstein`, which follows the Bot API closely:
//! ours → its type → JSON must come back the same, or a field is unknown, missing or mistyped.

use std::io::Write;

use frankenstein::methods as m;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::telegram::Call;

/// What is wrong with a request, if anything.
pub fn check(method: &str, parameters: &Value) -> Result<(), String> {
    match method {
        "getMe" | "getWebhookInfo" => same(method, parameters, &json!({})),
        "getUpdates" => round_trip::<m::GetUpdatesParams>(method, parameters),
        "deleteWebhook" => round_trip::<m::DeleteWebhookParams>(method, parameters),
        "getMyCommands" => round_trip::<m::GetMyCommandsParams>(method, parameters),
        "setMyCommands" => round_trip::<m::SetMyCommandsParams>(method, parameters),
        "getMyDescription" => round_trip::<m::GetMyDescriptionParams>(method, parameters),
        "setMyDescription" => round_trip::<m::SetMyDescriptionParams>(method, parameters),
        "getMyShortDescription" => round_trip::<m::GetMyShortDescriptionParams>(method, parameters),
        "setMyShortDescription" => round_trip::<m::SetMyShortDescriptionParams>(method, parameters),
        "sendMessage" => round_trip::<m::SendMessageParams>(method, parameters),
        "editMessageText" => round_trip::<m::EditMessageTextParams>(method, parameters),
        "editMessageReplyMarkup" => {
            round_trip::<m::EditMessageReplyMarkupParams>(method, parameters)
        }
        "getChat" => round_trip::<m::GetChatParams>(method, parameters),
        "getChatMember" => round_trip::<m::GetChatMemberParams>(method, parameters),
        "getChatMemberCount" => round_trip::<m::GetChatMemberCountParams>(method, parameters),
        "getChatAdministrators" => round_trip::<m::GetChatAdministratorsParams>(method, parameters),
        "getFile" => round_trip::<m::GetFileParams>(method, parameters),
        "answerInlineQuery" => round_trip::<m::AnswerInlineQueryParams>(method, parameters),
        "sendPhoto" => round_trip::<m::SendPhotoParams>(method, parameters),
        "sendDocument" => round_trip::<m::SendDocumentParams>(method, parameters),
        "sendMediaGroup" => round_trip::<m::SendMediaGroupParams>(method, parameters),
        "sendChatAction" => round_trip::<m::SendChatActionParams>(method, parameters),
        "answerCallbackQuery" => round_trip::<m::AnswerCallbackQueryParams>(method, parameters),
        _ => Err(format!("{method} is not a method this bot should use")),
    }
}

fn round_trip<T: Serialize + DeserializeOwned>(method: &str, ours: &Value) -> Result<(), String> {
    let typed: T = serde_json::from_value(ours.clone())
        .map_err(|error| format!("{method} {ours} is not valid: {error}"))?;
    same(
        method,
        ours,
        &serde_json::to_value(typed).expect("its own type"),
    )
}

fn same(method: &str, ours: &Value, theirs: &Value) -> Result<(), String> {
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{method}: {ours} became {theirs}"))
    }
}

/// Appends the requests to the file named by `CLIP_BOT_TEST_REQUESTS`, one JSON array
/// `[method, parameters]` a line, for judges outside (tests/peers/aiogram).
pub fn log(calls: &[Call]) {
    let Some(path) = std::env::var_os("CLIP_BOT_TEST_REQUESTS") else {
        return;
    };
    let line = |call: &Call| json!([call.method, call.parameters]).to_string() + "\n";
    let lines: Vec<String> = calls.iter().map(line).collect();
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(path);
    file.and_then(|mut file| file.write_all(lines.concat().as_bytes()))
        .expect("the log can be written");
}

#[test]
fn the_judge_sees_typos() {
    let good = json!({"chat_id": 1, "media": [{"type": "photo", "media": "u", "caption": "c"}]});
    assert_eq!(check("sendMediaGroup", &good), Ok(()));
    let typo = json!({"chat_id": 1, "media": [{"type": "photo", "media": "u", "captoin": "c"}]});
    assert!(check("sendMediaGroup", &typo).is_err());
    assert!(check("sendPhoto", &json!({"chat_id": 1, "foto": "x"})).is_err());
    assert!(check("sendHologram", &json!({})).is_err());
}
