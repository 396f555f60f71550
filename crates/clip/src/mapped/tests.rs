//! Files that another program changes while they are mapped.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

const PAGE: usize = 4096;
const LENGTH: usize = 16 * PAGE + 100;

/// A file of random bytes that goes with the test.
struct Victim {
    path: PathBuf,
    content: Vec<u8>,
}

impl Victim {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tmp");
        std::fs::create_dir_all(&folder).expect("room");
        let path = folder.join(format!("mapped-{}-{number}", std::process::id()));
        let content: Vec<u8> = (1..=251).cycle().take(LENGTH).collect();
        std::fs::write(&path, &content).expect("room");
        Self { path, content }
    }

    fn truncate(&self, length: usize) {
        let file = File::options().write(true).open(&self.path);
        file.and_then(|file| file.set_len(length as u64))
            .expect("there");
    }

    /// Writes `content` into the same file, as `cp` does.
    fn overwrite(&self, content: &[u8]) {
        std::fs::write(&self.path, content).expect("room");
        // Not in the same tick of the clock as the writing before.
        let file = File::options().write(true).open(&self.path).expect("there");
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(3);
        file.set_modified(later).expect("ours");
    }

    fn is_intact(&self, mapped: &Mapped) -> Result<bool> {
        let mut found = Vec::new();
        mapped.blocks(0, |block| found.extend_from_slice(block))?;
        Ok(found == self.content)
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

fn sum(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte)).sum()
}

#[test]
fn a_file_that_is_truncated_in_use_reads_as_zeros_and_is_reported() {
    for length in [0, 1, PAGE, LENGTH / 2, LENGTH - 1] {
        let victim = Victim::new();
        let mapped = Mapped::open(&victim.path).expect("mapped");
        let state = mapped.begin(|| panic!("not asked")).expect("sound");
        assert_eq!(sum(&mapped), sum(&victim.content));
        victim.truncate(length);
        // Reads all of it, also what is gone, and in another thread, too.
        assert!(sum(&mapped) <= sum(&victim.content), "{length}");
        let elsewhere = std::thread::scope(|scope| scope.spawn(|| sum(&mapped)).join());
        assert!(elsewhere.is_ok(), "{length}");
        let error = mapped.end(state).expect_err("changed");
        assert_eq!(error.kind(), ErrorKind::Changed);
        let error = mapped.begin(|| panic!("not asked")).expect_err("changed");
        let name = victim.path.display().to_string();
        assert!(error.chain().contains(&name), "{}", error.chain());
        let mut out = Vec::new();
        assert!(mapped.read(0..LENGTH, &mut out).is_err(), "{length}");

        // Put back, it is as before.
        victim.overwrite(&victim.content);
        let state = mapped
            .begin(|| victim.is_intact(&mapped))
            .expect("the same");
        assert_eq!(sum(&mapped), sum(&victim.content), "{length}");
        mapped.end(state).expect("unchanged");
    }
}

#[test]
fn a_file_that_is_overwritten_in_use_is_reported_until_it_is_put_back() {
    let victim = Victim::new();
    let mapped = Mapped::open(&victim.path).expect("mapped");
    let state = mapped.begin(|| panic!("not asked")).expect("sound");
    victim.overwrite(&vec![0; LENGTH]);
    assert!(mapped.end(state).is_err());
    assert!(mapped.begin(|| victim.is_intact(&mapped)).is_err());
    // The same state is not read again.
    assert!(mapped.begin(|| panic!("not asked")).is_err());
    std::fs::write(&victim.path, &victim.content).expect("room");
    assert!(mapped.begin(|| victim.is_intact(&mapped)).is_ok());
}

#[test]
fn a_file_that_is_replaced_or_removed_stays_as_it_was() {
    let victim = Victim::new();
    let mapped = Mapped::open(&victim.path).expect("mapped");
    let other = Victim::new();
    std::fs::rename(&other.path, &victim.path).expect("renamed");
    std::fs::remove_file(&victim.path).expect("there");
    let state = mapped.begin(|| panic!("not asked")).expect("sound");
    assert_eq!(sum(&mapped), sum(&victim.content));
    mapped.end(state).expect("unchanged");
}

#[test]
fn the_places_of_closed_files_are_used_again() {
    let victim = Victim::new();
    for _ in 0..3000 {
        drop(Mapped::open(&victim.path).expect("mapped"));
    }
}
