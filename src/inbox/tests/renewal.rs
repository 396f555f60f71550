//! What left the inbox leaves the disk, too.

use super::*;

impl Folder {
    fn open_forgetful(&self) -> Inbox {
        let pace = Pace {
            patience: LONG,
            longest_stay: Duration::from_millis(50),
        };
        let clock = Clock::default();
        Inbox::open_on(store::plain(), pace, &self.0, "1", "https://api", &clock).expect("free")
    }

    /// Whether a file of the folder holds `words`.
    fn holds(&self, words: &str) -> bool {
        let files = fs::read_dir(&self.0).expect("readable").flatten();
        let mut contents = files.filter_map(|file| fs::read(file.path()).ok());
        let is_in = |bytes: Vec<u8>| {
            let mut windows = bytes.windows(words.len());
            windows.any(|window| window == words.as_bytes())
        };
        contents.any(is_in)
    }

    fn wait_until_gone(&self, words: &str) {
        let until = Instant::now() + LONG;
        while self.holds(words) {
            assert!(Instant::now() < until, "{words} is still there");
            std::thread::yield_now();
        }
    }
}

fn said(id: i64, words: &str) -> Arrival {
    Arrival {
        update: format!("{{\"update_id\":{id},\"text\":\"{words}\"}}"),
        ..arrival(id, 1)
    }
}

#[test]
fn the_words_of_what_was_answered_leave_the_disk() {
    let folder = Folder::quick();
    let inbox = folder.open_forgetful();
    let batch = vec![said(1, "a secret heron"), said(2, "an open question")];
    assert!(inbox.accept(batch, 3).durable);
    assert!(folder.holds("a secret heron"));
    inbox.note_for_sure(2, "halfway".to_owned());
    inbox.finished(1);
    folder.wait_until_gone("a secret heron");
    let killed = folder.after_a_kill();
    let again = killed.open();
    let left = again.unfinished();
    assert_eq!((ids(&left), again.offset()), (vec![2], Some(3)));
    assert_eq!(left[0].progress.as_deref(), Some("halfway"));
    // The new file is written on.
    assert!(inbox.accept(vec![said(4, "one more")], 5).durable);
    assert!(folder.after_a_kill().holds("one more"));
}

#[test]
fn a_clean_stop_leaves_no_words_of_what_was_answered() {
    let folder = Folder::quick();
    let inbox = folder.open();
    let batch = vec![said(1, "a secret heron"), said(2, "an open question")];
    assert!(inbox.accept(batch, 3).durable);
    inbox.finished(1);
    assert!(folder.holds("a secret heron"));
    drop(inbox);
    assert!(!folder.holds("a secret heron"));
    let again = folder.open();
    assert_eq!(
        (ids(&again.unfinished()), again.offset()),
        (vec![2], Some(3))
    );
}

/// Also what an earlier run left, and what an interrupted renewal did.
#[test]
fn the_words_of_an_earlier_run_leave_the_disk() {
    let folder = Folder::quick();
    let inbox = folder.open();
    for id in 1..50 {
        let batch = vec![said(id, &"a secret heron ".repeat(100))];
        assert!(inbox.accept(batch, id + 1).durable);
    }
    (1..50).for_each(|id| inbox.finished(id));
    // Written after what came before it.
    assert!(inbox.accept(vec![said(50, "open")], 51).durable);
    let killed = folder.after_a_kill();
    assert!(killed.holds("a secret heron"));
    fs::write(killed.0.join("inbox.new"), "half a heron").expect("room");
    let inbox = killed.open_forgetful();
    killed.wait_until_gone("a secret heron");
    killed.wait_until_gone("half a heron");
    assert_eq!(
        (inbox.offset(), ids(&inbox.unfinished())),
        (Some(51), vec![50])
    );
}
