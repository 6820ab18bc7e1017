//! Findings as results.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::invocation::moment;
use super::{level, message, tool};
use crate::model::FindingStatus;
use crate::report::View;
use crate::report::index::{Index, Place};
use crate::report::view::Finding;

/// What stands for itself in a path (RFC 3986, unreserved).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Returns the findings in the order of the view.
pub(super) fn results(view: &View, taxa: &[&str]) -> Vec<Value> {
    let (index, rules) = (Index::new(view), tool::rule_ids(view));
    view.findings
        .iter()
        .map(|finding| {
            let places = index.places(finding);
            let first = finding.since.unwrap_or(view.run.finished_at);
            json!({
                "ruleId": finding.rule,
                "ruleIndex": rules.binary_search(&finding.rule.as_str()).ok(),
                "kind": "fail",
                "level": level(finding.band),
                "rank": f64::from(finding.risk),
                "message": message(&finding.title),
                "locations": places.iter().map(location).collect::<Vec<_>>(),
                // Code scanning reads the second one alone.
                "partialFingerprints": { "driftline/v1": finding.id, "primaryLocationLineHash": finding.id },
                "baselineState": baseline_state(finding),
                "suppressions": suppressions(finding),
                "provenance": { "firstDetectionTimeUtc": moment(first), "lastDetectionTimeUtc": moment(view.run.finished_at) },
                "taxa": tool::references(&finding.techniques, taxa),
                "properties": properties(finding),
            })
        })
        .collect()
}

/// Returns the state against the reports before, which an accepted finding has, too.
fn baseline_state(finding: &Finding) -> &'static str {
    match finding.status {
        FindingStatus::New => "new",
        FindingStatus::Changed => "updated",
        FindingStatus::Persisting | FindingStatus::Accepted => "unchanged",
        FindingStatus::Resolved => "absent",
    }
}

/// Returns why nobody needs to look; either all results have such a list or none has (§3.27.23).
fn suppressions(finding: &Finding) -> Vec<Value> {
    let accepted = finding.acceptance.as_ref().filter(|_| finding.status == FindingStatus::Accepted);
    let suppression = accepted.map(|accepted| {
        json!({
            "kind": "external",
            "status": "accepted",
            "justification": message(&format!("{}: {}", accepted.owner, accepted.reason))["text"],
            "properties": { "acceptedAt": moment(accepted.accepted_at), "expiresAt": accepted.expires_at.map(moment) },
        })
    });
    suppression.into_iter().collect()
}

fn location(place: &Place<'_>) -> Value {
    let steps = place.steps();
    let path: Vec<String> = steps.iter().map(|step| utf8_percent_encode(step, PLAIN).to_string()).collect();
    let logical = match place.resource {
        Some(resource) => json!({
            "name": resource.name.as_deref().unwrap_or_else(|| resource.uid.as_str()),
            "fullyQualifiedName": resource.locator,
            "kind": "resource",
            "properties": { "provider": resource.provider, "account": resource.account,
                            "location": resource.location, "kind": resource.kind, "uid": resource.uid },
        }),
        None => json!({ "fullyQualifiedName": steps.join("/"), "kind": "resource" }),
    };
    json!({
        "physicalLocation": { "artifactLocation": { "uri": path.join("/") }, "region": { "startLine": 1 } },
        "logicalLocations": [logical],
    })
}

fn properties(finding: &Finding) -> Value {
    json!({
        "band": finding.band,
        "risk": finding.risk,
        "impact": finding.impact,
        "security-severity": tool::severity(finding.risk),
        "status": finding.status,
        "alsoRules": finding.also,
        "resolvedBy": finding.resolved_by,
        "changes": finding.changes,
        "residues": finding.residues,
        "events": finding.events,
        "facts": finding.facts,
        "why": finding.why,
    })
}
