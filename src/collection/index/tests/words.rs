//! Pictures are found by what they are called, whatever their vectors.

use super::*;
use crate::collection::Search;
use crate::search::Filter;

const YELLOW: [u8; 3] = [250, 250, 0];
const MAGENTA: [u8; 3] = [250, 0, 250];
const CYAN: [u8; 3] = [0, 250, 250];

/// A threshold that no vector reaches.
const BY_NAME_ONLY: f32 = 2.0;

/// What `words` and the vector of `colour` find, best first, as paths below the root.
pub(super) fn found(index: &Index, words: &str, colour: [u8; 3], threshold: f32) -> Vec<String> {
    let search = Search {
        vector: &Colours::vector(colour),
        words,
        language: None,
        filter: &Filter::default(),
        accepts: &|_| true,
        limit: 10,
        threshold,
    };
    let found = index.find(&search).expect("good");
    assert!(found.is_sorted_by(|a, b| a.score >= b.score));
    paths(found)
}

pub(super) fn paths(found: Vec<ScoredRecord>) -> Vec<String> {
    let places = found.into_iter().map(|found| found.record.place);
    places
        .map(|place| match place {
            Place::File { path, .. } => path.to_string_lossy().into_owned(),
            Place::Url { url, .. } => url,
        })
        .collect()
}

/// An index of six pictures, named as people do.
pub(super) fn album() -> Folder {
    let folder = Folder::new();
    folder.paint("IMG_2231.png", RED);
    folder.paint("SummerRome-2019/IMG_20190504_101112.png", GREEN);
    folder.paint("SummerRome-2019/Colosseum.png", BLUE);
    folder.paint("papers/Invoice März.png", YELLOW);
    folder.paint("papers/letter to Jörg.png", MAGENTA);
    folder.paint("beach.png", CYAN);
    folder.add().expect("room");
    folder
}

#[test]
fn names_of_files_and_folders_are_found_whatever_the_vectors() {
    let folder = album();
    let index = folder.open();
    let rome = [
        "SummerRome-2019/Colosseum.png",
        "SummerRome-2019/IMG_20190504_101112.png",
    ];
    let date = ["SummerRome-2019/IMG_20190504_101112.png"];
    for (words, expected) in [
        ("IMG_2231", &["IMG_2231.png"][..]),
        ("img 2231.jpg", &["IMG_2231.png"]),
        ("2231", &["IMG_2231.png"]),
        ("Rome 2019", &rome),
        ("rome", &rome),
        ("summer rome", &rome),
        ("SummerRome", &rome),
        ("20190504", &date),
        ("IMG_2019", &date),
        ("IMG_20190504_101112.png", &date),
        ("invoice", &["papers/Invoice März.png"]),
        ("an invoice of marz", &["papers/Invoice März.png"]),
        ("INVOICES", &["papers/Invoice März.png"]),
        ("jorg", &["papers/letter to Jörg.png"]),
        ("colos", &["SummerRome-2019/Colosseum.png"]),
        ("a photo of the beach", &["beach.png"]),
        ("red beach umbrella", &[]),
        ("img 9999", &[]),
        ("zebra", &[]),
        ("?!", &[]),
    ] {
        assert_eq!(
            found(&index, words, BLUE, BY_NAME_ONLY),
            expected,
            "{words}"
        );
    }
}

#[test]
fn both_rankings_are_joined() {
    let folder = album();
    let index = folder.open();
    // By its vector only what is cyan; the letter by its name.
    assert_eq!(found(&index, "", CYAN, 0.9), ["beach.png"]);
    assert_eq!(
        found(&index, "letter", CYAN, 0.9),
        ["papers/letter to Jörg.png", "beach.png"]
    );
    // What has both comes first.
    let joined = found(&index, "papers", MAGENTA, 0.5);
    assert_eq!(
        &joined[..2],
        ["papers/letter to Jörg.png", "papers/Invoice März.png"]
    );
    assert!(joined.len() > 2, "{joined:?}");
}

#[test]
fn a_word_that_all_have_says_nothing() {
    let folder = Folder::new();
    for (number, colour) in [RED, GREEN, BLUE, YELLOW].into_iter().enumerate() {
        folder.paint(&format!("holiday {number}.png"), colour);
    }
    folder.add().expect("room");
    let index = folder.open();
    assert_eq!(found(&index, "holiday zebra", RED, BY_NAME_ONLY).len(), 0);
    assert_eq!(
        found(&index, "holiday 3", RED, BY_NAME_ONLY),
        ["holiday 3.png"]
    );
    assert_eq!(found(&index, "holiday", RED, BY_NAME_ONLY).len(), 4);
}

#[test]
fn names_follow_the_files() {
    let folder = album();
    let index = folder.open();
    let pictures = folder.pictures();
    fs::rename(pictures.join("beach.png"), pictures.join("harbour.png")).expect("ours");
    fs::remove_file(pictures.join("IMG_2231.png")).expect("ours");
    folder.add().expect("room");
    assert_eq!(found(&index, "harbour", RED, BY_NAME_ONLY), ["harbour.png"]);
    for gone in ["beach", "IMG_2231"] {
        assert_eq!(found(&index, gone, RED, BY_NAME_ONLY), [""; 0], "{gone}");
    }
}

#[test]
fn names_stay_when_segments_are_merged() {
    let folder = Folder::new();
    folder.paint_many(60);
    let options = Options {
        commit_pictures: 3,
        ..Options::default()
    };
    folder.add_by(&Colours("colours"), options).expect("room");
    let index = folder.open();
    for number in [0, 17, 59] {
        let name = format!("{number:03}");
        let file = format!("{name}.png");
        assert_eq!(found(&index, &name, RED, BY_NAME_ONLY), [file]);
    }
    let count = |ending: &str| {
        let files = fs::read_dir(folder.index()).expect("there");
        let names = files.map(|file| file.expect("there").file_name());
        names
            .filter(|name| name.to_string_lossy().ends_with(ending))
            .count()
    };
    assert_eq!(count(".catalog"), count(".segment"));
}
