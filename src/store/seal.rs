//! Sealing a scan: its coverage, its manifest and its link in the chain.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::{Value, json};

use super::codec::{nanoseconds, storable};
use super::lease::Lease;
use super::log_seal::Sealed;
use super::{Error, OpenScan, log_seal};
use crate::model::{Coverage, Digest, Scan, ScanState, Scope, Seal, Timestamp, canonical_json};

impl OpenScan<'_> {
    /// Seals the scan: closes what complete listings lack, writes the coverage, links the scan into the
    /// chain and commits. Two coverages of one scope count as one, with the weaker status.
    pub fn seal(mut self, coverage: &[Coverage], finished_at: Timestamp) -> Result<Scan, Error> {
        self.flush_all()?;
        let coverage = merged(coverage);
        self.write_coverage(&coverage)?;
        let before = self.next_revision;
        self.close_displaced()?;
        self.close_absent(&coverage)?;
        let closed = self.next_revision - before;
        let scan = self.link(&coverage, closed, finished_at)?;
        Lease::release(self.connection)?;
        self.connection.execute_batch("commit")?;
        self.sealed = true;
        // What is in the log goes to the file now if no reader stands in the way, else later.
        let _ = self.connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()));
        Ok(scan)
    }

    fn write_coverage(&mut self, coverage: &BTreeMap<Scope, Coverage>) -> Result<(), Error> {
        for coverage in coverage.values() {
            let scope = self.scopes.intern(self.connection, &coverage.scope)?;
            let reasons = (!coverage.reasons.is_empty()).then(|| canonical_json(&json!(coverage.reasons)));
            self.connection
                .prepare_cached(
                    "insert into coverage (scan, scope, status, listed, reasons, started_at, finished_at)
                     values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![
                    self.id.0,
                    scope,
                    coverage.status.as_str(),
                    i64::try_from(coverage.listed).unwrap_or(i64::MAX),
                    reasons,
                    nanoseconds(coverage.started_at),
                    nanoseconds(coverage.finished_at)
                ])?;
        }
        Ok(())
    }

    /// Computes the seal and marks the scan as sealed.
    fn link(
        &mut self,
        coverage: &BTreeMap<Scope, Coverage>,
        closed: i64,
        finished_at: Timestamp,
    ) -> Result<Scan, Error> {
        let entries = std::mem::replace(&mut self.rows, super::rows::Rows::new()).into_entries();
        let total = i64::try_from(entries.len()).unwrap_or(i64::MAX);
        let changes = Changes { opened: total - closed, closed, digest: digest_of_all(entries) };
        let logs = log_seal::unsealed(self.connection)?;
        let manifest = Manifest {
            taken_at: self.opening.stored_taken_at(),
            tool_version: &self.opening.tool_version,
            coverage: coverage.values().collect(),
            changes: &changes,
            odd_elements: super::odd::digests(self.connection, self.id)?,
            logs: &logs,
        };
        let seal = manifest.seal(previous_seal(self.connection, self.id.0)?);
        self.connection.execute(
            "update scan set state = 'sealed', finished_at = ?2, last_revision = ?3, opened = ?4, closed = ?5,
                             changes = ?6, seal = ?7
             where id = ?1",
            params![
                self.id.0,
                nanoseconds(finished_at),
                self.next_revision - 1,
                changes.opened,
                changes.closed,
                changes.digest.0,
                seal.0.0
            ],
        )?;
        log_seal::keep(self.connection, self.id, &logs)?;
        Ok(Scan {
            id: self.id,
            state: ScanState::Sealed,
            started_at: storable(self.opening.started_at),
            finished_at: Some(storable(finished_at)),
            taken_at: self.opening.stored_taken_at(),
            tool_version: self.opening.tool_version.clone(),
            seal: Some(seal),
        })
    }
}

/// What a scan changed, as the manifest says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) opened: i64,
    pub(super) closed: i64,
    /// The digest of every entry's digest, sorted.
    pub(super) digest: Digest,
}

/// What a seal covers: nothing in it depends on the order of observations, on row numbers or on the
/// clock of the machine that ran the scan.
pub(super) struct Manifest<'a> {
    pub(super) taken_at: Timestamp,
    pub(super) tool_version: &'a str,
    /// In the order of scopes.
    pub(super) coverage: Vec<&'a Coverage>,
    pub(super) changes: &'a Changes,
    /// Sorted.
    pub(super) odd_elements: Vec<Digest>,
    /// In the order of parts.
    pub(super) logs: &'a [Sealed],
}

impl Manifest<'_> {
    /// Returns the seal that links the scan to the one before.
    pub(super) fn seal(&self, previous: Option<Seal>) -> Seal {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&previous.map_or([0; 32], |seal| seal.0.0));
        hasher.update(canonical_json(&self.to_json()).as_bytes());
        Seal(Digest(*hasher.finalize().as_bytes()))
    }

    fn to_json(&self) -> Value {
        let mut value = json!({
            "changes": {
                "closed": self.changes.closed,
                "digest": self.changes.digest,
                "opened": self.changes.opened,
            },
            "coverage": self.coverage,
            "odd_elements": self.odd_elements,
            "taken_at": self.taken_at,
            "tool_version": self.tool_version,
        });
        if let Some(logs) = log_seal::manifest(self.logs) {
            value["logs"] = logs;
        }
        value
    }
}

/// Returns the digest of digests, whatever order they came in.
pub(super) fn digest_of_all(mut entries: Vec<Digest>) -> Digest {
    entries.sort_unstable();
    let mut hasher = blake3::Hasher::new();
    for entry in &entries {
        hasher.update(&entry.0);
    }
    Digest(*hasher.finalize().as_bytes())
}

/// Returns the seal of the last sealed scan before this one.
pub(super) fn previous_seal(connection: &Connection, scan: i64) -> Result<Option<Seal>, Error> {
    let seal = connection
        .query_row(
            "select seal from scan where id < ?1 and state = 'sealed' order by id desc limit 1",
            [scan],
            |row| super::codec::digest_at(row, 0),
        )
        .optional()?;
    Ok(seal.map(Seal))
}

/// Returns one coverage per scope, moments as the store keeps them.
fn merged(coverage: &[Coverage]) -> BTreeMap<Scope, Coverage> {
    let mut merged: BTreeMap<Scope, Coverage> = BTreeMap::new();
    for coverage in coverage {
        let mut coverage = coverage.clone();
        coverage.started_at = storable(coverage.started_at);
        coverage.finished_at = storable(coverage.finished_at);
        if let Some(other) = merged.get(&coverage.scope) {
            // By rank, so that the order of the two never matters.
            coverage.status = coverage.status.max(other.status);
            coverage.listed += other.listed;
            coverage.reasons.extend(other.reasons.iter().cloned());
            coverage.started_at = coverage.started_at.min(other.started_at);
            coverage.finished_at = coverage.finished_at.max(other.finished_at);
        }
        coverage.reasons.sort();
        coverage.reasons.dedup();
        merged.insert(coverage.scope.clone(), coverage);
    }
    merged
}
