//! Drawings in several sizes, through the real `clip-search` with the built-in model: the sizes are one
//! result, and different drawings are not.

use std::path::Path;
use std::process::Command;

use clip_bot::engine::drawings;
use image::imageops::FilterType;

use crate::support::endpoint::CLIP_SEARCH;
use crate::support::stage::file;

/// Drawings that look much alike, a pair in a line.
const PAIRS: [[&str; 2]; 6] = [
    ["camel", "two-hump-camel"],
    ["mountain", "snow-capped-mountain"],
    ["leftwards-pushing-hand", "rightwards-pushing-hand"],
    ["ambulance", "fire-engine"],
    ["camera", "camera-with-flash"],
    ["ewe", "ram"],
];

fn run(words: &[&str], index: &Path) -> String {
    let mut command = Command::new(CLIP_SEARCH);
    command.env_clear().env("CLIP_SEARCH_ENGINE", "clip");
    let command = command.env("CLIP_SEARCH_INDEX", index).args(words);
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_drawing_is_found_once_in_its_largest_size() {
    let folder = file("sizes", "").with_extension("d");
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(&pictures).expect("room");
    for id in PAIRS.concat() {
        let original = drawings::find(id).expect("it is built in").file;
        let picture = image::load_from_memory(original).expect("a JPEG");
        let save = |name: &str| pictures.join(format!("{id}.{name}"));
        for side in [128, 96] {
            let smaller = picture.resize_exact(side, side, FilterType::Lanczos3);
            smaller.save(save(&format!("{side}.jpg"))).expect("room");
        }
        std::fs::write(save("jpg"), original).expect("room");
    }
    let index = folder.join("index");
    let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
    let added = run(&["index", "add", &text(&pictures)], &index);
    assert!(added.contains("36 added"), "{added}");
    for id in PAIRS.concat() {
        let words = format!("\"{id}\"");
        let found = run(&["query", &words], &index);
        let paths: Vec<&str> = found
            .lines()
            .filter_map(|line| line.split('\t').nth(1))
            .collect();
        let is_small = |path: &&str| path.contains(".128.") || path.contains(".96.");
        assert!(!paths.iter().any(is_small), "{id}: {found}");
        let whole = pictures.join(format!("{id}.jpg"));
        let own = paths.iter().filter(|path| Path::new(path) == whole);
        assert_eq!(own.count(), 1, "{id}: {found}");
    }
}
