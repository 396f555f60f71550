//! One's own pictures, searched through the real `clip-search` by names, dates, places and folders.

use std::path::{Path, PathBuf};

use clip::convert::convert;
use clip::description::Precision;
use clip_bot::http::{Client, Request};
use safetensors::tensor::Dtype;
use serde_json::{Value, json};

use crate::support::endpoint::{CLIP_SEARCH, start};
use crate::support::process::Program;
use crate::support::stage::file;
use crate::support::tiny::Tiny;

const PICTURES: [&str; 4] = [
    "2019 Rome/IMG_20190504_101112.png",
    "2019 Rome/fountain.png",
    "2023/IMG_2231.png",
    "papers/invoice-20230714.png",
];

/// A folder with a small model and an index of [`PICTURES`], and the settings that name these.
fn indexed() -> [(&'static str, String); 2] {
    let folder = file("words", "").with_extension("d");
    let checkpoint = folder.join("checkpoint");
    std::fs::create_dir_all(&checkpoint).expect("room");
    Tiny::new().save(&checkpoint, Dtype::F32);
    convert(&checkpoint, &folder.join("model"), Precision::F16).expect("a checkpoint");
    let pictures = folder.join("pictures");
    for (number, name) in (0_u8..).zip(PICTURES) {
        let path = pictures.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("room");
        // Unlike each other, or they would be near-duplicates.
        let colour = |x: u32, y: u32| {
            let is_on = (x + y * 4).is_multiple_of(u32::from(number) + 2);
            image::Rgb(if is_on {
                [250, 60 * number, 0]
            } else {
                [0, 30, 80 * number]
            })
        };
        image::RgbImage::from_fn(4, 4, colour)
            .save(path)
            .expect("room");
    }
    let text = |path: PathBuf| path.to_str().expect("a plain path").to_owned();
    let settings = [
        ("CLIP_SEARCH_INDEX", text(folder.join("index"))),
        ("CLIP_SEARCH_MODEL", text(folder.join("model"))),
    ];
    let added = Program::start(
        CLIP_SEARCH,
        &["index", "add", &text(pictures)],
        &borrowed(&settings),
    );
    let added = added.wait();
    assert!(added.output.contains("4 added"), "{}", added.output);
    settings
}

fn borrowed<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    let settings = settings.iter();
    settings
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

fn search(address: impl std::fmt::Display, fields: &[(&str, &str)]) -> (u16, Value) {
    let mut request = Request::get(format!("http://{address}/search")).query("details", "true");
    for (name, value) in fields {
        request = request.query(name, value);
    }
    let answer = Client::new(1).send(&request).expect("an answer");
    (answer.head.status, answer.json().expect("JSON"))
}

fn captions(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().expect("results").iter();
    results.filter_map(|hit| hit["caption"].as_str()).collect()
}

#[test]
fn own_pictures_are_found_by_name_date_and_folder() {
    let settings = indexed();
    let mut variables = borrowed(&settings);
    variables.push(("CLIP_SEARCH_ENGINE", "clip"));
    // What vectors find is hidden: the small model knows nothing.
    variables.push(("CLIP_SEARCH_MIN_SCORE", "1"));
    let (_program, address) = start(&variables);
    let health = Request::get(format!("http://{address}/health"));
    let health = Client::new(1).send(&health).expect("an answer");
    let health: Value = health.json().expect("JSON");
    assert_eq!(health["can"], json!(["picture", "filters"]));

    for (query, expected) in [
        ("IMG_2231", &["IMG 2231"][..]),
        ("invoice", &["invoice 20230714"]),
        ("Rome 2019 fountain", &["fountain"]),
        ("20190504", &["IMG 20190504 101112"]),
        ("zebra", &[]),
    ] {
        let (status, answer) = search(address, &[("query", query)]);
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            captions(&answer).first(),
            expected.first(),
            "{query}: {answer}"
        );
        assert_eq!(captions(&answer).len(), expected.len(), "{query}: {answer}");
    }
    let (_, answer) = search(address, &[("query", "rome")]);
    assert_eq!(captions(&answer).len(), 2, "{answer}");
    let rome = |name, value| search(address, &[("query", "rome"), (name, value)]);
    let (_, answer) = rome("before", "2019-06");
    assert_eq!(captions(&answer), ["IMG 20190504 101112"]);
    let hit = &answer["results"][0];
    assert_eq!(hit["taken"], "2019-05-04T10:11:12Z");
    let url = hit["url"].as_str().expect("an address");
    assert!(url.ends_with(hit["id"].as_str().expect("an id")), "{hit}");
    assert_eq!(captions(&rome("folder", "papers").1), [""; 0]);
    assert_eq!(captions(&rome("folder", "2019 Rome").1).len(), 2);
    assert_eq!(captions(&rome("near", "41.9,12.5,10").1), [""; 0]);
    let (status, answer) = rome("after", "yesterday");
    assert_eq!(status, 400);
    let message = "after must be a year, a month or a day, such as 2023, 2023-07 or 2023-07-14";
    assert_eq!(answer["error"]["message"], message);
    let (status, answer) = rome("since", "2023");
    let message = "there is no parameter since; it is called after here";
    assert_eq!(
        (status, &answer["error"]["message"]),
        (400, &json!(message))
    );
}

#[test]
fn filters_are_taken_from_a_form_and_described() {
    let settings = indexed();
    let mut variables = borrowed(&settings);
    variables.push(("CLIP_SEARCH_ENGINE", "clip"));
    variables.push(("CLIP_SEARCH_MIN_SCORE", "1"));
    let (_program, address) = start(&variables);
    let form = json!({"query": "img", "after": 2023, "before": null, "folder": "2023"});
    let post = Request::post_json(format!("http://{address}/search?details=true"), &form);
    let answer = Client::new(1).send(&post).expect("an answer");
    assert_eq!(captions(&answer.json().expect("JSON")), ["IMG 2231"]);
    let wrong = json!({"query": "img", "folder": false});
    let post = Request::post_json(format!("http://{address}/search"), &wrong);
    let answer = Client::new(1).send(&post).expect("an answer");
    let message = &answer.json().expect("JSON")["error"]["message"];
    assert_eq!(message, "folder must be text");
    let described = Request::get(format!("http://{address}/openapi.json"));
    let described = Client::new(1).send(&described).expect("an answer");
    let described: Value = described.json().expect("JSON");
    let parameters = described["paths"]["/search"]["get"]["parameters"].to_string();
    for name in ["after", "before", "near", "folder"] {
        assert!(
            parameters.contains(&format!("\"name\":\"{name}\"")),
            "{name}"
        );
    }
}

#[test]
fn an_engine_that_cannot_filter_says_so() {
    for engine in ["mock", "clip"] {
        let (_program, address) = start(&[("CLIP_SEARCH_ENGINE", engine)]);
        let (status, answer) = search(address, &[("query", "bus"), ("folder", "Rome")]);
        assert_eq!(status, 501, "{answer}");
        let message = answer["error"]["message"].as_str().expect("a message");
        assert!(
            message.ends_with(
                "cannot choose pictures by date, place, folder or collection: ask without folder"
            ),
            "{message}"
        );
        let (status, _) = search(address, &[("query", "bus"), ("near", "Rome")]);
        assert_eq!(status, 400);
    }
}

/// An index of the last release has records without details, and no catalogs.
#[test]
fn an_index_without_catalogs_is_read_and_completed() {
    let settings = indexed();
    let index = Path::new(&settings[0].1).to_owned();
    let catalogs = || {
        let files = std::fs::read_dir(&index).expect("there");
        let names = files.map(|file| file.expect("there").path());
        let is_one = |path: &PathBuf| path.extension().is_some_and(|name| name == "catalog");
        names.filter(is_one).collect::<Vec<_>>()
    };
    assert_eq!(catalogs().len(), 1);
    std::fs::remove_file(&catalogs()[0]).expect("ours");
    let mut variables = borrowed(&settings);
    variables.push(("CLIP_SEARCH_ENGINE", "clip"));
    let (_program, address) = start(&variables);
    let (_, answer) = search(address, &[("query", "invoice")]);
    assert_eq!(captions(&answer)[0], "invoice 20230714");
    let again = Program::start(CLIP_SEARCH, &["index", "add"], &borrowed(&settings)).wait();
    assert!(again.output.contains("4 unchanged"), "{}", again.output);
    assert_eq!(catalogs().len(), 1);
}

#[test]
fn query_takes_filters_as_flags() {
    let settings = indexed();
    let mut variables = borrowed(&settings);
    variables.push(("CLIP_SEARCH_ENGINE", "clip"));
    variables.push(("CLIP_SEARCH_MIN_SCORE", "1"));
    let query = |words: &[&str]| {
        let words = [&["query", "img"], words].concat();
        Program::start(CLIP_SEARCH, &words, &variables).wait()
    };
    let found = query(&["--after", "2019", "--before=2020"]);
    assert_eq!(found.status.code(), Some(0), "{}", found.output);
    assert!(
        found.output.contains("IMG_20190504_101112.png"),
        "{}",
        found.output
    );
    assert!(!found.output.contains("IMG_2231"), "{}", found.output);
    let none = query(&["--folder", "papers"]);
    assert_eq!(none.status.code(), Some(1), "{}", none.output);
    let wrong = query(&["--near", "Rome"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", wrong.output);
    assert!(
        wrong.output.contains("near must be latitude"),
        "{}",
        wrong.output
    );
}
