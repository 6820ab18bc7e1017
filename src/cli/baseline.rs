//! `driftline baseline`: names for scans.

use clap::Subcommand;

use super::global::Global;
use super::output::write_stdout;
use super::{Failure, Status, select};
use crate::model::{Baseline, BaselineName, Timestamp, printable};
use crate::store::Access;

/// Name a scan, so that others can be compared with it.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Point a baseline at a scan.
    Set {
        /// Its name: letters, digits, `.`, `_` and `-`.
        name: BaselineName,
        /// The scan: its number, a baseline's name, `latest` or `previous`.
        #[arg(default_value = select::LATEST)]
        scan: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// List the baselines.
    List,
    /// Show one baseline.
    Show {
        /// Its name.
        name: BaselineName,
    },
    /// Remove a baseline; the scan stays.
    Remove {
        /// Its name.
        name: BaselineName,
    },
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        match self.action {
            Action::Set { name, scan, note } => {
                let mut store = global.open_store(Access::Write)?;
                let scan = select::scan(&store, &scan)?;
                store.set_baseline(&name, scan.id, Timestamp::now(), note.as_deref())?;
                global.tell(format_args!("Baseline `{name}` points at scan {}.", scan.id));
            }
            Action::List => {
                let baselines = global.open_store(Access::Read)?.baselines()?;
                write_stdout(|out| baselines.iter().try_for_each(|baseline| row(out, baseline)))?;
            }
            Action::Show { name } => {
                let store = global.open_store(Access::Read)?;
                let baseline = store.baseline(&name)?;
                let scan = store.scan(baseline.scan)?;
                write_stdout(|out| {
                    row(out, &baseline)?;
                    writeln!(out, "state as of {}", scan.taken_at)?;
                    scan.seal.map_or(Ok(()), |seal| writeln!(out, "seal {seal}"))
                })?;
            }
            Action::Remove { name } => {
                global.open_store(Access::Write)?.remove_baseline(&name)?;
                global.tell(format_args!("Baseline `{name}` is removed."));
            }
        }
        Ok(Status::Clean)
    }
}

fn row(out: &mut dyn std::io::Write, baseline: &Baseline) -> std::io::Result<()> {
    let note = baseline.note.as_ref().map_or_else(String::new, |note| format!("  {}", printable(note)));
    writeln!(out, "{}  scan {}  set {:.0}{note}", baseline.name, baseline.scan, baseline.set_at)
}
