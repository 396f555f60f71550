//! Pictures as questions.

use super::*;

/// What is searched for: the picture, the message that is answered, and the words.
fn like(event: Value) -> String {
    match tasks_of(event).pop() {
        Some(Task::Search(search)) => {
            let (picture, to) = (search.picture.expect("by picture"), search.to.reply_to);
            format!("{} {to:?} {}", picture.file_id, search.query)
        }
        other => format!("{other:?}"),
    }
}

fn with(mut event: Value, fields: Value) -> Value {
    event["message"]
        .as_object_mut()
        .expect("one")
        .remove("text");
    for (name, value) in fields.as_object().expect("fields") {
        event["message"][name] = value.clone();
    }
    event
}

fn photo() -> Value {
    json!([{"file_id": "f", "width": 900, "height": 900}])
}

fn shown() -> Value {
    json!({"message_id": 2, "photo": photo(), "chat": {"id": -7}, "from": {"id": 9}})
}

#[test]
fn a_picture_in_private_is_a_question() {
    let below = |caption: &str| json!({"photo": photo(), "caption": caption});
    let file = |kind: &str| json!({"document": {"file_id": "d", "mime_type": kind}});
    let reply = json!({"text": "at night", "reply_to_message": shown()});
    for (fields, expected) in [
        (json!({"photo": photo()}), "f Some(3) "),
        (below("/query at  night"), "f Some(3) at night"),
        (below("at night"), "f Some(3) at night"),
        (file("image/webp"), "d Some(3) "),
        (reply, "f Some(2) at night"),
    ] {
        assert_eq!(
            like(with(private(""), fields.clone())),
            expected,
            "{fields}"
        );
    }
    assert_eq!(
        said(with(private(""), file("video/mp4"))),
        "say: I search by wo"
    );
    assert_eq!(
        said(with(private(""), below("/help"))),
        "say: I find picture"
    );
}

#[test]
fn a_picture_in_a_group_is_a_question_with_our_command_only() {
    let below = |caption: &str| json!({"photo": photo(), "caption": caption});
    let reply = |text: &str| json!({"text": text, "reply_to_message": shown()});
    for (fields, expected) in [
        (below("/query"), "f Some(3) "),
        (reply("/query@clip_bot x"), "f Some(2) x"),
        (json!({"photo": photo()}), "None"),
        (below("query"), "None"),
        (below("/query@other_bot"), "None"),
        (reply("x"), "None"),
    ] {
        assert_eq!(like(with(group(""), fields.clone())), expected, "{fields}");
    }
}
