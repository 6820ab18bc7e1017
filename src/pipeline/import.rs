//! Exported files → one sealed scan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use super::completeness::{FileTally, coverage};
use super::error::{ScanError, StrayFile};
use super::grants;
use super::ingest::{IngestError, Ingested, LogTree};
use super::interpret::{Interpreted, Interpreter};
use super::looked_at::{in_order, not_looked_at};
use super::stages::{Outcome, run};
use super::take_logs::Intake;
use crate::model::{Coverage, Reason, Scan, Scope, Timestamp, Uid};
use crate::sources::files::{
    Defaults, Dump, DumpError, FileEnd, FileId, OddOverlay, Survey, open::OpenError,
};
use crate::sources::grants::Part;
use crate::sources::{Header, Overlays, concealed};
use crate::store::{OddElement, OpenScan, Opening, Store};

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
    /// Audit logs to take in with it, beside those that the dumps' manifests name.
    pub logs: Vec<LogTree>,
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
    /// What was read from audit logs, if any were given.
    pub ingested: Option<Ingested>,
}

/// Imports dumps as one sealed scan.
///
/// # Errors
///
/// Any [`ScanError`]; the store is then as it was, but for an abandoned scan.
pub fn import(store: &mut Store, request: &Import<'_>) -> Result<Imported, ScanError> {
    let mut surveyed = Vec::new();
    let mut overlays = Overlays::default();
    for path in &request.paths {
        let dump = Dump::open(path, request.defaults.clone(), request.interrupted);
        let dump = dump.map_err(|error| match error {
            DumpError::Open(OpenError::Interrupted { .. }) => ScanError::Interrupted,
            other => other.into(),
        })?;
        let mut survey = Survey::of(&dump, request.interrupted)?;
        if request.interrupted.load(Ordering::Relaxed) {
            return Err(ScanError::Interrupted);
        }
        overlays.absorb(std::mem::take(&mut survey.overlays));
        surveyed.push((dump, survey));
    }
    let told = surveyed.iter().filter_map(|(dump, _)| dump.taken_at()).max();
    // Not the start of the run: another may have been sealed since.
    let taken_at = request.as_of.or(told).unwrap_or_else(Timestamp::now);
    let mut scan = store.begin_scan(&Opening {
        started_at: request.started_at,
        taken_at,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        holder: request.holder.clone(),
        origin: "files".to_owned(),
    })?;
    let interpreter = Interpreter::new(&scan.fingerprint_key()?, scan.known()?, overlays);
    let mut writer = Writer { request, tallies: BTreeMap::new(), progress: Progress::default(), odd: 0 };
    for overlay in surveyed.iter().flat_map(|(_, survey)| &survey.odd) {
        writer.odd += 1;
        scan.keep_odd(&odd_element(overlay))?;
    }
    run(&surveyed, &interpreter, request.interrupted, |outcome| writer.take(&mut scan, outcome))?;
    if request.interrupted.load(Ordering::Relaxed) {
        return Err(ScanError::Interrupted);
    }
    let Writer { tallies, mut progress, odd, .. } = writer;
    let mut tallies = finished(tallies, &surveyed, request.as_of, taken_at);
    progress.resources += grants::of_files(&mut scan, &mut tallies)?;
    doubt_contested(&mut tallies, &scan.contested()?);
    let mut strays = stray_files(&tallies);
    strays.extend(broken_overlays(&surveyed));
    if !tallies.iter().any(FileTally::is_inventory) {
        strays.extend(surveyed.iter().flat_map(|(_, survey)| lone_overlays(survey)));
        return Err(ScanError::Nothing { strays });
    }
    let mut rows = coverage(&tallies);
    in_order(&scan, &rows, taken_at)?;
    rows.extend(not_looked_at(&scan, &rows, taken_at)?);
    let ingested = take_logs(&mut scan, request, &surveyed)?;
    let scan = scan.seal(&rows, Timestamp::now())?;
    Ok(Imported { scan, coverage: rows, progress, odd, strays, ingested })
}

/// Takes in the logs that were given and those that the manifests name, so that the scan's seal covers them.
fn take_logs(
    scan: &mut OpenScan<'_>,
    request: &Import<'_>,
    surveyed: &[Surveyed],
) -> Result<Option<Ingested>, ScanError> {
    let mut named = Vec::new();
    for (dump, _) in surveyed {
        named.extend(LogTree::of_dump(dump)?);
    }
    let trees: Vec<&LogTree> = request.logs.iter().chain(&named).collect();
    if trees.is_empty() {
        return Ok(None);
    }
    let intake =
        Intake { trees, started_at: request.started_at, interrupted: request.interrupted, progress: &|_| {} };
    match intake.read_into(scan.import_log(&intake.opening())?) {
        Ok(ingested) => Ok(Some(ingested)),
        Err(IngestError::Interrupted) => Err(ScanError::Interrupted),
        Err(error) => Err(error.into()),
    }
}

/// A dump, and what a first look at it found.
pub(super) type Surveyed = (Dump, Survey);

/// Writes what the threads hand over, and keeps count.
struct Writer<'a> {
    request: &'a Import<'a>,
    tallies: BTreeMap<FileId, Tally>,
    progress: Progress,
    odd: u64,
}

/// What is known of one file so far.
#[derive(Default)]
struct Tally {
    end: Option<(usize, Box<FileEnd>)>,
    listed: BTreeMap<Scope, u64>,
    troubles: BTreeSet<Reason>,
    unrecognised: u64,
    overlays: u64,
    parts: Vec<Part>,
    headers: Vec<Header>,
}

impl Writer<'_> {
    fn take(&mut self, scan: &mut OpenScan<'_>, outcome: Outcome) -> Result<(), ScanError> {
        match outcome {
            Outcome::Interpreted(interpreted) => self.write(scan, interpreted)?,
            Outcome::End(dump, end) => {
                self.progress.files += 1;
                let file = end.file;
                self.tallies.entry(file).or_default().end = Some((dump, end));
            }
        }
        (self.request.progress)(&self.progress);
        Ok(())
    }

    fn write(&mut self, scan: &mut OpenScan<'_>, interpreted: Interpreted) -> Result<(), ScanError> {
        let tally = self.tallies.entry(interpreted.source).or_default();
        self.progress.resources += interpreted.listed.values().sum::<u64>();
        for (scope, listed) in interpreted.listed {
            *tally.listed.entry(scope).or_default() += listed;
        }
        tally.unrecognised += interpreted.unrecognised;
        tally.overlays += interpreted.overlays;
        tally.parts.extend(interpreted.parts);
        tally.headers.extend(interpreted.headers);
        for row in interpreted.confirmed {
            scan.confirm(row)?;
        }
        for observation in interpreted.observations {
            scan.observe(observation)?;
        }
        for odd in interpreted.odd {
            self.odd += 1;
            scan.keep_odd(&odd)?;
            // One reason for each sort of oddity is enough; the store keeps every element.
            if !tally.troubles.iter().any(|reason| reason.code == odd.code) {
                let message = format!("`{}` byte {}: {}", odd.source, odd.position, odd.message);
                tally.troubles.insert(Reason { code: odd.code, message });
            }
        }
        Ok(())
    }
}

/// Returns what came of every file, those that a manifest names and that are not there among them.
fn finished(
    tallies: BTreeMap<FileId, Tally>,
    surveyed: &[Surveyed],
    as_of: Option<Timestamp>,
    taken_at: Timestamp,
) -> Vec<FileTally> {
    let taken = |dump: usize| {
        let told = surveyed.get(dump).and_then(|(dump, _)| dump.taken_at());
        as_of.or(told).unwrap_or(taken_at)
    };
    let mut files: Vec<FileTally> = tallies
        .into_values()
        .filter_map(|tally| {
            let (dump, mut end) = tally.end?;
            end.headers.extend(tally.headers);
            Some(FileTally {
                end: *end,
                taken_at: taken(dump),
                listed: tally.listed,
                troubles: tally.troubles,
                unrecognised: tally.unrecognised,
                overlays: tally.overlays,
                parts: tally.parts,
            })
        })
        .collect();
    for (number, (dump, survey)) in surveyed.iter().enumerate() {
        let seen: BTreeSet<&str> = files.iter().map(|file| file.end.name.as_str()).collect();
        let absent = dump
            .named()
            .filter(|name| !seen.contains(name.as_str()) && !survey.overlay_files.contains_key(name));
        let absent: Vec<String> = absent.collect();
        files.extend(absent.into_iter().map(|name| FileTally::absent(dump, name, taken(number))));
    }
    files
}

/// Returns the files of overlays that did not read to their end.
fn broken_overlays(surveyed: &[Surveyed]) -> impl Iterator<Item = StrayFile> {
    let files = surveyed.iter().flat_map(|(_, survey)| &survey.overlay_files);
    files.filter_map(|(name, fault)| {
        Some(StrayFile { name: name.clone(), fault: Some(fault.as_ref()?.to_string()) })
    })
}

fn odd_element(overlay: &OddOverlay) -> OddElement {
    OddElement {
        source: overlay.name.clone(),
        position: overlay.offset,
        scope: None,
        code: overlay.odd.code.to_owned(),
        message: overlay.odd.message.clone(),
        raw: concealed(&overlay.raw),
    }
}

/// Notes on every file that lists a scope in which a resource was seen in two states that this is so: which
/// of the states is right, nobody knows, whichever was read first.
fn doubt_contested(files: &mut [FileTally], contested: &[(Scope, Uid)]) {
    for (scope, uid) in contested {
        let message = format!("`{uid}` is listed twice, in two states");
        let reason = Reason { code: "duplicate-uid".to_owned(), message };
        for file in files.iter_mut().filter(|file| file.listed.contains_key(scope)) {
            file.troubles.insert(reason.clone());
        }
    }
}

fn stray_files(files: &[FileTally]) -> Vec<StrayFile> {
    let strays = files.iter().filter(|file| file.is_stray());
    strays
        .map(|file| StrayFile {
            name: file.end.name.clone(),
            fault: file.end.fault.as_ref().map(ToString::to_string),
        })
        .collect()
}

/// Returns the files that tell more about resources, where no file lists any.
fn lone_overlays(survey: &Survey) -> impl Iterator<Item = StrayFile> {
    let fault = "it tells more about a resource that no file lists";
    let whole = survey.overlay_files.iter().filter(|(_, broken)| broken.is_none());
    whole.map(move |(name, _)| StrayFile { name: name.clone(), fault: Some(fault.to_owned()) })
}
