//! Scans and their coverage, read back.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::codec::{count_at, moment_at, name_at, scope_at};
use super::{Error, Store};
use crate::model::{
    AccountId, Coverage, CoverageStatus, Provider, Reason, Scan, ScanId, Scope, Seal, Timestamp,
};

/// The last complete listing of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The scope.
    pub scope: Scope,
    /// The scan that listed it.
    pub scan: ScanId,
    /// When that listing began.
    pub started_at: Timestamp,
    /// When that listing ended.
    pub finished_at: Timestamp,
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

    /// Returns, per scope that was ever listed completely, its last complete listing at or before a scan.
    ///
    /// A complete listing of every location counts for each location that its scan does not name.
    pub fn last_complete(&self, scan: ScanId) -> Result<Vec<Listing>, Error> {
        let scopes = super::open_scan::Scopes::load(&self.connection)?;
        let mut open: BTreeMap<&Scope, u32> = scopes.iter().map(|(number, scope)| (scope, number)).collect();
        let mut found = Vec::new();
        let mut earlier = Some(scan);
        while let Some(scan) = earlier.filter(|_| !open.is_empty()) {
            let coverage: BTreeMap<_, _> =
                self.coverage(scan)?.into_iter().map(|coverage| (coverage.scope.clone(), coverage)).collect();
            open.retain(|scope, _| {
                let named = coverage.get(scope);
                let Some(here) = named.or_else(|| coverage.get(&scope.everywhere())) else { return true };
                if here.status != CoverageStatus::Complete {
                    return true;
                }
                let (started_at, finished_at) = (here.started_at, here.finished_at);
                found.push(Listing { scope: (*scope).clone(), scan, started_at, finished_at });
                false
            });
            earlier = self.previous(scan)?.map(|scan| scan.id);
        }
        let listed = self.ever_listed(scan)?;
        found.retain(|listing| listed.contains(&listing.scope));
        found.sort_by(|a, b| a.scope.cmp(&b.scope));
        Ok(found)
    }

    /// Returns every scope that has coverage at or before a scan.
    fn ever_listed(&self, scan: ScanId) -> Result<BTreeSet<Scope>, Error> {
        let mut statement = self.connection.prepare_cached(
            "select provider, account, location, kind from scope
             where id in (select scope from coverage where scan <= ?1)",
        )?;
        let scopes = statement.query_map([scan.0], |row| scope_at(row, 0))?;
        Ok(scopes.collect::<Result<_, _>>()?)
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
               and exists (select 1 from coverage where coverage.scope = scope.id)",
    )?;
    let scopes = statement.query_map([provider.as_str(), account.as_str()], |row| scope_at(row, 0))?;
    let scopes: BTreeSet<_> = scopes.collect::<Result<_, _>>()?;
    Ok(scopes.into_iter().collect())
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
