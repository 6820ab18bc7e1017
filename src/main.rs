//! The `driftline` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    driftline::cli::run(std::env::args_os())
}
