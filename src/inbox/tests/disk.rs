//! Disks that are full, refuse or fail: said, tried again, and nothing lost.

use std::os::unix::process::CommandExt;
use std::process::Command;

use super::staged::Disk;
use super::*;

/// Short, as a disk of a test is healed soon.
const AT_ONCE: Duration = Duration::from_millis(5);

impl Folder {
    fn open_on(&self, disk: &Disk) -> Inbox {
        self.open_by(disk.medium())
    }

    fn open_by(&self, medium: Medium) -> Inbox {
        let clock = Clock::default();
        let pace = Pace {
            patience: AT_ONCE,
            longest_stay: LONG,
        };
        Inbox::open_on(medium, pace, &self.0, "1", "https://api", &clock).expect("free")
    }
}

fn long_arrival(id: i64, length: usize) -> Arrival {
    Arrival {
        id,
        tasks: 1,
        update: format!("{id}{}", "x".repeat(length)),
    }
}

/// Until the disk is in use again. Then all that was handed in before is on disk, too.
fn wait_until_well(inbox: &Inbox) {
    let begun = Instant::now();
    while inbox.trouble().is_some() {
        assert!(begun.elapsed() < LONG, "{:?}", inbox.trouble());
        std::thread::yield_now();
    }
    assert_eq!(inbox.lowest_unsafe(), None);
}

/// Some life; leaves 2 and 4 with progress, and 5.
fn live(inbox: &Inbox) {
    let batch = (1..=3).map(|id| long_arrival(id, 300)).collect();
    assert_eq!(inbox.accept(batch, 4).fresh, [1, 2, 3]);
    inbox.note(2, "said 2".to_owned());
    inbox.finished(1);
    assert_eq!(inbox.accept(vec![long_arrival(4, 30_000)], 5).fresh, [4]);
    inbox.note(4, "said 4".to_owned());
    inbox.finished(3);
    assert_eq!(inbox.accept(vec![long_arrival(5, 10)], 6).fresh, [5]);
}

fn check_life(folder: &Folder, how: &str) {
    let inbox = folder.open();
    assert!(!folder.aside().exists(), "{how}");
    let left: Vec<_> = inbox
        .unfinished()
        .into_iter()
        .map(|entry| (entry.id, entry.update, entry.progress))
        .collect();
    let entry = |id, length, progress: Option<&str>| {
        let update = long_arrival(id, length).update;
        (id, update, progress.map(str::to_owned))
    };
    let expected = [
        entry(2, 300, Some("said 2")),
        entry(4, 30_000, Some("said 4")),
        entry(5, 10, None),
    ];
    assert!(left == expected, "{how}: {left:.200?}");
    assert_eq!(inbox.offset(), Some(6), "{how}");
}

#[test]
fn wherever_the_disk_fails_nothing_is_lost() {
    let mut failures = 0;
    for times in 0.. {
        let folder = Folder::quick();
        let disk = Disk::good_for(times);
        let inbox = folder.open_on(&disk);
        live(&inbox);
        let failed = disk.has_failed();
        failures += usize::from(failed);
        disk.heal();
        wait_until_well(&inbox);
        // Notes are not waited for; an accepted batch has those before it in the file.
        assert!(inbox.accept(Vec::new(), 7).durable);
        assert!(inbox.accept(Vec::new(), 6).durable);
        check_life(&folder.after_a_kill(), &format!("killed after {times}"));
        inbox.close();
        check_life(&folder, &format!("closed after {times}"));
        if !failed {
            break;
        }
    }
    assert!(failures > 30, "{failures}");
}

#[test]
fn a_disk_that_fails_again_and_again_loses_nothing() {
    let folder = Folder::quick();
    let disk = Disk::good_for(i64::MAX);
    let inbox = folder.open_on(&disk);
    for round in 0..60 {
        disk.fail_after(round * 7 % 40);
        let id = round + 1;
        assert_eq!(
            inbox.accept(vec![long_arrival(id, 700)], id + 1).fresh,
            [id]
        );
        inbox.note(id, format!("said {id}"));
        if id % 3 != 0 {
            inbox.finished(id);
        }
        if round % 5 == 0 {
            disk.heal();
            wait_until_well(&inbox);
        }
    }
    disk.heal();
    wait_until_well(&inbox);
    inbox.close();
    let left = folder.open().unfinished();
    let expected: Vec<i64> = (1..=60).filter(|id| id % 3 == 0).collect();
    assert_eq!(ids(&left), expected);
    for entry in left {
        assert_eq!(entry.update, long_arrival(entry.id, 700).update);
        assert_eq!(entry.progress, Some(format!("said {}", entry.id)));
    }
}

#[test]
fn a_full_disk_is_said_and_nothing_waits_for_it() {
    let folder = Folder::quick();
    let disk = Disk::good_for(0);
    let (inbox, log) = log_of(|| folder.open_on(&disk));
    assert_eq!(log.len(), 1, "{log:?}");
    assert!(log[0].contains("free some space"), "{log:?}");
    assert!(log[0].contains(&folder.0.display().to_string()), "{log:?}");
    let accepted = inbox.accept(vec![arrival(3, 1), arrival(4, 1)], 5);
    assert_eq!((accepted.fresh, accepted.durable), (vec![3, 4], false));
    assert_eq!(inbox.lowest_unsafe(), Some(3));
    inbox.finished(3);
    assert_eq!(inbox.lowest_unsafe(), Some(4));
    let trouble = inbox.trouble().expect("it is still full");
    assert!(trouble.contains("free some space"), "{trouble}");

    let shutdown = Shutdown::default();
    let ((), log) = log_of(|| assert!(inbox.wait_until_safe(&shutdown, AT_ONCE)));
    assert_eq!(log.len(), 1, "patience is over: {log:?}");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| inbox.wait_until_safe(&shutdown, LONG));
        inbox.finished(4);
        assert!(waiting.join().expect("no panic"), "answered instead");
    });
    assert!(!inbox.accept(vec![arrival(5, 1)], 6).durable);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| inbox.wait_until_safe(&shutdown, LONG));
        disk.heal();
        assert!(waiting.join().expect("no panic"), "on disk at last");
    });
    disk.fail_after(0);
    assert!(!inbox.accept(vec![arrival(6, 1)], 7).durable);
    shutdown.raise();
    assert!(!inbox.wait_until_safe(&shutdown, LONG));
}

/// The folder cannot be used at the start, and holds what an earlier run left.
#[test]
fn what_is_found_late_is_handed_out_late() {
    let folder = Folder::quick();
    let batch = vec![arrival(1, 1), arrival(2, 1), arrival(3, 1)];
    assert!(folder.open().accept(batch, 4).durable);
    let disk = Disk::good_for(0);
    let inbox = folder.open_on(&disk);
    assert!(inbox.unfinished().is_empty());
    // Telegram sends again what was not confirmed.
    let accepted = inbox.accept(vec![arrival(2, 1), arrival(3, 1)], 4);
    assert_eq!((accepted.fresh, accepted.durable), (vec![2, 3], false));
    inbox.finished(2);
    disk.heal();
    wait_until_well(&inbox);
    assert_eq!(
        ids(&inbox.unfinished()),
        [1],
        "2 was answered, 3 is at work"
    );
    inbox.finished(1);
    inbox.close();
    assert_eq!(ids(&folder.open().unfinished()), [3]);
}

#[test]
fn a_file_in_the_folders_place_is_waited_out() {
    let folder = Folder::quick();
    let place = folder.0.join("state");
    fs::write(&place, "in the way").expect("room");
    let inside = Folder(place.clone());
    let inbox = inside.open_by(store::plain());
    let trouble = inbox.trouble().expect("no folder");
    assert!(
        trouble.contains("move away what is in its place"),
        "{trouble}"
    );
    assert!(!inbox.accept(vec![arrival(1, 1)], 2).durable);
    fs::remove_file(&place).expect("it was there");
    wait_until_well(&inbox);
    inbox.close();
    assert_eq!(ids(&inside.open().unfinished()), [1]);
}

/// Whatever `redb` panics on, at whatever moment, the file is begun anew from memory.
#[test]
fn a_panic_in_the_store_loses_nothing() {
    let mut panics = 0;
    for times in 0.. {
        let folder = Folder::quick();
        let disk = Disk::panics_after(times);
        let inbox = folder.open_on(&disk);
        live(&inbox);
        wait_until_well(&inbox);
        assert!(inbox.accept(Vec::new(), 7).durable);
        assert!(inbox.accept(Vec::new(), 6).durable);
        inbox.close();
        let _ = fs::remove_file(folder.aside());
        check_life(&folder, &format!("a panic after {times}"));
        if !disk.is_healed() {
            break;
        }
        panics += 1;
    }
    assert!(panics > 30, "{panics}");
}

/// A limit for files, which is there on any machine and for any user, is a full disk to the
/// program. The test runs itself again below that limit.
#[test]
fn a_disk_that_is_really_full_works_again_when_updates_were_answered() {
    let limits = fs::read_to_string("/proc/self/limits").expect("on Linux");
    let size = limits
        .lines()
        .find(|line| line.starts_with("Max file size"));
    let size = size.and_then(|line| line.split_whitespace().nth(3));
    let limited = size
        .and_then(|size| size.parse().ok())
        .is_some_and(|size: u64| size < 4 << 20);
    if !limited {
        let program = fs::read_link("/proc/self/exe").expect("on Linux");
        // Without its signal the limit is an error like another.
        let script = "trap '' XFSZ; ulimit -f 2048; exec \"$@\"";
        let name =
            "inbox::tests::disk::a_disk_that_is_really_full_works_again_when_updates_were_answered";
        let run = Command::new("sh")
            .arg0("sh")
            .args(["-c", script, "sh"])
            .arg(program)
            .args(["--exact", name])
            .output()
            .expect("a shell");
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
        return;
    }

    let folder = Folder::quick();
    let inbox = folder.open_by(store::plain());
    assert_eq!(inbox.trouble(), None);
    let mut last = 0;
    while inbox.trouble().is_none() {
        last += 1;
        assert!(last < 1000, "the limit is felt");
        let accepted = inbox.accept(vec![long_arrival(last, 8000)], last + 1);
        assert_eq!(accepted.fresh, [last]);
    }
    assert!(last > 10, "{last} fit");
    let trouble = inbox.trouble().unwrap_or_default();
    assert!(trouble.contains("free some space"), "{trouble}");
    for id in 1..last - 1 {
        inbox.finished(id);
    }
    wait_until_well(&inbox);
    inbox.close();
    let left = folder.open().unfinished();
    assert_eq!(ids(&left), [last - 1, last]);
    for entry in left {
        assert_eq!(entry.update, long_arrival(entry.id, 8000).update);
    }
}

#[test]
fn a_folder_that_it_makes_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;

    let home = Folder::new();
    let state = home.0.join("some/state");
    drop(Inbox::open(&state, "1", "https://api", &Clock::default()).expect("nobody else has it"));
    for folder in [state.clone(), home.0.join("some")] {
        let mode = fs::metadata(&folder).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
    }
    let file = fs::metadata(state.join("inbox.redb")).expect("made");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
}
