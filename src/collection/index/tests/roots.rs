//! Folders that are indexed, and the model that indexes them.

use std::collections::BTreeMap;
use std::io::Write;

use super::*;

#[test]
fn names_may_be_anything_and_links_are_not_followed() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let odd = std::ffi::OsStr::from_bytes(b"new\nline \xff.png");
    let red = folder.paint("red.png", RED);
    fs::rename(&red, folder.pictures().join(odd)).expect("room");
    std::os::unix::fs::symlink(folder.pictures(), folder.pictures().join("loop")).expect("room");
    fs::write(
        folder.pictures().join("cut.png"),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    )
    .expect("room");
    let mut said = Said::default();
    let places = [folder.pictures()];
    let summary = folder.add_all(&places, &Colours("colours"), Options::default(), &mut said);
    let summary = summary.expect("good");
    assert_eq!((summary.added, summary.failed), (1, 0), "{summary:?}");
    let left_out = BTreeMap::from([("damaged", 1), ("links", 1)]);
    assert_eq!(summary.left_out, left_out, "all that is there is counted");
    for name in ["cut.png", "loop"] {
        assert!(said.0.iter().any(|line| line.contains(name)), "{said:?}");
    }
    let found = folder
        .open()
        .search(&Colours::vector(RED), 1, 0.0)
        .expect("good");
    assert_eq!(found[0].record.caption, "new line \u{fffd}");
    let Place::File { path, .. } = &found[0].record.place else {
        panic!("a file");
    };
    assert_eq!(path.as_os_str(), odd);
    assert!(
        folder
            .open()
            .original(&found[0].record)
            .expect("good")
            .is_some()
    );
}

#[test]
fn roots_do_not_lie_in_each_other_and_can_be_removed() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    let below = folder.paint("deep/green.png", GREEN);
    folder.add().expect("good");
    let inside = [folder.pictures().join("deep")];
    let mut said = Said::default();
    let refusal = folder.add_all(&inside, &Colours("colours"), Options::default(), &mut said);
    assert!(
        refusal
            .expect_err("inside")
            .to_string()
            .contains("lie in each other")
    );
    let nowhere = [folder.0.join("nowhere")];
    let refusal = folder.add_all(&nowhere, &Colours("colours"), Options::default(), &mut said);
    assert!(
        refusal
            .expect_err("nothing there")
            .to_string()
            .contains("nowhere")
    );

    let index = folder.open();
    let remove = |place: &Path| removal::remove(&folder.index(), place.to_str().expect("text"));
    assert!(remove(&folder.0.join("nowhere")).is_err());
    assert_eq!(remove(&below).expect("good"), 1);
    assert_eq!(captions(&index, GREEN), ["red"]);
    assert_eq!(remove(&folder.pictures()).expect("good"), 1);
    assert_eq!(index.len().expect("good"), 0);
    let info = maintenance::info(&folder.index()).expect("good");
    assert_eq!((info.pictures, info.dead, info.segments), (0, 0, 0));
    assert!(info.roots.is_empty(), "{info:?}");
    folder.add().expect("good");
    assert_eq!(index.len().expect("good"), 2);
    let info = maintenance::info(&folder.index()).expect("good");
    assert_eq!(info.roots.len(), 1);
    assert_eq!(info.roots[0].1, 2);
}

#[test]
fn another_model_is_refused_until_the_index_is_made_anew() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    folder.add().expect("good");
    let index = folder.open();
    let refusal = folder
        .add_by(&Colours("others"), Options::default())
        .expect_err("another model");
    assert!(
        refusal.to_string().contains("was made with colours"),
        "{refusal}"
    );
    let options = Options {
        rebuild: true,
        ..Options::default()
    };
    let summary = folder.add_by(&Colours("others"), options).expect("good");
    assert_eq!(summary.added, 1);
    assert_eq!(folder.open().encoder_name(), "others");
    assert_eq!(index.encoder_name(), "colours", "for who has it open");
    assert_eq!(captions(&index, RED), ["red"], "though its file is deleted");
}

#[test]
fn what_is_not_read_is_counted_by_its_kind_and_named() {
    let folder = Folder::new();
    folder.paint("red.png", RED);
    let avif: &[u8] = b"\0\0\0\x18ftypavif\0\0\0\0mif1avif";
    let files = [
        ("phone.avif", avif),
        ("renamed.jpg", avif),
        ("film.mov", b"\0\0\0\x14ftypqt  \0\0\0\0qt  "),
        ("notes.txt", b"words"),
        ("cut.jpg", b"\xff\xd8\xff"),
    ];
    for (name, bytes) in files {
        fs::write(folder.pictures().join(name), bytes).expect("room");
    }
    let huge = File::create(folder.pictures().join("huge.png")).expect("room");
    (&huge)
        .write_all(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        .expect("room");
    huge.set_len((64 << 20) + 1).expect("a sparse file");
    let mut said = Said::default();
    let places = [folder.pictures()];
    let encoder = Colours("colours");
    let summary = folder.add_all(&places, &encoder, Options::default(), &mut said);
    let summary = summary.expect("good");
    let kinds = [
        ("AVIF", 2),
        ("MOV", 1),
        ("damaged", 1),
        ("other files", 1),
        ("too large", 1),
    ];
    assert_eq!(summary.left_out, BTreeMap::from(kinds));
    assert!(!summary.has_read_nothing());
    for (name, why) in [
        ("huge.png", "64 MiB"),
        ("phone.avif", "AVIF"),
        ("cut.jpg", "damaged"),
    ] {
        let is_it = |line: &String| line.contains(name) && line.contains(why);
        assert!(said.0.iter().any(is_it), "{name}: {said:?}");
    }
    fs::remove_file(folder.pictures().join("red.png")).expect("there");
    let options = Options {
        prune: true,
        ..Options::default()
    };
    let summary = folder.add_by(&encoder, options).expect("good");
    assert!(summary.has_read_nothing(), "{summary:?}");
}

#[test]
fn what_systems_and_apps_keep_beside_pictures_is_not_entered() {
    let folder = Folder::new();
    folder.paint("photo/red.png", RED);
    for name in [
        "@eaDir/red.png/SYNOPHOTO_THUMB_S.png",
        "#recycle/green.png",
        "Sent/.x/blue.png",
    ] {
        folder.paint(&format!("photo/{name}"), GREEN);
    }
    folder.paint("photo/WhatsApp/Private/blue.png", BLUE);
    let nomedia = folder.pictures().join("photo/WhatsApp/Private/.nomedia");
    fs::write(nomedia, "").expect("room");
    let summary = folder.add().expect("good");
    assert_eq!(summary.added, 1, "{summary:?}");
    let kinds = [
        ("folders of thumbnails, bins and the like", 2),
        ("folders with .nomedia", 1),
    ];
    assert_eq!(summary.left_out, BTreeMap::from(kinds));
}
