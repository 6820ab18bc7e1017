//! Two scans → changes and findings.

use crate::drift;
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
        changes.extend(coverage_gaps(store, &coverage, before)?);
    }
    let findings = rules::judge(&changes);
    let before = before.map(|before| store.scan(before)).transpose()?;
    Ok(Judged { before, after: store.scan(after)?, coverage, changes, findings })
}

/// Returns a gap for every scope that is incomplete now and was complete once; one that was skipped on
/// purpose is none.
fn coverage_gaps(store: &Store, coverage: &[Coverage], before: ScanId) -> Result<Vec<Change>, store::Error> {
    let meant = |status| matches!(status, CoverageStatus::Complete | CoverageStatus::Skipped);
    let incomplete: Vec<&Coverage> = coverage.iter().filter(|coverage| !meant(coverage.status)).collect();
    let listings = store.last_complete(incomplete.iter().map(|coverage| &coverage.scope), before)?;
    let gaps = incomplete.into_iter().zip(listings);
    Ok(gaps.filter_map(|(now, last)| Some(drift::coverage_gap(now, last?.started_at))).collect())
}
