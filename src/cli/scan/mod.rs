//! `driftline scan`: take in an inventory, seal it, compare, judge, report.

mod dry_run;
mod files;
mod live;

use std::collections::BTreeMap;

use super::collection::LiveArgs;
use super::fetching::fetch_logs;
use super::global::Global;
use super::logs::{Given, LogArgs, TermsArgs};
use super::output::ReportArgs;
use super::{Failure, Status};
use crate::model::{FindingStatus, ScanId, Standing, Timestamp, printable};
use crate::pipeline::{Judged, Life, Resolved, ScanError, judge, life, places, settle};
use crate::report::{Material, RunFacts, View, view};
use crate::rules::{RULES, RuleMeta, Tuning};
use crate::store::{Access, Run, RunChoice, Store};

pub(super) use files::tell;

/// Take in an inventory, seal it, compare it with the scan before, and report.
///
/// Without `--from`, collects live from every cloud that the configuration names: `--config`, else
/// `driftline/driftline.toml` in the user's configuration folder. `--provider aws` needs no file: it takes
/// the ambient credentials of the cloud's own tools.
///
/// With `--from`, reads what the vendors' own tools print: `aws ec2 describe-…`, `az … list`, `gcloud compute
/// … list --format=json`, raw REST and SDK bodies, Cloud Asset exports; files, folders, `.gz`, `.zst`, `.zip`,
/// `.tar.gz`, or `-` for standard input. Formats are recognised by content.
///
/// Each change is traced to the audit logs: those fetched live, those that a dump's manifest names, those given
/// with `--events`, and those taken in before.
///
/// Nothing is ever reported as vanished from a listing that is not complete. A live listing is complete when
/// its last page came and nothing was odd; of a file a manifest in the folder says so (`driftline generate
/// collect-script` prints a script that writes one), or `--complete` for all of them.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(flatten)]
    files: files::FileArgs,

    #[command(flatten)]
    live: LiveArgs,

    #[command(flatten)]
    logs: LogArgs,

    #[command(flatten)]
    terms: TermsArgs,

    /// Read no audit log live.
    #[arg(long, conflicts_with = "from", help_heading = "Live collection")]
    no_events: bool,

    /// Print the calls that a live scan would make, and make only those that find accounts and regions.
    #[arg(long, conflicts_with = "from", help_heading = "Live collection")]
    dry_run: bool,

    #[command(flatten)]
    report: ReportArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        if self.dry_run {
            return dry_run::run(&self.live, global);
        }
        self.report.check()?;
        let started_at = Timestamp::now();
        let given = self.terms.read(global)?;
        let logs = self.logs.trees()?;
        // What is wrong with the configuration is said before a store is made.
        let collection = if self.files.is_given() { None } else { Some(self.live.collection(global)?) };
        let mut store = global.open_store(Access::Create)?;
        let previous = store.latest()?.map(|scan| scan.id);
        let after = match collection {
            None => self.files.import(&mut store, logs, global, started_at)?,
            Some(collection) => {
                let scan = live::collect(&mut store, collection, global, started_at)?;
                // Read after the inventory: a log delivers late, and must reach to the end of the listing.
                if !self.no_events {
                    self.fetch(&mut store, scan, global)?;
                }
                self.logs.take_in(&mut store, &logs, started_at, global)?;
                scan
            }
        };
        conclude(
            &mut store,
            &Comparison { command: "scan", started_at, before: previous, after },
            &given,
            &self.report,
            global,
        )
    }

    /// Reads the logs of the time since the scan before; there is nothing to explain after a first scan, but who
    /// usually acts can be learnt.
    ///
    /// What keeps a log from being read is told and costs no more: its time counts as a gap.
    fn fetch(&self, store: &mut Store, scan: ScanId, global: &Global) -> Result<(), Failure> {
        let Some(previous) = store.previous(scan)? else {
            if store.last_import()? == 0 {
                global.tell(format_args!(
                    "No log was read yet. `driftline events fetch --since 14d` learns from the last two weeks who usually \
                     acts; until a week of logs is known, nobody counts as new."
                ));
            }
            return Ok(());
        };
        let starts = store.coverage(previous.id)?.into_iter().map(|coverage| coverage.started_at);
        let since = starts.min().unwrap_or(previous.taken_at);
        let places = places(&store.coverage(scan)?);
        match fetch_logs(store, self.live.collection(global)?, places, since, global) {
            Err(Failure::Scan(error @ ScanError::Credentials { .. })) => {
                global.tell(format_args!("No log was read: {}.", printable(&error.to_string())));
                Ok(())
            }
            Err(Failure::Scan(ScanError::Interrupted)) => Err(Failure::Unjudged),
            other => other,
        }
    }
}

/// Who scans, for a second run that has to wait.
fn holder() -> String {
    format!("driftline scan (process {})", std::process::id())
}

/// Which scans a run compares, and under which name.
pub(super) struct Comparison {
    pub(super) command: &'static str,
    pub(super) started_at: Timestamp,
    pub(super) before: Option<ScanId>,
    pub(super) after: ScanId,
}

/// Compares, judges, remembers the run and reports it.
pub(super) fn conclude(
    store: &mut Store,
    comparison: &Comparison,
    given: &Given,
    report: &ReportArgs,
    global: &Global,
) -> Result<Status, Failure> {
    let terms = given.terms(Timestamp::now());
    let mut judged = judge(store, comparison.before, comparison.after, &terms)?;
    settle(store, &mut judged, &terms)?;
    store.save_verdicts(&judged.verdicts)?;
    let life = life(store, &judged, terms.now)?;
    let mut view = view(store, comparison, &judged, &life, given.tuning())?;
    let status = report.status(&view);
    view.run.exit_status = status as u8;
    let run = Run {
        command: comparison.command.to_owned(),
        started_at: comparison.started_at,
        finished_at: view.run.finished_at,
        before: comparison.before,
        after: comparison.after,
        exit_status: status as u8,
        view: serde_json::to_vec(&view).map_err(Failure::StoredReport)?,
        findings: life.reported,
        resolved: life.resolved.into_iter().map(|gone| (gone.record.id, gone.by)).collect(),
        met: life.met,
    };
    view.run.id = Some(store.save_run(&run)?.to_string());
    report.deliver(&view, global)?;
    Ok(status)
}

/// Makes the view of a comparison, with the findings that end by it.
pub(super) fn view(
    store: &Store,
    comparison: &Comparison,
    judged: &Judged,
    life: &Life,
    tuning: &Tuning,
) -> Result<View, Failure> {
    let standing = |id: &str| life.standings.get(id).cloned().unwrap_or(Standing::NEW);
    let resolved = last_told(store, &life.resolved)?;
    let version = tuning.rules_version();
    Ok(View::new(&Material {
        run: RunFacts {
            id: None,
            command: comparison.command,
            started_at: comparison.started_at,
            finished_at: Timestamp::now(),
            rules_version: &version,
            bands: tuning.weights.bands(),
            seal: judged.after.seal,
            exit_status: 0,
        },
        before: judged.before.as_ref(),
        after: Some(&judged.after),
        coverage: &judged.coverage,
        changes: &judged.changes,
        residues: &judged.residues,
        events: &judged.events,
        accounted: judged.accounted,
        log_coverage: &judged.log_coverage,
        findings: &judged.findings,
        rules: &RULES.iter().map(|rule| told(rule.meta())).collect::<Vec<_>>(),
        moved: &judged.moved,
        unused_approvals: &judged.unused_approvals,
        lineage: &judged.lineage,
        standing: &standing,
        resolved: &resolved,
    }))
}

/// Returns what a rule says of itself as reports tell it.
fn told(meta: &RuleMeta) -> view::Rule {
    let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
    view::Rule {
        id: meta.id.to_owned(),
        title: meta.title.to_owned(),
        explanation: meta.explanation.to_owned(),
        impact: meta.impact,
        techniques: owned(meta.techniques),
        references: owned(meta.references),
    }
}

/// Returns findings that are no longer so as the runs told them that reported them last.
fn last_told(store: &Store, resolved: &[Resolved]) -> Result<Vec<view::Finding>, Failure> {
    let mut by_run: BTreeMap<i64, Vec<&Resolved>> = BTreeMap::new();
    for gone in resolved {
        by_run.entry(gone.record.last.0).or_default().push(gone);
    }
    let mut told = Vec::new();
    for (run, gone) in by_run {
        let stored = store.run(RunChoice::Number(run))?;
        let view: View = serde_json::from_slice(&stored.view).map_err(Failure::StoredReport)?;
        for gone in gone {
            let finding = view.findings.iter().find(|finding| finding.id == gone.record.id);
            told.extend(finding.map(|finding| view::Finding {
                status: FindingStatus::Resolved,
                since: Some(gone.record.first.1),
                resolved_by: Some(gone.by.clone()),
                ..finding.clone()
            }));
        }
    }
    Ok(told)
}
