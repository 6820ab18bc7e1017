//! Scopes that were listed completely once, and are not now.

use crate::model::{AttributeChange, ChangeKind, Coverage, CoverageStatus, Scope, Timestamp, Trace, Window};

use super::compare::change;
use crate::model::Change;

/// A scope's last complete listing before the scan that is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastComplete {
    /// Which scope.
    pub scope: Scope,
    /// When that listing began.
    pub started_at: Timestamp,
}

/// Returns a coverage gap for every scope that was complete once and that the later scan did not list
/// completely.
pub fn coverage_gaps(earlier: &[LastComplete], later: &[Coverage]) -> Vec<Change> {
    let incomplete = later.iter().filter(|coverage| coverage.status != CoverageStatus::Complete);
    incomplete
        .filter_map(|coverage| {
            let last = earlier.iter().find(|last| last.scope == coverage.scope)?;
            let reason = coverage.reasons.iter().map(|reason| reason.message.as_str());
            let reason: Vec<_> = reason.collect();
            let status = AttributeChange {
                path: "coverage".to_owned(),
                before: Some(CoverageStatus::Complete.as_str().into()),
                after: Some(coverage.status.as_str().into()),
            };
            let why = AttributeChange {
                path: "reason".to_owned(),
                before: None,
                after: (!reason.is_empty()).then(|| reason.join("; ").into()),
            };
            let window = Window { from: last.started_at, to: coverage.finished_at };
            let trace = Trace {
                state: crate::model::TraceState::BySystem,
                reason: "the listing itself was not complete".to_owned(),
            };
            let mut gap = change(ChangeKind::CoverageGap, coverage.scope.clone(), window, vec![status, why]);
            gap.trace = trace;
            Some(gap)
        })
        .collect()
}
