//! Findings that runs reported, and what became of them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::codec::moment_at;
use super::uid::hexadecimal;
use super::{Error, Store, acceptances};
use crate::model::{FindingRecord, Reported, Saying, ScanId};

const COLUMNS: &str = "finding.fingerprint, finding.rule, finding.first_run, first.finished_at,
                       finding.last_run, last.finished_at, finding.saying, finding.said_since,
                       finding.resolved_run, finding.resolved_by";

const TABLES: &str = "finding join run as first on first.id = finding.first_run
                      join run as last on last.id = finding.last_run";

/// Strikes out the marks that what differs now has met.
pub(super) fn strike(connection: &Connection, met: &[i64]) -> Result<(), Error> {
    let mut strike = connection.prepare("delete from finding_mark where mark = ?1 returning finding")?;
    let mut count = connection.prepare("update finding set marks = marks - 1 where id = ?1")?;
    for mark in met {
        let struck: Vec<i64> = strike.query_map([mark], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for finding in struck {
            count.execute([finding])?;
        }
    }
    Ok(())
}

/// Remembers what a run reports: what happens again is no longer resolved, what is only told again stays so.
pub(super) fn report(connection: &Connection, run: i64, findings: &[Reported]) -> Result<(), Error> {
    let mut upsert = connection.prepare(
        "insert into finding (fingerprint, rule, first_run, last_run, saying, said_since, marks)
         values (?1, ?2, ?3, ?3, ?4, ?3, ?5)
         on conflict (fingerprint) do update
         set rule = excluded.rule, last_run = excluded.last_run,
             said_since = iif(saying is excluded.saying, said_since, excluded.said_since),
             saying = excluded.saying",
    )?;
    let mut known = connection.prepare("select id from finding where fingerprint = ?1")?;
    let mut reopen = connection
        .prepare("update finding set marks = ?2, resolved_run = null, resolved_by = null where id = ?1")?;
    let mut forget = connection.prepare("delete from finding_mark where mark = ?1 and finding = ?2")?;
    let mut mark = connection.prepare("insert into finding_mark (mark, finding) values (?1, ?2)")?;
    for finding in findings {
        let marks = i64::try_from(finding.marks.len()).unwrap_or(i64::MAX);
        let fingerprint = blob(&finding.id);
        let earlier: Option<i64> = known.query_row([&fingerprint], |row| row.get(0)).optional()?;
        upsert.execute(params![fingerprint, finding.rule, run, finding.saying.0, marks])?;
        if finding.again && earlier.is_some() {
            continue;
        }
        let id: i64 = known.query_row([&fingerprint], |row| row.get(0))?;
        reopen.execute([id, marks])?;
        for value in &finding.marks {
            forget.execute([*value, id])?;
            mark.execute([*value, id])?;
        }
    }
    Ok(())
}

/// Remembers that findings are no longer so, and why.
pub(super) fn resolve(connection: &Connection, run: i64, gone: &[(String, String)]) -> Result<(), Error> {
    let mut statement = connection.prepare(
        "update finding set resolved_run = ?2, resolved_by = ?3 where fingerprint = ?1 and resolved_run is null",
    )?;
    for (id, reason) in gone {
        statement.execute(params![blob(id), run, reason])?;
    }
    Ok(())
}

impl Store {
    /// Returns what is known of findings, by fingerprint; nothing of those that no run reported.
    pub fn finding_records(&self, ids: &[String]) -> Result<BTreeMap<String, FindingRecord>, Error> {
        let sql = format!("select {COLUMNS} from {TABLES} where finding.fingerprint = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut records = BTreeMap::new();
        for id in ids {
            if let Some(record) = statement.query_row([blob(id)], record_at).optional()? {
                records.insert(id.clone(), self.with_acceptance(record)?);
            }
        }
        Ok(records)
    }

    /// Returns every finding that any run reported, the last reported first.
    pub fn all_findings(&self) -> Result<Vec<FindingRecord>, Error> {
        let sql = format!("select {COLUMNS} from {TABLES} order by finding.last_run desc, finding.id");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let records: Vec<FindingRecord> = statement.query_map([], record_at)?.collect::<Result<_, _>>()?;
        records.into_iter().map(|record| self.with_acceptance(record)).collect()
    }

    /// Returns the findings that are undone if these marks are met: no mark of theirs is left, and no run found
    /// them resolved yet.
    pub fn undone(&self, met: &[i64]) -> Result<Vec<FindingRecord>, Error> {
        let mut statement =
            self.connection.prepare_cached("select finding from finding_mark where mark = ?1")?;
        let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
        for mark in met {
            for finding in statement.query_map([mark], |row| row.get(0))? {
                *counts.entry(finding?).or_default() += 1;
            }
        }
        let sql = format!(
            "select {COLUMNS} from {TABLES}
             where finding.id = ?1 and finding.marks <= ?2 and finding.resolved_run is null"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let undone = counts.iter().map(|(id, met)| statement.query_row([id, met], record_at).optional());
        let undone: Vec<FindingRecord> = undone.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        undone.into_iter().map(|record| self.with_acceptance(record)).collect()
    }

    /// Returns the findings that the run over two scans reported first, and that no run found resolved yet.
    pub fn findings_between(&self, scans: (ScanId, ScanId)) -> Result<Vec<FindingRecord>, Error> {
        let sql = format!(
            "select {COLUMNS} from {TABLES}
             where first.before_scan = ?1 and first.after_scan = ?2 and finding.resolved_run is null
             order by finding.id"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let records: Vec<FindingRecord> =
            statement.query_map([scans.0.0, scans.1.0], record_at)?.collect::<Result<_, _>>()?;
        records.into_iter().map(|record| self.with_acceptance(record)).collect()
    }

    fn with_acceptance(&self, record: FindingRecord) -> Result<FindingRecord, Error> {
        let acceptance = acceptances::last(&self.connection, &record.id)?;
        Ok(FindingRecord { acceptance, ..record })
    }
}

/// Returns a fingerprint as the store keeps it: the bytes that the hexadecimal digits stand for.
pub(super) fn blob(fingerprint: &str) -> Vec<u8> {
    let pairs = fingerprint.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = pairs
        .map(|pair| {
            let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
            u8::from_str_radix(pair, 16).ok()
        })
        .collect();
    bytes.unwrap_or_else(|| fingerprint.as_bytes().to_vec())
}

fn record_at(row: &Row<'_>) -> rusqlite::Result<FindingRecord> {
    let resolved: Option<i64> = row.get(8)?;
    let by: Option<String> = row.get(9)?;
    Ok(FindingRecord {
        id: hexadecimal(row.get_ref(0)?.as_bytes()?),
        rule: row.get(1)?,
        first: (row.get(2)?, moment_at(row, 3)?),
        last: (row.get(4)?, moment_at(row, 5)?),
        saying: row.get::<_, Option<[u8; 16]>>(6)?.map(Saying),
        said_since: row.get(7)?,
        resolved: resolved.zip(by),
        acceptance: None,
    })
}
