//! Revisions as rows.

use rusqlite::{OptionalExtension as _, Row};

use super::{Error, Store};
use crate::model::ScanId;

/// One row of the view `life`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RevisionRow {
    pub(super) id: i64,
    pub(super) resource: u32,
    /// `None` says that the resource is absent.
    pub(super) scope: Option<u32>,
    pub(super) previous: Option<i64>,
}

impl Store {
    /// Returns the number of the last revision at a sealed scan.
    pub(super) fn last_revision(&self, scan: ScanId) -> Result<i64, Error> {
        let last = self
            .connection
            .query_row("select last_revision from scan where id = ?1 and state = 'sealed'", [scan.0], |row| {
                row.get(0)
            })
            .optional()?;
        last.ok_or(Error::UnknownScan(scan))
    }

    /// Returns a revision by its number.
    pub(super) fn revision(&self, id: i64) -> Result<RevisionRow, Error> {
        let mut statement =
            self.connection.prepare_cached("select id, resource, scope, previous from life where id = ?1")?;
        let row = statement.query_row([id], revision_at).optional()?;
        row.ok_or_else(|| Error::damaged(format!("revision {id} is gone")))
    }
}

pub(super) fn revision_at(row: &Row<'_>) -> rusqlite::Result<RevisionRow> {
    Ok(RevisionRow { id: row.get(0)?, resource: row.get(1)?, scope: row.get(2)?, previous: row.get(3)? })
}
