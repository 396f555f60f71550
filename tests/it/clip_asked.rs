//! Queries that name a time, through the real `clip-search` with the built-in model and photos that say
//! when they were taken.

use std::path::Path;

use clip_bot::engine::drawings;
use clip_bot::http::{Client, Request};
use serde_json::Value;

use crate::support::endpoint::{CLIP_SEARCH, start};
use crate::support::process::Program;
use crate::support::stage::file;

/// A drawing as a camera would write it, with the time at which it was taken.
pub fn photo(drawing: &str, taken: &str) -> Vec<u8> {
    let drawing = drawings::find(drawing).expect("a drawing").file;
    let (soi, rest) = drawing.split_at(2);
    // One directory that leads to another with the one field.
    let mut tiff = b"II*\0\x08\0\0\0".to_vec();
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        let head = [tag.to_le_bytes(), kind.to_le_bytes()].concat();
        [&head[..], &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    for (tag, kind, count, value) in [(0x8769, 4, 1, 26), (0x9003, 2, 20, 44)] {
        tiff.extend(1_u16.to_le_bytes());
        tiff.extend(entry(tag, kind, count, value));
        tiff.extend(0_u32.to_le_bytes());
    }
    tiff.extend(taken.as_bytes());
    tiff.push(0);
    let exif = [b"Exif\0\0", &tiff[..]].concat();
    let length = u16::try_from(exif.len() + 2).expect("short").to_be_bytes();
    [soi, b"\xff\xe1", &length, &exif, rest].concat()
}

fn search(address: &impl std::fmt::Display, query: &str) -> Value {
    let request = Request::get(format!("http://{address}/search"));
    let request = request.query("details", "true").query("query", query);
    let answer = Client::new(1).send(&request).expect("an answer");
    answer.json().expect("JSON")
}

fn captions(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().expect("results").iter();
    results.filter_map(|hit| hit["caption"].as_str()).collect()
}

#[test]
fn beach_2023_finds_the_beach_of_that_year() {
    let folder = file("asked", "").with_extension("d");
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(&pictures).expect("room");
    let save = |name: &str, bytes: &[u8]| std::fs::write(pictures.join(name), bytes).expect("room");
    save(
        "a.jpg",
        &photo("beach-with-umbrella", "2022:07:14 10:00:00"),
    );
    save(
        "b.jpg",
        &photo("beach-with-umbrella", "2023:07:14 10:00:00"),
    );
    save("c.jpg", &photo("dog", "2023:01:02 10:00:00"));
    let takeout = r#"{"photoTakenTime": {"timestamp": "1561939200"}, "geoData": {"latitude": 41.9, "longitude": 12.5}}"#;
    save("d.jpg", drawings::find("cat").expect("a drawing").file);
    save("d.jpg.json", takeout.as_bytes());
    let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let index = text(&folder.join("index"));
    let settings = [
        ("CLIP_SEARCH_INDEX", index.as_str()),
        ("CLIP_SEARCH_ENGINE", "clip"),
    ];
    let added = Program::start(CLIP_SEARCH, &["index", "add", &text(&pictures)], &settings).wait();
    assert!(added.output.contains("4 added"), "{}", added.output);
    let (_program, address) = start(&settings);
    for (query, expected, understood) in [
        ("beach 2023", &["b"][..], Some("beach · 2023")),
        ("beach 2022", &["a"], Some("beach · 2022")),
        ("beach in July 2023", &["b"], Some("beach · 2023-07")),
        ("playa en julio de 2023", &["b"], Some("playa · 2023-07")),
        ("cat near Rome", &["d"], Some("cat · Rome")),
        ("2019-07-01", &["d"], Some("2019-07-01")),
    ] {
        let answer = search(&address, query);
        assert_eq!(
            captions(&answer).first(),
            expected.first(),
            "{query}: {answer}"
        );
        assert!(
            !captions(&answer).contains(&if expected[0] == "b" { "a" } else { "b" }),
            "{query}: {answer}"
        );
        assert_eq!(answer["understood"].as_str(), understood, "{query}");
    }
    // Where nothing is of that time, the words are searched as they stand.
    let answer = search(&address, "beach 1999");
    assert_eq!(answer["understood"].as_str(), None, "{answer}");
    let answer = search(&address, "\"beach 2023\"");
    assert_eq!(answer["understood"].as_str(), None, "{answer}");
}
