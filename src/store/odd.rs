//! Elements that could not be read, kept as they stood.

use rusqlite::{Connection, params};
use serde_json::json;

use super::codec::{compress, count_at, decompress_alone, scope_at};
use super::{Error, OpenScan, Store};
use crate::model::{Digest, ScanId, Scope, canonical_json};

/// A native element that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddElement {
    /// The file that it stood in.
    pub source: String,
    /// Its offset there, in bytes.
    pub position: u64,
    /// The scope that it belongs to, where that is known.
    pub scope: Option<Scope>,
    /// A short, stable word.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// Its bytes; the store keeps the first 64 KiB.
    pub raw: Vec<u8>,
}

/// How much of an odd element is kept.
const RAW_MAX: usize = 64 << 10;

impl OpenScan<'_> {
    /// Keeps an element that could not be read.
    pub fn keep_odd(&mut self, odd: &OddElement) -> Result<(), Error> {
        let scope = match &odd.scope {
            Some(scope) => Some(self.scopes.intern(self.connection, scope)?),
            None => None,
        };
        let raw = compress(odd.raw.get(..RAW_MAX).unwrap_or(&odd.raw))?;
        self.connection
            .prepare_cached(
                "insert into odd_element (scan, source, position, scope, code, message, raw)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                self.id.0,
                odd.source,
                i64::try_from(odd.position).unwrap_or(i64::MAX),
                scope,
                odd.code,
                odd.message,
                raw
            ])?;
        Ok(())
    }
}

impl Store {
    /// Returns the elements that a scan could not read, by source and position.
    pub fn odd_elements(&self, scan: ScanId) -> Result<Vec<OddElement>, Error> {
        read(&self.connection, scan)
    }
}

/// Returns the manifest's entries for a scan's odd elements, sorted.
pub(super) fn digests(connection: &Connection, scan: ScanId) -> Result<Vec<Digest>, Error> {
    let mut digests: Vec<_> = read(connection, scan)?
        .iter()
        .map(|odd| {
            let entry = json!({
                "code": odd.code,
                "message": odd.message,
                "position": odd.position,
                "raw": Digest::of(&odd.raw),
                "scope": odd.scope,
                "source": odd.source,
            });
            Digest::of(canonical_json(&entry).as_bytes())
        })
        .collect();
    digests.sort_unstable();
    Ok(digests)
}

fn read(connection: &Connection, scan: ScanId) -> Result<Vec<OddElement>, Error> {
    let mut statement = connection.prepare_cached(
        "select odd_element.source, odd_element.position, odd_element.code, odd_element.message,
                odd_element.raw, scope.id, scope.provider, scope.account, scope.location, scope.kind
         from odd_element left join scope on scope.id = odd_element.scope
         where odd_element.scan = ?1 order by odd_element.source, odd_element.position, odd_element.id",
    )?;
    let mut rows = statement.query([scan.0])?;
    let mut odd = Vec::new();
    while let Some(row) = rows.next()? {
        let has_scope = row.get::<_, Option<i64>>(5)?.is_some();
        odd.push(OddElement {
            source: row.get(0)?,
            position: count_at(row, 1)?,
            code: row.get(2)?,
            message: row.get(3)?,
            raw: decompress_alone(&row.get::<_, Vec<u8>>(4)?)?,
            scope: if has_scope { Some(scope_at(row, 6)?) } else { None },
        });
    }
    Ok(odd)
}
