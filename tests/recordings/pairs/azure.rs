//! Recorded Azure sessions.
//!
//! A session asks for one resource at a time. The dump of a moment is composed of the body last recorded of
//! each resource; where a body leaves the instance view out, the view last recorded stands.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that prints its counts")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use driftline::model::{Change, ChangeKind, Descent, Finding, Kind, Lineage, NodeKey};
use driftline::pipeline::Judged;
use serde_json::{Value, json};

use crate::stage::{Baseline, Dump, told};
use crate::{json_files, read_json, recordings};

/// What the compute provider calls the kinds.
const KINDS: &[(&str, Kind)] = &[
    ("virtualMachines", Kind::Instance),
    ("disks", Kind::Volume),
    ("snapshots", Kind::Snapshot),
    ("images", Kind::Image),
];

/// One response, and what it changed against the moment before.
struct Step {
    name: String,
    /// Whether the same was asked before, with neither a write nor an omitted request between.
    settled: bool,
    changes: Vec<Change>,
    findings: Vec<Finding>,
    lineage: Lineage,
    /// How many revisions it added.
    revisions: u64,
}

/// A session as it is replayed.
struct Session {
    subscription: String,
    /// The body last recorded of each resource, by ARM id.
    bodies: BTreeMap<String, Value>,
    baseline: Baseline,
    /// What was asked since the last write or omitted request.
    asked: BTreeSet<String>,
    number: u32,
}

impl Session {
    /// Replays a folder.
    fn replay(folder: &Path) -> Vec<Step> {
        let files = json_files(folder);
        let mut session = Self {
            subscription: String::new(),
            bodies: BTreeMap::new(),
            baseline: Baseline::complete(),
            asked: BTreeSet::new(),
            number: 0,
        };
        let mut steps: Vec<_> = files.iter().filter_map(|path| session.take(path)).collect();
        // The first response is the first scan.
        steps.drain(..1.min(steps.len()));
        steps
    }

    /// Takes the next response; scans if it told anything.
    fn take(&mut self, path: &Path) -> Option<Step> {
        let recorded = read_json(path);
        let uri = recorded["request"]["uri"].as_str().unwrap().to_lowercase();
        let id = &uri[uri.find("/subscriptions/")?..];
        let path_of = id.split('?').next().unwrap();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let number = name.split('_').next().unwrap().parse().unwrap();
        let method = recorded["request"]["method"].as_str().unwrap();
        if method != "GET" || number != self.number + 1 {
            self.asked.clear();
        }
        self.number = number;
        let body = &recorded["response"]["body"];
        let told = match (method, recorded["response"]["status"].as_u64().unwrap()) {
            ("GET", 404) | ("DELETE", 200..300) => self.bodies.remove(path_of).is_some(),
            ("GET", 200) => match body["value"].as_array() {
                Some(items) => self.take_list(path_of, items),
                None => self.take_body(body),
            },
            _ => false,
        };
        if !told {
            return None;
        }
        path_of.split('/').nth(2).unwrap().clone_into(&mut self.subscription);
        let settled = !self.asked.insert(id.to_owned());
        Some(self.scan(name, settled))
    }

    /// Takes a list of one kind; what it lacks is gone.
    fn take_list(&mut self, uri: &str, items: &[Value]) -> bool {
        let listed: BTreeSet<_> = items.iter().filter_map(id).collect();
        let lists = |native: &&&str| uri.ends_with(&format!("microsoft.compute/{}", native.to_lowercase()));
        let natives = KINDS.iter().map(|(native, _)| native);
        let Some(native) = natives.clone().find(lists) else { return false };
        let group = uri.split("/providers/").next().unwrap();
        self.bodies
            .retain(|id, body| !(id.starts_with(group) && kind(body) == Some(native)) || listed.contains(id));
        for item in items {
            self.take_body(item);
        }
        true
    }

    fn take_body(&mut self, body: &Value) -> bool {
        let (Some(id), Some(_)) = (id(body), kind(body)) else { return false };
        let mut body = body.clone();
        let view = self.bodies.get(&id).and_then(|before| before["properties"].get("instanceView"));
        if let (Some(view), None) = (view, body["properties"].get("instanceView")) {
            body["properties"]["instanceView"] = view.clone();
        }
        self.bodies.insert(id, body);
        true
    }

    fn scan(&mut self, name: String, settled: bool) -> Step {
        let lists = KINDS.iter().map(|(native, _)| {
            let of_kind: Vec<_> = self.bodies.values().filter(|body| kind(body) == Some(native)).collect();
            (*native, json!({ "value": of_kind }))
        });
        let lists: Vec<_> = lists.collect();
        let dump = Dump::new(lists.iter().map(|(native, list)| (*native, list)));
        let files = KINDS.iter().map(|(native, kind)| {
            json!({ "path": native, "provider": "azure", "account": self.subscription, "location": "*",
                    "kind": kind, "complete": true })
        });
        dump.manifest(&files.collect::<Vec<_>>());
        let before = self.baseline.revisions();
        let imported = self.baseline.try_import(&dump).unwrap();
        assert_eq!((imported.odd, &imported.strays), (0, &Vec::new()), "{name}");
        let judged = self.baseline.judged();
        let revisions = self.baseline.revisions() - before;
        let Judged { changes, findings, lineage, .. } = judged;
        Step { name, settled, changes, findings, lineage, revisions }
    }
}

fn id(body: &Value) -> Option<String> {
    Some(body["id"].as_str()?.to_lowercase())
}

fn kind(body: &Value) -> Option<&'static str> {
    let native = body["type"].as_str()?;
    let mut natives = KINDS.iter().map(|(name, _)| *name);
    natives.find(|name| native.eq_ignore_ascii_case(&format!("Microsoft.Compute/{name}")))
}

/// Every session of a test, by folder.
fn sessions(test: &str) -> Option<Vec<PathBuf>> {
    let files = json_files(&recordings()?.join("azure/inventory"));
    let folders: BTreeSet<_> = files.iter().filter_map(|path| path.parent()).map(Path::to_owned).collect();
    Some(folders.into_iter().filter(|folder| folder.to_str().unwrap().ends_with(test)).collect())
}

/// Every change of the machines of a session, without their ids.
fn of_machines(steps: &[Step]) -> Vec<String> {
    let changes = steps.iter().flat_map(|step| &step.changes);
    let machines = changes
        .filter_map(|it| Some((it, it.resource()?)))
        .filter(|(_, resource)| resource.key.kind == Kind::Instance);
    machines.map(|(change, machine)| told(change).replace(&format!(" {}", machine.key.uid), "")).collect()
}

#[test]
fn an_os_disk_swap_is_one_swapped_slot_and_one_finding() {
    let Some(sessions) = sessions("test_vm_os_disk_swap") else { return };
    assert!(sessions.len() >= 3);
    for session in sessions {
        let steps = Session::replay(&session);
        let acts: Vec<_> = steps.iter().filter(|step| !step.changes.is_empty()).collect();
        // The copy of the disk, then the swap; the machine is shown without its power state throughout.
        let [copied, swapped] = acts[..] else { panic!("{}: {} acts", session.display(), acts.len()) };
        assert_eq!(copied.changes.len(), 1);
        assert_eq!(copied.changes[0].kind, ChangeKind::Appeared);
        let copy = copied.changes[0].resource().unwrap();
        let told = of_machines(std::slice::from_ref(swapped));
        assert_eq!(told.len(), swapped.changes.len());
        assert_eq!(
            told,
            [
                "modified instance: config.storageProfile.osDisk.name",
                "slot-swapped instance: links.attached[os]",
            ]
        );
        let swap = &swapped.changes[1];
        assert_eq!(swap.before.as_ref().unwrap().key, swap.after.as_ref().unwrap().key);
        assert_eq!(swap.attributes[0].after.as_ref().unwrap(), copy.locator.as_str());
        assert_ne!(swap.attributes[0].before, swap.attributes[0].after);
        // Who stood there came from an image, and who stands there is a copy of it.
        let lineage = &swapped.lineage;
        let machine = NodeKey::from(&swap.before.as_ref().unwrap().key);
        let held: Vec<_> = lineage.occupants(&machine, "os").collect();
        let [old, new] = held[..] else { panic!("{}: {held:#?}", session.display()) };
        assert!(old.root && old.detached.is_some() && new.detached.is_none());
        assert_eq!(new.volume, NodeKey::from(&copy.key));
        let parents: Vec<_> = lineage.parents(&new.volume).map(|edge| (edge.descent, &edge.parent)).collect();
        assert_eq!(parents, [(Descent::FromVolume, &old.volume)]);
        let content = lineage.node(&new.volume).unwrap().content_at;
        assert_eq!((content, content.is_some()), (copy.created_at, true), "a clone holds that moment");
        // The new disk was cloned from the old one while that stood there.
        let [finding] = &swapped.findings[..] else { panic!("{:?}", swapped.findings) };
        assert!(finding.says("instance-modified"));
        assert_eq!(finding.rule, "disk-reverted");
        let fact =
            |name| finding.facts.iter().find(|(fact, _)| *fact == name).map(|(_, value)| value.clone());
        assert_eq!(fact("seen_in"), Some(json!("state")));
        assert_eq!(fact("new_volume"), Some(json!(copy.key.uid.as_str().to_lowercase())));
        assert_eq!(fact("reverted_to"), Some(json!(copy.created_at)));
    }
}

#[test]
fn each_lun_that_is_attached_or_detached_is_told_once() {
    let Some(sessions) = sessions("test_vm_disk_attach_detach") else { return };
    assert!(sessions.len() >= 4);
    for session in sessions {
        let mut acts = Vec::new();
        for step in Session::replay(&session).iter().filter(|step| !step.changes.is_empty()) {
            let [settings, act] = &step.changes[..] else { panic!("{}", step.name) };
            let path = &act.attributes[0].path;
            let lun = path.strip_prefix("links.attached[lun:").unwrap().trim_end_matches(']');
            let of_lun = [format!("config.storageProfile.dataDisks[{lun}]."), format!("{path}.delete_with")];
            let is_of_lun = |path: &String| of_lun.iter().any(|of_lun| path.starts_with(of_lun));
            assert_eq!(settings.kind, ChangeKind::Modified, "{}", step.name);
            assert!(settings.attributes.iter().all(|it| is_of_lun(&it.path)), "{}", step.name);
            assert_eq!(step.findings.len(), 1, "{}: {:#?}", step.name, step.findings);
            acts.push(format!("{} {lun}", act.kind));
        }
        let both = ["attached 0", "attached 2"];
        let later = match session.to_str().unwrap() {
            // The oldest profile detaches both and attaches one again.
            oldest if oldest.contains("hybrid_2018") => vec!["detached 2", "detached 0", "attached 0"],
            _ => vec!["detached 0", "attached 0", "detached 2", "detached 0", "attached 0"],
        };
        assert_eq!(acts, [&both[..], &later[..]].concat(), "{}", session.display());
    }
}

#[test]
fn a_machine_is_stopped_started_deallocated_resized_and_deleted() {
    let Some(sessions) = sessions("test_vm_create_state_modifications") else { return };
    assert!(sessions.len() >= 4);
    for session in sessions {
        // Restarting and redeploying leave no mark that Azure shows.
        assert_eq!(
            of_machines(&Session::replay(&session)),
            [
                "appeared instance",
                "modified instance: config.resources",
                "stopped instance: state running → stopped",
                "started instance: state stopped → running",
                "stopped instance: state running → deallocated",
                "modified instance: config.hardwareProfile.vmSize",
                "vanished instance",
            ],
            "{}",
            session.display()
        );
    }
}

#[test]
fn a_disk_that_is_resized_or_retiered_is_modified_at_that_path() {
    let expected: &[(&str, &[&str])] = &[
        ("test_mgmt_managed_disks.test_resize_md", &["modified volume: config.diskSizeGB"]),
        ("test_mgmt_compute_vm.test_compute_vm", &[]),
    ];
    for (test, expected) in expected {
        for session in sessions(test).into_iter().flatten() {
            let steps = Session::replay(&session);
            let changes =
                steps.iter().flat_map(|step| &step.changes).filter_map(|it| Some((it, it.resource()?)));
            let disks = changes.filter(|(_, disk)| disk.key.kind == Kind::Volume);
            let disks = disks.map(|(change, disk)| told(change).replace(&format!(" {}", disk.key.uid), ""));
            assert_eq!(disks.collect::<Vec<_>>(), *expected, "{}", session.display());
        }
    }
}

/// A list asked twice in two sessions that were joined into one: two machines were made meanwhile.
const JOINED: &str = "VMTest.virtual_machine_tags";

#[test]
fn what_is_asked_twice_without_a_write_between_is_no_change_and_no_new_document() {
    let Some(sessions) = sessions("") else { return };
    let mut settled = 0;
    for session in &sessions {
        for step in Session::replay(session).iter().filter(|step| step.settled) {
            let told: Vec<_> = step.changes.iter().map(told).collect();
            if session.ends_with(JOINED) {
                assert!(told.iter().all(|told| told.starts_with("appeared instance")), "{told:?}");
                continue;
            }
            settled += 1;
            assert_eq!(told, [""; 0], "{}: {}", session.display(), step.name);
            assert_eq!(step.revisions, 0, "{}: {}", session.display(), step.name);
        }
    }
    eprintln!("{} sessions, {settled} answers asked twice", sessions.len());
    assert!(settled > 50, "{settled}");
}
