//! Two scans → changes and findings.

use crate::drift::{self, LastComplete};
use crate::model::{Change, Coverage, CoverageStatus, Finding, Scan, ScanId};
use crate::rules;
use crate::store::{self, Store};

/// What differs between two scans, and what it means.
#[derive(Debug)]
pub struct Judged {
    /// The earlier scan; `None` for a first scan.
    pub before: Option<Scan>,
    /// The later scan.
    pub after: Scan,
    /// How completely the later scan listed each scope.
    pub coverage: Vec<Coverage>,
    /// What differs.
    pub changes: Vec<Change>,
    /// What the rules say.
    pub findings: Vec<Finding>,
}

/// Compares two sealed scans and judges what differs; nothing differs from a first scan, nor a scan from
/// itself.
///
/// # Errors
///
/// Whatever the store says.
pub fn judge(store: &Store, before: Option<ScanId>, after: ScanId) -> Result<Judged, store::Error> {
    let coverage = store.coverage(after)?;
    let mut changes = Vec::new();
    if let Some(before) = before.filter(|before| *before != after) {
        changes = drift::compare(&store.transitions(before, after)?);
        changes.extend(drift::coverage_gaps(&last_complete(store, &coverage, before)?, &coverage));
    }
    let findings = rules::judge(&changes);
    let before = before.map(|before| store.scan(before)).transpose()?;
    Ok(Judged { before, after: store.scan(after)?, coverage, changes, findings })
}

/// Returns when each scope that is incomplete now was last listed completely.
fn last_complete(
    store: &Store,
    coverage: &[Coverage],
    before: ScanId,
) -> Result<Vec<LastComplete>, store::Error> {
    let mut earlier = Vec::new();
    for incomplete in coverage.iter().filter(|coverage| coverage.status != CoverageStatus::Complete) {
        let scope = &incomplete.scope;
        let last = store.last_complete(scope, before)?;
        earlier.extend(last.map(|last| LastComplete { scope: scope.clone(), started_at: last.started_at }));
    }
    Ok(earlier)
}
