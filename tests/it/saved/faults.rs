//! Kills, full disks and full collections: what was acknowledged stays, and nothing is there twice.

use std::process::Command;
use std::sync::Mutex;

use super::*;
use crate::support::endpoint::{CLIP_SEARCH, listening};

/// What was acknowledged: each key with its id.
type Acknowledged = Mutex<Vec<(String, String)>>;

/// Saves pictures one after another, until the endpoint is gone.
fn post_until_gone(address: SocketAddr, sender: usize, acknowledged: &Acknowledged) {
    let names = ["bus", "cat", "pizza", "dog"];
    let file = drawings::find(names[sender % 4]).expect("built in").file;
    for number in 0.. {
        let key = format!("{sender}-{number}");
        let target = format!("/pictures?collection=user:{}&key={key}", sender % 2);
        let headers = format!("{TOKEN}content-length: {}\r\n", file.len());
        let posted = std::panic::catch_unwind(|| {
            let mut connection = Raw::connect(address);
            connection.ask("POST", &target, &headers);
            connection.send(file).reply()
        });
        match posted {
            Ok(reply) if reply.status == 201 => {
                let id = reply.json()["id"].as_str().expect("an id").to_owned();
                acknowledged.lock().expect("no panic").push((key, id));
            }
            _ => return,
        }
    }
}

#[test]
fn a_kill_in_the_midst_of_saving_loses_nothing_and_doubles_nothing() {
    let mut store = Store::start("kill", &[]);
    let acknowledged = Acknowledged::default();
    for round in 1..=3 {
        let address = store.address;
        std::thread::scope(|scope| {
            for sender in 0..4 {
                let acknowledged = &acknowledged;
                scope.spawn(move || post_until_gone(address, round * 4 + sender, acknowledged));
            }
            while acknowledged.lock().expect("no panic").len() < round * 25 {
                std::thread::yield_now();
            }
            store.program.signal("KILL");
        });
        let folder = store.stop();
        store = Store::again(folder, &[]);
    }
    let acknowledged = acknowledged.into_inner().expect("no panic");
    let mut ids: Vec<&String> = acknowledged.iter().map(|(_, id)| id).collect();
    for (key, id) in &acknowledged {
        let sender: usize = key
            .split('-')
            .next()
            .and_then(|n| n.parse().ok())
            .expect("ours");
        let again = store.save("bus", &format!("collection=user:{}&key={key}", sender % 2));
        assert_eq!(again, (200, id.clone()), "{key}");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), acknowledged.len());
}

#[test]
fn a_full_disk_is_named_and_nothing_is_half_saved() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("saved-full");
    let _ = std::fs::remove_dir_all(&folder);
    // No file may be longer, which is to a program as if the disk were full.
    let mut command = Command::new("sh");
    command
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 240; exec \"$0\" serve",
            CLIP_SEARCH,
        ])
        .env_clear()
        .env("CLIP_SEARCH_LISTEN", "127.0.0.1:0")
        .env("CLIP_SEARCH_ENGINE", "clip")
        .env("CLIP_SEARCH_SAVED", &folder)
        .env("CLIP_SEARCH_TOKEN", "s3cret-of-the-test");
    let program = Program::spawn(command);
    let address = listening(&program);
    let store = Store {
        address,
        folder,
        program,
    };
    let mut saved = Vec::new();
    let refused = loop {
        let key = format!("{}", saved.len());
        let about = format!("collection=user:1&key={key}&caption={}", "x".repeat(3000));
        let file = drawings::find("bus").expect("built in").file;
        let reply = store.post(&format!("/pictures?{about}"), TOKEN, file);
        if reply.status != 201 {
            assert_eq!(reply.error(), (507, "disk_full".to_owned()));
            break key;
        }
        saved.push(reply.json()["id"].as_str().expect("an id").to_owned());
        assert!(saved.len() < 400, "the limit is not heeded");
    };
    assert!(!saved.is_empty());
    let folder = store.stop();
    let store = Store::again(folder, &[]);
    for (key, id) in saved.iter().enumerate() {
        let again = store.save("bus", &format!("collection=user:1&key={key}"));
        assert_eq!(again, (200, id.clone()));
    }
    let (status, _) = store.save("cat", &format!("collection=user:1&key={refused}"));
    assert_eq!(status, 201, "it was not half saved");
}

#[test]
fn a_full_collection_is_named_and_others_are_not_hindered() {
    let settings = [("CLIP_SEARCH_QUOTA_PICTURES", "2")];
    let store = Store::start("quota", &settings);
    for key in ["a", "b"] {
        assert_eq!(
            store.save("bus", &format!("collection=user:1&key={key}")).0,
            201
        );
    }
    let file = drawings::find("cat").expect("built in").file;
    let refused = store.post("/pictures?collection=user:1&key=c", TOKEN, file);
    assert_eq!(refused.error(), (507, "quota".to_owned()));
    assert_eq!(store.save("bus", "collection=user:1&key=a").0, 200);
    assert_eq!(store.save("cat", "collection=user:2&key=c").0, 201);
    store.ask("DELETE", "/pictures?collection=user:1&key=a", "");
    assert_eq!(store.save("cat", "collection=user:1&key=c").0, 201);
}

#[test]
fn info_counts_what_is_saved_while_it_is_served() {
    let store = Store::start("info", &[]);
    store.save("bus", "collection=user:1&key=a&file_id=4242:AgAC");
    store.save("dog", "collection=user:3&key=a&file_id=4242:file:BQAC");
    store.save("owl", "collection=user:3&key=b&file_id=AgAC-of-whom");
    store.save("pear", "collection=user:3&key=c");
    let (_, id) = store.save("cat", "collection=user:2&key=b");
    store.ask("DELETE", &format!("/pictures/{id}"), "");
    let run = |words: &[&str], folder: &Path| {
        let mut command = Command::new(CLIP_SEARCH);
        let command = command.args(words).env_clear();
        let output = command.env("CLIP_SEARCH_SAVED", folder).output();
        let output = output.expect("it runs");
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stdout).into_owned(),
        )
    };
    let (code, json) = run(&["index", "info", "--json"], &store.folder);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (code, &json["saved"]["pictures"]),
        (Some(0), &4.into()),
        "{json}"
    );
    // A file_id is worth something to the bot that got it alone.
    let bots = serde_json::json!({"4242": 2, "": 1});
    assert_eq!(json["saved"]["file_ids"], bots, "{json}");
    assert_eq!(json["saved"]["pending"], 1, "{json}");
    assert_eq!(
        run(&["index", "compact"], &store.folder).0,
        Some(1),
        "it is served"
    );
    let folder = store.stop();
    let (code, text) = run(&["index", "compact"], &folder);
    assert_eq!(code, Some(0));
    assert!(
        text.contains("4 pictures in 2 collections") && !text.contains("pending"),
        "{text}"
    );
    assert!(text.contains("2 pictures of bot 4242"), "{text}");
    assert!(
        text.contains("1 picture, of a bot that is not known"),
        "{text}"
    );
}
