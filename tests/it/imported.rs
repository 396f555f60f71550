//! Pictures that `clip-search import telegram` saved for people who never sent one to the bot.

use serde_json::{Value, json};

use crate::chat_saving::Scene;
use crate::saved::Store;
use crate::saved::import::{export, import};
use crate::support::stage::file;
use crate::support::telegram::Telegram;

const OWNER: i64 = 7;
const GUEST: i64 = 8;
const STORAGE: i64 = -100_777;

/// A bot of user 7 that serves user 8, with a storage chat, and an endpoint that imported the pictures of an
/// export for `user`.
fn imported(name: &str, user: i64) -> Scene {
    let folder = export(name);
    // The folders hold nothing: all that is found or stored was imported.
    let index = folder.join("no-index");
    let index = index.to_str().expect("a plain path");
    let store = Store::start(name, &[("CLIP_SEARCH_INDEX", index)]);
    let (listen, user) = (store.address.to_string(), user.to_string());
    let settings = [
        ("CLIP_SEARCH_LISTEN", listen.as_str()),
        ("CLIP_SEARCH_TOKEN", "s3cret-of-the-test"),
    ];
    let (code, said) = import(&settings, &["--user", &user], &folder);
    assert_eq!(code, Some(0), "{said}");
    let state = file("imported", "");
    std::fs::remove_file(&state).expect("it is there");
    std::fs::create_dir_all(&state).expect("room");
    let book = json!({"owner": {"id": OWNER, "name": "Ada", "language": "en"},
        "guests": [{"id": GUEST, "name": "Bob", "since": 20785}]});
    std::fs::write(state.join("access.json"), book.to_string()).expect("room");
    let telegram = Telegram::start();
    telegram.api.add_user(OWNER, "Ada", "en");
    let group = json!({"id": STORAGE, "type": "supergroup", "title": "Storage"});
    telegram.api.add_chat(&group, &[OWNER]);
    let settings = [
        ("CLIP_BOT_ALLOWED", ""),
        ("CLIP_BOT_STATE_DIR", state.to_str().expect("a plain path")),
        ("CLIP_BOT_STORAGE", "-100777"),
    ];
    Scene::on(telegram, store, &settings)
}

/// What an inline query of `user` shows of what was imported.
fn inline(scene: &Scene, user: i64) -> Vec<Value> {
    let answer = scene.telegram.ask_inline(user, "zephyrine day");
    let results = answer.parameters["results"].as_array().expect("results");
    let is_one = |result: &&Value| result.to_string().contains("zephyrine day");
    results.iter().filter(is_one).cloned().collect()
}

fn ask_in_private(scene: &Scene, user: i64) -> usize {
    scene.telegram.write(user, "zephyrine day");
    scene.telegram.wait_for("an answer", |call| {
        let is_over = call.text().contains("for “zephyrine day” ·");
        call.chat() == user && (is_over || call.text().contains("Nothing found"))
    });
    let calls = scene.telegram.calls();
    let shown = calls.iter().filter(|call| call.chat() == user);
    let of_each = shown.map(|call| {
        call.parameters
            .to_string()
            .matches("zephyrine day ·")
            .count()
    });
    of_each.sum()
}

/// They were found in private, and could not be shown: no bot has a name for them at Telegram, and their files
/// were not kept. Inline they were not searched.
#[test]
fn they_are_shown_in_private_and_then_inline_and_never_put_where_the_owner_sees_them() {
    let scene = imported("imported-guest", GUEST);
    assert_eq!(inline(&scene, GUEST).len(), 0, "Telegram has none yet");
    assert_eq!(ask_in_private(&scene, GUEST), 2);
    let found = inline(&scene, GUEST);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|one| one["photo_file_id"].is_string()));
    assert_eq!(
        (ask_in_private(&scene, OWNER), inline(&scene, OWNER).len()),
        (0, 0)
    );
    let stored = scene.telegram.calls_of("sendPhoto").into_iter();
    assert_eq!(stored.filter(|call| call.chat() == STORAGE).count(), 0);
    scene.stop();
}

/// The storage chat asked the endpoint for their files without its token.
#[test]
fn those_of_the_owner_are_found_inline_at_once_by_way_of_the_storage_chat() {
    let scene = imported("imported-owner", OWNER);
    let found = inline(&scene, OWNER);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|one| one["photo_file_id"].is_string()));
    let stored = scene.telegram.calls_of("sendPhoto").into_iter();
    assert_eq!(stored.filter(|call| call.chat() == STORAGE).count(), 2);
    assert_eq!(inline(&scene, GUEST).len(), 0);
    scene.stop();
}
