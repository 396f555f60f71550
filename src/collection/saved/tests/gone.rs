//! What was forgotten is in no file.

use super::*;

/// Every file below `folder`, with its content.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(super::gone::files(&path));
        } else {
            let bytes = fs::read(&path).expect("a file");
            files.push((path, bytes));
        }
    }
    files
}

/// The files that hold `wanted`.
fn with(folder: &Path, wanted: &[u8]) -> Vec<PathBuf> {
    let has = |bytes: &[u8]| bytes.windows(wanted.len()).any(|part| part == wanted);
    let found = files(folder).into_iter().filter(|(_, bytes)| has(bytes));
    found.map(|(path, _)| path).collect()
}

/// The traces of a picture: words, file id, key, id, its vector in both forms, and parts of its file.
fn traces(id: &str, vector: &[f32], file: &[u8]) -> Vec<Vec<u8>> {
    let halves = files::halves(vector, 64);
    let most = files::floats(&halves).fold(0_f32, |most, x| most.max(x.abs()));
    let byte = |half: f32| clip::kernel::scan::quantise(half * (127.0 / most)).cast_unsigned();
    let bytes: Vec<u8> = files::floats(&halves).take(DIMENSIONS).map(byte).collect();
    let (_, number) = ids::parts(id).expect("an id");
    vec![
        b"zephyrine".to_vec(),
        b"AgAD-file-of-telegram".to_vec(),
        b"key-of-the-sender".to_vec(),
        b"https://t.me/c/1/2".to_vec(),
        number.to_vec(),
        halves[..DIMENSIONS * 2].to_vec(),
        bytes,
        file[100..132].to_vec(),
    ]
}

fn saved_one(saved: &Saved, vector: &[f32], file: &[u8]) -> String {
    let picture = NewPicture {
        collection: "a",
        key: Some("key-of-the-sender"),
        caption: "A Zephyrine zephyrine day",
        file_id: "AgAD-file-of-telegram",
        link: "https://t.me/c/1/2",
        vector,
        file: Some(file),
        ..NewPicture::default()
    };
    id_of(&saved.save(&picture, false).expect("room"))
}

#[test]
fn a_caption_that_was_changed_is_gone_and_all_else_stays() {
    let folder = fresh("revised");
    let saved = open(&folder);
    let vector = Chance(7).vector();
    let file = [9; 300];
    let id = saved_one(&saved, &vector, &file);
    let revision = Revision {
        caption: Some("kestrel"),
        file_id: None,
    };
    for _ in 0..2 {
        let revised = saved.revise("a", "key-of-the-sender", &revision);
        assert_eq!(revised.expect("room"), Some(id.clone()));
    }
    let none = saved.revise("a", "another", &revision).expect("room");
    assert_eq!(none, None);
    drop(saved);
    let saved = open(&folder);
    let picture = saved.picture(&id).expect("readable").expect("saved");
    assert_eq!(
        (picture.caption.as_str(), picture.file_id.as_str()),
        ("kestrel", "AgAD-file-of-telegram")
    );
    assert!(picture.is_kept && saved.kept(&id).expect("readable").is_some());
    let all = found(&saved, "a", &vector, "", 9);
    assert_eq!(all.len(), 1);
    saved.checkpoint().expect("room");
    for words in [&b"Zephyrine"[..], b"zephyrine"] {
        let holding = with(&folder, words);
        assert!(holding.is_empty(), "{holding:?}");
    }
    assert!(!with(&folder, &file).is_empty());
    fs::remove_dir_all(&folder).expect("ours");
}

#[test]
fn no_form_of_a_forgotten_picture_stays_on_the_disk() {
    for way in ["id", "key", "all", "restart", "compact"] {
        let folder = fresh(&format!("gone-{way}"));
        let mut chance = Chance(7);
        let saved = open(&folder);
        let (vector, other) = (chance.vector(), chance.vector());
        let file: Vec<u8> = (0..500_u32)
            .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
            .collect();
        let id = saved_one(&saved, &vector, &file);
        let beside = NewPicture {
            collection: "a",
            caption: "stays",
            vector: &other,
            ..NewPicture::default()
        };
        let stays = id_of(&saved.save(&beside, false).expect("room"));
        let traces = traces(&id, &vector, &file);
        for trace in &traces {
            assert!(
                !with(&folder, trace).is_empty(),
                "it is looked for rightly: {trace:?}"
            );
        }
        match way {
            "id" | "restart" | "compact" => assert!(saved.forget(&id).expect("room")),
            "key" => assert!(
                saved
                    .forget_key("a", "key-of-the-sender", None)
                    .expect("room")
            ),
            _ => assert_eq!(saved.forget_all("a").expect("room"), 2),
        }
        assert!(saved.pending() > 0);
        match way {
            "restart" => {
                drop(saved);
                drop(open(&folder));
            }
            "compact" => saved.compact().expect("room"),
            _ => saved.checkpoint().expect("room"),
        }
        for trace in &traces {
            let found = with(&folder, trace);
            assert!(found.is_empty(), "{way}: {found:?} {trace:?}");
        }
        let pending = Saved::summary(&folder).expect("readable").expect("a store");
        assert_eq!((pending.pending, pending.kept_bytes), (0, 0));
        if way != "all" {
            let (_, number) = ids::parts(&stays).expect("an id");
            assert!(
                !with(&folder, &number).is_empty(),
                "the other one is still there"
            );
        }
        fs::remove_dir_all(&folder).expect("ours");
    }
}

#[test]
fn files_do_not_grow_with_what_comes_and_goes() {
    let folder = fresh("comes-and-goes");
    let saved = open(&folder);
    let mut chance = Chance(3);
    let vectors: Vec<Vec<f32>> = (0..16).map(|_| chance.vector()).collect();
    let mut most = 0;
    // Without syncing each, which a disk takes milliseconds for.
    for number in 0..6000_usize {
        let key = format!("{number}");
        let picture = NewPicture {
            collection: "a",
            key: Some(&key),
            caption: "comes and goes",
            vector: &vectors[number % 16],
            ..NewPicture::default()
        };
        let mut state = locked(&saved.state);
        state.log.without_sync();
        drop(state);
        let id = id_of(&saved.save(&picture, false).expect("room"));
        assert!(saved.forget(&id).expect("room"));
        if number % 500 == 499 {
            saved.checkpoint().expect("room");
            let volume = saved.volume(&mut locked(&saved.state), saved.tag("a"), None);
            let volume = volume.expect("readable").expect("there");
            most = most.max(read(&volume).rows);
        }
    }
    assert!(most <= 2048, "{most} rows for no picture");
    let bytes: usize = files(&folder).iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 20 << 20, "{bytes}");
    fs::remove_dir_all(&folder).expect("ours");
}
