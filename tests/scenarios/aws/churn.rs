//! Snapshots' comings and goings, from native records to findings.

use super::*;
use driftline::pipeline::Judged;

fn create_snapshot(id: &str, time: &str, uid: &str, volume: &str) -> Value {
    let response = json!({ "snapshotId": uid, "volumeId": volume, "status": "pending",
        "startTime": format!("2026-03-01T{time}.000Z"), "ownerId": ACCOUNT, "volumeSize": "8" });
    call(id, time, "CreateSnapshot", json!({ "volumeId": volume }), response)
}

/// A snapshot of some minute of the hour after the earlier scan.
fn young(uid: &str, volume: &str, time: &str) -> Value {
    let mut snapshot = snapshot(uid, volume);
    snapshot["StartTime"] = json!(format!("2026-03-01T{time}.000Z"));
    snapshot
}

fn kept(snapshot: Value, until: &str) -> Value {
    let snapshot = tagged(snapshot, "aws:dlm:lifecycle-policy-id", "policy-1");
    tagged(snapshot, "aws:dlm:expirationTime", until)
}

fn said(judged: &Judged) -> Vec<(&str, String)> {
    judged.findings.iter().map(|finding| (finding.rule, finding.title.clone())).collect()
}

#[test]
fn a_users_burst_beside_a_policys_snapshots_is_one_finding() {
    let dlm = || session("dlm-role", "AROADLM", "dlm");
    let mut after = Vec::new();
    let mut records = Vec::new();
    for number in 0..3 {
        let (uid, volume) = (format!("snap-000000d{number}"), format!("vol-000000d{number}"));
        after.push(kept(young(&uid, &volume, "10:05:00"), "2026-03-08T10:00:00Z"));
        let mut identity = dlm();
        identity["invokedBy"] = json!("dlm.amazonaws.com");
        records.push(by(identity, create_snapshot(&format!("d-{number}"), "10:05:00", &uid, &volume)));
    }
    for number in 0..6 {
        let (uid, volume) = (format!("snap-000000a{number}"), format!("vol-000000a{}", number % 4));
        let time = format!("10:3{number}:00");
        after.push(young(&uid, &volume, &time));
        records.push(create_snapshot(&format!("u-{number}"), &time, &uid, &volume));
    }
    let story = Story::default().before(snapshots(&[])).after(snapshots(&after)).log(trail(&records));
    let judged = story.judged();
    let high: Vec<_> = judged.findings.iter().filter(|finding| finding.risk >= 50).collect();
    let [burst] = &high[..] else { panic!("{:#?}", said(&judged)) };
    assert_eq!((burst.rule, burst.risk), ("snapshot-burst", 60));
    assert_eq!(burst.title, "alice made 6 snapshots of 4 disks within 5 min");
    assert_eq!((burst.changes.len(), burst.events.len()), (6, 6));
    assert_eq!(burst.also, ["snapshot-appeared"]);
}

#[test]
fn the_last_snapshot_of_a_disk_and_a_policys_before_its_time_are_told() {
    let before = [
        snapshot("snap-0000000a", "vol-0000000a"),
        snapshot("snap-0000000b", "vol-0000000b"),
        snapshot("snap-0000000c", "vol-0000000b"),
        kept(snapshot("snap-0000000d", "vol-0000000b"), "2026-04-01T00:00:00Z"),
    ];
    let records = [
        delete_snapshot("e-1", "10:10:00", "snap-0000000a"),
        delete_snapshot("e-2", "11:30:00", "snap-0000000b"),
        delete_snapshot("e-3", "11:50:00", "snap-0000000d"),
    ];
    let story =
        Story::default().before(snapshots(&before)).after(snapshots(&before[2..3])).log(trail(&records));
    let judged = story.judged();
    let [finding] = &judged.findings[..] else { panic!("{:#?}", said(&judged)) };
    assert_eq!(finding.title, "alice deleted 3 snapshots within 2 h, 75 % of what was there");
    for rule in ["last-copy-lost", "early-deletion", "snapshot-vanished"] {
        assert!(finding.says(rule), "{rule}");
    }
    let lost = finding.facts.iter().find(|(name, _)| *name == "lost_sources").unwrap();
    assert_eq!(lost.1, json!(["vol-0000000a"]));
}

#[test]
fn a_strangers_volume_of_ones_snapshot_is_exfiltration() {
    let mut record = call("e-1", "10:30:00", "SharedSnapshotVolumeCreated", Value::Null, Value::Null);
    record["eventType"] = json!("AwsServiceEvent");
    record["userIdentity"] = json!({ "accountId": "999988887777", "invokedBy": "ec2.amazonaws.com" });
    record["serviceEventDetails"] = json!({ "snapshotId": "snap-0000000a" });
    let held = [snapshot("snap-0000000a", "vol-0000000a")];
    let story = Story::default().before(snapshots(&held)).after(snapshots(&held)).log(trail(&[record]));
    let judged = story.judged();
    let [finding] = &judged.findings[..] else { panic!("{:#?}", said(&judged)) };
    assert_eq!(finding.title, "Snapshot snap-0000000a was copied by account 999988887777");
    assert_eq!(finding.risk, 100);
}
