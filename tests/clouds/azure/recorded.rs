//! Resources as recorded from Azure, served again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use driftline::model::Kind;
use serde_json::{Value, json};

use super::{changes, counts, dump, import, is_complete, scan};
use crate::arm::world::{TENANT, World, locator};
use crate::arm::{Manner, serve};

/// What the compute provider calls what is served again, and where each has its GUID.
const TYPES: &[(&str, Kind, &str)] = &[
    ("Microsoft.Compute/virtualMachines", Kind::Instance, "vmId"),
    ("Microsoft.Compute/disks", Kind::Volume, "uniqueId"),
    ("Microsoft.Compute/snapshots", Kind::Snapshot, "uniqueId"),
    ("Microsoft.Compute/images", Kind::Image, "none"),
];

/// Returns every resource that was recorded, as it was recorded last; `None`, said on stderr, without
/// recordings.
fn world() -> Option<World> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/recordings");
    let folder = std::env::var_os("DRIFTLINE_RECORDINGS").map_or(default, Into::into).join("azure/inventory");
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none(), "{} is absent, and CI requires it", folder.display());
        eprintln!("skipped: no recordings at {}", folder.display());
        return None;
    }
    let mut files = Vec::new();
    find(&folder, &mut files);
    files.sort();
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for file in files {
        let mut recording: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let body = recording["response"]["body"].take();
        let elements = body["value"].as_array().cloned().unwrap_or_else(|| vec![body]);
        let known = elements.into_iter().filter(|element| row(element).is_some());
        last.extend(known.map(|element| (locator(&element), element)));
    }
    // One machine was recorded under several ids, for recordings were made anonymous.
    let mut seen = BTreeSet::new();
    let resources: Vec<Value> = last.into_values().filter(|element| seen.insert(uid(element))).collect();
    let subscriptions: BTreeSet<_> =
        resources.iter().map(|resource| locator(resource).split('/').nth(2).unwrap().to_owned()).collect();
    let subscription = |id| json!({"id": format!("/subscriptions/{id}"), "subscriptionId": id, "tenantId": TENANT, "state": "Enabled"});
    let subscriptions = subscriptions.into_iter().map(subscription).collect();
    Some(World { subscriptions, resources, ..World::default() })
}

fn find(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.to_string_lossy().contains("_GET_") {
            files.push(path);
        }
    }
}

fn row(element: &Value) -> Option<&'static (&'static str, Kind, &'static str)> {
    let resource_type =
        element["type"].as_str().filter(|_| element["properties"]["provisioningState"].is_string())?;
    TYPES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(resource_type))
}

fn uid(element: &Value) -> String {
    let guid = row(element).and_then(|(_, _, path)| element["properties"][path].as_str());
    guid.map_or_else(|| locator(element), str::to_lowercase)
}

#[test]
fn what_was_recorded_comes_whole_over_the_wire_and_an_export_of_it_shows_no_drift() {
    let Some(world) = world() else { return };
    let estate = serve(world.clone(), Manner { page: 7, ..Manner::default() });
    let (mut store, collected) = scan(&estate);
    let mut expected = BTreeMap::new();
    for (_, kind, _) in world.resources.iter().filter_map(row) {
        *expected.entry(*kind).or_insert(0) += 1;
    }
    assert!(expected[&Kind::Instance] > 20 && expected[&Kind::Volume] > 20, "{expected:?}");
    expected.insert(Kind::Account, world.subscriptions.len());
    assert_eq!(counts(&store), expected);
    for subscription in &world.subscriptions {
        for (_, kind, _) in TYPES {
            let subscription = subscription["subscriptionId"].as_str().unwrap();
            assert!(is_complete(&collected, subscription, *kind), "{subscription} {kind}");
        }
    }
    import(&mut store, dump(&world).path());
    assert_eq!(changes(&store), [] as [String; 0]);
}
