//! Scans and their coverage, read back.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::codec::{count_at, moment_at, name_at, scope_at};
use super::listings::Listings;
use super::{Error, Store};
use crate::model::{AccountId, Coverage, Provider, Reason, Scan, ScanId, Scope, Seal, Timestamp};

/// A complete listing of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The scan that listed it.
    pub scan: ScanId,
    /// When that listing began.
    pub started_at: Timestamp,
}

const COLUMNS: &str = "id, state, started_at, finished_at, taken_at, tool_version, seal";

impl Store {
    /// Returns every scan, in the order of their numbers.
    pub fn scans(&self) -> Result<Vec<Scan>, Error> {
        let mut statement = self.connection.prepare(&format!("select {COLUMNS} from scan order by id"))?;
        let scans = statement.query_map([], scan_at)?;
        Ok(scans.collect::<Result<_, _>>()?)
    }

    /// Returns a sealed scan.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownScan`] if there is none with this number.
    pub fn scan(&self, id: ScanId) -> Result<Scan, Error> {
        let found = self.one_scan("id = ?1", id)?;
        found.ok_or(Error::UnknownScan(id))
    }

    /// Returns the last sealed scan.
    pub fn latest(&self) -> Result<Option<Scan>, Error> {
        self.one_scan("id <= ?1", ScanId(i64::MAX))
    }

    /// Returns the last sealed scan before another.
    pub fn previous(&self, id: ScanId) -> Result<Option<Scan>, Error> {
        self.one_scan("id < ?1", id)
    }

    /// Returns the last sealed scan that meets a condition.
    fn one_scan(&self, condition: &str, id: ScanId) -> Result<Option<Scan>, Error> {
        let sql = format!(
            "select {COLUMNS} from scan where {condition} and state = 'sealed' order by id desc limit 1"
        );
        Ok(self.connection.prepare_cached(&sql)?.query_row([id.0], scan_at).optional()?)
    }

    /// Returns the coverage of a scan, in the order of scopes.
    pub fn coverage(&self, scan: ScanId) -> Result<Vec<Coverage>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select scope.provider, scope.account, scope.location, scope.kind, coverage.status,
                    coverage.listed, coverage.reasons, coverage.started_at, coverage.finished_at
             from coverage join scope on scope.id = coverage.scope
             where coverage.scan = ?1",
        )?;
        let mut coverage: Vec<_> = statement.query_map([scan.0], coverage_at)?.collect::<Result<_, _>>()?;
        coverage.sort_by(|a, b| a.scope.cmp(&b.scope));
        Ok(coverage)
    }

    /// Returns how completely each sealed scan listed a scope that was to list it, with the moment that the scan is
    /// dated, in the order of scans; a listing of every location tells of those that its scan does not name.
    pub fn listings_of(&self, scope: &Scope) -> Result<Vec<(Timestamp, Coverage)>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select scope.provider, scope.account, scope.location, scope.kind, coverage.status,
                    coverage.listed, coverage.reasons, coverage.started_at, coverage.finished_at,
                    scan.taken_at, scan.id
             from scan
             join coverage on coverage.scan = scan.id
             join scope on scope.id = coverage.scope
             where scan.state = 'sealed' and scope.provider = ?1 and scope.account = ?2 and scope.kind = ?3
                   and scope.location in (?4, ?5)
             order by scan.id, scope.location = ?5",
        )?;
        let Scope { provider, account, location, kind } = scope;
        let given =
            [provider.as_str(), account.as_str(), kind.as_str(), location.as_str(), crate::model::EVERYWHERE];
        let rows = statement.query_map(given, |row| {
            Ok((row.get::<_, i64>(10)?, super::codec::moment(row.get(9)?), coverage_at(row)?))
        })?;
        let mut rows: Vec<_> = rows.collect::<Result<_, _>>()?;
        // The one that names the location comes first.
        rows.dedup_by_key(|(scan, _, _)| *scan);
        Ok(rows.into_iter().map(|(_, at, coverage)| (at, coverage)).collect())
    }

    /// Returns each scope's last complete listing at or before a scan, if it ever had one.
    ///
    /// A complete listing of every location counts for each location that its scan does not name. Looks
    /// back from scan to scan, and no further than that listing.
    pub fn last_complete<'a>(
        &self,
        scopes: impl IntoIterator<Item = &'a Scope>,
        scan: ScanId,
    ) -> Result<Vec<Option<Listing>>, Error> {
        let known = super::open_scan::Scopes::load(&self.connection)?;
        let mut listings = Listings::new(self);
        let after = ScanId(scan.0 + 1);
        let mut look_back = |scope| {
            let Some(number) = known.number(scope) else { return Ok(None) };
            let found = listings.complete_before(&known, number, after)?;
            Ok(found.map(|(scan, started_at)| Listing { scan, started_at }))
        };
        scopes.into_iter().map(&mut look_back).collect()
    }
}

/// Returns every scope that a scan, or one before it, listed for an account.
pub(super) fn scopes(
    connection: &Connection,
    provider: Provider,
    account: &AccountId,
) -> Result<Vec<Scope>, Error> {
    let mut statement = connection.prepare_cached(
        "select provider, account, location, kind from scope
         where provider = ?1 and account = ?2
               and exists (select 1 from coverage where coverage.scope = scope.id
                           and coverage.status in ('complete', 'partial', 'unknown'))",
    )?;
    let scopes = statement.query_map([provider.as_str(), account.as_str()], |row| scope_at(row, 0))?;
    let scopes: BTreeSet<_> = scopes.collect::<Result<_, _>>()?;
    Ok(scopes.into_iter().collect())
}

/// Returns every account of a cloud that an earlier scan listed.
pub(super) fn accounts(connection: &Connection, provider: Provider) -> Result<Vec<AccountId>, Error> {
    let mut statement = connection.prepare_cached(
        "select distinct account from scope
         where provider = ?1 and exists (select 1 from coverage where coverage.scope = scope.id
                                         and coverage.status in ('complete', 'partial', 'unknown'))
         order by account",
    )?;
    let accounts =
        statement.query_map([provider.as_str()], |row| Ok(AccountId::new(row.get::<_, String>(0)?)))?;
    Ok(accounts.collect::<Result<_, _>>()?)
}

/// Returns the latest moment that a sealed scan of this account is dated.
pub(super) fn last_taken(
    connection: &Connection,
    provider: Provider,
    account: &AccountId,
) -> Result<Option<Timestamp>, Error> {
    let mut statement = connection.prepare_cached(
        "select max(scan.taken_at) from scan
         where exists (select 1 from coverage join scope on scope.id = coverage.scope
                       where coverage.scan = scan.id and scope.provider = ?1 and scope.account = ?2)",
    )?;
    let taken: Option<i64> = statement.query_row([provider.as_str(), account.as_str()], |row| row.get(0))?;
    Ok(taken.map(super::codec::moment))
}

fn scan_at(row: &Row<'_>) -> rusqlite::Result<Scan> {
    let finished_at: Option<i64> = row.get(3)?;
    let seal: Option<[u8; 32]> = row.get(6)?;
    Ok(Scan {
        id: ScanId(row.get(0)?),
        state: name_at(row, 1)?,
        started_at: moment_at(row, 2)?,
        finished_at: finished_at.map(super::codec::moment),
        taken_at: moment_at(row, 4)?,
        tool_version: row.get(5)?,
        seal: seal.map(|seal| Seal(crate::model::Digest(seal))),
    })
}

fn coverage_at(row: &Row<'_>) -> rusqlite::Result<Coverage> {
    let reasons: Option<String> = row.get(6)?;
    let reasons: Vec<Reason> = match reasons {
        None => Vec::new(),
        Some(json) => serde_json::from_str(&json).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(6, rusqlite::types::Type::Text, Box::new(error))
        })?,
    };
    Ok(Coverage {
        scope: scope_at(row, 0)?,
        status: name_at(row, 4)?,
        listed: count_at(row, 5)?,
        reasons,
        started_at: moment_at(row, 7)?,
        finished_at: moment_at(row, 8)?,
    })
}
