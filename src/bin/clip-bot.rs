//! Finds pictures for a Telegram chat; see `clip-bot --help`.

use std::env;
use std::process::ExitCode;

use clip_bot::bot::run::{PROGRAM, run};
use clip_bot::cli;

fn main() -> ExitCode {
    cli::start(&PROGRAM, env::args_os().skip(1), env::vars_os(), run)
}
