//! One bot, from its start to user B's pictures.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::outside::{Outside, Seen};
use crate::process::Program;
use crate::{Candidate, Kind, STATE_DIR, UNLIMITED};

/// Of `/proc/PID/stat` on Linux, for every architecture.
const TICKS_A_SECOND: f64 = 100.0;
const USER_A: i64 = 1;
const USER_B: i64 = 2;

/// How much is asked.
#[derive(Clone, Copy)]
pub struct Load {
    /// Queries at once, each of another user.
    pub queries: u32,
    /// Queries of user A before user B asks.
    pub flood: u32,
}

/// What is measured; the number of a row in [`Figures`].
#[derive(Clone, Copy, PartialEq)]
pub enum Figure {
    Start,
    Idle,
    Rate,
    Cpu,
    Loaded,
    Acknowledged,
    Wait,
}

/// By [`Figure`].
pub type Figures = [f64; 7];

impl Figure {
    pub const ALL: [Self; 7] = [
        Self::Start,
        Self::Idle,
        Self::Rate,
        Self::Cpu,
        Self::Loaded,
        Self::Acknowledged,
        Self::Wait,
    ];

    /// Name and unit.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Start => ("start to first poll", "ms"),
            Self::Idle => ("idle memory", "MiB"),
            Self::Rate => ("queries a second", ""),
            Self::Cpu => ("CPU a query", "ms"),
            Self::Loaded => ("memory after load", "MiB"),
            Self::Acknowledged => ("B's acknowledgement", "ms"),
            Self::Wait => ("B's pictures", "ms"),
        }
    }
}

/// Runs one bot through everything.
pub fn measure(candidate: &Candidate, load: Load, python: &str) -> Figures {
    let outside = Outside::start();
    let started = Instant::now();
    let bot = start(candidate, &outside, python);
    let wait = |what, get: &dyn Fn(&Seen) -> Option<Instant>| {
        let got = outside.wait_for(get);
        got.unwrap_or_else(|| {
            panic!(
                "{}: no {what}; it printed:\n{}",
                candidate.name,
                bot.output()
            )
        })
    };
    let polled = wait("poll", &|seen| seen.first_poll);
    // What else it does at its start.
    std::thread::sleep(Duration::from_secs(1));
    let (idle, cpu) = (resident_mib(&bot), cpu_ms(&bot));

    let asked = outside.ask((0..load.queries).map(|number| 1000 + i64::from(number)));
    let all = load.queries as usize;
    let last = wait("last answer", &|seen| {
        seen.last_complete.filter(|_| seen.complete == all)
    });
    settle(&outside);
    let (loaded, cpu) = (resident_mib(&bot), cpu_ms(&bot) - cpu);

    let users = (0..load.flood).map(|_| USER_A).chain([USER_B]);
    let flooded = outside.ask(users);
    let complete = wait("answer to B", &|seen| seen.chats.get(&USER_B)?.complete);
    let acknowledged = wait("word to B", &|seen| seen.chats.get(&USER_B)?.acknowledged);
    drop(bot);

    let queries = f64::from(load.queries);
    [
        millis(polled - started),
        idle,
        queries / (last - asked).as_secs_f64(),
        cpu / queries,
        loaded,
        millis(acknowledged - flooded),
        millis(complete - flooded),
    ]
}

fn start(candidate: &Candidate, outside: &Outside, python: &str) -> Program {
    let (telegram, endpoint) = (outside.telegram.url(""), outside.endpoint.url(""));
    let workers = candidate.workers.to_string();
    let mode = match candidate.kind {
        Kind::Seed => "seed",
        Kind::Album => "album",
        Kind::ClipBot { inbox } => {
            let (token, state) = fresh_files();
            let mut variables = vec![
                ("CLIP_BOT_TOKEN_FILE", token.as_str()),
                ("CLIP_BOT_API_URL", &telegram),
                ("CLIP_BOT_SEARCH_URL", &endpoint),
                ("CLIP_BOT_WORKERS", &workers),
                ("CLIP_BOT_LOG", "warn"),
            ];
            variables.extend(UNLIMITED);
            variables.extend(
                STATE_DIR
                    .filter(|_| inbox)
                    .map(|name| (name, state.as_str())),
            );
            return Program::start(env!("CARGO_BIN_EXE_clip-bot"), &["run"], &variables);
        }
    };
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/benches/compare/reference_bot.py"
    );
    let search = format!("{endpoint}/search");
    Program::start(python, &[script, mode, &workers, &telegram, &search], &[])
}

/// A token and an empty folder, below the target folder: on a disk, unlike /tmp on some systems.
fn fresh_files() -> (String, String) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compare");
    let _ = std::fs::remove_dir_all(&folder);
    let (token, state) = (folder.join("token"), folder.join("state"));
    std::fs::create_dir_all(&state).expect("the target folder can be written");
    std::fs::write(&token, "4242:compare").expect("the target folder can be written");
    (token.display().to_string(), state.display().to_string())
}

/// Waits until the bot has nothing more to say.
fn settle(outside: &Outside) {
    let quiet = Duration::from_millis(300);
    while outside
        .last_request()
        .is_some_and(|at| at.elapsed() < quiet)
    {
        std::thread::sleep(quiet / 4);
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn proc_file(bot: &Program, name: &str) -> String {
    std::fs::read_to_string(format!("/proc/{}/{name}", bot.pid())).expect("our own child")
}

fn resident_mib(bot: &Program) -> f64 {
    let status = proc_file(bot, "status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    let kib: f64 = kib.expect("Linux has it");
    kib / 1024.0
}

fn cpu_ms(bot: &Program) -> f64 {
    let stat = proc_file(bot, "stat");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
    let user_and_system = fields.split_whitespace().skip(11).take(2);
    let ticks: f64 = user_and_system
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum();
    ticks * 1000.0 / TICKS_A_SECOND
}
