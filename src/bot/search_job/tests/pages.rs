//! The button "More", from one page to the next.

use super::*;

#[test]
fn a_page_takes_the_button_away_that_asked_for_it_and_has_its_own() {
    let page = |next_offset| {
        SearchEvent::Found(Page {
            hits: vec![Hit::at("http://h/0")],
            next_offset,
            ..Page::default()
        })
    };
    let second = || {
        let mut job = job();
        (job.search.offset, job.search.pressed) = (5, Some(4));
        follow(&mut job, [began(), acknowledged(), in_order()]);
        job
    };
    let buttons = |orders: &Orders| match &orders.then {
        Then::Send(call) => call.parameters.get("reply_markup").cloned(),
        other => panic!("{other:?}"),
    };
    let mut job = second();
    let orders = job.step(page(Some(10)), NOW);
    let Effect::Apologise(call) = &orders.effects[0] else {
        panic!("the pressed button goes")
    };
    assert_eq!(call.method, "editMessageReplyMarkup");
    assert_eq!(call.parameters["message_id"], 4);
    let orders = job.step(album_sent(), NOW);
    let markup = buttons(&orders).expect("a next page");
    assert_eq!(markup["inline_keyboard"][0][0]["callback_data"], "ma.8:bus");

    let mut job = second();
    job.step(page(None), NOW);
    let orders = job.step(album_sent(), NOW);
    assert_eq!(buttons(&orders), None, "the last page");
    let Then::Send(call) = orders.then else {
        panic!("the summary")
    };
    let text = call.parameters["text"].as_str().expect("a text");
    assert!(text.ends_with("\nThat was all for “bus”."), "{text}");

    let mut job = second();
    let orders = job.step(found(0), NOW);
    let expected = "hide; edit 9 “That was all for”";
    assert!(
        lines(&Orders {
            effects: orders.effects.into_iter().skip(1).collect(),
            ..orders
        }) == expected
    );
}
