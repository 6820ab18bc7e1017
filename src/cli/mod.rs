//! The command line: one file per command.

mod access;
mod baseline;
mod collection;
mod demo;
mod doctor;
mod drift;
mod events;
mod failure;
mod family;
mod fetching;
mod findings;
mod generate;
mod global;
mod history;
mod interrupt;
mod logs;
mod meter;
mod moment;
mod notify;
mod output;
mod pager;
mod policies;
mod reference;
mod replace;
mod report;
mod rules;
mod scan;
mod schedule;
mod select;
mod status;
mod store;
mod syslog;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use failure::Failure;
pub use status::Status;

use global::Global;

/// Says what changed in your cloud compute, who did it, and what nobody logged.
#[derive(Debug, Parser)]
#[command(
    name = "driftline",
    version,
    about,
    long_about = "Says what changed in your cloud compute, who did it, and what nobody logged.\n\n\
        driftline keeps sealed baselines of instances, volumes, snapshots and images on AWS, Azure and \
        Google Cloud in one SQLite file, compares each scan with the one before, and reports what vanished, \
        what was replaced, and what nobody could see.",
    after_long_help = status::help(),
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: Global,

    #[command(subcommand)]
    command: Command,
}

// What each command is for, its arguments say.
#[derive(Debug, Subcommand)]
enum Command {
    Scan(scan::Args),
    Drift(drift::Args),
    History(history::Args),
    Events(events::Args),
    Baseline(baseline::Args),
    Findings(findings::Args),
    Access(access::Args),
    Report(report::Args),
    Rules(rules::Args),
    Store(store::Args),
    Doctor(doctor::Args),
    Demo(demo::Args),
    Generate(generate::Args),
}

/// Runs driftline with the given arguments and returns the exit status.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => {
            let status = if error.use_stderr() { Status::Usage } else { Status::Clean };
            // A closed pipe is the reader's choice, no failure.
            let _ = error.print();
            return status.into();
        }
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return Status::Usage.into();
        }
    };
    let log = cli.global.log_format();
    match cli.execute() {
        Ok(status) => status.into(),
        Err(failure) if failure.is_closed_pipe() => Status::Clean.into(),
        Err(failure) => {
            failure.print(log);
            failure.status().into()
        }
    }
}

/// Returns the whole command line, for parsing, completions, manual pages and the reference.
pub fn command() -> clap::Command {
    Cli::command()
}

impl Cli {
    fn execute(self) -> Result<Status, Failure> {
        let global = &self.global;
        match self.command {
            Command::Scan(args) => args.run(global),
            Command::Drift(args) => args.run(global),
            Command::History(args) => args.run(global),
            Command::Events(args) => args.run(global),
            Command::Baseline(args) => args.run(global),
            Command::Findings(args) => args.run(global),
            Command::Access(args) => args.run(global),
            Command::Report(args) => args.run(global),
            Command::Rules(args) => args.run(global),
            Command::Store(args) => args.run(global),
            Command::Doctor(args) => args.run(global),
            Command::Demo(args) => args.run(global),
            Command::Generate(args) => args.run(global),
        }
    }
}
