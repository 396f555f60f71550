//! The run: people write, blows fall, then everything that was written gets its time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::audit::Findings;
use crate::disk::{self, Disk};
use crate::faults::Dice;
use crate::options::Options;
use crate::plan::{self, Blow, Users};
use crate::proxy::Played;
use crate::rig::{Memory, Rig};

/// Most messages that wait for an answer.
const OUTSTANDING: usize = 2000;
/// After this time without a message from the bot, what is open is not waited for while writing.
const QUIET: Duration = Duration::from_secs(10);
/// The same at the end.
const LONG_QUIET: Duration = Duration::from_mins(1);
/// How long the bot may take to see that its disk is full, or works again.
const NOTICED: Duration = Duration::from_secs(30);
/// Room for the inbox of a full house and as much again.
const DISK_MIB: u32 = 24;
/// Messages that are answered before that disk is full.
const FEW: u64 = 10;

/// What came of the run.
pub struct Outcome {
    pub findings: Findings,
    pub broken: Vec<String>,
    pub memory: Vec<Memory>,
    pub kills: u64,
    pub stops: u64,
    pub freezes: u64,
    pub search_kills: u64,
    pub offline: u64,
    pub slowest_stop: Duration,
    /// `None`: that part was not run.
    pub disk_full: Option<&'static str>,
    pub telegram: (u64, Played),
    pub search: (u64, Played),
    pub folder: PathBuf,
}

struct Run {
    rig: Rig,
    users: Users,
    dice: Dice,
    options: Options,
    written: u64,
    /// No more than this for now.
    most_written: u64,
    /// Open ones that nobody waits for any more while writing.
    written_off: usize,
    moved: (usize, Instant),
    disk_full: bool,
    blows: Vec<Blow>,
    disk: Option<&'static str>,
}

pub fn run(options: &Options) -> Outcome {
    let name = format!("chaos-{}", std::process::id());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut run = Run {
        rig: Rig::start(options.seed, &folder, options.inbox),
        users: Users::new(options.seed, options.chats),
        dice: Dice::new(options.seed),
        options: options.clone(),
        written: 0,
        most_written: options.queries,
        written_off: 0,
        moved: (0, Instant::now()),
        disk_full: false,
        blows: Vec::new(),
        disk: None,
    };
    for (chat, members) in run.users.groups() {
        run.rig.add_group(chat, &members);
    }
    run.fill_disk();
    run.rig.start_bot();
    for (answered, blow) in plan::blows(options.seed, options.queries, options.kills) {
        run.write_until(answered);
        run.blow(blow);
    }
    run.write_until(options.queries);
    run.settle();
    run.rig.stop();
    run.outcome(folder)
}

impl Run {
    /// Users write until `answered` messages are answered, or nothing moves.
    fn write_until(&mut self, answered: u64) {
        while self.answered() < answered {
            for _ in 0..10 {
                self.write();
            }
            let pause = self.dice.millis(5, 60);
            self.rig.wait(pause);
            if self.is_quiet(QUIET) {
                self.written_off = self.rig.ledger().open();
                self.moved.1 = Instant::now();
                return;
            }
        }
    }

    fn write(&mut self) {
        let most =
            OUTSTANDING.min(usize::try_from(self.options.queries / 4).unwrap_or(OUTSTANDING));
        let open = self.rig.ledger().open().saturating_sub(self.written_off);
        if self.written < self.most_written && open < most {
            let line = self.users.write();
            if self.dice.percent(10) {
                self.rig.type_inline(line.user, &line.text);
            }
            self.rig.write(line, self.disk_full);
            self.written += 1;
            if self.dice.percent(6) {
                let similar = self.dice.percent(50);
                self.rig.press(similar, self.disk_full);
            }
        }
    }

    fn answered(&self) -> u64 {
        self.written.saturating_sub(self.rig.ledger().open() as u64)
    }

    fn is_quiet(&mut self, patience: Duration) -> bool {
        let moves = self.rig.ledger().moves();
        if moves != self.moved.0 {
            self.moved = (moves, Instant::now());
        }
        self.moved.1.elapsed() >= patience
    }

    /// Waits until everything is answered, or nothing moves any more.
    fn settle(&mut self) {
        self.moved.1 = Instant::now();
        // Without an inbox it is known beforehand that something will not come.
        let patience = if self.options.inbox {
            LONG_QUIET
        } else {
            QUIET
        };
        while self.rig.ledger().open() > 0 && !self.is_quiet(patience) {
            self.rig.wait(Duration::from_millis(50));
        }
    }

    fn blow(&mut self, blow: Blow) {
        // Somewhere between two steps of the bot.
        let moment = self.dice.millis(0, 200);
        self.rig.wait(moment);
        let time = self.dice.millis(500, 2000);
        match blow {
            Blow::Kill => {
                self.rig.kill();
                self.rig.start_bot();
            }
            Blow::Stop => {
                self.rig.stop();
                self.rig.start_bot();
            }
            Blow::Freeze => {
                self.rig.signal("STOP");
                self.rig.wait(time);
                self.rig.signal("CONT");
            }
            Blow::SearchKill => self.rig.restart_search(time),
            Blow::Offline => self.rig.offline(time),
        }
        self.blows.push(blow);
    }

    /// Lets the bot begin on a small disk and fills that; kills the bot while it is full, and
    /// after it works again; then moves the state folder to where it belongs. This comes first, and
    /// with few messages, since an inbox has room in its file for as many as it once held and would
    /// not notice before more of them are open.
    fn fill_disk(&mut self) {
        let Some(home) = self.rig.state.clone() else {
            self.disk = Some("not run: there is no inbox");
            return;
        };
        let small = self.rig.folder.join("small-disk");
        let Some(disk) = Disk::mount(&small, DISK_MIB) else {
            eprintln!("NOT RUN: the phase with a full disk, since only root can mount one");
            return;
        };
        let part = self.options.queries / 16;
        self.most_written = FEW;
        self.rig.state = Some(small.clone());
        self.rig.start_bot();
        self.write_until(FEW);

        self.most_written = 2 * part;
        self.disk_full = true;
        self.rig.ledger().disk_is_full();
        disk.fill();
        let folder = small.display().to_string();
        self.await_line("that the disk is full", |line| is_trouble(line, &folder));
        self.most_written = 3 * part;
        self.write_for(Duration::from_secs(2));
        self.rig.kill();
        self.rig.start_bot();
        self.await_line("that the disk is full, after a kill", |line| {
            is_trouble(line, &folder)
        });
        self.write_for(Duration::from_secs(3));
        disk.free();
        self.await_line("that the disk works again", |line| is_well(line, &folder));
        self.most_written = 4 * part;
        self.disk_full = false;

        self.write_for(Duration::from_secs(2));
        self.rig.kill();
        self.rig.start_bot();
        self.write_for(Duration::from_secs(1));
        self.rig.stop();
        disk::copy(&small, &home);
        self.rig.state = Some(home);
        drop(disk);
        self.most_written = self.options.queries;
        self.blows.extend([Blow::Kill, Blow::Kill, Blow::Stop]);
        self.disk = Some("run");
    }

    fn write_for(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until {
            self.write();
            self.rig.wait(Duration::from_millis(20));
        }
    }

    /// Writes faster than the bot answers, until it says so in its log.
    fn await_line(&mut self, what: &str, fits: impl Fn(&str) -> bool) {
        let until = Instant::now() + NOTICED;
        while !self.rig.output().lines().any(&fits) {
            if Instant::now() > until {
                self.rig
                    .broken
                    .push(format!("the bot did not say within {NOTICED:?} {what}"));
                return;
            }
            for _ in 0..10 {
                self.write();
            }
            self.rig.wait(Duration::from_millis(20));
        }
    }

    fn outcome(self, folder: PathBuf) -> Outcome {
        let count = |wanted| self.blows.iter().filter(|blow| **blow == wanted).count() as u64;
        let mut broken = self.rig.broken.clone();
        let missed = self.rig.ledger().missed;
        if missed > 0 {
            broken.push(format!(
                "the harness missed {missed} events: the audit means nothing"
            ));
        }
        let findings = self.rig.ledger().audit();
        Outcome {
            findings,
            broken,
            memory: self.rig.memory.clone(),
            kills: count(Blow::Kill),
            stops: count(Blow::Stop),
            freezes: count(Blow::Freeze),
            search_kills: count(Blow::SearchKill),
            offline: count(Blow::Offline),
            slowest_stop: self.rig.slowest_stop,
            disk_full: self.disk,
            telegram: (self.rig.bot_api.calls(), self.rig.bot_api.played()),
            search: (self.rig.search.calls(), self.rig.search.played()),
            folder,
        }
    }
}

/// Whether a line of the log says that the folder cannot be written.
fn is_trouble(line: &str, folder: &str) -> bool {
    line.contains("ERROR") && line.contains(folder)
}

/// Whether it says that this is over.
fn is_well(line: &str, folder: &str) -> bool {
    !line.contains("ERROR") && line.contains(folder) && line.contains("again")
}
