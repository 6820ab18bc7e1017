//! Resources that a scan did not see, and what proves that they are absent.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Row, params};
use rustc_hash::FxHashSet;

use super::observation::closed_entry;
use super::{Error, OpenScan, uid};
use crate::model::{Coverage, CoverageStatus, Document, Locator, ResourceKey, Scope};

/// A resource that was there before and that no listing of this scan showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// Its identity.
    pub key: ResourceKey,
    /// The scope that it was last seen in.
    pub scope: Scope,
    /// Its address.
    pub locator: Locator,
}

impl OpenScan<'_> {
    /// Returns every resource that [`OpenScan::seal`] would close, given this coverage, because a complete
    /// listing lacks it.
    pub fn absent(&mut self, coverage: &[Coverage]) -> Result<Vec<Absent>, Error> {
        let coverage = coverage.iter().map(|coverage| (coverage.scope.clone(), coverage.clone())).collect();
        let rows = self.missing(&coverage);
        rows.into_iter().map(|row| self.describe(row)).collect()
    }

    /// Closes every missing resource that a complete listing would have shown.
    pub(super) fn close_absent(&mut self, coverage: &BTreeMap<Scope, Coverage>) -> Result<(), Error> {
        self.missing(coverage).into_iter().try_for_each(|row| self.close(row))
    }

    /// Returns the rows of every missing resource that a complete listing would have shown.
    fn missing(&self, coverage: &BTreeMap<Scope, Coverage>) -> Vec<u32> {
        let complete: FxHashSet<u32> = self
            .scopes
            .iter()
            .filter(|(_, scope)| {
                let here = coverage.get(scope).or_else(|| coverage.get(&scope.everywhere()));
                here.is_some_and(|coverage| coverage.status == CoverageStatus::Complete)
            })
            .map(|(number, _)| number)
            .collect();
        self.rows.missing().filter(|(_, scope)| complete.contains(scope)).map(|(row, _)| row).collect()
    }

    /// Returns what the store knows of a missing resource.
    fn describe(&mut self, row: u32) -> Result<Absent, Error> {
        let (uid, scope, latest) = self.last_known(row)?;
        let scope = self.scopes.get(scope)?.clone();
        let key = uid::key(scope.provider, scope.kind, (&uid).into())?;
        let document = Document::from_bytes(self.documents.find(latest)?)?;
        let locator = document.locator().cloned().unwrap_or_else(|| Locator::new(key.uid.as_str()));
        Ok(Absent { key, scope, locator })
    }

    /// Returns a resource's packed uid, its scope and its latest revision.
    fn last_known(&self, row: u32) -> Result<(Value, u32, i64), Error> {
        let mut statement =
            self.connection.prepare_cached("select uid, scope, latest from resource where id = ?1")?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        Ok(statement.query_row([self.rows.id(row)], read)?)
    }

    /// Closes every missing resource under whose locator another one stands now: a locator leads to one
    /// resource at a time.
    pub(super) fn close_displaced(&mut self) -> Result<(), Error> {
        if self.taken_locators.is_empty() || self.rows.missing().next().is_none() {
            return Ok(());
        }
        // In the order in which the run read them when it began.
        let mut statement = self.connection.prepare("select locator_hash from resource order by id")?;
        let hashes = statement.query_map([], |row| row.get::<_, Option<i64>>(0))?;
        let mut displaced = Vec::new();
        for (old, hash) in (1..).zip(hashes) {
            if let Some(hash) = hash?
                && let Some(&new) = self.taken_locators.get(&hash)
                && self.rows.is_missing(old)
            {
                displaced.push((old, new));
            }
        }
        for (old, new) in displaced {
            if self.address(old)? == self.address(new)? {
                self.close(old)?;
            }
        }
        Ok(())
    }

    /// Returns what a locator leads by: the scope's provider and kind, and the locator.
    fn address(&mut self, row: u32) -> Result<(Scope, Option<Locator>), Error> {
        let (_, scope, latest) = self.last_known(row)?;
        let document = Document::from_bytes(self.documents.find(latest)?)?;
        let everywhere = self.scopes.get(scope)?.everywhere();
        Ok((everywhere, document.locator().cloned()))
    }

    /// Says that a resource is absent from this scan on.
    fn close(&mut self, row: u32) -> Result<(), Error> {
        let id = self.rows.id(row);
        let (uid, scope, latest) = self.last_known(row)?;
        let place = self.scopes.get(scope)?;
        let key = uid::key(place.provider, place.kind, (&uid).into())?;
        let number = self.take_number();
        self.append(number, row, None, latest)?;
        self.connection
            .prepare_cached("update resource set latest = ?2, fingerprint = null where id = ?1")?
            .execute(params![id, number])?;
        self.rows.see(row);
        self.rows.set_entry(row, Some(closed_entry(&key)?));
        Ok(())
    }
}
