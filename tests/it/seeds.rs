//! Every kept case of every fuzz target, and a thousand cases made from them. More of them:
//! `tests/fuzz/run`.

#[path = "../fuzz/targets/mod.rs"]
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use targets::{TARGETS, Target};

/// Cases made from the seeds of each target: always the same ones.
const MADE: usize = 1000;
/// Longest case that is made, unless a seed is longer.
const LONGEST: usize = 4096;
/// What arbitrary bytes would hardly ever hold.
const WORDS: [&str; 24] = [
    "\n",
    "\"",
    "\\",
    "\\ud83d",
    "\\u0000",
    "{",
    "}",
    "[]",
    "null",
    "true",
    "-1",
    "1e999",
    "9223372036854775808",
    "18446744073709551615",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "é",
    "😀",
    "%ff",
    "http://",
    "data:",
    "<img src=",
    "![](",
];

#[test]
fn every_case_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    let runs: Vec<_> = TARGETS
        .map(|(name, target)| {
            let seeds = seeds_in(&folder.join(name));
            (name, std::thread::spawn(move || run(name, target, &seeds)))
        })
        .into();
    let failed: Vec<&str> = runs
        .into_iter()
        .filter_map(|(name, run)| run.join().is_err().then_some(name))
        .collect();
    assert!(
        failed.is_empty(),
        "targets with a case that does not hold: {failed:?}"
    );
}

#[test]
fn every_folder_of_seeds_has_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds");
    let mut folders: Vec<_> = std::fs::read_dir(folder)
        .expect("our own folder")
        .map(|entry| entry.expect("readable").file_name())
        .collect();
    folders.sort();
    assert_eq!(folders, TARGETS.map(|(name, _)| name));
}

fn seeds_in(folder: &Path) -> Vec<Vec<u8>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("readable").path())
        .collect();
    // Folders have no order of their own, and the made cases depend on it.
    files.sort();
    let seeds: Vec<Vec<u8>> = files
        .iter()
        .map(|file| std::fs::read(file).expect("readable"))
        .collect();
    assert!(!seeds.is_empty());
    seeds
}

fn run(name: &str, target: Target, seeds: &[Vec<u8>]) {
    let mut maker = Maker(0x9E37_79B9_7F4A_7C15);
    let made = (0..MADE).map(|_| maker.case(seeds));
    for case in seeds.iter().cloned().chain(made) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(&case))) {
            eprintln!(
                "{name} does not hold for this case:\n{}",
                case.escape_ascii()
            );
            std::panic::resume_unwind(panic);
        }
    }
}

/// Makes new cases from old ones. The state of Marsaglia's xorshift generator.
struct Maker(u64);

impl Maker {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let end = u64::try_from(end).expect("64 bits");
        usize::try_from(self.0 % end).expect("below a length")
    }

    fn case(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let mut case = seeds[self.below(seeds.len())].clone();
        for _ in 0..=self.below(4) {
            self.change(&mut case, seeds);
        }
        let longest = seeds.iter().map(Vec::len).max().unwrap_or(0);
        case.truncate(LONGEST.max(longest));
        case
    }

    fn change(&mut self, case: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let start = self.below(case.len() + 1);
        let end = (start + self.below(16)).min(case.len());
        match self.below(6) {
            0 => drop(case.drain(start..end)),
            1 => {
                let word = WORDS[self.below(WORDS.len())];
                case.splice(start..end, word.bytes());
            }
            2 => {
                let word = WORDS[self.below(WORDS.len())];
                case.splice(start..start, word.bytes());
            }
            3 => {
                let again = case[start..end].repeat(1 + self.below(200));
                case.splice(start..start, again);
            }
            4 => {
                let other = &seeds[self.below(seeds.len())];
                let from = self.below(other.len() + 1);
                case.truncate(start);
                case.extend(&other[from..]);
            }
            _ => {
                for byte in &mut case[start..end] {
                    *byte = u8::try_from(self.below(256)).expect("a byte");
                }
            }
        }
    }
}
