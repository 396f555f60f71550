//! What a large collection of saved pictures costs: `nice cargo bench --bench saved [-- COUNT]` saves COUNT
//! pictures (1,000,000) with made-up vectors of 512 components in one collection, below `TMPDIR`; then it
//! opens them again, searches, saves and forgets 50,000 others, and forgets three of ten and has the rest
//! written anew. Each save waits for the disk: on a disk
//! that takes a millisecond to sync, a million of them take half an hour, in memory (`TMPDIR=/dev/shm`) few
//! minutes. Exits with 1 where a limit is broken.

use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clip_bot::collection::Search;
use clip_bot::collection::saved::{NewPicture, Outcome, Quota, Saved};
use clip_bot::search::Filter;

const COUNT: u32 = 1_000_000;
const CHANGES: u32 = 50_000;
const DIMENSIONS: usize = 512;
const OWNER: &str = "user:42";
/// Of each component: a signed byte and a 16-bit float; and the scale of each row.
const VECTOR_BYTES: u64 = DIMENSIONS as u64 * 3 + 4;
const WORDS: [&str; 16] = [
    "receipt",
    "whiteboard",
    "holiday",
    "grandma",
    "beach",
    "ticket",
    "recipe",
    "garden",
    "meme",
    "birthday",
    "invoice",
    "sunset",
    "map",
    "plan",
    "cat",
    "train",
];

fn main() -> ExitCode {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let count: u32 = count.unwrap_or(COUNT);
    let folder = std::env::temp_dir().join(format!("bench-saved-{}", std::process::id()));
    let before = resident();
    let store = open(&folder);
    let mut times: Vec<Duration> = (0..count).map(|number| save(&store, number).1).collect();
    store.checkpoint().expect("room");
    times.sort_unstable();
    let mut table = Table { broken: false };
    let at = |share: usize| millis(times[(times.len() - 1) * share / 1000]);
    println!("{count} pictures of {DIMENSIONS} components");
    table.row("saving one, the median, ms", at(500), 10.0);
    table.row("saving one, 999 of 1000, ms", at(999), 10.0);
    let beside = size(&folder) - u64::from(count) * VECTOR_BYTES;
    table.row("on disk beside the vectors, MB", float(beside) / 1e6, 600.0);
    drop(store);

    let start = Instant::now();
    let store = open(&folder);
    let known = store.with_key(OWNER, "m7").expect("readable");
    table.row(
        "opening, with the first look-up, ms",
        millis(start.elapsed()),
        1000.0,
    );
    assert!(known.is_some(), "the picture that was saved");
    searches(&store);
    let memory = float(resident().saturating_sub(before)) / 1024.0;
    table.row("memory beyond an empty process, MiB", memory, 100.0);

    let steady = churn(&store, count, CHANGES / 10);
    let after = churn(&store, count + CHANGES / 10, CHANGES);
    let growth = float(after.saturating_sub(steady)) / 1024.0;
    table.row("growth over 50,000 saves and forgets, MiB", growth, 8.0);
    tidied(&store, count, &mut table);
    drop(store);
    std::fs::remove_dir_all(&folder).expect("ours");
    if table.broken {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

struct Table {
    broken: bool,
}

impl Table {
    fn row(&mut self, what: &str, measured: f64, most: f64) {
        let is_broken = measured > most;
        self.broken |= is_broken;
        let verdict = if is_broken { "BROKEN" } else { "ok" };
        println!("{what:<44} {measured:>10.2}  at most {most:>6.0}  {verdict}");
    }
}

fn open(folder: &Path) -> Saved {
    let quota = Quota {
        pictures: usize::MAX,
        bytes: u64::MAX,
    };
    Saved::open(folder, "made-up", DIMENSIONS, quota).expect("room")
}

/// Saves picture `number`: its id, and how long that took.
fn save(store: &Saved, number: u32) -> (String, Duration) {
    save_in(store, OWNER, number)
}

fn save_in(store: &Saved, collection: &str, number: u32) -> (String, Duration) {
    let (vector, key) = (vector_of(number), format!("m{number}"));
    let word = |shift: u32| WORDS[number.rotate_right(shift) as usize % WORDS.len()];
    let caption = format!("{} {} {number}", word(0), word(4));
    let mut content = [0; 16];
    content[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_le_bytes());
    let picture = NewPicture {
        collection,
        key: Some(&key),
        caption: &caption,
        // As long as Telegram's.
        file_id: &format!("AgACAgIAAxkBAAIB{number:056}"),
        link: "",
        width: 1280,
        height: 960,
        content,
        vector: &vector,
        ..NewPicture::default()
    };
    let start = Instant::now();
    let outcome = store.save(&picture, false).expect("room");
    let took = start.elapsed();
    match outcome {
        Outcome::Saved(id) => (id, took),
        other => panic!("{other:?}"),
    }
}

/// Saves `changes` pictures and forgets each again; the resident memory then, in KiB.
fn churn(store: &Saved, first: u32, changes: u32) -> u64 {
    for number in first..first + changes {
        let (id, _) = save(store, number);
        assert!(store.forget(&id).expect("room"), "it was saved");
        if number % 1000 == 0 {
            store.checkpoint().expect("room");
        }
    }
    resident()
}

/// Forgets three of ten pictures and has the rest written anew, while others search and save in another
/// collection, which shows how long they wait.
fn tidied(store: &Saved, count: u32, table: &mut Table) {
    for number in (0..count).filter(|number| number % 10 < 3) {
        let key = format!("m{number}");
        assert!(store.forget_key(OWNER, &key, None).expect("room"), "{key}");
    }
    let before = resident();
    let done = AtomicBool::new(false);
    let (mut waits, mut most) = ([Duration::ZERO; 2], 0);
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            store.checkpoint().expect("room");
            done.store(true, Ordering::Release);
        });
        for number in 0.. {
            if done.load(Ordering::Acquire) {
                break;
            }
            let (_, saving) = save_in(store, "user:43", number);
            let begun = Instant::now();
            search(store, "user:43", "");
            let searching = begun.elapsed();
            for (longest, took) in waits.iter_mut().zip([saving, searching]) {
                *longest = took.max(*longest);
            }
            most = resident().max(most);
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    println!(
        "{:<44} {:>10.2}",
        "writing 7 of 10 anew, s",
        start.elapsed().as_secs_f64()
    );
    let [saving, searching] = waits.map(millis);
    table.row("a save meanwhile, the longest, ms", saving, 1000.0);
    table.row("a search meanwhile, the longest, ms", searching, 1000.0);
    let memory = float(most.saturating_sub(before)) / 1024.0;
    table.row("memory more meanwhile, MiB", memory, 100.0);
    let left = count - count / 10 * 3;
    let is_left = |number: u32| number % 10 > 2;
    let known = store.with_key(OWNER, &format!("m{}", count - 1));
    assert_eq!(known.expect("readable").is_some(), is_left(count - 1));
    println!("{left} pictures are left");
}

fn searches(store: &Saved) {
    for (what, words) in [("a vector", ""), ("a vector and words", "birthday invoice")] {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let start = Instant::now();
            search(store, OWNER, words);
            best = best.min(start.elapsed());
        }
        println!(
            "{:<44} {:>10.2}",
            format!("searching by {what}, ms"),
            millis(best)
        );
    }
}

fn search(store: &Saved, collection: &str, words: &str) {
    let vector = vector_of(7);
    let search = Search {
        vector: &vector,
        threshold: -1.0,
        limit: 10,
        filter: &Filter::default(),
        words,
        language: None,
        accepts: &|_| true,
    };
    let found = store.find(collection, &search).expect("readable");
    assert!(!found.is_empty(), "at least one");
}

/// A unit vector that is the same for the same number.
fn vector_of(number: u32) -> Vec<f32> {
    let mut state = u64::from(number) << 20 | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        f32::from(i16::from_le_bytes([
            state.to_le_bytes()[3],
            state.to_le_bytes()[4],
        ])) / 32768.0
    };
    let raw: Vec<f32> = (0..DIMENSIONS).map(|_| next()).collect();
    let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.into_iter().map(|x| x / length).collect()
}

/// Of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

/// Bytes of all files in `folder`.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).expect("ours");
    let sizes = entries.map(|entry| {
        let entry = entry.expect("readable");
        let about = entry.metadata().expect("readable");
        if about.is_dir() {
            size(&entry.path())
        } else {
            about.len()
        }
    });
    sizes.sum()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

#[expect(clippy::cast_precision_loss, reason = "a table")]
fn float(number: u64) -> f64 {
    number as f64
}
