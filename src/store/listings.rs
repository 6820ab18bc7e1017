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
    complete: FxHashMap<(u32, i64), Option<(i64, Timestamp)>>,
    /// By scope and scan: when the listing ended.
    ends: FxHashMap<(u32, i64), Timestamp>,
}

impl<'s> Listings<'s> {
    pub(super) fn new(store: &'s Store) -> Self {
        Self { store, complete: FxHashMap::default(), ends: FxHashMap::default() }
    }

    /// Returns the last complete listing of a scope in a sealed scan before another: the scan, and when
    /// the listing began.
    pub(super) fn listing_before(
        &mut self,
        scopes: &Scopes,
        scope: u32,
        scan: i64,
    ) -> Result<Option<(i64, Timestamp)>, Error> {
        if let Some(&known) = self.complete.get(&(scope, scan)) {
            return Ok(known);
        }
        let everywhere = scopes.number(&scopes.get(scope)?.everywhere());
        let mut statement = self.store.connection.prepare_cached(
            "select scan.id, coverage.started_at
             from scan cross join coverage on coverage.scan = scan.id and coverage.scope =
                  (select coalesce(max(named.scope) filter (where named.scope = ?1), max(named.scope))
                   from coverage as named where named.scan = scan.id and named.scope in (?1, ?2))
             where scan.id < ?3 and scan.state = 'sealed' and coverage.status = 'complete'
             order by scan.id desc limit 1",
        )?;
        let found = statement
            .query_row((scope, everywhere, scan), |row| Ok((row.get(0)?, moment_at(row, 1)?)))
            .optional()?;
        self.complete.insert((scope, scan), found);
        Ok(found)
    }

    /// Returns when a scan's listing of a scope ended; the moment that the scan is dated if it did not
    /// list it.
    pub(super) fn end_of(&mut self, scopes: &Scopes, scope: u32, scan: i64) -> Result<Timestamp, Error> {
        if let Some(&known) = self.ends.get(&(scope, scan)) {
            return Ok(known);
        }
        let end = match self.coverage_of(scopes, scope, scan)? {
            Some((_, end)) => end,
            None => self.store.scan(ScanId(scan))?.taken_at,
        };
        self.ends.insert((scope, scan), end);
        Ok(end)
    }

    /// Returns when a scan's listing of a scope began and ended, if it listed it.
    pub(super) fn coverage_of(
        &self,
        scopes: &Scopes,
        scope: u32,
        scan: i64,
    ) -> Result<Option<(Timestamp, Timestamp)>, Error> {
        let everywhere = scopes.number(&scopes.get(scope)?.everywhere());
        let mut statement = self.store.connection.prepare_cached(
            "select started_at, finished_at from coverage
             where scan = ?3 and scope in (?1, ?2) order by scope = ?1 desc limit 1",
        )?;
        let found = statement
            .query_row((scope, everywhere, scan), |row| Ok((moment_at(row, 0)?, moment_at(row, 1)?)));
        Ok(found.optional()?)
    }
}
