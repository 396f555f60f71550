use super::*;
use crate::bot::access::Access;
use crate::bot::handler::Manners;
use crate::bot::search_job::{Now, SearchEvent, Then};
use crate::clock::Clock;
use crate::config::Allowed;
use crate::systemd::Pulse;
use serde_json::json;
use std::time::SystemTime;

fn message(chat: i64, text: &str) -> Value {
    json!({"update_id": chat, "message": {"message_id": 1, "text": text,
        "chat": {"id": chat, "type": "private"}, "from": {"id": chat}}})
}

fn open_door() -> Door {
    let manners = Manners {
        access: Access::new(Allowed::Everyone),
        ..Manners::default()
    };
    Door::new(manners, None, Arc::default(), Box::new(|_| ()))
}

fn pressed(chat: i64) -> Value {
    json!({"update_id": chat, "callback_query": {"id": "c", "from": {"id": chat}, "data": "r:bus",
        "message": {"message_id": 5, "chat": {"id": chat, "type": "private"}}}})
}

/// What is queued at a start after `updates` were accepted at a time by Telegram's clock, each
/// with `progress`.
fn replayed(
    name: &str,
    accepted: fn() -> SystemTime,
    updates: &[Value],
    progress: &str,
) -> Vec<ChatJob> {
    let now = Clock::default();
    now.set(SystemTime::now());
    replayed_by(name, &Clock::by(accepted), &now, updates, progress)
}

/// The same, accepted by the clock `before` and started by the clock `after`.
fn replayed_by(
    name: &str,
    before: &Clock,
    after: &Clock,
    updates: &[Value],
    progress: &str,
) -> Vec<ChatJob> {
    let folder = std::env::temp_dir().join(format!("intake-{name}-{}", std::process::id()));
    let open = |clock| Inbox::open(&folder, "42", "http://h", clock).expect("not in use");
    let arrivals = updates.iter().map(|update| Arrival {
        id: Update::id_of(update).expect("it has one"),
        tasks: 1,
        update: update.to_string(),
    });
    let inbox = open(before);
    assert!(inbox.accept(arrivals.collect(), 100).durable);
    for update in updates.iter().filter(|_| !progress.is_empty()) {
        inbox.note(
            Update::id_of(update).expect("it has one"),
            progress.to_owned(),
        );
    }
    inbox.close();
    drop(inbox);
    let queue = Arc::new(Queue::default());
    let (rates, inbox) = (Arc::new(Mutex::new(Rates::new(None))), open(after));
    let changes = Changes::default();
    let mut intake = Intake::new(
        open_door(),
        rates,
        changes,
        inbox.clone(),
        Arc::clone(&queue),
        FileIds::default(),
        4,
    );
    intake.replay();
    queue.close(super::super::queue::Closing::Finish);
    let mut jobs = Vec::new();
    while let Some((turn, job)) = queue.take() {
        inbox.finished(job.update);
        queue.done(&turn);
        jobs.push(job);
    }
    assert_eq!(
        inbox.len(),
        0,
        "each job ends its update, and the others left before"
    );
    inbox.close();
    std::fs::remove_dir_all(&folder).expect("our own folder");
    jobs
}

/// The number of the "Searching…" message, and what the search does first.
fn start_of(job: &mut ChatJob) -> (Option<i64>, Then) {
    let now = Now {
        age: Duration::ZERO,
        chance: 0.0,
        polls_fail: false,
    };
    match &mut job.work {
        Work::Search(work) => {
            let message = work.job.message();
            (message, work.job.step(SearchEvent::TurnBegan, now).then)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_replay_goes_on_with_the_same_message() {
    let mut jobs = replayed(
        "young",
        || SystemTime::now() - Duration::from_secs(100),
        &[message(7, "bus"), message(8, "cat")],
        r#"{"message":9}"#,
    );
    let updates: Vec<i64> = jobs.iter().map(|job| job.update).collect();
    assert_eq!(updates, [7, 8]);
    assert_eq!(start_of(&mut jobs[0]), (Some(9), Then::CheckOrder));
    assert!(
        jobs[0].since.elapsed() >= Duration::from_secs(100),
        "they waited so long"
    );
}

#[test]
fn what_is_too_old_is_dropped() {
    let updates = [pressed(7), message(8, "bus")];
    let buttons = || SystemTime::now() - Duration::from_secs(151);
    let jobs = replayed("buttons", buttons, &updates, "");
    assert_eq!(jobs.iter().map(|job| job.update).collect::<Vec<_>>(), [8]);
    let messages = || SystemTime::now() - Duration::from_hours(25);
    assert!(replayed("messages", messages, &updates, "").is_empty());
}

#[test]
fn what_is_found_late_goes_on_with_the_next_batch() {
    let folder = std::env::temp_dir().join(format!("intake-found-{}", std::process::id()));
    let (place, aside) = (folder.join("state"), folder.join("aside"));
    let open = || Inbox::open(&place, "42", "http://h", &Clock::default()).expect("not in use");
    let inbox = open();
    let earlier = Arrival {
        id: 7,
        tasks: 1,
        update: message(7, "bus").to_string(),
    };
    assert!(inbox.accept(vec![earlier], 8).durable);
    inbox.close();
    drop(inbox);
    std::fs::rename(&place, &aside).expect("our own folder");
    std::fs::write(&place, "in the way").expect("room");

    let (queue, inbox) = (Arc::new(Queue::default()), open());
    let mut intake = Intake::new(
        open_door(),
        Arc::new(Mutex::new(Rates::new(None))),
        Changes::default(),
        inbox.clone(),
        Arc::clone(&queue),
        FileIds::default(),
        4,
    );
    intake.replay();
    std::fs::remove_file(&place).expect("it is there");
    std::fs::rename(&aside, &place).expect("nothing is in the way");
    let patience = Instant::now() + Duration::from_mins(1);
    while inbox.trouble().is_some() {
        assert!(Instant::now() < patience, "{:?}", inbox.trouble());
        std::thread::sleep(Duration::from_millis(20));
    }
    let raw = message(8, "cat");
    let update = Update::from_json(&raw).expect("an update");
    let batch = vec![FetchedUpdate { raw, update }];
    intake.accept(
        batch,
        9,
        &Pulse::default().part("poller"),
        &Shutdown::default(),
    );

    queue.close(super::super::queue::Closing::Finish);
    let mut updates = Vec::new();
    while let Some((turn, job)) = queue.take() {
        updates.push(job.update);
        queue.done(&turn);
    }
    updates.sort_unstable();
    assert_eq!(updates, [7, 8]);
    inbox.close();
    std::fs::remove_dir_all(&folder).expect("our own folder");
}

#[test]
fn no_searching_stays_for_ever() {
    let messages = || SystemTime::now() - Duration::from_hours(25);
    let mut jobs = replayed("late", messages, &[message(7, "bus")], r#"{"message":9}"#);
    let (Some(9), Then::Send(call)) = start_of(&mut jobs[0]) else {
        panic!("{:?}", jobs[0])
    };
    let said = call.parameters["text"].as_str().expect("a text");
    assert!(said.contains("bus"), "{said}");
    assert_eq!(call.parameters["message_id"], 9, "in its place");
}

/// A machine without a clock of its own starts days behind, and the network sets it right: what
/// was accepted before was dropped after a restart.
#[test]
fn a_clock_that_jumped_over_a_restart_loses_nothing() {
    let behind = Clock::by(|| SystemTime::now() - Duration::from_hours(72));
    let unset = Clock::default();
    let jobs = replayed_by(
        "unset",
        &behind,
        &unset,
        &[pressed(7), message(8, "bus")],
        "",
    );
    assert_eq!(jobs.len(), 3, "the button's answer and two searches");
    behind.set(SystemTime::now() - Duration::from_secs(100));
    let right = Clock::default();
    right.set(SystemTime::now());
    let jobs = replayed_by("set", &behind, &right, &[pressed(7)], "");
    assert_eq!(jobs.len(), 2, "by Telegram's clock it is young");
}

#[test]
fn a_clock_that_was_set_back_loses_nothing() {
    let future = || SystemTime::now() + Duration::from_hours(1000);
    let jobs = replayed("future", future, &[pressed(7)], "");
    assert_eq!(jobs.len(), 2, "the button's answer and the search");
}
