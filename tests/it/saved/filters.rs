//! Saved pictures, by the time they were taken.

use std::path::Path;

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
