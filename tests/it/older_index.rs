//! An index that an earlier release wrote is read, and grows, without encoding its pictures again.

use std::path::Path;
use std::process::Command;

use crate::support::endpoint::CLIP_SEARCH;
use crate::support::stage::file;

/// What `clip-search` prints about `words`, with `index` and the recorded model.
fn run(words: &[&str], index: &Path, model: &Path) -> String {
    let mut command = Command::new(CLIP_SEARCH);
    command.env_clear().env("CLIP_SEARCH_ENGINE", "clip");
    command.env("CLIP_SEARCH_INDEX", index);
    command.env("CLIP_SEARCH_MODEL", model);
    let output = command.args(words).output().expect("it starts");
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Scores and names of what "a cup" finds.
fn found(index: &Path, model: &Path) -> Vec<(String, String)> {
    let lines = run(&["query", "a cup"], index, model);
    let hit = |line: &str| {
        let (score, rest) = line.split_once('\t').expect("a score");
        let path = rest.split('\t').next().expect("a path");
        let name = Path::new(path).file_name().expect("a file");
        (score.to_owned(), name.to_string_lossy().into_owned())
    };
    lines.lines().map(hit).collect()
}

#[test]
fn an_index_of_the_release_before_is_read_and_grows() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/recorded");
    let folder = file("older-index", "").with_extension("d");
    let (index, model) = (folder.join("index"), folder.join("gelu.clip"));
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(pictures.join("trip")).expect("room");
    std::fs::create_dir_all(&index).expect("room");
    let copy = |from: &str, to: &Path| {
        std::fs::copy(recorded.join(from), to).expect("room");
    };
    copy("index/manifest", &index.join("manifest"));
    copy("index/00000000.segment", &index.join("00000000.segment"));
    copy("pictures/jpeg-exif6.jpg", &pictures.join("jpeg-exif6.jpg"));
    copy(
        "pictures/jpeg-grey.jpg",
        &pictures.join("trip/jpeg-grey.jpg"),
    );
    let weights = recorded.join("clip/gelu");
    let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let words = ["model", "convert", &text(&weights), &text(&model), "f32"];
    run(&words, &index, &model);

    assert!(run(&["index", "info"], &index, &model).starts_with("pictures  2\n"));
    let added = run(&["index", "add", &text(&pictures)], &index, &model);
    assert!(added.starts_with("0 added, 2 moved"), "{added}");
    let verified = run(&["index", "verify"], &index, &model);
    assert_eq!(verified.trim_end(), "ok   2 pictures");

    let anew = folder.join("anew");
    let added = run(&["index", "add", &text(&pictures)], &anew, &model);
    assert!(added.starts_with("2 added"), "{added}");
    assert_eq!(found(&index, &model), found(&anew, &model));
    std::fs::remove_dir_all(&folder).expect("our own folder");
}
