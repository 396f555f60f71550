//! Whatever is in the file: no panic, and no entry that was never written.

use std::collections::HashMap;
use std::fs;
use std::ops::Range;

use super::*;

/// A file with a history, left behind by a kill or closed, and all that was ever written in it.
struct Sample {
    bytes: Vec<u8>,
    /// By id: the update, and every progress it had.
    written: HashMap<i64, (String, Vec<Option<String>>)>,
}

fn sample(updates: i64, closed: bool) -> Sample {
    let folder = Folder::quick();
    let inbox = folder.open();
    let mut written = HashMap::new();
    for id in 1..=updates {
        let length = usize::try_from(id * 37 % 900).expect("small");
        let update = format!("{{\"update_id\":{id},\"text\":\"{}\"}}", "ü".repeat(length));
        let arrival = Arrival {
            id,
            tasks: 1,
            update: update.clone(),
        };
        assert!(inbox.accept(vec![arrival], id + 1).durable);
        let mut progress = vec![None];
        if id % 3 == 0 {
            inbox.note(id, format!("said {id}"));
            progress.push(Some(format!("said {id}")));
        }
        if id % 4 == 0 {
            inbox.finished(id);
        }
        written.insert(id, (update, progress));
    }
    if closed {
        inbox.close();
    }
    let bytes = fs::read(folder.file()).expect("the file");
    Sample { bytes, written }
}

/// Splitmix64: the same cases in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).expect("64 bits");
        usize::try_from(self.next() % limit).expect("below a usize")
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn range(&mut self, length: usize, longest: usize) -> Range<usize> {
        let start = self.below(length);
        start..length.min(start + 1 + self.below(longest))
    }

    /// A place in the file; every third time in its header, where most is at stake.
    fn place(&mut self, length: usize) -> usize {
        if self.below(3) == 0 {
            self.below(length.min(320))
        } else {
            self.below(length)
        }
    }
}

const PAGE: usize = 4096;

fn damage(bytes: &mut Vec<u8>, chance: &mut Chance) -> &'static str {
    let length = bytes.len();
    match chance.below(8) {
        0 => {
            bytes.truncate(chance.below(length));
            "cut"
        }
        1 => {
            for _ in 0..=chance.below(4) {
                let place = chance.place(length);
                bytes[place] ^= 1 << chance.below(8);
            }
            "bits turned"
        }
        2 => {
            for place in chance.range(length, 2 * PAGE) {
                bytes[place] = chance.byte();
            }
            "a range of noise"
        }
        3 => {
            let range = chance.range(length, 8 * PAGE);
            bytes[range].fill(0);
            "a range of zeros"
        }
        4 => {
            let pages = length / PAGE;
            let (one, other) = (chance.below(pages), chance.below(pages));
            for byte in 0..PAGE {
                bytes.swap(one * PAGE + byte, other * PAGE + byte);
            }
            "pages swapped"
        }
        5 => {
            let place = chance.place(length.min(320));
            for byte in bytes.iter_mut().skip(place).take(8) {
                *byte = chance.byte();
            }
            "a number in the header"
        }
        6 => {
            let (from, to) = (chance.below(length / PAGE), chance.below(length / PAGE));
            bytes.copy_within(from * PAGE..(from + 1) * PAGE, to * PAGE);
            "a page written to the wrong place"
        }
        _ => match chance.below(4) {
            0 => {
                bytes.fill(0);
                "all zeros"
            }
            1 => {
                bytes.fill_with(|| chance.byte());
                "all noise"
            }
            2 => {
                bytes.truncate(chance.below(320));
                "cut in the header"
            }
            _ => {
                bytes.extend((0..chance.below(4 * PAGE)).map(|_| 7));
                "longer"
            }
        },
    }
}

#[test]
fn a_damaged_file_yields_what_was_written_or_is_set_aside() {
    let samples = [sample(3, true), sample(40, false), sample(40, true)];
    let folder = Folder::quick();
    let mut chance = Chance(2026);
    let (mut kept, mut aside) = (0, 0);
    for case in 0..1200 {
        let sample = &samples[case % samples.len()];
        let mut bytes = sample.bytes.clone();
        let how = damage(&mut bytes, &mut chance);
        let _ = fs::remove_file(folder.aside());
        fs::write(folder.file(), &bytes).expect("room");
        let inbox = folder.open();
        assert_eq!(inbox.trouble(), None, "case {case}: {how}");
        let left = inbox.unfinished();
        for entry in &left {
            let (update, progress) = &sample.written[&entry.id];
            assert_eq!(&entry.update, update, "case {case}: {how}");
            assert!(progress.contains(&entry.progress), "case {case}: {how}");
        }
        if folder.aside().exists() {
            assert!(left.is_empty(), "case {case}: {how}");
            aside += 1;
        } else {
            kept += 1;
        }
        inbox.close();
    }
    eprintln!("kept {kept}, set aside {aside}");
    assert!(kept > 100 && aside > 100, "kept {kept}, set aside {aside}");
}
