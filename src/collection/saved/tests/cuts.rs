//! A power cut: what was synced is there, of what was not any part may be.

use super::*;

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("room");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, copied) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            fs::copy(&path, &copied).expect("room");
        }
    }
}

/// What a power cut leaves of `folder`: the logs, and of all else what was there at the last checkpoint,
/// `before`, or what was written since, as `survives` says.
fn cut(folder: &Path, before: &Path, survives: impl Fn(&str) -> bool) -> PathBuf {
    let after = folder.with_extension("cut");
    let _ = fs::remove_dir_all(&after);
    copy(before, &after);
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let copied = after.join(&name);
        if Path::new(&name).extension().is_some_and(|end| end == "log") {
            fs::copy(entry.path(), copied).expect("room");
        } else if entry.path().is_dir() && !name.starts_with("gone") {
            for file in fs::read_dir(entry.path()).expect("a folder").flatten() {
                let own = file.file_name().to_string_lossy().into_owned();
                if file.path().is_file() && survives(&own) {
                    fs::create_dir_all(&copied).expect("room");
                    fs::copy(file.path(), copied.join(own)).expect("room");
                }
            }
        }
    }
    after
}

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    for seed in 1..4 {
        let folder = fresh(&format!("cut-{seed}"));
        let before = fresh(&format!("cut-before-{seed}"));
        let mut chance = Chance(seed);
        let mut model = Model::new();
        let saved = open(&folder);
        for number in 0..40 {
            change(&saved, &mut model, &mut chance, number);
        }
        saved.checkpoint().expect("room");
        copy(&folder, &before);
        for number in 40..80 {
            change(&saved, &mut model, &mut chance, number);
        }
        let survivors: [&dyn Fn(&str) -> bool; 4] = [
            &|_| false,
            &|_| true,
            &|name| name.ends_with("table"),
            &|name| !name.ends_with("table"),
        ];
        for survives in survivors {
            let left = cut(&folder, &before, survives);
            let opened = open(&left);
            compare(&opened, &model, &mut chance);
            drop(opened);
            // What was in the log is in the files by now.
            compare(&open(&left), &model, &mut chance);
            fs::remove_dir_all(&left).expect("ours");
        }
        drop(saved);
        fs::remove_dir_all(&folder).expect("ours");
        fs::remove_dir_all(&before).expect("ours");
    }
}

#[test]
fn one_process_writes_and_another_model_is_refused() {
    let folder = fresh("one");
    let saved = open(&folder);
    let second = Saved::open(&folder, "model", DIMENSIONS, ROOM).expect_err("it is locked");
    assert_eq!(second.kind(), &Kind::Busy);
    drop(saved);
    let other = Saved::open(&folder, "other", DIMENSIONS, ROOM).expect_err("another model");
    assert!(
        other.to_string().contains("with the model model"),
        "{other}"
    );
    assert_eq!(other.kind(), &Kind::Config);
    fs::remove_dir_all(&folder).expect("ours");
}
