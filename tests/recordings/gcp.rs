//! Inventory as recorded from Google Cloud.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that prints its counts")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use driftline::model::{EVERYWHERE, Kind, Location, Phase, Rel, Resource};
use driftline::sources::gcp::Gcp;
use driftline::sources::{Cloud, Element, Header, Hints, Odd, Place, Reading, Shape};
use serde_json::{Map, Value, json};

use crate::{json_files, read_json, recordings};

/// Why an element is none of ours; every other element must give a resource.
const PASSED_OVER: &[&str] = &[
    "compute#operation",
    "deploymentmanager#operation",
    "dns.googleapis.com/ManagedZone",
    "effective firewalls",
    "sqladmin.googleapis.com/Instance",
];

/// What no mapping knows, and why: `c7n*` was added by the recorder, and `initializeParams` is what the
/// asset fixtures of planned instances hold in place of a disk.
const UNMAPPED: &[&str] = &["c7n", "disks[boot].initializeParams."];

/// The elements of one body, and what stands beside them.
struct Body {
    elements: Vec<(Place, Map<String, Value>)>,
    header: Header,
}

impl Body {
    /// Takes a body apart as a reader of files does.
    fn cut(body: &Value) -> Self {
        let mut cut = Self { elements: Vec::new(), header: Header::default() };
        match body {
            Value::Array(items) => cut.list(&Place::default(), items),
            Value::Object(members) if members.contains_key("items") => cut.envelope(members),
            other => cut.list(&Place::default(), std::slice::from_ref(other)),
        }
        cut
    }

    fn envelope(&mut self, members: &Map<String, Value>) {
        let place = Place { envelope: Some("items".into()), ..Place::default() };
        self.header.envelopes.push("items".into());
        for (member, value) in members {
            match value {
                Value::Array(items) if member == "items" => self.list(&place, items),
                Value::Object(scopes) if member == "items" => self.scopes(&place, scopes),
                other => drop(self.header.members.insert(member.clone(), other.clone())),
            }
        }
    }

    fn scopes(&mut self, place: &Place, scopes: &Map<String, Value>) {
        for (scope, members) in scopes {
            let mut beside = Map::new();
            for (list, value) in members.as_object().unwrap() {
                let place = Place { scope: Some(scope.clone()), list: Some(list.clone()), ..place.clone() };
                match value {
                    Value::Array(items) => self.list(&place, items),
                    other => drop(beside.insert(list.clone(), other.clone())),
                }
            }
            self.header.scopes.insert(scope.clone(), beside);
        }
    }

    fn list(&mut self, place: &Place, items: &[Value]) {
        let elements = items.iter().map(|item| (place.clone(), item.as_object().unwrap().clone()));
        self.elements.extend(elements);
    }
}

/// Reads an element; `None` if it is none of ours.
fn read(place: &Place, members: &Map<String, Value>) -> Option<(Resource, Vec<Odd>)> {
    let shape = Gcp.recognise(members, place)?;
    let element = Element::new(members.clone());
    match Gcp.read(shape, element, &Map::new(), &Hints::default()).unwrap() {
        Reading::Resource { resource, odd } => {
            assert_eq!(shape, Shape::Resource(resource.key.kind));
            Some((*resource, odd))
        }
        overlay => panic!("{overlay:?} is no resource"),
    }
}

fn resources(body: &Value) -> BTreeMap<String, Resource> {
    let elements = Body::cut(body).elements;
    let read = elements.iter().filter_map(|(place, members)| read(place, members));
    read.map(|(resource, _)| (resource.key.uid.to_string(), resource)).collect()
}

/// The body of every recorded response, and every asset export.
fn bodies(folder: &Path) -> Vec<(PathBuf, Value)> {
    let files = json_files(&folder.join("gcp/inventory"));
    let body = |path: &PathBuf| match read_json(path) {
        Value::Object(mut recorded) => recorded.remove("body").unwrap(),
        export => export,
    };
    files.into_iter().map(|path| (path.clone(), body(&path))).collect()
}

fn body_of(folder: &Path, test: &str, call: &str) -> Value {
    let path = folder.join("gcp/inventory/custodian").join(test).join(format!("get-compute-v1-{call}.json"));
    read_json(&path)["body"].take()
}

fn reason(members: &Map<String, Value>) -> String {
    if members.contains_key("firewalls") {
        return "effective firewalls".to_owned();
    }
    let named = ["asset_type", "kind"].into_iter().find_map(|member| members.get(member));
    named.and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[test]
fn every_recorded_element_is_read_or_named() {
    let Some(folder) = recordings() else { return };
    let (mut kinds, mut passed) = (BTreeMap::<Kind, usize>::new(), BTreeMap::<String, usize>::new());
    let (mut elements, mut low) = (0, 0);
    for (path, body) in bodies(&folder) {
        for (place, members) in Body::cut(&body).elements {
            elements += 1;
            let Some((resource, odd)) = read(&place, &members) else {
                *passed.entry(reason(&members)).or_default() += 1;
                continue;
            };
            assert_eq!(odd, [], "{}", path.display());
            for unmapped in resource.unmapped.keys() {
                let known = UNMAPPED.iter().any(|known| unmapped.starts_with(known));
                assert!(known, "{}: {unmapped} is in no table", path.display());
            }
            let account = Gcp.listing_account(&members, &place);
            assert!(account.is_none_or(|account| account == resource.account), "{}", path.display());
            low += usize::from(resource.uid_confidence.as_str() == "low");
            *kinds.entry(resource.key.kind).or_default() += 1;
        }
    }
    eprintln!("{elements} elements: {kinds:?}, {low} without an id; passed over: {passed:?}");
    assert!(passed.keys().all(|reason| PASSED_OVER.contains(&reason.as_str())), "{passed:?}");
    assert_eq!(elements, kinds.values().sum::<usize>() + passed.values().sum::<usize>());
    assert!(kinds.values().all(|count| *count > 0) && kinds.len() >= 4);
}

#[test]
fn no_recorded_metadata_value_and_no_url_with_a_host_reaches_a_resource() {
    let Some(folder) = recordings() else { return };
    let (mut concealed, mut plain) = (0, BTreeSet::new());
    for (_, body) in bodies(&folder) {
        for resource in resources(&body).into_values() {
            for (path, value) in &resource.config {
                assert!(
                    !value.to_string().contains("googleapis.com/compute/v1/projects/"),
                    "{path}: {value}"
                );
                if path.ends_with("].sha256") {
                    concealed += 1;
                } else if path.starts_with("metadata[") && !path.ends_with("].length") {
                    plain.insert((path.clone(), value.as_str().unwrap().to_ascii_lowercase()));
                }
            }
        }
    }
    eprintln!("{concealed} values concealed; plain: {plain:?}");
    assert!(concealed > 0);
    assert!(plain.iter().all(|(_, value)| ["true", "false"].contains(&value.as_str())), "{plain:?}");
}

#[test]
fn every_recorded_list_names_its_scope() {
    let Some(folder) = recordings() else { return };
    let mut scopes = BTreeMap::<String, usize>::new();
    for (path, body) in bodies(&folder) {
        if body.get("items").is_none() {
            continue;
        }
        let cut = Body::cut(&body);
        let statement = Gcp.statement(&cut.header);
        assert_eq!(statement.caveats, [], "{}", path.display());
        let (kind, location) = (statement.kind.unwrap(), statement.location.unwrap());
        assert!(statement.account.is_some(), "{}", path.display());
        for (place, members) in &cut.elements {
            let (resource, _) = read(place, members).unwrap();
            assert_eq!(resource.key.kind, kind);
            let spanned = Gcp.listing_location(kind, &resource.location);
            assert!(location == spanned || location == resource.location, "{}", path.display());
        }
        *scopes.entry(format!("{kind} at {location}")).or_default() += 1;
    }
    eprintln!("{scopes:?}");
    assert!(scopes.contains_key("instance at *") && scopes.contains_key("snapshot at global"));
}

#[test]
fn order_fingerprints_and_api_versions_are_no_drift() {
    let Some(folder) = recordings() else { return };
    let mut compared = 0;
    for (path, body) in bodies(&folder) {
        for (place, members) in Body::cut(&body).elements {
            let before = read(&place, &members);
            let mut other = Value::Object(members);
            shuffle(&mut other);
            assert_eq!(before, read(&place, other.as_object().unwrap()), "{}", path.display());
            compared += usize::from(before.is_some());
        }
    }
    eprintln!("{compared} resources compared");
    assert!(compared > 0);
}

/// Reverses every list, and changes what is never compared.
fn shuffle(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(shuffle);
            // Interfaces without a name are known by their place; every real one has a name.
            if items.iter().all(|item| item.get("name").is_some() || item.get("subnetwork").is_none()) {
                items.reverse();
            }
        }
        Value::Object(members) => {
            for (member, value) in members.iter_mut() {
                match value {
                    Value::String(text) if member.to_ascii_lowercase().ends_with("fingerprint") => {
                        "changed".clone_into(text);
                    }
                    other => shuffle(other),
                }
            }
        }
        Value::String(text) => {
            let host = "https://compute.googleapis.com/compute/beta/projects/";
            *text = text.replacen("https://www.googleapis.com/compute/v1/projects/", host, 1);
        }
        _ => {}
    }
}

#[test]
fn detaching_a_disk_takes_its_edges_and_nothing_else() {
    let Some(folder) = recordings() else { return };
    let call = "projects-cloud-custodian-aggregated-instances_1";
    let before = resources(&body_of(&folder, "instance-detach-disks", call));
    let call = "projects-cloud-custodian-zones-us-central1-a-instances_1";
    let after = resources(&body_of(&folder, "instance-detach-disks", call));
    let (uid, before) = before.first_key_value().unwrap();
    let after = &after[uid];
    let attached = |resource: &Resource| {
        let links = resource.links.iter().filter(|link| link.rel == Rel::Attached);
        links.filter_map(|link| link.slot.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(attached(before), ["boot".to_owned(), "extra-disk".to_owned()].into());
    assert_eq!(attached(after), BTreeSet::new());
    let rest = |resource: &Resource| {
        let config = resource.config.iter().filter(|(path, _)| !path.starts_with("disks["));
        config.map(|(path, value)| (path.clone(), value.clone())).collect::<Vec<_>>()
    };
    assert_eq!(rest(before), rest(after));
    assert_eq!((&before.state, &before.tags), (&after.state, &after.tags));
}

#[test]
fn stopping_starting_and_suspending_change_state_and_evidence_only() {
    let Some(folder) = recordings() else { return };
    let zone = "projects-cloud-custodian-zones-us-central1-";
    let aggregated = "projects-cloud-custodian-aggregated-instances";
    let pairs = [
        ("instance-stop", format!("{aggregated}_1"), format!("{zone}c-instances_1")),
        ("instance-start", format!("{aggregated}_1"), format!("{zone}c-instances_1")),
        ("instance-pause-resume", format!("{aggregated}_1"), format!("{zone}a-instances-pro-narwhal_1")),
        ("instance-pause-resume", format!("{aggregated}_2"), format!("{zone}a-instances-pro-narwhal_2")),
    ];
    let mut phases = Vec::new();
    for (test, before, after) in pairs {
        let before = resources(&body_of(&folder, test, &before));
        let after = resources(&body_of(&folder, test, &after));
        for (uid, after) in &after {
            let before = &before[uid];
            phases.push((before.state.as_ref().unwrap().phase, after.state.as_ref().unwrap().phase));
            let settled =
                Resource { state: before.state.clone(), evidence: before.evidence.clone(), ..after.clone() };
            assert_eq!(*before, settled, "{test}");
        }
    }
    eprintln!("{phases:?}");
    assert!(phases.contains(&(Phase::Running, Phase::Stopping)));
}

#[test]
fn an_unreachable_zone_is_a_caveat_at_that_zone_only() {
    let Some(folder) = recordings() else { return };
    let call = "projects-cloud-custodian-aggregated-instances_1";
    let mut body = body_of(&folder, "instance-detach-disks", call);
    body["unreachables"] = json!(["zones/us-east1-b"]);
    body["items"]["zones/us-east4-a"] = json!({"warning": {"code": "UNREACHABLE", "message": "no answer"}});
    let statement = Gcp.statement(&Body::cut(&body).header);
    assert_eq!(statement.location, Some(Location::new(EVERYWHERE)));
    let places: Vec<_> = statement.caveats.iter().filter_map(|caveat| caveat.location.clone()).collect();
    assert_eq!(places, [Location::new("us-east1-b"), Location::new("us-east4-a")]);
}
