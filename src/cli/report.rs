//! `driftline report`: an earlier run again, in any format.

use super::global::Global;
use super::output::{ReportArgs, write_stdout};
use super::{Failure, Status, select};
use crate::report::View;
use crate::store::{Access, RunChoice};

/// Show the report of an earlier run again, in any format.
///
/// Ends with the status that the run would end with under the options given now.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Which run: its number, or `latest`.
    #[arg(value_name = "RUN", default_value = select::LATEST, conflicts_with = "list")]
    run: String,

    /// List the stored runs.
    #[arg(long)]
    list: bool,

    #[command(flatten)]
    report: ReportArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        self.report.check()?;
        let store = global.open_store(Access::Read)?;
        let runs = store.runs()?;
        if self.list {
            write_stdout(|out| {
                writeln!(out, "run  command  finished              scans    status")?;
                runs.iter().try_for_each(|run| {
                    let before = run.before.map_or_else(|| "-".to_owned(), |scan| scan.to_string());
                    writeln!(
                        out,
                        "{:<4} {:<8} {:.0}  {before}..{:<5} {}",
                        run.id, run.command, run.finished_at, run.after, run.exit_status
                    )
                })
            })?;
            return Ok(Status::Clean);
        }
        let unknown = || Failure::UnknownRun(self.run.clone());
        let wanted = match self.run.as_str() {
            select::LATEST => runs.first().map(|run| run.id).ok_or_else(unknown)?,
            number => number.parse().map_err(|_| unknown())?,
        };
        if !runs.iter().any(|run| run.id == wanted) {
            return Err(unknown());
        }
        let run = store.run(RunChoice::Number(wanted))?;
        let mut view: View = serde_json::from_slice(&run.view).map_err(Failure::StoredReport)?;
        view.run.id = Some(wanted.to_string());
        self.report.deliver(&view, global)?;
        Ok(self.report.status(&view))
    }
}
