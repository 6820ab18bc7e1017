//! Which audit logs to take in from files, and by what changes are judged.

use std::path::PathBuf;

use super::global::Global;
use super::{Failure, interrupt};
use crate::config;
use crate::model::{Approval, Plural, Timestamp, printable};
use crate::pipeline::{IngestError, Ingested, Intake, LogTree, Note, Notes, Said, Terms, take_logs};
use crate::rules::Tuning;
use crate::store::Store;
use crate::trace::{Budgets, ChangeMarks};

/// Options of every command that takes in audit logs from files.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Audit logs")]
pub(super) struct LogArgs {
    /// Audit logs to take in: a file, a folder, an archive, or `-`; repeatable.
    ///
    /// Objects of a CloudTrail bucket, `LookupEvents`, EventBridge, the Azure Activity Log as REST, `az`,
    /// diagnostic settings, Event Hub or Log Analytics print it, Cloud Audit Logs as `gcloud logging read`,
    /// `entries:list` or a sink write them; recognised by content.
    #[arg(long, value_name = "PATH")]
    events: Vec<PathBuf>,

    #[command(flatten)]
    said: SaidArgs,
}

/// What is said of logs that do not prove it themselves.
#[derive(clap::Args, Debug)]
pub(super) struct SaidArgs {
    /// Say that the logs are complete from this time on, so that an event's absence is evidence.
    #[arg(long, value_name = "TIME", help_heading = "Audit logs")]
    log_complete_from: Option<Timestamp>,

    /// Say that the logs are complete until this time.
    #[arg(long, value_name = "TIME", help_heading = "Audit logs")]
    log_complete_to: Option<Timestamp>,
}

/// Options of every command that judges.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Change management")]
pub(super) struct TermsArgs {
    /// The approved changes, a CSV or TOML file with `id`, `from`, `to`, and optionally `provider`,
    /// `account`, `resources`, `principals`.
    #[arg(long, value_name = "FILE")]
    approved: Option<PathBuf>,

    /// The key of a tag or label whose value is a change's identifier; repeatable.
    #[arg(long, value_name = "KEY", default_values_t = ChangeMarks::default().tags)]
    change_tag: Vec<String>,
}

impl LogArgs {
    /// Whether there is anything to read.
    pub(super) const fn is_given(&self) -> bool {
        !self.events.is_empty()
    }

    /// Takes logs into a store, outside of any scan.
    pub(super) fn take_in(
        &self,
        store: &mut Store,
        trees: &[LogTree],
        started_at: Timestamp,
        global: &Global,
    ) -> Result<(), Failure> {
        if self.is_given() {
            let intake = Intake {
                trees: trees.iter().collect(),
                started_at,
                interrupted: interrupt::listen(),
                progress: &|_| {},
            };
            tell(&take_logs(store, &intake)?, global);
        }
        Ok(())
    }

    /// Opens what there is to read.
    pub(super) fn trees(&self) -> Result<Vec<LogTree>, Failure> {
        if !self.is_given() && self.said.is_given() {
            let message = "`--log-complete-from` and `--log-complete-to` say something of `--events`";
            return Err(Failure::Usage(message.to_owned()));
        }
        trees(&self.events, &self.said)
    }
}

impl SaidArgs {
    const fn is_given(&self) -> bool {
        self.log_complete_from.is_some() || self.log_complete_to.is_some()
    }
}

/// Opens logs, each with what is said of all of them.
pub(super) fn trees(paths: &[PathBuf], said: &SaidArgs) -> Result<Vec<LogTree>, Failure> {
    let said =
        Said { complete_from: said.log_complete_from, complete_to: said.log_complete_to, ..Said::default() };
    if let (Some(from), Some(to)) = (said.complete_from, said.complete_to)
        && to <= from
    {
        let message = format!("`--log-complete-to` ({to}) is not after `--log-complete-from` ({from})");
        return Err(Failure::Usage(message));
    }
    let open = |path: &PathBuf| LogTree::open(path, said.clone(), interrupt::listen());
    paths.iter().map(|path| Ok(open(path).map_err(IngestError::from)?)).collect()
}

/// What changes are judged by, as read from files.
pub(super) struct Given {
    approvals: Vec<Approval>,
    change_marks: ChangeMarks,
    tuning: Tuning,
}

impl TermsArgs {
    /// Reads what is given in files, before anything is done.
    pub(super) fn read(&self, global: &Global) -> Result<Given, Failure> {
        let approvals = self.approved.as_deref().map(config::approvals).transpose()?.unwrap_or_default();
        let change_marks = ChangeMarks { tags: self.change_tag.clone() };
        Ok(Given { approvals, change_marks, tuning: global.tuning()? })
    }
}

impl Given {
    /// What was approved, and nothing else: identifiers stand where they stand by default, and no configuration
    /// counts.
    pub(super) fn approved(approvals: Vec<Approval>) -> Self {
        Self { approvals, change_marks: ChangeMarks::default(), tuning: Tuning::default() }
    }

    /// Returns by which numbers rules judge.
    pub(super) const fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// Returns what changes are judged by at a moment.
    pub(super) fn terms(&self, now: Timestamp) -> Terms<'_> {
        Terms {
            now,
            budgets: Budgets::default(),
            approvals: &self.approvals,
            change_marks: self.change_marks.clone(),
            tuning: &self.tuning,
        }
    }
}

/// Says on standard error what was read from logs and what could not be.
pub(super) fn tell(ingested: &Ingested, global: &Global) {
    let Ingested { files, records, new, known, ignored, .. } = ingested;
    let (files, records) = (Plural(*files, "log file"), Plural(*records, "record"));
    let ignored: u64 = ignored.values().sum();
    let known = if *known > 0 { format!(", {known} known already") } else { String::new() };
    let events = Plural(*new, "new event");
    global.tell(format_args!("Read {records} from {files}: {events}{known}, {ignored} of no interest."));
    notes("could not be read and were kept raw", "record", &ingested.odd, global);
    notes("of which records are missing: their time counts as a gap", "log file", &ingested.broken, global);
    notes("bear the id of another event and were kept beside it", "event", &ingested.conflicts, global);
    notes("are dated later than now", "event", &ingested.from_the_future, global);
    notes("are of another account than said", "event", &ingested.other_account, global);
    notes("hold no audit log", "file", &ingested.strays, global);
}

fn notes(what: &str, noun: &'static str, notes: &Notes, global: &Global) {
    let Some(Note { file, offset, code, message }) = notes.first.first() else { return };
    let place = if *offset > 0 { format!(" at byte {offset}") } else { String::new() };
    let (file, message) = (printable(file), printable(message));
    global.tell(format_args!(
        "{} {what}; the first: `{file}`{place}: {message} ({code}).",
        Plural(notes.count, noun)
    ));
}
