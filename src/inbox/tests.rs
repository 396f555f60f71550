//! The inbox against folders of its own.

mod damage;
mod deaths;
mod disk;
mod renewal;
mod staged;

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use super::ledger::{FileContent, Ledger};
use super::*;

/// Longer than any of this takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

type Own = fn() -> SystemTime;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self::below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp"))
    }

    /// In memory where there is such a place, for tests that would wait thousands of times for a
    /// disk.
    fn quick() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() {
            Self::below(memory)
        } else {
            Self::new()
        }
    }

    fn below(parent: &Path) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("inbox-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder of our own");
        Self(path)
    }

    fn open(&self) -> Inbox {
        self.open_at(SystemTime::now)
    }

    fn open_at(&self, clock: fn() -> SystemTime) -> Inbox {
        Inbox::open(&self.0, "1", "https://api", &Clock::by(clock)).expect("nobody else has it")
    }

    fn file(&self) -> PathBuf {
        self.0.join("inbox.redb")
    }

    fn aside(&self) -> PathBuf {
        self.0.join("inbox.damaged")
    }

    /// What a kill at this moment would leave.
    fn after_a_kill(&self) -> Self {
        let copy = Self::quick();
        fs::copy(self.file(), copy.file()).expect("readable");
        copy
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn arrival(id: i64, tasks: usize) -> Arrival {
    Arrival {
        id,
        tasks,
        update: format!("{{\"update_id\":{id}}}"),
    }
}

fn ids(entries: &[InboxEntry]) -> Vec<i64> {
    entries.iter().map(|entry| entry.id).collect()
}

/// The log lines of this thread while `work` is done.
fn log_of<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<String>>>);

    impl tracing::field::Visit for Lines {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
            if field.name() == "message" {
                self.0.lock().expect("no panic").push(format!("{value:?}"));
            }
        }
    }

    impl tracing::Subscriber for Lines {
        fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
            true
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            event.record(&mut self.clone());
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }

    let lines = Lines::default();
    let result = tracing::subscriber::with_default(lines.clone(), work);
    let lines = lines.0.lock().expect("no panic").clone();
    (result, lines)
}

#[test]
fn what_was_not_finished_is_there_after_a_restart() {
    fn early() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_000_001)
    }
    fn late() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_000_002)
    }
    let folder = Folder::new();
    let inbox = folder.open_at(late);
    assert_eq!(inbox.offset(), None);
    assert!(inbox.is_empty());
    let accepted = inbox.accept(vec![arrival(4, 1), arrival(5, 1)], 6);
    assert_eq!(accepted.fresh, [4, 5]);
    assert!(accepted.durable);
    inbox.close();
    let inbox = folder.open_at(early);
    let batch = vec![arrival(7, 1), arrival(9, 1), arrival(8, 2)];
    assert!(inbox.accept(batch, 10).durable);
    inbox.note(8, "a third".to_owned());
    inbox.note(8, "half".to_owned());
    inbox.finished(7);
    inbox.finished(8);
    assert_eq!(inbox.len(), 4);
    inbox.close();

    let inbox = folder.open_at(late);
    assert_eq!(inbox.offset(), Some(10));
    let left = inbox.unfinished();
    assert_eq!(ids(&left), [8, 9, 4, 5], "by arrival, then by id");
    assert_eq!(left[0].update, arrival(8, 2).update);
    assert_eq!(left[0].progress.as_deref(), Some("half"));
    assert_eq!((left[0].received, left[2].received), (early(), late()));
    assert_eq!(left[1].progress, None);
    assert!(inbox.unfinished().is_empty());
    assert_eq!(inbox.len(), 4);
}

#[test]
fn a_kill_loses_nothing_that_was_accepted() {
    let folder = Folder::new();
    let inbox = folder.open();
    for id in 1..=20 {
        inbox.finished(id - 1);
        // With the next batch all before it is on disk.
        assert!(inbox.accept(vec![arrival(id, 1)], id + 1).durable);
        let killed = folder.after_a_kill();
        let second = killed.open();
        assert_eq!(ids(&second.unfinished()), [id]);
        assert_eq!(second.offset(), Some(id + 1));
        assert!(!killed.aside().exists());
    }
}

#[test]
fn an_update_that_comes_again_is_not_fresh() {
    for inbox in [Folder::new().open(), Inbox::in_memory()] {
        let twice = vec![arrival(1, 1), arrival(1, 1), arrival(2, 1)];
        assert_eq!(inbox.accept(twice, 3).fresh, [1, 2]);
        inbox.finished(2);
        let again = vec![arrival(1, 1), arrival(2, 1), arrival(3, 1), arrival(4, 0)];
        assert_eq!(
            inbox.accept(again, 5).fresh,
            [3],
            "open, answered, new, idle"
        );
        assert_eq!(inbox.len(), 2);
    }
}

#[test]
fn an_update_leaves_with_its_last_task() {
    let folder = Folder::new();
    let inbox = folder.open();
    assert!(inbox.accept(vec![arrival(1, 3), arrival(2, 1)], 3).durable);
    inbox.finished(1);
    inbox.finished(1);
    assert_eq!(inbox.len(), 2);
    inbox.finished(1);
    assert_eq!(inbox.len(), 1);
    inbox.finished(1);
    inbox.finished(77);
    inbox.note(1, "too late".to_owned());
    assert!(inbox.accept(vec![arrival(3, 1)], 4).durable);
    let inbox = folder.after_a_kill().open();
    assert_eq!(ids(&inbox.unfinished()), [2, 3]);
}

#[test]
fn resumed_updates_have_the_tasks_they_are_given() {
    let folder = Folder::new();
    let batch = vec![arrival(1, 1), arrival(2, 1), arrival(3, 1)];
    assert!(folder.open().accept(batch, 4).durable);
    let inbox = folder.open();
    assert_eq!(ids(&inbox.unfinished()), [1, 2, 3]);
    inbox.resumed(1, 2);
    inbox.resumed(2, 0);
    inbox.resumed(9, 0);
    inbox.finished(1);
    inbox.finished(3);
    assert_eq!(inbox.len(), 1);
    inbox.close();
    let inbox = folder.open();
    assert_eq!(ids(&inbox.unfinished()), [1]);
}

#[test]
fn the_next_offset_is_trusted_for_a_day_and_on_its_server() {
    fn then() -> SystemTime {
        UNIX_EPOCH + Duration::from_hours(1000)
    }
    fn hours_later() -> SystemTime {
        then() + Duration::from_hours(23)
    }
    fn day_later() -> SystemTime {
        then() + Duration::from_hours(24)
    }
    fn far_future() -> SystemTime {
        then() + Duration::from_secs(1 << 40)
    }
    fn before_1970() -> SystemTime {
        UNIX_EPOCH - Duration::from_hours(1)
    }
    let folder = Folder::new();
    assert!(folder.open_at(then).accept(vec![arrival(1, 1)], 2).durable);
    let table: [(Own, Option<i64>); 5] = [
        (then, Some(2)),
        (hours_later, Some(2)),
        (before_1970, Some(2)),
        (day_later, None),
        (far_future, None),
    ];
    for (clock, offset) in table {
        let inbox = folder.open_at(clock);
        assert_eq!(inbox.offset(), offset);
        assert_eq!(ids(&inbox.unfinished()), [1], "kept in any case");
    }
    let moved = Inbox::open(&folder.0, "1", "https://other", &Clock::by(then)).expect("free");
    assert_eq!(moved.offset(), None);
    assert_eq!(ids(&moved.unfinished()), [1]);
    assert!(moved.accept(Vec::new(), 40).durable);
    drop(moved);
    let moved = Inbox::open(&folder.0, "1", "https://other", &Clock::by(then)).expect("free");
    assert_eq!(moved.offset(), Some(40));
    drop(moved);
    assert_eq!(folder.open_at(then).offset(), None);
}

#[test]
fn a_clock_that_jumps_does_no_harm() {
    fn before_1970() -> SystemTime {
        UNIX_EPOCH - Duration::from_hours(1)
    }
    fn last() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(i64::MAX.unsigned_abs())
    }
    let folder = Folder::new();
    for (id, clock) in [(1, last as Own), (2, before_1970)] {
        assert!(
            folder
                .open_at(clock)
                .accept(vec![arrival(id, 1)], id + 1)
                .durable
        );
    }
    assert_eq!(ids(&folder.open().unfinished()), [2, 1]);
}

#[test]
fn files_of_others_are_set_aside_and_said() {
    type Make = fn(&Folder);
    let table: [(Make, &str); 5] = [
        (
            |folder| staged::say_about(folder.file(), "owner", "2"),
            "belongs to the bot 2",
        ),
        (
            |folder| staged::say_about(folder.file(), "format", "2"),
            "format 2",
        ),
        (
            |folder| staged::say_about(folder.file(), "format", "x"),
            "not an inbox",
        ),
        (
            |folder| {
                fs::remove_file(folder.file()).expect("it is there");
                staged::make_foreign(folder.file());
            },
            "meta",
        ),
        (
            |folder| fs::write(folder.file(), "shopping list").expect("room"),
            "",
        ),
    ];
    for (make, why) in table {
        let folder = Folder::new();
        assert!(folder.open().accept(vec![arrival(1, 1)], 2).durable);
        make(&folder);
        fs::write(folder.aside(), "an earlier one").expect("room");
        let (inbox, log) = log_of(|| folder.open());
        assert_eq!(log.len(), 1, "{log:?}");
        assert!(
            log[0].contains("moved to") && log[0].contains(why),
            "{log:?}"
        );
        let aside = fs::read(folder.aside()).expect("it is there");
        assert_ne!(aside, b"an earlier one");
        assert_eq!(inbox.offset(), None);
        assert!(inbox.unfinished().is_empty());
        assert!(inbox.accept(vec![arrival(2, 1)], 3).durable);
        drop(inbox);
        let (inbox, log) = log_of(|| folder.open());
        assert_eq!((ids(&inbox.unfinished()), log), (vec![2], Vec::new()));
    }
}

#[test]
fn a_second_process_is_refused() {
    let folder = Folder::new();
    let inbox = folder.open();
    let second = Inbox::open(&folder.0, "1", "https://api", &Clock::default());
    let refusal = second.expect_err("it is in use");
    assert_eq!(*refusal.kind(), Kind::Busy);
    let said = refusal.to_string();
    assert!(said.contains("stop the other clip-bot"), "{said}");
    assert!(said.contains(&folder.0.display().to_string()), "{said}");
    assert!(inbox.accept(vec![arrival(1, 1)], 2).durable);
    let clone = inbox.clone();
    drop(inbox);
    assert!(Inbox::open(&folder.0, "1", "https://api", &Clock::default()).is_err());
    drop(clone);
    assert_eq!(folder.open().len(), 1, "free when the last clone is gone");
}

#[test]
fn a_full_inbox_makes_the_poller_wait() {
    let folder = Folder::new();
    let inbox = folder.open();
    let shutdown = Shutdown::default();
    let most = i64::try_from(MAX_OPEN).expect("small");
    assert!(
        inbox
            .accept((1..most).map(|id| arrival(id, 1)).collect(), most)
            .durable
    );
    assert!(inbox.wait_for_room(&shutdown));
    assert!(inbox.accept(vec![arrival(most, 1)], most + 1).durable);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| inbox.wait_for_room(&shutdown));
        inbox.finished(1);
        assert!(waiting.join().expect("no panic"));
    });
    assert!(inbox.accept(vec![arrival(most + 1, 1)], most + 2).durable);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| inbox.wait_for_room(&shutdown));
        shutdown.raise();
        assert!(!waiting.join().expect("no panic"));
    });
    inbox.close();
    assert_eq!(folder.open().unfinished().len(), MAX_OPEN);
}

#[test]
fn without_a_folder_it_counts_and_promises_nothing() {
    let inbox = Inbox::in_memory();
    let accepted = inbox.accept(vec![arrival(5, 1), arrival(6, 1)], 7);
    assert_eq!((accepted.fresh, accepted.durable), (vec![5, 6], true));
    inbox.note(5, "half".to_owned());
    assert_eq!((inbox.offset(), inbox.len()), (Some(7), 2));
    assert_eq!(inbox.lowest_unsafe(), Some(5));
    assert!(inbox.wait_until_safe(&Shutdown::default(), LONG));
    inbox.finished(5);
    assert_eq!(inbox.lowest_unsafe(), Some(6));
    inbox.finished(6);
    assert_eq!((inbox.lowest_unsafe(), inbox.trouble()), (None, None));
    assert!(inbox.unfinished().is_empty());
    inbox.close();
    assert!(!inbox.accept(vec![arrival(8, 1)], 9).durable);
}

#[test]
fn a_closed_inbox_does_nothing() {
    let folder = Folder::new();
    let inbox = folder.open();
    assert!(inbox.accept(vec![arrival(1, 1)], 2).durable);
    inbox.close();
    inbox.close();
    let accepted = inbox.accept(vec![arrival(2, 1)], 3);
    assert_eq!((accepted.fresh, accepted.durable), (Vec::new(), false));
    inbox.note(1, "late".to_owned());
    inbox.finished(1);
    inbox.resumed(1, 0);
    let left = folder.open().unfinished();
    assert_eq!((ids(&left), &left[0].progress), (vec![1], &None));
}

#[test]
fn many_threads_share_one_inbox() {
    let folder = Folder::new();
    let inbox = folder.open();
    std::thread::scope(|scope| {
        for lane in 0..8 {
            let inbox = inbox.clone();
            scope.spawn(move || {
                for turn in 0..25 {
                    let id = turn * 8 + lane + 1;
                    assert!(inbox.accept(vec![arrival(id, 1)], id + 1).durable);
                    inbox.note(id, format!("said {id}"));
                    if id % 10 != 0 {
                        inbox.finished(id);
                    }
                }
            });
        }
    });
    assert_eq!(inbox.lowest_unsafe(), None);
    inbox.close();
    let left = folder.open().unfinished();
    assert_eq!(left.len(), 20);
    for entry in left {
        assert_eq!(entry.id % 10, 0);
        assert_eq!(entry.progress, Some(format!("said {}", entry.id)));
    }
}

#[test]
fn a_note_that_a_removal_follows_is_not_written() {
    let mut ledger = Ledger::default();
    ledger.follow_file(FileContent::default());
    ledger.add(vec![arrival(1, 1), arrival(2, 1)], 3, 0);
    let batch = ledger.take_batch();
    assert_eq!((batch.changes.len(), batch.offset), (2, Some(3)));
    ledger.written(&batch);
    ledger.note(1, "half".to_owned());
    ledger.note(2, "half".to_owned());
    assert!(ledger.finish(1));
    let batch = ledger.take_batch();
    let written: Vec<(i64, bool)> = batch
        .changes
        .iter()
        .map(|(id, record)| (*id, record.is_some()))
        .collect();
    assert_eq!((written, batch.offset), (vec![(1, false), (2, true)], None));
    assert!(!ledger.is_behind());
}

#[test]
fn a_file_that_was_set_aside_holds_nothing() {
    let mut ledger = Ledger::default();
    ledger.follow_file(FileContent::default());
    ledger.add(vec![arrival(1, 1), arrival(2, 1)], 3, 0);
    let batch = ledger.take_batch();
    ledger.written(&batch);
    ledger.lose_file();
    assert_eq!(ledger.lowest_not_on_disk(), None, "closed, but there");
    ledger.forget_file();
    assert_eq!(ledger.lowest_not_on_disk(), Some(1));
    ledger.follow_file(FileContent::default());
    let again = ledger.take_batch();
    assert_eq!((again.changes, again.offset), (batch.changes, Some(3)));
}
