//! `driftline findings`: what was found, what became of it, and what people decided about it.

mod accept;
mod list;
mod reopen;
mod show;
pub(super) mod told;

use clap::Subcommand;

use super::global::Global;
use super::{Failure, Status};

/// List findings, look at one, accept it as expected, or reopen it.
///
/// A finding stays until it is resolved: what it is about turned back, or logs that came later tell otherwise. An
/// acceptance holds for what the finding said when it was accepted; once it says anything else, or the acceptance
/// expires, it asks for attention again.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

// What each action is for, its arguments say.
#[derive(Debug, Subcommand)]
enum Action {
    List(list::Args),
    Show(show::Args),
    Accept(accept::Args),
    Reopen(reopen::Args),
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        match self.action {
            Action::List(args) => args.run(global),
            Action::Show(args) => args.run(global),
            Action::Accept(args) => args.run(global),
            Action::Reopen(args) => args.run(global),
        }
    }
}
