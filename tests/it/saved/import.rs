//! `clip-search import telegram`: the past of a chat, from Telegram Desktop's export.

use std::os::unix::fs::symlink;
use std::process::Command;

use super::*;
use crate::support::endpoint::CLIP_SEARCH;

/// An export with two pictures, one of them twice, and paths that lead elsewhere.
pub fn export(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("export-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    let photos = folder.join("in/photos");
    std::fs::create_dir_all(&photos).expect("room");
    for (name, drawing) in [("1.jpg", "bus"), ("2.jpg", "cat"), ("again.jpg", "bus")] {
        let file = drawings::find(drawing).expect("built in").file;
        std::fs::write(photos.join(name), file).expect("room");
    }
    let secret = folder.join("secret.jpg");
    let pizza = drawings::find("pizza").expect("built in").file;
    std::fs::write(&secret, pizza).expect("room");
    symlink(&secret, photos.join("link.jpg")).expect("room");
    let paths = [
        "photos/1.jpg",
        "photos/2.jpg",
        "photos/again.jpg",
        "photos/link.jpg",
        "../secret.jpg",
        secret.to_str().expect("UTF-8"),
        "(File not included. Change data exporting settings to download.)",
    ];
    let messages: Vec<Value> = paths
        .iter()
        .enumerate()
        .map(|(id, path)| {
            serde_json::json!({
                "id": id + 1, "type": "message", "date": "2023-07-14T12:11:12",
                "date_unixtime": "1689329472", "from": "Anna", "photo": path,
                "text": ["zephyrine ", {"type": "bold", "text": "day"}],
            })
        })
        .collect();
    let chat = serde_json::json!({
        "name": "Trip", "type": "private_supergroup", "id": 1234, "messages": messages,
    });
    std::fs::write(folder.join("in/result.json"), chat.to_string()).expect("room");
    folder.join("in")
}

pub fn import(settings: &[(&str, &str)], words: &[&str], folder: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(CLIP_SEARCH);
    let command = command.args(["import", "telegram"]).args(words).arg(folder);
    let command = command.env_clear().envs(settings.iter().copied());
    let output = command.output().expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn an_export_is_saved_once_whoever_writes() {
    let folder = export("once");
    let store = Store::start("import", &[]);
    let listen = store.address.to_string();
    let path = store.folder.to_str().expect("UTF-8").to_owned();
    let settings = [
        ("CLIP_SEARCH_SAVED", path.as_str()),
        ("CLIP_SEARCH_LISTEN", &listen),
        ("CLIP_SEARCH_TOKEN", "s3cret-of-the-test"),
    ];
    let (code, said) = import(&settings, &["--user", "42"], &folder);
    assert_eq!(code, Some(0), "{said}");
    let first = "2 saved for user:42, 1 here already, 4 not in the export's folder";
    assert!(said.contains(first), "{said}");
    let again = "0 saved for user:42, 3 here already, 4 not in the export's folder";
    let (_, said) = import(&settings, &["--user", "42"], &folder);
    assert!(said.contains(again), "{said}");
    let hits = store.search("query=zephyrine+anna&collection=user:42");
    assert_eq!(hits.len(), 2, "{hits:?}");
    assert_eq!(hits[0]["caption"], "zephyrine day · Anna");
    assert_eq!(hits[0]["taken"], "2023-07-14T12:11:12+02:00");
    let link = hits[0]["link"].as_str().expect("a link");
    assert!(link.starts_with("https://t.me/c/1234/"), "{link}");
    store.stop();
    // Where nothing is served, the store is written itself.
    let (code, said) = import(&settings, &["--user", "42"], &folder);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(again), "{said}");
    let (_, said) = import(&settings, &["--chat", "-100"], &folder);
    assert!(said.contains("2 saved for chat:-100"), "{said}");
}

#[test]
fn whose_pictures_they_are_must_be_said() {
    let folder = export("whose");
    for words in [
        &[][..],
        &["--user", "anna"],
        &["--user", "1", "--chat", "2"],
    ] {
        let (code, said) = import(&[], words, &folder);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("--user ID or --chat ID"), "{said}");
    }
    let (code, said) = import(&[], &["--user", "1"], &folder.join("photos"));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("there is no result.json"), "{said}");
}
