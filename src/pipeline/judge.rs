//! Two scans → changes and findings.

use crate::drift::{self, LastComplete};
use crate::model::{Change, Coverage, Finding, Scan, ScanId};
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
        let earlier: Vec<_> = store
            .last_complete(before)?
            .into_iter()
            .map(|listing| LastComplete { scope: listing.scope, started_at: listing.started_at })
            .collect();
        changes.extend(drift::coverage_gaps(&earlier, &coverage));
    }
    let findings = rules::judge(&changes);
    let before = before.map(|before| store.scan(before)).transpose()?;
    Ok(Judged { before, after: store.scan(after)?, coverage, changes, findings })
}
