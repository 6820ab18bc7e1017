//! `driftline rules`: what the rules say of themselves.

use clap::Subcommand;

use super::global::Global;
use super::output::write_stdout;
use super::{Failure, Status};
use crate::rules::{RULES, explain, rule};

/// List and explain the rules.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List every rule: id, highest impact, techniques, title.
    List,
    /// Explain one rule, or all of them, in Markdown.
    Explain {
        /// The rule's id.
        #[arg(required_unless_present = "all")]
        id: Option<String>,
        /// Explain every rule.
        #[arg(long, conflicts_with = "id")]
        all: bool,
    },
}

impl Args {
    pub(super) fn run(self, _: &Global) -> Result<Status, Failure> {
        match self.action {
            Action::List => write_stdout(|out| {
                RULES.iter().try_for_each(|rule| {
                    let meta = rule.meta();
                    let techniques = meta.techniques.join(" ");
                    writeln!(out, "{:<24} {:>3}  {techniques:<20}  {}", meta.id, meta.impact, meta.title)
                })
            })?,
            Action::Explain { id: Some(id), .. } => {
                let rule = rule(&id).ok_or(Failure::UnknownRule(id))?;
                write_stdout(|out| write!(out, "{}", explain(rule)))?;
            }
            Action::Explain { .. } => {
                let pages: Vec<_> = RULES.iter().map(|rule| explain(*rule)).collect();
                write_stdout(|out| write!(out, "{}", pages.join("\n---\n\n")))?;
            }
        }
        Ok(Status::Clean)
    }
}
