//! Pictures that people keep with the bot: saved, found by words and by who saved them alone, forgotten.

use std::path::Path;

use clip_bot::engine::drawings;
use serde_json::{Value, json};

use crate::saved::{Store, TOKEN};
use crate::support::process::Program;
use crate::support::server::{Reply, Request};
use crate::support::stage::{Stage, failure, found, start_bot, without_token};
use crate::support::telegram::{Call, PNG, Telegram};

/// The bot between a scripted Telegram and an endpoint that saves, which is the real one.
pub struct Scene {
    pub telegram: Telegram,
    pub store: Store,
    bot: Program,
}

const SECRET: &str = "s3cret-of-the-test";

impl Scene {
    pub fn start(name: &str) -> Self {
        Self::with(name, &[])
    }

    pub fn with(name: &str, settings: &[(&str, &str)]) -> Self {
        Self::between(name, settings, &[])
    }

    /// With more settings of the endpoint.
    pub fn between(name: &str, settings: &[(&str, &str)], endpoint: &[(&str, &str)]) -> Self {
        Self::on(Telegram::start(), Store::start(name, endpoint), settings)
    }

    /// With a Telegram and an endpoint that are there already.
    pub fn on(telegram: Telegram, store: Store, settings: &[(&str, &str)]) -> Self {
        for (id, language) in [(7, "en"), (8, "en")] {
            telegram.api.add_user(id, "U", language);
        }
        let bot = start_bot(
            &telegram.url(),
            &format!("http://{}", store.address),
            &[
                &[
                    ("CLIP_BOT_SEARCH_TOKEN", SECRET),
                    ("CLIP_BOT_RATE", "60/1m"),
                    ("CLIP_BOT_LOG", "debug"),
                ],
                settings,
            ]
            .concat(),
        );
        Self {
            telegram,
            store,
            bot,
        }
    }

    pub fn send(&self, user: i64, drawing: &str, caption: &str) {
        let file = drawings::find(drawing).expect("built in").file.to_vec();
        let sent = self.telegram.api.send_picture(user, user, file, caption);
        sent.expect("a good picture");
    }

    /// Presses the button with this label under the last message of ours in the chat that has it.
    pub fn press(&self, user: i64, label: &str) {
        self.telegram.press(user, user, label);
    }

    /// The captions of all that is saved for a user: every picture is a little like a bus.
    pub fn saved(&self, user: i64) -> Vec<String> {
        let target = format!("/search?details=true&limit=50&collection=user:{user}");
        let bus = drawings::find("bus").expect("built in").file;
        let found = self.store.post(&target, TOKEN, bus).json();
        let hits = found["results"].as_array().expect("results").clone();
        let caption = |hit: &Value| hit["caption"].as_str().unwrap_or_default().to_owned();
        let mut captions: Vec<String> = hits.iter().map(caption).collect();
        captions.sort();
        captions
    }

    pub fn stop(self) {
        let ended = self.bot.stop();
        assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
        let output = without_token(ended);
        for private in [SECRET, "zephyrine", "kestrel"] {
            assert!(!output.contains(private), "{private} in {output}");
        }
        self.store.stop();
    }
}

#[test]
fn a_picture_is_kept_after_its_sender_chose_that_and_found_by_nobody_else() {
    let scene = Scene::start("chat-kept");
    scene.send(7, "bus", "our zephyrine");
    scene.telegram.wait_for_text("Shall I keep the pictures");
    assert_eq!(scene.saved(7), [""; 0], "nothing before the choice");
    scene.press(7, "Keep them");
    scene.telegram.wait_for_text("Saved.");
    assert_eq!(scene.saved(7), ["our zephyrine"]);
    // From now on without a question.
    scene.send(7, "pizza", "kestrel for dinner");
    scene
        .telegram
        .wait_for_many("saved", 2, |call| call.text() == "Saved.");
    assert_eq!(scene.saved(7), ["kestrel for dinner", "our zephyrine"]);

    scene.telegram.write(7, "zephyrine");
    scene.telegram.wait_for_text("for “zephyrine” ·");
    let photo = scene.telegram.calls_of("sendPhoto");
    let photo = &photo
        .last()
        .expect("the only one with that word")
        .parameters;
    let caption = photo["caption"].as_str().unwrap_or_default();
    assert!(caption.starts_with("our zephyrine"), "{caption}");
    let media = photo["photo"].as_str().expect("a file id");
    assert!(
        !media.contains("://"),
        "sent by its file_id, not uploaded: {media}"
    );

    scene.telegram.write(8, "zephyrine");
    scene.telegram.wait_for("an answer for the other", |call| {
        call.chat() == 8 && call.text().contains("for “zephyrine”")
    });
    let of_other =
        |call: &&Call| call.chat() == 8 && call.parameters.to_string().contains("our zephyrine");
    assert_eq!(scene.telegram.calls().iter().filter(of_other).count(), 0);
    scene.stop();
}

#[test]
fn what_was_kept_can_be_forgotten_one_by_one_and_all_at_once() {
    let scene = Scene::start("chat-forgotten");
    scene.send(7, "bus", "one");
    scene.press(7, "Keep them");
    scene.telegram.wait_for_text("Saved.");
    scene.press(7, "Forget");
    scene.telegram.wait_for_text("Forgotten.");
    assert_eq!(scene.saved(7), [""; 0]);

    for (count, drawing) in ["pizza", "dog", "cat"].into_iter().enumerate() {
        scene.send(7, drawing, drawing);
        scene
            .telegram
            .wait_for_many("saved", count + 2, |call| call.text() == "Saved.");
    }
    let shown = scene.telegram.api.messages(7);
    let dog = shown.iter().find(|message| message["caption"] == "dog");
    let dog = dog.and_then(|message| message["message_id"].as_i64());
    scene.telegram.api.say(7, 7, "/forget", dog);
    scene
        .telegram
        .wait_for_many("forgotten", 2, |call| call.text() == "Forgotten.");
    assert_eq!(scene.saved(7), ["cat", "pizza"]);
    scene.telegram.api.say(7, 7, "/forget", dog);
    scene.telegram.wait_for_text("That was not saved.");
    scene.telegram.write(7, "/forget");
    scene.telegram.wait_for_text("Reply with /forget");
    assert_eq!(scene.saved(7), ["cat", "pizza"]);

    scene.telegram.write(7, "/forget me");
    scene.telegram.wait_for_text("Shall I forget all pictures");
    assert_eq!(scene.saved(7), ["cat", "pizza"], "asked twice");
    scene.press(7, "Forget all of them");
    scene.telegram.wait_for_text("2 pictures are forgotten.");
    assert_eq!(scene.saved(7), [""; 0]);
    scene.stop();
}

#[test]
fn who_chose_to_search_gets_pictures_and_may_choose_again() {
    let scene = Scene::start("chat-searching");
    scene.send(7, "bus", "");
    scene.press(7, "Look for others like them");
    scene.telegram.wait_for_text("for your picture ·");
    assert_eq!(scene.saved(7), [""; 0]);
    scene.telegram.write(7, "/settings");
    scene
        .telegram
        .wait_for_text("without a question: Look for others like them.");
    scene.press(7, "Keep them");
    scene
        .telegram
        .wait_for_text("without a question: Keep them.");
    scene.send(7, "pizza", "lunch");
    scene.telegram.wait_for_text("Saved.");
    assert_eq!(scene.saved(7), ["lunch"]);
    // Both stay one button away.
    scene.press(7, "Similar");
    scene.telegram.wait_for_many("found", 2, |call| {
        call.text().contains("for your picture ·")
    });
    assert_eq!(scene.saved(7), ["lunch"]);
    scene.stop();
}

/// A message of an album, as Telegram sends each of them, with a picture that it has.
fn of_album(stage: &Stage, message: i64, name: &str) -> Value {
    let sent = stage.telegram.api.send_picture(-9, -9, PNG.to_vec(), "");
    sent.expect("a good picture");
    let file = stage.telegram.api.messages(-9)[0]["photo"][0]["file_id"].clone();
    json!({"message": {
        "message_id": message, "date": 1_700_000_000, "media_group_id": "album",
        "from": {"id": 7, "is_bot": false, "first_name": "U", "language_code": "en"},
        "chat": {"id": 7, "type": "private", "first_name": "U"},
        "photo": [{"file_id": file, "file_unique_id": format!("u-{name}"), "width": 300, "height": 300}],
    }})
}

/// An endpoint that saves, and knows the picture `u-2` already.
fn saving(request: &Request) -> Reply {
    match (request.method.as_str(), request.path()) {
        (_, "/health") => Reply::json(200, &json!({"engine": "clip", "can": ["picture", "save"]})),
        ("POST", "/pictures") => {
            let is_known = String::from_utf8_lossy(&request.body).contains("u-2");
            Reply::json(if is_known { 200 } else { 201 }, &json!({"id": "x"}))
        }
        _ => found(2),
    }
}

#[test]
fn an_album_is_one_question_and_one_line() {
    let stage = Stage::with_endpoint(saving);
    for (message, file) in [(101, "1"), (102, "2"), (103, "3")] {
        stage.telegram.push(of_album(&stage, message, file));
    }
    let asked = stage.telegram.wait_for_text("Shall I keep the pictures");
    stage.telegram.push(pressed(&stage, &asked));
    stage
        .telegram
        .wait_for_text("2 saved. It was here already.");
    let questions = stage.telegram.calls();
    let questions = questions
        .iter()
        .filter(|call| call.chat() == 7 && call.text().contains("Shall I"));
    assert_eq!(questions.count(), 1);
    stage.stop();
}

#[test]
fn a_picture_waits_for_the_endpoint_and_its_sender_is_told_once() {
    let mut failures = 2;
    let failures = std::sync::Mutex::new(move || {
        failures -= 1;
        failures >= 0
    });
    let stage = Stage::with_endpoint(move |request| {
        let mut fails = failures.lock().expect("no panic");
        if request.path() == "/pictures" && fails() {
            return failure(503, "not_ready", None);
        }
        saving(request)
    });
    stage.telegram.push(of_album(&stage, 101, "1"));
    let asked = stage.telegram.wait_for_text("Shall I keep the pictures");
    let data = asked.parameters["reply_markup"]["inline_keyboard"][0][0]["callback_data"].clone();
    assert_eq!(data, "W:");
    stage.telegram.write(7, "/settings");
    let settings = stage.telegram.wait_for_text("not chosen yet");
    let keep =
        settings.parameters["reply_markup"]["inline_keyboard"][0][0]["callback_data"].clone();
    assert_eq!(keep, "k:");
    stage.telegram.push(json!({"callback_query": {
        "id": "1", "from": {"id": 7, "is_bot": false, "first_name": "U", "language_code": "en"},
        "data": keep, "chat_instance": "1",
        "message": {"message_id": 901, "date": 1_700_000_001, "text": settings.text(),
            "chat": {"id": 7, "type": "private", "first_name": "U"}},
    }}));
    stage
        .telegram
        .wait_for_text("without a question: Keep them.");
    stage.telegram.push(of_album(&stage, 104, "4"));
    stage
        .telegram
        .wait_for_text("Your picture is kept, and saved as soon as it is.");
    stage.telegram.wait_for_text("2 saved.");
    let told = stage.telegram.calls();
    let told = told
        .iter()
        .filter(|call| call.text().contains("Your picture is kept"));
    assert_eq!(told.count(), 1);
    stage.stop();
}

/// A proxy on the way may answer 200 with something of its own: the picture was reported as saved before,
/// and was lost.
#[test]
fn what_answers_in_place_of_the_endpoint_saves_and_forgets_nothing() {
    let mut answers = 3;
    let answers = std::sync::Mutex::new(move || {
        answers -= 1;
        answers >= 0
    });
    let stage = Stage::with_endpoint(move |request| {
        let mut foreign = answers.lock().expect("no panic");
        if request.path() == "/pictures" && foreign() {
            return Reply::json(200, &json!({"results": 5}));
        }
        saving(request)
    });
    stage.telegram.push(of_album(&stage, 101, "1"));
    let asked = stage.telegram.wait_for_text("Shall I keep the pictures");
    stage.telegram.push(pressed(&stage, &asked));
    stage
        .telegram
        .wait_for_text("Your picture is kept, and saved as soon as it is.");
    stage
        .telegram
        .wait_for_text("That picture could not be saved.");
    stage.telegram.push(of_album(&stage, 102, "3"));
    stage.telegram.wait_for_text("2 saved.");
    stage.stop();
}

/// The first button under `asked`.
fn pressed(stage: &Stage, asked: &Call) -> Value {
    let data = asked.parameters["reply_markup"]["inline_keyboard"][0][0]["callback_data"].clone();
    json!({"callback_query": {
        "id": "1", "from": {"id": 7, "is_bot": false, "first_name": "U", "language_code": "en"},
        "data": data, "chat_instance": "1",
        "message": {
            "message_id": 900, "date": 1_700_000_001, "text": asked.text(),
            "chat": {"id": 7, "type": "private", "first_name": "U"},
            "from": {"id": 1_234_567, "is_bot": true, "first_name": "B"},
            "reply_to_message": of_album(stage, 101, "1")["message"],
        },
    }})
}

/// The files that are kept in a folder and those below it.
fn kept(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let files = entries.flat_map(|entry| match entry.path() {
        path if path.is_dir() => kept(&path),
        path if folder.ends_with("files") => vec![std::fs::read(path).expect("readable")],
        _ => Vec::new(),
    });
    files.collect()
}

#[test]
fn files_are_kept_where_the_operator_wants_that_and_gone_when_they_are_forgotten() {
    for (name, setting, count) in [("chat-files", "yes", 1), ("chat-no-files", "no", 0)] {
        let scene = Scene::with(name, &[("CLIP_BOT_KEEP_FILES", setting)]);
        scene.send(7, "bus", "one");
        scene.press(7, "Keep them");
        scene.telegram.wait_for_text("Saved.");
        let files = kept(&scene.store.folder);
        assert_eq!(files.len(), count, "{setting}");
        let sent = drawings::find("bus").expect("built in").file;
        for file in files {
            let [old, new] = [sent, &file].map(image::load_from_memory);
            assert_eq!(
                old.expect("a JPEG"),
                new.expect("a JPEG"),
                "the same picture"
            );
        }
        scene.press(7, "Forget");
        scene.telegram.wait_for_text("Forgotten.");
        assert_eq!(kept(&scene.store.folder).len(), 0);
        scene.stop();
    }
}
