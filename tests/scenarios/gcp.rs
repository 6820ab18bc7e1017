//! Google Cloud: what the CLI prints of Compute Engine, and entries of Cloud Audit Logs.

use driftline::model::{Kind, Provider};
use serde_json::{Value, json};

use crate::Part;
use crate::harness::{Listing, Log, Story};
use crate::laws::{Act, Cloud};

const PROJECT: &str = "northwick";
const NUMBER: &str = "123456789012";
const ZONE: &str = "europe-west1-b";

const VM: &str = "2046654157042200399";
const DISK: &str = "1994710730931244595";
const OTHER: &str = "1994710730931244600";
const SNAPSHOT: &str = "1674742966883689029";

fn url(path: &str) -> String {
    format!("https://www.googleapis.com/compute/v1/projects/{PROJECT}/{path}")
}

fn zonal(collection: &str, name: &str) -> String {
    format!("zones/{ZONE}/{collection}/{name}")
}

fn listing(kind: Kind, elements: &[Value]) -> Listing {
    let location = (kind == Kind::Snapshot).then_some("global");
    Listing { provider: Provider::Gcp, account: PROJECT, location, kind, body: json!(elements) }
}

fn instance() -> Value {
    json!({
        "kind": "compute#instance", "id": VM, "name": "api", "selfLink": url(&zonal("instances", "api")),
        "zone": url(&format!("zones/{ZONE}")), "status": "RUNNING", "deletionProtection": false,
        "creationTimestamp": "2026-01-22T02:20:30.125-08:00", "lastStartTimestamp": "2026-01-22T02:20:30.408-08:00",
        "machineType": url(&format!("zones/{ZONE}/machineTypes/e2-standard-2")),
        "disks": [{ "autoDelete": true, "boot": true, "deviceName": "api", "index": 0, "mode": "READ_WRITE",
            "type": "PERSISTENT", "interface": "SCSI", "source": url(&zonal("disks", "api")),
            "kind": "compute#attachedDisk" }],
        "networkInterfaces": [], "metadata": { "kind": "compute#metadata", "items": [] },
    })
}

fn stopped() -> Value {
    let mut instance = instance();
    instance["status"] = json!("TERMINATED");
    instance["lastStopTimestamp"] = json!("2026-03-01T10:30:20.000Z");
    instance
}

fn disk(id: &str, created: &str) -> Value {
    json!({
        "kind": "compute#disk", "id": id, "name": "api", "selfLink": url(&zonal("disks", "api")),
        "zone": url(&format!("zones/{ZONE}")), "status": "READY", "sizeGb": "20", "creationTimestamp": created,
        "type": url(&format!("zones/{ZONE}/diskTypes/pd-balanced")), "physicalBlockSizeBytes": "4096",
    })
}

fn attached(mut disk: Value) -> Value {
    disk["users"] = json!([url(&zonal("instances", "api"))]);
    disk
}

fn snapshot(created: &str) -> Value {
    json!({
        "kind": "compute#snapshot", "id": SNAPSHOT, "name": "copy", "selfLink": url("global/snapshots/copy"),
        "status": "READY", "creationTimestamp": created, "diskSizeGb": "20", "sourceDiskId": DISK,
        "sourceDisk": url(&zonal("disks", "api")), "storageBytes": "1000", "storageLocations": ["eu"],
    })
}

fn log(entries: &[Value]) -> Log {
    let lines: Vec<String> = entries.iter().map(Value::to_string).collect();
    Log::complete("cloud-audit", PROJECT, None, vec![("audit.ndjson".to_owned(), lines.join("\n"))])
}

/// Returns the entry of a call that was done at once.
fn entry(id: &str, time: &str, method: &str, path: &str) -> Value {
    json!({
        "logName": format!("projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Factivity"), "insertId": id,
        "timestamp": format!("2026-03-01T{time}Z"), "receiveTimestamp": format!("2026-03-01T{time}Z"),
        "severity": "NOTICE", "resource": { "type": "gce_instance", "labels": { "project_id": PROJECT } },
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "serviceName": "compute.googleapis.com",
            "methodName": method, "resourceName": format!("projects/{PROJECT}/{path}"),
            "authenticationInfo": { "principalEmail": "alice@example.com",
                "principalSubject": "user:alice@example.com" },
            "requestMetadata": { "callerIp": "203.0.113.5", "callerSuppliedUserAgent": "gcloud" },
            "request": { "@type": "type.googleapis.com/compute" },
        },
    })
}

/// Returns the first and the last entry of an operation.
fn operation(id: &str, time: &str, method: &str, path: &str) -> [Value; 2] {
    let at = |end: &str| {
        let mut entry = entry(&format!("{id}-{end}"), time, method, path);
        entry["operation"] = json!({ "id": format!("operation-{id}"), "producer": "compute.googleapis.com" });
        entry["operation"][end] = json!(true);
        entry
    };
    [at("first"), at("last")]
}

fn labelled(mut entry: Value, kind: &str, label: &str, id: &str) -> Value {
    entry["resource"] = json!({ "type": kind, "labels": { "project_id": PROJECT, "zone": ZONE } });
    entry["resource"]["labels"][label] = json!(id);
    entry
}

/// A group deletes an instance of its own; in the twin a person calls as the group does.
pub(crate) fn j09(part: Part) -> Story {
    let group = format!("projects/{NUMBER}/zones/{ZONE}/instanceGroupManagers/api");
    let mut member = instance();
    member["metadata"]["items"] = json!([{ "key": "created-by", "value": group }]);
    let who =
        if part.is_twin() { "alice@example.com" } else { "123456789012@cloudservices.gserviceaccount.com" };
    let deleted = deleted_vm("10:30:00").map(|mut entry| {
        entry["protoPayload"]["authenticationInfo"] = json!({ "principalEmail": who });
        entry["protoPayload"]["requestMetadata"]["callerSuppliedUserAgent"] =
            json!("GCE Managed Instance Group");
        entry
    });
    let story = Story::default()
        .before(listing(Kind::Instance, &[member]))
        .after(listing(Kind::Instance, &[]))
        .log(log(&deleted))
        .findings(&[&format!("instance-vanished {VM}")]);
    if part.is_twin() {
        story.changes(&[&format!("vanished {VM} explained")]).risk("instance-vanished", 50, 100)
    } else {
        story.changes(&[&format!("vanished {VM} expected-automation")]).risk("instance-vanished", 0, 20)
    }
}

/// Google Cloud takes spot capacity back, and says so; in the twin a person says it did.
pub(crate) fn j10(part: Part) -> Story {
    let mut taken = labelled(
        entry("a", "10:30:00", "compute.instances.preempted", &zonal("instances", "api")),
        "gce_instance",
        "instance_id",
        VM,
    );
    taken["operation"] = json!({ "id": "systemevent-1", "producer": "compute.googleapis.com", "first": true,
        "last": true });
    if part.is_twin() {
        taken["protoPayload"]["methodName"] = json!("v1.compute.instances.stop");
    } else {
        taken["logName"] = json!(format!("projects/{PROJECT}/logs/cloudaudit.googleapis.com%2Fsystem_event"));
        taken["protoPayload"]["authenticationInfo"] = json!({ "principalEmail": "system@google.com" });
    }
    Story::default()
        .before(listing(Kind::Instance, &[instance()]))
        .after(listing(Kind::Instance, &[stopped()]))
        .log(log(&[taken]))
        .changes(&[&format!("stopped {VM} {}", if part.is_twin() { "explained" } else { "by-system" })])
        .findings(&[&format!("instance-state-changed {VM}")])
        .risk(
            "instance-state-changed",
            if part.is_twin() { 28 } else { 0 },
            if part.is_twin() { 28 } else { 20 },
        )
}

/// A sink is deleted, and then an instance is gone: what a sink exports is missing, and no audit log can be stopped.
pub(crate) fn j32(part: Part) -> Story {
    let mut call = entry("a", "10:30:00", "google.logging.v2.ConfigServiceV2.DeleteSink", "sinks/main");
    call["protoPayload"]["serviceName"] = json!("logging.googleapis.com");
    call["resource"] = json!({ "type": "logging_sink", "labels": { "project_id": PROJECT, "name": "main" } });
    if part.is_twin() {
        call["protoPayload"]["status"] = json!({ "code": 7, "message": "PERMISSION_DENIED" });
    }
    let story = Story::default()
        .before(listing(Kind::Instance, &[instance()]))
        .after(listing(Kind::Instance, &[]))
        .log(log(&[call]))
        .findings(&[&format!("instance-vanished {VM}")]);
    if part.is_twin() {
        story
            .changes(&[&format!("vanished {VM} unexplained")])
            .residues(&[&format!("attempt projects/{PROJECT}/sinks/main")])
            .findings(&[&format!("unlogged-change {VM}")])
    } else {
        story.changes(&[&format!("vanished {VM} log-gap")]).findings(&["log-tampering -"]).risk(
            "log-tampering",
            70,
            100,
        )
    }
}

/// A disk makes way for one of the same name from a snapshot; in the twin nothing tells who made it.
pub(crate) fn j22(part: Part) -> Story {
    let mut new = attached(disk(OTHER, "2026-03-01T10:40:01.000Z"));
    new["sourceSnapshot"] = json!(url("global/snapshots/copy"));
    new["sourceSnapshotId"] = json!(SNAPSHOT);
    let copy = snapshot("2026-02-28T20:07:12.727-08:00");
    let path = zonal("disks", "api");
    let deleted = operation("a", "10:30:00", "v1.compute.disks.delete", &path)
        .map(|entry| labelled(entry, "gce_disk", "disk_id", DISK));
    let mut made = operation("b", "10:40:00", "v1.compute.disks.insert", &path)
        .map(|entry| labelled(entry, "gce_disk", "disk_id", OTHER));
    made[0]["protoPayload"]["request"] = json!({ "@type": "type.googleapis.com/compute.disks.insert", "name": "api",
        "sourceSnapshot": format!("projects/{PROJECT}/global/snapshots/copy") });
    let mut entries = deleted.to_vec();
    if !part.is_twin() {
        entries.extend(made);
    }
    let story = Story::default()
        .before(listing(Kind::Instance, &[instance()]))
        .after(listing(Kind::Instance, &[instance()]))
        .before(listing(Kind::Volume, &[attached(disk(DISK, "2026-01-22T02:20:31.805-08:00"))]))
        .after(listing(Kind::Volume, &[new]))
        .before(listing(Kind::Snapshot, std::slice::from_ref(&copy)))
        .after(listing(Kind::Snapshot, &[copy]))
        .log(log(&entries));
    let facts = json!({ "method": "G2", "strength": 4, "seen_in": "both", "slot": "boot", "old_volume": DISK,
        "new_volume": OTHER });
    if part.is_twin() {
        story
            .changes(&[&format!("recreated {OTHER} unexplained")])
            .finds("unlogged-change", VM, json!({}))
            .finds("disk-reverted", VM, json!({ "method": "G2" }))
            .check(|judged| assert!(judged.changes[0].trace.reason.contains("no event makes the new")))
    } else {
        story.changes(&[&format!("recreated {OTHER} explained")]).finds("disk-reverted", VM, facts).finds(
            "resource-recreated",
            VM,
            json!({}),
        )
    }
}

/// An operation whose end failed explains nothing; in the twin it succeeded.
pub(crate) fn j23(part: Part) -> Story {
    let mut deleted = operation("a", "10:30:00", "v1.compute.disks.delete", &zonal("disks", "api"))
        .map(|entry| labelled(entry, "gce_disk", "disk_id", DISK));
    if !part.is_twin() {
        deleted[1]["severity"] = json!("ERROR");
        deleted[1]["protoPayload"]["status"] = json!({ "code": 9, "message": "FAILED_PRECONDITION" });
    }
    let story = Story::default()
        .before(listing(Kind::Volume, &[disk(DISK, "2026-01-22T02:20:31.805-08:00")]))
        .after(listing(Kind::Volume, &[]))
        .log(log(&deleted))
        .findings(&[&format!("volume-vanished {DISK}")]);
    if part.is_twin() {
        story.changes(&[&format!("vanished {DISK} explained")])
    } else {
        story
            .changes(&[&format!("vanished {DISK} unexplained")])
            .residues(&[&format!("attempt {DISK}")])
            .findings(&[&format!("unlogged-change {DISK}")])
    }
}

/// An entry names its project by number, and tells beside which project it is; in the twin another project is told.
pub(crate) fn j24(part: Part) -> Story {
    let mut entry = entry("a", "10:30:00", "v1.compute.instances.stop", &zonal("instances", "api"));
    entry["protoPayload"]["resourceName"] = json!(format!("projects/{NUMBER}/{}", zonal("instances", "api")));
    if part.is_twin() {
        entry["resource"]["labels"]["project_id"] = json!("another");
    }
    let story = Story::default()
        .before(listing(Kind::Instance, &[instance()]))
        .after(listing(Kind::Instance, &[stopped()]))
        .log(log(&[entry]))
        .findings(&[&format!("instance-state-changed {VM}")]);
    if part.is_twin() {
        story.changes(&[&format!("stopped {VM} unexplained")]).findings(&[&format!("unlogged-change {VM}")])
    } else {
        story.changes(&[&format!("stopped {VM} explained")])
    }
}

/// A snapshot is made by a call on its disk, which does not tell its id; in the twin it is of another name.
pub(crate) fn j25_on_disk(part: Part) -> Story {
    let name = if part.is_twin() { "another" } else { "copy" };
    let mut made = operation("a", "10:30:00", "v1.compute.disks.createSnapshot", &zonal("disks", "api"))
        .map(|entry| labelled(entry, "gce_disk", "disk_id", DISK));
    made[0]["protoPayload"]["request"]["name"] = json!(name);
    let story = snapshot_story(part, &made);
    if part.is_twin() {
        story
            .residues(&[&format!("vanished-unexplained projects/{PROJECT}/global/snapshots/another")])
            .findings(&[&format!("unlogged-change projects/{PROJECT}/global/snapshots/another")])
    } else {
        story
    }
}

/// A snapshot is made by a call of its own; in the twin that call failed.
pub(crate) fn j25_by_itself(part: Part) -> Story {
    let mut made = operation("a", "10:30:00", "v1.compute.snapshots.insert", "global/snapshots/copy")
        .map(|entry| labelled(entry, "gce_snapshot", "snapshot_id", SNAPSHOT));
    made[0]["protoPayload"]["request"]["sourceDisk"] = json!(url(&zonal("disks", "api")));
    if part.is_twin() {
        made[1]["protoPayload"]["status"] = json!({ "code": 8, "message": "RESOURCE_EXHAUSTED" });
    }
    let story = snapshot_story(part, &made);
    if part.is_twin() { story.residues(&[&format!("attempt {SNAPSHOT}")]) } else { story }
}

fn snapshot_story(part: Part, entries: &[Value]) -> Story {
    let story = Story::default()
        .before(listing(Kind::Snapshot, &[]))
        .after(listing(Kind::Snapshot, &[snapshot("2026-03-01T10:30:02.000Z")]))
        .log(log(entries))
        .findings(&[&format!("snapshot-appeared {SNAPSHOT}")]);
    if part.is_twin() {
        story
            .changes(&[&format!("appeared {SNAPSHOT} unexplained")])
            .findings(&[&format!("unlogged-change {SNAPSHOT}")])
    } else {
        story.changes(&[&format!("appeared {SNAPSHOT} explained")])
    }
}

/// A boot disk makes way for another and comes back; in the twin the other one stays.
pub(crate) fn j28(part: Part) -> Story {
    let path = zonal("instances", "api");
    let moved = |id: &str, time: &str, verb: &str, request: Value| {
        let method = format!("v1.compute.instances.{verb}");
        let mut both = operation(id, time, &method, &path)
            .map(|entry| labelled(entry, "gce_instance", "instance_id", VM));
        both[0]["protoPayload"]["request"] = request;
        both.to_vec()
    };
    let out = |id, time| moved(id, time, "detachDisk", json!({ "deviceName": "api" }));
    let into = |id, time, disk| {
        let request = json!({ "source": url(&zonal("disks", disk)), "boot": true, "deviceName": "api" });
        moved(id, time, "attachDisk", request)
    };
    let mut entries = [out("a", "10:20:00"), into("b", "10:21:00", "other")].concat();
    let mut after = instance();
    if part.is_twin() {
        after["disks"][0]["source"] = json!(url(&zonal("disks", "other")));
    } else {
        entries.extend([out("c", "10:50:00"), into("d", "10:51:00", "api")].concat());
    }
    let story = Story::default()
        .before(listing(Kind::Instance, &[instance()]))
        .after(listing(Kind::Instance, &[after]))
        .log(log(&entries));
    if part.is_twin() {
        story
            .changes(&[&format!("slot-swapped {VM} explained")])
            .findings(&[&format!("instance-modified {VM}")])
    } else {
        story
            .residues(&[&format!("transient-change {VM}")])
            .finds("disk-reverted", VM, json!({ "kind": "transient" }))
            .finds("transient-change", VM, json!({}))
    }
}

/// Returns the entries of a launch that makes a boot disk.
fn inserted(id: &str, time: &str) -> [Value; 2] {
    let mut both = operation("i", time, "v1.compute.instances.insert", &zonal("instances", "api"))
        .map(|entry| labelled(entry, "gce_instance", "instance_id", id));
    both[0]["protoPayload"]["request"] = json!({ "@type": "type.googleapis.com/compute.instances.insert",
        "name": "api", "disks": [{ "boot": true, "autoDelete": true, "type": "PERSISTENT", "deviceName": "api",
            "initializeParams": { "sourceImage": "projects/debian-cloud/global/images/family/debian-13" } }] });
    both[0]["protoPayload"]["response"] = json!({ "operationType": "insert", "targetId": id, "status": "RUNNING",
        "targetLink": url(&zonal("instances", "api")) });
    both
}

fn deleted_vm(time: &str) -> [Value; 2] {
    operation("d", time, "v1.compute.instances.delete", &zonal("instances", "api"))
        .map(|entry| labelled(entry, "gce_instance", "instance_id", VM))
}

/// An instance lives between the scans; in the twin no entry ends it.
pub(crate) fn j15(part: Part) -> Story {
    let mut entries = inserted(VM, "10:30:00").to_vec();
    if !part.is_twin() {
        entries.extend(deleted_vm("10:50:00"));
    }
    let story = [Kind::Instance, Kind::Volume]
        .into_iter()
        .fold(Story::default(), |story, kind| story.before(listing(kind, &[])).after(listing(kind, &[])));
    let story = story.log(log(&entries));
    if part.is_twin() {
        let disk = format!("projects/{PROJECT}/{}", zonal("disks", "api"));
        story
            .residues(&[&format!("vanished-unexplained {VM}"), &format!("vanished-unexplained {disk}")])
            .findings(&[&format!("unlogged-change {VM}"), &format!("unlogged-change {disk}")])
    } else {
        story.residues(&[&format!("ghost {VM}")]).findings(&[&format!("ghost-resource {VM}")])
    }
}

/// A firewall rule opens a network and is deleted; in the twin another rule is.
pub(crate) fn j29(part: Part) -> Story {
    let rule = |id: &str, time: &str, verb: &str, name: &str| {
        operation(id, time, &format!("v1.compute.firewalls.{verb}"), &format!("global/firewalls/{name}"))
            .map(|entry| labelled(entry, "gce_firewall_rule", "firewall_rule_id", "77"))
    };
    let mut made = rule("a", "10:30:00", "insert", "ssh");
    made[0]["protoPayload"]["request"] = json!({ "name": "ssh", "direction": "INGRESS",
        "sourceRanges": ["0.0.0.0/0"], "alloweds": [{ "IPProtocol": "tcp", "ports": ["22"] }] });
    let mut gone = rule("b", "10:50:00", "delete", if part.is_twin() { "web" } else { "ssh" });
    if part.is_twin() {
        gone = gone.map(|entry| labelled(entry, "gce_firewall_rule", "firewall_rule_id", "78"));
    }
    let story = Story::default()
        .before(listing(Kind::Instance, &[instance()]))
        .after(listing(Kind::Instance, &[instance()]))
        .log(log(&[made, gone].concat()));
    if part.is_twin() {
        story
    } else {
        story.residues(&["transient-change 77"]).findings(&["transient-change -"])
    }
}

/// Exports hold an entry twice, under one insert id; in the twin it is another call.
pub(crate) fn j36(part: Part) -> Story {
    let stop = entry("a", "10:30:00", "v1.compute.instances.stop", &zonal("instances", "api"));
    let mut again = stop.clone();
    if part.is_twin() {
        again["insertId"] = json!("b");
    }
    let mut both = log(&[stop]);
    both.files.push(("again.ndjson".to_owned(), again.to_string()));
    let story = Story::default()
        .before(listing(Kind::Instance, &[instance()]))
        .after(listing(Kind::Instance, &[stopped()]))
        .log(both)
        .changes(&[&format!("stopped {VM} explained")])
        .findings(&[&format!("instance-state-changed {VM}")]);
    if part.is_twin() {
        story.check(|judged| assert_eq!(judged.events.len(), 2))
    } else {
        story.check(|judged| assert_eq!(judged.events.len(), 1))
    }
}

/// An instance is made with a disk that has no entry of its own; in the twin the disk came later.
pub(crate) fn j43(part: Part) -> Story {
    let mut new = instance();
    new["creationTimestamp"] = json!("2026-03-01T10:30:01.000Z");
    let made = if part.is_twin() { "2026-03-01T11:40:00.000Z" } else { "2026-03-01T10:30:02.000Z" };
    let story = Story::default()
        .before(listing(Kind::Instance, &[]))
        .after(listing(Kind::Instance, &[new]))
        .before(listing(Kind::Volume, &[]))
        .after(listing(Kind::Volume, &[attached(disk(DISK, made))]))
        .log(log(&inserted(VM, "10:30:00")))
        .changes(&[&format!("appeared {VM} explained")])
        .findings(&[&format!("instance-appeared {VM}")]);
    if part.is_twin() {
        story
            .changes(&[&format!("appeared {DISK} unexplained")])
            .findings(&[&format!("unlogged-change {VM}")])
    } else {
        story.changes(&[&format!("appeared {DISK} implied")])
    }
}

/// A disk that should have outlived its instance is gone without an entry.
pub(crate) fn j44(part: Part) -> Story {
    let mut gone = instance();
    gone["disks"][0]["autoDelete"] = json!(part.is_twin());
    let story = Story::default()
        .before(listing(Kind::Instance, &[gone]))
        .after(listing(Kind::Instance, &[]))
        .before(listing(Kind::Volume, &[attached(disk(DISK, "2026-01-22T02:20:31.805-08:00"))]))
        .after(listing(Kind::Volume, &[]))
        .log(log(&deleted_vm("10:30:00")))
        .changes(&[&format!("vanished {VM} explained")])
        .findings(&[&format!("instance-vanished {VM}")]);
    if part.is_twin() {
        story.changes(&[&format!("vanished {DISK} implied")])
    } else {
        story
            .changes(&[&format!("vanished {DISK} unexplained")])
            .findings(&[&format!("volume-vanished {DISK}"), &format!("unlogged-change {DISK}")])
    }
}

/// Google Cloud, for the laws.
pub(crate) const CLOUD: Cloud = Cloud { acts, listings, log: lots };

/// Writes each file in another of the shapes that entries come in.
fn lots(files: Vec<Vec<Value>>) -> Log {
    let files = files.into_iter().enumerate().map(|(number, entries)| {
        let text = match number % 3 {
            0 => json!(entries).to_string(),
            1 => json!({ "entries": entries }).to_string(),
            _ => entries.iter().map(Value::to_string).collect::<Vec<_>>().join("\n"),
        };
        (format!("{number}.json"), text)
    });
    Log::complete("cloud-audit", PROJECT, None, files.collect())
}

fn listings(elements: &[(Kind, Value)]) -> Vec<Listing> {
    let of = |kind| -> Vec<Value> {
        elements.iter().filter(|(of, _)| *of == kind).map(|(_, element)| element.clone()).collect()
    };
    [Kind::Instance, Kind::Snapshot].map(|kind| listing(kind, &of(kind))).into()
}

/// An instance is stopped; a snapshot is taken.
fn acts() -> Vec<Act> {
    vec![
        Act {
            before: vec![(Kind::Instance, instance())],
            after: vec![(Kind::Instance, stopped())],
            records: operation("a", "10:30:00", "v1.compute.instances.stop", &zonal("instances", "api"))
                .to_vec(),
            explains: &["stopped 2046654157042200399 explained"],
        },
        Act {
            before: vec![],
            after: vec![(Kind::Snapshot, snapshot("2026-03-01T11:30:02.000Z"))],
            records: operation("b", "11:30:00", "v1.compute.snapshots.insert", "global/snapshots/copy")
                .to_vec(),
            explains: &["appeared 1674742966883689029 explained"],
        },
    ]
}
