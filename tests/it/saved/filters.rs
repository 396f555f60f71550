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
    // Nor have they where nothing else is searched; the description names the filters, and no refusal.
    for folders in ["", "&collection=folders"] {
        let none = store.ids(&format!("query=bus&after=2020{folders}"));
        assert_eq!(none, [""; 0]);
    }
    let health = store.ask("GET", "/health", "").json();
    let can = health["can"].as_array().expect("a list");
    assert!(can.contains(&"filters".into()), "{health}");
}

/// The same picture, sent again in another size or in another chat, was another one to who looks.
#[test]
fn near_duplicates_are_shown_once_in_a_collection_and_over_several() {
    let store = Store::start("filters-near", &[("CLIP_SEARCH_MIN_SCORE", "-1")]);
    let bus = drawings::find("bus").expect("built in").file;
    let small = image::load_from_memory(bus)
        .expect("a JPEG")
        .thumbnail(200, 200);
    let mut file = std::io::Cursor::new(Vec::new());
    let written = small.write_to(&mut file, image::ImageFormat::Png);
    written.expect("memory");
    let post = |about: &str| {
        let target = format!("/pictures?caption=journey&{about}");
        store.post(&target, TOKEN, file.get_ref()).status
    };
    store.save("bus", "collection=user:1&key=a&caption=journey");
    assert_eq!(post("collection=user:1&key=b"), 201);
    store.save("cat", "collection=user:1&key=c&caption=journey");
    assert_eq!(post("collection=chat:1&key=d"), 201);
    for (collections, count) in [
        ("collection=user:1", 2),
        ("collection=chat:1", 1),
        ("collection=user:1&collection=chat:1", 2),
    ] {
        let found = store.ids(&format!("query=journey&{collections}"));
        assert_eq!(found.len(), count, "{collections}");
    }
    // The next page goes on behind them.
    let second = store.ids("query=bus&collection=user:1&collection=chat:1&limit=1&offset=1");
    let cat = store.ids("query=cat&collection=user:1&limit=1");
    assert_eq!(second, cat);
    // Once the better one is forgotten, the other is shown.
    let gone = store.ask("DELETE", "/pictures?collection=user:1", "");
    assert_eq!(gone.status, 200);
    let both = "query=journey&collection=user:1&collection=chat:1";
    assert_eq!(store.ids(both).len(), 1);
    store.stop();
}

/// A drawing that says that it was taken so many degrees north and east.
fn photo_at(drawing: &str, north: u8, east: u8) -> Vec<u8> {
    let file = drawings::find(drawing).expect("built in").file;
    let (soi, rest) = file.split_at(2);
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let head = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        [&head[..], &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    // One directory leads to that of the place, behind which are the degrees.
    tiff.extend(1_u16.to_le_bytes());
    tiff.extend(entry(0x8825, 4, 1, 26));
    tiff.extend(0_u32.to_le_bytes());
    tiff.extend(4_u16.to_le_bytes());
    let letter = |letter: u8| u32::from_le_bytes([letter, 0, 0, 0]);
    tiff.extend(entry(1, 2, 2, letter(b'N')));
    tiff.extend(entry(2, 5, 3, 80));
    tiff.extend(entry(3, 2, 2, letter(b'E')));
    tiff.extend(entry(4, 5, 3, 104));
    tiff.extend(0_u32.to_le_bytes());
    for degrees in [north, east] {
        for (number, of) in [(u32::from(degrees), 1_u32), (0, 1), (0, 1)] {
            tiff.extend(number.to_le_bytes());
            tiff.extend(of.to_le_bytes());
        }
    }
    let exif = [b"Exif\0\0", &tiff[..]].concat();
    let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
    [soi, b"\xff\xe1", &length, &exif, rest].concat()
}

#[test]
fn saved_pictures_are_found_by_where_they_were_taken() {
    let store = Store::start("filters-places", &[("CLIP_SEARCH_MIN_SCORE", "-1")]);
    for (key, drawing, north, east) in [("oslo", "bus", 60, 11), ("rome", "cat", 42, 12)] {
        let file = photo_at(drawing, north, east);
        let target = format!("/pictures?collection=user:1&key={key}&caption={key}");
        assert_eq!(store.post(&target, TOKEN, &file).status, 201);
    }
    store.save("dog", "collection=user:1&key=nowhere&caption=nowhere");
    let captions = |near: &str| -> Vec<String> {
        let found = store.search(&format!("query=a+photo&collection=user:1&near={near}"));
        let caption = |hit: &serde_json::Value| hit["caption"].as_str().unwrap_or("").to_owned();
        found.iter().map(caption).collect()
    };
    assert_eq!(captions("60,11,50"), ["oslo"]);
    assert_eq!(captions("42.1,12.1,50"), ["rome"]);
    assert_eq!(captions("0,0,50"), [""; 0]);
    let mut both = captions("51,11,2000");
    both.sort_unstable();
    assert_eq!(both, ["oslo", "rome"]);
    store.stop();
}
