//! `clip-search index …`: the commands that look after an index.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clip::convert::convert;
use clip::description::Precision;
use clip::kernel::{Isa, Quantisation};
use clip_bot::collection::index::Index;
use safetensors::tensor::Dtype;
use serde_json::{Value, json};

use crate::support::PATIENCE;
use crate::support::process::{Ended, Program};
use crate::support::stage::file;
use crate::support::tiny::Tiny;

/// A folder with a small `model` and `count` files in `pictures`, which are not indexed yet.
pub fn staged(count: u32) -> PathBuf {
    let folder = file("index", "").with_extension("d");
    let (pictures, checkpoint) = (folder.join("pictures"), folder.join("checkpoint"));
    std::fs::create_dir_all(&pictures).expect("room");
    std::fs::create_dir_all(&checkpoint).expect("room");
    Tiny::new().save(&checkpoint, Dtype::F32);
    convert(&checkpoint, &folder.join("model"), Precision::F16).expect("a checkpoint");
    for number in 0..count {
        let [low, high, ..] = number.to_le_bytes();
        let colours = |x, y| image::Rgb([low, high.wrapping_add(40 * x), 60 * y]);
        let picture = image::RgbImage::from_fn(4, 4, |x, y| {
            let [x, ..] = x.to_le_bytes();
            let [y, ..] = y.to_le_bytes();
            colours(x, y)
        });
        picture
            .save(pictures.join(format!("{number}.png")))
            .expect("room");
    }
    folder
}

/// As [`staged`], with two pictures that are indexed.
pub fn indexed() -> PathBuf {
    let folder = staged(2);
    let added = add(&folder).wait();
    assert!(added.output.starts_with("2 added"), "{}", added.output);
    folder
}

pub fn start(folder: &Path, words: &[&str]) -> Program {
    let (index, model) = (folder.join("index"), folder.join("model"));
    let settings = [
        ("CLIP_SEARCH_INDEX", index.to_str().expect("a plain path")),
        ("CLIP_SEARCH_MODEL", model.to_str().expect("a plain path")),
    ];
    let words = [&["index"], words].concat();
    Program::start(env!("CARGO_BIN_EXE_clip-search"), &words, &settings)
}

fn add(folder: &Path) -> Program {
    let pictures = folder.join("pictures");
    start(folder, &["add", pictures.to_str().expect("a plain path")])
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        std::thread::yield_now();
    }
}

/// The process that the lock file of the index names.
fn holder(folder: &Path) -> Option<u32> {
    let holder = std::fs::read_to_string(folder.join("index/lock")).ok()?;
    holder.trim().parse().ok()
}

fn run(folder: &Path, words: &[&str]) -> Ended {
    start(folder, words).wait()
}

#[test]
fn an_index_is_described_verified_and_made_smaller() {
    let folder = indexed();
    let info = run(&folder, &["info"]);
    assert_eq!(info.status.code(), Some(0), "{}", info.output);
    for words in ["pictures  2", ", 24 dimensions", "pictures: 2 pictures"] {
        assert!(info.output.contains(words), "{}", info.output);
    }
    let one = folder.join("pictures/1.png");
    let removed = run(&folder, &["remove", one.to_str().expect("plain")]);
    assert_eq!(removed.output, "1 picture removed from the index");
    let verified = run(&folder, &["verify"]);
    assert_eq!(verified.output, "ok   1 picture");

    let segments = std::fs::read_dir(folder.join("index"))
        .expect("there")
        .flatten();
    let segment = segments
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "segment"));
    let segment = segment.expect("a segment");
    let mut bytes = std::fs::read(&segment).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&segment, bytes).expect("room");
    let verified = run(&folder, &["verify"]);
    assert_eq!(verified.status.code(), Some(1), "{}", verified.output);
    let name = segment.to_str().expect("plain");
    for words in ["FAIL", name, "is damaged", "--rebuild"] {
        assert!(verified.output.contains(words), "{}", verified.output);
    }
}

#[test]
fn wrong_use_says_what_is_right() {
    let nowhere = file("index", "").with_extension("none");
    let table: [(&[&str], &str); 7] = [
        (&[], "usage: clip-search index add"),
        (&["info", "more"], "index info takes no words"),
        (
            &["verify", "--rebuild"],
            "--rebuild is a flag of clip-search index add",
        ),
        (&["verify"], "there is no index in"),
        (&["info"], "make one with clip-search index add FOLDER"),
        (&["remove", "/x"], "there is no index in"),
        (&["push", "http://127.0.0.1:9"], "there is no index in"),
    ];
    for (words, message) in table {
        let ended = run(&nowhere, words);
        assert_eq!(ended.status.code(), Some(2), "{words:?}: {}", ended.output);
        assert!(
            ended.output.contains(message),
            "{words:?}: {}",
            ended.output
        );
    }
    let unset = Program::start(env!("CARGO_BIN_EXE_clip-search"), &["index", "info"], &[]).wait();
    assert_eq!(unset.status.code(), Some(2));
    assert!(
        unset.output.contains("CLIP_SEARCH_INDEX is not set"),
        "{}",
        unset.output
    );
    assert!(!nowhere.exists(), "asking makes nothing");
}

#[test]
fn fast_indexing_is_watched_or_said_to_gain_nothing() {
    for precision in [Precision::F16, Precision::I8] {
        let folder = staged(2);
        convert(&folder.join("checkpoint"), &folder.join("model"), precision)
            .expect("a checkpoint");
        let pictures = folder.join("pictures");
        let words = ["add", "--fast", pictures.to_str().expect("a plain path")];
        let added = run(&folder, &words);
        assert_eq!(added.status.code(), Some(0), "{}", added.output);
        let expected = if precision == Precision::F16 {
            "--fast gains nothing: the model has no 8-bit weights"
        } else if Isa::detect().quickest() != Quantisation::Int16 {
            "quick integers: 2 of 2 pictures were made both ways; their cosine is at least 0.99"
        } else {
            "--fast gains nothing: this processor has neither AVX2 nor AVX-512 VNNI"
        };
        for words in ["2 added", expected] {
            assert!(added.output.contains(words), "{}", added.output);
        }
    }
}

/// The vector of each picture, by its digest.
fn vectors(index: &Path) -> BTreeMap<String, Vec<f32>> {
    let mut all = BTreeMap::new();
    let index = Index::open(index).expect("an index");
    index
        .each(|record, vector| {
            all.insert(record.digest.to_string(), vector.to_vec());
            Ok(true)
        })
        .expect("no damage");
    all
}

/// Where the processor multiplies bytes, all but the pictures that are checked are encoded so, unless `--exact` is
/// asked for.
#[test]
fn pictures_are_encoded_quickly_but_for_exact() {
    let folder = staged(12);
    let (checkpoint, model) = (folder.join("checkpoint"), folder.join("model"));
    convert(&checkpoint, &model, Precision::I8).expect("a checkpoint");
    let pictures = folder.join("pictures");
    let indexed = |switches: &[&str]| {
        let place = pictures.to_str().expect("a plain path");
        let added = run(
            &folder,
            &[&["add", "--rebuild"], switches, &[place]].concat(),
        );
        assert_eq!(added.status.code(), Some(0), "{}", added.output);
        assert!(!added.output.contains("exact"), "{}", added.output);
        vectors(&folder.join("index"))
    };
    let exact = indexed(&["--exact"]);
    assert_eq!(indexed(&["--exact"]), exact);
    let is_quick = Isa::detect().quickest() != Quantisation::Int16;
    assert_eq!(indexed(&[]) != exact, is_quick);
    let both = run(&folder, &["add", "--fast", "--exact"]);
    assert_eq!(both.status.code(), Some(2), "{}", both.output);
    let words = "--fast and --exact exclude each other";
    assert!(both.output.contains(words), "{}", both.output);
}

/// At whatever moment it is killed, the index is intact and loses nothing, and the next run
/// continues.
#[test]
fn a_killed_indexer_loses_little() {
    // Enough for the run to outlast its first commit.
    let count = 2000;
    let folder = staged(count);
    let manifest = folder.join("index/manifest");
    let mut had = 0;
    let mut kills = 0;
    loop {
        let before = std::fs::read(&manifest).ok();
        let mut indexer = add(&folder);
        let until = Instant::now() + PATIENCE;
        let ended = loop {
            assert!(Instant::now() < until, "no commit: {}", indexer.output());
            if let Some(status) = indexer.status() {
                break Some(status);
            }
            if std::fs::read(&manifest).ok() != before {
                break None;
            }
            std::thread::yield_now();
        };
        if let Some(status) = ended {
            assert!(status.success(), "{}", indexer.output());
            break;
        }
        indexer.signal("KILL");
        drop(indexer);
        kills += 1;
        let verified = run(&folder, &["verify"]);
        assert_eq!(verified.status.code(), Some(0), "{}", verified.output);
        let count = verified.output.split_whitespace().nth(1);
        let has: usize = count.and_then(|count| count.parse().ok()).expect("a count");
        assert!(has >= had, "{has} after {had}");
        had = has;

        if kills > 60 {
            break;
        }
    }
    assert!(kills > 0);
    let last = add(&folder).wait();
    assert!(last.output.contains("unchanged"), "{}", last.output);
    let whole = format!("ok   {count} pictures");
    assert_eq!(run(&folder, &["verify"]).output, whole);
}

#[test]
fn a_stopped_indexer_says_how_to_go_on() {
    let folder = staged(1000);
    let indexer = add(&folder);
    wait_until("it begins", || holder(&folder) == Some(indexer.pid()));
    let stopped = indexer.stop();
    assert_eq!(stopped.status.code(), Some(0), "{}", stopped.output);
    assert!(
        stopped
            .output
            .contains("interrupted: run the same command again"),
        "{}",
        stopped.output
    );
    let rest = add(&folder).wait();
    assert!(!rest.output.contains("interrupted"), "{}", rest.output);
    assert_eq!(run(&folder, &["verify"]).output, "ok   1000 pictures");
}

#[test]
fn an_index_is_described_as_json_for_scripts() {
    let folder = indexed();
    let ended = run(&folder, &["info", "--json"]);
    let info: Value = serde_json::from_str(&ended.output).expect("JSON");
    assert_eq!(
        (&info["pictures"], &info["removed"]),
        (&json!(2), &json!(0))
    );
    let root = &info["roots"][0];
    let pictures = folder.join("pictures");
    assert_eq!(
        root["path"],
        json!(pictures.to_str().expect("a plain path"))
    );
    assert_eq!(
        (&root["kind"], &root["pictures"]),
        (&json!("folder"), &json!(2))
    );
}

#[test]
fn a_wrong_flag_is_answered_with_the_nearest_of_its_subcommand() {
    let folder = staged(0);
    let help = run(&folder, &["add", "--help"]);
    assert!(help.output.contains("--prune"), "{}", help.output);
    assert!(help.output.contains("Example:"), "{}", help.output);
    let wrong = start(&folder, &["add", ".", "--rebuid"]).wait();
    assert_eq!(wrong.status.code(), Some(2));
    let expected = "clip-search: `--rebuid` is not known; did you mean --rebuild?";
    assert_eq!(wrong.output, expected);
}

#[test]
fn a_second_indexer_is_told_of_the_first() {
    let folder = staged(20);
    let first = add(&folder);
    wait_until("it begins", || holder(&folder) == Some(first.pid()));
    first.signal("STOP");
    let second = add(&folder).wait();
    first.signal("CONT");
    // The first one may have been faster than the signal.
    let held = format!("(process {})", first.pid());
    let was_told = second.status.code() == Some(1) && second.output.contains(&held);
    assert!(was_told || second.status.success(), "{}", second.output);
    assert!(first.wait().status.success());
    assert_eq!(run(&folder, &["verify"]).output, "ok   20 pictures");
}

/// What somebody excluded is no news, so no line before the sum names it.
#[test]
fn what_is_excluded_is_counted_and_named_when_that_is_wanted() {
    let folder = indexed();
    let removed = run(&folder, &["remove", "*0.png"]);
    assert!(
        removed.output.starts_with("1 picture removed"),
        "{}",
        removed.output
    );
    let added = run(&folder, &["add"]);
    let sum = "0 added, 1 unchanged; not read: 1 excluded (--list-skipped names them)";
    assert!(added.output.contains(sum), "{}", added.output);
    assert!(!added.output.contains("0.png"), "{}", added.output);
    let named = run(&folder, &["add", "--list-skipped"]);
    assert!(
        named.output.contains("0.png: left out: excluded"),
        "{}",
        named.output
    );
}
