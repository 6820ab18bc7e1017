//! What earlier runs said of changes, kept to be judged again (DESIGN §7).

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension as _, Row, params};

use super::codec::{moment_at, name_at, nanoseconds, scalar};
use super::{Error, Store};
use crate::model::{ScanId, Verdict, Window};

/// How long a change waits to be settled, in nanoseconds: 400 days, longer than any vendor keeps its log.
const PATIENCE: i64 = 400 * 86_400 * 1_000_000_000;

const COLUMNS: &str = "verdict.change, verdict.before_scan, verdict.after_scan, verdict.state,
                       verdict.judged_at, verdict.imports";

impl Store {
    /// Keeps verdicts, each in place of an earlier one on the same change.
    pub fn save_verdicts(&mut self, verdicts: &[Verdict]) -> Result<(), Error> {
        let transaction = self.connection.transaction()?;
        let mut statement = transaction.prepare(
            "insert or replace into verdict (change, before_scan, after_scan, state, judged_at, imports)
             values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for verdict in verdicts {
            statement.execute(params![
                verdict.change,
                verdict.scans.0.0,
                verdict.scans.1.0,
                verdict.state.as_str(),
                nanoseconds(verdict.judged_at),
                verdict.imports
            ])?;
        }
        drop(statement);
        Ok(transaction.commit()?)
    }

    /// Returns what was last said of changes, by the change's id; nothing of those that nobody judged.
    pub fn verdicts(&self, changes: &[String]) -> Result<BTreeMap<String, Verdict>, Error> {
        let sql = format!("select {COLUMNS} from verdict where change = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = changes.iter().filter_map(|change| {
            statement.query_row([change], verdict_at).optional().map_err(Error::from).transpose()
        });
        found.map(|verdict| verdict.map(|verdict| (verdict.change.clone(), verdict))).collect()
    }

    /// Returns the verdicts that may be judged otherwise now, by change: those that are pending, and those
    /// that found no cause in the logs and have not seen the last import.
    ///
    /// Not those on changes that were seen more than 400 days before the last sealed scan.
    pub fn unsettled(&self) -> Result<Vec<Verdict>, Error> {
        let last: i64 =
            scalar(&self.connection, "select coalesce(max(taken_at), 0) from scan where state = 'sealed'")?;
        let sql = format!(
            "select {COLUMNS} from verdict join scan on scan.id = verdict.after_scan
             where verdict.state in ('pending', 'log-gap', 'unexplained', 'unexplained-low-confidence')
                   and (verdict.state = 'pending' or verdict.imports < ?1) and scan.taken_at >= ?2
             order by verdict.change"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let since = last.saturating_sub(PATIENCE);
        let verdicts = statement.query_map([self.last_import()?, since], verdict_at)?;
        Ok(verdicts.collect::<Result<_, _>>()?)
    }

    /// Returns of which time the imports after one tell something: each event's time, each interval of a log.
    ///
    /// Both tables grow in the order of imports, so that it costs what is new.
    pub fn told_since(&self, import: i64) -> Result<Vec<Window>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select time, time from event where id > coalesce(
                 (select id from event where import <= ?1 order by id desc limit 1), 0)
             union all
             select from_at, to_at from log_interval where id > coalesce(
                 (select id from log_interval where import <= ?1 order by id desc limit 1), 0)",
        )?;
        let windows = statement
            .query_map([import], |row| Ok(Window { from: moment_at(row, 0)?, to: moment_at(row, 1)? }))?;
        Ok(windows.collect::<Result<_, _>>()?)
    }
}

fn verdict_at(row: &Row<'_>) -> rusqlite::Result<Verdict> {
    Ok(Verdict {
        change: row.get(0)?,
        scans: (ScanId(row.get(1)?), ScanId(row.get(2)?)),
        state: name_at(row, 3)?,
        judged_at: moment_at(row, 4)?,
        imports: row.get(5)?,
    })
}
