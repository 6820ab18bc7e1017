//! Inventory as recorded from aws.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's own reader and its table"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use driftline::model::{Kind, Link, Phase, Rel, Resource};
use driftline::sources::aws::Aws;
use driftline::sources::{Cloud, Element, Hints, Odd, Overlay, Place, Reading};
use serde_json::{Map, Value, json};

use super::{json_files, read_json, recordings};

/// What one body held.
#[derive(Debug, Default, PartialEq)]
struct Contents {
    elements: usize,
    resources: Vec<Resource>,
    overlays: Vec<Overlay>,
    odd: Vec<Odd>,
    unknown: usize,
}

impl Contents {
    fn readings(&self) -> usize {
        self.resources.len() + self.overlays.len()
    }

    fn resource(&self, uid: &str) -> &Resource {
        self.resources.iter().find(|resource| resource.key.uid.as_str() == uid).unwrap()
    }
}

/// Calls whose answers list nothing, with the reason.
const NO_LISTING: &[(&str, &str)] = &[
    ("AttachVolume", "write"),
    ("CopySnapshot", "write"),
    ("CreateSnapshot", "write"),
    ("CreateSnapshots", "write"),
    ("CreateVolume", "write"),
    ("DeleteSnapshot", "write"),
    ("DeleteVolume", "write"),
    ("DeregisterImage", "write"),
    ("DescribeVolumesModifications", "an operation's progress, no state"),
    ("DetachVolume", "write"),
    ("ModifySnapshotAttribute", "write"),
    ("ModifyVolume", "write"),
    ("RebootInstances", "write"),
    ("ResetSnapshotAttribute", "write"),
    ("RunInstances", "write"),
    ("StartInstances", "write"),
    ("StopInstances", "write"),
    ("TerminateInstances", "write"),
];

/// Listings that the recorded service refused: `{"Error": …}` instead of a list.
const REFUSED: &[&str] = &[
    "test_ami_deregister_delete_snap/ec2.DescribeSnapshots_1.json",
    "test_ebs_force_delete/ec2.DescribeVolumes_3.json",
    "test_ebs_snapshot_copy_related_tags_missing_volumes/ec2.DescribeVolumes_1.json",
    "test_ebs_volume_related_filter/ec2.DescribeVolumes_1.json",
];

/// Fields that are not what they should be, as recorded.
const ODD: &[(&str, &str)] = &[
    // Its author wrote 456 seconds.
    ("test_ami_set_deprecation/ec2.DescribeImages_2.json", "`DeprecationTime`"),
];

fn folder() -> Option<PathBuf> {
    recordings().map(|recordings| recordings.join("aws/inventory/custodian"))
}

/// Reads a body as a reader of files would: each list that has an envelope, else the object itself.
fn read_body(body: &Map<String, Value>, hints: &Hints) -> Contents {
    let mut contents = Contents::default();
    let mut is_list = false;
    for envelope in Aws.envelopes() {
        let Some(Value::Array(items)) = body.get(*envelope) else { continue };
        is_list = true;
        let place = Place { envelope: Some((*envelope).to_owned()), ..Place::default() };
        for item in items {
            read_item(item, &place, hints, &mut contents);
        }
    }
    if !is_list {
        read_item(&Value::Object(body.clone()), &Place::default(), hints, &mut contents);
    }
    contents
}

fn read_item(item: &Value, place: &Place, hints: &Hints, contents: &mut Contents) {
    let raw = serde_json::to_vec(item).unwrap();
    for piece in Aws.split(&raw, place).unwrap() {
        contents.elements += 1;
        let element = Element::parse(&piece.raw).unwrap();
        let Some(shape) = Aws.recognise(element.members(), place) else {
            contents.unknown += 1;
            continue;
        };
        match Aws.read(shape, element, &piece.around, hints) {
            Ok(Reading::Resource { resource, odd }) => {
                contents.resources.push(*resource);
                contents.odd.extend(odd);
            }
            Ok(Reading::Overlay(overlay)) => contents.overlays.push(overlay),
            Ok(Reading::Parts(parts)) => panic!("{parts:?}: no details of an account are recorded"),
            Err(odd) => contents.odd.push(odd),
        }
    }
}

fn body(path: &Path) -> Map<String, Value> {
    let Value::Object(mut recording) = read_json(path) else { panic!("{}", path.display()) };
    let Some(Value::Object(body)) = recording.remove("data").map(with_times) else {
        panic!("{}", path.display())
    };
    body
}

/// Writes the recorder's own form of a time as boto3's users print it.
pub(crate) fn with_times(value: Value) -> Value {
    match value {
        Value::Object(members) if members.get("__class__") == Some(&json!("datetime")) => {
            let part = |name: &str| members.get(name).and_then(Value::as_u64).unwrap_or_default();
            Value::String(format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+00:00",
                part("year"),
                part("month"),
                part("day"),
                part("hour"),
                part("minute"),
                part("second"),
                part("microsecond"),
            ))
        }
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (name, with_times(member))).collect())
        }
        Value::Array(items) => items.into_iter().map(with_times).collect(),
        other => other,
    }
}

/// The call that a file records: `ec2.DescribeVolumes_1.json` → `DescribeVolumes`.
fn call(path: &Path) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let name = name.strip_prefix("ec2.").unwrap();
    name.split_once('_').unwrap().0.to_owned()
}

fn read(name: &str) -> Option<Contents> {
    Some(read_body(&body(&folder()?.join(name)), &Hints::default()))
}

fn slot<'a>(resource: &'a Resource, rel: Rel, slot: &str) -> Option<&'a str> {
    let is_it = |link: &&Link| link.rel == rel && link.slot.as_deref() == Some(slot);
    resource.links.iter().find(is_it).map(Link::target)
}

/// Counts of one call: files, elements, resources, overlays.
type Row = [usize; 4];

#[test]
fn every_recorded_element_is_read() {
    let Some(folder) = folder() else { return };
    let mut table: BTreeMap<String, Row> = BTreeMap::new();
    let mut unmapped = BTreeSet::new();
    let (mut refused, mut odd) = (BTreeSet::new(), BTreeSet::new());
    for path in json_files(&folder) {
        let call = call(&path);
        let row = table.entry(call.clone()).or_default();
        row[0] += 1;
        if NO_LISTING.iter().any(|(name, _)| *name == call) {
            continue;
        }
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        let body = body(&path);
        if body.contains_key("Error") {
            refused.insert(name);
            continue;
        }
        let contents = read_body(&body, &Hints::default());
        assert_eq!(contents.elements, count(&body), "{name}");
        assert_eq!((contents.readings(), contents.unknown), (contents.elements, 0), "{name}");
        odd.extend(contents.odd.iter().map(|odd| (name.clone(), odd.message.clone())));
        unmapped.extend(contents.resources.iter().flat_map(|resource| resource.unmapped.keys().cloned()));
        row[1] += contents.elements;
        row[2] += contents.resources.len();
        row[3] += contents.overlays.len();
    }
    print_table(&table);
    let listed = |name: &str| table[name][1] > 0;
    assert!(
        ["DescribeInstances", "DescribeVolumes", "DescribeSnapshots", "DescribeImages"]
            .into_iter()
            .all(listed)
    );
    assert_eq!(refused, REFUSED.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(odd.len(), ODD.len(), "{odd:?}");
    for ((file, message), (expected_file, field)) in odd.iter().zip(ODD) {
        assert_eq!(file, expected_file);
        assert!(message.starts_with(field), "{message}");
    }
    assert_eq!(unmapped, ["DeprecationTime".to_owned()].into(), "only the odd field is left");
}

/// Counts a body's elements without the code under test.
fn count(body: &Map<String, Value>) -> usize {
    let length = |list: &Value| list.as_array().map(Vec::len);
    if let Some(Value::Array(reservations)) = body.get("Reservations") {
        return reservations.iter().filter_map(|reservation| length(&reservation["Instances"])).sum();
    }
    ["Volumes", "Snapshots", "Images"].iter().find_map(|list| length(body.get(*list)?)).unwrap_or(1)
}

fn print_table(table: &BTreeMap<String, Row>) {
    println!("{:30} {:>5} {:>8} {:>9} {:>8}", "call", "files", "elements", "resources", "overlays");
    for (call, [files, elements, resources, overlays]) in table {
        let reason = NO_LISTING.iter().find(|(name, _)| name == call);
        let reason = reason.map_or_else(String::new, |(_, reason)| format!("  no listing: {reason}"));
        println!("{call:30} {files:>5} {elements:>8} {resources:>9} {overlays:>8}{reason}");
    }
    let sum = |column: usize| table.values().map(|row| row[column]).sum::<usize>();
    println!("{:30} {:>5} {:>8} {:>9} {:>8}", "together", sum(0), sum(1), sum(2), sum(3));
}

#[test]
fn a_write_is_no_element() {
    let Some(folder) = folder() else { return };
    // These two answer with whole resources, as a listing does.
    let whole = ["CreateSnapshots", "RunInstances"];
    let mut writes = 0;
    for path in json_files(&folder) {
        let call = call(&path);
        if NO_LISTING.iter().any(|(name, _)| *name == call) && !whole.contains(&call.as_str()) {
            let contents = read_body(&body(&path), &Hints::default());
            // A recorder that dropped `ResponseMetadata` left a snapshot or a volume that looks listed.
            let looks_listed = matches!(call.as_str(), "CreateSnapshot" | "CreateVolume");
            assert!(contents.readings() == 0 || looks_listed, "{}", path.display());
            writes += 1;
        }
    }
    assert!(writes > 0);
}

#[test]
fn a_terminated_instance_is_the_same_instance_on_its_way_out() {
    let Some(before) = read("test_ec2_terminate/ec2.DescribeInstances_1.json") else { return };
    let after = read("test_ec2_terminate/ec2.DescribeInstances_2.json").unwrap();
    let (before, after) = (&before.resources[0], &after.resources[0]);
    assert_eq!(before.key, after.key);
    assert_eq!(before.state.as_ref().unwrap().phase, Phase::Running);
    assert_eq!(after.state.as_ref().unwrap().phase, Phase::Terminating);
    assert!(!before.is_gone() && after.is_gone());
    assert_eq!((before.account.as_str(), before.location.as_str()), ("644160558196", "us-west-2"));
}

#[test]
fn an_encrypted_root_volume_takes_the_slot_of_its_origin() {
    let Some(before) = read("test_encrypt_volumes/ec2.DescribeVolumes_1.json") else { return };
    let after = read("test_encrypt_volumes/ec2.DescribeVolumes_3.json").unwrap();
    let instances = read("test_encrypt_volumes/ec2.DescribeInstances_2.json").unwrap();
    let (old, new, instance) = ("vol-0f53c81b92b4ecfce", "vol-072dfa20eef03dd38", "i-0aaaaec4b77188b69");
    // The instance was recorded before the swap only; the volumes were before and after it.
    assert_eq!(slot(instances.resource(instance), Rel::Attached, "/dev/xvda"), Some(old));
    assert_eq!(slot(before.resource(old), Rel::AttachedTo, "/dev/xvda"), Some(instance));
    assert_eq!(slot(after.resource(new), Rel::AttachedTo, "/dev/xvda"), Some(instance));
    let copy = read("test_encrypt_volumes/ec2.DescribeSnapshots_2.json").unwrap();
    let source = copy.resources[0].key.uid.as_str();
    let parent = Link::to_uid(Rel::CreatedFrom, Kind::Snapshot, source);
    assert!(after.resource(new).links.contains(&parent));
    assert!(copy.resources[0].links.is_empty(), "a copy is taken from no volume");
}

#[test]
fn reading_is_pure_and_blind_to_the_order_of_lists() {
    let Some(folder) = folder() else { return };
    let mut compared = 0;
    for path in json_files(&folder) {
        if NO_LISTING.iter().any(|(name, _)| *name == call(&path)) {
            continue;
        }
        let body = body(&path);
        let contents = read_body(&body, &Hints::default());
        assert_eq!(contents, read_body(&body, &Hints::default()), "{}", path.display());
        let Value::Object(turned) = turned(Value::Object(body)) else { unreachable!() };
        let mut turned = read_body(&turned, &Hints::default()).resources;
        let mut resources = contents.resources;
        // Some recordings hold one id more than once; the sort is stable, so their order is set right first.
        turned.reverse();
        resources.sort_by(|a, b| a.key.cmp(&b.key));
        turned.sort_by(|a, b| a.key.cmp(&b.key));
        compared += resources.len();
        assert_eq!(resources, turned, "{}", path.display());
    }
    println!("{compared} resources read the same from reversed lists");
    assert!(compared > 0);
}

/// Reverses every list.
fn turned(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().rev().map(turned).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, member)| (name, turned(member))).collect())
        }
        other => other,
    }
}
