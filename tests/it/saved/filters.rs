//! Saved pictures, by the time they were taken.

use std::path::Path;

use clip_bot::engine::drawings;

use super::{Store, TOKEN};
use crate::clip_asked::photo;

#[test]
fn saved_pictures_are_found_by_the_time_they_were_taken() {
    // The drawings that are searched without an index have no times.
    let none = Path::new(env!("CARGO_TARGET_TMPDIR")).join("saved-filters-no-index");
    let index = none.to_str().expect("UTF-8");
    let store = Store::start("filters", &[("CLIP_SEARCH_INDEX", index)]);
    let about = |key: &str| format!("collection=user:1&key={key}&caption=journey");
    let (_, told) = store.save("bus", &format!("{}&taken=2019-05-04", about("a")));
    let (_, exactly) = store.save("cat", &format!("{}&taken=2021-07-14T10:00:00Z", about("b")));
    let dog = photo("dog", "2023:01:02 10:00:00");
    let reply = store.post(&format!("/pictures?{}", about("c")), TOKEN, &dog);
    let by_file = reply.json()["id"].as_str().expect("an id").to_owned();
    store.save(
        "pear",
        "collection=user:2&key=d&caption=journey&taken=2021-07-15",
    );
    let (told, exactly, by_file) = (told.as_str(), exactly.as_str(), by_file.as_str());
    for (filter, expected) in [
        ("", &[told, exactly, by_file][..]),
        ("&after=2020", &[exactly, by_file]),
        ("&before=2020", &[told]),
        ("&after=2021-07-14&before=2021-07-15", &[exactly]),
        ("&after=2023&before=2024", &[by_file]),
        ("&after=2024", &[]),
    ] {
        let mut found = store.ids(&format!("query=journey&collection=user:1{filter}"));
        let mut expected = expected.to_vec();
        found.sort();
        expected.sort_unstable();
        assert_eq!(found, expected, "{filter}");
    }
}

/// With the built-in drawings, which have no times, every filter was refused, whatever was searched.
#[test]
fn filters_choose_among_saved_pictures_beside_drawings_too() {
    let store = Store::start("filters-drawings", &[("CLIP_SEARCH_MIN_SCORE", "-1")]);
    let about = |key: &str| format!("collection=user:1&key={key}&caption=journey");
    let (_, old) = store.save("bus", &format!("{}&taken=2019-05-04", about("a")));
    let (_, new) = store.save("cat", &format!("{}&taken=2021-07-14", about("b")));
    let both = "collection=folders&collection=user:1";
    for (filter, expected) in [
        ("query=journey&collection=user:1&after=2020", &[&new][..]),
        ("query=journey&collection=user:1&before=2020", &[&old]),
        ("query=journey&collection=user:1&near=52.5,13.4,10", &[]),
        ("query=journey&collection=user:1&folder=Rome", &[]),
    ] {
        assert_eq!(
            store.ids(filter).iter().collect::<Vec<_>>(),
            expected,
            "{filter}"
        );
    }
    // The drawings, of which no time is known, have none that fits.
    let found = store.ids(&format!("query=bus&{both}&before=2020&limit=50"));
    assert_eq!(found, [old.as_str()]);
    let file = drawings::find("bus").expect("built in").file;
    let target = format!("/search?details=true&{both}&after=2020");
    let found = store.post(&target, TOKEN, file).json();
    assert_eq!(
        found["results"].as_array().map(Vec::len),
        Some(1),
        "{found}"
    );
    assert_eq!(found["results"][0]["id"], new.as_str());
    // In words, too.
    assert_eq!(
        store.ids("query=journey+2019&collection=user:1"),
        [old.as_str()]
    );
    // Of the drawings alone it cannot be asked.
    for folders in ["", "&collection=folders"] {
        let refused = store.ask("GET", &format!("/search?query=bus&after=2020{folders}"), "");
        assert_eq!(refused.error(), (501, "not_supported".to_owned()));
    }
    let health = store.ask("GET", "/health", "").json();
    let can = health["can"].as_array().expect("a list");
    assert!(can.contains(&"filters".into()), "{health}");
}
