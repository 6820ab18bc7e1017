//! Which scan listed a scope, and when: what proves a state.

use rusqlite::OptionalExtension as _;
use rustc_hash::FxHashMap;

use super::codec::moment_at;
use super::open_scan::Scopes;
use super::{Error, Store};
use crate::model::{ScanId, Timestamp};

/// Looks listings up, and remembers what many resources have in common.
pub(super) struct Listings<'s> {
    store: &'s Store,
    /// By scope and scan: the last complete listing before.
    complete: FxHashMap<(u32, ScanId), Option<(ScanId, Timestamp)>>,
    /// By scope and scan: when the listing began and ended.
    times: FxHashMap<(u32, ScanId), Option<(Timestamp, Timestamp)>>,
}

impl<'s> Listings<'s> {
    pub(super) fn new(store: &'s Store) -> Self {
        Self { store, complete: FxHashMap::default(), times: FxHashMap::default() }
    }

    /// Returns the last complete listing of a scope in a sealed scan before another: the scan, and when
    /// the listing began.
    pub(super) fn complete_before(
        &mut self,
        scopes: &Scopes,
        scope: u32,
        scan: ScanId,
    ) -> Result<Option<(ScanId, Timestamp)>, Error> {
        if let Some(&known) = self.complete.get(&(scope, scan)) {
            return Ok(known);
        }
        let everywhere = scopes.number(&scopes.get(scope)?.everywhere());
        // Backwards through the scans; in each, the scope's own coverage before the one of everywhere.
        let mut statement = self.store.connection.prepare_cached(
            "select scan.id, coverage.started_at
             from scan cross join coverage on coverage.scan = scan.id and coverage.scope =
                  (select scope from coverage as named
                   where named.scan = scan.id and named.scope in (?1, ?2)
                   order by named.scope = ?1 desc limit 1)
             where scan.id < ?3 and scan.state = 'sealed' and coverage.status = 'complete'
             order by scan.id desc limit 1",
        )?;
        let found = statement
            .query_row((scope, everywhere, scan.0), |row| Ok((ScanId(row.get(0)?), moment_at(row, 1)?)))
            .optional()?;
        self.complete.insert((scope, scan), found);
        Ok(found)
    }

    /// Returns when a scan's listing of a scope began and ended, if it listed it.
    pub(super) fn of(
        &mut self,
        scopes: &Scopes,
        scope: u32,
        scan: ScanId,
    ) -> Result<Option<(Timestamp, Timestamp)>, Error> {
        if let Some(&known) = self.times.get(&(scope, scan)) {
            return Ok(known);
        }
        let everywhere = scopes.number(&scopes.get(scope)?.everywhere());
        let mut statement = self.store.connection.prepare_cached(
            "select started_at, finished_at from coverage
             where scan = ?3 and scope in (?1, ?2) order by scope = ?1 desc limit 1",
        )?;
        let found = statement
            .query_row((scope, everywhere, scan.0), |row| Ok((moment_at(row, 0)?, moment_at(row, 1)?)))
            .optional()?;
        self.times.insert((scope, scan), found);
        Ok(found)
    }
}
