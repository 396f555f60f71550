//! Chats whose pictures are collected: who may ask for that, what is saved, who finds it, who forgets it.

use std::time::{Duration, Instant};

use clip_bot::engine::drawings;
use serde_json::{Value, json};

use crate::saved::{Store, TOKEN};
use crate::support::PATIENCE;
use crate::support::process::Program;
use crate::support::stage::{start_bot, without_token};
use crate::support::telegram::Telegram;

/// The group, its creator, a member, and somebody who is not in it.
pub const GROUP: i64 = -1_000_000_000_500;
pub const ADMIN: i64 = 11;
pub const MEMBER: i64 = 12;
pub const STRANGER: i64 = 13;
const CHANNEL: i64 = -1_000_000_000_600;
/// The number before the colon of the bot's token.
const BOT: i64 = 4242;

/// The bot between a scripted Telegram and an endpoint that saves, which is the real one.
pub struct Scene {
    pub telegram: Telegram,
    store: Store,
    bot: Program,
}

impl Scene {
    pub fn start(name: &str, settings: &[(&str, &str)]) -> Self {
        let (telegram, store) = (Telegram::start(), Store::start(name, &[]));
        for id in [ADMIN, MEMBER, STRANGER] {
            telegram.api.add_user(id, &format!("U{id}"), "en");
        }
        let group = json!({"id": GROUP, "type": "supergroup", "title": "Family"});
        telegram.api.add_chat(&group, &[ADMIN, MEMBER]);
        let channel = json!({"id": CHANNEL, "type": "channel", "title": "News"});
        telegram.api.add_chat(&channel, &[ADMIN]);
        for chat in [GROUP, CHANNEL] {
            telegram.api.set_member(BOT, chat, "administrator");
        }
        let mut all = vec![
            ("CLIP_BOT_SEARCH_TOKEN", "s3cret-of-the-test"),
            ("CLIP_BOT_RATE", "600/1m"),
            ("CLIP_BOT_LOG", "debug"),
        ];
        all.extend(settings);
        let bot = start_bot(&telegram.url(), &format!("http://{}", store.address), &all);
        Self {
            telegram,
            store,
            bot,
        }
    }

    pub fn say(&self, user: i64, chat: i64, text: &str) {
        self.telegram.api.say(user, chat, text, None);
    }

    pub fn post(&self, user: i64, chat: i64, drawing: &str, caption: &str) -> i64 {
        let file = drawings::find(drawing).expect("built in").file.to_vec();
        let sent = self.telegram.api.send_picture(user, chat, file, caption);
        sent.expect("a good picture");
        let shown = self.telegram.api.messages(chat);
        let mut pictures = shown
            .iter()
            .rev()
            .filter(|shown| shown.get("photo").is_some());
        let posted = pictures.find(|shown| shown["caption"].as_str().unwrap_or("") == caption);
        let number = posted.and_then(|message| message["message_id"].as_i64());
        number.expect("it was posted")
    }

    /// All that is saved for a chat, by caption.
    pub fn saved(&self, chat: i64) -> Vec<Value> {
        let target = format!("/search?details=true&limit=50&collection=chat:{chat}");
        let bus = drawings::find("bus").expect("built in").file;
        let found = self.store.post(&target, TOKEN, bus).json();
        let mut hits = found["results"].as_array().expect("results").clone();
        hits.sort_by_key(|hit| hit["caption"].as_str().unwrap_or_default().to_owned());
        hits
    }

    pub fn captions(&self, chat: i64) -> Vec<String> {
        let all = self.saved(chat).into_iter();
        let caption = |hit: Value| hit["caption"].as_str().unwrap_or_default().to_owned();
        all.map(caption).collect()
    }

    /// Waits until these are the captions of all that is saved for a chat.
    pub fn wait_for_saved(&self, chat: i64, captions: &[&str]) {
        let until = Instant::now() + PATIENCE;
        while self.captions(chat) != captions {
            assert!(Instant::now() < until, "{:?}", self.captions(chat));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn collect(&self) {
        self.say(ADMIN, GROUP, "/collect");
        self.telegram
            .wait_for_text("From now on I keep the pictures");
    }

    pub fn press(&self, user: i64, chat: i64, label: &str) {
        self.telegram.press(user, chat, label);
    }

    pub fn stop(self) -> String {
        let ended = self.bot.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
        let output = without_token(ended);
        for private in ["s3cret-of-the-test", "zephyrine", "kestrel"] {
            assert!(!output.contains(private), "{private} in {output}");
        }
        self.store.stop();
        output
    }
}

#[test]
fn what_is_posted_is_kept_from_the_word_of_an_administrator_on() {
    let scene = Scene::start("groups-kept", &[]);
    scene.post(MEMBER, GROUP, "pizza", "before");
    scene.say(MEMBER, GROUP, "/collect");
    scene
        .telegram
        .wait_for_text("Only an administrator of this chat");
    scene.collect();
    let number = scene.post(MEMBER, GROUP, "bus", "our zephyrine");
    scene.post(ADMIN, GROUP, "dog", "");
    scene.wait_for_saved(GROUP, &["", "our zephyrine"]);
    let hit = &scene.saved(GROUP)[1];
    assert_eq!(hit["link"], format!("https://t.me/c/500/{number}"));
    assert!(
        hit["taken"].is_string() && hit["file_id"].is_string(),
        "{hit}"
    );
    // In silence.
    let said = scene.telegram.calls_of("sendMessage");
    assert_eq!(said.len(), 2, "{said:?}");

    scene.telegram.api.edit_caption(GROUP, number, "kestrel");
    scene.wait_for_saved(GROUP, &["", "kestrel"]);
    scene.say(ADMIN, GROUP, "/collect off");
    scene.telegram.wait_for_text("I keep no more pictures");
    scene.post(MEMBER, GROUP, "cat", "after");
    // A later word is answered later.
    scene.say(ADMIN, GROUP, "/collect");
    scene.telegram.wait_for_many("on again", 2, |call| {
        call.text().starts_with("From now on I keep")
    });
    assert_eq!(scene.captions(GROUP), ["", "kestrel"]);
    scene.stop();
}

#[test]
fn a_channel_is_collected_by_a_post_of_its_own() {
    let scene = Scene::start("groups-channel", &[]);
    scene.say(ADMIN, CHANNEL, "/query bus");
    scene.say(ADMIN, CHANNEL, "/collect");
    scene
        .telegram
        .wait_for_text("From now on I keep the pictures");
    let number = scene.post(ADMIN, CHANNEL, "bus", "our zephyrine");
    scene.wait_for_saved(CHANNEL, &["our zephyrine"]);
    let link = scene.saved(CHANNEL)[0]["link"].clone();
    assert_eq!(link, format!("https://t.me/c/600/{number}"));
    assert_eq!(scene.telegram.calls_of("sendMessage").len(), 1);
    scene.stop();
}

#[test]
fn a_group_is_told_what_to_do_where_telegram_hides_its_pictures() {
    let scene = Scene::start("groups-blind", &[]);
    scene.telegram.api.set_member(BOT, GROUP, "member");
    scene.say(ADMIN, GROUP, "/collect");
    let said = scene.telegram.wait_for_text("From now on I keep");
    assert!(said.text().contains("Make me an administrator"), "{said:?}");
    scene.stop();
}

#[test]
fn only_a_chat_that_the_owner_let_in_is_collected() {
    let scene = Scene::start("groups-closed", &[("CLIP_BOT_ALLOWED", "11")]);
    scene.say(MEMBER, GROUP, "/collect");
    scene.say(ADMIN, GROUP, "/collect");
    scene
        .telegram
        .wait_for_text("The owner of this bot has not let this chat in");
    scene.post(ADMIN, GROUP, "bus", "our zephyrine");
    scene.say(ADMIN, ADMIN, "/help");
    scene.telegram.wait_for_text("I find pictures");
    assert_eq!(scene.captions(GROUP), [""; 0]);
    assert_eq!(scene.telegram.calls_of("sendMessage").len(), 2);
    scene.stop();
}

#[test]
fn a_picture_is_forgotten_by_who_posted_it_or_an_administrator_and_all_by_the_latter() {
    let scene = Scene::start("groups-forgotten", &[]);
    scene.collect();
    let bus = scene.post(MEMBER, GROUP, "bus", "one");
    let dog = scene.post(ADMIN, GROUP, "dog", "two");
    scene.post(ADMIN, GROUP, "cat", "three");
    scene.wait_for_saved(GROUP, &["one", "three", "two"]);
    scene.say(MEMBER, GROUP, "/forget");
    scene.telegram.wait_for_text("Reply with /forget");
    scene.telegram.api.say(MEMBER, GROUP, "/forget", Some(dog));
    scene.telegram.wait_for_text("somebody else posted it");
    assert_eq!(scene.captions(GROUP), ["one", "three", "two"]);
    scene.telegram.api.say(MEMBER, GROUP, "/forget", Some(bus));
    scene.telegram.wait_for_text("Forgotten.");
    scene.wait_for_saved(GROUP, &["three", "two"]);
    scene.telegram.api.say(ADMIN, GROUP, "/forget", Some(dog));
    scene.wait_for_saved(GROUP, &["three"]);

    scene.say(ADMIN, GROUP, "/collect forget");
    scene.telegram.wait_for_text("Shall I forget all pictures");
    scene.press(MEMBER, GROUP, "Forget all of them");
    scene
        .telegram
        .wait_for_text("Only an administrator of this chat");
    assert_eq!(scene.captions(GROUP), ["three"]);
    scene.press(ADMIN, GROUP, "Forget all of them");
    scene.wait_for_saved(GROUP, &[]);
    scene.stop();
}

/// The last answer of ours to `chat` about words, once there are `count`.
fn answers(scene: &Scene, chat: i64, count: usize) {
    let about = |text: &str| text.contains("for “zephyrine”") && !text.starts_with("Searching");
    scene.telegram.wait_for_many("answers", count, |call| {
        let text = call.text();
        call.chat() == chat && (about(text) || text.starts_with("Nothing found for"))
    });
}

/// Whether anything that the bot sent to `chat` shows the picture.
fn is_shown(scene: &Scene, chat: i64) -> usize {
    let calls = scene.telegram.calls();
    let shows = |call: &&crate::support::telegram::Call| {
        call.chat() == chat && call.parameters.to_string().contains("our zephyrine")
    };
    calls.iter().filter(shows).count()
}

fn inline(scene: &Scene, user: i64) -> Vec<Value> {
    let answer = scene.telegram.ask_inline(user, "zephyrine");
    assert_eq!(answer.parameters["is_personal"], true);
    let results = answer.parameters["results"].as_array().expect("results");
    let shows = |result: &&Value| result.to_string().contains("our zephyrine");
    let found: Vec<Value> = results.iter().filter(shows).cloned().collect();
    let cache = answer.parameters["cache_time"].as_u64();
    assert!(found.is_empty() || cache == Some(0), "{answer:?}");
    found
}

/// The same, once there are `count`: a machine with much to do may need a second try.
fn inline_shows(scene: &Scene, user: i64, count: usize) -> Vec<Value> {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = inline(scene, user);
        if found.len() == count {
            return found;
        }
        assert!(Instant::now() < until, "{found:?} are not {count}");
    }
}

#[test]
fn what_a_chat_kept_is_found_by_its_members_and_by_nobody_else() {
    let scene = Scene::start("groups-found", &[]);
    scene.collect();
    let number = scene.post(ADMIN, GROUP, "bus", "our zephyrine");
    scene.wait_for_saved(GROUP, &["our zephyrine"]);
    scene.say(MEMBER, GROUP, "/query zephyrine");
    answers(&scene, GROUP, 1);
    let photo = scene
        .telegram
        .calls_of("sendPhoto")
        .pop()
        .expect("a picture");
    let caption = photo.parameters["caption"].as_str().unwrap_or_default();
    assert!(
        caption.ends_with(&format!("https://t.me/c/500/{number}")),
        "{caption}"
    );
    let media = photo.parameters["photo"].as_str().expect("a file id");
    assert!(!media.contains(':'), "{media}");

    for (user, shown) in [(MEMBER, 1), (STRANGER, 0)] {
        scene.telegram.write(user, "zephyrine");
        answers(&scene, user, 1);
        assert_eq!(is_shown(&scene, user), shown, "to {user} in private");
        let found = inline_shows(&scene, user, shown);
        assert!(found.iter().all(|one| one.get("photo_file_id").is_some()));
    }
    // From a group that is not collected, nothing of another one.
    scene.telegram.push(crate::support::telegram::group_message(
        -77,
        "/query zephyrine",
    ));
    answers(&scene, -77, 1);
    assert_eq!(is_shown(&scene, -77), 0);

    // Who leaves sees nothing more, at once.
    scene.telegram.api.set_member(MEMBER, GROUP, "left");
    scene.telegram.write(MEMBER, "zephyrine");
    answers(&scene, MEMBER, 2);
    assert_eq!(
        (is_shown(&scene, MEMBER), inline(&scene, MEMBER).len()),
        (1, 0)
    );
    // Who comes, too.
    scene.telegram.api.set_member(STRANGER, GROUP, "member");
    inline_shows(&scene, STRANGER, 1);
    // What was forgotten a moment ago is not remembered.
    scene
        .telegram
        .api
        .say(ADMIN, GROUP, "/forget", Some(number));
    scene.telegram.wait_for_text("Forgotten.");
    assert_eq!(inline(&scene, STRANGER).len(), 0);
    scene.stop();
}

#[test]
fn an_answer_can_be_forgotten_by_its_button_by_who_posted_the_picture() {
    let scene = Scene::start("groups-button", &[]);
    scene.collect();
    scene.post(MEMBER, GROUP, "bus", "our zephyrine");
    scene.wait_for_saved(GROUP, &["our zephyrine"]);
    // The folders hold a thousand drawings: words that none of them has.
    scene.say(ADMIN, GROUP, "/query zephyrine");
    answers(&scene, GROUP, 1);
    scene.press(STRANGER, GROUP, "Forget");
    scene.telegram.wait_for_text("somebody else posted it");
    assert_eq!(scene.captions(GROUP), ["our zephyrine"]);
    scene.press(MEMBER, GROUP, "Forget");
    scene.telegram.wait_for_text("Forgotten.");
    assert_eq!(scene.captions(GROUP), [""; 0]);
    scene.stop();
}

#[test]
fn a_picture_that_was_posted_as_a_file_is_shown_as_one() {
    let scene = Scene::start("groups-file", &[]);
    let number = scene.post(ADMIN, GROUP, "bus", "a photo");
    scene.collect();
    let shown = scene.telegram.api.messages(GROUP);
    let photo = shown.iter().find(|shown| shown["message_id"] == number);
    let file_id = photo.expect("posted")["photo"][0]["file_id"].clone();
    scene.telegram.push(json!({"message": {
        "message_id": 900, "date": 1_790_000_000, "caption": "our zephyrine",
        "chat": {"id": GROUP, "type": "supergroup", "title": "Family"},
        "from": {"id": MEMBER, "is_bot": false, "first_name": "M"},
        "document": {"file_id": file_id, "file_unique_id": "u-file", "mime_type": "image/png"},
    }}));
    scene.wait_for_saved(GROUP, &["our zephyrine"]);
    let until = Instant::now() + PATIENCE;
    let of_files = |call: &&crate::support::telegram::Call| {
        let results = call.parameters["results"].as_array();
        results.is_some_and(|all| all.iter().any(|one| one["document_file_id"] == file_id))
    };
    while !scene.telegram.calls().iter().any(|call| of_files(&call)) {
        assert!(Instant::now() < until);
        inline(&scene, MEMBER);
    }
    scene.stop();
}

#[test]
fn a_member_who_was_not_let_in_finds_the_pictures_of_the_chat_alone() {
    let group = GROUP.to_string();
    let scene = Scene::start("groups-members", &[("CLIP_BOT_ALLOWED", &group)]);
    scene.collect();
    scene.post(ADMIN, GROUP, "bus", "our zephyrine");
    scene.wait_for_saved(GROUP, &["our zephyrine"]);
    scene.telegram.write(MEMBER, "zephyrine");
    answers(&scene, MEMBER, 1);
    assert_eq!(is_shown(&scene, MEMBER), 1);
    inline_shows(&scene, MEMBER, 1);
    scene.telegram.write(STRANGER, "zephyrine");
    scene.telegram.wait_for_text("This bot is private");
    assert_eq!(
        (is_shown(&scene, STRANGER), inline(&scene, STRANGER).len()),
        (0, 0)
    );
    // Neither the folders, nor anything else that is for those who were let in.
    scene.telegram.write(MEMBER, "/settings");
    scene.telegram.wait_for_many("private", 2, |call| {
        call.text().starts_with("This bot is private")
    });
    let of_folders = scene.telegram.calls_of("sendMediaGroup");
    assert!(of_folders.is_empty(), "{of_folders:?}");
    scene.stop();
}

#[test]
fn a_chat_that_the_bot_was_removed_from_is_hidden_and_then_forgotten() {
    let scene = Scene::start("groups-left", &[("CLIP_BOT_FORGET_LEFT", "3s")]);
    scene.collect();
    scene.post(ADMIN, GROUP, "bus", "our zephyrine");
    scene.wait_for_saved(GROUP, &["our zephyrine"]);
    inline_shows(&scene, MEMBER, 1);
    scene.telegram.api.set_member(BOT, GROUP, "kicked");
    assert_eq!(inline(&scene, MEMBER).len(), 0);
    scene.wait_for_saved(GROUP, &[]);
    scene.stop();
}

#[test]
fn a_group_that_becomes_a_supergroup_keeps_what_it_had() {
    let scene = Scene::start("groups-moved", &[]);
    let small = json!({"id": -900, "type": "group", "title": "Small"});
    scene.telegram.api.add_chat(&small, &[ADMIN]);
    scene.telegram.api.set_member(BOT, -900, "administrator");
    scene.say(ADMIN, -900, "/collect");
    scene.telegram.wait_for_text("From now on I keep");
    scene.post(ADMIN, -900, "bus", "our zephyrine");
    scene.wait_for_saved(-900, &["our zephyrine"]);
    scene
        .telegram
        .push(json!({"message": {"message_id": 50, "date": 1_790_000_000,
        "chat": small, "migrate_to_chat_id": GROUP}}));
    scene.post(ADMIN, GROUP, "pizza", "our zephyrine, too");
    scene.wait_for_saved(GROUP, &["our zephyrine, too"]);
    inline_shows(&scene, MEMBER, 2);
    scene.stop();
}

#[test]
fn forged_buttons_and_somebody_elses_pictures_change_nothing() {
    let scene = Scene::start("groups-forged", &[]);
    scene.collect();
    let number = scene.post(ADMIN, GROUP, "bus", "our zephyrine");
    scene.wait_for_saved(GROUP, &["our zephyrine"]);
    let posted = scene.telegram.api.messages(GROUP);
    let posted = posted
        .iter()
        .find(|message| message["message_id"] == number);
    let photo = posted.expect("it is there")["photo"].clone();
    // A stranger makes up a button of the group, and replies to the picture in another chat.
    scene.telegram.push(json!({"callback_query": {
        "id": "9", "from": {"id": STRANGER, "is_bot": false, "first_name": "S"},
        "data": "c:", "chat_instance": "1",
        "message": {"message_id": 99, "date": 1_790_000_000, "text": "x",
            "chat": {"id": GROUP, "type": "supergroup", "title": "Family"}},
    }}));
    scene
        .telegram
        .wait_for_text("Only an administrator of this chat");
    let private = json!({"id": STRANGER, "type": "private", "first_name": "S"});
    scene.telegram.push(json!({"message": {
        "message_id": 71, "date": 1_790_000_000, "text": "/forget", "chat": private,
        "from": {"id": STRANGER, "is_bot": false, "first_name": "S", "language_code": "en"},
        "reply_to_message": {"message_id": 70, "date": 1_790_000_000, "chat": private,
            "from": {"id": STRANGER, "is_bot": false, "first_name": "S"}, "photo": photo},
    }}));
    scene.telegram.wait_for_text("That was not saved.");
    assert_eq!(scene.captions(GROUP), ["our zephyrine"]);
    assert_eq!(inline(&scene, STRANGER).len(), 0);
    scene.stop();
}
