//! What an answer says beside its pictures.

use super::*;

#[test]
fn pictures_on_a_disk_that_is_not_there_are_said() {
    let one = "1 picture is on a disk that is not there.";
    let many = "12 pictures are on a disk that is not there.";
    for (found, away, line) in [(0, 12, many), (4, 1, one), (4, 0, "")] {
        let mut job = searching();
        let hits = vec![Hit::at("http://h/1"); found];
        let page = Page {
            hits,
            away,
            ..Page::default()
        };
        let mut orders = job.step(SearchEvent::Found(page), NOW);
        if found > 0 {
            orders = job.step(album_sent(), NOW);
        }
        let Then::Send(call) = orders.then else {
            panic!("{orders:?}");
        };
        let said = call.parameters["text"].as_str().expect("a text");
        let (_, second) = said.split_once('\n').unwrap_or_default();
        assert_eq!(second, line, "{said}");
    }
}

#[test]
fn what_was_understood_is_shown_and_can_be_taken_away() {
    let mut job = searching();
    let page = Page {
        hits: vec![Hit::at("http://h/1"); 4],
        understood: Some("bus · 2023".to_owned()),
        ..Page::default()
    };
    job.step(SearchEvent::Found(page), NOW);
    let orders = job.step(album_sent(), NOW);
    let Then::Send(call) = orders.then else {
        panic!("{orders:?}");
    };
    let said = call.parameters["text"].as_str().expect("a text");
    assert!(said.contains("“bus · 2023”"), "{said}");
    let markup = call.parameters["reply_markup"].to_string();
    assert!(markup.contains(r#"a:\"bus\""#), "{markup}");
}
