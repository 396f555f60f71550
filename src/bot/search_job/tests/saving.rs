//! What is asked for before a search: to save a picture.

use super::*;
use crate::bot::saving::NewPicture;
use crate::telegram::types::SentPicture;

/// A picture in private, without a question.
fn bare() -> SearchJob {
    let picture = NewPicture {
        fetched: "small".to_owned(),
        sent: "large".to_owned(),
        key: "unique".to_owned(),
        caption: String::new(),
        is_file: false,
        date: None,
        album: None,
        link: String::new(),
        by: None,
    };
    let texts = Texts::of(None);
    let to = Address {
        chat: 7,
        thread: Some(2),
        reply_to: Some(3),
    };
    let search = Search::for_words(to, 7, String::new(), 5, texts);
    let search = search.like(SentPicture::default());
    SearchJob::new(search.of_bare(picture, None))
}

fn said(text: &str) -> Reply {
    Reply {
        text: text.to_owned(),
        markup: serde_json::Value::Null,
    }
}

#[test]
fn what_is_done_before_the_search_is_said_or_not_or_leads_to_it() {
    let mut job = bare();
    let done = SearchEvent::Done(said("Saved."), None);
    follow(
        &mut job,
        [
            (SearchEvent::TurnBegan, "fulfil"),
            (done, "hide; say “Saved.”"),
        ],
    );
    let mut job = bare();
    let done = SearchEvent::Done(said("2 saved."), Some(9));
    follow(
        &mut job,
        [
            (SearchEvent::TurnBegan, "fulfil"),
            (done, "hide; edit 9 “2 saved.”"),
        ],
    );
    let mut job = bare();
    let silence = (SearchEvent::DoneInSilence, "Answered");
    follow(&mut job, [(SearchEvent::TurnBegan, "fulfil"), silence]);
    let mut job = bare();
    let nothing = (SearchEvent::NothingBefore, "show; order?");
    follow(&mut job, [(SearchEvent::TurnBegan, "fulfil"), nothing]);
}

#[test]
fn an_endpoint_that_is_away_is_waited_for_and_one_that_is_slow_is_not_for_ever() {
    let mut job = bare();
    let told = "log unreachable; apologise: say “The search is no”; Later(5s)";
    follow(
        &mut job,
        [
            (SearchEvent::TurnBegan, "fulfil"),
            (failed(Reason::Unreachable), told),
            (SearchEvent::TurnBegan, "fulfil"),
            (failed(Reason::Unreachable), "Later(5s)"),
        ],
    );
    for _ in 0..100 {
        follow(
            &mut job,
            [
                (SearchEvent::TurnBegan, "fulfil"),
                (failed(Reason::Unreachable), "Later(5s)"),
            ],
        );
    }
    let given_up = "log timeout; hide; say “That picture cou”";
    follow(
        &mut job,
        [
            (SearchEvent::TurnBegan, "fulfil"),
            (failed(Reason::Timeout), given_up),
        ],
    );
}
