//! The inbox against folders of its own.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("inbox-{}-{number}", std::process::id());
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/tmp")
            .join(name);
        std::fs::create_dir_all(&path).expect("a folder below target");
        Self(path)
    }

    fn open(&self) -> Inbox {
        Inbox::open(&self.0, "1", "https://api", SystemTime::now).expect("nobody else has it")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn arrival(id: i64, tasks: usize) -> Arrival {
    Arrival {
        id,
        tasks,
        update: format!("{{\"update_id\":{id}}}"),
    }
}

#[test]
fn what_was_not_finished_is_there_after_a_restart() {
    let folder = Folder::new();
    let inbox = folder.open();
    assert_eq!(inbox.offset(), None);
    let accepted = inbox.accept(vec![arrival(7, 1), arrival(8, 2), arrival(9, 1)], 10);
    assert_eq!(accepted.fresh, [7, 8, 9]);
    assert!(accepted.durable);
    inbox.note(8, "half".to_owned());
    inbox.finished(7);
    inbox.finished(8);
    inbox.close();
    drop(inbox);

    let inbox = folder.open();
    assert_eq!(inbox.offset(), Some(10));
    let left = inbox.unfinished();
    let ids: Vec<i64> = left.iter().map(|entry| entry.id).collect();
    assert_eq!(ids, [8, 9]);
    assert_eq!(left[0].update, arrival(8, 2).update);
    assert_eq!(left[0].progress.as_deref(), Some("half"));
    assert!(inbox.unfinished().is_empty());
}
