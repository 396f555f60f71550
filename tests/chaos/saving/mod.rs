//! Many people forward pictures while the bot and the endpoint are killed and the endpoint's disk is full.
//! Afterwards each picture must be in the store once, found by its sender, and by nobody else.

pub mod audit;
mod people;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clip_bot::collection::saved::Saved;
use serde_json::Value;

use crate::disk::Disk;
use crate::faults::Dice;
use crate::options::Options;
use crate::rig::Rig;
use crate::support::raw::Raw;
use audit::{Forwarded, SavedFindings};
use people::People;

/// What the endpoint demands.
pub const TOKEN: &str = "s3cret-of-the-harness";
/// Without any picture more for this time, those that are missing are not waited for.
const QUIET: Duration = Duration::from_secs(45);
/// Room for the store and as much again.
const DISK_MIB: u32 = 64;

/// What came of it.
pub struct SavingOutcome {
    pub findings: SavedFindings,
    pub broken: Vec<String>,
    pub sent: u64,
    pub users: u64,
    pub kills: u64,
    pub search_kills: u64,
    /// Whether the endpoint's disk was full for a while.
    pub disk_full: bool,
    pub took: Duration,
}

struct Run {
    rig: Rig,
    people: People,
    dice: Dice,
    forwarded: Arc<Mutex<Forwarded>>,
    store: PathBuf,
    kills: u64,
    search_kills: u64,
}

pub fn run(options: &Options) -> SavingOutcome {
    let start = Instant::now();
    let name = format!("chaos-saving-{}", std::process::id());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let small = folder.join("small-disk");
    let disk = Disk::mount(&small, DISK_MIB);
    if disk.is_none() {
        eprintln!("NOT RUN: a full disk of the endpoint, since only root can mount one");
        std::fs::create_dir_all(&small).expect("a folder for tests");
    }
    let store = small.join("saved");
    let rig = Rig::saving(options.seed, &folder, &store);
    let forwarded = Arc::new(Mutex::new(Forwarded::default()));
    let (events, inside) = (rig.events(), Arc::clone(&forwarded));
    std::thread::spawn(move || people::listen(events, &inside));
    let mut run = Run {
        people: People::new(options.seed, options.savers),
        dice: Dice::new(options.seed ^ 0x5341_5645),
        rig,
        forwarded,
        store,
        kills: 0,
        search_kills: 0,
    };
    run.rig.add_group(people::ELSEWHERE, &[people::SOMEBODY]);
    run.rig.start_bot();
    People::begin(&mut run.rig);
    run.forward(options, disk.as_ref());
    run.settle();
    let outcome = run.judge(options, disk.is_some(), start);
    drop(disk);
    if outcome.findings.is_good() && outcome.broken.is_empty() {
        let _ = std::fs::remove_dir_all(&folder);
    }
    outcome
}

impl Run {
    /// People forward pictures, and blows fall between them.
    fn forward(&mut self, options: &Options, disk: Option<&Disk>) {
        let step = (options.saves / (options.save_kills + 1)).max(1);
        let mut sent = 0;
        while sent < options.saves {
            sent += self.people.forward(&self.rig, &self.forwarded);
            self.people.choose(&self.rig);
            let pause = self.dice.millis(1, 30);
            self.rig.wait(pause);
            let blows = self.kills + self.search_kills;
            if sent / step > blows {
                self.blow(blows, disk);
            }
        }
    }

    fn blow(&mut self, number: u64, disk: Option<&Disk>) {
        let moment = self.dice.millis(0, 200);
        self.rig.wait(moment);
        let time = self.dice.millis(100, 1500);
        match (number % 3, disk) {
            (0, _) => {
                self.rig.kill();
                self.kills += 1;
                self.rig.start_bot();
            }
            (1, _) => {
                self.rig.restart_search(time);
                self.search_kills += 1;
            }
            (_, Some(disk)) => {
                disk.fill();
                self.people.forward(&self.rig, &self.forwarded);
                self.rig.wait(time);
                self.rig.restart_search(time);
                self.search_kills += 1;
                self.rig.wait(time);
                disk.free();
            }
            (_, None) => {
                self.rig.signal("STOP");
                self.rig.restart_search(time);
                self.search_kills += 1;
                self.rig.signal("CONT");
            }
        }
    }

    /// Waits until everything is found that was not refused, or nothing more comes.
    fn settle(&mut self) {
        let mut missing = usize::MAX;
        let mut moved = Instant::now();
        loop {
            self.people.choose(&self.rig);
            let expected = self.forwarded.lock().expect("no panic").expected();
            let found = self.found(&expected);
            let now = expected.len() - found.len();
            if now < missing {
                (missing, moved) = (now, Instant::now());
            }
            if now == 0 || moved.elapsed() > QUIET {
                break;
            }
            self.rig.wait(Duration::from_secs(1));
        }
        // The last words about them.
        self.rig.wait(Duration::from_secs(3));
    }

    fn search(&self, word: &str, user: i64) -> Vec<String> {
        let target = format!("/search?details=true&limit=50&query={word}&collection=user:{user}");
        let head = format!("authorization: Bearer {TOKEN}\r\n");
        let mut connection = Raw::connect(self.rig.endpoint());
        let reply = connection.ask("GET", &target, &head).reply();
        if reply.status != 200 {
            return vec![format!("status {}", reply.status)];
        }
        let found = reply.json();
        let hits = found["results"].as_array().cloned().unwrap_or_default();
        let caption = |hit: &Value| hit["caption"].as_str().unwrap_or_default().to_owned();
        hits.iter().map(caption).collect()
    }

    /// The words that their owners find.
    fn found(&self, pictures: &[(i64, String)]) -> BTreeSet<String> {
        let is_found =
            |(user, word): &&(i64, String)| self.search(word, *user).iter().any(|one| one == word);
        let found = pictures.iter().filter(is_found);
        found.map(|(_, word)| word.clone()).collect()
    }

    fn judge(mut self, options: &Options, disk_full: bool, start: Instant) -> SavingOutcome {
        let all = self.forwarded.lock().expect("no panic").all();
        let found = self.found(&all);
        let mut leaked = Vec::new();
        for (user, word) in &all {
            let other = self.people.other(*user);
            for caption in self.search(word, other) {
                let forwarded = self.forwarded.lock().expect("no panic");
                if forwarded.foreign(other, &caption).is_some() {
                    leaked.push(format!("{caption}, found by {other}"));
                }
            }
        }
        // Everybody asks the bot for a word of their own, and for one of somebody else.
        for (user, word) in self.people.samples(&all) {
            self.rig.say(user, &word);
        }
        self.rig.wait(Duration::from_secs(5));
        self.rig.stop();
        self.rig.stop_search();
        let stored = Saved::summary(&self.store).expect("it can be read");
        let stored = stored.map_or(0, |summary| summary.pictures);
        let forwarded = self.forwarded.lock().expect("no panic");
        SavingOutcome {
            findings: forwarded.audit(&found, &leaked, stored),
            broken: self.rig.broken.clone(),
            sent: options.saves,
            users: options.savers,
            kills: self.kills,
            search_kills: self.search_kills,
            disk_full,
            took: start.elapsed(),
        }
    }
}

impl SavedFindings {
    /// Whether nothing is broken.
    pub fn is_good(&self) -> bool {
        let all = self.lost.len() + self.double + self.leaked.len() + self.untold.len();
        all == 0 && self.saved > 0
    }
}
