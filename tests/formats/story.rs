//! Six days of scans: what became of a few findings, what was not listed, what was not logged.

use driftline::model::{
    Acceptance, Coverage, CoverageStatus, Decision, FindingStatus, Kind, LogStatus, Scan, ScanId, Timestamp,
    TraceState,
};
use driftline::report::period::view::Bound;
use driftline::report::period::{Ledger, Period};
use driftline::report::view::{LogCoverage, MovedVerdict};
use driftline::report::{View, view};
use jiff::SignedDuration;

use super::estate::{self, covered, reason};

/// One finding as a run tells it, and what the search for the cause of its changes ended with.
type Told = (&'static str, FindingStatus, TraceState);

/// What each scan from the first on tells.
const SCANS: [&[Told]; 6] = [
    &[],
    &[
        ("f-high", FindingStatus::New, TraceState::Unexplained),
        ("f-medium", FindingStatus::New, TraceState::Explained),
    ],
    &[
        ("f-critical", FindingStatus::New, TraceState::Pending),
        ("f-ghost", FindingStatus::New, TraceState::Explained),
    ],
    &[
        ("f-critical", FindingStatus::Changed, TraceState::Explained),
        ("f-low", FindingStatus::New, TraceState::LogGap),
    ],
    &[("f-medium", FindingStatus::Resolved, TraceState::Explained)],
    &[],
];

/// Returns the period after one scan and up to another; from the beginning on for the scan 0.
pub(crate) fn between(from: i64, to: i64, text: &str) -> Period {
    let mut ledger = Ledger::new(bound(from), bound(to), decisions(text));
    for (id, told) in (1..=to).zip(SCANS) {
        let run = run(id, told, text);
        ledger.read(&estate::scan(id), &coverage(id, text), &[run]);
    }
    ledger.close()
}

/// Returns an end of a period.
pub(crate) fn bound(scan: i64) -> Bound {
    let at = estate::scan(scan);
    Bound { at: at.taken_at, scan: (scan > 0).then(|| (&at).into()) }
}

/// Returns a moment so many hours after a scan.
pub(crate) fn after(scan: i64, hours: i64) -> Timestamp {
    estate::scan(scan).taken_at + SignedDuration::from_hours(hours)
}

/// One acceptance that expires before the last scan, and one for good.
fn decisions(text: &str) -> Vec<(String, Acceptance)> {
    let accept = |decided_at, expires_at| Acceptance {
        decision: Decision::Accept,
        owner: format!("storage team {text}"),
        reason: format!("CHG-7 {text}"),
        decided_at,
        expires_at,
        saying: None,
    };
    vec![
        ("f-high".to_owned(), accept(after(3, 12), Some(after(5, 6)))),
        ("f-low".to_owned(), accept(after(4, 6), None)),
        ("f-critical".to_owned(), accept(after(6, 1), None)),
    ]
}

/// Snapshots are refused in scans 3 and 5; images are never asked for.
fn coverage(id: i64, text: &str) -> Vec<Coverage> {
    let mut snapshots = covered("us-east-1", Kind::Snapshot, 3);
    if matches!(id, 3 | 5) {
        snapshots.status = CoverageStatus::Denied;
        snapshots.reasons = vec![reason("UnauthorizedOperation", text)];
    }
    let mut images = covered("us-east-1", Kind::Image, 0);
    images.status = CoverageStatus::Skipped;
    vec![covered("us-east-1", Kind::Instance, 12), snapshots, images]
}

/// Returns the view of the run that judged a scan.
pub(crate) fn run(id: i64, told: &[Told], text: &str) -> View {
    let mut view = estate::incident(text);
    let of = |scan: Scan| Some(view::Scan::from(&scan));
    view.scans = view::Scans {
        before: (id > 1).then(|| of(estate::scan(id - 1))).flatten(),
        after: of(estate::scan(id)),
    };
    let known = |id: &str| told.iter().find(|(known, _, _)| *known == id);
    view.findings.retain(|finding| known(&finding.id).is_some());
    view.moved_verdicts.clear();
    let mut changes = Vec::new();
    for finding in &mut view.findings {
        let Some((_, status, state)) = told.iter().find(|(known, _, _)| *known == finding.id) else {
            continue;
        };
        finding.status = *status;
        finding.acceptance = None;
        for change in view.changes.iter().filter(|change| finding.changes.contains(&change.id)) {
            let mut change = change.clone();
            // Findings of different scans are about different changes.
            change.id = format!("{}-{}", change.id, finding.id);
            change.trace.state = *state;
            match status {
                FindingStatus::New => changes.push(change),
                FindingStatus::Changed => view.moved_verdicts.push(MovedVerdict {
                    before: ScanId(id - 2),
                    after: ScanId(id - 1),
                    was: TraceState::Pending,
                    change,
                }),
                _ => {}
            }
        }
        finding.changes = finding.changes.iter().map(|change| format!("{change}-{}", finding.id)).collect();
    }
    view.changes = changes;
    view.log_coverage = if id > 1 { logs(id, text) } else { Vec::new() };
    view
}

/// The trail was stopped for two hours before scan 4.
fn logs(id: i64, text: &str) -> Vec<LogCoverage> {
    let piece = |from, to, status, reason: String| LogCoverage {
        provider: driftline::model::Provider::Aws,
        account: driftline::model::AccountId::new("123456789012"),
        location: driftline::model::Location::new("us-east-1"),
        source: "cloudtrail".to_owned(),
        from,
        to,
        status,
        reason,
    };
    let read = || "LookupEvents was read to the end".to_owned();
    if id == 4 {
        return vec![
            piece(after(3, 0), after(3, 10), LogStatus::Complete, read()),
            piece(after(3, 10), after(3, 12), LogStatus::Gap, format!("StopLogging by {text}")),
            piece(after(3, 12), after(4, 0), LogStatus::Complete, read()),
        ];
    }
    vec![piece(after(id - 1, 0), after(id, 0), LogStatus::Complete, read())]
}
