//! What the operator leaves out: by hand, by patterns, and links.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

use super::*;

fn found(folder: &Folder) -> Vec<String> {
    let mut found = captions(&folder.open(), RED);
    found.sort();
    found
}

fn options(exclude: &[&str], follow: bool) -> Options {
    Options {
        exclude: exclude
            .iter()
            .map(|pattern| (*pattern).to_owned())
            .collect(),
        follow,
        ..Options::default()
    }
}

/// The hourly run brought it back.
#[test]
fn what_was_removed_by_hand_stays_away_until_it_is_added_again() {
    let folder = Folder::new();
    let red = folder.paint("red.png", RED);
    folder.paint("deep/green [1].png", GREEN);
    let blue = folder.paint("deep/er/blue.png", BLUE);
    folder.paint("black.png", [0, 0, 0]);
    folder.add().expect("good");
    let remove = |place: &Path| removal::remove(&folder.index(), place.to_str().expect("text"));
    let deep = folder.pictures().join("deep");
    assert_eq!(remove(&deep).expect("good"), 2, "a folder below the root");
    assert_eq!(remove(&red).expect("good"), 1);
    for _ in 0..2 {
        let summary = folder.add().expect("good");
        assert_eq!((summary.added, summary.unchanged), (0, 1), "{summary:?}");
        assert_eq!(summary.left_out, BTreeMap::from([("excluded", 2)]));
    }
    assert_eq!(found(&folder), ["black"]);
    let add = |place: &Path| {
        let mut said = Said::default();
        let places = [place.to_owned()];
        folder.add_all(&places, &Colours("colours"), Options::default(), &mut said)
    };
    let refusal = add(&blue).expect_err("its folder was removed").to_string();
    assert!(refusal.contains("`/deep`"), "{refusal}");
    add(&red).expect("good");
    assert_eq!(found(&folder), ["black", "red"]);
    add(&deep).expect("good");
    assert_eq!(found(&folder).len(), 4);
    assert_eq!(
        remove(Path::new("*[1].png")).expect("good"),
        0,
        "one pattern"
    );
    assert_eq!(remove(Path::new("b*.png")).expect("good"), 2);
    assert_eq!(found(&folder), ["green [1]", "red"]);
    folder.add().expect("good");
    assert_eq!(found(&folder), ["green [1]", "red"]);
    add(Path::new("b*.png")).expect("good");
    assert_eq!(found(&folder).len(), 4);
}

#[test]
fn patterns_leave_files_out_now_and_later() {
    let folder = Folder::new();
    let pictures = [
        ("red.png", RED),
        ("b/green.png", GREEN),
        ("b/c/blue.png", [9, 9, 9]),
        ("b/c/keep.png", BLUE),
        ("x/y.png", [99, 9, 99]),
    ];
    for (name, colour) in pictures {
        folder.paint(name, colour);
    }
    let ignore = folder.pictures().join("b/.clipignore");
    fs::write(ignore, "# ours\n*.png\n!/green.png\n!keep.png\n").expect("room");
    let encoder = Colours("colours");
    let summary = folder
        .add_by(&encoder, options(&["/x/"], false))
        .expect("good");
    assert_eq!(found(&folder), ["green", "keep", "red"]);
    assert_eq!(summary.left_out, BTreeMap::from([("excluded", 2)]));
    folder.add().expect("good");
    assert_eq!(found(&folder), ["green", "keep", "red"]);
    let summary = folder
        .add_by(&encoder, options(&["red.*"], false))
        .expect("good");
    assert_eq!((summary.removed, summary.unchanged), (1, 2), "{summary:?}");
}

/// git-annex leaves a folder of links.
#[test]
fn links_to_files_are_followed_once_where_that_is_asked_for() {
    let folder = Folder::new();
    let red = folder.paint("red.png", RED);
    let store = folder.0.join("store");
    fs::create_dir(&store).expect("room");
    let content = store.join("SHA256E-1.png");
    fs::rename(folder.paint("green.png", GREEN), &content).expect("room");
    let link = |to: &Path, name: &str| symlink(to, folder.pictures().join(name)).expect("room");
    link(&content, "meadow.png");
    link(&content, "twice.png");
    link(&red, "inside.png");
    link(&folder.pictures(), "loop");
    link(Path::new("nowhere"), "broken.png");
    let summary = folder.add().expect("good");
    assert_eq!((summary.added, summary.left_out["links"]), (1, 5));
    let encoder = Colours("colours");
    let summary = folder.add_by(&encoder, options(&[], true)).expect("good");
    assert_eq!((summary.added, summary.left_out["links"]), (1, 4));
    let summary = folder.add().expect("good");
    assert_eq!((summary.unchanged, summary.removed), (2, 0), "{summary:?}");
    let index = folder.open();
    let found = index.search(&Colours::vector(GREEN), 1, 0.9).expect("good");
    assert!(["meadow", "twice"].contains(&found[0].record.caption.as_str()));
    assert!(index.original(&found[0].record).expect("good").is_some());
    for name in ["meadow.png", "twice.png"] {
        fs::remove_file(folder.pictures().join(name)).expect("ours");
    }
    let summary = folder.add().expect("good");
    assert_eq!((summary.unchanged, summary.removed), (1, 1), "{summary:?}");
}
