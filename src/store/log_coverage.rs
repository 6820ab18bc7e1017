//! What is known of the logs themselves: which intervals are complete, how late they deliver, and how often
//! they were read (SEMANTICS F.1).

use std::collections::BTreeMap;

use rusqlite::Row;

use super::codec::{moment_at, name_at, nanoseconds, scalar};
use super::{Error, Store};
use crate::model::{AccountId, Lag, Location, LogInterval, LogScope, Timestamp, Window};

impl Store {
    /// Returns what every import told of the logs' completeness, in canonical order; nothing is merged, and
    /// what was told twice stands there once.
    pub fn log_intervals(&self) -> Result<Vec<LogInterval>, Error> {
        self.log_intervals_between(Window { from: Timestamp::MIN, to: Timestamp::MAX })
    }

    /// Returns what is known of every log for a window, and of each the last that is known before it.
    ///
    /// Reads these rows alone: an estate that is scanned every hour tells thousands of intervals a year.
    pub fn log_intervals_between(&self, window: Window) -> Result<Vec<LogInterval>, Error> {
        const COLUMNS: &str =
            "select log_scope.provider, log_scope.account, log_scope.location, log_scope.source,
                    log_interval.from_at, log_interval.to_at, log_interval.status, log_interval.reason
             from log_interval join log_scope on log_scope.id = log_interval.log
             where log_interval.log = ?1";
        let within = format!("{COLUMNS} and log_interval.to_at >= ?2 and log_interval.from_at <= ?3");
        let last = format!("{COLUMNS} and log_interval.to_at < ?2 order by log_interval.to_at desc limit 1");
        let (from, to) = (nanoseconds(window.from), nanoseconds(window.to));
        let mut logs = self.connection.prepare_cached("select id from log_scope")?;
        let logs = logs.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
        let (mut within, mut last) =
            (self.connection.prepare_cached(&within)?, self.connection.prepare_cached(&last)?);
        let mut intervals = Vec::new();
        for log in logs {
            for interval in within.query_map([log, from, to], |row| interval_at(row, 0))? {
                intervals.push(interval?);
            }
            for interval in last.query_map([log, from], |row| interval_at(row, 0))? {
                intervals.push(interval?);
            }
        }
        intervals.sort();
        Ok(intervals)
    }

    /// Returns how late each log delivers, as measured on every event whose delivery is known.
    ///
    /// A part of a second counts as a whole one; an event that is dated after its delivery counts with a
    /// negative lag.
    pub fn lags(&self) -> Result<BTreeMap<LogScope, Lag>, Error> {
        let mut statement = self
            .connection
            .prepare("select log, time, ingested_at from event where ingested_at is not null")?;
        let mut rows = statement.query([])?;
        let mut measured: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (happened, delivered): (i64, i64) = (row.get(1)?, row.get(2)?);
            let lag = delivered.saturating_sub(happened).saturating_add(SECOND - 1).div_euclid(SECOND);
            measured.entry(row.get(0)?).or_default().push(lag);
        }
        let mut statement = self
            .connection
            .prepare("select provider, account, location, source from log_scope where id = ?1")?;
        let scopes = measured.into_iter().map(|(log, lags)| {
            let scope = statement.query_row([log], |row| log_scope_at(row, 0))?;
            Ok((scope, lag_of(lags)))
        });
        scopes.collect()
    }

    /// Returns the number of the last import; 0 if there was none.
    pub fn last_import(&self) -> Result<i64, Error> {
        scalar(&self.connection, "select coalesce(max(id), 0) from log_import")
    }
}

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;

/// Returns the percentiles of lags by nearest rank.
fn lag_of(mut lags: Vec<i64>) -> Lag {
    lags.sort_unstable();
    let rank = |percent: usize| {
        let rank = (lags.len() * percent).div_ceil(100);
        lags.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    };
    let events = u64::try_from(lags.len()).unwrap_or(u64::MAX);
    Lag { events, p50: rank(50), p95: rank(95), max: rank(100) }
}

/// Reads a log's scope from four columns: provider, account, location, source.
pub(super) fn log_scope_at(row: &Row<'_>, column: usize) -> rusqlite::Result<LogScope> {
    Ok(LogScope {
        provider: name_at(row, column)?,
        account: AccountId::new(row.get::<_, String>(column + 1)?),
        location: Location::new(row.get::<_, String>(column + 2)?),
        source: row.get(column + 3)?,
    })
}

/// Reads an interval from eight columns: a log's scope, from, to, status, reason.
pub(super) fn interval_at(row: &Row<'_>, column: usize) -> rusqlite::Result<LogInterval> {
    Ok(LogInterval {
        scope: log_scope_at(row, column)?,
        window: Window { from: moment_at(row, column + 4)?, to: moment_at(row, column + 5)? },
        status: name_at(row, column + 6)?,
        reason: row.get(column + 7)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_lags_that_were_measured() {
        let lag = |lags: &[i64]| lag_of(lags.to_vec());
        assert_eq!(lag(&[7]), Lag { events: 1, p50: 7, p95: 7, max: 7 });
        assert_eq!(lag(&[9, 1, 5]), Lag { events: 3, p50: 5, p95: 9, max: 9 });
        let hundred: Vec<_> = (1..=100).rev().collect();
        assert_eq!(lag(&hundred), Lag { events: 100, p50: 50, p95: 95, max: 100 });
    }
}
