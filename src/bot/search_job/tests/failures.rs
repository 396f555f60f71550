//! Each row of the table of failures.

use super::super::failures::{after_search, after_sending, ending};
use super::*;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn what_a_failed_search_leads_to() {
    use AfterSearch::{AskAgain, Say, WaitForWaking};
    let after = |reason, retry_after: Option<u64>, tries, away| {
        let retry_after = retry_after.map(seconds);
        let failure = Failure::new(reason, "m");
        after_search(
            &Failure {
                retry_after,
                ..failure
            },
            tries,
            away,
        )
    };
    let now = Duration::ZERO;
    for (reason, retry_after, tries, leads_to) in [
        (Reason::SpaceAsleep, None, 1, WaitForWaking(None)),
        (
            Reason::SpaceAsleep,
            Some(90),
            9,
            WaitForWaking(Some(seconds(90))),
        ),
        (Reason::SpaceBusy, None, 1, AskAgain(seconds(5))),
        (Reason::SpaceBusy, Some(30), 2, AskAgain(seconds(30))),
        (Reason::SpaceBusy, Some(31), 1, Say),
        (Reason::SpaceBusy, None, 3, Say),
        (Reason::RateLimited, None, 2, AskAgain(seconds(5))),
        (Reason::RateLimited, Some(1), 3, Say),
        (Reason::Unreachable, Some(1), 2, AskAgain(seconds(1))),
        (Reason::Unreachable, Some(1), 3, Say),
        (Reason::Unreachable, Some(99), 1, Say),
        (Reason::Unreachable, None, 9, AskAgain(seconds(1))),
    ] {
        let case = format!("{reason:?} {retry_after:?} {tries}");
        assert_eq!(after(reason, retry_after, tries, now), leads_to, "{case}");
    }
    for (away, leads_to) in [
        (5, AskAgain(seconds(1))),
        (6, AskAgain(seconds(3))),
        (29, AskAgain(seconds(3))),
        (30, Say),
    ] {
        let after = after(Reason::Unreachable, None, 1, seconds(away));
        assert_eq!(after, leads_to, "after {away} s");
    }
    let waits = [
        Reason::SpaceAsleep,
        Reason::SpaceBusy,
        Reason::RateLimited,
        Reason::Unreachable,
    ];
    for reason in Reason::ALL
        .into_iter()
        .filter(|reason| !waits.contains(reason))
    {
        assert_eq!(after(reason, Some(1), 1, now), Say, "{reason:?}");
    }
}

#[test]
fn what_telegrams_refusal_leads_to() {
    let minute = Ending::TryLater(seconds(60));
    let flood = telegram(429, Some(60));
    let ends = AfterSending::EndTurn;
    let table = [
        (Sending::Waking, blocked_error(), AfterSending::GoOn),
        (Sending::Waking, telegram(429, Some(60)), AfterSending::GoOn),
        (
            Sending::Acknowledgement,
            telegram(400, None),
            AfterSending::GoOn,
        ),
        (
            Sending::Acknowledgement,
            telegram(502, None),
            AfterSending::GoOn,
        ),
        (
            Sending::Acknowledgement,
            Error::new(Kind::Refused, "x"),
            AfterSending::GoOn,
        ),
        (
            Sending::Acknowledgement,
            blocked_error(),
            ends(Ending::NobodyToAnswer),
        ),
        (Sending::Acknowledgement, flood, ends(minute)),
        (Sending::Edit, telegram(400, None), AfterSending::SayBelow),
        (Sending::Edit, telegram(400, Some(60)), ends(minute)),
        (Sending::Edit, blocked_error(), ends(Ending::NobodyToAnswer)),
        (Sending::Edit, telegram(413, None), ends(Ending::GiveUp)),
        (Sending::Album, telegram(400, None), ends(Ending::GiveUp)),
        (Sending::Message, telegram(400, None), ends(Ending::GiveUp)),
    ];
    for (sending, error, leads_to) in table {
        let after = after_sending(sending, &error, Tries::default().with(&error, NOW), NOW);
        assert_eq!(after, leads_to, "{sending:?}: {error}");
    }
}

#[test]
fn how_a_turn_ends_that_telegram_broke_off() {
    use Ending::{GiveUp, NobodyToAnswer, TryLater, TryWhenBack};
    let day = 24 * 60 * 60;
    let error = |kind| Error::new(kind, "x");
    let garbled = |status| Kind::Garbled {
        status: Some(status),
    };
    let after = |error: &Error, failures, now| {
        let tries = (0..failures).fold(Tries::default(), |tries, _| tries.with(error, now));
        ending(error, tries, now)
    };
    // While polls are answered, and while they are not.
    for (error, failures, age, leads_to, away) in [
        (telegram(429, Some(60)), 99, 0, TryLater(seconds(60)), None),
        (
            telegram(429, Some(2 * day - 1)),
            1,
            0,
            TryLater(seconds(2 * day - 1)),
            None,
        ),
        (telegram(429, Some(2 * day)), 1, 0, GiveUp, None),
        (telegram(403, Some(60)), 1, 0, TryLater(seconds(60)), None),
        (error(Kind::NotSent), 1, 0, TryWhenBack(seconds(5)), None),
        (
            error(Kind::NotSent),
            99,
            day - 1,
            TryWhenBack(seconds(8)),
            Some(60),
        ),
        (error(Kind::NotSent), 1, day, GiveUp, None),
        (error(Kind::Lost), 7, 0, TryWhenBack(seconds(300)), Some(60)),
        (error(Kind::Lost), 8, 0, GiveUp, Some(60)),
        (telegram(502, None), 2, 0, TryWhenBack(seconds(8)), Some(10)),
        (
            telegram(502, None),
            99,
            day - 1,
            TryWhenBack(seconds(8)),
            Some(60),
        ),
        (telegram(502, None), 99, day, GiveUp, None),
        (
            error(garbled(502)),
            99,
            day - 1,
            TryWhenBack(seconds(8)),
            Some(60),
        ),
        (error(garbled(200)), 8, 0, GiveUp, Some(60)),
        (error(Kind::Refused), 99, 0, TryLater(seconds(60)), None),
        (error(Kind::Refused), 1, day, GiveUp, None),
        (telegram(403, None), 1, 0, NobodyToAnswer, None),
        (telegram(400, None), 1, 0, GiveUp, None),
        (error(Kind::TooLarge), 1, 0, GiveUp, None),
    ] {
        let case = format!("{:?} {failures} {age}", error.kind());
        let mut now = Now {
            age: seconds(age),
            ..NOW
        };
        assert_eq!(after(&error, failures, now), leads_to, "{case}");
        now.polls_fail = true;
        let leads_to = away.map_or(leads_to, |pause| TryWhenBack(seconds(pause)));
        assert_eq!(after(&error, failures, now), leads_to, "away: {case}");
    }
}

fn blocked_error() -> Error {
    telegram(403, None)
}
