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
    assert!(refusal.contains("no picture is left") && refusal.contains("--prune"));
    assert_eq!(folder.open().len().expect("good"), 3);
    let options = Options {
        prune: true,
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

/// digiKam and `exiftool -P` write into a photo and put its time back.
#[test]
fn new_content_is_seen_though_size_and_time_are_those_of_before() {
    let folder = Folder::new();
    let of_one_length = |colour| {
        let path = folder.paint("it.png", colour);
        let file = File::options().append(true).open(path).expect("there");
        file.set_len(200).expect("room");
        file
    };
    let before = of_one_length(RED).metadata().expect("there");
    folder.add().expect("good");
    let file = of_one_length(GREEN);
    let modified = before.modified().expect("a time");
    file.set_modified(modified).expect("ours");
    let summary = folder.add().expect("good");
    assert_eq!((summary.added, summary.unchanged), (1, 0), "{summary:?}");
    assert_eq!(captions(&folder.open(), GREEN), ["it"]);
    let summary = folder.add().expect("good");
    assert_eq!((summary.known, summary.unchanged), (0, 1), "{summary:?}");
}

/// Finding 3 of the attack: one file ended every run, and there was never an index.
#[test]
fn a_file_that_killed_a_run_does_not_end_the_next_one() {
    let folder = Folder::new();
    folder.paint_many(10);
    folder.add().expect("good");
    let bomb = folder.paint("bomb.png", BLUE);
    let metadata = fs::metadata(&bomb).expect("there");
    let since = metadata.modified().expect("a time");
    let since = since.duration_since(std::time::SystemTime::UNIX_EPOCH);
    let key = record::place_key(0, Path::new("bomb.png"));
    // As a run leaves it that is killed twice while it reads the file.
    let (bytes, time) = (metadata.len(), since.expect("now").as_nanos());
    let line = format!("1 {key} {bytes} {time} 1 0 1\n0 {key} {bytes} {time} 1 0 1\n");
    fs::write(folder.index().join("working"), line).expect("room");
    folder.paint("new.png", GREEN);
    let mut said = Said::default();
    let places = [folder.pictures()];
    let encoder = Colours("colours");
    let summary = folder.add_all(&places, &encoder, Options::default(), &mut said);
    let summary = summary.expect("good");
    assert_eq!((summary.added, summary.unchanged), (1, 10), "{summary:?}");
    assert_eq!(summary.left_out.get("that killed a run"), Some(&1));
    assert!(said.0[0].contains("bomb.png"), "{said:?}");
    folder.paint("bomb.png", [1, 2, 3]);
    let summary = folder.add().expect("good");
    assert_eq!(summary.added, 1, "it changed: {summary:?}");
    assert!(!folder.index().join("working").exists());
}
