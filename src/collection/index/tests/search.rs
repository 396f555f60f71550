//! Pictures are found by what they show, each once.

use super::*;

#[test]
fn pictures_are_found_by_what_they_show() {
    let folder = Folder::new();
    folder.paint("a_red-one.png", RED);
    folder.paint("deep/below/green.jpg", GREEN);
    folder.paint("blue.PNG", BLUE);
    fs::write(folder.pictures().join("notes.png"), "no picture").expect("room");
    folder.paint(".hidden/red.png", RED);
    let summary = folder.add().expect("good");
    assert_eq!((summary.added, summary.failed), (3, 0), "{summary:?}");
    let index = folder.open();
    assert_eq!(captions(&index, RED), ["a red one", "green", "blue"]);
    assert_eq!(captions(&index, BLUE)[0], "blue");
    let best = &index.search(&Colours::vector(GREEN), 1, 0.5).expect("good")[0];
    assert!(best.score > 0.999 && best.score < 1.001, "{}", best.score);
    assert_eq!((best.record.width, best.record.height), (8, 6));
    assert_eq!(
        index.record(&best.record.id).expect("good").as_ref(),
        Some(&best.record)
    );
    let original = index.original(&best.record).expect("good");
    assert!(original.expect("there").is(&best.record).expect("good"));
    assert_eq!(
        best.record.place.file(),
        Some(canonical(&folder).join("deep/below/green.jpg"))
    );
    for id in [
        "",
        "x",
        "0123456789abcdef",
        "0123456789abcdef-00000001",
        "../etc/passwd",
        "é",
    ] {
        assert_eq!(index.record(id).expect("good"), None, "{id}");
    }
    assert!(index.search(&[1.0], 1, 0.0).is_err(), "of another length");
}

fn canonical(folder: &Folder) -> PathBuf {
    fs::canonicalize(folder.pictures()).expect("there")
}

#[test]
fn the_same_picture_is_shown_once() {
    let folder = Folder::new();
    let red = folder.paint("red.png", RED);
    fs::copy(&red, folder.pictures().join("copy.png")).expect("room");
    folder.paint("nearly.png", [251, 6, 1]);
    folder.paint("green.png", GREEN);
    folder.add().expect("good");
    let index = folder.open();
    assert_eq!(index.len().expect("good"), 4);
    let found = captions(&index, RED);
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[1], "green");
    // All have ids of their own, and keep them.
    let records = || {
        let (snapshot, _) = load(&folder.index(), None).expect("good");
        let rows = snapshot.live().map(|row| {
            let stored = snapshot.stored(row).expect("good").expect("there");
            (stored.id(), stored.path)
        });
        rows.collect::<std::collections::BTreeMap<_, _>>()
    };
    let before = records();
    assert_eq!(before.len(), 4, "{before:?}");
    folder
        .add_by(
            &Colours("colours"),
            Options {
                rebuild: true,
                ..Options::default()
            },
        )
        .expect("good");
    let after = records();
    assert_eq!(before.len(), after.len());
    let contents = |ids: &std::collections::BTreeMap<String, PathBuf>| {
        let mut contents: Vec<String> = ids.keys().map(|id| id[..16].to_owned()).collect();
        contents.sort();
        contents
    };
    assert_eq!(contents(&before), contents(&after));
}
