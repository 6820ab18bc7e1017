//! Reports that were made, and the findings that they reported.

use rusqlite::{OptionalExtension as _, Row, params};

use super::codec::{compress, decompress_alone, moment_at, nanoseconds};
use super::{Error, Store, findings};
use crate::model::{Reported, ScanId, Timestamp};

/// One report that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The command line.
    pub command: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The earlier scan that it compared.
    pub before: Option<ScanId>,
    /// The later scan that it compared.
    pub after: ScanId,
    /// The exit status that it ended with.
    pub exit_status: u8,
    /// The report's view, as JSON.
    pub view: Vec<u8>,
    /// The findings that it reported; remembered, not read back.
    pub findings: Vec<Reported>,
    /// The fingerprints of earlier findings that are no longer so, each with why; remembered, not read back.
    pub resolved: Vec<(String, String)>,
    /// The marks of earlier findings that what differs now has met; remembered, not read back.
    pub met: Vec<i64>,
}

/// A run without its view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// Its number.
    pub id: i64,
    /// The command line.
    pub command: String,
    /// When it ended.
    pub finished_at: Timestamp,
    /// The scans that it compared.
    pub before: Option<ScanId>,
    /// The later of them.
    pub after: ScanId,
    /// The exit status that it ended with.
    pub exit_status: u8,
}

/// Which run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunChoice {
    /// The one with this number.
    Number(i64),
    /// The last.
    Latest,
}

impl Store {
    /// Keeps a run, and remembers its findings as reported; returns its number.
    pub fn save_run(&mut self, run: &Run) -> Result<i64, Error> {
        let view = compress(&run.view)?;
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "insert into run (command, started_at, finished_at, before_scan, after_scan, exit_status, view)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                run.command,
                nanoseconds(run.started_at),
                nanoseconds(run.finished_at),
                run.before.map(|scan| scan.0),
                run.after.0,
                run.exit_status,
                view
            ],
        )?;
        let id = transaction.last_insert_rowid();
        findings::strike(&transaction, &run.met)?;
        findings::report(&transaction, id, &run.findings)?;
        findings::resolve(&transaction, id, &run.resolved)?;
        transaction.commit()?;
        Ok(id)
    }

    /// Returns every run, the last one first.
    pub fn runs(&self) -> Result<Vec<RunSummary>, Error> {
        let mut statement = self.connection.prepare(
            "select id, command, finished_at, before_scan, after_scan, exit_status from run order by id desc",
        )?;
        let runs = statement.query_map([], |row| {
            Ok(RunSummary {
                id: row.get(0)?,
                command: row.get(1)?,
                finished_at: moment_at(row, 2)?,
                before: row.get::<_, Option<i64>>(3)?.map(ScanId),
                after: ScanId(row.get(4)?),
                exit_status: row.get(5)?,
            })
        })?;
        Ok(runs.collect::<Result<_, _>>()?)
    }

    /// Returns a run with its view; its findings stand in there.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownRun`], with the number 0 for the latest of none.
    pub fn run(&self, choice: RunChoice) -> Result<Run, Error> {
        let (sql, id) = match choice {
            RunChoice::Number(id) => ("where id = ?1", id),
            RunChoice::Latest => ("where ?1 = 0 order by id desc limit 1", 0),
        };
        let sql = format!(
            "select command, started_at, finished_at, before_scan, after_scan, exit_status, view from run {sql}"
        );
        let found = self.connection.prepare_cached(&sql)?.query_row([id], run_at).optional()?;
        let (run, view) = found.ok_or(Error::UnknownRun(id))?;
        Ok(Run { view: decompress_alone(&view)?, ..run })
    }
}

fn run_at(row: &Row<'_>) -> rusqlite::Result<(Run, Vec<u8>)> {
    let run = Run {
        command: row.get(0)?,
        started_at: moment_at(row, 1)?,
        finished_at: moment_at(row, 2)?,
        before: row.get::<_, Option<i64>>(3)?.map(ScanId),
        after: ScanId(row.get(4)?),
        exit_status: row.get(5)?,
        view: Vec::new(),
        findings: Vec::new(),
        resolved: Vec::new(),
        met: Vec::new(),
    };
    Ok((run, row.get(6)?))
}
