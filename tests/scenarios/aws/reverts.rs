//! Rows of disks that are put back.

use serde_json::{Value, json};

use super::*;
use crate::Part;

const OLD: &str = "vol-0000000a";
const NEW: &str = "vol-0000000b";
const COPY: &str = "snap-0000000a";
const I: &str = "i-0000000a";

fn attached_at(mut instance: Value, time: &str) -> Value {
    instance["BlockDeviceMappings"][0]["Ebs"]["AttachTime"] = json!(format!("2026-03-01T{time}.000Z"));
    instance
}

fn started_at(mut instance: Value, time: &str) -> Value {
    instance["LaunchTime"] = json!(format!("2026-03-01T{time}.000Z"));
    instance
}

fn taken(uid: &str, of: &str, time: &str) -> Value {
    let mut copy = snapshot(uid, of);
    copy["StartTime"] = json!(time);
    copy
}

fn from_copy(mut volume: Value, copy: &str) -> Value {
    volume["SnapshotId"] = json!(copy);
    volume
}

fn turn(id: &str, time: &str, operation: &str) -> Value {
    call(id, time, operation, on_instance(I), on_instance(I))
}

/// An instance with an instance store is stopped and started; the twin's type has none.
pub(crate) fn j01(part: Part) -> Story {
    let size = if part.is_twin() { "m5.large" } else { "m5d.large" };
    let sized = |mut instance: Value| {
        instance["InstanceType"] = json!(size);
        instance
    };
    let story = of_instances(&[sized(instance(I, OLD))], &[sized(started_at(instance(I, OLD), "10:40:00"))])
        .log(trail(&[turn("e-1", "10:30:00", "StopInstances"), turn("e-2", "10:40:00", "StartInstances")]))
        .changes(&["restarted i-0000000a explained"]);
    if part.is_twin() {
        story.findings(&["instance-state-changed i-0000000a"]).finds_nothing_of("ephemeral-reset")
    } else {
        story.finds(
            "ephemeral-reset",
            I,
            json!({ "seen_in": "both", "method": "A4", "lost_seconds": 2_457_000 }),
        )
    }
}

/// The world of the second test, before and after.
fn second(origin: Option<&str>, copy: Value) -> Story {
    let made = root_of(NEW, I, "2026-03-01T11:15:00.000Z", true);
    let made = origin.map_or(made.clone(), |origin| from_copy(made, origin));
    let kept = volume(OLD);
    of_instances(&[instance(I, OLD)], &[started_at(attached_at(instance(I, NEW), "11:20:00"), "11:30:00")])
        .before(volumes(&[root_of(OLD, I, "2026-02-01T00:00:01.000Z", true)]))
        .after(volumes(&[kept, made]))
        .before(snapshots(std::slice::from_ref(&copy)))
        .after(snapshots(&[copy]))
}

fn second_log(origin: Option<&str>) -> Vec<Value> {
    let created = if let Some(origin) = origin {
        create_volume("e-3", "11:15:00", NEW, origin)
    } else {
        let request = json!({ "zone": "eu-west-1a", "size": "8" });
        let response = json!({ "volumeId": NEW, "size": "8", "zone": "eu-west-1a", "status": "creating" });
        call("e-3", "11:15:00", "CreateVolume", request, response)
    };
    vec![
        turn("e-1", "11:00:00", "StopInstances"),
        detach("e-2", "11:10:00", OLD, I),
        created,
        attach("e-4", "11:20:00", NEW, I),
        turn("e-5", "11:30:00", "StartInstances"),
    ]
}

/// A root is replaced by a volume from an older snapshot of it; the twin's volume is empty.
pub(crate) fn j02(part: Part) -> Story {
    let origin = (!part.is_twin()).then_some(COPY);
    let story = second(origin, snapshot(COPY, OLD)).log(trail(&second_log(origin))).changes(&[
        "slot-swapped i-0000000a explained",
        "restarted i-0000000a explained",
        "appeared vol-0000000b explained",
    ]);
    if part.is_twin() {
        story.finds_nothing_of("disk-reverted").finds(
            "disk-replaced",
            I,
            json!({ "source": null, "seen_in": "both" }),
        )
    } else {
        story.risk("disk-reverted", 60, 100).finds(
            "disk-reverted",
            I,
            json!({
                "slot": "/dev/xvda", "old_volume": OLD, "new_volume": NEW, "strength": 4, "method": "A2",
                "reverted_to": "2026-02-20T00:00:00Z", "reverted_at": "2026-03-01T11:20:00Z",
                "lost_seconds": 818_400, "old_volume_fate": "kept", "seen_in": "both",
            }),
        )
    }
}

/// The same without any log; in the twin nobody lists the new volume, and nothing is guessed.
pub(crate) fn j02_state(part: Part) -> Story {
    let story = second(Some(COPY), snapshot(COPY, OLD));
    let story = story.changes(&["slot-swapped i-0000000a log-gap", "restarted i-0000000a log-gap"]);
    if part.is_twin() {
        story
            .without(Kind::Volume)
            .findings(&["instance-modified i-0000000a", "instance-state-changed i-0000000a"])
            .finds_nothing_of("disk-reverted")
    } else {
        story.changes(&["appeared vol-0000000b log-gap"]).finds(
            "disk-reverted",
            I,
            json!({ "seen_in": "state", "strength": 4, "old_volume_fate": "kept" }),
        )
    }
}

/// The same from the log alone, as nobody lists instances or volumes; in the twin the attachment failed.
pub(crate) fn j02_log(part: Part) -> Story {
    let mut records = second_log(Some(COPY));
    if part.is_twin() {
        records[3] = refused(records[3].clone(), "Client.InvalidParameterValue");
    }
    let copy = snapshot(COPY, OLD);
    let story = Story::default()
        .before(snapshots(std::slice::from_ref(&copy)))
        .after(snapshots(&[copy]))
        .log(trail(&records))
        .any_residues();
    if part.is_twin() {
        story.findings(&["transient-change i-0000000a"]).finds_nothing_of("disk-reverted")
    } else {
        story.finds("disk-reverted", I, json!({ "seen_in": "log", "method": "A2", "strength": 4 }))
    }
}

/// The fourth test: an image of a snapshot of the old root is launched in its place; the twin's image was captured of
/// another instance.
fn fourth(part: Part) -> Story {
    let named = |instance: Value| {
        let mut instance = tagged(instance, "Name", "web");
        instance["SubnetId"] = json!("subnet-0000000a");
        instance["PrivateIpAddress"] = json!("10.0.0.5");
        instance
    };
    let mut new = named(launched("i-0000000b", NEW, "11:30:00"));
    new["ImageId"] = json!("ami-0000000b");
    let copy = if part.is_twin() { snapshot(COPY, "vol-0000000e") } else { snapshot(COPY, OLD) };
    let image = json!({
        "ImageId": "ami-0000000b", "OwnerId": ACCOUNT, "Name": "pre", "State": "available", "Public": false,
        "CreationDate": "2026-03-01T11:10:00.000Z", "RootDeviceName": "/dev/xvda", "RootDeviceType": "ebs",
        "BlockDeviceMappings": [{ "DeviceName": "/dev/xvda", "Ebs": { "SnapshotId": COPY } }], "Tags": [],
    });
    let root = from_copy(root_of(NEW, "i-0000000b", "2026-03-01T11:30:01.000Z", true), COPY);
    let other = volume("vol-0000000e");
    of_instances(&[named(instance(I, OLD))], &[new])
        .before(volumes(&[root_of(OLD, I, "2026-02-01T00:00:01.000Z", true), other.clone()]))
        .after(volumes(&[root, other]))
        .before(snapshots(std::slice::from_ref(&copy)))
        .after(snapshots(&[copy]))
        .before(listing(Kind::Image, json!({ "Images": [] })))
        .after(listing(Kind::Image, json!({ "Images": [image] })))
}

fn fourth_log() -> Vec<Value> {
    let request = json!({ "name": "pre", "rootDeviceName": "/dev/xvda", "blockDeviceMapping": { "items": [
        { "deviceName": "/dev/xvda", "ebs": { "snapshotId": COPY } }] } });
    let mut launch = run("e-2", "11:30:00", "i-0000000b");
    for pointer in
        ["/requestParameters/instancesSet/items/0/imageId", "/responseElements/instancesSet/items/0/imageId"]
    {
        *launch.pointer_mut(pointer).unwrap() = json!("ami-0000000b");
    }
    vec![
        call("e-1", "11:10:00", "RegisterImage", request, json!({ "imageId": "ami-0000000b" })),
        launch,
        terminate("e-3", "11:40:00", I),
    ]
}

fn fourth_outcome(part: Part, story: Story, state: &str, implied: &str, seen_in: &str) -> Story {
    let story = story.changes(&[
        &format!("vanished i-0000000a {state}"),
        &format!("appeared i-0000000b {state}"),
        &format!("appeared ami-0000000b {state}"),
        &format!("appeared vol-0000000b {implied}"),
        &format!("vanished vol-0000000a {implied}"),
    ]);
    if part.is_twin() {
        story
            .findings(&[
                "instance-vanished i-0000000a",
                "instance-appeared i-0000000b",
                "image-appeared ami-0000000b",
            ])
            .finds_nothing_of("instance-rebuilt")
            .finds_nothing_of("image-from-snapshot-launched")
    } else {
        let facts = json!({ "seen_in": seen_in, "method": "A5", "strength": 4, "replaces": I, "image": "ami-0000000b",
            "reverted_to": "2026-02-20T00:00:00Z" });
        story.finds("instance-rebuilt", "i-0000000b", facts.clone()).finds(
            "image-from-snapshot-launched",
            "i-0000000b",
            facts,
        )
    }
}

/// The fourth test with its log.
pub(crate) fn j04(part: Part) -> Story {
    fourth_outcome(part, fourth(part).log(trail(&fourth_log())), "explained", "implied", "both")
}

/// The fourth test without a log.
pub(crate) fn j04_state(part: Part) -> Story {
    fourth_outcome(part, fourth(part), "log-gap", "log-gap", "state")
}

/// The fourth test from the log alone; in the twin the image was never launched.
pub(crate) fn j04_log(part: Part) -> Story {
    let mut records = fourth_log();
    if part.is_twin() {
        records.remove(1);
    }
    let copy = snapshot(COPY, OLD);
    let story = Story::default()
        .before(snapshots(std::slice::from_ref(&copy)))
        .after(snapshots(&[copy]))
        .log(trail(&records))
        .any_residues();
    if part.is_twin() {
        story.finds_nothing_of("image-from-snapshot-launched")
    } else {
        story.finds("image-from-snapshot-launched", "i-0000000b", json!({ "seen_in": "log", "method": "A5" }))
    }
}

/// The world of a replaced root.
fn replaced() -> Story {
    let made = from_copy(root_of(NEW, I, "2026-03-01T11:00:20.000Z", true), COPY);
    of_instances(&[instance(I, OLD)], &[attached_at(instance(I, NEW), "11:00:20")])
        .before(volumes(&[root_of(OLD, I, "2026-02-01T00:00:01.000Z", true)]))
        .after(volumes(&[made]))
        .before(snapshots(&[snapshot(COPY, OLD)]))
        .after(snapshots(&[snapshot(COPY, OLD)]))
}

fn replace_root() -> Value {
    let request = json!({ "CreateReplaceRootVolumeTaskRequest": { "InstanceId": I, "SnapshotId": COPY,
        "DeleteReplacedRootVolume": true } });
    let response = json!({ "CreateReplaceRootVolumeTaskResponse": { "replaceRootVolumeTask": {
        "replaceRootVolumeTaskId": "replacevol-00000001", "instanceId": I, "taskState": "pending",
        "startTime": "2026-03-01T11:00:00Z" } } });
    call("e-1", "11:00:00", "CreateReplaceRootVolumeTask", request, response)
}

/// A root is replaced by a task; the twin's task failed, and something else did it.
pub(crate) fn j05(part: Part) -> Story {
    let task =
        if part.is_twin() { refused(replace_root(), "Client.InvalidParameter") } else { replace_root() };
    let story = replaced().log(trail(&[task]));
    if part.is_twin() {
        story
            .changes(&[
                "slot-swapped i-0000000a unexplained",
                "appeared vol-0000000b unexplained",
                "vanished vol-0000000a unexplained",
            ])
            .any_residues()
            .risk("evidence-destroyed", 100, 100)
            .finds("disk-reverted", I, json!({ "strength": 4, "seen_in": "state" }))
    } else {
        story
            .changes(&[
                "slot-swapped i-0000000a explained",
                "appeared vol-0000000b implied",
                "vanished vol-0000000a implied",
            ])
            .finds("disk-reverted", I, json!({ "method": "A1", "strength": 5, "seen_in": "both" }))
            .finds("evidence-destroyed", I, json!({ "destroyed": [OLD], "old_volume_fate": "deleted" }))
    }
}

/// The same, and the complete log says nothing; the twin has no log at all.
pub(crate) fn j06(part: Part) -> Story {
    let (story, state) =
        if part.is_twin() { (replaced(), "log-gap") } else { (replaced().log(trail(&[])), "unexplained") };
    let least = if part.is_twin() { 80 } else { 100 };
    let told = ["slot-swapped i-0000000a", "appeared vol-0000000b", "vanished vol-0000000a"];
    let told: Vec<String> = told.iter().map(|change| format!("{change} {state}")).collect();
    story
        .changes(&told.iter().map(String::as_str).collect::<Vec<_>>())
        .risk("evidence-destroyed", least, 100)
        .finds("disk-reverted", I, json!({ "method": "A1", "strength": 4, "seen_in": "state" }))
}

/// A stopped instance gets an encrypted copy of its root; the twin's copy is of the time when it ran.
pub(crate) fn j08(part: Part) -> Story {
    let time = if part.is_twin() { "10:55:00" } else { "11:05:00" };
    let copy = taken(COPY, OLD, &format!("2026-03-01T{time}.000Z"));
    let request = json!({ "volumeId": OLD });
    let response = json!({ "snapshotId": COPY, "volumeId": OLD, "volumeSize": "8" });
    let mut records = second_log(Some(COPY));
    records.push(call("e-0", time, "CreateSnapshot", request, response));
    let story = second(Some(COPY), copy.clone()).log(trail(&records));
    let story = story.replaced_before(snapshots(&[])).changes(&[
        "slot-swapped i-0000000a explained",
        "restarted i-0000000a explained",
        "appeared vol-0000000b explained",
        "appeared snap-0000000a explained",
    ]);
    if part.is_twin() {
        story.finds("disk-reverted", I, json!({ "lost_seconds": 1500 })).finds_nothing_of("disk-migrated")
    } else {
        story
            .finds("disk-migrated", I, json!({ "lost_seconds": null }))
            .finds_nothing_of("disk-reverted")
            .risk("disk-migrated", 0, 49)
    }
}
