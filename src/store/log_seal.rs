//! What a seal covers of the audit logs: the events, conflicts, intervals and odd records that were imported
//! since the scan before.

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::Error;
use super::codec::{count_at, decompress_alone, digest_at};
use super::event_bodies::BodyReader;
use super::log_coverage::interval_at;
use super::seal::digest_of_all;
use crate::model::{Digest, ScanId, canonical_json};

/// A table whose rows are numbered as they come and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Event,
    Conflict,
    Interval,
    Odd,
}

impl Part {
    pub(super) const ALL: [Self; 4] = [Self::Event, Self::Conflict, Self::Interval, Self::Odd];

    /// Returns the table's name.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Conflict => "event_conflict",
            Self::Interval => "log_interval",
            Self::Odd => "odd_record",
        }
    }

    /// The columns that its documents are made of.
    const fn columns(self) -> &'static str {
        match self {
            Self::Event => "event.dictionary, event.body from event",
            Self::Conflict => "event_conflict.body from event_conflict",
            Self::Interval => {
                "log_scope.provider, log_scope.account, log_scope.location, log_scope.source,
                 log_interval.from_at, log_interval.to_at, log_interval.status, log_interval.reason
                 from log_interval left join log_scope on log_scope.id = log_interval.log"
            }
            Self::Odd => "source, position, code, message, raw from odd_record",
        }
    }

    /// Reads a row as its canonical document, which depends on no number of the file.
    fn document(self, row: &Row<'_>, reader: &mut BodyReader<'_>) -> Result<Vec<u8>, Error> {
        Ok(match self {
            Self::Event => reader.body_at(row, 0)?,
            Self::Conflict => {
                // Told apart from the event itself, so that the two cannot be exchanged.
                let body = decompress_alone(&row.get::<_, Vec<u8>>(0)?)?;
                [b"{\"conflict\":".as_slice(), &body, b"}"].concat()
            }
            Self::Interval => canonical_json(&json!(interval_at(row, 0)?)).into_bytes(),
            Self::Odd => {
                let (source, code, message): (String, String, String) =
                    (row.get(0)?, row.get(2)?, row.get(3)?);
                let raw = decompress_alone(&row.get::<_, Vec<u8>>(4)?)?;
                odd_document(&source, count_at(row, 1)?, &code, &message, &raw).into_bytes()
            }
        })
    }
}

/// Returns the canonical document of an odd record.
pub(super) fn odd_document(source: &str, offset: u64, code: &str, message: &str, raw: &[u8]) -> String {
    canonical_json(&json!({
        "code": code,
        "digest": Digest::of(raw),
        "message": message,
        "offset": offset,
        "raw": String::from_utf8_lossy(raw),
        "source": source,
    }))
}

/// What a seal covers of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) part: Part,
    /// The number of the last row.
    pub(super) last: i64,
    pub(super) count: i64,
    /// The digest of every row's digest, sorted.
    pub(super) digest: Digest,
}

/// Returns what a scan's manifest says of the logs; `None` where nothing was imported, as in the manifests of
/// releases that knew no events.
pub(super) fn manifest(sealed: &[Sealed]) -> Option<Value> {
    let parts = sealed.iter().map(|Sealed { part, count, digest, .. }| {
        (part.as_str().to_owned(), json!({ "count": count, "digest": digest }))
    });
    (!sealed.is_empty()).then(|| Value::Object(parts.collect()))
}

/// Returns what no seal covers yet.
pub(super) fn unsealed(connection: &Connection) -> Result<Vec<Sealed>, Error> {
    let mut found = Vec::new();
    for part in Part::ALL {
        let (first, last) = (first_unsealed(connection, part)?, last(connection, part)?);
        let digests = digests(connection, part, first, last)?;
        let count = i64::try_from(digests.len()).unwrap_or(i64::MAX);
        if count > 0 {
            found.push(Sealed { part, last, count, digest: digest_of_all(digests) });
        }
    }
    Ok(found)
}

/// Keeps what a scan's seal covers.
pub(super) fn keep(connection: &Connection, scan: ScanId, sealed: &[Sealed]) -> Result<(), Error> {
    let mut statement = connection.prepare_cached(
        "insert into log_seal (scan, part, last, count, digest) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for Sealed { part, last, count, digest } in sealed {
        statement.execute(params![scan.0, part.as_str(), last, count, digest.0])?;
    }
    Ok(())
}

/// Returns what a scan's seal covers, in the order of parts.
pub(super) fn of(connection: &Connection, scan: ScanId) -> Result<Vec<Sealed>, Error> {
    let mut statement =
        connection.prepare_cached("select part, last, count, digest from log_seal where scan = ?1")?;
    let mut rows = statement.query([scan.0])?;
    let mut sealed = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let part = Part::ALL.into_iter().find(|part| part.as_str() == name);
        let part = part.ok_or_else(|| Error::damaged(format!("a seal covers `{name}`")))?;
        let (last, count, digest) = (row.get(1)?, row.get(2)?, digest_at(row, 3)?);
        sealed.push(Sealed { part, last, count, digest });
    }
    sealed.sort_by_key(|sealed| sealed.part);
    Ok(sealed)
}

/// Returns how many rows of a table have a number between two, both included.
pub(super) fn count(connection: &Connection, part: Part, first: i64, last: i64) -> Result<i64, Error> {
    let sql = format!("select count(*) from {} where id between ?1 and ?2", part.as_str());
    Ok(connection.prepare_cached(&sql)?.query_row([first, last], |row| row.get(0))?)
}

/// Returns how many rows of a table no seal covers yet.
pub(super) fn count_unsealed(connection: &Connection, part: Part) -> Result<u64, Error> {
    let unsealed = count(connection, part, first_unsealed(connection, part)?, i64::MAX)?;
    Ok(u64::try_from(unsealed).unwrap_or_default())
}

/// Returns the digests of rows.
pub(super) fn digests(
    connection: &Connection,
    part: Part,
    first: i64,
    last: i64,
) -> Result<Vec<Digest>, Error> {
    let mut digests = Vec::new();
    for_each(connection, part, first, last, |document| {
        digests.push(Digest::of(&document));
        Ok(())
    })?;
    Ok(digests)
}

/// Reads the documents of rows, in the order of their numbers.
pub(super) fn for_each(
    connection: &Connection,
    part: Part,
    first: i64,
    last: i64,
    mut read: impl FnMut(Vec<u8>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (columns, table) = (part.columns(), part.as_str());
    let sql = format!("select {columns} where {table}.id between ?1 and ?2 order by {table}.id");
    let mut reader = BodyReader::new(connection);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([first, last])?;
    while let Some(row) = rows.next()? {
        read(part.document(row, &mut reader)?)?;
    }
    Ok(())
}

/// Returns the first number that no seal covers.
fn first_unsealed(connection: &Connection, part: Part) -> Result<i64, Error> {
    let mut statement = connection.prepare_cached("select max(last) from log_seal where part = ?1")?;
    let last: Option<i64> = statement.query_row([part.as_str()], |row| row.get(0))?;
    Ok(first_after(last))
}

/// Returns the first number after the last row that a seal covers; the least of all if none does.
pub(super) fn first_after(last: Option<i64>) -> i64 {
    last.map_or(i64::MIN, |last| last.saturating_add(1))
}

fn last(connection: &Connection, part: Part) -> Result<i64, Error> {
    let sql = format!("select coalesce(max(id), 0) from {}", part.as_str());
    Ok(connection.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}
