//! A model or a segment of the index that another program truncates or overwrites in place while
//! clip-search serves it.

use std::fs::{File, FileTimes};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use clip_bot::http::{Client, Request};

use crate::clip_index::indexed;
use crate::support::PATIENCE;
use crate::support::endpoint::start;

/// Status and answer of a request.
fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let request = Request::get(format!("http://{address}{path}"));
    let answer = Client::new(1).send(&request).expect("an answer");
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    (answer.head.status, text)
}

/// The endpoint asks its engine once a second.
fn wait_until_ready_says(address: SocketAddr, expected: u16) {
    let until = Instant::now() + PATIENCE;
    while get(address, "/ready").0 != expected {
        assert!(Instant::now() < until, "/ready never says {expected}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Writes `content` into the file itself, as `cp` does.
fn overwrite(path: &Path, content: &[u8]) {
    std::fs::write(path, content).expect("room");
    // Not in the tick of the clock in which it was made.
    let later = FileTimes::new().set_modified(SystemTime::now() + Duration::from_secs(3));
    let file = File::options().write(true).open(path).expect("there");
    file.set_times(later).expect("ours");
}

fn segment(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder.join("index"))
        .expect("there")
        .flatten();
    let mut paths = files.map(|file| file.path());
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "segment");
    paths.find(is_segment).expect("a segment")
}

/// A search of texts and one of pictures, both of which use the file.
fn search(address: SocketAddr) -> (u16, String) {
    get(address, "/search?query=red%20square&limit=2")
}

fn check(victim: impl Fn(&Path) -> PathBuf) {
    let folder = indexed();
    let (index, model) = (folder.join("index"), folder.join("model"));
    let variables = [
        ("CLIP_SEARCH_ENGINE", "clip"),
        ("CLIP_SEARCH_INDEX", index.to_str().expect("a plain path")),
        ("CLIP_SEARCH_MODEL", model.to_str().expect("a plain path")),
        ("CLIP_SEARCH_MIN_SCORE", "-1"),
    ];
    let path = victim(&folder);
    let content = std::fs::read(&path).expect("there");
    let (mut program, address) = start(&variables);
    let whole = search(address);
    assert_eq!(whole.0, 200, "{}", whole.1);
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.expect("a plain path");
    let half = content.len() / 2;
    let inverted: Vec<u8> = content.iter().map(|byte| !byte).collect();
    let damages = [
        &[][..],
        &content[..4096.min(half)],
        &content[..half],
        &inverted,
    ];
    for damage in damages {
        overwrite(&path, damage);
        for _ in 0..3 {
            let (status, said) = search(address);
            assert_eq!(status, 500, "{} bytes: {said}", damage.len());
        }
        wait_until_ready_says(address, 500);
        assert!(get(address, "/ready").1.contains(name));
        assert_eq!(program.status(), None, "{}", program.output());

        // With its content put back, all is as before: nothing has to be restarted.
        overwrite(&path, &content);
        assert_eq!(search(address), whole);
        wait_until_ready_says(address, 200);
    }
    // Neither is a file that only looks changed.
    overwrite(&path, &content);
    assert_eq!(search(address), whole);
}

#[test]
fn a_model_that_is_changed_in_place_is_an_error_until_it_is_put_back() {
    check(|folder| folder.join("model"));
}

#[test]
fn a_segment_that_is_changed_in_place_is_an_error_until_it_is_put_back() {
    check(segment);
}

/// Searches that are under way meet pages that are gone.
#[test]
fn a_file_that_is_truncated_under_searches_ends_none_of_them_without_an_answer() {
    let folder = indexed();
    let (index, model) = (folder.join("index"), folder.join("model"));
    let variables = [
        ("CLIP_SEARCH_ENGINE", "clip"),
        ("CLIP_SEARCH_INDEX", index.to_str().expect("a plain path")),
        ("CLIP_SEARCH_MODEL", model.to_str().expect("a plain path")),
    ];
    let content = std::fs::read(&model).expect("there");
    let (mut program, address) = start(&variables);
    std::thread::scope(|scope| {
        let searchers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| (0..100).map(|_| search(address).0).collect::<Vec<u16>>()))
            .collect();
        for _ in 0..50 {
            overwrite(&model, &content[..content.len() / 3]);
            overwrite(&model, &content);
        }
        for searcher in searchers {
            let statuses = searcher.join().expect("each is answered");
            assert!(statuses.iter().all(|status| [200, 500].contains(status)));
        }
    });
    assert_eq!(program.status(), None, "{}", program.output());
    assert_eq!(search(address).0, 200);
}
