//! Findings: sightings of techniques, and notes on why.

use serde_json::{Value, json};

use super::{Objects, add, attack_pattern, domain, id, moment};
use crate::model::printable;
use crate::report::index::Index;
use crate::report::view::Finding;
use crate::report::{View, wording};

/// Adds a sighting of each technique of a finding, and a note; `seen` are the observations that show it.
pub(super) fn tell(
    view: &View,
    index: &Index<'_>,
    finding: &Finding,
    seen: &[String],
    objects: &mut Objects,
) {
    let mut about: Vec<String> = Vec::new();
    for technique in &finding.techniques {
        let technique = add(objects, attack_pattern(technique));
        let sighting = sighting(view, index, finding, &technique, seen);
        about.push(add(objects, sighting));
    }
    if about.is_empty() {
        about.push(id("identity", "driftline"));
    }
    let note = domain(
        "note",
        &finding.id,
        &first_told(view, finding),
        &json!({
            "modified": moment(view.run.finished_at),
            "abstract": printable(&finding.title),
            "content": printable_lines(&content(finding)),
            "authors": ["driftline"],
            "labels": labels(finding),
            "external_references": [reference(finding)],
            "object_refs": about,
        }),
    );
    add(objects, note);
}

fn sighting(view: &View, index: &Index<'_>, finding: &Finding, technique: &str, seen: &[String]) -> Value {
    let (from, to) = index.span(finding).unwrap_or((view.run.started_at, view.run.finished_at));
    domain(
        "sighting",
        &format!("{technique} {}", finding.id),
        &first_told(view, finding),
        &json!({
            "modified": moment(view.run.finished_at),
            "description": printable(&finding.title),
            "first_seen": moment(from),
            "last_seen": moment(to),
            "sighting_of_ref": technique,
            "where_sighted_refs": [id("identity", "driftline")],
            "observed_data_refs": (!seen.is_empty()).then_some(seen),
            "labels": labels(finding),
            "external_references": [reference(finding)],
        }),
    )
}

/// Returns when the first report told of it, which every later version keeps.
fn first_told(view: &View, finding: &Finding) -> String {
    moment(finding.since.unwrap_or(view.run.finished_at))
}

fn labels(finding: &Finding) -> [String; 3] {
    [finding.rule.clone(), finding.band.to_string(), finding.status.to_string()]
}

fn reference(finding: &Finding) -> Value {
    json!({ "source_name": "driftline", "external_id": finding.id })
}

/// Returns what a person needs: how bad, what it is about, and why.
fn content(finding: &Finding) -> Vec<String> {
    let about = finding.resources.iter().map(wording::placed);
    let scopes = finding.scopes.iter().map(wording::scope);
    let why = finding.why.iter().map(|points| format!("{:+} {}", points.points, points.reason));
    [format!("risk {} ({}), impact {}, by rule {}", finding.risk, finding.band, finding.impact, finding.rule)]
        .into_iter()
        .chain(about)
        .chain(scopes)
        .chain(why)
        .chain(wording::decided(finding))
        .collect()
}

fn printable_lines(lines: &[String]) -> String {
    lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n")
}
