//! What the published query that driftline succeeds would have said of an operation (SEMANTICS F.9).
//!
//! Kept so that whoever comes from that query can compare; nothing is judged by it. `docs/legacy-qradar-score.md`
//! shows the query's expressions and where they fail.

use serde_json::json;

use super::Drift;
use crate::model::{AuditEvent, End, Finding, Provider};

/// The fact under which a finding bears its score.
const FACT: &str = "legacy_qradar_score";

/// Returns the risk score that the query's `CASE` gives an operation: 90, 70, 60 or 40.
///
/// `result_type` is the `ResultType` of a record of the Azure Activity Log as it is exported; no other log has one.
pub fn legacy_qradar_score(operation: &str, result_type: Option<&str>) -> u8 {
    let operation = operation.to_ascii_lowercase();
    let creates = || operation.split_once("create").is_some_and(|(_, rest)| rest.contains("instance"));
    if operation.contains("delete") || operation.contains("destroy") {
        90
    } else if operation.contains("snapshot") && result_type == Some("Success") {
        70
    } else if creates() {
        60
    } else {
        40
    }
}

/// Returns the type of alert that the query's other `CASE` gives an operation.
pub fn legacy_alert_type(operation: &str) -> &'static str {
    let operation = operation.to_ascii_lowercase();
    let types = [
        ("delete", "Cloud Resource Deletion"),
        ("snapshot", "Snapshot Operation"),
        ("create", "Cloud Resource Creation"),
    ];
    let found = types.into_iter().find(|(word, _)| operation.contains(word));
    found.map_or("Cloud Modification", |(_, alert)| alert)
}

/// Adds to each finding that cites events the highest score of them.
pub(super) fn add_scores(findings: &mut [Finding], drift: &Drift<'_>) {
    for finding in findings {
        let events = finding.events.iter().filter_map(|id| drift.event(id));
        let score = events.map(|event| legacy_qradar_score(&event.operation, result_type(event))).max();
        finding.facts.extend(score.map(|score| (FACT, json!(score))));
    }
}

/// Returns the result as the export of the Activity Log to an event hub writes it, where the query reads it.
fn result_type(event: &AuditEvent) -> Option<&'static str> {
    (event.provider == Provider::Azure && event.outcome.end == End::Success).then_some("Success")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EventId, Role, TraceState};
    use crate::rules::fixture::{event, traced, vanished, volume};
    use crate::rules::{Testimony, judge};

    #[test]
    fn scores_are_those_of_the_published_case() {
        let table = [
            ("DeleteSnapshot", None, 90),
            ("DeleteVolume", None, 90),
            ("Microsoft.Compute/virtualMachines/delete", None, 90),
            ("v1.compute.instances.delete", None, 90),
            ("CreateSnapshot", Some("Success"), 70),
            ("CreateSnapshot", None, 40),
            ("MICROSOFT.COMPUTE/SNAPSHOTS/WRITE", Some("Success"), 70),
            ("Microsoft.Compute/snapshots/write", Some("Succeeded"), 40),
            ("CreateInstanceExportTask", None, 60),
            ("compute.instances.insert", None, 40),
            ("RunInstances", None, 40),
            ("TerminateInstances", None, 40),
            ("StopInstances", None, 40),
            ("AttachVolume", None, 40),
            ("Microsoft.Compute/disks/write", None, 40),
            ("destroyInstance", Some("Success"), 90),
            ("InstanceCreate", None, 40),
        ];
        for (operation, result, score) in table {
            assert_eq!(legacy_qradar_score(operation, result), score, "{operation} {result:?}");
        }
    }

    #[test]
    fn types_of_alerts_are_those_of_the_published_case() {
        let table = [
            ("DeleteSnapshot", "Cloud Resource Deletion"),
            ("CreateSnapshot", "Snapshot Operation"),
            ("CreateVolume", "Cloud Resource Creation"),
            ("RunInstances", "Cloud Modification"),
            ("destroyInstance", "Cloud Modification"),
        ];
        for (operation, alert) in table {
            assert_eq!(legacy_alert_type(operation), alert, "{operation}");
        }
    }

    #[test]
    fn a_finding_that_cites_events_bears_the_highest_of_their_scores() {
        let mut change = traced(vanished(volume("vol-1")), TraceState::Explained);
        change.trace.events = ["e-1", "e-2"].map(EventId::new).to_vec();
        let told = [
            event("e-1", "DetachVolume", Role::Subject, "vol-1"),
            event("e-2", "DeleteVolume", Role::Subject, "vol-1"),
        ];
        let changes = [change, vanished(volume("vol-2"))];
        let found = judge(&changes, Testimony { events: &told, ..Testimony::default() });
        let scores: Vec<_> = found
            .iter()
            .map(|finding| {
                finding.facts.iter().find(|(name, _)| *name == FACT).map(|(_, score)| score.clone())
            })
            .collect();
        assert_eq!(scores, [None, Some(json!(90))]);
    }
}
