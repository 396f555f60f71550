//! The judge of tests/chaos sees each rule broken, and the faults there are fair.

#[allow(dead_code, reason = "the harness uses the rest")]
#[path = "../chaos/audit/mod.rs"]
mod audit;
#[allow(dead_code, reason = "the harness uses the rest")]
#[path = "../chaos/faults.rs"]
mod faults;
#[path = "../chaos/saving/audit.rs"]
mod saved;

use std::collections::BTreeMap;

use clip_bot::bot::reply;
use clip_bot::bot::texts::Texts;

use audit::{Ask, Findings, Ledger, Said, Want, What};
use faults::{Fault, Side, decide};

/// The record of one chat, 7.
struct Record(Ledger);

impl Record {
    /// Users asked for these words, by messages 1, 2, …
    fn asked(words: &[&str]) -> Self {
        let mut ledger = Ledger::default();
        for (words, number) in words.iter().zip(1..) {
            ledger.ask(Ask {
                update: 1000 + number,
                chat: 7,
                message: number,
                want: match *words {
                    "/help" => Want::Help,
                    words => Want::Pictures(words.to_owned()),
                },
                disk_full: false,
            });
        }
        Self(ledger)
    }

    fn say(&mut self, reply_to: i64, message: i64, what: What) {
        self.0.say(Said {
            chat: 7,
            message,
            reply_to: Some(reply_to),
            what,
        });
    }

    fn text(mut self, reply_to: i64, message: i64, text: &str) -> Self {
        self.say(reply_to, message, What::Text(text.to_owned()));
        self
    }

    /// Two pictures.
    fn album(mut self, reply_to: i64, album: &str) -> Self {
        for message in [90, 91] {
            self.say(reply_to, message, What::Picture(album.to_owned()));
        }
        self
    }

    /// A whole answer, all well.
    fn answer(self, reply_to: i64, acknowledgement: i64, words: &str) -> Self {
        self.text(
            reply_to,
            acknowledgement,
            &format!("Searching for “{words}”…"),
        )
        .album(reply_to, &format!("album {acknowledgement}"))
        .text(
            reply_to,
            acknowledgement,
            &format!("2 pictures for “{words}” · 0.1 s"),
        )
    }

    fn audit(&self) -> Findings {
        self.0.audit()
    }
}

#[test]
fn a_good_record_breaks_no_rule() {
    let help = reply::help(Texts::of(None), 5).text;
    let record = Record::asked(&["bus", "/help", "cat", "bus"])
        .answer(1, 50, "bus")
        .text(2, 51, &help)
        .text(3, 52, "Searching for “cat”…")
        .text(
            3,
            52,
            "The search is not available right now. Please try “cat” again later.",
        )
        .answer(4, 53, "bus");
    assert_eq!(record.0.open(), 0);
    let good = Findings {
        found: 2,
        failed: 1,
        ..Findings::default()
    };
    assert_eq!(record.audit(), good);
}

#[test]
fn an_answer_that_is_missing_or_stops_halfway_is_lost() {
    let started = |record: Record| record.text(1, 50, "Searching for “bus”…");
    let summary = "2 pictures for “bus” · 0.1 s";
    let records = [
        Record::asked(&["bus"]),
        Record::asked(&["/help"]),
        started(Record::asked(&["bus"])),
        started(Record::asked(&["bus"])).album(1, "a"),
    ];
    for record in records {
        assert_eq!((record.0.open(), record.audit().lost.len()), (1, 1));
    }
    let without_pictures = started(Record::asked(&["bus"])).text(1, 50, summary);
    let lost = without_pictures.audit().lost;
    assert!(
        lost[0].contains("chat 7, message 1, updates [1001]"),
        "{lost:?}"
    );
}

#[test]
fn a_button_is_lost_when_only_the_message_was_answered() {
    let mut record = Record::asked(&["bus"]).answer(1, 50, "bus");
    let (chat, summary, message, words) = record.0.latest_summary().expect("there is one");
    assert_eq!((chat, summary, message, words.as_str()), (7, 50, 1, "bus"));
    record.0.ask(Ask {
        update: 2000,
        chat,
        message,
        want: Want::Again(words),
        disk_full: false,
    });
    assert_eq!(record.audit().lost.len(), 1);
    let record = record.answer(1, 60, "bus");
    assert_eq!(record.audit().lost.len(), 0);
    assert_eq!(record.audit().twice(), 0);
}

#[test]
fn what_comes_twice_is_counted_by_kind() {
    let record = Record::asked(&["bus", "cat"])
        .text(1, 49, "Searching for “bus”…")
        .answer(1, 50, "bus")
        .album(1, "once more")
        .text(2, 60, "Nothing found for “cat”.")
        .text(2, 61, "Nothing found for “cat”.");
    let twice = [("acknowledgements", 1), ("albums", 1), ("last words", 1)];
    assert_eq!(record.audit().twice, BTreeMap::from(twice));
    assert_eq!(record.audit().twice(), 3);
}

#[test]
fn an_edit_that_is_repeated_is_seen_once() {
    let record =
        Record::asked(&["bus"])
            .answer(1, 50, "bus")
            .text(1, 50, "2 pictures for “bus” · 9.9 s");
    assert_eq!(record.audit().twice(), 0);
}

#[test]
fn a_full_disk_excuses_what_comes_twice_but_no_loss() {
    let mut record = Record::asked(&["bus", "cat"]);
    record.0.disk_is_full();
    let findings = record.answer(1, 50, "bus").answer(1, 51, "bus").audit();
    assert_eq!(findings.lost.len(), 1);
    assert_eq!((findings.twice(), findings.twice_disk_full), (0, 3));
}

#[test]
fn a_later_message_must_not_be_answered_first() {
    let record = Record::asked(&["bus", "cat"])
        .answer(2, 50, "cat")
        .answer(1, 51, "bus");
    let disorder = record.audit().disorder;
    assert!(
        disorder[0].contains("message 2 (update 1002)"),
        "{disorder:?}"
    );
    let acknowledged_early = Record::asked(&["bus", "cat"])
        .text(2, 50, "Searching for “cat”…")
        .answer(1, 51, "bus")
        .answer(2, 50, "cat");
    assert_eq!(acknowledged_early.audit().disorder.len(), 0);
}

#[test]
fn what_nobody_asked_for_is_foreign() {
    let other_words = Record::asked(&["bus"]).answer(1, 50, "cat");
    assert_eq!(other_words.audit().foreign.len(), 2, "both texts");
    let other_message = Record::asked(&["bus"]).answer(1, 50, "bus").album(5, "a");
    assert_eq!(other_message.audit().foreign.len(), 2, "both pictures");
    let mut to_nobody = Record::asked(&[]);
    to_nobody.0.say(Said {
        chat: 7,
        message: 1,
        reply_to: None,
        what: What::Text("Hello".to_owned()),
    });
    assert_eq!(to_nobody.audit().foreign.len(), 1);
}

#[test]
fn the_fate_of_a_call_is_decided_by_seed_side_and_number() {
    for side in [Side::Telegram, Side::Search] {
        let fates = |seed| (0..5000).map(move |number| decide(seed, side, number));
        assert!(fates(1).eq(fates(1)));
        assert!(!fates(1).eq(fates(2)));
        let share = |fits: fn(&Fault) -> bool| fates(1).filter(fits).count() * 100 / 5000;
        assert!((80..95).contains(&share(|fate| *fate == Fault::Nothing)));
        assert!(share(|fate| matches!(fate, Fault::Before(_))) >= 5);
        assert!(share(|fate| matches!(fate, Fault::After(_))) >= 1);
    }
}

#[test]
fn the_judge_of_saved_pictures_sees_each_rule_broken() {
    let mut forwarded = saved::Forwarded::default();
    for (user, message, name) in [(7, 1, "a"), (7, 2, "b"), (8, 1, "c")] {
        forwarded.sent(user, message, name, &format!("word{name}"));
    }
    assert_eq!(forwarded.all().len(), 3);
    let found = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let all = found(&["worda", "wordb", "wordc"]);
    assert_eq!(forwarded.audit(&all, &[], 3).untold, [7, 8]);
    forwarded.said(7, Some(1), "Saved.");
    forwarded.said(8, None, "It was here already.");
    let good = saved::SavedFindings {
        saved: 3,
        ..saved::SavedFindings::default()
    };
    assert_eq!(forwarded.audit(&all, &[], 3), good);
    assert_eq!(forwarded.audit(&all, &[], 5).double, 2);
    let fewer = found(&["worda", "wordc"]);
    assert_eq!(forwarded.audit(&fewer, &[], 2).lost, ["wordb of user 7"]);
    let leaked = ["wordc, found by 7".to_owned()];
    assert_eq!(forwarded.audit(&all, &leaked, 3).leaked, leaked);
    forwarded.shown(7, "worda · 2026-01-01");
    assert!(forwarded.audit(&all, &[], 3).leaked.is_empty());
    forwarded.shown(8, "worda · 2026-01-01");
    assert_eq!(forwarded.audit(&all, &[], 3).leaked.len(), 1);
    forwarded.said(7, Some(2), "That picture could not be saved.");
    let honest = forwarded.audit(&fewer, &[], 2);
    assert_eq!((honest.lost.len(), honest.refused), (0, 1));
}
