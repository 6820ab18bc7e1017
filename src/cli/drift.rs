//! `driftline drift`: compare any two scans, or a scan with a baseline.

use std::path::PathBuf;

use super::global::Global;
use super::logs::{LogArgs, TermsArgs};
use super::output::ReportArgs;
use super::scan::{Comparison, view};
use super::{Failure, Status, interrupt, scan, select};
use crate::model::Timestamp;
use crate::pipeline::{Import, Life, judge, life};
use crate::sources::files::Defaults;
use crate::store::{Access, Store};

/// Compare any two scans, or a scan with a baseline, and report.
///
/// A scan is named by its number, by a baseline that points at it, by `latest` or by `previous`. Only reads
/// the store: logs given with `--events` are judged by and not kept.
///
/// With `--from`, given twice, compares two dumps without any store.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The earlier scan.
    #[arg(value_name = "BEFORE", default_value = select::PREVIOUS)]
    before: String,

    /// The later scan.
    #[arg(value_name = "AFTER", default_value = select::LATEST)]
    after: String,

    /// Compare dumps instead of scans: first the earlier one, then the later one.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["before", "after"], help_heading = "Exported files")]
    from: Vec<PathBuf>,

    /// Say that every listing without a manifest is complete, so that absence is evidence.
    #[arg(long, requires = "from", help_heading = "Exported files")]
    complete: bool,

    #[command(flatten)]
    logs: LogArgs,

    #[command(flatten)]
    terms: TermsArgs,

    #[command(flatten)]
    report: ReportArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        self.report.check()?;
        let started_at = Timestamp::now();
        let given = self.terms.read(global)?;
        let trees = self.logs.trees()?;
        let folder = tempfile::tempdir()?;
        let mut store = match self.from.as_slice() {
            [] if trees.is_empty() => global.open_store(Access::Read)?,
            [] => {
                // Judged by the logs that are given, and left as it is.
                let copy = folder.path().join("copy.db");
                global.open_store(Access::Read)?.backup(&copy)?;
                Store::open(&copy, Access::Write)?
            }
            [earlier, later] => self.of_dumps(&folder, [earlier, later], started_at, global)?,
            other => {
                let message = format!("`--from` names {} dumps, and a comparison needs two", other.len());
                return Err(Failure::Usage(message));
            }
        };
        self.logs.take_in(&mut store, &trees, started_at, global)?;
        let before = select::scan(&store, &self.before)?.id;
        let after = select::scan(&store, &self.after)?.id;
        let comparison = Comparison { command: "drift", started_at, before: Some(before), after };
        let terms = given.terms(Timestamp::now());
        let judged = judge(&store, comparison.before, after, &terms)?;
        // What ends by a comparison, the run that scanned tells.
        let life = Life { resolved: Vec::new(), ..life(&store, &judged, terms.now)? };
        let mut view = view(&store, &comparison, &judged, &life, given.tuning())?;
        let status = self.report.status(&view);
        view.run.exit_status = status as u8;
        self.report.deliver(&view, global)?;
        Ok(status)
    }

    /// Makes a store of two dumps that is gone when the run ends.
    fn of_dumps(
        &self,
        folder: &tempfile::TempDir,
        dumps: [&PathBuf; 2],
        started_at: Timestamp,
        global: &Global,
    ) -> Result<Store, Failure> {
        let mut store = Store::open(&folder.path().join("audit.db"), Access::Create)?;
        for dump in dumps {
            let imported = crate::pipeline::import(
                &mut store,
                &Import {
                    paths: vec![dump.clone()],
                    defaults: Defaults { complete: self.complete.then_some(true), ..Defaults::default() },
                    as_of: None,
                    started_at,
                    holder: format!("driftline drift (process {})", std::process::id()),
                    interrupted: interrupt::listen(),
                    logs: Vec::new(),
                    progress: &|_| {},
                },
            )?;
            scan::tell(&imported, global);
        }
        Ok(store)
    }
}
