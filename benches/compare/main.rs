//! Measures `clip-bot`, as it is shipped, side by side with the reference's stack: the same
//! Telegram, the same search endpoint, the same machine, in turns.
//!
//! `benches/compare/run` starts it. [`outside`] is what the bots talk to, [`measure`] takes one
//! bot's figures, [`report`] makes docs/performance.md of them and [`plot`] the picture in it.

mod measure;
mod outside;
mod plot;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/it/support/process.rs"]
mod process;
mod report;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../../tests/it/support/server.rs"]
mod server;

use std::process::ExitCode;
use std::time::Duration;

use measure::{Figure, Figures, Load};
use report::{Report, Target};

/// Settings that measuring needs: users are not held back.
const UNLIMITED: &[(&str, &str)] = &[]; // [("CLIP_BOT_RATE", "none")]
/// The setting that takes the folder where updates are kept until they are answered.
const STATE_DIR: Option<&str> = None; // Some("CLIP_BOT_STATE_DIR")

/// Longest wait for one load to be answered.
const PATIENCE: Duration = Duration::from_mins(3);
const ROUNDS: usize = 5;
const FULL: Load = Load {
    queries: 500,
    flood: 200,
};
const QUICK: Load = Load {
    queries: 100,
    flood: 40,
};

/// What is measured.
struct Candidate {
    name: String,
    kind: Kind,
    workers: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// The reference's bot as it is described.
    Seed,
    /// The same stack used well.
    Album,
    ClipBot {
        inbox: bool,
    },
}

/// The reference at its defaults, clip-bot at its own.
const REFERENCE: (Kind, u32) = (Kind::Seed, 2);
const OURS: (Kind, u32) = (clip_bot(true), 16);

const fn clip_bot(inbox: bool) -> Kind {
    Kind::ClipBot {
        inbox: inbox && STATE_DIR.is_some(),
    }
}

fn candidates() -> Vec<Candidate> {
    let mut all = vec![
        REFERENCE,
        (Kind::Seed, 16),
        (Kind::Seed, 32),
        (Kind::Album, 2),
        (Kind::Album, 32),
        (clip_bot(true), 2),
        OURS,
        (clip_bot(true), 32),
    ];
    if STATE_DIR.is_some() {
        all.extend([(clip_bot(false), 16), (clip_bot(false), 32)]);
    }
    let named = all.into_iter().map(|(kind, workers)| {
        let name = match kind {
            Kind::Seed => format!("reference, {workers} threads"),
            Kind::Album => format!("reference used well, {workers} threads"),
            Kind::ClipBot { inbox } if inbox == STATE_DIR.is_some() => {
                format!("clip-bot, {workers} workers")
            }
            Kind::ClipBot { .. } => format!("clip-bot without inbox, {workers} workers"),
        };
        Candidate {
            name,
            kind,
            workers,
        }
    });
    named.collect()
}

/// What must hold, and (without a limit) what is worth knowing.
fn targets() -> Vec<Target> {
    let ours = |workers| (clip_bot(true), workers);
    let target = |figure, ours, theirs, least| Target {
        figure,
        ours,
        theirs,
        least,
    };
    let flood = 2.0 * outside::SEARCH_TIME.as_secs_f64() * 1000.0;
    vec![
        target(Figure::Rate, ours(32), Some(REFERENCE), Some(15.0)),
        target(Figure::Rate, OURS, Some(REFERENCE), None),
        target(Figure::Rate, ours(32), Some((Kind::Seed, 32)), Some(2.5)),
        target(Figure::Rate, OURS, Some((Kind::Seed, 16)), None),
        target(Figure::Rate, ours(32), Some((Kind::Album, 32)), None),
        target(Figure::Idle, OURS, Some(REFERENCE), Some(6.0)),
        target(Figure::Start, OURS, Some(REFERENCE), Some(15.0)),
        target(Figure::Cpu, OURS, Some(REFERENCE), Some(6.0)),
        target(Figure::Wait, OURS, None, Some(flood)),
    ]
}

fn main() -> ExitCode {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).collect();
    let python = words.first().filter(|word| !word.starts_with("--"));
    let Some(python) = python else {
        eprintln!("benches/compare/run starts this, it needs the reference's Python");
        return ExitCode::from(2);
    };
    let quick = words.iter().any(|word| word == "--quick");
    let (rounds, load) = if quick { (1, QUICK) } else { (ROUNDS, FULL) };

    let mut report = Report::new(candidates(), targets(), load, python);
    let mut taken: Vec<Vec<Figures>> = vec![Vec::new(); report.candidates.len()];
    for round in 1..=rounds {
        for (candidate, taken) in report.candidates.iter().zip(&mut taken) {
            eprintln!("round {round} of {rounds}: {}", candidate.name);
            taken.push(measure::measure(candidate, load, python));
        }
    }
    report.finish(&taken);
    println!("{}", report.tables());
    if quick {
        return ExitCode::SUCCESS;
    }
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/performance");
    for (ending, text) in [("md", report.markdown()), ("svg", plot::svg(&report))] {
        std::fs::write(format!("{docs}.{ending}"), text).expect("our own folder");
    }
    ExitCode::from(u8::from(!report.all_met()))
}
