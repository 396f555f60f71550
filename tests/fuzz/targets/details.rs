//! What photos say about themselves: EXIF, XMP, and the files of Google Takeout beside them.

use std::path::PathBuf;
use std::sync::LazyLock;

use clip_bot::collection::Details;
use clip_bot::collection::add::details::read;

use super::engine::folder;
use super::{Input, assert_one_line};

/// The first byte says what the rest is: `j` what Takeout writes beside a picture, `x` XMP beside it, else
/// the picture itself.
pub fn details(case: &[u8]) {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| folder("details"));
    let mut input = Input(case);
    let beside = match input.byte() {
        b'j' => "a.jpg.json",
        b'x' => "a.jpg.xmp",
        _ => return check(&read(input.0, None)),
    };
    let place = FOLDER.join(beside);
    std::fs::write(&place, input.0).expect("room");
    let details = read(b"", Some(&FOLDER.join("a.jpg")));
    std::fs::remove_file(place).expect("ours");
    check(&details);
}

fn check(details: &Details) {
    assert_one_line(&details.camera);
    for keyword in &details.keywords {
        assert!(!keyword.is_empty());
        assert_one_line(keyword);
    }
    assert!(details.keywords.len() <= 64);
    if let Some(position) = details.position {
        assert!((-90.0..=90.0).contains(&position.latitude()));
        assert!((-180.0..=180.0).contains(&position.longitude()));
    }
    if let Some(taken) = details.taken {
        assert_one_line(&taken.to_string());
    }
}
