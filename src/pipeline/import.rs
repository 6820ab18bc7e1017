//! Exported files → one sealed scan.
//!
//! One thread reads and cuts, several interpret, and this one writes: bounded channels between them keep
//! the memory independent of the size of the dump.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use thiserror::Error;

use super::completeness::{FileTally, coverage};
use super::interpret::{Interpreted, Interpreter};
use crate::model::{AccountId, Coverage, Provider, Reason, Scan, Timestamp};
use crate::sources::files::{
    Batch, Defaults, Dump, DumpError, FileEnd, FileId, Message, Overlays, Survey, open::OpenError, read,
};
use crate::store::{self, Observed, Opening, Store};

/// How many batches wait between two stages.
const QUEUE: usize = 8;

/// How often the writer looks whether it was interrupted.
const TICK: Duration = Duration::from_millis(100);

/// What to import, and how.
pub struct Import<'a> {
    /// Files, folders, archives, or `-`.
    pub paths: Vec<PathBuf>,
    /// What holds for every file that no manifest names.
    pub defaults: Defaults,
    /// The moment that the state is dated, where the dumps do not tell.
    pub as_of: Option<Timestamp>,
    /// When the run began.
    pub started_at: Timestamp,
    /// Who runs it, for a second run that has to wait.
    pub holder: String,
    /// Set from outside to interrupt it; nothing is sealed then.
    pub interrupted: &'a AtomicBool,
    /// Called now and then.
    pub progress: &'a dyn Fn(&Progress),
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files read to their end.
    pub files: u64,
    /// Resources seen.
    pub resources: u64,
}

/// A file that holds nothing that this release reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrayFile {
    /// Its name.
    pub name: String,
    /// What is wrong with it, if more than that.
    pub fault: Option<String>,
}

/// What an import did.
#[derive(Debug)]
pub struct Imported {
    /// The sealed scan.
    pub scan: Scan,
    /// How completely it listed each scope.
    pub coverage: Vec<Coverage>,
    /// What it read.
    pub progress: Progress,
    /// How many elements and fields were odd.
    pub odd: u64,
    /// The files that hold nothing that this release reads.
    pub strays: Vec<StrayFile>,
    /// How many audit logs the manifests name.
    pub logs: usize,
}

/// Why an import failed; nothing was sealed.
#[derive(Debug, Error)]
pub enum ImportError {
    /// A dump does not open.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// A dump does not read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// There is no inventory in what was given.
    #[error("no inventory was found in {}", strays(.strays))]
    Nothing {
        /// What was found instead.
        strays: Vec<StrayFile>,
    },
    /// A dump is older than what the store already holds of the same account.
    #[error(
        "the dump was taken at {taken_at}, before the last scan of {provider} account `{account}` ({last})"
    )]
    OutOfOrder {
        /// When the dump was taken.
        taken_at: Timestamp,
        /// Which cloud.
        provider: Provider,
        /// Which account.
        account: AccountId,
        /// When its last scan was taken.
        last: Timestamp,
    },
    /// The user interrupted.
    #[error("interrupted; nothing was sealed")]
    Interrupted,
    /// A thread that reads ended early.
    #[error("a reading thread ended early")]
    Lost,
}

fn strays(strays: &[StrayFile]) -> String {
    match strays {
        [] => "an empty folder".to_owned(),
        [only] => stray(only),
        [first, rest @ ..] => format!("{} and {} more", stray(first), rest.len()),
    }
}

fn stray(file: &StrayFile) -> String {
    let fault = file.fault.as_ref().map_or_else(String::new, |fault| format!(" ({fault})"));
    format!("`{}`{fault}", file.name)
}

/// Imports dumps as one sealed scan.
///
/// # Errors
///
/// Any [`ImportError`]; the store is then as it was, but for an abandoned scan.
pub fn import(store: &mut Store, request: &Import<'_>) -> Result<Imported, ImportError> {
    let mut surveyed = Vec::new();
    let mut overlays = Overlays::default();
    for path in &request.paths {
        let dump = Dump::open(path, request.defaults.clone())?;
        let mut survey = Survey::of(&dump)?;
        overlays.absorb(std::mem::take(&mut survey.overlays));
        surveyed.push((dump, survey));
    }
    let told = surveyed.iter().filter_map(|(dump, _)| dump.taken_at()).max();
    let taken_at = request.as_of.or(told).unwrap_or(request.started_at);
    let last_taken = store.last_taken()?;
    let mut scan = store.begin_scan(&Opening {
        started_at: request.started_at,
        taken_at,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        holder: request.holder.clone(),
        origin: "files".to_owned(),
    })?;
    let interpreter = Interpreter::new(scan.known()?, overlays);
    let mut writer = Writer { request, tallies: BTreeMap::new(), progress: Progress::default(), odd: 0 };
    run(&surveyed, &interpreter, request, |outcome| writer.take(&mut scan, outcome))?;
    if request.interrupted.load(Ordering::Relaxed) {
        return Err(ImportError::Interrupted);
    }
    let Writer { tallies, progress, odd, .. } = writer;
    let tallies = finished(tallies, &surveyed, request.as_of.unwrap_or(taken_at));
    let strays = stray_files(&tallies);
    if !tallies.iter().any(FileTally::is_inventory) {
        return Err(ImportError::Nothing { strays });
    }
    let mut rows = coverage(&tallies);
    in_order(&rows, &last_taken, taken_at)?;
    rows.extend(not_looked_at(&scan.listed_before()?, &rows, taken_at));
    let logs = surveyed.iter().map(|(dump, _)| dump.logs().len()).sum();
    let scan = scan.seal(&rows, Timestamp::now())?;
    Ok(Imported { scan, coverage: rows, progress, odd, strays, logs })
}
