//! Detection Finding, of findings.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Class, Occurrence, activity, objects};
use crate::model::{Band, FindingStatus};
use crate::report::index::{Index, address};
use crate::report::view::{Change, Event, Finding, Residue};
use crate::report::{View, wording};

const CLASS: Class = Class { uid: 2004, name: "Detection Finding", category: (2, "Findings") };

/// Returns a finding.
pub(super) fn detection(view: &View, index: &Index<'_>, finding: &Finding) -> Value {
    let (from, to) = index.span(finding).unwrap_or((view.run.started_at, view.run.finished_at));
    let (status_id, status) = match finding.status {
        FindingStatus::New => (1, "New"),
        FindingStatus::Accepted => (3, "Suppressed"),
        FindingStatus::Resolved => (4, "Resolved"),
        open @ (FindingStatus::Persisting | FindingStatus::Changed) => (99, open.as_str()),
    };
    let (risk_level_id, risk_level) = level(finding.band);
    let (impact_id, impact) = impact(finding.impact);
    let why: Vec<_> =
        finding.why.iter().map(|points| format!("{:+} {}", points.points, points.reason)).collect();
    let occurrence = Occurrence {
        activity: activity(finding.status),
        severity: severity(finding.band),
        time: view.run.finished_at,
        message: &finding.title,
        uid: &format!("{} of run {}", finding.id, view.run.id.as_deref().unwrap_or("unrecorded")),
    };
    let members = json!({
        "finding_info": info(view, index, finding),
        "cloud": objects::cloud(index.places(finding).first().copied()),
        "resources": finding.resources.iter().map(objects::resource).collect::<Vec<_>>(),
        "evidences": evidences(index, finding),
        "observables": observables(index, finding),
        "remediation": remediation(view, finding),
        "start_time": from.as_millisecond(),
        "end_time": to.as_millisecond(),
        "status_id": status_id,
        "status": status,
        "status_detail": wording::decided(finding),
        "is_alert": finding.is_open() && finding.band.reaches(Band::High),
        "risk_score": finding.risk,
        "risk_level_id": risk_level_id,
        "risk_level": risk_level,
        "risk_details": why.join("; "),
        "impact_score": finding.impact,
        "impact_id": impact_id,
        "impact": impact,
        "unmapped": { "facts": finding.facts, "scopes": finding.scopes, "acceptance": finding.acceptance },
    });
    CLASS.event(view, &occurrence, members)
}

const fn activity(status: FindingStatus) -> (u32, &'static str) {
    match status {
        FindingStatus::New => (1, "Create"),
        FindingStatus::Persisting | FindingStatus::Changed | FindingStatus::Accepted => (2, "Update"),
        FindingStatus::Resolved => (3, "Close"),
    }
}

const fn severity(band: Band) -> (u32, &'static str) {
    match band {
        Band::Critical => (5, "Critical"),
        Band::High => (4, "High"),
        Band::Medium => (3, "Medium"),
        Band::Low => (2, "Low"),
        Band::Info => (1, "Informational"),
    }
}

const fn level(band: Band) -> (u32, &'static str) {
    match band {
        Band::Critical => (4, "Critical"),
        Band::High => (3, "High"),
        Band::Medium => (2, "Medium"),
        Band::Low => (1, "Low"),
        Band::Info => (0, "Info"),
    }
}

/// Names an impact, on the 90/70/60/40 scale.
const fn impact(impact: u8) -> (u32, &'static str) {
    match impact {
        90.. => (4, "Critical"),
        70.. => (3, "High"),
        60.. => (2, "Medium"),
        _ => (1, "Low"),
    }
}

fn info(view: &View, index: &Index<'_>, finding: &Finding) -> Value {
    let title = |id: &str| view.rules.iter().find(|rule| rule.id == id).map(|rule| rule.title.as_str());
    let rule = |id: &str| json!({ "type_id": 1, "type": "Rule", "uid": id, "name": title(id) });
    let events = index.events(finding);
    let related: Vec<Value> = events
        .iter()
        .map(|event| {
            json!({ "uid": event.id, "type_uid": activity::type_uid(event), "title": event.operation,
                    "created_time": event.time.as_millisecond() })
        })
        .collect();
    let logs: BTreeSet<&str> =
        events.iter().map(|event| event.log.as_str()).filter(|log| !log.is_empty()).collect();
    let sources: Vec<&str> = ["inventory"].into_iter().chain(logs).collect();
    let first = finding.since.unwrap_or(view.run.finished_at).as_millisecond();
    let last = view.run.finished_at.as_millisecond();
    let mut analytic = rule(&finding.rule);
    analytic["version"] = json!(view.run.rules_version);
    json!({
        "uid": finding.id,
        "title": finding.title,
        "desc": title(&finding.rule),
        "types": [finding.rule],
        "analytic": analytic,
        "related_analytics": finding.also.iter().map(|id| rule(id)).collect::<Vec<_>>(),
        "attacks": finding.techniques.iter().map(|id| objects::attack(id)).collect::<Vec<_>>(),
        "data_sources": sources,
        "related_events": related,
        "related_events_count": related.len(),
        "created_time": first,
        "first_seen_time": first,
        "last_seen_time": last,
        "modified_time": last,
    })
}

/// Returns what shows it: audit events with who and from where, then changes and residues as data.
fn evidences(index: &Index<'_>, finding: &Finding) -> Vec<Value> {
    let events = index.events(finding).into_iter().map(of_event);
    let changes = index.changes(finding).map(of_change);
    let residues = index.residues(finding).map(of_residue);
    events.chain(changes).chain(residues).collect()
}

fn of_event(event: &Event) -> Value {
    json!({
        "uid": event.id,
        "name": "audit event",
        "api": objects::api(event),
        "actor": objects::actor(event.actor.as_ref()),
        "src_endpoint": objects::source(event),
        "http_request": objects::request(event),
    })
}

fn of_change(change: &Change) -> Value {
    json!({ "uid": change.id, "name": "change", "data": change })
}

fn of_residue(residue: &Residue) -> Value {
    json!({ "uid": residue.id, "name": "residue", "data": residue })
}

/// Returns what an analyst searches other data for: ids, addresses, principals.
fn observables(index: &Index<'_>, finding: &Finding) -> Vec<Value> {
    let mut found = BTreeSet::new();
    for resource in &finding.resources {
        found.insert((10, "Resource UID", "resources.uid", resource.uid.to_string()));
    }
    for event in index.events(finding) {
        if let Some(address) = address(event) {
            found.insert((2, "IP Address", "evidences.src_endpoint.ip", address.to_string()));
        }
        if let Some(actor) = event.actor.as_ref().filter(|actor| !actor.key.is_empty()) {
            found.insert((31, "User Object: uid", "evidences.actor.user.uid", actor.key.clone()));
        }
    }
    let observable = |(type_id, r#type, name, value)| json!({ "type_id": type_id, "type": r#type, "name": name, "value": value });
    found.into_iter().map(observable).collect()
}

fn remediation(view: &View, finding: &Finding) -> Option<Value> {
    let rule = view.rules.iter().find(|rule| rule.id == finding.rule)?;
    Some(json!({ "desc": rule.explanation, "references": rule.references }))
}
