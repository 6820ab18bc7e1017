//! Two scans → changes and findings.

use crate::drift;
use crate::model::{
    Approval, AuditEvent, Change, Coverage, CoverageStatus, Finding, LogInterval, Moved, Residue, Scan,
    ScanId,
};
use crate::rules::{self, Testimony};
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
    /// What the logs say and no state shows.
    pub residues: Vec<Residue>,
    /// The events of the time that was judged, and those that anything cites.
    pub events: Vec<AuditEvent>,
    /// For which intervals each log is known to be complete.
    pub log_coverage: Vec<LogInterval>,
    /// What the rules say.
    pub findings: Vec<Finding>,
    /// Changes of earlier comparisons that are judged otherwise now.
    pub moved: Vec<Moved>,
    /// Approvals of the time that was judged, that nothing was done under.
    pub unused_approvals: Vec<Approval>,
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
    let findings = rules::judge(&changes, Testimony::default());
    let before = before.map(|before| store.scan(before)).transpose()?;
    Ok(Judged {
        before,
        after: store.scan(after)?,
        coverage,
        changes,
        findings,
        residues: Vec::new(),
        events: Vec::new(),
        log_coverage: Vec::new(),
        moved: Vec::new(),
        unused_approvals: Vec::new(),
    })
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
