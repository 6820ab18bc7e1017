//! Findings as the runs told them that reported them last, with where they stand now.

use std::collections::BTreeMap;

use crate::cli::Failure;
use crate::model::{FindingRecord, FindingStatus, Standing, Timestamp};
use crate::report::{View, view};
use crate::rules::life;
use crate::store::{RunChoice, Store};

/// A finding with its record.
pub(in crate::cli) struct Told {
    pub(in crate::cli) record: FindingRecord,
    pub(in crate::cli) finding: view::Finding,
}

/// Returns findings as they were told last, with where they stand now; the last told first, then the worst.
pub(in crate::cli) fn told(
    store: &Store,
    records: Vec<FindingRecord>,
    now: Timestamp,
) -> Result<Vec<Told>, Failure> {
    let latest = store.runs()?.first().map(|run| run.id);
    let mut by_run: BTreeMap<i64, Vec<FindingRecord>> = BTreeMap::new();
    for record in records {
        by_run.entry(record.last.0).or_default().push(record);
    }
    let mut found = Vec::new();
    for (run, records) in by_run.into_iter().rev() {
        let view = stored(store, run)?;
        let mut of_run: Vec<Told> = Vec::new();
        for record in records {
            let Some(finding) = view.findings.iter().find(|finding| finding.id == record.id) else {
                continue;
            };
            let finding = standing_now(finding.clone(), &record, latest, now);
            of_run.push(Told { record, finding });
        }
        of_run.sort_by(|a, b| {
            let falling = (b.finding.risk, b.finding.impact).cmp(&(a.finding.risk, a.finding.impact));
            falling.then_with(|| a.record.id.cmp(&b.record.id))
        });
        found.extend(of_run);
    }
    Ok(found)
}

/// Returns the view of a run.
pub(super) fn stored(store: &Store, run: i64) -> Result<View, Failure> {
    let mut view: View =
        serde_json::from_slice(&store.run(RunChoice::Number(run))?.view).map_err(Failure::StoredReport)?;
    view.run.id = Some(run.to_string());
    Ok(view)
}

/// Returns the finding whose fingerprint begins with some digits.
pub(super) fn find(store: &Store, prefix: &str) -> Result<FindingRecord, Failure> {
    let prefix = prefix.to_ascii_lowercase();
    let found: Vec<_> =
        store.all_findings()?.into_iter().filter(|record| record.id.starts_with(&prefix)).collect();
    match <[FindingRecord; 1]>::try_from(found) {
        Ok([record]) if !prefix.is_empty() => Ok(record),
        Ok(_) => Err(Failure::UnknownFinding { id: prefix, matching: 0 }),
        Err(found) => Err(Failure::UnknownFinding { id: prefix, matching: found.len() }),
    }
}

/// Tells a finding as it stands now: `new` of the latest run, `changed` where that run told it otherwise.
fn standing_now(
    finding: view::Finding,
    record: &FindingRecord,
    latest: Option<i64>,
    now: Timestamp,
) -> view::Finding {
    let standing = life::standing(Some(record), record.saying, now);
    let outdated = standing.is_outdated();
    let told_otherwise = record.said_since == latest && record.first.0 != record.last.0;
    let status = match (&record.resolved, standing.status) {
        (Some(_), _) => FindingStatus::Resolved,
        (None, FindingStatus::Accepted) => FindingStatus::Accepted,
        _ if Some(record.first.0) == latest => FindingStatus::New,
        _ if told_otherwise => FindingStatus::Changed,
        _ => FindingStatus::Persisting,
    };
    let Standing { since, acceptance, .. } = standing;
    view::Finding {
        status,
        since,
        acceptance: acceptance.map(|accepted| view::Acceptance::new(accepted, outdated)),
        resolved_by: record.resolved.as_ref().map(|(_, by)| by.clone()),
        ..finding
    }
}
