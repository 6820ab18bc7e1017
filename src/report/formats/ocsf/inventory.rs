//! Cloud Resources Inventory Info, of changed resources.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Class, INFORMATIONAL, Occurrence, objects};
use crate::report::View;
use crate::report::index::Place;
use crate::report::view::{Change, Resource};

const CLASS: Class = Class { uid: 5023, name: "Cloud Resources Inventory Info", category: (5, "Discovery") };

/// Returns each resource that changed, once, with its changes.
pub(super) fn infos(view: &View) -> Vec<Value> {
    let mut changed: BTreeMap<_, (&Resource, Vec<&Change>)> = BTreeMap::new();
    for change in &view.changes {
        let Some(resource) = &change.resource else { continue };
        let key = (resource.provider, &resource.account, &resource.kind, &resource.uid);
        changed.entry(key).or_insert_with(|| (resource, Vec::new())).1.push(change);
    }
    changed.into_values().map(|(resource, changes)| info(view, resource, &changes)).collect()
}

fn info(view: &View, resource: &Resource, changes: &[&Change]) -> Value {
    let kinds: Vec<&str> = changes.iter().map(|change| change.kind.as_str()).collect();
    let name = resource.name.as_deref().unwrap_or_else(|| resource.uid.as_str());
    let uid = changes.iter().map(|change| change.id.as_str()).collect::<Vec<_>>().join(" ");
    let occurrence = Occurrence {
        activity: (2, "Collect"),
        severity: INFORMATIONAL,
        time: view.scans.after.as_ref().map_or(view.run.finished_at, |scan| scan.taken_at),
        message: &format!("{} {name}: {}", resource.kind, kinds.join(", ")),
        uid: &uid,
    };
    let members = json!({
        "cloud": objects::cloud(Some(Place::from(resource))),
        "region": resource.location,
        "resources": [objects::resource(resource)],
        "unmapped": { "changes": changes },
    });
    CLASS.event(view, &occurrence, members)
}
