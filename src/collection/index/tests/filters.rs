//! A filter leaves out pictures, whatever their vectors and names are.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::super::record::StoredRecord;
use super::super::rows::RowBatch;
use super::super::segment::halves;
use super::super::writer::Writer;
use super::words::paths;
use super::*;
use crate::collection::{Details, Position, Search, Taken};
use crate::digest::sha256;
use crate::search::Filter;

fn stored(path: &str) -> StoredRecord {
    StoredRecord {
        root: 0,
        copy: 0,
        path: path.into(),
        caption: String::new(),
        width: 1,
        height: 1,
        bytes: 1,
        modified: Some(SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 30)),
        digest: sha256(path.as_bytes()),
        details: Details::default(),
        details_version: 0,
    }
}

fn taken(path: &str, date: (i32, u32, u32), at: (f64, f64)) -> StoredRecord {
    let mut record = stored(path);
    record.details.taken = Taken::at(date, (12, 0, 0));
    record.details.position = Position::new(at.0, at.1);
    record
}

/// An index of pictures that were taken here and there, in two segments.
fn travels() -> Folder {
    let folder = Folder::new();
    let (rome, paris, nowhere) = ((41.89, 12.49), (48.86, 2.35), (f64::NAN, 0.0));
    let mut keywords = taken("2023/keywords.jpg", (2023, 1, 1), nowhere);
    keywords.details.keywords = vec!["Lago Maggiore".to_owned()];
    keywords.details.camera = "FUJIFILM X100V".to_owned();
    let records = [
        taken("2022/beach.jpg", (2022, 7, 2), rome),
        taken("2023/beach.jpg", (2023, 7, 2), rome),
        taken("2023/Hochzeit Anna/tower.jpg", (2023, 12, 31), paris),
        stored("phone/IMG_20240229_101112.jpg"),
        stored("old.jpg"),
        keywords,
    ];
    let mut writer = Writer::open(&folder.index()).expect("free");
    "made up".clone_into(&mut writer.manifest.encoder);
    writer.manifest.dimensions = records.len();
    writer.manifest.roots = vec![Root {
        path: folder.pictures(),
        is_list: false,
        visited: 0,
        is_gone: false,
    }];
    let mut number = 0;
    for part in records.chunks(4) {
        let mut batch = RowBatch::default();
        for record in part {
            let mut vector = vec![0.1; records.len()];
            vector[number] = 1.0;
            batch.push(halves(&vector), record);
            number += 1;
        }
        writer.commit(&batch, &HashSet::new()).expect("room");
    }
    folder
}

/// What `words` find among the pictures that meet the conditions, sorted.
fn found(index: &Index, words: &str, conditions: &[(&str, &str)]) -> Vec<String> {
    let filter = Filter::from_parameters(|wanted| {
        let found = conditions.iter().find(|(name, _)| *name == wanted);
        Ok(found.map(|(_, value)| (*value).to_owned()))
    });
    let search = Search {
        vector: &vec![0.4; index.dimensions()],
        words,
        language: None,
        filter: &filter.expect("good"),
        accepts: &|_| true,
        limit: 10,
        threshold: if words.is_empty() { -1.0 } else { 2.0 },
    };
    let mut paths = paths(index.find(&search).expect("good"));
    paths.sort();
    paths
}

#[test]
fn pictures_are_chosen_by_date() {
    let folder = travels();
    let index = folder.open();
    let of_2023 = [
        "2023/Hochzeit Anna/tower.jpg",
        "2023/beach.jpg",
        "2023/keywords.jpg",
    ];
    for (conditions, expected) in [
        (&[("after", "2023"), ("before", "2024")][..], &of_2023[..]),
        (
            &[("after", "2023-07"), ("before", "2023-08")],
            &["2023/beach.jpg"],
        ),
        (
            &[("after", "2023-12-31"), ("before", "2024-01-01")],
            &of_2023[..1],
        ),
        // The name of the file says it,
        (&[("after", "2024")], &["phone/IMG_20240229_101112.jpg"]),
        // or else when it was changed.
        (&[("before", "2000")], &["old.jpg"]),
        (&[("after", "2023"), ("before", "2023")], &[]),
        (&[("after", "2023"), ("before", "2022")], &[]),
    ] {
        assert_eq!(found(&index, "", conditions), expected, "{conditions:?}");
    }
    assert_eq!(found(&index, "", &[]).len(), 6);
}

#[test]
fn pictures_are_chosen_by_place_and_folder() {
    let folder = travels();
    let index = folder.open();
    let root = folder
        .pictures()
        .join("2023")
        .to_string_lossy()
        .into_owned();
    let beaches = ["2022/beach.jpg", "2023/beach.jpg"];
    for (name, value, expected) in [
        ("near", "41.9,12.5,10", &beaches[..]),
        ("near", "41.9,12.5,0.1", &[]),
        ("near", "48.8,2.3,20", &["2023/Hochzeit Anna/tower.jpg"]),
        ("folder", "hochzeit", &["2023/Hochzeit Anna/tower.jpg"]),
        ("folder", "2023/Hochzeit", &["2023/Hochzeit Anna/tower.jpg"]),
        ("folder", "2022", &["2022/beach.jpg"]),
        ("folder", "Rome", &[]),
    ] {
        assert_eq!(
            found(&index, "", &[(name, value)]),
            expected,
            "{name}={value}"
        );
    }
    assert_eq!(found(&index, "", &[("folder", &root)]).len(), 3);
    assert_eq!(found(&index, "", &[("near", "0,0,20100")]).len(), 3);
    let both = [("near", "41.9,12.5,10"), ("after", "2023")];
    assert_eq!(found(&index, "", &both), ["2023/beach.jpg"]);
}

#[test]
fn a_name_does_not_lead_around_a_filter() {
    let folder = travels();
    let index = folder.open();
    assert_eq!(
        found(&index, "beach", &[]),
        ["2022/beach.jpg", "2023/beach.jpg"]
    );
    assert_eq!(
        found(&index, "beach", &[("after", "2023")]),
        ["2023/beach.jpg"]
    );
    assert_eq!(found(&index, "beach", &[("folder", "phone")]), [""; 0]);
}

#[test]
fn keywords_and_cameras_are_words_too() {
    let folder = travels();
    let index = folder.open();
    for words in ["lago maggiore", "Fujifilm", "x100v"] {
        assert_eq!(found(&index, words, &[]), ["2023/keywords.jpg"], "{words}");
    }
}
