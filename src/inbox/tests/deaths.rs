//! Who was worked on when the process ended is known to the next one.

use super::*;

/// By update: how many processes ended while it was worked on.
fn deaths(inbox: &Inbox) -> Vec<(i64, u32)> {
    let entries = inbox.unfinished();
    entries
        .iter()
        .map(|entry| (entry.id, entry.deaths))
        .collect()
}

#[test]
fn a_kill_counts_against_those_who_were_worked_on() {
    let folder = Folder::new();
    let inbox = folder.open();
    let arrivals = (1..=4).map(|id| arrival(id, 1)).collect();
    assert!(inbox.accept(arrivals, 5).durable);
    for id in [1, 2, 4] {
        inbox.begin_work(id);
    }
    inbox.rest(2);
    inbox.finished(4);
    inbox.note_for_sure(1, "p".to_owned());
    let first = folder.after_a_kill();
    let inbox = first.open();
    assert_eq!(deaths(&inbox), [(1, 1), (2, 0), (3, 0)]);
    // On disk at once, since it may be the last that this process does.
    inbox.begin_work(1);
    let second = first.after_a_kill();
    let inbox = second.open();
    assert_eq!(deaths(&inbox), [(1, 2), (2, 0), (3, 0)]);
    let third = second.after_a_kill();
    assert_eq!(
        deaths(&third.open()),
        [(1, 2), (2, 0), (3, 0)],
        "it did not begin"
    );
}

#[test]
fn a_stop_counts_against_nobody() {
    let folder = Folder::new();
    let inbox = folder.open();
    assert!(inbox.accept(vec![arrival(1, 1), arrival(2, 1)], 3).durable);
    inbox.begin_work(1);
    inbox.note_for_sure(2, "p".to_owned());
    inbox.close();
    drop(inbox);
    let inbox = folder.open();
    assert_eq!(deaths(&inbox), [(1, 0), (2, 0)]);
}
