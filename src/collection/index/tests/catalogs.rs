//! A catalog is made from records: without it nothing is lost.

use std::io::{Seek, Write};

use super::words::{album, found};
use super::*;

/// Searches that a catalog answers.
fn answers(index: &Index) -> Vec<Vec<String>> {
    let words = ["IMG_2231", "rome 2019", "invoice", "zebra"];
    let all = words.map(|words| found(index, words, RED, 2.0));
    all.into()
}

fn catalog(folder: &Folder) -> PathBuf {
    let files = fs::read_dir(folder.index()).expect("there");
    let mut files = files.map(|file| file.expect("there").path());
    let is_one = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "catalog");
    files.find(is_one).expect("a catalog")
}

#[test]
fn a_missing_one_is_made_anew() {
    let folder = album();
    let expected = answers(&folder.open());
    let path = catalog(&folder);
    let bytes = fs::read(&path).expect("there");
    fs::remove_file(&path).expect("ours");
    assert_eq!(answers(&folder.open()), expected);
    assert!(!path.exists(), "who reads writes nothing");
    folder.add().expect("room");
    assert_eq!(fs::read(&path).expect("made anew"), bytes);
}

#[test]
fn a_damaged_one_is_not_used() {
    let folder = album();
    let expected = answers(&folder.open());
    let path = catalog(&folder);
    let bytes = fs::read(&path).expect("there");
    let damaged = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x11;
        bytes
    };
    let cut = (0..bytes.len())
        .step_by(61)
        .map(|end| bytes[..end].to_vec());
    let longer = [&bytes[..], b"x"].concat();
    let changed = (0..bytes.len()).step_by(7).map(damaged);
    for bad in changed.chain(cut).chain([longer]) {
        fs::write(&path, bad).expect("room");
        assert_eq!(answers(&folder.open()), expected);
    }
    folder.add().expect("room");
    assert_eq!(fs::read(&path).expect("made anew"), bytes);
}

#[test]
fn one_of_another_segment_is_not_used() {
    let (folder, other) = (album(), Folder::new());
    let expected = answers(&folder.open());
    other.paint("zebra.png", RED);
    other.add().expect("room");
    fs::copy(catalog(&other), catalog(&folder)).expect("room");
    assert_eq!(answers(&folder.open()), expected);
}

/// A backup that is played back, say.
#[test]
fn one_that_changes_while_it_is_open_gives_no_wrong_answer() {
    let folder = album();
    let index = folder.open();
    let expected = answers(&index);
    let path = catalog(&folder);
    let bytes = fs::read(&path).expect("there");
    let mut file = File::options().write(true).open(&path).expect("ours");
    file.write_all(&vec![0; bytes.len()]).expect("room");
    let search = crate::collection::Search {
        vector: &Colours::vector(RED),
        words: "invoice",
        language: None,
        filter: &Filter::default(),
        accepts: &|_| true,
        limit: 5,
        threshold: 2.0,
    };
    index.find(&search).expect_err("it cannot know");
    file.rewind().expect("a file");
    file.write_all(&bytes).expect("room");
    drop(file);
    assert_eq!(answers(&index), expected, "it is the same again");
}

#[test]
fn leftovers_are_removed() {
    let folder = album();
    let index = folder.index();
    let left = [
        "00000077.catalog",
        "00000000.catalog.new",
        "00000077.segment",
    ];
    let foreign = ["mine.catalog", "77.catalog", "00000077.catalog.bak"];
    for name in left.iter().chain(&foreign) {
        fs::write(index.join(name), "x").expect("room");
    }
    folder.paint("new.png", [9, 99, 200]);
    folder.add().expect("room");
    for name in left {
        assert!(!index.join(name).exists(), "{name}");
    }
    for name in foreign {
        assert!(index.join(name).exists(), "{name}");
    }
}
