//! `clip-search index …`: the commands that look after an index.

use std::path::{Path, PathBuf};

use clip_bot::clip::Encoder;
use clip_bot::clip::index::add::{Options, Progress, add};
use clip_bot::clip::picture::Picture;
use clip_bot::error::Result;
use clip_bot::shutdown::Shutdown;

use crate::support::process::{Ended, Program};
use crate::support::stage::file;

/// Its vectors are the first pixel.
struct FirstPixel;

impl Encoder for FirstPixel {
    fn name(&self) -> &'static str {
        "first-pixel"
    }

    fn dimensions(&self) -> usize {
        3
    }

    fn encode_text(&self, _: &str) -> Result<Vec<f32>> {
        Ok(vec![1.0, 0.0, 0.0])
    }

    fn encode_picture(&self, picture: &Picture) -> Result<Vec<f32>> {
        let pixel: Vec<f32> = picture.rgb[..3].iter().map(|x| f32::from(*x)).collect();
        let length = pixel.iter().map(|x| x * x).sum::<f32>().sqrt();
        Ok(pixel.into_iter().map(|x| x / length).collect())
    }
}

/// Shows no progress.
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: u64) {}
    fn done(&mut self, _: u64) {}
    fn say(&mut self, _: &str) {}
    fn end(&mut self) {}
}

/// A folder with `pictures` and an `index` of them.
fn indexed() -> PathBuf {
    let folder = file("index", "").with_extension("d");
    let pictures = folder.join("pictures");
    std::fs::create_dir_all(&pictures).expect("room");
    for (name, colour) in [("red", [250, 1, 1]), ("green", [1, 250, 1])] {
        let picture = image::RgbImage::from_pixel(4, 4, image::Rgb(colour));
        picture
            .save(pictures.join(format!("{name}.png")))
            .expect("room");
    }
    let (index, shutdown) = (folder.join("index"), Shutdown::default());
    let options = Options::default();
    add(
        &index,
        &[pictures],
        &FirstPixel,
        options,
        &mut Silent,
        &shutdown,
    )
    .expect("indexed");
    folder
}

fn run(folder: &Path, words: &[&str]) -> Ended {
    let index = folder.join("index");
    let settings = [("CLIP_SEARCH_INDEX", index.to_str().expect("a plain path"))];
    let words = [&["index"], words].concat();
    Program::start(env!("CARGO_BIN_EXE_clip-search"), &words, &settings).wait()
}

#[test]
fn an_index_is_described_verified_and_made_smaller() {
    let folder = indexed();
    let info = run(&folder, &["info"]);
    assert_eq!(info.status.code(), Some(0), "{}", info.output);
    for words in [
        "pictures  2",
        "first-pixel, 3 dimensions",
        "pictures: 2 pictures",
    ] {
        assert!(info.output.contains(words), "{}", info.output);
    }
    let green = folder.join("pictures/green.png");
    let removed = run(&folder, &["remove", green.to_str().expect("plain")]);
    assert_eq!(removed.output, "1 pictures removed from the index");
    let verified = run(&folder, &["verify"]);
    assert_eq!(verified.output, "ok   1 pictures");

    let segments = std::fs::read_dir(folder.join("index"))
        .expect("there")
        .flatten();
    let segment = segments
        .map(|file| file.path())
        .find(|path| path.extension().is_some());
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
        (&["info", "more"], "usage: clip-search index add"),
        (&["verify", "--rebuild"], "usage: clip-search index add"),
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
