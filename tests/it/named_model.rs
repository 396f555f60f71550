//! Own pictures in one step: what is said of the built-in model, and a known model by its name.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use crate::clip_fetch::{NAME, checkpoint, hub};
use crate::support::process::{Ended, Program};
use crate::support::stage::file;

const DRAWINGS_ONLY: &str = "The built-in model knows drawings only";

/// A folder with two pictures in `pictures`.
fn staged() -> PathBuf {
    let folder = file("named", "").with_extension("d");
    std::fs::create_dir_all(folder.join("pictures")).expect("room");
    for (name, colour) in [("red", [200, 0, 0]), ("blue", [0, 0, 200])] {
        let picture = image::RgbImage::from_pixel(8, 8, image::Rgb(colour));
        let path = folder.join(format!("pictures/{name}.png"));
        picture.save(path).expect("room");
    }
    folder
}

fn plain(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// `clip-search` by a user whose home is `folder`.
fn search(folder: &Path, hub: &str, words: &[&str]) -> Ended {
    let index = folder.join("index");
    let settings = [
        ("HOME", plain(folder)),
        ("CLIP_SEARCH_HUB", hub),
        ("CLIP_SEARCH_INDEX", plain(&index)),
    ];
    Program::start(env!("CARGO_BIN_EXE_clip-search"), words, &settings).wait()
}

#[test]
fn a_model_is_fetched_by_its_name_once_and_used_from_then_on() {
    let folder = staged();
    let hub = hub(checkpoint());
    let pictures = folder.join("pictures");
    let add = ["index", "add", "--model", NAME, plain(&pictures)];
    let added = search(&folder, &hub.url(""), &add);
    assert_eq!(added.status.code(), Some(0), "{}", added.output);
    let first = added.output.lines().next().unwrap_or_default();
    assert!(
        first.contains("fetching the model tinyclip-39m once: 334 MB, licence MIT"),
        "{first}"
    );
    assert!(added.output.contains("2 added"), "{}", added.output);
    assert!(!added.output.contains(DRAWINGS_ONLY), "{}", added.output);
    let asked = hub.requests().len();
    let again = search(&folder, "http://127.0.0.1:1", &add);
    assert!(again.output.contains("2 unchanged"), "{}", again.output);
    // Nothing has to be named any more.
    for words in [
        &["query", "red"][..],
        &["index", "add"],
        &["check"],
        &["model", "info"],
    ] {
        let ended = search(&folder, "http://127.0.0.1:1", words);
        assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
        assert!(!ended.output.contains(DRAWINGS_ONLY), "{}", ended.output);
    }
    let info = search(&folder, "http://127.0.0.1:1", &["model", "info"]);
    assert!(info.output.contains("least    strict "), "{}", info.output);
    let found = search(&folder, "http://127.0.0.1:1", &["query", "red"]);
    let paths: Vec<&str> = found
        .output
        .lines()
        .filter_map(|line| line.split('\t').nth(1))
        .collect();
    assert_eq!(paths.len(), 2, "{}", found.output);
    assert!(
        paths.contains(&plain(&pictures.join("red.png"))),
        "{paths:?}"
    );
    assert_eq!(hub.requests().len(), asked);
}

#[test]
fn a_download_that_broke_off_says_how_to_go_on() {
    let folder = staged();
    let pictures = folder.join("pictures");
    let words = ["index", "add", "--model", NAME, plain(&pictures)];
    let ended = search(&folder, "http://127.0.0.1:1", &words);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.output);
    assert!(
        ended.output.contains("goes on where it broke off"),
        "{}",
        ended.output
    );
    let wrong = search(
        &folder,
        "http://127.0.0.1:1",
        &["index", "add", "--model", "tinyclip-9m", "/"],
    );
    assert_eq!(wrong.status.code(), Some(2), "{}", wrong.output);
    assert!(
        wrong.output.contains("did you mean tinyclip-8m"),
        "{}",
        wrong.output
    );
}

#[test]
fn the_built_in_model_is_called_what_it_is_before_anything_else() {
    let folder = staged();
    let pictures = folder.join("pictures");
    let added = search(
        &folder,
        "http://127.0.0.1:1",
        &["index", "add", plain(&pictures)],
    );
    assert!(added.output.starts_with(DRAWINGS_ONLY), "{}", added.output);
    assert!(
        added.output.contains("--model laion-vit-b-32"),
        "{}",
        added.output
    );
    let nothing = ["query", "--min-score", "0.99", "zebra"];
    let ended = search(&folder, "http://127.0.0.1:1", &nothing);
    assert_eq!(ended.status.code(), Some(1), "{}", ended.output);
    let line = format!("nothing found for “zebra”. {DRAWINGS_ONLY}");
    assert!(ended.output.starts_with(&line), "{}", ended.output);

    // Another model makes that index anew, without being told to.
    let hub = hub(checkpoint());
    let add = ["index", "add", "--model", NAME, plain(&pictures)];
    let added = search(&folder, &hub.url(""), &add);
    assert!(
        added.output.contains("every picture is encoded again"),
        "{}",
        added.output
    );
    assert!(added.output.contains("2 added"), "{}", added.output);
}

fn playground(folder: &Path, arguments: &[&str], more: &[(&str, &str)]) -> Program {
    let pictures = folder.join("pictures");
    let arguments = [&["--pictures", plain(&pictures)], arguments].concat();
    let settings = [&[("HOME", plain(folder))], more].concat();
    Program::start(env!("CARGO_BIN_EXE_playground"), &arguments, &settings)
}

#[test]
fn the_chat_says_the_same_sentence_when_nothing_is_found() {
    let folder = staged();
    let none = ("CLIP_SEARCH_MIN_SCORE", "0.99");
    let ended = playground(&folder, &["--ask", "zebra"], &[none]).wait();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.output);
    assert!(ended.output.starts_with(DRAWINGS_ONLY), "{}", ended.output);
    let line = format!("Nothing found for “zebra”. {DRAWINGS_ONLY}");
    assert!(ended.output.contains(&line), "{}", ended.output);
}

/// The note on the page, from the events that it follows, once it has all of `words`.
fn note(address: &str, words: &[&str]) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!("GET /api/events HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("sent");
    let lines = BufReader::new(stream).lines();
    let mut lines = lines.map(|line| line.expect("the stream goes on"));
    let has_all = |line: &String| words.iter().all(|word| line.contains(word));
    lines.find(has_all).expect("the stream goes on")
}

#[test]
fn the_page_names_folder_and_model_and_how_many_pictures_there_are() {
    let folder = staged();
    let place = format!("Pictures in {}", folder.join("pictures").display());
    let address = |page: &Program| {
        let line = page.wait_for_line("playground: http://");
        line.trim_start_matches("playground: http://")
            .trim_end_matches('/')
            .to_owned()
    };
    let page = playground(&folder, &[], &[]);
    note(
        &address(&page),
        &[&place, "small built-in model", DRAWINGS_ONLY, "2 pictures."],
    );
    page.stop();

    let hub = hub(checkpoint());
    let hub = hub.url("");
    let from_hub = [("CLIP_SEARCH_HUB", hub.as_str())];
    let page = playground(&folder, &["--model", NAME], &from_hub);
    note(
        &address(&page),
        &[&place, "found by the model", "2 pictures."],
    );
    page.stop();
    let page = playground(&folder, &[], &[]);
    note(
        &address(&page),
        &[&place, "found by the model", "2 pictures."],
    );
    assert!(!page.stop().output.contains(DRAWINGS_ONLY));

    let wrong = Program::start(env!("CARGO_BIN_EXE_playground"), &["--model", NAME], &[]).wait();
    assert_eq!(wrong.status.code(), Some(2), "{}", wrong.output);
    assert!(wrong.output.contains("--pictures"), "{}", wrong.output);
}
