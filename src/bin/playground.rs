//! The whole system on one machine; see `playground --help`.

use std::env;
use std::process::ExitCode;

use clip_bot::cli;
use clip_bot::playground::run::{PROGRAM, run};

fn main() -> ExitCode {
    cli::start(&PROGRAM, env::args_os().skip(1), env::vars_os(), run)
}
