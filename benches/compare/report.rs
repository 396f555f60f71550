//! The figures in words: docs/performance.md.

use std::process::Command;

use crate::measure::{Figure, Figures, Load};
use crate::{Candidate, Kind};

/// Kind and workers of a candidate.
pub type Who = (Kind, u32);

/// What must hold of the medians.
pub struct Target {
    pub figure: Figure,
    pub ours: Who,
    /// Who is compared with; none: the figure alone counts.
    pub theirs: Option<Who>,
    /// How many times better ours must be, or how high the figure alone may be. None: only told.
    pub least: Option<f64>,
}

/// Of several rounds.
#[derive(Clone, Copy)]
pub struct Spread {
    pub median: f64,
    min: f64,
    max: f64,
}

/// Everything that is known in the end.
pub struct Report {
    pub candidates: Vec<Candidate>,
    pub load: Load,
    /// What has to be installed, with its size in bytes: ours, their packages, their Python.
    pub installed: Vec<(String, f64)>,
    targets: Vec<Target>,
    /// By candidate and [`Figure`].
    spreads: Vec<Vec<Spread>>,
    machine: String,
}

/// A target and what came of it.
struct Judged {
    ours: f64,
    theirs: Option<f64>,
    ratio: f64,
    met: Option<bool>,
}

impl Report {
    /// Everything but the figures.
    pub fn new(candidates: Vec<Candidate>, targets: Vec<Target>, load: Load, python: &str) -> Self {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/benches/compare/reference_bot.py"
        );
        let binary = std::fs::metadata(env!("CARGO_BIN_EXE_clip-bot")).expect("it was built");
        let ours = binary.len().to_string();
        let mut installed = vec![("clip-bot".to_owned(), ours.parse().expect("a number"))];
        for line in said(python, &[script, "--installed"]).lines() {
            let (what, bytes) = line.split_once('\t').expect("our own script");
            installed.push((what.to_owned(), bytes.parse().expect("a number")));
        }
        Self {
            candidates,
            load,
            installed,
            targets,
            spreads: Vec::new(),
            machine: machine(),
        }
    }

    /// Adds the rounds of every candidate.
    pub fn finish(&mut self, taken: &[Vec<Figures>]) {
        self.machine += &format!(", {} after it", load_average());
        let spread = |rounds: &[Figures], figure: Figure| {
            let mut values: Vec<f64> = rounds.iter().map(|round| round[figure as usize]).collect();
            values.sort_by(f64::total_cmp);
            Spread {
                median: values[values.len() / 2],
                min: values[0],
                max: values[values.len() - 1],
            }
        };
        let row = |rounds: &Vec<Figures>| Figure::ALL.map(|figure| spread(rounds, figure)).to_vec();
        self.spreads = taken.iter().map(row).collect();
    }

    /// The median of one candidate.
    pub fn median(&self, (kind, workers): Who, figure: Figure) -> f64 {
        let is_it = |other: &Candidate| other.kind == kind && other.workers == workers;
        let row = self.candidates.iter().position(is_it).expect("a candidate");
        self.spreads[row][figure as usize].median
    }

    fn name(&self, (kind, workers): Who) -> &str {
        let is_it = |other: &&Candidate| other.kind == kind && other.workers == workers;
        &self
            .candidates
            .iter()
            .find(is_it)
            .expect("a candidate")
            .name
    }

    fn judge(&self, target: &Target) -> Judged {
        let ours = self.median(target.ours, target.figure);
        let theirs = target.theirs.map(|who| self.median(who, target.figure));
        let ratio = match theirs {
            Some(theirs) if target.figure == Figure::Rate => ours / theirs,
            Some(theirs) => theirs / ours,
            None => ours,
        };
        let met = target.least.map(|least| match theirs {
            Some(_) => ratio >= least,
            None => ratio <= least,
        });
        Judged {
            ours,
            theirs,
            ratio,
            met,
        }
    }

    /// Whether no target was missed.
    pub fn all_met(&self) -> bool {
        let mut judged = self.targets.iter().map(|target| self.judge(target));
        judged.all(|judged| judged.met != Some(false))
    }

    /// Both tables.
    pub fn tables(&self) -> String {
        let mut text = String::from(
            "| target | clip-bot | reference | better | needed | |\n|---|---:|---:|---:|---:|---|\n",
        );
        for target in &self.targets {
            let Judged {
                ours,
                theirs,
                ratio,
                met,
                ..
            } = self.judge(target);
            let (name, unit) = target.figure.words();
            let (who, than) = (
                self.name(target.ours),
                target.theirs.map(|who| self.name(who)),
            );
            let than = than.map_or_else(String::new, |than| format!(" against {than}"));
            let cell = |value: f64| format!("{} {unit}", short(value)).trim_end().to_owned();
            let times = theirs.map_or_else(String::new, |_| format!("{ratio:.1} ×"));
            let needed = match (target.least, theirs) {
                (Some(least), Some(_)) => format!("{least} ×"),
                (Some(most), None) => format!("≤ {most} {unit}"),
                (None, _) => String::new(),
            };
            let verdict = match met {
                Some(true) => "pass",
                Some(false) => "**fail**",
                None => "",
            };
            let theirs = theirs.map_or_else(String::new, cell);
            let ours = cell(ours);
            text += &format!(
                "| {name}: {who}{than} | {ours} | {theirs} | {times} | {needed} | {verdict} |\n"
            );
        }
        text += "\n|";
        for (name, unit) in Figure::ALL.map(Figure::words) {
            let unit = if unit.is_empty() {
                String::new()
            } else {
                format!(", {unit}")
            };
            text += &format!(" | {name}{unit}");
        }
        text += &format!(" |\n|---{}|\n", "|---:".repeat(Figure::ALL.len()));
        for (candidate, row) in self.candidates.iter().zip(&self.spreads) {
            text += &format!("| {}", candidate.name);
            for Spread { median, min, max } in row {
                text += &format!(" | {} ({}–{})", short(*median), short(*min), short(*max));
            }
            text += " |\n";
        }
        text
    }

    /// The whole page.
    pub fn markdown(&self) -> String {
        let Load { queries, flood } = self.load;
        let installed = self.installed.iter();
        let installed = installed.map(|(what, bytes)| format!("{what} {:.1} MB", bytes / 1e6));
        let installed = installed.collect::<Vec<_>>().join(", ");
        format!(
            "# Performance

Written by `benches/compare/run`, which measures `clip-bot` as it is shipped and the reference's
stack in turns on the same machine, then judges the targets; it takes some ten minutes.

![The figures below as bars](performance.svg)

{}

Medians of {} rounds (least–most). {}.
Installed: {installed} (packages without pip; CPython without its tests, as it is on that machine).

## What is measured

Both talk to one Telegram and one search endpoint of ours (`benches/compare/outside.rs`), which
answer at once over kept connections, but for the {} ms that a search takes.

- *Reference*: `benches/compare/reference_bot.py`, pyTelegramBotAPI with two threads, its default;
  an acknowledgement, and a message for each of five pictures. *Used well*: one album instead.
- *clip-bot* has 16 workers by default; it sends an acknowledgement and an album, and makes the
  acknowledgement a summary.
- *Start*: from starting the process to its first `getUpdates`. *Idle*: resident memory a second
  later.
- *Queries a second*: {queries} users ask at the same moment; until the last one has all pictures.
  *CPU*: user and system time of the bot meanwhile. *Memory after load*: resident then.
- *B's acknowledgement, B's pictures*: user A has {flood} queries waiting when user B asks; from
  B's asking to the bot's first word, and to all of B's pictures.

Not measured: real Telegram, its limits and the way to it; TLS; fetching and uploading pictures; more
than one machine; days of running.
",
            self.tables().trim_end(),
            crate::ROUNDS,
            self.machine,
            crate::outside::SEARCH_TIME.as_millis(),
        )
    }
}

/// Three digits that matter.
pub fn short(value: f64) -> String {
    let digits = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn load_average() -> String {
    let all = std::fs::read_to_string("/proc/loadavg").expect("Linux has it");
    all.split(' ').next().unwrap_or_default().to_owned()
}

/// Date, machine and versions.
fn machine() -> String {
    let field = |file: &str, name: &str| {
        let text = std::fs::read_to_string(file).expect("Linux has it");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.split_once(':'));
        line.map_or_else(String::new, |(_, value)| value.trim().to_owned())
    };
    let kib: f64 = field("/proc/meminfo", "MemTotal")
        .trim_end_matches(" kB")
        .parse()
        .unwrap_or(0.0);
    format!(
        "{}, {}, {} cores, {:.0} GiB, Linux {}, {}, clip-bot {} ({}); load average {} before",
        said("date", &["-u", "+%Y-%m-%d"]),
        field("/proc/cpuinfo", "model name"),
        std::thread::available_parallelism().map_or(0, usize::from),
        kib / f64::from(1 << 20),
        said("uname", &["-r"]),
        said("rustc", &["--version"]),
        env!("CARGO_PKG_VERSION"),
        said("git", &["describe", "--always", "--dirty"]),
        load_average(),
    )
}
