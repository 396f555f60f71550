//! Measures the release build of `clip-bot` between a scripted Telegram and a scripted endpoint:
//!
//! - start: from starting the process to its first `getUpdates`,
//! - idle: resident memory while it waits for updates,
//! - load: 500 queued queries of 500 chats, 5 pictures each, an endpoint that takes 50 ms, 16
//!   workers: queries a second from the first `getUpdates` to the last album, CPU time of the
//!   bot per query, resident memory afterwards.
//!
//! Run with `cargo bench --bench queries`. Prints the median of several rounds with minimum and
//! maximum; other work on the machine makes start and CPU worse.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use support::process::Program;
use support::server::Server;
use support::stage::{found, token_file};
use support::telegram::Telegram;

const ROUNDS: usize = 5;
const QUERIES: u32 = 500;
const SEARCH_TIME: Duration = Duration::from_millis(50);
/// Of `/proc/PID/stat` on Linux, for every architecture.
const TICKS_A_SECOND: f64 = 100.0;

fn main() {
    let rounds: Vec<[f64; 5]> = (0..ROUNDS).map(|_| round()).collect();
    let rows = [
        ("start to first getUpdates, ms", 1),
        ("idle resident memory, MiB", 2),
        ("queries a second", 0),
        ("CPU a query, ms", 2),
        ("resident memory after load, MiB", 1),
    ];
    println!("{:<34} {:>9} {:>9} {:>9}", "", "median", "min", "max");
    for (column, (name, digits)) in rows.into_iter().enumerate() {
        let mut values: Vec<f64> = rounds.iter().map(|round| round[column]).collect();
        values.sort_by(f64::total_cmp);
        let (median, min, max) = (values[ROUNDS / 2], values[0], values[ROUNDS - 1]);
        println!("{name:<34} {median:>9.digits$} {min:>9.digits$} {max:>9.digits$}");
    }
}

fn round() -> [f64; 5] {
    let (start, idle) = idle();
    let (rate, cpu, loaded) = load();
    [start, idle, rate, cpu, loaded]
}

fn idle() -> (f64, f64) {
    let telegram = Telegram::start();
    let started = Instant::now();
    let bot = bot(&telegram, "http://127.0.0.1:9");
    let first = telegram.wait_for("poll", |call| call.method == "getUpdates");
    // The menu is set meanwhile; after it the bot only waits.
    telegram.wait_for_many("menus", 2, |call| call.method == "setMyCommands");
    std::thread::sleep(Duration::from_secs(1));
    let idle = resident_mib(&bot);
    bot.stop();
    ((first.at - started).as_secs_f64() * 1000.0, idle)
}

fn load() -> (f64, f64, f64) {
    let telegram = Telegram::start();
    let endpoint = Server::start(|_| {
        std::thread::sleep(SEARCH_TIME);
        found(5)
    });
    for number in 0..QUERIES {
        telegram.write(i64::from(number) + 1000, &format!("/query bus {number}"));
    }
    let bot = bot(&telegram, &endpoint.url(""));
    telegram.wait_for_count("editMessageText", QUERIES as usize);
    let (cpu, loaded) = (cpu_seconds(&bot), resident_mib(&bot));
    let first = telegram.calls_of("getUpdates")[0].at;
    let last = telegram
        .calls_of("sendMediaGroup")
        .last()
        .expect("albums were sent")
        .at;
    bot.stop();
    let rate = f64::from(QUERIES) / (last - first).as_secs_f64();
    (rate, cpu * 1000.0 / f64::from(QUERIES), loaded)
}

fn bot(telegram: &Telegram, endpoint: &str) -> Program {
    let (token, api) = (token_file(), telegram.url());
    let variables = [
        ("CLIP_BOT_TOKEN_FILE", token.to_str().expect("a plain path")),
        ("CLIP_BOT_API_URL", &api),
        ("CLIP_BOT_SEARCH_URL", endpoint),
        ("CLIP_BOT_LOG", "warn"),
    ];
    Program::start(env!("CARGO_BIN_EXE_clip-bot"), &["run"], &variables)
}

fn proc_file(bot: &Program, name: &str) -> String {
    std::fs::read_to_string(format!("/proc/{}/{name}", bot.pid())).expect("our own child")
}

fn resident_mib(bot: &Program) -> f64 {
    let status = proc_file(bot, "status");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .expect("Linux has it");
    let kib = line
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<f64>().ok());
    kib.expect("a number") / 1024.0
}

fn cpu_seconds(bot: &Program) -> f64 {
    let stat = proc_file(bot, "stat");
    let (_, fields) = stat.rsplit_once(')').expect("the name is in parentheses");
    let ticks = fields.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS_A_SECOND
}
