//! Each picture of an answer with several can be forgotten: by its number, and in reply to it.

use crate::support::telegram::Telegram;
use crate::{chat_groups, chat_saving};

/// (message, data) of the button that forgets picture `number` of the answer in `chat`.
fn wait_for_number(telegram: &Telegram, chat: i64, number: usize) -> (i64, String) {
    telegram.wait_for_button(chat, &format!("Forget: {number}"), |button| {
        let data = button["callback_data"].as_str();
        let forgets = data.is_some_and(|data| data.starts_with('Z') && !data.starts_with("Z:"));
        let label = button["text"].as_str().unwrap_or_default();
        forgets && label.trim_start_matches("Forget: ") == number.to_string()
    })
}

/// (number, caption) of each picture that the bot sent to `chat` as an answer, in order.
fn answer(telegram: &Telegram, chat: i64) -> Vec<(i64, String)> {
    let shown = telegram.api.messages(chat);
    let ours = shown
        .iter()
        .filter(|one| one["from"]["is_bot"] == true && one["photo"].is_array());
    ours.filter_map(|one| {
        let caption = one["caption"].as_str().unwrap_or_default();
        let first = caption.split(" · ").next().unwrap_or_default();
        Some((one["message_id"].as_i64()?, first.to_owned()))
    })
    .collect()
}

#[test]
fn the_third_of_five_pictures_is_forgotten_by_its_number_and_the_others_in_reply_to_them() {
    let scene = chat_saving::Scene::start("forget-album");
    let drawings = ["bus", "pizza", "dog", "cat", "owl"];
    scene.send(7, drawings[0], "zephyrine bus");
    scene.press(7, "Keep them");
    scene.telegram.wait_for_text("Saved.");
    for (count, drawing) in drawings.iter().enumerate().skip(1) {
        scene.send(7, drawing, &format!("zephyrine {drawing}"));
        let saved = |call: &crate::support::telegram::Call| call.text() == "Saved.";
        scene.telegram.wait_for_many("saved", count + 1, saved);
    }
    scene.telegram.write(7, "zephyrine");
    scene.telegram.wait_for_text("5 pictures for “zephyrine”");
    let (message, data) = wait_for_number(&scene.telegram, 7, 3);
    let album = answer(&scene.telegram, 7);
    assert_eq!(album.len(), 5, "{album:?}");
    let (third, caption) = &album[2];

    let pressed = scene.telegram.api.press(7, 7, message, &data);
    pressed.expect("a button");
    let asked = scene.telegram.wait_for_text("Shall I forget this picture?");
    let replied = &asked.parameters["reply_parameters"]["message_id"];
    assert_eq!(replied.as_i64(), Some(*third), "it shows which");
    assert_eq!(scene.saved(7).len(), 5, "it was only asked");
    scene.press(7, "Forget");
    scene.telegram.wait_for_text("Forgotten.");
    let mut left: Vec<String> = album.iter().map(|(_, caption)| caption.clone()).collect();
    left.retain(|one| one != caption);
    left.sort();
    assert_eq!(scene.saved(7), left);

    // What is gone is said to be gone; the rest is forgotten in reply to the answer.
    for (at, (number, _)) in album.iter().filter(|one| one.0 != *third).enumerate() {
        scene.telegram.api.say(7, 7, "/forget", Some(*number));
        let forgotten = |call: &crate::support::telegram::Call| call.text() == "Forgotten.";
        scene.telegram.wait_for_many("forgotten", at + 2, forgotten);
    }
    assert_eq!(scene.saved(7), [""; 0]);
    scene.telegram.api.say(7, 7, "/forget", Some(*third));
    scene.telegram.wait_for_text("That was not saved.");
    scene.stop();
}

#[test]
fn in_a_group_who_posted_a_picture_forgets_it_by_its_number_and_others_do_not() {
    use chat_groups::{ADMIN, GROUP, MEMBER, STRANGER, Scene};
    let scene = Scene::start("forget-group-album", &[]);
    scene.collect();
    for (user, drawing) in [(ADMIN, "bus"), (MEMBER, "pizza"), (ADMIN, "dog")] {
        scene.post(user, GROUP, drawing, &format!("zephyrine {drawing}"));
    }
    let all = ["zephyrine bus", "zephyrine dog", "zephyrine pizza"];
    scene.wait_for_saved(GROUP, &all);
    scene.say(MEMBER, GROUP, "/query zephyrine");
    scene.telegram.wait_for_text("3 pictures for “zephyrine”");
    let place = |album: &[(i64, String)], caption: &str| {
        let found = album.iter().position(|(_, one)| one == caption);
        found.expect("it was sent") + 1
    };
    wait_for_number(&scene.telegram, GROUP, 1);
    let album = answer(&scene.telegram, GROUP);

    // Only who asked is asked back, and only who posted the picture has it forgotten.
    let dogs = place(&album, "zephyrine dog");
    let (message, data) = wait_for_number(&scene.telegram, GROUP, dogs);
    let press = |user, message, data: &str| {
        let pressed = scene.telegram.api.press(user, GROUP, message, data);
        pressed.expect("a button");
    };
    press(STRANGER, message, &data);
    let refused = scene.telegram.wait_for("a refusal", |call| {
        call.method == "answerCallbackQuery" && call.parameters.get("text").is_some()
    });
    assert!(refused.text().contains("Only who asked"), "{refused:?}");
    press(MEMBER, message, &data);
    scene.telegram.wait_for_text("Shall I forget this picture?");
    scene.press(MEMBER, GROUP, "Forget");
    scene.telegram.wait_for_text("somebody else posted it");
    scene.wait_for_saved(GROUP, &all);

    let (message, data) = wait_for_number(&scene.telegram, GROUP, place(&album, "zephyrine pizza"));
    press(MEMBER, message, &data);
    scene.telegram.wait_for_many("questions", 2, |call| {
        call.text().starts_with("Shall I forget this picture?")
    });
    scene.press(MEMBER, GROUP, "Forget");
    scene.wait_for_saved(GROUP, &["zephyrine bus", "zephyrine dog"]);
    scene.stop();
}
