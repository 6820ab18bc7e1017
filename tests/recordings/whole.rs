//! Every recorded inventory file through the whole path: nothing is lost, and what is no inventory has a
//! reason.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that prints its counts")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use driftline::pipeline::ScanError;
use driftline::sources::files::{Defaults, Dump as Opened, Survey};
use driftline::store::Depth;
use serde_json::Value;

use crate::stage::{Baseline, Dump, body};
use crate::{json_files, recordings};

/// What a recorded element is, by the test's own lights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Resource,
    Overlay,
    Other(&'static str),
}

/// What is none of ours, by cloud.
const OTHERS: &[(&str, &[&str])] = &[
    ("aws", &["answer of a write", "progress of a modification", "refused"]),
    (
        "azure",
        &[
            "accepted write, not yet a resource",
            "activity log record",
            "answer of a write",
            "instance view without its machine",
            "metric",
            "no body",
            "output of a command",
            "polled operation",
            "refused",
            "tags",
            "template",
        ],
    ),
    ("gcp", &["another service's asset", "effective firewalls", "operation"]),
];

/// Fields that are not what they should be, as recorded: an author wrote 456 seconds.
const ODD: &[(&str, &str)] = &[("ec2.DescribeImages_2.json", "DeprecationTime")];

/// What one cloud's recordings held.
#[derive(Debug, Default)]
struct Totals {
    files: usize,
    imports: usize,
    elements: usize,
    resources: u64,
    overlays: usize,
    others: BTreeMap<&'static str, usize>,
    strays: usize,
    odd: Vec<(String, String)>,
}

/// Files that may be imported together: pages and answers of one moment.
type Moment = Vec<PathBuf>;

#[test]
fn nothing_that_was_recorded_is_lost() {
    let Some(folder) = recordings() else { return };
    let mut baseline = Baseline::new();
    for (cloud, reasons) in OTHERS {
        let mut totals = Totals::default();
        for moment in moments(&folder.join(cloud).join("inventory")) {
            take(&mut baseline, &moment, &mut totals);
        }
        eprintln!("{cloud}: {totals:#?}");
        let others: usize = totals.others.values().sum();
        assert_eq!(totals.elements, usize::try_from(totals.resources).unwrap() + totals.overlays + others);
        assert_eq!(totals.others.keys().copied().collect::<Vec<_>>(), *reasons);
        let odd = ODD.iter().filter(|_| *cloud == "aws");
        assert_eq!(totals.odd.len(), odd.clone().count(), "{:?}", totals.odd);
        for ((file, message), (expected, field)) in totals.odd.iter().zip(odd) {
            assert!(file == expected && message.contains(field), "{file}: {message}");
        }
    }
    let verified = baseline.store.verify(Depth::Full, None).unwrap();
    eprintln!("{} scans and {} documents verified", verified.scans, verified.documents);
    assert!(verified.documents > 0);
}

/// Imports one moment and holds what came of it against the test's own count.
fn take(baseline: &mut Baseline, moment: &Moment, totals: &mut Totals) {
    let bodies: Vec<_> = moment.iter().map(|path| (name(path), body(path))).collect();
    let dump = Dump::new(bodies.iter().map(|(name, body)| (*name, body)));
    let mut expected = Expected::default();
    for (name, body) in &bodies {
        expected.count(name, body, totals);
    }
    let survey = Survey::of(
        &Opened::open(dump.path(), Defaults::default(), &AtomicBool::new(false)).unwrap(),
        &AtomicBool::new(false),
    )
    .unwrap();
    assert_eq!(survey.overlays.len(), expected.overlays, "{moment:?}");
    totals.files += moment.len();
    totals.imports += 1;
    totals.resources += expected.resources;
    totals.overlays += expected.overlays;
    let strays = match baseline.try_import(&dump) {
        Ok(imported) => {
            assert_eq!(imported.progress.resources, expected.resources, "{moment:?}");
            let odd = baseline.store.odd_elements(imported.scan.id).unwrap();
            totals.odd.extend(odd.into_iter().map(|odd| (odd.source, odd.message)));
            imported.strays
        }
        Err(ScanError::Nothing { strays }) => {
            assert_eq!(expected.resources, 0, "{moment:?}");
            expected.strays.extend(expected.tellers);
            strays
        }
        Err(error) => panic!("{moment:?}: {error}"),
    };
    let strays: BTreeSet<_> = strays.into_iter().map(|stray| stray.name).collect();
    assert_eq!(strays, expected.strays);
    totals.strays += strays.len();
}

/// What an import should make of some files.
#[derive(Debug, Default)]
struct Expected {
    resources: u64,
    overlays: usize,
    /// The files that hold overlays.
    tellers: BTreeSet<String>,
    /// The files that hold neither inventory nor an empty list of any.
    strays: BTreeSet<String>,
}

impl Expected {
    fn count(&mut self, name: &str, body: &Value, totals: &mut Totals) {
        let (elements, is_list) = elements(body);
        let mut other = 0;
        for element in &elements {
            match sort(element, is_list) {
                Sort::Resource => self.resources += 1,
                Sort::Overlay => {
                    self.overlays += 1;
                    self.tellers.insert(name.to_owned());
                }
                Sort::Other(reason) => {
                    *totals.others.entry(reason).or_default() += 1;
                    other += 1;
                }
            }
        }
        totals.elements += elements.len();
        if !is_list && other == elements.len() {
            self.strays.insert(name.to_owned());
        }
    }
}

/// Takes a body apart; tells whether it is a list in one of the three clouds' wrappings.
fn elements(body: &Value) -> (Vec<&Value>, bool) {
    if let Some(items) = body.as_array() {
        return (items.iter().collect(), false);
    }
    if let Some(reservations) = body["Reservations"].as_array() {
        let instances = reservations.iter().flat_map(|it| it["Instances"].as_array().into_iter().flatten());
        return (instances.collect(), true);
    }
    for list in ["Instances", "Volumes", "Snapshots", "Images", "value", "items"] {
        match &body[list] {
            Value::Array(items) => return (items.iter().collect(), true),
            Value::Object(scopes) => {
                let lists = scopes.values().flat_map(|scope| scope.as_object().into_iter().flatten());
                return (lists.flat_map(|(_, list)| list.as_array().into_iter().flatten()).collect(), true);
            }
            _ => {}
        }
    }
    (vec![body], false)
}

fn sort(element: &Value, is_listed: bool) -> Sort {
    let has = |name: &str| element.get(name).is_some();
    let all = |names: &[&str]| names.iter().all(|name| has(name));
    let told = ["asset_type", "kind", "type"].iter().find_map(|member| typed(element[member].as_str()?));
    if let Some(sort) = told {
        return sort;
    }
    match element {
        Value::String(text) if text.is_empty() => Sort::Other("no body"),
        Value::String(_) => Sort::Other("refused"),
        _ if has("error") || has("Error") || has("Code") => Sort::Other("refused"),
        _ if has("firewalls") => Sort::Other("effective firewalls"),
        _ if all(&["startTime", "status"]) => Sort::Other("polled operation"),
        _ if has("operationName") => Sort::Other("activity log record"),
        _ if has("$schema") => Sort::Other("template"),
        _ if has("displayStatus") => Sort::Other("output of a command"),
        _ if has("osName") => Sort::Other("instance view without its machine"),
        _ if all(&["properties"]) && !has("id") => Sort::Other("accepted write, not yet a resource"),
        _ if has("VolumesModifications") => Sort::Other("progress of a modification"),
        _ if has("ResponseMetadata") && !is_listed => attribute(element),
        _ if is_listed && has("InstanceId")
            || all(&["InstanceId", "ImageId"])
            || all(&["VolumeId", "AvailabilityZone"]) =>
        {
            Sort::Resource
        }
        _ if all(&["SnapshotId", "VolumeSize"]) || all(&["ImageId", "RootDeviceType"]) => Sort::Resource,
        _ => attribute(element),
    }
}

/// Tells a resource of Azure or Google Cloud by the type that it bears.
fn typed(native: &str) -> Option<Sort> {
    let (service, name) = native.split_once(['/', '#'])?;
    let name = name.strip_prefix("Region").unwrap_or(name);
    let ours = ["virtualMachines", "disks", "snapshots", "images", "instance", "disk", "snapshot", "image"];
    let is_ours = ours.iter().any(|it| it.eq_ignore_ascii_case(name));
    match service.to_ascii_lowercase().as_str() {
        "microsoft.compute" | "compute" | "compute.googleapis.com" if is_ours => Some(Sort::Resource),
        "compute" | "deploymentmanager" if name == "operation" => Some(Sort::Other("operation")),
        "microsoft.authorization" if name == "locks" => Some(Sort::Resource),
        "microsoft.resources" => Some(Sort::Other("tags")),
        "microsoft.insights" => Some(Sort::Other("metric")),
        service if service.ends_with(".googleapis.com") => Some(Sort::Other("another service's asset")),
        _ => None,
    }
}

/// Tells the answer of a `Describe…Attribute` call from that of a write.
fn attribute(answer: &Value) -> Sort {
    let ids = ["InstanceId", "SnapshotId", "ImageId"];
    let Some(members) = answer.as_object() else { return Sort::Other("unknown") };
    let settings = members.iter().filter(|(name, _)| !ids.contains(&name.as_str()));
    let settings: Vec<_> = settings.filter(|(name, _)| *name != "ResponseMetadata").collect();
    let is_answer = ids.iter().any(|id| members.contains_key(*id))
        && !settings.is_empty()
        && settings.iter().all(|(_, value)| value.is_object() || value.is_array());
    if is_answer { Sort::Overlay } else { Sort::Other("answer of a write") }
}

/// Divides a cloud's files into moments.
///
/// EC2's answers with one number belong together, and a write stands alone. In an Azure session a moment
/// ends where something is asked a second time; a poll shows no state. On Google Cloud every answer stands
/// alone.
fn moments(folder: &Path) -> Vec<Moment> {
    let mut moments: BTreeMap<(PathBuf, String), Moment> = BTreeMap::new();
    let mut asked: BTreeSet<(PathBuf, String)> = BTreeSet::new();
    let mut count = 0;
    for path in json_files(folder) {
        let session = path.parent().unwrap().to_owned();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let moment = if let Some((call, number)) = stem.rsplit_once('_')
            && call.starts_with("ec2.Describe")
        {
            number.to_owned()
        } else if let [_, "GET" | "PUT" | "PATCH" | "POST" | "DELETE", what] =
            stem.splitn(3, '_').collect::<Vec<_>>()[..]
        {
            let first = what.contains("_operations_") || asked.insert((session.clone(), what.to_owned()));
            if !first {
                count += 1;
                asked.retain(|(_, asked)| asked == what);
            }
            format!("{count:04}")
        } else {
            stem.to_owned()
        };
        moments.entry((session, moment)).or_default().push(path);
    }
    moments.into_values().collect()
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

#[test]
fn a_state_imported_twice_is_no_change_and_no_new_document() {
    let Some(folder) = recordings() else { return };
    let (mut states, mut resources) = (0, 0);
    for moment in OTHERS.iter().flat_map(|(cloud, _)| moments(&folder.join(cloud).join("inventory"))) {
        let bodies: Vec<_> = moment.iter().map(|path| (name(path), body(path))).collect();
        // Other bytes each time, so that every element is read again.
        let spelled = bodies.iter().map(|(name, body)| {
            let spaced = if body.is_string() { body.clone() } else { Value::String(format!("{body:#}")) };
            (*name, spaced)
        });
        let spelled: Vec<_> = spelled.collect();
        let mut baseline = Baseline::complete();
        let Ok(first) = baseline.try_scan(bodies.iter().map(|(name, body)| (*name, body))) else { continue };
        let before = baseline.revisions();
        baseline.try_scan(spelled.iter().map(|(name, body)| (*name, body))).unwrap();
        assert_eq!(baseline.judged().changes, [], "{moment:?}");
        assert_eq!(baseline.revisions(), before, "{moment:?}");
        states += 1;
        resources += first.progress.resources;
    }
    eprintln!("{states} states of {resources} resources, each imported twice");
    assert!(states > 100);
}
