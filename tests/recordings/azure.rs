//! Inventory as recorded from Azure.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that prints its counts")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use driftline::model::{Attributes, Kind, Rel, Resource};
use driftline::sources::azure::Azure;
use driftline::sources::{Cloud, Element, Hints, Place, Reading};
use serde_json::{Map, Value, json};

use crate::{json_files, read_json, recordings};

/// One recorded request with its response.
struct Recording {
    path: PathBuf,
    method: String,
    /// Without the query.
    uri: String,
    status: u64,
    body: Value,
}

impl Recording {
    fn open(path: PathBuf) -> Self {
        let mut file = read_json(&path);
        let uri = file["request"]["uri"].as_str().unwrap();
        Self {
            uri: uri.split('?').next().unwrap().to_lowercase(),
            method: file["request"]["method"].as_str().unwrap().to_owned(),
            status: file["response"]["status"].as_u64().unwrap(),
            body: file["response"]["body"].take(),
            path,
        }
    }

    /// The elements of the body, as a reader of files cuts them.
    fn elements(&self) -> Vec<&Map<String, Value>> {
        let items = match &self.body {
            _ if !(200..300).contains(&self.status) => return Vec::new(),
            Value::Array(items) => items.iter().collect(),
            body => body["value"].as_array().map_or_else(|| vec![body], |items| items.iter().collect()),
        };
        items.into_iter().filter_map(Value::as_object).collect()
    }

    /// The resources of the body.
    fn resources(&self) -> Vec<Resource> {
        self.elements().into_iter().filter_map(resource).collect()
    }

    fn is_get(&self) -> bool {
        self.method == "GET"
    }

    /// The position in the recorded session.
    fn number(&self) -> u32 {
        let name = self.path.file_name().unwrap().to_str().unwrap();
        name.split('_').next().unwrap().parse().unwrap()
    }

    fn session(&self) -> &str {
        self.path.parent().unwrap().to_str().unwrap()
    }
}

/// Every recording, in recorded order within its session.
fn recorded() -> Option<Vec<Recording>> {
    let folder = recordings()?.join("azure/inventory");
    Some(json_files(&folder).into_iter().map(Recording::open).collect())
}

/// Reads one element that is no list of its own; a field that is not what it should be fails the test.
fn resource(element: &Map<String, Value>) -> Option<Resource> {
    let shape = Azure.recognise(element, &Place::default())?;
    match Azure.read(shape, Element::new(element.clone()), &Map::new(), &Hints::default()).unwrap() {
        Reading::Resource { resource, odd } => {
            assert_eq!(odd, [], "{element:?}");
            Some(*resource)
        }
        overlay => panic!("{overlay:?}: no status-only list is recorded"),
    }
}

/// Why an element is none of ours; every other element must give a resource.
fn passed_over(element: &Map<String, Value>) -> &'static str {
    let has = |name| element.contains_key(name);
    match element.get("type").and_then(Value::as_str) {
        Some(native) if native.starts_with("Microsoft.Resources/") => "tags",
        Some(native) if native.starts_with("Microsoft.Insights/") => "metric",
        None if has("startTime") && has("status") => "polled operation",
        None if has("operationName") => "activity log record",
        None if has("$schema") => "template",
        None if has("displayStatus") => "output of a command",
        None if has("osName") => "instance view without its machine",
        None if has("properties") && !has("id") => "accepted write, not yet a resource",
        _ => "unknown",
    }
}

#[test]
fn every_recorded_compute_resource_is_read_and_the_rest_has_a_reason() {
    let Some(recorded) = recorded() else { return };
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    let mut unmapped = BTreeSet::new();
    let (mut elements, mut typed) = (0, 0);
    for recording in &recorded {
        if recording.elements().is_empty() {
            let why = match &recording.body {
                _ if recording.status >= 300 => format!("no listing: status {}", recording.status),
                Value::String(text) if text.is_empty() => "no listing: no body".to_owned(),
                body if body["value"].is_array() => "empty list".to_owned(),
                _ => "unknown body".to_owned(),
            };
            *outcomes.entry(why).or_default() += 1;
        }
        for element in recording.elements() {
            elements += 1;
            typed += usize::from(is_ours(element));
            let outcome = match resource(element) {
                Some(resource) => {
                    unmapped.extend(resource.unmapped.into_keys());
                    resource.key.kind.as_str()
                }
                None => passed_over(element),
            };
            *outcomes.entry(outcome.to_owned()).or_default() += 1;
        }
    }
    eprintln!("{} responses, {elements} elements: {outcomes:#?}", recorded.len());
    let count = |kind: Kind| outcomes.get(kind.as_str()).copied().unwrap_or_default();
    let resources: usize =
        [Kind::Instance, Kind::Volume, Kind::Snapshot, Kind::Image, Kind::Lock].map(count).iter().sum();
    assert_eq!(resources, typed);
    assert!(count(Kind::Lock) > 0);
    assert!(!outcomes.keys().any(|outcome| outcome.starts_with("unknown")), "{outcomes:#?}");
    assert_eq!(unmapped, BTreeSet::new());
}

fn is_ours(element: &Map<String, Value>) -> bool {
    let compute = ["virtualMachines", "disks", "snapshots", "images"];
    let native = element.get("type").and_then(Value::as_str).unwrap_or_default();
    native == "Microsoft.Authorization/locks"
        || compute.iter().any(|name| native.eq_ignore_ascii_case(&format!("Microsoft.Compute/{name}")))
}

/// The machines that a session shows by GET, in order, by session.
fn machines_by_session<'a>(recorded: &'a [Recording], name: &str) -> BTreeMap<&'a str, Vec<Resource>> {
    let mut sessions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for recording in
        recorded.iter().filter(|recording| recording.session().ends_with(name) && recording.is_get())
    {
        let machines =
            recording.resources().into_iter().filter(|resource| resource.key.kind == Kind::Instance);
        sessions.entry(recording.session()).or_default().extend(machines);
    }
    sessions
}

fn slots(machine: &Resource) -> BTreeSet<&str> {
    machine.links.iter().filter_map(|link| link.slot.as_deref()).collect()
}

fn os_disk(machine: &Resource) -> &str {
    machine.links.iter().find(|link| link.slot.as_deref() == Some("os")).unwrap().target()
}

/// Config without the paths that begin so.
fn config_beside(machine: &Resource, prefix: &str) -> Attributes {
    let config = machine.config.iter().filter(|(path, _)| !path.starts_with(prefix));
    config.map(|(path, value)| (path.clone(), value.clone())).collect()
}

#[test]
fn an_os_disk_swap_moves_the_slot_and_nothing_else() {
    let Some(recorded) = recorded() else { return };
    let sessions = machines_by_session(&recorded, "test_vm_os_disk_swap");
    assert!(sessions.len() >= 3);
    for (session, machines) in sessions {
        let (before, after) = (machines.first().unwrap(), machines.last().unwrap());
        assert_eq!(before.key, after.key, "{session}");
        assert_ne!(os_disk(before), os_disk(after), "{session}");
        let beside = |machine| config_beside(machine, "storageProfile.osDisk.name");
        assert_eq!(beside(before), beside(after), "{session}");
        assert_eq!(slots(before), slots(after), "{session}");
        let copied = recorded.iter().filter(|recording| recording.session() == session).any(|recording| {
            recording.resources().iter().any(|disk| {
                disk.locator.as_str() == os_disk(after)
                    && disk.links.iter().any(|link| link.rel == Rel::CopiedFrom)
            })
        });
        assert!(copied, "{session}: the new disk is a copy of the old");
    }
}

#[test]
fn attached_and_detached_disks_come_and_go_by_lun_and_nothing_else_moves() {
    let Some(recorded) = recorded() else { return };
    let sessions = machines_by_session(&recorded, "test_vm_disk_attach_detach");
    assert!(sessions.len() >= 3);
    for (session, machines) in sessions {
        let mut seen: Vec<_> = machines.iter().map(slots).collect();
        seen.dedup();
        assert!(seen.len() >= 6, "{session}: {seen:?}");
        assert!(seen.iter().any(|slots| slots.contains("lun:2")), "{session}: {seen:?}");
        let beside = |machine| config_beside(machine, "storageProfile.dataDisks[");
        for machine in &machines {
            assert_eq!(beside(machine), beside(&machines[0]), "{session}");
            for slot in slots(machine).into_iter().filter_map(|slot| slot.strip_prefix("lun:")) {
                assert!(
                    machine.config.contains_key(&format!("storageProfile.dataDisks[{slot}].name")),
                    "{session}"
                );
            }
        }
    }
}

#[test]
fn a_resource_read_twice_without_a_write_between_shows_no_drift() {
    let Some(recorded) = recorded() else { return };
    let mut last: BTreeMap<&str, (&Recording, u32)> = BTreeMap::new();
    let (mut pairs, mut moved, mut gaps, mut unrecorded_writes) = (0, 0, 0, 0);
    let mut session = "";
    let mut previous = 0;
    let mut omitted = 0;
    for recording in &recorded {
        if recording.session() != session || !recording.is_get() {
            last.clear();
            session = recording.session();
            omitted = 0;
        } else {
            // Requests to other services were left out of the recording; one may have been a write.
            omitted += recording.number() - previous - 1;
        }
        previous = recording.number();
        let resources = recording.resources();
        if !recording.is_get() || resources.len() != 1 || recording.body.get("value").is_some() {
            continue;
        }
        if let Some((earlier, omitted_before)) = last.insert(&recording.uri, (recording, omitted)) {
            let (before, after) = (&earlier.resources()[0], &resources[0]);
            pairs += 1;
            moved += usize::from(earlier.body != recording.body);
            let what = recording.path.display();
            assert_eq!((&before.key, &before.tags), (&after.key, &after.tags), "{what}");
            assert_eq!((&before.links, &before.exposure), (&after.links, &after.exposure), "{what}");
            if omitted == omitted_before {
                assert_eq!(before.config, after.config, "{what}");
            } else {
                gaps += 1;
                // All that moved across a gap is that an extension was installed meanwhile.
                assert_eq!(config_beside(before, "resources"), config_beside(after, "resources"), "{what}");
                unrecorded_writes += usize::from(before.config != after.config);
            }
        }
    }
    eprintln!(
        "{pairs} pairs, {moved} with bodies that differ, {gaps} across omitted requests, of which \
         {unrecorded_writes} show a new extension"
    );
    assert!(pairs > 100 && moved > 0);
}

#[test]
fn the_arm_body_and_what_az_prints_of_it_are_equal() {
    let Some(recorded) = recorded() else { return };
    let mut compared = 0;
    for recording in &recorded {
        for element in recording.elements() {
            let Some(arm) = resource(element) else { continue };
            let Value::Object(az) = as_az(Value::Object(element.clone())) else { panic!() };
            assert_eq!(resource(&az), Some(arm), "{}", recording.path.display());
            compared += 1;
        }
    }
    assert!(compared > 700, "{compared}");
}

/// Respells a body as `az` does: `properties` lifted, its SDK's names, microseconds, `resourceGroup`
/// beside every id, absent members as null.
fn as_az(value: Value) -> Value {
    const NAMES: &[(&str, &str)] = &[
        ("LastOwnershipUpdateTime", "lastOwnershipUpdateTime"),
        ("diskIOPSReadOnly", "diskIopsReadOnly"),
        ("diskIOPSReadWrite", "diskIopsReadWrite"),
        ("diskSizeGB", "diskSizeGb"),
        ("enableVMAgentPlatformUpdates", "enableVmAgentPlatformUpdates"),
        ("provisionVMAgent", "provisionVmAgent"),
    ];
    match value {
        Value::Array(items) => items.into_iter().map(as_az).collect(),
        Value::String(text)
            if text.len() == 33 && text.ends_with("+00:00") && text.as_bytes()[19] == b'.' =>
        {
            Value::String(format!("{}+00:00", &text[..26]))
        }
        Value::Object(members) => {
            let mut out = Map::from_iter([("licenseType".to_owned(), Value::Null)]);
            for (name, member) in members {
                if name == "tags" {
                    out.insert(name, member);
                    continue;
                }
                match (name.as_str(), as_az(member)) {
                    ("properties", Value::Object(inner)) => out.extend(inner),
                    (_, member) => {
                        let spelled = NAMES.iter().find(|(arm, _)| *arm == name).map_or(&*name, |(_, az)| az);
                        out.insert(spelled.to_owned(), member);
                    }
                }
            }
            if out.contains_key("id") {
                out.insert("resourceGroup".to_owned(), json!("rg"));
            }
            Value::Object(out)
        }
        other => other,
    }
}

#[test]
fn ids_that_differ_only_in_case_give_equal_resources() {
    fn shout(value: &mut Value) {
        match value {
            Value::String(text)
                if text.get(..15).is_some_and(|start| start.eq_ignore_ascii_case("/subscriptions/")) =>
            {
                *text = text.to_uppercase();
            }
            Value::Array(items) => items.iter_mut().for_each(shout),
            Value::Object(members) => members.values_mut().for_each(shout),
            _ => {}
        }
    }
    let Some(recorded) = recorded() else { return };
    for recording in &recorded {
        for element in recording.elements() {
            let mut shouted = element.clone();
            shouted.values_mut().for_each(shout);
            assert_eq!(resource(&shouted), resource(element), "{}", recording.path.display());
        }
    }
}

#[test]
fn no_recorded_key_enters_a_resource() {
    fn keys<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| keys(item, out)),
            Value::Object(members) => {
                out.extend(members.get("keyData").and_then(Value::as_str));
                members.values().for_each(|member| keys(member, out));
            }
            _ => {}
        }
    }
    let Some(recorded) = recorded() else { return };
    let mut concealed = 0;
    for recording in &recorded {
        let mut found = Vec::new();
        keys(&recording.body, &mut found);
        for resource in recording.resources() {
            let text = format!("{resource:?}");
            for key in &found {
                let body = key.split_whitespace().nth(1).unwrap_or(key);
                assert!(!text.contains(body), "{}", recording.path.display());
                concealed += 1;
            }
        }
    }
    assert!(concealed > 50, "{concealed}");
}
