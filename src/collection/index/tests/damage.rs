//! Files of the index that were truncated, changed, or exchanged.

use super::*;

/// Pseudo-random numbers, the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).expect("64 bits") % limit.max(1)
    }
}

/// The files of an index that damage is done to.
const NAMES: [&str; 3] = ["manifest", "00000000.segment", "00000001.segment"];

/// A whole index, the content of its [`NAMES`], and the ids of its pictures.
fn whole_index() -> (Folder, Vec<Vec<u8>>, Vec<String>) {
    let folder = Folder::new();
    folder.paint_many(9);
    folder.add().expect("good");
    folder.paint_many(12);
    fs::remove_file(folder.pictures().join("003.png")).expect("there");
    folder.add().expect("good");
    let files = NAMES
        .iter()
        .map(|name| fs::read(folder.index().join(name)).expect("there"))
        .collect();
    let found = folder.open().search(&Colours::vector(RED), 20, -1.0);
    let found = found.expect("good").into_iter();
    let ids = found.map(|found| found.record.id).collect();
    (folder, files, ids)
}

/// An index of `files`, with `bytes` in the place of one of them.
fn broken_index(files: &[Vec<u8>], which: usize, bytes: &[u8]) -> Folder {
    let broken = Folder::new();
    fs::create_dir_all(broken.index()).expect("room");
    for (name, whole) in NAMES.iter().zip(files) {
        fs::write(broken.index().join(name), whole).expect("room");
    }
    fs::write(broken.index().join(NAMES[which]), bytes).expect("room");
    broken
}

/// Whatever is done to the files, nothing panics, each error names a file, and `verify` detects it.
/// `CLIP_INDEX_CASES=10000 cargo test --lib collection::index::tests::damage` takes more cases.
#[test]
fn damage_is_an_error_that_names_the_file() {
    let cases = std::env::var("CLIP_INDEX_CASES").map_or(300, |n| n.parse().expect("a number"));
    let (folder, files, ids) = whole_index();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut refused = 0;
    for case in 0..cases {
        let which = chance.below(NAMES.len());
        let mut bytes = files[which].clone();
        let what = damage(&mut bytes, &files, &mut chance);
        if bytes == files[which] {
            continue;
        }
        let broken = broken_index(&files, which, &bytes);
        let of = format!("case {case}: {what} of {}", NAMES[which]);
        let check = |result: Result<()>| {
            if let Err(error) = result {
                assert!(error.to_string().contains(NAMES[which]), "{of}: {error}");
            }
        };
        match Index::open(&broken.index()) {
            Ok(index) => {
                check(index.search(&Colours::vector(GREEN), 20, -1.0).map(drop));
                for id in &ids {
                    check(index.record(id).map(drop));
                }
                check(maintenance::info(&broken.index()).map(drop));
            }
            Err(error) => {
                refused += 1;
                check(Err(error));
            }
        }
        match maintenance::verify(&broken.index()) {
            Ok(Ok(_)) => panic!("{of} was not seen"),
            Ok(Err(bad)) => {
                assert_eq!(bad.len(), 1, "{of}: {bad:?}");
                assert!(bad[0].to_string().contains(NAMES[which]), "{of}: {bad:?}");
            }
            Err(error) => check(Err(error)),
        }
        // A writer refuses as well, or does its work.
        if case % 10 == 0 {
            let mut said = Said::default();
            let options = Options::default();
            let places = [folder.pictures()];
            let added = broken.add_all(&places, &Colours("colours"), options, &mut said);
            check(added.map(drop));
        }
    }
    assert!(refused * 10 > cases, "{refused} of {cases}");
}

fn damage(bytes: &mut Vec<u8>, files: &[Vec<u8>], chance: &mut Chance) -> String {
    let place = chance.below(bytes.len());
    match chance.below(5) {
        0 => {
            bytes.truncate(place);
            format!("cut at {place}")
        }
        1 => {
            bytes[place] ^= 1 << chance.below(8);
            format!("bit at {place}")
        }
        2 => {
            let end = bytes.len().min(place + 1 + chance.below(64));
            let filling = [0, 0xff][chance.below(2)];
            bytes[place..end].fill(filling);
            format!("{filling:#x} from {place} to {end}")
        }
        3 => {
            bytes.extend(vec![
                chance.below(256).to_le_bytes()[0];
                1 + chance.below(100)
            ]);
            "more at the end".to_owned()
        }
        _ => {
            let other = chance.below(files.len());
            bytes.clone_from(&files[other]);
            format!("file {other} in the place")
        }
    }
}

#[test]
fn an_index_of_another_version_is_not_called_damaged() {
    let folder = Folder::new();
    fs::create_dir_all(folder.index()).expect("room");
    fs::write(folder.index().join("manifest"), "clipidx9 and so on").expect("room");
    let error = Index::open(&folder.index()).expect_err("another version");
    assert!(error.to_string().contains("another version"), "{error}");
    assert_eq!(*error.kind(), Kind::Unusable);
    let nothing = Index::open(&folder.pictures()).expect_err("no index");
    assert_eq!(*nothing.kind(), Kind::Config);
    assert!(nothing.to_string().contains("index add"), "{nothing}");
}
