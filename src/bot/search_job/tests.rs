//! Each event in each state in which it occurs, as tables of lines.

mod aside;
mod failures;
mod pages;
mod saving;

use serde_json::json;

use super::*;
use crate::bot::album::Sent;
use crate::bot::texts::Texts;
use crate::error::Kind;
use crate::search::{Hit, Reason};
use crate::telegram::Refusal;

const NOW: Now = Now {
    age: Duration::from_millis(1200),
    chance: 1.0,
    polls_fail: false,
};

fn job() -> SearchJob {
    let to = Address {
        chat: 7,
        thread: Some(2),
        reply_to: Some(3),
    };
    let texts = Texts::of(None);
    SearchJob::new(Search::for_words(to, 8, "bus".to_owned(), 5, texts))
}

fn telegram(code: u16, retry_after: Option<u64>) -> Error {
    let refusal = Refusal {
        code,
        description: format!("error {code}"),
        retry_after: retry_after.map(Duration::from_secs),
        migrate_to: None,
    };
    Error::from(refusal)
}

fn blocked() -> SearchEvent {
    SearchEvent::NotSent(telegram(403, None))
}

fn refused() -> SearchEvent {
    SearchEvent::NotSent(telegram(400, None))
}

fn flood() -> SearchEvent {
    SearchEvent::NotSent(telegram(429, Some(60)))
}

fn offline() -> SearchEvent {
    SearchEvent::NotSent(Error::new(Kind::NotSent, "offline"))
}

fn found(count: usize) -> SearchEvent {
    SearchEvent::Found(Page {
        hits: (0..count)
            .map(|n| Hit::at(format!("http://h/{n}")))
            .collect(),
        ..Page::default()
    })
}

fn failed(reason: Reason) -> SearchEvent {
    SearchEvent::SearchFailed(Failure::new(reason, "m"))
}

fn album_sent() -> SearchEvent {
    SearchEvent::AlbumSent(Tally {
        pictures: 4,
        links: 1,
        ..Tally::default()
    })
}

/// A request in a few words: where it goes, and the start of what it says.
fn call_line(call: &Call) -> String {
    let text = call.parameters["text"].as_str().unwrap_or_default();
    let text: String = text.chars().take(16).collect();
    assert_eq!(call.parameters["chat_id"], 7);
    if let Some(id) = call.parameters.get("message_id") {
        return format!("edit {id} “{text}”");
    }
    let reply = &call.parameters["reply_parameters"]["message_id"];
    let thread = &call.parameters["message_thread_id"];
    assert_eq!((reply, thread), (&json!(3), &json!(2)));
    format!("say “{text}”")
}

fn effect_line(effect: &Effect) -> String {
    match effect {
        Effect::Keep(progress) => format!("keep {}", progress.to_json()),
        Effect::ShowActivity => "show".to_owned(),
        Effect::HideActivity => "hide".to_owned(),
        Effect::MakeAlbum(hits) => format!("album of {}", hits.len()),
        Effect::EndpointAsleep(pause) => format!("asleep {pause:?}"),
        Effect::Log(report) => format!("log {}", report_line(report)),
        Effect::Apologise(call) => format!("apologise: {}", call_line(call)),
    }
}

fn report_line(report: &Report) -> String {
    match report {
        Report::SearchFailed(failure) => failure.reason.code().to_owned(),
        Report::AlbumSent { tally, took } => {
            format!("{} and {} in {took:?}", tally.pictures, tally.links)
        }
        Report::Kept { pause, why } => format!("kept {pause:?}, {why}"),
        other => format!("{other:?}"),
    }
}

/// All that is asked for, in its order.
fn lines(orders: &Orders) -> String {
    let mut lines: Vec<String> = orders.effects.iter().map(effect_line).collect();
    lines.push(match &orders.then {
        Then::Send(call) => call_line(call),
        Then::Fulfil => "fulfil".to_owned(),
        Then::CheckOrder => "order?".to_owned(),
        Then::Search => "search".to_owned(),
        Then::SendAlbum => "send album".to_owned(),
        Then::End(end) => format!("{end:?}"),
    });
    lines.join("; ")
}

/// What `job` asks for after each of `events`, which begin a turn.
fn follow<const N: usize>(job: &mut SearchJob, table: [(SearchEvent, &str); N]) {
    for (event, expected) in table {
        let shown = format!("{event:?}");
        assert_eq!(lines(&job.step(event, NOW)), expected, "after {shown}");
    }
}

fn began() -> (SearchEvent, &'static str) {
    (SearchEvent::TurnBegan, "say “Searching for “b”")
}

fn acknowledged() -> (SearchEvent, &'static str) {
    let expected = r#"keep {"message":9}; show; order?"#;
    (SearchEvent::Sent(Some(9)), expected)
}

fn in_order() -> (SearchEvent, &'static str) {
    (SearchEvent::Order(Order::Next), "search")
}

/// A job that has said "Searching…" and now asks the endpoint.
fn searching() -> SearchJob {
    let mut job = job();
    follow(&mut job, [began(), acknowledged(), in_order()]);
    job
}

#[test]
fn a_search_goes_from_the_acknowledgement_to_the_summary() {
    follow(
        &mut job(),
        [
            began(),
            acknowledged(),
            in_order(),
            (found(5), "album of 5; show; send album"),
            (
                album_sent(),
                "log 4 and 1 in 1.2s; hide; edit 9 “4 pictures and 1”",
            ),
            (SearchEvent::Sent(Some(9)), "Answered"),
        ],
    );
}

#[test]
fn nothing_found_is_said() {
    let expected = "hide; edit 9 “Nothing found fo”";
    follow(
        &mut searching(),
        [(found(0), expected), (SearchEvent::Sent(None), "Answered")],
    );
}

#[test]
fn a_retry_edits_the_message_of_its_button() {
    let mut job = job();
    job.search.edit = Some(5);
    follow(
        &mut job,
        [
            (SearchEvent::TurnBegan, "edit 5 “Searching for “b”"),
            (
                SearchEvent::Sent(None),
                r#"keep {"message":5}; show; order?"#,
            ),
        ],
    );
}

#[test]
fn what_an_acknowledgement_that_was_not_sent_leads_to() {
    let table = [
        (SearchEvent::Sent(None), "show; order?"),
        (
            refused(),
            r#"log SearchesWithoutAWord("error 400"); show; order?"#,
        ),
        (
            offline(),
            r#"log SearchesWithoutAWord("offline"); show; order?"#,
        ),
        (flood(), "log kept 60s, error 429; Later(60s)"),
        (blocked(), r#"log NobodyToAnswer("error 403"); GivenUp"#),
    ];
    for (event, expected) in table {
        follow(&mut job(), [began(), (event, expected)]);
    }
}

#[test]
fn a_search_without_an_acknowledgement_answers_below() {
    follow(
        &mut job(),
        [
            began(),
            (SearchEvent::Sent(None), "show; order?"),
            in_order(),
            (
                failed(Reason::Timeout),
                "log timeout; hide; say “The search took ”",
            ),
            (SearchEvent::Sent(Some(11)), "Answered"),
        ],
    );
}

#[test]
fn a_search_keeps_its_place_in_the_chat() {
    let ahead = SearchEvent::Order(Order::AheadOfItsTurn);
    let mut early = job();
    follow(&mut early, [began(), acknowledged(), (ahead, "Later(0ns)")]);
    follow(&mut early, [(SearchEvent::TurnBegan, "show; order?")]);
    let behind = || SearchEvent::Order(Order::BehindSleeper);
    let mut job = job();
    follow(
        &mut job,
        [
            began(),
            acknowledged(),
            (behind(), "edit 9 “The search was a”"),
            (SearchEvent::Sent(Some(9)), "Asleep(None)"),
        ],
    );
    job.asleep_since = Some(Instant::now());
    follow(
        &mut job,
        [
            (SearchEvent::TurnBegan, "show; order?"),
            (behind(), "Asleep(None)"),
        ],
    );
}

#[test]
fn a_sleeping_endpoint_is_told_once_and_waited_for() {
    let asleep = || {
        let failure = Failure::new(Reason::SpaceAsleep, "m");
        SearchEvent::SearchFailed(failure.retry_after(Duration::from_secs(20)))
    };
    let mut job = searching();
    let told = "log space_asleep; asleep Some(20s); edit 9 “The search was a”";
    let waits = (SearchEvent::Sent(Some(9)), "Asleep(Some(20s))");
    follow(&mut job, [(asleep(), told), waits]);
    job.asleep_since = Some(Instant::now());
    let again = "log space_asleep; asleep Some(20s); Asleep(Some(20s))";
    let turn = || (SearchEvent::TurnBegan, "show; order?");
    follow(&mut job, [turn(), in_order(), (asleep(), again)]);
    follow(
        &mut job,
        [
            turn(),
            in_order(),
            (found(1), "album of 1; show; send album"),
        ],
    );

    for (event, expected) in [
        (
            blocked(),
            r#"log WaitsWithoutAWord("error 403"); Asleep(Some(20s))"#,
        ),
        (
            flood(),
            r#"log WaitsWithoutAWord("error 429"); Asleep(Some(20s))"#,
        ),
        (SearchEvent::Sent(None), "Asleep(Some(20s))"),
    ] {
        follow(&mut searching(), [(asleep(), told), (event, expected)]);
    }
}

#[test]
fn waking_up_becomes_the_acknowledgement_that_was_missing() {
    let mut job = job();
    follow(
        &mut job,
        [
            began(),
            (
                refused(),
                r#"log SearchesWithoutAWord("error 400"); show; order?"#,
            ),
            in_order(),
            (
                failed(Reason::SpaceAsleep),
                "log space_asleep; asleep None; say “The search was a”",
            ),
            (
                SearchEvent::Sent(Some(12)),
                r#"keep {"message":12}; Asleep(None)"#,
            ),
        ],
    );
    job.wait_no_longer();
    let turn = (SearchEvent::TurnBegan, "hide; edit 12 “The search did n”");
    follow(&mut job, [turn]);
}

#[test]
fn a_busy_endpoint_is_asked_three_times() {
    let mut job = searching();
    for _ in 0..2 {
        let busy = (failed(Reason::SpaceBusy), "log space_busy; Later(5s)");
        let turn = (SearchEvent::TurnBegan, "show; order?");
        follow(&mut job, [busy, turn, in_order()]);
    }
    let said = "log space_busy; hide; edit 9 “There are too ma”";
    follow(&mut job, [(failed(Reason::SpaceBusy), said)]);
}

#[test]
fn an_endpoint_that_starts_anew_is_waited_for() {
    let mut job = searching();
    let mut ask = |age: u64, expected: &str| {
        let now = Now {
            age: Duration::from_secs(age),
            chance: 1.0,
            polls_fail: false,
        };
        let orders = job.step(failed(Reason::Unreachable), now);
        assert_eq!(lines(&orders), expected, "after {age} s");
        if !matches!(orders.then, Then::Send(_)) {
            let turn = (SearchEvent::TurnBegan, "show; order?");
            follow(&mut job, [turn, in_order()]);
        }
    };
    ask(2, "log unreachable; Later(1s)");
    ask(3, "Later(1s)");
    ask(31, "Later(3s)");
    ask(32, "log unreachable; hide; edit 9 “The search is no”");
}

#[test]
fn an_album_goes_on_where_it_stopped() {
    let mut job = searching();
    let found = (found(5), "album of 5; show; send album");
    follow(
        &mut job,
        [found, (flood(), "log kept 60s, error 429; Later(60s)")],
    );
    let turn = || (SearchEvent::TurnBegan, "show; send album");
    // The pauses grow from turn to turn.
    follow(
        &mut job,
        [
            turn(),
            (
                offline(),
                "log kept 8s, offline; apologise: edit 9 “Telegram takes n”; Away(8s)",
            ),
        ],
    );
    follow(
        &mut job,
        [turn(), (offline(), "log kept 8s, offline; Away(8s)")],
    );
    let apology = r#"log GivenUp("error 400"); apologise: edit 9 “Something went w”; GivenUp"#;
    follow(&mut job, [turn(), (refused(), apology)]);
    let blocked = (blocked(), r#"log NobodyToAnswer("error 403"); GivenUp"#);
    follow(&mut job, [turn(), blocked]);
}

#[test]
fn a_summary_is_said_below_where_the_acknowledgement_is_gone() {
    let over = || {
        let mut job = searching();
        follow(&mut job, [(found(0), "hide; edit 9 “Nothing found fo”")]);
        job
    };
    let below = || (refused(), "say “Nothing found fo”");
    follow(
        &mut over(),
        [below(), (SearchEvent::Sent(Some(13)), "Answered")],
    );
    for (event, expected) in [
        (
            refused(),
            r#"log GivenUp("error 400"); apologise: edit 9 “Something went w”; GivenUp"#,
        ),
        (flood(), "log kept 60s, error 429; Later(60s)"),
        (blocked(), r#"log NobodyToAnswer("error 403"); GivenUp"#),
    ] {
        follow(&mut over(), [below(), (event, expected)]);
    }
    for (event, expected) in [
        (flood(), "log kept 60s, error 429; Later(60s)"),
        (blocked(), r#"log NobodyToAnswer("error 403"); GivenUp"#),
    ] {
        let mut job = over();
        follow(&mut job, [(event, expected)]);
        let turn = (SearchEvent::TurnBegan, "hide; edit 9 “Nothing found fo”");
        follow(&mut job, [turn]);
    }
}

#[test]
fn a_resumed_job_says_and_sends_nothing_twice() {
    let progress = |message, sent: Option<Sent>| AnswerProgress {
        message,
        picture: None,
        sent,
        next: None,
    };
    let table = [
        (progress(None, None), "say “Searching for “b”"),
        (progress(Some(9), None), "show; order?"),
        (progress(Some(9), Some(Sent::default())), "show; send album"),
    ];
    for (progress, expected) in table {
        let mut job = job();
        job.resume(&progress);
        follow(&mut job, [(SearchEvent::TurnBegan, expected)]);
    }
    let mut late = job();
    late.resume(&progress(Some(9), Some(Sent::default())));
    late.expire();
    follow(
        &mut late,
        [(SearchEvent::TurnBegan, "hide; edit 9 “Something went w”")],
    );
}

#[test]
fn a_turn_that_broke_off_can_begin_again() {
    let mut job = searching();
    assert_eq!(call_line(&job.apology()), "edit 9 “Something went w”");
    follow(&mut job, [(SearchEvent::TurnBegan, "show; order?")]);
}

#[test]
fn an_event_that_cannot_come_is_a_fault() {
    let order = || SearchEvent::Order(Order::Next);
    for event in [
        order(),
        found(1),
        album_sent(),
        blocked(),
        SearchEvent::Sent(None),
    ] {
        follow(&mut job(), [(event, "Fault")]);
    }
    follow(&mut job(), [began(), (found(1), "Fault")]);
    follow(&mut job(), [began(), acknowledged(), (blocked(), "Fault")]);
    follow(&mut searching(), [(order(), "Fault")]);
}
