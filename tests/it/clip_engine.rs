//! The real `clip-search` as it comes: its own CLIP model, and the built-in or one's own pictures.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use clip_bot::engine::drawings;
use clip_bot::http::{Client, Request};
use serde_json::Value;

use crate::support::endpoint::{CLIP_SEARCH, start};
use crate::support::server::{Reply, Server};
use crate::support::stage::file;

const CLIP: (&str, &str) = ("CLIP_SEARCH_ENGINE", "clip");

fn ask(address: impl std::fmt::Display, query: &str) -> Value {
    let search = Request::get(format!("http://{address}/search"))
        .query("query", query)
        .query("details", "true");
    let answer = Client::new(1).send(&search).expect("an answer");
    assert_eq!(answer.head.status, 200);
    answer.json().expect("JSON")
}

fn captions(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().expect("results").iter();
    results.filter_map(|hit| hit["caption"].as_str()).collect()
}

fn fetch(url: &str) -> (u16, Vec<u8>) {
    let answer = Client::new(1).send(&Request::get(url)).expect("an answer");
    (answer.head.status, answer.body)
}

#[test]
fn the_built_in_pictures_are_found_by_meaning() {
    let (_program, address) = start(&[CLIP]);
    for (query, expected) in [
        ("a red bus", "bus"),
        ("pizza", "pizza"),
        ("un gato negro", "black cat"),
        ("a bicycle", "bicycle"),
    ] {
        let answer = ask(address, query);
        assert_eq!(
            captions(&answer).first(),
            Some(&expected),
            "{query}: {answer}"
        );
    }
    let german = Request::get(format!("http://{address}/search"))
        .query("query", "собака")
        .query("details", "true")
        .query("lang", "de-AT");
    let german = Client::new(1).send(&german).expect("an answer");
    assert_eq!(captions(&german.json().expect("JSON"))[0], "Hund");
    let first = &ask(address, "pizza")["results"][0];
    let url = first["url"].as_str().expect("an address");
    assert_eq!(url, format!("http://{address}/images/pizza"));
    let (status, file) = fetch(url);
    let pizza = drawings::find("pizza").expect("it is built in");
    assert_eq!((status, file.as_slice()), (200, pizza.file));
    let (status, small) = fetch(&format!("{url}?w=64"));
    let size = imagesize::blob_size(&small).expect("a picture");
    assert_eq!((status, size.width, size.height), (200, 64, 64));
    for missing in ["none", "..%2fpizza", "%ff"] {
        assert_eq!(fetch(&format!("http://{address}/images/{missing}")).0, 404);
    }
}

#[test]
fn a_picture_finds_itself() {
    let (_program, address) = start(&[CLIP]);
    let bus = drawings::find("bus").expect("it is built in");
    let url = format!("http://{address}/search?details=true&limit=2");
    let post = Request::post(url, "image/jpeg", bus.file.to_vec());
    let answer = Client::new(1).send(&post).expect("an answer");
    let answer: Value = answer.json().expect("JSON");
    assert_eq!(captions(&answer)[0], "bus");
    assert!(
        answer["results"][0]["score"].as_f64() > Some(0.98),
        "{answer}"
    );
}

/// A folder with pictures of one's own, of which the index does not exist yet.
fn own_pictures() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clip-engine");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("pictures")).expect("room");
    add(&folder, &["bus", "pizza", "cat"]);
    folder
}

fn add(folder: &Path, ids: &[&str]) {
    for id in ids {
        let file = drawings::find(id).expect("it is built in").file;
        let path = folder.join("pictures").join(format!("my {id}.jpg"));
        std::fs::write(path, file).expect("room");
    }
}

fn index(folder: &Path) -> String {
    let mut command = Command::new(CLIP_SEARCH);
    command.env_clear().args(["index", "add", "pictures"]);
    command
        .current_dir(folder)
        .env("CLIP_SEARCH_INDEX", "index");
    let output = command.output().expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn ones_own_pictures_are_served_while_they_become_more() {
    let folder = own_pictures();
    let place = folder.join("index");
    let variables = [CLIP, ("CLIP_SEARCH_INDEX", place.to_str().expect("plain"))];
    let none = Command::new(CLIP_SEARCH)
        .env_clear()
        .envs(variables)
        .args(["query", "bus"])
        .output()
        .expect("it starts");
    let line = String::from_utf8_lossy(&none.stderr);
    assert_eq!(none.status.code(), Some(2), "{line}");
    assert!(line.contains("clip-search index add"), "{line}");

    let (_program, address) = start(&variables);
    for path in ["search?query=bus", "ready", "images/0123456789abcdef"] {
        let request = Request::get(format!("http://{address}/{path}"));
        let early = Client::new(1).send(&request).expect("an answer");
        assert_eq!(early.head.status, 503, "{path}");
        assert_eq!(early.head.header("retry-after"), Some("10"), "{path}");
        let error: Value = early.json().expect("JSON");
        assert_eq!(error["error"]["code"], "not_ready", "{path}");
        let message = error["error"]["message"].as_str().expect("a text");
        assert!(message.contains("clip-search index add"), "{message}");
    }
    assert!(index(&folder).starts_with("3 added"));
    let answer = ask(address, "a bus");
    assert_eq!(captions(&answer)[0], "my bus");
    let url = answer["results"][0]["url"].as_str().expect("an address");
    assert!(!url.contains("bus"), "{url} tells nothing of the file");
    assert_eq!(fetch(url).1, drawings::find("bus").expect("built in").file);
    assert!(!captions(&ask(address, "a bicycle")).contains(&"my bicycle"));

    add(&folder, &["bicycle"]);
    std::fs::remove_file(folder.join("pictures/my cat.jpg")).expect("it is there");
    let told = index(&folder);
    assert!(
        told.starts_with("1 added") && told.contains("1 removed"),
        "{told}"
    );
    assert_eq!(captions(&ask(address, "a bicycle"))[0], "my bicycle");
    assert!(!captions(&ask(address, "a cat")).contains(&"my cat"));
}

#[test]
fn the_key_of_qdrant_reaches_qdrant_and_no_line_of_the_log() {
    const KEY: &str = "key-that-nobody-may-see";
    let qdrant = Server::start(|request| match request.header("api-key") {
        Some(KEY) => Reply::html(403, "this key may do nothing"),
        _ => Reply::html(500, "no key came"),
    });
    let key = file("qdrant-key", KEY);
    let output = Command::new(CLIP_SEARCH)
        .env_clear()
        .env("CLIP_SEARCH_LOG", "trace")
        .env("CLIP_SEARCH_QDRANT", qdrant.url("/collections/pictures"))
        .env("CLIP_SEARCH_QDRANT_KEY_FILE", &key)
        .args(["query", "bus"])
        .output()
        .expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("does not accept the key"), "{said}");
    assert!(!said.contains(KEY), "{said}");
}

#[test]
fn the_playground_searches_ones_own_pictures() {
    let folder = file("own-pictures", "").with_extension("d");
    std::fs::create_dir_all(folder.join("pictures")).expect("room");
    add(&folder, &["pizza", "bus"]);
    let output = Command::new(env!("CARGO_BIN_EXE_playground"))
        .env_clear()
        .env("TMPDIR", &folder)
        .arg("--pictures")
        .arg(folder.join("pictures"))
        .args(["--ask", "a slice of pizza"])
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.starts_with("The built-in model knows drawings only"),
        "{said}"
    );
    assert!(said.contains("\n2 added"), "{said}");
    assert!(said.contains("[picture] my pizza"), "{said}");
    let cache = std::fs::metadata(folder.join("clip-bot-cache")).expect("the index is there");
    assert_eq!(cache.permissions().mode() & 0o777, 0o700, "private");

    // Two folders of one name, each named from where it is, are not one.
    let other = folder.join("elsewhere");
    std::fs::create_dir_all(other.join("pictures")).expect("room");
    let output = Command::new(env!("CARGO_BIN_EXE_playground"))
        .env_clear()
        .env("TMPDIR", &folder)
        .current_dir(&other)
        .args(["--pictures", "pictures", "--ask", "a slice of pizza"])
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("my pizza"), "{said}");
}
