//! The whole system on one machine; see `playground --help`.

#![forbid(unsafe_code)]

use std::env;
use std::process::ExitCode;

use clip_bot::program::command_line;
use clip_bot::program::playground::{PROGRAM, run};

fn main() -> ExitCode {
    command_line::start(&PROGRAM, env::args_os().skip(1), env::vars_os(), run)
}
