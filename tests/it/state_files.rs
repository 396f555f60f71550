//! Small files of the state folder that cannot be read.

use std::fs;
use std::os::unix::fs::symlink;

use crate::support::server::Server;
use crate::support::stage::{file, found, start_bot, without_token};
use crate::support::telegram::Telegram;

/// The bug: a disk that failed for a moment counted as an empty file, and the next `/collect` was written
/// over what all chats had collected.
#[test]
fn a_file_that_cannot_be_read_ends_the_start_and_is_left_alone() {
    let (telegram, endpoint) = (Telegram::start(), Server::start(|_| found(1)));
    let state = file("unreadable", "").with_extension("d");
    fs::create_dir_all(&state).expect("room");
    let folder = state.to_str().expect("a plain path");
    for name in [
        "collected-chats",
        "picture-habits",
        "photo-agreements",
        "access.json",
    ] {
        let path = state.join(name);
        // Reading it is an input/output error, whoever reads.
        symlink("/proc/self/mem", &path).expect("room");
        let settings = [("CLIP_BOT_STATE_DIR", folder)];
        let ended = start_bot(&telegram.url(), &endpoint.url(""), &settings).wait();
        assert_eq!(ended.status.code(), Some(1), "{name}: {}", ended.output);
        let said = without_token(ended);
        assert!(
            said.contains(&format!("{name}, which is left as it is")),
            "{said}"
        );
        assert!(said.contains("put a backup in its place"), "{said}");
        let target = fs::read_link(&path).expect("it was not replaced");
        assert_eq!(target.to_str(), Some("/proc/self/mem"));
        fs::remove_file(&path).expect("ours");
    }

    // A damaged one is kept, too, and does not keep the bot from serving.
    let damaged = "{\"-100\": {\"is_on\": tr";
    fs::write(state.join("collected-chats"), damaged).expect("room");
    let bot = start_bot(
        &telegram.url(),
        &endpoint.url(""),
        &[("CLIP_BOT_STATE_DIR", folder)],
    );
    telegram.write(7, "bus");
    telegram.wait_for_text("for “bus” ·");
    let said = without_token(bot.stop());
    assert!(
        said.contains("kept as") && said.contains("/collect is not said again"),
        "{said}"
    );
    let aside = fs::read_to_string(state.join("collected-chats.damaged")).expect("kept");
    assert_eq!(aside, damaged);
    fs::remove_dir_all(&state).expect("ours");
}
