//! Where a finding stands in its life: pure, from what earlier runs said and what people decided.

use serde_json::{Value, json};

use crate::model::{
    AttributeChange, Change, ChangeKind, Coverage, CoverageStatus, Decision, Digest, Finding, FindingRecord,
    FindingStatus, Reported, Residue, ResourceKey, Saying, Scope, Standing, Timestamp, canonical_json,
};

/// Returns where a finding stands that says this now.
///
/// An acceptance holds for the very saying that was accepted, until it expires: a finding that says something
/// else is told again.
pub fn standing(record: Option<&FindingRecord>, saying: Option<Saying>, now: Timestamp) -> Standing {
    let Some(record) = record else { return Standing::NEW };
    let acceptance = record.acceptance.clone().filter(|last| last.decision == Decision::Accept);
    let holds = acceptance.as_ref().is_some_and(|accepted| {
        accepted.saying == saying && accepted.expires_at.is_none_or(|until| now < until)
    });
    let differs = record.resolved.is_some() || record.saying.is_some() && record.saying != saying;
    let status = match (holds, differs) {
        (true, _) => FindingStatus::Accepted,
        (false, true) => FindingStatus::Changed,
        (false, false) => FindingStatus::Persisting,
    };
    Standing { status, since: Some(record.first.1), acceptance }
}

/// Returns a finding as the store keeps it: what it says, and what would undo it.
pub fn reported(finding: &Finding, changes: &[&Change], residues: &[&Residue]) -> Reported {
    Reported {
        id: finding.id.clone(),
        rule: finding.rule.to_owned(),
        saying: saying(finding, changes, residues),
        marks: marks(finding, changes),
        again: false,
    }
}

/// Digests what a finding says: its facts, the rules that say a part of it, and what it cites with its time and
/// trace. Not its risk, which other weights move without saying anything else.
fn saying(finding: &Finding, changes: &[&Change], residues: &[&Residue]) -> Saying {
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| {
            // A gap lasts until its scope is listed whole, however often somebody looks.
            let window = (change.kind != ChangeKind::CoverageGap).then_some(change.window);
            json!([change.id, window, change.trace.state, change.trace.events])
        })
        .collect();
    let residues: Vec<Value> = residues.iter().map(|residue| json!([residue.id, residue.events])).collect();
    let whole = json!({
        "also": finding.also,
        "facts": finding.facts,
        "changes": changes,
        "residues": residues,
        "events": finding.events,
        "scopes": finding.scopes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    Saying::of(Digest::of(canonical_json(&whole).as_bytes()))
}

/// Returns what would undo a finding: every attribute back at its value before, what vanished back, a scope
/// listed whole. Empty if a part of it is an act that nothing undoes.
fn marks(finding: &Finding, changes: &[&Change]) -> Vec<i64> {
    if !finding.residues.is_empty() || changes.is_empty() {
        return Vec::new();
    }
    let mut marks = Vec::new();
    for change in changes {
        let of_change = match (change.kind, change.resource()) {
            (ChangeKind::CoverageGap, _) => vec![of_scope(&change.scope)],
            (ChangeKind::Vanished, Some(resource)) => vec![of_presence(&resource.key)],
            (ChangeKind::Modified | ChangeKind::Stopped | ChangeKind::Started, Some(resource)) => {
                let attributes = change.attributes.iter().filter(|attribute| concerns(finding, attribute));
                attributes.map(|told| of_value(&resource.key, &told.path, told.before.as_ref())).collect()
            }
            _ => Vec::new(),
        };
        if of_change.is_empty() {
            return Vec::new();
        }
        marks.extend(of_change);
    }
    marks.sort_unstable();
    marks.dedup();
    marks
}

/// Whether a finding is about an attribute: one on exposure is about nothing else, and names and tags undo
/// nothing.
fn concerns(finding: &Finding, attribute: &AttributeChange) -> bool {
    match finding.rule {
        "exposure-opened" => attribute.path.starts_with("exposure"),
        _ => attribute.path != "name" && !attribute.path.starts_with("tags."),
    }
}

/// Returns every mark that what differs now, and what is listed whole now, meets.
pub fn met(changes: &[Change], coverage: &[Coverage]) -> Vec<i64> {
    let complete = coverage.iter().filter(|coverage| coverage.status == CoverageStatus::Complete);
    let mut marks: Vec<i64> = complete.map(|coverage| of_scope(&coverage.scope)).collect();
    for change in changes {
        let Some(resource) = change.resource() else { continue };
        if change.kind == ChangeKind::Reappeared {
            marks.push(of_presence(&resource.key));
        }
        let attributes = change.attributes.iter();
        marks.extend(attributes.map(|told| of_value(&resource.key, &told.path, told.after.as_ref())));
    }
    marks.sort_unstable();
    marks.dedup();
    marks
}

fn of_scope(scope: &Scope) -> i64 {
    mark(&json!(["coverage", scope.to_string()]))
}

fn of_presence(key: &ResourceKey) -> i64 {
    mark(&json!(["presence", key]))
}

fn of_value(key: &ResourceKey, path: &str, value: Option<&Value>) -> i64 {
    mark(&json!(["value", key, path, value]))
}

fn mark(of: &Value) -> i64 {
    let mut eighth = [0; 8];
    eighth.iter_mut().zip(Digest::of(canonical_json(of).as_bytes()).0).for_each(|(byte, of)| *byte = of);
    i64::from_le_bytes(eighth)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Acceptance, PrincipalKind};
    use crate::rules::fixture::{Specimen as _, modified, snapshot, vanished, volume};
    use crate::rules::{Testimony, judge};

    const THEN: Saying = Saying([1; 16]);
    const NOW: Saying = Saying([2; 16]);

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(hours)
    }

    fn record(saying: Saying, acceptance: Option<Acceptance>) -> FindingRecord {
        FindingRecord {
            id: "f".to_owned(),
            rule: None,
            first: (1, at(1)),
            last: (2, at(2)),
            saying: Some(saying),
            said_since: Some(1),
            resolved: None,
            acceptance,
        }
    }

    fn accepted(saying: Saying, until: Option<i64>) -> Acceptance {
        Acceptance {
            decision: Decision::Accept,
            owner: "ops".to_owned(),
            reason: "planned".to_owned(),
            decided_at: at(3),
            expires_at: until.map(at),
            saying: Some(saying),
        }
    }

    fn status(record: Option<&FindingRecord>, saying: Saying, now: i64) -> FindingStatus {
        standing(record, Some(saying), at(now)).status
    }

    #[test]
    fn a_finding_stands_by_what_was_said_and_decided_before() {
        use FindingStatus::{Accepted, Changed, New, Persisting};
        let reopened = Acceptance { decision: Decision::Reopen, ..accepted(THEN, None) };
        let gone = FindingRecord { resolved: Some((2, String::new())), ..record(THEN, None) };
        assert_eq!(status(None, THEN, 9), New);
        assert_eq!(status(Some(&record(THEN, None)), THEN, 9), Persisting);
        assert_eq!(status(Some(&record(THEN, None)), NOW, 9), Changed);
        assert_eq!(status(Some(&gone), THEN, 9), Changed);
        assert_eq!(status(Some(&record(THEN, Some(accepted(THEN, None)))), THEN, 9), Accepted);
        assert_eq!(status(Some(&record(THEN, Some(accepted(THEN, Some(10))))), THEN, 9), Accepted);
        assert_eq!(status(Some(&record(THEN, Some(accepted(THEN, Some(9))))), THEN, 9), Persisting);
        assert_eq!(status(Some(&record(THEN, Some(accepted(THEN, None)))), NOW, 9), Changed);
        assert_eq!(status(Some(&record(THEN, Some(reopened))), THEN, 9), Persisting);
    }

    proptest! {
        #[test]
        fn an_acceptance_never_hides_what_says_something_else_or_has_expired(
            accepted_for in 0..3_u8, said_before in 0..3_u8, says in 0..3_u8,
            until in proptest::option::of(0..20_i64), now in 0..20_i64,
        ) {
            let saying = |n| Saying([n; 16]);
            let record = record(saying(said_before), Some(accepted(saying(accepted_for), until)));
            let hidden = status(Some(&record), saying(says), now) == FindingStatus::Accepted;
            prop_assert_eq!(hidden, accepted_for == says && until.is_none_or(|until| now < until));
        }
    }

    #[test]
    fn what_turns_back_meets_every_mark() {
        let (closed, open) =
            (snapshot("snap-1").private(), snapshot("snap-1").shared(PrincipalKind::Public, "all"));
        let opened = modified(closed.clone(), open.clone());
        let findings = judge(std::slice::from_ref(&opened), Testimony::default());
        let exposed = findings.iter().find(|finding| finding.says("exposure-opened")).unwrap();
        let marks = reported(exposed, &[&opened], &[]).marks;
        assert!(!marks.is_empty());
        let turned_back = met(&[modified(open, closed)], &[]);
        assert!(marks.iter().all(|mark| turned_back.contains(mark)));
        let still = met(std::slice::from_ref(&opened), &[]);
        assert!(!marks.iter().all(|mark| still.contains(mark)));
    }

    #[test]
    fn a_copy_that_was_made_is_not_undone_by_its_deletion() {
        let made = crate::rules::fixture::appeared(snapshot("snap-1"));
        let finding = judge(std::slice::from_ref(&made), Testimony::default()).remove(0);
        assert!(reported(&finding, &[&made], &[]).marks.is_empty());
    }

    #[test]
    fn another_trace_says_something_else() {
        let gone = vanished(volume("vol-1"));
        let finding = judge(std::slice::from_ref(&gone), Testimony::default()).remove(0);
        let explained = crate::rules::fixture::traced(gone.clone(), crate::model::TraceState::Explained);
        let (before, after) = (reported(&finding, &[&gone], &[]), reported(&finding, &[&explained], &[]));
        assert_ne!(before.saying, after.saying);
    }
}
