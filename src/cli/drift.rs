//! `driftline drift`: compare any two scans, or a scan with a baseline.

use super::global::Global;
use super::output::ReportArgs;
use super::scan::{Comparison, view};
use super::{Failure, Status, select};
use crate::model::Timestamp;
use crate::pipeline::judge;
use crate::store::Access;

/// Compare any two scans, or a scan with a baseline, and report.
///
/// A scan is named by its number, by a baseline that points at it, by `latest` or by `previous`. Only reads
/// the store.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The earlier scan.
    #[arg(value_name = "BEFORE", default_value = select::PREVIOUS)]
    before: String,

    /// The later scan.
    #[arg(value_name = "AFTER", default_value = select::LATEST)]
    after: String,

    #[command(flatten)]
    report: ReportArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        self.report.check()?;
        let started_at = Timestamp::now();
        let store = global.open_store(Access::Read)?;
        let before = select::scan(&store, &self.before)?.id;
        let after = select::scan(&store, &self.after)?.id;
        let comparison = Comparison { command: "drift", started_at, before: Some(before), after };
        let judged = judge(&store, comparison.before, after)?;
        let mut view = view(&store, &comparison, &judged)?;
        let status = self.report.status(&view);
        view.run.exit_status = status as u8;
        self.report.deliver(&view, global)?;
        Ok(status)
    }
}
