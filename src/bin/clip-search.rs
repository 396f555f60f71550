//! Answers picture searches over HTTP; see `clip-search --help`.

#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

use clip_bot::program::command_line;
use clip_bot::program::search::{PROGRAM, run};

fn main() -> ExitCode {
    command_line::start(&PROGRAM, env::args_os().skip(1), env::vars_os(), run)
}
