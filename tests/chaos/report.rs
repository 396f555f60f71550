//! The table, and the verdict.

use std::process::ExitCode;
use std::time::Duration;

use crate::options::Options;
use crate::phases::Outcome;
use crate::proxy::Played;
use crate::rig::WORKERS;
use crate::saving::SavingOutcome;

/// Most that resident memory may grow, in KiB.
const GROWTH: i64 = 10 << 10;
/// Of a hundred answers so many must have pictures, or the faults leave nothing to see.
const WITH_PICTURES: usize = 50;

struct Table {
    failed: bool,
}

impl Table {
    fn row(&mut self, what: &str, count: impl ToString, allowed: impl ToString, good: bool) {
        self.failed |= !good;
        let verdict = if good { "ok" } else { "FAILED" };
        let (count, allowed) = (count.to_string(), allowed.to_string());
        println!("{what:<44} {count:>12} {allowed:>12}  {verdict}");
    }

    fn fact(what: &str, count: impl ToString) {
        println!("{what:<44} {:>12}", count.to_string());
    }
}

/// Prints what came of the run; success is that no rule was broken, or, without an inbox, that
/// something was lost.
pub fn print(options: &Options, outcome: &Outcome, took: Duration) -> ExitCode {
    let findings = &outcome.findings;
    facts(options, outcome, took);
    let failed = rules(outcome);
    details(outcome);
    if !options.inbox {
        let lost = findings.lost.len();
        println!("without an inbox {lost} answers were lost; at least one was to be");
        return if lost > 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        };
    }
    if outcome.disk_full.is_none() {
        println!("partial: the phase with a full disk was not run");
    }
    if failed {
        return ExitCode::FAILURE;
    }
    // Logs of a good run are of no use, and somebody must clean up.
    let _ = std::fs::remove_dir_all(&outcome.folder);
    println!("nothing was lost");
    ExitCode::SUCCESS
}

/// Prints what came of saving pictures; success is that no rule was broken.
pub fn print_saved(outcome: &SavingOutcome) -> ExitCode {
    let findings = &outcome.findings;
    println!("saving pictures, {:.0} s", outcome.took.as_secs_f64());
    Table::fact("pictures forwarded", outcome.sent);
    Table::fact("users", outcome.users);
    Table::fact("bot: killed", outcome.kills);
    Table::fact("clip-search: killed", outcome.search_kills);
    let disk_full = if outcome.disk_full { "run" } else { "NOT RUN" };
    Table::fact("disk of the endpoint full", disk_full);
    Table::fact("saved", findings.saved);
    Table::fact("honestly not saved", findings.refused);
    let mut table = Table { failed: false };
    for (what, count) in [
        ("pictures lost", findings.lost.len()),
        ("pictures saved twice", findings.double),
        ("found by somebody else", findings.leaked.len()),
        ("users who were told nothing", findings.untold.len()),
        ("other rules broken", outcome.broken.len()),
    ] {
        table.row(what, count, 0, count == 0);
    }
    let most = usize::try_from(outcome.sent / 10).unwrap_or(usize::MAX);
    table.row(
        "not saved, at most a tenth",
        findings.refused,
        most,
        findings.refused <= most,
    );
    let lines = [
        ("lost", &findings.lost),
        ("leaked", &findings.leaked),
        ("broken", &outcome.broken),
    ];
    for (name, lines) in lines {
        for line in lines.iter().take(100) {
            println!("{name}: {line}");
        }
    }
    if table.failed || !findings.is_good() {
        return ExitCode::FAILURE;
    }
    println!("every picture is saved once, for its sender alone");
    ExitCode::SUCCESS
}

/// What was done and what was seen, as it is.
fn facts(options: &Options, outcome: &Outcome, took: Duration) {
    let findings = &outcome.findings;
    println!(
        "seed {}, {:.0} s, logs in {}",
        options.seed,
        took.as_secs_f64(),
        outcome.folder.display()
    );
    println!("{:<44} {:>12} {:>12}", "what", "count", "allowed");
    Table::fact("messages of users", options.queries);
    Table::fact("chats", options.chats);
    Table::fact("bot: killed", outcome.kills);
    Table::fact("bot: stopped by SIGTERM", outcome.stops);
    Table::fact("bot: frozen by SIGSTOP", outcome.freezes);
    Table::fact("clip-search: killed", outcome.search_kills);
    Table::fact("Telegram: connections refused for a while", outcome.offline);
    played("Telegram", &outcome.telegram);
    played("search", &outcome.search);
    println!("{:<44} {:>12}", "clock jumps", "not run here");
    Table::fact("disk full", outcome.disk_full.unwrap_or("NOT RUN"));
    Table::fact("answered by an honest failure", findings.failed);
}

/// A line for each rule; whether one was broken.
fn rules(outcome: &Outcome) -> bool {
    let findings = &outcome.findings;
    let mut table = Table { failed: false };
    let all = (findings.found + findings.failed).max(1);
    let share = findings.found * 100 / all;
    table.row(
        "answered with pictures, %",
        share,
        format!(">= {WITH_PICTURES}"),
        share >= WITH_PICTURES,
    );
    table.row("lost", findings.lost.len(), 0, findings.lost.is_empty());
    table.row(
        "answers nobody asked for",
        findings.foreign.len(),
        0,
        findings.foreign.is_empty(),
    );
    table.row(
        "out of order",
        findings.disorder.len(),
        0,
        findings.disorder.is_empty(),
    );
    for (kind, count) in &findings.twice {
        Table::fact(&format!("  twice: {kind}"), count);
    }
    let lost_answers = outcome.telegram.1.lost_answers;
    let kills = usize::try_from(outcome.kills).unwrap_or(usize::MAX);
    Table::fact("  allowed for kills x workers", kills * WORKERS);
    Table::fact("  allowed for lost answers", lost_answers);
    let allowed = kills * WORKERS + lost_answers;
    table.row(
        "twice",
        findings.twice(),
        allowed,
        findings.twice() <= allowed,
    );
    let albums = findings.twice.get("albums").copied().unwrap_or_default();
    let lost_albums = outcome.telegram.1.lost_albums;
    Table::fact("  albums: allowed for lost answers", lost_albums);
    table.row(
        "albums twice, one a kill",
        albums,
        kills + lost_albums,
        albums <= kills + lost_albums,
    );
    Table::fact(
        "twice, open while the disk was full",
        findings.twice_disk_full,
    );
    let slowest = format!("{:.1}", outcome.slowest_stop.as_secs_f64());
    table.row(
        "slowest clean stop, s",
        slowest,
        25,
        outcome.slowest_stop.as_secs() < 25,
    );
    memory(&mut table, outcome);
    table.row(
        "other rules broken",
        outcome.broken.len(),
        0,
        outcome.broken.is_empty(),
    );
    table.failed
}

/// The first of what broke a rule, one by one.
fn details(outcome: &Outcome) {
    let findings = &outcome.findings;
    let lines = [
        ("lost", &findings.lost),
        ("nobody asked", &findings.foreign),
        ("order", &findings.disorder),
        ("broken", &outcome.broken),
    ];
    for (name, lines) in lines {
        for line in lines.iter().take(100) {
            println!("{name}: {line}");
        }
        if lines.len() > 100 {
            println!("{name}: and {} more", lines.len() - 100);
        }
    }
}

fn played(side: &str, (calls, played): &(u64, Played)) {
    Table::fact(&format!("{side}: calls"), calls);
    let faults: Vec<String> = played
        .faults
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    println!("  went wrong: {}", faults.join(", "));
}

fn memory(table: &mut Table, outcome: &Outcome) {
    let kib = |kib: u64| i64::try_from(kib).unwrap_or(i64::MAX);
    let growths = outcome
        .memory
        .iter()
        .map(|memory| kib(memory.end) - kib(memory.warm));
    let allowed = format!("{GROWTH}");
    let most = growths.max();
    table.row(
        "memory: most growth within a life, KiB",
        most.map_or("no life long enough".to_owned(), |most| most.to_string()),
        &allowed,
        most.is_some_and(|most| most <= GROWTH),
    );
    if let (Some(first), Some(last)) = (outcome.memory.first(), outcome.memory.last()) {
        Table::fact("memory: first life, KiB", first.end);
        Table::fact("memory: last life, KiB", last.end);
        let growth = kib(last.end) - kib(first.warm);
        table.row(
            "memory: last against first, KiB",
            growth,
            &allowed,
            growth <= GROWTH,
        );
    }
}
