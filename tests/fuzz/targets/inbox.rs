//! The file of the inbox, after whatever happened to it.

use std::collections::HashSet;
use std::path::Path;
use std::sync::LazyLock;

use clip_bot::clock::Clock;
use clip_bot::inbox::{Arrival, Inbox};

use super::Input;
use super::engine::folder;

const FILE: &str = "inbox.redb";

fn open(folder: &Path) -> Inbox {
    Inbox::open(folder, "42", "https://api.example", &Clock::default()).expect("nobody else has it")
}

fn arrival(id: i64) -> Arrival {
    let update = format!(r#"{{"update_id": {id}, "message": {{"text": "red bus"}}}}"#);
    Arrival {
        id,
        tasks: 1,
        update,
    }
}

/// A good file with two open updates.
static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = folder("inbox");
    let inbox = open(&folder);
    let _ = inbox.accept(vec![arrival(7), arrival(8), arrival(9)], 10);
    inbox.note(8, r#"{"sent": 3}"#.to_owned());
    inbox.finished(9);
    inbox.close();
    drop(inbox);
    std::fs::read(folder.join(FILE)).expect("written")
});

/// The content of the file, or (if the first byte is 0) changes of a good one: each a place in three bytes,
/// and a byte.
pub fn inbox(case: &[u8]) {
    let mut input = Input(case);
    let bytes = if input.byte() == 0 {
        let mut bytes = GOOD.clone();
        for [low, middle, high, value] in input.0.as_chunks().0 {
            let place = u32::from_le_bytes([*low, *middle, *high, 0]) as usize % bytes.len();
            bytes[place] = *value;
        }
        bytes
    } else {
        input.0.to_vec()
    };
    let folder = folder("inbox-case");
    std::fs::write(folder.join(FILE), bytes).expect("room");
    let inbox = open(&folder);
    let mut ids = HashSet::new();
    for entry in inbox.unfinished() {
        assert!(ids.insert(entry.id), "{} twice", entry.id);
        inbox.resumed(entry.id, 1);
        inbox.finished(entry.id);
    }
    // Whatever was there, it goes on.
    let accepted = inbox.accept(vec![arrival(i64::MAX - 1)], i64::MAX);
    assert!(accepted.fresh.len() <= 1);
    inbox.finished(i64::MAX - 1);
    assert!(inbox.is_empty());
    inbox.close();
    drop(inbox);
    let _ = std::fs::remove_dir_all(folder);
}
