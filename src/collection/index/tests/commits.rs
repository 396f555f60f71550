//! One writer and its commits, and who reads meanwhile.

use super::*;

#[test]
fn there_is_one_writer_at_a_time() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    let writer = writer::Writer::open(&folder.index()).expect("free");
    let error = folder.add().expect_err("locked");
    assert_eq!(*error.kind(), Kind::Busy);
    let refusal = error.to_string();
    let us = format!("(process {})", std::process::id());
    assert!(refusal.contains(&us), "{refusal}");
    drop(writer);
    folder.add().expect("free again");
}

/// Small commits, so that segments are joined within the run and after it.
#[test]
fn many_small_commits_become_few_segments() {
    let folder = Folder::new();
    folder.paint_many(100);
    let options = Options {
        commit_pictures: 1,
        ..Options::default()
    };
    let index = {
        folder.add_by(&Colours("colours"), options).expect("good");
        folder.open()
    };
    assert_eq!(index.len().expect("good"), 100);
    let segments = || fs::read_dir(folder.index()).expect("there").count() - 2;
    assert!((2..16).contains(&segments()), "{}", segments());
    let before = index
        .search(&Colours::vector(RED), 100, -1.0)
        .expect("good");
    // A third of the rows die, so those that stay are written anew.
    for number in 0..34 {
        fs::remove_file(folder.pictures().join(format!("{number:03}.png"))).expect("there");
    }
    let summary = folder.add().expect("good");
    assert_eq!((summary.unchanged, summary.removed), (66, 34));
    let info = maintenance::info(&folder.index()).expect("good");
    assert!(info.dead * 4 <= info.pictures + info.dead, "{info:?}");
    let after = index
        .search(&Colours::vector(RED), 100, -1.0)
        .expect("good");
    assert!(after.len() <= before.len() && !after.is_empty());
    for found in after {
        assert!(found.record.caption.parse::<u8>().expect("a number") >= 34);
    }
    assert_eq!(
        maintenance::verify(&folder.index())
            .expect("good")
            .expect("whole"),
        66
    );
}

/// The file that is read is never the one that is being written.
#[test]
fn an_index_is_searched_while_it_grows() {
    let folder = Folder::new();
    folder.paint_many(5);
    folder.add().expect("good");
    folder.paint_many(120);
    let index = folder.open();
    let options = Options {
        commit_pictures: 2,
        ..Options::default()
    };
    std::thread::scope(|scope| {
        let growing = scope.spawn(|| folder.add_by(&Colours("colours"), options));
        let mut most = 0;
        while !growing.is_finished() {
            let found = index.search(&Colours::vector(GREEN), 3, 0.0).expect("good");
            assert!(!found.is_empty());
            let length = index.len().expect("good");
            assert!(length >= most, "{length} after {most}");
            most = length;
        }
        growing.join().expect("no panic").expect("good");
    });
    assert_eq!(index.len().expect("good"), 120);
}
