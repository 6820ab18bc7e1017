//! A scope that was listed completely once, and is not now.

use super::compare::{change, identified};
use crate::model::{
    AttributeChange, Change, ChangeKind, Coverage, CoverageStatus, Timestamp, Trace, TraceState, Window,
};

/// Returns the coverage gap of a scope that is not complete now; `last_complete` is when its last complete
/// listing began.
pub fn coverage_gap(coverage: &Coverage, last_complete: Timestamp) -> Change {
    let reasons: Vec<_> = coverage.reasons.iter().map(|reason| reason.message.as_str()).collect();
    let status = AttributeChange {
        path: "coverage".to_owned(),
        before: Some(CoverageStatus::Complete.as_str().into()),
        after: Some(coverage.status.as_str().into()),
    };
    let why = AttributeChange {
        path: "reason".to_owned(),
        before: None,
        after: (!reasons.is_empty()).then(|| reasons.join("; ").into()),
    };
    let window = Window { from: last_complete, to: coverage.finished_at };
    let trace = Trace::of(TraceState::BySystem, "the listing itself was not complete");
    let gap = change(ChangeKind::CoverageGap, coverage.scope.clone(), window, vec![status, why]);
    identified(Change { trace, ..gap })
}
