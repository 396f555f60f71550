//! `clip-search model list|fetch`: known models, from a hub to a file that can be used.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clip_bot::digest::sha256;
use clip_bot::download::{RemoteFile, download};
use clip_bot::error::{Error, Kind};
use clip_bot::http::Client;
use clip_bot::models::known_model;
use clip_bot::progress::Silent;
use safetensors::tensor::Dtype;

use crate::support::process::{Ended, Program};
use crate::support::server::{Reply, Request, Server, Step};
use crate::support::stage::file;
use crate::support::tiny::Tiny;

/// A known model whose digest is not pinned, so that a test can serve other weights for it.
pub const NAME: &str = "tinyclip-39m";

fn folder() -> PathBuf {
    let folder = file("fetch", "").with_extension("d");
    std::fs::create_dir_all(&folder).expect("room");
    folder
}

fn plain(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn fetch(hub: &str, folder: &Path) -> Ended {
    let words = ["model", "fetch", NAME, plain(folder)];
    Program::start(
        env!("CARGO_BIN_EXE_clip-search"),
        &words,
        &[("CLIP_SEARCH_HUB", hub)],
    )
    .wait()
}

/// The files of a small checkpoint.
pub fn checkpoint() -> PathBuf {
    let folder = folder().join("checkpoint");
    std::fs::create_dir_all(&folder).expect("room");
    Tiny::new().save(&folder, Dtype::F32);
    std::fs::write(folder.join("preprocessor_config.json"), "{}").expect("room");
    folder
}

/// The range of `bytes` that the request asks for, or all of them.
fn ranged(request: &Request, bytes: &[u8]) -> Reply {
    let kind = "application/octet-stream";
    let Some(range) = request.header("range") else {
        return Reply::bytes(200, kind, bytes.to_vec());
    };
    let first = range
        .strip_prefix("bytes=")
        .and_then(|range| range.strip_suffix('-'));
    let first: usize = first.expect("an open range").parse().expect("a number");
    let all = bytes.len();
    if first >= all {
        return Reply::bytes(416, kind, Vec::new())
            .with("content-range", &format!("bytes */{all}"));
    }
    let range = format!("bytes {first}-{}/{all}", all - 1);
    Reply::bytes(206, kind, bytes[first..].to_vec()).with("content-range", &range)
}

/// A hub that serves the checkpoint in `folder` as [`NAME`], and redirects requests for weights.
pub fn hub(folder: PathBuf) -> Server {
    let known = known_model(NAME).expect("known");
    let base = format!("/{}/resolve/{}/", known.repository, known.revision);
    Server::start(move |request| {
        if let Some(name) = request.path().strip_prefix("/elsewhere/") {
            return ranged(request, &std::fs::read(folder.join(name)).expect("there"));
        }
        let name = request.path().strip_prefix(base.as_str());
        match name.map(|name| (name, std::fs::read(folder.join(name)))) {
            Some(("model.safetensors", Ok(_))) => Reply::bytes(302, "text/plain", Vec::new())
                .with("location", "/elsewhere/model.safetensors"),
            Some((_, Ok(bytes))) => ranged(request, &bytes),
            _ => Reply::html(404, "Entry not found"),
        }
    })
}

#[test]
fn a_known_model_is_fetched_and_converted() {
    let (checkpoint, folder) = (checkpoint(), folder());
    let weights = std::fs::read(checkpoint.join("model.safetensors")).expect("there");
    let hub = hub(checkpoint);
    let ended = fetch(&hub.url(""), &folder);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    let model = folder.join("tinyclip-39m.clip");
    for words in [
        &format!("sha256   {}", sha256(&weights)),
        "/blob/07a4b0bc751cb64fecd2b661c048c1dd98d69444/model.safetensors",
        "licence  mit",
        &format!("CLIP_SEARCH_MODEL={}", model.display()),
    ] {
        assert!(ended.output.contains(words), "{words}: {}", ended.output);
    }
    let info = ["model", "info", plain(&model)];
    let info = Program::start(env!("CARGO_BIN_EXE_clip-search"), &info, &[]).wait();
    assert!(info.output.contains("every byte"), "{}", info.output);

    let asked = hub.requests().len();
    let again = fetch(&hub.url(""), &folder);
    assert_eq!(again.status.code(), Some(0), "{}", again.output);
    assert_eq!(hub.requests().len(), asked, "all files are there already");
}

/// A model that nobody has published a digest of is checked by the hub's own.
#[test]
fn the_digest_that_the_hub_tells_on_the_way_is_held() {
    let checkpoint = checkpoint();
    let weights = std::fs::read(checkpoint.join("model.safetensors")).expect("there");
    for (digest, ends) in [(sha256(&weights).to_string(), 0), ("0".repeat(64), 1)] {
        let folder = folder();
        let (size, tag) = (weights.len().to_string(), format!("\"{digest}\""));
        let checkpoint = checkpoint.clone();
        let hub = Server::start(move |request| {
            let name = request.path().rsplit('/').next().unwrap_or_default();
            let Ok(bytes) = std::fs::read(checkpoint.join(name)) else {
                return Reply::html(404, "Entry not found");
            };
            // Another name, then another host, as the hub has it.
            let to = |status: u16, place: String| {
                Reply::bytes(status, "text/plain", Vec::new()).with("location", &place)
            };
            match request.path() {
                path if path.starts_with("/elsewhere/") => ranged(request, &bytes),
                path if path.starts_with("/renamed/") => to(302, format!("/elsewhere/{name}"))
                    .with("x-linked-etag", &tag)
                    .with("x-linked-size", &size),
                _ if name == "model.safetensors" => to(307, format!("/renamed/{name}")),
                _ => ranged(request, &bytes),
            }
        });
        let ended = fetch(&hub.url(""), &folder);
        assert_eq!(ended.status.code(), Some(ends), "{}", ended.output);
        let refused = ended
            .output
            .contains("not the published one: it was deleted");
        assert_eq!(refused, ends == 1, "{}", ended.output);
    }
}

#[test]
fn what_was_killed_goes_on_and_a_missing_card_is_no_matter() {
    let (checkpoint, folder) = (checkpoint(), folder());
    std::fs::remove_file(checkpoint.join("README.md")).expect("there");
    let weights = std::fs::read(checkpoint.join("model.safetensors")).expect("there");
    let part = folder.join(NAME).join("model.safetensors.part");
    std::fs::create_dir_all(part.parent().expect("a folder")).expect("room");
    std::fs::write(&part, &weights[..1000]).expect("room");
    let hub = hub(checkpoint);
    let ended = fetch(&hub.url(""), &folder);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.output);
    let requests = hub.requests();
    let last = requests.last().expect("requests");
    assert_eq!(last.path(), "/elsewhere/model.safetensors");
    assert_eq!(last.header("range"), Some("bytes=1000-"));
    assert!(!part.exists());
}

#[test]
fn a_hub_that_does_not_give_it_is_named_with_a_way_around() {
    let rude = Server::start(|_| Reply::Close);
    let down = "http://127.0.0.1:1".to_owned();
    let login = Server::start(|_| Reply::html(200, "Please log in"));
    let empty = Server::start(|_| Reply::html(404, "Entry not found"));
    let table = [
        (rude.url(""), "cannot fetch http://"),
        (down, "the connection was not made"),
        (login.url(""), "an HTML page came instead"),
        (empty.url(""), "there is no such file (status 404)"),
    ];
    for (hub, problem) in table {
        let folder = folder();
        let ended = fetch(&hub, &folder);
        assert_eq!(ended.status.code(), Some(1), "{}", ended.output);
        let convert = format!(
            "clip-search model convert {0}/{NAME} {0}/{NAME}.clip",
            folder.display()
        );
        let weights = "/07a4b0bc751cb64fecd2b661c048c1dd98d69444/model.safetensors";
        for words in [problem, weights, &convert] {
            assert!(ended.output.contains(words), "{words}: {}", ended.output);
        }
        assert!(!folder.join(NAME).join("config.json").exists());
    }
}

#[test]
fn known_models_are_listed_and_others_are_not_fetched() {
    let run = |words: &[&str]| Program::start(env!("CARGO_BIN_EXE_clip-search"), words, &[]).wait();
    let list = run(&["model", "list"]);
    for words in [
        "openai-vit-b-32",
        "605 MB  MIT; 152 MB on disk",
        "wkcn/TinyCLIP",
        "recall: English 68.8, Spanish 42.5",
        "XM3600, as immich publishes it",
    ] {
        assert!(list.output.contains(words), "{}", list.output);
    }
    let other = run(&["model", "fetch", "openai-vit-b"]);
    assert_eq!(other.status.code(), Some(2), "{}", other.output);
    assert!(
        other.output.contains("did you mean openai-vit-b-"),
        "{}",
        other.output
    );
}

/// Downloads from `server` into a file, of which the part `have` arrived before.
fn get(
    server: &Server,
    have: &[u8],
    adjust: fn(&mut RemoteFile<'_>),
) -> (PathBuf, Result<(), Error>) {
    let to = folder().join("file");
    if !have.is_empty() {
        std::fs::write(to.with_extension("part"), have).expect("room");
    }
    let mut wanted = RemoteFile {
        url: server.url("/file"),
        size: None,
        digest: None,
        silence: Duration::from_secs(30),
    };
    adjust(&mut wanted);
    let found = download(&Client::for_files(), &wanted, &to, &mut Silent);
    (to, found.map(drop))
}

/// The digest of other content.
const OTHER: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// 46 bytes.
const TEXT: &[u8] = b"a file of which parts come one after the other";

fn cut(bytes: &[u8]) -> Reply {
    Reply::Cut {
        status: 200,
        body: bytes.to_vec(),
    }
}

#[test]
fn a_connection_that_breaks_is_taken_up_again() {
    let server = Server::start(|request| match request.header("range") {
        None => cut(&TEXT[..10]),
        Some(_) => ranged(request, TEXT),
    });
    let (file, found) = get(&server, b"", |_| {});
    found.expect("the rest came");
    assert_eq!(std::fs::read(file).expect("there"), TEXT);
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].header("range"), Some("bytes=10-"));
}

#[test]
fn a_server_without_ranges_sends_the_whole_again() {
    let server = Server::start(|_| Reply::bytes(200, "text/plain", TEXT.to_vec()));
    let (file, found) = get(
        &server,
        b"something else, that is longer than the file itself is",
        |_| {},
    );
    found.expect("the whole came");
    assert_eq!(std::fs::read(file).expect("there"), TEXT);

    let server = Server::start(|_| cut(&TEXT[..10]));
    let (file, found) = get(&server, b"", |_| {});
    assert_eq!(*found.expect_err("never more").kind(), Kind::Lost);
    assert_eq!(server.requests().len(), 2, "once, and once more");
    assert!(!file.exists());
}

#[test]
fn a_part_that_is_whole_or_more_is_made_right() {
    let server = Server::start(|request| ranged(request, TEXT));
    for have in [TEXT.to_vec(), [TEXT, TEXT].concat()] {
        let (file, found) = get(&server, &have, |_| {});
        found.expect("right");
        assert_eq!(std::fs::read(file).expect("there"), TEXT);
    }
    // Nothing is asked where the size is known.
    let asked = server.requests().len();
    let (_, found) = get(&server, TEXT, |wanted| wanted.size = Some(46));
    found.expect("right");
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn what_is_not_what_is_wanted_is_refused() {
    let server = Server::start(|request| ranged(request, TEXT));
    let (file, found) = get(&server, b"", |wanted| wanted.size = Some(5));
    let error = found.expect_err("another size");
    assert!(
        error.to_string().contains("46 bytes there, not 5"),
        "{error}"
    );
    assert!(!file.exists());

    let (file, found) = get(&server, &TEXT[..9], |wanted| wanted.digest = Some(OTHER));
    let error = found.expect_err("another digest");
    assert_eq!(*error.kind(), Kind::Unusable);
    let error = error.to_string();
    assert!(error.contains(&sha256(TEXT).to_string()), "{error}");
    assert!(!file.exists() && !file.with_extension("part").exists());

    let liar = Server::start(|_| {
        Reply::bytes(206, "text/plain", b"x".to_vec()).with("content-range", "bytes 3-3/9")
    });
    let (file, found) = get(&liar, b"ab", |_| {});
    assert!(
        found
            .expect_err("byte 2")
            .to_string()
            .contains("from byte 2 on")
    );
    assert_eq!(
        std::fs::read(file.with_extension("part")).expect("kept"),
        b"ab"
    );
}

#[test]
fn a_file_that_is_there_is_only_looked_at() {
    let to = folder().join("file");
    std::fs::write(&to, TEXT).expect("room");
    let found = |digest: &str| {
        let wanted = RemoteFile {
            url: "http://127.0.0.1:1/file".to_owned(),
            size: None,
            digest: Some(digest),
            silence: Duration::from_secs(30),
        };
        download(&Client::for_files(), &wanted, &to, &mut Silent)
    };
    let digest = sha256(TEXT);
    assert_eq!(found(&digest.to_string()).expect("right"), digest);
    let error = found(OTHER).expect_err("another digest");
    assert!(error.to_string().contains("move it away"), "{error}");
    assert_eq!(*error.kind(), Kind::Unusable);
    assert_eq!(std::fs::read(&to).expect("there"), TEXT);
}

#[test]
fn two_at_a_time_do_not_mix_what_they_fetch() {
    let to = folder().join("file");
    let part = std::fs::File::create(to.with_extension("part")).expect("room");
    part.lock().expect("nobody else has it");
    let server = Server::start(|request| ranged(request, TEXT));
    let wanted = RemoteFile {
        url: server.url("/file"),
        size: None,
        digest: None,
        silence: Duration::from_secs(30),
    };
    let found = || download(&Client::for_files(), &wanted, &to, &mut Silent);
    let error = found().expect_err("another has it");
    assert!(error.to_string().contains("another clip-search"), "{error}");
    assert_eq!(*error.kind(), Kind::Busy);
    assert!(server.requests().is_empty());
    drop(part);
    assert_eq!(found().expect("nobody has it now"), sha256(TEXT));
}

#[test]
fn a_server_that_falls_silent_is_left() {
    let steps = vec![Step::Send(TEXT[..10].to_vec()), Step::Hold];
    let server = Server::start(move |_| Reply::Stream {
        content_type: "text/plain",
        steps: steps.clone(),
    });
    let (_, found) = get(&server, &TEXT[..10], |wanted| {
        wanted.silence = Duration::from_millis(300);
    });
    let error = found.expect_err("nothing more came");
    assert_eq!(*error.kind(), Kind::Lost, "{}", error.chain());
}
