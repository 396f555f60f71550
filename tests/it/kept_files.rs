//! The size in which pictures of collected chats are fetched, whose files may be kept.

use serde_json::json;

use crate::chat_groups::{ADMIN, GROUP, MEMBER, Scene};

/// What was posted in a chat was kept in the size that is enough to understand it, not in its largest.
#[test]
fn the_largest_size_of_a_posted_picture_is_fetched_where_files_are_kept() {
    for (setting, place) in [("yes", 1), ("no", 0)] {
        let name = format!("kept-{setting}");
        let scene = Scene::start(&name, &[("CLIP_BOT_KEEP_FILES", setting)]);
        let number = scene.post(ADMIN, GROUP, "bus", "before");
        scene.collect();
        let shown = scene.telegram.api.messages(GROUP);
        let posted = shown.iter().find(|shown| shown["message_id"] == number);
        let mut photo = posted.expect("posted")["photo"].clone();
        for (size, side) in [(0, 800), (1, 1280)] {
            photo[size]["width"] = side.into();
            photo[size]["height"] = side.into();
        }
        scene.telegram.push(json!({"message": {
            "message_id": 900, "date": 1_790_000_000, "caption": "our zephyrine", "photo": photo,
            "chat": {"id": GROUP, "type": "supergroup", "title": "Family"},
            "from": {"id": MEMBER, "is_bot": false, "first_name": "M"},
        }}));
        scene.wait_for_saved(GROUP, &["our zephyrine"]);
        let fetched = scene.telegram.calls_of("getFile").into_iter();
        let fetched: Vec<_> = fetched
            .map(|call| call.parameters["file_id"].clone())
            .collect();
        assert_eq!(fetched, [photo[place]["file_id"].clone()], "{setting}");
        scene.stop();
    }
}
