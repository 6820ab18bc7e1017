//! `driftline scan`: take in an inventory, seal it, compare, judge, report.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::global::Global;
use super::output::ReportArgs;
use super::{Failure, Status, interrupt};
use crate::model::{AccountId, FindingStatus, Location, Plural, ScanId, Timestamp, printable};
use crate::pipeline::{Import, Imported, Judged, Progress, import, judge};
use crate::report::{Material, RunFacts, View};
use crate::rules::RULES_VERSION;
use crate::sources::files::Defaults;
use crate::store::{Access, Run, Store};

/// Take in an inventory, seal it, compare it with the scan before, and report.
///
/// Reads what the vendors' own tools print: `aws ec2 describe-…`, `az … list`, `gcloud compute … list
/// --format=json`, raw REST and SDK bodies, Cloud Asset exports; files, folders, `.gz`, `.zst`, `.zip`,
/// `.tar.gz`, or `-` for standard input. Formats are recognised by content.
///
/// Nothing is ever reported as vanished from a listing that nobody calls complete: a manifest in the folder
/// says so file by file (`driftline generate collect-script` prints a script that writes one), or
/// `--complete` for all of them.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// What to read: a file, a folder, an archive, or `-`; repeatable.
    #[arg(long, value_name = "PATH", required = true)]
    from: Vec<PathBuf>,

    /// Say that every listing without a manifest is complete, so that absence is evidence.
    #[arg(long)]
    complete: bool,

    /// The account of listings that do not tell it (`describe-volumes` does not).
    #[arg(long, value_name = "ID")]
    account: Option<String>,

    /// The location of listings that do not tell it (`describe-snapshots` does not).
    #[arg(long, value_name = "REGION")]
    location: Option<String>,

    /// When the state was so [default: the manifest's time, else now].
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,

    #[command(flatten)]
    report: ReportArgs,
}

impl Args {
    pub(super) fn run(self, global: &Global) -> Result<Status, Failure> {
        self.report.check()?;
        let started_at = Timestamp::now();
        let mut store = global.open_store(Access::Create)?;
        let previous = store.latest()?.map(|scan| scan.id);
        let imported = self.import(&mut store, global, started_at)?;
        tell(&imported, global);
        conclude(
            &mut store,
            &Comparison { command: "scan", started_at, before: previous, after: imported.scan.id },
            &self.report,
            global,
        )
    }

    fn import(&self, store: &mut Store, global: &Global, started_at: Timestamp) -> Result<Imported, Failure> {
        let meter = Meter::new(global);
        let defaults = Defaults {
            account: self.account.clone().map(AccountId::new),
            location: self.location.clone().map(Location::new),
            complete: self.complete.then_some(true),
        };
        let imported = import(
            store,
            &Import {
                paths: self.from.clone(),
                defaults,
                as_of: self.as_of,
                started_at,
                holder: format!("driftline scan (process {})", std::process::id()),
                interrupted: interrupt::listen(),
                progress: &|progress| meter.show(progress),
            },
        );
        meter.clear();
        Ok(imported?)
    }
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
    report: &ReportArgs,
    global: &Global,
) -> Result<Status, Failure> {
    let judged = judge(store, comparison.before, comparison.after)?;
    let mut view = view(store, comparison, &judged)?;
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
        findings: judged.findings.iter().map(|finding| finding.id.clone()).collect(),
    };
    view.run.id = Some(store.save_run(&run)?.to_string());
    report.deliver(&view, global)?;
    Ok(status)
}

/// Makes the view of a comparison; a finding that an earlier run reported persists.
pub(super) fn view(store: &Store, comparison: &Comparison, judged: &Judged) -> Result<View, Failure> {
    let ids: Vec<String> = judged.findings.iter().map(|finding| finding.id.clone()).collect();
    let seen = store.first_seen(&ids)?;
    let persisting: BTreeSet<&str> =
        ids.iter().zip(&seen).filter(|(_, seen)| seen.is_some()).map(|(id, _)| id.as_str()).collect();
    let status = |id: &str| match persisting.contains(id) {
        true => FindingStatus::Persisting,
        false => FindingStatus::New,
    };
    let version = RULES_VERSION.to_string();
    Ok(View::new(&Material {
        run: RunFacts {
            id: None,
            command: comparison.command,
            started_at: comparison.started_at,
            finished_at: Timestamp::now(),
            rules_version: &version,
            seal: judged.after.seal,
            exit_status: 0,
        },
        before: judged.before.as_ref(),
        after: Some(&judged.after),
        coverage: &judged.coverage,
        changes: &judged.changes,
        findings: &judged.findings,
        status: &status,
    }))
}

/// Says on standard error what was read and what could not be.
pub(super) fn tell(imported: &Imported, global: &Global) {
    let files = Plural(imported.progress.files, "file");
    let resources = Plural(imported.progress.resources, "resource");
    global.tell(format_args!("Read {resources} from {files}."));
    for stray in &imported.strays {
        let fault = stray.fault.as_ref().map_or("no inventory", |fault| fault.as_str());
        global.tell(format_args!("Left out `{}`: {}.", printable(&stray.name), printable(fault)));
    }
    if imported.odd > 0 {
        let odd = Plural(imported.odd, "oddity");
        global.tell(format_args!("Kept {odd} raw; their scopes are partial, and the report says where."));
    }
    if imported.logs > 0 {
        let logs = Plural(imported.logs as u64, "audit log");
        global.tell(format_args!(
            "Left aside {logs} that the manifest names: this release does not read them yet."
        ));
    }
}

/// Shows progress on standard error.
struct Meter {
    shown: bool,
    last: std::cell::Cell<Option<std::time::Instant>>,
}

impl Meter {
    const fn interval() -> std::time::Duration {
        std::time::Duration::from_millis(500)
    }

    fn new(global: &Global) -> Self {
        Self { shown: global.shows_progress(), last: std::cell::Cell::new(None) }
    }

    fn show(&self, progress: &Progress) {
        let now = std::time::Instant::now();
        let due = self.last.get().is_none_or(|last| now.duration_since(last) >= Self::interval());
        if self.shown && due {
            self.last.set(Some(now));
            let files = Plural(progress.files, "file");
            let resources = Plural(progress.resources, "resource");
            overwrite(&format!("{files}, {resources}"));
        }
    }

    fn clear(&self) {
        if self.shown && self.last.get().is_some() {
            overwrite("");
        }
    }
}

/// Replaces the last line of standard error.
fn overwrite(line: &str) {
    use std::io::Write as _;
    let mut stderr = std::io::stderr();
    let _ = write!(stderr, "\r\u{1b}[K{line}");
    let _ = stderr.flush();
}
