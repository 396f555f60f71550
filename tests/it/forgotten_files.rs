//! What was forgotten is in no file of the bot's and of the endpoint's.

use std::fs;
use std::path::{Path, PathBuf};

use clip_bot::engine::drawings;

use crate::chat_saving::Scene;
use crate::support::process::Program;

/// Every file below `folder`, with its content.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let files = entries.flat_map(|entry| match entry.path() {
        path if path.is_dir() => files(&path),
        path => fs::read(&path)
            .map(|bytes| (path, bytes))
            .into_iter()
            .collect(),
    });
    files.collect()
}

/// The files below one of `folders` that hold `wanted`.
fn with(folders: &[&Path], wanted: &[u8]) -> Vec<PathBuf> {
    let all = folders.iter().flat_map(|folder| files(folder));
    let has = |bytes: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
    all.filter(|(_, bytes)| has(bytes))
        .map(|(path, _)| path)
        .collect()
}

/// The vector of the only picture in the collection in `folder`, in each of its codes, from the file.
fn codes(folder: &Path) -> Vec<Vec<u8>> {
    const ROWS: usize = 256;
    let all = files(folder).into_iter();
    let vectors = all.filter(|(path, _)| path.extension().is_some_and(|end| end == "vectors"));
    let [(_, bytes)] = <[_; 1]>::try_from(vectors.collect::<Vec<_>>()).expect("one collection");
    // A block is 256 scales, 256 rows of bytes and 256 of 16-bit floats; the file ends behind the first.
    let head = ROWS * 4;
    let stride = (bytes.len() - head) / (ROWS + 2);
    assert_eq!(head + stride * (ROWS + 2), bytes.len());
    let halves = head + ROWS * stride;
    let codes = [&bytes[head..head + stride], &bytes[halves..]];
    codes
        .iter()
        .flat_map(|code| code.chunks_exact(32))
        .map(<[u8]>::to_vec)
        .collect()
}

/// 32 bytes each of `file` that `other` has not, and that are not filled with one byte.
fn pieces(file: &[u8], other: &[u8]) -> Vec<Vec<u8>> {
    let is_own = |piece: &&[u8]| {
        let mut bytes = piece.to_vec();
        bytes.sort_unstable();
        bytes.dedup();
        bytes.len() > 8 && !other.windows(32).any(|window| window == *piece)
    };
    let all = file.chunks_exact(32).filter(is_own);
    all.map(<[u8]>::to_vec).collect()
}

/// How many of `traces`, of 32 bytes each, stand in files below `folders`.
fn count(folders: &[&Path], traces: &[Vec<u8>]) -> usize {
    let mut left: std::collections::HashSet<&[u8]> = traces.iter().map(Vec::as_slice).collect();
    let before = left.len();
    for (_, bytes) in folders.iter().flat_map(|folder| files(folder)) {
        for window in bytes.windows(32) {
            left.remove(window);
        }
    }
    before - left.len()
}

/// An index of one picture, and a folder for thumbnails, below `folder`.
fn indexed(folder: &Path) {
    let photos = folder.join("photos");
    fs::create_dir_all(&photos).expect("room");
    let owl = drawings::find("owl").expect("built in").file;
    fs::write(photos.join("owl.jpg"), owl).expect("room");
    let text = |path: PathBuf| path.to_str().expect("a plain path").to_owned();
    let (photos, index) = (text(photos), text(folder.join("index")));
    let program = env!("CARGO_BIN_EXE_clip-search");
    let settings = [("CLIP_SEARCH_INDEX", index.as_str())];
    let added = Program::start(program, &["index", "add", &photos], &settings).wait();
    assert_eq!(added.status.code(), Some(0), "{}", added.output);
}

/// Words of the caption, and what Telegram calls the picture that `user` sent last.
fn names(scene: &Scene, user: i64) -> Vec<Vec<u8>> {
    let shown = scene.telegram.api.messages(user);
    let sent = shown
        .iter()
        .rev()
        .find(|one| one["photo"].is_array() && one["from"]["is_bot"] != true);
    let sizes = sent
        .and_then(|one| one["photo"].as_array())
        .expect("a photo");
    let text = |name: &str| {
        let texts = sizes.iter().filter_map(move |size| size[name].as_str());
        texts
            .map(|text| text.as_bytes().to_vec())
            .collect::<Vec<_>>()
    };
    let words = ["zephyrine", "kestrel"].map(|word| word.as_bytes().to_vec());
    [words.to_vec(), text("file_id"), text("file_unique_id")].concat()
}

#[test]
fn nothing_of_a_forgotten_picture_is_left_in_any_folder() {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forgotten-files");
    let _ = fs::remove_dir_all(&base);
    indexed(&base);
    let text = |name: &str| base.join(name).to_str().expect("a plain path").to_owned();
    let (state, index, cache) = (text("state"), text("index"), text("cache"));
    let scene = Scene::between(
        "forgotten-files",
        &[
            ("CLIP_BOT_KEEP_FILES", "yes"),
            ("CLIP_BOT_STATE_DIR", &state),
        ],
        &[("CLIP_SEARCH_INDEX", &index), ("CACHE_DIRECTORY", &cache)],
    );
    scene.send(7, "bus", "zephyrine kestrel");
    scene.press(7, "Keep them");
    scene.telegram.wait_for_text("Saved.");
    // It is shown, so that the bot notes what Telegram calls it, and asked for in a small size.
    scene.telegram.write(7, "zephyrine");
    scene.telegram.wait_for_text("for “zephyrine” ·");
    let hits = scene.store.search("query=zephyrine&collection=user:7");
    let id = hits[0]["id"].as_str().expect("an id");
    let small = scene
        .store
        .ask("GET", &format!("/images/{id}?width=64"), "");
    assert_eq!(small.status, 200);

    let own = scene.store.folder.clone();
    let folders = [base.as_path(), own.as_path()];
    let (codes, names) = (codes(&own), names(&scene, 7));
    let [bus, cat, owl] = ["bus", "cat", "owl"].map(|name| drawings::find(name).expect("built in"));
    let others = [cat.file, owl.file].concat();
    let pieces = [pieces(bus.file, &others), pieces(&small.body, &others)].concat();
    let kept = count(&folders, &pieces);
    assert!(kept > 20, "the file is kept: {kept} of {}", pieces.len());
    assert!(
        codes.len() > 2 && count(&folders, &codes) > 2,
        "they are looked for rightly"
    );
    let known = names.iter().filter(|name| !with(&folders, name).is_empty());
    assert!(known.count() >= 4, "two words, and two names");

    let picture = id.to_owned();
    scene.telegram.write(7, "/forget me");
    scene.press(7, "Forget all of them");
    scene.telegram.wait_for_text("Forgotten.");
    assert_eq!(
        scene
            .store
            .ask("GET", &format!("/images/{picture}"), "")
            .status,
        404
    );
    scene.stop();
    for trace in &names {
        let left = with(&folders, trace);
        assert!(
            left.is_empty(),
            "{}: {left:?}",
            String::from_utf8_lossy(trace)
        );
    }
    assert_eq!(count(&folders, &codes), 0);
    assert_eq!(count(&folders, &pieces), 0);
    fs::remove_dir_all(&base).expect("ours");
}
