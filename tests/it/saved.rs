//! Pictures that `POST /pictures` saves: found by the name of their collection, and forgotten again.

mod faults;
mod filters;
pub mod import;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clip_bot::engine::drawings;
use serde_json::Value;

use crate::support::endpoint::start;
use crate::support::process::Program;
use crate::support::raw::{Raw, Reply};

pub const TOKEN: &str = "authorization: Bearer s3cret-of-the-test\r\n";

/// An endpoint with the built-in model that saves pictures in a folder of that name.
pub struct Store {
    pub address: SocketAddr,
    pub folder: PathBuf,
    program: Program,
}

impl Store {
    pub fn start(name: &str, settings: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("saved-{name}"));
        let _ = std::fs::remove_dir_all(&folder);
        Self::again(folder, settings)
    }

    pub fn again(folder: PathBuf, settings: &[(&str, &str)]) -> Self {
        let path = folder.to_str().expect("UTF-8").to_owned();
        let mut all = vec![
            ("CLIP_SEARCH_ENGINE", "clip"),
            ("CLIP_SEARCH_SAVED", path.as_str()),
            ("CLIP_SEARCH_TOKEN", "s3cret-of-the-test"),
        ];
        all.extend(settings);
        let (program, address) = start(&all);
        Self {
            address,
            folder,
            program,
        }
    }

    pub fn stop(self) -> PathBuf {
        self.program.stop();
        self.folder
    }

    pub fn ask(&self, method: &str, target: &str, headers: &str) -> Reply {
        Raw::connect(self.address)
            .ask(method, target, &format!("{headers}{TOKEN}"))
            .reply()
    }

    pub fn post(&self, target: &str, headers: &str, body: &[u8]) -> Reply {
        let headers = format!("{headers}content-length: {}\r\n", body.len());
        let mut connection = Raw::connect(self.address);
        connection.ask("POST", target, &headers);
        connection.send(body).reply()
    }

    /// Saves a drawing, and returns the status and the id.
    pub fn save(&self, drawing: &str, parameters: &str) -> (u16, String) {
        let file = drawings::find(drawing).expect("built in").file;
        let reply = self.post(&format!("/pictures?{parameters}"), TOKEN, file);
        let id = reply.json()["id"].as_str().map(str::to_owned);
        (reply.status, id.unwrap_or_default())
    }

    /// What a search finds, in the long form.
    pub fn search(&self, parameters: &str) -> Vec<Value> {
        let reply = self.ask("GET", &format!("/search?details=true&{parameters}"), "");
        assert_eq!(
            reply.status,
            200,
            "{}",
            String::from_utf8_lossy(&reply.body)
        );
        let found = reply.json();
        found["results"].as_array().expect("results").clone()
    }

    pub fn ids(&self, parameters: &str) -> Vec<String> {
        let id = |hit: &Value| hit["id"].as_str().expect("an id").to_owned();
        self.search(parameters).iter().map(id).collect()
    }
}

#[test]
fn a_caption_is_changed_and_a_picture_forgotten_by_who_posted_it_alone() {
    let store = Store::start("caption", &[]);
    let (_, id) = store.save("bus", "collection=chat:7&key=m1&caption=zephyrine&by=7");
    let captions = || -> Vec<String> {
        let hits = store.search("query=bus&collection=chat:7");
        let caption = |hit: &Value| hit["caption"].as_str().unwrap_or_default().to_owned();
        hits.iter().map(caption).collect()
    };
    let again = store.save("bus", "collection=chat:7&key=m1&caption=kestrel");
    assert_eq!(
        (again, captions()),
        ((200, id.clone()), vec!["kestrel".to_owned()])
    );
    // Without words it keeps those that it has.
    assert_eq!(
        store.save("bus", "collection=chat:7&key=m1"),
        (200, id.clone())
    );
    assert_eq!(captions(), ["kestrel"]);
    let change = |target: &str, headers: &str| store.ask("PATCH", target, headers).status;
    let none = "content-length: 0\r\n";
    assert_eq!(
        change("/pictures?collection=chat:7&key=m1&caption=heron", none),
        200
    );
    assert_eq!(captions(), ["heron"]);
    assert_eq!(store.ids("query=heron&collection=chat:7"), [id.as_str()]);
    assert_eq!(
        change("/pictures?collection=chat:7&key=m1&caption=", none),
        200
    );
    assert_eq!(captions(), [""]);
    for (target, status) in [
        ("/pictures?collection=chat:8&key=m1&caption=x", 404),
        ("/pictures?collection=chat:7&key=m2&caption=x", 404),
        ("/pictures?collection=chat:7&key=m1", 400),
        ("/pictures?collection=chat:7&caption=x", 400),
        ("/pictures?key=m1&caption=x", 400),
    ] {
        assert_eq!(change(target, none), status, "{target}");
    }
    let forget = |by: &str| {
        let target = format!("/pictures?collection=chat:7&key=m1{by}");
        store.ask("DELETE", &target, "").status
    };
    assert_eq!(
        (forget("&by=8"), forget("&by="), captions().len()),
        (404, 404, 1)
    );
    assert_eq!((forget("&by=7"), captions().len()), (200, 0));
    store.stop();
}

#[test]
fn a_picture_is_saved_found_in_its_collection_alone_and_forgotten() {
    let store = Store::start("whole", &[]);
    let about = "collection=user:7&key=m1&caption=our+zephyrine+car&taken=2023-07-14T10:11:12Z\
                 &file_id=AgAD-x&link=https://t.me/c/1/2";
    let (status, id) = store.save("bus", about);
    assert_eq!((status, id.len()), (201, 48));
    assert_eq!(store.save("bus", about), (200, id.clone()));
    let (status, other) = store.save("bus", "collection=chat:7&key=m1");
    assert_eq!(status, 201);
    assert_ne!(id, other);
    let hits = store.search("query=a+red+bus&collection=user:7");
    assert_eq!(hits.len(), 1, "{hits:?}");
    let hit = &hits[0];
    assert_eq!(hit["id"], id.as_str());
    assert_eq!(hit["caption"], "our zephyrine car");
    assert_eq!(hit["taken"], "2023-07-14T10:11:12Z");
    assert_eq!(hit["file_id"], "AgAD-x");
    assert_eq!(hit["link"], "https://t.me/c/1/2");
    assert_eq!(hit["collection"], "user:7");
    assert!(
        hit["width"].as_u64().is_some() && hit.get("url").is_none(),
        "{hit}"
    );
    assert_eq!(
        store.ids("query=zephyrine&collection=user:7"),
        [id.as_str()]
    );
    let own = store.search("query=zephyrine+bus&limit=50");
    assert!(own.iter().all(|hit| hit.get("collection").is_none()));
    let bare = store.ask("GET", "/search?query=bus&collection=user:7", "");
    assert_eq!(
        bare.json(),
        serde_json::json!([]),
        "without an address there is nothing to list"
    );
    assert_eq!(store.search("query=bus&collection=nobody").len(), 0);
    assert_eq!(store.ask("GET", &format!("/images/{id}"), "").status, 404);
    // Forgotten by key in one collection, it stays in the other.
    assert_eq!(
        store
            .ask("DELETE", "/pictures?collection=user:7&key=m1", "")
            .status,
        200
    );
    assert_eq!(
        store
            .ask("DELETE", "/pictures?collection=user:7&key=m1", "")
            .status,
        404
    );
    assert_eq!(store.search("query=bus&collection=user:7").len(), 0);
    assert_eq!(store.ids("query=bus&collection=chat:7"), [other.as_str()]);
    assert_eq!(
        store
            .ask("DELETE", &format!("/pictures/{other}"), "")
            .status,
        200
    );
    assert_eq!(store.search("query=bus&collection=chat:7").len(), 0);
}

#[test]
fn all_of_it_needs_the_token() {
    let store = Store::start("token", &[]);
    let (_, id) = store.save("bus", "collection=user:7&keep=yes");
    let wrong = "authorization: Bearer wrong\r\n";
    for (method, target) in [
        ("GET", "/search?query=bus&collection=user:7".to_owned()),
        ("GET", format!("/images/{id}")),
        ("DELETE", format!("/pictures/{id}")),
        ("DELETE", "/pictures?collection=user:7".to_owned()),
        ("POST", "/pictures?collection=user:7".to_owned()),
    ] {
        let ask = |headers| {
            Raw::connect(store.address)
                .ask(method, &target, headers)
                .reply()
        };
        assert_eq!(ask("").status, 401, "{method} {target}");
        assert_eq!(
            ask(wrong).error(),
            (403, "forbidden".to_owned()),
            "{method} {target}"
        );
    }
    assert_eq!(store.ask("GET", &format!("/images/{id}"), "").status, 200);
}

/// A form with these parts.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (about, content) in parts {
        body.extend(b"--X\r\nContent-Disposition: form-data; name=");
        body.extend(about.as_bytes());
        body.extend(b"\r\n\r\n");
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--X--\r\n");
    body
}

#[test]
fn a_form_says_in_fields_or_json_what_is_saved() {
    let store = Store::start("form", &[]);
    let bus = drawings::find("bus").expect("built in").file;
    let headers = format!("{TOKEN}content-type: multipart/form-data; boundary=X\r\n");
    let field = |name: &'static str, value: &'static str| (name, value.as_bytes());
    let picture = ("picture; filename=x.jpg", bus);
    let json = r#"{"collection": "user:1", "key": "k", "more": [1],  "taken": 1689329472, "caption": null}"#;
    for (about, expected) in [
        (
            &[
                picture,
                field("about\r\nContent-Type: application/json", json),
            ][..],
            201,
        ),
        (
            &[field("collection", "user:1"), picture, field("key", "k")][..],
            200,
        ),
        (&[field("collection", "user:1"), field("key", "k")][..], 400),
        (&[picture, field("key", "k")][..], 400),
        (&[picture, picture, field("collection", "user:1")][..], 400),
        (&[picture, field("collection", "folders")][..], 400),
        (
            &[
                picture,
                field("collection", "a"),
                field("taken", "yesterday"),
            ][..],
            400,
        ),
        (
            &[
                picture,
                field("collection", "a"),
                field("link", "javascript:1"),
            ][..],
            400,
        ),
        (
            &[
                field("file; filename=a.txt", "no picture"),
                field("collection", "a"),
            ][..],
            415,
        ),
    ] {
        let reply = store.post("/pictures", &headers, &form(about));
        assert_eq!(
            reply.status,
            expected,
            "{}",
            String::from_utf8_lossy(&reply.body)
        );
    }
    let hits = store.search("query=bus&collection=user:1");
    assert_eq!(hits[0]["taken"], "2023-07-14T10:11:12Z");
    let once = store.save("bus", "collection=user:1&key=other&once=yes");
    assert_eq!(
        (once.0, once.1.as_str()),
        (200, hits[0]["id"].as_str().expect("an id"))
    );
}

#[test]
fn folders_and_collections_are_one_ranking_page_by_page() {
    let store = Store::start("pages", &[("CLIP_SEARCH_MIN_SCORE", "-1")]);
    for (number, name) in ["bus", "cat", "pizza", "dog", "bicycle"].iter().enumerate() {
        let collection = if number % 2 == 0 { "user:1" } else { "chat:1" };
        store.save(
            name,
            &format!("collection={collection}&key={name}&caption={name}"),
        );
    }
    let both = "query=a+red+bus&collection=user:1&collection=chat:1";
    let all = store.ids(&format!("{both}&limit=50"));
    assert_eq!(all.len(), 5);
    let paged: Vec<String> = (0..5)
        .flat_map(|offset| store.ids(&format!("{both}&limit=1&offset={offset}")))
        .collect();
    assert_eq!(paged, all);
    let with_own = store.search(&format!("{both}&collection=folders&limit=50"));
    assert_eq!(with_own.len(), 50);
    let scores: Vec<f64> = with_own
        .iter()
        .filter_map(|hit| hit["score"].as_f64())
        .collect();
    assert!(scores.is_sorted_by(|one, next| one >= next), "{scores:?}");
    assert!(with_own.iter().any(|hit| hit.get("collection").is_some()));
    assert!(with_own.iter().any(|hit| hit.get("collection").is_none()));
    // By picture, too.
    let file = drawings::find("pizza").expect("built in").file;
    let target = "/search?details=true&limit=1&collection=user:1";
    let found = store.post(target, TOKEN, file).json();
    assert_eq!(found["results"][0]["caption"], "pizza", "{found}");
}

#[test]
fn who_cannot_save_says_so_and_health_says_who_can() {
    let can = |address| {
        let health = Raw::connect(address)
            .ask("GET", "/health", "")
            .reply()
            .json();
        health["can"]
            .as_array()
            .expect("a list")
            .contains(&"save".into())
    };
    let save = |address, headers: &str| {
        let headers = format!("{headers}content-length: 0\r\n");
        let target = "/pictures?collection=user:1";
        Raw::connect(address)
            .ask("POST", target, &headers)
            .reply()
            .error()
    };
    let store = Store::start("can", &[]);
    assert!(can(store.address));
    let token = ("CLIP_SEARCH_TOKEN", "s3cret-of-the-test");
    for settings in [&[token][..], &[token, ("CLIP_SEARCH_ENGINE", "clip")][..]] {
        let (_program, address) = start(settings);
        assert!(!can(address));
        assert_eq!(save(address, TOKEN), (501, "not_supported".to_owned()));
    }
    let folder = store.folder.join("other");
    let folder = folder.to_str().expect("UTF-8");
    let open = [
        ("CLIP_SEARCH_ENGINE", "clip"),
        ("CLIP_SEARCH_SAVED", folder),
    ];
    let (_program, address) = start(&open);
    assert_eq!(save(address, ""), (403, "forbidden".to_owned()));
    assert_eq!(save(address, TOKEN), (403, "forbidden".to_owned()));
}

#[test]
fn a_kept_file_has_no_metadata_and_goes_with_its_picture() {
    let store = Store::start("kept", &[("CLIP_SEARCH_QUOTA_MB", "1")]);
    let (_, id) = store.save("bus", "collection=user:1&keep=yes");
    let hit = &store.search("query=bus&collection=user:1")[0];
    let url = hit["url"].as_str().expect("an address");
    assert!(url.ends_with(&format!("/images/{id}")), "{url}");
    let whole = store.ask("GET", &format!("/images/{id}"), "");
    assert_eq!(whole.header("cache-control"), Some("private, no-store"));
    let size = imagesize::blob_size(&whole.body).expect("a picture");
    assert_eq!(Some(size.width as u64), hit["width"].as_u64());
    let small = store.ask("GET", &format!("/images/{id}?w=32"), "");
    assert_eq!(
        imagesize::blob_size(&small.body).expect("a picture").width,
        32
    );
    store.ask("DELETE", "/pictures?collection=user:1", "");
    assert_eq!(store.ask("GET", &format!("/images/{id}"), "").status, 404);
}

#[test]
fn pictures_are_saved_before_there_is_an_index() {
    let none = Path::new(env!("CARGO_TARGET_TMPDIR")).join("saved-no-index");
    let _ = std::fs::remove_dir_all(&none);
    let index = none.to_str().expect("UTF-8").to_owned();
    let store = Store::start("late", &[("CLIP_SEARCH_INDEX", &index)]);
    let (status, id) = store.save("bus", "collection=user:1");
    assert_eq!(status, 201);
    let both = "query=a+bus&collection=user:1&collection=folders";
    assert_eq!(store.ids(both), [id.as_str()]);
    let own = store.ask("GET", "/search?query=bus", "");
    assert_eq!(own.error(), (503, "not_ready".to_owned()));
}

#[test]
fn pictures_outlive_the_program() {
    let all = &[("CLIP_SEARCH_MIN_SCORE", "-1")];
    let store = Store::start("again", all);
    let (_, bus) = store.save("bus", "collection=user:7&key=1&caption=first");
    let (_, cat) = store.save("cat", "collection=user:7&key=2");
    let (_, gone) = store.save("pizza", "collection=user:7&key=3");
    store.ask("DELETE", &format!("/pictures/{gone}"), "");
    let folder = store.stop();
    let store = Store::again(folder, all);
    let mut ids = store.ids("query=bus&collection=user:7");
    ids.sort_unstable();
    let mut expected = [bus.clone(), cat];
    expected.sort_unstable();
    assert_eq!(ids, expected);
    assert_eq!(store.save("bus", "collection=user:7&key=1"), (200, bus));
}
