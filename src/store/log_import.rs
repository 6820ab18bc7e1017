//! Importing logs: one reading of them, kept whole or not at all.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};
use serde_json::json;

use super::codec::{compress, nanoseconds};
use super::events::EventWriter;
use super::lease::Lease;
use super::log_seal::odd_document;
use super::open_scan::begin;
use super::{Error, OpenScan, Store};
use crate::model::{AuditEvent, Digest, LogInterval, OddRecord, Timestamp, canonical_json};

/// What an import says of itself when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOpening {
    /// When the run began, by the clock of this machine.
    pub started_at: Timestamp,
    /// What is read: a path, or `live`.
    pub origin: String,
}

/// What became of an event that was given to an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The store did not have it.
    New,
    /// The store has it, as it is.
    Known,
    /// The store has another one with the same id: that one stays, this one is kept beside it.
    Conflict,
}

/// What an import read, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogTally {
    /// How many files were read.
    pub files: u64,
    /// How many records they held.
    pub records: u64,
    /// How many were events that the store did not have.
    pub new: u64,
    /// How many were events that the store had.
    pub known: u64,
    /// How many bore the id of an event that says something else.
    pub conflicts: u64,
    /// How many were passed over, by reason.
    pub ignored: BTreeMap<String, u64>,
    /// How many could not be read.
    pub odd: u64,
}

/// An import of logs that is going on.
///
/// Nothing of it stays unless [`LogImport::finish`] is called, and in a scan nothing unless that is sealed.
/// What it adds does not depend on the order in which it is told; what is told again adds nothing.
pub struct LogImport<'a> {
    connection: &'a Connection,
    id: i64,
    events: EventWriter<'a>,
    frame: Frame,
    finished: bool,
}

/// What an import stands or falls with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// A transaction of its own.
    Transaction,
    /// A part of the scan's.
    Savepoint,
}

/// How much of an odd record is kept.
const RAW_MAX: usize = 64 << 10;

/// The release that reads.
const TOOL_VERSION: &str = env!("CARGO_PKG_VERSION");

impl Store {
    /// Begins an import outside of any scan; the next scan's seal covers it.
    ///
    /// # Errors
    ///
    /// [`Error::Locked`] if another run holds the store, [`Error::ReadOnly`] if it was opened to read.
    pub fn import_log(&mut self, opening: &LogOpening) -> Result<LogImport<'_>, Error> {
        let connection = &self.connection;
        let held = || -> Result<bool, Error> {
            Ok(Lease::current(connection)?.is_some_and(|lease| lease.is_live(opening.started_at)))
        };
        if held()? {
            return Err(Lease::refusal(connection));
        }
        begin(connection)?;
        // Another run may have taken it since this one looked.
        let begun = match held() {
            Ok(false) => LogImport::new(connection, opening, Frame::Transaction),
            Ok(true) => Err(Lease::refusal(connection)),
            Err(error) => Err(error),
        };
        begun.inspect_err(|_| Frame::Transaction.undo(connection))
    }
}

impl OpenScan<'_> {
    /// Begins an import within the scan: it is sealed with it, and is gone if the scan is dropped.
    pub fn import_log(&mut self, opening: &LogOpening) -> Result<LogImport<'_>, Error> {
        self.connection.execute_batch("savepoint log_import")?;
        let begun = LogImport::new(self.connection, opening, Frame::Savepoint);
        begun.inspect_err(|_| Frame::Savepoint.undo(self.connection))
    }
}

impl<'a> LogImport<'a> {
    fn new(connection: &'a Connection, opening: &LogOpening, frame: Frame) -> Result<Self, Error> {
        connection.execute(
            "insert into log_import (started_at, origin, tool_version) values (?1, ?2, ?3)",
            params![nanoseconds(opening.started_at), opening.origin, TOOL_VERSION],
        )?;
        let id = connection.last_insert_rowid();
        let events = EventWriter::new(connection, id, TOOL_VERSION)?;
        Ok(Self { connection, id, events, frame, finished: false })
    }

    /// Takes one native record that was read as an event.
    ///
    /// Two releases may read one record differently: a reading of an earlier release stays, and a later one
    /// that differs is [`Taken::Known`]. So is a conflict that is kept already.
    pub fn take(&mut self, event: &AuditEvent) -> Result<Taken, Error> {
        self.events.take(event)
    }

    /// Keeps a record that could not be read.
    pub fn keep_odd(&mut self, odd: &OddRecord) -> Result<(), Error> {
        let raw = odd.raw.get(..RAW_MAX).unwrap_or(&odd.raw);
        let document = odd_document(&odd.source, odd.offset, &odd.code, &odd.message, raw);
        self.connection
            .prepare_cached(
                "insert or ignore into odd_record (key, import, source, position, code, message, raw)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                half(Digest::of(document.as_bytes())),
                self.id,
                odd.source,
                i64::try_from(odd.offset).unwrap_or(i64::MAX),
                odd.code,
                odd.message,
                compress(raw)?
            ])?;
        Ok(())
    }

    /// Keeps what the reading tells of a log's completeness.
    pub fn cover(&mut self, interval: &LogInterval) -> Result<(), Error> {
        let log = self.events.intern_log(&interval.scope)?;
        self.connection
            .prepare_cached(
                "insert or ignore into log_interval (import, log, from_at, to_at, status, reason)
                 values (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.id,
                log,
                nanoseconds(interval.window.from),
                nanoseconds(interval.window.to),
                interval.status.as_str(),
                interval.reason
            ])?;
        Ok(())
    }

    /// Ends the import and returns its number.
    pub fn finish(mut self, tally: &LogTally) -> Result<i64, Error> {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.connection.execute(
            "update log_import
             set files = ?2, records = ?3, new = ?4, known = ?5, conflicts = ?6, odd = ?7, ignored = ?8
             where id = ?1",
            params![
                self.id,
                count(tally.files),
                count(tally.records),
                count(tally.new),
                count(tally.known),
                count(tally.conflicts),
                count(tally.odd),
                canonical_json(&json!(tally.ignored))
            ],
        )?;
        self.connection.execute_batch(self.frame.keep())?;
        self.finished = true;
        Ok(self.id)
    }
}

impl Drop for LogImport<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.frame.undo(self.connection);
        }
    }
}

impl Frame {
    const fn keep(self) -> &'static str {
        match self {
            Self::Transaction => "commit",
            Self::Savepoint => "release log_import",
        }
    }

    /// Takes back what was written; after a failure so grave that `SQLite` did, there is nothing to do.
    fn undo(self, connection: &Connection) {
        let _ = connection.execute_batch(match self {
            Self::Transaction => "rollback",
            Self::Savepoint => "rollback to log_import; release log_import",
        });
    }
}

/// Returns half of a digest: enough for a key that nobody can make twice.
pub(super) fn half(digest: Digest) -> [u8; 16] {
    digest.0.first_chunk().copied().unwrap_or_default()
}
