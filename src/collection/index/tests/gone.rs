//! Folders and disks that are away, and those that were moved.

use super::*;

fn prune() -> Options {
    Options {
        prune: true,
        ..Options::default()
    }
}

fn counts(summary: &Summary) -> [usize; 5] {
    let known = [summary.added, summary.known, summary.unchanged];
    let [added, known, unchanged] = known;
    [added, known, unchanged, summary.removed, summary.away]
}

/// A disk below the root was not mounted for one run, and every vector below it was lost.
#[test]
fn a_folder_that_is_empty_or_missing_is_away_and_its_rows_stay() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    folder.paint("nas/deep/green.png", GREEN);
    folder.paint("nas/blue.png", BLUE);
    folder.add().expect("good");
    let (nas, elsewhere) = (folder.pictures().join("nas"), folder.0.join("elsewhere"));
    fs::rename(&nas, &elsewhere).expect("ours");
    for is_mount_point in [true, false] {
        if is_mount_point {
            fs::create_dir(&nas).expect("room");
        } else {
            fs::remove_dir(&nas).expect("empty");
        }
        let mut said = Said::default();
        let places = [folder.pictures()];
        let summary = folder.add_all(&places, &Colours("colours"), Options::default(), &mut said);
        assert_eq!(counts(&summary.expect("good")), [0, 0, 1, 0, 2]);
        let named = said.0.iter().filter(|line| line.contains("nas: "));
        assert_eq!(named.count(), 1, "the highest folder: {said:?}");
    }
    fs::rename(&elsewhere, &nas).expect("ours");
    let summary = folder.add().expect("good");
    assert_eq!(counts(&summary), [0, 0, 3, 0, 0], "nothing is made anew");
    fs::remove_dir_all(&nas).expect("ours");
    let summary = folder.add_by(&Colours("colours"), prune()).expect("good");
    assert_eq!(counts(&summary), [0, 0, 1, 2, 0]);
}

#[test]
fn a_folder_that_is_seen_again_without_a_file_loses_it() {
    let folder = Folder::new();
    folder.paint("a/red.png", RED);
    let green = folder.paint("a/green.png", GREEN);
    folder.add().expect("good");
    fs::remove_file(green).expect("there");
    let summary = folder.add().expect("good");
    assert_eq!(counts(&summary), [0, 0, 1, 1, 0]);
}

#[test]
fn a_renamed_folder_is_known_by_its_content_and_leaves_nothing_behind() {
    let folder = Folder::new();
    folder.paint("other.png", [9, 9, 9]);
    folder.paint("2019/red.png", RED);
    folder.paint("2019/green.png", GREEN);
    folder.paint("2019/blue.png", BLUE);
    folder.add().expect("good");
    let (old, new) = (
        folder.pictures().join("2019"),
        folder.pictures().join("Rome"),
    );
    fs::rename(old, &new).expect("ours");
    fs::remove_file(new.join("blue.png")).expect("there");
    let summary = folder.add().expect("good");
    assert_eq!(counts(&summary), [0, 2, 1, 1, 0], "blue went with the move");
}

/// The collection is moved to a new place and indexed there: every result was a dead link.
#[test]
fn a_root_that_was_moved_is_forgotten_under_its_old_name() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    folder.paint("deep/green.png", GREEN);
    folder.add().expect("good");
    let id = |index: &Index| {
        let found = index.search(&Colours::vector(RED), 1, 0.9).expect("good");
        found[0].record.id.clone()
    };
    let before = id(&folder.open());
    let new = folder.0.join("photos");
    fs::rename(folder.pictures(), &new).expect("ours");
    let mut said = Said::default();
    let places = [new.clone()];
    let summary = folder.add_all(&places, &Colours("colours"), Options::default(), &mut said);
    assert_eq!(counts(&summary.expect("good")), [0, 2, 0, 0, 0]);
    let info = maintenance::info(&folder.index()).expect("good");
    assert_eq!((info.pictures, info.roots.len()), (2, 1), "{info:?}");
    assert_eq!(info.roots[0].0.path, fs::canonicalize(&new).expect("there"));
    assert_eq!(id(&folder.open()), before, "ids stay");
}

#[test]
fn a_root_that_is_not_there_hinders_no_other() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    let disk = folder.0.join("disk");
    fs::create_dir(&disk).expect("room");
    fs::copy(folder.pictures().join("red.png"), disk.join("copy.png")).expect("room");
    fs::rename(folder.paint("green.png", GREEN), disk.join("green.png")).expect("room");
    let places = [disk.clone(), folder.pictures()];
    let add = |options| {
        let mut said = Said::default();
        let summary = folder.add_all(&places, &Colours("colours"), options, &mut said);
        counts(&summary.expect("good"))
    };
    assert_eq!(add(Options::default())[0], 3);
    fs::remove_dir_all(&disk).expect("ours");
    folder.paint("blue.png", BLUE);
    assert_eq!(add(Options::default()), [1, 0, 1, 0, 2]);
    assert_eq!(add(prune()), [0, 0, 2, 2, 0]);
    let info = maintenance::info(&folder.index()).expect("good");
    assert_eq!(info.roots.len(), 1, "{info:?}");
}
