//! Audit log files → events, odd records and log coverage in the store.

mod coverage;
mod said;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use thiserror::Error;

use crate::model::{LogInterval, LogScope, OddRecord, Timestamp};
use crate::sources::files::open::OpenError;
use crate::sources::logs::{DigestFile, FileEnd, Found, Message, Reading, Sort, Span, read};
use crate::sources::{AuditLog, Ignored, LogHints};
use crate::store::{self, LogImport, LogTally, Taken};

use coverage::Coverage;
pub use said::{LogTree, Said};

/// How many of a sort are named; the rest are counted.
const NAMED: usize = 20;

/// How far ahead of the clock an event may be before it is named.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// What to ingest, and how.
pub struct Ingest<'a> {
    /// The files, and what is said of them.
    pub trees: &'a [&'a LogTree],
    /// The logs that are looked for.
    pub logs: &'a [&'static dyn AuditLog],
    /// The moment after which an event comes from the future.
    pub now: Timestamp,
    /// Set from outside to interrupt it.
    pub interrupted: &'a AtomicBool,
    /// Called for each CloudTrail digest.
    pub digest: &'a dyn Fn(DigestFile),
    /// Called now and then.
    pub progress: &'a dyn Fn(&IngestProgress),
}

/// How far an ingestion has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IngestProgress {
    /// Files read to their end.
    pub files: u64,
    /// Records read in them.
    pub records: u64,
}

/// Why an ingestion ended early; what was written before is to be given up.
#[derive(Debug, Error)]
pub enum IngestError {
    /// A path does not read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The user interrupted.
    #[error("interrupted; no event was kept")]
    Interrupted,
}

/// Something worth naming.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The file's name in its tree.
    pub file: String,
    /// The byte at which the record begins; 0 for the whole file.
    pub offset: u64,
    /// A short, stable word.
    pub code: String,
    /// What is to be said, for people.
    pub message: String,
}

/// Some of a sort: all counted, the first by name of file and offset named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// How many.
    pub count: u64,
    /// The first, at most 20, in order.
    pub first: Vec<Note>,
}

impl Notes {
    /// Counts one, and keeps it if it comes before the last of those that are kept: threads hand over files
    /// in any order, and the same files must name the same.
    fn add(&mut self, note: Note) {
        self.count += 1;
        let place = self.first.partition_point(|kept| *kept <= note);
        if place < NAMED {
            self.first.insert(place, note);
            self.first.truncate(NAMED);
        }
    }
}

/// What an ingestion did.
#[derive(Debug, Default)]
pub struct Ingested {
    /// How many log files were read.
    pub files: u64,
    /// How many digests.
    pub digests: u64,
    /// How many records they held: events, ignored and odd records.
    pub records: u64,
    /// How many events the store did not know.
    pub new: u64,
    /// How many it knew.
    pub known: u64,
    /// How many had the id of another event and other content.
    pub conflicts: Notes,
    /// How many records were passed over, by reason.
    pub ignored: BTreeMap<Ignored, u64>,
    /// The records that could not be read.
    pub odd: Notes,
    /// Log files of which records are missing.
    pub broken: Notes,
    /// Files that hold nothing that this release reads.
    pub strays: Notes,
    /// Events that happen later than now.
    pub from_the_future: Notes,
    /// Events of another account than said, kept under their own.
    pub other_account: Notes,
    /// The first and last time of each log.
    pub spans: BTreeMap<LogScope, Span>,
    /// What is known of each log, as it was recorded.
    pub intervals: Vec<LogInterval>,
}

impl Ingested {
    /// Returns how many events were read.
    pub const fn events(&self) -> u64 {
        self.new + self.known + self.conflicts.count
    }

    /// Returns the counts that end an import.
    pub fn tally(&self) -> LogTally {
        LogTally {
            files: self.files,
            records: self.records,
            new: self.new,
            known: self.known,
            conflicts: self.conflicts.count,
            ignored: self.ignored.iter().map(|(why, count)| (why.to_string(), *count)).collect(),
            odd: self.odd.count,
        }
    }
}

/// Reads log files and keeps what they tell; the caller finishes the import.
///
/// Every record is counted: [`Ingested::records`] are the events, the ignored and the odd ones. A file that
/// does not read whole is named, what was read of it stays, and its interval becomes a gap.
///
/// # Errors
///
/// Any [`IngestError`]; the caller then drops the import.
pub fn ingest(import: &mut LogImport<'_>, request: &Ingest<'_>) -> Result<Ingested, IngestError> {
    let mut writer =
        Writer { import, request, out: Ingested::default(), progress: IngestProgress::default() };
    for tree in request.trees {
        writer.tree(tree)?;
    }
    Ok(writer.out)
}

struct Writer<'a, 'store> {
    import: &'a mut LogImport<'store>,
    request: &'a Ingest<'a>,
    out: Ingested,
    progress: IngestProgress,
}

impl Writer<'_, '_> {
    fn tree(&mut self, tree: &LogTree) -> Result<(), IngestError> {
        let said = &tree.said;
        let path = tree.path.to_string_lossy();
        let reading = Reading {
            logs: self.request.logs,
            hints: LogHints {
                account: said.account.clone(),
                location: said.location.clone().filter(|location| !said::everywhere(location)),
                ingested_at: None,
            },
            root: path.clone().into_owned(),
            inside: tree.inside.clone(),
            interrupted: self.request.interrupted,
        };
        let mut coverage = Coverage::default();
        let mut refused = None;
        read(&tree.tree, &reading, |message| match self.message(message, said, &mut coverage) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                refused = Some(error);
                ControlFlow::Break(())
            }
        })?;
        if let Some(error) = refused {
            return Err(error.into());
        }
        if self.request.interrupted.load(Ordering::Relaxed) {
            return Err(IngestError::Interrupted);
        }
        for (scope, span) in coverage.spans() {
            self.out.spans.entry(scope.clone()).or_insert(span).stretch(span);
        }
        for interval in coverage.intervals(said, &path) {
            self.import.cover(&interval)?;
            self.out.intervals.push(interval);
        }
        Ok(())
    }

    fn message(
        &mut self,
        message: Message,
        said: &Said,
        coverage: &mut Coverage,
    ) -> Result<(), store::Error> {
        match message {
            Message::Batch(events, odd) => {
                for found in &events {
                    self.event(found, said)?;
                }
                for odd in odd {
                    let odd = OddRecord {
                        source: odd.name.to_string(),
                        offset: odd.offset,
                        code: odd.odd.code.to_owned(),
                        message: odd.odd.message,
                        raw: odd.raw,
                    };
                    self.import.keep_odd(&odd)?;
                    let OddRecord { source, offset, code, message, .. } = odd;
                    self.out.odd.add(Note { file: source, offset, code, message });
                }
            }
            Message::Digest(digest) => (self.request.digest)(digest),
            Message::End(file) => self.end(&file, said, coverage),
        }
        Ok(())
    }

    fn event(&mut self, found: &Found, said: &Said) -> Result<(), store::Error> {
        let event = &found.event;
        let note = |code: &str, message: String| Note {
            file: found.name.to_string(),
            offset: found.offset,
            code: code.to_owned(),
            message,
        };
        match self.import.take(event)? {
            Taken::New => self.out.new += 1,
            Taken::Known => self.out.known += 1,
            Taken::Conflict => {
                let message = format!("the event `{}` is known with other content", event.id);
                self.out.conflicts.add(note("conflict", message));
            }
        }
        if event.time > self.request.now.saturating_add(AHEAD).unwrap_or(Timestamp::MAX) {
            let message = format!("the event `{}` is dated {}", event.id, event.time);
            self.out.from_the_future.add(note("from-the-future", message));
        }
        if let Some(account) = said.account.as_ref().filter(|account| **account != event.account) {
            let message =
                format!("the event `{}` is of account `{}`, not `{account}`", event.id, event.account);
            self.out.other_account.add(note("other-account", message));
        }
        Ok(())
    }

    fn end(&mut self, file: &FileEnd, said: &Said, coverage: &mut Coverage) {
        let note = |code: &str, message: &str| Note {
            file: file.name.to_string(),
            offset: 0,
            code: code.to_owned(),
            message: message.to_owned(),
        };
        match file.sort {
            Sort::Log => {
                self.out.files += 1;
                coverage.file(file, said);
            }
            Sort::Digest => self.out.digests += 1,
            Sort::Stray => {
                let fault = file.fault.as_deref().unwrap_or("it holds no audit record");
                self.out.strays.add(note("stray", fault));
            }
        }
        if let Some(broken) = &file.broken {
            self.out.broken.add(note("broken", &broken.message));
        }
        self.out.records += file.records;
        for (why, count) in &file.ignored {
            *self.out.ignored.entry(*why).or_default() += count;
        }
        // Records before the first that is known are counted, and only some of them named.
        self.out.odd.count += file.odd.saturating_sub(file.named);
        self.progress.files += 1;
        self.progress.records += file.records;
        (self.request.progress)(&self.progress);
    }
}
