//! STIX 2.1 (<https://docs.oasis-open.org/cti/stix/v2.1/stix-v2.1.html>).

mod observed;
mod sightings;

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};
use uuid::{Uuid, uuid};

use super::json::lean;
use crate::model::{ATTACK_VERSION, Timestamp, printable, printable_json, technique};
use crate::report::index::Index;
use crate::report::{Format, Style, View, wording};

/// The namespace of the ids of observables (§2.9).
const OBSERVABLES: Uuid = uuid!("00abedb4-aa42-466c-9c01-fed23315a9b7");

/// When objects came to be that are the same in every report.
const ALWAYS: &str = "2026-01-01T00:00:00.000Z";

/// The `stix` format: a bundle with one report, in which each finding is a sighting of its techniques, seen in the
/// audit events that it cites, with a note that says why.
///
/// Ids depend on content alone, so that a later report of the same finding is a later version of the same objects.
pub(super) struct Stix;

impl Format for Stix {
    fn id(&self) -> &'static str {
        "stix"
    }

    fn about(&self) -> &'static str {
        "STIX 2.1, sightings of techniques, for threat intelligence"
    }

    fn media_type(&self) -> &'static str {
        "application/stix+json;version=2.1"
    }

    fn render(&self, view: &View, _: &Style, out: &mut dyn io::Write) -> io::Result<()> {
        writeln!(out, "{}", printable_json(&serde_json::to_string_pretty(&lean(bundle(view)))?))
    }
}

/// Objects by their ids, each once.
type Objects = BTreeMap<String, Value>;

fn bundle(view: &View) -> Value {
    let index = Index::new(view);
    let mut objects = Objects::new();
    add(&mut objects, identity());
    for finding in &view.findings {
        let seen: Vec<String> = index
            .events(finding)
            .into_iter()
            .filter_map(|event| observed::observed(event, &mut objects))
            .collect();
        sightings::tell(view, &index, finding, &seen, &mut objects);
    }
    let report = report(view, &objects);
    let id = format!("bundle--{}", uuid(&format!("bundle of {}", report["id"])));
    let objects: Vec<Value> = [report].into_iter().chain(objects.into_values()).collect();
    json!({ "type": "bundle", "id": id, "objects": objects })
}

fn report(view: &View, objects: &Objects) -> Value {
    let run = &view.run;
    let scan = run.seal.map_or_else(|| run.finished_at.to_string(), |seal| seal.to_string());
    let name = format!("report of {scan} by {} {}", run.command, run.id.as_deref().unwrap_or("unrecorded"));
    let incomplete: Vec<String> = view
        .incomplete_scopes()
        .into_iter()
        .map(|scope| format!("{} is {}", wording::listing(scope), scope.status))
        .collect();
    let unknown = if incomplete.is_empty() {
        String::new()
    } else {
        format!(" What is not known: {}.", incomplete.join("; "))
    };
    domain(
        "report",
        &name,
        &moment(run.finished_at),
        &json!({
            "name": format!("driftline: {}", wording::verdict(view)),
            "description": printable(&format!("{}.{unknown}", wording::compared(view).unwrap_or_default())),
            "report_types": ["observed-data"],
            "published": moment(run.finished_at),
            "object_refs": objects.keys().collect::<Vec<_>>(),
        }),
    )
}

fn identity() -> Value {
    let mut identity = domain(
        "identity",
        "driftline",
        ALWAYS,
        &json!({
            "name": "driftline",
            "identity_class": "system",
            "description": "Compares what cloud compute is with what the audit logs say happened",
        }),
    );
    // It is nobody's but its own.
    if let Some(members) = identity.as_object_mut() {
        members.remove("created_by_ref");
    }
    identity
}

/// Returns a technique, as the latest release of ATT&CK has it.
fn attack_pattern(id: &str) -> Value {
    let found = technique(id);
    let current = found.as_ref().map_or(id, |technique| technique.id);
    let phase = |tactic: &String| json!({ "kill_chain_name": "mitre-attack", "phase_name": tactic.to_lowercase().replace(' ', "-") });
    let phases: Option<Vec<Value>> =
        found.as_ref().map(|technique| technique.tactics.iter().map(phase).collect());
    domain(
        "attack-pattern",
        current,
        ALWAYS,
        &json!({
            "name": found.as_ref().map_or(current, |technique| technique.name),
            "kill_chain_phases": phases,
            "external_references": [{
                "source_name": "mitre-attack",
                "external_id": current,
                "url": format!("https://attack.mitre.org/techniques/{}/", current.replace('.', "/")),
                "description": format!("MITRE ATT&CK {}", *ATTACK_VERSION),
            }],
        }),
    )
}

/// Makes a domain or relationship object whose id is that of a name, and which is in its first version.
fn domain(r#type: &str, name: &str, created: &str, members: &Value) -> Value {
    let mut object = json!({
        "type": r#type,
        "spec_version": "2.1",
        "id": id(r#type, name),
        "created_by_ref": id("identity", "driftline"),
        "modified": created,
        "created": created,
    });
    if let (Some(object), Some(members)) = (object.as_object_mut(), members.as_object()) {
        object.extend(members.clone());
    }
    object
}

/// Adds an object, unless it is there, and returns its id.
fn add(objects: &mut Objects, object: Value) -> String {
    let id = object["id"].as_str().unwrap_or_default().to_owned();
    objects.entry(id.clone()).or_insert(object);
    id
}

fn id(r#type: &str, name: &str) -> String {
    format!("{type}--{}", uuid(&format!("{type} {name}")))
}

fn uuid(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("driftline:stix:{name}").as_bytes())
}

fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
