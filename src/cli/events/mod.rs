//! `driftline events`: what the audit logs say.

mod calendar;
mod coverage;
mod import;
mod list;

use clap::Subcommand;

use super::global::Global;
use super::{Failure, Status};

pub(in crate::cli) use list::tell;

/// Take in audit logs, look into them, and see for which times they are complete.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

// What each action is for, its arguments say.
#[derive(Debug, Subcommand)]
enum Action {
    Import(import::Args),
    List(list::Args),
    Coverage(coverage::Args),
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        match self.action {
            Action::Import(args) => args.run(global),
            Action::List(args) => args.run(global),
            Action::Coverage(args) => args.run(global),
        }
    }
}
