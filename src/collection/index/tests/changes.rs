//! What a later run does about files that changed meanwhile.

use super::*;

#[test]
fn a_second_run_does_only_what_changed() {
    let folder = Folder::new();
    let red = folder.paint("red.png", RED);
    let green = folder.paint("green.png", GREEN);
    folder.paint("blue.png", BLUE);
    folder.add().expect("good");
    let index = folder.open();
    let id_of = |name: &str| {
        let found = index.search(&Colours::vector(RED), 10, -1.0).expect("good");
        let one = found.into_iter().find(|found| found.record.caption == name);
        one.map(|found| found.record.id)
    };
    let id = id_of("red").expect("found");

    let summary = folder.add().expect("good");
    assert_eq!(
        summary,
        Summary {
            unchanged: 3,
            ..Summary::default()
        }
    );

    fs::rename(&red, folder.pictures().join("rouge.png")).expect("there");
    fs::remove_file(&green).expect("there");
    folder.paint("blue.png", [0, 100, 250]);
    folder.paint("yellow.png", [250, 250, 0]);
    let summary = folder.add().expect("good");
    let expected = Summary {
        added: 2,
        known: 1,
        removed: 1,
        ..Summary::default()
    };
    assert_eq!(summary, expected);
    // The same index, still open.
    assert_eq!(index.len().expect("good"), 3);
    assert_eq!(id_of("red"), None);
    assert_eq!(id_of("green"), None);
    assert_eq!(id_of("rouge"), Some(id), "a moved picture keeps its id");
}

#[test]
fn a_root_that_is_suddenly_empty_is_not_believed() {
    let folder = Folder::new();
    folder.paint_many(3);
    folder.add().expect("good");
    for number in 0..3 {
        fs::remove_file(folder.pictures().join(format!("{number:03}.png"))).expect("there");
    }
    let refusal = folder.add().expect_err("not believed").to_string();
    assert!(refusal.contains("no picture is left") && refusal.contains("--even-if-empty"));
    assert_eq!(folder.open().len().expect("good"), 3);
    let options = Options {
        even_if_empty: true,
        ..Options::default()
    };
    let summary = folder.add_by(&Colours("colours"), options).expect("good");
    assert_eq!(summary.removed, 3);
    assert_eq!(folder.open().len().expect("good"), 0);
    assert!(captions(&folder.open(), RED).is_empty());
}

#[test]
fn an_interrupted_run_keeps_what_it_did_and_removes_nothing() {
    let folder = Folder::new();
    folder.paint_many(40);
    folder.add().expect("good");
    fs::remove_file(folder.pictures().join("007.png")).expect("there");
    folder.paint("new.png", RED);
    let shutdown = Shutdown::default();
    shutdown.raise();
    let places = [folder.pictures()];
    let encoder = Colours("colours");
    let options = Options::default();
    let mut said = Said::default();
    let summary = add(
        &folder.index(),
        &places,
        &encoder,
        options,
        &mut said,
        &shutdown,
    );
    let summary = summary.expect("good");
    assert!(
        summary.is_interrupted && summary.removed == 0,
        "{summary:?}"
    );
    assert_eq!(folder.open().len().expect("good"), 40);
    let summary = folder.add().expect("good");
    assert_eq!((summary.added, summary.removed), (1, 1), "{summary:?}");
}

#[test]
fn a_changed_file_is_looked_at_again_and_one_that_is_no_picture_any_more_goes() {
    let folder = Folder::new();
    let path = folder.paint("it.png", RED);
    folder.paint("other.png", BLUE);
    folder.add().expect("good");
    let index = folder.open();
    let before = index.search(&Colours::vector(RED), 1, 0.9).expect("good");
    // Touched only.
    let file = File::options().write(true).open(&path).expect("there");
    file.set_modified(std::time::SystemTime::UNIX_EPOCH)
        .expect("ours");
    let summary = folder.add().expect("good");
    assert_eq!((summary.known, summary.unchanged), (1, 1), "{summary:?}");
    let after = index.search(&Colours::vector(RED), 1, 0.9).expect("good");
    assert_eq!(before[0].record.id, after[0].record.id);
    fs::write(&path, "words").expect("room");
    let summary = folder.add().expect("good");
    assert_eq!(summary.removed, 1, "{summary:?}");
    assert!(
        index
            .search(&Colours::vector(RED), 1, 0.9)
            .expect("good")
            .is_empty()
    );
    assert_eq!(index.record(&after[0].record.id).expect("good"), None);
}
