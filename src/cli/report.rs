//! `driftline report`: an earlier run again, in any format, or what the runs of a period say together.

use std::collections::BTreeMap;

use super::global::Global;
use super::output::{ReportArgs, write_stdout};
use super::{Failure, Status, select};
use crate::model::{ScanId, ScanState};
use crate::report::View;
use crate::report::period::{Ledger, Period};
use crate::store::{Access, RunChoice, Store};

/// Show the report of an earlier run again, in any format, or sum up a period.
///
/// Ends with the status that the run would end with under the options given now; of a period, with that of what is
/// open at its end and of the completeness of its scans.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Which run: its number, or `latest`.
    #[arg(value_name = "RUN", default_value = select::LATEST, conflicts_with_all = ["named", "list", "between"])]
    run: String,

    /// The same.
    #[arg(long = "run", value_name = "RUN", conflicts_with_all = ["list", "between"])]
    named: Option<String>,

    /// List the stored runs.
    #[arg(long)]
    list: bool,

    /// Sum up what happened after one scan and up to another: how complete the scans were, what became of findings,
    /// who acted, what is accepted and what is open.
    ///
    /// Both are named as `drift` names scans, or by a day or a time in UTC, which mean the last scan until then. What
    /// was decided after the last scan was sealed belongs to a later period.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], conflicts_with = "list")]
    between: Option<Vec<String>>,

    #[command(flatten)]
    report: ReportArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        if let Some([from, to]) = self.between.as_deref() {
            self.report.check_period()?;
            let period = period(&global.open_store(Access::Read)?, from, to)?;
            self.report.deliver_period(&period, global)?;
            return Ok(self.report.status_of_period(&period));
        }
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
        let asked = self.named.as_ref().unwrap_or(&self.run);
        let unknown = || Failure::UnknownRun(asked.clone());
        let wanted = match asked.as_str() {
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

/// Reads every run until the end of a period, one at a time, and sums up.
fn period(store: &Store, from: &str, to: &str) -> Result<Period, Failure> {
    let bounds = (select::bound(store, from, select::End::From)?, select::bound(store, to, select::End::To)?);
    let last = bounds.1.scan.as_ref().map(|scan| scan.id);
    let first = bounds.0.scan.as_ref().map(|scan| scan.id);
    if bounds.0.at > bounds.1.at || first > last {
        return Err(Failure::Backwards { from: from.to_owned(), to: to.to_owned() });
    }
    let mut runs: BTreeMap<ScanId, Vec<i64>> = BTreeMap::new();
    for run in store.runs()?.into_iter().rev() {
        runs.entry(run.after).or_default().push(run.id);
    }
    let mut ledger = Ledger::new(bounds.0, bounds.1, store.all_decisions()?);
    let scans = store.scans()?.into_iter().filter(|scan| scan.state == ScanState::Sealed);
    for scan in scans.filter(|scan| Some(scan.id) <= last) {
        let coverage = if ledger.holds(scan.id) { store.coverage(scan.id)? } else { Vec::new() };
        let runs = runs.remove(&scan.id).unwrap_or_default();
        let views = runs.into_iter().map(|run| {
            let run = store.run(RunChoice::Number(run))?;
            serde_json::from_slice(&run.view).map_err(Failure::StoredReport)
        });
        ledger.read(&scan, &coverage, &views.collect::<Result<Vec<View>, _>>()?);
    }
    Ok(ledger.close())
}
