//! Nothing is lost: the real `clip-bot` answers queries of many chats while it is killed, frozen
//! and stopped, its peers fail in every way on both sides of the effect, and its disk fills up.
//! Afterwards the record of the scripted Telegram is audited; see `audit`. Then the same for pictures that
//! are forwarded to be saved; see `saving`.
//!
//! `cargo test --locked --test chaos`, or `cargo test --release --locked --test chaos -- --long`;
//! `--help` tells more. The same seed gives the same messages and blows, and the same fate to call
//! number n of each side; which call that is depends on how threads are scheduled.

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../it/support/mod.rs"]
mod support;

mod audit;
mod disk;
mod faults;
mod options;
mod phases;
mod plan;
mod proxy;
mod record;
mod report;
mod rig;
mod saving;

use std::process::ExitCode;
use std::time::Instant;

use options::Options;

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(word) => {
            eprintln!("{word} is not understood; see --help");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let mut code = ExitCode::SUCCESS;
    if options.queries > 0 {
        let outcome = phases::run(&options);
        code = report::print(&options, &outcome, start.elapsed());
    }
    if options.saves > 0 && options.inbox {
        let saved = report::print_saved(&saving::run(&options));
        if saved != ExitCode::SUCCESS {
            code = saved;
        }
    }
    code
}
