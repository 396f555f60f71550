mod pictures;

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::config::Allowed;
use serde_json::{Value, json};

fn manners() -> Manners {
    let me = Identity {
        id: 42,
        username: "clip_bot".into(),
    };
    Manners {
        me,
        access: Access::new(Allowed::Everyone),
        results: 5,
        ..Manners::default()
    }
}

fn tasks_of(event: Value) -> Vec<Task> {
    let mut update = event;
    update["update_id"] = 1.into();
    tasks(
        &Update::from_json(&update).expect("a good update"),
        &manners(),
    )
}

fn private(text: &str) -> Value {
    json!({"message": {"message_id": 3, "text": text, "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "language_code": "en"}}})
}

fn group(text: &str) -> Value {
    json!({"message": {"message_id": 3, "text": text, "chat": {"id": -7, "type": "supergroup"},
        "from": {"id": 8}}})
}

/// `search: words`, `say: first words…`, or nothing.
fn said(event: Value) -> String {
    let lines: Vec<String> = tasks_of(event)
        .into_iter()
        .map(|task| match task {
            Task::Search(search) => format!("search: {}", search.query),
            Task::Say { reply, .. } => {
                format!("say: {}", reply.text.chars().take(14).collect::<String>())
            }
            Task::Acknowledge { callback, words } => {
                let words = words.map(|words| format!(" “{words}”"));
                format!("ack {callback}{}", words.unwrap_or_default())
            }
            Task::Edit { reply, .. } => format!("edit: {}", reply.text),
            Task::Collect(post) => format!("collect: {}", post.picture.caption),
            Task::Stats { .. } | Task::OwnersMenu { .. } => "the owner's".to_owned(),
            Task::Choose { user, choice } => format!("{user} chooses {choice:?}"),
        })
        .collect();
    lines.join("; ")
}

#[test]
fn what_a_message_gets() {
    let table = [
        (private("/start"), "say: I find picture"),
        (private("Hello!"), "say: Hello! Tell me"),
        (private("/help"), "say: I find picture"),
        (private("/start deep-link"), "say: I find picture"),
        (private("/query red bus"), "search: red bus"),
        (private("/query a&b #1 100%"), "search: a&b #1 100%"),
        (private("/QUERY@Clip_Bot  red\nbus "), "search: red bus"),
        (private("red bus"), "search: red bus"),
        (private("/query"), "say: What shall I l"),
        (private("/query  \n"), "say: What shall I l"),
        (private("/query\nred bus"), "search: red bus"),
        (private("/query: red bus"), "search: red bus"),
        (private("／query red bus"), "search: red bus"),
        (private("query: red bus"), "search: red bus"),
        (private("@clip_bot red bus"), "search: red bus"),
        (
            private(&"😀".repeat(500)),
            &format!("search: {}", "😀".repeat(500)),
        ),
        (private("\u{200b}"), "say: What shall I l"),
        (private("שלום עולם"), "search: שלום עולם"),
        (
            private("<b>bus</b> & *tram*"),
            "search: <b>bus</b> & *tram*",
        ),
        (private(&"x ".repeat(251)), "say: That is too lo"),
        (private("/unknown"), "say: I find picture"),
        (private("/query@other_bot x"), ""),
        (group("/query red bus"), "search: red bus"),
        (group("/query@clip_bot red bus"), "search: red bus"),
        (group("/query@other_bot red bus"), ""),
        (group("/queryx red bus"), ""),
        (group("red bus"), ""),
        (group("/help@clip_bot"), "say: I find picture"),
        (
            json!({"edited_message": private("/query x")["message"]}),
            "",
        ),
        (json!({"channel_post": group("/query x")["message"]}), ""),
    ];
    for (event, expected) in table {
        assert_eq!(said(event.clone()), expected, "{event}");
    }
}

#[test]
fn a_picture_in_private_is_answered_and_in_a_group_is_not() {
    let picture = |chat: Value| json!({"message": {"message_id": 1, "photo": [], "chat": chat}});
    assert_eq!(
        said(picture(json!({"id": 7, "type": "private"}))),
        "say: I search by wo"
    );
    assert_eq!(said(picture(json!({"id": -7, "type": "group"}))), "");
}

#[test]
fn a_reply_to_our_question_is_a_query_in_a_group_too() {
    let question = reply::query_needed(Texts::of(Some("es"))).text;
    let mut event = group("un gato");
    event["message"]["reply_to_message"] =
        json!({"message_id": 2, "chat": {"id": -7}, "from": {"id": 42}, "text": question});
    assert_eq!(said(event.clone()), "search: un gato");
    event["message"]["reply_to_message"]["from"]["id"] = 43.into();
    assert_eq!(said(event), "");
}

#[test]
fn the_answer_goes_to_the_message_and_its_topic() {
    let mut event = group("/query x");
    event["message"]["message_thread_id"] = 9.into();
    let address = |event: Value| match tasks_of(event).pop() {
        Some(Task::Search(search)) => search.to,
        other => panic!("{other:?}"),
    };
    let here = Address {
        chat: -7,
        thread: None,
        reply_to: Some(3),
    };
    assert_eq!(address(event.clone()), here, "a thread that is no topic");
    event["message"]["is_topic_message"] = true.into();
    assert_eq!(
        address(event.clone()),
        Address {
            thread: Some(9),
            ..here
        }
    );
    event["message"]["message_id"] = 0.into();
    assert_eq!(
        address(event),
        Address {
            thread: Some(9),
            reply_to: None,
            ..here
        },
        "ephemeral"
    );
}

fn pressed(data: &str, asked: &str) -> Value {
    json!({"callback_query": {"id": "c1", "from": {"id": 7}, "data": data, "message": {
        "message_id": 5, "chat": {"id": 7, "type": "private"}, "from": {"id": 42},
        "reply_to_message": {"message_id": 3, "text": asked, "chat": {"id": 7, "type": "private"}}
    }}})
}

#[test]
fn who_cannot_be_answered_hears_nothing() {
    let with = |mut event: Value, more: Value| {
        for (name, value) in more.as_object().expect("fields") {
            event["message"][name] = value.clone();
        }
        event
    };
    let anonymous = json!({"id": 1_087_968_824, "is_bot": true});
    let channel = json!({"id": -1009, "type": "channel"});
    let us = json!({"id": 42, "is_bot": true});
    let table = [
        (
            with(private("bus"), json!({"from": {"id": 9, "is_bot": true}})),
            "",
        ),
        (
            with(
                group("/query bus"),
                json!({"from": {"id": 9, "is_bot": true}}),
            ),
            "",
        ),
        (with(private("bus"), json!({"via_bot": us})), ""),
        (
            with(private("bus"), json!({"via_bot": {"id": 43}})),
            "search: bus",
        ),
        (
            with(
                group("/query bus"),
                json!({"from": anonymous, "sender_chat": {"id": -7}}),
            ),
            "search: bus",
        ),
        (
            with(
                group("/query bus"),
                json!({"from": anonymous, "sender_chat": channel}),
            ),
            "search: bus",
        ),
        (
            with(
                group("/query bus"),
                json!({"sender_chat": channel, "is_automatic_forward": true}),
            ),
            "",
        ),
    ];
    for (event, expected) in table {
        assert_eq!(said(event.clone()), expected, "{event}");
    }
    let mut event = group("/query bus");
    event["message"]["chat"]["is_direct_messages"] = true.into();
    event["message"]["direct_messages_topic"] = json!({"topic_id": 8});
    assert_eq!(said(event), "", "who writes to a channel's owners");
    let event = with(
        group("/query bus"),
        json!({"from": anonymous, "sender_chat": channel}),
    );
    let Some(Task::Search(search)) = tasks_of(event).pop() else {
        panic!("a search")
    };
    assert_eq!(
        search.asker, -1009,
        "not the account that all such senders share"
    );
}

/// Fields of messages that tell of an event, and of a kind that nobody knows yet.
const SERVICE: &str = "new_chat_members left_chat_member chat_owner_left chat_owner_changed new_chat_title \
    new_chat_photo delete_chat_photo group_chat_created supergroup_chat_created channel_chat_created \
    message_auto_delete_timer_changed migrate_to_chat_id migrate_from_chat_id pinned_message \
    successful_payment refunded_payment users_shared chat_shared gift unique_gift gift_upgrade_sent \
    connected_website write_access_allowed passport_data proximity_alert_triggered boost_added \
    chat_background_set checklist_tasks_done checklist_tasks_added community_chat_added \
    community_chat_joined community_chat_removed direct_message_price_changed forum_topic_created \
    forum_topic_edited forum_topic_closed forum_topic_reopened general_forum_topic_hidden \
    general_forum_topic_unhidden giveaway_created giveaway_winners giveaway_completed \
    managed_bot_created paid_message_price_changed suggested_post_approved \
    suggested_post_approval_failed suggested_post_declined suggested_post_paid \
    suggested_post_refunded poll_option_added poll_option_deleted video_chat_scheduled \
    video_chat_started video_chat_ended video_chat_participants_invited web_app_data from_the_future";

/// Fields of messages that hold what a person made, besides words and pictures.
const CONTENT: &str = "animation audio checklist contact dice document game live_photo location paid_media poll \
    rich_message sticker story venue video video_note voice";

#[test]
fn service_messages_and_unknown_kinds_are_met_with_silence() {
    let private = |field: &str, value: Value| json!({"message": {"message_id": 1, "chat": {"id": 7, "type": "private"}, "from": {"id": 7}, field: value}});
    for field in SERVICE.split_whitespace() {
        let value = match field {
            "pinned_message" => json!({"message_id": 1, "chat": {"id": 7}, "text": "x"}),
            "migrate_to_chat_id" | "migrate_from_chat_id" => json!(-5),
            "new_chat_members" | "new_chat_photo" => json!([]),
            _ => json!({}),
        };
        assert_eq!(said(private(field, value)), "", "{field}");
    }
    for field in CONTENT.split_whitespace() {
        assert_eq!(
            said(private(field, json!({}))),
            "say: I search by wo",
            "{field}"
        );
    }
}

#[test]
fn in_a_group_only_who_asked_may_press() {
    let pressed = |data: &str, by: i64, asked: Option<i64>| {
        let mut message = json!({"message_id": 5, "chat": {"id": -7, "type": "supergroup"}});
        if let Some(id) = asked {
            message["reply_to_message"] = json!({"message_id": 3, "text": "/query bus",
                "chat": {"id": -7, "type": "supergroup"}, "from": {"id": id}});
        }
        json!({"callback_query": {"id": "c", "from": {"id": by}, "data": data, "message": message}})
    };
    let not_yours = "ack c “Only who asked can press this.”";
    let table = [
        (pressed("m5.8:bus", 8, Some(8)), "ack c; search: bus"),
        (pressed("m5.8:bus", 8, None), "ack c; search: bus"),
        (pressed("m5.8:bus", 9, Some(8)), not_yours),
        (pressed("m5.8:bus", 9, None), not_yours),
        (pressed("m5.9:bus", 9, Some(8)), not_yours),
        (pressed("m5:bus", 9, Some(8)), not_yours),
        (pressed("r:bus", 9, None), not_yours),
        (pressed("r:bus", 8, Some(8)), "ack c; search: bus"),
        (pressed("a:bus", 9, None), "ack c; search: bus"),
        (pressed("m5.-7:bus", 9, None), "ack c; search: bus"),
    ];
    for (event, expected) in table {
        assert_eq!(said(event.clone()), expected, "{event}");
    }
}

#[test]
fn more_goes_on_below_and_a_day_later_no_longer() {
    let mut event = pressed("m5:bus", "/query bus");
    event["callback_query"]["message"]["date"] = 1_790_000_000.into();
    event["update_id"] = 1.into();
    let update = Update::from_json(&event).expect("a good update");
    let after = |hours: u64| {
        let manners = manners();
        let date = UNIX_EPOCH + Duration::from_secs(1_790_000_000);
        manners.clock.set(date + Duration::from_hours(hours));
        tasks(&update, &manners).pop()
    };
    let Some(Task::Search(search)) = after(23) else {
        panic!("a search")
    };
    assert_eq!(
        (search.offset, search.pressed, search.edit),
        (5, Some(5), None)
    );
    assert_eq!(search.to.reply_to, Some(3), "below the question");
    let Some(Task::Say { reply, .. }) = after(24) else {
        panic!("a word")
    };
    assert_eq!(reply, reply::expired(Texts::of(None)));
}

#[test]
fn buttons_repeat_a_search() {
    let table = [
        (pressed("a:red bus", "/query x"), "ack c1; search: red bus"),
        (pressed("r:", "/query red bus"), "ack c1; search: red bus"),
        (pressed("r:", "/help"), "ack c1; say: I no longer kn"),
        (pressed("x:red bus", "/query x"), "ack c1"),
        (pressed("", "/query x"), "ack c1"),
        (
            json!({"callback_query": {"id": "c1", "from": {"id": 7}, "data": "r:x"}}),
            "ack c1",
        ),
    ];
    for (event, expected) in table {
        assert_eq!(said(event.clone()), expected, "{event}");
    }
    let edit = |data| match tasks_of(pressed(data, "/query x")).pop() {
        Some(Task::Search(search)) => search.edit,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (edit("r:bus"), edit("a:bus")),
        (Some(5), None),
        "retry edits, again does not"
    );
}

#[test]
fn a_button_repeats_a_long_reply_to_our_question_in_a_group() {
    let words = "un gato ".repeat(20);
    let chat = json!({"id": -7, "type": "supergroup"});
    let mut event = pressed("r:", &words);
    event["callback_query"]["message"]["chat"] = chat.clone();
    event["callback_query"]["message"]["reply_to_message"]["chat"] = chat;
    event["callback_query"]["message"]["reply_to_message"]["from"] = json!({"id": 7});
    assert_eq!(
        said(event.clone()),
        format!("ack c1; search: {}", words.trim())
    );
    event["callback_query"]["message"]["reply_to_message"]["text"] = "/other x".into();
    assert_eq!(said(event), "ack c1; say: I no longer kn");
}

#[test]
fn strangers_are_told_in_private_and_ignored_in_groups() {
    let manners = Manners {
        access: Access::new(Allowed::Ids(vec![1])),
        ..manners()
    };
    let tasks = |mut event: Value| {
        event["update_id"] = 1.into();
        tasks(&Update::from_json(&event).expect("a good update"), &manners)
    };
    let [Task::Say { reply, .. }] = &tasks(private("/query x"))[..] else {
        panic!("told")
    };
    assert!(reply.text.contains("your id is 7"), "{}", reply.text);
    assert_eq!(tasks(group("/query x")), []);
    assert_eq!(
        tasks(pressed("a:x", "")),
        [Task::Acknowledge {
            callback: "c1".into(),
            words: None,
        }]
    );
}

#[test]
fn captions_are_asked_for_in_the_language_of_the_askers_app() {
    for (code, fixed, expected) in [
        ("de-AT", None, Some(Language::De)),
        ("nl", None, None),
        ("de", Some("es"), Some(Language::Es)),
    ] {
        let mut event = private("dog");
        event["message"]["from"]["language_code"] = code.into();
        event["update_id"] = 1.into();
        let update = Update::from_json(&event).expect("a good update");
        let language = fixed.map(str::to_owned);
        let manners = Manners {
            language,
            ..manners()
        };
        let found = tasks(&update, &manners);
        let [Task::Search(search)] = &found[..] else {
            panic!("{code}: a search");
        };
        assert_eq!(search.language, expected, "{code}");
    }
}
