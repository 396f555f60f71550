//! Finds pictures for a Telegram chat; see `clip-bot --help`.

#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

use clip_bot::program::bot::{PROGRAM, run};
use clip_bot::program::command_line;

fn main() -> ExitCode {
    command_line::start(&PROGRAM, env::args_os().skip(1), env::vars_os(), run)
}
